/* Each rule of docs/detectors.md on sessions made by hand: what it finds, what it says, and what it leaves
 * alone. */
#include "tests/support/capture_check.h"
#include "tests/support/detect_feed.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OUT  "198.51.100.7"
#define A    "10.0.0.1"
#define B    "10.0.0.2"
#define HOUR 3600000

/* n contacts, `every` ms apart, each moved by up to `jitter` percent of that. */
static int64_t beacon(struct detect_feed *f, unsigned n, int64_t every, uint32_t jitter, uint64_t bytes)
{
    struct test_random r = {7};
    int64_t t = 0, wide = every * jitter / 100;
    for (unsigned i = 0; i < n; i++) {
        feed_tcp(f, t, A, OUT, 443, FB_CS_SF, bytes, 3 * bytes, 200);
        t += every - wide + (wide ? (int64_t)tr_below(&r, (uint32_t)(2 * wide)) : 0);
    }
    return t;
}

static void a_beacon_is_found_and_its_numbers_are_said(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    beacon(&f, 40, 60000, 0, 300);
    feed_finish(&f);
    const struct fb_finding *x = feed_expect(&f, FB_FIND_BEACON, A, "40 contacts, one every 1 m 00 s");
    assert_int_equal(x->sessions, 40);
    assert_int_equal(x->port, 443);
    assert_int_equal(f.l.n, 1);
    feed_end(&f);
}

static void jitter_of_half_the_interval_and_a_night_of_silence_are_tolerated(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    int64_t t = beacon(&f, 60, 60000, 50, 300) + 8 * HOUR;
    for (unsigned i = 0; i < 300; i++)
        feed_tcp(&f, t + i * 60000, A, OUT, 443, FB_CS_SF, 300, 900, 200);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_BEACON, A, "360 contacts");
    feed_end(&f);
}

static void two_beacons_that_run_into_each_other_are_found_by_their_evenness(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (int64_t ms = 0, i = 0; i < 300; i++) { /* every 5000 and every 7300 ms */
        int64_t a = ms / 5000 * 5000 + 5000, b = ms / 7300 * 7300 + 7300;
        ms = a < b ? a : b;
        feed_tcp(&f, ms, A, OUT, 443, FB_CS_SF, 300, 900, 100);
    }
    feed_finish(&f);
    feed_expect(&f, FB_FIND_BEACON, A, "more evenly than chance");
    feed_end(&f);
}

static void people_are_no_beacons(void **state)
{
    (void)state;
    struct detect_feed f;
    struct test_random r = {3};
    feed_begin(&f, NULL);
    int64_t t = 0;
    for (unsigned i = 0; i < 400;
         i++) { /* bursts of some sessions, pauses of any length, sizes of all kinds */
        uint32_t p = tr_below(&r, 1000);
        t += p < 600   ? 50 + tr_below(&r, 900)
             : p < 900 ? 2000 + tr_below(&r, 20000)
                       : 60000 + tr_below(&r, 600000);
        uint64_t sent = 200 + tr_below(&r, 3000), got = 500 + tr_below(&r, 90000);
        feed_tcp(&f, t, A, OUT, 443, FB_CS_SF, sent, got, 1000);
    }
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_end(&f);
}

static void clocks_and_name_servers_are_no_beacons(void **state)
{
    (void)state;
    static const uint16_t PORT[] = {123, 53, 5353, 1900, 137, 67};
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 200; i++)
        for (unsigned k = 0; k < sizeof PORT / sizeof *PORT; k++)
            feed_udp(&f, i * 64000, A,
                     k == 2   ? "224.0.0.251"
                     : k == 3 ? "239.255.255.250"
                              : "192.0.2.9",
                     PORT[k], 1, 48, 48);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_end(&f);
}

