#include "intel/packs/row_set.h"

struct fb_row_at {
    const uint8_t *base; /* set when sorting */
    size_t off;
    uint32_t key_n, row_n;
    uint32_t index;
};

void fb_row_set_init(struct fb_row_set *s)
{
    *s = (struct fb_row_set){0};
    fb_buf_init(&s->bytes, FB_ROW_BYTES_MAX);
}

void fb_row_set_release(struct fb_row_set *s)
{
    fb_buf_release(&s->bytes);
    free(s->at);
    *s = (struct fb_row_set){0};
}

enum fb_status fb_row_set_add(struct fb_row_set *s, struct fb_span key, const struct fb_buf *row,
                              uint32_t *index, struct fb_err *err)
{
    if (row->failed || row->len > FB_REC_BYTES_MAX || key.n > FB_REC_BYTES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "an entry of the data set is larger than %u bytes",
                          FB_REC_BYTES_MAX);
    if (s->n == FB_ROW_SET_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %u entries in one data set", FB_ROW_SET_MAX);
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        struct fb_row_at *at = realloc(s->at, cap * sizeof *at);
        if (!at)
            return fb_err_nomem(err, "a data set");
        s->at = at;
        s->cap = cap;
    }
    size_t off = s->bytes.len;
    fb_buf_put(&s->bytes, key.p, key.n);
    fb_buf_put(&s->bytes, row->data, row->len);
    if (s->bytes.failed)
        return fb_err_nomem(err, "a data set");
    s->at[s->n] = (struct fb_row_at){NULL, off, (uint32_t)key.n, (uint32_t)row->len, (uint32_t)s->n};
    if (index)
        *index = (uint32_t)s->n;
    s->n++;
    return FB_OK;
}

static int key_cmp(const struct fb_row_at *x, const struct fb_row_at *y)
{
    size_t n = x->key_n < y->key_n ? x->key_n : y->key_n;
    int c = n ? memcmp(x->base + x->off, y->base + y->off, n) : 0;
    return c ? c : (x->key_n > y->key_n) - (x->key_n < y->key_n);
}

static int at_cmp(const void *a, const void *b)
{
    const struct fb_row_at *x = a, *y = b;
    int c = key_cmp(x, y);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

enum fb_status fb_row_set_finish(struct fb_row_set *s, struct fb_buf *out, uint32_t *place, size_t *count,
                                 struct fb_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        s->at[i].base = s->bytes.data;
    if (s->n)
        qsort(s->at, s->n, sizeof *s->at, at_cmp);
    for (size_t i = 0; i < s->n; i++) {
        n += i == 0 || key_cmp(&s->at[i - 1], &s->at[i]) != 0;
        if (place)
            place[s->at[i].index] = (uint32_t)(n - 1);
    }
    fb_buf_put_varint(out, n);
    for (size_t i = 0; i < s->n; i++) {
        const struct fb_row_at *e = &s->at[i];
        if (i && key_cmp(e - 1, e) == 0)
            continue;
        fb_buf_put_varint(out, e->row_n);
        fb_buf_put(out, e->base + e->off + e->key_n, e->row_n);
    }
    *count = n;
    return out->failed ? fb_err_nomem(err, "a data set") : FB_OK;
}

enum fb_status fb_row_view_open(const struct fb_rec_def *def, struct fb_cur *c, struct fb_row_view *out,
                                struct fb_err *err)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    *out = (struct fb_row_view){0};
    uint64_t n = fb_cur_varint(c);
    /* Each row has a length before it, so there are no more rows than bytes. */
    if (!fb_cur_ok(c) || n > fb_cur_left(c) || n > FB_ROW_SET_MAX)
        return fb_err_set(err, FB_ERR_INPUT, "a table of %s with an impossible number of rows", def->name);
    out->row = malloc((size_t)(n ? n : 1) * sizeof *out->row);
    if (!out->row)
        return fb_err_nomem(err, "a data set");
    for (; out->n < n; out->n++) {
        uint64_t len = fb_cur_varint(c);
        const uint8_t *p = fb_cur_ok(c) && len <= FB_REC_BYTES_MAX ? fb_cur_take(c, (size_t)len) : NULL;
        if (!p || !fb_rec_read(def, (struct fb_span){p, (size_t)len}, cells)) {
            fb_err_set(err, FB_ERR_INPUT, "row %zu of the table of %s is not one", out->n, def->name);
            fb_row_view_release(out);
            return FB_ERR_INPUT;
        }
        out->row[out->n] = (struct fb_span){p, (size_t)len};
    }
    return FB_OK;
}

void fb_row_view_release(struct fb_row_view *v)
{
    free(v->row);
    *v = (struct fb_row_view){0};
}
