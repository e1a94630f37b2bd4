/* TLS records and handshake messages: RFC 8446 and 5246, RFC 6101 (SSLv3), the SSLv2 hello of RFC 5246,
 * appendix E.2. The session is done with when both sides have gone over to encryption. Ignored on purpose:
 * everything that is encrypted, what heartbeats say, SSLv2 after its hellos. */
#include "intel/wire/tls.h"

#include "base/memory.h"
#include "intel/wire/tls_facts.h"
#include "intel/wire/tls_handshake.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define RECORD_HEAD  5
#define RECORD_MAX   (16384 + 2048) /* RFC 5246, section 6.2.3 */
#define SMALL_MAX    64             /* an alert or a change of cipher in the clear has two bytes */
#define V2_HELLO_MAX 2048           /* bytes of an SSLv2 hello */
#define HELD_MAX     (2 + V2_HELLO_MAX)

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, HEARTBEAT = 24 };

struct side {
    struct fb_wire_dir d;
    struct fb_buf message; /* the handshake message that is not whole yet */
    uint32_t pass;         /* bytes to come of one whose body nobody reads, of type pass_type */
    uint16_t in_record;    /* bytes to come of a handshake record */
    uint8_t pass_type;
    bool encrypted, began;
};

struct tls_state {
    struct fb_tls_facts facts;
    struct side side[2]; /* by from_orig */
    bool client_is_orig;
    bool put;
};

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 6)
        return FB_WISH_NO;
    if (p[0] == 22) {
        static const uint8_t low[] = {22, 3, 0, 0, 0, 1}, high[] = {22, 3, 4, 0x48, 0xff, 2};
        for (size_t i = 0; i < sizeof low && i < n; i++)
            if (p[i] < low[i] || p[i] > high[i])
                return FB_WISH_NO;
        return n >= sizeof low ? FB_WISH_YES : FB_WISH_MORE;
    }
    /* SSLv2: a two-byte head, type 1, a version that a client of today or then can offer. */
    if (!(p[0] & 0x80))
        return FB_WISH_NO;
    if (n < 11)
        return n > 2 && p[2] != 1 ? FB_WISH_NO : FB_WISH_MORE;
    uint16_t version = fb_load_be16(p + 3), ciphers = fb_load_be16(p + 5), id = fb_load_be16(p + 7);
    uint16_t len = fb_load_be16(p) & 0x7fff, challenge = fb_load_be16(p + 9);
    bool fits = ciphers % 3 == 0 && len == 9 + ciphers + id + challenge;
    return p[2] == 1 && fits && (version == 2 || version >> 8 == 3) ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_as(const char *starttls)
{
    struct tls_state *st = fb_calloc(1, sizeof *st);
    if (!st)
        return NULL;
    fb_tls_facts_init(&st->facts, FB_TLS_TCP);
    st->facts.starttls = starttls;
    fb_buf_init(&st->side[0].message, FB_TLS_MESSAGE_MAX);
    fb_buf_init(&st->side[1].message, FB_TLS_MESSAGE_MAX);
    st->client_is_orig = true;
    return st;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    return open_as(NULL);
}

void *fb_tls_open_upgraded(const char *starttls)
{
    return open_as(starttls);
}

static void finish(struct tls_state *st, struct fb_observe_out *out)
{
    if (!st->put && (st->facts.client || st->facts.server))
        fb_tls_put(&st->facts, out);
    st->put = true;
    st->side[0].d.dead = st->side[1].d.dead = true;
}

static void give_up(struct fb_wire_call *call)
{
    struct tls_state *st = call->state;
    finish(st, call->out);
}

static void established(struct fb_wire_call *call)
{
    struct tls_state *st = call->state;
    st->facts.established = true;
    finish(st, call->out);
}

static void one_message(struct fb_wire_call *call, uint8_t type, struct fb_span body)
{
    struct tls_state *st = call->state;
    if (type == FB_TLS_CLIENT_HELLO)
        st->client_is_orig = call->at->from_orig;
    if (type == FB_TLS_SERVER_HELLO)
        st->client_is_orig = !call->at->from_orig;
    bool from_client = call->at->from_orig == st->client_is_orig;
    if (!fb_tls_handshake(&st->facts, type, body, from_client, call->at, call->out))
        give_up(call);
}

