/* Addresses, CIDR blocks and inclusive ranges as lists write them: each form is right or refused, never
 * guessed. IPv4-mapped IPv6 is IPv4. Any thread. */
#ifndef FB_INTEL_LIST_ADDR_H
#define FB_INTEL_LIST_ADDR_H

#include "base/addr.h"
#include "base/buf.h"

#include <stddef.h>

/* lo <= hi, both of one family. */
struct fb_list_range {
    struct fb_addr lo, hi;
};

#define FB_LIST_RANGE_STRLEN (2 * FB_ADDR_STRLEN + 4)

/* "192.0.2.7", "192.0.2.0/24", "192.0.2.1-192.0.2.9", and the same of IPv6. Bits behind the prefix may be
 * set: the block is the one that holds the address. False with a reason in *why (static text). */
bool fb_list_range_parse(const void *text, size_t n, struct fb_list_range *out, const char **why);

/* True when the text can only be meant as an address: digits, dots, colons, a slash. For messages. */
bool fb_list_range_looks(const void *text, size_t n);

/* The shortest form: an address, a CIDR block, or lo-hi. Returns the length. */
size_t fb_list_range_format(const struct fb_list_range *r, char out[static FB_LIST_RANGE_STRLEN]);

static inline bool fb_list_range_has(const struct fb_list_range *r, const struct fb_addr *a)
{
    return fb_addr_is_v4(&r->lo) == fb_addr_is_v4(a) && fb_addr_cmp(&r->lo, a) <= 0 &&
           fb_addr_cmp(a, &r->hi) <= 0;
}

/* Private (RFC 1918, RFC 4193), loopback, link-local, multicast; the unspecified address and its block, and
 * the limited broadcast. */
bool fb_list_addr_is_local(const struct fb_addr *a);

#endif
