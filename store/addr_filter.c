#include "store/addr_filter.h"

#include "base/cursor.h"
#include "base/hash.h"

#define PROBES 6u

/* Double hashing (Kirsch and Mitzenmacher): bit i is the top of low + i * high, scaled to the filter. */
struct probe {
    uint32_t at, step;
};

static struct probe start(const uint8_t addr[static 16], uint64_t salt)
{
    uint64_t h = fb_mix64(fb_load_le64(addr) ^ fb_mix64(fb_load_le64(addr + 8)));
    if (salt)
        h = fb_mix64(h ^ salt);
    return (struct probe){(uint32_t)h, (uint32_t)(h >> 32) | 1};
}

static size_t next_bit(struct probe *p, size_t n)
{
    size_t bit = (size_t)(((uint64_t)p->at * ((uint64_t)n * 8)) >> 32);
    p->at += p->step;
    return bit;
}

void fb_addr_filter_add(uint8_t *filter, size_t n, const uint8_t addr[static 16], uint64_t salt)
{
    struct probe p = start(addr, salt);
    for (unsigned i = 0; i < PROBES; i++) {
        size_t bit = next_bit(&p, n);
        filter[bit / 8] = (uint8_t)(filter[bit / 8] | 1u << bit % 8);
    }
}

bool fb_addr_filter_may_have(const uint8_t *filter, size_t n, const uint8_t addr[static 16], uint64_t salt)
{
    struct probe p = start(addr, salt);
    for (unsigned i = 0; i < PROBES; i++) {
        size_t bit = next_bit(&p, n);
        if (!(filter[bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}
