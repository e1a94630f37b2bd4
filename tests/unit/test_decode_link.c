#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/decode_names.h"
#include "tests/support/decode_check.h"
#include "tests/support/packet_build.h"

#include <string.h>

enum { EN10MB = 1, RAW = 101 };

static struct packet_build b;

/* UDP 10.0.0.1:1000 -> 192.0.2.9:53 with four bytes of payload: what every link layer here carries. */
static void inner_packet(void)
{
    pb_start(&b, "abcd", 4);
    pb_udp(&b, 1000, 53);
    pb_ip4(&b, "10.0.0.1", "192.0.2.9", 17);
}

/* The packet at hand must come out of `linktype` alone, and no cut of it may be read past. */
static struct fb_packet one(uint32_t linktype)
{
    struct decode_check c;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, linktype, b.p, b.n), 1);
    struct fb_packet k = c.pkt[0];
    dc_expect(&k, "10.0.0.1", 1000, "192.0.2.9", 53);
    assert_int_equal(k.payload_bytes, 4);
    assert_memory_equal(k.payload, "abcd", 4);
    assert_int_equal(k.flags & (FB_PKT_BAD_CHECKSUM | FB_PKT_BAD_HEADER), 0);
    k.payload = NULL;
    dc_release(&c);
    dc_cut_everywhere(linktype, b.p, b.n);
    return k;
}

/* Nothing must come out, and the counter at this place in the statistics must be 1. */
static void none(uint32_t linktype, size_t counter_off)
{
    struct decode_check c;
    uint64_t count;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, linktype, b.p, b.n), 0);
    memcpy(&count, (const uint8_t *)fb_decoder_stats(c.d) + counter_off, sizeof count);
    assert_int_equal(count, 1);
    dc_release(&c);
}
#define NON_IP    offsetof(struct fb_decode_stats, non_ip_pkts)
#define MALFORMED offsetof(struct fb_decode_stats, malformed_pkts)

static void ethernet_carries_addresses(void **state)
{
    (void)state;
    inner_packet();
    pb_ethernet(&b, 0x0800);
    struct fb_packet k = one(EN10MB);
    assert_true(k.flags & FB_PKT_HAS_MACS);
    assert_memory_equal(k.src_mac, "\2\0\0\0\0\1", 6);
    assert_memory_equal(k.dst_mac, "\2\0\0\0\0\2", 6);
    assert_int_equal(k.vlan, 0xffff);
    assert_int_equal(k.inner_vlan, 0xffff);
}

static void a_third_vlan_tag_overwrites_the_inner_one(void **state)
{
    (void)state;
    inner_packet();
    pb_vlan(&b, 0x6000 | 5, 0x0800);
    pb_ethernet(&b, 0x88a8);
    struct fb_packet k = one(EN10MB);
    assert_int_equal(k.vlan, 5);
    assert_int_equal(k.inner_vlan, 0xffff);
    inner_packet();
    pb_vlan(&b, 3, 0x0800);
    pb_vlan(&b, 2, 0x8100);
    pb_vlan(&b, 1, 0x8100);
    pb_ethernet(&b, 0x9100);
    k = one(EN10MB);
    assert_int_equal(k.vlan, 1);
    assert_int_equal(k.inner_vlan, 3);
}

static void only_0x8100_nests_inside_a_tag(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        inner_packet();
        pb_vlan(&b, 2, 0x0800);
        pb_vlan(&b, 1, i ? 0x88a8 : 0x9100);
        pb_ethernet(&b, 0x8100);
        none(EN10MB, NON_IP);
    }
}

