/* The window of an online model: the last snapshots, in the order in which they were taken, and how many were
 * kept out meanwhile. Within model/ only. */
#ifndef FB_MODEL_ONLINE_WINDOW_H
#define FB_MODEL_ONLINE_WINDOW_H

#include "model/model.h"

/* Why a snapshot is not to be learnt from; the larger number stands. */
enum fb_window_out {
    FB_WINDOW_IN = 0,
    FB_WINDOW_LISTED = 1,
    FB_WINDOW_SUSPICIOUS = 2,
    FB_WINDOW_ABNORMAL = 3,
};

struct fb_window_row {
    struct fb_features f;
    int64_t at_ns;
    uint64_t before; /* the row before of the same session, by its place; 0: none */
    enum fb_window_out out;
};

struct fb_window_kept {
    int64_t at_ns;
    enum fb_window_out out;
};

struct fb_window {
    struct fb_window_row *row;   /* a ring: place p (from 1) is row[p % size] */
    struct fb_window_kept *kept; /* what was kept out, a ring too: more than `size` are never counted */
    uint32_t size;
    uint64_t next;   /* place of the next row */
    uint64_t nkept;  /* all that was ever kept out */
    uint64_t marked; /* rows that were put out, since the beginning: told as left out */
};

enum fb_status fb_window_init(struct fb_window *w, uint32_t size, struct fb_err *err);
void fb_window_release(struct fb_window *w);

/* NULL: the row has left the window, or place is 0. */
struct fb_window_row *fb_window_at(struct fb_window *w, uint64_t place);
/* The place of the new row. */
uint64_t fb_window_add(struct fb_window *w, const struct fb_features *f, int64_t at_ns, uint64_t before);
void fb_window_keep_out(struct fb_window *w, int64_t at_ns, enum fb_window_out out);
/* All rows of the session whose newest row is at `place`. True: something changed. */
bool fb_window_mark(struct fb_window *w, uint64_t place, enum fb_window_out out);

/* The rows that may be learnt from, oldest first, as a settled sample; the caller releases it. */
enum fb_status fb_window_sample(struct fb_window *w, uint64_t seed, struct fb_sample *out,
                                struct fb_err *err);
/* Snapshots kept out that are not older than the oldest row, rows put out included: `n` by reason. */
void fb_window_kept_out(struct fb_window *w, uint32_t n[static 4]);

/* The percentiles (10^-6) to be taken of n training rows so that, with those beyond that were kept out
 * (suspicious and abnormal: beyond the first; abnormal: beyond both), the share beyond is as `wanted` has it.
 */
void fb_window_percentiles(const uint32_t wanted[static 2], uint32_t n, const uint32_t kept_out[static 4],
                           uint32_t out[static 2]);

#endif
