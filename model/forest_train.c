#include "base/memory.h"
#include "model/forest.h"
#include "model/philox.h"

#include <pthread.h>

#define THREADS_MAX 64u

typedef float v4 __attribute__((vector_size(16)));

float fb_forest_dot(const float *w, const float *x, uint32_t width)
{
    v4 s = {0, 0, 0, 0}, a, b;
    for (uint32_t j = 0; j < width; j += 4) {
        memcpy(&a, w + j, sizeof a);
        memcpy(&b, x + j, sizeof b);
        s = j ? s + a * b : a * b;
    }
    return (s[0] + s[2]) + (s[1] + s[3]);
}

/* One tree under construction. Its nodes lie as in the forest. */
struct tree {
    const struct fb_forest *f;
    unsigned char *nodes;
    uint32_t n, cap;
    uint32_t number;
};

/* What a thread works with. */
struct worker {
    const struct fb_forest *f;
    const float *rows;   /* of training */
    const int32_t *leaf; /* fb_forest_leaf_values */
    uint32_t nrows;
    uint32_t from, step; /* its trees */
    struct tree *trees;
    float *own;       /* the rows of the tree at hand */
    uint32_t *order;  /* of them, cut into the nodes */
    uint8_t *taken;   /* a bit for each row of training */
    struct tree *now; /* the tree at hand */
    bool failed;
    pthread_t id;
    bool started;
};

static float *weights_of(const struct tree *t, uint32_t i)
{
    return (float *)(void *)(t->nodes + i * t->f->stride);
}

static struct fb_node *node_of(const struct tree *t, uint32_t i)
{
    return (struct fb_node *)(void *)(t->nodes + i * t->f->stride + t->f->width * sizeof(float));
}

/* Appends n zeroed nodes. */
static bool add_nodes(struct tree *t, uint32_t n)
{
    if (t->n + n > t->cap) {
        uint32_t cap = t->cap ? t->cap * 2 : 256;
        if (cap > FB_FOREST_NODES_MAX)
            return false;
        unsigned char *p = fb_realloc(t->nodes, cap * t->f->stride);
        if (!p)
            return false;
        t->nodes = p;
        t->cap = cap;
    }
    memset(t->nodes + t->n * t->f->stride, 0, n * t->f->stride);
    t->n += n;
    return true;
}

/* The part of a tree's rows that reached a node, and where that node is. */
struct part {
    uint32_t node, low, high; /* order[low .. high) */
    uint32_t depth, path;     /* path: 1 at the root, then 2p and 2p + 1 */
};

static void set_leaf(const struct worker *w, const struct part *p)
{
    uint32_t n = p->high - p->low;
    memset(weights_of(w->now, p->node), 0, w->f->width * sizeof(float));
    *node_of(w->now, p->node) = (struct fb_node){
        .leaf_q24 = (int32_t)(p->depth << 24) + w->leaf[n],
        .rows = n,
    };
}

static void ranges(const struct worker *w, const struct part *p, float *min, float *max)
{
    const uint32_t width = w->f->width;
    const float *first = w->own + (size_t)w->order[p->low] * width;
    memcpy(min, first, width * sizeof *min);
    memcpy(max, first, width * sizeof *max);
    for (uint32_t i = p->low + 1; i < p->high; i++) {
        const float *row = w->own + (size_t)w->order[i] * width;
        for (uint32_t j = 0; j < width; j++) {
            min[j] = row[j] < min[j] ? row[j] : min[j];
            max[j] = row[j] > max[j] ? row[j] : max[j];
        }
    }
}

/* Columns that may take part in the split: all of them as published, else those that vary. */
static uint32_t candidates(const struct fb_forest *f, const float *min, const float *max, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t j = 0; j < f->dims; j++)
        if (f->params.split == FB_SPLIT_PAPER || max[j] - min[j] >= FB_FOREST_RANGE_MIN)
            out[n++] = j;
    return n;
}

/* Draws the hyperplane of a node: a point in the box of its rows, and a direction in which ext + 1 of the
 * candidates take part. False when no column varies. */
