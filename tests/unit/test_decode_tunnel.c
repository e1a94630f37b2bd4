#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "tests/support/decode_check.h"
#include "tests/support/packet_build.h"

#include <string.h>

enum { EN10MB = 1, RAW = 101 };
#define OUT_A "1.1.1.1"
#define OUT_B "2.2.2.2"

static struct packet_build b;

static void inner4(void)
{
    pb_start(&b, "abcd", 4);
    pb_tcp(&b, 1000, 80, FB_TCP_ACK, 1, 1);
    pb_ip4(&b, "10.0.0.1", "10.0.0.2", 6);
}

static void inner6(void)
{
    pb_start(&b, "abcd", 4);
    pb_tcp(&b, 1000, 80, FB_TCP_ACK, 1, 1);
    pb_ip6(&b, "2001:0:1::1", "2001:db8::2", 6);
}

static void in_udp(uint16_t port)
{
    pb_udp(&b, 4000, port);
    pb_ip4(&b, OUT_A, OUT_B, 17);
}

/* The inner packet comes out of the raw IP packet at hand alone, inside this tunnel; no cut is read past. */
static void only_inner(enum fb_tunnel kind, bool v6)
{
    struct decode_check c;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    dc_expect(&c.pkt[0], v6 ? "2001:0:1::1" : "10.0.0.1", 1000, v6 ? "2001:db8::2" : "10.0.0.2", 80);
    assert_int_equal(c.pkt[0].flags & FB_PKT_BAD_CHECKSUM, 0);
    assert_int_equal(c.pkt[0].payload_bytes, 4);
    assert_int_equal(c.pkt[0].depth, 1);
    assert_int_equal(c.pkt[0].tunnel[0], kind);
    dc_release(&c);
    dc_cut_everywhere(RAW, b.p, b.n);
}

static void nothing(void)
{
    struct decode_check c;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 0);
    assert_int_equal(fb_decoder_stats(c.d)->malformed_pkts, 1);
    dc_release(&c);
}

/* The outer packet comes out, and on entering it the inner one. */
static void outer_and_inner(enum fb_tunnel kind, bool v6)
{
    struct decode_check c;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    assert_int_equal(c.pkt[0].depth, 0);
    assert_int_equal(dc_enter(&c, kind), FB_OK);
    assert_int_equal(c.npkts, 2);
    dc_expect(&c.pkt[1], v6 ? "2001:0:1::1" : "10.0.0.1", 1000, v6 ? "2001:db8::2" : "10.0.0.2", 80);
    assert_int_equal(c.pkt[1].flags & FB_PKT_BAD_CHECKSUM, 0);
    assert_int_equal(c.pkt[1].depth, 1);
    assert_int_equal(c.pkt[1].tunnel[0], kind);
    dc_release(&c);
    dc_cut_everywhere(RAW, b.p, b.n);
}

static enum fb_status entering(enum fb_tunnel kind)
{
    struct decode_check c;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    enum fb_status st = dc_enter(&c, kind);
    if (st != FB_OK)
        assert_int_equal(c.npkts, 1);
    dc_release(&c);
    return st;
}

static void ip_in_ip_needs_the_exact_length(void **state)
{
    (void)state;
    inner4();
    pb_ip4_header(&b, OUT_A, OUT_B, 4, 1, 0);
    only_inner(FB_TUN_IP, false);
    pb_back(&b, "pad", 3); /* behind the outer packet: cut off */
    only_inner(FB_TUN_IP, false);
    inner6();
    pb_ip4_header(&b, OUT_A, OUT_B, 41, 1, 0);
    only_inner(FB_TUN_IP, true);
    inner4();
    pb_ip6_header(&b, "2001:db8::8", "2001:db8::9", 4);
    only_inner(FB_TUN_IP, false);
    inner4();
    pb_back(&b, "x", 1);
    pb_ip4_header(&b, OUT_A, OUT_B, 4, 1, 0);
    nothing();
    inner6(); /* the number says IPv4 */
    pb_ip4_header(&b, OUT_A, OUT_B, 4, 1, 0);
    nothing();
}

static void gre(const char *hdr, size_t n)
{
    pb_front(&b, hdr, n);
    pb_ip4_header(&b, OUT_A, OUT_B, 47, 1, 0);
}

