/* IPv4 (RFC 791) and IPv6 (RFC 8200) headers in the order of checks of the conformance document, 2.2. */
#include "base/hash.h"
#include "ingest/checksum.h"
#include "ingest/decode_frame.h"

enum {
    PROTO_IPV4 = 4,
    PROTO_IPV6 = 41,
    PROTO_GRE = 47,
    PROTO_ESP = 50,
    PROTO_NONE = 59,
    PROTO_MOBILITY = 135
};

/* The header must be captured whole; false otherwise. */
static bool parse_v4(const uint8_t *p, size_t captured, struct fb_ip *ip)
{
    ip->version = 4;
    ip->hdr_len = (p[0] & 15U) * 4U;
    ip->total = ip->ip_bytes = fb_load_be16(p + 2);
    ip->id = fb_load_be16(p + 4);
    uint16_t frag = fb_load_be16(p + 6);
    ip->more = (frag & 0x2000) != 0;
    ip->frag_off = (frag & 0x1fffU) * 8U;
    ip->fragment = ip->more || ip->frag_off != 0;
    ip->ttl = p[8];
    ip->proto = p[9];
    ip->src = fb_addr_v4(p + 12);
    ip->dst = fb_addr_v4(p + 16);
    return ip->hdr_len >= 20 && ip->hdr_len <= captured;
}

static bool parse_v6(const uint8_t *p, size_t captured, struct fb_ip *ip)
{
    if (captured < 40)
        return false;
    ip->version = 6;
    ip->hdr_len = 40;
    ip->total = ip->ip_bytes = fb_load_be16(p + 4) + 40U;
    ip->fragment = false;
    ip->proto = p[6];
    ip->ttl = p[7];
    ip->src = fb_addr_v6(p + 8);
    ip->dst = fb_addr_v6(p + 24);
    return fb_ip6_walk(p, captured, ip);
}

/* Fills `ip` and checks lengths and the header checksum. The cursor stays at the header. */
static bool parse_header(struct fb_decoder *d, const struct fb_frame *f, struct fb_ip *ip)
{
    const uint8_t *p = f->c.p;
    size_t captured = fb_cur_left(&f->c);
    unsigned version = captured > 0 ? p[0] >> 4 : 0;
    if (captured < 20 || (version != 4 && version != 6)) {
        fb_count(f->unknown_link ? &d->stats.unknown_linktype_pkts : &d->stats.malformed_pkts);
        return false;
    }
    ip->hdr = p;
    bool ok = version == 4 ? parse_v4(p, captured, ip) : parse_v6(p, captured, ip);
    /* A segmentation-offload frame carries no length; its checksums are not right either, so it counts only
     * without them. */
    if (ok && ip->total == 0) {
        ok = d->opts.ignore_checksums;
        ip->total = (uint32_t)captured;
    }
    if (!ok || fb_frame_wire(f) < ip->total || ip->hdr_len > ip->total) {
        fb_count(&d->stats.malformed_pkts);
        return false;
    }
    if (version == 4 && !f->reassembled && !d->opts.ignore_checksums &&
        fb_checksum_fold(fb_checksum_add(0, p, ip->hdr_len)) != 0xffff) {
        fb_count(&d->stats.bad_ip_checksum_pkts);
        return false;
    }
    return true;
}

/* Hands a fragment to the table; true when `f` now holds the whole datagram. */
static bool reassemble(struct fb_decoder *d, struct fb_frame *f, const struct fb_ip *ip)
{
    /* The fragment header, the last 8 bytes of what was walked, does not go into the whole datagram. */
    uint32_t kept = ip->version == 6 ? ip->hdr_len - 8 : ip->hdr_len;
    struct fb_fragment fr = {
        .src = ip->src,
        .dst = ip->dst,
        .id = ip->id,
        .hdr = ip->hdr,
        .hdr_len = kept,
        .next_off = ip->version == 6 ? ip->next_off : 0,
        .next = ip->frag_next,
        .data = ip->hdr + ip->hdr_len,
        .len = ip->total - ip->hdr_len,
        .off = ip->frag_off,
        .more = ip->more,
        .ordinal = d->ordinal,
        .ordinals = f->ordinals,
        .nordinals = f->nordinals,
    };
    struct fb_datagram whole;
    if (!fb_defrag_add(d->defrag, &fr, d->now_ns, &d->stats, &whole))
        return false;
    f->c = fb_cur_init(whole.p, whole.n);
    f->tail = 0;
    f->cut = false;
    f->reassembled = true;
    f->ordinals = whole.ordinals;
    f->nordinals = whole.nordinals;
    return true;
}

static uint64_t address_hash(const struct fb_addr *a)
{
    return fb_mix64(fb_load_be64(a->b) ^ fb_mix64(fb_load_be64(a->b + 8)));
}

/* An IP-level tunnel is known by its two ends, whichever way a packet goes. */
static void enter_tunnel(struct fb_frame *f, const struct fb_ip *ip)
{
    f->tunnel_id = fb_mix64(f->tunnel_id + address_hash(&ip->src) + address_hash(&ip->dst)) | 1;
}

/* What the protocol number leads to; the cursor goes behind the header. */
static bool follow(struct fb_decoder *d, struct fb_frame *f, const struct fb_ip *ip, struct fb_packet *out)
{
    uint32_t len = ip->total - ip->hdr_len;
    fb_cur_skip(&f->c, ip->hdr_len);
    fb_frame_trim(f, len);
    switch (ip->proto) {
    case PROTO_IPV4:
    case PROTO_IPV6:
        enter_tunnel(f, ip);
        fb_tunnel_ip(d, f, ip->proto);
        return false;
    case PROTO_GRE:
        enter_tunnel(f, ip);
        (void)fb_tunnel_gre(d, f, FB_TUN_GRE);
        return false;
    case PROTO_ESP:
    case PROTO_NONE:
    case PROTO_MOBILITY:
        return false;
    default:
        return fb_transport_decode(d, f, ip, len, out);
    }
}

bool fb_ip_decode(struct fb_decoder *d, struct fb_frame *f, struct fb_packet *out)
{
    struct fb_ip ip;
    f->reassembled = false;
    if (!parse_header(d, f, &ip))
        return false;
    if (ip.fragment) {
        fb_count(&d->stats.fragments);
        if (fb_cur_left(&f->c) < ip.total) {
            /* Not captured whole: useless, but the first one still shows the transport header. */
            if (ip.frag_off != 0)
                return false;
        } else {
            if (!reassemble(d, f, &ip) || !parse_header(d, f, &ip))
                return false;
            if (ip.fragment) {
                fb_count(&d->stats.malformed_pkts);
                return false;
            }
        }
    }
    return follow(d, f, &ip, out);
}
