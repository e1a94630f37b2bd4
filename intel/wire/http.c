/* HTTP/1 (RFC 9112): requests and replies are paired in order; bodies are passed over by counting. After a
 * gap that is no body, and where no message begins, a side goes on at the next packet that begins with a
 * message. CONNECT with 200, and 101, hand the session over to whoever knows what follows. Ignored on
 * purpose: HTTP/2. */
#include "intel/wire/http.h"

#include "base/memory.h"
#include "intel/wire/http_body.h"
#include "intel/wire/http_pair.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define LINE_MAX_BYTES 12288
#define WAITING_MAX    32 /* requests without a reply; more than that, and the oldest goes out as it is */
#define LOSSES_MAX     64
#define WAITING_BYTES  24576 /* likewise */

enum part { P_START, P_HEADERS, P_BODY, P_LOST };

struct side {
    struct fb_wire_dir d;
    struct fb_http_body body;
    enum part part;
    bool skip_line;
};

struct http_state {
    struct side side[2];
    struct fb_http_pair *waiting[WAITING_MAX]; /* oldest first; replies go to waiting[0] */
    size_t nwaiting;
    struct fb_http_pair *asking; /* whose request is being read; also in waiting, or gone out of it */
    uint32_t depth;
    unsigned losses; /* how often a side was lost where no gap was */
    uint16_t code;   /* of the reply at hand */
    unsigned bits;   /* to return */
    bool known;      /* which side asks */
    bool client_is_orig;
};

static bool known_method(struct fb_span w)
{
    static const char *const methods[] = {
        "GET",         "POST",       "HEAD",      "PUT",         "DELETE",    "OPTIONS",   "CONNECT",
        "TRACE",       "PATCH",      "SEARCH",    "PROPFIND",    "PROPPATCH", "MKCOL",     "COPY",
        "MOVE",        "LOCK",       "UNLOCK",    "REPORT",      "NOTIFY",    "SUBSCRIBE", "BCOPY",
        "POLL",        "BMOVE",      "PURGE",     "UNSUBSCRIBE", "MERGE",     "CHECKOUT",  "BDELETE",
        "RPC_CONNECT", "MKACTIVITY", "BPROPFIND", "BPROPPATCH",  "M-SEARCH"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (w.n == strlen(methods[i]) && memcmp(w.p, methods[i], w.n) == 0)
            return true;
    return false;
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 6)
        return FB_WISH_NO;
    while (n > 0 && (*p == '\r' || *p == '\n')) { /* RFC 9112, section 2.2 */
        p++;
        n--;
    }
    struct fb_span s = {p, n}, rest = s;
    for (size_t i = 0; i < n && i < 5; i++) {
        if (p[i] != (uint8_t) "HTTP/"[i])
            break;
        if (i == 4 || i + 1 == n)
            return i == 4 ? FB_WISH_YES : FB_WISH_MORE;
    }
    struct fb_span method = fb_wire_split(&rest, ' ');
    bool spaced = method.n < n;
    for (size_t i = 0; i < method.n; i++)
        if (i >= 24 ||
            !((method.p[i] >= 'A' && method.p[i] <= 'Z') || method.p[i] == '-' || method.p[i] == '_'))
            return FB_WISH_NO;
    if (!spaced)
        return FB_WISH_MORE;
    if (known_method(method))
        return FB_WISH_YES;
    if (rest.n == 0)
        return FB_WISH_MORE;
    return method.n >= 3 && rest.p[0] == '/' ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    struct http_state *st = fb_calloc(1, sizeof *st);
    return st;
}

/* The oldest pair goes out. */
static void put_oldest(struct http_state *st, struct fb_observe_out *out)
{
    struct fb_http_pair *q = st->waiting[0];
    if (st->asking == q)
        st->asking = NULL;
    if (q->requested || q->status || q->info)
        fb_http_pair_put(q, out);
    fb_http_pair_free(q);
    st->nwaiting--;
    memmove(st->waiting, st->waiting + 1, st->nwaiting * sizeof st->waiting[0]);
}

static void put_all(struct http_state *st, struct fb_observe_out *out)
{
    while (st->nwaiting > 0)
        put_oldest(st, out);
}

static struct fb_http_pair *new_pair(struct fb_wire_call *call)
{
    struct http_state *st = call->state;
    size_t held = 0;
    for (size_t i = 0; i < st->nwaiting; i++)
        held += fb_http_pair_bytes(st->waiting[i]);
    if (st->nwaiting == WAITING_MAX || held > WAITING_BYTES)
        put_oldest(st, call->out);
    struct fb_http_pair *q = fb_http_pair_new(st->depth + 1, call->at);
    if (!q)
        return NULL;
    st->depth++;
    st->waiting[st->nwaiting++] = q;
    return q;
}

