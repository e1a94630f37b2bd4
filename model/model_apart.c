/* The score distribution of an online model: training rows, and those that were kept out of the training
 * because they stood out. Of the latter, a few are the tail that ordinary sessions have; many are something
 * new, and must not raise the bar for themselves. */
#include "base/memory.h"
#include "model/model_derive.h"

static int by_depth(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return a < b ? -1 : a > b;
}

/* Depths of the rows appended to those of the training, and all in order. */
static enum fb_status widen(struct fb_model *m, const struct fb_features *rows, uint32_t n, unsigned threads,
                            struct fb_err *err)
{
    float *x = fb_malloc((size_t)n * FB_NFEATURES * sizeof *x);
    int64_t *all = x ? fb_realloc(m->depths, ((size_t)m->rows + n) * sizeof *all) : NULL;
    if (!all) {
        free(x);
        return fb_err_nomem(err, "the model");
    }
    m->depths = all;
    for (uint32_t i = 0; i < n; i++)
        fb_encode_row(m->enc, &rows[i], x + (size_t)i * FB_NFEATURES);
    fb_forest_depths_threads(&m->forest, x, n, threads, all + m->rows);
    free(x);
    m->napart = n;
    m->ndepths = m->rows + n;
    qsort(all, m->ndepths, sizeof *all, by_depth);
    return FB_OK;
}

static uint32_t rows_below(const struct fb_model *m, int64_t depth)
{
    uint32_t n = 0;
    while (n < m->ndepths && m->depths[n] < depth)
        n++;
    return n;
}

/* How many rows may be beyond each threshold. `below`: rows that lie below all of the training. */
static void budgets(const struct fb_model *m, uint32_t below, uint32_t out[static 2])
{
    const uint32_t *p = m->params.percentile_ppm;
    uint32_t n = m->ndepths - below;
    uint64_t tail = (uint64_t)n * (1000000 - p[0]) / (p[0] ? p[0] : 1), most = tail * FB_MODEL_APART;
    most += most == 0;
    uint32_t far = below > most ? below - (uint32_t)most : 0, tied = far;
    while (far && tied < below && m->depths[tied] == m->depths[far - 1])
        tied++;
    for (int i = 0; i < 2; i++) {
        out[i] = far + fb_model_allowed(m->ndepths - far, 1000000 - p[i]);
        out[i] = out[i] < tied ? tied : out[i];
        out[i] += out[i] == 0 && below;
    }
}

enum fb_status fb_model_count_apart(struct fb_model *m, const struct fb_features *rows, size_t n,
                                    unsigned threads, struct fb_err *err)
{
    if (n == 0)
        return FB_OK;
    FB_BUG(m->napart != 0 || n > FB_SAMPLE_SIZE_MAX);
    uint32_t budget[2];
    FB_TRY(widen(m, rows, (uint32_t)n, threads, err));
    budgets(m, rows_below(m, m->lowest_q24), budget);
    for (int i = 0; i < 2; i++)
        m->threshold[i] = fb_model_threshold(m, budget[i]);
    return fb_model_make_digest(m, err);
}
