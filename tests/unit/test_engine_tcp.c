#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/engine_run.h"

#include <stdio.h>

#define HANDSHAKE "0 > S 0; 10 < SA 0 1; 20 > A 1 1; "

/* ---- conn_state, row by row (conformance document, section 10) ---- */

static void syn_alone_is_s0(void **state)
{
    (void)state;
    er_case("0 > S 0", "S0", "S", "evidence");
    er_case("0 > S 0; 900 > S 0; 1800 > S 0", "S0", "S", "evidence");
}

static void rst_against_a_syn_is_rej(void **state)
{
    (void)state;
    er_case("0 > S 0; 1 < RA 0 1", "REJ", "Sr", "evidence");
    /* Both sides reset without a byte of payload. */
    er_case(HANDSHAKE "30 > R 1; 40 < R 1", "REJ", "ShARr", "evidence");
    er_case(HANDSHAKE "30 > A 1 1 5; 40 < R 1; 50 > R 6", "RSTR", "ShADrR", "evidence");
}

static void rst_of_the_responder_is_rstr_or_rstrh(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 < R 1", "RSTR", "ShAr", "evidence");
    er_case("0 > A 1 1 10; 5 < R 1", "RSTRH", "Dr", "evidence");
}

static void rst_of_the_originator_is_rsto(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > R 1", "RSTO", "ShAR", "evidence");
    er_case("0 > A 1 1 10; 5 < A 1 11 10; 6 > R 11", "OTH", "DdR", "evidence");
}

static void rstos0_needs_syn_then_rst_with_nothing_but_repeats_between(void **state)
{
    (void)state;
    er_case("0 > S 0; 5 > R 1", "RSTOS0", "SR", "evidence");
    er_case("0 > S 0 0 5; 5 > S 0 0 5; 9 > R 6", "RSTOS0", "STR", "evidence");
    er_case("0 > S 0; 3 > A 1 1; 5 > R 1", "OTH", "SAR", "evidence");
    er_case("0 > R 1", "OTH", "R", "evidence");
}

static void closed_sides_give_sf_sh_s2_shr_s3(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > FA 1 1; 40 < FA 1 2; 50 > A 2 2", "SF", "ShAFf", "evidence");
    er_case("0 > S 0; 5 > F 1", "SH", "SF", "evidence");
    er_case(HANDSHAKE "30 > FA 1 1", "S2", "ShAF", "evidence");
    er_case(HANDSHAKE "30 < FA 1 1", "S3", "ShAf", "evidence");
    /* Nobody knows who began: the SYN-ACK's sender goes on alone. */
    er_case("0 < SA 0 1; 5 < A 1 1; 9 < A 1 1 10; 12 < FA 11 1", "SHR", "^hadf", "evidence");
}

static void established_on_both_sides_is_s1(void **state)
{
    (void)state;
    er_case(HANDSHAKE, "S1", "ShA", "evidence");
    er_case("0 > S 0; 10 < SA 0 1", "S1", "Sh", "evidence");
}

static void a_session_without_its_start_is_oth(void **state)
{
    (void)state;
    er_case("0 > A 1 1 10; 5 < A 1 11", "OTH", "Da", "evidence");
    er_case("0 > A 1 1", "OTH", "A", "evidence");
    er_case("0 < SA 0 1", "OTH", "H", "evidence");
}

static void rst_after_both_fins_stays_sf(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > FA 1 1; 40 < FA 1 2; 50 > A 2 2; 60 > R 2", "SF", "ShAFfR", "evidence");
}

static void fin_then_rst_is_rsto_until_the_peer_closes_too(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > FA 1 1; 40 > R 2", "RSTO", "ShAFR", "evidence");
    er_case(HANDSHAKE "30 > FA 1 1; 40 > R 2; 50 < FA 1 2", "SF", "ShAFRf", "evidence");
}

/* ---- history (section 6) ---- */

static void two_control_flags_at_once_have_letters_of_their_own(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > FRA 1 1; 35 > FRA 1 1", "RSTO", "ShAI", "evidence");
    er_case("0 > SF 0", "SH", "Q", "evidence");
    er_case("0 > SR 0", "OTH", "Q", "evidence");
}