static void length_frames_lead_to_ip_only_through_snap(void **state)
{
    (void)state;
    inner_packet();
    size_t n = b.n + 8;
    pb_front(&b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    pb_ethernet(&b, (uint16_t)n);
    pb_back(&b, "padding", 7);
    (void)one(EN10MB);
    inner_packet();
    pb_front(&b, "\xaa\xaa\x03\0\0\1\x08\0", 8);
    pb_ethernet(&b, (uint16_t)n);
    none(EN10MB, NON_IP);
    inner_packet();
    pb_front(&b, "\xff\xff", 2);
    pb_ethernet(&b, (uint16_t)b.n);
    none(EN10MB, NON_IP);
    inner_packet();
    pb_front(&b, "\x42\x42\x03", 3);
    pb_ethernet(&b, (uint16_t)b.n);
    none(EN10MB, NON_IP);
    inner_packet();
    pb_ethernet(&b, 1501);
    none(EN10MB, MALFORMED);
}

static void frames_of_sixteen_bytes_are_dropped(void **state)
{
    (void)state;
    pb_start(&b, "\x45\0", 2);
    pb_ethernet(&b, 0x0800);
    none(EN10MB, MALFORMED);
}

static void what_stands_between_ethernet_and_ip_is_stepped_over(void **state)
{
    (void)state;
    inner_packet(); /* FabricPath */
    pb_ethernet(&b, 0x0800);
    pb_front(&b, "\0\0", 2);
    pb_ethernet(&b, 0x8903);
    assert_memory_equal(one(EN10MB).src_mac, "\2\0\0\0\0\1", 6);
    inner_packet(); /* MPLS, two labels */
    pb_front(&b, "\0\1\0\x40\0\2\1\x40", 8);
    pb_ethernet(&b, 0x8847);
    (void)one(EN10MB);
    inner_packet(); /* PPPoE */
    uint8_t pppoe[8] = {0x11, 0, 0, 1, 0, (uint8_t)(b.n + 2), 0, 0x21};
    pb_front(&b, pppoe, 8);
    pb_ethernet(&b, 0x8864);
    pb_back(&b, "pad", 3);
    (void)one(EN10MB);
    inner_packet(); /* 802.1ah */
    pb_ethernet(&b, 0x0800);
    pb_front(&b, "\0\0\0\1", 4);
    pb_ethernet(&b, 0x88e7);
    (void)one(EN10MB);
    inner_packet(); /* VN-Tag */
    pb_vlan(&b, 9, 0x0800);
    pb_front(&b, "\0\0\0\0\x81\0", 6);
    pb_ethernet(&b, 0x8926);
    assert_int_equal(one(EN10MB).vlan, 9);
}

static void arp_is_counted_as_no_ip(void **state)
{
    (void)state;
    pb_start(&b, "0123456789012345678901234567", 28);
    pb_ethernet(&b, 0x0806);
    none(EN10MB, NON_IP);
}

static void loopback_families_in_either_byte_order(void **state)
{
    (void)state;
    inner_packet();
    pb_front(&b, "\2\0\0\0", 4);
    (void)one(0);
    inner_packet();
    pb_front(&b, "\0\0\0\2", 4);
    (void)one(0);
    (void)one(108);
    inner_packet();
    pb_front(&b, "\7\0\0\0", 4);
    none(0, NON_IP);
}

static void ppp_in_all_its_framings(void **state)
{
    (void)state;
    static const struct {
        uint32_t linktype;
        const char *hdr;
        size_t n;
    } v[] = {
        {9, "\xff\x03\0\x21", 4},
        {9, "\0\x21", 2},
        {9, "\x21", 1},
        {50, "\xff\x03\0\x21", 4},
        {50, "\x0f\0\x08\0", 4},
        {104, "\x0f\0\x08\0", 4},
        {51, "\x11\0\0\1\xff\xff\0\x21", 8},
    };
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        inner_packet();
        pb_front(&b, v[i].hdr, v[i].n);
        (void)one(v[i].linktype);
    }
    inner_packet();
    pb_front(&b, "\xff\x03\xc0\x21", 4);
    none(9, NON_IP);
}

