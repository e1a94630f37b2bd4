/* A whole case file, encrypted at rest (docs/encryption.md is normative).
 *
 * The file key is random; it lies in the header once for each way to open the file: wrapped under a
 * passphrase (Argon2id) or for the X25519 key of a recipient. The content follows as one XChaCha20-Poly1305
 * secretstream in messages of 64 KiB, bound to the header. Keys are wiped as soon as they are not needed. A
 * file that is read is untrusted. Functions are independent of each other and may be used by several threads.
 */
#ifndef FB_STORE_ENCRYPT_H
#define FB_STORE_ENCRYPT_H

#include "base/err.h"

#include <stddef.h>

#define FB_ENC_KEY_BYTES      32 /* X25519 keys, secret and public */
#define FB_ENC_RECIPIENTS_MAX 32
#define FB_ENC_PASSPHRASE_MAX 1024 /* bytes */

/* Who can open the file: a passphrase (NULL: none), recipients by public key, or both; at least one. */
struct fb_enc_to {
    const char *passphrase; /* NUL-terminated, taken as bytes */
    const uint8_t (*recipient)[FB_ENC_KEY_BYTES];
    size_t nrecipients;
};

/* What a reader has. `ask` is called at most once, and only when the file has a passphrase and `secret`
 * (NULL: none) does not open it; it fills a NUL-terminated passphrase. */
struct fb_enc_from {
    const uint8_t *secret; /* FB_ENC_KEY_BYTES of an X25519 secret key */
    enum fb_status (*ask)(void *ctx, char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err);
    void *ctx;
};

/* True when the file at `path` is a regular file that starts like an encrypted case. */
bool fb_encrypted_probe(const char *path);

/* Encrypts the file at `from` into a new file. FB_ERR_USAGE when `to` exists or nobody could open it. */
enum fb_status fb_encrypt_file(const char *from, const char *to, const struct fb_enc_to *who,
                               struct fb_err *err);

/* Decrypts into a new file of mode 0600, which is removed again when the content is not whole. FB_ERR_VERIFY:
 * wrong key or passphrase, or the file was cut, altered, reordered or has bytes behind its end. */
enum fb_status fb_decrypt_file(const char *from, const char *to, const struct fb_enc_from *keys,
                               struct fb_err *err);

/* Decrypts into memory from sodium_malloc (guarded, locked where the limits allow, not in core dumps); the
 * caller frees it with sodium_free, which wipes it. Nothing is written anywhere. */
enum fb_status fb_decrypt_memory(const char *from, const struct fb_enc_from *keys, uint8_t **out, size_t *n,
                                 struct fb_err *err);

#endif