static void fin_and_rst_letters_come_again_only_with_another_number(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > FA 1 1; 40 > FA 1 1", "S2", "ShAF", "evidence");
    er_case(HANDSHAKE "30 > FA 1 1; 40 > FA 5 1", "S2", "ShAFF", "evidence");
    er_case(HANDSHAKE "30 > R 1; 40 > R 1", "RSTO", "ShAR", "evidence");
    er_case(HANDSHAKE "30 > R 1; 40 > R 9", "RSTO", "ShARR", "evidence");
}

static void acknowledgements_and_data_stand_once_a_side(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > A 1 1 5; 40 < A 1 6 7; 50 > A 6 8; 60 > A 6 8 5; 70 < A 8 11", "S1", "ShADda",
            "evidence");
}

static void a_segment_without_anything_adds_no_letter(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 < - 1", "S1", "ShA", "evidence");
}

static void a_fin_with_payload_gives_no_d(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, HANDSHAKE "30 > FA 1 1 20; 40 < FA 1 22");
    er_finish(r);
    er_expect(r, 0, "SF", "ShAFf", "evidence");
    er_expect_sizes(r, 0, 20, 0, 3, 2);
    er_free(r);
}

/* n times the same step after a handshake. */
static struct engine_run *repeated(const char *first, const char *step, unsigned n)
{
    struct engine_run *r = er_new(NULL);
    er_play(r, first);
    for (unsigned i = 0; i < n; i++)
        er_play(r, step);
    er_finish(r);
    return r;
}

static void scaled_letters_come_at_1_10_and_100(void **state)
{
    (void)state;
    static const struct {
        unsigned n;
        const char *letters;
    } at[] = {{1, "1"}, {9, "1"}, {10, "11"}, {99, "11"}, {100, "111"}};
    static const struct {
        const char *first, *step, *before, *letter;
    } kind[] = {
        {HANDSHAKE "30 > A 1 1 8", "40 > A 1 1 8", "ShAD", "T"}, /* retransmission */
        {HANDSHAKE, "40 > A 1 1 0 z", "ShA", "W"},               /* zero window */
        {HANDSHAKE, "40 < A 1 1 0 c", "ShA", "c"},               /* bad checksum */
    };
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++)
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            char want[32];
            (void)snprintf(want, sizeof want, "%s%.*s", kind[k].before, (int)strlen(at[i].letters),
                           k == 0   ? "TTT"
                           : k == 1 ? "WWW"
                                    : "ccc");
            struct engine_run *r = repeated(kind[k].first, kind[k].step, at[i].n);
            er_expect(r, 0, "S1", want, "evidence");
            er_free(r);
        }
}

static void gaps_are_scaled_too_and_missed_bytes_add_up(void **state)
{
    (void)state;
    static const unsigned n[] = {1, 9, 10, 100};
    static const char *want[] = {"ShADaG", "ShADaG", "ShADaGG", "ShADaGGG"};
    for (size_t k = 0; k < 4; k++) {
        struct engine_run *r = er_new(NULL);
        er_play(r, HANDSHAKE);
        for (unsigned i = 0; i < n[k]; i++) {
            char steps[96];
            /* Of each 30 bytes the first 20 are lost. */
            (void)snprintf(steps, sizeof steps, "%u > A %u 1 10; %u < A 1 %u", 30 + i, 21 + 30 * i, 30 + i,
                           31 + 30 * i);
            er_play(r, steps);
        }
        er_finish(r);
        er_expect(r, 0, "S1", want[k], "evidence");
        assert_int_equal(r->rec[0].s.missed_bytes, 20 * n[k]);
        er_expect_sizes(r, 0, 30 * n[k], 0, 2 + n[k], 1 + n[k]);
        er_free(r);
    }
}

static void zero_windows_of_a_rst_or_towards_a_closed_side_do_not_count(void **state)
{
    (void)state;
    er_case(HANDSHAKE "30 > R 1 0 0 z", "RSTO", "ShAR", "evidence");
    er_case(HANDSHAKE "30 > FA 1 1; 40 < A 1 2 0 z", "S2", "ShAFa", "evidence");
    er_case(HANDSHAKE "30 > FA 1 1; 40 > A 2 1 0 z", "S2", "ShAFW", "evidence");
}

