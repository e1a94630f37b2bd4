/* Findings: their order, which of them are the same, how they are kept and printed, and anomalies in groups.
 */
#include "model/finding_def.h"
#include "model/finding_group.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND 1000000000LL

static struct fb_addr addr(const char *text)
{
    struct fb_addr a;
    assert_true(fb_addr_parse(text, &a));
    return a;
}

static struct fb_finding finding(enum fb_finding_kind kind, unsigned severity, const char *who,
                                 const char *other, uint16_t port)
{
    struct fb_finding f = {.kind = kind,
                           .severity = severity,
                           .confidence = 50,
                           .nhosts = 2,
                           .targets = 1,
                           .ip_proto = 6,
                           .has_port = port != 0,
                           .port = port,
                           .sessions = 3,
                           .nevidence = 2,
                           .evidence = {4, 9},
                           .first_ns = 10 * SECOND,
                           .last_ns = 90 * SECOND};
    f.hosts[0] = addr(who);
    f.hosts[1] = addr(other);
    snprintf(f.reason, sizeof f.reason, "Because.");
    snprintf(f.next, sizeof f.next, "fbforensics show CASE 4");
    return f;
}

static void add(struct fb_findings *l, struct fb_finding f)
{
    assert_int_equal(fb_findings_add(l, &f), FB_OK);
}

static void the_worst_comes_first_and_at_the_ceiling_the_least_goes(void **state)
{
    (void)state;
    struct fb_findings l;
    fb_findings_init(&l, 8);
    for (unsigned i = 1; i <= 20; i++) {
        char who[16];
        snprintf(who, sizeof who, "10.0.0.%u", i);
        add(&l, finding(FB_FIND_BEACON, 10 + i * 7 % 20, who, "192.0.2.1", 443));
    }
    fb_findings_sort(&l);
    assert_true(l.n <= 8 && l.n + l.dropped == 20);
    assert_int_equal(l.f[0].severity, 29);
    for (size_t i = 1; i < l.n; i++)
        assert_true(l.f[i - 1].severity > l.f[i].severity);
    fb_findings_release(&l);
}

static void findings_about_the_same_sessions_become_one(void **state)
{
    (void)state;
    struct fb_findings l;
    fb_findings_init(&l, 100);
    add(&l, finding(FB_FIND_STROBE, 50, "10.0.0.1", "192.0.2.1", 22));
    add(&l, finding(FB_FIND_BRUTE_FORCE, 70, "10.0.0.1", "192.0.2.1", 22));
    add(&l, finding(FB_FIND_BEACON, 40, "10.0.0.1", "192.0.2.1", 443)); /* another port */
    add(&l, finding(FB_FIND_STROBE, 40, "10.0.0.2", "192.0.2.1", 22));  /* another host */
    fb_findings_join(&l);
    assert_int_equal(l.n, 3);
    assert_int_equal(l.f[0].kind, FB_FIND_BRUTE_FORCE);
    assert_int_equal(l.f[0].also, 1u << FB_FIND_STROBE);
    assert_string_equal(l.f[0].reason, "Because. Also: strobe");
    fb_findings_release(&l);
}

static void a_scan_does_not_swallow_what_did_not_come_to_nothing(void **state)
{
    (void)state;
    struct fb_findings l;
    fb_findings_init(&l, 100);
    struct fb_finding scan = finding(FB_FIND_HOST_SCAN, 90, "10.0.0.1", "192.0.2.1", 0);
    scan.targets = 500;
    add(&l, scan);
    add(&l, finding(FB_FIND_BEACON, 60, "10.0.0.1", "198.51.100.1", 443));
    add(&l, finding(FB_FIND_STROBE, 50, "10.0.0.1", "192.0.2.77", 80));
    fb_findings_join(&l);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.f[1].kind, FB_FIND_BEACON);
    struct fb_addr a = addr("10.0.0.1"), b = addr("203.0.113.3");
    assert_true(fb_finding_covers(&l.f[0], &a, &b, 6, 99, 20 * SECOND, true));
    assert_false(fb_finding_covers(&l.f[0], &a, &b, 6, 99, 20 * SECOND, false));
    assert_false(fb_finding_covers(&l.f[0], &a, &b, 6, 99, 91 * SECOND, true));
    assert_false(fb_finding_covers(&l.f[0], &b, &a, 6, 99, 20 * SECOND, true));
    fb_findings_release(&l);
}

