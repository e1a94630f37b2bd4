#include "cli/show_reasons.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "intel/lists/list_verdict_def.h"
#include "intel/names_def.h"
#include "store/rectab.h"

#define WIDTH 24 /* of the names, as in the rest of what show prints */

static const struct fb_rec_def *const layers[] = {&fb_names_def, &fb_list_verdict_def};
#define NLAYERS (sizeof layers / sizeof *layers)

/* Columns that stand among those of the session already. */
static bool is_shown(const char *name)
{
    static const char *const shown[] = {"resp_domain",        "resp_domain_source", "orig_domain",
                                        "orig_domain_source", "conformance",        "blacklist"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (strcmp(shown[i], name) == 0)
            return true;
    return false;
}

static void put_name(struct fb_buf *b, const char *name)
{
    fb_buf_puts(b, name);
    for (size_t i = strlen(name); i < WIDTH; i++)
        fb_buf_putc(b, ' ');
}

/* A line, and one for each item of a list. */
static void put_text(struct fb_buf *b, const struct fb_rec_col *col, const struct fb_rec_cell *cell)
{
    char t[FB_TIME_STRLEN];
    struct fb_cur list = fb_cur_init(cell->s.p, cell->s.n);
    struct fb_span item;
    if (col->type == FB_REC_LIST) {
        while (fb_rec_next_item(&list, &item)) {
            put_name(b, col->name);
            fb_escape_term(b, item.p, item.n);
            fb_buf_putc(b, '\n');
        }
        return;
    }
    put_name(b, col->name);
    if (col->type == FB_REC_TIME)
        fb_buf_put(b, t, fb_time_format(cell->i, t));
    else if (col->type == FB_REC_INT)
        fb_buf_put_i64dec(b, cell->i);
    else
        fb_escape_term(b, cell->s.p, cell->s.n);
    fb_buf_putc(b, '\n');
}

static void put_json(struct fb_buf *b, const struct fb_rec_col *col, const struct fb_rec_cell *cell)
{
    char t[FB_TIME_STRLEN];
    struct fb_cur list = fb_cur_init(cell->s.p, cell->s.n);
    struct fb_span item;
    fb_buf_printf(b, "\"%s\":", col->name);
    if (cell->null) {
        fb_buf_puts(b, "null");
    } else if (col->type == FB_REC_LIST) {
        fb_buf_putc(b, '[');
        for (bool first = true; fb_rec_next_item(&list, &item); first = false) {
            fb_buf_puts(b, first ? "" : ",");
            fb_escape_json(b, item.p, item.n);
        }
        fb_buf_putc(b, ']');
    } else if (col->type == FB_REC_TIME) {
        fb_escape_json(b, t, fb_time_format(cell->i, t));
    } else if (col->type == FB_REC_INT) {
        fb_buf_put_i64dec(b, cell->i);
    } else {
        fb_escape_json(b, cell->s.p, cell->s.n);
    }
}

/* The row of the session in one layer; FB_EOF: there is none. */
static enum fb_status find(struct fb_case *c, const struct fb_rec_def *def, uint64_t number,
                           struct fb_rec_cursor **cur, struct fb_rec_row *row, struct fb_err *err)
{
    FB_TRY(fb_rec_open(c, def, FB_REC_NEWEST, cur, err));
    fb_rec_seek(*cur, number);
    return fb_rec_next(*cur, row, err);
}

enum fb_status fb_show_reasons_text(struct fb_buf *b, struct fb_case *c, uint64_t number, struct fb_err *err)
{
    bool any = false;
    for (size_t i = 0; i < NLAYERS; i++) {
        struct fb_rec_cursor *cur = NULL;
        struct fb_rec_row row;
        enum fb_status st = find(c, layers[i], number, &cur, &row, err);
        for (size_t k = 0; st == FB_OK && k < layers[i]->ncols; k++) {
            if (row.cells[k].null || is_shown(layers[i]->cols[k].name))
                continue;
            fb_buf_puts(b, any ? "" : "\n");
            any = true;
            put_text(b, &layers[i]->cols[k], &row.cells[k]);
        }
        fb_rec_close(cur);
        if (st != FB_OK && st != FB_EOF)
            return st;
    }
    return FB_OK;
}

enum fb_status fb_show_reasons_json(struct fb_buf *b, struct fb_case *c, uint64_t number, struct fb_err *err)
{
    for (size_t i = 0; i < NLAYERS; i++) {
        struct fb_rec_cursor *cur = NULL;
        struct fb_rec_row row;
        enum fb_status st = find(c, layers[i], number, &cur, &row, err);
        fb_buf_printf(b, ",\"%s\":", layers[i]->name);
        fb_buf_puts(b, st == FB_OK ? "{" : "null");
        for (size_t k = 0; st == FB_OK && k < layers[i]->ncols; k++) {
            fb_buf_puts(b, k ? "," : "");
            put_json(b, &layers[i]->cols[k], &row.cells[k]);
        }
        fb_buf_puts(b, st == FB_OK ? "}" : "");
        fb_rec_close(cur);
        if (st != FB_OK && st != FB_EOF)
            return st;
    }
    return FB_OK;
}
