/* UDP, ICMP and other IP protocols, fragments, segments, the packet index, quality counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "ingest/packet.h"
#include "tests/support/engine_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANDSHAKE "0 > S 0; 10 < SA 0 1; 20 > A 1 1; "

/* ---- UDP ---- */

static void udp_states_say_who_spoke(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_udp(r, 0, 0, 30);
    er_udp(r, 5, 0, 0);
    er_finish(r);
    er_expect(r, 0, "S0", "D", "evidence");
    er_expect_sizes(r, 0, 30, 0, 2, 0);
    assert_int_equal(r->rec[0].s.orig_ip_bytes, 2 * 28 + 30);
    assert_int_equal(r->rec[0].s.duration_ns, 5 * ER_MS);
    er_free(r);

    r = er_new(NULL);
    er_udp(r, 0, 0, 30);
    er_udp(r, 5, 1, 0); /* an empty datagram is an answer */
    er_finish(r);
    er_expect(r, 0, "SF", "Dd", "evidence");
    er_expect_sizes(r, 0, 30, 0, 1, 1);
    er_free(r);
}

static void udp_from_a_server_port_is_an_answer(void **state)
{
    (void)state;
    static const struct {
        uint16_t a, b;
        const char *to;
        bool flipped;
    } row[] = {
        {514, 40000, "192.0.2.1", true},        {514, 514, "192.0.2.1", false},
        {40000, 514, "192.0.2.1", false},       {514, 443, "192.0.2.1", false},
        {514, 40000, "255.255.255.255", false}, {4789, 40000, "192.0.2.1", true},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct engine_run *r = er_new(NULL);
        r->port[0] = row[i].a;
        r->port[1] = row[i].b;
        r->host[1] = row[i].to;
        er_udp(r, 0, 0, 30);
        er_finish(r);
        er_expect(r, 0, row[i].flipped ? "SHR" : "S0", row[i].flipped ? "^d" : "D", "evidence");
        assert_int_equal(r->rec[0].s.orig_p, row[i].flipped ? row[i].b : row[i].a);
        er_expect_sizes(r, 0, row[i].flipped ? 0 : 30, row[i].flipped ? 30 : 0, !row[i].flipped,
                        row[i].flipped);
        er_free(r);
    }
}

static void udp_bad_checksums_have_a_letter_and_count_for_nothing(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    for (int i = 0; i < 10; i++) {
        pb_start(&r->b, "abc", 3);
        pb_udp(&r->b, r->port[0], r->port[1]);
        pb_ip4(&r->b, r->host[0], r->host[1], 17);
        r->b.p[20 + 6] ^= 0x55;
        er_feed(r, i);
    }
    er_udp(r, 40, 1, 7);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    er_expect(r, 0, "SHR", "CCd", "evidence");
    er_expect_sizes(r, 0, 0, 7, 0, 1);
    assert_int_equal(r->rec[0].s.bad_checksum_pkts, 10);
    assert_int_equal(r->rec[0].s.evidence_pkts, 11);
    er_free(r);
}

static void udp_without_a_checksum_is_fine(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    pb_start(&r->b, "abc", 3);
    pb_udp(&r->b, r->port[0], r->port[1]);
    pb_ip4(&r->b, r->host[0], r->host[1], 17);
    fb_store_be16(r->b.p + 26, 0);
    er_feed(r, 0);
    er_finish(r);
    er_expect(r, 0, "S0", "D", "evidence");
    er_free(r);
}

