#include "intel/wire/tls_print.h"

#include "base/buf.h"
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define STRING_MAX (512u << 10) /* more than the numbers of the longest hello need */

uint16_t fb_tls_offered(const struct fb_tls_hello *h)
{
    uint16_t best = 0;
    for (size_t i = 0; i + 2 <= h->versions.n; i += 2) {
        uint16_t v = fb_load_be16(h->versions.p + i);
        bool dtls = v >> 8 == 0xfe;
        if (!fb_tls_is_grease(v) && (best == 0 || (dtls ? v < best : v > best)))
            best = v;
    }
    return best ? best : h->version;
}

/* ---- JA3 ---- */

static void put_number(struct fb_buf *b, uint16_t v, bool *first)
{
    if (!*first)
        fb_buf_putc(b, '-');
    fb_buf_put_u64dec(b, v);
    *first = false;
}

static void put_numbers(struct fb_buf *b, struct fb_span s)
{
    bool first = true;
    for (size_t i = 0; i + 2 <= s.n; i += 2) {
        uint16_t v = fb_load_be16(s.p + i);
        if (!fb_tls_is_grease(v))
            put_number(b, v, &first);
    }
}

static void put_extensions(struct fb_buf *b, const struct fb_tls_hello *h)
{
    bool first = true;
    for (size_t i = 0; i < h->nextensions; i++)
        if (!fb_tls_is_grease(h->extensions[i]))
            put_number(b, h->extensions[i], &first);
}

static void md5_hex(struct fb_buf *text, char out[static 33])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    out[0] = 0;
    if (!text->failed && EVP_Digest(text->data, text->len, digest, &n, EVP_md5(), NULL) && n == 16)
        fb_hex(digest, 16, out);
    fb_buf_release(text);
}

void fb_tls_ja3(const struct fb_tls_hello *h, char out[static 33])
{
    struct fb_buf b;
    bool first = true;
    fb_buf_init(&b, STRING_MAX);
    fb_buf_put_u64dec(&b, h->version);
    fb_buf_putc(&b, ',');
    put_numbers(&b, h->ciphers);
    fb_buf_putc(&b, ',');
    put_extensions(&b, h);
    fb_buf_putc(&b, ',');
    put_numbers(&b, h->groups);
    fb_buf_putc(&b, ',');
    for (size_t i = 0; i < h->point_formats.n; i++)
        put_number(&b, h->point_formats.p[i], &first);
    md5_hex(&b, out);
}

void fb_tls_ja3s(const struct fb_tls_hello *h, uint16_t cipher, char out[static 33])
{
    struct fb_buf b;
    fb_buf_init(&b, STRING_MAX);
    fb_buf_put_u64dec(&b, h->version);
    fb_buf_putc(&b, ',');
    fb_buf_put_u64dec(&b, cipher);
    fb_buf_putc(&b, ',');
    put_extensions(&b, h);
    md5_hex(&b, out);
}

/* ---- JA4 ---- */

static int by_value(const void *a, const void *b)
{
    const uint16_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void put_hex_list(struct fb_buf *b, const uint16_t *v, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            fb_buf_putc(b, ',');
        for (int shift = 12; shift >= 0; shift -= 4)
            fb_buf_putc(b, hex[v[i] >> shift & 15]);
    }
}

/* The values of a list without GREASE; returns their number. */
static size_t values(struct fb_span s, uint16_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i + 2 <= s.n; i += 2) {
        uint16_t v = fb_load_be16(s.p + i);
        if (!fb_tls_is_grease(v))
            out[n++] = v;
    }
    return n;
}

/* The first twelve hex digits of the SHA-256 of the text, zeros when there is nothing to hash. */
static void hash12(struct fb_buf *text, bool nothing, char out[static 13])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[2 * 6 + 1];
    unsigned n = 0;
    memcpy(out, "000000000000", 13);
    if (!nothing && EVP_Digest(text->data, text->len, digest, &n, EVP_sha256(), NULL)) {
        fb_hex(digest, 6, hex);
        memcpy(out, hex, 13);
    }
}

static bool ciphers_part(const struct fb_tls_hello *h, char out[static 13], size_t *count)
{
    struct fb_buf b;
    uint16_t *list = malloc(h->ciphers.n + 2);
    fb_buf_init(&b, STRING_MAX);
    *count = 0;
    if (list) {
        *count = values(h->ciphers, list);
        qsort(list, *count, sizeof *list, by_value);
        put_hex_list(&b, list, *count);
        hash12(&b, *count == 0, out);
    }
    bool ok = list && !b.failed;
    fb_buf_release(&b);
    free(list);
    return ok;
}

static bool extensions_part(const struct fb_tls_hello *h, char out[static 13], size_t *count)
{
    struct fb_buf b;
    uint16_t list[FB_TLS_EXTENSIONS_MAX];
    size_t n = 0;
    uint16_t *algorithms = malloc(h->signature_algorithms.n + 2);
    fb_buf_init(&b, STRING_MAX);
    *count = 0;
    for (size_t i = 0; i < h->nextensions; i++) {
        uint16_t v = h->extensions[i];
        *count += !fb_tls_is_grease(v);
        if (!fb_tls_is_grease(v) && v != 0x0000 && v != 0x0010) /* server name and ALPN stand in part a */
            list[n++] = v;
    }
    qsort(list, n, sizeof list[0], by_value);
    put_hex_list(&b, list, n);
    size_t m = algorithms ? values(h->signature_algorithms, algorithms) : 0;
    if (m > 0) {
        fb_buf_putc(&b, '_');
        put_hex_list(&b, algorithms, m);
    }
    hash12(&b, n == 0, out);
    bool ok = algorithms && !b.failed;
    fb_buf_release(&b);
    free(algorithms);
    return ok;
}

static const char *version_part(uint16_t v)
{
    switch (v) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    case 0xfeff:
        return "d1";
    case 0xfefd:
        return "d2";
    case 0xfefc:
        return "d3";
    default:
        return "00";
    }
}

static bool alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void alpn_part(struct fb_span name, char out[static 2])
{
    static const char hex[] = "0123456789abcdef";
    out[0] = out[1] = '0';
    if (name.n == 0)
        return;
    uint8_t first = name.p[0], last = name.p[name.n - 1];
    bool plain = alphanumeric(first) && alphanumeric(last);
    out[0] = plain ? (char)first : hex[first >> 4];
    out[1] = plain ? (char)last : hex[last & 15];
}

void fb_tls_ja4(const struct fb_tls_hello *h, char transport, char out[static 40])
{
    char b[13], c[13], alpn[2];
    size_t nciphers, nextensions;
    out[0] = 0;
    bool ok = ciphers_part(h, b, &nciphers);
    if (!extensions_part(h, c, &nextensions) || !ok)
        return;
    alpn_part(h->alpn, alpn);
    (void)snprintf(out, 40, "%c%s%c%02u%02u%c%c_%s_%s", transport, version_part(fb_tls_offered(h)),
                   h->has_sni ? 'd' : 'i', (unsigned)(nciphers > 99 ? 99 : nciphers),
                   (unsigned)(nextensions > 99 ? 99 : nextensions), alpn[0], alpn[1], b, c);
}
