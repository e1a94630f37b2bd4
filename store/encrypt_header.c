/* The header of an encrypted case: who can open it, and the file key for each of them. */
#include "store/encrypt_header.h"

#include "base/cursor.h"

#include <sodium.h>

enum slot_type { SLOT_PASSPHRASE = 1, SLOT_X25519 = 2 };

#define KEY        crypto_secretstream_xchacha20poly1305_KEYBYTES
#define BOX        (KEY + crypto_secretbox_MACBYTES)
#define SEALED     (KEY + crypto_box_SEALBYTES)
#define PASS_BYTES (crypto_pwhash_SALTBYTES + 8u + crypto_secretbox_NONCEBYTES + BOX)
/* What a stranger's file may ask of the reader. */
#define OPS_MAX     10u
#define MEM_KIB_MAX (512u << 10)
#define SLOTS_MAX   (FB_ENC_RECIPIENTS_MAX + 1u)

static void put_le16(struct fb_buf *out, unsigned v)
{
    uint8_t t[2];
    fb_store_le16(t, (uint16_t)v);
    fb_buf_put(out, t, sizeof t);
}

static void put_le32(struct fb_buf *out, uint32_t v)
{
    uint8_t t[4];
    fb_store_le32(t, v);
    fb_buf_put(out, t, sizeof t);
}

