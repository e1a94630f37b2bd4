/* DNS over UDP and TCP (RFC 1035), NetBIOS names (RFC 1002), mDNS, LLMNR. Confirmed by one message that can
 * be followed through its answers. Names are followed as Zeek does: one that is broken ends where it breaks,
 * and what comes next is read as if it were whole. Ignored on purpose: most record contents beyond their
 * lengths. */
#include "ingest/packet.h"
#include "replay/service/svc.h"

#define DNS_HEADER      12
#define DNS_MAX_QUERIES 25
#define OP_QUERY        0
#define OP_NOTIFY       4
#define OP_UPDATE       5
#define NAME_BYTES      512 /* of labels in one name */
#define JUMPS_MAX       20  /* compression pointers in one name */
#define LABEL_MAX       63
#define TYPE_A          1
#define TYPE_NS         2
#define TYPE_CNAME      5
#define TYPE_PTR        12

struct dns_state {
    bool seen; /* a message came before */
};

/* A message on its way through the sections. */
struct dns_reader {
    struct svc *a;
    const uint8_t *msg;
    struct fb_cur c;
    bool netbios;
};

/* Takes the labels of one piece of a name, up to `*room` bytes; true when a pointer ended it: *to is its
 * target. */
static bool labels(struct fb_cur *c, bool netbios, size_t *room, size_t *to)
{
    while (fb_cur_left(c) > 0) {
        uint8_t len = fb_cur_u8(c);
        if (fb_cur_left(c) == 0 || len == 0)
            return false;
        if ((len & 0xc0) == 0xc0) {
            *to = (size_t)(len & 0x3f) << 8 | fb_cur_u8(c);
            return true;
        }
        if (len > fb_cur_left(c)) {
            fb_cur_skip(c, fb_cur_left(c));
            return false;
        }
        if ((len > LABEL_MAX && !netbios) || len >= *room)
            return false;
        fb_cur_skip(c, len);
        *room -= len + 1U;
    }
    return false;
}

/* Passes over one name; one with too many pointers is a limit. Each pointer leads to an earlier place. */
static void skip_name(struct dns_reader *r)
{
    size_t room = NAME_BYTES, to = 0;
    if (!labels(&r->c, r->netbios, &room, &to))
        return;
    size_t at = (size_t)(r->c.p - r->msg) - 2;
    for (unsigned jumps = 1; to < at; jumps++) {
        if (jumps > JUMPS_MAX) {
            svc_signal(r->a, FB_SVC_LIMIT);
            return;
        }
        struct fb_cur c = fb_cur_init(r->msg + to, at - to);
        size_t from = to;
        if (!labels(&c, r->netbios, &room, &to))
            return;
        at = from;
    }
}

static bool skip_questions(struct dns_reader *r, unsigned n)
{
    for (; n > 0; n--) {
        skip_name(r);
        if (fb_cur_left(&r->c) < 4)
            return false;
        fb_cur_skip(&r->c, 4);
    }
    return true;
}

static bool skip_records(struct dns_reader *r, unsigned n)
{
    for (; n > 0; n--) {
        skip_name(r);
        uint16_t type = fb_cur_be16(&r->c);
        fb_cur_skip(&r->c, 6);
        uint16_t len = fb_cur_be16(&r->c);
        if (!fb_cur_ok(&r->c) || len > fb_cur_left(&r->c) || (type == TYPE_A && len != 4))
            return false;
        if (type == TYPE_NS || type == TYPE_CNAME || type == TYPE_PTR)
            skip_name(r); /* Zeek goes on where the name ends, whatever the length said */
        else
            fb_cur_skip(&r->c, len);
    }
    return true;
}

static void message(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct dns_state *st = a->state;
    const struct fb_service_flow *flow = svc_flow(a);
    if (n < DNS_HEADER)
        return;
    struct fb_cur c = fb_cur_init(p + 2, n - 2);
    uint16_t flags = fb_cur_be16(&c);
    uint16_t qd = fb_cur_be16(&c), an = fb_cur_be16(&c);
    fb_cur_skip(&c, 4);
    if (!st->seen && (flags & 0x8000) && from_orig && flow->proto == FB_PROTO_UDP &&
        !fb_addr_is_multicast(&flow->resp_h))
        svc_signal(a, FB_SVC_FLIP);
    st->seen = true;
    if (qd > DNS_MAX_QUERIES) {
        svc_signal(a, FB_SVC_LIMIT);
        svc_fail(a);
        return;
    }
    bool netbios = flow->resp_p == 137;
    unsigned opcode = flags >> 11 & 15;
    if (!netbios && opcode != OP_QUERY && opcode != OP_NOTIFY && opcode != OP_UPDATE) {
        svc_signal(a, FB_SVC_LIMIT); /* Zeek reads no further, and does not hold it against the analyzer */
        return;
    }
    struct dns_reader r = {a, p, c, netbios};
    if (skip_questions(&r, qd) && skip_records(&r, an)) {
        svc_confirm(a);
        a->settled = true;
    }
}

static size_t parse_udp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    message(a, from_orig, p, n);
    return n;
}

static size_t parse_tcp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    size_t len = fb_load_be16(p);
    if (n - 2 < len)
        return 0;
    message(a, from_orig, p + 2, len);
    return len + 2;
}

const struct svc_proto svc_dns_udp = {
    .name = "dns", .state_bytes = sizeof(struct dns_state), .parse = parse_udp};
const struct svc_proto svc_dns_tcp = {
    .name = "dns", .hold = 65537, .state_bytes = sizeof(struct dns_state), .parse = parse_tcp};
