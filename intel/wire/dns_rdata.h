/* Shared by the files of the DNS reader. */
#ifndef FB_INTEL_DNS_RDATA_H
#define FB_INTEL_DNS_RDATA_H

#include "intel/wire/dns_msg.h"

/* The name at c, which lies in the message of r, and its end; false and a failed cursor when it is damaged.
 */
bool fb_dns_get_name(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_dns_name *out);

#endif
