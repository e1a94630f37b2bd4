#include "cli/rec_print.h"

#include "base/cursor.h"
#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/options.h"
#include "cli/pseudonym_cell.h"
#include "cli/table.h"

#include <stdio.h>

enum { SESSION = -3, ORDINAL = -2, TS = -1 };

#define SHOWN_MAX (FB_REC_COLS_MAX + 3)

struct shown {
    int col[SHOWN_MAX];
    const char *name[SHOWN_MAX];
    bool right[SHOWN_MAX];
    size_t n;
};

static void show(struct shown *s, const struct fb_rec_def *def, int col)
{
    static const char *const at[] = {"session", "ordinal", "ts"};
    s->col[s->n] = col;
    s->name[s->n] = col < 0 ? at[col + 3] : def->cols[col].name;
    s->right[s->n++] = col < TS || (col >= 0 && def->cols[col].type == FB_REC_INT);
}

static bool named(const char *p, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(p, name, n) == 0;
}

static enum fb_status no_column(const struct fb_rec_def *def, const char *p, size_t n, struct fb_err *err)
{
    const char *names[FB_REC_COLS_MAX + 3] = {"session", "ordinal", "ts"};
    char name[64];
    snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : (int)sizeof name - 1, p);
    for (size_t i = 0; i < def->ncols; i++)
        names[i + 3] = def->cols[i].name;
    const char *near = fb_cli_nearest(name, names, def->ncols + 3);
    return fb_err_set(err, FB_ERR_USAGE,
                      near ? "%s has no column \"%s\"; did you mean %s?" : "%s has no column \"%s\"",
                      def->name, name, near);
}

static enum fb_status find_columns(const struct fb_rec_print *p, struct shown *s, struct fb_err *err)
{
    int ncols = (int)p->def->ncols;
    s->n = 0;
    for (int c = SESSION; !p->columns && c < ncols; c++)
        show(s, p->def, c);
    for (const char *at = p->columns; at && *at;) {
        size_t n = strcspn(at, ",");
        int found = ncols;
        if (named(at, n, "session") || named(at, n, "ordinal") || named(at, n, "ts"))
            found = *at == 's' ? SESSION : *at == 'o' ? ORDINAL : TS;
        for (int c = 0; c < ncols && found == ncols; c++)
            if (named(at, n, p->def->cols[c].name)) {
                found = c;
                break;
            }
        if (s->n == SHOWN_MAX)
            return fb_err_set(err, FB_ERR_USAGE, "more than %d columns", SHOWN_MAX);
        if (found == ncols)
            return no_column(p->def, at, n, err);
        show(s, p->def, found);
        at += n + (at[n] == ',');
    }
    return FB_OK;
}

static struct fb_rec_cell cell_of(const struct fb_rec_row *row, int col)
{
    if (col >= 0)
        return row->cells[col];
    return (struct fb_rec_cell){.i = col == TS        ? row->at.ts_ns
                                     : col == ORDINAL ? (int64_t)row->at.ordinal
                                                      : (int64_t)row->at.number,
                                .null = col == SESSION && row->at.number == 0};
}

static enum fb_rec_type type_of(const struct fb_rec_def *def, int col)
{
    return col >= 0 ? def->cols[col].type : col == TS ? FB_REC_TIME : FB_REC_INT;
}

static void put_hex(struct fb_buf *out, struct fb_span s)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < s.n; i++) {
        fb_buf_putc(out, hex[s.p[i] >> 4]);
        fb_buf_putc(out, hex[s.p[i] & 15]);
    }
}

void fb_rec_cell_text(struct fb_buf *out, enum fb_rec_type type, const struct fb_rec_cell *cell)
{
    char t[FB_TIME_STRLEN], a[FB_ADDR_STRLEN];
    struct fb_cur list;
    struct fb_span item;
    if (cell->null)
        return;
    switch (type) {
    case FB_REC_INT:
        fb_buf_put_i64dec(out, cell->i);
        break;
    case FB_REC_TIME:
        fb_buf_put(out, t, fb_time_format(cell->i, t));
        break;
    case FB_REC_ADDR:
        fb_buf_put(out, a, fb_addr_format(&cell->addr, a));
        break;
    case FB_REC_TEXT:
        fb_buf_put(out, cell->s.p, cell->s.n);
        break;
    case FB_REC_BLOB:
        put_hex(out, cell->s);
        break;
    case FB_REC_LIST:
        list = fb_cur_init(cell->s.p, cell->s.n);
        for (bool first = true; fb_rec_next_item(&list, &item); first = false) {
            fb_buf_puts(out, first ? "" : ",");
            fb_buf_put(out, item.p, item.n);
        }
        break;
    }
}