static void a_row_holds_the_whole_finding(void **state)
{
    (void)state;
    struct fb_finding f = finding(FB_FIND_DNS_TUNNEL, 77, "10.0.0.1", "2001:db8::1", 53), g;
    struct fb_buf row;
    snprintf(f.subject, sizeof f.subject, "evil.example");
    snprintf(f.service, sizeof f.service, "dns");
    f.also = 1u << FB_FIND_ANOMALY | 1u << FB_FIND_BEACON;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_finding_put(&f, 1, &row);
    assert_false(row.failed);
    assert_true(fb_finding_get(row.data, row.len, &g));
    assert_memory_equal(&f, &g, sizeof f);
    for (size_t n = 0; n < row.len; n++)
        assert_false(fb_finding_get(row.data, n, &g));
    /* Any byte may be any other: no more than a refusal, or a finding within its bounds. */
    for (size_t i = 0; i < row.len; i++)
        for (unsigned v = 0; v < 256; v += 5) {
            uint8_t was = row.data[i];
            row.data[i] = (uint8_t)v;
            if (fb_finding_get(row.data, row.len, &g)) {
                assert_in_range(g.severity, 1, 100);
                assert_true(g.nhosts <= FB_FINDING_HOSTS_MAX && g.nevidence <= FB_FINDING_EVIDENCE_MAX);
            }
            row.data[i] = was;
        }
    fb_buf_release(&row);
}

static void json_has_what_is_promised_and_the_path_is_quoted(void **state)
{
    (void)state;
    struct fb_finding f = finding(FB_FIND_BEACON, 77, "10.0.0.1", "192.0.2.1", 443);
    struct fb_buf out;
    fb_buf_init(&out, 1u << 16);
    fb_finding_json(&f, 3, "it's a case.fbcase", &out);
    cJSON *o = cJSON_Parse(fb_buf_cstr(&out));
    assert_non_null(o);
    assert_int_equal(cJSON_GetObjectItem(o, "rank")->valueint, 3);
    assert_int_equal(cJSON_GetObjectItem(o, "severity")->valueint, 77);
    assert_string_equal(cJSON_GetObjectItem(o, "level")->valuestring, "high");
    assert_string_equal(cJSON_GetObjectItem(o, "kind")->valuestring, "beacon");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(o, "hosts")), 2);
    assert_int_equal(cJSON_GetObjectItem(o, "sessions")->valueint, 3);
    assert_string_equal(cJSON_GetObjectItem(o, "first")->valuestring, "1970-01-01T00:00:10.000000000Z");
    assert_string_equal(cJSON_GetObjectItem(o, "last")->valuestring, "1970-01-01T00:01:30.000000000Z");
    assert_string_equal(cJSON_GetObjectItem(o, "reason")->valuestring, "Because.");
    assert_string_equal(cJSON_GetObjectItem(o, "next")->valuestring,
                        "fbforensics show 'it'\\''s a case.fbcase' 4");
    cJSON_Delete(o);
    fb_buf_release(&out);
}

/* ---- groups ---- */

struct anomalies {
    struct fb_group *g;
    uint64_t number;
};

static void anomaly(struct anomalies *a, const char *from, const char *to, uint16_t port, uint64_t bytes,
                    const char *culprits)
{
    struct fb_session s = {.number = ++a->number,
                           .ts_ns = 20 * SECOND + (int64_t)a->number,
                           .orig_h = addr(from),
                           .resp_h = addr(to),
                           .resp_p = port,
                           .ip_proto = 6,
                           .conn_state = FB_CS_S0,
                           .service = "",
                           .history = "S",
                           .tunnel = "",
                           .orig_pkts = 1,
                           .orig_bytes = bytes,
                           .orig_ip_bytes = 40 + bytes};
    struct fb_anomaly x = {&s, a->number % 2 == 0, 990000 + (uint32_t)(a->number % 1000), culprits, ""};
    assert_int_equal(fb_group_add(a->g, &x), FB_OK);
}

