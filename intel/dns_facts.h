/* What rows of the table dns say between the lines of their texts: addresses that HTTPS and SVCB records hint
 * at (RFC 9460, 7.3), and what a NetBIOS node calls itself (RFC 1002, 4.2.18). Spans borrow from the row. Any
 * thread. */
#ifndef FB_INTEL_DNS_FACTS_H
#define FB_INTEL_DNS_FACTS_H

#include "base/addr.h"
#include "base/cursor.h"

struct fb_svcb_hints {
    struct fb_span rest, list; /* of the record's detail */
};

/* For records of the types HTTPS and SVCB: `detail` as fb_dns_rr_detail writes it. */
struct fb_svcb_hints fb_svcb_hints(struct fb_span detail);
bool fb_svcb_next_hint(struct fb_svcb_hints *h, struct fb_addr *out);

/* The host that a hint is about: the name that was asked; for names of services (_8443._https.www.example,
 * _dns.resolver.arpa) the record's target, or where that is "." the name without its service labels. */
struct fb_span fb_svcb_host(struct fb_span asked, struct fb_span target);

/* Of a node status reply: the first unique name of the kinds 00 (workstation) or 20 (server), without its
 * kind. `text` and `detail` as the DNS reader writes them. False when there is none. */
bool fb_netbios_node_host(struct fb_span text, struct fb_span detail, struct fb_span *name);

#endif