void fb_rec_cell_json(struct fb_buf *out, enum fb_rec_type type, const struct fb_rec_cell *cell,
                      struct fb_buf *text)
{
    struct fb_cur list;
    struct fb_span item;
    if (type == FB_REC_LIST) {
        list = fb_cur_init(cell->s.p, cell->s.n);
        fb_buf_putc(out, '[');
        for (bool first = true; fb_rec_next_item(&list, &item); first = false) {
            fb_buf_puts(out, first ? "" : ",");
            fb_escape_json(out, item.p, item.n);
        }
        fb_buf_putc(out, ']');
        return;
    }
    fb_buf_clear(text);
    fb_rec_cell_text(text, type, cell);
    if (type == FB_REC_INT)
        fb_buf_put(out, text->data, text->len);
    else
        fb_escape_json(out, text->data, text->len);
}

struct printer {
    const struct fb_rec_print *p;
    struct shown shown;
    struct fb_out *out;
    struct fb_table *table;
    struct fb_buf text;
    struct fb_pseudonym_cells *hide; /* NULL: values as they are */
};

static enum fb_status put_row(struct printer *r, const struct fb_rec_row *row)
{
    const char *sep = "{";
    for (size_t i = 0; i < r->shown.n; i++) {
        enum fb_rec_type type = type_of(r->p->def, r->shown.col[i]);
        struct fb_rec_cell cell = cell_of(row, r->shown.col[i]);
        if (r->hide && r->shown.col[i] >= 0)
            fb_pseudonym_cell(r->hide, (unsigned)r->shown.col[i], r->p->def->name, r->shown.name[i], type,
                              &cell);
        if (r->p->format == FB_ROWS_JSON) {
            if (cell.null)
                continue;
            fb_buf_printf(&r->out->buf, "%s\"%s\":", sep, r->shown.name[i]);
            fb_rec_cell_json(&r->out->buf, type, &cell, &r->text);
            sep = ",";
            continue;
        }
        fb_buf_clear(&r->text);
        fb_rec_cell_text(&r->text, type, &cell);
        if (r->table) {
            fb_table_cell(r->table, r->text.data, r->text.len);
        } else {
            fb_buf_puts(&r->out->buf, i ? "," : "");
            fb_escape_csv(&r->out->buf, r->text.data, r->text.len, type != FB_REC_INT && type != FB_REC_TIME);
        }
    }
    if (r->table)
        return fb_table_end_row(r->table);
    fb_buf_puts(&r->out->buf, r->p->format == FB_ROWS_JSON ? (*sep == '{' ? "{}\n" : "}\n") : "\r\n");
    return fb_out_row(r->out);
}

static enum fb_status put_rows(struct printer *r, struct fb_case *c, struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    FB_TRY(fb_rec_open(c, r->p->def, FB_REC_NEWEST, &cur, err));
    if (r->p->session)
        fb_rec_seek(cur, r->p->session);
    enum fb_status st = FB_OK;
    for (uint64_t n = 0; st == FB_OK && (!r->p->limit || n < r->p->limit);) {
        st = fb_rec_next(cur, &row, err);
        if (st != FB_OK || (r->p->keep && !r->p->keep(r->p->ctx, &row)))
            continue;
        st = put_row(r, &row);
        n++;
    }
    fb_rec_close(cur);
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_rec_print(struct fb_case *c, const struct fb_rec_print *p, struct fb_out *out,
                            struct fb_err *err)
{
    struct printer r = {.p = p, .out = out};
    FB_TRY(find_columns(p, &r.shown, err));
    fb_buf_init(&r.text, (size_t)8 << 20);
    enum fb_status st = p->pseudonym ? fb_pseudonym_cells_new(p->pseudonym, &r.hide, err) : FB_OK;
    if (st != FB_OK)
        return st;
    if (p->format == FB_ROWS_TABLE) {
        st = fb_table_new(out, r.shown.name, r.shown.right, r.shown.n, &r.table, err);
        if (r.table)
            fb_table_spare(r.table, p->spare);
    } else if (p->format == FB_ROWS_CSV) {
        for (size_t i = 0; i < r.shown.n; i++)
            fb_buf_printf(&out->buf, "%s%s", i ? "," : "", r.shown.name[i]);
        fb_buf_puts(&out->buf, "\r\n");
    }
    if (st == FB_OK)
        st = put_rows(&r, c, err);
    if (r.table) {
        enum fb_status last = fb_table_finish(r.table);
        st = st == FB_OK && last != FB_EOF ? last : st;
    }
    if (st == FB_OK)
        st = fb_pseudonym_cells_failed(r.hide, err);
    fb_pseudonym_cells_free(r.hide);
    fb_buf_release(&r.text);
    return st;
}
