/* The rules of docs/detectors.md about who talks to whom inside, many that try one, and what takes its time:
 * what they find and what they leave alone. */
#include "tests/support/detect_feed.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define OUT    "198.51.100.7"
#define A      "10.0.0.1"
#define B      "10.0.0.2"
#define DC     "10.0.0.10"
#define MINUTE 60000

static void guessing_hours_apart_is_found_on_a_shell(void **state)
{
    (void)state;
    struct test_random r = {2};
    for (int mail = 0; mail < 2; mail++) {
        struct detect_feed f;
        feed_begin(&f, NULL);
        int64_t t = 0;
        for (unsigned i = 0; i < 40; i++) {
            feed_tcp(&f, t, OUT, B, mail ? 993 : 22, FB_CS_SF, 1900, 2100, 2000);
            t += 5 * MINUTE + tr_below(&r, 55 * MINUTE);
        }
        feed_finish(&f);
        if (mail)
            assert_null(feed_kind(&f, FB_FIND_BRUTE_FORCE));
        else
            feed_expect(&f, FB_FIND_BRUTE_FORCE, OUT, "40 of them short attempts, far apart");
        feed_end(&f);
    }
}

static void many_hosts_that_try_one_together_are_one_finding(void **state)
{
    (void)state;
    struct detect_feed f;
    char from[24];
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 60; i++) {
        snprintf(from, sizeof from, "203.0.113.%u", 1 + i % 12);
        feed_tcp(&f, i * 95000, from, B, 22, FB_CS_SF, 1900, 2100, 2000);
    }
    feed_finish(&f);
    const struct fb_finding *x =
        feed_expect(&f, FB_FIND_BRUTE_FORCE, "203.0.113.1", "12 hosts together make 60 short attempts");
    assert_int_equal(x->targets, 12);
    assert_int_equal(x->port, 22);
    feed_end(&f);

    feed_begin(&f, NULL); /* people who work: long sessions, and a page for everybody */
    for (unsigned i = 0; i < 60; i++) {
        snprintf(from, sizeof from, "203.0.113.%u", 1 + i % 12);
        feed_tcp(&f, i * 95000, from, B, 22, FB_CS_SF, 40000, 90000, 600000);
        feed_tcp(&f, i * 95000 + 9, from, B, 443, FB_CS_SF, 1900, 2100, 2000);
    }
    feed_finish(&f);
    assert_null(feed_kind(&f, FB_FIND_BRUTE_FORCE));
    feed_end(&f);
}

static void calls_to_a_host_that_is_no_domain_server_are_lateral(void **state)
{
    (void)state;
    for (int server = 0; server < 2; server++) {
        struct detect_feed f;
        feed_begin(&f, NULL);
        f.service = "krb_tcp";
        feed_tcp(&f, 0, A, server ? B : DC, 88, FB_CS_SF, 1500, 1500, 5);
        f.service = "dce_rpc";
        feed_tcp(&f, 10, A, B, 135, FB_CS_SF, 300, 300, 10);
        feed_tcp(&f, 30, A, B, 49700, FB_CS_SF, 9000, 4000, 300);
        f.service = "smb";
        feed_tcp(&f, 99, A, B, 445, FB_CS_SF, 9000, 90000, 300);
        feed_finish(&f);
        if (server)
            feed_expect_nothing(&f);
        else
            feed_expect(&f, FB_FIND_LATERAL, A, "port mapper");
        feed_end(&f);
    }
}

static void files_put_on_a_share_are_lateral_only_with_calls(void **state)
{
    (void)state;
    for (int calls = 0; calls < 2; calls++) {
        struct detect_feed f;
        feed_begin(&f, NULL);
        f.service = "gssapi,smb";
        feed_tcp(&f, 0, A, B, 445, FB_CS_SF, 150000, 9000, 3000);
        if (calls) {
            f.service = "dce_rpc";
            feed_tcp(&f, 3000, A, B, 135, FB_CS_SF, 300, 300, 10);
        }
        feed_finish(&f);
        if (calls)
            feed_expect(&f, FB_FIND_LATERAL, A, "Puts files on a share");
        else
            feed_expect_nothing(&f);
        feed_end(&f);
    }
    struct detect_feed f;
    feed_begin(&f, NULL);
    f.service = "http";
    feed_tcp(&f, 0, A, B, 5985, FB_CS_SF, 5000, 9000, 3000);
    feed_tcp(&f, 9, OUT, B, 5986, FB_CS_SF, 5000, 9000, 3000); /* from outside: no move inside */
    feed_tcp(&f, 20, A, DC, 5985, FB_CS_S0, 0, 0, 0);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_LATERAL, A, "WinRM; 1 session");
    assert_int_equal(f.l.n, 1);
    feed_end(&f);
}

