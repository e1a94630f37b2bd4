/* The entries of a data set that tells AS number, country and owner of addresses: read-only, looked up by
 * binary search. Borrows the bytes it was opened on. Any thread once open. */
#ifndef FB_INTEL_ORIGINS_H
#define FB_INTEL_ORIGINS_H

#include "intel/packs/origin_build.h"

struct fb_origin_family {
    const uint8_t *first, *last, *value; /* arrays of n: addresses of `size` bytes, 4 bytes */
    size_t n, size;
};

struct fb_origins {
    struct fb_row_view values;
    struct fb_origin_family v4, v6;
};

/* Checks everything that a look-up relies on: order, no overlap, values that exist. FB_ERR_INPUT. */
enum fb_status fb_origins_open(struct fb_span body, struct fb_origins *out, struct fb_err *err);
void fb_origins_release(struct fb_origins *o);

/* False when no range holds the address. The owner is borrowed. */
bool fb_origins_find(const struct fb_origins *o, const struct fb_addr *a, struct fb_origin_value *out);

#endif