static bool draw_split(const struct worker *w, const struct part *p)
{
    const struct fb_forest *f = w->f;
    float min[FB_FOREST_DIMS_MAX], max[FB_FOREST_DIMS_MAX], point[FB_FOREST_DIMS_MAX] = {0};
    float direction[FB_FOREST_DIMS_MAX];
    uint32_t cand[FB_FOREST_DIMS_MAX];
    ranges(w, p, min, max);
    uint32_t n = candidates(f, min, max, cand);
    if (n == 0)
        return false;
    struct fb_draws d = fb_draws_init(f->params.seed, w->now->number, p->path, FB_DRAW_SPLIT);
    for (uint32_t j = 0; j < f->dims; j++) {
        float unit = fb_draw_unit(&d);
        float off = unit * (max[j] - min[j]);
        point[j] = min[j] + off;
        direction[j] = fb_draw_normal(&d);
    }
    float *weight = weights_of(w->now, p->node);
    uint32_t keep = f->params.ext + 1 < n ? f->params.ext + 1 : n;
    for (uint32_t i = 0; i < keep; i++) {
        uint32_t k = i + (n - i > 1 && keep < n ? fb_draw_below(&d, n - i) : 0);
        uint32_t j = cand[k];
        cand[k] = cand[i];
        cand[i] = j;
        weight[j] = f->params.split == FB_SPLIT_PAPER ? direction[j] : direction[j] / (max[j] - min[j]);
    }
    node_of(w->now, p->node)->threshold = fb_forest_dot(weight, point, f->width);
    return true;
}

/* Rows below the threshold to the front; returns how far they reach. */
static uint32_t cut(const struct worker *w, const struct part *p)
{
    const float *weight = weights_of(w->now, p->node);
    const float threshold = node_of(w->now, p->node)->threshold;
    uint32_t i = p->low, j = p->high;
    while (i < j) {
        const float *row = w->own + (size_t)w->order[i] * w->f->width;
        if (fb_forest_dot(weight, row, w->f->width) < threshold) {
            i++;
        } else {
            uint32_t t = w->order[i];
            w->order[i] = w->order[--j];
            w->order[j] = t;
        }
    }
    return i;
}

/* Depth is bounded by depth_max <= 16. */
static bool grow(struct worker *w, struct part p)
{
    uint32_t n = p.high - p.low;
    if (n <= 1 || p.depth >= w->f->depth_max || !draw_split(w, &p)) {
        set_leaf(w, &p);
        return true;
    }
    uint32_t mid = cut(w, &p), left = w->now->n;
    if (!add_nodes(w->now, 2))
        return false;
    node_of(w->now, p.node)->left = left;
    node_of(w->now, p.node)->rows = n;
    return grow(w, (struct part){left, p.low, mid, p.depth + 1, p.path * 2}) &&
           grow(w, (struct part){left + 1, mid, p.high, p.depth + 1, p.path * 2 + 1});
}

/* The rows of a tree: a simple random sample without repetition (Bentley, Floyd: A sample of brilliance, CACM
 * 1987). */
static void pick_rows(struct worker *w)
{
    const uint32_t want = w->f->params.sample, width = w->f->width;
    struct fb_draws d = fb_draws_init(w->f->params.seed, w->now->number, 0, FB_DRAW_ROWS);
    memset(w->taken, 0, w->nrows / 8 + 1);
    for (uint32_t i = 0; i < want; i++) {
        uint32_t top = w->nrows - want + i;
        uint32_t row = want < w->nrows ? fb_draw_below(&d, top + 1) : i;
        if (w->taken[row / 8] >> (row % 8) & 1)
            row = top;
        w->taken[row / 8] |= (uint8_t)(1u << (row % 8));
        memcpy(w->own + (size_t)i * width, w->rows + (size_t)row * width, width * sizeof(float));
        w->order[i] = i;
    }
}

static void *work(void *arg)
{
    struct worker *w = arg;
    const uint32_t sample = w->f->params.sample;
    w->own = fb_malloc((size_t)sample * w->f->width * sizeof(float));
    w->order = fb_malloc((size_t)sample * sizeof *w->order);
    w->taken = fb_malloc(w->nrows / 8 + 1);
    w->failed = !w->own || !w->order || !w->taken;
    for (uint32_t t = w->from; !w->failed && t < w->f->params.trees; t += w->step) {
        w->now = &w->trees[t];
        w->now->f = w->f;
        w->now->number = t;
        pick_rows(w);
        w->failed = !add_nodes(w->now, 1) || !grow(w, (struct part){0, 0, sample, 0, 1});
    }
    free(w->own);
    free(w->order);
    free(w->taken);
    return NULL;
}

