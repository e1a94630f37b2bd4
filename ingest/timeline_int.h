/* What the parts of the timeline share: files (timeline_files.c), their order (timeline_order.c), the filter
 * (timeline_filter.c) and the merge (timeline.c). */
#ifndef FB_INGEST_TIMELINE_INT_H
#define FB_INGEST_TIMELINE_INT_H

#include "ingest/reader_int.h"
#include "ingest/timeline.h"

#include <sys/types.h>

#define FB_TIMELINE_FILES_MAX ((size_t)1 << 20)

struct fb_source {
    char *path;
    bool from_dir; /* found in a directory, not named */
    bool stream;   /* standard input or a named pipe: read once, never reopened */
    dev_t dev;
    ino_t ino;
    uint64_t size_bytes; /* on disk; 0 for streams */
    size_t order;        /* position on the command line */
    bool has_first;
    int64_t first_ts_ns;
    struct fb_reader *reader; /* while it is open */
    struct fb_record head;    /* its next packet, with has_head */
    bool has_head, done;
    struct fb_evidence ev; /* after it is done */
};

struct fb_sources {
    struct fb_source *v;
    size_t n, cap;
    char **skipped; /* files of directories that are no captures */
    size_t nskipped, skipped_cap;
};

/* All files that the arguments mean, each once. */
enum fb_status fb_sources_collect(struct fb_sources *s, const char *const *paths, size_t npaths,
                                  struct fb_err *err);
enum fb_status fb_sources_skip(struct fb_sources *s, size_t i,
                               struct fb_err *err); /* moves file i to the skipped */
void fb_sources_release(struct fb_sources *s);

/* Natural order of names: digits compare as numbers, so that file2 comes before file10. */
int fb_natural_cmp(const char *a, const char *b);

/* Reads the first packet of every file and sorts. */
enum fb_status fb_sources_order(struct fb_sources *s, const struct fb_reader_opts *opts, struct fb_err *err);

/* Reads the next packet of an open source into its head; at its end completes its evidence record. */
enum fb_status fb_source_advance(struct fb_source *f, struct fb_err *err);

struct fb_filter;
/* Compiles; FB_ERR_USAGE when no link type takes the expression or it needs a name to be looked up. */
enum fb_status fb_filter_new(const char *expr, struct fb_filter **out, struct fb_err *err);
enum fb_status fb_filter_match(struct fb_filter *f, const struct fb_record *rec, bool *match,
                               struct fb_err *err);
void fb_filter_free(struct fb_filter *f); /* accepts NULL */

#endif
