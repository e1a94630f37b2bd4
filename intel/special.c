#include "intel/special.h"

#include <stddef.h>

/* Bits count from the start of the 16 bytes; IPv4 blocks stand in ::ffff:0:0/96. More specific ones first. */
static const struct block {
    uint8_t bits;
    uint8_t prefix[16];
    const char *name;
} BLOCKS[] = {
#define V4(a, b, c, d, n)                                                                                    \
    96 + (n),                                                                                                \
    {                                                                                                        \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d                                                 \
    }
    {V4(255, 255, 255, 255, 32), "broadcast"},     /* RFC 919 */
    {V4(0, 0, 0, 0, 8), "this network"},           /* RFC 791 */
    {V4(10, 0, 0, 0, 8), "private"},               /* RFC 1918 */
    {V4(100, 64, 0, 0, 10), "carrier-grade NAT"},  /* RFC 6598 */
    {V4(127, 0, 0, 0, 8), "loopback"},             /* RFC 1122 */
    {V4(169, 254, 0, 0, 16), "link-local"},        /* RFC 3927 */
    {V4(172, 16, 0, 0, 12), "private"},            /* RFC 1918 */
    {V4(192, 0, 0, 0, 24), "protocol assignment"}, /* RFC 6890 */
    {V4(192, 0, 2, 0, 24), "documentation"},       /* RFC 5737 */
    {V4(192, 168, 0, 0, 16), "private"},           /* RFC 1918 */
    {V4(198, 18, 0, 0, 15), "benchmarking"},       /* RFC 2544 */
    {V4(198, 51, 100, 0, 24), "documentation"},    /* RFC 5737 */
    {V4(203, 0, 113, 0, 24), "documentation"},     /* RFC 5737 */
    {V4(224, 0, 0, 0, 4), "multicast"},            /* RFC 5771 */
    {V4(240, 0, 0, 0, 4), "reserved"},             /* RFC 1112 */
#undef V4
    {128, {0}, "unspecified"},                       /* RFC 4291 */
    {128, {[15] = 1}, "loopback"},                   /* RFC 4291 */
    {64, {0x01, 0x00}, "discard-only"},              /* RFC 6666 */
    {32, {0x20, 0x01, 0x0d, 0xb8}, "documentation"}, /* RFC 3849 */
    {20, {0x3f, 0xff}, "documentation"},             /* RFC 9637 */
    {7, {0xfc}, "private"},                          /* RFC 4193 */
    {10, {0xfe, 0x80}, "link-local"},                /* RFC 4291 */
    {8, {0xff}, "multicast"},                        /* RFC 4291 */
};

static bool in_block(const struct fb_addr *a, const struct block *b)
{
    unsigned whole = b->bits / 8, rest = b->bits % 8;
    return memcmp(a->b, b->prefix, whole) == 0 &&
           (rest == 0 || (a->b[whole] ^ b->prefix[whole]) >> (8 - rest) == 0);
}

const char *fb_addr_special(const struct fb_addr *a)
{
    for (size_t i = 0; i < sizeof BLOCKS / sizeof *BLOCKS; i++)
        if (in_block(a, &BLOCKS[i]))
            return BLOCKS[i].name;
    return NULL;
}
