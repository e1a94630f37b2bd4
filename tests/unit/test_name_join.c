/* The name join: which name a session gets, step by step, out of rows of dns and dhcp. */
#include "intel/name_join.h"

#include "intel/dns_facts.h"
#include "intel/names_def.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/http_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct fb_span span(const char *text)
{
    return (struct fb_span){(const uint8_t *)text, strlen(text)};
}

static struct fb_rec_cell text_cell(const char *text)
{
    return (struct fb_rec_cell){.null = text == NULL, .s = span(text ? text : "")};
}

/* A row of dns whose answer section has up to four records. */
struct row {
    struct fb_rec_cell c[FB_DNS_NCOLS];
    uint8_t bytes[5][512];
    struct fb_buf list[5];
};

static void row_init(struct row *r, const char *protocol, const char *client, const char *server,
                     const char *asked)
{
    *r = (struct row){.bytes = {{0}}};
    for (size_t i = 0; i < FB_DNS_NCOLS; i++)
        r->c[i].null = true;
    for (int i = 0; i < 5; i++)
        r->list[i] = (struct fb_buf){.data = r->bytes[i], .cap = 512, .max = 512};
    r->c[FB_DNS_PROTOCOL] = text_cell(protocol);
    r->c[FB_DNS_QUERY_NAME] = text_cell(asked);
    r->c[FB_DNS_RCODE].null = false;
    r->c[FB_DNS_CLIENT].null = r->c[FB_DNS_SERVER].null = false;
    assert_true(fb_addr_parse(client, &r->c[FB_DNS_CLIENT].addr));
    assert_true(fb_addr_parse(server, &r->c[FB_DNS_SERVER].addr));
}

static void row_answer(struct row *r, const char *text, const char *ttl, const char *owner, const char *type,
                       const char *detail)
{
    const char *const item[5] = {text, ttl, owner, type, detail};
    for (int i = 0; i < 5; i++) {
        fb_rec_item(&r->list[i], item[i], strlen(item[i]));
        assert_false(r->list[i].failed);
        r->c[FB_DNS_ANSWERS + i] = (struct fb_rec_cell){.s = {r->list[i].data, r->list[i].len}};
    }
}

static void learn(struct fb_name_join *j, int64_t ts_s, uint64_t session, const struct row *r)
{
    struct fb_name_at at = {ts_s * 1000000000, session};
    fb_name_join_dns(j, &at, r->c);
}

static void learn_at(struct fb_name_join *j, int64_t ts_s, uint64_t session, const char *client,
                     const char *asked, uint32_t ttl, const char *cname)
{
    struct row r;
    char t[12];
    snprintf(t, sizeof t, "%u", (unsigned)ttl);
    row_init(&r, "dns", client, "10.0.0.53", asked);
    if (cname)
        row_answer(&r, cname, t, asked, "CNAME", "");
    row_answer(&r, "192.0.2.7", t, cname ? cname : asked, "A", "");
    learn(j, ts_s, session, &r);
}

/* "NAME SOURCE CERTAINTY SESSION CHAIN" of the responder; "" when it has none. */
static const char *named(struct fb_name_join *j, int64_t ts_s, const char *orig, const char *resp,
                         const struct fb_own_name *own)
{
    static char text[600];
    static const struct fb_own_name nothing;
    struct fb_named_session s = {.ts_ns = ts_s * 1000000000};
    struct fb_rec_cell c[FB_REC_COLS_MAX];
    struct fb_buf row;
    text[0] = '\0';
    assert_true(fb_addr_parse(orig, &s.orig_h) && fb_addr_parse(resp, &s.resp_h));
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    if (fb_name_join_session(j, &s, own ? own : &nothing, &row)) {
        assert_true(fb_rec_read(&fb_names_def, (struct fb_span){row.data, row.len}, c));
        if (!c[FB_NAMES_RESP_DOMAIN].null)
            (void)snprintf(text, sizeof text, "%.*s %.*s %lld %lld%s", (int)c[FB_NAMES_RESP_DOMAIN].s.n,
                           (const char *)c[FB_NAMES_RESP_DOMAIN].s.p, (int)c[FB_NAMES_RESP_DOMAIN_SOURCE].s.n,
                           (const char *)c[FB_NAMES_RESP_DOMAIN_SOURCE].s.p,
                           (long long)c[FB_NAMES_RESP_DOMAIN_CERTAINTY].i,
                           (long long)c[FB_NAMES_RESP_DOMAIN_SESSION].i,
                           c[FB_NAMES_RESP_DOMAIN_CHAIN].null ? "" : " chain");
    }
    fb_buf_release(&row);
    return text;
}

