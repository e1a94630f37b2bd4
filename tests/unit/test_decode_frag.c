#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/timefmt.h"
#include "tests/support/decode_check.h"
#include "tests/support/packet_build.h"

#include <string.h>

enum { RAW = 101, MORE = 0x2000 };
#define A4 "10.0.0.1"
#define B4 "192.0.2.9"
#define A6 "2001:db8::1"
#define B6 "2001:db8::2"

static struct packet_build b;

/* A UDP datagram of 8 + 40 bytes with a right checksum, made for IPv4 or IPv6 addresses. */
static void udp_bytes(uint8_t out[48], bool v6)
{
    uint8_t payload[40];
    for (unsigned i = 0; i < 40; i++)
        payload[i] = (uint8_t)i;
    pb_start(&b, payload, 40);
    pb_udp(&b, 1000, 2000);
    if (v6)
        pb_ip6(&b, A6, B6, 17);
    else
        pb_ip4(&b, A4, B4, 17);
    memcpy(out, b.p + (v6 ? 40 : 20), 48);
}

static void fragment4(const uint8_t *data, size_t off, size_t n, bool more, uint16_t id)
{
    pb_start(&b, data, n);
    pb_ip4_header(&b, A4, B4, 17, id, (uint16_t)((more ? MORE : 0) | off / 8));
}

static void fragment6(const uint8_t *data, size_t off, size_t n, bool more, uint32_t id, uint8_t next)
{
    uint8_t h[8] = {next};
    fb_store_be16(h + 2, (uint16_t)(off | more));
    fb_store_be32(h + 4, id);
    pb_start(&b, data, n);
    pb_front(&b, h, 8);
    pb_ip6_header(&b, A6, B6, 44);
}

static unsigned feed(struct decode_check *c)
{
    return dc_feed(c, RAW, b.p, b.n);
}

static void expect_whole(const struct decode_check *c, bool v6, unsigned nfrags)
{
    const struct fb_packet *k = &c->pkt[0];
    dc_expect(k, v6 ? A6 : A4, 1000, v6 ? B6 : B4, 2000);
    assert_int_equal(k->flags, FB_PKT_REASSEMBLED);
    assert_int_equal(k->ip_bytes, (v6 ? 40 : 20) + 48);
    assert_int_equal(k->payload_bytes, 40);
    assert_int_equal(k->payload_caplen, 40);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(k->payload[i], i);
    assert_int_equal(k->nfrag_ordinals, nfrags);
    for (unsigned i = 1; i < nfrags; i++)
        assert_true(k->frag_ordinals[i] > k->frag_ordinals[i - 1]);
}

static void fragments_come_together_in_every_order(void **state)
{
    (void)state;
    static const uint8_t orders[24][4] = {
        {0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}, {0, 2, 3, 1}, {0, 3, 1, 2}, {0, 3, 2, 1},
        {1, 0, 2, 3}, {1, 0, 3, 2}, {1, 2, 0, 3}, {1, 2, 3, 0}, {1, 3, 0, 2}, {1, 3, 2, 0},
        {2, 0, 1, 3}, {2, 0, 3, 1}, {2, 1, 0, 3}, {2, 1, 3, 0}, {2, 3, 0, 1}, {2, 3, 1, 0},
        {3, 0, 1, 2}, {3, 0, 2, 1}, {3, 1, 0, 2}, {3, 1, 2, 0}, {3, 2, 0, 1}, {3, 2, 1, 0}};
    static const size_t off[5] = {0, 8, 24, 40, 48};
    for (unsigned v6 = 0; v6 < 2; v6++) {
        uint8_t u[48];
        udp_bytes(u, v6);
        for (unsigned o = 0; o < 24; o++) {
            struct decode_check c;
            dc_init(&c, NULL);
            for (unsigned i = 0; i < 4; i++) {
                unsigned f = orders[o][i];
                /* Only the number in the first fragment counts (RFC 8200, 4.5). */
                if (v6)
                    fragment6(u + off[f], off[f], off[f + 1] - off[f], f < 3, 7, f == 0 ? 17 : 6);
                else
                    fragment4(u + off[f], off[f], off[f + 1] - off[f], f < 3, 7);
                c.now_ns = i;
                assert_int_equal(feed(&c), i == 3);
            }
            expect_whole(&c, v6, 3);
            assert_int_equal(c.pkt[0].ts_ns, 3); /* time of the completing fragment */
            const uint64_t want[3] = {1, 2, 3};
            assert_memory_equal(c.pkt[0].frag_ordinals, want, sizeof want);
            assert_int_equal(fb_decoder_stats(c.d)->fragments, 4);
            assert_int_equal(fb_decoder_stats(c.d)->frag_reassembled, 1);
            dc_release(&c);
        }
    }
}

