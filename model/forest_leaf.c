/* What a leaf is worth: c(n), the mean depth at which a search in a random binary tree of n rows fails. */
#include "base/memory.h"
#include "model/fixlog.h"
#include "model/forest.h"

typedef unsigned __int128 wide;

#define LN2_Q62   INT64_C(3196577161300663914) /* ln 2 in 2^-62 */
#define GAMMA_Q40 INT64_C(634655335292)        /* 0.5772156649 in 2^-40, as published */

/* 2 (H(n) - 1) from H(n) - 1 in 2^-100, whose up to 65,535 terms were each rounded down by less than 2^-100.
 */
static int32_t exact(wide harmonic_less_1)
{
    return (int32_t)(((harmonic_less_1 << 1) + ((wide)1 << 75)) >> 76);
}

int32_t fb_forest_c_q24(uint32_t n)
{
    wide sum = 0;
    for (uint32_t i = 2; i <= n; i++)
        sum += ((wide)1 << 100) / i;
    return exact(sum);
}

int32_t fb_forest_c_paper_q24(uint32_t n)
{
    if (n < 2)
        return 0;
    wide log2 = (wide)(uint64_t)fb_log2_q32(n - 1);
    int64_t ln_q40 = (int64_t)(log2 * (wide)LN2_Q62 >> 54);
    int64_t twice = 2 * (ln_q40 + GAMMA_Q40) - (int64_t)((((wide)2 * (n - 1)) << 40) / n);
    return (int32_t)((twice + (1 << 15)) >> 16);
}

int32_t *fb_forest_leaf_values(enum fb_split split, uint32_t sample)
{
    int32_t *c = fb_malloc(((size_t)sample + 1) * sizeof *c);
    wide sum = 0;
    for (uint32_t n = 0; c && n <= sample; n++) {
        sum += n >= 2 ? ((wide)1 << 100) / n : 0;
        c[n] = split == FB_SPLIT_PAPER ? fb_forest_c_paper_q24(n) : exact(sum);
    }
    return c;
}

void fb_forest_shape(struct fb_forest *f)
{
    uint32_t n = f->params.sample;
    f->width = fb_forest_width(f->dims);
    f->stride = f->width * sizeof(float) + sizeof(struct fb_node);
    f->depth_max = 0;
    while ((UINT32_C(1) << f->depth_max) < n)
        f->depth_max++;
    f->c_q24 = f->params.split == FB_SPLIT_PAPER ? fb_forest_c_paper_q24(n) : fb_forest_c_q24(n);
}

uint32_t fb_forest_score_ppm(const struct fb_forest *f, int64_t depth_q24)
{
    if (f->c_q24 <= 0 || depth_q24 <= 0)
        return 1000000;
    wide exponent = ((wide)(uint64_t)depth_q24 << 32) / ((wide)f->params.trees * (uint32_t)f->c_q24);
    if (exponent >> 40)
        return 0;
    return (uint32_t)((fb_exp2_neg_q32((uint64_t)exponent) * 1000000 + (UINT64_C(1) << 31)) >> 32);
}
