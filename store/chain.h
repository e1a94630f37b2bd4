/* The hash chain in a database: what case and sidecar share. Not for other rooms. */
#ifndef FB_STORE_CHAIN_H
#define FB_STORE_CHAIN_H

#include "store/custody.h"
#include "store/db.h"

/* Appends behind the last record; `start` is prev of the first one. *head gets the new hash (may be NULL). */
enum fb_status fb_chain_append(sqlite3 *db, const struct fb_digest *start, const struct fb_custody_entry *e,
                               struct fb_digest *head, struct fb_err *err);

/* Walks and checks every link; `row` may be NULL. `what` names the log in messages: "custody record",
 * "sidecar record". */
enum fb_status fb_chain_walk(sqlite3 *db, const struct fb_digest *start, const char *what, bool check,
                             enum fb_status (*row)(void *ctx, const struct fb_custody_record *r), void *ctx,
                             struct fb_digest *head, uint64_t *nrecords, struct fb_err *err);

/* The hash of a record whose `hash` is not looked at. */
void fb_chain_hash(const struct fb_custody_record *r, struct fb_digest *out);

/* Hook of fb_case_finish: the record that closes what fb_custody_begin opened, if anything. The digests stand
 * in case_info already.
 */
enum fb_status fb_custody_finish(struct fb_case *c, struct fb_err *err);
struct fb_custody_keep;
void fb_custody_keep_free(struct fb_custody_keep *k); /* accepts NULL */

#endif