static struct fb_name_join *new_join(uint32_t entries)
{
    struct fb_name_join_opts o = {.grace_ns = FB_NAME_GRACE_NS, .entries_max = entries};
    struct fb_name_join *j = fb_name_join_new(&o);
    assert_non_null(j);
    return j;
}

static void a_session_takes_its_own_name_before_its_clients_before_anybodys(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    learn_at(j, 100, 1, "10.0.0.2", "mine.example", 60, NULL);
    learn_at(j, 110, 2, "10.0.0.3", "theirs.example", 60, NULL);
    assert_string_equal(named(j, 120, "10.0.0.2", "192.0.2.7", NULL), "mine.example dns 90 1");
    assert_string_equal(named(j, 120, "10.0.0.9", "192.0.2.7", NULL), "theirs.example dns 60 2");
    struct fb_own_name own = {"tls_sni", {(const uint8_t *)"sni.example", 11}, {121, 5}};
    assert_string_equal(named(j, 120, "10.0.0.2", "192.0.2.7", &own), "sni.example tls_sni 95 5");
    assert_string_equal(named(j, 120, "10.0.0.2", "192.0.2.8", NULL), "");
    fb_name_join_free(j);
}

static void ttl_and_grace_decide_how_long_a_name_holds(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    learn_at(j, 100, 1, "10.0.0.2", "a.example", 60, NULL);
    assert_string_equal(named(j, 99, "10.0.0.2", "192.0.2.7", NULL), "");
    assert_string_equal(named(j, 160, "10.0.0.2", "192.0.2.7", NULL), "a.example dns 90 1");
    assert_string_equal(named(j, 161, "10.0.0.2", "192.0.2.7", NULL), "a.example dns 70 1");
    assert_string_equal(named(j, 460, "10.0.0.2", "192.0.2.7", NULL), "a.example dns 70 1");
    assert_string_equal(named(j, 461, "10.0.0.2", "192.0.2.7", NULL), "");
    /* The newest that still holds, though a newer one has expired. */
    learn_at(j, 1000, 3, "10.0.0.2", "long.example", 5000, NULL);
    learn_at(j, 1001, 4, "10.0.0.2", "short.example", 1, NULL);
    assert_string_equal(named(j, 2000, "10.0.0.2", "192.0.2.7", NULL), "long.example dns 90 3");
    assert_string_equal(named(j, 1002, "10.0.0.2", "192.0.2.7", NULL), "short.example dns 90 4");
    fb_name_join_free(j);
}

static void the_name_asked_wins_over_the_names_it_leads_to(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    learn_at(j, 100, 1, "10.0.0.2", "shop.example", 60, "edge.cdn.example");
    assert_string_equal(named(j, 101, "10.0.0.2", "192.0.2.7", NULL), "shop.example dns 90 1 chain");
    fb_name_join_free(j);
}

static void what_is_forgotten_is_what_was_learnt_first(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(4); /* two clients: their own entry each, and one for anybody */
    learn_at(j, 100, 1, "10.0.0.2", "a.example", 60, NULL);
    learn_at(j, 101, 2, "10.0.0.3", "b.example", 60, NULL);
    learn_at(j, 102, 3, "10.0.0.4", "c.example", 60, NULL);
    learn_at(j, 103, 4, "10.0.0.5", "d.example", 60, NULL);
    assert_string_equal(named(j, 104, "10.0.0.5", "192.0.2.7", NULL), "d.example dns 90 4");
    assert_string_equal(named(j, 104, "10.0.0.2", "192.0.2.7", NULL), "d.example dns 60 4");
    fb_name_join_free(j);
}

static void addresses_and_ports_in_a_host_header_are_no_names(void **state)
{
    (void)state;
    static const struct {
        const char *host, *name;
    } row[] = {{"a.example", "a.example"}, {"a.example:8080", "a.example"}, {"192.0.2.1", NULL},
               {"192.0.2.1:80", NULL},     {"[2001:db8::1]:80", NULL},      {"", NULL}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct fb_rec_cell c[FB_REC_COLS_MAX];
        struct fb_own_name own = {0};
        for (size_t k = 0; k < FB_REC_COLS_MAX; k++)
            c[k] =
                (struct fb_rec_cell){.null = false, .s = {(const uint8_t *)row[i].host, strlen(row[i].host)}};
        assert_int_equal(fb_own_name_http(c, &own), row[i].name != NULL);
        if (row[i].name)
            assert_int_equal(own.name.n, strlen(row[i].name));
    }
}