static void the_first_data_wins_where_fragments_overlap(void **state)
{
    (void)state;
    uint8_t u[48], wrong[48];
    struct decode_check c;
    udp_bytes(u, false);
    memset(wrong, 0xee, sizeof wrong);
    dc_init(&c, NULL);
    fragment4(u + 16, 16, 16, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(wrong + 16, 16, 16, true, 7); /* all of it is there */
    assert_int_equal(feed(&c), 0);
    memcpy(wrong, u, 16);
    fragment4(wrong, 0, 24, true, 7); /* its last 8 bytes are */
    assert_int_equal(feed(&c), 0);
    memset(wrong, 0xee, sizeof wrong);
    memcpy(wrong + 32, u + 32, 16);
    fragment4(wrong + 24, 24, 24, false, 7); /* its first 8 bytes are */
    assert_int_equal(feed(&c), 1);
    expect_whole(&c, false, 3);
    dc_release(&c);
}

static void one_fragment_that_covers_islands_fills_only_the_holes(void **state)
{
    (void)state;
    uint8_t u[48], wide[48];
    struct decode_check c;
    udp_bytes(u, false);
    memcpy(wide, u, 48);
    memset(wide + 8, 0xee, 8);
    memset(wide + 32, 0xee, 8);
    dc_init(&c, NULL);
    fragment4(u + 8, 8, 8, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(u + 32, 32, 8, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(u + 40, 40, 8, false, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(wide, 0, 40, true, 7);
    assert_int_equal(feed(&c), 1);
    expect_whole(&c, false, 3);
    dc_release(&c);
}

static void fragments_that_reach_further_enlarge_the_datagram(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, NULL);
    fragment4(u + 16, 16, 16, false, 7); /* says 32 */
    assert_int_equal(feed(&c), 0);
    fragment4(u + 32, 32, 16, true, 7); /* reaches 48 */
    assert_int_equal(feed(&c), 0);
    fragment4(u, 0, 16, true, 7);
    assert_int_equal(feed(&c), 1);
    expect_whole(&c, false, 2);
    dc_release(&c);
}

static void the_checksum_is_over_the_whole_datagram(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, false);
    u[47] ^= 1;
    dc_init(&c, NULL);
    fragment4(u, 0, 24, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(u + 24, 24, 24, false, 7);
    assert_int_equal(feed(&c), 1);
    assert_int_equal(c.pkt[0].flags, FB_PKT_REASSEMBLED | FB_PKT_BAD_CHECKSUM);
    dc_release(&c);
}

static void datagrams_are_told_apart_by_id(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, NULL);
    fragment4(u, 0, 24, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(u + 24, 24, 24, false, 8);
    assert_int_equal(feed(&c), 0);
    fragment4(u + 24, 24, 24, false, 7);
    assert_int_equal(feed(&c), 1);
    expect_whole(&c, false, 1);
    dc_release(&c);
}

static void a_datagram_is_forgotten_after_five_minutes(void **state)
{
    (void)state;
    uint8_t u[48];
    udp_bytes(u, false);
    for (unsigned late = 0; late < 2; late++) {
        struct decode_check c;
        dc_init(&c, NULL);
        fragment4(u, 0, 24, true, 7);
        assert_int_equal(feed(&c), 0);
        c.now_ns = 300 * FB_NS_PER_S - (late ? 0 : 1);
        fragment4(u + 24, 24, 24, false, 7);
        assert_int_equal(feed(&c), !late);
        assert_int_equal(fb_decoder_stats(c.d)->frag_expired, late);
        dc_release(&c);
    }
}

static void at_the_ceiling_the_oldest_datagram_goes(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, &(struct fb_decode_opts){.frag_max = 3});
    for (uint16_t id = 1; id <= 4; id++) {
        fragment4(u, 0, 24, true, id);
        assert_int_equal(feed(&c), 0);
    }
    assert_int_equal(fb_decoder_stats(c.d)->frag_shed, 1);
    for (uint16_t id = 2; id <= 4; id++) {
        fragment4(u + 24, 24, 24, false, id);
        assert_int_equal(feed(&c), 1);
    }
    fragment4(u + 24, 24, 24, false, 1);
    assert_int_equal(feed(&c), 0);
    dc_release(&c);
}

static void memory_stays_below_its_ceiling(void **state)
{
    (void)state;
    static uint8_t big[1400];
    struct decode_check c;
    dc_init(&c, &(struct fb_decode_opts){.frag_bytes_max = 20000});
    for (uint16_t id = 0; id < 100; id++) {
        fragment4(big, 0, sizeof big, true, id);
        assert_int_equal(feed(&c), 0);
    }
    /* At least 1,400 bytes each: no more than 14 of the 100 can be left. */
    assert_true(fb_decoder_stats(c.d)->frag_shed >= 86);
    assert_true(fb_decoder_stats(c.d)->frag_shed <= 92);
    /* Copies of one fragment count too, by the list of records. */
    for (unsigned i = 0; i < 5000; i++) {
        fragment4(big, 0, 8, true, 777);
        assert_int_equal(feed(&c), 0);
    }
    assert_true(fb_decoder_stats(c.d)->frag_shed > 100);
    dc_release(&c);
}

static void datagrams_longer_than_ip_allows_are_dropped(void **state)
{
    (void)state;
    static uint8_t big[65000];
    struct decode_check c;
    dc_init(&c, NULL);
    fragment4(big, 0, 65000, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(big, 65000, 1000, false, 7);
    assert_int_equal(feed(&c), 0);
    assert_int_equal(fb_decoder_stats(c.d)->malformed_pkts, 1);
    assert_int_equal(fb_decoder_stats(c.d)->frag_reassembled, 0);
    dc_release(&c);
}

static void of_fragments_not_captured_whole_only_the_first_counts(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, NULL);
    fragment4(u, 0, 24, true, 7);
    assert_int_equal(dc_feed_cut(&c, RAW, b.p, b.n - 4, b.n), 1);
    dc_expect(&c.pkt[0], A4, 1000, B4, 2000);
    assert_int_equal(c.pkt[0].flags, 0);
    assert_int_equal(c.pkt[0].ip_bytes, 44);
    assert_int_equal(c.pkt[0].payload_caplen, 12);
    fragment4(u + 24, 24, 24, false, 7);
    assert_int_equal(dc_feed_cut(&c, RAW, b.p, b.n - 4, b.n), 0);
    dc_release(&c);
}

static void an_ipv6_fragment_header_alone_makes_a_whole_datagram(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, true);
    dc_init(&c, NULL);
    fragment6(u, 0, 48, false, 7, 17);
    assert_int_equal(feed(&c), 1);
    expect_whole(&c, true, 0);
    dc_release(&c);
    dc_cut_everywhere(RAW, b.p, b.n);
}

static void extension_headers_on_both_sides_of_the_fragment_header(void **state)
{
    (void)state;
    uint8_t u[48], inside[56] = {17, 0, 1, 4};
    struct decode_check c;
    udp_bytes(u, true);
    memcpy(inside + 8, u, 48);
    dc_init(&c, NULL);
    for (unsigned i = 0; i < 2; i++) {
        fragment6(inside + 32 * i, 32 * i, i ? 24 : 32, !i, 7, 60);
        const uint8_t hop[8] = {44, 0, 1, 4};
        b.p += 40;
        b.n -= 40;
        pb_front(&b, hop, 8);
        pb_ip6_header(&b, A6, B6, 0);
        assert_int_equal(feed(&c), i);
    }
    dc_expect(&c.pkt[0], A6, 1000, B6, 2000);
    assert_int_equal(c.pkt[0].flags, FB_PKT_REASSEMBLED);
    assert_int_equal(c.pkt[0].ip_bytes, 40 + 8 + 8 + 48);
    dc_release(&c);
}

static void fragments_inside_a_tunnel_whose_packets_are_fragments(void **state)
{
    (void)state;
    uint8_t u[48], outer[2][64];
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, NULL);
    for (unsigned i = 0; i < 2; i++) {
        fragment4(u + 24 * i, 24 * i, 24, !i, 7);
        memcpy(outer[i], b.p, b.n); /* 44 bytes */
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned half = i % 2;
        pb_start(&b, outer[i / 2] + 24 * half, half ? 20 : 24);
        pb_ip4_header(&b, "1.1.1.1", "2.2.2.2", 4, (uint16_t)(100 + i / 2), (uint16_t)(half ? 3 : MORE));
        assert_int_equal(feed(&c), i == 3);
    }
    dc_expect(&c.pkt[0], A4, 1000, B4, 2000);
    assert_int_equal(c.pkt[0].depth, 1);
    const uint64_t want[3] = {1, 2, 3};
    assert_int_equal(c.pkt[0].nfrag_ordinals, 3);
    assert_memory_equal(c.pkt[0].frag_ordinals, want, sizeof want);
    dc_release(&c);
}

