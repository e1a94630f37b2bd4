/* Ethernet and what stands between it and IP: 802.1Q/ad tags, MPLS (RFC 3032), PPPoE (RFC 2516), 802.1ah,
 * VN-Tag, LLC/SNAP (RFC 1042) and Cisco FabricPath. Lengths and which type may follow which: conformance
 * document, 2.1. */
#include "ingest/decode_frame.h"

enum { ETHERNET_LEN = 14, ETHERNET_MIN = 17, FABRICPATH_LEN = 16, TYPE_FABRICPATH = 0x8903 };

enum fb_frame_kind fb_link_ethertype(struct fb_decoder *d, uint16_t type, bool in_tag)
{
    switch (type) {
    case 0x0800:
    case 0x86dd:
        return FB_FRAME_IP;
    case 0x8100:
        return FB_FRAME_VLAN;
    case 0x88a8:
    case 0x9100:
        return in_tag ? fb_frame_not_ip(d) : FB_FRAME_VLAN;
    case 0x8847:
        return FB_FRAME_MPLS;
    case 0x8864:
        return FB_FRAME_PPPOE;
    case 0x88e7:
        return FB_FRAME_PBB;
    case 0x8926:
        return in_tag ? fb_frame_not_ip(d) : FB_FRAME_VNTAG;
    default:
        return fb_frame_other(d, type);
    }
}

/* 802.3: the field is a length. SNAP may lead to IP; Novell's raw 802.3 and plain LLC do not. */
static enum fb_frame_kind length_frame(struct fb_decoder *d, struct fb_frame *f, uint16_t len)
{
    fb_frame_trim(f, len);
    if (fb_cur_left(&f->c) < 2)
        return fb_frame_malformed(d);
    return fb_cur_peek(&f->c, 0) == 0xaa && fb_cur_peek(&f->c, 1) == 0xaa ? FB_FRAME_SNAP
                                                                          : fb_frame_not_ip(d);
}

static enum fb_frame_kind type_or_length(struct fb_decoder *d, struct fb_frame *f, uint16_t v, bool in_tag)
{
    if (v >= 1536)
        return fb_link_ethertype(d, v, in_tag);
    return v <= 1500 ? length_frame(d, f, v) : fb_frame_malformed(d);
}

enum fb_frame_kind fb_link_ethernet(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) < ETHERNET_MIN)
        return fb_frame_malformed(d);
    if (fb_load_be16(f->c.p + 12) == TYPE_FABRICPATH) {
        if (fb_cur_left(&f->c) <= FABRICPATH_LEN + ETHERNET_LEN)
            return fb_frame_malformed(d);
        fb_cur_skip(&f->c, FABRICPATH_LEN);
    }
    const uint8_t *p = f->c.p;
    fb_cur_skip(&f->c, ETHERNET_LEN);
    memcpy(f->dst_mac, p, 6);
    memcpy(f->src_mac, p + 6, 6);
    f->has_macs = true;
    return type_or_length(d, f, fb_load_be16(p + 12), false);
}

enum fb_frame_kind fb_link_vlan(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4)
        return fb_frame_malformed(d);
    uint16_t id = fb_cur_be16(&f->c) & 0xfff;
    if (f->vlan == FB_NO_VLAN)
        f->vlan = id;
    else
        f->inner_vlan = id;
    return type_or_length(d, f, fb_cur_be16(&f->c), true);
}

enum fb_frame_kind fb_link_mpls(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4)
        return fb_frame_malformed(d);
    return fb_cur_be32(&f->c) & 0x100 ? FB_FRAME_IP : FB_FRAME_MPLS;
}

enum fb_frame_kind fb_link_pppoe(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 8)
        return fb_frame_malformed(d);
    const uint8_t *p = fb_cur_take(&f->c, 6);
    fb_frame_trim(f, fb_load_be16(p + 4));
    uint16_t proto = fb_cur_be16(&f->c);
    return fb_cur_ok(&f->c) ? fb_link_ppp_protocol(d, proto) : fb_frame_malformed(d);
}

enum fb_frame_kind fb_link_pbb(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 4 + ETHERNET_LEN)
        return fb_frame_malformed(d);
    fb_cur_skip(&f->c, 4);
    return FB_FRAME_ETHERNET;
}

enum fb_frame_kind fb_link_vntag(struct fb_decoder *d, struct fb_frame *f)
{
    if (fb_cur_left(&f->c) <= 6)
        return fb_frame_malformed(d);
    const uint8_t *p = fb_cur_take(&f->c, 6);
    return fb_load_be16(p + 4) == 0x8100 ? FB_FRAME_VLAN : fb_frame_not_ip(d);
}

enum fb_frame_kind fb_link_snap(struct fb_decoder *d, struct fb_frame *f)
{
    /* Unnumbered frames have one octet of control, all others two. */
    int control = fb_cur_peek(&f->c, 2);
    fb_cur_skip(&f->c, control >= 0 && (control & 3) != 3 ? 4 : 3);
    uint32_t oui = fb_cur_be24(&f->c);
    uint16_t type = fb_cur_be16(&f->c);
    if (!fb_cur_ok(&f->c))
        return fb_frame_malformed(d);
    if (oui != 0)
        return fb_frame_not_ip(d);
    return type == 0x0800 || type == 0x86dd ? FB_FRAME_IP : fb_frame_other(d, type);
}
