/* TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, 4443) headers and their checksums; conformance document, 2.3
 * and 2.4. */
#include "ingest/checksum.h"
#include "ingest/decode_frame.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };
enum { TCP_MIN = 20, UDP_LEN = 8, ICMP_MIN = 8, VXLAN_PORT = 4789, VXLAN_LEN = 8, ETHERNET_LEN = 14 };

static bool checksum_holds(const struct fb_ip *ip, uint8_t proto, const uint8_t *p, uint32_t len, bool pseudo)
{
    uint64_t sum = pseudo ? fb_checksum_pseudo(&ip->src, &ip->dst, ip->version, proto, len) : 0;
    return fb_checksum_fold(fb_checksum_add(sum, p, len)) == 0xffff;
}

static void set_payload(struct fb_packet *out, const uint8_t *p, uint32_t bytes, uint32_t captured)
{
    out->payload = p;
    out->payload_bytes = bytes;
    out->payload_caplen = captured < bytes ? captured : bytes;
}

static void decode_tcp(const struct fb_decoder *d, const struct fb_ip *ip, const uint8_t *p, uint32_t len,
                       uint32_t captured, struct fb_packet *out)
{
    out->proto = FB_PROTO_TCP;
    out->src_p = fb_load_be16(p);
    out->dst_p = fb_load_be16(p + 2);
    out->seq = fb_load_be32(p + 4);
    out->ack = fb_load_be32(p + 8);
    out->tcp_flags = p[13] & 0x3f;
    out->window = fb_load_be16(p + 14);
    uint32_t hdr = (p[12] >> 4) * 4U;
    if (hdr < TCP_MIN || hdr > len || hdr > captured) {
        out->flags |= FB_PKT_BAD_HEADER;
        return;
    }
    set_payload(out, p + hdr, len - hdr, captured - hdr);
    if (!d->opts.ignore_checksums && captured >= len && !checksum_holds(ip, PROTO_TCP, p, len, true))
        out->flags |= FB_PKT_BAD_CHECKSUM;
}

/* VXLAN senders leave the checksum out also over IPv6 (RFC 7348, section 5). */
static bool vxlan_without_checksum(const uint8_t *p, uint32_t len, uint16_t dst_p, uint16_t sum)
{
    return sum == 0 && dst_p == VXLAN_PORT && len > UDP_LEN + VXLAN_LEN + ETHERNET_LEN &&
           (p[UDP_LEN] & 0x08) != 0;
}

static bool udp_checksum_bad(const struct fb_decoder *d, const struct fb_frame *f, const struct fb_ip *ip,
                             const uint8_t *p, uint32_t len, uint32_t captured)
{
    uint16_t sum = fb_load_be16(p + 6);
    if (d->opts.ignore_checksums || captured < len || f->cut || (sum == 0 && ip->version == 4))
        return false;
    if (vxlan_without_checksum(p, len, fb_load_be16(p + 2), sum))
        return false;
    return !checksum_holds(ip, PROTO_UDP, p, len, true);
}

static void decode_udp(struct fb_decoder *d, struct fb_frame *f, const struct fb_ip *ip, const uint8_t *p,
                       uint32_t len, uint32_t captured, struct fb_packet *out)
{
    out->proto = FB_PROTO_UDP;
    out->src_p = fb_load_be16(p);
    out->dst_p = fb_load_be16(p + 2);
    uint32_t ulen = fb_load_be16(p + 4);
    set_payload(out, p + UDP_LEN, ulen > UDP_LEN ? ulen - UDP_LEN : 0, captured - UDP_LEN);
    if (udp_checksum_bad(d, f, ip, p, len, captured))
        out->flags |= FB_PKT_BAD_CHECKSUM;
    fb_cur_skip(&f->c, UDP_LEN);
    d->enterable = true;
}

static void decode_icmp(const struct fb_decoder *d, const struct fb_ip *ip, const uint8_t *p, uint32_t len,
                        uint32_t captured, struct fb_packet *out)
{
    out->proto = FB_PROTO_ICMP;
    out->src_p = p[0];
    out->dst_p = p[1];
    out->seq = fb_load_be32(p + 4);
    set_payload(out, p + ICMP_MIN, len - ICMP_MIN, captured - ICMP_MIN);
    if (!d->opts.ignore_checksums && captured >= len &&
        !checksum_holds(ip, PROTO_ICMPV6, p, len, ip->proto == PROTO_ICMPV6))
        out->flags |= FB_PKT_BAD_CHECKSUM;
}

/* Sets every field; an initialiser would clear the whole record first, for each packet. */
static void fill_common(const struct fb_decoder *d, const struct fb_frame *f, const struct fb_ip *ip,
                        struct fb_packet *out)
{
    out->ts_ns = d->ts_ns;
    out->src = ip->src;
    out->dst = ip->dst;
    out->src_p = out->dst_p = 0;
    out->proto = FB_PROTO_OTHER;
    out->ip_proto = ip->proto;
    out->ip_version = ip->version;
    out->ttl = ip->ttl;
    out->flags = f->nordinals > 0 || f->reassembled ? FB_PKT_REASSEMBLED : 0;
    out->flags |= f->has_macs ? FB_PKT_HAS_MACS : 0;
    out->tcp_flags = 0;
    out->window = 0;
    out->seq = out->ack = 0;
    out->ip_bytes = ip->ip_bytes;
    out->payload_bytes = out->payload_caplen = 0;
    out->payload = f->c.p;
    out->vlan = f->vlan;
    out->inner_vlan = f->inner_vlan;
    memcpy(out->src_mac, f->src_mac, sizeof out->src_mac);
    memcpy(out->dst_mac, f->dst_mac, sizeof out->dst_mac);
    out->depth = f->depth;
    out->tunnel_id = f->tunnel_id;
    memcpy(out->tunnel, f->tunnel, sizeof out->tunnel);
    out->frag_ordinals = f->ordinals;
    out->nfrag_ordinals = f->nordinals;
}

static uint32_t least_length(uint8_t proto)
{
    switch (proto) {
    case PROTO_TCP:
        return TCP_MIN;
    case PROTO_UDP:
        return UDP_LEN;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        return ICMP_MIN;
    default:
        return 0;
    }
}

bool fb_transport_decode(struct fb_decoder *d, struct fb_frame *f, const struct fb_ip *ip, uint32_t len,
                         struct fb_packet *out)
{
    const uint8_t *p = f->c.p;
    uint32_t captured = (uint32_t)fb_cur_left(&f->c);
    uint32_t least = least_length(ip->proto);
    if (len < least || captured < least) {
        fb_count(&d->stats.malformed_pkts);
        return false;
    }
    fill_common(d, f, ip, out);
    switch (ip->proto) {
    case PROTO_TCP:
        decode_tcp(d, ip, p, len, captured, out);
        break;
    case PROTO_UDP:
        decode_udp(d, f, ip, p, len, captured, out);
        break;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        decode_icmp(d, ip, p, len, captured, out);
        break;
    default:
        set_payload(out, p, len, captured);
    }
    return true;
}
