/* Address ranges with what is known about them, put in order: from ranges in any order, nested or
 * overlapping, to the sorted ones of a data set, of which each address has at most one.
 *
 * Where ranges overlap the one that starts later wins, of those the shorter, of equal ranges the first that
 * was added: so a more specific prefix always wins over the one around it. One thread. */
#ifndef FB_INTEL_ORIGIN_BUILD_H
#define FB_INTEL_ORIGIN_BUILD_H

#include "base/addr.h"
#include "intel/packs/row_set.h"

#define FB_ORIGIN_RANGES_MAX (16u << 20)

struct fb_origin_value {
    uint32_t asn;         /* 0: not known */
    char country[3];      /* two capital letters; "": not known */
    struct fb_span owner; /* n == 0: not known */
};

struct fb_origin_build {
    struct fb_row_set values;
    struct fb_origin_range *range;
    size_t n, cap;
    uint64_t turned; /* ranges that were left out: the end before the start, or of the other family */
};

void fb_origin_build_init(struct fb_origin_build *b);
void fb_origin_build_release(struct fb_origin_build *b);

/* first..last, both of one family, both included. A value without anything known is left out. The part of an
 * IPv6 range that lies in ::ffff:0:0/96 is left out: those are IPv4 addresses. */
enum fb_status fb_origin_build_add(struct fb_origin_build *b, const struct fb_addr *first,
                                   const struct fb_addr *last, const struct fb_origin_value *v,
                                   struct fb_err *err);

/* Appends the entries of the data set (docs/intel.md) to `out`. */
enum fb_status fb_origin_build_finish(struct fb_origin_build *b, struct fb_buf *out, uint64_t *entries,
                                      struct fb_err *err);

bool fb_addr_next(struct fb_addr *a); /* false when it was the last of all */
bool fb_addr_prev(struct fb_addr *a);

#endif
