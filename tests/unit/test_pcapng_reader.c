/* pcapng: sections, interfaces, time, every block type, damage. */
#include "tests/support/capture_build.h"

#include "ingest/pcapng_int.h"

static void both_byte_orders_and_sections_of_either_are_read(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    for (int s = 0; s < 6; s++) {
        cb_ng_shb(&b, s & 1);
        cb_ng_idb(&b, s & 1, 1, 0, NULL);
        cb_ng_idb(&b, s & 1, s & 1 ? 101 : 113, 0, NULL);
        cb_ng_epb(&b, s & 1, 1, 1700000000000000ull, 33, 60, NULL, (uint8_t)s);
        cb_ng_epb(&b, s & 1, 0, 1700000000000001ull, 34, 60, NULL, (uint8_t)s);
    }
    struct cb_result r, tiny;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 12);
    assert_int_equal(r.ev.damage_total, 0);
    assert_int_equal(r.ev.nifaces, 12);
    assert_int_equal(r.p[2].iface, 3);
    assert_int_equal(r.p[2].linktype, 101);
    assert_int_equal(r.p[3].linktype, 1);
    assert_int_equal(r.ev.ifaces[3].section, 1);
    assert_int_equal(r.ev.ifaces[3].id, 1);
    assert_int_equal(r.ev.ifaces[3].pkts, 1);
    assert_true(r.p[1].ts_ns == 1700000000000001000);
    for (size_t block = 1; block < 70; block += 3) {
        cb_read(b.data, b.len, block, 30, &tiny);
        cb_assert_same(&tiny, &r);
        cb_result_release(&tiny);
    }
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void a_file_cut_at_any_byte_gives_a_prefix_and_says_so(void **state)
{
    (void)state;
    for (int be = 0; be < 2; be++) {
        struct fb_buf b;
        fb_buf_init(&b, 1 << 20);
        cb_ng_plain(&b, be, 12);
        struct cb_result whole, part;
        cb_read(b.data, b.len, 0, 0, &whole);
        assert_int_equal(whole.n, 12);
        for (size_t cut = 0; cut < b.len; cut++) {
            cb_read(b.data, cut, 0, 0, &part);
            if (cut < 28) {
                assert_int_equal(part.opened, FB_ERR_INPUT);
                continue;
            }
            cb_assert_prefix(&part, &whole);
            size_t fit = 0;
            bool between = cut == 28 || cut == 48;
            for (size_t i = 0; i < whole.n; i++) {
                size_t end = whole.p[i].byte_off + 32 + ((whole.p[i].caplen + 3) & ~3u);
                fit += end <= cut;
                between = between || end == cut;
            }
            assert_int_equal(part.n, fit);
            assert_int_equal(part.ev.damage_total, between ? 0 : 1);
            cb_result_release(&part);
        }
        cb_result_release(&whole);
        fb_buf_release(&b);
    }
}

static void time_stamps_of_every_resolution_become_nanoseconds(void **state)
{
    (void)state;
    assert_true(fb_ng_time(1700000000, 0, 0) == 1700000000000000000);
    assert_true(fb_ng_time(1700000000500, 3, 0) == 1700000000500000000);
    assert_true(fb_ng_time(1700000000123456789ull, 9, 0) == 1700000000123456789);
    assert_true(fb_ng_time(17000000001234567899ull, 10, 0) == 1700000000123456789);
    assert_true(fb_ng_time(UINT64_MAX, 20, 0) == 184467440);
    assert_true(fb_ng_time(UINT64_MAX, 28, 0) == 1);
    assert_true(fb_ng_time(UINT64_MAX, 29, 0) == 0);
    assert_true(fb_ng_time(UINT64_MAX, 127, 0) == 0);
    assert_true(fb_ng_time(1700000000, 0x80, 0) == 1700000000000000000);
    assert_true(fb_ng_time(3, 0x81, 0) == 1500000000);
    assert_true(fb_ng_time((1700000000ull << 32) + (1ull << 31), 0xa0, 0) == 1700000000500000000);
    assert_true(fb_ng_time(UINT64_MAX, 0xff, 0) == 0);
    assert_true(fb_ng_time(UINT64_MAX, 0xc0, 0) == 999999999);
    assert_true(fb_ng_time(5000000, 6, -3600) == -3595000000000);
    assert_true(fb_ng_time(UINT64_MAX, 6, 0) == INT64_MAX);
    assert_true(fb_ng_time(0, 6, INT64_MIN) == INT64_MIN);
    assert_true(fb_ng_time(UINT64_MAX, 0, INT64_MIN) == INT64_MAX);
}

