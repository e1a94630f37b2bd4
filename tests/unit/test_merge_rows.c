/* Merging cases row by row: numbers, outer sessions, packets, runs, and how ends are decided. */
#include "store/join_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define S 1000000000LL

struct row {
    int64_t ts_ns, duration_ns;
    uint8_t host; /* last byte of the originator's address */
    uint8_t proto, state, end;
    uint64_t parents[2];
    uint32_t nparents;
};

static struct fb_session session_of(const struct row *r, uint64_t number)
{
    struct fb_session s = {.number = number,
                           .ts_ns = r->ts_ns,
                           .duration_ns = r->duration_ns,
                           .orig_p = 1000,
                           .resp_p = 80,
                           .proto = r->proto,
                           .ip_proto = r->proto == 1 ? 6 : 17,
                           .conn_state = r->state,
                           .end_reason = r->end,
                           .service = "",
                           .history = "Sh",
                           .tunnel = "",
                           .vlan = FB_VLAN_NONE,
                           .inner_vlan = FB_VLAN_NONE,
                           .orig_pkts = 1,
                           .resp_pkts = 1,
                           .syn_synack_ns = -1,
                           .synack_ack_ns = -1,
                           .parents = r->parents,
                           .nparents = r->nparents,
                           .first_ordinal = 2 * number - 1,
                           .evidence_pkts = 2};
    s.orig_h = fb_addr_v4((uint8_t[]){10, 0, 0, r->host});
    s.resp_h = fb_addr_v4((uint8_t[]){10, 0, 1, 1});
    return s;
}

/* Two packets a session; evidence whose SHA-256 begins with `id`, from the first session to `last_ns`. */
static struct fb_case *make(uint8_t id, const struct row *rows, uint64_t n, int64_t last_ns)
{
    static const struct fb_case_run run = {"1", "{\"after\":null,\"before\":null,\"filter\":null}",
                                           "{\"host\":\"x\"}"};
    struct fb_case *c;
    assert_int_equal(fb_case_create(NULL, &c, NULL), FB_OK);
    assert_int_equal(fb_case_begin(c, &run, NULL), FB_OK);
    struct fb_session_sink sink = fb_case_sink(c);
    for (uint64_t i = 1; i <= n; i++) {
        struct fb_session s = session_of(&rows[i - 1], i);
        uint8_t step = (uint8_t)fb_zigzag(1);
        struct fb_packet_run piece = {i, 2 * i - 1, 2, &step, 1};
        assert_int_equal(sink.packets(sink.ctx, &piece), FB_OK);
        assert_int_equal(sink.session(sink.ctx, &s), FB_OK);
    }
    struct fb_evidence e = {.path = (char *)(uintptr_t) "x.pcap",
                            .size_bytes = 100,
                            .sha256 = {id},
                            .pkts = 2 * n,
                            .first_ts_ns = rows[0].ts_ns,
                            .last_ts_ns = last_ns};
    assert_int_equal(fb_case_add_evidence(c, &e, NULL), FB_OK);
    assert_int_equal(fb_case_add_timeline_run(c, 0, 1, 1, 2 * n, NULL), FB_OK);
    assert_int_equal(fb_case_add_counter(c, "sessions", n, NULL), FB_OK);
    assert_int_equal(fb_case_add_counter(c, "fragments", id, NULL), FB_OK);
    assert_int_equal(fb_case_finish(c, NULL), FB_OK);
    return c;
}

