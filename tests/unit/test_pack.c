#include "intel/packs/pack.h"
#include "tests/support/intel_build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const texts[] = {
    "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n2.0.0.0,2.0.0.255,5,Five\n",
    "1.0.0.0,1.255.255.255,AU\n2.0.0.0,2.0.0.255,DE\n3.0.0.0,3.0.0.255,US\n",
    "00:1B:C5\tx\tVendor\n",
    "ssh 22/tcp\n",
    ("{\"date\":\"2024\",\"vulnerabilities\":[{\"port\":22,\"protocol\":\"tcp\",\"name\":\"mine\","
     "\"vulnerabilities\":[]}]}"),
};
#define NTEXTS (sizeof texts / sizeof *texts)

static void each_answer_names_the_data_set_it_comes_from(void **state)
{
    (void)state;
    struct fb_intel *k = intel_open(texts, NTEXTS);
    struct fb_addr a;
    struct fb_addr_intel i;
    struct fb_port_intel p;
    char missing[64];
    assert_true(fb_addr_parse("1.0.0.9", &a));
    fb_intel_addr(k, &a, &i);
    assert_int_equal(i.asn, 13335);
    assert_string_equal(i.country, "AU");
    assert_ptr_equal(i.asn_set, fb_intel_set(k, 0));
    assert_ptr_equal(i.owner_set, fb_intel_set(k, 0));
    assert_ptr_equal(i.country_set, fb_intel_set(k, 1));
    assert_string_equal(intel_says(k, "3.0.0.1"), "AS0 US ");
    fb_intel_port(k, 6, 22, &p);
    assert_ptr_equal(p.service_set, fb_intel_set(k, 3));
    /* The pack's own list goes before what is built in. */
    assert_ptr_equal(p.risk_set, fb_intel_set(k, 4));
    assert_int_equal(p.risk.severity, FB_SEVERITY_LOW);
    fb_intel_port(k, 6, 23, &p);
    assert_ptr_equal(p.risk_set, fb_intel_set(k, 5));
    assert_string_equal(fb_intel_missing(k, missing), "");
    assert_int_equal(fb_intel_set(k, 0)->entries, 2);
    assert_int_equal(fb_intel_set(k, 0)->files.n, 1 + 4 + 1 + 64);
    fb_intel_close(k);
}

static void an_owner_belongs_to_the_number_it_was_found_with(void **state)
{
    (void)state;
    static const char *const two[] = {
        "start,end,asn\n1.0.0.0,1.0.0.255,7\n",
        "start,end,asn,owner\n1.0.0.0,1.0.0.127,8,Eight\n1.0.0.128,1.0.0.255,7,Seven\n"};
    struct fb_intel *k = intel_open(two, 2);
    assert_string_equal(intel_says(k, "1.0.0.1"), "AS7 - ");
    assert_string_equal(intel_says(k, "1.0.0.200"), "AS7 - Seven");
    fb_intel_close(k);
}

static void the_same_sources_give_the_same_bytes(void **state)
{
    (void)state;
    struct fb_buf x, y;
    intel_pack(texts, NTEXTS, &x);
    intel_pack(texts, NTEXTS, &y);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    fb_buf_release(&x);
    fb_buf_release(&y);
}

static void a_data_set_of_the_same_name_and_kind_is_replaced(void **state)
{
    (void)state;
    struct fb_pack_build *b = malloc(sizeof *b);
    struct fb_dataset_info info = {.name = {(const uint8_t *)"n", 1}, .kind = FB_DATASET_SERVICES};
    struct fb_buf out;
    struct fb_pack p;
    const uint8_t empty = 0; /* a table of no rows */
    assert_non_null(b);
    fb_pack_build_init(b);
    fb_buf_init(&out, 1u << 20);
    for (uint64_t i = 1; i <= 3; i++) {
        info.entries = i;
        assert_int_equal(fb_pack_build_add(b, &info, (struct fb_span){&empty, 1}, NULL), FB_OK);
    }
    info.kind = FB_DATASET_RISKS;
    assert_int_equal(fb_pack_build_add(b, &info, (struct fb_span){&empty, 1}, NULL), FB_OK);
    assert_int_equal(fb_pack_build_finish(b, &out, NULL), FB_OK);
    assert_int_equal(fb_pack_open((struct fb_span){out.data, out.len}, &p, NULL), FB_OK);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.set[0].info.entries, 3);
    fb_pack_release(&p);
    fb_buf_release(&out);
    fb_pack_build_release(b);
    free(b);
}

