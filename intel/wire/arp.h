/* ARP and RARP (RFC 826, 903) for IPv4 over Ethernet: rows of the table `arp`. */
#ifndef FB_INTEL_ARP_H
#define FB_INTEL_ARP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_arp;
extern const struct fb_intel_proto fb_proto_rarp;

#endif
