/* Model files and serialised samples from strangers. What is accepted must score and explain, and be written
 * back as it was read. */
#include "base/cursor.h"
#include "model/explain.h"
#include "model/model_file.h"

static const struct fb_features ROW = {
    {1, 2000000, 4000, 10, 300000, 1000000, 400000, 500000, 9000, 0, 4, 443}};

/* An unsigned file gets the digests of its bytes, so that the parser is reached. */
static void mend_digests(uint8_t *p, size_t n)
{
    struct fb_digest_state h;
    struct fb_digest d;
    if (n < 24 + 32 + 8 + 32)
        return;
    uint64_t content = fb_load_le64(p + 16);
    if (content > n - (24 + 32 + 8 + 32))
        return;
    fb_digest_init(&h, "fb-model");
    fb_digest_update_field(&h, p + 24, (size_t)content);
    fb_digest_final(&h, &d);
    memcpy(p + 24 + content, d.b, sizeof d.b);
    fb_digest_init(&h, "fb-model-file");
    fb_digest_update_field(&h, p, n - sizeof d.b);
    fb_digest_final(&h, &d);
    memcpy(p + n - sizeof d.b, d.b, sizeof d.b);
}

static void try_model(const uint8_t *p, size_t n)
{
    struct fb_model m;
    struct fb_model_signature sig;
    struct fb_explanation e;
    struct fb_buf again;
    if (fb_model_get(p, n, &m, &sig, NULL) != FB_OK)
        return;
    if (fb_model_explain(&m, &ROW, &e, NULL) != FB_OK)
        abort();
    fb_buf_init(&again, FB_MODEL_FILE_BYTES_MAX);
    if (!sig.present &&
        (fb_model_put(&m, NULL, &again, NULL) != FB_OK || again.len != n || memcmp(again.data, p, n) != 0))
        abort();
    fb_buf_release(&again);
    fb_model_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    struct fb_sample s;
    if (fb_sample_get(&s, &c, NULL) == FB_OK)
        fb_sample_release(&s);
    uint8_t *own = malloc(n + 1);
    if (!own)
        return 0;
    if (n)
        memcpy(own, p, n);
    try_model(own, n);
    mend_digests(own, n);
    try_model(own, n);
    free(own);
    return 0;
}