static void a_grace_of_nothing_ends_a_name_with_its_ttl(void **state)
{
    (void)state;
    struct fb_name_join_opts o = {.grace_ns = 0};
    struct fb_name_join *j = fb_name_join_new(&o);
    assert_non_null(j);
    learn_at(j, 100, 1, "10.0.0.2", "a.example", 60, NULL);
    assert_string_equal(named(j, 160, "10.0.0.2", "192.0.2.7", NULL), "a.example dns 90 1");
    assert_string_equal(named(j, 161, "10.0.0.2", "192.0.2.7", NULL), "");
    fb_name_join_free(j);
}

static void an_expired_answer_to_the_client_leaves_it_to_one_that_somebody_else_got(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    learn_at(j, 100, 1, "10.0.0.2", "old.example", 60, NULL);
    learn_at(j, 900, 2, "10.0.0.3", "new.example", 60, NULL);
    assert_string_equal(named(j, 920, "10.0.0.2", "192.0.2.7", NULL), "new.example dns 60 2");
    /* Within the grace the client's own answer still goes before a newer one of others. */
    learn_at(j, 1000, 3, "10.0.0.2", "mine.example", 60, NULL);
    learn_at(j, 1100, 4, "10.0.0.3", "theirs.example", 60, NULL);
    assert_string_equal(named(j, 1110, "10.0.0.2", "192.0.2.7", NULL), "mine.example dns 70 3");
    fb_name_join_free(j);
}

static void what_a_host_says_of_itself_comes_last(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    struct row r;
    row_init(&r, "mdns", "224.0.0.251", "192.168.1.7", "printer.local");
    row_answer(&r, "192.168.1.7", "120", "printer.local", "A", "");
    learn(j, 100, 3, &r);
    assert_string_equal(named(j, 110, "10.0.0.2", "192.168.1.7", NULL), "printer.local mdns 50 3");
    assert_string_equal(named(j, 221, "10.0.0.2", "192.168.1.7", NULL), "printer.local mdns 30 3");
    row_init(&r, "dns", "10.0.0.9", "10.0.0.53", "intranet.example");
    row_answer(&r, "192.168.1.7", "60", "intranet.example", "A", "");
    learn(j, 115, 4, &r);
    assert_string_equal(named(j, 116, "10.0.0.2", "192.168.1.7", NULL), "intranet.example dns 60 4");
    fb_name_join_free(j);
}

static void a_lease_gives_the_name_that_the_client_asked_with(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    struct fb_rec_cell c[FB_DHCP_NCOLS];
    struct fb_name_at at = {100000000000, 1};
    for (size_t i = 0; i < FB_DHCP_NCOLS; i++)
        c[i] = (struct fb_rec_cell){.null = true};
    c[FB_DHCP_MAC] = text_cell("00:11:22:33:44:55");
    c[FB_DHCP_HOST_NAME] = text_cell("laptop");
    fb_name_join_dhcp(j, &at, c);
    c[FB_DHCP_HOST_NAME].null = true;
    c[FB_DHCP_ASSIGNED_ADDR].null = false;
    assert_true(fb_addr_parse("192.168.1.9", &c[FB_DHCP_ASSIGNED_ADDR].addr));
    c[FB_DHCP_LEASE_TIME] = (struct fb_rec_cell){.i = 3600};
    at = (struct fb_name_at){101000000000, 2};
    fb_name_join_dhcp(j, &at, c);
    assert_string_equal(named(j, 3000, "10.0.0.2", "192.168.1.9", NULL), "laptop dhcp 50 2");
    assert_string_equal(named(j, 5000, "10.0.0.2", "192.168.1.9", NULL), "");
    fb_name_join_free(j);
}