static void what_every_host_talks_to_is_less_severe(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 40; i++)
        for (unsigned h = 1; h <= 6; h++) {
            char host[16];
            snprintf(host, sizeof host, "10.0.0.%u", h);
            feed_tcp(&f, i * 60000 + h * 100, host, OUT, 443, FB_CS_SF, 300, 900, 50);
        }
    feed_finish(&f);
    assert_int_equal(f.l.n, 6);
    assert_true(f.l.f[0].severity < 75);
    assert_non_null(strstr(f.l.f[0].reason, "6 of 6 hosts talk to it"));
    feed_end(&f);
}

static void a_session_can_beat_by_itself(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, OUT, 8080, FB_CS_SF, 9000, 9000, 300000);
    feed_finish(&f);
    feed_expect_nothing(&f);
    f.s.segments = 60;
    f.s.segment_gap_sum_ns = 295000000000;
    f.s.segment_regularity_ppm = 950000;
    feed_raw(&f);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_BEACON, A, "60 messages, one every 5.0 s");
    feed_end(&f);
}

static void scans_of_ports_and_of_hosts_are_one_finding_each(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (uint16_t p = 1; p <= 1000; p++)
        feed_tcp(&f, p, A, B, p, p % 50 ? FB_CS_REJ : FB_CS_RSTO, 0, 0, 1);
    for (unsigned h = 1; h <= 200; h++) {
        char host[16];
        snprintf(host, sizeof host, "10.0.1.%u", h);
        feed_tcp(&f, 5000 + h, "10.0.0.9", host, 445, FB_CS_S0, 0, 0, 0);
    }
    feed_finish(&f);
    const struct fb_finding *x = feed_expect(&f, FB_FIND_PORT_SCAN, A, "1000 ports (1 to 1000) of one host");
    assert_int_equal(x->sessions, 1000);
    x = feed_expect(&f, FB_FIND_HOST_SCAN, "10.0.0.9", "200 hosts on TCP port 445");
    assert_int_equal(x->targets, 200);
    assert_int_equal(f.l.n, 2);
    feed_end(&f);
}

static void a_slow_scan_is_found_and_called_slow(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (uint16_t p = 1; p <= 30; p++)
        feed_tcp(&f, p * 600000, A, B, p, FB_CS_REJ, 0, 0, 1);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_PORT_SCAN, A, "slow");
    feed_end(&f);
}

static void many_servers_that_answer_are_no_scan(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (unsigned h = 1; h <= 200; h++) {
        char host[16];
        snprintf(host, sizeof host, "192.0.2.%u", h);
        feed_tcp(&f, h * 777 * (h % 7), A, host, 443, h % 9 ? FB_CS_SF : FB_CS_S0, h % 9 ? 900 : 0,
                 h % 9 ? 9000 : 0, 100);
    }
    for (uint16_t p = 5000; p < 5040; p++) /* passive FTP */
        feed_tcp(&f, 400000 + p, A, B, p, FB_CS_SF, 0, 30000, 100);
    feed_finish(&f);
    assert_null(feed_kind(&f, FB_FIND_HOST_SCAN));
    assert_null(feed_kind(&f, FB_FIND_PORT_SCAN));
    feed_end(&f);
}

static void guessing_passwords_is_found_and_working_is_not(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    f.service = "ssh";
    for (unsigned i = 0; i < 50; i++)
        feed_tcp(&f, i * 2500 + i % 3 * 400, A, B, 22, FB_CS_SF, 1900, 2500, 2300);
    for (unsigned i = 0; i < 9; i++) /* a day's work: nine long sessions */
        feed_tcp(&f, 200000 + i * HOUR, "10.0.0.5", B, 22, FB_CS_SF, 90000, 400000, 1500000 + 1000 * i);
    f.service = "pop3";
    for (unsigned i = 0; i < 30; i++) /* looks for mail every ten minutes */
        feed_tcp(&f, 40000000 + i * 600000, "10.0.0.6", B, 110, FB_CS_SF, 60, 200, 300);
    feed_finish(&f);
    const struct fb_finding *x = feed_expect(&f, FB_FIND_BRUTE_FORCE, A, "50 of them short attempts");
    assert_int_equal(x->port, 22);
    unsigned n = 0;
    for (size_t i = 0; i < f.l.n; i++)
        n += f.l.f[i].kind == FB_FIND_BRUTE_FORCE;
    assert_int_equal(n, 1);
    feed_end(&f);
}

