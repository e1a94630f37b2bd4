/* Rows of one definition (base/record.h) on their way into a data set, and as they lie in one.
 *
 * Collected: rows with a key; at the end sorted by key, equal keys reduced to the one that came first, so
 * that a data set is the same bytes however its source was ordered otherwise. As bytes: a varint count, then
 * each row with its length before it. One thread. */
#ifndef FB_INTEL_ROW_SET_H
#define FB_INTEL_ROW_SET_H

#include "base/err.h"
#include "base/record.h"

#define FB_ROW_SET_MAX   (16u << 20)       /* rows */
#define FB_ROW_BYTES_MAX ((size_t)1 << 30) /* bytes of all rows */

struct fb_row_set {
    struct fb_buf bytes; /* keys and rows */
    struct fb_row_at *at;
    size_t n, cap;
};

void fb_row_set_init(struct fb_row_set *s);
void fb_row_set_release(struct fb_row_set *s);

/* Both are copied. `index` (may be NULL): how many were added before. */
enum fb_status fb_row_set_add(struct fb_row_set *s, struct fb_span key, const struct fb_buf *row,
                              uint32_t *index, struct fb_err *err);

/* Appends the set's bytes to `out`. `place` (may be NULL): an array of s->n, which tells where each row that
 * was added stands now, or the one with the same key. Changes the order of `s`; last call before release. */
enum fb_status fb_row_set_finish(struct fb_row_set *s, struct fb_buf *out, uint32_t *place, size_t *count,
                                 struct fb_err *err);

struct fb_row_view {
    struct fb_span *row; /* borrowed bytes in an owned array */
    size_t n;
};

/* Takes the set's bytes from the cursor; every row is checked to be one of `def`. FB_ERR_INPUT. */
enum fb_status fb_row_view_open(const struct fb_rec_def *def, struct fb_cur *c, struct fb_row_view *out,
                                struct fb_err *err);
void fb_row_view_release(struct fb_row_view *v);

#endif
