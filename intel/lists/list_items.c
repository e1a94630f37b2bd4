#include "intel/lists/list_items.h"

#include "base/escape.h"

#define POOL_MAX ((size_t)4 << 30)
#define TEXT_MAX ((size_t)64 << 20)

void fb_list_items_init(struct fb_list_items *l)
{
    *l = (struct fb_list_items){.n = 0};
    fb_list_pool_init(&l->pool, POOL_MAX);
}

void fb_list_items_release(struct fb_list_items *l)
{
    free(l->item);
    fb_list_pool_release(&l->pool);
    *l = (struct fb_list_items){.n = 0};
}

enum fb_status fb_list_items_add(struct fb_list_items *l, const char *list, enum fb_list_item_kind kind,
                                 const char *text, struct fb_err *err)
{
    /* Items of one list mostly come one after the other. */
    const char *same = l->n && strcmp(l->item[l->n - 1].list, list) == 0 ? l->item[l->n - 1].list : NULL;
    const char *name = same ? same : fb_list_pool_text(&l->pool, list, strlen(list));
    const char *copy = fb_list_pool_text(&l->pool, text, strlen(text));
    if (!name || !copy || !fb_list_grow((void **)&l->item, l->n, &l->cap, sizeof *l->item))
        return fb_err_nomem(err, "a list");
    l->item[l->n++] = (struct fb_list_item){name, copy, kind};
    return FB_OK;
}

static enum fb_status add_some(struct fb_list_items *l, const char *list, enum fb_list_item_kind kind,
                               const char *text, struct fb_err *err)
{
    return text && *text ? fb_list_items_add(l, list, kind, text, err) : FB_OK;
}

static enum fb_status take_white(struct fb_list_items *l, const struct fb_whitelist *w, const char *name,
                                 struct fb_err *err)
{
    struct fb_buf b;
    fb_buf_init(&b, TEXT_MAX);
    enum fb_status st = fb_list_items_add(l, name, FB_LIST_ITEM_LIST, "white", err);
    for (size_t i = 0; i < w->nextends && st == FB_OK; i++)
        st = fb_list_items_add(l, name, FB_LIST_ITEM_EXTENDS, w->extends[i], err);
    for (size_t i = 0; i < w->nendpoints && st == FB_OK; i++) {
        fb_buf_clear(&b);
        fb_list_put_endpoint(&b, &w->endpoint[i]);
        st = b.failed ? fb_err_nomem(err, "an endpoint")
                      : fb_list_items_add(l, name, FB_LIST_ITEM_ENDPOINT, fb_buf_cstr(&b), err);
    }
    fb_buf_release(&b);
    return st;
}

static enum fb_status take_black(struct fb_list_items *l, const struct fb_blacklist *b, const char *name,
                                 struct fb_err *err)
{
    char text[FB_LIST_RANGE_STRLEN];
    FB_TRY(fb_list_items_add(l, name, FB_LIST_ITEM_LIST, "black", err));
    FB_TRY(add_some(l, name, FB_LIST_ITEM_DESCRIPTION, b->description, err));
    FB_TRY(add_some(l, name, FB_LIST_ITEM_SOURCE, b->source_url, err));
    FB_TRY(add_some(l, name, FB_LIST_ITEM_UPDATED, b->last_updated, err));
    for (size_t i = 0; i < b->nv4; i++) {
        struct fb_list_range r = {{{[10] = 0xff, [11] = 0xff}}, {{[10] = 0xff, [11] = 0xff}}};
        fb_store_be32(r.lo.b + 12, b->v4[i].lo);
        fb_store_be32(r.hi.b + 12, b->v4[i].hi);
        fb_list_range_format(&r, text);
        FB_TRY(fb_list_items_add(l, name, FB_LIST_ITEM_RANGE, text, err));
    }
    for (size_t i = 0; i < b->nv6; i++) {
        fb_list_range_format(&b->v6[i].range, text);
        FB_TRY(fb_list_items_add(l, name, FB_LIST_ITEM_RANGE, text, err));
    }
    for (size_t i = 0; i < b->ndomains; i++)
        FB_TRY(fb_list_items_add(l, name, FB_LIST_ITEM_DOMAIN, b->domain[i].pattern->text, err));
    return FB_OK;
}

