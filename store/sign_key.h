/* Keys of examiners: Ed25519, the secret half locked with a passphrase (Argon2id and XSalsa20-Poly1305, all
 * through libsodium). docs/case-format.md, "Keys", has the two file formats. Secrets are wiped on release. */
#ifndef FB_STORE_SIGN_KEY_H
#define FB_STORE_SIGN_KEY_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FB_KEY_NAME_MAX 128 /* with the NUL */
#define FB_PUBLIC_LEN   32
#define FB_SIG_LEN      64

struct fb_public_key {
    char name[FB_KEY_NAME_MAX]; /* of the examiner, as the key file says */
    uint8_t pub[FB_PUBLIC_LEN];
};

struct fb_sign_key {
    struct fb_public_key id;
    uint8_t sec[64];
};

/* Cost of trying a passphrase: 256 MiB and three passes, or a small one for tests. */
enum fb_key_cost { FB_KEY_COST_USUAL, FB_KEY_COST_LOW };

/* Makes a key pair: `path` (mode 0600) and `path`.pub. Existing files are left alone (FB_ERR_USAGE). `name`
 * is one line. */
enum fb_status fb_key_create(const char *path, const char *name, const void *pass, size_t npass,
                             enum fb_key_cost cost, struct fb_err *err);

/* FB_ERR_INPUT: no key file, or a damaged one; FB_ERR_USAGE: the passphrase does not open it. */
enum fb_status fb_key_load(const char *path, const void *pass, size_t npass, struct fb_sign_key *out,
                           struct fb_err *err);
void fb_key_wipe(struct fb_sign_key *k);

/* A public key from NAME.pub, or from the secret key's file, which holds it in the clear. */
enum fb_status fb_public_key_load(const char *path, struct fb_public_key *out, struct fb_err *err);

void fb_key_sign(const struct fb_sign_key *k, const void *msg, size_t n, uint8_t sig[static FB_SIG_LEN]);
bool fb_key_verify(const uint8_t pub[static FB_PUBLIC_LEN], const void *msg, size_t n,
                   const uint8_t sig[static FB_SIG_LEN]);

#endif
