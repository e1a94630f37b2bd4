#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "ingest/checksum.h"
#include "tests/support/decode_check.h"
#include "tests/support/packet_build.h"

#include <string.h>

enum { RAW = 101 };
#define A4 "10.0.0.1"
#define B4 "192.0.2.9"
#define A6 "2001:db8::1"
#define B6 "2001:db8::2"

static struct packet_build b;

static struct fb_packet one(const struct fb_decode_opts *opts)
{
    struct decode_check c;
    dc_init(&c, opts);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 1);
    struct fb_packet k = c.pkt[0];
    dc_release(&c);
    return k;
}

static struct fb_decode_stats none(const struct fb_decode_opts *opts)
{
    struct decode_check c;
    dc_init(&c, opts);
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n), 0);
    struct fb_decode_stats s = *fb_decoder_stats(c.d);
    dc_release(&c);
    return s;
}

static void tcp4(const char *payload)
{
    pb_start(&b, payload, strlen(payload));
    pb_tcp(&b, 1000, 80, FB_TCP_PSH | FB_TCP_ACK, 0x01020304, 0xfffefdfc);
    pb_ip4(&b, A4, B4, 6);
}

static void udp6(const char *payload)
{
    pb_start(&b, payload, strlen(payload));
    pb_udp(&b, 1000, 53);
    pb_ip6(&b, A6, B6, 17);
}

static void tcp_fields_over_ipv4(void **state)
{
    (void)state;
    tcp4("hello");
    struct fb_packet k = one(NULL);
    dc_expect(&k, A4, 1000, B4, 80);
    assert_int_equal(k.proto, FB_PROTO_TCP);
    assert_int_equal(k.ip_proto, 6);
    assert_int_equal(k.ip_version, 4);
    assert_int_equal(k.ttl, 64);
    assert_int_equal(k.flags, 0);
    assert_int_equal(k.tcp_flags, FB_TCP_PSH | FB_TCP_ACK);
    assert_int_equal(k.seq, 0x01020304);
    assert_int_equal(k.ack, 0xfffefdfc);
    assert_int_equal(k.window, 8192);
    assert_int_equal(k.ip_bytes, 45);
    assert_int_equal(k.payload_bytes, 5);
    assert_int_equal(k.payload_caplen, 5);
    assert_int_equal(k.depth, 0);
    dc_cut_everywhere(RAW, b.p, b.n);
}

static void padding_behind_the_packet_is_cut_off(void **state)
{
    (void)state;
    tcp4("hi");
    pb_back(&b, "\0\0\0\0\0\0", 6);
    struct fb_packet k = one(NULL);
    assert_int_equal(k.payload_bytes, 2);
    assert_int_equal(k.payload_caplen, 2);
    assert_int_equal(k.flags, 0);
}

static void a_snaplen_cut_keeps_the_claimed_length(void **state)
{
    (void)state;
    struct decode_check c;
    tcp4("hello world");
    b.p[b.n - 1] ^= 1; /* not captured, so the wrong checksum is not seen */
    dc_init(&c, NULL);
    assert_int_equal(dc_feed_cut(&c, RAW, b.p, b.n - 4, b.n), 1);
    assert_int_equal(c.pkt[0].payload_bytes, 11);
    assert_int_equal(c.pkt[0].payload_caplen, 7);
    assert_int_equal(c.pkt[0].flags, 0);
    /* Cut on the wire as well, the total length lies: dropped. */
    assert_int_equal(dc_feed(&c, RAW, b.p, b.n - 4), 0);
    assert_int_equal(fb_decoder_stats(c.d)->malformed_pkts, 1);
    dc_release(&c);
}

static void ipv4_headers_that_do_not_hold_are_dropped(void **state)
{
    (void)state;
    tcp4("");
    b.p[0] = 0x44; /* 16-byte header */
    pb_fix_ip4(b.p);
    assert_int_equal(none(NULL).malformed_pkts, 1);
    tcp4("");
    b.p[0] = 0x4f; /* longer than the total length */
    b.p[3] = 40;
    pb_fix_ip4(b.p);
    assert_int_equal(none(NULL).malformed_pkts, 1);
    tcp4("");
    b.p[0] = 0x55;
    assert_int_equal(none(NULL).malformed_pkts, 1);
    tcp4("");
    b.p[8]--;
    assert_int_equal(none(NULL).bad_ip_checksum_pkts, 1);
    struct fb_packet k = one(&(struct fb_decode_opts){.ignore_checksums = true});
    assert_int_equal(k.ttl, 63);
}

