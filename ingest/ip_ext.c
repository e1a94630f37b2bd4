/* IPv6 extension headers (RFC 8200, section 4), authentication header (RFC 4302), routing header types 0 and
 * 2 and the home address option (RFC 6275, 6.3 and 6.4). ESP and Mobility end the walk: what is behind them
 * is not followed. */
#include "ingest/decode_frame.h"

enum { EXT_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_AH = 51, EXT_DEST = 60 };
#define OPT_PAD1         0
#define OPT_HOME_ADDRESS 201

/* Type 0 (any number of addresses) and 2 (exactly one) with segments left: the last address is where the
 * packet goes. */
static bool routing_destination(const uint8_t *p, size_t n, struct fb_addr *dst)
{
    unsigned type = p[2], left = p[3], units = p[1];
    if (left == 0 || n < 24 || (type == 0 && units % 2 != 0) || (type == 2 && units != 2) ||
        (type != 0 && type != 2))
        return false;
    *dst = fb_addr_v6(p + n - 16);
    return true;
}

static bool home_address(const uint8_t *p, size_t n, struct fb_addr *src)
{
    struct fb_cur c = fb_cur_init(p + 2, n - 2);
    while (fb_cur_left(&c) > 0) {
        uint8_t type = fb_cur_u8(&c);
        if (type == OPT_PAD1)
            continue;
        uint8_t len = fb_cur_u8(&c);
        const uint8_t *data = fb_cur_take(&c, len);
        if (data != NULL && type == OPT_HOME_ADDRESS && len == 16) {
            *src = fb_addr_v6(data);
            return true;
        }
    }
    return false;
}

static void fragment_fields(const uint8_t *p, struct fb_ip *ip)
{
    uint16_t v = fb_load_be16(p + 2);
    ip->fragment = true;
    ip->frag_off = v & 0xfff8U;
    ip->more = (v & 1) != 0;
    ip->id = fb_load_be32(p + 4);
    ip->frag_next = p[0];
}

static bool is_walked(uint8_t proto)
{
    return proto == EXT_HOP || proto == EXT_ROUTING || proto == EXT_FRAGMENT || proto == EXT_AH ||
           proto == EXT_DEST;
}

bool fb_ip6_walk(const uint8_t *hdr, size_t captured, struct fb_ip *ip)
{
    bool have_dst = false, have_src = false;
    uint32_t next_off = 6; /* of the number that named the header at hand */
    while (is_walked(ip->proto) && !ip->fragment) {
        struct fb_cur c = fb_cur_init(hdr + ip->hdr_len, captured - ip->hdr_len);
        int units = fb_cur_peek(&c, 1);
        if (units < 0)
            return false;
        size_t n = ((size_t)units + 1) * 8;
        if (ip->proto == EXT_AH)
            n = ((size_t)units + 2) * 4;
        else if (ip->proto == EXT_FRAGMENT)
            n = 8;
        const uint8_t *p = fb_cur_take(&c, n);
        if (p == NULL)
            return false;
        if (ip->proto == EXT_FRAGMENT) {
            ip->next_off = next_off;
            fragment_fields(p, ip);
        } else if (ip->proto == EXT_ROUTING && !have_dst) {
            have_dst = routing_destination(p, n, &ip->dst);
        } else if (ip->proto == EXT_DEST && !have_src) {
            have_src = home_address(p, n, &ip->src);
        }
        next_off = ip->hdr_len;
        ip->proto = p[0];
        ip->hdr_len += (uint32_t)n;
    }
    return true;
}
