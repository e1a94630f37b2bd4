#include "intel/packs/origin_text.h"
#include "intel/packs/origins.h"
#include "intel/packs/text_rows.h"
#include "tests/support/intel_build.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void every_form_of_range_table_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text, *addr, *says;
    } t[] = {
        /* iptoasn.com */
        {"1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n", "1.0.0.7",
         "AS13335 US CLOUDFLARENET"},
        {"1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n", "1.0.2.7",
         "-"},
        {"range_start\trange_end\tAS_number\tcountry_code\tAS_description\n1.0.0.0\t1.0.0.255\t7\tde\tX\n",
         "1.0.0.255", "AS7 DE X"},
        /* DB-IP lite, ip-location-db */
        {"1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n", "1.0.0.0", "AS13335 - Cloudflare, Inc."},
        {"2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,WIDE\n", "2001:200::1", "AS2500 - WIDE"},
        {"1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.3.255,CN\n", "1.0.3.255", "AS0 CN "},
        {"42540528726795050063891204319802818560,42540528806023212578155541913346768895,JP\n", "2001:200::5",
         "AS0 JP "},
        /* GeoLite2 ASN */
        {"network,autonomous_system_number,autonomous_system_organization\n1.0.4.0/22,38803,\"Gtelecom "
         "\"\"x\"\"\"\n",
         "1.0.7.255", "AS38803 - Gtelecom \"x\""},
        /* ipinfo lite */
        {"network,country,country_code,continent,continent_code,asn,as_name,as_domain\n"
         "1.0.0.0/24,Australia,AU,Oceania,OC,AS13335,\"Cloudflare, Inc.\",cloudflare.com\n",
         "1.0.0.9", "AS13335 AU Cloudflare, Inc."},
        /* Tor */
        {"# comment, with commas\n16777216,16777471,AU\n16777472,16778239,??\n", "1.0.0.1", "AS0 AU "},
        /* IP2Location: the name of a country is no owner */
        {"\"16777216\",\"16777471\",\"AU\",\"Australia\"\n", "1.0.0.1", "AS0 AU "},
        {"network,asn,country\n1.0.0.0/8,5,D1\n", "1.0.0.1", "AS5 - "}, /* no code of a country */
        {"\xef\xbb\xbfstart;end;asn;owner\r\n1.0.0.0;1.0.0.9;AS5;Five\r\n", "1.0.0.9", "AS5 - Five"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct fb_intel *k = intel_open(&t[i].text, 1);
        assert_string_equal(intel_says(k, t[i].addr), t[i].says);
        fb_intel_close(k);
    }
}

static void a_table_without_known_columns_is_refused(void **state)
{
    (void)state;
    static const char *const t[] = {
        "a,b,c\n1,2,3\n",
        "1.2.3.4\n5.6.7.8\n",
        "1.0.0.0,1.0.0.255\n",
        "network,geoname_id\n1.0.0.0/24,77\n",
        "start,end,asn\nx,y,1\nz,w,2\n1.0.0.0,1.0.0.1,3\n",
        "just words",
        "",
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct fb_dataset_build b;
        struct fb_err err = {0};
        fb_dataset_build_init(&b);
        enum fb_status st = intel_read(&b, t[i], strlen(t[i]), NULL, &err);
        assert_true(st == FB_ERR_NOTFOUND || st == FB_ERR_INPUT);
        assert_true(strlen(err.msg) > 0);
        fb_dataset_build_release(&b);
    }
}

static void lines_that_are_no_ranges_are_counted_and_named(void **state)
{
    (void)state;
    static const char t[] = "1.0.0.0,1.0.0.255,5,A\n2.0.0.0,1.0.0.0,6,turned\n3.0.0.0,2001::,7,mixed\n"
                            "4.0.0.0,4.0.0.1,8,D\n5.0.0.0,5.0.0.1,9,E\n";
    struct fb_dataset_build b;
    struct fb_dataset_report r;
    fb_dataset_build_init(&b);
    assert_int_equal(intel_read(&b, t, strlen(t), &r, NULL), FB_OK);
    assert_int_equal(r.bad, 2);
    assert_int_equal(r.bad_line, 2);
    assert_string_equal(r.form, "address ranges: start, end, asn, owner (by shape)");
    fb_dataset_build_release(&b);
}

