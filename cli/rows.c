#include "cli/rows.h"

#include "base/cursor.h"
#include "base/escape.h"
#include "cli/message.h"
#include "cli/sorter.h"
#include "cli/table.h"
#include "cli/zeek.h"

#define SCRATCH_MAX ((size_t)64 << 20)

struct printer {
    const struct fb_rows_opts *o;
    struct fb_out *out;
    struct fb_table *table;
    struct fb_sorter *sorter;
    struct fb_parents *parents;
    struct fb_session_layers *layers;
    struct fb_pseudonym_cells *hide;
    struct fb_buf text, key; /* scratch */
    uint64_t rows;
    struct fb_err *err;
};

bool fb_rows_parse_sort(const char *verb, const char *text, struct fb_rows_opts *o)
{
    size_t n = strlen(text);
    if (n > 5 && strcmp(text + n - 5, "-desc") == 0) {
        o->descending = true;
        n -= 5;
    } else if (n > 4 && strcmp(text + n - 4, "-asc") == 0) {
        n -= 4;
    }
    o->sort = fb_field_find(text, n);
    if (o->sort)
        return true;
    char name[64];
    snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : (int)sizeof name - 1, text);
    const char *near = fb_field_nearest(name);
    if (near)
        fb_cli_usage(verb, "--sort %s: there is no such column; did you mean %s?", text, near);
    else
        fb_cli_usage(verb, "--sort %s: there is no such column", text);
    return false;
}

/* The text of cell i of the row, raw, in p->text. */
static enum fb_value_kind render(struct printer *p, const struct fb_row *row, size_t i)
{
    struct fb_value v;
    fb_field_value(p->o->columns.field[i], row, &v);
    fb_buf_clear(&p->text);
    if (p->o->format == FB_ROWS_TABLE && v.kind == FB_VAL_UNSET)
        fb_buf_putc(&p->text, '-');
    else if (p->o->format == FB_ROWS_TABLE)
        fb_value_put_human(&p->text, &v, row);
    else
        fb_value_put(&p->text, &v, row);
    return v.kind;
}

static void put_json(struct printer *p, struct fb_buf *b, const struct fb_row *row)
{
    for (size_t i = 0; i < p->o->columns.n; i++) {
        struct fb_value v;
        fb_field_value(p->o->columns.field[i], row, &v);
        fb_buf_puts(b, i ? ",\"" : "{\"");
        fb_buf_puts(b, fb_field_name(p->o->columns.field[i]));
        fb_buf_puts(b, "\":");
        fb_value_put_json(b, &v, row);
    }
    fb_buf_puts(b, "}\n");
}

static void put_csv(struct printer *p, struct fb_buf *b, const struct fb_row *row)
{
    for (size_t i = 0; i < p->o->columns.n; i++) {
        enum fb_value_kind kind = render(p, row, i);
        if (i)
            fb_buf_putc(b, ',');
        fb_escape_csv(b, p->text.data, p->text.len,
                      kind == FB_VAL_TEXT || kind == FB_VAL_BYTES || kind == FB_VAL_LIST);
    }
    fb_buf_puts(b, "\r\n");
}

/* Cells one after the other, each with its length in front: what the sorter keeps of a table row. */
static void put_cells(struct printer *p, struct fb_buf *b, const struct fb_row *row)
{
    for (size_t i = 0; i < p->o->columns.n; i++) {
        render(p, row, i);
        fb_buf_put_le64(b, p->text.len);
        fb_buf_put(b, p->text.data, p->text.len);
    }
}

static void put_row(struct printer *p, struct fb_buf *b, const struct fb_row *row)
{
    switch (p->o->format) {
    case FB_ROWS_TABLE:
        put_cells(p, b, row);
        break;
    case FB_ROWS_JSON:
        put_json(p, b, row);
        break;
    case FB_ROWS_CSV:
        put_csv(p, b, row);
        break;
    case FB_ROWS_ZEEK_TSV:
        fb_zeek_put_tsv(b, row);
        break;
    case FB_ROWS_ZEEK_JSON:
        fb_zeek_put_json(b, row);
        break;
    }
}

static enum fb_status table_row(struct printer *p, const struct fb_row *row)
{
    for (size_t i = 0; i < p->o->columns.n; i++) {
        render(p, row, i);
        fb_table_cell(p->table, p->text.data, p->text.len);
    }
    return fb_table_end_row(p->table);
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct printer *p = ctx;
    struct fb_row row = {s, p->parents, p->layers, p->hide};
    if (p->layers && !fb_row_filter_is_empty(&p->o->filter) &&
        !fb_row_filter_match(&p->o->filter, p->layers, s->number))
        return FB_OK;
    if (!p->sorter) {
        if (p->o->limit && p->rows++ == p->o->limit)
            return FB_EOF;
        if (p->table)
            return table_row(p, &row);
        put_row(p, &p->out->buf, &row);
        return fb_out_row(p->out);
    }
    struct fb_value v;
    fb_field_value(p->o->sort, &row, &v);
    fb_buf_clear(&p->key);
    fb_value_put_key(&p->key, &v, &row);
    if (!fb_sorter_wants(p->sorter, p->key.data, p->key.len, s->number))
        return FB_OK;
    struct fb_buf b;
    fb_buf_init(&b, SCRATCH_MAX);
    put_row(p, &b, &row);
    enum fb_status st =
        b.failed ? fb_err_nomem(p->err, "a row")
                 : fb_sorter_add(p->sorter, p->key.data, p->key.len, s->number, b.data, b.len, p->err);
    fb_buf_release(&b);
    return st;
}

