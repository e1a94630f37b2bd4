/* When sessions end: conformance document, sections 1, 8 and 9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "tests/support/engine_run.h"

#include <string.h>

#define HANDSHAKE "0 > S 0; 10 < SA 0 1; 20 > A 1 1; "

/* Plays `before`, ticks the clock at `tick` (0: not at all), plays `after`: `n` sessions, the first with this
 * end. */
static void splits(const char *before, int64_t tick, const char *after, size_t n, const char *end)
{
    struct engine_run *r = er_new(NULL);
    er_play(r, before);
    if (tick)
        er_tick(r, tick);
    er_play(r, after);
    er_finish(r);
    assert_int_equal(r->nrec, n);
    assert_string_equal(fb_end_reason_name(r->rec[0].s.end_reason), end);
    for (size_t i = 1; i < n; i++)
        assert_string_equal(fb_end_reason_name(r->rec[i].s.end_reason), "evidence");
    er_free(r);
}

#define CLOSED HANDSHAKE "30 > FA 1 1; 40 < FA 1 2; 50 > A 2 2; "

static void a_closed_session_leaves_5_s_after_its_last_counted_packet(void **state)
{
    (void)state;
    splits(CLOSED, 0, "5039 > A 2 2", 1, "evidence");
    splits(CLOSED, 0, "5040 > A 2 2", 2, "fin");
    splits(CLOSED, 5040, "5041 > A 2 2", 2, "fin");
    /* The delay is unconditional: later packets do not prolong it. */
    splits(CLOSED "4000 > A 2 2; ", 0, "5040 > A 2 2", 2, "fin");
}

static void packets_after_the_close_count_but_do_not_move_the_end(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, CLOSED "900 > A 2 2");
    er_finish(r);
    er_expect(r, 0, "SF", "ShAFf", "evidence");
    er_expect_sizes(r, 0, 0, 0, 5, 2);
    assert_int_equal(r->rec[0].s.duration_ns, 40 * ER_MS);
    er_free(r);
}

static void a_reset_session_leaves_after_5_s(void **state)
{
    (void)state;
    splits(HANDSHAKE "30 < R 1; ", 0, "5029 > A 1 1", 1, "evidence");
    /* The packet at 4 s comes before both sides have closed, so that it still counts for the duration; the
     * delay runs from the reset. */
    splits(HANDSHAKE "30 < R 1; 4000 > A 1 1; ", 0, "5030 > A 1 1", 2, "rst");
    splits("0 > S 0; 1 < RA 0 1; ", 0, "5000 > A 1 1", 1, "evidence");
    splits("0 > S 0; 1 < RA 0 1; ", 0, "5001 > A 1 1", 2, "rst");
}

static void a_reset_does_not_wait_for_the_peers_data(void **state)
{
    (void)state;
    splits(HANDSHAKE "30 > A 1 1 100; 40 < R 1; ", 0, "5039 > A 101 1", 1, "evidence");
    splits(HANDSHAKE "30 > A 1 1 100; 40 < R 1; ", 0, "5040 > A 101 1", 2, "rst");
}

static void a_fin_towards_a_silent_peer_closes_at_once(void **state)
{
    (void)state;
    splits("0 > S 0; 100 > F 1; ", 0, "5099 > A 2 1", 1, "evidence");
    splits("0 > S 0; 100 > F 1; ", 0, "5100 > A 2 1", 2, "fin");
}

static void a_half_closed_session_waits_for_the_inactivity_timeout(void **state)
{
    (void)state;
    splits(HANDSHAKE "30 > FA 1 1; ", 20000, "299000 < A 1 2", 1, "evidence");
    splits(HANDSHAKE "30 > FA 1 1; ", 20000, "300030 < A 1 2", 2, "idle");
}

/* Duration when orig's payload of 30 ms is acknowledged at 60 ms, after the FINs or without them. */
static int64_t duration_of(const char *steps)
{
    struct engine_run *r = er_new(NULL);
    er_play(r, steps);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    int64_t d = r->rec[0].s.duration_ns / ER_MS;
    er_free(r);
    return d;
}

