/* DNS and its relatives in sessions: UDP and TCP on the ports 53, 5353, 5355 and 137, on other ports when the
 * first message is DNS beyond doubt. Puts out rows of intel/wire/dns_def.h. */
#ifndef FB_INTEL_DNS_H
#define FB_INTEL_DNS_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_dns_proto;

#endif
