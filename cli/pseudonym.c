#include "cli/pseudonym.h"

#include "base/cryptopan.h"
#include "cli/keyfile.h"

#include <sodium.h>

/* What a pseudonym must not lose is that an address is special, and what it must not become is special. */
static const struct fb_cryptopan_range RANGES_V4[] = {
    {{0}, 8, true},          /* this network */
    {{10}, 8, false},        /* private, RFC 1918 */
    {{100, 64}, 10, false},  /* shared by carriers, RFC 6598 */
    {{127}, 8, true},        /* loopback */
    {{169, 254}, 16, false}, /* link-local */
    {{172, 16}, 12, false},  /* private */
    {{192, 168}, 16, false}, /* private */
    {{224}, 4, false}, /* multicast; 233/8 and 234/8 carry AS numbers and prefixes, so no more is kept */
    {{224, 0, 0}, 23, true}, /* of these the groups of protocols */
    {{255, 255, 255, 255}, 32, true},
};
static const struct fb_cryptopan_range RANGES_V6[] = {
    {{0}, 127, true},                       /* unspecified and loopback */
    {{0, 0x64, 0xff, 0x9b}, 96, false},     /* NAT64 */
    {{[10] = 0xff, [11] = 0xff}, 96, true}, /* IPv4-mapped: IPv4 has a table of its own */
    {{0x20}, 3, false},                     /* global unicast; Teredo and 6to4 are not told apart from it */
    {{0xfc}, 7, false},                     /* unique local */
    {{0xfe, 0x80}, 10, false},              /* link-local */
    {{0xff}, 8, false},                     /* multicast; groups with flags can carry a prefix */
    {{0xff, 0x00}, 12, true},               /* permanent groups */
    {{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff},
     104,
     false}, /* solicited-node: 24 bits of an address */
};

enum subkey { SUBKEY_V4 = 1, SUBKEY_V6 = 2, SUBKEY_MAC = 3, SUBKEY_TEXT = 4 };

struct fb_pseudonym {
    struct fb_cryptopan *v4, *v6;
    uint8_t mac_key[32], text_key[32];
};

static void derive(uint8_t out[static 32], enum subkey id, const uint8_t master[static FB_KEYFILE_BYTES])
{
    crypto_kdf_derive_from_key(out, 32, id, "fbpseudo", master);
}

enum fb_status fb_pseudonym_open(const char *key_path, struct fb_pseudonym **out, struct fb_err *err)
{
    uint8_t master[FB_KEYFILE_BYTES], key[32];
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium does not start");
    FB_TRY(fb_keyfile_read(key_path, FB_KEYFILE_PSEUDONYM, master, err));
    struct fb_pseudonym *p = calloc(1, sizeof *p);
    if (p) {
        derive(key, SUBKEY_V4, master);
        p->v4 = fb_cryptopan_new(key, 32, RANGES_V4, sizeof RANGES_V4 / sizeof *RANGES_V4);
        derive(key, SUBKEY_V6, master);
        p->v6 = fb_cryptopan_new(key, 128, RANGES_V6, sizeof RANGES_V6 / sizeof *RANGES_V6);
        derive(p->mac_key, SUBKEY_MAC, master);
        derive(p->text_key, SUBKEY_TEXT, master);
    }
    sodium_memzero(master, sizeof master);
    sodium_memzero(key, sizeof key);
    if (!p || !p->v4 || !p->v6) {
        fb_pseudonym_close(p);
        return fb_err_nomem(err, "pseudonyms");
    }
    *out = p;
    return FB_OK;
}

void fb_pseudonym_close(struct fb_pseudonym *p)
{
    if (!p)
        return;
    fb_cryptopan_free(p->v4);
    fb_cryptopan_free(p->v6);
    sodium_memzero(p, sizeof *p);
    free(p);
}

enum fb_status fb_pseudonym_new_key(const char *path, struct fb_err *err)
{
    uint8_t key[FB_KEYFILE_BYTES];
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "there is no source of random numbers");
    randombytes_buf(key, sizeof key);
    enum fb_status st = fb_keyfile_write(path, FB_KEYFILE_PSEUDONYM, key, err);
    sodium_memzero(key, sizeof key);
    return st;
}

void fb_pseudonym_addr(struct fb_pseudonym *p, struct fb_addr *a)
{
    bool good = fb_addr_is_v4(a) ? fb_cryptopan_map(p->v4, a->b + 12) : fb_cryptopan_map(p->v6, a->b);
    FB_BUG(!good); /* AES on a buffer of ours */
}

/* A keyed hash that stays a group or station address and says that no manufacturer gave it. Broadcast and
 * all-zero are nobody's. */
void fb_pseudonym_mac(const struct fb_pseudonym *p, uint8_t mac[static 6])
{
    static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, none[6] = {0};
    uint8_t hash[crypto_generichash_BYTES_MIN];
    if (memcmp(mac, all, 6) == 0 || memcmp(mac, none, 6) == 0)
        return;
    crypto_generichash(hash, sizeof hash, mac, 6, p->mac_key, sizeof p->mac_key);
    uint8_t group = mac[0] & 1;
    memcpy(mac, hash, 6);
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2 | group);
}

void fb_pseudonym_hash(const struct fb_pseudonym *p, const void *s, size_t n, uint8_t out[static 16])
{
    _Static_assert(crypto_generichash_BYTES_MIN == 16, "BLAKE2b-128");
    crypto_generichash(out, 16, s, n, p->text_key, sizeof p->text_key);
}

void fb_pseudonym_session(struct fb_pseudonym *p, struct fb_session *s)
{
    fb_pseudonym_addr(p, &s->orig_h);
    fb_pseudonym_addr(p, &s->resp_h);
    if (s->has_macs) {
        fb_pseudonym_mac(p, s->orig_mac);
        fb_pseudonym_mac(p, s->resp_mac);
    }
}

struct mapped {
    struct fb_pseudonym *p;
    enum fb_status (*row)(void *ctx, const struct fb_session *s);
    void *ctx;
};

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct mapped *m = ctx;
    struct fb_session copy = *s;
    fb_pseudonym_session(m->p, &copy);
    return m->row(m->ctx, &copy);
}

enum fb_status fb_pseudonym_each_session(struct fb_case *c, struct fb_pseudonym *p,
                                         enum fb_status (*row)(void *ctx, const struct fb_session *s),
                                         void *ctx, struct fb_err *err)
{
    struct mapped m = {p, row, ctx};
    return p ? fb_case_each_session(c, on_session, &m, err) : fb_case_each_session(c, row, ctx, err);
}