static void policies_are_low_and_go_by_port_and_place(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    feed_udp(&f, 0, A, OUT, 51820, 25, 3000, 9000);
    feed_udp(&f, 1, B, OUT, 6881, 3, 300, 900);   /* too little */
    feed_udp(&f, 2, B, A, 51820, 25, 3000, 9000); /* inside */
    feed_tcp(&f, 3, B, A, 23, FB_CS_SF, 300, 900, 9000);
    feed_tcp(&f, 4, B, DC, 23, FB_CS_REJ, 0, 0, 0);      /* nobody there */
    feed_tcp(&f, 5, B, A, 21, FB_CS_SF, 300, 900, 9000); /* inside */
    feed_tcp(&f, 6, B, OUT, 21, FB_CS_SF, 300, 900, 9000);
    feed_finish(&f);
    assert_int_equal(f.l.n, 3);
    for (size_t i = 0; i < f.l.n; i++) {
        assert_int_equal(f.l.f[i].kind, FB_FIND_POLICY);
        assert_true(f.l.f[i].severity < 40);
    }
    assert_int_equal(f.l.f[0].port, 21);
    assert_int_equal(f.l.f[1].port, 23);
    assert_int_equal(f.l.f[2].port, 51820);
    feed_end(&f);
}

static void echo(struct detect_feed *f, const char *from, const char *to, uint16_t type, uint64_t damaged)
{
    feed_icmp(f, 0, from, to, 1, 0, 0);
    f->s.orig_p = type;
    f->s.bad_checksum_pkts = damaged;
    feed_raw(f);
}

static void echoes_with_wrong_checksums_both_ways_are_a_tunnel(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    echo(&f, A, B, 8, 30);
    echo(&f, B, A, 0, 30);
    echo(&f, A, DC, 8, 30); /* one way only: the recording host's own */
    feed_finish(&f);
    feed_expect(&f, FB_FIND_ICMP_TUNNEL, A, "30 echoes and 30 messages back have a wrong checksum");
    assert_int_equal(f.l.n, 1);
    feed_end(&f);
}

static void mining_inside_tls_is_known_by_port_and_manner(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    f.service = "ssl";
    feed_tcp(&f, 0, A, OUT, 14444, FB_CS_S1, 30000, 40000, 900000);
    feed_tcp(&f, 9, B, OUT, 443, FB_CS_S1, 30000, 40000, 900000);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_MINING, A, "port 14444");
    assert_int_equal(f.l.n, 1);
    feed_end(&f);
}

static void a_scan_of_hosts_that_takes_days_is_found(void **state)
{
    (void)state;
    struct test_random r = {4};
    struct detect_feed f;
    char to[24];
    int64_t t = 0;
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 60; i++) {
        snprintf(to, sizeof to, "10.0.9.%u", 1 + i * 4);
        feed_tcp(&f, t, A, to, 445, i % 7 ? FB_CS_S0 : FB_CS_SF, i % 7 ? 0 : 200, i % 7 ? 0 : 900, 30);
        t += 20 * MINUTE + tr_below(&r, 100 * MINUTE);
    }
    feed_finish(&f);
    feed_expect(&f, FB_FIND_HOST_SCAN, A, "slow, as if not to be seen");
    feed_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guessing_hours_apart_is_found_on_a_shell),
        cmocka_unit_test(many_hosts_that_try_one_together_are_one_finding),
        cmocka_unit_test(calls_to_a_host_that_is_no_domain_server_are_lateral),
        cmocka_unit_test(files_put_on_a_share_are_lateral_only_with_calls),
        cmocka_unit_test(policies_are_low_and_go_by_port_and_place),
        cmocka_unit_test(echoes_with_wrong_checksums_both_ways_are_a_tunnel),
        cmocka_unit_test(mining_inside_tls_is_known_by_port_and_manner),
        cmocka_unit_test(a_scan_of_hosts_that_takes_days_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
