/* DTLS 1.0 and 1.2 (RFC 6347), the hellos of 1.3 (RFC 9147): handshake messages in the clear, put together
 * from fragments that come in order. The session is done with when both sides have gone over to encryption.
 * Ignored on purpose: fragments that come out of order (their message is taken from a retransmission). */
#include "base/memory.h"
#include "intel/wire/tls.h"
#include "intel/wire/tls_facts.h"
#include "intel/wire/tls_handshake.h"

#include <stdlib.h>

#define RECORD_HEAD    13
#define MESSAGE_HEAD   12
#define DATAGRAMS_MAX  64 /* of a session that are looked at */
#define VERSION_OF(hi) ((hi) == 0xfe)

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22 };

struct side {
    struct fb_buf message;
    uint16_t next_seq;
    uint8_t type;
    bool encrypted;
};

struct dtls_state {
    struct fb_tls_facts facts;
    struct side side[2];
    unsigned datagrams;
    bool client_is_orig;
    bool put;
};

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 17 || n < RECORD_HEAD + MESSAGE_HEAD || p[0] != HANDSHAKE || !VERSION_OF(p[1]) ||
        p[2] < 0xfc)
        return FB_WISH_NO;
    bool first_epoch = p[3] == 0 && p[4] == 0;
    uint8_t type = p[RECORD_HEAD];
    return first_epoch && fb_load_be16(p + 11) <= n - RECORD_HEAD && (type >= 1 && type <= 3) ? FB_WISH_YES
                                                                                              : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    struct dtls_state *st = fb_calloc(1, sizeof *st);
    if (!st)
        return NULL;
    fb_tls_facts_init(&st->facts, FB_TLS_UDP);
    for (unsigned i = 0; i < 2; i++)
        fb_buf_init(&st->side[i].message, FB_TLS_MESSAGE_MAX);
    st->client_is_orig = true;
    return st;
}

static void finish(struct dtls_state *st, struct fb_observe_out *out)
{
    if (!st->put && (st->facts.client || st->facts.server))
        fb_tls_put(&st->facts, out);
    st->put = true;
}

static void whole(struct dtls_state *st, struct side *s, const struct fb_seen *at, struct fb_observe_out *out)
{
    if (s->type == FB_TLS_CLIENT_HELLO)
        st->client_is_orig = at->from_orig;
    if (s->type == FB_TLS_SERVER_HELLO)
        st->client_is_orig = !at->from_orig;
    struct fb_span body = {s->message.data, s->message.len};
    if (!fb_tls_handshake(&st->facts, s->type, body, at->from_orig == st->client_is_orig, at, out))
        finish(st, out);
    fb_buf_release(&s->message);
    s->next_seq++;
}

/* RFC 6347, section 4.2.2. */
static void fragments(struct dtls_state *st, struct fb_cur *c, const struct fb_seen *at,
                      struct fb_observe_out *out)
{
    struct side *s = &st->side[at->from_orig];
    while (fb_cur_left(c) >= MESSAGE_HEAD && !st->put) {
        uint8_t type = fb_cur_u8(c);
        uint32_t len = fb_cur_be24(c);
        uint16_t seq = fb_cur_be16(c);
        uint32_t off = fb_cur_be24(c), part = fb_cur_be24(c);
        const uint8_t *p = fb_cur_take(c, part);
        /* A server that answers statelessly begins again at 1 while its client counts on. */
        if (off == 0 && s->message.len == 0 && seq > s->next_seq)
            s->next_seq = seq;
        if (!p || seq != s->next_seq || off != s->message.len || off + part > len || len > FB_TLS_MESSAGE_MAX)
            continue;
        s->type = type;
        fb_buf_put(&s->message, p, part);
        if (s->message.failed)
            finish(st, out);
        else if (s->message.len == len)
            whole(st, s, at, out);
    }
}

static void record(struct dtls_state *st, uint8_t type, uint16_t epoch, struct fb_cur *c,
                   const struct fb_seen *at, struct fb_observe_out *out)
{
    struct side *s = &st->side[at->from_orig];
    if (epoch > 0) {
        s->encrypted = true;
    } else if (type == HANDSHAKE) {
        fragments(st, c, at, out);
    } else if (type == ALERT && fb_cur_left(c) == 2) {
        bool fatal = fb_cur_u8(c) == 2;
        st->facts.last_alert = fb_cur_u8(c);
        fb_tls_history(&st->facts, at->from_orig, 'L');
        if (fatal)
            finish(st, out);
    } else if (type == CHANGE_CIPHER_SPEC && !s->encrypted && st->facts.server) {
        fb_tls_history(&st->facts, at->from_orig, 'I');
        s->encrypted = true;
    }
    if (!st->put && st->facts.server && st->side[0].encrypted && st->side[1].encrypted) {
        st->facts.established = true;
        finish(st, out);
    }
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct dtls_state *st = state;
    struct fb_cur c = fb_cur_init(p, n);
    while (fb_cur_left(&c) > RECORD_HEAD && !st->put) {
        uint8_t type = fb_cur_u8(&c), high = fb_cur_u8(&c);
        fb_cur_skip(&c, 1);
        if ((type & 0xe0) == 0x20 && st->facts.server) { /* RFC 9147: the unified header is encrypted */
            st->side[at->from_orig].encrypted = true;
            break;
        }
        uint16_t epoch = fb_cur_be16(&c);
        fb_cur_skip(&c, 6);
        struct fb_cur body = fb_cur_sub(&c, fb_cur_be16(&c));
        if (!fb_cur_ok(&body) || !VERSION_OF(high))
            break;
        record(st, type, epoch, &body, at, out);
    }
    if (++st->datagrams >= DATAGRAMS_MAX)
        finish(st, out);
    return st->put ? FB_OBSERVE_DONE : 0;
}

static void flip(void *state)
{
    struct dtls_state *st = state;
    struct side s = st->side[0];
    st->side[0] = st->side[1];
    st->side[1] = s;
    st->client_is_orig = !st->client_is_orig;
    for (size_t i = 0; i < st->facts.nhistory; i++)
        st->facts.history[i] = (char)(st->facts.history[i] ^ 0x20);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    (void)at;
    struct dtls_state *st = state;
    finish(st, out);
    fb_buf_release(&st->side[0].message);
    fb_buf_release(&st->side[1].message);
    fb_tls_facts_release(&st->facts);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct dtls_state *st = state;
    return sizeof *st + st->side[0].message.cap + st->side[1].message.cap + fb_tls_facts_bytes(&st->facts);
}

const struct fb_intel_proto fb_proto_dtls = {
    .name = "dtls",
    .wants = wants,
    .ops = {.open = open_state, .data = data, .flip = flip, .close = close_state, .bytes = bytes}};
