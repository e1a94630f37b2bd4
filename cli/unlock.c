#include "cli/unlock.h"

#include "cli/keyfile.h"
#include "cli/passphrase.h"

#include <sodium/utils.h>

enum fb_status fb_unlock_passphrase(const struct fb_unlock *u, bool confirm,
                                    char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err)
{
    struct fb_passphrase p = {.n = 0};
    enum fb_status st = fb_passphrase_get(u->passphrase_file, "passphrase: ", confirm, &p, err);
    _Static_assert(sizeof p.text == FB_ENC_PASSPHRASE_MAX + 1, "what is read fits");
    if (st == FB_OK)
        memcpy(out, p.text, p.n + 1);
    fb_passphrase_wipe(&p);
    return st;
}

static enum fb_status ask(void *ctx, char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err)
{
    return fb_unlock_passphrase(ctx, false, out, err);
}

/* What was given, as the store wants it; `secret` is room for the key. */
static enum fb_status keys_of(const struct fb_unlock *u, uint8_t secret[static FB_KEYFILE_BYTES],
                              struct fb_enc_from *out, struct fb_err *err)
{
    *out = (struct fb_enc_from){.ask = ask, .ctx = (void *)(uintptr_t)u};
    if (!u->identity)
        return FB_OK;
    FB_TRY(fb_keyfile_read(u->identity, FB_KEYFILE_SECRET, secret, err));
    out->secret = secret;
    if (!u->passphrase_file)
        out->ask = NULL; /* a key was given: a wrong one is an error, not a question */
    return FB_OK;
}

enum fb_status fb_unlock_open(const char *path, const struct fb_unlock *u, struct fb_case **out,
                              struct fb_err *err)
{
    uint8_t secret[FB_KEYFILE_BYTES], *bytes = NULL;
    struct fb_enc_from keys;
    size_t n = 0;
    enum fb_status st = keys_of(u, secret, &keys, err);
    if (st == FB_OK)
        st = fb_decrypt_memory(path, &keys, &bytes, &n, err);
    sodium_memzero(secret, sizeof secret);
    return st == FB_OK ? fb_case_open_memory(bytes, n, path, out, err) : st;
}

enum fb_status fb_unlock_to_file(const char *path, const struct fb_unlock *u, const char *to,
                                 struct fb_err *err)
{
    uint8_t secret[FB_KEYFILE_BYTES];
    struct fb_enc_from keys;
    enum fb_status st = keys_of(u, secret, &keys, err);
    if (st == FB_OK)
        st = fb_decrypt_file(path, to, &keys, err);
    sodium_memzero(secret, sizeof secret);
    return st;
}
