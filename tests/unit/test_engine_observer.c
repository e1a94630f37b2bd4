/* What an observer is shown of sessions, and that its records come in one order whoever computes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "base/observe.h"
#include "tests/support/engine_run.h"
#include "tests/support/random_traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- an observer that writes down what it is shown, as text ---- */

static const struct fb_rec_col note_cols[] = {{"note", FB_REC_TEXT}};
static const struct fb_rec_def note_def = {"note", 60000, FB_REC_EVENTS, 1, note_cols};

struct note {
    uint16_t orig_p, resp_p;
    uint64_t shown[2]; /* bytes of each side, by from_orig */
    unsigned calls;
};

static void put_note(struct fb_observe_out *out, const struct fb_seen *at, const char *text)
{
    struct fb_buf row;
    fb_buf_init(&row, 4096);
    fb_rec_text(&row, text);
    out->put(out, &note_def, at, (struct fb_span){row.data, row.len});
    fb_buf_release(&row);
}

static void *note_open(const struct fb_observed_flow *flow)
{
    if (flow->resp_p == 7)
        return NULL;
    struct note *n = calloc(1, sizeof *n);
    assert_non_null(n);
    n->orig_p = flow->orig_p;
    n->resp_p = flow->resp_p;
    return n;
}

static unsigned note_data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                          struct fb_observe_out *out)
{
    struct note *s = state;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = fb_mix64(sum ^ p[i]);
    s->shown[at->from_orig] += n;
    char text[200];
    (void)snprintf(text, sizeof text, "%u>%u %s data %zu %016llx first %02x", s->orig_p, s->resp_p,
                   at->from_orig ? "orig" : "resp", n, (unsigned long long)sum, p[0]);
    put_note(out, at, text);
    return ++s->calls == 30 ? FB_OBSERVE_DONE : 0;
}

static unsigned note_gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct note *s = state;
    char text[100];
    (void)snprintf(text, sizeof text, "%u>%u %s gap %llu", s->orig_p, s->resp_p,
                   at->from_orig ? "orig" : "resp", (unsigned long long)n);
    put_note(out, at, text);
    return 0;
}

static void note_flip(void *state)
{
    struct note *s = state;
    uint16_t p = s->orig_p;
    s->orig_p = s->resp_p;
    s->resp_p = p;
}

static void note_close(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct note *s = state;
    char text[100];
    (void)snprintf(text, sizeof text, "%u>%u close %llu %llu", s->orig_p, s->resp_p,
                   (unsigned long long)s->shown[1], (unsigned long long)s->shown[0]);
    put_note(out, at, text);
    free(s);
}

static size_t note_bytes(const void *state)
{
    return sizeof(struct note) + 100 * ((const struct note *)state)->calls;
}

static void note_packet(const struct fb_seen *at, uint16_t ethertype, const uint8_t *src_mac,
                        const uint8_t *dst_mac, const uint8_t *p, size_t n, struct fb_observe_out *out)
{
    char text[100];
    (void)snprintf(text, sizeof text, "frame %04x %02x %02x %zu %02x", ethertype, src_mac ? src_mac[5] : 0xff,
                   dst_mac ? dst_mac[5] : 0xff, n, n ? p[0] : 0xff);
    put_note(out, at, text);
}

static const struct fb_observer notes = {.open = note_open,
                                         .data = note_data,
                                         .gap = note_gap,
                                         .flip = note_flip,
                                         .close = note_close,
                                         .bytes = note_bytes,
                                         .packet = note_packet};

/* ---- a run that keeps the lines as they reach the sink ---- */

static const char *lines(const struct engine_run *r)
{
    return fb_buf_cstr((struct fb_buf *)&r->seen);
}

static struct engine_run *start(unsigned threads, uint64_t memory)
{
    struct fb_engine_opts o = {.threads = threads, .memory_bytes = memory, .observer = &notes};
    return er_new(&o);
}

