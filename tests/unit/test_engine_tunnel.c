/* Tunnels: conformance document, section 12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "tests/support/engine_run.h"

#include <string.h>

enum { VXLAN = 4789, GENEVE = 6081 };

/* Puts the packet in r->b into a VXLAN datagram between 198.51.100.`from` and 198.51.100.`to`. */
static void into_vxlan(struct engine_run *r, const char *from, uint16_t sport, const char *to, uint16_t dport)
{
    static const uint8_t vni[8] = {8, 0, 0, 0, 0, 0, 42, 0};
    pb_ethernet(&r->b, 0x0800);
    pb_front(&r->b, vni, sizeof vni);
    pb_udp(&r->b, sport, dport);
    pb_ip4(&r->b, from, to, 17);
}

#define V1 "198.51.100.1"
#define V2 "198.51.100.2"

static void inner_udp(struct engine_run *r, int dir)
{
    pb_start(&r->b, "inner", 5);
    pb_udp(&r->b, r->port[dir], r->port[1 - dir]);
    pb_ip4(&r->b, r->host[dir], r->host[1 - dir], 17);
}

static void vxlan_udp(struct engine_run *r, int64_t ms, int dir, uint16_t sport)
{
    inner_udp(r, dir);
    into_vxlan(r, V1, sport, V2, VXLAN);
    er_feed(r, ms);
}

static void expect_tunnel(const struct engine_run *r, size_t i, const char *path, uint32_t nparents,
                          const uint64_t *parents)
{
    assert_true(i < r->nrec);
    assert_string_equal(r->rec[i].s.tunnel, path);
    assert_int_equal(r->rec[i].s.nparents, nparents);
    for (uint32_t k = 0; k < nparents; k++)
        assert_int_equal(r->rec[i].parents[k], parents[k]);
}

static void a_udp_tunnel_is_a_session_and_the_parent_of_what_is_inside(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    vxlan_udp(r, 0, 0, 1001);
    inner_udp(r, 1);
    into_vxlan(r, V2, VXLAN, V1, 1001); /* the answer within the same outer session */
    er_feed(r, 5);
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    er_expect(r, 0, "SF", "Dd", "evidence");
    er_expect(r, 1, "SF", "Dd", "evidence");
    er_expect_sizes(r, 1, 5, 5, 1, 1);
    er_expect_sizes(r, 0, 8 + 14 + 33, 8 + 14 + 33, 1, 1);
    expect_tunnel(r, 0, "", 0, NULL);
    expect_tunnel(r, 1, "vxlan", 1, (const uint64_t[]){1});
    assert_int_equal(r->rec[1].s.ts_ns, ER_START_NS);
    assert_int_equal(r->rec[1].s.evidence_pkts, 2);
    er_free(r);
}

static void a_session_has_all_its_outer_sessions_as_parents(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    vxlan_udp(r, 0, 0, 1001);
    vxlan_udp(r, 1, 0, 1002);
    vxlan_udp(r, 2, 0, 1001);
    er_finish(r);
    assert_int_equal(r->nrec, 3);
    expect_tunnel(r, 1, "vxlan", 2, (const uint64_t[]){1, 3});
    er_expect_sizes(r, 1, 15, 0, 3, 0);
    assert_string_equal(r->rec[1].s.history, "D");
    er_free(r);
}

static void ip_in_ip_and_gre_are_no_sessions(void **state)
{
    (void)state;
    static const uint8_t gre[4] = {0, 0, 8, 0};
    struct engine_run *r = er_new(NULL);
    inner_udp(r, 0);
    pb_ip4_header(&r->b, V1, V2, 4, 1, 0);
    er_feed(r, 0);
    r->port[0]++;
    inner_udp(r, 0);
    pb_front(&r->b, gre, 4);
    pb_ip4_header(&r->b, V1, V2, 47, 1, 0);
    er_feed(r, 1);
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    expect_tunnel(r, 0, "ip", 0, NULL);
    expect_tunnel(r, 1, "gre", 0, NULL);
    er_free(r);
}

static void tunnels_within_tunnels_have_a_path_and_the_nearest_parent(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    inner_udp(r, 0);
    pb_ip4_header(&r->b, "10.9.0.1", "10.9.0.2", 4, 1, 0);
    into_vxlan(r, "10.8.0.1", 1001, "10.8.0.2", VXLAN);
    into_vxlan(r, V1, 1002, V2, VXLAN);
    pb_ip4_header(&r->b, "203.0.113.1", "203.0.113.2", 4, 1, 0);
    er_feed(r, 0);
    er_finish(r);
    assert_int_equal(r->nrec, 3);
    expect_tunnel(r, 0, "ip", 0, NULL);
    expect_tunnel(r, 1, "ip/vxlan", 1, (const uint64_t[]){1});
    expect_tunnel(r, 2, "ip/vxlan/vxlan/ip", 1, (const uint64_t[]){2});
    er_free(r);
}

