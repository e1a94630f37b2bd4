/* TLS records and handshake messages: RFC 8446 and 5246, RFC 6101 (SSLv3), the SSLv2 hello of RFC 5246,
 * appendix E.2. The session is done with when both sides have gone over to encryption. Ignored on purpose:
 * everything that is encrypted, heartbeats, SSLv2 after its hellos. */
#include "intel/wire/tls.h"

#include "base/memory.h"
#include "intel/wire/tls_facts.h"
#include "intel/wire/tls_handshake.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define RECORD_HEAD 5
#define RECORD_MAX  (16384 + 2048) /* RFC 5246, section 6.2.3 */

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, HEARTBEAT = 24 };

struct tls_state {
    struct fb_tls_facts facts;
    struct fb_wire_dir d[2];
    struct fb_buf message[2]; /* a handshake message that goes over several records */
    bool encrypted[2];
    bool began[2];
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
    fb_buf_init(&st->message[0], FB_TLS_HELLO_MAX);
    fb_buf_init(&st->message[1], FB_TLS_HELLO_MAX);
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
    st->d[0].dead = st->d[1].dead = true;
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

/* Takes whole messages off the front; returns the bytes used. */
static size_t messages(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    size_t off = 0;
    while (n - off >= 4 && !st->put) {
        size_t len = (size_t)p[off + 1] << 16 | (size_t)p[off + 2] << 8 | p[off + 3];
        if (len > FB_TLS_HELLO_MAX - 4) {
            give_up(call);
            return n;
        }
        if (len > n - off - 4)
            break;
        one_message(call, p[off], (struct fb_span){p + off + 4, len});
        off += 4 + len;
    }
    return st->put ? n : off;
}

static void handshake_record(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    struct fb_buf *b = &st->message[call->at->from_orig];
    if (st->encrypted[call->at->from_orig])
        return;
    if (b->len == 0) {
        size_t used = messages(call, p, n);
        fb_buf_put(b, p + used, n - used);
        return;
    }
    fb_buf_put(b, p, n);
    if (b->failed) {
        give_up(call);
        return;
    }
    size_t used = messages(call, b->data, b->len);
    b->len -= used;
    memmove(b->data, b->data + used, b->len);
    if (b->len == 0)
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
    st->encrypted[orig] = true;
    if (st->encrypted[!orig])
        established(call);
}

static void alert(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    if (n != 2 || st->encrypted[call->at->from_orig])
        return;
    st->facts.last_alert = p[1];
    fb_tls_history(&st->facts, call->at->from_orig, 'L');
    if (p[0] == 2)
        give_up(call);
}

static void record(struct fb_wire_call *call, uint8_t type, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    if (type == HANDSHAKE) {
        handshake_record(call, p, n);
    } else if (type == CHANGE_CIPHER_SPEC) {
        change_cipher_spec(call);
    } else if (type == ALERT) {
        alert(call, p, n);
    } else if (type == APPLICATION_DATA && st->facts.server && !st->facts.hello_retry) {
        st->encrypted[call->at->from_orig] = true;
        if (st->encrypted[!call->at->from_orig])
            established(call);
    }
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
    if (len > RECORD_MAX || p[2] != 1) {
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

static size_t parse(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct tls_state *st = call->state;
    bool orig = call->at->from_orig;
    if (!st->began[orig] && (p[0] & 0x80)) {
        size_t used = v2_hello(call, p, n);
        st->began[orig] = used > 0;
        return used;
    }
    if (p[0] < CHANGE_CIPHER_SPEC || p[0] > HEARTBEAT || (n > 1 && p[1] != 3)) {
        give_up(call);
        return n;
    }
    if (n < RECORD_HEAD)
        return 0;
    size_t len = fb_load_be16(p + 3);
    if (len > RECORD_MAX) {
        give_up(call);
        return n;
    }
    st->began[orig] = true;
    if (p[0] == APPLICATION_DATA || p[0] == HEARTBEAT || st->encrypted[orig]) {
        record(call, p[0], NULL, 0);
        call->dir->skip = len;
        return RECORD_HEAD;
    }
    if (n < RECORD_HEAD + len)
        return 0;
    record(call, p[0], p + RECORD_HEAD, len);
    return RECORD_HEAD + len;
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct tls_state *st = state;
    struct fb_wire_call call = {st, &st->d[at->from_orig], at, out};
    if (!fb_wire_feed(&call, RECORD_HEAD + RECORD_MAX, parse, p, n))
        give_up(&call);
    return st->put ? FB_OBSERVE_DONE : 0;
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct tls_state *st = state;
    if (!fb_wire_gap(&st->d[at->from_orig], n))
        finish(st, out);
    return st->put ? FB_OBSERVE_DONE : 0;
}

static void flip(void *state)
{
    struct tls_state *st = state;
    struct fb_wire_dir d = st->d[0];
    struct fb_buf b = st->message[0];
    bool e = st->encrypted[0], began = st->began[0];
    st->d[0] = st->d[1];
    st->d[1] = d;
    st->message[0] = st->message[1];
    st->message[1] = b;
    st->encrypted[0] = st->encrypted[1];
    st->encrypted[1] = e;
    st->began[0] = st->began[1];
    st->began[1] = began;
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
        fb_wire_dir_release(&st->d[i]);
        fb_buf_release(&st->message[i]);
    }
    fb_tls_facts_release(&st->facts);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct tls_state *st = state;
    return sizeof *st + st->d[0].cap + st->d[1].cap + st->message[0].cap + st->message[1].cap +
           fb_tls_facts_bytes(&st->facts);
}

const struct fb_intel_proto fb_proto_tls = {
    .name = "tls",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
