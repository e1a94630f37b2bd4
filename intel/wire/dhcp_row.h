/* What a DHCP or DHCPv6 message says, and its row in the table `dhcp`. Spans are borrowed from the message,
 * but for client_fqdn, which points into `fqdn`. */
#ifndef FB_INTEL_DHCP_ROW_H
#define FB_INTEL_DHCP_ROW_H

#include "base/buf.h"
#include "base/observe.h"

#define FB_DHCP_OPTIONS_MAX 256
#define FB_DHCP_ADDRS_MAX   16 /* of a list of addresses; more are not kept */

struct fb_dhcp_message {
    uint8_t version; /* 4, 6 */
    const char *type;
    uint32_t trans_id;
    bool has_mac;
    uint8_t mac[6];
    struct fb_addr client, assigned, requested, server, mask;
    bool has_client, has_assigned, has_requested, has_server, has_mask, has_lease;
    uint32_t lease_s;
    struct fb_span host_name, domain, client_message, server_message, vendor_class, user_class, client_id,
        server_id, client_fqdn, routers, dns_servers; /* the last two: addresses, one behind the other */
    uint8_t fqdn[256];
    uint16_t options[FB_DHCP_OPTIONS_MAX], params[FB_DHCP_OPTIONS_MAX];
    size_t noptions, nparams;
};

/* A name in the form of DNS without compression (RFC 1035, section 3.1) as text into m->fqdn; a name that is
 * plain text is taken as it is. */
void fb_dhcp_name(struct fb_dhcp_message *m, struct fb_span s);

void fb_dhcp_option(struct fb_dhcp_message *m, uint16_t code);
void fb_dhcp_param(struct fb_dhcp_message *m, uint16_t code);

bool fb_dhcp_v4_read(struct fb_dhcp_message *m, const uint8_t *p, size_t n);
bool fb_dhcp_v6_read(struct fb_dhcp_message *m, const uint8_t *p, size_t n);

void fb_dhcp_put(const struct fb_dhcp_message *m, const struct fb_seen *at, struct fb_observe_out *out);

#endif