static void a_reply_first_dns_pair_stays_on_its_old_side(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    r->port[1] = 53;
    r->port[0] = 5353;
    uint8_t dns[] = {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    for (int dir = 0; dir < 2; dir++) {
        dns[2] = dir ? 0x01 : 0x81; /* the reply first */
        pb_start(&r->b, dns, sizeof dns);
        pb_udp(&r->b, r->port[dir], r->port[1 - dir]);
        pb_ip4(&r->b, r->host[dir], r->host[1 - dir], 17);
        er_feed(r, dir * 10);
    }
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    er_expect(r, 0, "S0", "D^", "evidence");
    er_expect_sizes(r, 0, 2 * sizeof dns, 0, 2, 0);
    assert_int_equal(r->rec[0].s.orig_p, 53);
    assert_int_equal(r->rec[0].s.resp_p, 5353);
    er_free(r);
}

static void both_ends_equal_count_as_originator(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    r->host[1] = r->host[0];
    r->port[1] = r->port[0];
    er_udp(r, 0, 0, 3);
    er_udp(r, 1, 1, 4);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    er_expect(r, 0, "S0", "D", "evidence");
    er_expect_sizes(r, 0, 7, 0, 2, 0);
    er_free(r);
}

static void vlans_are_not_part_of_the_key(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    for (uint16_t vlan = 5; vlan < 7; vlan++) {
        pb_start(&r->b, "abc", 3);
        pb_udp(&r->b, r->port[0], r->port[1]);
        pb_ip4(&r->b, r->host[0], r->host[1], 17);
        pb_vlan(&r->b, vlan, 0x0800);
        pb_ethernet(&r->b, 0x8100);
        er_feed_link(r, vlan, 1);
    }
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    const struct fb_session *s = &r->rec[0].s;
    assert_int_equal(s->vlan, 5);
    assert_int_equal(s->inner_vlan, FB_VLAN_NONE);
    assert_int_equal(s->has_macs, 1);
    assert_int_equal(s->orig_mac[5], 1);
    assert_int_equal(s->resp_mac[5], 2);
    assert_int_equal(s->orig_ttl, 64);
    assert_int_equal(s->resp_ttl, 0);
    er_free(r);
}

/* ---- ICMP and other protocols, section 11 ---- */

static void icmp_pairs_share_a_session(void **state)
{
    (void)state;
    static const uint8_t pair[][3] = {{8, 0, 4},     {13, 14, 4},   {15, 16, 4},   {10, 9, 4},
                                      {17, 18, 4},   {128, 129, 6}, {133, 134, 6}, {135, 136, 6},
                                      {130, 131, 6}, {139, 140, 6}, {144, 145, 6}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++)
        for (int reply_first = 0; reply_first < 2; reply_first++) {
            struct engine_run *r = er_new(NULL);
            if (pair[i][2] == 6) {
                r->host[0] = "2001:db8::1";
                r->host[1] = "2001:db8::2";
            }
            uint8_t first = pair[i][reply_first], second = pair[i][1 - reply_first];
            er_icmp(r, 0, 0, first, 0, 10);
            er_icmp(r, 5, 1, second, 0, 20);
            er_finish(r);
            assert_int_equal(r->nrec, 1);
            er_expect(r, 0, "OTH", "", "evidence");
            er_expect_sizes(r, 0, 10, 20, 1, 1);
            assert_int_equal(r->rec[0].s.orig_p, first);
            assert_int_equal(r->rec[0].s.resp_p, second);
            assert_int_equal(r->rec[0].s.ip_proto, pair[i][2] == 6 ? 58 : 1);
            er_free(r);
        }
}

static void an_icmp_packet_belongs_to_the_side_of_its_address_and_type(void **state)
{
    (void)state;
    /* Both ping each other: two requests are two sessions, each with its answers. */
    struct engine_run *r = er_new(NULL);
    er_icmp(r, 0, 0, 8, 0, 1);
    er_icmp(r, 1, 1, 8, 0, 2);
    er_icmp(r, 2, 1, 0, 0, 4);
    er_icmp(r, 3, 0, 0, 0, 8);
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    er_expect_sizes(r, 0, 1, 4, 1, 1);
    er_expect_sizes(r, 1, 2, 8, 1, 1);
    er_free(r);
}

static void unpaired_icmp_is_a_session_per_direction_and_code(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_icmp(r, 0, 0, 3, 1, 10);
    er_icmp(r, 1, 0, 3, 1, 10);
    er_icmp(r, 2, 1, 3, 1, 10);
    er_icmp(r, 3, 0, 3, 3, 10);
    er_icmp(r, 4, 0, 11, 0, 10);
    er_finish(r);
    assert_int_equal(r->nrec, 4);
    er_expect_sizes(r, 0, 20, 0, 2, 0);
    for (size_t i = 1; i < 4; i++)
        er_expect_sizes(r, i, 10, 0, 1, 0);
    assert_int_equal(r->rec[2].s.orig_p, 3);
    assert_int_equal(r->rec[2].s.resp_p, 3);
    er_free(r);
}

static void icmp_checksums_and_cuts_count_less(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_icmp(r, 0, 0, 8, 0, 10);
    pb_start(&r->b, "abcd", 4);
    pb_icmp(&r->b, 8, 0);
    pb_ip4(&r->b, r->host[0], r->host[1], 1);
    r->b.p[22] ^= 1;
    er_feed(r, 5); /* wrong checksum: ignored, no letter */
    r->b.p[22] ^= 1;
    er_feed_cut(r, 9, r->b.n - 1); /* not captured in full: not in the packet counts */
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    er_expect(r, 0, "OTH", "", "evidence");
    assert_int_equal(r->rec[0].s.orig_pkts, 1);
    assert_int_equal(r->rec[0].s.orig_ip_bytes, 38);
    assert_int_equal(r->rec[0].s.bad_checksum_pkts, 1);
    assert_int_equal(r->rec[0].s.evidence_pkts, 3);
    er_free(r);
}

static void other_protocols_are_sessions_without_ports_or_bytes(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    static const uint8_t proto[] = {132, 46, 132};
    for (int i = 0; i < 3; i++) {
        pb_start(&r->b, "0123456789", 10);
        pb_ip4(&r->b, r->host[i == 2], r->host[i != 2], proto[i]);
        er_feed(r, i);
    }
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    er_expect(r, 0, "OTH", "", "evidence");
    er_expect_sizes(r, 0, 0, 0, 1, 1);
    er_expect_sizes(r, 1, 0, 0, 1, 0);
    const struct fb_session *s = &r->rec[0].s;
    assert_int_equal(s->ip_proto, 132);
    assert_int_equal(s->orig_p + s->resp_p, 0);
    assert_int_equal(s->orig_ip_bytes, 30);
    assert_string_equal(fb_session_proto_name(s->proto), "unknown_transport");
    er_free(r);
}

/* ---- fragments, section 12 ---- */

/* One datagram of 8 + 40 bytes as three fragments; `order` says which comes when. */
static void fragments(struct engine_run *r, uint16_t id, const unsigned order[3], int64_t ms)
{
    uint8_t bytes[48], payload[40] = {7};
    pb_start(&r->b, payload, sizeof payload);
    pb_udp(&r->b, r->port[0], r->port[1]);
    pb_ip4(&r->b, r->host[0], r->host[1], 17);
    memcpy(bytes, r->b.p + 20, 48);
    for (unsigned i = 0; i < 3; i++) {
        pb_start(&r->b, bytes + 16 * order[i], 16);
        pb_ip4_header(&r->b, r->host[0], r->host[1], 17, id,
                      (uint16_t)((order[i] < 2 ? 0x2000 : 0) | order[i] * 2));
        er_feed(r, ms + 10 * i);
    }
}

static void a_fragmented_datagram_is_one_packet_at_the_time_it_is_complete(void **state)
{
    (void)state;
    static const unsigned order[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}};
    for (size_t i = 0; i < 4; i++) {
        struct engine_run *r = er_new(NULL);
        fragments(r, 9, order[i], 0);
        er_finish(r);
        assert_int_equal(r->nrec, 1);
        er_expect(r, 0, "S0", "D", "evidence");
        er_expect_sizes(r, 0, 40, 0, 1, 0);
        const struct fb_session *s = &r->rec[0].s;
        assert_int_equal(s->orig_ip_bytes, 68);
        assert_int_equal(s->ts_ns, ER_START_NS + 20 * ER_MS);
        assert_int_equal(s->first_ordinal, 3);
        assert_int_equal(s->evidence_pkts, 3); /* er_finish has checked that each stands in the index once */
        er_free(r);
    }
}

