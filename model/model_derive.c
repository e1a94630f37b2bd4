#include "model/model_derive.h"

#include "base/memory.h"
#include "model/explain.h"
#include "model/model_file.h"

/* Rows of the distribution with a depth of at most v (below v when !or_equal). */
static uint32_t rows_at(const struct fb_model *m, int64_t v, bool or_equal)
{
    uint32_t low = 0, high = m->ndepths;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->depths[mid] < v || (or_equal && m->depths[mid] == v))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct fb_threshold fb_model_threshold(const struct fb_model *m, uint32_t budget)
{
    struct fb_threshold t = {m->depths[0] - 1, budget, 0};
    if (t.budget == 0)
        return t;
    /* The value at the budget, unless it ties with rows beyond: then the next lower one. */
    int64_t v = m->depths[t.budget - 1];
    if (rows_at(m, v, true) > t.budget) {
        uint32_t below = rows_at(m, v, false);
        if (below == 0)
            return t;
        v = m->depths[below - 1];
    }
    t.depth_q24 = v;
    t.count = rows_at(m, v, true);
    return t;
}

enum fb_status fb_model_make_digest(struct fb_model *m, struct fb_err *err)
{
    struct fb_buf content;
    struct fb_digest_state h;
    enum fb_status st = FB_OK;
    fb_buf_init(&content, FB_MODEL_FILE_BYTES_MAX);
    fb_model_put_content(m, &content);
    fb_digest_init(&h, "fb-model");
    fb_digest_update_field(&h, content.data, content.len);
    fb_digest_final(&h, &m->digest);
    if (content.failed)
        st = fb_err_nomem(err, "the model");
    fb_buf_release(&content);
    return st;
}

enum fb_status fb_model_derive(struct fb_model *m, struct fb_err *err)
{
    m->ndepths = m->rows;
    m->napart = 0;
    m->lowest_q24 = m->rows ? m->depths[0] : INT64_MIN;
    for (size_t i = 0; i < 2; i++)
        m->threshold[i] =
            fb_model_threshold(m, fb_model_allowed(m->ndepths, 1000000 - m->params.percentile_ppm[i]));
    float *x = fb_malloc(m->nreference * FB_NFEATURES * sizeof *x);
    if (!x)
        return fb_err_nomem(err, "the model");
    for (size_t i = 0; i < m->nreference; i++)
        fb_encode_row(m->enc, &m->reference[i], x + i * FB_NFEATURES);
    enum fb_status st = fb_explain_means(&m->forest, x, m->nreference, &m->means, err);
    free(x);
    FB_TRY(st);
    return fb_model_make_digest(m, err);
}

unsigned fb_model_quantiles_below(const struct fb_model *m, enum fb_feature f, int64_t v, bool or_equal)
{
    unsigned low = 0, high = FB_MODEL_QUANTILES;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (m->quantile[f][mid] < v || (or_equal && m->quantile[f][mid] == v))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

float fb_model_median_code(const struct fb_model *m, enum fb_feature f)
{
    int64_t median = m->quantile[f][FB_MODEL_QUANTILES / 2];
    int32_t code = m->enc[f].kind == FB_FK_CATEGORY ? (int32_t)median : fb_encode(&m->enc[f], median);
    return (float)code * 0x1p-16f;
}

void fb_model_judge(const struct fb_model *m, int64_t depth_q24, struct fb_score *out)
{
    uint32_t below = rows_at(m, depth_q24, false), at = rows_at(m, depth_q24, true);
    *out = (struct fb_score){
        .depth_q24 = depth_q24,
        .score_ppm = fb_forest_score_ppm(&m->forest, depth_q24),
        .rank = below + 1,
        .percentile_ppm = (uint32_t)((uint64_t)(m->ndepths - at) * 1000000 / m->ndepths),
        .p_ppm = (uint32_t)((((uint64_t)at + 1) * 1000000 + m->ndepths) / ((uint64_t)m->ndepths + 1)),
        .level = depth_q24 <= m->threshold[1].depth_q24   ? FB_LEVEL_ABNORMAL
                 : depth_q24 <= m->threshold[0].depth_q24 ? FB_LEVEL_SUSPICIOUS
                                                          : FB_LEVEL_NORMAL,
    };
}

/* Encoded and scored in pieces, so that memory does not grow with the rows. */
#define PIECE 65536u

enum fb_status fb_model_score(const struct fb_model *m, const struct fb_features *rows, size_t n,
                              unsigned threads, struct fb_score *out, struct fb_err *err)
{
    size_t piece = n < PIECE ? n : PIECE;
    if (n == 0)
        return FB_OK;
    float *x = fb_malloc(piece * FB_NFEATURES * sizeof *x);
    int64_t *depth = fb_malloc(piece * sizeof *depth);
    enum fb_status st = x && depth ? FB_OK : fb_err_nomem(err, "scores");
    for (size_t at = 0; st == FB_OK && at < n; at += piece) {
        size_t k = n - at < piece ? n - at : piece;
        for (size_t i = 0; i < k; i++)
            fb_encode_row(m->enc, &rows[at + i], x + i * FB_NFEATURES);
        fb_forest_depths_threads(&m->forest, x, k, threads, depth);
        for (size_t i = 0; i < k; i++)
            fb_model_judge(m, depth[i], &out[at + i]);
    }
    free(x);
    free(depth);
    return st;
}