static void interfaces_carry_their_options_and_statistics(void **state)
{
    (void)state;
    for (int be = 0; be < 2; be++) {
        struct fb_buf b, o;
        fb_buf_init(&b, 1 << 20);
        fb_buf_init(&o, 1 << 16);
        cb_ng_shb(&b, be);
        cb_ng_option(&o, be, 2, "eth0", 4);
        cb_ng_option(&o, be, 3, "the uplink", 10);
        cb_ng_option(&o, be, 9, "\x09", 1);
        cb_ng_option(&o, be, 11, "\0tcp", 4);
        cb_ng_option(&o, be, 12, "Linux", 5);
        cb_ng_option(&o, be, 4, "\300\0\2\5\377\377\377\200", 8);
        cb_ng_option(&o, be, 4, "\300\0\2\5\377\0\377\0", 8); /* a mask with holes */
        cb_ng_option(&o, be, 5, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5\x40", 17);
        cb_ng_option(&o, be, 5, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5\x81", 17); /* no such length */
        cb_ng_option(&o, be, 6, "\0\1\2\3\4\5", 6);
        cb_ng_option(&o, be, 6, "\0\1\2\3\4", 5); /* no MAC */
        cb_ng_option(&o, be, 14, be ? "\0\0\0\0\0\0\0\2" : "\2\0\0\0\0\0\0\0", 8);
        cb_ng_idb(&b, be, 1, 96, &o);
        cb_ng_epb(&b, be, 0, 5, 10, 20, NULL, 1);
        fb_buf_clear(&o);
        cb_u32(&o, be, 0);
        cb_zero(&o, 8);
        cb_ng_option(&o, be, 4, be ? "\0\0\0\0\0\0\1\0" : "\0\1\0\0\0\0\0\0", 8);
        cb_ng_option(&o, be, 5, be ? "\0\0\0\0\0\0\0\7" : "\7\0\0\0\0\0\0\0", 8);
        cb_ng_block(&b, be, 5, o.data, o.len);
        struct cb_result r;
        cb_read(b.data, b.len, 0, 0, &r);
        const struct fb_iface *f = &r.ev.ifaces[0];
        assert_string_equal(f->name, "eth0");
        assert_string_equal(f->description, "the uplink");
        assert_string_equal(f->filter, "tcp");
        assert_string_equal(f->os, "Linux");
        assert_int_equal(f->tsresol, 9);
        assert_true(f->ts_offset_s == 2);
        assert_int_equal(f->snaplen, 96);
        assert_true(f->has_stats && f->if_recv == 256 && f->if_drop == 7);
        assert_true(r.p[0].ts_ns == 2000000005);
        static const char *const addrs[] = {"0.0 ipv4 192.0.2.5/25", "0.0 ipv4 192.0.2.5/32",
                                            "0.0 ipv6 2001:db8::5/64", "0.0 mac 00:01:02:03:04:05"};
        assert_int_equal(r.ev.nnotes, 4);
        for (int i = 0; i < 4; i++) {
            assert_string_equal(r.ev.notes[i].kind, FB_NOTE_IFACE_ADDR);
            assert_string_equal(r.ev.notes[i].text, addrs[i]);
        }
        cb_result_release(&r);
        fb_buf_release(&b);
        fb_buf_release(&o);
    }
}

static void simple_and_obsolete_packets_are_read(void **state)
{
    (void)state;
    struct fb_buf b, o;
    fb_buf_init(&b, 1 << 20);
    fb_buf_init(&o, 1 << 16);
    cb_ng_shb(&b, false);
    cb_ng_idb(&b, false, 1, 40, NULL);
    cb_u32(&o, false, 140);
    cb_zero(&o, 40);
    cb_ng_block(&b, false, 3, o.data, o.len);
    cb_ng_epb(&b, false, 0, 77, 10, 10, NULL, 1);
    cb_ng_block(&b, false, 3, o.data, o.len);
    fb_buf_clear(&o);
    cb_u16(&o, false, 0);
    cb_u16(&o, false, 0xffff);
    cb_u32(&o, false, 0);
    cb_u32(&o, false, 99);
    cb_u32(&o, false, 6);
    cb_u32(&o, false, 7);
    cb_zero(&o, 8);
    cb_ng_block(&b, false, 2, o.data, o.len);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 4);
    assert_int_equal(r.p[0].caplen, 40);
    assert_int_equal(r.p[0].wirelen, 140);
    assert_true(r.p[0].ts_ns == 0);
    assert_true(r.p[2].ts_ns == 77000);
    assert_true(r.p[3].ts_ns == 99000 && r.p[3].caplen == 6 && r.p[3].wirelen == 7);
    cb_result_release(&r);
    fb_buf_release(&b);
    fb_buf_release(&o);
}

static void what_is_no_packet_becomes_a_note_and_secrets_stay_secret(void **state)
{
    (void)state;
    struct fb_buf b, o;
    fb_buf_init(&b, 32 << 20);
    fb_buf_init(&o, 20 << 20);
    cb_ng_shb(&b, false);
    cb_ng_idb(&b, false, 1, 0, NULL);
    cb_ng_option(&o, false, 1, "\300\0\2\1host.example\0alias", 22);
    cb_u32(&o, false, 0);
    cb_ng_block(&b, false, 4, o.data, o.len);
    fb_buf_clear(&o);
    cb_u32(&o, false, 0x544c534b);
    cb_u32(&o, false, 13);
    fb_buf_puts(&o, "CLIENT_RANDOM");
    cb_ng_block(&b, false, 10, o.data, o.len);
    cb_ng_block(&b, false, 0xbad, "\x01\0\0\0xyz!", 8);
    cb_ng_block(&b, false, 0x77777777, "abcd", 4);
    cb_ng_block(&b, false, 9, "MESSAGE=x\n", 10);
    fb_buf_clear(&o);
    cb_zero(&o, 17 << 20);
    cb_ng_block(&b, false, 0x70000001, o.data, o.len);
    fb_buf_clear(&o);
    cb_ng_option(&o, false, 1, "look here", 9);
    cb_ng_epb(&b, false, 0, 1, 5, 5, &o, 1);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.ev.damage_total, 0);
    assert_true(cb_has_note(&r, "name", "192.0.2.1 host.example alias"));
    assert_true(cb_has_note(&r, "secrets", "TLS key log"));
    assert_false(cb_has_note(&r, "secrets", "CLIENT"));
    assert_true(cb_has_note(&r, "custom", "number 1, 4 bytes"));
    assert_true(cb_has_note(&r, "unknown-block", "0x77777777"));
    assert_true(cb_has_note(&r, "journal", "12 bytes"));
    assert_true(cb_has_note(&r, "huge-block", "passed over"));
    assert_true(cb_has_note(&r, "comment", "look here"));
    assert_int_equal(r.ev.notes[r.ev.nnotes - 1].pkt_no, 1);
    cb_result_release(&r);
    fb_buf_release(&b);
    fb_buf_release(&o);
}