static void gre_with_every_optional_field(void **state)
{
    (void)state;
    static const char zeros[16] = {0};
    for (unsigned bits = 0; bits < 16; bits++) {
        uint16_t flags = (uint16_t)((bits & 1 ? 0x8000 : 0) | (bits & 2 ? 0x2000 : 0) |
                                    (bits & 4 ? 0x1000 : 0) | (bits & 8 ? 0x0080 : 0));
        uint8_t hdr[4];
        fb_store_be16(hdr, flags);
        fb_store_be16(hdr + 2, 0x0800);
        inner4();
        pb_front(&b, zeros, (size_t)__builtin_popcount(bits) * 4);
        gre((const char *)hdr, 4);
        only_inner(FB_TUN_GRE, false);
    }
}

static void gre_that_is_not_understood_is_dropped(void **state)
{
    (void)state;
    static const char hdrs[5][4] = {"\x40\0\x08", "\0\x08\x08", "\0\x40\x08", "\0\2\x08", "\0\1\x08"};
    for (unsigned i = 0; i < 5; i++) {
        inner4();
        gre(hdrs[i], 4);
        nothing();
    }
}

static void gre_with_ethernet_and_erspan(void **state)
{
    (void)state;
    static const struct {
        const char *hdr;
        size_t n;
    } v[] = {
        {"\0\0\x65\x58", 4},
        {"\0\0\x88\xbe", 4},                                                      /* I */
        {"\x10\0\x88\xbe\0\0\0\1\x10\0\0\0\0\0\0\0", 16},                         /* II */
        {"\x10\0\x22\xeb\0\0\0\1\x20\0\0\0\0\0\0\0\0\0\0\0", 20},                 /* III */
        {"\x10\0\x22\xeb\0\0\0\1\x20\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 28}, /* III, O */
    };
    for (unsigned i = 0; i < 5; i++) {
        inner4();
        pb_vlan(&b, 77, 0x0800);
        pb_ethernet(&b, 0x8100);
        gre(v[i].hdr, v[i].n);
        only_inner(FB_TUN_GRE, false);
        struct decode_check c;
        dc_init(&c, NULL);
        (void)dc_feed(&c, RAW, b.p, b.n);
        assert_int_equal(c.pkt[0].vlan, 77);
        assert_true(c.pkt[0].flags & FB_PKT_HAS_MACS);
        dc_release(&c);
    }
}

static void gre_of_aruba_holds_80211(void **state)
{
    (void)state;
    static const uint8_t wifi[32] = {[0] = 0x08, [1] = 0x01, [24] = 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0};
    static const char hdrs[3][5] = {"\0\0\x82\x00", "\0\0\x83\x70", "\0\0\x90\x00"};
    for (unsigned i = 0; i < 3; i++) {
        inner4();
        pb_front(&b, wifi, sizeof wifi);
        gre(hdrs[i], 4);
        only_inner(FB_TUN_GRE, false);
    }
}

static void pptp_holds_ppp(void **state)
{
    (void)state;
    static const struct {
        const char *ppp;
        size_t n;
    } v[] = {{"\xff\x03\0\x21", 4}, {"\0\x21", 2}, {"\x21", 1}, {"\xff\x03\x21", 3}};
    for (unsigned i = 0; i < 4; i++) {
        inner4();
        pb_front(&b, v[i].ppp, v[i].n);
        gre("\x30\x81\x88\x0b\0\x30\0\1\0\0\0\1\0\0\0\1", 16);
        only_inner(FB_TUN_PPTP, false);
    }
    inner4();
    pb_front(&b, "\xff\x03\xc0\x21", 4);
    gre("\x30\x01\x88\x0b\0\x30\0\1\0\0\0\1", 12);
    nothing();
    struct decode_check c; /* an acknowledgement is no damage */
    pb_start(&b, "", 0);
    gre("\x20\x81\x88\x0b\0\0\0\1\0\0\0\1", 12);
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 0);
    assert_int_equal(fb_decoder_stats(c.d)->malformed_pkts, 0);
    dc_release(&c);
}

