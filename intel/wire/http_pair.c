#include "intel/wire/http_pair.h"

#include "base/memory.h"
#include "intel/wire/http_def.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define TEXT_MAX 2048 /* bytes of a header that are kept */
#define URI_MAX  8192

struct fb_http_pair *fb_http_pair_new(uint32_t depth, const struct fb_seen *at)
{
    struct fb_http_pair *q = fb_calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->depth = depth;
    q->at = *at;
    for (size_t i = 0; i < FB_HTTP_TEXTS; i++)
        fb_buf_init(&q->text[i], i == FB_HTTP_T_URI ? URI_MAX : TEXT_MAX);
    return q;
}

void fb_http_pair_free(struct fb_http_pair *q)
{
    for (size_t i = 0; q && i < FB_HTTP_TEXTS; i++)
        fb_buf_release(&q->text[i]);
    free(q);
}

size_t fb_http_pair_bytes(const struct fb_http_pair *q)
{
    size_t n = sizeof *q;
    for (size_t i = 0; i < FB_HTTP_TEXTS; i++)
        n += q->text[i].cap;
    return n;
}

static bool is_token(struct fb_span w)
{
    for (size_t i = 0; i < w.n; i++)
        if (w.p[i] <= ' ' || w.p[i] > '~' || strchr("()<>@,;:\\\"/[]?={}", w.p[i]))
            return false;
    return w.n > 0;
}

static bool is_version(struct fb_span v)
{
    return fb_wire_starts(v, "HTTP/") && v.n >= 6 && v.n <= 16 && v.p[5] >= '0' && v.p[5] <= '9';
}

/* The last word when it is a version; else nothing. */
static struct fb_span version_of(struct fb_span *rest)
{
    size_t i = rest->n;
    while (i > 0 && rest->p[i - 1] != ' ')
        i--;
    struct fb_span v = {rest->p + i, rest->n - i};
    if (i == 0 || !is_version(v))
        return (struct fb_span){NULL, 0};
    *rest = fb_wire_trim((struct fb_span){rest->p, i});
    return v;
}

bool fb_http_pair_request(struct fb_http_pair *q, struct fb_span line)
{
    struct fb_span rest = line, method = fb_wire_split(&rest, ' ');
    rest = fb_wire_trim(rest);
    struct fb_span version = version_of(&rest);
    q->simple = !version.p;
    /* HTTP/0.9 knows GET and a path */
    bool old = fb_wire_is(method, "GET") && rest.n > 0 && rest.p[0] == '/' && !memchr(rest.p, ' ', rest.n);
    if (!is_token(method) || method.n > 32 || rest.n == 0 || (q->simple && !old))
        return false;
    q->requested = true;
    q->connect = fb_wire_is(method, "CONNECT");
    q->head = fb_wire_is(method, "HEAD");
    fb_wire_keep(&q->text[FB_HTTP_T_METHOD], method);
    fb_wire_keep(&q->text[FB_HTTP_T_URI], rest);
    if (q->simple)
        version = (struct fb_span){(const uint8_t *)"HTTP/0.9", 8};
    fb_wire_keep(&q->text[FB_HTTP_T_VERSION], (struct fb_span){version.p + 5, version.n - 5});
    return true;
}

bool fb_http_pair_status(struct fb_http_pair *q, struct fb_span line, uint16_t *code)
{
    struct fb_span rest = line, version = fb_wire_split(&rest, ' ');
    rest = fb_wire_trim(rest);
    struct fb_span number = fb_wire_split(&rest, ' ');
    uint64_t v;
    if (!is_version(version) || !fb_wire_number(number, 999, &v))
        return false;
    *code = (uint16_t)v;
    bool info = v >= 100 && v < 200;
    if (info)
        q->info = *code;
    else
        q->status = *code;
    if (rest.n > 0)
        fb_wire_keep(&q->text[info ? FB_HTTP_T_INFO_MSG : FB_HTTP_T_STATUS_MSG], fb_wire_trim(rest));
    fb_wire_keep(&q->text[FB_HTTP_T_VERSION], (struct fb_span){version.p + 5, version.n - 5});
    return true;
}

