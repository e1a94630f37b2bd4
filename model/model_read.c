/* docs/model-format.md, the reading side. Nothing in a file is believed: sizes are bounded by the bytes that
 * are there, trees are rebuilt node by node, and what follows from other parts is computed again. */
#include "base/memory.h"
#include "model/model_derive.h"
#include "model/model_file.h"
#include "model/model_format.h"

#include <sodium.h>

#define WEIGHT_MAX    0x1p80f /* |w| and |threshold|: what keeps products with encoded values finite */
#define THRESHOLD_MAX 0x1p110f

static enum fb_status damaged(struct fb_err *err, const char *what)
{
    return fb_err_set(err, FB_ERR_INPUT, "the model file is damaged: %s", what);
}

static float get_float(struct fb_cur *c)
{
    uint32_t u = fb_cur_le32(c);
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

static bool within(float v, float max)
{
    return v >= -max && v <= max; /* false for NaN */
}

/* A varint in its shortest form: one number has one form. */
static uint64_t get_varint(struct fb_cur *c)
{
    const uint8_t *start = c->p;
    uint64_t v = fb_cur_varint(c);
    if (fb_cur_ok(c) && c->p - start > 1 && c->p[-1] == 0)
        fb_cur_skip(c, SIZE_MAX);
    return v;
}

static bool get_params(struct fb_cur *c, struct fb_model *m)
{
    struct fb_forest_params *p = &m->params.forest;
    uint32_t dims = fb_cur_le32(c);
    p->trees = fb_cur_le32(c);
    p->sample = fb_cur_le32(c);
    p->ext = fb_cur_le32(c);
    p->split = (enum fb_split)fb_cur_le32(c);
    p->seed = fb_cur_le64(c);
    m->params.percentile_ppm[0] = fb_cur_le32(c);
    m->params.percentile_ppm[1] = fb_cur_le32(c);
    m->params.min_distinct = fb_cur_le32(c);
    m->seen = fb_cur_le64(c);
    m->left_out = fb_cur_le64(c);
    m->rows = fb_cur_le32(c);
    m->distinct = fb_cur_le32(c);
    return fb_cur_ok(c) && dims == FB_NFEATURES && p->trees >= 1 && p->trees <= FB_FOREST_TREES_MAX &&
           p->sample >= 2 && p->sample <= FB_FOREST_SAMPLE_MAX && p->ext < FB_NFEATURES &&
           (p->split == FB_SPLIT_INVARIANT || p->split == FB_SPLIT_PAPER) &&
           m->params.percentile_ppm[0] < m->params.percentile_ppm[1] &&
           m->params.percentile_ppm[1] < 1000000 && m->rows >= p->sample && m->rows <= FB_SAMPLE_SIZE_MAX &&
           m->distinct <= m->rows && m->params.min_distinct >= 2 && m->distinct >= m->params.min_distinct;
}

/* The resolution is part of what a code means; another one than this version's is allowed. */
static enum fb_status get_encoding(struct fb_cur *c, struct fb_model *m, size_t f, struct fb_err *err)
{
    struct fb_encoding *e = &m->enc[f];
    const char *name = fb_feature_defs[f].name;
    uint8_t n = fb_cur_u8(c);
    const uint8_t *text = fb_cur_take(c, n);
    if (!text || n != strlen(name) || memcmp(text, name, n) != 0)
        return damaged(err, "its features are not those of this version");
    e->kind = (enum fb_feature_kind)fb_cur_u8(c);
    e->resolution = (int64_t)fb_cur_le64(c);
    uint64_t ncats = get_varint(c), total = 0;
    if (e->kind != fb_feature_defs[f].kind || e->resolution < 1 || e->resolution > 1 << 30 ||
        ncats > m->rows || ncats > fb_cur_left(c) / 9 || (e->kind == FB_FK_CATEGORY) != (ncats > 0))
        return damaged(err, "an encoding");
    if (ncats == 0)
        return fb_cur_ok(c) ? FB_OK : damaged(err, "an encoding");
    e->cats = fb_calloc((size_t)ncats, sizeof *e->cats);
    if (!e->cats)
        return fb_err_nomem(err, "the model");
    for (uint32_t i = 0; i < ncats; i++) {
        int64_t value = (int64_t)fb_cur_le64(c);
        uint64_t count = get_varint(c);
        total += count;
        if (!fb_cur_ok(c) || count < 1 || count > m->rows || total > m->rows || value < 0 ||
            (i && value <= e->cats[i - 1].value))
            return damaged(err, "a table of categories");
        e->cats[i] = (struct fb_category){.value = value, .count = (uint32_t)count};
    }
    e->ncats = (uint32_t)ncats;
    if (total != m->rows)
        return damaged(err, "a table of categories");
    fb_encoding_set_codes(e, m->rows);
    return FB_OK;
}

/* The forest while it is read. */
struct grower {
    struct fb_cur *c;
    struct fb_forest *f;
    uint32_t n, cap, root; /* nodes of all trees; where the tree at hand starts */
    const int32_t *leaf;   /* fb_forest_leaf_values */
    bool nomem;
};

static bool add_nodes(struct grower *g, uint32_t n)
{
    struct fb_forest *f = g->f;
    if (g->n + n > g->cap) {
        void *block = NULL;
        uint32_t cap = g->cap ? g->cap * 2 : 4096;
        if (cap > FB_FOREST_NODES_MAX)
            return false;
        if (posix_memalign(&block, 64, cap * f->stride) != 0) {
            g->nomem = true;
            return false;
        }
        if (g->n)
            memcpy(block, f->nodes, g->n * f->stride);
        free(f->nodes);
        f->nodes = block;
        g->cap = cap;
    }
    memset(f->nodes + g->n * f->stride, 0, n * f->stride);
    g->n += n;
    return true;
}

static bool get_weights(struct grower *g, uint32_t node)
{
    struct fb_forest *f = g->f;
    float *w = (float *)(void *)(f->nodes + node * f->stride);
    float threshold = get_float(g->c);
    uint64_t mask = get_varint(g->c);
    if (!within(threshold, THRESHOLD_MAX) || mask >> f->dims)
        return false;
    for (uint32_t j = 0; j < f->dims; j++) {
        if (!(mask >> j & 1))
            continue;
        w[j] = get_float(g->c);
        if (!within(w[j], WEIGHT_MAX) || w[j] == 0)
            return false;
    }
    ((struct fb_node *)(void *)(f->nodes + node * f->stride + f->width * sizeof(float)))->threshold =
        threshold;
    return fb_cur_ok(g->c);
}

/* A node, which has at most `most` rows, and what is below it; depth is bounded by that of the forest, at
 * most 16. */
static bool get_node(struct grower *g, uint32_t at, uint32_t depth, uint32_t most, uint32_t *rows)
{
    struct fb_forest *f = g->f;
    uint32_t node = g->root + at, left, a, b;
    uint64_t word = get_varint(g->c);
    if (!fb_cur_ok(g->c) || word >> 1 > most)
        return false;
    *rows = (uint32_t)(word >> 1);
    struct fb_node made = {.rows = *rows};
    if (word & 1) {
        made.leaf_q24 = (int32_t)(depth << 24) + g->leaf[*rows];
    } else {
        left = g->n - g->root;
        if (depth >= f->depth_max || *rows < 2 || !get_weights(g, node) || !add_nodes(g, 2) ||
            !get_node(g, left, depth + 1, *rows, &a) || !get_node(g, left + 1, depth + 1, *rows, &b) ||
            (uint64_t)a + b != *rows)
            return false;
        made.left = left;
        made.threshold = fb_forest_node(f, node)->threshold;
    }
    memcpy(f->nodes + node * f->stride + f->width * sizeof(float), &made, sizeof made);
    return true;
}

static enum fb_status get_trees(struct grower *g, struct fb_err *err)
{
    struct fb_forest *f = g->f;
    for (uint32_t t = 0; t < f->params.trees; t++) {
        uint32_t rows = 0;
        g->root = f->first[t] = g->n;
        if (!add_nodes(g, 1) || !get_node(g, 0, 0, f->params.sample, &rows) || rows != f->params.sample)
            return g->nomem ? fb_err_nomem(err, "the model") : damaged(err, "a tree of the forest");
    }
    f->first[f->params.trees] = g->n;
    return FB_OK;
}

static enum fb_status get_forest(struct fb_cur *c, struct fb_model *m, struct fb_err *err)
{
    struct fb_forest *f = &m->forest;
    *f = (struct fb_forest){.params = m->params.forest, .dims = FB_NFEATURES};
    fb_forest_shape(f);
    f->first = fb_malloc(((size_t)f->params.trees + 1) * sizeof *f->first);
    int32_t *leaf = fb_forest_leaf_values(f->params.split, f->params.sample);
    struct grower g = {.c = c, .f = f, .leaf = leaf};
    enum fb_status st = f->first && leaf ? get_trees(&g, err) : fb_err_nomem(err, "the model");
    free(leaf);
    return st;
}

/* Ascending numbers, none negative. */
static bool get_ascending(struct fb_cur *c, int64_t *v, size_t n)
{
    v[0] = fb_unzigzag(get_varint(c));
    for (size_t i = 1; i < n; i++) {
        uint64_t step = get_varint(c);
        if (v[0] < 0 || step > (uint64_t)INT64_MAX - (uint64_t)v[i - 1])
            return false;
        v[i] = v[i - 1] + (int64_t)step;
    }
    return fb_cur_ok(c) && v[0] >= 0;
}

static enum fb_status get_distributions(struct fb_cur *c, struct fb_model *m, struct fb_err *err)
{
    if (m->rows > fb_cur_left(c))
        return damaged(err, "the scores of its training rows");
    m->depths = fb_malloc(m->rows * sizeof *m->depths);
    if (!m->depths)
        return fb_err_nomem(err, "the model");
    if (!get_ascending(c, m->depths, m->rows))
        return damaged(err, "the scores of its training rows");
    for (size_t f = 0; f < FB_NFEATURES; f++)
        if (!get_ascending(c, m->quantile[f], FB_MODEL_QUANTILES))
            return damaged(err, "the distribution of a feature");
    return FB_OK;
}

static enum fb_status get_reference(struct fb_cur *c, struct fb_model *m, struct fb_err *err)
{
    m->nreference = fb_cur_le32(c);
    uint32_t want = m->rows < FB_MODEL_REFERENCE ? m->rows : FB_MODEL_REFERENCE;
    if (m->nreference != want || want > fb_cur_left(c) / FB_NFEATURES)
        return damaged(err, "the reference rows");
    m->reference = fb_malloc(want * sizeof *m->reference);
    if (!m->reference)
        return fb_err_nomem(err, "the model");
    for (uint32_t i = 0; i < want; i++)
        for (size_t f = 0; f < FB_NFEATURES; f++) {
            uint64_t v = get_varint(c);
            if (v > (uint64_t)fb_feature_defs[f].max)
                return damaged(err, "the reference rows");
            m->reference[i].v[f] = (int64_t)v;
        }
    return fb_cur_ok(c) && fb_cur_left(c) == 0 ? FB_OK : damaged(err, "the reference rows");
}

static enum fb_status get_content(struct fb_cur c, struct fb_model *m, struct fb_err *err)
{
    if (!get_params(&c, m))
        return damaged(err, "its parameters");
    for (size_t f = 0; f < FB_NFEATURES; f++)
        FB_TRY(get_encoding(&c, m, f, err));
    FB_TRY(get_forest(&c, m, err));
    FB_TRY(get_distributions(&c, m, err));
    FB_TRY(get_reference(&c, m, err));
    return fb_model_derive(m, err);
}

/* A text without NUL into a field of `size` bytes. */
static bool get_text(struct fb_cur *c, char *out, size_t size)
{
    uint64_t n = get_varint(c);
    if (n >= size)
        return false;
    const uint8_t *p = fb_cur_take(c, (size_t)n);
    if (!p || memchr(p, 0, (size_t)n))
        return false;
    memcpy(out, p, (size_t)n);
    out[n] = '\0';
    return true;
}

static enum fb_status get_card(struct fb_cur c, struct fb_model *m, struct fb_err *err)
{
    struct fb_model_card *card = &m->card;
    bool texts = get_text(&c, card->tool, sizeof card->tool) && get_text(&c, card->note, sizeof card->note);
    uint64_t n = get_varint(&c);
    if (!texts || !fb_cur_ok(&c) || n > FB_MODEL_CASES_MAX || n * FB_DIGEST_LEN != fb_cur_left(&c))
        return damaged(err, "its card");
    for (uint64_t i = 0; i < n; i++) {
        struct fb_digest d;
        memcpy(d.b, fb_cur_take(&c, sizeof d.b), sizeof d.b);
        FB_TRY(fb_model_card_add_case(m, &d, err));
        if (card->ncases != i + 1 || memcmp(card->cases[i].b, d.b, sizeof d.b) != 0)
            return damaged(err, "its card");
    }
    return FB_OK;
}

static enum fb_status get_signature(struct fb_cur *c, const struct fb_digest *file,
                                    struct fb_model_signature *sig, struct fb_err *err)
{
    struct fb_digest message;
    if (!get_text(c, sig->name, sizeof sig->name) || fb_cur_left(c) != sizeof sig->pub + sizeof sig->sig)
        return damaged(err, "its signature");
    memcpy(sig->pub, fb_cur_take(c, sizeof sig->pub), sizeof sig->pub);
    memcpy(sig->sig, fb_cur_take(c, sizeof sig->sig), sizeof sig->sig);
    fb_model_sign_message(file, sig->name, &message);
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium cannot be started");
    if (crypto_sign_verify_detached(sig->sig, message.b, sizeof message.b, sig->pub) != 0)
        return fb_err_set(err, FB_ERR_VERIFY, "the signature does not belong to this model file");
    sig->present = true;
    return FB_OK;
}

/* The parts of a file, their digests held against them. */
static enum fb_status get_frame(const uint8_t *p, size_t n, struct fb_cur *content, struct fb_digest *digest,
                                struct fb_cur *card, struct fb_model_signature *sig, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(p, n);
    const uint8_t *magic = fb_cur_take(&c, 8);
    struct fb_digest_state h;
    struct fb_digest file;
    if (!magic || memcmp(magic, FB_MODEL_MAGIC, 8) != 0)
        return fb_err_set(err, FB_ERR_INPUT, "this is not a model file");
    uint32_t version = fb_cur_le32(&c), flags = fb_cur_le32(&c);
    if (fb_cur_ok(&c) && version > FB_MODEL_FILE_VERSION)
        return fb_err_set(err, FB_ERR_NEWER, "this model file has version %u; this program knows up to %u",
                          version, FB_MODEL_FILE_VERSION);
    uint64_t size = fb_cur_le64(&c);
    if (!fb_cur_ok(&c) || version == 0 || flags > FB_MODEL_SIGNED || size > fb_cur_left(&c))
        return damaged(err, "its head");
    *content = fb_cur_sub(&c, (size_t)size);
    const uint8_t *d = fb_cur_take(&c, sizeof digest->b);
    size = fb_cur_le64(&c);
    if (!d || !fb_cur_ok(&c) || size > fb_cur_left(&c))
        return damaged(err, "it was cut off");
    memcpy(digest->b, d, sizeof digest->b);
    *card = fb_cur_sub(&c, (size_t)size);
    fb_digest_init(&h, "fb-model-file");
    fb_digest_update_field(&h, p, (size_t)(c.p - p));
    fb_digest_final(&h, &file);
    d = fb_cur_take(&c, sizeof file.b);
    if (!d || memcmp(d, file.b, sizeof file.b) != 0)
        return damaged(err, "its digest does not hold");
    if (flags & FB_MODEL_SIGNED)
        return get_signature(&c, &file, sig, err);
    return fb_cur_left(&c) == 0 ? FB_OK : damaged(err, "something follows its end");
}

enum fb_status fb_model_get(const uint8_t *p, size_t n, struct fb_model *out, struct fb_model_signature *sig,
                            struct fb_err *err)
{
    struct fb_model_signature own;
    struct fb_cur content, card;
    struct fb_digest digest;
    *out = (struct fb_model){0};
    own = (struct fb_model_signature){0};
    FB_TRY(get_frame(p, n, &content, &digest, &card, &own, err));
    enum fb_status st = get_content(content, out, err);
    if (st == FB_OK)
        st = get_card(card, out, err);
    if (st == FB_OK && memcmp(digest.b, out->digest.b, sizeof digest.b) != 0)
        st = damaged(err, "its content is not in canonical form");
    if (st != FB_OK)
        fb_model_release(out);
    else if (sig)
        *sig = own;
    return st;
}