static void vxlan_needs_its_flag(void **state)
{
    (void)state;
    inner4();
    pb_ethernet(&b, 0x0800);
    pb_front(&b, "\x08\0\0\0\0\0\1\0", 8);
    in_udp(4789);
    outer_and_inner(FB_TUN_VXLAN, false);
    pb_start(&b, "\0\0\0\0\0\0\1\0 0123456789abcdef", 25);
    in_udp(4789);
    assert_int_equal(entering(FB_TUN_VXLAN), FB_ERR_INPUT);
    pb_start(&b, "\x08\0\0\0\0\0\1\0", 8);
    in_udp(4789);
    assert_int_equal(entering(FB_TUN_VXLAN), FB_EOF);
    pb_start(&b, "\x08\0\0\0", 4);
    in_udp(4789);
    assert_int_equal(entering(FB_TUN_VXLAN), FB_ERR_INPUT);
}

static void inner_packets_of_cut_captures_keep_their_wire_length(void **state)
{
    (void)state;
    struct decode_check c;
    inner4();
    pb_ethernet(&b, 0x0800);
    pb_front(&b, "\x08\0\0\0\0\0\1\0", 8);
    in_udp(4789);
    dc_init(&c, NULL);
    assert_int_equal(dc_feed_cut(&c, RAW, b.p, b.n - 3, b.n), 1);
    assert_int_equal(dc_enter(&c, FB_TUN_VXLAN), FB_OK);
    assert_int_equal(c.npkts, 2);
    assert_int_equal(c.pkt[1].payload_bytes, 4);
    assert_int_equal(c.pkt[1].payload_caplen, 1);
    dc_release(&c);
}

static void geneve_options_are_stepped_over(void **state)
{
    (void)state;
    inner4();
    pb_ethernet(&b, 0x0800);
    pb_front(&b,
             "\2\0\x65\x58\0\0\1\0"
             "\1\2\3\4\5\6\7\x08",
             16);
    in_udp(6081);
    outer_and_inner(FB_TUN_GENEVE, false);
    inner6();
    pb_front(&b, "\0\0\x86\xdd\0\0\1\0", 8);
    in_udp(6081);
    outer_and_inner(FB_TUN_GENEVE, true);
    pb_start(&b, "\x40\0\x65\x58\0\0\1\0", 8); /* version 1 */
    in_udp(6081);
    assert_int_equal(entering(FB_TUN_GENEVE), FB_ERR_INPUT);
    pb_start(&b, "\1\0\x65\x58\0\0\1\0", 8); /* its option is not there */
    in_udp(6081);
    assert_int_equal(entering(FB_TUN_GENEVE), FB_ERR_INPUT);
    pb_start(&b, "\0\0\x12\x34\0\0\1\0abc", 11);
    in_udp(6081);
    assert_int_equal(entering(FB_TUN_GENEVE), FB_EOF);
}

static void teredo_with_its_prefixes_and_bubbles(void **state)
{
    (void)state;
    static const char *const prefix[4] = {"", "\0\0\1\2\3\4\5\6", "\0\1\2\1aab12345678\0",
                                          "\0\1\2\1aab12345678\0\0\0\1\2\3\4\5\6"};
    static const size_t n[4] = {0, 8, 16, 24};
    for (unsigned i = 0; i < 4; i++) {
        inner6();
        pb_front(&b, prefix[i], n[i]);
        in_udp(3544);
        outer_and_inner(FB_TUN_TEREDO, true);
    }
    inner6();
    pb_back(&b, "x", 1);
    in_udp(3544);
    assert_int_equal(entering(FB_TUN_TEREDO), FB_ERR_INPUT);
    inner6(); /* two origin indications */
    pb_front(&b, "\0\0\1\2\3\4\5\6\0\0\1\2\3\4\5\6", 16);
    in_udp(3544);
    assert_int_equal(entering(FB_TUN_TEREDO), FB_ERR_INPUT);
    inner4();
    in_udp(3544);
    assert_int_equal(entering(FB_TUN_TEREDO), FB_ERR_INPUT);
    struct decode_check c;
    pb_start(&b, "", 0);
    pb_ip6_header(&b, "2001:0:1::1", "2001:db8::2", 59);
    pb_back(&b, "trailing", 8);
    in_udp(3544);
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    assert_int_equal(dc_enter(&c, FB_TUN_TEREDO), FB_OK);
    assert_int_equal(c.npkts, 1); /* a bubble holds no packet */
    dc_release(&c);
}