static enum fb_status check(const struct fb_forest_params *p, size_t n, uint32_t dims, struct fb_err *err)
{
    if (dims < 1 || dims > FB_FOREST_DIMS_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a forest has 1 to %u dimensions, not %u", FB_FOREST_DIMS_MAX,
                          dims);
    if (p->trees < 1 || p->trees > FB_FOREST_TREES_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a forest has 1 to %u trees, not %u", FB_FOREST_TREES_MAX,
                          p->trees);
    if (p->sample < 2 || p->sample > FB_FOREST_SAMPLE_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a tree is made of 2 to %u rows, not %u", FB_FOREST_SAMPLE_MAX,
                          p->sample);
    if (p->split != FB_SPLIT_INVARIANT && p->split != FB_SPLIT_PAPER)
        return fb_err_set(err, FB_ERR_USAGE, "there is no kind of split %u", (unsigned)p->split);
    if (n < 2 || n > UINT32_MAX / 2)
        return fb_err_set(err, FB_ERR_USAGE, "a forest cannot be trained on %zu rows", n);
    return FB_OK;
}

/* The trees one after the other into one block. */
static enum fb_status collect(struct fb_forest *f, const struct tree *trees, struct fb_err *err)
{
    uint64_t total = 0;
    for (uint32_t t = 0; t < f->params.trees; t++)
        total += trees[t].n;
    if (total > FB_FOREST_NODES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "the forest would have more than %u nodes: fewer trees or rows",
                          FB_FOREST_NODES_MAX);
    f->first = fb_malloc(((size_t)f->params.trees + 1) * sizeof *f->first);
    /* Nodes of up to twelve dimensions are a cache line each. */
    void *block = NULL;
    if (posix_memalign(&block, 64, total * f->stride) != 0)
        block = NULL;
    f->nodes = block;
    if (!f->first || !f->nodes)
        return fb_err_nomem(err, "the forest");
    uint32_t at = 0;
    for (uint32_t t = 0; t < f->params.trees; t++) {
        f->first[t] = at;
        memcpy(f->nodes + at * f->stride, trees[t].nodes, trees[t].n * f->stride);
        at += trees[t].n;
    }
    f->first[f->params.trees] = at;
    return FB_OK;
}

static bool run_workers(struct fb_forest *f, const float *rows, uint32_t n, unsigned threads,
                        struct tree *trees)
{
    struct worker w[THREADS_MAX];
    int32_t *leaf = fb_forest_leaf_values(f->params.split, f->params.sample);
    if (!leaf)
        return false;
    threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    for (uint32_t k = 0; k < threads; k++)
        w[k] = (struct worker){
            .f = f, .rows = rows, .nrows = n, .from = k, .step = threads, .trees = trees, .leaf = leaf};
    for (uint32_t k = 1; k < threads; k++)
        w[k].started = pthread_create(&w[k].id, NULL, work, &w[k]) == 0;
    bool ok = true;
    for (uint32_t k = 0; k < threads; k++) {
        if (w[k].started)
            pthread_join(w[k].id, NULL);
        else
            work(&w[k]);
        ok = ok && !w[k].failed;
    }
    free(leaf);
    return ok;
}

enum fb_status fb_forest_train(const struct fb_forest_params *params, const float *rows, size_t n,
                               uint32_t dims, unsigned threads, struct fb_forest *out, struct fb_err *err)
{
    *out = (struct fb_forest){.params = *params, .dims = dims};
    FB_TRY(check(params, n, dims, err));
    if (out->params.sample > n)
        out->params.sample = (uint32_t)n;
    if (out->params.ext > dims - 1)
        out->params.ext = dims - 1;
    fb_forest_shape(out);
    struct tree *trees = fb_calloc(params->trees, sizeof *trees);
    if (!trees)
        return fb_err_nomem(err, "the forest");
    enum fb_status st = FB_OK;
    if (!run_workers(out, rows, (uint32_t)n, threads, trees))
        st = fb_err_nomem(err, "the forest");
    if (st == FB_OK)
        st = collect(out, trees, err);
    for (uint32_t t = 0; t < params->trees; t++)
        free(trees[t].nodes);
    free(trees);
    if (st != FB_OK)
        fb_forest_release(out);
    return st;
}

void fb_forest_release(struct fb_forest *f)
{
    free(f->first);
    free(f->nodes);
    f->first = NULL;
    f->nodes = NULL;
}