/* Three packets; the second one's block is damaged by writing v at byte `at` of it. */
static void check_damaged(size_t at, uint32_t v, size_t want_pkts)
{
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_ng_plain(&b, false, 1);
    size_t start = b.len;
    cb_ng_epb(&b, false, 0, 1700000001000000ull, 20, 20, NULL, 1);
    cb_ng_epb(&b, false, 0, 1700000002000000ull, 20, 20, NULL, 2);
    fb_store_le32(b.data + start + at, v);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, want_pkts);
    assert_true(r.ev.damage_total >= 1);
    assert_int_equal(r.ev.damage[0].byte_off, start);
    assert_true(r.p[r.n - 1].ts_ns == 1700000002000000000);
    cb_result_release(&r);
    fb_buf_release(&b);
}

static void damage_costs_one_block_not_the_rest_of_the_file(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0,  4,    8,         11,         12,         13,        16,
                                       60, 1000, 0x1000001, 0x7ffffffc, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        check_damaged(4, lengths[i], 2);
    check_damaged(8, 1, 2); /* an interface that is not there */
    check_damaged(8, 0xffffffff, 2);
    check_damaged(20, 24, 2); /* more captured bytes than the block holds */
    check_damaged(20, 0xfffffffc, 2);
    check_damaged(48, 12, 3); /* the trailer lies, the next block stands where the length says */
}

static void a_broken_section_header_is_refused(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_ng_plain(&b, false, 1);
    struct cb_result r;
    b.data[8] ^= 1;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.opened, FB_ERR_INPUT);
    assert_non_null(strstr(r.err.msg, "byte order"));
    b.data[8] ^= 1;
    fb_store_le32(b.data + 4, 0xfffffffc);
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.opened, FB_ERR_INPUT);
    fb_buf_release(&b);
}

static void options_that_lie_about_their_length_end_their_list(void **state)
{
    (void)state;
    struct fb_buf b, o;
    fb_buf_init(&b, 1 << 16);
    fb_buf_init(&o, 1 << 16);
    cb_ng_shb(&b, false);
    cb_u16(&o, false, 2);
    cb_u16(&o, false, 65535);
    fb_buf_puts(&o, "eth0");
    cb_ng_idb(&b, false, 1, 0, &o);
    cb_ng_epb(&b, false, 0, 1, 5, 5, NULL, 1);
    struct cb_result r;
    cb_read(b.data, b.len, 0, 0, &r);
    assert_int_equal(r.n, 1);
    assert_null(r.ev.ifaces[0].name);
    assert_true(cb_has_damage(&r, "an option claims more bytes"));
    cb_result_release(&r);
    fb_buf_release(&b);
    fb_buf_release(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_and_sections_of_either_are_read),
        cmocka_unit_test(a_file_cut_at_any_byte_gives_a_prefix_and_says_so),
        cmocka_unit_test(time_stamps_of_every_resolution_become_nanoseconds),
        cmocka_unit_test(interfaces_carry_their_options_and_statistics),
        cmocka_unit_test(simple_and_obsolete_packets_are_read),
        cmocka_unit_test(what_is_no_packet_becomes_a_note_and_secrets_stay_secret),
        cmocka_unit_test(damage_costs_one_block_not_the_rest_of_the_file),
        cmocka_unit_test(a_broken_section_header_is_refused),
        cmocka_unit_test(options_that_lie_about_their_length_end_their_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
