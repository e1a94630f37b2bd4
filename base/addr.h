/* IP addresses: 16 bytes, IPv4 as v4-mapped (::ffff:a.b.c.d), so that equality and order need one rule. */
#ifndef FB_BASE_ADDR_H
#define FB_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct fb_addr {
    uint8_t b[16];
};

#define FB_ADDR_STRLEN 46 /* longest text form with its NUL */

static inline struct fb_addr fb_addr_v4(const uint8_t p[static 4])
{
    struct fb_addr a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, p[0], p[1], p[2], p[3]}};
    return a;
}

static inline struct fb_addr fb_addr_v6(const uint8_t p[static 16])
{
    struct fb_addr a;
    memcpy(a.b, p, 16);
    return a;
}

static inline bool fb_addr_is_v4(const struct fb_addr *a)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(a->b, prefix, sizeof prefix) == 0;
}

static inline int fb_addr_cmp(const struct fb_addr *a, const struct fb_addr *b)
{
    return memcmp(a->b, b->b, 16);
}

static inline bool fb_addr_eq(const struct fb_addr *a, const struct fb_addr *b)
{
    return memcmp(a->b, b->b, 16) == 0;
}

/* 224.0.0.0/4 or ff00::/8. */
bool fb_addr_is_multicast(const struct fb_addr *a);

/* Text form: dotted quad, or RFC 5952 for IPv6. Writes a NUL; returns the length without it. */
unsigned fb_addr_format(const struct fb_addr *a, char out[static FB_ADDR_STRLEN]);

/* Parses a dotted quad or an IPv6 address; false when the text is neither. */
bool fb_addr_parse(const char *text, struct fb_addr *out);
/* The same of n bytes without a NUL. `out` is unchanged, or anything, when it is no address. */
bool fb_addr_parse_n(const void *text, size_t n, struct fb_addr *out);

#endif