static void the_letters_of_one_segment_stand_in_order(void **state)
{
    (void)state;
    /* Data that repeats, in a zero-window segment whose ACK reveals a gap of the peer. */
    er_case(HANDSHAKE "30 > A 1 1 8; 40 > A 1 51 8 z", "S1", "ShADWTg", "evidence");
}

static void a_bad_checksum_makes_a_session_and_no_more(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, "0 > S 0 0 0 c; 700 > A 1 1 5 c");
    er_finish(r);
    er_expect(r, 0, "OTH", "C", "evidence");
    er_expect_sizes(r, 0, 0, 0, 0, 0);
    assert_int_equal(r->rec[0].s.duration_ns, 0);
    assert_int_equal(r->rec[0].s.bad_checksum_pkts, 2);
    assert_int_equal(r->rec[0].s.evidence_pkts, 2);
    er_free(r);
}

static void a_bad_header_length_makes_a_session_and_no_letter(void **state)
{
    (void)state;
    struct fb_engine_opts o = {.decode.ignore_checksums = true};
    struct engine_run *r = er_new(&o);
    er_play(r, "0 > S 0 0 0 h");
    er_finish(r);
    er_expect(r, 0, "OTH", "", "evidence");
    er_expect_sizes(r, 0, 0, 0, 0, 0);
    er_free(r);
}

/* ---- roles (section 4) ---- */

static void roles(unsigned port_a, unsigned port_b, const char *steps, bool flipped, const char *history)
{
    struct engine_run *r = er_new(NULL);
    r->port[0] = (uint16_t)port_a;
    r->port[1] = (uint16_t)port_b;
    er_play(r, steps);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    assert_string_equal(r->rec[0].s.history, history);
    assert_int_equal(r->rec[0].s.orig_p, flipped ? port_b : port_a);
    assert_int_equal(r->rec[0].s.resp_p, flipped ? port_a : port_b);
    assert_int_equal(flipped ? r->rec[0].s.resp_pkts : r->rec[0].s.orig_pkts, 1);
    er_free(r);
}

static void the_side_with_the_server_port_answers(void **state)
{
    (void)state;
    roles(80, 40000, "0 > A 1 1 10", true, "^d");
    roles(80, 40000, "0 > SA 0 1", true, "^h");
    roles(80, 40000, "0 > F 1", true, "^f");
    roles(80, 40000, "0 > S 0", false, "S");
    roles(40000, 80, "0 > A 1 1 10", false, "D");
    /* Both are server ports: the lower one, unless it is a SYN-ACK that says who answers. */
    roles(80, 443, "0 > A 1 1 10", true, "^d");
    roles(443, 80, "0 > A 1 1 10", false, "D");
    roles(80, 443, "0 > SA 0 1", false, "H");
    /* 110 and 23 are no likely server ports. */
    roles(110, 40000, "0 > A 1 1 10", false, "D");
    roles(23, 40000, "0 > A 1 1 10", false, "D");
}

static void a_lone_syn_ack_makes_its_sender_the_responder_once_somebody_goes_on(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, "0 < SA 0 1; 5 > A 1 1; 9 > A 1 1 10; 12 < A 1 11 20");
    er_finish(r);
    er_expect(r, 0, "OTH", "^hADd", "evidence");
    er_expect_sizes(r, 0, 10, 20, 2, 2);
    assert_int_equal(r->rec[0].s.orig_p, 40000);
    er_free(r);
    er_case("0 < SA 0 1; 5 < A 1 1 10", "OTH", "^hd", "evidence");
    er_case("0 < SA 0 1; 5 < R 1", "OTH", "HR", "evidence");
    er_case("0 < SA 0 1; 3 > A 1 1 0 c; 5 < A 1 1; 9 < A 1 1 10; 12 < FA 11 1", "SH", "HcADF", "evidence");
}

static void a_syn_after_its_syn_ack_turns_the_roles(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, "0 < SA 0 1; 5 > S 0; 9 > A 1 1; 12 > A 1 1 10; 15 < A 1 11 20");
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    er_expect(r, 0, "S1", "Hs^ADd", "evidence");
    er_expect_sizes(r, 0, 10, 20, 3, 2);
    assert_int_equal(r->rec[0].s.orig_p, 40000);
    er_free(r);
}

/* ---- one tuple, several sessions (section 3) ---- */