static void fragments_that_never_complete_leave_nothing(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    pb_start(&r->b, "0123456789abcdef", 16);
    pb_ip4_header(&r->b, r->host[0], r->host[1], 17, 4, 0x2000);
    er_feed(r, 0);
    er_finish(r);
    assert_int_equal(r->nrec, 0);
    er_free(r);
}

/* ---- packet index ---- */

static void the_index_lists_every_packet_of_a_session_once(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    static const unsigned order[] = {1, 2, 0};
    er_play(r, HANDSHAKE "25 > A 1 1 5 c; 30 > A 1 1 5 x; ");
    fragments(r, 77, order, 31);
    er_udp(r, 90, 1, 4);
    er_play(r, "91 < A 1 6");
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    assert_int_equal(r->rec[0].s.evidence_pkts, 6);
    assert_int_equal(r->rec[1].s.evidence_pkts, 4);
    /* In the order in which the packets were given to the session: the fragment that completed first. */
    static const uint64_t want[2][6] = {{1, 2, 3, 4, 5, 10}, {8, 6, 7, 9}};
    size_t n[2] = {0, 0};
    for (size_t i = 0; i < r->nidx; i++) {
        size_t k = r->idx[i].number - 1;
        assert_int_equal(r->idx[i].ordinal, want[k][n[k]]);
        n[k]++;
    }
    er_free(r);
}

