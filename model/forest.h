/* Extended isolation forest (Hariri, Carrasco Kind, Brunner: Extended Isolation Forest, IEEE TKDE 2021; Liu,
 * Ting, Zhou: Isolation Forest, ICDM 2008), the same on every machine.
 *
 * Rows are float32, `width` values each: the dimensions, then zeros. A node splits by  w.x < threshold.  Two
 * kinds of splits:
 *   FB_SPLIT_INVARIANT  columns that are constant in the node take no part, and each weight is divided by the
 *                       node's range of its column: what unit a column has changes nothing;
 *   FB_SPLIT_PAPER      as published, and with the published approximation of c(n). For comparisons only.
 * Random numbers are Philox4x32-10 (model/philox.h), counter = (draw, node, tree, purpose): a tree depends on
 * the seed, its number and its rows, never on threads or other trees. The products of w.x are summed in four
 * lanes, lane j mod 4 in ascending j, then (lane 0 + lane 2) + (lane 1 + lane 3); no contraction, no libm.
 * A leaf's value is its depth plus c(rows in it) = 2 (H(n) - 1), rounded once to 2^-24; a row's depth is the
 * integer sum over all trees: low is anomalous.
 *
 * A trained forest is read-only: any number of threads. The owner calls fb_forest_release. */
#ifndef FB_MODEL_FOREST_H
#define FB_MODEL_FOREST_H

#include "base/err.h"

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(FLT_EVAL_METHOD == 0, "a float is computed as a float, or digests differ");

#define FB_FOREST_DIMS_MAX   1024u
#define FB_FOREST_TREES_MAX  4096u
#define FB_FOREST_SAMPLE_MAX 65536u
#define FB_FOREST_NODES_MAX  (1u << 24) /* of all trees */
#define FB_FOREST_VALUE_MAX  0x1p40f    /* what a row may hold, either sign */
#define FB_FOREST_RANGE_MIN  0x1p-40f   /* a column that varies by less is constant (FB_SPLIT_INVARIANT) */

/* Stored in model files. */
enum fb_split { FB_SPLIT_INVARIANT = 1, FB_SPLIT_PAPER = 2 };

struct fb_forest_params {
    uint32_t trees;  /* 1 .. FB_FOREST_TREES_MAX */
    uint32_t sample; /* rows of each tree, 2 .. FB_FOREST_SAMPLE_MAX; all rows when there are fewer */
    uint32_t ext;    /* extension level: ext + 1 columns take part in a split; at most dims - 1 do */
    enum fb_split split;
    uint64_t seed;
};

/* What follows the weights of a node. */
struct fb_node {
    float threshold;
    uint32_t left;    /* number of the left child in its tree, the right one is next; 0: a leaf */
    int32_t leaf_q24; /* 0 unless a leaf */
    uint32_t rows;    /* that reached it in training */
};

struct fb_forest {
    struct fb_forest_params params; /* `sample` and `ext` as they were used */
    uint32_t dims, width;           /* width: dims rounded up to a multiple of 4 */
    uint32_t depth_max;             /* ceil(log2(sample)) */
    int32_t c_q24;                  /* c(sample) */
    uint32_t *first;                /* trees + 1 numbers: where the nodes of each tree start in `nodes` */
    size_t stride;                  /* bytes of a node: width floats, then struct fb_node */
    unsigned char *nodes;
};

static inline uint32_t fb_forest_width(uint32_t dims)
{
    return (dims + 3) & ~UINT32_C(3);
}

static inline const float *fb_forest_weights(const struct fb_forest *f, uint32_t node)
{
    return (const float *)(const void *)(f->nodes + node * f->stride);
}

static inline const struct fb_node *fb_forest_node(const struct fb_forest *f, uint32_t node)
{
    return (const struct fb_node *)(const void *)(f->nodes + node * f->stride + f->width * sizeof(float));
}

/* w.x in the order of summation that is documented above. */
float fb_forest_dot(const float *w, const float *x, uint32_t width);

/* The child that a row goes to from a node that is no leaf; numbers within the tree. */
static inline uint32_t fb_forest_step(const struct fb_forest *f, uint32_t node, const float *x)
{
    const struct fb_node *n = fb_forest_node(f, node);
    return n->left + !(fb_forest_dot(fb_forest_weights(f, node), x, f->width) < n->threshold);
}

/* Trains on n rows of `width` floats. The order of the rows is part of the input. FB_ERR_USAGE: parameters or
 * dims out of range, or fewer than two rows. */
enum fb_status fb_forest_train(const struct fb_forest_params *params, const float *rows, size_t n,
                               uint32_t dims, unsigned threads, struct fb_forest *out, struct fb_err *err);
void fb_forest_release(struct fb_forest *f); /* accepts a zeroed forest */

/* The depth of n rows of `width` floats, in 2^-24 summed over all trees. */
void fb_forest_depths(const struct fb_forest *f, const float *rows, size_t n, int64_t *depth_q24);

/* The same by several threads; falls back to fewer when one cannot be started. */
void fb_forest_depths_threads(const struct fb_forest *f, const float *rows, size_t n, unsigned threads,
                              int64_t *depth_q24);

/* c(n) in 2^-24: the exact one, rounded to nearest, and the published 2 (ln(n-1) + 0.5772156649) - 2
 * (n-1)/n. */
int32_t fb_forest_c_q24(uint32_t n);
int32_t fb_forest_c_paper_q24(uint32_t n);

/* Sets width, stride, depth_max and c_q24 from params and dims. */
void fb_forest_shape(struct fb_forest *f);

/* c(0) .. c(sample) of a kind of split; the caller frees. NULL: out of memory. */
int32_t *fb_forest_leaf_values(enum fb_split split, uint32_t sample);

/* 2^(-depth / c(sample)) in 10^-6, for display: 500,000 is an average row, near 1,000,000 a lone one. */
uint32_t fb_forest_score_ppm(const struct fb_forest *f, int64_t depth_q24);

#endif
