#include "store/ranking.h"

#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
    const struct fb_span *x = &((const struct fb_ranked *)a)->key, *y = &((const struct fb_ranked *)b)->key;
    size_t n = x->n < y->n ? x->n : y->n;
    int c = n ? memcmp(x->p, y->p, n) : 0;
    return c ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* Negative when a comes first. Keys are unique, so that no two are equal. */
static int by_value(const void *a, const void *b)
{
    uint64_t x = ((const struct fb_ranked *)a)->value, y = ((const struct fb_ranked *)b)->value;
    return x > y ? -1 : x < y ? 1 : by_key(a, b);
}

struct fb_ranked *fb_rank_by_key(const struct fb_groups *t, size_t *n)
{
    struct fb_ranked *r = calloc(t->n + 1u, sizeof *r);
    if (!r)
        return NULL;
    for (uint32_t i = 0; i < t->n; i++)
        r[i] = (struct fb_ranked){.key = fb_groups_key(t, &t->g[i]), .g = &t->g[i]};
    qsort(r, t->n, sizeof *r, by_key);
    *n = t->n;
    return r;
}

/* Restores the heap below its root, which may have become too good for its place: the worst is on top. */
static void sink(struct fb_ranked *h, size_t n)
{
    size_t at = 0;
    for (;;) {
        size_t worst = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < n; child++)
            if (by_value(&h[child], &h[worst]) > 0)
                worst = child;
        if (worst == at)
            return;
        struct fb_ranked x = h[at];
        h[at] = h[worst];
        h[worst] = x;
        at = worst;
    }
}

static void rise(struct fb_ranked *h, size_t at)
{
    while (at > 0 && by_value(&h[at], &h[(at - 1) / 2]) > 0) {
        struct fb_ranked x = h[at];
        h[at] = h[(at - 1) / 2];
        h[(at - 1) / 2] = x;
        at = (at - 1) / 2;
    }
}

struct fb_ranked *fb_rank_top(const struct fb_groups *t, uint64_t (*value_of)(const struct fb_tally *t),
                              size_t *n)
{
    size_t most = *n < t->n ? *n : t->n, have = 0;
    struct fb_ranked *h = calloc(most + 1, sizeof *h);
    if (!h)
        return NULL;
    for (uint32_t i = 0; i < t->n && most; i++) {
        struct fb_ranked r = {value_of(&t->g[i].t), fb_groups_key(t, &t->g[i]), &t->g[i]};
        if (have < most) {
            h[have] = r;
            rise(h, have++);
        } else if (by_value(&r, &h[0]) < 0) {
            h[0] = r;
            sink(h, have);
        }
    }
    qsort(h, have, sizeof *h, by_value);
    *n = have;
    return h;
}
