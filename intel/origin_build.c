#include "intel/origin_build.h"

#include "intel/pack_def.h"

struct fb_origin_range {
    struct fb_addr first, last;
    uint32_t value; /* index in `values` */
    uint32_t seq;
};

bool fb_addr_next(struct fb_addr *a)
{
    for (int i = 15; i >= 0; i--)
        if (++a->b[i])
            return true;
    return false;
}

bool fb_addr_prev(struct fb_addr *a)
{
    for (int i = 15; i >= 0; i--)
        if (a->b[i]--)
            return true;
    return false;
}

void fb_origin_build_init(struct fb_origin_build *b)
{
    *b = (struct fb_origin_build){0};
    fb_row_set_init(&b->values);
}

void fb_origin_build_release(struct fb_origin_build *b)
{
    fb_row_set_release(&b->values);
    free(b->range);
    *b = (struct fb_origin_build){0};
}

static enum fb_status push(struct fb_origin_build *b, const struct fb_addr *first, const struct fb_addr *last,
                           uint32_t value, struct fb_err *err)
{
    if (b->n == FB_ORIGIN_RANGES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %u address ranges in one data set",
                          FB_ORIGIN_RANGES_MAX);
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 4096;
        struct fb_origin_range *r = realloc(b->range, cap * sizeof *r);
        if (!r)
            return fb_err_nomem(err, "address ranges");
        b->range = r;
        b->cap = cap;
    }
    b->range[b->n] = (struct fb_origin_range){*first, *last, value, (uint32_t)b->n};
    b->n++;
    return FB_OK;
}

static enum fb_status add_value(struct fb_origin_build *b, const struct fb_origin_value *v, uint32_t *index,
                                struct fb_err *err)
{
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    v->asn ? fb_rec_int(&row, v->asn) : fb_rec_null(&row);
    fb_rec_text(&row, v->country[0] ? v->country : NULL);
    v->owner.n ? fb_rec_bytes(&row, v->owner.p, v->owner.n) : fb_rec_null(&row);
    enum fb_status st = fb_row_set_add(&b->values, (struct fb_span){row.data, row.len}, &row, index, err);
    fb_buf_release(&row);
    return st;
}

