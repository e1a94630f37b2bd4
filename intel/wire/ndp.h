/* IPv6 neighbour discovery (RFC 4861, 8106): rows of the table `ndp`. */
#ifndef FB_INTEL_NDP_H
#define FB_INTEL_NDP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_ndp;

#endif