static void a_close_waits_for_the_acknowledgement_of_the_peers_data(void **state)
{
    (void)state;
    /* The responder's FIN acknowledges the payload: both closed at 40 ms. */
    assert_int_equal(duration_of(HANDSHAKE "30 > A 1 1 100; 35 > FA 101 1; 40 < FA 1 102; 60 > A 102 2"), 40);
    /* It does not: open until the ACK of 60 ms, which is the last that counts. */
    assert_int_equal(
        duration_of(HANDSHAKE "30 > A 1 1 100; 35 > FA 101 1; 40 < FA 1 1; 60 < A 2 102; 80 > A 102 2"), 60);
}

static void a_close_waits_for_missing_data(void **state)
{
    (void)state;
    /* Bytes 1..10 arrive after the FIN behind them, or never. */
    assert_int_equal(duration_of(HANDSHAKE "30 > FA 11 1; 60 > A 1 1 10; 70 < FA 1 12; 90 > A 12 2"), 70);
    assert_int_equal(duration_of(HANDSHAKE "30 > FA 11 1; 70 < FA 1 1; 90 > A 12 2"), 90);
}

static void connection_attempts_end_after_5_s(void **state)
{
    (void)state;
    splits("0 > S 0; 1000 > S 0; 3000 > S 0; ", 0, "4999 > S 0", 1, "evidence");
    splits("0 > S 0; 1000 > S 0; 3000 > S 0; ", 0, "5000 > S 0", 2, "attempt");
    splits("0 > S 0; 1000 > S 0; 3000 > S 0; ", 5000, "7000 > S 0", 2, "attempt");
    /* An answer in time: no attempt any more. */
    splits("0 > S 0; 4999 < SA 0 1; ", 5000, "7000 > A 1 1", 1, "evidence");
    splits("0 < SA 0 1; ", 0, "5000 < SA 0 1", 2, "attempt");
}

static void idle_sessions_end_after_5_minutes_or_1_hour_on_login_ports(void **state)
{
    (void)state;
    splits(HANDSHAKE, 60000, "300019 > A 1 1", 1, "evidence");
    splits(HANDSHAKE, 60000, "300020 > A 1 1", 2, "idle");
    splits("0 > A 1 1 10; ", 60000, "299999 > A 11 1", 1, "evidence");
    splits("0 > A 1 1 10; ", 60000, "300000 > A 11 1", 2, "idle");
    static const struct {
        uint16_t port;
        bool hour;
    } port[] = {{21, true}, {22, true}, {23, true}, {513, true}, {25, false}, {24, false}};
    for (size_t i = 0; i < sizeof port / sizeof *port; i++)
        for (int late = 0; late < 2; late++) {
            struct engine_run *r = er_new(NULL);
            r->port[1] = port[i].port;
            er_play(r, HANDSHAKE);
            er_play(r, port[i].hour ? late ? "3600020 > A 1 1" : "3600019 > A 1 1"
                       : late       ? "300020 > A 1 1"
                                    : "300019 > A 1 1");
            er_finish(r);
            assert_int_equal(r->nrec, late ? 2 : 1);
            er_free(r);
        }
}

static void udp_icmp_and_other_protocols_end_after_1_minute(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++)
        for (int late = 0; late < 2; late++) {
            struct engine_run *r = er_new(NULL);
            const int64_t at[] = {0, 30000, 90000 - 1 + late};
            for (int i = 0; i < 3; i++) {
                if (kind == 0)
                    er_udp(r, at[i], 0, 10);
                if (kind == 1)
                    er_icmp(r, at[i], i == 1, i == 1 ? 0 : 8, 0, 10);
                if (kind == 2) {
                    pb_start(&r->b, "x", 1);
                    pb_ip4(&r->b, r->host[0], r->host[1], 132);
                    er_feed(r, at[i]);
                }
            }
            er_finish(r);
            assert_int_equal(r->nrec, late ? 2 : 1);
            if (late)
                assert_int_equal(r->rec[0].s.end_reason, FB_END_IDLE);
            er_free(r);
        }
}

