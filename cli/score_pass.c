/* Scores of all sessions: features in blocks, each block by several threads, rows written in order. */
#include "base/digest.h"
#include "base/hash.h"
#include "cli/score_int.h"
#include "model/score_def.h"
#include "model/score_memo.h"
#include "model/score_row.h"

#include <stdlib.h>

#define BLOCK_ROWS FB_SCORE_BATCH
#define KNOWN      1024u /* explanations that are remembered: a scan is many sessions with the same features */

struct known {
    bool set;
    struct fb_features row;
    struct fb_explain_short text;
    struct fb_buf cells; /* the row of `explanation` */
};

struct pass {
    struct fb_case *c;
    const struct fb_model *m;
    unsigned threads;
    struct fb_score_memo *memo;
    struct fb_rec_writer *scores, *explanations;
    struct fb_group *group;
    struct fb_scoring *s;
    struct fb_drift drift;
    struct fb_digest_state features;
    size_t n;
    uint64_t number[BLOCK_ROWS];
    struct fb_features row[BLOCK_ROWS];
    struct fb_score score[BLOCK_ROWS];
    struct known known[KNOWN];
    struct fb_buf cells;
    struct fb_err *err;
};

/* The explanation of a row of features: a function of the row alone, so one that is remembered serves. */
static enum fb_status explain(struct pass *p, const struct fb_features *row, struct known **out)
{
    static const struct fb_hash_key fixed = {0, 0};
    struct known *k = &p->known[fb_siphash13(&fixed, row, sizeof *row) % KNOWN];
    *out = k;
    if (k->set && memcmp(&k->row, row, sizeof *row) == 0)
        return FB_OK;
    struct fb_explanation e;
    FB_TRY(fb_model_explain(p->m, row, &e, p->err));
    if (!k->set)
        fb_buf_init(&k->cells, FB_REC_BYTES_MAX);
    fb_buf_clear(&k->cells);
    fb_explain_shorten(&e, &k->text);
    fb_explanation_put(&e, &k->text, &k->cells);
    k->row = *row;
    k->set = true;
    return k->cells.failed ? fb_err_nomem(p->err, "an explanation") : FB_OK;
}

static enum fb_status put_anomaly(struct pass *p, size_t i)
{
    struct fb_rec_at at = {.number = p->number[i]};
    struct fb_session s;
    struct known *k;
    FB_TRY(explain(p, &p->row[i], &k));
    FB_TRY(fb_rec_write(p->explanations, &at, (struct fb_span){k->cells.data, k->cells.len}, p->err));
    FB_TRY(fb_case_session(p->c, p->number[i], &s, p->err));
    struct fb_anomaly a = {.session = &s,
                           .abnormal = p->score[i].level == FB_LEVEL_ABNORMAL,
                           .rank_ppm = p->score[i].percentile_ppm,
                           .culprits = k->text.culprits,
                           .statement = k->text.statement};
    return fb_group_add(p->group, &a) == FB_OK ? FB_OK : fb_err_nomem(p->err, "groups of anomalies");
}

/* le64 of the number and of each feature, in order. */
static void digest_features(struct pass *p)
{
    uint8_t b[8 * (FB_NFEATURES + 1)];
    for (size_t i = 0; i < p->n; i++) {
        fb_store_le64(b, p->number[i]);
        for (size_t k = 0; k < FB_NFEATURES; k++)
            fb_store_le64(b + 8 * (k + 1), (uint64_t)p->row[i].v[k]);
        fb_digest_update(&p->features, b, sizeof b);
    }
}

static enum fb_status flush(struct pass *p)
{
    digest_features(p);
    FB_TRY(fb_score_memo_score(p->memo, p->m, p->row, p->n, p->threads, p->score, p->err));
    fb_drift_add(&p->drift, p->m, p->row, p->n);
    for (size_t i = 0; i < p->n; i++) {
        struct fb_rec_at at = {.number = p->number[i]};
        fb_buf_clear(&p->cells);
        fb_score_put(&p->score[i], &p->cells);
        if (p->cells.failed)
            return fb_err_nomem(p->err, "a score");
        FB_TRY(fb_rec_write(p->scores, &at, (struct fb_span){p->cells.data, p->cells.len}, p->err));
        p->s->level[p->score[i].level]++;
        if (p->score[i].level != FB_LEVEL_NORMAL)
            FB_TRY(put_anomaly(p, i));
    }
    p->s->sessions += p->n;
    p->n = 0;
    return FB_OK;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct pass *p = ctx;
    p->number[p->n] = s->number;
    fb_features_of(s, 0, &p->row[p->n]);
    return ++p->n == BLOCK_ROWS ? flush(p) : FB_OK;
}

static enum fb_status each_row(struct pass *p, const struct fb_score_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        p->number[p->n] = rows->row[i].number;
        p->row[p->n] = rows->row[i].f;
        if (++p->n == BLOCK_ROWS)
            FB_TRY(flush(p));
    }
    return FB_OK;
}

static enum fb_status run(struct pass *p, const struct fb_score_rows *rows, struct fb_edit *edit,
                          int64_t run_id)
{
    FB_TRY(fb_edit_record_open(edit, &fb_score_def, run_id, &p->scores, p->err));
    FB_TRY(fb_edit_record_open(edit, &fb_explanation_def, run_id, &p->explanations, p->err));
    FB_TRY(rows->all ? each_row(p, rows) : fb_case_each_session(p->c, on_session, p, p->err));
    FB_TRY(flush(p));
    FB_TRY(fb_rec_writer_finish(p->scores, NULL, NULL, p->err));
    return fb_rec_writer_finish(p->explanations, NULL, NULL, p->err);
}

static void judge_drift(struct pass *p)
{
    struct fb_drift_report r;
    p->s->has_drift = p->drift.rows >= FB_DRIFT_MIN_ROWS;
    if (!p->s->has_drift)
        return;
    fb_drift_report(&p->drift, p->m, &r);
    p->s->moved = r.moved;
    fb_drift_put_text(&r, &p->s->drift);
}

enum fb_status fb_score_pass(struct fb_case *c, const struct fb_score_rows *rows, const struct fb_model *m,
                             unsigned threads, struct fb_edit *edit, int64_t run_id, struct fb_group *group,
                             struct fb_scoring *s, struct fb_err *err)
{
    struct pass *p = calloc(1, sizeof *p);
    if (!p || !(p->memo = fb_score_memo_new())) {
        free(p);
        return fb_err_nomem(err, "scores");
    }
    p->c = c;
    p->m = m;
    p->threads = threads;
    p->group = group;
    p->s = s;
    p->err = err;
    fb_drift_init(&p->drift);
    fb_digest_init(&p->features, "fb features");
    fb_buf_init(&p->cells, FB_REC_BYTES_MAX);
    enum fb_status st = run(p, rows, edit, run_id);
    struct fb_digest features;
    fb_digest_final(&p->features, &features);
    fb_hex(features.b, FB_DIGEST_LEN, s->features);
    if (st == FB_OK)
        judge_drift(p);
    fb_score_memo_free(p->memo);
    fb_rec_writer_free(p->scores);
    fb_rec_writer_free(p->explanations);
    for (size_t i = 0; i < KNOWN; i++)
        if (p->known[i].set)
            fb_buf_release(&p->known[i].cells);
    fb_buf_release(&p->cells);
    free(p);
    return st;
}