static void ayiya_forwards(void **state)
{
    (void)state;
    uint8_t h[8 + 16 + 20] = {0x44, 0x52, 0x11, 41};
    inner6();
    pb_front(&b, h, sizeof h);
    in_udp(5072);
    outer_and_inner(FB_TUN_AYIYA, true);
    h[2] = 0x10;
    pb_start(&b, h, sizeof h);
    in_udp(5072);
    assert_int_equal(entering(FB_TUN_AYIYA), FB_ERR_NOTFOUND);
    h[2] = 0x11;
    pb_start(&b, h, sizeof h);
    in_udp(5072);
    assert_int_equal(entering(FB_TUN_AYIYA), FB_EOF);
    pb_start(&b, h, sizeof h - 1);
    in_udp(5072);
    assert_int_equal(entering(FB_TUN_AYIYA), FB_ERR_INPUT);
}

static void gtp_with_optional_and_extension_headers(void **state)
{
    (void)state;
    static const struct {
        const char *hdr;
        size_t n;
    } v[] = {
        {"\x30\xff\0\0\0\0\0\1", 8},
        {"\x32\xff\0\0\0\0\0\1\0\1\0\0", 12},
        {"\x34\xff\0\0\0\0\0\1\0\1\0\0", 12},
        {"\x34\xff\0\0\0\0\0\1\0\1\0\x85\1\0\0\xc0\2\1\2\3\4\5\6\0", 24},
    };
    for (unsigned i = 0; i < 4; i++) {
        inner4();
        pb_front(&b, v[i].hdr, v[i].n);
        in_udp(2152);
        outer_and_inner(FB_TUN_GTPV1, false);
    }
    pb_start(&b, "\x32\1\0\4\0\0\0\0\0\0\0\0", 12); /* echo request */
    in_udp(2152);
    assert_int_equal(entering(FB_TUN_GTPV1), FB_ERR_NOTFOUND);
    pb_start(&b, "\x48\x20\0\4\0\0\0\0\0\0\0\0", 12); /* version 2 */
    in_udp(2123);
    assert_int_equal(entering(FB_TUN_GTPV1), FB_ERR_NOTFOUND);
    inner4();
    pb_back(&b, "x", 1);
    pb_front(&b, "\x30\xff\0\0\0\0\0\1", 8);
    in_udp(2152);
    assert_int_equal(entering(FB_TUN_GTPV1), FB_ERR_INPUT);
    pb_start(&b, "\x34\xff\0\0\0\0\0\1\0\1\0\x85\0\0\0\0", 16); /* extension of length 0 */
    in_udp(2152);
    assert_int_equal(entering(FB_TUN_GTPV1), FB_ERR_INPUT);
}

static void gre_over_udp(void **state)
{
    (void)state;
    inner4();
    pb_front(&b, "\0\0\x08\0", 4);
    in_udp(4754);
    outer_and_inner(FB_TUN_GRE_UDP, false);
    pb_start(&b, "\0\2\x08\0", 4);
    in_udp(4754);
    assert_int_equal(entering(FB_TUN_GRE_UDP), FB_ERR_INPUT);
}

static void four_encapsulations_are_followed_and_five_are_not(void **state)
{
    (void)state;
    for (unsigned depth = 4; depth <= 5; depth++) {
        struct decode_check c;
        inner4();
        for (unsigned i = 0; i < depth; i++)
            pb_ip4_header(&b, OUT_A, OUT_B, 4, 1, 0);
        dc_init(&c, NULL);
        assert_int_equal(dc_feed(&c, RAW, b.p, b.n), depth == 4);
        assert_int_equal(fb_decoder_stats(c.d)->depth_exceeded_pkts, depth == 5);
        if (depth == 4)
            assert_int_equal(c.pkt[0].depth, 4);
        dc_release(&c);
    }
}

