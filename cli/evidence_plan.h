/* The plan of a run: which evidence it set out to read, kept in the case until the run is complete, so that
 * an interrupted one can go on. JSON: [{"path":..,"real":..,"size":..,"sample":..} ...] in timeline order.
 *
 * The SHA-256 of a file is known only when all of it was read. Until then a file is known by its size and a
 * sample: BLAKE2b-256 over its first and last 64 KiB. One thread. */
#ifndef FB_CLI_EVIDENCE_PLAN_H
#define FB_CLI_EVIDENCE_PLAN_H

#include "base/buf.h"
#include "base/digest.h"
#include "ingest/timeline.h"

struct fb_plan_file {
    char *path; /* as it was named */
    char *real; /* absolute; NULL for a stream */
    bool stream;
    uint64_t size_bytes;
    char sample[FB_DIGEST_HEXLEN];
};

struct fb_plan {
    struct fb_plan_file *file;
    size_t n;
};

void fb_plan_put(struct fb_buf *out, const struct fb_timeline *t);

/* FB_ERR_VERIFY when the text is no plan. */
enum fb_status fb_plan_read(const char *json, struct fb_plan *out, struct fb_err *err);
void fb_plan_release(struct fb_plan *p); /* accepts a zeroed plan */

/* Finds the files of the plan: where they were, beside the case, or among `given` (files and directories), by
 * size and sample. What was a stream is taken from the given names that are no file of the plan, in their
 * order. `paths`: p->n allocated names. FB_ERR_NOTFOUND, or FB_ERR_VERIFY when a file is there but changed,
 * with a sentence. */
enum fb_status fb_plan_find(const struct fb_plan *p, const char *case_path, const char *const *given,
                            size_t ngiven, char **paths, struct fb_err *err);

#endif
