/* Reading record tables: scans over their chunks, and the cursor that C code uses. */
#include "store/rec_dir.h"

void fb_rec_scan_init(struct fb_rec_scan *s, struct fb_case *c, struct fb_rec_table *table)
{
    *s = (struct fb_rec_scan){.c = c,
                              .table = table,
                              .number_hi = UINT64_MAX,
                              .ordinal_hi = UINT64_MAX,
                              .ts_lo_ns = INT64_MIN,
                              .ts_hi_ns = INT64_MAX};
}

void fb_rec_scan_rewind(struct fb_rec_scan *s)
{
    fb_rec_let_chunk(s->held);
    s->held = NULL;
    s->next_chunk = 0;
}

void fb_rec_scan_release(struct fb_rec_scan *s)
{
    fb_rec_scan_rewind(s);
    fb_rec_table_let(s->table);
    for (size_t i = 0; i < s->nequal; i++)
        free(s->equal[i].p);
    fb_rec_scan_init(s, s->c, NULL);
}

/* Whether the directory leaves room for a row in the chunk. */
static bool chunk_allowed(const struct fb_rec_scan *s, const struct fb_rec_meta *m)
{
    if (s->table->def.order == FB_REC_ROWS)
        return true;
    if (m->last_number < s->number_lo || m->first_number > s->number_hi)
        return false;
    return s->table->def.order != FB_REC_EVENTS ||
           (m->ts_max_ns >= s->ts_lo_ns && m->ts_min_ns <= s->ts_hi_ns && m->last_ordinal >= s->ordinal_lo &&
            m->first_ordinal <= s->ordinal_hi);
}

static bool has_equals(const struct fb_rec_scan *s)
{
    for (size_t i = 0; i < s->nequal; i++)
        if (!fb_rec_chunk_may_have(s->held->chunk, s->equal[i].col,
                                   (struct fb_span){s->equal[i].p, s->equal[i].n}))
            return false;
    return true;
}

/* The chunk that holds all numbers asked for, when tables are in their order. */
static void skip_to_number(struct fb_rec_scan *s)
{
    if (s->table->def.order == FB_REC_SESSIONS && s->number_lo > 0) {
        size_t i = fb_rec_table_chunk(s->table, s->number_lo);
        s->next_chunk = i > s->next_chunk ? i : s->next_chunk;
    }
}

/* Stands before the first row of the next chunk that may have one. */
static enum fb_status enter_chunk(struct fb_rec_scan *s, struct fb_err *err)
{
    skip_to_number(s);
    for (;; s->next_chunk++) {
        if (s->next_chunk >= s->table->n || (s->table->def.order == FB_REC_SESSIONS &&
                                             s->table->m[s->next_chunk].first_number > s->number_hi))
            return FB_EOF;
        if (!chunk_allowed(s, &s->table->m[s->next_chunk]))
            continue;
        FB_TRY(fb_rec_take_chunk(s->c, s->table, s->next_chunk, &s->held, err));
        struct fb_rec_chunk *k = s->held->chunk;
        s->list = NULL;
        s->n = fb_rec_chunk_meta(k)->nrows;
        s->pos = 0;
        bool found = has_equals(s);
        if (found && s->number_lo == s->number_hi && s->table->def.order != FB_REC_ROWS)
            found = fb_rec_chunk_find(k, s->number_lo, &s->list, &s->n) && s->n > 0;
        FB_TRY(fb_rec_chunk_failed(k, err));
        if (found) {
            s->next_chunk++;
            return FB_OK;
        }
        fb_rec_let_chunk(s->held);
        s->held = NULL;
    }
}

static bool row_allowed(struct fb_rec_scan *s)
{
    struct fb_rec_at at;
    if (s->table->def.order == FB_REC_ROWS ||
        (s->number_lo == 0 && s->number_hi == UINT64_MAX && s->ordinal_lo == 0 &&
         s->ordinal_hi == UINT64_MAX && s->ts_lo_ns == INT64_MIN && s->ts_hi_ns == INT64_MAX))
        return true;
    if (!fb_rec_chunk_at(s->held->chunk, s->row, &at))
        return true; /* the caller asks whether the chunk failed */
    return at.number >= s->number_lo && at.number <= s->number_hi &&
           (s->table->def.order == FB_REC_SESSIONS ||
            (at.ordinal >= s->ordinal_lo && at.ordinal <= s->ordinal_hi && at.ts_ns >= s->ts_lo_ns &&
             at.ts_ns <= s->ts_hi_ns));
}