static size_t sessions_of(const char *steps)
{
    struct engine_run *r = er_new(NULL);
    er_play(r, steps);
    er_finish(r);
    size_t n = r->nrec;
    for (size_t i = 0; i + 1 < n; i++)
        assert_string_equal(fb_end_reason_name(r->rec[i].s.end_reason), "reuse");
    er_free(r);
    return n;
}

static void a_syn_with_another_number_starts_a_session(void **state)
{
    (void)state;
    assert_int_equal(sessions_of("0 > S 0; 100 > S 0"), 1);
    assert_int_equal(sessions_of("0 > S 0; 100 > S 777"), 2);
    assert_int_equal(sessions_of(HANDSHAKE "30 > A 1 1 10; 100 > S 777"), 2);
    assert_int_equal(sessions_of(HANDSHAKE "30 > A 1 1 10; 100 > S 0"), 1);
    /* Direction is not looked at: a simultaneous open is two sessions. */
    assert_int_equal(sessions_of("0 > S 0; 10 < S 0"), 2);
}

static void once_a_side_has_closed_any_syn_starts_a_session(void **state)
{
    (void)state;
    assert_int_equal(sessions_of("0 > S 0; 1 < RA 0 1; 2 > S 0; 3 < RA 0 1; 4 > S 0"), 3);
    assert_int_equal(sessions_of(HANDSHAKE "30 > FA 1 1; 40 > S 0"), 2);
}

static void a_syn_ack_starts_a_session_only_when_the_originator_was_never_heard(void **state)
{
    (void)state;
    assert_int_equal(sessions_of(HANDSHAKE "40 < SA 500 1"), 1);
    struct engine_run *r = er_new(NULL);
    r->port[1] = 80;
    er_play(r, "0 < SA 0 1; 10 < SA 0 1; 20 < SA 500 1");
    er_finish(r);
    assert_int_equal(r->nrec, 2);
    er_expect(r, 0, "OTH", "^h", "reuse");
    er_expect(r, 1, "OTH", "^h", "evidence");
    er_free(r);
}

static void sessions_that_begin_at_one_instant_have_different_uids(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, "0 > S 0; 0 > S 100; 0 > S 200; 1 > S 300");
    er_finish(r);
    assert_int_equal(r->nrec, 4);
    char uid[4][FB_UID_STRLEN];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r->rec[i].s.uid_dup, i < 3 ? i : 0);
        fb_session_uid(&r->rec[i].s, uid[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(uid[i], uid[k]);
    }
    er_free(r);
}

/* ---- sizes (section 7) ---- */

static void sizes_count_each_byte_of_the_stream_once(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, HANDSHAKE "30 > A 1 1 100; 40 > A 1 1 100; 50 < A 1 101 30; 60 > FA 101 31; 70 < FA 31 102");
    er_finish(r);
    er_expect(r, 0, "SF", "ShADTdFf", "evidence");
    er_expect_sizes(r, 0, 100, 30, 5, 3);
    assert_int_equal(r->rec[0].s.orig_ip_bytes, 5 * 40 + 200);
    assert_int_equal(r->rec[0].s.resp_ip_bytes, 3 * 40 + 30);
    assert_int_equal(r->rec[0].s.duration_ns, 70 * ER_MS);
    er_free(r);
}

static void sizes_go_over_the_end_of_the_number_space(void **state)
{
    (void)state;
    for (uint32_t before = 0; before < 6; before++) {
        struct engine_run *r = er_new(NULL);
        r->isn[0] = 0u - before;
        r->isn[1] = 0u - 2 * before;
        er_play(r, HANDSHAKE
                "30 > A 1 1 3; 40 < A 1 4 3; 50 > A 4 4 3; 60 < A 4 7 9; 70 > FA 7 13; 80 < FA 13 8");
        er_finish(r);
        er_expect(r, 0, "SF", "ShADdFf", "evidence");
        er_expect_sizes(r, 0, 6, 12, 5, 4);
        assert_int_equal(r->rec[0].s.missed_bytes, 0);
        er_free(r);
    }
}

