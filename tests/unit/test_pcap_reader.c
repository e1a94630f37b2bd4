/* pcap: every variant, every cut, damage and what comes after it. */
#include "tests/support/capture_build.h"

#include "ingest/reader_int.h"

static void check_variant(uint32_t magic, bool be, size_t file_extra, size_t rec_extra, uint32_t frac_ns)
{
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_header(&b, be, magic, 2, 4, 1);
    cb_zero(&b, file_extra);
    for (uint8_t i = 0; i < 5; i++)
        cb_pcap_record(&b, be, 1700000000u + i, 123456, 40u + i, 100, rec_extra, i);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.opened, FB_OK);
    assert_int_equal(r.ended, FB_EOF);
    assert_int_equal(r.n, 5);
    assert_int_equal(r.ev.damage_total, 0);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(r.p[i].ts_ns == (1700000000ll + i) * 1000000000 + 123456ll * frac_ns);
        assert_int_equal(r.p[i].caplen, 40 + i);
        assert_int_equal(r.p[i].wirelen, 100);
        assert_int_equal(r.p[i].pkt_no, i + 1);
        assert_int_equal(r.p[i].linktype, 1);
    }
    assert_int_equal(r.p[0].byte_off, 24 + file_extra);
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void every_magic_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    for (int be = 0; be < 2; be++) {
        check_variant(0xa1b2c3d4, be, 0, 0, 1000);
        check_variant(0xa1b23c4d, be, 0, 0, 1);
        check_variant(0xa1b2cd34, be, 0, 8, 1000);
        check_variant(0x1c0001ac, be, 4, 0, 1);
        check_variant(0x1c0001ab, be, 4, 0, 1000);
    }
}

static void variants_without_a_magic_of_their_own_are_told_by_their_records(void **state)
{
    (void)state;
    for (int be = 0; be < 2; be++) {
        check_variant(0xa1b2c3d4, be, 0, 4, 1000);  /* Nokia */
        check_variant(0xa1b2c3d4, be, 0, 8, 1000);  /* 1999-04-17 patch */
        check_variant(0xa1b2cd34, be, 0, 12, 1000); /* 1999-09-15 patch */
    }
}

static void check_lengths(uint32_t major, uint32_t minor, uint32_t first, uint32_t second, uint32_t want_cap,
                          uint32_t want_wire)
{
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_header(&b, false, 0xa1b2c3d4, major, minor, 1);
    for (int i = 0; i < 3; i++) {
        cb_u32(&b, false, 1000);
        cb_u32(&b, false, 0);
        cb_u32(&b, false, first);
        cb_u32(&b, false, second);
        cb_zero(&b, want_cap);
    }
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 3);
    assert_int_equal(r.p[2].caplen, want_cap);
    assert_int_equal(r.p[2].wirelen, want_wire);
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void old_versions_swap_the_two_lengths(void **state)
{
    (void)state;
    check_lengths(2, 4, 40, 90, 40, 90);
    check_lengths(2, 2, 90, 40, 40, 90);
    check_lengths(543, 0, 90, 40, 40, 90);
    check_lengths(2, 3, 40, 90, 40, 90);
    check_lengths(2, 3, 90, 40, 40, 90);
    check_lengths(2, 4, 40, 30, 40, 40); /* a packet is never shorter than what was captured of it */
}

static uint32_t linktype_of(uint32_t word, uint32_t minor)
{
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_header(&b, false, 0xa1b2c3d4, 2, minor, word);
    cb_pcap_record(&b, false, 1, 0, 20, 20, 0, 1);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 1);
    uint32_t lt = r.p[0].linktype;
    cb_result_release(&r);
    fb_buf_release(&b);
    return lt;
}

