/* DNS over UDP and TCP (RFC 1035), NetBIOS names (RFC 1002), mDNS, LLMNR. Confirmed by one message that can
 * be followed through its answers. Ignored on purpose: the record contents beyond their lengths. */
#include "ingest/packet.h"
#include "replay/service/svc.h"

#define DNS_HEADER      12
#define DNS_MAX_QUERIES 25
#define OP_QUERY        0
#define OP_NOTIFY       4
#define OP_UPDATE       5

struct dns_state {
    bool seen; /* a message came before */
};

/* Passes over one name; false when the message ends inside it. */
static bool skip_name(struct fb_cur *c, bool netbios)
{
    while (fb_cur_ok(c)) {
        uint8_t len = fb_cur_u8(c);
        if (len == 0)
            break;
        if ((len & 0xc0) == 0xc0) {
            fb_cur_skip(c, 1);
            break;
        }
        if (len > 63 && !netbios)
            return false;
        fb_cur_skip(c, len);
    }
    return fb_cur_ok(c);
}

static bool skip_questions(struct fb_cur *c, unsigned n, bool netbios)
{
    for (; n > 0; n--) {
        if (!skip_name(c, netbios))
            return false;
        fb_cur_skip(c, 4);
    }
    return fb_cur_ok(c);
}

static bool skip_records(struct fb_cur *c, unsigned n, bool netbios)
{
    for (; n > 0 && fb_cur_ok(c); n--) {
        if (!skip_name(c, netbios))
            return false;
        fb_cur_skip(c, 8);
        fb_cur_skip(c, fb_cur_be16(c));
    }
    return fb_cur_ok(c);
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
    if (skip_questions(&c, qd, netbios) && skip_records(&c, an, netbios)) {
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