/* Web use of several hosts: little goes out, much comes in. */
static void web_use(struct detect_feed *f)
{
    struct test_random r = {11};
    int64_t t = 0;
    for (unsigned i = 0; i < 600; i++) {
        char from[16], to[24];
        snprintf(from, sizeof from, "10.0.0.%u", 1 + tr_below(&r, 5));
        snprintf(to, sizeof to, "203.0.113.%u", 1 + tr_below(&r, 40));
        t += 200 + tr_below(&r, 9000);
        uint64_t sent = 700 + tr_below(&r, 4000), got = 4000 + tr_below(&r, 200000);
        feed_tcp(f, t, from, to, 443, FB_CS_SF, sent, got, 3000);
    }
}

static void an_upload_is_found_among_web_use_which_has_no_findings(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    web_use(&f);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_tcp(&f, 5 * HOUR, "10.0.0.3", OUT, 443, FB_CS_SF, 80000000, 200000, 60000);
    feed_finish(&f);
    const struct fb_finding *x =
        feed_expect(&f, FB_FIND_EXFILTRATION, "10.0.0.3", "Sent 80.0 MB out to one host");
    assert_int_equal(x->sessions, 1);
    assert_non_null(strstr(x->reason, "times as fast as before"));
    feed_end(&f);
}

static void many_small_uploads_add_up(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    web_use(&f);
    for (unsigned i = 0; i < 300; i++)
        feed_tcp(&f, 5 * HOUR + i * i * 100, "10.0.0.3", OUT, 443, FB_CS_SF, 90000, 500, 2000);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_EXFILTRATION, "10.0.0.3", "27.0 MB");
    feed_end(&f);
}

static void a_reset_that_claims_gigabytes_is_no_upload(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    web_use(&f);
    feed_tcp(&f, 5 * HOUR, "10.0.0.3", OUT, 443, FB_CS_RSTO, 100, 100, 10);
    f.s.orig_bytes = 4294967295u;
    feed_raw(&f);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_end(&f);
}

static void names_that_carry_data_are_a_tunnel_and_names_of_a_network_are_not(void **state)
{
    (void)state;
    struct detect_feed f;
    struct test_random r = {5};
    char name[200];
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, B, 53, FB_CS_SF, 10, 10, 1);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "img%u.cdn.example.co.uk", i % 40);
        feed_dns(&f, i, A, name, 1, 16);
        snprintf(name, sizeof name, "d%08x%08x.cloud.example.net", tr_below(&r, 9999), 1);
        feed_dns(&f, i, A, name, 1, 16);
        snprintf(name, sizeof name, "%u.0.0.10.in-addr.arpa", i);
        feed_dns(&f, i, A, name, 12, 40);
    }
    feed_finish(&f);
    feed_expect_nothing(&f);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "%016llx%016llx%016llx.%016llx.T.Evil.co.uk",
                 (unsigned long long)tr_next(&r), (unsigned long long)tr_next(&r),
                 (unsigned long long)tr_next(&r), (unsigned long long)tr_next(&r));
        feed_dns(&f, 1000 + i, B, name, 16, 120);
    }
    feed_finish(&f);
    const struct fb_finding *x =
        feed_expect(&f, FB_FIND_DNS_TUNNEL, B, "100 different names below evil.co.uk");
    assert_string_equal(x->subject, "evil.co.uk");
    feed_end(&f);
    feed_begin(&f, NULL); /* a tunnel that asks its server directly needs no domain */
    feed_tcp(&f, 0, A, B, 53, FB_CS_SF, 10, 10, 1);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "dnscat.%016llx%016llx.%04x%u", (unsigned long long)tr_next(&r),
                 (unsigned long long)tr_next(&r), i, i % 10);
        feed_dns(&f, i, A, name, 16, 50);
    }
    feed_finish(&f);
    feed_expect(&f, FB_FIND_DNS_TUNNEL, A, "100 different names below (no domain)");
    feed_end(&f);
}

