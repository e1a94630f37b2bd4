/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011): random
 * numbers as a function of a key and a counter. A stream is local to whoever draws from it. */
#ifndef FB_MODEL_PHILOX_H
#define FB_MODEL_PHILOX_H

#include <stdint.h>

static inline void fb_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* What a stream is for: the last word of its counter. */
enum fb_draw { FB_DRAW_ROWS = 0, FB_DRAW_SPLIT = 1 };

struct fb_draws {
    uint32_t counter[4], key[2], out[4];
    unsigned used; /* of `out` */
};

static inline struct fb_draws fb_draws_init(uint64_t seed, uint32_t tree, uint32_t node, enum fb_draw purpose)
{
    return (struct fb_draws){.counter = {0, node, tree, (uint32_t)purpose},
                             .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                             .used = 4};
}

static inline uint32_t fb_draw_u32(struct fb_draws *d)
{
    if (d->used == 4) {
        fb_philox(d->counter, d->key, d->out);
        d->counter[0]++;
        d->used = 0;
    }
    return d->out[d->used++];
}

/* 0 .. n-1 without bias, n > 0: numbers that would favour some are drawn again. */
static inline uint32_t fb_draw_below(struct fb_draws *d, uint32_t n)
{
    uint32_t limit = (uint32_t)-n % n, x;
    do
        x = fb_draw_u32(d);
    while (x < limit);
    return x % n;
}

/* [0, 1) in steps of 2^-24, exact. */
static inline float fb_draw_unit(struct fb_draws *d)
{
    return (float)(fb_draw_u32(d) >> 8) * 0x1p-24f;
}

/* Nearly normal, mean 0: the centred sum of eight 16-bit numbers over 2^16 (sd 0.816), exact in a float. */
static inline float fb_draw_normal(struct fb_draws *d)
{
    int32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t u = fb_draw_u32(d);
        sum += (int32_t)(u & 0xffff) + (int32_t)(u >> 16);
    }
    return (float)(sum - 4 * 65535) * 0x1p-16f;
}

#endif
