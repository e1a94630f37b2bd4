/* IPv6 neighbour discovery (RFC 4861): one row a message. */
#ifndef FB_INTEL_NDP_DEF_H
#define FB_INTEL_NDP_DEF_H

#include "base/record.h"

enum fb_ndp_col {
    FB_NDP_MSG_TYPE, /* rs, ra, ns, na, redirect */
    FB_NDP_SOURCE_ADDR,
    FB_NDP_DEST_ADDR,
    FB_NDP_TARGET_ADDR,
    FB_NDP_SOURCE_MAC,      /* option */
    FB_NDP_TARGET_MAC,      /* option */
    FB_NDP_FLAGS,           /* of ra and na, as on the wire */
    FB_NDP_ROUTER_LIFETIME, /* seconds */
    FB_NDP_HOP_LIMIT,
    FB_NDP_MTU,
    FB_NDP_PREFIXES, /* ADDR/LEN */
    FB_NDP_RDNSS,    /* resolvers */
    FB_NDP_DNSSL,    /* search domains */
    FB_NDP_NCOLS
};

extern const struct fb_rec_def fb_ndp_def;

#endif