static void prefixes_and_decimal_addresses_are_right_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *last;
    } t[] = {
        {"10.1.2.3/8", "10.0.0.0", "10.255.255.255"},
        {"0.0.0.0/0", "0.0.0.0", "255.255.255.255"},
        {"192.0.2.1/32", "192.0.2.1", "192.0.2.1"},
        {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"},
        {"10.0.0.0/33", NULL, NULL},
        {"2001::/129", NULL, NULL},
        {"10.0.0.0/", NULL, NULL},
        {"10.0.0.0/-1", NULL, NULL},
        {"10.0.0.0", NULL, NULL},
    };
    struct fb_addr first, last, want;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct fb_span s = {(const uint8_t *)t[i].text, strlen(t[i].text)};
        assert_int_equal(fb_prefix_from_span(s, &first, &last), t[i].first != NULL);
        if (!t[i].first)
            continue;
        assert_true(fb_addr_parse(t[i].first, &want) && fb_addr_eq(&first, &want));
        assert_true(fb_addr_parse(t[i].last, &want) && fb_addr_eq(&last, &want));
    }
    static const char big[] = "340282366920938463463374607431768211456"; /* 2^128 */
    assert_false(fb_addr_from_span((struct fb_span){(const uint8_t *)big, strlen(big)}, &first));
    static const char most[] = "340282366920938463463374607431768211455";
    assert_true(fb_addr_from_span((struct fb_span){(const uint8_t *)most, strlen(most)}, &first));
}

#define RANGES 400

/* One byte of the address counts, so that overlaps of every kind come up, at both ends of the space too. */
static struct fb_addr small_addr(uint8_t v, bool v4)
{
    struct fb_addr a = {{0}};
    if (v4) {
        a.b[10] = a.b[11] = 0xff;
        memset(a.b + 12, v == 255 ? 0xff : 0, 4);
        a.b[15] = v;
    } else {
        memset(a.b, v == 255 ? 0xff : 0, 16);
        a.b[15] = v;
    }
    return a;
}

struct naive {
    uint8_t first, last;
    uint32_t asn;
};

/* The rule as it is written: the later start, then the shorter, then the first added. */
static uint32_t naive_find(const struct naive *r, size_t n, uint8_t v)
{
    const struct naive *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (v < r[i].first || v > r[i].last)
            continue;
        if (!best || r[i].first > best->first || (r[i].first == best->first && r[i].last < best->last))
            best = &r[i];
    }
    return best ? best->asn : 0;
}

static void overlapping_ranges_agree_with_a_linear_scan(void **state)
{
    (void)state;
    struct test_random seed = {7};
    for (int round = 0; round < 300; round++) {
        struct naive r[RANGES];
        struct fb_origin_build b;
        struct fb_buf out;
        struct fb_origins o;
        uint64_t entries;
        bool v4 = round % 2;
        size_t n = 1 + tr_below(&seed, round % 10 ? 12 : RANGES);
        fb_origin_build_init(&b);
        for (size_t i = 0; i < n; i++) {
            uint8_t x = (uint8_t)tr_next(&seed), y = (uint8_t)(x + tr_below(&seed, 40));
            if (tr_below(&seed, 16) == 0)
                y = 255;
            r[i] = (struct naive){x < y ? x : y, x < y ? y : x, (uint32_t)(1 + tr_below(&seed, 5))};
            struct fb_addr first = small_addr(r[i].first, v4), last = small_addr(r[i].last, v4);
            struct fb_origin_value v = {.asn = r[i].asn};
            assert_int_equal(fb_origin_build_add(&b, &first, &last, &v, NULL), FB_OK);
        }
        fb_buf_init(&out, 1u << 24);
        assert_int_equal(fb_origin_build_finish(&b, &out, &entries, NULL), FB_OK);
        assert_int_equal(fb_origins_open((struct fb_span){out.data, out.len}, &o, NULL), FB_OK);
        for (unsigned q = 0; q < 256; q++) {
            struct fb_addr a = small_addr((uint8_t)q, v4);
            struct fb_origin_value got;
            uint32_t want = naive_find(r, n, (uint8_t)q);
            assert_int_equal(fb_origins_find(&o, &a, &got), want != 0);
            assert_int_equal(got.asn, want);
        }
        fb_origins_release(&o);
        fb_buf_release(&out);
        fb_origin_build_release(&b);
    }
}

static void an_ipv6_range_around_the_mapped_block_leaves_ipv4_alone(void **state)
{
    (void)state;
    static const char *const t = "network,asn\n::/0,66\n";
    struct fb_intel *k = intel_open(&t, 1);
    assert_string_equal(intel_says(k, "8.8.8.8"), "-");
    assert_string_equal(intel_says(k, "2a00::1"), "AS66 - ");
    fb_intel_close(k);
}

