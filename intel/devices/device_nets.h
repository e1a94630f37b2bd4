/* Which networks are local. Not for other rooms. One thread. */
#ifndef FB_INTEL_DEVICE_NETS_H
#define FB_INTEL_DEVICE_NETS_H

#include "base/cursor.h"
#include "intel/lists/list_addr.h"

#define FB_DEV_NETS_MAX 1024

struct fb_dev_net {
    struct fb_list_range range;
    const char *why;
    uint64_t addrs;
};

/* Networks from options alone when there are any; else from evidence, then the ranges that are local by
 * definition. */
struct fb_dev_nets {
    struct fb_dev_net net[FB_DEV_NETS_MAX];
    size_t n;
    bool given;
    uint64_t shed;
};

void fb_dev_nets_init(struct fb_dev_nets *t, const struct fb_list_range *given, size_t n);
/* An IPv4 address that sent ARP: its network is the smallest prefix that holds all such addresses of the same
 * /24. An IPv6 address that took part in neighbour discovery: its /64. */
void fb_dev_nets_on_link(struct fb_dev_nets *t, const struct fb_addr *a);
/* "ADDR/LEN" from a router advertisement, a DHCP lease or the description of a capturing interface. Of IPv6
 * shorter than /32 or longer than /127 says nothing, of IPv4 shorter than /8 or longer than /31. */
enum fb_dev_net_source { FB_DEV_NET_RA, FB_DEV_NET_DHCP, FB_DEV_NET_IFACE };
void fb_dev_nets_prefix(struct fb_dev_nets *t, struct fb_span text, enum fb_dev_net_source source);
/* Counts the address with the first network that holds it; false: not local. */
bool fb_dev_nets_local(struct fb_dev_nets *t, const struct fb_addr *a);

#endif
