#include "intel/packs/origin_build.h"

#include "intel/packs/pack_def.h"

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
    if (!v->asn && !v->country[0] && !v->owner.n)
        return FB_OK;
    bool v4 = fb_addr_is_v4(first);
    if (fb_addr_cmp(first, last) > 0 || v4 != fb_addr_is_v4(last)) {
        b->turned++;
        return FB_OK;
    }
    uint32_t value;
    FB_TRY(add_value(b, v, &value, err));
    return push(b, first, last, value, err);
}

static int range_cmp(const void *a, const void *b)
{
    const struct fb_origin_range *x = a, *y = b;
    int c = fb_addr_cmp(&x->first, &y->first);
    if (!c)
        c = fb_addr_cmp(&y->last, &x->last);
    return c ? c : (x->seq < y->seq) - (x->seq > y->seq);
}

static const struct fb_addr MAPPED_FIRST = {{[10] = 0xff, 0xff}};
static const struct fb_addr MAPPED_LAST = {{[10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* The ranges that are open at a place, the one that counts on top; and what was put out. */
struct sweep {
    bool v4; /* the family at hand; ranges of the other are passed over */
    const struct fb_origin_range *range;
    uint32_t *open;
    size_t nopen;
    struct fb_addr next; /* the first address not decided yet */
    bool ended;          /* there is no such address */
    struct fb_origin_range *out;
    size_t nout;
};

/* Joins what has the same value as the piece before it and follows it. */
static void put_piece(struct sweep *w, const struct fb_addr *first, const struct fb_addr *last,
                      uint32_t value)
{
    struct fb_origin_range *prev = w->nout ? &w->out[w->nout - 1] : NULL;
    struct fb_addr after = prev ? prev->last : *last;
    if (prev && prev->value == value && fb_addr_next(&after) && fb_addr_eq(&after, first))
        prev->last = *last;
    else
        w->out[w->nout++] = (struct fb_origin_range){*first, *last, value, 0};
}

/* What is open counts up to `last`. The IPv4-mapped block is left out of pieces of IPv6. */
static void emit(struct sweep *w, const struct fb_addr *last, uint32_t value)
{
    if (w->ended || fb_addr_cmp(&w->next, last) > 0)
        return;
    if (w->v4 || fb_addr_cmp(last, &MAPPED_FIRST) < 0 || fb_addr_cmp(&w->next, &MAPPED_LAST) > 0) {
        put_piece(w, &w->next, last, value);
    } else {
        struct fb_addr below = MAPPED_FIRST, above = MAPPED_LAST;
        fb_addr_prev(&below);
        fb_addr_next(&above);
        if (fb_addr_cmp(&w->next, &below) <= 0)
            put_piece(w, &w->next, &below, value);
        if (fb_addr_cmp(&above, last) <= 0)
            put_piece(w, &above, last, value);
    }
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

/* Each range starts at most one piece and ends at most one, and one is cut in two by the mapped block. */
static enum fb_status flatten(const struct fb_origin_build *b, bool v4, struct sweep *w, struct fb_err *err)
{
    *w = (struct sweep){.v4 = v4,
                        .range = b->range,
                        .open = malloc((b->n + 1) * sizeof *w->open),
                        .out = malloc((2 * b->n + 2) * sizeof *w->out)};
    if (!w->open || !w->out)
        return fb_err_nomem(err, "address ranges");
    for (size_t i = 0; i < b->n; i++) {
        const struct fb_origin_range *r = &b->range[i];
        struct fb_addr before = r->first;
        if (fb_addr_is_v4(&r->first) != v4)
            continue;
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

static void put_family(struct fb_buf *out, const struct sweep *w)
{
    size_t skip = w->v4 ? 12 : 0;
    put_be32(out, (uint32_t)w->nout);
    for (size_t i = 0; i < w->nout; i++)
        fb_buf_put(out, w->out[i].first.b + skip, 16 - skip);
    for (size_t i = 0; i < w->nout; i++)
        fb_buf_put(out, w->out[i].last.b + skip, 16 - skip);
    for (size_t i = 0; i < w->nout; i++)
        put_be32(out, w->out[i].value);
}

enum fb_status fb_origin_build_finish(struct fb_origin_build *b, struct fb_buf *out, uint64_t *entries,
                                      struct fb_err *err)
{
    size_t nvalues;
    uint32_t *place = malloc((b->values.n + 1) * sizeof *place);
    enum fb_status st = place ? FB_OK : fb_err_nomem(err, "address ranges");
    if (st == FB_OK)
        st = fb_row_set_finish(&b->values, out, place, &nvalues, err);
    for (size_t i = 0; st == FB_OK && i < b->n; i++)
        b->range[i].value = place[b->range[i].value];
    free(place);
    if (b->n)
        qsort(b->range, b->n, sizeof *b->range, range_cmp);
    *entries = 0;
    for (int v4 = 1; v4 >= 0 && st == FB_OK; v4--) {
        struct sweep w = {0};
        st = flatten(b, v4, &w, err);
        if (st == FB_OK)
            put_family(out, &w);
        *entries += w.nout;
        free(w.open);
        free(w.out);
    }
    return st == FB_OK && out->failed ? fb_err_nomem(err, "address ranges") : st;
}