static void without_names_long_questions_are_a_tunnel_and_ordinary_ones_are_not(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 500; i++)
        feed_udp(&f, i * 300, A, "10.0.0.53", 53, 1, 35 + i % 20, 60 + i % 150);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_udp(&f, 200000, B, "10.0.0.53", 53, 400, 50000, 90000);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_DNS_TUNNEL, B, "400 packets in session 501");
    feed_end(&f);
}

static void echoes_whose_answers_differ_are_a_tunnel_and_pings_are_not(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    feed_icmp(&f, 0, A, OUT, 5000, 5000 * 56, 5000 * 56);
    feed_icmp(&f, 1, A, "192.0.2.3", 10, 14000, 14000);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_icmp(&f, 2, B, OUT, 60, 60 * 100, 60 * 900);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_ICMP_TUNNEL, B, "100 bytes an echo, 900 an answer");
    feed_end(&f);
}

static void long_connections_go_by_duration_and_place(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, OUT, 443, FB_CS_SF, 9000, 9000, HOUR - 1);
    feed_tcp(&f, 0, A, B, 445, FB_CS_SF, 9000, 9000, 20 * HOUR);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_tcp(&f, 0, A, OUT, 443, FB_CS_SF, 9000, 9000, 20 * HOUR);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_LONG_CONNECTION, A, "lasts 20 h 00 m");
    feed_end(&f);
}

static void miners_are_known_by_their_port_and_manner_or_by_the_name_of_the_pool(void **state)
{
    (void)state;
    struct detect_feed f;
    struct fb_addr pool;
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, B, "203.0.113.5", 3333, FB_CS_SF, 500, 90000000, 60000); /* a download */
    feed_finish(&f);
    assert_null(feed_kind(&f, FB_FIND_MINING));
    feed_tcp(&f, 0, A, OUT, 3333, FB_CS_S1, 40000, 30000, 900000);
    feed_tcp(&f, 1, "10.0.0.3", "203.0.113.9", 443, FB_CS_SF, 4000, 3000, 20000);
    assert_true(fb_addr_parse("203.0.113.9", &pool));
    assert_int_equal(fb_detect_name(f.d, &pool, "XMR-eu1.nanopool.org", 20), FB_OK);
    assert_true(fb_addr_parse("192.0.2.123", &pool));
    assert_int_equal(fb_detect_name(f.d, &pool, "0.debian.pool.ntp.org", 21), FB_OK);
    feed_tcp(&f, 2, "10.0.0.4", "192.0.2.123", 443, FB_CS_SF, 4000, 3000, 20000);
    feed_finish(&f);
    unsigned n = 0;
    for (size_t i = 0; i < f.l.n; i++)
        n += f.l.f[i].kind == FB_FIND_MINING;
    assert_int_equal(n, 2);
    feed_expect(&f, FB_FIND_MINING, "10.0.0.3", "xmr-eu1.nanopool.org");
    feed_end(&f);
}

