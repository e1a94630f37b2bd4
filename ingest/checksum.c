#include "ingest/checksum.h"
#include "base/cursor.h"

#include <string.h>

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t halves(uint64_t v)
{
    return (v & 0xffffffffU) + (v >> 32);
}

/* A 16-bit number as it would be read from memory in network order. */
static inline uint64_t network16(uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap16((uint16_t)v);
#else
    return v & 0xffff;
#endif
}

/* Each stride adds less than 2^35, so the sum of anything in memory keeps far from 2^64. */
uint64_t fb_checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
    for (; n >= 32; n -= 32, p += 32)
        sum += halves(load64(p)) + halves(load64(p + 8)) + halves(load64(p + 16)) + halves(load64(p + 24));
    for (; n >= 8; n -= 8, p += 8)
        sum += halves(load64(p));
    if (n & 4) {
        sum += load32(p);
        p += 4;
    }
    if (n & 2) {
        uint16_t v;
        memcpy(&v, p, sizeof v);
        sum += v;
        p += 2;
    }
    /* An odd byte is the first of a word whose other byte is zero. */
    return n & 1 ? sum + network16((uint32_t)*p << 8) : sum;
}

uint16_t fb_checksum_fold(uint64_t sum)
{
    sum = halves(sum);
    sum = halves(sum);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint64_t fb_checksum_pseudo(const struct fb_addr *src, const struct fb_addr *dst, unsigned version,
                            uint8_t proto, uint32_t len)
{
    uint64_t sum = network16(len >> 16) + network16(len) + network16(proto);
    if (version == 4)
        return sum + load32(src->b + 12) + load32(dst->b + 12);
    return sum + halves(load64(src->b)) + halves(load64(src->b + 8)) + halves(load64(dst->b)) +
           halves(load64(dst->b + 8));
}