static bool derive(const char *passphrase, const uint8_t *salt, uint32_t ops, uint32_t mem_kib,
                   uint8_t key[static crypto_secretbox_KEYBYTES])
{
    return crypto_pwhash(key, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), salt, ops,
                         (size_t)mem_kib << 10, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static enum fb_status put_passphrase(struct fb_buf *out, const uint8_t *file_key, const char *passphrase,
                                     struct fb_err *err)
{
    uint8_t salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES], box[BOX];
    uint8_t key[crypto_secretbox_KEYBYTES];
    const uint32_t ops = crypto_pwhash_OPSLIMIT_MODERATE, kib = crypto_pwhash_MEMLIMIT_MODERATE >> 10;
    if (strlen(passphrase) == 0 || strlen(passphrase) > FB_ENC_PASSPHRASE_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a passphrase has 1 to %d bytes", FB_ENC_PASSPHRASE_MAX);
    randombytes_buf(salt, sizeof salt);
    randombytes_buf(nonce, sizeof nonce);
    if (!derive(passphrase, salt, ops, kib, key))
        return fb_err_nomem(err, "the key of a passphrase");
    crypto_secretbox_easy(box, file_key, KEY, nonce, key);
    sodium_memzero(key, sizeof key);
    fb_buf_putc(out, SLOT_PASSPHRASE);
    put_le16(out, PASS_BYTES);
    fb_buf_put(out, salt, sizeof salt);
    put_le32(out, ops);
    put_le32(out, kib);
    fb_buf_put(out, nonce, sizeof nonce);
    fb_buf_put(out, box, sizeof box);
    return FB_OK;
}

static enum fb_status put_recipient(struct fb_buf *out, const uint8_t *file_key, const uint8_t *pub,
                                    struct fb_err *err)
{
    uint8_t sealed[SEALED];
    if (crypto_box_seal(sealed, file_key, KEY, pub) != 0)
        return fb_err_set(err, FB_ERR_USAGE, "one of the recipients has a public key that cannot be used");
    fb_buf_putc(out, SLOT_X25519);
    put_le16(out, SEALED);
    fb_buf_put(out, sealed, sizeof sealed);
    return FB_OK;
}

enum fb_status fb_enc_header_put(struct fb_buf *out, const uint8_t *file_key, const struct fb_enc_to *who,
                                 struct fb_err *err)
{
    size_t slots = who->nrecipients + (who->passphrase != NULL), start = out->len;
    if (slots == 0 || who->nrecipients > FB_ENC_RECIPIENTS_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a passphrase or 1 to %d recipients are needed",
                          FB_ENC_RECIPIENTS_MAX);
    fb_buf_put(out, FB_ENC_MAGIC, 8);
    fb_buf_putc(out, FB_ENC_VERSION);
    fb_buf_putc(out, FB_ENC_CIPHER);
    fb_buf_putc(out, (char)slots);
    fb_buf_putc(out, 0);
    put_le32(out, 0); /* the length, when it is known */
    if (who->passphrase)
        FB_TRY(put_passphrase(out, file_key, who->passphrase, err));
    for (size_t i = 0; i < who->nrecipients; i++)
        FB_TRY(put_recipient(out, file_key, who->recipient[i], err));
    if (out->failed)
        return fb_err_nomem(err, "the header of an encrypted case");
    fb_store_le32(out->data + start + 12, (uint32_t)(out->len - start));
    return FB_OK;
}

size_t fb_enc_header_len(const uint8_t *p, struct fb_err *err)
{
    uint32_t len = fb_load_le32(p + 12);
    if (memcmp(p, FB_ENC_MAGIC, 8) != 0)
        fb_err_set(err, FB_ERR_INPUT, "this is no encrypted case");
    else if (p[8] != FB_ENC_VERSION || p[9] != FB_ENC_CIPHER)
        fb_err_set(err, FB_ERR_NEWER,
                   "this case was encrypted by a newer version of fbforensics (format %u, cipher %u)", p[8],
                   p[9]);
    else if (p[10] == 0 || p[10] > SLOTS_MAX || p[11] != 0 || len <= FB_ENC_HEADER_MIN ||
             len > FB_ENC_HEADER_MAX)
        fb_err_set(err, FB_ERR_VERIFY, "the header of the encrypted case is damaged");
    else
        return len;
    return 0;
}

/* Slots of a header, checked: types, lengths, no more than one passphrase, nothing behind the last. */
struct slots {
    const uint8_t *passphrase; /* PASS_BYTES, or NULL */
    const uint8_t *sealed[SLOTS_MAX];
    size_t nsealed;
};

static bool read_slots(const uint8_t *p, size_t n, struct slots *s)
{
    struct fb_cur c = fb_cur_init(p + FB_ENC_HEADER_MIN, n - FB_ENC_HEADER_MIN);
    *s = (struct slots){0};
    for (unsigned i = 0; i < p[10]; i++) {
        unsigned type = fb_cur_u8(&c), len = fb_cur_le16(&c);
        const uint8_t *body = fb_cur_take(&c, len);
        if (!body)
            return false;
        if (type == SLOT_PASSPHRASE && len == PASS_BYTES && !s->passphrase)
            s->passphrase = body;
        else if (type == SLOT_X25519 && len == SEALED)
            s->sealed[s->nsealed++] = body;
        else
            return false;
    }
    return fb_cur_ok(&c) && fb_cur_left(&c) == 0;
}

static bool open_sealed(const struct slots *s, const uint8_t *secret, uint8_t *file_key)
{
    uint8_t pub[FB_ENC_KEY_BYTES];
    crypto_scalarmult_base(pub, secret);
    for (size_t i = 0; i < s->nsealed; i++)
        if (crypto_box_seal_open(file_key, s->sealed[i], SEALED, pub, secret) == 0)
            return true;
    return false;
}

static enum fb_status open_passphrase(const uint8_t *slot, const char *passphrase, uint8_t *file_key,
                                      struct fb_err *err)
{
    uint8_t key[crypto_secretbox_KEYBYTES];
    const uint8_t *at = slot + crypto_pwhash_SALTBYTES;
    uint32_t ops = fb_load_le32(at), kib = fb_load_le32(at + 4);
    if (ops < crypto_pwhash_OPSLIMIT_MIN || ops > OPS_MAX || kib < crypto_pwhash_MEMLIMIT_MIN >> 10 ||
        kib > MEM_KIB_MAX)
        return fb_err_set(err, FB_ERR_VERIFY,
                          "the header of the encrypted case asks for more work than any "
                          "version of fbforensics writes");
    if (!derive(passphrase, slot, ops, kib, key))
        return fb_err_nomem(err, "the key of a passphrase");
    at += 8;
    int bad = crypto_secretbox_open_easy(file_key, at + crypto_secretbox_NONCEBYTES, BOX, at, key);
    sodium_memzero(key, sizeof key);
    return bad ? fb_err_set(err, FB_ERR_VERIFY, "the passphrase is wrong, or the header was altered") : FB_OK;
}

enum fb_status fb_enc_header_open(const uint8_t *p, size_t n, const struct fb_enc_from *keys,
                                  uint8_t *file_key, struct fb_err *err)
{
    struct slots s;
    if (!read_slots(p, n, &s))
        return fb_err_set(err, FB_ERR_VERIFY, "the header of the encrypted case is damaged");
    if (keys->secret && open_sealed(&s, keys->secret, file_key))
        return FB_OK;
    if (!s.passphrase || !keys->ask)
        return keys->secret ? fb_err_set(err, FB_ERR_VERIFY, "the case was not encrypted for this key")
                            : fb_err_set(err, FB_ERR_USAGE,
                                         s.passphrase ? "the case is encrypted: a passphrase is needed"
                                                      : "the case is encrypted for recipients: the secret "
                                                        "key of one of them is needed (--identity)");
    char passphrase[FB_ENC_PASSPHRASE_MAX + 1];
    enum fb_status st = keys->ask(keys->ctx, passphrase, err);
    if (st == FB_OK)
        st = open_passphrase(s.passphrase, passphrase, file_key, err);
    sodium_memzero(passphrase, sizeof passphrase);
    return st;
}
