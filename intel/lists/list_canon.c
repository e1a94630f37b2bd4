/* Two ways to write a JSON document so that equal documents are equal bytes: RFC 8785, and what the older
 * signatures hash. */
#include "base/json.h"
#include "base/utf8.h"
#include "intel/lists/list_sign.h"

#include <sodium/crypto_hash_sha256.h>

#define OUT_MAX       ((size_t)2 << 30)
#define EXACT_INTEGER ((int64_t)1 << 53)

struct level {
    uint32_t node, next; /* array: element to write; object: index into `key` */
    uint32_t *key;
    size_t nkeys;
    bool wrote; /* an element or member, so that the next one has a comma before it */
};

struct writer {
    const struct fb_json *j;
    struct fb_buf *out, scratch;
    bool old;
    struct level level[FB_JSON_DEPTH_MAX + 1];
    size_t depth;
    struct fb_err *err;
};

static void put_escape16(struct fb_buf *out, uint32_t unit)
{
    fb_buf_printf(out, "\\u%04x", unit);
}

/* RFC 8785, 3.2.2.2: the short escapes, \u00xx for other controls, the rest as it is. The older form escapes
 * everything that is not printable ASCII. */
static void put_string(struct writer *w, uint32_t node)
{
    static const char code[] = "\b\t\n\f\r\"\\", name[] = "btnfr\"\\";
    struct fb_span s = fb_json_text(w->j, node, &w->scratch);
    fb_buf_putc(w->out, '"');
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = s.p[i];
        unsigned len = fb_utf8_decode(s.p + i, s.n - i, &cp);
        const char *brief = cp && cp < 0x80 ? strchr(code, (int)cp) : NULL;
        len = len ? len : 1;
        if (brief) {
            fb_buf_putc(w->out, '\\');
            fb_buf_putc(w->out, name[brief - code]);
        } else if (cp < 0x20 || (w->old && cp >= 0x7f && cp < 0x10000)) {
            put_escape16(w->out, cp);
        } else if (w->old && cp >= 0x10000) {
            put_escape16(w->out, 0xd800 + ((cp - 0x10000) >> 10));
            put_escape16(w->out, 0xdc00 + ((cp - 0x10000) & 0x3ff));
        } else {
            fb_buf_put(w->out, s.p + i, len);
        }
        i += len;
    }
    fb_buf_putc(w->out, '"');
}

static enum fb_status put_scalar(struct writer *w, uint32_t node)
{
    int64_t v;
    if (w->j->node[node].type == FB_JSON_STRING) {
        put_string(w, node);
        return FB_OK;
    }
    if (w->j->node[node].type != FB_JSON_NUMBER) {
        fb_buf_puts(w->out, fb_json_type_name(w->j->node[node].type));
        return FB_OK;
    }
    if (!fb_json_int(w->j, node, &v) || v > EXACT_INTEGER || v < -EXACT_INTEGER)
        return fb_err_set(
            w->err, FB_ERR_INPUT,
            "byte %u: signed lists have whole numbers within 2^53, written without point and exponent",
            w->j->node[node].off);
    fb_buf_put_i64dec(w->out, v);
    return FB_OK;
}

static enum fb_status begin(struct writer *w, uint32_t node)
{
    struct level *l = &w->level[w->depth++];
    *l = (struct level){.node = node, .next = node + 1};
    if (w->j->node[node].type == FB_JSON_ARRAY) {
        fb_buf_putc(w->out, '[');
        return FB_OK;
    }
    l->next = 0;
    l->key = fb_json_keys(w->j, node, !w->old, &l->nkeys);
    fb_buf_putc(w->out, '{');
    return l->nkeys && !l->key ? fb_err_nomem(w->err, "a signature") : FB_OK;
}

static bool is_signature(struct writer *w, uint32_t key)
{
    struct fb_span s = fb_json_text(w->j, key, &w->scratch);
    return w->depth == 1 && s.n == 9 && memcmp(s.p, "signature", 9) == 0;
}

/* What comes next in the innermost container; 0: it ended. */
static uint32_t step(struct writer *w, bool *first)
{
    struct level *l = &w->level[w->depth - 1];
    if (w->j->node[l->node].type == FB_JSON_ARRAY) {
        *first = !l->wrote;
        l->wrote = true;
        if (l->next == w->j->node[l->node].after)
            return 0;
        uint32_t i = l->next;
        l->next = w->j->node[i].after;
        return i;
    }
    while (l->next < l->nkeys && !w->old && is_signature(w, l->key[l->next]))
        l->next++;
    *first = !l->wrote;
    l->wrote = true;
    return l->next < l->nkeys ? l->key[l->next++] + 1 : 0;
}

/* Goes through the document with a stack of its own. */
static enum fb_status write_doc(struct writer *w)
{
    const char *comma = w->old ? ", " : ",", *colon = w->old ? ": " : ":";
    FB_TRY(begin(w, 0));
    while (w->depth) {
        bool first, object = w->j->node[w->level[w->depth - 1].node].type == FB_JSON_OBJECT;
        uint32_t node = step(w, &first);
        if (!node) {
            fb_buf_putc(w->out, object ? '}' : ']');
            free(w->level[--w->depth].key);
            continue;
        }
        fb_buf_puts(w->out, first ? "" : comma);
        if (object) {
            put_string(w, node - 1);
            fb_buf_puts(w->out, colon);
        }
        if (object && w->old && is_signature(w, node - 1))
            fb_buf_puts(w->out, "\"\"");
        else if (w->j->node[node].type >= FB_JSON_ARRAY)
            FB_TRY(begin(w, node));
        else
            FB_TRY(put_scalar(w, node));
    }
    return FB_OK;
}

static enum fb_status write_form(const void *doc, size_t n, bool old, struct fb_buf *out, struct fb_err *err)
{
    struct fb_json j;
    FB_TRY(fb_json_parse(doc, n, &j, err));
    struct writer w = {.j = &j, .out = out, .old = old, .err = err};
    fb_buf_init(&w.scratch, FB_JSON_BYTES_MAX);
    enum fb_status st = j.node[0].type == FB_JSON_OBJECT
                            ? write_doc(&w)
                            : fb_err_set(err, FB_ERR_INPUT, "only a JSON object has a signature in it");
    while (w.depth)
        free(w.level[--w.depth].key);
    if (st == FB_OK && (out->failed || w.scratch.failed))
        st = fb_err_nomem(err, "a signature");
    fb_buf_release(&w.scratch);
    fb_json_release(&j);
    return st;
}

enum fb_status fb_list_canonical(const void *doc, size_t n, struct fb_buf *out, struct fb_err *err)
{
    return write_form(doc, n, false, out, err);
}

enum fb_status fb_list_old_digest(const void *doc, size_t n, uint8_t digest[static 32], struct fb_err *err)
{
    struct fb_buf b;
    fb_buf_init(&b, OUT_MAX);
    enum fb_status st = write_form(doc, n, true, &b, err);
    if (st == FB_OK)
        crypto_hash_sha256(digest, b.data, b.len);
    fb_buf_release(&b);
    return st;
}