static void a_total_length_of_zero_counts_only_without_checksums(void **state)
{
    (void)state;
    tcp4("hello");
    b.p[2] = b.p[3] = 0;
    pb_fix_ip4(b.p);
    assert_int_equal(none(NULL).malformed_pkts, 1);
    struct fb_packet k = one(&(struct fb_decode_opts){.ignore_checksums = true});
    assert_int_equal(k.ip_bytes, 0);
    assert_int_equal(k.payload_bytes, 5);
}

static void ipv4_options_are_stepped_over(void **state)
{
    (void)state;
    tcp4("x");
    uint8_t h[24];
    memcpy(h, b.p, 20);
    memcpy(h + 20, "\1\1\1\0", 4);
    h[0] = 0x46;
    h[3] = (uint8_t)(h[3] + 4);
    pb_fix_ip4(h);
    b.p += 20;
    b.n -= 20;
    pb_front(&b, h, sizeof h);
    struct fb_packet k = one(NULL);
    dc_expect(&k, A4, 1000, B4, 80);
    assert_int_equal(k.payload_bytes, 1);
    assert_int_equal(k.ip_bytes, 45);
}

static void wrong_transport_checksums_are_flagged_unless_ignored(void **state)
{
    (void)state;
    const struct fb_decode_opts ignore = {.ignore_checksums = true};
    for (unsigned proto = 0; proto < 4; proto++) {
        pb_start(&b, "odd", 3);
        if (proto == 0)
            pb_tcp(&b, 1, 2, 0, 0, 0);
        else if (proto == 1)
            pb_udp(&b, 1, 2);
        else
            pb_icmp(&b, proto == 2 ? 8 : 128, 0);
        static const uint8_t numbers[4] = {6, 17, 1, 58};
        if (proto == 3)
            pb_ip6(&b, A6, B6, 58);
        else
            pb_ip4(&b, A4, B4, numbers[proto]);
        assert_int_equal(one(NULL).flags, 0);
        b.p[b.n - 1] ^= 0x10;
        assert_int_equal(one(NULL).flags, FB_PKT_BAD_CHECKSUM);
        assert_int_equal(one(&ignore).flags, 0);
    }
}

static void udp_without_a_checksum_is_fine_over_ipv4_only(void **state)
{
    (void)state;
    pb_start(&b, "x", 1);
    pb_udp(&b, 1, 2);
    pb_ip4(&b, A4, B4, 17);
    memset(b.p + 26, 0, 2);
    assert_int_equal(one(NULL).flags, 0);
    udp6("x");
    memset(b.p + 46, 0, 2);
    assert_int_equal(one(NULL).flags, FB_PKT_BAD_CHECKSUM);
    /* VXLAN may leave it out. */
    pb_start(&b, "\x08\0\0\0\0\0\1\0 and an Ethernet frame", 31);
    pb_udp(&b, 1, 4789);
    pb_ip6(&b, A6, B6, 17);
    memset(b.p + 46, 0, 2);
    assert_int_equal(one(NULL).flags, 0);
    b.p[48] = 0;
    assert_int_equal(one(NULL).flags, FB_PKT_BAD_CHECKSUM);
}

static void udp_payload_goes_by_the_udp_length(void **state)
{
    (void)state;
    pb_start(&b, "0123456789", 10);
    pb_udp(&b, 1, 2);
    b.p[5] = 12;
    pb_ip4(&b, A4, B4, 17);
    struct fb_packet k = one(NULL);
    assert_int_equal(k.payload_bytes, 4);
    assert_int_equal(k.payload_caplen, 4);
    b.p[25] = 7; /* less than its own header */
    k = one(NULL);
    assert_int_equal(k.payload_bytes, 0);
}

static void short_transport_headers_make_no_packet(void **state)
{
    (void)state;
    static const uint8_t protos[] = {6, 17, 1, 58};
    static const size_t least[] = {20, 8, 8, 8};
    const uint8_t zeros[20] = {0};
    for (unsigned i = 0; i < 4; i++) {
        pb_start(&b, zeros, least[i] - 1);
        pb_ip4_header(&b, A4, B4, protos[i], 1, 0);
        pb_back(&b, zeros, 20); /* padding does not help */
        assert_int_equal(none(NULL).malformed_pkts, 1);
        pb_start(&b, zeros, least[i]);
        pb_ip4_header(&b, A4, B4, protos[i], 1, 0);
        (void)one(NULL);
    }
}

