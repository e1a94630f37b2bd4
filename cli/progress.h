/* Progress of long work on stderr: a line that is rewritten on a terminal, or a line of JSON a second. Wall
 * clock is used for the rate only and reaches no result. One thread. */
#ifndef FB_CLI_PROGRESS_H
#define FB_CLI_PROGRESS_H

#include "cli/ingest_run.h"
#include "ingest/timeline.h"

struct fb_progress {
    enum fb_progress_mode mode; /* never FB_PROGRESS_AUTO */
    int64_t start_ns, last_ns;  /* monotonic clock */
    bool shown;
};

void fb_progress_init(struct fb_progress *p, const struct fb_ingest_opts *o);

/* Called as often as the caller likes; prints when it is time again. `sessions`: built so far. */
void fb_progress_step(struct fb_progress *p, const struct fb_timeline *t, uint64_t sessions);

/* The last state (JSON) and a clean line (terminal). */
void fb_progress_end(struct fb_progress *p, const struct fb_timeline *t, uint64_t sessions);

/* Bytes as 12.3 GB, in powers of 1000; returns the length. */
#define FB_BYTES_STRLEN 32
unsigned fb_bytes_format_human(uint64_t bytes, char out[static FB_BYTES_STRLEN]);

#endif
