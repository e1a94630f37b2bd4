/* The window of an online model: the last snapshots, in the order in which they were taken, and those that
 * were kept out meanwhile, one for each session. Within model/ only. */
#ifndef FB_MODEL_ONLINE_WINDOW_H
#define FB_MODEL_ONLINE_WINDOW_H

#include "model/model.h"

/* Whether a snapshot is learnt from. What stands out is not, but was scored; what is listed is neither. */
enum fb_window_out {
    FB_WINDOW_IN = 0,
    FB_WINDOW_LISTED = 1,
    FB_WINDOW_TAGGED = 2,
};

struct fb_window_row {
    struct fb_features f;
    int64_t at_ns;
    uint64_t before; /* the row before of the same session, by its place; 0: none */
    enum fb_window_out out;
};

struct fb_window_kept {
    struct fb_features f;
    int64_t at_ns;
    enum fb_window_out out; /* FB_WINDOW_IN: it came back, and does not count */
};

struct fb_window {
    struct fb_window_row *row;   /* a ring: place p (from 1) is row[p % size] */
    struct fb_window_kept *kept; /* what was kept out, a ring too, by its own places from 1 */
    uint32_t size;
    uint64_t next;      /* place of the next row */
    uint64_t next_kept; /* place of the next one kept out */
    uint64_t marked;    /* rows that were put out, since the beginning: told as left out */
};

enum fb_status fb_window_init(struct fb_window *w, uint32_t size, struct fb_err *err);
void fb_window_release(struct fb_window *w);

/* NULL: the row has left the window, or place is 0. */
struct fb_window_row *fb_window_at(struct fb_window *w, uint64_t place);
/* The place of the new row. */
uint64_t fb_window_add(struct fb_window *w, const struct fb_features *f, int64_t at_ns, uint64_t before);
/* What is kept out of a session, as it is now: takes the place of what was kept out of it before (`place`; 0
 * or gone: none). The place where it is. */
uint64_t fb_window_keep_out(struct fb_window *w, uint64_t place, const struct fb_features *f, int64_t at_ns,
                            enum fb_window_out out);
/* The session is not to be kept out any more. */
void fb_window_take_back(struct fb_window *w, uint64_t place);
/* All rows of the session whose newest row is at `place`. True: something changed. */
bool fb_window_mark(struct fb_window *w, uint64_t place, enum fb_window_out out);

/* The rows that may be learnt from, oldest first, as a settled sample; the caller releases it. */
enum fb_status fb_window_sample(struct fb_window *w, uint64_t seed, struct fb_sample *out,
                                struct fb_err *err);
/* Those kept out that are not older than the oldest row, and the rows put out: how many, and of those that
 * stand out the features, oldest first (room for 2 * size). */
uint32_t fb_window_kept_out(struct fb_window *w, struct fb_features *tagged, uint32_t *ntagged);

#endif
