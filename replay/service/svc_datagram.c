/* Small datagram protocols, one message each: DHCP (RFC 2131), NTP (RFC 5905), SNMP (RFC 1157, 3416, 3412),
 * RADIUS (RFC 2865). */
#include "replay/service/svc.h"
#include "replay/service/svc_ber.h"

#define DHCP_COOKIE_AT 236
#define DHCP_COOKIE    0x63825363
#define NTP_BYTES      48
#define RADIUS_HEADER  20

static size_t verdict(struct svc *a, bool good, size_t n)
{
    if (good)
        svc_confirm(a);
    else
        svc_fail(a);
    a->settled = a->confirmed;
    return n;
}

static size_t parse_dhcp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    bool good = n >= DHCP_COOKIE_AT + 4 && (p[0] == 1 || p[0] == 2) && p[2] <= 16 &&
                fb_load_be32(p + DHCP_COOKIE_AT) == DHCP_COOKIE;
    return verdict(a, good, n);
}

struct ntp_state {
    bool turned;
};

static size_t parse_ntp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct ntp_state *st = a->state;
    if (n == 0)
        return n;
    unsigned mode = p[0] & 7, version = p[0] >> 3 & 7;
    bool time = mode >= 1 && mode <= 5 && n >= NTP_BYTES;
    bool good = version >= 1 && version <= 4 && (time || (mode == 6 && n >= 12) || (mode == 7 && n >= 8));
    if (good && !st->turned && ((mode == 4 && from_orig) || (mode == 3 && !from_orig))) {
        st->turned = true;
        svc_signal(a, FB_SVC_FLIP);
    }
    return verdict(a, good, n);
}

/* SEQUENCE { version, community or header data, ... } */
static size_t parse_snmp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    struct fb_cur msg = svc_ber_expect(&c, 0x30);
    int64_t version = svc_ber_int(&msg);
    uint8_t tag;
    struct fb_cur next = svc_ber_take(&msg, &tag);
    bool good = fb_cur_ok(&next) &&
                ((tag == 0x04 && (version == 0 || version == 1)) || (tag == 0x30 && version == 3));
    if (!good || !from_orig)
        return verdict(a, good, n);
    return n;
}

static size_t parse_radius(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    size_t len = n >= RADIUS_HEADER ? fb_load_be16(p + 2) : 0;
    return verdict(a, len >= RADIUS_HEADER && len <= n && p[0] != 0, n);
}

const struct svc_proto svc_dhcp = {.name = "dhcp", .parse = parse_dhcp};
const struct svc_proto svc_ntp = {.name = "ntp", .state_bytes = sizeof(struct ntp_state), .parse = parse_ntp};
const struct svc_proto svc_snmp = {.name = "snmp", .parse = parse_snmp};
const struct svc_proto svc_radius = {.name = "radius", .parse = parse_radius};
