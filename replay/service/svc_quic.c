/* QUIC (RFC 9000, 9001, 9369): the first client Initial that decrypts confirms; a whole ClientHello in its
 * CRYPTO frames confirms TLS inside. An Initial that does not decrypt before that, a version that is not
 * known (version negotiation among them) and packets of a wrong form take the name back. A Retry starts anew.
 * Ignored on purpose: what the server's Initials hold, everything after the Initials. */
#include "base/memory.h"
#include "base/quic_crypto.h"
#include "replay/service/svc.h"

#define CRYPTO_MAX   8192 /* bytes of a ClientHello that are put together */
#define RANGES       24   /* pieces of it that are remembered apart */
#define INITIALS_MAX 32   /* packets that are opened */
#define TOKEN_MAX    16384
#define INITIAL_MIN  20 /* packet number and sample of header protection */

struct range {
    uint32_t from, to;
};

struct quic_crypto {
    uint8_t bytes[CRYPTO_MAX];
    struct range have[RANGES]; /* ascending, apart */
    uint32_t n;
};

struct quic_state {
    struct quic_crypto *crypto; /* while the ClientHello is put together */
    struct fb_quic_keys keys;
    uint32_t version;              /* of the keys */
    uint8_t dcid[FB_QUIC_CID_MAX]; /* the client's first choice, which makes the keys */
    uint8_t dcid_len;
    bool chosen, keyed, hello;
    uint8_t opened;
};

static uint64_t varint(struct fb_cur *c)
{
    uint8_t b = fb_cur_u8(c);
    uint64_t v = b & 0x3f;
    for (unsigned more = (1U << (b >> 6)) - 1; more > 0; more--)
        v = v << 8 | fb_cur_u8(c);
    return v;
}

/* Adds [from, to) and joins what touches it; a piece that finds no room is forgotten. */
static void add_range(struct quic_crypto *q, uint32_t from, uint32_t to)
{
    uint32_t i = 0, k = 0;
    struct range out[RANGES + 1];
    for (; i < q->n && q->have[i].to < from; i++)
        out[k++] = q->have[i];
    for (; i < q->n && q->have[i].from <= to; i++) {
        from = q->have[i].from < from ? q->have[i].from : from;
        to = q->have[i].to > to ? q->have[i].to : to;
    }
    out[k++] = (struct range){from, to};
    for (; i < q->n && k < RANGES + 1; i++)
        out[k++] = q->have[i];
    q->n = k < RANGES ? k : RANGES;
    memcpy(q->have, out, q->n * sizeof out[0]);
}

