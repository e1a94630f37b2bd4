/* Shares of isolation, from two sides that each find culprits which the other misses.
 *
 * The path: each node that a row passes isolates it by log2(rows / rows that went the same way) bits, and
 * each feature has its part in that as abs(w_j (x_j - mean_j)) has in the sum over the features, mean_j being
 * that of the training rows at the node. The substitution: by how much the row's depth grows when the feature
 * alone becomes usual, as a part of the sum of these gains. A feature's share is its part of the path times
 * the square root of (its part of the gains + 1 %). All in integers and exactly rounded operations. */
#include "base/memory.h"
#include "model/explain.h"
#include "model/fixlog.h"

#define AT_ONCE 16u /* rows scored together cost little more than one */

static double size_of(double x)
{
    return x < 0 ? -x : x;
}

static void add_node(const struct fb_forest *f, const float *mean, const float *w, const float *x,
                     double bits, double *part)
{
    double pull[FB_FOREST_DIMS_MAX], sum = 0;
    for (uint32_t j = 0; j < f->dims; j++) {
        pull[j] = size_of((double)w[j] * ((double)x[j] - (double)mean[j]));
        sum += pull[j];
    }
    if (sum > 0)
        for (uint32_t j = 0; j < f->dims; j++)
            part[j] += bits * (pull[j] / sum);
}

/* Parts to whole millionths that add up: rounded down, what is left to those that lost most, ties in order.
 */
static void apportion(const double *part, uint32_t n, uint32_t *share_ppm)
{
    double sum = 0, lost[FB_FOREST_DIMS_MAX];
    uint32_t left = 1000000;
    for (uint32_t j = 0; j < n; j++)
        sum += part[j];
    for (uint32_t j = 0; j < n; j++) {
        double exact = sum > 0 ? part[j] / sum * 1e6 : 1e6 / n;
        share_ppm[j] = (uint32_t)exact < left ? (uint32_t)exact : left;
        lost[j] = exact - share_ppm[j];
        left -= share_ppm[j];
    }
    while (left > 0) {
        uint32_t most = 0;
        for (uint32_t j = 1; j < n; j++)
            if (lost[j] > lost[most])
                most = j;
        share_ppm[most]++;
        lost[most] -= 1;
        left--;
    }
}

static void path_parts(const struct fb_forest *f, const float *means, const float *x, double *part)
{
    for (uint32_t t = 0; t < f->params.trees; t++) {
        uint32_t root = f->first[t], at = root;
        const struct fb_node *n = fb_forest_node(f, at);
        while (n->left) {
            uint32_t next =
                root + n->left + !(fb_forest_dot(fb_forest_weights(f, at), x, f->width) < n->threshold);
            const struct fb_node *child = fb_forest_node(f, next);
            int32_t bits = fb_log2_q16((uint64_t)n->rows + 1) - fb_log2_q16((uint64_t)child->rows + 1);
            add_node(f, means + (size_t)at * f->width, fb_forest_weights(f, at), x, (double)bits * 0x1p-16,
                     part);
            at = next;
            n = child;
        }
    }
}

static uint32_t square_root(uint64_t v)
{
    uint64_t low = 0, high = UINT64_C(1) << 32;
    while (high - low > 1) {
        uint64_t mid = (low + high) / 2;
        if (mid * mid <= v)
            low = mid;
        else
            high = mid;
    }
    return (uint32_t)low;
}

/* Depths with one feature made usual, and what is gained by each. */
static void substitute(const struct fb_forest *f, const float *x, const float *typical, int64_t *depth,
                       uint64_t *gain)
{
    float rows[AT_ONCE * FB_FOREST_DIMS_MAX];
    int64_t as_is;
    fb_forest_depths(f, x, 1, &as_is);
    for (uint32_t from = 0; from < f->dims; from += AT_ONCE) {
        uint32_t n = f->dims - from < AT_ONCE ? f->dims - from : AT_ONCE;
        for (uint32_t j = 0; j < n; j++) {
            memcpy(rows + (size_t)j * f->width, x, f->width * sizeof *rows);
            rows[(size_t)j * f->width + from + j] = typical[from + j];
        }
        fb_forest_depths(f, rows, n, depth + from);
    }
    for (uint32_t j = 0; j < f->dims; j++)
        gain[j] = depth[j] > as_is ? (uint64_t)(depth[j] - as_is) : 0;
}

void fb_explain_shares(const struct fb_forest *f, const float *means, const float *x, const float *typical,
                       uint32_t *share_ppm, int64_t *typical_depth)
{
    double part[FB_FOREST_DIMS_MAX] = {0};
    int64_t depth[FB_FOREST_DIMS_MAX];
    uint64_t gain[FB_FOREST_DIMS_MAX], sum = 0;
    path_parts(f, means, x, part);
    substitute(f, x, typical, depth, gain);
    for (uint32_t j = 0; j < f->dims; j++)
        sum += gain[j];
    for (uint32_t j = 0; j < f->dims; j++) {
        /* Gains are below 2^42. */
        uint64_t ppm = sum ? (uint64_t)((unsigned __int128)gain[j] * 1000000 / sum) : 0;
        part[j] *= square_root((ppm + 10000) * 1000000);
    }
    if (typical_depth)
        memcpy(typical_depth, depth, f->dims * sizeof *depth);
    apportion(part, f->dims, share_ppm);
}

/* Sums and counts of the rows at each node of one tree, then means; children come after their parents. */
static void tree_means(const struct fb_forest *f, uint32_t t, const float *rows, size_t n, double *sum,
                       uint32_t *count, float *means)
{
    const uint32_t root = f->first[t], nodes = f->first[t + 1] - root, width = f->width;
    memset(sum, 0, (size_t)nodes * width * sizeof *sum);
    memset(count, 0, nodes * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        const float *x = rows + i * width;
        for (uint32_t at = 0;;) {
            const struct fb_node *node = fb_forest_node(f, root + at);
            for (uint32_t j = 0; j < width; j++)
                sum[(size_t)at * width + j] += (double)x[j];
            count[at]++;
            if (!node->left)
                break;
            at = node->left + !(fb_forest_dot(fb_forest_weights(f, root + at), x, width) < node->threshold);
        }
    }
    for (uint32_t at = 0; at < nodes; at++) {
        uint32_t left = fb_forest_node(f, root + at)->left;
        for (uint32_t j = 0; count[at] && j < width; j++)
            means[(size_t)at * width + j] = (float)(sum[(size_t)at * width + j] / count[at]);
        for (uint32_t k = 0; left && k < 2; k++)
            memcpy(means + (size_t)(left + k) * width, means + (size_t)at * width, width * sizeof *means);
    }
}

enum fb_status fb_explain_means(const struct fb_forest *f, const float *rows, size_t n, float **means,
                                struct fb_err *err)
{
    uint32_t most = 0;
    for (uint32_t t = 0; t < f->params.trees; t++)
        most = f->first[t + 1] - f->first[t] > most ? f->first[t + 1] - f->first[t] : most;
    double *sum = fb_malloc((size_t)most * f->width * sizeof *sum);
    uint32_t *count = fb_malloc(most * sizeof *count);
    *means = fb_calloc((size_t)f->first[f->params.trees] * f->width, sizeof **means);
    enum fb_status st = sum && count && *means ? FB_OK : fb_err_nomem(err, "the explanation");
    for (uint32_t t = 0; st == FB_OK && t < f->params.trees; t++)
        tree_means(f, t, rows, n, sum, count, *means + (size_t)f->first[t] * f->width);
    if (st != FB_OK) {
        free(*means);
        *means = NULL;
    }
    free(sum);
    free(count);
    return st;
}