static void cooked_captures_know_the_sender(void **state)
{
    (void)state;
    inner_packet();
    pb_front(&b, "\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0", 16);
    struct fb_packet k = one(113);
    assert_true(k.flags & FB_PKT_HAS_MACS);
    assert_memory_equal(k.src_mac, "\2\0\0\0\0\1", 6);
    inner_packet();
    pb_front(&b, "\x08\0\0\0\0\0\0\3\0\1\0\6\2\0\0\0\0\1\0\0", 20);
    k = one(276);
    assert_memory_equal(k.src_mac, "\2\0\0\0\0\1", 6);
}

static void fddi_and_nflog(void **state)
{
    (void)state;
    inner_packet();
    pb_front(&b, "\x50\2\0\0\0\0\2\2\0\0\0\0\1\xaa\xaa\x03\0\0\0\x08\0", 21);
    (void)one(10);
    inner_packet();
    pb_front(&b, "\2\0\0\0\6\0\5\0\1\2\0\0\x20\0\x09\0", 16);
    (void)one(239);
    inner_packet();
    pb_front(&b, "\2\0\0\0\3\0\5\0\1\2\0\0\x20\0\x09\0", 16);
    none(239, MALFORMED);
}

/* 24 bytes of 802.11 data header with the given frame control. */
static void wifi_header(uint8_t fc0, uint8_t fc1)
{
    uint8_t h[24] = {fc0, fc1, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 0, 0};
    pb_front(&b, h, sizeof h);
}

