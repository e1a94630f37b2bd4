/* HTTP/1 (RFC 9112): a request line confirms, and so does a reply line while a request waits. Bodies are
 * passed over. CONNECT with 200 hands over to a nested detector, 101 to WebSocket. Ignored on purpose: all
 * header fields that do not frame a message. */
#include "replay/service/svc.h"
#include "replay/service/svc_http_body.h"
#include "replay/service/svc_sig.h"
#include "replay/service/svc_text.h"

#define HTTP_LINE_MAX 65536

enum method { M_OTHER, M_HEAD, M_CONNECT };
enum part { P_START, P_HEADERS, P_BODY };

struct http_dir {
    struct http_body body;
    uint8_t part; /* enum part */
    bool upgrade_websocket;
};

struct http_state {
    struct http_dir d[2];
    uint8_t waiting[16]; /* methods of requests without a reply, oldest first */
    uint8_t nwaiting;
    bool simple; /* the last request had no version (HTTP/0.9): its reply is a body without a head */
    uint16_t status;
};

static bool is_token(struct fb_span w)
{
    for (size_t i = 0; i < w.n; i++)
        if (w.p[i] <= ' ' || w.p[i] > '~' || strchr("()<>@,;:\\\"/[]?={}", w.p[i]))
            return false;
    return w.n > 0;
}

static bool request_line(struct http_state *st, struct fb_span line)
{
    struct fb_span rest = line, method = svc_word(&rest);
    rest = svc_ltrim(rest);
    bool versioned = svc_contains(rest, " HTTP/");
    if (!is_token(method) || svc_prefix(rest, "HTTP/") || (!versioned && !svc_http_method(method)))
        return false;
    st->simple = !versioned;
    enum method m = svc_equal(method, "HEAD") ? M_HEAD : svc_equal(method, "CONNECT") ? M_CONNECT : M_OTHER;
    if (st->nwaiting < sizeof st->waiting)
        st->waiting[st->nwaiting++] = (uint8_t)m;
    return true;
}

static bool reply_line(struct http_state *st, struct fb_span line)
{
    struct fb_span rest = line, version = svc_word(&rest);
    uint64_t code;
    rest = svc_ltrim(rest);
    if (!svc_prefix(version, "HTTP/") || version.n < 6 || !svc_is_digit(version.p[5]) ||
        !svc_number(&rest, 999, &code))
        return false;
    st->status = (uint16_t)code;
    return true;
}

static void start_line(struct svc *a, bool from_orig, struct fb_span line)
{
    struct http_state *st = a->state;
    struct http_dir *d = &st->d[from_orig ? SVC_ORIG : SVC_RESP];
    line = svc_ltrim(line);
    if (line.n == 0)
        return;
    bool waiting = st->nwaiting > 0;
    if (!from_orig && waiting && st->simple && !svc_prefix(line, "HTTP/")) {
        a->dir[SVC_RESP].skip = UINT64_MAX;
        return;
    }
    if (from_orig ? !request_line(st, line) : !reply_line(st, line)) {
        svc_fail(a);
        return;
    }
    if (from_orig || waiting)
        svc_confirm(a);
    d->body = (struct http_body){0};
    d->upgrade_websocket = false;
    d->part = P_HEADERS;
}

static void header(struct http_dir *d, struct fb_span line)
{
    if (http_body_header(&d->body, line))
        return;
    if (svc_prefix(line, "upgrade:") && svc_contains(line, "websocket"))
        d->upgrade_websocket = true;
}

/* The request that the reply at hand answers. */
static enum method answered(struct http_state *st)
{
    if (st->nwaiting == 0)
        return M_OTHER;
    enum method m = (enum method)st->waiting[0];
    if (st->status >= 200 || st->status == 101)
        memmove(st->waiting, st->waiting + 1, --st->nwaiting);
    return m;
}

static void headers_done(struct svc *a, bool from_orig)
{
    struct http_state *st = a->state;
    struct http_dir *d = &st->d[from_orig ? SVC_ORIG : SVC_RESP];
    d->part = P_BODY;
    if (from_orig) {
        http_body_start(&d->body, false, false);
        return;
    }
    enum method m = answered(st);
    bool none = m == M_HEAD || st->status < 200 || st->status == 204 || st->status == 304;
    http_body_start(&d->body, none, true);
    if (m == M_CONNECT && st->status / 100 == 2)
        svc_become(a, &svc_tunnel);
    else if (st->status == 101 && d->upgrade_websocket && st->d[SVC_ORIG].upgrade_websocket)
        svc_become(a, &svc_websocket);
    else if (st->status == 101)
        svc_leave(a);
    else
        a->settled = a->confirmed;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct http_state *st = a->state;
    struct http_dir *d = &st->d[from_orig ? SVC_ORIG : SVC_RESP];
    if (d->part == P_BODY) {
        size_t used = http_body_feed(&d->body, svc_dir_of(a, from_orig), p, n);
        if (http_body_done(&d->body))
            d->part = P_START;
        if (used > 0 || n == 0 || d->part == P_BODY)
            return used;
    }
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    if (d->part == P_START)
        start_line(a, from_orig, line);
    else if (line.n > 0)
        header(d, line);
    else
        headers_done(a, from_orig);
    return used;
}

/* A hole inside a body does no harm when its length is known; skips have covered that. */
static bool gap(struct svc *a, bool from_orig, uint64_t n)
{
    struct http_state *st = a->state;
    (void)n;
    return http_body_endless(&st->d[from_orig ? SVC_ORIG : SVC_RESP].body);
}

const struct svc_proto svc_http = {.name = "http",
                                   .hold = HTTP_LINE_MAX,
                                   .state_bytes = sizeof(struct http_state),
                                   .parse = parse,
                                   .gap = gap};
