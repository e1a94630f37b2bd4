#include "base/cryptopan.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define BLOCK 16u

struct fb_cryptopan {
    EVP_CIPHER_CTX *aes;
    unsigned bits;
    uint8_t pad[BLOCK];
    const struct fb_cryptopan_range *range;
    size_t nranges;
};

static bool encipher(struct fb_cryptopan *p, uint8_t *out, const uint8_t *in, int n)
{
    int got = 0;
    return EVP_EncryptUpdate(p->aes, out, &got, in, n) == 1 && got == n;
}

struct fb_cryptopan *fb_cryptopan_new(const uint8_t key[static FB_CRYPTOPAN_KEY_BYTES], unsigned bits,
                                      const struct fb_cryptopan_range *ranges, size_t nranges)
{
    struct fb_cryptopan *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->bits = bits;
    p->range = ranges;
    p->nranges = nranges;
    p->aes = EVP_CIPHER_CTX_new();
    if (!p->aes || EVP_EncryptInit_ex(p->aes, EVP_aes_128_ecb(), NULL, key, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(p->aes, 0) != 1 || !encipher(p, p->pad, key + BLOCK, BLOCK)) {
        fb_cryptopan_free(p);
        return NULL;
    }
    return p;
}

void fb_cryptopan_free(struct fb_cryptopan *p)
{
    if (!p)
        return;
    EVP_CIPHER_CTX_free(p->aes);
    OPENSSL_cleanse(p, sizeof *p);
    free(p);
}

/* Leading bits that two addresses share, `most` at most. */
static unsigned shared_bits(const uint8_t *a, const uint8_t *b, unsigned most)
{
    unsigned n = 0;
    while (n < most && !((a[n / 8] ^ b[n / 8]) & 0x80 >> n % 8))
        n++;
    return n;
}

/* Which bits must stay: those on the way to any range, and all behind the prefix of a whole one that is the
 * longest range around the address. */
static void mark_fixed(const struct fb_cryptopan *p, const uint8_t *addr, bool *fixed)
{
    const struct fb_cryptopan_range *inside = NULL;
    for (size_t i = 0; i < p->nranges; i++) {
        const struct fb_cryptopan_range *r = &p->range[i];
        unsigned n = shared_bits(addr, r->prefix, r->bits);
        /* The bit at place n depends on the n bits before it, which are still the range's own. */
        for (unsigned k = 0; k <= n && k < r->bits; k++)
            fixed[k] = true;
        if (n == r->bits && (!inside || inside->bits < r->bits))
            inside = r;
    }
    if (inside && inside->whole)
        for (unsigned k = inside->bits; k < p->bits; k++)
            fixed[k] = true;
}

bool fb_cryptopan_map(struct fb_cryptopan *p, uint8_t *addr)
{
    uint8_t in[128 * BLOCK], out[128 * BLOCK];
    bool fixed[128] = {false};
    mark_fixed(p, addr, fixed);
    /* Block i: the first i bits of the address, then those of the pad. */
    for (unsigned i = 0; i < p->bits; i++) {
        uint8_t *b = in + i * BLOCK;
        memcpy(b, addr, i / 8);
        memcpy(b + i / 8, p->pad + i / 8, BLOCK - i / 8);
        uint8_t mask = (uint8_t)(0xff00 >> i % 8); /* of the bits that the address gives to byte i/8 */
        if (i % 8)
            b[i / 8] = (uint8_t)((addr[i / 8] & mask) | (p->pad[i / 8] & ~mask));
    }
    bool good = encipher(p, out, in, (int)(p->bits * BLOCK));
    for (unsigned i = 0; good && i < p->bits; i++)
        if (!fixed[i] && out[i * BLOCK] & 0x80)
            addr[i / 8] ^= (uint8_t)(0x80 >> i % 8);
    if (!good)
        memset(addr, 0, p->bits / 8);
    return good;
}