static void tcp_data_offsets_that_do_not_hold_are_flagged(void **state)
{
    (void)state;
    for (unsigned off = 0; off < 16; off++) {
        tcp4("12345678"); /* 28 bytes of TCP: offsets 5, 6 and 7 fit */
        b.p[32] = (uint8_t)(off << 4);
        struct fb_packet k = one(&(struct fb_decode_opts){.ignore_checksums = true});
        assert_int_equal(k.flags, off >= 5 && off <= 7 ? 0 : FB_PKT_BAD_HEADER);
        assert_int_equal(k.payload_bytes, off >= 5 && off <= 7 ? 28 - off * 4 : 0);
    }
}

static void icmp_type_and_code_take_the_place_of_ports(void **state)
{
    (void)state;
    pb_start(&b, "data", 4);
    pb_icmp(&b, 3, 1);
    pb_ip4(&b, A4, B4, 1);
    struct fb_packet k = one(NULL);
    dc_expect(&k, A4, 3, B4, 1);
    assert_int_equal(k.proto, FB_PROTO_ICMP);
    assert_int_equal(k.payload_bytes, 4);
    assert_int_equal(k.flags, 0);
}

static void other_protocols_are_packets_without_ports(void **state)
{
    (void)state;
    static const struct {
        uint8_t proto;
        bool packet;
    } v[] = {{132, true}, {89, true}, {2, true}, {51, true}, {50, false}, {135, false}, {59, false}};
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        pb_start(&b, "abc", 3);
        pb_ip4_header(&b, A4, B4, v[i].proto, 1, 0);
        if (!v[i].packet) {
            assert_int_equal(none(NULL).malformed_pkts, 0);
            continue;
        }
        struct fb_packet k = one(NULL);
        dc_expect(&k, A4, 0, B4, 0);
        assert_int_equal(k.proto, FB_PROTO_OTHER);
        assert_int_equal(k.ip_proto, v[i].proto);
        assert_int_equal(k.payload_bytes, 3);
    }
}

static void ipv6_extension_headers_are_walked(void **state)
{
    (void)state;
    static const uint8_t kinds[] = {0, 43, 60, 51};
    pb_start(&b, "x", 1);
    pb_udp(&b, 1000, 53);
    struct packet_build plain = b;
    /* The checksum does not cover extension headers. */
    plain.p = plain.room + (b.p - b.room);
    pb_ip6(&plain, A6, B6, 17);
    pb_start(&b, plain.p + 40, 9);
    uint8_t next = 17;
    for (size_t i = 0; i < sizeof kinds; i++) {
        /* AH counts in fours beyond the first two: 1 makes 12 bytes; the others 8. */
        uint8_t h[12] = {next, kinds[i] == 51 ? 1 : 0, 1, kinds[i] == 43 ? 0 : 4};
        pb_front(&b, h, kinds[i] == 51 ? 12 : 8);
        next = kinds[i];
    }
    pb_ip6_header(&b, A6, B6, next);
    struct fb_packet k = one(NULL);
    dc_expect(&k, A6, 1000, B6, 53);
    assert_int_equal(k.ip_proto, 17);
    assert_int_equal(k.flags, 0);
    assert_int_equal(k.ip_bytes, 40 + 36 + 9);
    dc_cut_everywhere(RAW, b.p, b.n);
}

/* UDP behind one extension header, its checksum made for `src` and `dst`. */
static void behind(const uint8_t *ext, size_t n, uint8_t kind, const char *src, const char *dst)
{
    pb_start(&b, "x", 1);
    pb_udp(&b, 1000, 53);
    pb_ip6(&b, src, dst, 17);
    b.p += 40;
    b.n -= 40;
    pb_front(&b, ext, n);
    pb_ip6_header(&b, A6, B6, kind);
}

static void a_routing_header_with_segments_left_names_the_destination(void **state)
{
    (void)state;
    uint8_t h[40] = {17, 4, 0, 2};
    h[8] = 0xfe;
    h[24] = 0x20;
    h[39] = 0x99;
    behind(h, sizeof h, 43, A6, "2000::99");
    struct fb_packet k = one(NULL);
    dc_expect(&k, A6, 1000, "2000::99", 53);
    assert_int_equal(k.flags, 0);
    h[3] = 0; /* arrived */
    behind(h, sizeof h, 43, A6, B6);
    k = one(NULL);
    dc_expect(&k, A6, 1000, B6, 53);
    assert_int_equal(k.flags, 0);
    h[3] = 2;
    h[2] = 2; /* type 2 holds one address, not two */
    behind(h, sizeof h, 43, A6, B6);
    k = one(NULL);
    dc_expect(&k, A6, 1000, B6, 53);
    h[1] = 2;
    h[8] = 0x20;
    behind(h, 24, 43, A6, "2000::");
    k = one(NULL);
    dc_expect(&k, A6, 1000, "2000::", 53);
    assert_int_equal(k.flags, 0);
    dc_cut_everywhere(RAW, b.p, b.n);
}