static void a_fragment_header_inside_a_whole_datagram_is_damage(void **state)
{
    (void)state;
    uint8_t u[48], inside[56] = {17, 0, 0, 1, 0, 0, 0, 9};
    struct decode_check c;
    udp_bytes(u, true);
    memcpy(inside + 8, u, 48);
    dc_init(&c, NULL);
    fragment6(inside, 0, 56, false, 7, 44);
    assert_int_equal(feed(&c), 0);
    assert_int_equal(fb_decoder_stats(c.d)->malformed_pkts, 1);
    dc_release(&c);
}

static void data_beyond_the_end_does_not_stand_for_data_that_is_missing(void **state)
{
    (void)state;
    uint8_t u[48];
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, NULL);
    fragment4(u, 0, 8, true, 7);
    assert_int_equal(feed(&c), 0);
    fragment4(u + 24, 24, 24, true, 7); /* more bytes than the end that comes next */
    assert_int_equal(feed(&c), 0);
    fragment4(u + 16, 16, 8, false, 7); /* the end: 24; 8 to 16 is missing */
    assert_int_equal(feed(&c), 0);
    fragment4(u + 8, 8, 8, true, 7);
    assert_int_equal(feed(&c), 1);
    expect_whole(&c, false, 3);
    dc_release(&c);
}