static int sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 7617: base64 of name:password; only the name is kept. */
static void basic(struct fb_http_pair *q, struct fb_span value)
{
    uint8_t name[256];
    size_t n = 0;
    uint32_t bits = 0, have = 0;
    if (!fb_wire_starts(value, "basic "))
        return;
    value = fb_wire_trim((struct fb_span){value.p + 6, value.n - 6});
    for (size_t i = 0; i < value.n && n < sizeof name; i++) {
        int six = sextet(value.p[i]);
        if (six < 0)
            return;
        bits = (bits << 6 | (uint32_t)six) & 0xfff;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        name[n] = (uint8_t)(bits >> have);
        if (name[n] == ':') {
            fb_wire_keep(&q->text[FB_HTTP_T_USERNAME], (struct fb_span){name, n});
            return;
        }
        n++;
    }
}

/* The headers by which Zeek knows a proxy. */
static void proxied(struct fb_http_pair *q, struct fb_span name, struct fb_span value)
{
    static const char *const headers[] = {"FORWARDED", "X-FORWARDED-FOR",  "X-FORWARDED-FROM", "CLIENT-IP",
                                          "VIA",       "XROXY-CONNECTION", "PROXY-CONNECTION"};
    struct fb_buf item;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (!fb_wire_is(name, headers[i]))
            continue;
        fb_buf_init(&item, TEXT_MAX / 2);
        fb_buf_puts(&item, headers[i]);
        fb_buf_puts(&item, " -> ");
        fb_buf_put(&item, value.p, value.n);
        struct fb_buf *list = &q->text[FB_HTTP_T_PROXIED];
        if (!item.failed && list->max - list->len > item.len + 10)
            fb_rec_item(list, item.data, item.len);
        fb_buf_release(&item);
    }
}

void fb_http_pair_header(struct fb_http_pair *q, bool request, struct fb_span name, struct fb_span value)
{
    static const struct {
        const char *name;
        enum fb_http_text text;
        bool request;
    } kept[] = {
        {"host", FB_HTTP_T_HOST, true},
        {"user-agent", FB_HTTP_T_USER_AGENT, true},
        {"referer", FB_HTTP_T_REFERRER, true},
        {"origin", FB_HTTP_T_ORIGIN, true},
        {"content-type", FB_HTTP_T_CONTENT_TYPE, false},
        {"server", FB_HTTP_T_SERVER, false},
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (kept[i].request == request && fb_wire_is(name, kept[i].name))
            fb_wire_keep(&q->text[kept[i].text], value);
    if (!request)
        return;
    if (fb_wire_is(name, "authorization"))
        basic(q, value);
    proxied(q, name, value);
}

/* Without a Host header the target may say where the request goes (RFC 9112, section 3.2). */
static void host_of_target(struct fb_http_pair *q)
{
    struct fb_span uri = {q->text[FB_HTTP_T_URI].data, q->text[FB_HTTP_T_URI].len};
    if (q->text[FB_HTTP_T_HOST].len || !uri.p)
        return;
    if (fb_wire_starts(uri, "http://")) {
        struct fb_span rest = {uri.p + 7, uri.n - 7};
        fb_wire_keep(&q->text[FB_HTTP_T_HOST], fb_wire_split(&rest, '/'));
    } else if (q->connect) {
        fb_wire_keep(&q->text[FB_HTTP_T_HOST], uri);
    }
}

static void code_cell(struct fb_buf *row, uint16_t code)
{
    if (code)
        fb_rec_int(row, code);
    else
        fb_rec_null(row);
}

void fb_http_pair_put(struct fb_http_pair *q, struct fb_observe_out *out)
{
    struct fb_buf row, *t = q->text;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    host_of_target(q);
    fb_rec_int(&row, q->depth);
    for (size_t i = FB_HTTP_T_METHOD; i <= FB_HTTP_T_ORIGIN; i++)
        fb_wire_cell(&row, &t[i]);
    fb_rec_int(&row, (int64_t)q->request_bytes);
    fb_rec_int(&row, (int64_t)q->response_bytes);
    code_cell(&row, q->status);
    fb_wire_cell(&row, &t[FB_HTTP_T_STATUS_MSG]);
    code_cell(&row, q->info);
    fb_wire_cell(&row, &t[FB_HTTP_T_INFO_MSG]);
    fb_wire_cell(&row, &t[FB_HTTP_T_USERNAME]);
    fb_wire_list_cell(&row, &t[FB_HTTP_T_PROXIED]);
    fb_wire_cell(&row, &t[FB_HTTP_T_CONTENT_TYPE]);
    fb_wire_cell(&row, &t[FB_HTTP_T_SERVER]);
    fb_wire_put(out, &fb_http_def, &q->at, &row);
    fb_buf_release(&row);
}
