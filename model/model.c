#include "model/model.h"

#include "base/memory.h"
#include "model/explain.h"
#include "model/model_derive.h"
#include "model/model_file.h"

const char *fb_level_name(enum fb_level l)
{
    return l == FB_LEVEL_ABNORMAL ? "abnormal" : l == FB_LEVEL_SUSPICIOUS ? "suspicious" : "normal";
}

void fb_model_params_default(struct fb_model_params *p)
{
    *p = (struct fb_model_params){
        .forest = {FB_MODEL_TREES, FB_MODEL_SAMPLE, FB_MODEL_EXT, FB_SPLIT_INVARIANT, FB_MODEL_SEED},
        .percentile_ppm = {990000, 995000},
        .min_distinct = FB_MODEL_MIN_DISTINCT,
    };
}

static enum fb_status check(const struct fb_sample *s, const struct fb_model_params *p, struct fb_err *err)
{
    if (p->percentile_ppm[0] >= p->percentile_ppm[1] || p->percentile_ppm[1] >= 1000000)
        return fb_err_set(err, FB_ERR_USAGE,
                          "the percentile of suspicious must lie below that of abnormal, and both below 100");
    if (p->min_distinct < 2)
        return fb_err_set(err, FB_ERR_USAGE, "a model needs at least 2 distinct sessions");
    if (p->forest.seed != s->seed)
        return fb_err_set(err, FB_ERR_USAGE, "the training sample was drawn with another seed");
    if (p->forest.ext >= FB_NFEATURES)
        return fb_err_set(err, FB_ERR_USAGE, "the extension level is 0 to %d, not %u", FB_NFEATURES - 1,
                          p->forest.ext);
    return FB_OK;
}

static int by_depth(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return a < b ? -1 : a > b;
}

/* The value of each feature that so many of 128 parts of the training rows do not exceed. Categories by code.
 */
static enum fb_status set_quantiles(struct fb_model *m, const struct fb_sample *s, struct fb_err *err)
{
    int64_t *v = fb_malloc(s->n * sizeof *v);
    if (!v)
        return fb_err_nomem(err, "the distribution of the training data");
    for (size_t f = 0; f < FB_NFEATURES; f++) {
        for (size_t i = 0; i < s->n; i++)
            v[i] = fb_model_sketch_value(m, (enum fb_feature)f, s->rows[i].f.v[f]);
        qsort(v, s->n, sizeof *v, by_depth);
        for (size_t i = 0; i < FB_MODEL_QUANTILES; i++)
            m->quantile[f][i] = v[i * (s->n - 1) / (FB_MODEL_QUANTILES - 1)];
    }
    free(v);
    return FB_OK;
}

/* Score distribution, reference rows, thresholds: all that follows from encodings, forest and sample; x: the
 * rows encoded. */
static enum fb_status describe(struct fb_model *m, const struct fb_sample *s, const float *x,
                               unsigned threads, struct fb_err *err)
{
    FB_TRY(set_quantiles(m, s, err));
    m->depths = fb_malloc(s->n * sizeof *m->depths);
    m->nreference = s->n < FB_MODEL_REFERENCE ? (uint32_t)s->n : FB_MODEL_REFERENCE;
    m->reference = fb_malloc(m->nreference * sizeof *m->reference);
    if (!m->depths || !m->reference)
        return fb_err_nomem(err, "the model");
    for (size_t i = 0; i < m->nreference; i++)
        m->reference[i] = s->rows[i].f;
    fb_forest_depths_threads(&m->forest, x, s->n, threads, m->depths);
    qsort(m->depths, s->n, sizeof *m->depths, by_depth);
    return fb_model_derive(m, err);
}

static float *encode_rows(const struct fb_model *m, const struct fb_sample *s)
{
    float *x = fb_malloc(s->n * FB_NFEATURES * sizeof *x);
    for (size_t i = 0; x && i < s->n; i++)
        fb_encode_row(m->enc, &s->rows[i].f, x + i * FB_NFEATURES);
    return x;
}

