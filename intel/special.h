/* Addresses that belong to nobody on the Internet, by RFC 6890 and IANA's special-purpose registries: they
 * have no AS number, no country and no owner, and it is no gap in a data set when none is found. */
#ifndef FB_INTEL_SPECIAL_H
#define FB_INTEL_SPECIAL_H

#include "base/addr.h"

/* "private", "loopback", "link-local", "multicast" ...; NULL for an ordinary address. */
const char *fb_addr_special(const struct fb_addr *a);

#endif
