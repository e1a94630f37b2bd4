/* Retention: sessions whose last packet is older than a point in time leave the case, with their entries in
 * the packet index (docs/case-format.md, "Retention").
 *
 * What stays of them are numbers, counts, the digests of the chunks that held them, and a digest over the
 * rows that went, so that the digests of the case can still be verified. Rows of record tables go with their
 * sessions, those of no session by their time. Evidence records, notes, tags and the custody log are not
 * touched. One transaction: after a failure the case is as it was. */
#ifndef FB_STORE_RETAIN_H
#define FB_STORE_RETAIN_H

#include "store/custody.h"

struct fb_retain_report {
    uint64_t sessions;       /* that went, or would go */
    uint64_t packets;        /* of the packet index */
    uint64_t records;        /* rows of record tables */
    uint64_t chunks_whole;   /* chunks of sessions that went as a whole */
    uint64_t chunks_partial; /* chunks that were written anew without them */
    uint64_t sessions_left;
    int64_t first_ts_ns, last_ts_ns; /* of what went: first and last packet */
    struct fb_digest digest;         /* over the rows that went */
};

/* Removes sessions that ended before `cutoff_ns`. `entry` goes into the custody log with the digests filled
 * in; `dry_run` (entry may be NULL) only counts. FB_ERR_USAGE when the case is sealed, incomplete, or cannot
 * be written to. */
enum fb_status fb_case_retain(const char *path, int64_t cutoff_ns, bool dry_run,
                              const struct fb_custody_entry *entry, struct fb_retain_report *report,
                              struct fb_err *err);

#endif
