/* What retention took out of a case (docs/case-format.md, "Retention"): which session numbers are gone, by
 * window. Not for other rooms. */
#ifndef FB_STORE_GONE_H
#define FB_STORE_GONE_H

#include "store/db.h"

struct fb_gone {
    uint64_t window;
    uint32_t nrows;   /* sessions that the window had */
    uint32_t removed; /* of these are gone */
    uint8_t *bits;    /* bit i: session i of the window is gone; NULL: all are */
};

struct fb_gone_list {
    struct fb_gone *g; /* ascending by window */
    size_t n;
    uint64_t removed;      /* sessions, in all */
    uint64_t removed_live; /* those in chunks that still exist */
};

/* Reads table `purge`. FB_ERR_VERIFY when a row cannot be. */
enum fb_status fb_gone_read(sqlite3 *db, struct fb_gone_list *list, struct fb_err *err);
void fb_gone_release(struct fb_gone_list *list);

/* The record of a window; NULL when nothing of it is gone. */
const struct fb_gone *fb_gone_find(const struct fb_gone_list *list, uint64_t window);

static inline bool fb_gone_row(const struct fb_gone *g, uint32_t row)
{
    return g && (!g->bits || (row < g->nrows && g->bits[row / 8] >> row % 8 & 1));
}

/* True when session `number` was there and is gone. */
bool fb_gone_number(const struct fb_gone_list *list, uint64_t number);

#endif
