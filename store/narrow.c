#include "store/narrow.h"

#define PACKED(type, name)                                                                                   \
    FB_PAGE_LOOP void pack_##name(const uint64_t *restrict v, size_t n, uint64_t lo, type *restrict to)      \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++)                                                                       \
            to[i] = (type)(v[i] - lo);                                                                       \
    }                                                                                                        \
    FB_PAGE_LOOP void unpack_##name(const type *restrict from, size_t n, uint64_t lo, uint64_t *restrict v)  \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++)                                                                       \
            v[i] = lo + from[i];                                                                             \
    }
PACKED(uint8_t, 1)
PACKED(uint16_t, 2)
PACKED(uint32_t, 4)
PACKED(uint64_t, 8)
#define PACK(name)                                                                                           \
    FB_FULL_OR(n, pack_##name(v, FB_PAGE_ROWS, lo, (void *)p->bytes), pack_##name(v, n, lo, (void *)p->bytes))
#define UNPACK(name)                                                                                         \
    FB_FULL_OR(n, unpack_##name((const void *)p->bytes, FB_PAGE_ROWS, p->base, out),                         \
               unpack_##name((const void *)p->bytes, n, p->base, out))

FB_PAGE_LOOP uint64_t bits_above(const uint64_t *v, size_t n, uint64_t lo)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all |= v[i] - lo;
    return all;
}

struct fb_narrow *fb_narrow_new(const uint64_t *v, size_t n, uint64_t lo)
{
    uint64_t span;
    FB_FULL_OR(n, span = bits_above(v, FB_PAGE_ROWS, lo), span = bits_above(v, n, lo));
    unsigned width = span == 0            ? 0
                     : span <= UINT8_MAX  ? 1
                     : span <= UINT16_MAX ? 2
                     : span <= UINT32_MAX ? 4
                                          : 8;
    struct fb_narrow *p = malloc(sizeof *p + n * width);
    if (!p)
        return NULL;
    p->base = lo;
    p->width = width;
    if (width == 1)
        PACK(1);
    else if (width == 2)
        PACK(2);
    else if (width == 4)
        PACK(4);
    else if (width == 8)
        PACK(8);
    return p;
}

size_t fb_narrow_bytes(const struct fb_narrow *p, size_t n)
{
    return sizeof *p + n * p->width;
}

void fb_narrow_widen(const struct fb_narrow *p, size_t n, uint64_t *out)
{
    if (p->width == 1)
        UNPACK(1);
    else if (p->width == 2)
        UNPACK(2);
    else if (p->width == 4)
        UNPACK(4);
    else if (p->width == 8)
        UNPACK(8);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = p->base;
}