enum fb_status fb_rec_scan_next(struct fb_rec_scan *s, struct fb_err *err)
{
    if (!s->table || s->nothing)
        return FB_EOF;
    for (;;) {
        if (!s->held)
            FB_TRY(enter_chunk(s, err));
        while (s->pos < s->n) {
            s->row = s->list ? s->list[s->pos] : s->pos;
            s->pos++;
            bool allowed = row_allowed(s);
            FB_TRY(fb_rec_chunk_failed(s->held->chunk, err));
            if (allowed)
                return FB_OK;
        }
        fb_rec_let_chunk(s->held);
        s->held = NULL;
    }
}

/* ---- the cursor of C code ---- */

struct fb_rec_cursor {
    struct fb_case *c;
    const struct fb_rec_def *def;
    struct fb_rec_scan scan;
    int map[FB_REC_COLS_MAX]; /* column of the table; -1: it has none by that name */
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
};

static enum fb_status map_columns(struct fb_rec_cursor *cur, const struct fb_rec_table *t, struct fb_err *err)
{
    const struct fb_rec_def *def = cur->def;
    if (t->def.id != def->id || t->def.order != def->order)
        return fb_err_set(err, FB_ERR_VERIFY, "table %s of the case is another one than this program knows",
                          def->name);
    for (size_t i = 0; i < def->ncols; i++) {
        cur->map[i] = -1;
        for (size_t k = 0; k < t->def.ncols; k++) {
            if (strcmp(t->col[k].name, def->cols[i].name) != 0)
                continue;
            if (t->col[k].type != def->cols[i].type)
                return fb_err_set(err, FB_ERR_VERIFY,
                                  "column %s of table %s has another type than this program knows",
                                  t->col[k].name, def->name);
            cur->map[i] = (int)k;
        }
    }
    return FB_OK;
}

enum fb_status fb_rec_open(struct fb_case *c, const struct fb_rec_def *def, int64_t run_id,
                           struct fb_rec_cursor **out, struct fb_err *err)
{
    FB_BUG(def->ncols > FB_REC_COLS_MAX);
    FB_TRY(fb_case_refresh(c, err));
    struct fb_rec_cursor *cur = calloc(1, sizeof *cur);
    if (!cur)
        return fb_err_nomem(err, "a table");
    cur->c = c;
    cur->def = def;
    struct fb_rec_table *t = fb_rec_find(c, def->name, run_id);
    fb_rec_scan_init(&cur->scan, c, t);
    enum fb_status st = t ? map_columns(cur, t, err) : FB_OK;
    if (st == FB_OK)
        *out = cur;
    else
        fb_rec_close(cur);
    return st;
}

void fb_rec_close(struct fb_rec_cursor *cur)
{
    if (!cur)
        return;
    fb_rec_scan_release(&cur->scan);
    free(cur);
}

enum fb_status fb_rec_next(struct fb_rec_cursor *cur, struct fb_rec_row *row, struct fb_err *err)
{
    FB_TRY(fb_rec_scan_next(&cur->scan, err));
    struct fb_rec_chunk *k = cur->scan.held->chunk;
    bool good = fb_rec_chunk_at(k, cur->scan.row, &row->at);
    for (size_t i = 0; i < cur->def->ncols && good; i++) {
        if (cur->map[i] >= 0)
            good = fb_rec_chunk_cell(k, (size_t)cur->map[i], cur->scan.row, &cur->cells[i]);
        else
            cur->cells[i] = (struct fb_rec_cell){.null = true};
    }
    row->cells = cur->cells;
    return fb_rec_chunk_failed(k, err);
}

void fb_rec_only(struct fb_rec_cursor *cur, const uint8_t *cols, size_t ncols)
{
    bool wanted[FB_REC_COLS_MAX] = {false};
    for (size_t i = 0; i < ncols; i++)
        wanted[cols[i]] = true;
    for (size_t i = 0; i < cur->def->ncols; i++)
        cur->map[i] = wanted[i] ? cur->map[i] : -1;
}

void fb_rec_seek(struct fb_rec_cursor *cur, uint64_t number)
{
    fb_rec_scan_rewind(&cur->scan);
    cur->scan.number_lo = cur->scan.number_hi = number;
}

void fb_rec_rewind(struct fb_rec_cursor *cur)
{
    fb_rec_scan_rewind(&cur->scan);
    cur->scan.number_lo = 0;
    cur->scan.number_hi = UINT64_MAX;
}