static void changed_bytes_of_a_body_are_refused_or_still_in_order(void **state)
{
    (void)state;
    struct fb_origin_build b;
    struct fb_buf out;
    uint64_t entries;
    fb_origin_build_init(&b);
    for (unsigned i = 0; i < 8; i++) {
        struct fb_addr first = small_addr((uint8_t)(i * 20), i % 2),
                       last = small_addr((uint8_t)(i * 20 + 9), i % 2);
        struct fb_origin_value v = {.asn = i + 1, .country = "DE"};
        assert_int_equal(fb_origin_build_add(&b, &first, &last, &v, NULL), FB_OK);
    }
    fb_buf_init(&out, 1u << 20);
    assert_int_equal(fb_origin_build_finish(&b, &out, &entries, NULL), FB_OK);
    for (size_t n = 0; n < out.len; n++) {
        struct fb_origins o;
        assert_int_equal(fb_origins_open((struct fb_span){out.data, n}, &o, NULL), FB_ERR_INPUT);
    }
    for (size_t i = 0; i < out.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct fb_origins o;
            struct fb_origin_value v;
            out.data[i] ^= (uint8_t)(1u << bit);
            if (fb_origins_open((struct fb_span){out.data, out.len}, &o, NULL) == FB_OK) {
                for (unsigned q = 0; q < 256; q += 5) {
                    struct fb_addr a = small_addr((uint8_t)q, q % 2);
                    fb_origins_find(&o, &a, &v);
                }
                fb_origins_release(&o);
            }
            out.data[i] ^= (uint8_t)(1u << bit);
        }
    fb_buf_release(&out);
    fb_origin_build_release(&b);
}

static void special_addresses_are_named_and_not_looked_up(void **state)
{
    (void)state;
    static const char *const t = "0.0.0.0,255.255.255.255,5,Everybody\n";
    struct fb_intel *k = intel_open(&t, 1);
    assert_string_equal(intel_says(k, "10.1.2.3"), "private");
    assert_string_equal(intel_says(k, "172.31.255.255"), "private");
    assert_string_equal(intel_says(k, "172.32.0.0"), "AS5 - Everybody");
    assert_string_equal(intel_says(k, "100.127.0.1"), "carrier-grade NAT");
    assert_string_equal(intel_says(k, "100.128.0.1"), "AS5 - Everybody");
    assert_string_equal(intel_says(k, "255.255.255.255"), "broadcast");
    assert_string_equal(intel_says(k, "239.1.1.1"), "multicast");
    assert_string_equal(intel_says(k, "fe80::1"), "link-local");
    assert_string_equal(intel_says(k, "fd00::1"), "private");
    assert_string_equal(intel_says(k, "::1"), "loopback");
    assert_string_equal(intel_says(k, "ff02::fb"), "multicast");
    fb_intel_close(k);
}

static void the_order_of_rows_changes_nothing(void **state)
{
    (void)state;
    static const char *const a = "1.0.0.0,1.0.0.255,5,A\n2.0.0.0,2.0.0.255,6,B\n";
    static const char *const b = "2.0.0.0,2.0.0.255,6,B\n1.0.0.128,1.0.0.255,5,A\n1.0.0.0,1.0.0.127,5,A\n";
    struct fb_buf x, y;
    intel_pack(&a, 1, &x);
    intel_pack(&b, 1, &y);
    /* The digests of the files differ; the entries are the same, and with them the end of the pack. */
    assert_int_equal(x.len, y.len);
    size_t tail = 80;
    assert_memory_equal(x.data + x.len - 32 - tail, y.data + y.len - 32 - tail, tail);
    fb_buf_release(&x);
    fb_buf_release(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_range_table_is_understood),
        cmocka_unit_test(a_table_without_known_columns_is_refused),
        cmocka_unit_test(lines_that_are_no_ranges_are_counted_and_named),
        cmocka_unit_test(prefixes_and_decimal_addresses_are_right_or_refused),
        cmocka_unit_test(overlapping_ranges_agree_with_a_linear_scan),
        cmocka_unit_test(an_ipv6_range_around_the_mapped_block_leaves_ipv4_alone),
        cmocka_unit_test(changed_bytes_of_a_body_are_refused_or_still_in_order),
        cmocka_unit_test(special_addresses_are_named_and_not_looked_up),
        cmocka_unit_test(the_order_of_rows_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
