#include "base/quic_crypto.h"

#include "base/cursor.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define TAG_BYTES 16

static const uint8_t salt_v1[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_v2[20] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                                    0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t salt_draft29[20] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                                         0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
static const uint8_t salt_draft23[20] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                                         0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};

static const uint8_t salt_draft22[20] = {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
                                         0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a};
static const uint8_t salt_t050[20] = {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
                                      0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10};
static const uint8_t salt_t051[20] = {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
                                      0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d};

/* What browsers and servers spoke before the RFC: Facebook's and Google's variants with TLS, and the drafts
 * 21 and 22. */
static const uint8_t *salt_of_variant(uint32_t version)
{
    static const struct {
        uint32_t version;
        const uint8_t *salt;
    } variants[] = {
        {0xff000015, salt_draft22}, {0xff000016, salt_draft22}, {0xfaceb001, salt_draft22},
        {0xfaceb002, salt_draft23}, {0xfaceb00e, salt_draft23}, {0x54303530, salt_t050},
        {0x54303531, salt_t051},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (variants[i].version == version)
            return variants[i].salt;
    return NULL;
}

static const uint8_t *salt_of(uint32_t version)
{
    if (version == FB_QUIC_V1)
        return salt_v1;
    if (version == FB_QUIC_V2)
        return salt_v2;
    uint32_t draft = version & 0xff;
    if (version >> 8 != FB_QUIC_DRAFT || draft < 23 || draft > 34)
        return NULL;
    return draft >= 33 ? salt_v1 : draft >= 29 ? salt_draft29 : salt_draft23;
}

bool fb_quic_known_version(uint32_t version)
{
    return salt_of(version) != NULL;
}

bool fb_quic_opens_version(uint32_t version)
{
    return salt_of(version) || salt_of_variant(version);
}

static bool hmac(const uint8_t *key, size_t key_bytes, const uint8_t *p, size_t n, uint8_t out[static 32])
{
    unsigned len = 0;
    return HMAC(EVP_sha256(), key, (int)key_bytes, p, n, out, &len) && len == 32;
}

/* HKDF-Expand-Label of TLS 1.3 with no context, for at most one block. */
static bool expand(const uint8_t secret[static 32], const char *label, uint8_t *out, size_t out_bytes)
{
    uint8_t info[64], block[32];
    size_t len = strlen(label), n = 0;
    fb_store_be16(info, (uint16_t)out_bytes);
    n = 2;
    info[n++] = (uint8_t)(6 + len);
    memcpy(info + n, "tls13 ", 6);
    memcpy(info + n + 6, label, len);
    n += 6 + len;
    info[n++] = 0;
    info[n++] = 1;
    if (!hmac(secret, 32, info, n, block))
        return false;
    memcpy(out, block, out_bytes);
    return true;
}

bool fb_quic_initial_keys(uint32_t version, const uint8_t *dcid, size_t dcid_bytes, bool of_client,
                          struct fb_quic_keys *out)
{
    const uint8_t *salt = salt_of(version) ? salt_of(version) : salt_of_variant(version);
    uint8_t initial[32], side[32];
    bool v2 = version == FB_QUIC_V2;
    return salt && hmac(salt, 20, dcid, dcid_bytes, initial) &&
           expand(initial, of_client ? "client in" : "server in", side, 32) &&
           expand(side, v2 ? "quicv2 key" : "quic key", out->key, sizeof out->key) &&
           expand(side, v2 ? "quicv2 iv" : "quic iv", out->iv, sizeof out->iv) &&
           expand(side, v2 ? "quicv2 hp" : "quic hp", out->hp, sizeof out->hp);
}

/* One AES-128 block, the header protection mask. */
static bool mask_of(const uint8_t key[static 16], const uint8_t sample[static 16], uint8_t mask[static 16])
{
    uint8_t out[32];
    int len = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL) &&
              EVP_EncryptUpdate(c, out, &len, sample, 16) && len == 16;
    EVP_CIPHER_CTX_free(c);
    if (ok)
        memcpy(mask, out, 16);
    return ok;
}

static bool gcm_open(const struct fb_quic_keys *k, const uint8_t nonce[static 12], struct fb_span head,
                     struct fb_span body, uint8_t *plain)
{
    uint8_t tag[TAG_BYTES];
    int len = 0, rest = 0;
    size_t n = body.n - TAG_BYTES;
    memcpy(tag, body.p + n, TAG_BYTES);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce) &&
              EVP_DecryptUpdate(c, NULL, &len, head.p, (int)head.n) &&
              EVP_DecryptUpdate(c, plain, &len, body.p, (int)n) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) &&
              EVP_DecryptFinal_ex(c, plain + len, &rest) > 0;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

size_t fb_quic_open(const struct fb_quic_keys *k, const uint8_t *p, size_t n, size_t pn_at,
                    uint8_t plain[static FB_QUIC_PLAIN_MAX])
{
    uint8_t mask[16], head[512], nonce[12];
    if (n < pn_at + 4 + 16 || pn_at + 4 > sizeof head || !mask_of(k->hp, p + pn_at + 4, mask))
        return 0;
    memcpy(head, p, pn_at + 4);
    head[0] = (uint8_t)(head[0] ^ (mask[0] & 0x0f));
    size_t pn_bytes = (head[0] & 3U) + 1;
    memcpy(nonce, k->iv, sizeof nonce);
    for (size_t i = 0; i < pn_bytes; i++) {
        head[pn_at + i] = (uint8_t)(head[pn_at + i] ^ mask[1 + i]);
        nonce[12 - pn_bytes + i] ^= head[pn_at + i];
    }
    size_t body = n - pn_at - pn_bytes;
    if (body <= TAG_BYTES || body - TAG_BYTES > FB_QUIC_PLAIN_MAX)
        return 0;
    struct fb_span h = {head, pn_at + pn_bytes}, b = {p + pn_at + pn_bytes, body};
    return gcm_open(k, nonce, h, b, plain) ? body - TAG_BYTES : 0;
}
