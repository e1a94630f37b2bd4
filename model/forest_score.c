/* Scoring: trees outside, blocks of rows inside, eight rows on their way at once. A tree of twelve dimensions
 * fits the first-level cache, and the loads of eight independent walks hide each other's latency. */
#include "model/forest.h"

#include <pthread.h>

#define BLOCK       512u
#define LANES       8u
#define THREADS_MAX 64u

/* At -O2 gcc leaves short loops rolled, which costs a third of the speed here. */
#define PRAGMA(x) _Pragma(#x)
#ifdef __clang__
#define UNROLL(n) PRAGMA(unroll n)
#else
#define UNROLL(n) PRAGMA(GCC unroll n)
#endif

typedef float v4 __attribute__((vector_size(16)));

/* The four lanes of fb_forest_dot, with a width that the compiler knows. */
static inline __attribute__((always_inline)) v4 lanes(const unsigned char *w, const float *x, uint32_t width)
{
    v4 s, a, b;
    w = __builtin_assume_aligned(w, 16); /* as fb_forest.nodes is, and its strides are multiples of it */
    memcpy(&a, w, sizeof a);
    memcpy(&b, x, sizeof b);
    s = a * b;
    UNROLL(4)
    for (uint32_t j = 4; j < width; j += 4) {
        memcpy(&a, w + j * sizeof(float), sizeof a);
        memcpy(&b, x + j, sizeof b);
        s = s + a * b;
    }
    return s;
}

static inline const struct fb_node *tail(const unsigned char *node, uint32_t width)
{
    return (const struct fb_node *)(const void *)(node + width * sizeof(float));
}

/* One step of four rows; leaves stay, since most rows go to the full depth and counting them costs more. The
 * lanes of four sums are added at once, (0 + 2) + (1 + 3) for each. */
static inline __attribute__((always_inline)) void step4(const unsigned char *tree, uint32_t at[4],
                                                        const float *x, uint32_t width)
{
    const size_t stride = width * sizeof(float) + sizeof(struct fb_node);
    const unsigned char *n[4];
    v4 s[4];
    UNROLL(4)
    for (uint32_t k = 0; k < 4; k++) {
        n[k] = tree + at[k] * stride;
        s[k] = lanes(n[k], x + (size_t)k * width, width);
    }
    v4 ab = __builtin_shufflevector(s[0], s[1], 0, 4, 1, 5) + __builtin_shufflevector(s[0], s[1], 2, 6, 3, 7);
    v4 cd = __builtin_shufflevector(s[2], s[3], 0, 4, 1, 5) + __builtin_shufflevector(s[2], s[3], 2, 6, 3, 7);
    v4 dot = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    UNROLL(4)
    for (uint32_t k = 0; k < 4; k++) {
        const struct fb_node *t = tail(n[k], width);
        uint32_t left = t->left, next = left + !(dot[k] < t->threshold);
        at[k] = left ? next : at[k];
    }
}

static inline __attribute__((always_inline)) void walk(const unsigned char *tree, const float *rows,
                                                       uint32_t n, uint32_t width, uint32_t depth_max,
                                                       int64_t *depth)
{
    const size_t stride = width * sizeof(float) + sizeof(struct fb_node);
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        uint32_t at[LANES] = {0};
        const float *x = rows + (size_t)i * width;
        for (uint32_t d = 0; d < depth_max; d++) {
            step4(tree, at, x, width);
            step4(tree, at + 4, x + (size_t)4 * width, width);
        }
        for (uint32_t k = 0; k < LANES; k++)
            depth[i + k] += tail(tree + at[k] * stride, width)->leaf_q24;
    }
    for (; i < n; i++) {
        const unsigned char *node = tree;
        while (tail(node, width)->left) {
            v4 s = lanes(node, rows + (size_t)i * width, width);
            float dot = (s[0] + s[2]) + (s[1] + s[3]);
            node = tree + (tail(node, width)->left + !(dot < tail(node, width)->threshold)) * stride;
        }
        depth[i] += tail(node, width)->leaf_q24;
    }
}

/* Widths of their own, so that the products are unrolled; twelve is that of sessions. */
static void walk_tree(const struct fb_forest *f, uint32_t t, const float *rows, uint32_t n, int64_t *depth)
{
    const unsigned char *tree = f->nodes + f->first[t] * f->stride;
    switch (f->width) {
    case 4:
        walk(tree, rows, n, 4, f->depth_max, depth);
        break;
    case 8:
        walk(tree, rows, n, 8, f->depth_max, depth);
        break;
    case 12:
        walk(tree, rows, n, 12, f->depth_max, depth);
        break;
    case 16:
        walk(tree, rows, n, 16, f->depth_max, depth);
        break;
    default:
        walk(tree, rows, n, f->width, f->depth_max, depth);
        break;
    }
}

void fb_forest_depths(const struct fb_forest *f, const float *rows, size_t n, int64_t *depth_q24)
{
    memset(depth_q24, 0, n * sizeof *depth_q24);
    for (size_t i = 0; i < n; i += BLOCK) {
        uint32_t m = (uint32_t)(n - i < BLOCK ? n - i : BLOCK);
        for (uint32_t t = 0; t < f->params.trees; t++)
            walk_tree(f, t, rows + i * f->width, m, depth_q24 + i);
    }
}

struct share {
    const struct fb_forest *f;
    const float *rows;
    size_t n;
    int64_t *depth;
    pthread_t id;
    bool started;
};

static void *score_share(void *arg)
{
    struct share *s = arg;
    fb_forest_depths(s->f, s->rows, s->n, s->depth);
    return NULL;
}

void fb_forest_depths_threads(const struct fb_forest *f, const float *rows, size_t n, unsigned threads,
                              int64_t *depth_q24)
{
    struct share s[THREADS_MAX];
    threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    size_t each = (n / threads / BLOCK + 1) * BLOCK, at = 0;
    for (unsigned k = 0; k < threads; k++) {
        size_t m = n - at < each ? n - at : each;
        s[k] = (struct share){.f = f, .rows = rows + at * f->width, .n = m, .depth = depth_q24 + at};
        at += m;
        s[k].started = k && m && pthread_create(&s[k].id, NULL, score_share, &s[k]) == 0;
    }
    for (unsigned k = 0; k < threads; k++)
        if (!s[k].started)
            score_share(&s[k]);
    for (unsigned k = 0; k < threads; k++)
        if (s[k].started)
            pthread_join(s[k].id, NULL);
}