static void old_link_type_numbers_become_today_s(void **state)
{
    (void)state;
    assert_int_equal(linktype_of(12, 4), 101);
    assert_int_equal(linktype_of(14, 4), 101);
    assert_int_equal(linktype_of(101, 4), 101);
    assert_int_equal(linktype_of(11, 4), 100);
    assert_int_equal(linktype_of(113, 4), 113);
    assert_int_equal(linktype_of(0x14000001, 4), 1); /* 4 bytes of FCS */
    assert_int_equal(linktype_of(0x03ff0001, 4), 1); /* class bits */
    assert_int_equal(linktype_of(6, 2), 1);          /* AIX: ifType ethernetCsmacd */
}

static void a_file_cut_at_any_byte_gives_a_prefix_and_says_so(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_plain(&b, 12);
    struct cb_result whole, part;
    cb_read(b.data, b.len, 0, 0, &whole);
    assert_int_equal(whole.n, 12);
    for (size_t cut = 0; cut < b.len; cut++) {
        cb_read(b.data, cut, 0, 0, &part);
        if (cut < 24) {
            assert_int_equal(part.opened, FB_ERR_INPUT);
            continue;
        }
        assert_int_equal(part.opened, FB_OK);
        assert_int_equal(part.ended, FB_EOF);
        cb_assert_prefix(&part, &whole);
        bool between = cut == 24;
        size_t fit = 0;
        for (size_t i = 0; i < whole.n; i++) {
            size_t end = whole.p[i].byte_off + 16 + whole.p[i].caplen;
            fit += end <= cut;
            between = between || end == cut;
        }
        assert_int_equal(part.n, fit);
        assert_int_equal(part.ev.damage_total, between ? 0 : 1);
        if (!between)
            assert_true(cb_has_damage(&part, "the file ends inside"));
        cb_result_release(&part);
    }
    cb_result_release(&whole);
    fb_buf_release(&b);
}

static void the_size_of_blocks_changes_nothing(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_pcap_plain(&b, 300);
    cb_pcap_record(&b, false, 1700000400, 0, 30000, 30000, 0, 9);
    cb_pcap_record(&b, false, 1700000401, 0, 10, 10, 0, 9);
    fb_buf_put(&b, "\1\2\3", 3);
    struct cb_result whole, part;
    cb_read(b.data, b.len, 0, 0, &whole);
    assert_int_equal(whole.n, 302);
    static const size_t blocks[] = {1, 7, 16, 100, 4096}, heads[] = {1, 20, 65536};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 3; k++) {
            cb_read(b.data, b.len, blocks[i], heads[k], &part);
            cb_assert_same(&part, &whole);
            assert_memory_equal(part.ev.sha256, whole.ev.sha256, 32);
            cb_result_release(&part);
        }
    cb_result_release(&whole);
    fb_buf_release(&b);
}

static void records_after_garbage_are_found_again(void **state)
{
    (void)state;
    for (unsigned garbage = 1; garbage < 90; garbage++) {
        struct fb_buf b;
        fb_buf_init(&b, 1 << 16);
        cb_pcap_plain(&b, 10);
        for (unsigned i = 0; i < garbage; i++)
            fb_buf_putc(&b, (char)0xee);
        size_t at = b.len;
        for (uint8_t i = 0; i < 4; i++)
            cb_pcap_record(&b, false, 1700000020u + i, 5, 33, 33, 0, i);
        struct cb_result r;
        cb_read(b.data, b.len, 64, 64, &r);
        assert_int_equal(r.n, 14);
        assert_int_equal(r.ev.damage_total, 1);
        assert_int_equal(r.p[10].byte_off, at);
        assert_int_equal(r.ev.damage[0].byte_off, at - garbage);
        assert_int_equal(r.ev.damage[0].pkt_no, 10);
        cb_result_release(&r);
        fb_buf_release(&b);
    }
}