static void crypto_frame(struct svc *a, uint64_t off, struct fb_span s)
{
    struct quic_state *st = a->state;
    if (st->hello || off >= CRYPTO_MAX || s.n > CRYPTO_MAX - off || s.n == 0)
        return;
    if (!st->crypto && !(st->crypto = fb_calloc(1, sizeof *st->crypto)))
        return;
    struct quic_crypto *q = st->crypto;
    memcpy(q->bytes + off, s.p, s.n);
    add_range(q, (uint32_t)off, (uint32_t)(off + s.n));
    if (q->have[0].from != 0 || q->have[0].to < 6)
        return;
    uint32_t len = (uint32_t)q->bytes[1] << 16 | (uint32_t)q->bytes[2] << 8 | q->bytes[3];
    if (q->bytes[0] != 1 || q->bytes[4] != 3 || (q->have[0].to < len + 4 && len + 4 <= CRYPTO_MAX))
        return;
    svc_confirm_as(a, "ssl");
    st->hello = a->settled = true;
    free(st->crypto);
    st->crypto = NULL;
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

/* The frames that may stand in an Initial packet (RFC 9000, table 3). */
static void frames(struct svc *a, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    while (fb_cur_left(&c) > 0) {
        uint8_t type = fb_cur_u8(&c);
        if (type == 0x06) {
            uint64_t off = varint(&c), len = varint(&c);
            struct fb_cur in = fb_cur_sub(&c, len > SIZE_MAX / 2 ? SIZE_MAX : (size_t)len);
            if (fb_cur_ok(&in))
                crypto_frame(a, off, (struct fb_span){in.p, fb_cur_left(&in)});
        } else if (type == 0x02 || type == 0x03) {
            acknowledgement(&c, type == 0x03);
        } else if (type == 0x1c) {
            (void)varint(&c);
            (void)varint(&c);
            uint64_t reason = varint(&c);
            fb_cur_skip(&c, reason > SIZE_MAX / 2 ? SIZE_MAX : (size_t)reason);
        } else if (type > 0x01) {
            svc_fail(a);
            return;
        }
    }
    if (!fb_cur_ok(&c))
        svc_fail(a);
}

/* Keys for this packet: of the connection id that the client chose first. */
static bool have_keys(struct quic_state *st, uint32_t version, struct fb_span dcid)
{
    if (!st->chosen) {
        memcpy(st->dcid, dcid.p, dcid.n);
        st->dcid_len = (uint8_t)dcid.n;
        st->chosen = true;
    }
    if (!st->keyed || st->version != version)
        st->keyed = fb_quic_initial_keys(version, st->dcid, st->dcid_len, true, &st->keys);
    st->version = version;
    return st->keyed;
}

/* `dcid`: at most FB_QUIC_CID_MAX bytes. */
static void open_initial(struct svc *a, uint32_t version, struct fb_span dcid, struct fb_span packet,
                         size_t pn_at)
{
    struct quic_state *st = a->state;
    uint8_t plain[FB_QUIC_PLAIN_MAX];
    if (st->opened >= INITIALS_MAX || st->hello)
        return;
    st->opened++;
    size_t n = have_keys(st, version, dcid) ? fb_quic_open(&st->keys, packet.p, packet.n, pn_at, plain) : 0;
    if (n == 0) {
        svc_fail(a);
        return;
    }
    svc_confirm(a);
    frames(a, plain, n);
    if (st->opened == INITIALS_MAX)
        a->settled = true;
}

/* The client begins again with a connection id of the server's. */
static void start_anew(struct quic_state *st)
{
    free(st->crypto);
    st->crypto = NULL;
    st->chosen = st->keyed = st->hello = false;
}

/* One long-header packet of a datagram; false when the rest of the datagram cannot be followed. */
static bool long_packet(struct svc *a, bool from_orig, struct fb_cur *c)
{
    const uint8_t *start = c->p;
    uint8_t first = fb_cur_u8(c);
    uint32_t version = fb_cur_be32(c);
    struct fb_cur dcid = fb_cur_sub(c, fb_cur_u8(c));
    struct fb_cur scid = fb_cur_sub(c, fb_cur_u8(c));
    if (!fb_cur_ok(c) || !fb_cur_ok(&scid)) {
        svc_fail(a);
        return false;
    }
    if (!fb_quic_known_version(version) || fb_cur_left(&dcid) > FB_QUIC_CID_MAX) {
        svc_fail(a);
        return false;
    }
    unsigned type = first >> 4 & 3;
    if (version == FB_QUIC_V2)
        type = (type + 3) & 3; /* RFC 9369, section 3.2: the types are one further */
    if (type == 3) {
        start_anew(a->state);
        return false; /* a Retry fills its datagram */
    }
    if (type == 0) {
        uint64_t token = varint(c);
        fb_cur_skip(c, token > TOKEN_MAX ? SIZE_MAX : (size_t)token);
    }
    uint64_t len = varint(c);
    size_t pn_at = (size_t)(c->p - start);
    fb_cur_skip(c, len > UINT16_MAX ? SIZE_MAX : (size_t)len);
    if (!fb_cur_ok(c) || (type == 0 && len < INITIAL_MIN)) {
        svc_fail(a);
        return false;
    }
    struct fb_span id = {dcid.p, fb_cur_left(&dcid)}, packet = {start, (size_t)(c->p - start)};
    if (type == 0 && from_orig)
        open_initial(a, version, id, packet, pn_at);
    return true;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    while (!a->gone && fb_cur_left(&c) > 0 && (c.p[0] & 0xc0) == 0xc0)
        if (!long_packet(a, from_orig, &c))
            break;
    return n;
}

static void release(struct svc *a)
{
    struct quic_state *st = a->state;
    free(st->crypto);
}

const struct svc_proto svc_quic = {
    .name = "quic", .state_bytes = sizeof(struct quic_state), .parse = parse, .release = release};