static void two_fragments_in_one_record_name_it_once(void **state)
{
    (void)state;
    uint8_t u[48], body[256];
    size_t n = 0;
    struct decode_check c;
    udp_bytes(u, false);
    dc_init(&c, NULL);
    for (unsigned i = 0; i < 3; i++) {
        fragment4(u + 16 * i, 16 * i, 16, i < 2, 7);
        if (i == 2)
            break;
        pb_front(&b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
        uint8_t sub[14] = {[13] = (uint8_t)b.n};
        pb_front(&b, sub, sizeof sub);
        memcpy(body + n, b.p, b.n);
        n = (n + b.n + 3) / 4 * 4;
    }
    struct packet_build last = b;
    last.p = last.room + (b.p - b.room);
    const uint8_t wifi[26] = {[0] = 0x88, [1] = 0x02, [24] = 0x80};
    pb_start(&b, body, n);
    pb_front(&b, wifi, sizeof wifi);
    assert_int_equal(dc_feed(&c, 105, b.p, b.n), 0);
    assert_int_equal(dc_feed(&c, RAW, last.p, last.n), 1);
    expect_whole(&c, false, 1);
    assert_int_equal(c.pkt[0].frag_ordinals[0], 1);
    dc_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_come_together_in_every_order),
        cmocka_unit_test(the_first_data_wins_where_fragments_overlap),
        cmocka_unit_test(one_fragment_that_covers_islands_fills_only_the_holes),
        cmocka_unit_test(fragments_that_reach_further_enlarge_the_datagram),
        cmocka_unit_test(the_checksum_is_over_the_whole_datagram),
        cmocka_unit_test(datagrams_are_told_apart_by_id),
        cmocka_unit_test(a_datagram_is_forgotten_after_five_minutes),
        cmocka_unit_test(at_the_ceiling_the_oldest_datagram_goes),
        cmocka_unit_test(memory_stays_below_its_ceiling),
        cmocka_unit_test(datagrams_longer_than_ip_allows_are_dropped),
        cmocka_unit_test(of_fragments_not_captured_whole_only_the_first_counts),
        cmocka_unit_test(an_ipv6_fragment_header_alone_makes_a_whole_datagram),
        cmocka_unit_test(extension_headers_on_both_sides_of_the_fragment_header),
        cmocka_unit_test(fragments_inside_a_tunnel_whose_packets_are_fragments),
        cmocka_unit_test(a_fragment_header_inside_a_whole_datagram_is_damage),
        cmocka_unit_test(data_beyond_the_end_does_not_stand_for_data_that_is_missing),
        cmocka_unit_test(two_fragments_in_one_record_name_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