enum fb_status fb_origin_build_add(struct fb_origin_build *b, const struct fb_addr *first,
                                   const struct fb_addr *last, const struct fb_origin_value *v,
                                   struct fb_err *err)
{
    static const struct fb_addr v4_first = {{[10] = 0xff, 0xff}};
    static const struct fb_addr v4_last = {{[10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    if (!v->asn && !v->country[0] && !v->owner.n)
        return FB_OK;
    bool v4 = fb_addr_is_v4(first);
    if (fb_addr_cmp(first, last) > 0 || v4 != fb_addr_is_v4(last)) {
        b->turned++;
        return FB_OK;
    }
    uint32_t value;
    FB_TRY(add_value(b, v, &value, err));
    if (v4 || fb_addr_cmp(last, &v4_first) < 0 || fb_addr_cmp(first, &v4_last) > 0)
        return push(b, first, last, value, err);
    struct fb_addr before = v4_first, after = v4_last;
    fb_addr_prev(&before);
    fb_addr_next(&after);
    FB_TRY(push(b, first, &before, value, err));
    return push(b, &after, last, value, err);
}

static int range_cmp(const void *a, const void *b)
{
    const struct fb_origin_range *x = a, *y = b;
    int c = fb_addr_cmp(&x->first, &y->first);
    if (!c)
        c = fb_addr_cmp(&y->last, &x->last);
    return c ? c : (x->seq < y->seq) - (x->seq > y->seq);
}

/* The ranges that are open at a place, the one that counts on top; and what was put out. */
struct sweep {
    const struct fb_origin_range *range;
    uint32_t *open;
    size_t nopen;
    struct fb_addr next; /* the first address not decided yet */
    bool ended;          /* there is no such address */
    struct fb_origin_range *out;
    size_t nout;
};

static void emit(struct sweep *w, const struct fb_addr *last, uint32_t value)
{
    struct fb_origin_range *prev = w->nout ? &w->out[w->nout - 1] : NULL;
    if (w->ended || fb_addr_cmp(&w->next, last) > 0)
        return;
    struct fb_addr after = prev ? prev->last : *last;
    if (prev && prev->value == value && fb_addr_next(&after) && fb_addr_eq(&after, &w->next) &&
        fb_addr_is_v4(&prev->last) == fb_addr_is_v4(&w->next))
        prev->last = *last;
    else
        w->out[w->nout++] = (struct fb_origin_range){w->next, *last, value, 0};
    w->next = *last;
    w->ended = !fb_addr_next(&w->next);
}

/* Puts out what ends before `until` (NULL: everything). */
static void close_before(struct sweep *w, const struct fb_addr *until)
{
    while (w->nopen) {
        const struct fb_origin_range *top = &w->range[w->open[w->nopen - 1]];
        if (until && fb_addr_cmp(&top->last, until) >= 0)
            break;
        emit(w, &top->last, top->value);
        w->nopen--;
    }
}

/* Each range starts at most one piece and ends at most one, so there are at most 2n pieces. */
static enum fb_status flatten(struct fb_origin_build *b, struct sweep *w, struct fb_err *err)
{
    if (b->n)
        qsort(b->range, b->n, sizeof *b->range, range_cmp);
    *w = (struct sweep){.range = b->range,
                        .open = malloc((b->n + 1) * sizeof *w->open),
                        .out = malloc((2 * b->n + 1) * sizeof *w->out)};
    if (!w->open || !w->out)
        return fb_err_nomem(err, "address ranges");
    for (size_t i = 0; i < b->n; i++) {
        const struct fb_origin_range *r = &b->range[i];
        struct fb_addr before = r->first;
        close_before(w, &r->first);
        if (w->nopen && fb_addr_prev(&before))
            emit(w, &before, w->range[w->open[w->nopen - 1]].value);
        w->next = r->first;
        w->ended = false;
        w->open[w->nopen++] = (uint32_t)i;
    }
    close_before(w, NULL);
    return FB_OK;
}

static void put_be32(struct fb_buf *out, uint32_t v)
{
    uint8_t t[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    fb_buf_put(out, t, sizeof t);
}

static void put_family(struct fb_buf *out, const struct sweep *w, bool v4)
{
    size_t skip = v4 ? 12 : 0, n = 0;
    for (size_t i = 0; i < w->nout; i++)
        n += fb_addr_is_v4(&w->out[i].first) == v4;
    put_be32(out, (uint32_t)n);
    for (int part = 0; part < 3; part++)
        for (size_t i = 0; i < w->nout; i++) {
            const struct fb_origin_range *r = &w->out[i];
            if (fb_addr_is_v4(&r->first) != v4)
                continue;
            if (part == 2)
                put_be32(out, r->value);
            else
                fb_buf_put(out, (part ? &r->last : &r->first)->b + skip, 16 - skip);
        }
}

enum fb_status fb_origin_build_finish(struct fb_origin_build *b, struct fb_buf *out, uint64_t *entries,
                                      struct fb_err *err)
{
    struct sweep w = {0};
    size_t nvalues;
    uint32_t *place = malloc((b->values.n + 1) * sizeof *place);
    enum fb_status st = place ? FB_OK : fb_err_nomem(err, "address ranges");
    if (st == FB_OK)
        st = fb_row_set_finish(&b->values, out, place, &nvalues, err);
    for (size_t i = 0; st == FB_OK && i < b->n; i++)
        b->range[i].value = place[b->range[i].value];
    if (st == FB_OK)
        st = flatten(b, &w, err);
    if (st == FB_OK) {
        put_family(out, &w, true);
        put_family(out, &w, false);
        *entries = w.nout;
        if (out->failed)
            st = fb_err_nomem(err, "address ranges");
    }
    free(place);
    free(w.open);
    free(w.out);
    return st;
}