static void a_datagram_to_a_tunnel_port_that_is_none_is_a_plain_session(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    r->port[1] = VXLAN;
    er_udp(r, 0, 0, 4);
    er_udp(r, 1, 0, 60);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    er_expect_sizes(r, 0, 64, 0, 2, 0);
    er_free(r);
}

static void the_responder_port_makes_the_tunnel(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    /* To port 9000 it is no tunnel; from 4789 it is one, for the session is flipped. */
    inner_udp(r, 0);
    into_vxlan(r, V1, 1001, V2, 9000);
    er_feed(r, 0);
    inner_udp(r, 0);
    into_vxlan(r, V1, VXLAN, V2, 1001);
    er_feed(r, 1);
    er_finish(r);
    assert_int_equal(r->nrec, 3);
    er_expect(r, 0, "S0", "D", "evidence");
    er_expect(r, 1, "SHR", "^d", "evidence");
    expect_tunnel(r, 2, "vxlan", 1, (const uint64_t[]){2});
    er_free(r);
}

static void the_sixth_change_of_encapsulation_is_marked(void **state)
{
    (void)state;
    static const uint16_t packets[] = {6, 7, 20};
    for (size_t k = 0; k < 3; k++) {
        uint16_t n = packets[k];
        struct engine_run *r = er_new(NULL);
        for (uint16_t i = 0; i < n; i++)
            vxlan_udp(r, i, 0, (uint16_t)(1001 + i));
        er_finish(r);
        assert_int_equal(r->nrec, n + 1u);
        assert_string_equal(r->rec[1].s.history, n == 6 ? "D" : "DX");
        expect_tunnel(r, 1, "vxlan", 6, (const uint64_t[]){1, 3, 4, 5, 6, 7}); /* as far as it is followed */
        er_free(r);
    }
}

static void no_encapsulation_at_all_is_a_change_too(void **state)
{
    (void)state;
    for (unsigned n = 6; n <= 7; n++) {
        struct engine_run *r = er_new(NULL);
        for (unsigned i = 0; i < n; i++) {
            if (i % 2)
                vxlan_udp(r, i, 0, 1001);
            else
                er_udp(r, i, 0, 5);
        }
        er_finish(r);
        assert_int_equal(r->nrec, 2);
        assert_string_equal(r->rec[0].s.history, n == 6 ? "D" : "DX");
        expect_tunnel(r, 0, "vxlan", 1, (const uint64_t[]){2});
        er_free(r);
    }
}

static void a_fragmented_first_packet_is_no_change_of_encapsulation(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    uint8_t bytes[8 + 24], payload[24] = {1};
    pb_start(&r->b, payload, sizeof payload);
    pb_udp(&r->b, r->port[0], r->port[1]);
    pb_ip4(&r->b, r->host[0], r->host[1], 17);
    memcpy(bytes, r->b.p + 20, sizeof bytes);
    for (int i = 0; i < 2; i++) {
        pb_start(&r->b, bytes + 16 * i, 16);
        pb_ip4_header(&r->b, r->host[0], r->host[1], 17, 5, (uint16_t)(i == 0 ? 0x2000 : 2));
        into_vxlan(r, V1, 1000, V2, VXLAN);
        er_feed(r, i);
    }
    for (uint16_t i = 1; i <= 5; i++)
        vxlan_udp(r, 10 + i, 0, (uint16_t)(1000 + i));
    er_finish(r);
    assert_int_equal(r->nrec, 7);
    assert_string_equal(r->rec[1].s.history, "D"); /* five changes */
    expect_tunnel(r, 1, "vxlan", 6, (const uint64_t[]){1, 3, 4, 5, 6, 7});
    er_free(r);
}

static void beyond_four_encapsulations_nothing_is_opened(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    inner_udp(r, 0);
    static const char *const host[5][2] = {{"10.1.0.1", "10.1.0.2"},
                                           {"10.2.0.1", "10.2.0.2"},
                                           {"10.3.0.1", "10.3.0.2"},
                                           {"10.4.0.1", "10.4.0.2"},
                                           {"10.5.0.1", "10.5.0.2"}};
    for (int i = 0; i < 5; i++)
        into_vxlan(r, host[i][0], (uint16_t)(1001 + i), host[i][1], VXLAN);
    er_feed(r, 0);
    er_finish(r);
    assert_int_equal(r->nrec, 5);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(r->rec[i].s.history, "D");
    assert_string_equal(r->rec[4].s.history, "DX");
    expect_tunnel(r, 4, "vxlan/vxlan/vxlan/vxlan", 1, (const uint64_t[]){4});
    er_free(r);
}