static void alike_anomalies_are_one_finding_with_a_count(void **state)
{
    (void)state;
    struct anomalies a = {fb_group_new(4096), 0};
    struct fb_findings l;
    uint64_t shed;
    fb_findings_init(&l, 100);
    for (uint16_t p = 1; p <= 1000; p++)
        anomaly(&a, "10.0.0.1", "10.0.0.2", p, 0, "dest_port, duration");
    for (unsigned h = 1; h <= 50; h++) {
        char to[16];
        snprintf(to, sizeof to, "10.0.1.%u", h);
        anomaly(&a, "10.0.0.3", to, 445, 0, "packet_rate");
    }
    for (unsigned i = 0; i < 7; i++)
        anomaly(&a, "10.0.0.4", "192.0.2.1", 443, 5000, "total_bytes");
    anomaly(&a, "10.0.0.4", "192.0.2.1", 443, 5000, "duration");
    assert_int_equal(fb_group_finish(a.g, &l, &shed), FB_OK);
    assert_int_equal(shed, 0);
    assert_int_equal(l.n, 4);
    assert_int_equal(l.f[0].sessions, 1000);
    assert_non_null(strstr(l.f[0].reason, "at 1000 ports of one host"));
    assert_int_equal(l.f[0].nevidence, FB_FINDING_EVIDENCE_MAX);
    assert_int_equal(l.f[1].sessions, 50);
    assert_int_equal(l.f[1].targets, 50);
    assert_int_equal(l.f[1].port, 445);
    assert_non_null(strstr(l.f[1].reason, "with 50 hosts on one port"));
    assert_int_equal(l.f[2].sessions, 7);
    assert_string_equal(l.f[2].subject, "total_bytes");
    /* The most unusual of its sessions is explained next: the thousandth, with 990,999 of a million. */
    assert_string_equal(l.f[0].next, "fbforensics explain CASE 999");
    assert_string_equal(l.f[2].next, "fbforensics explain CASE 1057");
    fb_findings_release(&l);
    fb_group_free(a.g);
}

static void anomalies_that_a_detector_has_found_join_its_finding(void **state)
{
    (void)state;
    struct anomalies a = {fb_group_new(4096), 0};
    struct fb_findings l;
    uint64_t shed;
    fb_findings_init(&l, 100);
    struct fb_finding scan = finding(FB_FIND_PORT_SCAN, 90, "10.0.0.1", "10.0.0.2", 0);
    add(&l, scan);
    for (uint16_t p = 1; p <= 100; p++)
        anomaly(&a, "10.0.0.1", "10.0.0.2", p, 0, "dest_port");
    anomaly(&a, "10.0.0.1", "10.0.0.2", 443, 90000, "total_bytes"); /* no probe: stays */
    assert_int_equal(fb_group_finish(a.g, &l, &shed), FB_OK);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.f[0].kind, FB_FIND_PORT_SCAN);
    assert_int_equal(l.f[0].also, 1u << FB_FIND_ANOMALY);
    assert_string_equal(l.f[0].reason, "Because. Also: anomaly (100 sessions, 50 abnormal, by dest_port)");
    assert_string_equal(l.f[1].subject, "total_bytes");
    fb_findings_release(&l);
    fb_group_free(a.g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_comes_first_and_at_the_ceiling_the_least_goes),
        cmocka_unit_test(findings_about_the_same_sessions_become_one),
        cmocka_unit_test(a_scan_does_not_swallow_what_did_not_come_to_nothing),
        cmocka_unit_test(a_row_holds_the_whole_finding),
        cmocka_unit_test(json_has_what_is_promised_and_the_path_is_quoted),
        cmocka_unit_test(alike_anomalies_are_one_finding_with_a_count),
        cmocka_unit_test(anomalies_that_a_detector_has_found_join_its_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