static void tcp_payload_comes_in_order_with_its_gaps(void **state)
{
    (void)state;
    struct engine_run *r = start(1, 0);
    er_play(r, "0 > S 0; 1 < SA 0 1; 2 > A 1 1; 3 > A 1 1 10; 4 > A 21 1 10; 5 > A 11 1 10; 6 < A 1 31;"
               "7 > A 41 1 5; 8 < A 1 46");
    er_finish(r);
    assert_string_equal(lines(r), "1 4 40000>9000 orig data 10 8627ed342bdd98d3 first a5\n"
                                  "1 6 40000>9000 orig data 10 8627ed342bdd98d3 first a5\n"
                                  "1 6 40000>9000 orig data 10 8627ed342bdd98d3 first a5\n"
                                  "1 9 40000>9000 orig gap 10\n"
                                  "1 9 40000>9000 orig data 5 7bea48583bb40f4d first a5\n"
                                  "1 9 40000>9000 close 35 0\n");
    er_free(r);
}

static void datagrams_come_one_by_one_and_an_answer_first_turns_the_roles(void **state)
{
    (void)state;
    struct engine_run *r = start(1, 0);
    static const uint8_t answer[] = {0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0};
    r->port[0] = 40001;
    r->port[1] = 53;
    pb_start(&r->b, answer, sizeof answer);
    pb_udp(&r->b, 40001, 53); /* to the server's port, yet an answer */
    pb_ip4(&r->b, r->host[0], r->host[1], 17);
    er_feed(r, 0);
    er_udp(r, 1, 1, 3);
    er_udp(r, 2, 1, 0); /* empty: nothing to show */
    er_finish(r);
    char text[400];
    (void)snprintf(text, sizeof text, "%s", lines(r));
    assert_non_null(strstr(text, "1 1 53>40001 resp data 12"));
    assert_non_null(strstr(text, "1 2 53>40001 orig data 3"));
    assert_non_null(strstr(text, "1 3 53>40001 close 3 12"));
    er_free(r);
}

static void icmp_messages_come_with_their_header(void **state)
{
    (void)state;
    struct engine_run *r = start(1, 0);
    er_icmp(r, 0, 0, 8, 0, 20);
    er_icmp(r, 1, 1, 0, 0, 20);
    er_finish(r);
    assert_non_null(strstr(lines(r), "1 1 8>0 orig data 28"));
    assert_non_null(strstr(lines(r), "first 08"));
    assert_non_null(strstr(lines(r), "1 2 8>0 resp data 28"));
    er_free(r);
}

static void frames_without_ip_come_with_their_macs(void **state)
{
    (void)state;
    struct engine_run *r = start(1, 0);
    static const uint8_t arp[28] = {0x00, 0x01, 0x08};
    pb_start(&r->b, arp, sizeof arp);
    pb_ethernet(&r->b, 0x0806);
    er_feed_link(r, 0, 1);
    pb_start(&r->b, arp, sizeof arp);
    pb_vlan(&r->b, 5, 0x0806);
    pb_ethernet(&r->b, 0x8100);
    er_feed_link(r, 1, 1);
    er_finish(r);
    assert_string_equal(lines(r), "0 1 frame 0806 01 02 28 00\n0 2 frame 0806 01 02 28 00\n");
    er_free(r);
}

static void a_session_that_is_not_wanted_is_not_shown(void **state)
{
    (void)state;
    struct engine_run *r = start(1, 0);
    r->port[1] = 7;
    er_udp(r, 0, 0, 3);
    er_udp(r, 1, 0, 3);
    er_finish(r);
    assert_string_equal(lines(r), "");
    er_free(r);
}

static void after_done_nothing_more_is_shown(void **state)
{
    (void)state;
    struct engine_run *r = start(1, 0);
    for (int i = 0; i < 40; i++)
        er_udp(r, i, 0, 3);
    er_finish(r);
    unsigned n = 0;
    for (const char *p = lines(r); (p = strstr(p, " data ")) != NULL; p++)
        n++;
    assert_int_equal(n, 30);
    assert_non_null(strstr(lines(r), "1 30 40000>9000 close 90 0\n"));
    assert_null(strstr(strstr(lines(r), "close") + 1, "close"));
    er_free(r);
}

/* ---- the same whoever computes it ---- */

static struct engine_run *traffic(uint64_t seed, unsigned threads, uint64_t memory, uint64_t shift)
{
    struct random_traffic t;
    rt_make(&t, seed, 30000);
    struct engine_run *r = start(threads, memory);
    for (size_t i = 0; i < t.n; i++)
        er_feed_record(r, &t.rec[i], i + 1 + shift);
    er_finish(r);
    rt_free(&t);
    return r;
}