static size_t body_bytes(const uint8_t *p)
{
    return (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Passes over the body of a message; at its end it counts as one without. */
static size_t pass_over(struct fb_wire_call *call, struct side *s, size_t n)
{
    size_t k = s->pass < n ? s->pass : n;
    s->pass -= (uint32_t)k;
    if (s->pass == 0)
        one_message(call, s->pass_type, (struct fb_span){NULL, 0});
    return k;
}

/* Takes whole messages off the front; returns the bytes used. One that is not whole is passed over when its
 * body is of no use or too long to be held. */
static size_t messages(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    struct side *s = &st->side[call->at->from_orig];
    size_t off = 0;
    while (off < n && !st->put) {
        if (s->pass > 0) {
            off += pass_over(call, s, n - off);
            continue;
        }
        if (n - off < 4)
            break;
        size_t len = body_bytes(p + off);
        bool whole = len <= n - off - 4;
        if (!whole && len <= FB_TLS_MESSAGE_MAX - 4 && fb_tls_handshake_reads(p[off]))
            break;
        if (whole) {
            one_message(call, p[off], (struct fb_span){p + off + 4, len});
            off += 4 + len;
        } else {
            s->pass = (uint32_t)len;
            s->pass_type = p[off];
            off += 4;
        }
    }
    return st->put ? n : off;
}

/* Bytes of the stream of handshake messages, which records cut anywhere. */
static void handshake_bytes(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    struct fb_buf *b = &st->side[call->at->from_orig].message;
    while (n > 0 && !st->put) {
        if (b->len == 0) {
            size_t used = messages(call, p, n);
            fb_buf_put(b, p + used, n - used);
            n = 0;
        } else {
            size_t lacks = (b->len < 4 ? 4 : 4 + body_bytes(b->data)) - b->len;
            size_t take = lacks < n ? lacks : n;
            fb_buf_put(b, p, take);
            p += take;
            n -= take;
            if (take == lacks && !b->failed && messages(call, b->data, b->len) > 0)
                b->len = 0; /* it ended exactly here */
        }
        if (b->failed)
            give_up(call);
    }
    if (b->len == 0 || st->put)
        fb_buf_release(b);
}

static void change_cipher_spec(struct fb_wire_call *call)
{
    struct tls_state *st = call->state;
    bool orig = call->at->from_orig, from_client = orig == st->client_is_orig;
    if (!st->facts.server || st->facts.hello_retry)
        return; /* TLS 1.3: sent early, for middleboxes */
    fb_tls_history(&st->facts, orig, 'I');
    if (from_client && st->facts.version < 0x0304 && st->facts.has_ticket && st->facts.session_id_len == 0 &&
        !st->facts.key_exchange)
        st->facts.resumed = true;
    st->side[orig].encrypted = true;
    if (st->side[!orig].encrypted)
        established(call);
}

static void alert(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    if (n != 2)
        return;
    st->facts.last_alert = p[1];
    fb_tls_history(&st->facts, call->at->from_orig, 'L');
    if (p[0] == 2)
        give_up(call);
}

static void application_data(struct fb_wire_call *call)
{
    struct tls_state *st = call->state;
    if (!st->facts.server || st->facts.hello_retry)
        return;
    st->side[call->at->from_orig].encrypted = true;
    if (st->side[!call->at->from_orig].encrypted)
        established(call);
}

/* The first bytes of a direction may be an SSLv2 hello. Returns the bytes used, 0 for more. */
static size_t v2_hello(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    if (n < 5)
        return 0;
    size_t len = fb_load_be16(p) & 0x7fff;
    if (p[2] == 4) { /* SERVER-HELLO: version behind hit and certificate type */
        if (n < 7)
            return 0;
        if (st->facts.client && fb_load_be16(p + 5) == 2) {
            st->facts.server = true;
            st->facts.version = 2;
            fb_tls_history(&st->facts, call->at->from_orig, 'S');
        }
        give_up(call);
        return n;
    }
    if (len > V2_HELLO_MAX || p[2] != 1) {
        give_up(call);
        return n;
    }
    if (n < 2 + len)
        return 0;
    st->client_is_orig = call->at->from_orig;
    if (fb_tls_v2_client_hello(&st->facts, (struct fb_span){p + 2, len}, call->at))
        fb_tls_history(&st->facts, call->at->from_orig, 'C');
    else
        give_up(call);
    return 2 + len;
}

/* A record whose head is whole. Returns the bytes used, 0 for more. */
static size_t record(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    struct side *s = &st->side[call->at->from_orig];
    size_t len = fb_load_be16(p + 3);
    bool small = (p[0] == ALERT || p[0] == CHANGE_CIPHER_SPEC) && !s->encrypted && len <= SMALL_MAX;
    if (len > RECORD_MAX) {
        give_up(call);
        return n;
    }
    if (small && n < RECORD_HEAD + len)
        return 0;
    s->began = true;
    if (p[0] == HANDSHAKE && !s->encrypted) {
        s->in_record = (uint16_t)len;
        return RECORD_HEAD;
    }
    /* Encrypted or not, a change of cipher and application data say where the session stands. */
    if (p[0] == CHANGE_CIPHER_SPEC)
        change_cipher_spec(call);
    else if (p[0] == APPLICATION_DATA)
        application_data(call);
    else if (small)
        alert(call, p + RECORD_HEAD, len);
    else if (p[0] == HEARTBEAT && !s->encrypted)
        fb_tls_history(&st->facts, call->at->from_orig, 'B');
    call->dir->skip = len;
    return RECORD_HEAD;
}

static size_t parse(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    struct side *s = &st->side[call->at->from_orig];
    if (s->in_record > 0) {
        size_t k = s->in_record < n ? s->in_record : n;
        s->in_record = (uint16_t)(s->in_record - k);
        handshake_bytes(call, p, k);
        return k;
    }
    if (!s->began && (p[0] & 0x80)) {
        size_t used = v2_hello(call, p, n);
        s->began = used > 0;
        return used;
    }
    if (p[0] < CHANGE_CIPHER_SPEC || p[0] > HEARTBEAT || (n > 1 && p[1] != 3)) {
        give_up(call);
        return n;
    }
    return n < RECORD_HEAD ? 0 : record(call, p, n);
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct tls_state *st = state;
    struct fb_wire_call call = {st, &st->side[at->from_orig].d, at, out};
    if (!fb_wire_feed(&call, HELD_MAX, parse, p, n))
        give_up(&call);
    return st->put ? FB_OBSERVE_DONE : 0;
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct tls_state *st = state;
    struct side *s = &st->side[at->from_orig];
    if (s->in_record > 0 || !fb_wire_gap(&s->d, n))
        finish(st, out);
    return st->put ? FB_OBSERVE_DONE : 0;
}

static void flip(void *state)
{
    struct tls_state *st = state;
    struct side x = st->side[0];
    st->side[0] = st->side[1];
    st->side[1] = x;
    st->client_is_orig = !st->client_is_orig;
    for (size_t i = 0; i < st->facts.nhistory; i++)
        st->facts.history[i] = (char)(st->facts.history[i] ^ 0x20);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    (void)at;
    struct tls_state *st = state;
    finish(st, out);
    for (unsigned i = 0; i < 2; i++) {
        fb_wire_dir_release(&st->side[i].d);
        fb_buf_release(&st->side[i].message);
    }
    fb_tls_facts_release(&st->facts);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct tls_state *st = state;
    return sizeof *st + st->side[0].d.cap + st->side[1].d.cap + st->side[0].message.cap +
           st->side[1].message.cap + fb_tls_facts_bytes(&st->facts);
}

const struct fb_intel_proto fb_proto_tls = {
    .name = "tls",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