static void wifi_data_frames_and_the_radio_headers_in_front(void **state)
{
    (void)state;
    inner_packet();
    pb_front(&b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    wifi_header(0x08, 0x01);
    struct fb_packet k = one(105);
    assert_memory_equal(k.src_mac, "\2\2\2\2\2\2", 6);
    assert_memory_equal(k.dst_mac, "\3\3\3\3\3\3", 6);
    pb_front(&b, "\0\0\x0a\0\0\0\0\0\0\0", 10);
    (void)one(127);
    inner_packet(); /* four addresses and QoS */
    pb_front(&b, "\4\4\4\4\4\4\0\0\xaa\xaa\x03\0\0\0\x08\0", 16);
    wifi_header(0x88, 0x03);
    k = one(105);
    assert_memory_equal(k.src_mac, "\4\4\4\4\4\4", 6);
    uint8_t radio[144] = {0x80, 0x21, 0x10, 0x01, 0, 0, 0, 64};
    pb_front(&b, radio, 64);
    (void)one(163);
    (void)one(119);
    b.p += 64;
    b.n -= 64;
    radio[1] = 0;
    pb_front(&b, radio, 144);
    (void)one(119);
}

static void wifi_frames_without_readable_data_lead_nowhere(void **state)
{
    (void)state;
    static const uint8_t fc[4][2] = {{0x80, 0}, {0x48, 1}, {0xc8, 1}, {0x88, 0x41}};
    for (unsigned i = 0; i < 4; i++) {
        inner_packet();
        pb_front(&b, "\0\0\xaa\xaa\x03\0\0\0\x08\0", 10);
        wifi_header(fc[i][0], fc[i][1]);
        none(105, NON_IP);
    }
}

static void every_subframe_of_an_amsdu_comes_out_in_order(void **state)
{
    (void)state;
    uint8_t body[512];
    size_t n = 0;
    for (uint8_t i = 0; i < 4; i++) {
        /* Payloads of 1 to 4 bytes, so that every amount of padding occurs. */
        pb_start(&b, "abcd", i + 1U);
        pb_tcp(&b, (uint16_t)(1000 + i), 80, FB_TCP_ACK, 1, 1);
        pb_ip4(&b, "10.0.0.1", "192.0.2.9", 6);
        pb_front(&b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
        uint8_t sub[14] = {9, 9, 9, 9, 9, i, 8, 8, 8, 8, 8, i, 0, (uint8_t)b.n};
        pb_front(&b, sub, sizeof sub);
        memcpy(body + n, b.p, b.n);
        n += b.n;
        while (i < 3 && n % 4 != 0)
            body[n++] = 0;
    }
    pb_start(&b, body, n);
    pb_front(&b, "\x80\0", 2);
    wifi_header(0x88, 0x02);
    struct decode_check c;
    dc_init(&c, NULL);
    assert_int_equal(dc_feed(&c, 105, b.p, b.n), 4);
    for (unsigned i = 0; i < 4; i++) {
        dc_expect(&c.pkt[i], "10.0.0.1", 1000 + i, "192.0.2.9", 80);
        assert_int_equal(c.pkt[i].payload_bytes, i + 1);
        assert_int_equal(c.pkt[i].src_mac[5], i);
    }
    dc_release(&c);
    dc_cut_everywhere(105, b.p, b.n);
}

static void raw_ip_and_link_types_without_a_decoder(void **state)
{
    (void)state;
    static const uint32_t raw[] = {12, 14, 101, 228, 229, 147, 4711};
    inner_packet();
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++)
        (void)one(raw[i]);
    pb_start(&b, "\0\0 this is nothing of ours, whatever", 36);
    none(4711, offsetof(struct fb_decode_stats, unknown_linktype_pkts));
    none(RAW, MALFORMED);
}

static void names_of_link_types_and_tunnels(void **state)
{
    (void)state;
    assert_string_equal(fb_linktype_name(EN10MB), "EN10MB");
    assert_string_equal(fb_linktype_name(276), "LINUX_SLL2");
    assert_null(fb_linktype_name(4711));
    assert_string_equal(fb_tunnel_name(FB_TUN_GTPV1), "gtpv1");
    assert_string_equal(fb_tunnel_name(FB_TUN_GRE_UDP), "gre-udp");
    assert_string_equal(fb_tunnel_name(FB_TUN_NONE), "");
}

static void layers_below_ip_in_less_usual_company(void **state)
{
    (void)state;
    inner_packet(); /* MPLS over PPP */
    pb_front(&b, "\xff\x03\x02\x81\0\2\1\x40", 8);
    (void)one(50);
    inner_packet(); /* 802.11 in a cooked capture, without and with radiotap */
    pb_front(&b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    wifi_header(0x08, 0x01);
    pb_front(&b, "\0\0\3\x21\0\6\2\0\0\0\0\1\0\0\0\x04", 16);
    (void)one(113);
    b.p += 16;
    b.n -= 16;
    pb_front(&b, "\0\0\x08\0\0\0\0\0", 8);
    pb_front(&b, "\0\0\3\x23\0\6\2\0\0\0\0\1\0\0\0\x04", 16);
    (void)one(113);
    inner_packet(); /* LLC without SNAP in 802.11 */
    pb_front(&b, "\x42\x42\x03\0\0\0\0\0", 8);
    wifi_header(0x08, 0x01);
    none(105, NON_IP);
    pb_start(&b, "\xaa\xaa\xaa", 3); /* a length of one byte */
    pb_ethernet(&b, 1);
    none(EN10MB, MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_carries_addresses),
        cmocka_unit_test(a_third_vlan_tag_overwrites_the_inner_one),
        cmocka_unit_test(only_0x8100_nests_inside_a_tag),
        cmocka_unit_test(length_frames_lead_to_ip_only_through_snap),
        cmocka_unit_test(frames_of_sixteen_bytes_are_dropped),
        cmocka_unit_test(what_stands_between_ethernet_and_ip_is_stepped_over),
        cmocka_unit_test(arp_is_counted_as_no_ip),
        cmocka_unit_test(loopback_families_in_either_byte_order),
        cmocka_unit_test(ppp_in_all_its_framings),
        cmocka_unit_test(cooked_captures_know_the_sender),
        cmocka_unit_test(fddi_and_nflog),
        cmocka_unit_test(wifi_data_frames_and_the_radio_headers_in_front),
        cmocka_unit_test(wifi_frames_without_readable_data_lead_nowhere),
        cmocka_unit_test(every_subframe_of_an_amsdu_comes_out_in_order),
        cmocka_unit_test(raw_ip_and_link_types_without_a_decoder),
        cmocka_unit_test(names_of_link_types_and_tunnels),
        cmocka_unit_test(layers_below_ip_in_less_usual_company),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