static void long_sessions_give_their_index_in_pieces(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    /* Steps of 1, and far ones: more than FB_PIECE_BYTES_FULL bytes, over several epochs. */
    pb_start(&r->b, "x", 1);
    pb_udp(&r->b, r->port[0], r->port[1]);
    pb_ip4(&r->b, r->host[0], r->host[1], 17);
    struct fb_record rec = {.data = r->b.p,
                            .caplen = (uint32_t)r->b.n,
                            .wirelen = (uint32_t)r->b.n,
                            .linktype = 101,
                            .ts_ns = ER_START_NS};
    uint64_t ordinal = 0;
    for (unsigned i = 0; i < 30000; i++) {
        rec.ts_ns += 1000;
        ordinal += i % 3 == 2 ? 100 : 1;
        er_feed_record(r, &rec, ordinal);
    }
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    assert_int_equal(r->rec[0].s.evidence_pkts, 30000);
    unsigned pieces = 0;
    for (size_t i = 0; i < r->nidx; i++) {
        pieces += i == 0 || r->idx[i].left != r->idx[i - 1].left;
        if (i > 0)
            assert_true(r->idx[i].ordinal > r->idx[i - 1].ordinal);
    }
    assert_true(pieces > 2);
    er_free(r);
}

/* ---- segments ---- */

static const struct fb_session *segments(struct engine_run *r, const char *steps)
{
    er_play(r, steps);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    return &r->rec[0].s;
}

static void a_segment_ends_at_psh(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    /* 30..40 is one, 140 the next, 240..250 the third; pure ACKs and empty PSHs neither open nor close one.
     */
    const struct fb_session *s =
        segments(r, HANDSHAKE "30 > A 1 1 5; 35 < A 1 6; 40 > PA 6 1 5; 60 > PA 11 1; 140 < PA 1 11 9; "
                              "240 > A 11 10 3; 250 > PA 14 10 3");
    assert_int_equal(s->segments, 3);
    assert_int_equal(s->segment_gap_sum_ns, 200 * ER_MS);
    er_free(r);
}

