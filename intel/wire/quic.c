/* QUIC Initial packets (RFC 9000, 9001, 9369): the keys come from the connection id that the client chose
 * first, so that both hellos can be read. The session is done with after the ServerHello. Ignored on purpose:
 * everything else in QUIC. */
#include "intel/wire/quic.h"

#include "base/memory.h"
#include "base/quic_crypto.h"
#include "intel/wire/quic_stream.h"
#include "intel/wire/tls_facts.h"
#include "intel/wire/tls_handshake.h"

#include <stdlib.h>

#define INITIALS_MAX 64    /* packets of a direction that are opened */
#define INITIAL_MIN  20    /* packet number and the sample of header protection */
#define TOKEN_MAX    16384 /* bytes */
#define DATAGRAMS    256   /* of a session that are looked at */

struct side {
    struct fb_quic_stream stream;
    struct fb_quic_keys keys;
    uint32_t keys_version; /* 0: no keys yet */
    unsigned opened;
    bool hello;
};

struct quic_state {
    struct fb_tls_facts facts;
    struct side side[2];
    struct fb_tls_cid dcid; /* what the keys are made of */
    bool client_is_orig;
    bool put;
    unsigned datagrams;
};

/* The fields of a long header (RFC 9000, section 17.2). */
struct long_header {
    const uint8_t *start;
    uint32_t version;
    unsigned type; /* as in version 1: 0 Initial, 3 Retry */
    struct fb_span dcid, scid;
    size_t pn_at, n; /* the packet number, and the end of the packet */
};

static uint64_t varint(struct fb_cur *c)
{
    uint8_t b = fb_cur_u8(c);
    uint64_t v = b & 0x3f;
    for (unsigned more = (1U << (b >> 6)) - 1; more > 0; more--)
        v = v << 8 | fb_cur_u8(c);
    return v;
}

static bool grease_version(uint32_t v)
{
    return (v & 0x0f0f0f0fU) == 0x0a0a0a0aU;
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 17 || n < 7 || (p[0] & 0x80) == 0)
        return FB_WISH_NO;
    uint32_t version = fb_load_be32(p + 1);
    if (p[5] > FB_QUIC_CID_MAX)
        return FB_WISH_NO;
    if (grease_version(version) && n >= 1200)
        return FB_WISH_YES; /* the client will come back with a version that the server knows */
    return (p[0] & 0x40) && fb_quic_opens_version(version) ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    struct quic_state *st = fb_calloc(1, sizeof *st);
    if (!st)
        return NULL;
    fb_tls_facts_init(&st->facts, FB_TLS_QUIC);
    st->client_is_orig = true;
    return st;
}

static void finish(struct quic_state *st, struct fb_observe_out *out)
{
    if (!st->put && (st->facts.client || st->facts.server))
        fb_tls_put(&st->facts, out);
    st->put = true;
    fb_quic_stream_release(&st->side[0].stream);
    fb_quic_stream_release(&st->side[1].stream);
}

static void keep_cid(struct fb_tls_cid *id, struct fb_span s)
{
    if (id->known || s.n > sizeof id->b)
        return;
    id->known = true;
    id->n = (uint8_t)s.n;
    memcpy(id->b, s.p, s.n);
}

static void acknowledgement(struct fb_cur *c, bool ecn)
{
    (void)varint(c);
    (void)varint(c);
    uint64_t ranges = varint(c);
    (void)varint(c);
    for (; ranges > 0 && fb_cur_ok(c); ranges--) {
        (void)varint(c);
        (void)varint(c);
    }
    for (unsigned i = 0; ecn && i < 3; i++)
        (void)varint(c);
}

/* The frames that may stand in an Initial packet (RFC 9000, table 3; Google's T050 and T051 have another
 * number for CRYPTO); stops at any other. */
static void frames(struct fb_quic_stream *stream, uint32_t version, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    const uint8_t crypto = version >> 8 == 0x543035 ? 0x08 : 0x06;
    while (fb_cur_left(&c) > 0) {
        uint8_t type = fb_cur_u8(&c);
        if (type == crypto) {
            uint64_t off = varint(&c), len = varint(&c);
            struct fb_cur in = fb_cur_sub(&c, len > SIZE_MAX / 2 ? SIZE_MAX : (size_t)len);
            if (fb_cur_ok(&in))
                fb_quic_stream_add(stream, off, (struct fb_span){in.p, fb_cur_left(&in)});
        } else if (type == 0x02 || type == 0x03) {
            acknowledgement(&c, type == 0x03);
        } else if (type > 0x01) {
            return;
        }
    }
}

