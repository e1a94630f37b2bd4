/* DHCP (UDP 67, 68) and DHCPv6 (UDP 546, 547): rows of the table `dhcp`. */
#ifndef FB_INTEL_DHCP_H
#define FB_INTEL_DHCP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_dhcp;

#endif