static void a_record_that_claims_too_much_is_damage(void **state)
{
    (void)state;
    static const uint32_t claims[] = {262145, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < 5; i++) {
        struct fb_buf b;
        fb_buf_init(&b, 1 << 16);
        cb_pcap_plain(&b, 1);
        cb_u32(&b, false, 1700000001);
        cb_u32(&b, false, 0);
        cb_u32(&b, false, claims[i]);
        cb_u32(&b, false, claims[i]);
        cb_zero(&b, 50);
        struct cb_result r;
        cb_read(b.data, b.len, 0, 0, &r);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.ev.damage_total, 1);
        assert_true(cb_has_damage(&r, "expected at most 262144"));
        cb_result_release(&r);
        fb_buf_release(&b);
    }
}

static void zeros_of_a_preallocated_file_do_not_become_packets_without_end(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 4 << 20);
    cb_pcap_plain(&b, 3);
    cb_zero(&b, 1 << 20);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 3 + 4096);
    assert_int_equal(r.ev.damage_total, 1);
    assert_true(cb_has_damage(&r, "zero bytes"));
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void joined_files_are_read_as_both(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_plain(&b, 4);
    cb_pcap_header(&b, true, 0xa1b23c4d, 2, 4, 101);
    cb_pcap_record(&b, true, 1700000100, 7, 25, 25, 0, 3);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 5);
    assert_int_equal(r.p[4].linktype, 101);
    assert_true(r.p[4].ts_ns == 1700000100000000007);
    assert_int_equal(r.ev.nifaces, 2);
    assert_int_equal(r.ev.damage_total, 1);
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void odd_times_are_kept_and_noted(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_header(&b, false, 0xa1b2c3d4, 2, 4, 1);
    cb_pcap_record(&b, false, 0xffffffff, 0, 4, 4, 0, 0);
    cb_pcap_record(&b, false, 1, 1999999, 4, 4, 0, 0);
    cb_pcap_record(&b, false, 0, 0, 4, 4, 0, 0);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 3);
    assert_true(r.p[0].ts_ns == 4294967295000000000);
    assert_true(r.p[1].ts_ns == 2999999000);
    assert_true(r.ev.first_ts_ns == 0 && r.ev.last_ts_ns == 4294967295000000000);
    assert_int_equal(r.ev.backward_pkts, 2);
    assert_true(cb_has_note(&r, "time", "1999999 microseconds"));
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void what_is_no_capture_is_refused_with_its_first_bytes(void **state)
{
    (void)state;
    struct cb_result r;
    cb_read("", 0, 0, 0, &r);
    assert_int_equal(r.opened, FB_ERR_INPUT);
    assert_non_null(strstr(r.err.msg, "test is empty"));
    cb_read("GIF89a", 6, 0, 0, &r);
    assert_int_equal(r.opened, FB_ERR_INPUT);
    assert_non_null(strstr(r.err.msg, "47494638"));
    struct fb_reader *rd;
    struct fb_err err;
    assert_int_equal(fb_reader_open("/dev/zero", NULL, &rd, &err), FB_ERR_INPUT);
    assert_int_equal(fb_reader_open("/tmp", NULL, &rd, &err), FB_ERR_INPUT);
    assert_int_equal(fb_reader_open("/nonexistent\x1b[2J", NULL, &rd, &err), FB_ERR_INPUT);
    assert_null(strchr(err.msg, 0x1b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_magic_is_read_in_both_byte_orders),
        cmocka_unit_test(variants_without_a_magic_of_their_own_are_told_by_their_records),
        cmocka_unit_test(old_versions_swap_the_two_lengths),
        cmocka_unit_test(old_link_type_numbers_become_today_s),
        cmocka_unit_test(a_file_cut_at_any_byte_gives_a_prefix_and_says_so),
        cmocka_unit_test(the_size_of_blocks_changes_nothing),
        cmocka_unit_test(records_after_garbage_are_found_again),
        cmocka_unit_test(a_record_that_claims_too_much_is_damage),
        cmocka_unit_test(zeros_of_a_preallocated_file_do_not_become_packets_without_end),
        cmocka_unit_test(joined_files_are_read_as_both),
        cmocka_unit_test(odd_times_are_kept_and_noted),
        cmocka_unit_test(what_is_no_capture_is_refused_with_its_first_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
