/* DHCPv6: RFC 8415, 4704 (FQDN). A relayed message is taken out of at most 8 relays. Ignored on purpose:
 * prefixes and addresses but for the first. */
#include "intel/wire/dhcp_row.h"
#include "intel/wire/wire.h"

#define RELAYS_MAX 8

static const char *type_name(uint8_t type)
{
    static const char *const names[] = {"UNKNOWN",    "SOLICIT",   "ADVERTISE",   "REQUEST",
                                        "CONFIRM",    "RENEW",     "REBIND",      "REPLY",
                                        "RELEASE",    "DECLINE",   "RECONFIGURE", "INFORMATION-REQUEST",
                                        "RELAY-FORW", "RELAY-REPL"};
    return type < sizeof names / sizeof names[0] ? names[type] : names[0];
}

static struct fb_span all(struct fb_cur c)
{
    return (struct fb_span){c.p, fb_cur_left(&c)};
}

/* The first address (option 5) in an identity association, and for how long. */
static void association(struct fb_dhcp_message *m, struct fb_cur c)
{
    fb_cur_skip(&c, 12);
    while (fb_cur_left(&c) >= 4 && !m->has_assigned) {
        uint16_t code = fb_cur_be16(&c);
        struct fb_cur body = fb_cur_sub(&c, fb_cur_be16(&c));
        const uint8_t *addr = code == 5 ? fb_cur_take(&body, 16) : NULL;
        if (!addr)
            continue;
        fb_cur_skip(&body, 4);
        m->assigned = fb_addr_v6(addr);
        m->lease_s = fb_cur_be32(&body);
        m->has_assigned = m->has_lease = fb_cur_ok(&body);
    }
}

/* A DUID of link-layer address, with or without time, over Ethernet says the MAC. */
static void mac_of_duid(struct fb_dhcp_message *m, struct fb_span duid)
{
    bool llt = duid.n == 14 && fb_load_be16(duid.p) == 1, ll = duid.n == 10 && fb_load_be16(duid.p) == 3;
    if ((llt || ll) && fb_load_be16(duid.p + 2) == 1) {
        m->has_mac = true;
        memcpy(m->mac, duid.p + duid.n - 6, 6);
    }
}

static void option(struct fb_dhcp_message *m, uint16_t code, struct fb_cur c)
{
    switch (code) {
    case 1:
        m->client_id = all(c);
        mac_of_duid(m, all(c));
        break;
    case 2:
        m->server_id = all(c);
        break;
    case 3:
        association(m, c);
        break;
    case 6:
        while (fb_cur_left(&c) >= 2)
            fb_dhcp_param(m, fb_cur_be16(&c));
        break;
    case 13:
        fb_cur_skip(&c, 2);
        if (fb_cur_left(&c) > 0)
            m->server_message = all(c);
        break;
    case 15:
        m->user_class = all(c);
        break;
    case 16: { /* enterprise number, then texts with their lengths */
        fb_cur_skip(&c, 4);
        struct fb_cur text = fb_cur_sub(&c, fb_cur_be16(&c));
        if (fb_cur_ok(&text))
            m->vendor_class = all(text);
        break;
    }
    case 23: /* RFC 3646 */
        m->dns_servers = all(c);
        break;
    case 39:
        fb_cur_skip(&c, 1);
        fb_dhcp_name(m, all(c));
        break;
    default:
        break;
    }
}

bool fb_dhcp_v6_read(struct fb_dhcp_message *m, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint8_t type = fb_cur_u8(&c);
    for (unsigned relays = 0; (type == 12 || type == 13) && relays < RELAYS_MAX; relays++) {
        struct fb_cur inner = fb_cur_init(NULL, 0);
        fb_cur_skip(&c, 33);
        while (fb_cur_left(&c) >= 4) {
            uint16_t code = fb_cur_be16(&c);
            struct fb_cur body = fb_cur_sub(&c, fb_cur_be16(&c));
            if (code == 9 && fb_cur_ok(&body))
                inner = body;
        }
        c = inner;
        type = fb_cur_u8(&c);
    }
    m->trans_id = fb_cur_be24(&c);
    if (!fb_cur_ok(&c) || type == 0 || type > 11)
        return false;
    m->type = type_name(type);
    while (fb_cur_left(&c) >= 4) {
        uint16_t code = fb_cur_be16(&c);
        struct fb_cur body = fb_cur_sub(&c, fb_cur_be16(&c));
        if (!fb_cur_ok(&body))
            break;
        fb_dhcp_option(m, code);
        option(m, code, body);
    }
    return true;
}
