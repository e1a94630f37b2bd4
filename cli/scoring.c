#include "cli/scoring.h"

#include "cli/custody_entry.h"
#include "cli/detect_facts.h"
#include "cli/message.h"
#include "cli/score_int.h"

#include <unistd.h>

#define THREADS_MAX 8

struct run {
    struct fb_case *c;
    const struct fb_scoring_how *how;
    unsigned threads;
    struct fb_sample sample;
    struct fb_score_rows rows;
    struct fb_model trained;
    const struct fb_model *model; /* NULL: there is none */
    struct fb_detect *detect;
    struct fb_group *group;
    struct fb_findings findings;
    struct fb_edit *edit;
    struct fb_scoring s;
    struct fb_custody_entry entry;
    struct fb_buf params, outputs;
    struct fb_err *err;
};

void fb_scoring_defaults(struct fb_scoring_how *how)
{
    *how = (struct fb_scoring_how){.sample_rows = FB_SAMPLE_SIZE, .lists_run = FB_REC_NEWEST};
    fb_model_params_default(&how->params);
    fb_detect_defaults(&how->detect);
}

void fb_scoring_release(struct fb_scoring *s)
{
    fb_buf_release(&s->drift);
}

static unsigned threads_of(const struct fb_scoring_how *how)
{
    long n = how->threads ? (long)how->threads : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

static enum fb_status nomem(struct run *r, enum fb_status st)
{
    return st == FB_OK ? FB_OK : fb_err_nomem(r->err, "the detectors");
}

/* ---- the model ---- */

static void describe(struct run *r)
{
    struct fb_scoring *s = &r->s;
    s->scored = r->model != NULL;
    s->from_file = r->how->model != NULL;
    s->sample_rows = r->how->sample_rows;
    s->blacklisted = r->how->blacklisted;
    s->detect = r->how->detect;
    s->params = r->model ? r->model->params : r->how->params;
    if (!r->model)
        return;
    fb_hex(r->model->digest.b, FB_DIGEST_LEN, s->model);
    s->train_sessions = r->model->seen;
    s->left_out = r->model->left_out;
    s->train_rows = r->model->rows;
    s->distinct = r->model->distinct;
}

/* Too few distinct sessions are a reason and no failure. */
static enum fb_status get_model(struct run *r)
{
    struct fb_err why = {0};
    size_t distinct;
    FB_TRY(fb_score_sample(r->c, r->how, r->how->model ? NULL : &r->sample, r->detect, &r->rows,
                           &r->s.lists_run, r->err));
    r->model = r->how->model;
    if (r->model)
        return FB_OK;
    FB_TRY(fb_sample_distinct(&r->sample, &distinct, r->err));
    r->s.train_sessions = r->sample.seen;
    r->s.left_out = r->sample.spare;
    r->s.train_rows = r->sample.n;
    r->s.distinct = distinct;
    enum fb_status st = fb_model_train(&r->sample, &r->how->params, r->threads, &r->trained, &why);
    if (st == FB_OK)
        r->model = &r->trained;
    else if (st == FB_ERR_LIMIT)
        snprintf(r->s.why, sizeof r->s.why, "%s", why.msg);
    else if (r->err)
        *r->err = why;
    return st == FB_ERR_LIMIT ? FB_OK : st;
}

/* ---- findings ---- */

static enum fb_status find(struct run *r)
{
    struct fb_shed *shed = &r->s.shed;
    FB_TRY(fb_detect_facts(r->c, r->detect, r->err));
    FB_TRY(nomem(r, fb_detect_finish(r->detect, &r->findings)));
    FB_TRY(nomem(r, fb_group_finish(r->group, &r->findings, &shed->groups)));
    struct fb_detect_shed d = fb_detect_shed(r->detect);
    shed->pairs = d.pairs;
    shed->targets = d.targets;
    shed->names = d.names;
    shed->findings = r->findings.dropped;
    r->s.findings = r->findings.n;
    return FB_OK;
}

/* ---- the layer ---- */

static void put_options(struct run *r, struct fb_buf *b)
{
    const struct fb_model_params *p = &r->s.params;
    fb_buf_printf(b,
                  "{\"abnormal_ppm\":%u,\"blacklisted\":%s,\"extension\":%u,\"lists_run\":%lld,"
                  "\"min_distinct\":%u,",
                  p->percentile_ppm[1], r->s.blacklisted ? "true" : "false", p->forest.ext,
                  (long long)r->s.lists_run, p->min_distinct);
    fb_buf_printf(b,
                  "\"sample_rows\":%u,\"seed\":%llu,\"source\":\"%s\",\"suspicious_ppm\":%u,"
                  "\"thresholds\":\"",
                  r->s.sample_rows, (unsigned long long)p->forest.seed, r->s.from_file ? "file" : "case",
                  p->percentile_ppm[0]);
    fb_detect_put(&r->s.detect, b);
    fb_buf_printf(b, "\",\"tree_rows\":%u,\"trees\":%u}", p->forest.sample, p->forest.trees);
}

static enum fb_status begin_layer(struct run *r)
{
    struct fb_buf options;
    fb_buf_init(&options, 4096);
    put_options(r, &options);
    fb_custody_put_params(&r->params, fb_buf_cstr(&options));
    fb_buf_release(&options);
    fb_custody_entry_fill(&r->entry, "score", fb_buf_cstr(&r->params), NULL);
    FB_TRY(fb_edit_open_for(r->c, &r->edit, r->err));
    return fb_edit_layer(r->edit, "score", &r->entry, r->model ? &r->model->digest : NULL, &r->s.run_id,
                         r->err);
}

static enum fb_status end_layer(struct run *r)
{
    struct fb_scoring *s = &r->s;
    FB_TRY(fb_score_keep_findings(r->edit, s->run_id, &r->findings, r->err));
    FB_TRY(fb_score_keep_row(r->edit, s->run_id, s, r->err));
    fb_buf_printf(&r->outputs, "{\"abnormal\":%llu,\"findings\":%llu,\"model\":\"%s\",\"suspicious\":%llu}",
                  (unsigned long long)s->level[FB_LEVEL_ABNORMAL], (unsigned long long)s->findings, s->model,
                  (unsigned long long)s->level[FB_LEVEL_SUSPICIOUS]);
    r->entry.outputs_json = fb_buf_cstr(&r->outputs);
    return fb_edit_commit(r->edit, &r->entry, r->err);
}

static enum fb_status run(struct run *r)
{
    fb_findings_init(&r->findings, (size_t)r->how->detect.v[FB_DO_MAX_FINDINGS]);
    r->detect = fb_detect_new(&r->how->detect);
    r->group = fb_group_new(FB_SCORE_GROUPS_MAX);
    if (!r->detect || !r->group)
        return fb_err_nomem(r->err, "the detectors");
    FB_TRY(get_model(r));
    describe(r);
    FB_TRY(begin_layer(r));
    if (r->model) {
        FB_TRY(fb_score_pass(r->c, &r->rows, r->model, r->threads, r->edit, r->s.run_id, r->group, &r->s,
                             r->err));
        FB_TRY(fb_score_keep_model(r->edit, r->s.run_id, r->how->model, &r->sample, r->err));
    }
    FB_TRY(find(r));
    return end_layer(r);
}

enum fb_status fb_scoring_run(struct fb_case *c, const struct fb_scoring_how *how, struct fb_scoring *out,
                              struct fb_err *err)
{
    struct run r = {.c = c, .how = how, .threads = threads_of(how), .err = err};
    fb_sample_init(&r.sample, how->params.forest.seed, how->sample_rows);
    fb_buf_init(&r.params, (size_t)16 << 20);
    fb_buf_init(&r.outputs, 4096);
    fb_buf_init(&r.s.drift, 16384);
    enum fb_status st = run(&r);
    fb_edit_close(r.edit);
    fb_detect_free(r.detect);
    fb_group_free(r.group);
    fb_findings_release(&r.findings);
    fb_sample_release(&r.sample);
    fb_score_rows_release(&r.rows);
    fb_model_release(&r.trained);
    fb_buf_release(&r.params);
    fb_buf_release(&r.outputs);
    if (st == FB_OK && out)
        *out = r.s;
    else
        fb_scoring_release(&r.s);
    return st;
}