static void leave(struct fb_wire_call *call)
{
    struct http_state *st = call->state;
    put_all(st, call->out);
    st->bits |= FB_OBSERVE_DONE;
    st->side[0].d.dead = st->side[1].d.dead = true;
}

/* No message begins here. In a session that has shown one the side goes on at the next that does. */
static void lost(struct fb_wire_call *call, struct side *s)
{
    struct http_state *st = call->state;
    s->part = P_LOST;
    if (st->depth == 0 || ++st->losses > LOSSES_MAX)
        leave(call);
}

static bool request_start(struct fb_wire_call *call, struct fb_span line)
{
    struct http_state *st = call->state;
    struct fb_http_pair *q = new_pair(call);
    if (!q)
        return false;
    if (!fb_http_pair_request(q, line)) {
        st->nwaiting--;
        st->depth--;
        fb_http_pair_free(q);
        return false;
    }
    st->asking = q;
    return true;
}

static bool reply_start(struct fb_wire_call *call, struct fb_span line)
{
    struct http_state *st = call->state;
    if (st->nwaiting == 0 && !new_pair(call))
        return false;
    return fb_http_pair_status(st->waiting[0], line, &st->code);
}

static size_t start_line(struct fb_wire_call *call, struct side *s, struct fb_span line, size_t used)
{
    struct http_state *st = call->state;
    bool reply = fb_wire_starts(line, "HTTP/");
    if (!st->known)
        st->client_is_orig = reply ? !call->at->from_orig : call->at->from_orig;
    st->known = true;
    bool client = st->client_is_orig == call->at->from_orig;
    s->body = (struct fb_http_body){0};
    if (!client && !reply && st->nwaiting > 0 && st->waiting[0]->simple) {
        s->part = P_BODY; /* the reply to HTTP/0.9 has no head */
        fb_http_body_start(&s->body, false, true);
        return 0;
    }
    s->part = P_HEADERS;
    if (client ? !request_start(call, line) : !reply || !reply_start(call, line))
        lost(call, s);
    else if (client && st->asking->simple)
        s->part = P_START;
    return used;
}

static void header(struct http_state *st, struct side *s, bool client, struct fb_span line)
{
    struct fb_span value = line, name = fb_wire_split(&value, ':');
    if (name.n == line.n)
        return;
    name = fb_wire_trim(name);
    value = fb_wire_trim(value);
    fb_http_body_header(&s->body, name, value);
    struct fb_http_pair *q = client ? st->asking : st->nwaiting > 0 ? st->waiting[0] : NULL;
    if (q)
        fb_http_pair_header(q, client, name, value);
}

static void message_over(struct fb_wire_call *call, struct side *s, bool client)
{
    struct http_state *st = call->state;
    s->part = P_START;
    if (client) {
        if (st->asking)
            st->asking->request_bytes = s->body.bytes;
        st->asking = NULL;
        return;
    }
    if (st->nwaiting == 0 || (st->code >= 100 && st->code < 200 && st->code != 101))
        return;
    st->waiting[0]->response_bytes = s->body.bytes;
    if (st->waiting[0] != st->asking) {
        put_oldest(st, call->out);
        return;
    }
    /* The reply is over before its request: the rest of the request is not waited for. */
    st->asking->request_bytes = st->side[call->at->from_orig ? 0 : 1].body.bytes;
    put_oldest(st, call->out);
}

static void headers_over(struct fb_wire_call *call, struct side *s, bool client)
{
    struct http_state *st = call->state;
    s->part = P_BODY;
    if (client) {
        fb_http_body_start(&s->body, false, false);
        return;
    }
    struct fb_http_pair *q = st->nwaiting > 0 ? st->waiting[0] : NULL;
    bool tunnel = q && q->connect && st->code / 100 == 2;
    if (tunnel || st->code == 101) {
        fb_http_body_start(&s->body, true, true);
        message_over(call, s, false);
        leave(call);
        st->bits |= FB_PROTO_AGAIN;
        return;
    }
    bool none = (q && q->head) || st->code < 200 || st->code == 204 || st->code == 304;
    fb_http_body_start(&s->body, none, true);
}

/* A header goes on in lines that begin with a blank (RFC 9112, section 5.2); whether it does shows the byte
 * after it. Returns the bytes used, 0: needs more. */
static size_t unfold(const uint8_t *p, size_t n, size_t used, struct fb_span *line)
{
    while (used < LINE_MAX_BYTES) {
        struct fb_span next;
        if (used == n)
            return 0;
        if (p[used] != ' ' && p[used] != '\t')
            return used;
        size_t more = fb_wire_line(p + used, n - used, LINE_MAX_BYTES - used, &next);
        if (more == 0)
            return 0;
        if (!next.p)
            break;
        used += more;
        *line = (struct fb_span){p, (size_t)(next.p + next.n - p)};
    }
    *line = (struct fb_span){NULL, 0}; /* too long */
    return used < LINE_MAX_BYTES ? LINE_MAX_BYTES : used;
}

