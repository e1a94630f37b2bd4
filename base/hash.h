/* Hashing for tables.
 *
 * SipHash-1-3 (Aumasson, Bernstein 2012) with a random key per process protects the tables from flooding;
 * nothing visible may depend on it. fb_mix64 is a fixed, unkeyed mixer for what must be the same on each run
 * (which virtual shard a flow belongs to). */
#ifndef FB_BASE_HASH_H
#define FB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct fb_hash_key {
    uint64_t k0, k1;
};

/* A key from the kernel's random source, made once per process. */
const struct fb_hash_key *fb_hash_process_key(void);

uint64_t fb_siphash13(const struct fb_hash_key *key, const void *data, size_t n);

/* The finaliser of MurmurHash3 (Appleby): a bijection of 64-bit numbers. */
static inline uint64_t fb_mix64(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    x ^= x >> 33;
    return x;
}

#endif
