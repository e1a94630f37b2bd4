/* IP in IP (RFC 2003, 4213), GRE version 0 (RFC 1701, 2784, 2890) with Ethernet, ERSPAN I to III and Aruba's
 * 802.11 inside, and version 1, which is PPTP (RFC 2637). Rules: conformance document, section 12. */
#include "ingest/decode_frame.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQ = 0x1000,
    GRE_ACK = 0x0080,
    GRE_UNKNOWN = 0x0078
};
enum { ETHERNET_LEN = 14, ERSPAN2_LEN = 8, ERSPAN3_LEN = 12, ERSPAN3_OPT_LEN = 8 };

bool fb_tunnel_exact_ip(const struct fb_cur *c, unsigned version)
{
    size_t n = fb_cur_left(c);
    int first = fb_cur_peek(c, 0);
    if (first < 0 || (version != 0 && (unsigned)first >> 4 != version))
        return false;
    if (first >> 4 == 4)
        return n >= 20 && fb_load_be16(c->p + 2) == n;
    return first >> 4 == 6 && n >= 40 && fb_load_be16(c->p + 4) + 40U == n;
}

void fb_tunnel_ip(struct fb_decoder *d, struct fb_frame *f, uint8_t proto)
{
    struct fb_frame inner;
    if (!fb_frame_enter(d, f, FB_TUN_IP, &inner))
        return;
    if (fb_tunnel_exact_ip(&inner.c, proto == 4 ? 4 : 6))
        fb_frame_push(d, &inner);
    else
        (void)fb_frame_malformed(d);
}

static bool is_aruba(uint16_t type)
{
    return type == 0x9000 || (type >= 0x8200 && type <= 0x8370 && (type & 0x0f) == 0);
}

/* What version 0 carries; takes the headers in front of it. */
static enum fb_frame_kind gre0_payload(struct fb_cur *c, uint16_t flags, uint16_t type)
{
    size_t extra = 0;
    switch (type) {
    case 0x6558:
        break;
    case 0x88be:
        extra = flags & GRE_SEQ ? ERSPAN2_LEN : 0;
        break;
    case 0x22eb:
        extra = ERSPAN3_LEN + (fb_cur_peek(c, ERSPAN3_LEN - 1) & 1 ? ERSPAN3_OPT_LEN : 0U);
        break;
    default:
        return is_aruba(type) ? FB_FRAME_WIFI : FB_FRAME_IP;
    }
    fb_cur_skip(c, extra);
    return fb_cur_left(c) > ETHERNET_LEN ? FB_FRAME_ETHERNET : FB_FRAME_STOP;
}

/* PPP with or without address and control octets and with or without protocol field compression; IP only. */
static bool pptp_payload(struct fb_cur *c)
{
    if (fb_cur_peek(c, 0) == 0xff && fb_cur_peek(c, 1) == 0x03)
        fb_cur_skip(c, 2);
    int first = fb_cur_peek(c, 0);
    uint16_t proto = first >= 0 && (first & 1) ? fb_cur_u8(c) : fb_cur_be16(c);
    return fb_cur_ok(c) && (proto == 0x21 || proto == 0x57) && fb_tunnel_exact_ip(c, proto == 0x21 ? 4 : 6);
}

static enum fb_status gre_input_error(struct fb_decoder *d, enum fb_tunnel kind)
{
    /* Over UDP the session builder decides what a failure means. */
    if (kind == FB_TUN_GRE)
        (void)fb_frame_malformed(d);
    return FB_ERR_INPUT;
}

enum fb_status fb_tunnel_gre(struct fb_decoder *d, struct fb_frame *f, enum fb_tunnel kind)
{
    struct fb_cur c = f->c;
    uint16_t flags = fb_cur_be16(&c), type = fb_cur_be16(&c);
    unsigned version = flags & 7U;
    if (!fb_cur_ok(&c) || version > 1 || (flags & (GRE_ROUTING | GRE_UNKNOWN)) ||
        (version == 1 && type != 0x880b))
        return gre_input_error(d, kind);
    fb_cur_skip(&c, ((flags & GRE_CHECKSUM) ? 4U : 0U) + ((flags & GRE_KEY) ? 4U : 0U) +
                        ((flags & GRE_SEQ) ? 4U : 0U) + ((flags & GRE_ACK) ? 4U : 0U));
    if (!fb_cur_ok(&c))
        return gre_input_error(d, kind);
    /* A bare acknowledgement of PPTP, or a keep-alive. */
    if (fb_cur_left(&c) == 0)
        return FB_EOF;
    enum fb_frame_kind next = FB_FRAME_IP;
    if (version == 0)
        next = gre0_payload(&c, flags, type);
    else if (!pptp_payload(&c))
        next = FB_FRAME_STOP;
    if (next == FB_FRAME_STOP)
        return gre_input_error(d, kind);
    struct fb_frame inner;
    if (!fb_frame_enter(d, f, kind == FB_TUN_GRE && version == 1 ? FB_TUN_PPTP : kind, &inner))
        return FB_ERR_LIMIT;
    inner.c = c;
    inner.kind = (uint8_t)next;
    fb_frame_push(d, &inner);
    return FB_OK;
}