static void a_fragmented_outer_datagram_belongs_to_both_sessions_whole(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    inner_udp(r, 0);
    into_vxlan(r, V1, 1001, V2, VXLAN);
    uint8_t bytes[200];
    size_t n = r->b.n - 20;
    assert_true(n <= sizeof bytes);
    memcpy(bytes, r->b.p + 20, n);
    for (int i = 0; i < 2; i++) {
        pb_start(&r->b, bytes + 24 * i, i == 0 ? 24 : n - 24);
        pb_ip4_header(&r->b, V1, V2, 17, 5, (uint16_t)(i == 0 ? 0x2000 : 3));
        er_feed(r, i);
    }
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    assert_int_equal(r->rec[0].s.evidence_pkts, 2);
    expect_tunnel(r, 1, "vxlan", 1, (const uint64_t[]){1});
    assert_int_equal(r->rec[1].s.ts_ns, ER_START_NS + ER_MS);
    assert_int_equal(r->rec[1].s.evidence_pkts, 2);
    er_free(r);
}

static void tcp_in_a_tunnel_is_followed_like_any_other(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    static const struct {
        uint8_t dir, flags;
        uint32_t seq, ack, len;
    } step[] = {{0, 0x02, 0, 0, 0}, {1, 0x12, 0, 1, 0}, {0, 0x10, 1, 1, 0},
                {0, 0x18, 1, 1, 7}, {1, 0x11, 1, 8, 0}, {0, 0x11, 8, 2, 0}};
    for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
        int d = step[i].dir;
        pb_start(&r->b, "0123456", step[i].len);
        pb_tcp(&r->b, r->port[d], r->port[1 - d], step[i].flags, r->isn[d] + step[i].seq,
               step[i].ack ? r->isn[1 - d] + step[i].ack : 0);
        pb_ip4(&r->b, r->host[d], r->host[1 - d], 6);
        into_vxlan(r, d ? V2 : V1, 1001, d ? V1 : V2, VXLAN);
        er_feed(r, (int64_t)i);
    }
    er_finish(r);
    /* Each direction has an outer session of its own: one change is not enough for an X... */
    assert_int_equal(r->nrec, 3);
    /* ... S>, h<, A>, D>, f<, F>: four changes. */
    er_expect(r, 1, "SF", "ShADfF", "evidence");
    er_expect_sizes(r, 1, 7, 0, 4, 2);
    expect_tunnel(r, 1, "vxlan", 2, (const uint64_t[]){1, 3});
    er_free(r);
}

static void geneve_options_are_skipped(void **state)
{
    (void)state;
    static const uint8_t head[16] = {2, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 1, 9, 9, 9, 9};
    struct engine_run *r = er_new(NULL);
    inner_udp(r, 0);
    pb_ethernet(&r->b, 0x0800);
    pb_front(&r->b, head, sizeof head);
    pb_udp(&r->b, 1001, GENEVE);
    pb_ip4(&r->b, V1, V2, 17);
    er_feed(r, 0);
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    expect_tunnel(r, 1, "geneve", 1, (const uint64_t[]){1});
    er_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_udp_tunnel_is_a_session_and_the_parent_of_what_is_inside),
        cmocka_unit_test(a_session_has_all_its_outer_sessions_as_parents),
        cmocka_unit_test(ip_in_ip_and_gre_are_no_sessions),
        cmocka_unit_test(tunnels_within_tunnels_have_a_path_and_the_nearest_parent),
        cmocka_unit_test(a_datagram_to_a_tunnel_port_that_is_none_is_a_plain_session),
        cmocka_unit_test(the_responder_port_makes_the_tunnel),
        cmocka_unit_test(the_sixth_change_of_encapsulation_is_marked),
        cmocka_unit_test(no_encapsulation_at_all_is_a_change_too),
        cmocka_unit_test(a_fragmented_first_packet_is_no_change_of_encapsulation),
        cmocka_unit_test(beyond_four_encapsulations_nothing_is_opened),
        cmocka_unit_test(a_fragmented_outer_datagram_belongs_to_both_sessions_whole),
        cmocka_unit_test(tcp_in_a_tunnel_is_followed_like_any_other),
        cmocka_unit_test(geneve_options_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
