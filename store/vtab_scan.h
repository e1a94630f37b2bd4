/* Walks the sessions that can satisfy a set of conditions: zone maps drop chunks, dictionaries drop chunks
 * and turn texts into codes, pages are decoded only for the columns asked about. Yields ascending numbers.
 * Belongs to one case and its thread. */
#ifndef FB_STORE_VTAB_SCAN_H
#define FB_STORE_VTAB_SCAN_H

#include "store/case_impl.h"

#define FB_SCAN_TESTS_MAX 32

enum fb_test_kind {
    FB_TEST_RANGE, /* lo <= value <= hi; unsigned values above INT64_MAX count as INT64_MAX */
    FB_TEST_TEXT,  /* a dictionary column equals the bytes */
    FB_TEST_IP     /* either address is one of the list */
};

struct fb_test {
    uint8_t kind, col;
    int64_t lo, hi;
    char *p; /* owned by the scan */
    size_t n;
    uint32_t code;   /* in the chunk at hand */
    uint32_t *codes; /* FB_TEST_IP: room for n / 16; owned by the scan */
    size_t ncodes;
};

struct fb_ahead;

struct fb_scan {
    struct fb_case *c;
    struct fb_test test[FB_SCAN_TESTS_MAX];
    unsigned ntests;
    uint64_t lo, hi; /* numbers */
    uint64_t *list;  /* numbers asked for, ascending, without repeats; NULL: all; owned */
    size_t nlist, at_list;
    bool nothing;               /* no row can satisfy the conditions */
    uint8_t cols[FB_COL_COUNT]; /* that will be asked for: what is read ahead (ahead.h) */
    unsigned ncols;

    struct fb_ahead *ahead; /* NULL: none (yet) */
    bool no_ahead;
    unsigned entered; /* chunks */
    /* Of the scan that reads ahead: asked before a chunk is read; false: leave it out. */
    bool (*gate)(void *ctx, uint64_t window);
    void *gate_ctx;

    struct fb_held_chunk *held; /* where it stands */
    uint64_t next;              /* first number not looked at */
    uint16_t sel[FB_PAGE_ROWS]; /* rows of the page that passed */
    unsigned nsel, at;
    uint32_t page_row; /* first row of the page in its chunk */
    uint64_t pages;    /* that were entered: another number, another page */
};

void fb_scan_init(struct fb_scan *s, struct fb_case *c);
void fb_scan_release(struct fb_scan *s);
/* Moves to the first, then to each next row. FB_EOF after the last. */
enum fb_status fb_scan_next(struct fb_scan *s, struct fb_err *err);
/* Moves to the first row of the next page that has one. */
enum fb_status fb_scan_next_page(struct fb_scan *s, struct fb_err *err);

static inline struct fb_chunk *fb_scan_chunk(const struct fb_scan *s)
{
    return s->held->chunk;
}

static inline uint32_t fb_scan_row(const struct fb_scan *s)
{
    return s->page_row + s->sel[s->at];
}

#endif
