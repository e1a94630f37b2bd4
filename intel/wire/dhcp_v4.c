/* DHCP and BOOTP: RFC 2131, options of RFC 2132, 4702 (FQDN), 3004 (user class). Ignored on purpose: option
 * overload, options that go on in a second one of the same kind. */
#include "intel/wire/dhcp_row.h"
#include "intel/wire/wire.h"

#define MAGIC 0x63825363U

static const char *type_name(uint8_t type)
{
    static const char *const names[] = {
        "BOOTP",        "DISCOVER",    "OFFER",          "REQUEST",       "DECLINE",    "ACK",
        "NAK",          "RELEASE",     "INFORM",         "FORCERENEW",    "LEASEQUERY", "LEASEUNASSIGNED",
        "LEASEUNKNOWN", "LEASEACTIVE", "BULKLEASEQUERY", "LEASEQUERYDONE"};
    return type < sizeof names / sizeof names[0] ? names[type] : "UNKNOWN";
}

/* An address that is not 0.0.0.0. */
static bool addr_of(struct fb_span s, struct fb_addr *out)
{
    if (s.n < 4 || fb_load_be32(s.p) == 0)
        return false;
    *out = fb_addr_v4(s.p);
    return true;
}

/* Text without the NULs that some senders put at its end. */
static struct fb_span text_of(struct fb_span s)
{
    while (s.n > 0 && s.p[s.n - 1] == 0)
        s.n--;
    return s;
}

/* RFC 4702: flags and two dead bytes in front of the name; bit 2: in the form of DNS. */
static void fqdn(struct fb_dhcp_message *m, struct fb_span s)
{
    if (s.n < 3)
        return;
    struct fb_span name = {s.p + 3, s.n - 3};
    if (s.p[0] & 4)
        fb_dhcp_name(m, name);
    else if (text_of(name).n > 0)
        m->client_fqdn = text_of(name);
}

static void option(struct fb_dhcp_message *m, uint8_t code, struct fb_span s, bool from_client)
{
    switch (code) {
    case 1:
        m->has_mask = addr_of(s, &m->mask);
        break;
    case 3:
        m->routers = s;
        break;
    case 6:
        m->dns_servers = s;
        break;
    case 12:
        m->host_name = text_of(s);
        break;
    case 15:
        m->domain = text_of(s);
        break;
    case 50:
        m->has_requested = addr_of(s, &m->requested);
        break;
    case 51:
        m->has_lease = s.n == 4;
        m->lease_s = m->has_lease ? fb_load_be32(s.p) : 0;
        break;
    case 53:
        m->type = s.n == 1 ? type_name(s.p[0]) : m->type;
        break;
    case 54:
        m->has_server = addr_of(s, &m->server);
        break;
    case 55:
        for (size_t i = 0; i < s.n; i++)
            fb_dhcp_param(m, s.p[i]);
        break;
    case 56:
        *(from_client ? &m->client_message : &m->server_message) = text_of(s);
        break;
    case 60:
        m->vendor_class = text_of(s);
        break;
    case 61:
        m->client_id = s;
        break;
    case 77:
        m->user_class = s;
        break;
    case 81:
        fqdn(m, s);
        break;
    default:
        break;
    }
}

bool fb_dhcp_v4_read(struct fb_dhcp_message *m, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint8_t op = fb_cur_u8(&c), htype = fb_cur_u8(&c), hlen = fb_cur_u8(&c);
    fb_cur_skip(&c, 1);
    m->trans_id = fb_cur_be32(&c);
    fb_cur_skip(&c, 4);
    const uint8_t *addrs = fb_cur_take(&c, 16), *chaddr = fb_cur_take(&c, 16);
    fb_cur_skip(&c, 64 + 128);
    uint32_t magic = fb_cur_be32(&c);
    if (!fb_cur_ok(&c) || (op != 1 && op != 2) || magic != MAGIC)
        return false;
    m->type = type_name(0);
    m->has_mac = htype == 1 && hlen == 6;
    memcpy(m->mac, chaddr, 6);
    m->has_client = addr_of((struct fb_span){addrs, 4}, &m->client);
    m->has_assigned = addr_of((struct fb_span){addrs + 4, 4}, &m->assigned);
    while (fb_cur_left(&c) > 0) {
        uint8_t code = fb_cur_u8(&c);
        if (code == 0)
            continue;
        if (code == 255)
            break;
        struct fb_cur body = fb_cur_sub(&c, fb_cur_u8(&c));
        if (!fb_cur_ok(&body))
            break;
        fb_dhcp_option(m, code);
        option(m, code, (struct fb_span){body.p, fb_cur_left(&body)}, op == 1);
    }
    return true;
}