static void a_segment_ends_after_5_s_of_silence_at_its_last_payload(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct engine_run *r = er_new(NULL);
        const struct fb_session *s =
            segments(r, late ? HANDSHAKE "30 > A 1 1 5; 2000 < A 1 6; 5030 > A 6 1 5"
                             : HANDSHAKE "30 > A 1 1 5; 2000 < A 1 6; 5029 > A 6 1 5");
        assert_int_equal(s->segments, late ? 2 : 1);
        assert_int_equal(s->segment_gap_sum_ns, late ? 5000 * ER_MS : 0);
        assert_int_equal(s->segment_regularity_ppm, 0); /* one gap says nothing */
        er_free(r);
    }
}

static void the_silence_is_an_option(void **state)
{
    (void)state;
    struct fb_engine_opts o = {.segment_idle_ns = 50 * ER_MS};
    struct engine_run *r = er_new(&o);
    const struct fb_session *s = segments(r, HANDSHAKE "30 > A 1 1 5; 79 > A 6 1 5; 129 > A 11 1 5");
    assert_int_equal(s->segments, 2);
    assert_int_equal(s->segment_gap_sum_ns, 50 * ER_MS);
    er_free(r);
}

static void regularity_is_1_for_equal_gaps_and_falls_with_their_spread(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    const struct fb_session *s =
        segments(r, HANDSHAKE "100 > PA 1 1 1; 200 > PA 2 1 1; 300 > PA 3 1 1; 400 > PA 4 1 1");
    assert_int_equal(s->segments, 4);
    assert_int_equal(s->segment_regularity_ppm, 1000000);
    er_free(r);
    r = er_new(NULL);
    /* Gaps of 100 and 300 ms: 400^2 / (2 * (100^2 + 300^2)) = 0.8. */
    s = segments(r, HANDSHAKE "100 > PA 1 1 1; 200 > PA 2 1 1; 500 > PA 3 1 1");
    assert_int_equal(s->segment_regularity_ppm, 800000);
    er_free(r);
    r = er_new(NULL);
    /* All the time in one of three gaps: 1/3. */
    s = segments(r, HANDSHAKE "100 > PA 1 1 1; 100 > PA 2 1 1; 100 > PA 3 1 1; 400 > PA 4 1 1");
    assert_int_equal(s->segment_regularity_ppm, 333333);
    er_free(r);
}

static void udp_segments_end_by_silence_only(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_udp(r, 0, 0, 10);
    er_udp(r, 100, 1, 10);
    er_udp(r, 5000, 0, 0); /* no payload */
    er_udp(r, 5100, 0, 10);
    er_finish(r);
    assert_int_equal(r->rec[0].s.segments, 2);
    assert_int_equal(r->rec[0].s.segment_gap_sum_ns, 5000 * ER_MS);
    er_free(r);
}

/* ---- TCP quality ---- */

static void handshake_times_are_measured(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, "0 > S 0; 1000 > S 0; 1030 < SA 0 1; 1030 < SA 0 1; 1045 > A 1 1; 1050 > A 1 1 5");
    er_finish(r);
    assert_int_equal(r->rec[0].s.syn_synack_ns, 30 * ER_MS); /* from the latest SYN */
    assert_int_equal(r->rec[0].s.synack_ack_ns, 15 * ER_MS);
    er_free(r);
    r = er_new(NULL);
    er_play(r, "0 > S 0; 10 < SA 0 1; 20 > R 1");
    er_udp(r, 30, 0, 1);
    er_finish(r);
    assert_int_equal(r->rec[0].s.syn_synack_ns, 10 * ER_MS);
    assert_int_equal(r->rec[0].s.synack_ack_ns, -1);
    assert_int_equal(r->rec[1].s.syn_synack_ns, -1);
    er_free(r);
    r = er_new(NULL);
    er_play(r, "0 > A 1 1 5; 10 < A 1 6");
    er_finish(r);
    assert_int_equal(r->rec[0].s.syn_synack_ns, -1);
    assert_int_equal(r->rec[0].s.synack_ack_ns, -1);
    er_free(r);
}