static void a_pack_cut_or_changed_anywhere_is_refused(void **state)
{
    (void)state;
    struct fb_buf x;
    struct fb_pack p;
    intel_pack(texts, NTEXTS, &x);
    for (size_t n = 0; n < x.len; n++)
        assert_int_not_equal(fb_pack_open((struct fb_span){x.data, n}, &p, NULL), FB_OK);
    for (size_t i = 0; i < x.len; i++) {
        x.data[i] ^= 0x10;
        enum fb_status st = fb_pack_open((struct fb_span){x.data, x.len}, &p, NULL);
        assert_true(st == FB_ERR_INPUT || st == FB_ERR_VERIFY || st == FB_ERR_NEWER);
        assert_int_equal(st == FB_ERR_VERIFY, i >= 8);
        x.data[i] ^= 0x10;
    }
    fb_buf_release(&x);
}

/* Whoever forges a pack makes the digests right: then the form alone protects. */
static void sign_again(struct fb_buf *x)
{
    struct fb_digest_state s;
    struct fb_digest d;
    fb_digest_init(&s, "fb.pack");
    fb_digest_update(&s, x->data, x->len - FB_DIGEST_LEN);
    fb_digest_final(&s, &d);
    memcpy(x->data + x->len - FB_DIGEST_LEN, d.b, FB_DIGEST_LEN);
}

static void a_forged_table_of_data_sets_is_read_or_refused(void **state)
{
    (void)state;
    struct fb_buf x;
    struct fb_pack p;
    size_t refused = 0, head;
    intel_pack(texts, NTEXTS, &x);
    head = 12 + NTEXTS * 180 < x.len ? 12 + NTEXTS * 180 : x.len - FB_DIGEST_LEN;
    for (size_t i = 8; i < head; i++)
        for (unsigned v = 0; v < 256; v += 51) {
            uint8_t before = x.data[i];
            x.data[i] = (uint8_t)v;
            sign_again(&x);
            if (fb_pack_open((struct fb_span){x.data, x.len}, &p, NULL) == FB_OK)
                fb_pack_release(&p);
            else
                refused++;
            x.data[i] = before;
        }
    assert_true(refused > head);
    fb_buf_release(&x);
}

static void a_later_version_is_told_from_damage(void **state)
{
    (void)state;
    struct fb_pack p;
    struct fb_err err = {0};
    static const uint8_t later[] = "FBPACK2\n";
    static const uint8_t other[] = "SQLite format 3";
    assert_int_equal(fb_pack_open((struct fb_span){later, 8}, &p, &err), FB_ERR_NEWER);
    assert_int_equal(fb_pack_open((struct fb_span){other, sizeof other}, &p, &err), FB_ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_names_the_data_set_it_comes_from),
        cmocka_unit_test(an_owner_belongs_to_the_number_it_was_found_with),
        cmocka_unit_test(the_same_sources_give_the_same_bytes),
        cmocka_unit_test(a_data_set_of_the_same_name_and_kind_is_replaced),
        cmocka_unit_test(a_pack_cut_or_changed_anywhere_is_refused),
        cmocka_unit_test(a_forged_table_of_data_sets_is_read_or_refused),
        cmocka_unit_test(a_later_version_is_told_from_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