static void timeouts_are_options(void **state)
{
    (void)state;
    struct fb_engine_opts o = {
        .tcp_idle_ns = 400000 * ER_MS, .udp_idle_ns = 2000 * ER_MS, .icmp_idle_ns = 3000 * ER_MS};
    struct engine_run *r = er_new(&o);
    er_play(r, HANDSHAKE);
    er_udp(r, 1000, 0, 10);
    er_icmp(r, 1000, 0, 8, 0, 10);
    er_udp(r, 3000, 0, 10);
    er_icmp(r, 3999, 0, 8, 0, 10);
    er_play(r, "400019 > A 1 1");
    er_finish(r);
    assert_int_equal(r->nrec, 4);
    er_expect(r, 0, "S1", "ShA", "evidence");
    er_expect(r, 1, "S0", "D", "idle");
    assert_int_equal(r->rec[2].s.orig_pkts, 2);
    er_expect(r, 3, "S0", "D", "idle");
    er_free(r);
}

static void sessions_of_bad_packets_end_at_an_expire_check(void **state)
{
    (void)state;
    /* The first check comes 5 s after the start and wants more than 5 s of silence; then every 6 s. */
    splits("0 > A 1 1 0 c; ", 5000, "10999 > A 1 1 0 c", 1, "evidence");
    splits("0 > A 1 1 0 c; ", 5000, "11000 > A 1 1 0 c", 2, "idle");
    splits("0 > A 1 1 0 c; ", 5001, "5002 > A 1 1 0 c", 2, "idle");
}

static void a_reset_after_a_fin_of_the_same_side_ends_at_an_expire_check(void **state)
{
    (void)state;
    /* 6 s after the close of 40 ms. */
    splits(HANDSHAKE "40 < FA 1 1; 50 < R 2; ", 5000, "6039 > A 1 2", 1, "evidence");
    splits(HANDSHAKE "40 < FA 1 1; 50 < R 2; ", 5000, "6040 > A 1 2", 2, "rst");
    splits(HANDSHAKE "40 < FA 1 1; 50 < R 2; ", 5051, "5052 > A 1 2", 2, "rst");
}

/* ---- UDP DNS, 9.6 ---- */

