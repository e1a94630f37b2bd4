/* The features of a session, and the page that documents them. */
#include "model/features.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_test_vector_of_the_dictionary_holds(void **state)
{
    (void)state;
    for (size_t f = 0; f < FB_NFEATURES; f++)
        for (size_t i = 0; i < 2; i++) {
            int64_t got = -1;
            assert_true(fb_feature_run_vector((enum fb_feature)f, &fb_feature_defs[f].vectors[i], &got));
            assert_int_equal(got, fb_feature_defs[f].vectors[i].want);
        }
}

static void the_page_in_docs_is_the_one_that_the_table_prints(void **state)
{
    (void)state;
    struct fb_buf page;
    fb_buf_init(&page, 1u << 20);
    fb_features_doc(&page);
    assert_false(page.failed);
    char *file = malloc(1u << 20);
    FILE *f = fopen("docs/features.md", "rb");
    assert_non_null(file);
    assert_non_null(f);
    size_t n = fread(file, 1, 1u << 20, f);
    fclose(f);
    assert_int_equal(n, page.len);
    assert_memory_equal(file, page.data, n);
    free(file);
    fb_buf_release(&page);
}

static void no_session_leaves_the_range_of_a_feature(void **state)
{
    (void)state;
    struct fb_session s;
    struct fb_features out;
    for (int fill = 0; fill < 256; fill++) {
        memset(&s, fill, sizeof s);
        fb_features_of(&s, UINT64_MAX - (uint64_t)fill, &out);
        for (size_t f = 0; f < FB_NFEATURES; f++) {
            assert_true(out.v[f] >= 0);
            assert_true(out.v[f] <= fb_feature_defs[f].max);
        }
    }
}

static void every_destination_has_a_bucket_in_its_own_range(void **state)
{
    (void)state;
    assert_int_equal(fb_port_bucket(6, 0, 9999), 9999);
    assert_int_equal(fb_port_bucket(6, 0, 10000), 10000);
    assert_int_equal(fb_port_bucket(6, 0, 11023), 10000);
    assert_int_equal(fb_port_bucket(6, 0, 11024), 10001);
    assert_int_equal(fb_port_bucket(6, 0, 32767), 10022);
    assert_int_equal(fb_port_bucket(6, 0, 32768), 10023);
    assert_int_equal(fb_port_bucket(17, 0, 65535), 16384 + 10023);
    assert_int_equal(fb_port_bucket(1, 8, 0), 32768 + 8);
    assert_int_equal(fb_port_bucket(58, 128, 129), 33024 + 128);
    assert_int_equal(fb_port_bucket(47, 0, 0), 33280 + 47);
    assert_int_equal(fb_port_bucket(255, 0, 0), FB_PORT_BUCKET_MAX);
}

static void process_hashes_depend_on_key_and_name_and_are_never_zero(void **state)
{
    (void)state;
    uint8_t a[16] = {1}, b[16] = {2};
    uint64_t h = fb_process_hash(a, "/usr/bin/curl", 13);
    assert_true(h == fb_process_hash(a, "/usr/bin/curl", 13));
    assert_true(h != fb_process_hash(b, "/usr/bin/curl", 13));
    assert_true(h != fb_process_hash(a, "/usr/bin/curk", 13));
    assert_true(h != 0 && h <= INT64_MAX);
}

static void assert_human(enum fb_feature f, int64_t v, const char *want)
{
    struct fb_buf b;
    fb_buf_init(&b, 100);
    fb_feature_put_human(&b, f, v);
    assert_string_equal(fb_buf_cstr(&b), want);
    fb_buf_release(&b);
}

static void values_are_told_in_units_that_people_use(void **state)
{
    (void)state;
    assert_human(FB_F_TOTAL_BYTES, 999, "999 bytes");
    assert_human(FB_F_TOTAL_BYTES, 40500000, "40.5 MB");
    assert_human(FB_F_TOTAL_BYTES, INT64_C(8000000000), "8.0 GB");
    assert_human(FB_F_AVG_PACKET_SIZE, 666666, "666.6 bytes");
    assert_human(FB_F_DURATION, 1500000, "1.5 ms");
    assert_human(FB_F_DURATION, INT64_C(61000000000), "61.000 s");
    assert_human(FB_F_DURATION, INT64_C(86400000000000), "24.0 h");
    assert_human(FB_F_INOUT_RATIO, 333333, "0.333");
    assert_human(FB_F_PACKET_RATE, 2000, "2.000 packets/s");
    assert_human(FB_F_DEST_PORT, 443, "tcp 443");
    assert_human(FB_F_DEST_PORT, 16384 + 10022, "udp 32528-32767");
    assert_human(FB_F_DEST_PORT, 10023, "tcp 32768-65535");
    assert_human(FB_F_DEST_PORT, 32776, "icmp type 8");
    assert_human(FB_F_DEST_PORT, 33280 + 47, "IP protocol 47");
    assert_human(FB_F_PROCESS, 0, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_test_vector_of_the_dictionary_holds),
        cmocka_unit_test(the_page_in_docs_is_the_one_that_the_table_prints),
        cmocka_unit_test(no_session_leaves_the_range_of_a_feature),
        cmocka_unit_test(every_destination_has_a_bucket_in_its_own_range),
        cmocka_unit_test(process_hashes_depend_on_key_and_name_and_are_never_zero),
        cmocka_unit_test(values_are_told_in_units_that_people_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
