/* BLAKE2b-256 (RFC 7693, through libsodium) over logical content. */
#ifndef FB_BASE_DIGEST_H
#define FB_BASE_DIGEST_H

#include <sodium/crypto_generichash_blake2b.h>
#include <stddef.h>
#include <stdint.h>

#define FB_DIGEST_LEN    32
#define FB_DIGEST_HEXLEN 65 /* with the NUL */

struct fb_digest {
    uint8_t b[FB_DIGEST_LEN];
};

struct fb_digest_state {
    crypto_generichash_blake2b_state st;
};

/* `domain` (up to 16 characters) separates the uses: digests of different things never coincide. */
void fb_digest_init(struct fb_digest_state *s, const char *domain);
void fb_digest_update(struct fb_digest_state *s, const void *p, size_t n);
void fb_digest_update_le64(struct fb_digest_state *s, uint64_t v);
/* Length first (le64), then the bytes, so that two fields never run into each other. */
void fb_digest_update_field(struct fb_digest_state *s, const void *p, size_t n);
void fb_digest_final(struct fb_digest_state *s, struct fb_digest *out);

/* n bytes as 2n lower-case hex digits and a NUL. */
void fb_hex(const uint8_t *p, size_t n, char *out);

#endif
