/* Pseudonyms of addresses: the published vectors, prefixes, one to one, ranges that keep their place. */
#include "base/cryptopan.h"
#include "tests/support/store_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Key and addresses of the sample that comes with the authors' Crypto-PAn 1.0. */
static const uint8_t sample_key[32] = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                                       22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                                       101, 39, 98,  87,  76, 45,  42,  132, 34,  2};
static const struct {
    const char *raw, *pseudonym;
} sample[] = {
    {"128.11.68.132", "135.242.180.132"},   {"129.118.74.4", "134.136.186.123"},
    {"130.132.252.244", "133.68.164.234"},  {"141.223.7.43", "141.167.8.160"},
    {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
    {"156.29.3.236", "147.225.12.42"},      {"165.247.96.84", "162.9.99.234"},
    {"166.107.77.190", "160.132.178.185"},  {"192.102.249.13", "252.138.62.131"},
};

static void the_authors_sample_gives_their_result(void **state)
{
    (void)state;
    struct fb_cryptopan *p = fb_cryptopan_new(sample_key, 32, NULL, 0);
    assert_non_null(p);
    for (size_t i = 0; i < sizeof sample / sizeof *sample; i++) {
        struct fb_addr a;
        char got[FB_ADDR_STRLEN];
        assert_true(fb_addr_parse(sample[i].raw, &a));
        assert_true(fb_cryptopan_map(p, a.b + 12));
        fb_addr_format(&a, got);
        assert_string_equal(got, sample[i].pseudonym);
    }
    fb_cryptopan_free(p);
}

static unsigned shared(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned n = 0;
    while (n < bits && !((a[n / 8] ^ b[n / 8]) & 0x80 >> n % 8))
        n++;
    return n;
}

static const struct fb_cryptopan_range ranges[] = {
    {{10}, 8, false},
    {{127}, 8, true},
    {{224}, 4, false},
    {{224, 0, 0}, 23, true},
    {{255, 255, 255, 255}, 32, true},
};

/* Random pairs that share a random number of leading bits; some start in a range. */
static void prefixes_are_kept_exactly(void **state)
{
    (void)state;
    struct gen g;
    gen_init(&g, 11);
    for (unsigned bits = 32; bits <= 128; bits += 96) {
        struct fb_cryptopan *p = fb_cryptopan_new(sample_key, bits, ranges, 5);
        for (unsigned i = 0; i < 5000; i++) {
            uint8_t a[16], b[16], x[16], y[16];
            unsigned at = (unsigned)gen_below(&g, bits);
            for (unsigned k = 0; k < 16; k++)
                a[k] = (uint8_t)gen_u64(&g);
            if (i % 3 == 0)
                memcpy(a, ranges[i % 5].prefix, 3);
            for (unsigned k = 0; k < 16; k++)
                b[k] = (uint8_t)gen_u64(&g);
            for (unsigned k = 0; k <= at; k++)
                b[k / 8] = (uint8_t)((b[k / 8] & ~(0x80 >> k % 8)) | (a[k / 8] & 0x80 >> k % 8));
            b[at / 8] ^= (uint8_t)(0x80 >> at % 8);
            memcpy(x, a, 16);
            memcpy(y, b, 16);
            assert_true(fb_cryptopan_map(p, x) && fb_cryptopan_map(p, y));
            assert_int_equal(shared(x, y, bits), at);
            assert_memory_equal(x + bits / 8, a + bits / 8, 16 - bits / 8);
        }
        fb_cryptopan_free(p);
    }
}

static bool in_range(const uint8_t *a, const struct fb_cryptopan_range *r)
{
    return shared(a, r->prefix, r->bits) == r->bits;
}

static void ranges_keep_their_place_and_nothing_else_enters(void **state)
{
    (void)state;
    struct gen g;
    gen_init(&g, 12);
    struct fb_cryptopan *p = fb_cryptopan_new(sample_key, 32, ranges, 5);
    unsigned moved = 0, moved_inside = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t a[4], x[4];
        for (unsigned k = 0; k < 4; k++)
            a[k] = (uint8_t)gen_u64(&g);
        if (i % 2)
            memcpy(a, ranges[i / 2 % 5].prefix, 1 + i % 3);
        memcpy(x, a, 4);
        assert_true(fb_cryptopan_map(p, x));
        bool same = memcmp(a, x, 4) == 0;
        for (unsigned k = 0; k < 5; k++) {
            assert_int_equal(in_range(a, &ranges[k]), in_range(x, &ranges[k]));
            if (in_range(a, &ranges[k]) && ranges[k].whole)
                assert_true(same);
        }
        moved += !same;
        moved_inside += !same && in_range(a, &ranges[0]);
    }
    assert_true(moved > 10000 && moved_inside > 1000);
    fb_cryptopan_free(p);
}

static void another_key_gives_other_pseudonyms(void **state)
{
    (void)state;
    uint8_t key[32], x[4] = {192, 0, 2, 1}, y[4] = {192, 0, 2, 1};
    memcpy(key, sample_key, 32);
    key[0] ^= 1;
    struct fb_cryptopan *p = fb_cryptopan_new(sample_key, 32, NULL, 0),
                        *q = fb_cryptopan_new(key, 32, NULL, 0);
    assert_true(fb_cryptopan_map(p, x) && fb_cryptopan_map(q, y));
    assert_memory_not_equal(x, y, 4);
    fb_cryptopan_free(p);
    fb_cryptopan_free(q);
    fb_cryptopan_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authors_sample_gives_their_result),
        cmocka_unit_test(prefixes_are_kept_exactly),
        cmocka_unit_test(ranges_keep_their_place_and_nothing_else_enters),
        cmocka_unit_test(another_key_gives_other_pseudonyms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