static enum fb_status on_sorted(void *ctx, const void *row, size_t n)
{
    struct printer *p = ctx;
    if (!p->table) {
        fb_buf_put(&p->out->buf, row, n);
        return fb_out_row(p->out);
    }
    struct fb_cur c = fb_cur_init(row, n);
    while (fb_cur_left(&c)) {
        size_t len = (size_t)fb_cur_le64(&c);
        const uint8_t *cell = fb_cur_take(&c, len);
        if (cell)
            fb_table_cell(p->table, cell, len);
    }
    return fb_table_end_row(p->table);
}

static enum fb_status begin(struct printer *p, struct fb_case *c, const char **heading, bool *right)
{
    const struct fb_columns *cols = &p->o->columns;
    struct fb_case_info info;
    switch (p->o->format) {
    case FB_ROWS_TABLE:
        for (size_t i = 0; i < cols->n; i++) {
            heading[i] = fb_field_name(cols->field[i]);
            right[i] = fb_field_is_number(cols->field[i]);
        }
        return fb_table_new(p->out, heading, right, cols->n, &p->table, p->err);
    case FB_ROWS_CSV:
        for (size_t i = 0; i < cols->n; i++) {
            fb_buf_puts(&p->out->buf, i ? "," : "");
            fb_buf_puts(&p->out->buf, fb_field_name(cols->field[i]));
        }
        fb_buf_puts(&p->out->buf, "\r\n");
        break;
    case FB_ROWS_ZEEK_TSV:
        FB_TRY(fb_case_info(c, &info, p->err));
        fb_zeek_put_tsv_header(&p->out->buf, info.pkts ? info.first_ts_ns : 0);
        break;
    default:
        break;
    }
    return FB_OK;
}

static enum fb_status end(struct printer *p, struct fb_case *c)
{
    if (p->table) {
        enum fb_status st = fb_table_finish(p->table);
        p->table = NULL;
        return st;
    }
    if (p->o->format == FB_ROWS_ZEEK_TSV) {
        struct fb_case_info info;
        FB_TRY(fb_case_info(c, &info, p->err));
        fb_zeek_put_tsv_footer(&p->out->buf, info.pkts ? info.last_ts_ns : 0);
    }
    return FB_OK;
}

static enum fb_status walk(struct printer *p, struct fb_case *c)
{
    const char *heading[FB_COLUMNS_MAX];
    bool right[FB_COLUMNS_MAX];
    FB_TRY(fb_parents_collect(c, p->o->pseudonym, &p->parents, p->err));
    FB_TRY(fb_session_layers_open(c, &p->layers, p->err));
    if (p->o->pseudonym)
        FB_TRY(fb_pseudonym_cells_new(p->o->pseudonym, &p->hide, p->err));
    if (p->o->sort)
        FB_TRY(fb_sorter_new(p->o->descending, p->o->limit, &p->sorter, p->err));
    FB_TRY(begin(p, c, heading, right));
    enum fb_status st = fb_pseudonym_each_session(c, p->o->pseudonym, on_session, p, p->err);
    if (st == FB_OK && p->sorter)
        st = fb_sorter_each(p->sorter, on_sorted, p);
    if (st == FB_OK || st == FB_EOF) {
        enum fb_status layers = fb_session_layers_failed(p->layers, p->err);
        st = layers == FB_OK ? st : layers;
        enum fb_status hidden = fb_pseudonym_cells_failed(p->hide, p->err);
        st = hidden == FB_OK ? st : hidden;
    }
    enum fb_status last = end(p, c);
    return st == FB_OK || st == FB_EOF ? last : st;
}

enum fb_status fb_rows_print(struct fb_case *c, const struct fb_rows_opts *o, struct fb_out *out,
                             struct fb_err *err)
{
    struct printer p = {.o = o, .out = out, .err = err};
    fb_buf_init(&p.text, SCRATCH_MAX);
    fb_buf_init(&p.key, SCRATCH_MAX);
    enum fb_status st = walk(&p, c);
    if (p.table)
        fb_table_finish(p.table);
    fb_sorter_free(p.sorter);
    fb_parents_free(p.parents);
    fb_session_layers_close(p.layers);
    fb_pseudonym_cells_free(p.hide);
    fb_buf_release(&p.text);
    fb_buf_release(&p.key);
    if (out->ended && err)
        *err = out->err;
    return st == FB_EOF ? FB_OK : st;
}
