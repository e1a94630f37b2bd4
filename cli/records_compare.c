/* Tables of facts of two cases, row by row, up to the first difference. */
#include "base/buf.h"
#include "cli/rerun.h"
#include "store/rectab.h"

struct side {
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    bool has;
};

static void put_cell(struct fb_buf *b, enum fb_rec_type type, const struct fb_rec_cell *cell)
{
    char addr[FB_ADDR_STRLEN];
    if (cell->null) {
        fb_buf_puts(b, "unset");
    } else if (type == FB_REC_INT || type == FB_REC_TIME) {
        fb_buf_put_i64dec(b, cell->i);
    } else if (type == FB_REC_ADDR) {
        fb_addr_format(&cell->addr, addr);
        fb_buf_puts(b, addr);
    } else if (type == FB_REC_LIST) {
        struct fb_cur list = fb_cur_init(cell->s.p, cell->s.n);
        struct fb_span item;
        for (const char *before = ""; fb_rec_next_item(&list, &item); before = ",") {
            fb_buf_puts(b, before);
            fb_buf_put(b, item.p, item.n);
        }
    } else {
        fb_buf_put(b, cell->s.p, cell->s.n);
    }
}

static bool same_cell(enum fb_rec_type type, const struct fb_rec_cell *a, const struct fb_rec_cell *b)
{
    if (a->null || b->null)
        return a->null == b->null;
    if (type == FB_REC_INT || type == FB_REC_TIME)
        return a->i == b->i;
    if (type == FB_REC_ADDR)
        return fb_addr_eq(&a->addr, &b->addr);
    return a->s.n == b->s.n && (a->s.n == 0 || memcmp(a->s.p, b->s.p, a->s.n) == 0);
}

static void name_place(struct fb_first_difference *d, const struct fb_rec_def *def, uint64_t index,
                       const char *column, uint64_t number)
{
    d->any = true;
    d->record = index;
    d->number = number;
    snprintf(d->table, sizeof d->table, "%s", def->name);
    snprintf(d->field, sizeof d->field, "%s", column);
}

/* Names the column in which the two rows differ. False: they do not. */
static bool rows_differ(const struct fb_rec_def *def, const struct side s[2], uint64_t index,
                        struct fb_first_difference *d)
{
    const struct fb_rec_row *a = &s[0].row, *b = &s[1].row;
    if (s[0].has != s[1].has) {
        name_place(d, def, index, "row", s[0].has ? a->at.number : b->at.number);
        fb_buf_puts(&d->recorded, s[0].has ? "there" : "missing");
        fb_buf_puts(&d->rebuilt, s[1].has ? "there" : "missing");
        return true;
    }
    if (!s[0].has)
        return false;
    if (a->at.number != b->at.number || a->at.ts_ns != b->at.ts_ns) {
        bool number = a->at.number != b->at.number;
        name_place(d, def, index, number ? "number" : "ts", a->at.number);
        fb_buf_put_i64dec(&d->recorded, number ? (int64_t)a->at.number : a->at.ts_ns);
        fb_buf_put_i64dec(&d->rebuilt, number ? (int64_t)b->at.number : b->at.ts_ns);
        return true;
    }
    for (size_t i = 0; i < def->ncols; i++) {
        if (same_cell(def->cols[i].type, &a->cells[i], &b->cells[i]))
            continue;
        name_place(d, def, index, def->cols[i].name, a->at.number);
        put_cell(&d->recorded, def->cols[i].type, &a->cells[i]);
        put_cell(&d->rebuilt, def->cols[i].type, &b->cells[i]);
        return true;
    }
    return false;
}

static enum fb_status step(struct side *s, struct fb_err *err)
{
    enum fb_status st = fb_rec_next(s->cur, &s->row, err);
    s->has = st == FB_OK;
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_record_table_compare(struct fb_case *recorded, int64_t recorded_run,
                                       struct fb_case *rebuilt, int64_t rebuilt_run,
                                       const struct fb_rec_def *def, struct fb_first_difference *d,
                                       struct fb_err *err)
{
    struct side s[2] = {{0}};
    enum fb_status st = fb_rec_open(recorded, def, recorded_run, &s[0].cur, err);
    if (st == FB_OK)
        st = fb_rec_open(rebuilt, def, rebuilt_run, &s[1].cur, err);
    for (uint64_t index = 1; st == FB_OK; index++) {
        st = step(&s[0], err);
        if (st == FB_OK)
            st = step(&s[1], err);
        if (st != FB_OK || rows_differ(def, s, index, d) || !s[0].has)
            break;
    }
    fb_rec_close(s[0].cur);
    fb_rec_close(s[1].cur);
    return st;
}

enum fb_status fb_records_compare(struct fb_case *recorded, struct fb_case *rebuilt,
                                  struct fb_first_difference *out, struct fb_err *err)
{
    const struct fb_rec_def *def;
    for (size_t i = 0; !out->any && (def = fb_rec_known(i)) != NULL; i++)
        FB_TRY(fb_record_table_compare(recorded, 0, rebuilt, 0, def, out, err));
    return FB_OK;
}