static void a_stream_of_several_gigabytes_keeps_its_size(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    er_play(r, HANDSHAKE);
    const uint64_t jump = 1u << 30;
    for (uint64_t k = 0; k <= 6; k++) {
        char steps[128];
        unsigned long long at = 1 + k * jump;
        (void)snprintf(steps, sizeof steps, "%u > A %llu 1 1; %u < A 1 %llu", (unsigned)(30 + k), at,
                       (unsigned)(30 + k), at + 1);
        er_play(r, steps);
    }
    er_finish(r);
    er_expect(r, 0, "S1", "ShADaG", "evidence");
    /* The size counts wraps; relative numbers are a signed 32-bit distance until the first wrap, so that gaps
     * are only seen in the first 2 GiB (section 5, step 3). */
    er_expect_sizes(r, 0, 6 * jump + 1, 0, 9, 8);
    assert_int_equal(r->rec[0].s.missed_bytes, jump - 1);
    er_free(r);
}

static void orig_size(const char *steps, uint64_t bytes, uint64_t missed)
{
    struct engine_run *r = er_new(NULL);
    er_play(r, steps);
    er_finish(r);
    assert_int_equal(r->nrec, 1);
    assert_int_equal(r->rec[0].s.orig_bytes, bytes);
    assert_int_equal(r->rec[0].s.missed_bytes, missed);
    er_free(r);
}

static void sizes_come_from_sequence_numbers(void **state)
{
    (void)state;
    orig_size(HANDSHAKE "30 < A 1 101", 100, 100);                        /* acknowledged, never captured */
    orig_size(HANDSHAKE "30 > R 1 0 10", 0, 0);                           /* payload of a RST */
    orig_size(HANDSHAKE "30 > A 1 1 9; 40 < A 1 10; 50 > A 9 1 1", 9, 0); /* keep-alive */
    orig_size(HANDSHAKE "30 > A 1 1 100; 40 < A 1 101; 50 > S 0", 0, 0);  /* SYN restarts the count */
    orig_size("0 > A 1 1 100; 10 < A 1 101", 100, 0);                     /* no SYN seen */
    orig_size("0 > S 0 0 10; 10 < SA 0 11", 10, 0);                       /* payload with the SYN */
}

/* ---- gaps (section 7) ---- */

static void a_hole_counts_when_it_is_acknowledged_on_a_clean_session(void **state)
{
    (void)state;
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 < A 1 21", 20, 10);
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 > A 31 1 10; 50 < A 1 41", 40, 20);
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 < A 1 5", 20, 4);               /* as far as it is acknowledged */
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 < A 1 5; 50 < A 1 21", 20, 10); /* and the rest */
    orig_size(HANDSHAKE "30 > A 1 1 10; 40 > FA 21 1; 50 < A 1 22", 20, 10);
}

static void a_hole_that_is_filled_or_never_acknowledged_is_none(void **state)
{
    (void)state;
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 > A 1 1 10; 50 < A 1 21", 20, 0);
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 < A 1 1", 20, 0);
    orig_size(HANDSHAKE "30 > A 11 1 10; 40 < R 1", 20, 0);
}

static void a_hole_of_a_session_without_its_start_is_none(void **state)
{
    (void)state;
    orig_size("0 > A 1 1 10; 5 < A 1 11 5; 9 > A 31 6 10; 12 < A 6 41", 40, 0);
}

static void payload_that_was_not_captured_is_missed_when_acknowledged(void **state)
{
    (void)state;
    orig_size(HANDSHAKE "30 > A 1 1 100 x; 40 < A 1 101", 100, 100);
    orig_size(HANDSHAKE "30 > A 1 1 100 x", 100, 0);
}

static void after_16_kib_above_an_unacknowledged_hole_nothing_is_missed(void **state)
{
    (void)state;
    /* 11 segments of 1460 bytes from byte 11 on, and one that makes it 16,384 or 16,385 bytes past byte 1. */
    for (unsigned more = 314; more <= 315; more++) {
        struct engine_run *r = er_new(NULL);
        er_play(r, HANDSHAKE);
        char steps[80];
        for (unsigned i = 0; i < 11; i++) {
            (void)snprintf(steps, sizeof steps, "30 > A %u 1 1460", 11 + 1460 * i);
            er_play(r, steps);
        }
        (void)snprintf(steps, sizeof steps, "31 > A 16071 1 %u; 40 < A 1 %u", more, 16071 + more);
        er_play(r, steps);
        er_finish(r);
        assert_int_equal(r->rec[0].s.missed_bytes, more == 314 ? 10 : 0);
        assert_string_equal(r->rec[0].s.history, more == 314 ? "ShADaG" : "ShADa");
        er_free(r);
    }
}