enum fb_status fb_list_items_take(struct fb_list_items *l, const struct fb_list_file *f, const char *rename,
                                  struct fb_err *err)
{
    for (size_t i = 0; i < f->nwhite; i++)
        FB_TRY(take_white(l, &f->white[i], rename ? rename : f->white[i].name, err));
    for (size_t i = 0; i < f->nblack; i++)
        FB_TRY(take_black(l, &f->black[i], rename ? rename : f->black[i].name, err));
    return FB_OK;
}

/* ---- equal items ---- */

/* Of description, source and update a list has one, whatever it says. */
static bool is_single(enum fb_list_item_kind k)
{
    return k == FB_LIST_ITEM_DESCRIPTION || k == FB_LIST_ITEM_SOURCE || k == FB_LIST_ITEM_UPDATED;
}

static int compare(const struct fb_list_item *x, const struct fb_list_item *y)
{
    int c = strcmp(x->list, y->list);
    if (c == 0)
        c = (x->kind > y->kind) - (x->kind < y->kind);
    return c || is_single(x->kind) ? c : strcmp(x->text, y->text);
}

static int by_item(const void *a, const void *b, void *ctx)
{
    const uint32_t *x = a, *y = b;
    const struct fb_list_item *item = ctx;
    int c = compare(&item[*x], &item[*y]);
    return c ? c : (*x > *y) - (*x < *y);
}

static uint32_t *sorted(const struct fb_list_items *l)
{
    uint32_t *order = malloc((l->n ? l->n : 1) * sizeof *order);
    for (uint32_t i = 0; order && i < l->n; i++)
        order[i] = i;
    if (order && l->n)
        qsort_r(order, l->n, sizeof *order, by_item, l->item);
    return order;
}

enum fb_status fb_list_items_unique(struct fb_list_items *l, struct fb_err *err)
{
    uint32_t *order = sorted(l);
    bool *again = calloc(l->n ? l->n : 1, 1);
    if (!order || !again) {
        free(order);
        free(again);
        return fb_err_nomem(err, "a list");
    }
    for (size_t i = 1; i < l->n; i++)
        again[order[i]] = compare(&l->item[order[i - 1]], &l->item[order[i]]) == 0;
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (!again[i])
            l->item[n++] = l->item[i];
    l->n = n;
    free(order);
    free(again);
    return FB_OK;
}

static bool counts(const struct fb_list_item *i)
{
    return !is_single(i->kind) && i->kind != FB_LIST_ITEM_LIST;
}

enum fb_status fb_list_items_diff(const struct fb_list_items *a, const struct fb_list_items *b,
                                  void (*fn)(void *ctx, const struct fb_list_item *item, bool in_b),
                                  void *ctx, uint64_t *both, uint64_t *either, struct fb_err *err)
{
    uint32_t *oa = sorted(a), *ob = sorted(b);
    size_t i = 0, k = 0;
    *both = *either = 0;
    while (oa && ob && (i < a->n || k < b->n)) {
        const struct fb_list_item *x = i < a->n ? &a->item[oa[i]] : NULL,
                                  *y = k < b->n ? &b->item[ob[k]] : NULL;
        int c = !x ? 1 : !y ? -1 : compare(x, y);
        const struct fb_list_item *it = c <= 0 ? x : y;
        if (counts(it)) {
            ++*either;
            *both += c == 0;
            if (c != 0 && fn)
                fn(ctx, it, c > 0);
        }
        /* Equal ones within one side count once. */
        while (c <= 0 && i < a->n && compare(&a->item[oa[i]], it) == 0)
            i++;
        while (c >= 0 && k < b->n && compare(&b->item[ob[k]], it) == 0)
            k++;
    }
    bool good = oa && ob;
    free(oa);
    free(ob);
    return good ? FB_OK : fb_err_nomem(err, "a comparison of lists");
}