static struct fb_case *merge2(struct fb_case *a, struct fb_case *b, struct fb_join_report *r)
{
    static const char *const names[] = {"a", "b"};
    struct fb_case *in[2] = {a, b}, *out = NULL;
    struct fb_case_run run = {"2", "{}", "{\"host\":\"y\"}"};
    struct fb_err err = {0};
    if (fb_case_merge(in, names, 2, NULL, &run, NULL, &out, r, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(fb_case_check(out, &err), FB_OK);
    return out;
}

static void sessions_are_numbered_by_time_and_outer_sessions_follow(void **state)
{
    (void)state;
    const struct row x[] = {{10 * S, S, 1, 2, FB_CS_SF, FB_END_IDLE, {0}, 0},
                            {30 * S, S, 2, 2, FB_CS_SF, FB_END_IDLE, {1, 3}, 2},
                            {40 * S, S, 3, 2, FB_CS_SF, FB_END_IDLE, {0}, 0}};
    const struct row y[] = {{20 * S, S, 4, 2, FB_CS_SF, FB_END_IDLE, {0}, 0},
                            {35 * S, S, 5, 2, FB_CS_SF, FB_END_IDLE, {1}, 1}};
    static const uint8_t host[] = {1, 4, 2, 5, 3};
    struct fb_case *a = make(1, x, 3, 41 * S), *b = make(2, y, 2, 36 * S);
    struct fb_join_report r;
    struct fb_case *out = merge2(b, a, &r);
    struct fb_session s;
    for (uint64_t i = 1; i <= 5; i++) {
        assert_int_equal(fb_case_session(out, i, &s, NULL), FB_OK);
        assert_int_equal(s.orig_h.b[15], host[i - 1]);
    }
    assert_int_equal(fb_case_session(out, 3, &s, NULL), FB_OK);
    assert_int_equal(s.nparents, 2);
    assert_int_equal(s.parents[0], 1);
    assert_int_equal(s.parents[1], 5);
    assert_int_equal(fb_case_session(out, 4, &s, NULL), FB_OK);
    assert_int_equal(s.nparents, 1);
    assert_int_equal(s.parents[0], 2);
    fb_case_close(out);
    fb_case_close(a);
    fb_case_close(b);
}

static void packets_lead_to_the_same_frames_of_the_same_evidence(void **state)
{
    (void)state;
    const struct row x[] = {{10 * S, S, 1, 2, FB_CS_SF, FB_END_IDLE, {0}, 0},
                            {30 * S, S, 2, 2, FB_CS_SF, FB_END_IDLE, {0}, 0}};
    const struct row y[] = {{20 * S, S, 4, 2, FB_CS_SF, FB_END_IDLE, {0}, 0}};
    struct fb_case *a = make(1, x, 2, 31 * S), *b = make(2, y, 1, 21 * S);
    struct fb_join_report r;
    struct fb_case *out = merge2(a, b, &r);
    static const struct {
        uint32_t evidence;
        uint64_t frame;
    } want[] = {{0, 1}, {1, 1}, {0, 3}};
    for (uint64_t i = 1; i <= 3; i++) {
        struct fb_packet_ref *ref;
        size_t n;
        assert_int_equal(fb_case_session_packets(out, i, &ref, &n, NULL), FB_OK);
        assert_int_equal(n, 2);
        assert_int_equal(ref[0].evidence, want[i - 1].evidence);
        assert_int_equal(ref[0].pkt_no, want[i - 1].frame);
        assert_int_equal(ref[1].pkt_no, want[i - 1].frame + 1);
        free(ref);
    }
    fb_case_close(out);
    fb_case_close(a);
    fb_case_close(b);
}

static void runs_evidence_and_counters_of_all_are_kept(void **state)
{
    (void)state;
    const struct row x[] = {{10 * S, S, 1, 2, FB_CS_SF, FB_END_IDLE, {0}, 0}};
    const struct row y[] = {{20 * S, S, 4, 2, FB_CS_SF, FB_END_IDLE, {0}, 0}};
    struct fb_case *a = make(3, x, 1, 11 * S), *b = make(5, y, 1, 21 * S);
    struct fb_join_report r;
    struct fb_case *out = merge2(b, a, &r);
    struct fb_case_run run;
    assert_int_equal(fb_case_run_at(out, 0, &run, NULL), FB_OK);
    assert_string_equal(run.params_json,
                        "{\"merge\":[{\"evidence\":[0],\"run\":1},{\"evidence\":[1],\"run\":2}]}");
    assert_string_equal(run.custody_json, "{\"host\":\"y\"}");
    assert_int_equal(fb_case_run_at(out, 2, &run, NULL), FB_OK);
    assert_string_equal(run.custody_json, "{\"host\":\"x\"}");
    assert_int_equal(fb_case_run_at(out, 3, &run, NULL), FB_EOF);
    struct fb_evidence e;
    assert_int_equal(fb_case_evidence(out, 0, &e, NULL), FB_OK);
    assert_int_equal(e.sha256[0], 3);
    fb_evidence_release(&e);
    const char *name;
    uint64_t v;
    assert_int_equal(fb_case_counter(out, 0, &name, &v, NULL), FB_OK);
    assert_string_equal(name, "sessions");
    assert_int_equal(v, 2);
    assert_int_equal(fb_case_counter(out, 1, &name, &v, NULL), FB_OK);
    assert_int_equal(v, 8);
    fb_case_close(out);
    fb_case_close(a);
    fb_case_close(b);
}

/* What becomes of a session that was open at the end of its case, when the other case begins at `next_s` with
 * a session of `next_host` and ends at `end_s`. */
static uint8_t end_with(uint8_t proto, uint8_t conn_state, uint8_t next_host, int64_t next_s, int64_t end_s,
                        struct fb_join_report *r)
{
    const struct row x[] = {{10 * S, S, 1, proto, conn_state, FB_END_EVIDENCE, {0}, 0}};
    const struct row y[] = {{next_s * S, S, next_host, proto, FB_CS_SF, FB_END_FIN, {0}, 0}};
    struct fb_case *a = make(1, x, 1, 11 * S), *b = make(2, y, 1, end_s * S);
    struct fb_case *out = merge2(a, b, r);
    struct fb_session s;
    assert_int_equal(fb_case_session(out, 1, &s, NULL), FB_OK);
    uint8_t end = s.end_reason;
    fb_case_close(out);
    fb_case_close(a);
    fb_case_close(b);
    return end;
}

static void a_session_left_open_ends_when_later_evidence_shows_its_time_to_have_come(void **state)
{
    (void)state;
    struct fb_join_report r;
    assert_int_equal(end_with(1, FB_CS_SF, 9, 12, 15, &r),
                     FB_END_EVIDENCE); /* closed 5 s after its last packet */
    assert_int_equal(r.ends_resolved, 0);
    assert_int_equal(end_with(1, FB_CS_SF, 9, 12, 16, &r), FB_END_FIN);
    assert_int_equal(r.ends_resolved, 1);
    assert_int_equal(end_with(1, FB_CS_RSTO, 9, 12, 20, &r), FB_END_RST);
    assert_int_equal(end_with(1, FB_CS_S0, 9, 12, 15, &r), FB_END_ATTEMPT);
    assert_int_equal(end_with(1, FB_CS_S1, 9, 12, 310, &r), FB_END_EVIDENCE);
    assert_int_equal(end_with(1, FB_CS_S1, 9, 12, 311, &r), FB_END_IDLE);
    assert_int_equal(end_with(2, FB_CS_SF, 9, 12, 70, &r), FB_END_EVIDENCE);
    assert_int_equal(end_with(2, FB_CS_SF, 9, 12, 71, &r), FB_END_IDLE);
}

static void a_flow_that_goes_on_is_told_and_one_that_is_reused_ends_so(void **state)
{
    (void)state;
    struct fb_join_report r;
    assert_int_equal(end_with(2, FB_CS_SF, 1, 30, 200, &r), FB_END_EVIDENCE);
    assert_int_equal(r.sessions_continued, 1);
    assert_int_equal(end_with(2, FB_CS_SF, 1, 90, 200, &r), FB_END_IDLE);
    assert_int_equal(r.sessions_continued, 0);
    assert_int_equal(end_with(1, FB_CS_SF, 1, 13, 200, &r), FB_END_REUSE);
    assert_int_equal(r.sessions_continued, 0);
    assert_int_equal(r.sessions_twice, 0);
}

static void an_incomplete_case_is_refused(void **state)
{
    (void)state;
    const struct row x[] = {{10 * S, S, 1, 2, FB_CS_SF, FB_END_IDLE, {0}, 0}};
    struct fb_case *a = make(1, x, 1, 11 * S), *out = NULL;
    static const char *const names[] = {"a", "b"};
    struct fb_case_run run = {"2", "{}", "{}"};
    struct fb_join_report r;
    struct fb_err err = {0};
    struct fb_case *unfinished;
    assert_int_equal(fb_case_create(NULL, &unfinished, NULL), FB_OK);
    assert_int_not_equal(
        fb_case_merge((struct fb_case *[]){a, unfinished}, names, 2, NULL, &run, NULL, &out, &r, &err),
        FB_OK);
    assert_null(out);
    fb_case_close(unfinished);
    fb_case_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_numbered_by_time_and_outer_sessions_follow),
        cmocka_unit_test(packets_lead_to_the_same_frames_of_the_same_evidence),
        cmocka_unit_test(runs_evidence_and_counters_of_all_are_kept),
        cmocka_unit_test(a_session_left_open_ends_when_later_evidence_shows_its_time_to_have_come),
        cmocka_unit_test(a_flow_that_goes_on_is_told_and_one_that_is_reused_ends_so),
        cmocka_unit_test(an_incomplete_case_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
