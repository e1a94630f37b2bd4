#include "ingest/checksum.h"
#include "base/cursor.h"

#include <string.h>

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t halves(uint64_t v)
{
    return (v & 0xffffffffU) + (v >> 32);
}

/* Each stride adds less than 2^35, so the sum of anything in memory keeps far from 2^64. */
uint64_t fb_checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
    for (; n >= 32; n -= 32, p += 32)
        sum += halves(load64(p)) + halves(load64(p + 8)) + halves(load64(p + 16)) + halves(load64(p + 24));
    for (; n >= 8; n -= 8, p += 8)
        sum += halves(load64(p));
    if (n > 0) {
        uint8_t rest[8] = {0};
        memcpy(rest, p, n);
        sum += halves(load64(rest));
    }
    return sum;
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
    uint8_t rest[8] = {0, 0, 0, 0, 0, 0, 0, proto};
    size_t skip = version == 4 ? 12 : 0;
    fb_store_be32(rest, len);
    uint64_t sum = fb_checksum_add(0, src->b + skip, 16 - skip);
    sum = fb_checksum_add(sum, dst->b + skip, 16 - skip);
    return fb_checksum_add(sum, rest, sizeof rest);
}
