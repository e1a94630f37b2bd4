/* The model file (.fbmodel): docs/model-format.md. Canonical: a model has one form in bytes, whatever machine
 * wrote it. What is read is untrusted: every length, number and node is checked before it is used. */
#ifndef FB_MODEL_MODEL_FILE_H
#define FB_MODEL_MODEL_FILE_H

#include "model/model.h"

#define FB_MODEL_FILE_VERSION   1u
#define FB_MODEL_FILE_BYTES_MAX ((size_t)256 << 20)

#define FB_MODEL_SIGNER_MAX 128 /* with the NUL */

/* The signature of a model file. */
struct fb_model_signature {
    bool present;
    char name[FB_MODEL_SIGNER_MAX]; /* as the signer calls himself; untrusted */
    uint8_t pub[32], sig[64];
};

/* Ed25519 key: libsodium's 64 bytes, the second half of which is the public key. */
struct fb_model_signer {
    const char *name;
    const uint8_t *secret;
};

/* Appends the file to `out`; signer NULL: without a signature. FB_ERR_NOMEM when it grows over the ceiling of
 * the buffer. */
enum fb_status fb_model_put(const struct fb_model *m, const struct fb_model_signer *signer,
                            struct fb_buf *out, struct fb_err *err);

/* Reads n bytes. FB_ERR_INPUT: not a model, or damaged (the message says where); FB_ERR_NEWER; FB_ERR_VERIFY:
 * the signature does not belong to the content. `sig` may be NULL. Whether the key is trusted is for the
 * caller to say. */
enum fb_status fb_model_get(const uint8_t *p, size_t n, struct fb_model *out, struct fb_model_signature *sig,
                            struct fb_err *err);

/* The same with files. An existing file is replaced as a whole (written beside it, then renamed). */
enum fb_status fb_model_save(const struct fb_model *m, const struct fb_model_signer *signer, const char *path,
                             struct fb_err *err);
enum fb_status fb_model_load(const char *path, struct fb_model *out, struct fb_model_signature *sig,
                             struct fb_err *err);

/* The bytes over which the model's digest is taken, without the card (fb_model_train calls it). */
void fb_model_put_content(const struct fb_model *m, struct fb_buf *out);

#endif