static void what_fills_a_hole_is_out_of_order_and_no_retransmission(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, HANDSHAKE
            "30 > A 11 1 10; 31 > A 1 1 10; 40 < A 1 21; 50 > A 11 1 10; 60 < A 1 21 5; 70 < A 1 21 5");
    er_finish(r);
    const struct fb_session *s = &r->rec[0].s;
    assert_int_equal(s->orig_ooo_pkts, 1);
    assert_int_equal(s->orig_retrans_pkts, 1);
    assert_int_equal(s->resp_ooo_pkts, 0);
    assert_int_equal(s->resp_retrans_pkts, 1);
    /* Zeek's letter knows no difference. */
    assert_string_equal(s->history, "ShADTadt");
    er_free(r);
}

static void what_fills_a_part_of_a_hole_is_out_of_order_too(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    /* Bytes 1..30 are missing; their parts come backwards. */
    er_play(r, HANDSHAKE "30 > A 31 1 10; 31 > A 21 1 10; 32 > A 11 1 10; 33 > A 1 1 10; 40 < A 1 41");
    er_finish(r);
    assert_int_equal(r->rec[0].s.orig_ooo_pkts, 3);
    assert_int_equal(r->rec[0].s.orig_retrans_pkts, 0);
    assert_int_equal(r->rec[0].s.missed_bytes, 0);
    er_free(r);
}

static void zero_windows_are_counted(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, HANDSHAKE "30 > A 1 1 0 z; 31 > A 1 1 0 z; 40 < A 1 1 0 z");
    er_finish(r);
    assert_int_equal(r->rec[0].s.orig_zero_window_pkts, 2);
    assert_int_equal(r->rec[0].s.resp_zero_window_pkts, 1);
    assert_string_equal(r->rec[0].s.history, "ShAWaw");
    er_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_states_say_who_spoke),
        cmocka_unit_test(udp_from_a_server_port_is_an_answer),
        cmocka_unit_test(udp_bad_checksums_have_a_letter_and_count_for_nothing),
        cmocka_unit_test(udp_without_a_checksum_is_fine),
        cmocka_unit_test(a_reply_first_dns_pair_stays_on_its_old_side),
        cmocka_unit_test(both_ends_equal_count_as_originator),
        cmocka_unit_test(vlans_are_not_part_of_the_key),
        cmocka_unit_test(icmp_pairs_share_a_session),
        cmocka_unit_test(an_icmp_packet_belongs_to_the_side_of_its_address_and_type),
        cmocka_unit_test(unpaired_icmp_is_a_session_per_direction_and_code),
        cmocka_unit_test(icmp_checksums_and_cuts_count_less),
        cmocka_unit_test(other_protocols_are_sessions_without_ports_or_bytes),
        cmocka_unit_test(a_fragmented_datagram_is_one_packet_at_the_time_it_is_complete),
        cmocka_unit_test(fragments_that_never_complete_leave_nothing),
        cmocka_unit_test(the_index_lists_every_packet_of_a_session_once),
        cmocka_unit_test(long_sessions_give_their_index_in_pieces),
        cmocka_unit_test(a_segment_ends_at_psh),
        cmocka_unit_test(a_segment_ends_after_5_s_of_silence_at_its_last_payload),
        cmocka_unit_test(the_silence_is_an_option),
        cmocka_unit_test(regularity_is_1_for_equal_gaps_and_falls_with_their_spread),
        cmocka_unit_test(udp_segments_end_by_silence_only),
        cmocka_unit_test(handshake_times_are_measured),
        cmocka_unit_test(what_fills_a_hole_is_out_of_order_and_no_retransmission),
        cmocka_unit_test(what_fills_a_part_of_a_hole_is_out_of_order_too),
        cmocka_unit_test(zero_windows_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
