/* docs/model-format.md, the writing side. */
#include "model/model_file.h"
#include "model/model_format.h"

#include <sodium.h>

static void put_u8(struct fb_buf *b, unsigned v)
{
    fb_buf_putc(b, (char)v);
}

static void put_u32(struct fb_buf *b, uint32_t v)
{
    uint8_t p[4];
    fb_store_le32(p, v);
    fb_buf_put(b, p, sizeof p);
}

static void put_float(struct fb_buf *b, float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    put_u32(b, u);
}

static void put_encoding(struct fb_buf *b, const struct fb_encoding *e, size_t f)
{
    const char *name = fb_feature_defs[f].name;
    put_u8(b, (unsigned)strlen(name));
    fb_buf_puts(b, name);
    put_u8(b, (unsigned)e->kind);
    fb_buf_put_le64(b, (uint64_t)e->resolution);
    fb_buf_put_varint(b, e->ncats);
    for (uint32_t i = 0; i < e->ncats; i++) {
        fb_buf_put_le64(b, (uint64_t)e->cats[i].value);
        fb_buf_put_varint(b, e->cats[i].count);
    }
}

/* A node, then its subtrees. Depth is bounded by that of the forest. */
static void put_node(struct fb_buf *b, const struct fb_forest *f, uint32_t root, uint32_t at)
{
    const struct fb_node *n = fb_forest_node(f, root + at);
    const float *w = fb_forest_weights(f, root + at);
    fb_buf_put_varint(b, (uint64_t)n->rows << 1 | (n->left == 0));
    if (!n->left)
        return;
    unsigned mask = 0;
    for (uint32_t j = 0; j < f->dims; j++)
        mask |= w[j] != 0 ? 1u << j : 0;
    put_float(b, n->threshold);
    fb_buf_put_varint(b, mask);
    for (uint32_t j = 0; j < f->dims; j++)
        if (w[j] != 0)
            put_float(b, w[j]);
    put_node(b, f, root, n->left);
    put_node(b, f, root, n->left + 1);
}

static void put_params(struct fb_buf *b, const struct fb_model *m)
{
    const struct fb_forest_params *p = &m->params.forest;
    put_u32(b, FB_NFEATURES);
    put_u32(b, p->trees);
    put_u32(b, p->sample);
    put_u32(b, p->ext);
    put_u32(b, p->split);
    fb_buf_put_le64(b, p->seed);
    put_u32(b, m->params.percentile_ppm[0]);
    put_u32(b, m->params.percentile_ppm[1]);
    put_u32(b, m->params.min_distinct);
    fb_buf_put_le64(b, m->seen);
    fb_buf_put_le64(b, m->left_out);
    put_u32(b, m->rows);
    put_u32(b, m->distinct);
}

/* Ascending numbers: the first, then the steps. */
static void put_ascending(struct fb_buf *b, const int64_t *v, size_t n)
{
    fb_buf_put_varint(b, fb_zigzag(v[0]));
    for (size_t i = 1; i < n; i++)
        fb_buf_put_varint(b, (uint64_t)v[i] - (uint64_t)v[i - 1]);
}

void fb_model_put_content(const struct fb_model *m, struct fb_buf *out)
{
    put_params(out, m);
    for (size_t f = 0; f < FB_NFEATURES; f++)
        put_encoding(out, &m->enc[f], f);
    for (uint32_t t = 0; t < m->forest.params.trees; t++)
        put_node(out, &m->forest, m->forest.first[t], 0);
    put_ascending(out, m->depths, m->ndepths);
    for (size_t f = 0; f < FB_NFEATURES; f++)
        put_ascending(out, m->quantile[f], FB_MODEL_QUANTILES);
    put_u32(out, m->nreference);
    for (uint32_t i = 0; i < m->nreference; i++)
        for (size_t f = 0; f < FB_NFEATURES; f++)
            fb_buf_put_varint(out, (uint64_t)m->reference[i].v[f]);
    if (m->napart) { /* never in a file */
        put_u32(out, m->napart);
        put_u32(out, m->threshold[0].budget);
        put_u32(out, m->threshold[1].budget);
    }
}

static void put_text(struct fb_buf *b, const char *s)
{
    fb_buf_put_varint(b, strlen(s));
    fb_buf_puts(b, s);
}

static void put_card(const struct fb_model_card *c, struct fb_buf *out)
{
    put_text(out, c->tool);
    put_text(out, c->note);
    fb_buf_put_varint(out, c->ncases);
    for (uint32_t i = 0; i < c->ncases; i++)
        fb_buf_put(out, c->cases[i].b, FB_DIGEST_LEN);
}

void fb_model_sign_message(const struct fb_digest *file, const char *name, struct fb_digest *out)
{
    struct fb_digest_state h;
    fb_digest_init(&h, "fb-model-sign");
    fb_digest_update_field(&h, file->b, sizeof file->b);
    fb_digest_update_field(&h, name, strlen(name));
    fb_digest_final(&h, out);
}

static void put_signature(struct fb_buf *b, const struct fb_model_signer *s, const struct fb_digest *file)
{
    struct fb_digest message;
    uint8_t sig[64];
    fb_model_sign_message(file, s->name, &message);
    crypto_sign_detached(sig, NULL, message.b, sizeof message.b, s->secret);
    put_text(b, s->name);
    fb_buf_put(b, s->secret + 32, 32);
    fb_buf_put(b, sig, sizeof sig);
}

enum fb_status fb_model_put(const struct fb_model *m, const struct fb_model_signer *signer,
                            struct fb_buf *out, struct fb_err *err)
{
    struct fb_buf content, card;
    struct fb_digest_state h;
    struct fb_digest file;
    if (signer && (strlen(signer->name) >= FB_MODEL_SIGNER_MAX || sodium_init() < 0))
        return fb_err_set(err, FB_ERR_USAGE, "the name of a signer has at most %d bytes",
                          FB_MODEL_SIGNER_MAX - 1);
    fb_buf_init(&content, FB_MODEL_FILE_BYTES_MAX);
    fb_buf_init(&card, FB_MODEL_FILE_BYTES_MAX);
    fb_model_put_content(m, &content);
    put_card(&m->card, &card);
    size_t start = out->len;
    fb_buf_put(out, FB_MODEL_MAGIC, 8);
    put_u32(out, FB_MODEL_FILE_VERSION);
    put_u32(out, signer ? FB_MODEL_SIGNED : 0);
    fb_buf_put_le64(out, content.len);
    fb_buf_put(out, content.data, content.len);
    fb_buf_put(out, m->digest.b, sizeof m->digest.b);
    fb_buf_put_le64(out, card.len);
    fb_buf_put(out, card.data, card.len);
    if (!out->failed) {
        fb_digest_init(&h, "fb-model-file");
        fb_digest_update_field(&h, out->data + start, out->len - start);
        fb_digest_final(&h, &file);
        fb_buf_put(out, file.b, sizeof file.b);
        if (signer)
            put_signature(out, signer, &file);
    }
    bool failed = out->failed || content.failed || card.failed;
    fb_buf_release(&content);
    fb_buf_release(&card);
    return failed ? fb_err_nomem(err, "the model file") : FB_OK;
}
