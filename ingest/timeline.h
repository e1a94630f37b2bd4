/* Several evidence files as one timeline.
 *
 * Evidence is ordered by the time of its first packet (files without packets last); files that start at the
 * same instant by their first differing bytes, so that the order of arguments changes nothing; equal files
 * keep command order. Packets are merged by time across files, ties by evidence index; inside a file its own
 * order stands. Each packet gets an ordinal: 1, 2, 3 ... over the whole timeline, counted before any filter.
 * Files are opened when the timeline reaches them, so a thousand rotated files need few descriptors. Belongs
 * to one thread. */
#ifndef FB_INGEST_TIMELINE_H
#define FB_INGEST_TIMELINE_H

#include "ingest/reader.h"

struct fb_timeline;

struct fb_timeline_opts {
    struct fb_reader_opts reader;
    const char *filter; /* libpcap filter expression, NULL for none; compiled for each link type met */
    int64_t after_ns;   /* packets before this are passed over; INT64_MIN for none */
    int64_t before_ns;  /* packets at or after this are passed over; INT64_MAX for none */
};

/* A run of packets with consecutive ordinals from one file. */
struct fb_timeline_run {
    uint32_t evidence; /* 0-based index in timeline order */
    uint64_t first_ordinal, first_pkt_no, count;
};

/* `paths`: files, "-" for standard input, or directories (searched recursively for names that look like
 * captures, natural order, links to directories not followed). The same file named twice, also by a link or a
 * directory, is read once: one piece of evidence, one record. Files that are not captures are FB_ERR_INPUT
 * when named, and skipped with a note when found in a directory. A filter that names hosts is FB_ERR_USAGE:
 * names are never looked up. */
enum fb_status fb_timeline_open(const char *const *paths, size_t npaths, const struct fb_timeline_opts *opts,
                                struct fb_timeline **out, struct fb_err *err);

/* The next packet that passes filter and time window. `ordinal` as above, `evidence` its index. FB_EOF at the
 * end. */
enum fb_status fb_timeline_next(struct fb_timeline *t, struct fb_record *rec, uint32_t *evidence,
                                uint64_t *ordinal, struct fb_err *err);

/* After FB_EOF: finishes all readers. Then evidence records and runs are complete. */
enum fb_status fb_timeline_finish(struct fb_timeline *t, struct fb_err *err);

size_t fb_timeline_nevidence(const struct fb_timeline *t);
const struct fb_evidence *fb_timeline_evidence(const struct fb_timeline *t, size_t i);

/* Where evidence i comes from, known as soon as the timeline is open. `stream`: standard input or a pipe,
 * which can be read only once. The path is borrowed. */
const char *fb_timeline_source(const struct fb_timeline *t, size_t i, bool *stream);
const struct fb_timeline_run *fb_timeline_runs(const struct fb_timeline *t, size_t *n);

/* Files found in directories that were passed over because they are no captures; borrowed paths. */
const char *const *fb_timeline_skipped(const struct fb_timeline *t, size_t *n);

/* For progress: bytes read so far and bytes in all (compressed sizes; 0 when unknown), packets so far. */
struct fb_timeline_progress {
    uint64_t bytes_done, bytes_total, pkts;
};
void fb_timeline_progress(const struct fb_timeline *t, struct fb_timeline_progress *out);

void fb_timeline_close(struct fb_timeline *t); /* accepts NULL */

#endif