static enum fb_status train(struct fb_model *m, const struct fb_sample *s, const struct fb_features *rows,
                            unsigned threads, struct fb_err *err)
{
    FB_TRY(fb_encodings_train(rows, s->n, m->enc, err));
    float *x = encode_rows(m, s);
    if (!x)
        return fb_err_nomem(err, "the model");
    enum fb_status st = fb_forest_train(&m->params.forest, x, s->n, FB_NFEATURES, threads, &m->forest, err);
    if (st == FB_OK) {
        m->params.forest = m->forest.params;
        st = describe(m, s, x, threads, err);
    }
    free(x);
    return st;
}

/* What a model tells of its sample; FB_ERR_LIMIT: too few distinct rows. */
static enum fb_status count_sample(struct fb_model *m, struct fb_sample *s, struct fb_err *err)
{
    size_t distinct = 0;
    FB_TRY(fb_sample_distinct(s, &distinct, err));
    if (distinct < m->params.min_distinct)
        return fb_err_set(err, FB_ERR_LIMIT,
                          "no model: %zu distinct sessions to learn from, and at least %u are needed",
                          distinct, m->params.min_distinct);
    m->seen = s->seen;
    m->left_out = s->spare;
    m->rows = (uint32_t)s->n;
    m->distinct = (uint32_t)distinct;
    return FB_OK;
}

enum fb_status fb_model_train(struct fb_sample *sample, const struct fb_model_params *params,
                              unsigned threads, struct fb_model *out, struct fb_err *err)
{
    *out = (struct fb_model){.params = *params};
    FB_TRY(check(sample, params, err));
    FB_TRY(count_sample(out, sample, err));
    snprintf(out->card.tool, sizeof out->card.tool, "fbforensics %s", FB_VERSION);
    struct fb_features *rows = fb_malloc(sample->n * sizeof *rows);
    if (!rows)
        return fb_err_nomem(err, "the model");
    for (size_t i = 0; i < sample->n; i++)
        rows[i] = sample->rows[i].f;
    enum fb_status st = train(out, sample, rows, threads, err);
    free(rows);
    if (st != FB_OK)
        fb_model_release(out);
    return st;
}

enum fb_status fb_model_refresh(struct fb_model *m, struct fb_sample *sample,
                                const uint32_t percentile_ppm[static 2], unsigned threads, struct fb_err *err)
{
    struct fb_model_params p = m->params;
    memcpy(p.percentile_ppm, percentile_ppm, sizeof p.percentile_ppm);
    FB_TRY(check(sample, &p, err));
    FB_TRY(count_sample(m, sample, err));
    m->params = p;
    float *x = encode_rows(m, sample);
    if (!x)
        return fb_err_nomem(err, "the model");
    free(m->depths);
    free(m->reference);
    free(m->means);
    m->depths = NULL;
    m->reference = NULL;
    m->means = NULL;
    enum fb_status st = describe(m, sample, x, threads, err);
    free(x);
    return st;
}

void fb_model_release(struct fb_model *m)
{
    fb_encodings_release(m->enc);
    fb_forest_release(&m->forest);
    free(m->depths);
    free(m->reference);
    free(m->means);
    free(m->card.cases);
    *m = (struct fb_model){0};
}

enum fb_status fb_model_card_add_case(struct fb_model *m, const struct fb_digest *d, struct fb_err *err)
{
    struct fb_model_card *c = &m->card;
    uint32_t at = 0;
    while (at < c->ncases && memcmp(c->cases[at].b, d->b, sizeof d->b) < 0)
        at++;
    if (at < c->ncases && memcmp(c->cases[at].b, d->b, sizeof d->b) == 0)
        return FB_OK;
    if (c->ncases == FB_MODEL_CASES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "a model card names at most %u cases", FB_MODEL_CASES_MAX);
    struct fb_digest *p = fb_realloc(c->cases, (c->ncases + 1) * sizeof *p);
    if (!p)
        return fb_err_nomem(err, "the model card");
    c->cases = p;
    memmove(p + at + 1, p + at, (c->ncases - at) * sizeof *p);
    p[at] = *d;
    c->ncases++;
    return FB_OK;
}
