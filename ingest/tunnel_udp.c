/* Encapsulations over UDP: VXLAN (RFC 7348), Geneve (RFC 8926), Teredo (RFC 4380), AYIYA
 * (draft-massar-v6ops-ayiya-02) and GTPv1-U (3GPP TS 29.281). Options and extension headers are stepped over,
 * not read. */
#include "ingest/decode_frame.h"

enum {
    VXLAN_VNI_VALID = 0x08,
    TEREDO_ORIGIN_LEN = 8,
    TEREDO_NONCE_LEN = 9,
    AYIYA_FORWARD = 1,
    GTP_GPDU = 255
};
enum { NEXT_IPV4 = 4, NEXT_IPV6 = 41, NEXT_NONE = 59 };

static enum fb_status vxlan(struct fb_frame *f)
{
    const uint8_t *p = fb_cur_take(&f->c, 8);
    if (p == NULL || !(p[0] & VXLAN_VNI_VALID))
        return FB_ERR_INPUT;
    f->kind = FB_FRAME_ETHERNET;
    return FB_OK;
}

static enum fb_status geneve(struct fb_frame *f)
{
    const uint8_t *p = fb_cur_take(&f->c, 8);
    if (p == NULL || p[0] >> 6 != 0)
        return FB_ERR_INPUT;
    uint16_t type = fb_load_be16(p + 2);
    fb_cur_skip(&f->c, (p[0] & 0x3fU) * 4U);
    if (!fb_cur_ok(&f->c))
        return FB_ERR_INPUT;
    if (type == 0x6558)
        f->kind = FB_FRAME_ETHERNET;
    else if (type != 0x0800 && type != 0x86dd)
        return FB_EOF;
    return FB_OK;
}

/* At most one authentication header, then at most one origin indication, then IPv6 of exactly the length that
 * is there. A bubble, which holds nothing, may have anything behind it. */
static enum fb_status teredo(struct fb_frame *f)
{
    struct fb_cur *c = &f->c;
    if (fb_cur_peek(c, 0) == 0 && fb_cur_peek(c, 1) == 1) {
        const uint8_t *p = fb_cur_take(c, 4);
        if (p != NULL)
            fb_cur_skip(c, (size_t)p[2] + p[3] + TEREDO_NONCE_LEN);
    }
    if (fb_cur_peek(c, 0) == 0 && fb_cur_peek(c, 1) == 0)
        fb_cur_skip(c, TEREDO_ORIGIN_LEN);
    if (fb_cur_left(c) < 40 || c->p[0] >> 4 != 6)
        return FB_ERR_INPUT;
    bool bubble = c->p[6] == NEXT_NONE && fb_load_be16(c->p + 4) == 0;
    return bubble || fb_tunnel_exact_ip(c, 6) ? FB_OK : FB_ERR_INPUT;
}

static enum fb_status ayiya(struct fb_frame *f)
{
    const uint8_t *p = fb_cur_take(&f->c, 8);
    if (p == NULL)
        return FB_ERR_INPUT;
    fb_cur_skip(&f->c, ((size_t)1 << (p[0] >> 4)) + (p[1] >> 4) * 4U);
    if (!fb_cur_ok(&f->c))
        return FB_ERR_INPUT;
    if ((p[2] & 0x0f) != AYIYA_FORWARD)
        return FB_ERR_NOTFOUND;
    return p[3] == NEXT_IPV4 || p[3] == NEXT_IPV6 ? FB_OK : FB_EOF;
}

/* Each extension header takes at least four bytes; its last one names the next. */
static bool gtp_extensions(struct fb_cur *c, uint8_t next)
{
    while (next != 0 && fb_cur_ok(c)) {
        size_t n = (size_t)fb_cur_u8(c) * 4;
        const uint8_t *p = n == 0 ? NULL : fb_cur_take(c, n - 1);
        if (p == NULL)
            return false;
        next = p[n - 2];
    }
    return fb_cur_ok(c);
}

static enum fb_status gtpv1(struct fb_frame *f)
{
    const uint8_t *p = fb_cur_take(&f->c, 8);
    if (p == NULL)
        return FB_ERR_INPUT;
    /* Version 1 with PT set, and a G-PDU; anything else is control or charging. */
    if (p[0] >> 5 != 1 || !(p[0] & 0x10) || p[1] != GTP_GPDU)
        return FB_ERR_NOTFOUND;
    if (p[0] & 0x07) {
        const uint8_t *opt = fb_cur_take(&f->c, 4);
        if (opt == NULL || ((p[0] & 0x04) && !gtp_extensions(&f->c, opt[3])))
            return FB_ERR_INPUT;
    }
    return fb_tunnel_exact_ip(&f->c, 0) ? FB_OK : FB_ERR_INPUT;
}

enum fb_status fb_tunnel_udp(struct fb_decoder *d, struct fb_frame *f, enum fb_tunnel kind)
{
    enum fb_status st = FB_ERR_USAGE;
    switch (kind) {
    case FB_TUN_VXLAN:
        st = vxlan(f);
        break;
    case FB_TUN_GENEVE:
        st = geneve(f);
        break;
    case FB_TUN_TEREDO:
        st = teredo(f);
        break;
    case FB_TUN_AYIYA:
        st = ayiya(f);
        break;
    case FB_TUN_GTPV1:
        st = gtpv1(f);
        break;
    default:
        FB_BUG(true);
    }
    if (st != FB_OK)
        return st;
    if (fb_cur_left(&f->c) == 0)
        return FB_EOF;
    fb_frame_push(d, f);
    return FB_OK;
}