static void at_the_limit_entering_a_udp_tunnel_is_refused(void **state)
{
    (void)state;
    struct decode_check c;
    inner4();
    pb_ethernet(&b, 0x0800);
    for (unsigned i = 0; i < 5; i++) {
        pb_front(&b, "\x08\0\0\0\0\0\1\0", 8);
        in_udp(4789);
        if (i < 4)
            pb_ethernet(&b, 0x0800);
    }
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    for (unsigned i = 1; i <= 4; i++) {
        assert_int_equal(dc_enter(&c, FB_TUN_VXLAN), FB_OK);
        assert_int_equal(c.npkts, i + 1);
        assert_int_equal(c.pkt[i].depth, i);
    }
    assert_int_equal(dc_enter(&c, FB_TUN_VXLAN), FB_ERR_LIMIT);
    assert_int_equal(fb_decoder_stats(c.d)->depth_exceeded_pkts, 1);
    dc_release(&c);
}

static void tunnels_of_different_kinds_make_a_path(void **state)
{
    (void)state;
    struct decode_check c;
    inner6();
    pb_ip4_header(&b, "10.9.9.1", "10.9.9.2", 41, 1, 0);
    pb_ethernet(&b, 0x0800);
    pb_front(&b, "\x08\0\0\0\0\0\1\0", 8);
    in_udp(4789);
    pb_ethernet(&b, 0x0800);
    gre("\0\0\x65\x58", 4);
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    assert_int_equal(c.pkt[0].depth, 1);
    assert_int_equal(dc_enter(&c, FB_TUN_VXLAN), FB_OK);
    const uint8_t path[FB_TUNNEL_DEPTH_MAX] = {FB_TUN_GRE, FB_TUN_VXLAN, FB_TUN_IP, FB_TUN_NONE};
    assert_int_equal(c.npkts, 2);
    assert_int_equal(c.pkt[1].depth, 3);
    assert_memory_equal(c.pkt[1].tunnel, path, sizeof path);
    dc_release(&c);
    dc_cut_everywhere(RAW, b.p, b.n);
}

static void five_times_gre_is_too_much_too(void **state)
{
    (void)state;
    struct decode_check c;
    inner4();
    for (unsigned i = 0; i < 5; i++)
        gre("\0\0\x08\0", 4);
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 0);
    assert_int_equal(fb_decoder_stats(c.d)->depth_exceeded_pkts, 1);
    dc_release(&c);
}

static void after_a_failure_another_kind_may_be_tried(void **state)
{
    (void)state;
    struct decode_check c;
    inner6();
    in_udp(4789);
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    assert_int_equal(dc_enter(&c, FB_TUN_VXLAN), FB_ERR_INPUT);
    assert_int_equal(dc_enter(&c, FB_TUN_GRE_UDP), FB_ERR_INPUT);
    assert_int_equal(dc_enter(&c, FB_TUN_TEREDO), FB_OK);
    assert_int_equal(c.npkts, 2);
    assert_int_equal(c.pkt[1].tunnel[0], FB_TUN_TEREDO);
    dc_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ip_in_ip_needs_the_exact_length),
        cmocka_unit_test(gre_with_every_optional_field),
        cmocka_unit_test(gre_that_is_not_understood_is_dropped),
        cmocka_unit_test(gre_with_ethernet_and_erspan),
        cmocka_unit_test(gre_of_aruba_holds_80211),
        cmocka_unit_test(pptp_holds_ppp),
        cmocka_unit_test(vxlan_needs_its_flag),
        cmocka_unit_test(inner_packets_of_cut_captures_keep_their_wire_length),
        cmocka_unit_test(geneve_options_are_stepped_over),
        cmocka_unit_test(teredo_with_its_prefixes_and_bubbles),
        cmocka_unit_test(ayiya_forwards),
        cmocka_unit_test(gtp_with_optional_and_extension_headers),
        cmocka_unit_test(gre_over_udp),
        cmocka_unit_test(four_encapsulations_are_followed_and_five_are_not),
        cmocka_unit_test(at_the_limit_entering_a_udp_tunnel_is_refused),
        cmocka_unit_test(tunnels_of_different_kinds_make_a_path),
        cmocka_unit_test(five_times_gre_is_too_much_too),
        cmocka_unit_test(after_a_failure_another_kind_may_be_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
