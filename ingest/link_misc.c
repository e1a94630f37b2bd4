/* Link layers other than Ethernet and 802.11: BSD loopback, PPP (RFC 1661, 1662), Cisco HDLC, Linux cooked
 * captures, FDDI (RFC 1188) and NFLOG. Layouts: tcpdump.org/linktypes.html. */
#include "ingest/decode_frame.h"

enum { ARPHRD_80211 = 801, ARPHRD_80211_RADIOTAP = 803, NFLOG_PAYLOAD = 9 };

/* AF_INET, and AF_INET6 of NetBSD, FreeBSD, macOS and Linux. */
static enum fb_frame_kind family(struct fb_decoder *d, uint32_t af)
{
    return af == 2 || af == 10 || af == 24 || af == 28 || af == 30 ? FB_FRAME_IP : fb_frame_not_ip(d);
}

enum fb_frame_kind fb_link_null(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4)
        return fb_frame_malformed(d);
    uint32_t af = fb_cur_le32(&f->c);
    /* In the byte order of the machine that captured; families are small numbers. */
    return family(d, af > 0xffff ? __builtin_bswap32(af) : af);
}

enum fb_frame_kind fb_link_loop(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4)
        return fb_frame_malformed(d);
    return family(d, fb_cur_be32(&f->c));
}

enum fb_frame_kind fb_link_ppp_protocol(struct fb_decoder *d, uint16_t proto)
{
    switch (proto) {
    case 0x0021:
    case 0x0057:
        return FB_FRAME_IP;
    case 0x0281:
        return FB_FRAME_MPLS;
    default:
        return fb_frame_not_ip(d);
    }
}

/* With or without address and control octets; protocol field compression leaves one odd octet. */
enum fb_frame_kind fb_link_ppp(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_peek(&f->c, 0) == 0xff && fb_cur_peek(&f->c, 1) == 0x03)
        fb_cur_skip(&f->c, 2);
    int first = fb_cur_peek(&f->c, 0);
    uint16_t proto = first >= 0 && (first & 1) ? fb_cur_u8(&f->c) : fb_cur_be16(&f->c);
    return fb_cur_ok(&f->c) ? fb_link_ppp_protocol(d, proto) : fb_frame_malformed(d);
}

enum fb_frame_kind fb_link_chdlc(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4)
        return fb_frame_malformed(d);
    fb_cur_skip(&f->c, 2);
    return fb_link_ethertype(d, fb_cur_be16(&f->c), false);
}

enum fb_frame_kind fb_link_ppp_serial(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4)
        return fb_frame_malformed(d);
    uint8_t address = fb_cur_u8(&f->c);
    fb_cur_skip(&f->c, 1);
    uint16_t proto = fb_cur_be16(&f->c);
    bool cisco = address == 0x0f || address == 0x8f;
    return cisco ? fb_link_ethertype(d, proto, false) : fb_link_ppp_protocol(d, proto);
}

static enum fb_frame_kind cooked(struct fb_decoder *d, struct fb_frame *f, uint16_t arphrd,
                                 const uint8_t *addr, unsigned addr_len, uint16_t proto)
{
    if (arphrd == ARPHRD_80211_RADIOTAP)
        return FB_FRAME_RADIOTAP;
    if (arphrd == ARPHRD_80211)
        return FB_FRAME_WIFI;
    /* Only the sender's address is there; the other stays all zeros. */
    if (addr_len == 6) {
        memcpy(f->src_mac, addr, 6);
        memset(f->dst_mac, 0, 6);
        f->has_macs = true;
    }
    return fb_link_ethertype(d, proto, false);
}

enum fb_frame_kind fb_link_sll(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 16)
        return fb_frame_malformed(d);
    const uint8_t *p = fb_cur_take(&f->c, 16);
    return cooked(d, f, fb_load_be16(p + 2), p + 6, fb_load_be16(p + 4), fb_load_be16(p + 14));
}

enum fb_frame_kind fb_link_sll2(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 20)
        return fb_frame_malformed(d);
    const uint8_t *p = fb_cur_take(&f->c, 20);
    return cooked(d, f, fb_load_be16(p + 8), p + 12, p[11], fb_load_be16(p));
}

enum fb_frame_kind fb_link_fddi(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 13 + 8)
        return fb_frame_malformed(d);
    const uint8_t *p = fb_cur_take(&f->c, 13);
    memcpy(f->dst_mac, p + 1, 6);
    memcpy(f->src_mac, p + 7, 6);
    f->has_macs = true;
    return fb_cur_peek(&f->c, 0) == 0xaa && fb_cur_peek(&f->c, 1) == 0xaa ? FB_FRAME_SNAP
                                                                          : fb_frame_not_ip(d);
}

/* TLVs in the byte order of the machine that captured; little-endian is assumed. Each takes at least four
 * bytes. */
enum fb_frame_kind fb_link_nflog(struct fb_decoder *d, struct fb_frame *f)
{
    const uint8_t *p = fb_cur_take(&f->c, 4);
    if (p == NULL || p[1] != 0)
        return fb_frame_malformed(d);
    while (fb_cur_left(&f->c) > 4) {
        const uint8_t *tlv = fb_cur_take(&f->c, 4);
        uint32_t len = fb_load_le16(tlv);
        if (fb_load_le16(tlv + 2) == NFLOG_PAYLOAD)
            return family(d, p[0]);
        if (len < 4)
            break;
        fb_cur_skip(&f->c, (len + 3U) / 4U * 4U - 4U);
    }
    return fb_frame_malformed(d);
}
