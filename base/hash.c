#include "base/hash.h"

#include "base/cursor.h"

#include <pthread.h>
#include <sys/random.h>

static struct fb_hash_key process_key;
static pthread_once_t process_key_once = PTHREAD_ONCE_INIT;

static void make_process_key(void)
{
    /* Without randomness the tables still work; only the protection against crafted keys is gone. */
    if (getrandom(&process_key, sizeof process_key, 0) != (ssize_t)sizeof process_key)
        process_key = (struct fb_hash_key){0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
}

const struct fb_hash_key *fb_hash_process_key(void)
{
    pthread_once(&process_key_once, make_process_key);
    return &process_key;
}

static inline uint64_t rotl(uint64_t x, int r)
{
    return x << r | x >> (64 - r);
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t m)
{
    s->v3 ^= m;
    sip_round(s);
    s->v0 ^= m;
}

uint64_t fb_siphash13(const struct fb_hash_key *key, const void *data, size_t n)
{
    const uint8_t *p = data;
    struct sip s = {key->k0 ^ 0x736f6d6570736575ULL, key->k1 ^ 0x646f72616e646f6dULL,
                    key->k0 ^ 0x6c7967656e657261ULL, key->k1 ^ 0x7465646279746573ULL};
    size_t whole = n & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        sip_word(&s, fb_load_le64(p + i));
    uint64_t last = (uint64_t)n << 56;
    for (size_t i = whole; i < n; i++)
        last |= (uint64_t)p[i] << (8 * (i - whole));
    sip_word(&s, last);
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
