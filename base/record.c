#include "base/record.h"

void fb_rec_null(struct fb_buf *row)
{
    fb_buf_put_varint(row, 0);
}

void fb_rec_bytes(struct fb_buf *row, const void *p, size_t n)
{
    fb_buf_put_varint(row, (uint64_t)n + 1);
    fb_buf_put(row, p, n);
}

void fb_rec_int(struct fb_buf *row, int64_t v)
{
    uint8_t b[10];
    fb_rec_bytes(row, b, fb_put_varint(b, fb_zigzag(v)));
}

void fb_rec_addr(struct fb_buf *row, const struct fb_addr *a)
{
    if (fb_addr_is_v4(a))
        fb_rec_bytes(row, a->b + 12, 4);
    else
        fb_rec_bytes(row, a->b, 16);
}

void fb_rec_text(struct fb_buf *row, const char *s)
{
    if (s)
        fb_rec_bytes(row, s, strlen(s));
    else
        fb_rec_null(row);
}

void fb_rec_list(struct fb_buf *row, const struct fb_buf *items)
{
    if (items->failed)
        row->failed = true;
    fb_rec_bytes(row, items->data, items->len);
}

void fb_rec_item(struct fb_buf *items, const void *p, size_t n)
{
    fb_buf_put_varint(items, n);
    fb_buf_put(items, p, n);
}

void fb_rec_put(struct fb_buf *row, enum fb_rec_type type, const struct fb_rec_cell *cell)
{
    if (cell->null)
        fb_rec_null(row);
    else if (type == FB_REC_INT || type == FB_REC_TIME)
        fb_rec_int(row, cell->i);
    else if (type == FB_REC_ADDR)
        fb_rec_addr(row, &cell->addr);
    else
        fb_rec_bytes(row, cell->s.p, cell->s.n);
}

bool fb_rec_next_item(struct fb_cur *list, struct fb_span *item)
{
    if (!fb_cur_left(list))
        return false;
    uint64_t n = fb_cur_varint(list);
    if (!fb_cur_ok(list) || n > fb_cur_left(list)) {
        list->bad = true;
        list->p = list->end;
        return false;
    }
    *item = (struct fb_span){list->p, (size_t)n};
    fb_cur_skip(list, (size_t)n);
    return true;
}

static bool read_addr(struct fb_span s, struct fb_addr *out)
{
    if (s.n == 4)
        *out = fb_addr_v4(s.p);
    else if (s.n == 16)
        *out = fb_addr_v6(s.p);
    else
        return false;
    /* One form for one address, so that equal rows are equal bytes. */
    return s.n == 4 || !fb_addr_is_v4(out);
}

bool fb_rec_cell(enum fb_rec_type type, struct fb_span bytes, struct fb_rec_cell *cell)
{
    *cell = (struct fb_rec_cell){.s = bytes};
    struct fb_cur c = fb_cur_init(cell->s.p, cell->s.n);
    struct fb_span item;
    switch (type) {
    case FB_REC_INT:
    case FB_REC_TIME:
        cell->i = fb_unzigzag(fb_cur_varint(&c));
        return fb_cur_ok(&c) && !fb_cur_left(&c);
    case FB_REC_ADDR:
        return read_addr(cell->s, &cell->addr);
    case FB_REC_LIST:
        while (fb_rec_next_item(&c, &item))
            ;
        return fb_cur_ok(&c);
    case FB_REC_TEXT:
    case FB_REC_BLOB:
        return true;
    }
    return false;
}

bool fb_rec_read(const struct fb_rec_def *def, struct fb_span row, struct fb_rec_cell *cells)
{
    struct fb_cur c = fb_cur_init(row.p, row.n);
    for (size_t i = 0; i < def->ncols; i++) {
        cells[i] = (struct fb_rec_cell){.null = true};
        uint64_t n = fb_cur_varint(&c);
        if (!fb_cur_ok(&c) || (n && n - 1 > fb_cur_left(&c)))
            return false;
        if (!n)
            continue;
        struct fb_span bytes = {fb_cur_take(&c, (size_t)(n - 1)), (size_t)(n - 1)};
        if (!fb_rec_cell(def->cols[i].type, bytes, &cells[i]))
            return false;
    }
    return !fb_cur_left(&c);
}
