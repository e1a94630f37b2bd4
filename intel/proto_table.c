/* Who is asked about a session's first bytes, in this order. */
#include "intel/dns.h"
#include "intel/proto.h"

const struct fb_intel_proto *const fb_intel_protos[] = {
    &fb_dns_proto,
    NULL,
};