static void hello(struct quic_state *st, struct side *s, bool from_client, const struct fb_seen *at,
                  struct fb_observe_out *out)
{
    struct fb_span m;
    if (s->hello || !fb_quic_stream_message(&s->stream, &m))
        return;
    s->hello = true;
    struct fb_span body = {m.p + 4, m.n - 4};
    bool fits = m.p[0] == (from_client ? FB_TLS_CLIENT_HELLO : FB_TLS_SERVER_HELLO) &&
                fb_tls_handshake(&st->facts, m.p[0], body, from_client, at, out);
    if (!fits || (!from_client && !st->facts.hello_retry))
        finish(st, out);
    fb_quic_stream_release(&s->stream);
}

static void open_initial(struct quic_state *st, const struct long_header *h, const struct fb_seen *at,
                         struct fb_observe_out *out)
{
    struct side *s = &st->side[at->from_orig];
    bool from_client = at->from_orig == st->client_is_orig;
    uint8_t plain[FB_QUIC_PLAIN_MAX];
    if (from_client)
        keep_cid(&st->dcid, h->dcid);
    if (!st->dcid.known || s->hello || s->opened >= INITIALS_MAX)
        return;
    s->opened++;
    if (s->keys_version != h->version) {
        s->keys_version = 0;
        if (fb_quic_initial_keys(h->version, st->dcid.b, st->dcid.n, from_client, &s->keys))
            s->keys_version = h->version;
    }
    size_t n = s->keys_version ? fb_quic_open(&s->keys, h->start, h->n, h->pn_at, plain) : 0;
    if (n == 0)
        return;
    if (from_client && !st->facts.quic_version)
        st->facts.quic_version = h->version;
    if (from_client)
        keep_cid(&st->facts.quic_dcid, h->dcid);
    keep_cid(from_client ? &st->facts.quic_client_scid : &st->facts.quic_server_scid, h->scid);
    frames(&s->stream, h->version, plain, n);
    hello(st, s, from_client, at, out);
}

/* The client begins again, with a connection id of the server's (RFC 9000, section 17.2.5). */
static void start_anew(struct quic_state *st)
{
    for (unsigned i = 0; i < 2; i++) {
        fb_quic_stream_release(&st->side[i].stream);
        st->side[i] = (struct side){0};
    }
    st->dcid = (struct fb_tls_cid){0};
}

static bool long_header(struct fb_cur *c, struct long_header *h)
{
    h->start = c->p;
    uint8_t first = fb_cur_u8(c);
    h->version = fb_cur_be32(c);
    struct fb_cur dcid = fb_cur_sub(c, fb_cur_u8(c));
    struct fb_cur scid = fb_cur_sub(c, fb_cur_u8(c));
    h->dcid = (struct fb_span){dcid.p, fb_cur_left(&dcid)};
    h->scid = (struct fb_span){scid.p, fb_cur_left(&scid)};
    if (!fb_cur_ok(c) || h->dcid.n > FB_QUIC_CID_MAX || !fb_quic_opens_version(h->version))
        return false;
    h->type = first >> 4 & 3;
    if (h->version == FB_QUIC_V2)
        h->type = (h->type + 3) & 3; /* RFC 9369, section 3.2: the types are one further */
    if (h->type == 3)
        return true;
    if (h->type == 0) {
        uint64_t token = varint(c);
        fb_cur_skip(c, token > TOKEN_MAX ? SIZE_MAX : (size_t)token);
    }
    uint64_t len = varint(c);
    h->pn_at = (size_t)(c->p - h->start);
    fb_cur_skip(c, len > UINT16_MAX ? SIZE_MAX : (size_t)len);
    h->n = (size_t)(c->p - h->start);
    return fb_cur_ok(c) && (h->type != 0 || len >= INITIAL_MIN);
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct quic_state *st = state;
    struct fb_cur c = fb_cur_init(p, n);
    struct long_header h;
    while (!st->put && fb_cur_left(&c) > 0 && (c.p[0] & 0xc0) == 0xc0 && long_header(&c, &h)) {
        if (h.type == 3 && at->from_orig != st->client_is_orig) {
            start_anew(st);
            break; /* a Retry fills its datagram */
        }
        if (h.type == 3)
            break;
        if (h.type == 0)
            open_initial(st, &h, at, out);
    }
    if (++st->datagrams >= DATAGRAMS)
        finish(st, out);
    return st->put ? FB_OBSERVE_DONE : 0;
}

static void flip(void *state)
{
    struct quic_state *st = state;
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
    struct quic_state *st = state;
    finish(st, out);
    fb_tls_facts_release(&st->facts);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct quic_state *st = state;
    return sizeof *st + st->side[0].stream.cap + st->side[1].stream.cap + fb_tls_facts_bytes(&st->facts);
}

const struct fb_intel_proto fb_proto_quic = {
    .name = "quic",
    .wants = wants,
    .ops = {.open = open_state, .data = data, .flip = flip, .close = close_state, .bytes = bytes}};