static void https_records_name_the_addresses_that_they_hint_at(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    struct row r;
    row_init(&r, "dns", "10.0.0.2", "10.0.0.53", "www.example");
    row_answer(&r, "edge.example", "60", "www.example", "CNAME", "");
    row_answer(&r, ".", "300", "edge.example", "HTTPS",
               "1 . alpn=h2,h3 ipv4hint=192.0.2.7,192.0.2.8 ech ipv6hint=2001:db8::7");
    learn(j, 100, 1, &r);
    assert_string_equal(named(j, 110, "10.0.0.2", "192.0.2.7", NULL), "www.example dns 90 1 chain");
    assert_string_equal(named(j, 110, "10.0.0.2", "192.0.2.8", NULL), "www.example dns 90 1 chain");
    assert_string_equal(named(j, 400, "10.0.0.2", "2001:db8::7", NULL), "www.example dns 90 1 chain");
    assert_string_equal(named(j, 401, "10.0.0.2", "2001:db8::7", NULL), "www.example dns 70 1 chain");
    assert_string_equal(named(j, 110, "10.0.0.3", "192.0.2.7", NULL), "www.example dns 60 1 chain");
    fb_name_join_free(j);
}

static void names_of_services_stand_for_their_target(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *target, *host;
    } row[] = {{"www.example", "svc.example", "www.example"},
               {"_dns.resolver.arpa", "dns.example", "dns.example"},
               {"_8443._https.www.example", ".", "www.example"},
               {"_8443._https.www.example", "pool.example", "pool.example"},
               {"_only", ".", ""}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct fb_span s = fb_svcb_host(span(row[i].asked), span(row[i].target));
        assert_int_equal(s.n, strlen(row[i].host));
        assert_true(s.n == 0 || memcmp(s.p, row[i].host, s.n) == 0);
    }
}

static void hints_that_are_no_addresses_are_passed_over(void **state)
{
    (void)state;
    struct fb_svcb_hints h =
        fb_svcb_hints(span("1 a ipv4hint= ipv4hint=x,192.0.2.1,, port=443 ipv6hint=2001:db8::1 ipv4hint"));
    struct fb_addr a;
    char text[FB_ADDR_STRLEN];
    assert_true(fb_svcb_next_hint(&h, &a));
    fb_addr_format(&a, text);
    assert_string_equal(text, "192.0.2.1");
    assert_true(fb_svcb_next_hint(&h, &a));
    fb_addr_format(&a, text);
    assert_string_equal(text, "2001:db8::1");
    assert_false(fb_svcb_next_hint(&h, &a));
}

static void a_node_status_names_the_one_who_answered(void **state)
{
    (void)state;
    struct fb_name_join *j = new_join(0);
    struct row r;
    row_init(&r, "nbns", "10.0.0.2", "10.0.0.7", "*");
    row_answer(&r, "GROUP<00> OFFICE PC<00> OTHER<20>", "0", "*", "NBSTAT",
               "33792 1024 1024 mac=00:01:02:03:04:05");
    learn(j, 100, 1, &r);
    assert_string_equal(named(j, 3000, "10.0.0.2", "10.0.0.7", NULL), "OFFICE PC nbns 50 1");
    struct fb_span name;
    assert_false(fb_netbios_node_host(span("GROUP<00>"), span("33792"), &name));
    assert_false(fb_netbios_node_host(span("A<1b> B<03>"), span("1024 1024"), &name));
    assert_false(fb_netbios_node_host(span("A<00>"), span(""), &name));
    assert_false(fb_netbios_node_host(span("A<00"), span("1024"), &name));
    assert_true(fb_netbios_node_host(span("A<00>B<20>"), span("1024"), &name));
    assert_int_equal(name.n, 6); /* "A<00>B": what stands inside of a name ends none */
    fb_name_join_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_takes_its_own_name_before_its_clients_before_anybodys),
        cmocka_unit_test(ttl_and_grace_decide_how_long_a_name_holds),
        cmocka_unit_test(a_grace_of_nothing_ends_a_name_with_its_ttl),
        cmocka_unit_test(an_expired_answer_to_the_client_leaves_it_to_one_that_somebody_else_got),
        cmocka_unit_test(what_a_host_says_of_itself_comes_last),
        cmocka_unit_test(a_lease_gives_the_name_that_the_client_asked_with),
        cmocka_unit_test(https_records_name_the_addresses_that_they_hint_at),
        cmocka_unit_test(names_of_services_stand_for_their_target),
        cmocka_unit_test(hints_that_are_no_addresses_are_passed_over),
        cmocka_unit_test(a_node_status_names_the_one_who_answered),
        cmocka_unit_test(the_name_asked_wins_over_the_names_it_leads_to),
        cmocka_unit_test(what_is_forgotten_is_what_was_learnt_first),
        cmocka_unit_test(addresses_and_ports_in_a_host_header_are_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