static void the_home_address_option_names_the_source(void **state)
{
    (void)state;
    uint8_t h[24] = {17, 2, 1, 2, 0, 0, 201, 16, 0x20};
    h[23] = 7;
    behind(h, sizeof h, 60, "2000::7", B6);
    struct fb_packet k = one(NULL);
    dc_expect(&k, "2000::7", 1000, B6, 53);
    assert_int_equal(k.flags, 0);
    h[7] = 17; /* beyond the header */
    behind(h, sizeof h, 60, A6, B6);
    k = one(NULL);
    dc_expect(&k, A6, 1000, B6, 53);
}

static void esp_mobility_and_no_next_header_end_the_walk_silently(void **state)
{
    (void)state;
    static const uint8_t kinds[] = {50, 135, 59};
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t h[8] = {kinds[i], 0, 1, 4};
        behind(h, sizeof h, 60, A6, B6);
        assert_int_equal(none(NULL).malformed_pkts, 0);
    }
}

static void long_chains_of_extension_headers_end(void **state)
{
    (void)state;
    static uint8_t chain[8 * 8000];
    for (unsigned i = 0; i < 8000; i++)
        chain[8 * i] = 60;
    chain[8 * 7999] = 17;
    pb_start(&b, "x", 1);
    pb_udp(&b, 1000, 53);
    uint8_t udp[9];
    memcpy(udp, b.p, 9);
    pb_start(&b, chain, sizeof chain);
    pb_back(&b, udp, 9);
    pb_ip6_header(&b, A6, B6, 60);
    struct fb_packet k = one(NULL);
    dc_expect(&k, A6, 1000, B6, 53);
}

static void the_checksum_agrees_with_a_sum_of_words(void **state)
{
    (void)state;
    uint8_t v[300];
    uint64_t x = 1;
    for (size_t i = 0; i < sizeof v; i++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        v[i] = i < 100 ? 0xff : (uint8_t)(x >> 56);
    }
    for (size_t at = 0; at < 9; at++) {
        for (size_t n = 0; n + at <= sizeof v; n++) {
            uint32_t sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += i % 2 == 0 ? (uint32_t)v[at + i] << 8 : v[at + i];
            while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
            /* The machine's byte order turns the bytes round, so compare in memory order. */
            uint16_t fold = fb_checksum_fold(fb_checksum_add(0, v + at, n));
            uint8_t mem[2];
            memcpy(mem, &fold, 2);
            assert_int_equal(fb_load_be16(mem), sum);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_fields_over_ipv4),
        cmocka_unit_test(padding_behind_the_packet_is_cut_off),
        cmocka_unit_test(a_snaplen_cut_keeps_the_claimed_length),
        cmocka_unit_test(ipv4_headers_that_do_not_hold_are_dropped),
        cmocka_unit_test(a_total_length_of_zero_counts_only_without_checksums),
        cmocka_unit_test(ipv4_options_are_stepped_over),
        cmocka_unit_test(wrong_transport_checksums_are_flagged_unless_ignored),
        cmocka_unit_test(udp_without_a_checksum_is_fine_over_ipv4_only),
        cmocka_unit_test(udp_payload_goes_by_the_udp_length),
        cmocka_unit_test(short_transport_headers_make_no_packet),
        cmocka_unit_test(tcp_data_offsets_that_do_not_hold_are_flagged),
        cmocka_unit_test(icmp_type_and_code_take_the_place_of_ports),
        cmocka_unit_test(other_protocols_are_packets_without_ports),
        cmocka_unit_test(ipv6_extension_headers_are_walked),
        cmocka_unit_test(a_routing_header_with_segments_left_names_the_destination),
        cmocka_unit_test(the_home_address_option_names_the_source),
        cmocka_unit_test(esp_mobility_and_no_next_header_end_the_walk_silently),
        cmocka_unit_test(long_chains_of_extension_headers_end),
        cmocka_unit_test(the_checksum_agrees_with_a_sum_of_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
