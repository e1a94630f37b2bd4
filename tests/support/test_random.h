/* Numbers for generated tests: splitmix64 (Steele, Lea, Flood, 2014), the same on every machine. */
#ifndef FB_TESTS_TEST_RANDOM_H
#define FB_TESTS_TEST_RANDOM_H

#include <stdint.h>

struct test_random {
    uint64_t state; /* the seed */
};

static inline uint64_t tr_next(struct test_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/* 0 .. n-1. */
static inline uint32_t tr_below(struct test_random *r, uint32_t n)
{
    return (uint32_t)(tr_next(r) % n);
}

#endif
