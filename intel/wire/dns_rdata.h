/* Shared by the files of the DNS reader. */
#ifndef FB_INTEL_DNS_RDATA_H
#define FB_INTEL_DNS_RDATA_H

#include "intel/wire/dns_msg.h"

enum fb_dns_form {
    FB_DNS_GOOD,
    FB_DNS_TOO_LONG, /* more than 255 bytes; c stands behind it */
    FB_DNS_DAMAGED,  /* c has failed */
};

enum fb_dns_form fb_dns_read_name(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_dns_name *out);

/* The name at c, which lies in the message of r, and its end; false and a failed cursor when it is damaged.
 */
bool fb_dns_get_name(const struct fb_dns_reader *r, struct fb_cur *c, struct fb_dns_name *out);

#endif
