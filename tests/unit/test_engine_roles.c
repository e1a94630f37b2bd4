/* What follows the roles when they turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/packet.h"
#include "tests/support/engine_run.h"

#include <string.h>

/* A segment over Ethernet with this TTL; the frame goes from the sender's MAC 02:..:0d to the other. */
static void framed(struct engine_run *r, int64_t ms, int dir, uint8_t flags, uint8_t ttl)
{
    pb_start(&r->b, "", 0);
    pb_tcp(&r->b, r->port[dir], r->port[1 - dir], flags, r->isn[dir] + (flags & FB_TCP_SYN ? 0 : 1),
           r->isn[1 - dir] + 1);
    pb_ip4(&r->b, r->host[dir], r->host[1 - dir], 6);
    r->b.p[8] = ttl;
    pb_fix_ip4(r->b.p);
    pb_ethernet(&r->b, 0x0800);
    r->b.p[5] = (uint8_t)(0x0d + 1 - dir);
    r->b.p[11] = (uint8_t)(0x0d + dir);
    er_feed_link(r, ms, 1);
}

static void hop_limits_and_macs_follow_the_roles(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct engine_run *r = er_new(NULL);
        r->port[1] = late ? 9000 : 80; /* flipped at once, or by the ACK */
        framed(r, 0, 1, FB_TCP_SYN | FB_TCP_ACK, 50);
        framed(r, 5, 0, FB_TCP_ACK, 64);
        framed(r, 9, 1, FB_TCP_ACK, 49); /* the first one each way stands */
        er_finish(r);
        assert_int_equal(r->nrec, 1);
        const struct fb_session *s = &r->rec[0].s;
        assert_string_equal(s->history, "^hAa");
        assert_int_equal(s->orig_ttl, 64);
        assert_int_equal(s->resp_ttl, 50);
        assert_int_equal(s->orig_mac[5], 0x0d);
        assert_int_equal(s->resp_mac[5], 0x0e);
        er_expect_sizes(r, 0, 0, 0, 1, 2);
        assert_int_equal(s->orig_ip_bytes, 40);
        assert_int_equal(s->resp_ip_bytes, 80);
        er_free(r);
    }
}

static void a_session_whose_roles_turned_is_not_partial(void **state)
{
    (void)state;
    /* One byte that was never captured: of a partial session it would be an artefact of the start. */
    struct engine_run *r = er_new(NULL);
    er_play(r, "0 < SA 0 1; 5 > S 0; 9 > A 1 1; 12 < A 1 2");
    er_finish(r);
    er_expect(r, 0, "S1", "Hs^AaG", "evidence");
    assert_int_equal(r->rec[0].s.missed_bytes, 1);
    er_free(r);
}

static void an_answer_to_a_session_without_its_start_does_not_establish_it(void **state)
{
    (void)state;
    /* Port 22 would get an hour. */
    for (int late = 0; late < 2; late++) {
        struct engine_run *r = er_new(NULL);
        r->port[1] = 22;
        er_play(r, "0 > A 1 1 10; 10 < SA 0 11");
        er_play(r, late ? "300010 > A 11 1" : "300009 > A 11 1");
        er_finish(r);
        assert_int_equal(r->nrec, late ? 2 : 1);
        er_free(r);
    }
}

static void both_versions_of_ip_give_the_same_session(void **state)
{
    (void)state;
    static const char steps[] =
        "0 > S 0; 10 < SA 0 1; 20 > A 1 1; 30 > A 1 1 100; 40 < A 1 101 50; 50 > FA 101 51; 60 < FA 51 102";
    for (int v6 = 0; v6 < 2; v6++) {
        struct engine_run *r = er_new(NULL);
        if (v6) {
            r->host[0] = "2001:db8::1";
            r->host[1] = "2001:db8::2";
        }
        er_play(r, steps);
        er_finish(r);
        er_expect(r, 0, "SF", "ShADdFf", "evidence");
        er_expect_sizes(r, 0, 100, 50, 4, 3);
        assert_int_equal(r->rec[0].s.orig_ip_bytes, 4 * (v6 ? 60 : 40) + 100);
        assert_int_equal(r->rec[0].s.ip_proto, 6);
        er_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hop_limits_and_macs_follow_the_roles),
        cmocka_unit_test(a_session_whose_roles_turned_is_not_partial),
        cmocka_unit_test(an_answer_to_a_session_without_its_start_does_not_establish_it),
        cmocka_unit_test(both_versions_of_ip_give_the_same_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
