/* Pages of columns for the kernels: those rows of a chunk that lie in the time asked for. Not for other
 * rooms. */
#ifndef FB_STORE_KERNEL_PAGES_H
#define FB_STORE_KERNEL_PAGES_H

#include "store/kernel.h"

struct fb_pages {
    const struct fb_kernel *k;
    struct fb_held_chunk *held;
    size_t at; /* next chunk of the case's list */
    uint32_t page, npages;
    const struct fb_gone *gone; /* rows of the chunk that retention removed */
    bool inside;  /* every row of the chunk is there and in the window: its zone map tells of them */
    bool need_ts; /* ts is wanted for its own sake */
    uint32_t n;   /* rows of the page that count */
    uint64_t ts[FB_PAGE_ROWS];
    uint64_t m[FB_M_COUNT][FB_PAGE_ROWS]; /* those that are wanted */
    uint16_t sel[FB_PAGE_ROWS];           /* their places in the page, unless inside */
};

/* A walk is one allocation; NULL without memory. */
struct fb_pages *fb_pages_new(const struct fb_kernel *k, bool need_ts);
void fb_pages_free(struct fb_pages *p); /* accepts NULL */

/* The next chunk that has rows in the window, not unpacked yet; FB_EOF after the last. */
enum fb_status fb_pages_next_chunk(struct fb_pages *p, const struct fb_chunk_meta **m, struct fb_err *err);
/* Opens the chunk that next_chunk named. */
enum fb_status fb_pages_enter(struct fb_pages *p, struct fb_err *err);
/* Measures (and ts) of the next page with rows in the window; FB_EOF after the last of the chunk. */
enum fb_status fb_pages_next(struct fb_pages *p, struct fb_err *err);
/* A further column of the same rows. */
enum fb_status fb_pages_column(struct fb_pages *p, unsigned col, uint64_t out[static FB_PAGE_ROWS],
                               struct fb_err *err);

/* Row i of the page as a tally. */
static inline struct fb_tally fb_pages_tally(const struct fb_pages *p, uint32_t i)
{
    struct fb_tally t = {1, {0}};
    for (unsigned m = 0; m < FB_M_COUNT; m++)
        if (p->k->want & FB_WANT(m))
            t.sum[m] = p->m[m][i];
    return t;
}

/* Adds row i to where[key[i]], column by column. */
void fb_pages_scatter(const struct fb_pages *p, const uint64_t *key, struct fb_tally *where);

#endif
