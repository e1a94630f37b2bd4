#include "base/digest.h"

#include "base/cursor.h"
#include "base/err.h"

#include <sodium/core.h>

void fb_digest_init(struct fb_digest_state *s, const char *domain)
{
    uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = {0};
    size_t n = strlen(domain);
    FB_BUG(n > sizeof personal);
    memcpy(personal, domain, n);
    /* Idempotent and thread-safe; it selects the processor's fastest implementation. */
    FB_BUG(sodium_init() < 0);
    FB_BUG(crypto_generichash_blake2b_init_salt_personal(&s->st, NULL, 0, FB_DIGEST_LEN, NULL, personal) !=
           0);
}

void fb_digest_update(struct fb_digest_state *s, const void *p, size_t n)
{
    crypto_generichash_blake2b_update(&s->st, p, n);
}

void fb_digest_update_le64(struct fb_digest_state *s, uint64_t v)
{
    uint8_t t[8];
    fb_store_le64(t, v);
    fb_digest_update(s, t, sizeof t);
}

void fb_digest_update_field(struct fb_digest_state *s, const void *p, size_t n)
{
    fb_digest_update_le64(s, n);
    fb_digest_update(s, p, n);
}

void fb_digest_final(struct fb_digest_state *s, struct fb_digest *out)
{
    crypto_generichash_blake2b_final(&s->st, out->b, sizeof out->b);
}

void fb_hex(const uint8_t *p, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[p[i] >> 4];
        out[2 * i + 1] = digit[p[i] & 15];
    }
    out[2 * n] = '\0';
}