static void dns_query(struct engine_run *r, int64_t ms)
{
    static const uint8_t query[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    pb_start(&r->b, query, sizeof query);
    pb_udp(&r->b, r->port[0], 53);
    pb_ip4(&r->b, r->host[0], r->host[1], 17);
    er_feed(r, ms);
}

static size_t dns_sessions(int64_t second, int64_t tick, int64_t last)
{
    struct engine_run *r = er_new(NULL);
    dns_query(r, 0);
    if (second)
        dns_query(r, second);
    if (tick)
        er_tick(r, tick);
    dns_query(r, last);
    er_finish(r);
    size_t n = r->nrec;
    er_free(r);
    return n;
}

static void dns_sessions_are_looked_at_every_10_s(void **state)
{
    (void)state;
    assert_int_equal(dns_sessions(0, 0, 9999), 1);
    assert_int_equal(dns_sessions(0, 0, 10000), 2);
    /* At 10 s the last packet is 5 s old; at 20 s it is too old. */
    assert_int_equal(dns_sessions(5000, 10000, 19999), 1);
    assert_int_equal(dns_sessions(5000, 10000, 20000), 2);
    /* 9 s of silence at the check are enough, less are not. */
    assert_int_equal(dns_sessions(1000, 10000, 10001), 2);
    assert_int_equal(dns_sessions(1001, 10000, 10002), 1);
    /* The second check comes 10 s after the first one ran. */
    assert_int_equal(dns_sessions(5000, 13000, 22999), 1);
    assert_int_equal(dns_sessions(5000, 13000, 23000), 2);
}

/* ---- the packet clock, section 1 ---- */

static void the_clock_never_goes_back_but_times_are_those_of_the_packets(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_tick(r, 5000);
    er_play(r, "100 > S 0; 90 < SA 0 1; 80 > A 1 1");
    er_tick(r, 200);
    struct fb_engine_stats st;
    fb_engine_stats(r->e, &st);
    assert_int_equal(st.now_ns, ER_START_NS + 5000 * ER_MS);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    assert_int_equal(r->rec[0].s.ts_ns, ER_START_NS + 100 * ER_MS);
    assert_int_equal(r->rec[0].s.duration_ns, -20 * ER_MS);
    er_expect(r, 0, "S1", "ShA", "evidence");
    er_free(r);
}

static void timers_count_from_the_clock_not_from_a_late_packet(void **state)
{
    (void)state;
    /* A SYN stamped 3 s behind: its attempt ends 5 s after the clock at which it came. */
    for (int late = 0; late < 2; late++) {
        struct engine_run *r = er_new(NULL);
        er_tick(r, 3000);
        er_play(r, "0 > S 0");
        er_play(r, late ? "8000 > S 0" : "7999 > S 0");
        er_finish(r);
        assert_int_equal(r->nrec, late ? 2 : 1);
        er_free(r);
    }
}

static void a_session_that_was_due_before_it_began_leaves_with_the_next_packet(void **state)
{
    (void)state;
    /* UDP stamped two minutes behind the clock: idle for longer than its timeout from the start. */
    struct engine_run *r = er_new(NULL);
    er_tick(r, 200000);
    er_udp(r, 80000, 0, 10);
    er_udp(r, 80001, 0, 10);
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    er_expect(r, 0, "S0", "D", "idle");
    er_expect(r, 1, "S0", "D", "evidence");
    er_free(r);
}

static void a_session_never_leaves_before_it_began(void **state)
{
    (void)state;
    /* The attempt of session 2 ends with ordinal 3. The late datagram of ordinal 4 was due long before, and
     * leaves with ordinal 5. */
    struct engine_run *r = er_new(NULL);
    er_tick(r, 200000);
    er_play(r, "200000 > S 0");
    er_tick(r, 205000);
    er_udp(r, 1, 0, 10);
    er_tick(r, 205001);
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    er_expect(r, 0, "S0", "S", "attempt");
    er_expect(r, 1, "S0", "D", "idle");
    assert_true(r->rec[0].left < r->rec[1].left);
    er_free(r);
}

static void timers_fire_before_the_packet_of_their_time(void **state)
{
    (void)state;
    /* One packet closes many timers; each session leaves with it, in the order of numbers. */
    struct engine_run *r = er_new(NULL);
    for (uint16_t i = 0; i < 50; i++) {
        r->port[0] = (uint16_t)(41000 + i);
        er_play(r, "0 > S 0");
    }
    er_tick(r, 5000);
    er_udp(r, 5001, 0, 1);
    er_finish(r);
    assert_int_equal(r->nrec, 51);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(r->rec[i].s.end_reason, FB_END_ATTEMPT);
        if (i > 0)
            assert_true(r->rec[i].left > r->rec[i - 1].left);
    }
    er_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_session_leaves_5_s_after_its_last_counted_packet),
        cmocka_unit_test(packets_after_the_close_count_but_do_not_move_the_end),
        cmocka_unit_test(a_reset_session_leaves_after_5_s),
        cmocka_unit_test(a_reset_does_not_wait_for_the_peers_data),
        cmocka_unit_test(a_fin_towards_a_silent_peer_closes_at_once),
        cmocka_unit_test(a_half_closed_session_waits_for_the_inactivity_timeout),
        cmocka_unit_test(a_close_waits_for_the_acknowledgement_of_the_peers_data),
        cmocka_unit_test(a_close_waits_for_missing_data),
        cmocka_unit_test(connection_attempts_end_after_5_s),
        cmocka_unit_test(idle_sessions_end_after_5_minutes_or_1_hour_on_login_ports),
        cmocka_unit_test(udp_icmp_and_other_protocols_end_after_1_minute),
        cmocka_unit_test(timeouts_are_options),
        cmocka_unit_test(sessions_of_bad_packets_end_at_an_expire_check),
        cmocka_unit_test(a_reset_after_a_fin_of_the_same_side_ends_at_an_expire_check),
        cmocka_unit_test(dns_sessions_are_looked_at_every_10_s),
        cmocka_unit_test(the_clock_never_goes_back_but_times_are_those_of_the_packets),
        cmocka_unit_test(timers_count_from_the_clock_not_from_a_late_packet),
        cmocka_unit_test(a_session_that_was_due_before_it_began_leaves_with_the_next_packet),
        cmocka_unit_test(a_session_never_leaves_before_it_began),
        cmocka_unit_test(timers_fire_before_the_packet_of_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