static void threads_change_no_record_and_no_order(void **state)
{
    (void)state;
    struct engine_run *one = traffic(11, 1, 0, 0);
    assert_true(one->seen.len > 100000);
    assert_non_null(strstr(lines(one), " gap "));
    for (unsigned threads = 2; threads <= 8; threads *= 2) {
        struct engine_run *many = traffic(11, threads, 0, 0);
        assert_string_equal(lines(one), lines(many));
        er_free(many);
    }
    er_free(one);
}

static void memory_of_states_counts_and_threads_still_change_nothing(void **state)
{
    (void)state;
    struct engine_run *one = traffic(12, 1, 1 << 20, 0), *four = traffic(12, 4, 1 << 20, 0);
    struct fb_engine_stats with, without;
    fb_engine_stats(one->e, &with);
    assert_string_equal(lines(one), lines(four));
    er_free(one);
    er_free(four);
    struct random_traffic t;
    rt_make(&t, 12, 30000);
    struct fb_engine_opts o = {.memory_bytes = 1 << 20};
    struct engine_run *r = er_new(&o);
    for (size_t i = 0; i < t.n; i++)
        er_feed_record(r, &t.rec[i], i + 1);
    er_finish(r);
    fb_engine_stats(r->e, &without);
    assert_true(with.shed_sessions > without.shed_sessions);
    er_free(r);
    rt_free(&t);
}

static void when_housekeeping_runs_changes_no_order(void **state)
{
    (void)state;
    struct engine_run *a = traffic(13, 1, 0, 0), *b = traffic(13, 1, 0, 1777);
    const char *p = lines(a), *q = lines(b);
    size_t n = 0;
    while (*p && *q) {
        char *pe, *qe;
        assert_int_equal(strtoull(p, &pe, 10), strtoull(q, &qe, 10));
        assert_int_equal(strtoull(pe, &pe, 10) + 1777, strtoull(qe, &qe, 10));
        size_t len = strcspn(pe, "\n");
        assert_int_equal(len, strcspn(qe, "\n"));
        assert_memory_equal(pe, qe, len);
        p = pe + len + 1;
        q = qe + len + 1;
        n++;
    }
    assert_true(n > 5000 && !*p && !*q);
    er_free(a);
    er_free(b);
}

static void an_observer_changes_no_session(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 14, 30000);
    struct engine_run *with = start(1, 0), *without = er_new(NULL);
    for (size_t i = 0; i < t.n; i++) {
        er_feed_record(with, &t.rec[i], i + 1);
        er_feed_record(without, &t.rec[i], i + 1);
    }
    er_finish(with);
    er_finish(without);
    assert_int_equal(with->nrec, without->nrec);
    for (size_t i = 0; i < with->nrec; i++) {
        char x[2048], y[2048];
        er_text(&with->rec[i], x, sizeof x);
        er_text(&without->rec[i], y, sizeof y);
        assert_string_equal(x, y);
    }
    er_free(with);
    er_free(without);
    rt_free(&t);
}

static void states_are_freed_when_a_run_is_given_up(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 15, 3000);
    struct engine_run *r = start(1, 0);
    for (size_t i = 0; i < t.n; i++)
        er_feed_record(r, &t.rec[i], i + 1);
    er_free(r); /* the sanitizers of `make asan` look for what is left */
    rt_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_payload_comes_in_order_with_its_gaps),
        cmocka_unit_test(datagrams_come_one_by_one_and_an_answer_first_turns_the_roles),
        cmocka_unit_test(icmp_messages_come_with_their_header),
        cmocka_unit_test(frames_without_ip_come_with_their_macs),
        cmocka_unit_test(a_session_that_is_not_wanted_is_not_shown),
        cmocka_unit_test(after_done_nothing_more_is_shown),
        cmocka_unit_test(threads_change_no_record_and_no_order),
        cmocka_unit_test(memory_of_states_counts_and_threads_still_change_nothing),
        cmocka_unit_test(when_housekeeping_runs_changes_no_order),
        cmocka_unit_test(an_observer_changes_no_session),
        cmocka_unit_test(states_are_freed_when_a_run_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