static void floods_and_strobes_are_told_from_busy_clients(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 90; i++)
        feed_tcp(&f, i * 1000, A, OUT, 8081, FB_CS_SF, 100 + i * 37 % 600, 5000, 10);
    feed_finish(&f);
    assert_null(feed_kind(&f, FB_FIND_STROBE));
    for (unsigned i = 0; i < 500; i++)
        feed_tcp(&f, 100000 + i * 50, A, OUT, 8082, FB_CS_SF, 100, 100, 5);
    for (unsigned i = 0; i < 1500; i++) {
        char from[16];
        snprintf(from, sizeof from, "192.0.2.%u", 1 + i % 200);
        feed_tcp(&f, 200000 + i * 10, from, "10.0.0.80", 80, FB_CS_S0, 0, 0, 0);
    }
    feed_icmp(&f, 300000, "10.0.0.66", B, 5000, 280000, 0);
    f.s.duration_ns = 500000000;
    feed_raw(&f);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_STROBE, A, "500 of them within a minute");
    bool syn = false, icmp = false;
    for (size_t i = 0; i < f.l.n; i++) {
        syn |= f.l.f[i].kind == FB_FIND_FLOOD && strstr(f.l.f[i].reason, "1500 half-open sessions");
        icmp |= f.l.f[i].kind == FB_FIND_FLOOD && strstr(f.l.f[i].reason, "5000 packets without an answer");
    }
    assert_true(syn && icmp);
    feed_end(&f);
}

static void services_away_from_home_are_named(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    f.service = "ssl";
    feed_tcp(&f, 0, A, OUT, 443, FB_CS_SF, 900, 900, 10);
    feed_tcp(&f, 1, A, B, 7084, FB_CS_SF, 900, 900, 10);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_tcp(&f, 2, A, OUT, 7084, FB_CS_SF, 900, 900, 10);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_ODD_PORT, A, "ssl on port 7084");
    f.service = "http,websocket,ssh";
    feed_tcp(&f, 3, B, "10.0.0.3", 8888, FB_CS_SF, 900, 900, 10);
    feed_finish(&f);
    bool nested = false;
    for (size_t i = 0; i < f.l.n; i++)
        nested |= strstr(f.l.f[i].reason, "SSH inside of web traffic") != NULL;
    assert_true(nested);
    feed_end(&f);
}

static void full_tables_shed_the_same_on_each_run_and_keep_what_is_busy(void **state)
{
    (void)state;
    struct fb_finding first = {0};
    for (unsigned run = 0; run < 2; run++) {
        struct detect_feed f;
        struct test_random r = {9};
        feed_begin(&f, "max_pairs=64");
        for (unsigned i = 0; i < 4000; i++) {
            char to[24];
            uint32_t x = tr_below(&r, 250), y = tr_below(&r, 250);
            snprintf(to, sizeof to, "203.%u.%u.5", x, y);
            feed_tcp(&f, i * 1000, B, to, 443, FB_CS_SF, 500, 5000, 10);
            if (i % 60 == 0)
                feed_tcp(&f, i * 1000, A, OUT, 443, FB_CS_SF, 300, 900, 10);
        }
        feed_finish(&f);
        assert_true(fb_detect_shed(f.d).pairs > 3000);
        const struct fb_finding *x = feed_expect(&f, FB_FIND_BEACON, A, "67 contacts");
        if (run)
            assert_memory_equal(&first, x, sizeof first);
        first = *x;
        feed_end(&f);
    }
}

static void times_at_the_ends_of_the_range_do_no_harm(void **state)
{
    (void)state;
    static const int64_t T[] = {INT64_MIN, 0, INT64_MAX, INT64_MIN, INT64_MAX - 1, -1, INT64_MAX};
    struct detect_feed f;
    feed_begin(&f, "beacon_beats=4 scan_ports=3 scan_ports_none_open=3 brute_sessions=3");
    for (unsigned i = 0; i < 70; i++) {
        feed_tcp(&f, 0, A, OUT, (uint16_t)(20 + i % 4), (int)(i % FB_CS_COUNT), i, UINT64_MAX / 70 * i, 1);
        f.s.ts_ns = T[i % 7];
        f.s.duration_ns = T[i % 5];
        f.s.segments = 100;
        f.s.segment_gap_sum_ns = UINT64_MAX;
        f.s.segment_regularity_ppm = 1000000;
        feed_raw(&f);
    }
    assert_int_equal(fb_detect_finish(f.d, &f.l), FB_OK);
    feed_end(&f);
}

