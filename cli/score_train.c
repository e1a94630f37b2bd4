/* The training sample of a case. */
#include "cli/score_int.h"
#include "intel/lists/list_verdict_def.h"

#include <stdlib.h>

static size_t blacklist_column(void)
{
    size_t i = 0;
    while (i < fb_list_verdict_def.ncols && strcmp(fb_list_verdict_def.cols[i].name, "blacklist") != 0)
        i++;
    FB_BUG(i == fb_list_verdict_def.ncols);
    return i;
}

/* The run whose table is shown; 0: there is none. */
static enum fb_status shown_run(struct fb_case *c, int64_t *run_id, struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    *run_id = 0;
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++)
        if (t.newest && strcmp(t.name, fb_list_verdict_def.name) == 0)
            *run_id = t.run_id;
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_blacklisted_open(struct fb_case *c, int64_t run_id, struct fb_blacklisted *b,
                                   struct fb_err *err)
{
    *b = (struct fb_blacklisted){.run_id = run_id};
    if (run_id == FB_REC_NEWEST)
        FB_TRY(shown_run(c, &b->run_id, err));
    return b->run_id ? fb_rec_open(c, &fb_list_verdict_def, b->run_id, &b->cur, err) : FB_OK;
}

enum fb_status fb_blacklisted_is(struct fb_blacklisted *b, uint64_t number, bool *yes, struct fb_err *err)
{
    struct fb_rec_row row;
    *yes = false;
    if (!b->cur)
        return FB_OK;
    fb_rec_seek(b->cur, number);
    enum fb_status st = fb_rec_next(b->cur, &row, err);
    if (st == FB_EOF)
        return FB_OK;
    FB_TRY(st);
    const struct fb_rec_cell *cell = &row.cells[blacklist_column()];
    *yes = !cell->null && cell->s.n > 0;
    return FB_OK;
}

void fb_blacklisted_close(struct fb_blacklisted *b)
{
    fb_rec_close(b->cur);
    b->cur = NULL;
}

struct walk {
    struct fb_sample *sample;
    struct fb_detect *d;
    struct fb_score_rows *rows;
    struct fb_blacklisted black;
    struct fb_err *err;
};

void fb_score_rows_release(struct fb_score_rows *r)
{
    free(r->row);
    *r = (struct fb_score_rows){0};
}

/* Without room there are none: then they are read again. */
static void keep_row(struct fb_score_rows *r, const struct fb_session *s)
{
    if (r->all && r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 4096;
        struct fb_score_row *row = cap <= FB_SCORE_ROWS_MAX ? realloc(r->row, cap * sizeof *row) : NULL;
        if (!row) {
            fb_score_rows_release(r);
            return;
        }
        r->row = row;
        r->cap = cap;
    }
    if (!r->all)
        return;
    r->row[r->n].number = s->number;
    fb_features_of(s, 0, &r->row[r->n++].f);
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct walk *w = ctx;
    bool out;
    if (w->rows)
        keep_row(w->rows, s);
    if (w->d && fb_detect_session(w->d, s) != FB_OK)
        return fb_err_nomem(w->err, "the detectors");
    if (!w->sample)
        return FB_OK;
    FB_TRY(fb_blacklisted_is(&w->black, s->number, &out, w->err));
    if (!out)
        return fb_sample_add(w->sample, s, 0, w->err);
    fb_sample_leave_out(w->sample);
    return FB_OK;
}

enum fb_status fb_score_sample(struct fb_case *c, const struct fb_scoring_how *how, struct fb_sample *sample,
                               struct fb_detect *d, struct fb_score_rows *rows, int64_t *lists_run,
                               struct fb_err *err)
{
    struct walk w = {.sample = sample, .d = d, .rows = rows, .err = err};
    if (rows)
        *rows = (struct fb_score_rows){.all = true};
    if (sample && !how->blacklisted)
        FB_TRY(fb_blacklisted_open(how->lists ? how->lists : c, how->lists_run, &w.black, err));
    *lists_run = w.black.run_id;
    enum fb_status st = fb_case_each_session(c, on_session, &w, err);
    fb_blacklisted_close(&w.black);
    return st;
}
