#include "cli/seen.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/rec_print.h"

#define ROWS_SHOWN 100 /* of one table, in text */

struct putter {
    struct fb_buf *out;
    struct fb_buf text;
    uint64_t rows;
    bool json;
};

static void put_text_row(struct putter *p, const struct fb_rec_def *def, const struct fb_rec_row *row)
{
    fb_buf_printf(p->out, "%-24s", def->name);
    const char *sep = "";
    for (size_t i = 0; i < def->ncols; i++) {
        if (row->cells[i].null)
            continue;
        fb_buf_clear(&p->text);
        fb_rec_cell_text(&p->text, def->cols[i].type, &row->cells[i]);
        if (p->text.len == 0)
            continue;
        fb_buf_printf(p->out, "%s%s=", sep, def->cols[i].name);
        fb_escape_term(p->out, p->text.data, p->text.len);
        sep = " ";
    }
    fb_buf_putc(p->out, '\n');
}

static void put_json_row(struct putter *p, const struct fb_rec_def *def, const struct fb_rec_row *row)
{
    char t[FB_TIME_STRLEN];
    fb_buf_printf(p->out, "%s{\"table\":\"%s\"", p->rows ? "," : "", def->name);
    if (def->order == FB_REC_EVENTS) {
        fb_buf_printf(p->out, ",\"ordinal\":%llu,\"ts\":\"", (unsigned long long)row->at.ordinal);
        fb_buf_put(p->out, t, fb_time_format(row->at.ts_ns, t));
        fb_buf_putc(p->out, '"');
    }
    for (size_t i = 0; i < def->ncols; i++) {
        if (row->cells[i].null)
            continue;
        fb_buf_printf(p->out, ",\"%s\":", def->cols[i].name);
        fb_rec_cell_json(p->out, def->cols[i].type, &row->cells[i], &p->text);
    }
    fb_buf_putc(p->out, '}');
}

static enum fb_status put_table(struct putter *p, struct fb_case *c, const struct fb_rec_def *def,
                                uint64_t number, struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    FB_TRY(fb_rec_open(c, def, FB_REC_NEWEST, &cur, err));
    fb_rec_seek(cur, number);
    enum fb_status st;
    uint64_t shown = 0;
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK) {
        if (p->json)
            put_json_row(p, def, &row);
        else if (shown < ROWS_SHOWN)
            put_text_row(p, def, &row);
        shown++;
        p->rows++;
    }
    if (!p->json && shown > ROWS_SHOWN)
        fb_buf_printf(p->out, "%-24s%llu more rows\n", def->name, (unsigned long long)(shown - ROWS_SHOWN));
    fb_rec_close(cur);
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status put_all(struct fb_case *c, uint64_t number, bool json, struct fb_buf *out,
                              struct fb_err *err)
{
    struct putter p = {.out = out, .json = json};
    enum fb_status st = FB_OK;
    const struct fb_rec_def *def;
    fb_buf_init(&p.text, (size_t)1 << 20);
    for (size_t i = 0; st == FB_OK && (def = fb_rec_known(i)) != NULL; i++)
        if (def->order != FB_REC_ROWS)
            st = put_table(&p, c, def, number, err);
    fb_buf_release(&p.text);
    return st;
}

enum fb_status fb_seen_put_text(struct fb_case *c, uint64_t number, struct fb_buf *out, struct fb_err *err)
{
    return put_all(c, number, false, out, err);
}

enum fb_status fb_seen_put_json(struct fb_case *c, uint64_t number, struct fb_buf *out, struct fb_err *err)
{
    fb_buf_putc(out, '[');
    enum fb_status st = put_all(c, number, true, out, err);
    fb_buf_putc(out, ']');
    return st;
}