static void thresholds_are_checked(void **state)
{
    (void)state;
    struct fb_detect_opts o;
    struct fb_err err = {0};
    fb_detect_defaults(&o);
    assert_int_equal(fb_detect_set(&o, "scan_ports=30", &err), FB_OK);
    assert_int_equal(o.v[FB_DO_SCAN_PORTS], 30);
    assert_int_equal(fb_detect_set(&o, "scan_ports=2", &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "from 3 to 65536"));
    assert_int_equal(fb_detect_set(&o, "scan_ports=30x", &err), FB_ERR_USAGE);
    assert_int_equal(fb_detect_set(&o, "scan_port=30", &err), FB_ERR_USAGE);
    assert_int_equal(fb_detect_set(&o, "scan_ports", &err), FB_ERR_USAGE);
    for (unsigned i = 0; i < FB_DO_COUNT; i++) {
        const struct fb_detect_option_def *d = &fb_detect_options[i];
        assert_true(d->name && d->doc && d->min <= d->value && d->value <= d->max);
    }
}

static void every_threshold_stands_in_the_documentation_with_its_default(void **state)
{
    (void)state;
    size_t n;
    char *page = check_slurp("docs/detectors.md", &n), line[160];
    for (unsigned i = 0; i < FB_DO_COUNT; i++) {
        snprintf(line, sizeof line, "| `%s` | %lld | ", fb_detect_options[i].name,
                 (long long)fb_detect_options[i].value);
        if (!strstr(page, line))
            fail_msg("docs/detectors.md has no line \"%s\"", line);
        if (!strstr(page, fb_detect_options[i].doc))
            fail_msg("docs/detectors.md does not say \"%s\"", fb_detect_options[i].doc);
    }
    for (unsigned k = 0; k < FB_FIND_KINDS; k++) {
        snprintf(line, sizeof line, "`%s`", fb_finding_kind_name((enum fb_finding_kind)k));
        assert_non_null(strstr(page, line));
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beacon_is_found_and_its_numbers_are_said),
        cmocka_unit_test(jitter_of_half_the_interval_and_a_night_of_silence_are_tolerated),
        cmocka_unit_test(two_beacons_that_run_into_each_other_are_found_by_their_evenness),
        cmocka_unit_test(people_are_no_beacons),
        cmocka_unit_test(clocks_and_name_servers_are_no_beacons),
        cmocka_unit_test(what_every_host_talks_to_is_less_severe),
        cmocka_unit_test(a_session_can_beat_by_itself),
        cmocka_unit_test(scans_of_ports_and_of_hosts_are_one_finding_each),
        cmocka_unit_test(a_slow_scan_is_found_and_called_slow),
        cmocka_unit_test(many_servers_that_answer_are_no_scan),
        cmocka_unit_test(guessing_passwords_is_found_and_working_is_not),
        cmocka_unit_test(an_upload_is_found_among_web_use_which_has_no_findings),
        cmocka_unit_test(many_small_uploads_add_up),
        cmocka_unit_test(a_reset_that_claims_gigabytes_is_no_upload),
        cmocka_unit_test(names_that_carry_data_are_a_tunnel_and_names_of_a_network_are_not),
        cmocka_unit_test(without_names_long_questions_are_a_tunnel_and_ordinary_ones_are_not),
        cmocka_unit_test(echoes_whose_answers_differ_are_a_tunnel_and_pings_are_not),
        cmocka_unit_test(long_connections_go_by_duration_and_place),
        cmocka_unit_test(miners_are_known_by_their_port_and_manner_or_by_the_name_of_the_pool),
        cmocka_unit_test(floods_and_strobes_are_told_from_busy_clients),
        cmocka_unit_test(services_away_from_home_are_named),
        cmocka_unit_test(full_tables_shed_the_same_on_each_run_and_keep_what_is_busy),
        cmocka_unit_test(times_at_the_ends_of_the_range_do_no_harm),
        cmocka_unit_test(thresholds_are_checked),
        cmocka_unit_test(every_threshold_stands_in_the_documentation_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
