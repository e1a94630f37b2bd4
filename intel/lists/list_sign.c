/* Formats: "ed25519:<key id>:<base64>" in the list itself; minisign (jedisct1.github.io/minisign, "Signature
 * format"). */
#include "intel/lists/list_sign.h"

#include "base/digest.h"
#include "base/json.h"

#include <sodium.h>

#define OUT_MAX ((size_t)2 << 30)
#define SIG_LEN 64u

#define TIMESTAMP_MAX (int64_t)4000000000 /* seconds; the year 2096 */

void fb_list_key_id(const uint8_t pub[static 32], char id[static FB_LIST_KEY_IDLEN])
{
    fb_hex(pub, 8, id);
}

static bool from_base64(const char *text, size_t n, uint8_t *out, size_t size)
{
    size_t got = 0;
    return sodium_base642bin(out, size, text, n, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == size;
}

/* ---- minisign ---- */

static void minisign_id(const uint8_t raw[static 8], char id[static FB_LIST_KEY_IDLEN])
{
    for (int i = 0; i < 8; i++)
        snprintf(id + 2 * i, 3, "%02X", raw[7 - i]);
}

/* A line of text without its end; false at the end. */
static bool next_line(struct fb_cur *c, struct fb_span *line)
{
    size_t left = fb_cur_left(c);
    if (left == 0)
        return false;
    const uint8_t *nl = memchr(c->p, '\n', left);
    size_t n = nl ? (size_t)(nl - c->p) : left;
    const uint8_t *p = fb_cur_take(c, n);
    fb_cur_skip(c, nl ? 1 : 0);
    *line = (struct fb_span){p, n && p[n - 1] == '\r' ? n - 1 : n};
    return true;
}

static bool starts(struct fb_span s, const char *with)
{
    return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

bool fb_list_minisign_key(const void *text, size_t n, struct fb_list_key *out)
{
    uint8_t raw[42];
    struct fb_cur c = fb_cur_init(text, n);
    struct fb_span line;
    *out = (struct fb_list_key){.minisign = true};
    if (!next_line(&c, &line))
        return false;
    if (starts(line, "untrusted comment:") && !next_line(&c, &line))
        return false;
    if (!from_base64((const char *)line.p, line.n, raw, sizeof raw) || raw[0] != 'E' || raw[1] != 'd')
        return false;
    minisign_id(raw + 2, out->id);
    memcpy(out->pub, raw + 10, 32);
    snprintf(out->name, sizeof out->name, "minisign %s", out->id);
    return true;
}

struct minisign {
    uint8_t sig[74], global[64]; /* algorithm, key id, signature */
    struct fb_span comment;
};

static bool read_minisign(const void *sig, size_t n, struct minisign *m)
{
    static const char TRUSTED[] = "trusted comment: ";
    struct fb_cur c = fb_cur_init(sig, n);
    struct fb_span line;
    if (!next_line(&c, &line) || !starts(line, "untrusted comment:") || !next_line(&c, &line) ||
        !from_base64((const char *)line.p, line.n, m->sig, sizeof m->sig))
        return false;
    if (!next_line(&c, &line) || !starts(line, TRUSTED))
        return false;
    m->comment = (struct fb_span){line.p + sizeof TRUSTED - 1, line.n - (sizeof TRUSTED - 1)};
    return next_line(&c, &line) && from_base64((const char *)line.p, line.n, m->global, sizeof m->global);
}

/* The signature over the list, and the one over signature and trusted comment. */
static bool minisign_holds(const struct minisign *m, const void *doc, size_t n, const uint8_t *pub)
{
    uint8_t hash[64];
    bool good = false;
    if (m->sig[1] == 'D') {
        crypto_generichash(hash, sizeof hash, doc, n, NULL, 0);
        doc = hash;
        n = sizeof hash;
    }
    uint8_t *both = malloc(SIG_LEN + m->comment.n);
    if (both) {
        memcpy(both, m->sig + 10, SIG_LEN);
        if (m->comment.n)
            memcpy(both + SIG_LEN, m->comment.p, m->comment.n);
        good = crypto_sign_verify_detached(m->sig + 10, doc, n, pub) == 0 &&
               crypto_sign_verify_detached(m->global, both, SIG_LEN + m->comment.n, pub) == 0;
    }
    free(both);
    return good;
}

/* What minisign writes by itself: "timestamp:1700000000", in seconds, then a tab and other things. */
static void read_timestamp(struct fb_span comment, struct fb_list_signature *out)
{
    static const char KEY[] = "timestamp:";
    size_t at = sizeof KEY - 1;
    int64_t seconds = 0;
    if (!starts(comment, KEY))
        return;
    for (; at < comment.n && comment.p[at] >= '0' && comment.p[at] <= '9' && seconds < TIMESTAMP_MAX; at++)
        seconds = seconds * 10 + (comment.p[at] - '0');
    out->has_time =
        at > sizeof KEY - 1 && seconds < TIMESTAMP_MAX && (at == comment.n || comment.p[at] == '\t');
    out->time_ns = out->has_time ? seconds * 1000000000 : 0;
}

enum fb_status fb_list_verify_minisign(const void *doc, size_t n, const void *sig, size_t nsig,
                                       const struct fb_list_key *keys, size_t nkeys,
                                       struct fb_list_signature *out, struct fb_err *err)
{
    struct minisign m;
    char id[FB_LIST_KEY_IDLEN];
    *out = (struct fb_list_signature){.state = FB_LIST_SIG_NONE};
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium cannot be started");
    if (!read_minisign(sig, nsig, &m) || m.sig[0] != 'E' || (m.sig[1] != 'd' && m.sig[1] != 'D'))
        return fb_err_set(err, FB_ERR_VERIFY, "the .minisig file beside it is no minisign signature");
    minisign_id(m.sig + 2, id);
    bool known = false;
    for (size_t i = 0; i < nkeys; i++) {
        if (!keys[i].minisign || strcmp(keys[i].id, id) != 0)
            continue;
        known = true;
        if (minisign_holds(&m, doc, n, keys[i].pub)) {
            *out = (struct fb_list_signature){.state = FB_LIST_SIG_GOOD, .key = &keys[i], .detached = true};
            read_timestamp(m.comment, out);
            return FB_OK;
        }
    }
    if (known)
        return fb_err_set(err, FB_ERR_VERIFY, "the minisign signature of key %s does not hold", id);
    return fb_err_set(err, FB_ERR_VERIFY, "signed with minisign by key %s, which is not trusted", id);
}

/* ---- in the list itself ---- */

static enum fb_status verify_old(const void *doc, size_t n, const char *hex, struct fb_list_signature *out,
                                 struct fb_err *err)
{
    uint8_t want[32], is[32];
    size_t got = 0;
    FB_TRY(fb_list_old_digest(doc, n, is, err));
    sodium_hex2bin(want, sizeof want, hex, 64, NULL, &got, NULL);
    if (got != sizeof want || memcmp(want, is, sizeof is) != 0)
        return fb_err_set(err, FB_ERR_VERIFY,
                          "the SHA-256 that stands as its signature is not that of the list");
    out->state = FB_LIST_SIG_INTEGRITY;
    return FB_OK;
}

static bool is_hex64(const char *s)
{
    return strlen(s) == 64 && strspn(s, "0123456789abcdefABCDEF") == 64;
}

enum fb_status fb_list_verify(const void *doc, size_t n, const char *signature,
                              const struct fb_list_key *keys, size_t nkeys, struct fb_list_signature *out,
                              struct fb_err *err)
{
    uint8_t sig[SIG_LEN];
    char id[FB_LIST_KEY_IDLEN];
    struct fb_buf b;
    *out = (struct fb_list_signature){.state = FB_LIST_SIG_NONE};
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium cannot be started");
    if (!signature || !*signature)
        return FB_OK;
    if (is_hex64(signature))
        return verify_old(doc, n, signature, out, err);
    const char *colon = strncmp(signature, "ed25519:", 8) == 0 ? strchr(signature + 8, ':') : NULL;
    size_t nid = colon ? (size_t)(colon - signature) - 8 : 0;
    if (!colon || nid == 0 || nid >= sizeof id || !from_base64(colon + 1, strlen(colon + 1), sig, sizeof sig))
        return fb_err_set(err, FB_ERR_VERIFY,
                          "its signature is neither \"ed25519:KEY ID:BASE64\" nor 64 hexadecimal digits");
    snprintf(id, sizeof id, "%.*s", (int)nid, signature + 8);
    fb_buf_init(&b, OUT_MAX);
    enum fb_status st = fb_list_canonical(doc, n, &b, err);
    bool known = false;
    for (size_t i = 0; st == FB_OK && i < nkeys && out->state == FB_LIST_SIG_NONE; i++) {
        if (strcasecmp(keys[i].id, id) != 0)
            continue;
        known = true;
        if (crypto_sign_verify_detached(sig, b.data, b.len, keys[i].pub) == 0)
            *out = (struct fb_list_signature){.state = FB_LIST_SIG_GOOD, .key = &keys[i]};
    }
    fb_buf_release(&b);
    if (st != FB_OK || out->state == FB_LIST_SIG_GOOD)
        return st;
    for (char *c = id; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    if (known)
        return fb_err_set(err, FB_ERR_VERIFY, "the signature of key %s does not hold: the list was changed",
                          id);
    return fb_err_set(err, FB_ERR_VERIFY, "signed by key %s, which is not trusted", id);
}

/* The document with the member set: in the place of the old value, or in front of the other members. */
static enum fb_status put_member(const void *doc, size_t n, const char *value, struct fb_buf *out,
                                 struct fb_err *err)
{
    struct fb_json j;
    FB_TRY(fb_json_parse(doc, n, &j, err));
    const uint8_t *p = doc;
    uint32_t old = fb_json_member(&j, 0, "signature");
    if (j.node[0].type != FB_JSON_OBJECT) {
        fb_json_release(&j);
        return fb_err_set(err, FB_ERR_INPUT, "only a JSON object can have a signature in it");
    }
    size_t from = old ? j.node[old].off : j.node[0].off + 1, to = old ? j.node[old].end : from;
    fb_buf_put(out, p, from);
    if (old)
        fb_buf_printf(out, "\"%s\"", value);
    else
        fb_buf_printf(out, "\n  \"signature\": \"%s\"%s", value, j.node[0].after > 1 ? "," : "");
    fb_buf_put(out, p + to, n - to);
    fb_json_release(&j);
    return out->failed ? fb_err_nomem(err, "a signed list") : FB_OK;
}

enum fb_status fb_list_sign(const void *doc, size_t n, const uint8_t secret[static 64], struct fb_buf *out,
                            struct fb_err *err)
{
    uint8_t sig[SIG_LEN];
    char text[sodium_base64_ENCODED_LEN(SIG_LEN, sodium_base64_VARIANT_ORIGINAL)], value[160];
    struct fb_list_key key = {.minisign = false};
    struct fb_list_signature check;
    struct fb_buf b;
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "libsodium cannot be started");
    fb_buf_init(&b, OUT_MAX);
    enum fb_status st = fb_list_canonical(doc, n, &b, err);
    if (st == FB_OK) {
        crypto_sign_detached(sig, NULL, b.data, b.len, secret);
        sodium_bin2base64(text, sizeof text, sig, sizeof sig, sodium_base64_VARIANT_ORIGINAL);
        memcpy(key.pub, secret + 32, 32);
        fb_list_key_id(key.pub, key.id);
        snprintf(value, sizeof value, "ed25519:%s:%s", key.id, text);
        st = put_member(doc, n, value, out, err);
    }
    if (st == FB_OK)
        st = fb_list_verify(out->data, out->len, value, &key, 1, &check, err);
    fb_buf_release(&b);
    return st;
}
