/* Sums over sessions: how many, and their bytes and packets. Sums stop at 2^64-1 instead of wrapping, so they
 * do not depend on the order in which they are taken. */
#ifndef FB_STORE_ZONE_TALLY_H
#define FB_STORE_ZONE_TALLY_H

#include <stdint.h>

enum fb_measure { FB_M_ORIG_BYTES, FB_M_RESP_BYTES, FB_M_ORIG_PKTS, FB_M_RESP_PKTS, FB_M_COUNT };

struct fb_tally {
    uint64_t sessions;
    uint64_t sum[FB_M_COUNT];
};

static inline uint64_t fb_add_sat(uint64_t a, uint64_t b)
{
    uint64_t r = a + b;
    return r < b ? UINT64_MAX : r;
}

static inline void fb_tally_add(struct fb_tally *to, const struct fb_tally *t)
{
    to->sessions = fb_add_sat(to->sessions, t->sessions);
    for (unsigned m = 0; m < FB_M_COUNT; m++)
        to->sum[m] = fb_add_sat(to->sum[m], t->sum[m]);
}

#endif
