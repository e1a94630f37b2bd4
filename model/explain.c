#include "model/explain.h"

#include "model/model_derive.h"

#define BISECT_MAX 64
#define AT_ONCE    16 /* rows scored together cost little more than one */

/* The row at hand while it is explained. */
struct subject {
    const struct fb_model *m;
    const struct fb_features *row;
    float x[FB_NFEATURES];
};

/* The first of n values (at most AT_ONCE) of one feature with which the row is normal; n: with none. */
static unsigned first_normal(const struct subject *s, enum fb_feature f, const int64_t *raw, unsigned n)
{
    float x[AT_ONCE * FB_NFEATURES] = {0};
    int64_t depth[AT_ONCE];
    for (unsigned i = 0; i < n; i++) {
        memcpy(x + (size_t)i * FB_NFEATURES, s->x, sizeof s->x);
        x[(size_t)i * FB_NFEATURES + f] = (float)fb_encode(&s->m->enc[f], raw[i]) * 0x1p-16f;
    }
    fb_forest_depths(&s->m->forest, x, n, depth);
    unsigned i = 0;
    while (i < n && depth[i] <= s->m->threshold[0].depth_q24)
        i++;
    return i;
}

static bool normal_with(const struct subject *s, enum fb_feature f, int64_t raw)
{
    return first_normal(s, f, &raw, 1) == 0;
}

static void place(const struct subject *s, struct fb_explain_feature *e)
{
    const struct fb_model *m = s->m;
    const int64_t *q = m->quantile[e->feature];
    int64_t v = fb_model_sketch_value(m, e->feature, e->value);
    uint64_t below = fb_model_quantiles_below(m, e->feature, v, false);
    uint64_t upto = fb_model_quantiles_below(m, e->feature, v, true);
    e->below_ppm = (uint32_t)(below * 1000000 / FB_MODEL_QUANTILES);
    e->equal_ppm = (uint32_t)((upto - below) * 1000000 / FB_MODEL_QUANTILES);
    if (m->enc[e->feature].kind == FB_FK_CATEGORY) {
        e->count = fb_encoding_count(&m->enc[e->feature], e->value);
        e->equal_ppm = (uint32_t)((uint64_t)e->count * 1000000 / m->rows);
        e->direction = v > q[FB_MODEL_QUANTILES - 2] ? FB_DIR_HIGH : FB_DIR_USUAL;
        return;
    }
    e->normal_low = q[1];
    e->normal_high = q[FB_MODEL_QUANTILES - 2];
    e->direction = e->value > e->normal_high  ? FB_DIR_HIGH
                   : e->value < e->normal_low ? FB_DIR_LOW
                                              : FB_DIR_USUAL;
}

/* The value that is most frequent in training; the lowest of several. */
static int64_t commonest(const struct fb_encoding *e)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < e->ncats; i++)
        if (e->cats[i].count > e->cats[best].count)
            best = i;
    return e->cats[best].value;
}

/* Between `bad` (not normal) and `good` (normal): the value nearest to `bad` that is still seen to be normal,
 * to one part in 256. */
static int64_t bisect(const struct subject *s, enum fb_feature f, int64_t bad, int64_t good)
{
    for (int i = 0; i < BISECT_MAX; i++) {
        int64_t gap = good > bad ? good - bad : bad - good;
        if (gap <= 1 || gap <= (good < bad ? good : bad) / 256)
            break;
        int64_t mid = good > bad ? bad + gap / 2 : bad - gap / 2;
        if (normal_with(s, f, mid))
            good = mid;
        else
            bad = mid;
    }
    return good;
}

/* Walks from the value towards the median over the quantiles until the row is normal. */
static void find_counterfactual(const struct subject *s, struct fb_explain_feature *e)
{
    const int64_t *q = s->m->quantile[e->feature];
    const unsigned middle = FB_MODEL_QUANTILES / 2;
    if (s->m->enc[e->feature].kind == FB_FK_CATEGORY) {
        e->counterfactual = commonest(&s->m->enc[e->feature]);
        e->has_counterfactual =
            e->counterfactual != e->value && normal_with(s, e->feature, e->counterfactual);
        return;
    }
    int64_t step[FB_MODEL_QUANTILES + 1] = {e->value}; /* the value, then what differs from the one before */
    unsigned n = 0;
    bool down = e->value > q[middle];
    unsigned i = down ? fb_model_quantiles_below(s->m, e->feature, e->value, false) - 1
                      : fb_model_quantiles_below(s->m, e->feature, e->value, true);
    for (; down ? i + 1 > middle : i <= middle; i += down ? -1u : 1u)
        if (q[i] != step[n])
            step[++n] = q[i];
    for (unsigned at = 1, k; at <= n; at += AT_ONCE) {
        unsigned m = n + 1 - at < AT_ONCE ? n + 1 - at : AT_ONCE;
        if ((k = first_normal(s, e->feature, step + at, m)) == m)
            continue;
        e->has_counterfactual = true;
        e->counterfactual = bisect(s, e->feature, step[at + k - 1], step[at + k]);
        return;
    }
}

static int by_share(const void *pa, const void *pb)
{
    const struct fb_explain_feature *a = pa, *b = pb;
    if (a->share_ppm != b->share_ppm)
        return a->share_ppm > b->share_ppm ? -1 : 1;
    return a->feature < b->feature ? -1 : 1;
}

enum fb_status fb_model_explain(const struct fb_model *m, const struct fb_features *row,
                                struct fb_explanation *out, struct fb_err *err)
{
    struct subject s = {.m = m, .row = row};
    uint32_t share[FB_NFEATURES];
    float typical[FB_NFEATURES];
    int64_t depth, typical_depth[FB_NFEATURES];
    if (!m->means)
        return fb_err_set(err, FB_ERR_USAGE, "this model has nothing to explain with");
    fb_encode_row(m->enc, row, s.x);
    fb_forest_depths(&m->forest, s.x, 1, &depth);
    fb_model_judge(m, depth, &out->score);
    for (unsigned f = 0; f < FB_NFEATURES; f++)
        typical[f] = fb_model_median_code(m, (enum fb_feature)f);
    fb_explain_shares(&m->forest, m->means, s.x, typical, share, typical_depth);
    for (unsigned f = 0; f < FB_NFEATURES; f++) {
        struct fb_explain_feature *e = &out->feature[f];
        *e = (struct fb_explain_feature){
            .feature = (enum fb_feature)f, .share_ppm = share[f], .value = row->v[f]};
        place(&s, e);
        e->typical_depth_q24 = typical_depth[f];
        if (out->score.level != FB_LEVEL_NORMAL)
            find_counterfactual(&s, e);
    }
    qsort(out->feature, FB_NFEATURES, sizeof *out->feature, by_share);
    return FB_OK;
}
