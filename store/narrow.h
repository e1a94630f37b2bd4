/* A page of values in memory: each less the smallest, in the narrowest type that holds them. */
#ifndef FB_STORE_NARROW_H
#define FB_STORE_NARROW_H

#include "store/column.h"

struct fb_narrow {
    uint64_t base;
    uint64_t width;  /* 0, 1, 2, 4 or 8 bytes */
    uint8_t bytes[]; /* aligned for each of them */
};

/* One allocation for n <= FB_PAGE_ROWS values; `lo`: one that the others are not far above. NULL without
 * memory. */
struct fb_narrow *fb_narrow_new(const uint64_t *v, size_t n, uint64_t lo);
size_t fb_narrow_bytes(const struct fb_narrow *p, size_t n); /* memory of a page of n values */
/* The values again. */
void fb_narrow_widen(const struct fb_narrow *p, size_t n, uint64_t *out);

static inline uint64_t fb_narrow_at(const struct fb_narrow *p, size_t i)
{
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;
    switch (p->width) {
    case 0:
        return p->base;
    case 1:
        return p->base + p->bytes[i];
    case 2:
        memcpy(&v2, p->bytes + 2 * i, 2);
        return p->base + v2;
    case 4:
        memcpy(&v4, p->bytes + 4 * i, 4);
        return p->base + v4;
    default:
        memcpy(&v8, p->bytes + 8 * i, 8);
        return p->base + v8;
    }
}

#endif
