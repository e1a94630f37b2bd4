/* Units for base/: addresses, cursor, buffer, hashing. */
#include "base/addr.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_addr(const char *in, const char *want)
{
    struct fb_addr a;
    char out[FB_ADDR_STRLEN];
    assert_true(fb_addr_parse(in, &a));
    assert_int_equal(fb_addr_format(&a, out), strlen(want));
    assert_string_equal(out, want);
}

static void addresses_print_as_rfc5952_says(void **state)
{
    (void)state;
    check_addr("10.0.200.9", "10.0.200.9");
    check_addr("255.255.255.255", "255.255.255.255");
    check_addr("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    check_addr("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    check_addr("::", "::");
    check_addr("::1", "::1");
    check_addr("fe80::", "fe80::");
    check_addr("1:0:0:2:0:0:0:3", "1:0:0:2::3");
    struct fb_addr a;
    assert_false(fb_addr_parse("10.0.0", &a));
    assert_false(fb_addr_parse("example", &a));
}

static void a_cursor_fails_once_and_for_all(void **state)
{
    (void)state;
    const uint8_t d[] = {1, 2, 3};
    struct fb_cur c = fb_cur_init(d, sizeof d);
    assert_int_equal(fb_cur_be16(&c), 0x0102);
    assert_true(fb_cur_ok(&c));
    assert_int_equal(fb_cur_be16(&c), 0);
    assert_false(fb_cur_ok(&c));
    assert_int_equal(fb_cur_left(&c), 0);
    assert_int_equal(fb_cur_u8(&c), 0);
}

static void varints_come_back_and_overlong_ones_fail(void **state)
{
    (void)state;
    const uint64_t v[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        uint8_t t[10];
        size_t n = fb_put_varint(t, v[i]);
        struct fb_cur c = fb_cur_init(t, n);
        assert_true(fb_cur_varint(&c) == v[i] && fb_cur_ok(&c) && fb_cur_left(&c) == 0);
        c = fb_cur_init(t, n - 1);
        fb_cur_varint(&c);
        assert_false(fb_cur_ok(&c));
        assert_true(fb_unzigzag(fb_zigzag((int64_t)v[i])) == (int64_t)v[i]);
    }
    uint8_t over[11];
    memset(over, 0xff, sizeof over);
    struct fb_cur c = fb_cur_init(over, sizeof over);
    fb_cur_varint(&c);
    assert_false(fb_cur_ok(&c));
}

static void a_buffer_stops_at_its_ceiling(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 8);
    fb_buf_puts(&b, "12345678");
    assert_false(b.failed);
    fb_buf_putc(&b, '9');
    assert_true(b.failed);
    assert_int_equal(b.len, 8);
    fb_buf_release(&b);
}

static void siphash_depends_on_key_and_every_byte(void **state)
{
    (void)state;
    struct fb_hash_key k = {0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
    uint8_t d[16];
    for (unsigned i = 0; i < sizeof d; i++)
        d[i] = (uint8_t)i;
    uint64_t h = fb_siphash13(&k, d, sizeof d);
    for (unsigned i = 0; i < sizeof d; i++) {
        d[i] ^= 1;
        assert_true(fb_siphash13(&k, d, sizeof d) != h);
        d[i] ^= 1;
    }
    k.k0 ^= 1;
    assert_true(fb_siphash13(&k, d, sizeof d) != h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_print_as_rfc5952_says),
        cmocka_unit_test(a_cursor_fails_once_and_for_all),
        cmocka_unit_test(varints_come_back_and_overlong_ones_fail),
        cmocka_unit_test(a_buffer_stops_at_its_ceiling),
        cmocka_unit_test(siphash_depends_on_key_and_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
