#include "cli/sorter.h"

#include <string.h>

struct kept {
    uint64_t number;
    size_t nkey, nrow;
    bool descending;
    unsigned char bytes[]; /* key, then row */
};

struct fb_sorter {
    bool descending;
    uint64_t limit;
    struct kept **item; /* with a limit: a heap with the last of the kept rows at the top */
    size_t n, cap;
};

static int compare(const void *ka, size_t na, uint64_t numa, const void *kb, size_t nb, uint64_t numb,
                   bool descending)
{
    size_t n = na < nb ? na : nb;
    int c = n ? memcmp(ka, kb, n) : 0;
    if (c == 0)
        c = (na > nb) - (na < nb);
    if (c != 0)
        return descending ? -c : c;
    return (numa > numb) - (numa < numb);
}

static int compare_kept(const void *a, const void *b)
{
    const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
    return compare(x->bytes, x->nkey, x->number, y->bytes, y->nkey, y->number, x->descending);
}

enum fb_status fb_sorter_new(bool descending, uint64_t limit, struct fb_sorter **out, struct fb_err *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return fb_err_nomem(err, "sorting");
    (*out)->descending = descending;
    (*out)->limit = limit;
    return FB_OK;
}

bool fb_sorter_wants(const struct fb_sorter *s, const void *key, size_t nkey, uint64_t number)
{
    if (s->limit == 0 || s->n < s->limit)
        return true;
    const struct kept *top = s->item[0];
    return compare(key, nkey, number, top->bytes, top->nkey, top->number, s->descending) < 0;
}

static void swap(struct kept **a, struct kept **b)
{
    struct kept *t = *a;
    *a = *b;
    *b = t;
}

static void sift_up(struct fb_sorter *s, size_t i)
{
    for (; i > 0 && compare_kept(&s->item[i], &s->item[(i - 1) / 2]) > 0; i = (i - 1) / 2)
        swap(&s->item[i], &s->item[(i - 1) / 2]);
}

static void sift_down(struct fb_sorter *s)
{
    for (size_t i = 0;;) {
        size_t last = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->n; child++)
            if (compare_kept(&s->item[child], &s->item[last]) > 0)
                last = child;
        if (last == i)
            return;
        swap(&s->item[i], &s->item[last]);
        i = last;
    }
}

enum fb_status fb_sorter_add(struct fb_sorter *s, const void *key, size_t nkey, uint64_t number,
                             const void *row, size_t nrow, struct fb_err *err)
{
    struct kept *k = malloc(sizeof *k + nkey + nrow);
    if (!k)
        return fb_err_nomem(err, "sorting; a --limit keeps less");
    *k = (struct kept){.number = number, .nkey = nkey, .nrow = nrow, .descending = s->descending};
    if (nkey)
        memcpy(k->bytes, key, nkey);
    if (nrow)
        memcpy(k->bytes + nkey, row, nrow);
    if (s->limit && s->n == s->limit) {
        free(s->item[0]);
        s->item[0] = k;
        sift_down(s);
        return FB_OK;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        struct kept **item = realloc(s->item, cap * sizeof *item);
        if (!item) {
            free(k);
            return fb_err_nomem(err, "sorting; a --limit keeps less");
        }
        s->item = item;
        s->cap = cap;
    }
    s->item[s->n++] = k;
    if (s->limit)
        sift_up(s, s->n - 1);
    return FB_OK;
}

enum fb_status fb_sorter_each(struct fb_sorter *s, enum fb_status (*fn)(void *ctx, const void *row, size_t n),
                              void *ctx)
{
    if (s->n)
        qsort(s->item, s->n, sizeof *s->item, compare_kept);
    for (size_t i = 0; i < s->n; i++)
        FB_TRY(fn(ctx, s->item[i]->bytes + s->item[i]->nkey, s->item[i]->nrow));
    return FB_OK;
}

void fb_sorter_free(struct fb_sorter *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        free(s->item[i]);
    free(s->item);
    free(s);
}
