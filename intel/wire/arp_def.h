/* ARP and RARP packets over Ethernet and IPv4: one row each. */
#ifndef FB_INTEL_ARP_DEF_H
#define FB_INTEL_ARP_DEF_H

#include "base/record.h"

enum fb_arp_col {
    FB_ARP_OPERATION, /* 1 request, 2 reply */
    FB_ARP_SENDER_MAC,
    FB_ARP_SENDER_ADDR,
    FB_ARP_TARGET_MAC,
    FB_ARP_TARGET_ADDR,
    FB_ARP_ETH_SRC, /* of the frame */
    FB_ARP_ETH_DST,
    FB_ARP_NCOLS
};

extern const struct fb_rec_def fb_arp_def;

#endif
