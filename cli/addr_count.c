#include "cli/addr_count.h"

#include "base/hash.h"

#include <stdlib.h>

struct counts {
    struct fb_addr_count *item;
    size_t n, cap;
    uint32_t *slot; /* index + 1 */
    size_t nslots;
    struct fb_err *err;
};

static size_t place(const struct counts *k, const struct fb_addr *a)
{
    size_t at = fb_siphash13(fb_hash_process_key(), a, sizeof *a) & (k->nslots - 1);
    while (k->slot[at] && !fb_addr_eq(&k->item[k->slot[at] - 1].addr, a))
        at = (at + 1) & (k->nslots - 1);
    return at;
}

static enum fb_status grow(struct counts *k)
{
    size_t cap = k->cap ? k->cap * 2 : 1024;
    if (cap > FB_ADDR_COUNT_MAX)
        return fb_err_set(k->err, FB_ERR_LIMIT, "more than %u addresses", FB_ADDR_COUNT_MAX);
    struct fb_addr_count *item = realloc(k->item, cap * sizeof *item);
    if (item)
        k->item = item;
    uint32_t *slot = calloc(cap * 2, sizeof *slot);
    if (!item || !slot) {
        free(slot);
        return fb_err_nomem(k->err, "addresses");
    }
    free(k->slot);
    k->slot = slot;
    k->nslots = cap * 2;
    k->cap = cap;
    for (size_t i = 0; i < k->n; i++)
        k->slot[place(k, &k->item[i].addr)] = (uint32_t)i + 1;
    return FB_OK;
}

static enum fb_status count(struct counts *k, const struct fb_addr *a)
{
    if (k->n == k->cap)
        FB_TRY(grow(k));
    size_t at = place(k, a);
    if (!k->slot[at]) {
        k->item[k->n++] = (struct fb_addr_count){.addr = *a};
        k->slot[at] = (uint32_t)k->n;
    }
    k->item[k->slot[at] - 1].sessions++;
    return FB_OK;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct counts *k = ctx;
    FB_TRY(count(k, &s->orig_h));
    return fb_addr_eq(&s->orig_h, &s->resp_h) ? FB_OK : count(k, &s->resp_h);
}

static int by_sessions(const void *pa, const void *pb)
{
    const struct fb_addr_count *a = pa, *b = pb;
    if (a->sessions != b->sessions)
        return a->sessions > b->sessions ? -1 : 1;
    return fb_addr_cmp(&a->addr, &b->addr);
}

enum fb_status fb_addr_count(struct fb_case *c, struct fb_addr_count **out, size_t *n, struct fb_err *err)
{
    struct counts k = {.err = err};
    enum fb_status st = fb_case_each_session(c, on_session, &k, err);
    free(k.slot);
    if (st != FB_OK) {
        free(k.item);
        return st;
    }
    if (k.n)
        qsort(k.item, k.n, sizeof *k.item, by_sessions);
    *out = k.item;
    *n = k.n;
    return FB_OK;
}