/* A line of a head. Returns the bytes used. */
static size_t head_line(struct fb_wire_call *call, struct side *s, const uint8_t *p, size_t n)
{
    struct http_state *st = call->state;
    struct fb_span line;
    size_t used = fb_wire_line(p, n, LINE_MAX_BYTES, &line);
    if (s->part == P_START && used == 0 && st->nwaiting > 0 && st->waiting[0]->simple && p[0] != 'H')
        return start_line(call, s, (struct fb_span){p, n}, 0);
    if (used == 0)
        return 0;
    if (s->part == P_HEADERS && line.p && line.n > 0 && !s->skip_line) {
        used = unfold(p, n, used, &line);
        if (used == 0)
            return 0;
    }
    if (s->skip_line || !line.p) { /* too long a line: what follows up to its end belongs to it */
        if (s->part == P_START) {
            lost(call, s);
            return used;
        }
        s->skip_line = !line.p;
        return used;
    }
    bool client = st->client_is_orig == call->at->from_orig;
    if (s->part == P_HEADERS) {
        if (line.n > 0)
            header(st, s, client, line);
        else
            headers_over(call, s, client);
    } else if (line.n > 0) {
        return start_line(call, s, line, used);
    }
    return used;
}

static size_t parse(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct http_state *st = call->state;
    struct side *s = &st->side[call->at->from_orig];
    size_t used = 0;
    if (s->part == P_LOST)
        return n;
    if (s->part != P_BODY)
        used = head_line(call, s, p, n);
    if (s->part == P_BODY && used == 0)
        used = fb_http_body_feed(&s->body, p, n);
    if (s->part == P_BODY && s->body.framing == FB_HTTP_OVER)
        message_over(call, s, st->client_is_orig == call->at->from_orig);
    return used;
}

/* After a gap a side goes on at a packet that begins with a message of its kind. */
static void find_again(struct http_state *st, struct side *s, const struct fb_seen *at, const uint8_t *p,
                       size_t n, struct fb_observe_out *out)
{
    static const struct fb_observed_flow tcp = {.ip_proto = 6};
    bool client = st->client_is_orig == at->from_orig, reply = n >= 5 && memcmp(p, "HTTP/", 5) == 0;
    if (n < 5 || client == reply || wants(&tcp, at->from_orig, p, n) != FB_WISH_YES)
        return;
    s->part = P_START;
    if (!client)
        while (st->nwaiting > 1) /* it answers the newest at best */
            put_oldest(st, out);
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct http_state *st = state;
    struct side *s = &st->side[at->from_orig];
    struct fb_wire_call call = {st, &s->d, at, out};
    if (s->part == P_LOST)
        find_again(st, s, at, p, n, out);
    if (!fb_wire_feed(&call, LINE_MAX_BYTES, parse, p, n))
        leave(&call);
    return st->bits;
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct http_state *st = state;
    struct side *s = &st->side[at->from_orig];
    bool client = st->client_is_orig == at->from_orig;
    struct fb_wire_call call = {st, &s->d, at, out};
    (void)fb_wire_gap(&s->d, n);
    if (s->d.dead || s->part == P_LOST)
        return st->bits;
    if (s->part == P_BODY && fb_http_body_gap(&s->body, n)) {
        if (s->body.framing == FB_HTTP_OVER)
            message_over(&call, s, client);
        return st->bits;
    }
    if (client)
        st->asking = NULL;
    else if (st->nwaiting > 0 && s->part != P_START) {
        st->waiting[0]->response_bytes = s->part == P_BODY ? s->body.bytes : 0;
        put_oldest(st, out);
    }
    s->part = P_LOST;
    s->skip_line = false;
    return st->bits;
}

static void flip(void *state)
{
    struct http_state *st = state;
    struct side s = st->side[0];
    st->side[0] = st->side[1];
    st->side[1] = s;
    st->client_is_orig = !st->client_is_orig;
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct http_state *st = state;
    (void)at;
    struct side *client = &st->side[st->client_is_orig], *server = &st->side[!st->client_is_orig];
    if (st->asking && client->part == P_BODY)
        st->asking->request_bytes = client->body.bytes;
    if (st->nwaiting > 0 && server->part == P_BODY)
        st->waiting[0]->response_bytes = server->body.bytes;
    put_all(st, out);
    fb_wire_dir_release(&st->side[0].d);
    fb_wire_dir_release(&st->side[1].d);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct http_state *st = state;
    size_t n = sizeof *st + st->side[0].d.cap + st->side[1].d.cap;
    for (size_t i = 0; i < st->nwaiting; i++)
        n += fb_http_pair_bytes(st->waiting[i]);
    return n;
}

const struct fb_intel_proto fb_proto_http = {
    .name = "http",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