static void a_fin_right_after_the_syn_sets_the_number_without_a_wrap(void **state)
{
    (void)state;
    struct engine_run *r = er_new(NULL);
    r->isn[0] = 0xfffffffe;
    er_play(r, HANDSHAKE "30 > FA 3 1");
    er_finish(r);
    er_expect(r, 0, "S2", "ShAF", "evidence");
    er_expect_sizes(r, 0, 0, 0, 3, 1);
    er_free(r);
    /* Elsewhere the two bytes before it count. */
    orig_size(HANDSHAKE "30 > FA 3 1", 2, 0);
}

static void the_first_byte_of_a_partial_session_is_not_missed(void **state)
{
    (void)state;
    /* A pure ACK from an unseen place: the responder's SYN was missed. */
    orig_size("0 > S 0; 10 < A 1 1; 20 > A 1 1 10; 30 < A 1 11", 10, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_alone_is_s0),
        cmocka_unit_test(rst_against_a_syn_is_rej),
        cmocka_unit_test(rst_of_the_responder_is_rstr_or_rstrh),
        cmocka_unit_test(rst_of_the_originator_is_rsto),
        cmocka_unit_test(rstos0_needs_syn_then_rst_with_nothing_but_repeats_between),
        cmocka_unit_test(closed_sides_give_sf_sh_s2_shr_s3),
        cmocka_unit_test(established_on_both_sides_is_s1),
        cmocka_unit_test(a_session_without_its_start_is_oth),
        cmocka_unit_test(rst_after_both_fins_stays_sf),
        cmocka_unit_test(fin_then_rst_is_rsto_until_the_peer_closes_too),
        cmocka_unit_test(two_control_flags_at_once_have_letters_of_their_own),
        cmocka_unit_test(fin_and_rst_letters_come_again_only_with_another_number),
        cmocka_unit_test(acknowledgements_and_data_stand_once_a_side),
        cmocka_unit_test(a_segment_without_anything_adds_no_letter),
        cmocka_unit_test(a_fin_with_payload_gives_no_d),
        cmocka_unit_test(scaled_letters_come_at_1_10_and_100),
        cmocka_unit_test(gaps_are_scaled_too_and_missed_bytes_add_up),
        cmocka_unit_test(zero_windows_of_a_rst_or_towards_a_closed_side_do_not_count),
        cmocka_unit_test(the_letters_of_one_segment_stand_in_order),
        cmocka_unit_test(a_bad_checksum_makes_a_session_and_no_more),
        cmocka_unit_test(a_bad_header_length_makes_a_session_and_no_letter),
        cmocka_unit_test(the_side_with_the_server_port_answers),
        cmocka_unit_test(a_lone_syn_ack_makes_its_sender_the_responder_once_somebody_goes_on),
        cmocka_unit_test(a_syn_after_its_syn_ack_turns_the_roles),
        cmocka_unit_test(a_syn_with_another_number_starts_a_session),
        cmocka_unit_test(once_a_side_has_closed_any_syn_starts_a_session),
        cmocka_unit_test(a_syn_ack_starts_a_session_only_when_the_originator_was_never_heard),
        cmocka_unit_test(sessions_that_begin_at_one_instant_have_different_uids),
        cmocka_unit_test(sizes_count_each_byte_of_the_stream_once),
        cmocka_unit_test(sizes_go_over_the_end_of_the_number_space),
        cmocka_unit_test(a_stream_of_several_gigabytes_keeps_its_size),
        cmocka_unit_test(sizes_come_from_sequence_numbers),
        cmocka_unit_test(a_hole_counts_when_it_is_acknowledged_on_a_clean_session),
        cmocka_unit_test(a_hole_that_is_filled_or_never_acknowledged_is_none),
        cmocka_unit_test(a_hole_of_a_session_without_its_start_is_none),
        cmocka_unit_test(payload_that_was_not_captured_is_missed_when_acknowledged),
        cmocka_unit_test(after_16_kib_above_an_unacknowledged_hole_nothing_is_missed),
        cmocka_unit_test(a_fin_right_after_the_syn_sets_the_number_without_a_wrap),
        cmocka_unit_test(the_first_byte_of_a_partial_session_is_not_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
