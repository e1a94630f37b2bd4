/* Events in the order of their packets: a row that came late goes where it belongs. */
#include "store/rec_chunk.h"

#include <stdlib.h>

int fb_rec_at_compare(const struct fb_rec_at *a, const struct fb_rec_at *b)
{
    if (a->ts_ns != b->ts_ns)
        return a->ts_ns < b->ts_ns ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

struct place {
    struct fb_rec_at at;
    uint32_t from, bytes, came;
};

static int by_place(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    int d = fb_rec_at_compare(&a->at, &b->at);
    return d ? d : (a->came > b->came) - (a->came < b->came);
}

bool fb_rec_batch_sort(struct fb_rec_batch *b)
{
    if (!b->disordered)
        return true;
    struct place *p = malloc(b->n * sizeof *p);
    uint8_t *rows = malloc(b->rows.len ? b->rows.len : 1);
    bool good = p && rows;
    for (uint32_t i = 0, from = 0; i < b->n && good; from = b->end[i++])
        p[i] = (struct place){b->at[i], from, b->end[i] - from, i};
    if (good) {
        qsort(p, b->n, sizeof *p, by_place);
        memcpy(rows, b->rows.data, b->rows.len);
    }
    for (uint32_t i = 0, to = 0; i < b->n && good; i++) {
        memcpy(b->rows.data + to, rows + p[i].from, p[i].bytes);
        to += p[i].bytes;
        b->at[i] = p[i].at;
        b->end[i] = to;
    }
    b->disordered &= !good;
    free(p);
    free(rows);
    return good;
}

bool fb_rec_batch_held_full(const struct fb_rec_batch *b)
{
    return b->n == b->cap || (b->n > 0 && b->rows.len + b->canon.len > FB_REC_BATCH_MAX + FB_REC_HELD_BYTES);
}

uint32_t fb_rec_batch_cut(const struct fb_rec_batch *b)
{
    uint32_t n = b->n < FB_REC_ROWS ? b->n : FB_REC_ROWS;
    while (n > 1 && b->end[n - 1] > FB_REC_BATCH_MAX)
        n--;
    return n;
}

void fb_rec_batch_drop(struct fb_rec_batch *b, uint32_t n)
{
    FB_BUG(n > b->n);
    uint32_t bytes = n ? b->end[n - 1] : 0, left = b->n - n;
    if (b->rows.len > bytes)
        memmove(b->rows.data, b->rows.data + bytes, b->rows.len - bytes);
    b->rows.len -= bytes;
    for (uint32_t i = 0; i < left; i++) {
        b->at[i] = b->at[n + i];
        b->end[i] = b->end[n + i] - bytes;
    }
    b->n = left;
    b->disordered &= left > 0;
}
