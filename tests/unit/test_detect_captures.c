/* The detectors on packets, through the whole program: recordings of real tools, and scenarios of ordinary
 * web use with one attack in it, made by fbfixture. */
#include "tests/support/capture_check.h"
#include "tests/support/test_random.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The findings of a capture, worst first; the caller frees them. */
static cJSON *findings(const char *capture, const char *options)
{
    char args[1024];
    const char *out = check_path("findings.jsonl");
    snprintf(args, sizeof args, "findings --json -q %s '%s'", options, capture);
    int code = check_run("fbforensics", args, out);
    size_t n;
    char *text = check_slurp(out, &n);
    if (code != 0)
        fail_msg("%s: exit code %d: %s", capture, code, text);
    cJSON *all = cJSON_CreateArray();
    for (char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        cJSON *one = cJSON_ParseWithLength(line, len);
        if (!one)
            fail_msg("%s: not JSON: %.*s", capture, (int)len, line);
        cJSON_AddItemToArray(all, one);
        line += len + (line[len] == '\n');
    }
    free(text);
    return all;
}

static const char *text_of(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsString(v) ? v->valuestring : "";
}

/* The worst finding is of this kind and about this host. */
static void expect_first(cJSON *all, const char *capture, const char *kind, const char *host)
{
    const cJSON *f = cJSON_GetArrayItem(all, 0);
    if (!f)
        fail_msg("%s: no finding, expected %s", capture, kind);
    const cJSON *hosts = cJSON_GetObjectItemCaseSensitive(f, "hosts"), *who = cJSON_GetArrayItem(hosts, 0);
    if (strcmp(text_of(f, "kind"), kind) != 0 || !cJSON_IsString(who) || strcmp(who->valuestring, host) != 0)
        fail_msg("%s: expected %s by %s, got %s: %s", capture, kind, host, text_of(f, "kind"),
                 text_of(f, "reason"));
    static const char *const must[] = {"rank", "severity",   "sessions", "first",
                                       "last", "confidence", "next",     "evidence"};
    for (size_t i = 0; i < sizeof must / sizeof *must; i++)
        if (!cJSON_HasObjectItem(f, must[i]))
            fail_msg("%s: a finding without %s", capture, must[i]);
    cJSON_Delete(all);
}

static void recorded_by(const char *scene, const char *options, const char *kind, const char *who)
{
    char path[128];
    snprintf(path, sizeof path, "fixtures/recorded/%s.pcapng", scene);
    expect_first(findings(path, options), path, kind, who);
}

static void recorded(const char *scene, const char *options, const char *kind)
{
    recorded_by(scene, options, kind, "10.99.0.2");
}

static void real_tools_are_found_in_their_recordings(void **state)
{
    (void)state;
    recorded("nmap", "", "port_scan");
    recorded("scanports", "", "port_scan");
    recorded("scanudp", "", "port_scan");
    recorded("scanslow", "", "port_scan");
    recorded("scanhosts", "", "host_scan");
    recorded("hydrassh", "", "brute_force");
    recorded("hydraftp", "", "brute_force");
    recorded("dnstunnel", "", "dns_tunnel");
    recorded("dnscat", "", "dns_tunnel");
    recorded("echotunnel", "", "icmp_tunnel");
    recorded("curlbeacon", "", "beacon");
    recorded("keptopen", "", "beacon");
    recorded("manyaddresses", "", "beacon");
    recorded("dnsbeacon", "", "beacon");
    recorded("nodomains", "", "dga");
    recorded("sqlmap", "", "exploit");
    recorded("selfsigned", "", "odd_cert");
    recorded("program", "", "download");
    recorded("torbridge", "", "tor");
    recorded_by("hydrajoint", "", "brute_force", "10.99.0.31");
    /* Minutes and megabytes are not recorded: thresholds go down with them. */
    recorded("miner", "--set mining_seconds=10", "mining");
    recorded("upload", "--set exfil_bytes=10000", "exfiltration");
}

static void ordinary_recordings_have_no_findings(void **state)
{
    (void)state;
    static const char *const SCENE[] = {"webuse", "http", "https",     "dns",    "ssh",  "iperf3", "mdns",
                                        "ftp",    "smtp", "databases", "things", "quic", "socks",  "ping"};
    for (size_t i = 0; i < sizeof SCENE / sizeof *SCENE; i++) {
        char path[128];
        snprintf(path, sizeof path, "fixtures/recorded/%s.pcapng", SCENE[i]);
        cJSON *all = findings(path, "");
        if (cJSON_GetArraySize(all))
            fail_msg("%s: %s", path, text_of(cJSON_GetArrayItem(all, 0), "reason"));
        cJSON_Delete(all);
    }
}

static int number_in(const cJSON *f, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(f, key);
    assert_true(cJSON_IsNumber(v));
    return v->valueint;
}

/* ---- scenarios ---- */

struct scenario {
    FILE *f;
    char fbx[512];
    struct test_random r;
    unsigned port; /* of the next client */
};

static void scenario_begin(struct scenario *s, const char *name, uint64_t seed)
{
    snprintf(s->fbx, sizeof s->fbx, "%s", check_path("%s.fbx", name));
    s->f = fopen(s->fbx, "w");
    assert_non_null(s->f);
    s->r.state = seed;
    s->port = 20000;
    for (unsigned i = 1; i <= 6; i++)
        fprintf(s->f, "host pc%u 10.0.0.%u\n", i, i);
    for (unsigned i = 1; i <= 30; i++)
        fprintf(s->f, "host web%u 203.0.113.%u\n", i, i);
    fprintf(s->f, "host bad 198.51.100.66\nhost dns 10.0.0.53\n");
}

static void tcp(struct scenario *s, uint64_t ms, const char *from, const char *to, unsigned port,
                const char *body)
{
    fprintf(s->f,
            "time %llu.%03u\nsession tcp %s:%u > %s:%u\n  syn\n  synack\n  ack\n%s  fin\n  < fin\n  ack\n  "
            "expect history=- conn_state=SF\n",
            1700000000ull + (unsigned long long)(ms / 1000), (unsigned)(ms % 1000), from, s->port, to, port,
            body);
    s->port = s->port == 60000 ? 20000 : s->port + 1;
}

/* An hour and a half of people at the web, with name resolution and clocks. */
static void web_use(struct scenario *s)
{
    uint64_t ms = 0;
    for (unsigned i = 0; i < 500; i++) {
        char from[8], to[8], body[256];
        uint32_t p = tr_below(&s->r, 10);
        snprintf(from, sizeof from, "pc%u", 1 + tr_below(&s->r, 6));
        snprintf(to, sizeof to, "web%u", 1 + tr_below(&s->r, 30));
        uint32_t down = 1200 + tr_below(&s->r, 2000), up = 300 + tr_below(&s->r, 2500),
                 down_again = 500 + tr_below(&s->r, 60000);
        snprintf(body, sizeof body,
                 "  > client-hello www.example.com\n  < %u bytes\n  > %u bytes\n  < %u bytes\n", down, up,
                 down_again);
        ms += p < 6 ? 30 + tr_below(&s->r, 900) : 2000 + tr_below(&s->r, 50000);
        fprintf(s->f,
                "time %llu.%03u\nsession udp %s:%u > dns:53\n  > dns-query www%u.example.com\n"
                "  < dns-answer www%u.example.com 203.0.113.9\n  expect\n",
                1700000000ull + (unsigned long long)(ms / 1000), (unsigned)(ms % 1000), from, s->port, i % 40,
                i % 40);
        tcp(s, ms + 20, from, to, 443, body);
    }
    for (unsigned i = 0; i < 80; i++)
        fprintf(s->f, "time %u\nsession udp pc%u:123 > web1:123\n  > ntp 3\n  < ntp 4\n  expect\n",
                1700000000u + i * 64, 1 + i % 6);
}

static cJSON *scenario_findings(struct scenario *s)
{
    char args[1200], pcap[512];
    assert_int_equal(fclose(s->f), 0);
    snprintf(pcap, sizeof pcap, "%s", check_path("scenario.pcap"));
    remove(pcap);
    snprintf(args, sizeof args, "write '%s' '%s'", s->fbx, pcap);
    const char *out = check_path("fixture.out");
    if (check_run("fbfixture", args, out) != 0) {
        size_t n;
        fail_msg("%s", check_slurp(out, &n));
    }
    return findings(pcap, "");
}

/* Something is always the most unusual, so the forest may name a few: without alarm, and fewer than 1 % of
 * the 1,080 sessions. */
static void expect_quiet(const cJSON *all, unsigned seed)
{
    int unusual = 0;
    const cJSON *f;
    cJSON_ArrayForEach(f, all)
    {
        const char *reason = text_of(f, "reason");
        if (strcmp(text_of(f, "kind"), "anomaly") != 0 || number_in(f, "severity") >= 60)
            fail_msg("seed %u: %s", seed, reason);
        unusual += number_in(f, "sessions");
    }
    if (unusual > 10)
        fail_msg("seed %u: %d sessions are unusual", seed, unusual);
}

static void ordinary_web_use_raises_no_alarm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct scenario s;
        scenario_begin(&s, "plain", seed);
        web_use(&s);
        cJSON *all = scenario_findings(&s);
        expect_quiet(all, (unsigned)seed);
        cJSON_Delete(all);
    }
}

static void a_beacon_in_web_use_comes_first(void **state)
{
    (void)state;
    struct scenario s;
    scenario_begin(&s, "beacon", 4);
    web_use(&s);
    for (unsigned i = 0; i < 80; i++) /* every minute and up to 30 % more or less */
        tcp(&s, i * 60000ull + tr_below(&s.r, 36000), "pc2", "bad", 443, "  > 240 bytes\n  < 120 bytes\n");
    expect_first(scenario_findings(&s), "beacon", "beacon", "10.0.0.2");
}

static void an_exfiltration_in_web_use_comes_first(void **state)
{
    (void)state;
    struct scenario s;
    scenario_begin(&s, "exfil", 5);
    web_use(&s);
    fprintf(s.f, "time 1700002000\nsession tcp pc3:61000 > bad:443\n  syn\n  synack\n  ack\n");
    for (unsigned i = 0; i < 160; i++)
        fprintf(s.f, "  > 50000 bytes\n");
    fprintf(s.f, "  < 300 bytes\n  fin\n  < fin\n  ack\n  expect history=- conn_state=SF\n");
    expect_first(scenario_findings(&s), "exfil", "exfiltration", "10.0.0.3");
}

static void a_scan_in_web_use_comes_first(void **state)
{
    (void)state;
    struct scenario s;
    scenario_begin(&s, "scan", 6);
    web_use(&s);
    for (unsigned p = 1; p <= 300; p++)
        fprintf(s.f,
                "time 1700001000.%03u\nsession tcp pc4:%u > pc5:%u\n  syn\n  < rst\n  expect history=- "
                "conn_state=REJ\n",
                p, 61000 + p, p);
    expect_first(scenario_findings(&s), "scan", "port_scan", "10.0.0.4");
}

static void a_tunnel_through_names_in_web_use_comes_first(void **state)
{
    (void)state;
    struct scenario s;
    scenario_begin(&s, "tunnel", 7);
    web_use(&s);
    for (unsigned i = 0; i < 200; i++)
        fprintf(s.f,
                "time %u.%03u\nsession udp pc5:%u > dns:53\n  > dns-query "
                "%016llx%016llx%016llx.%016llx%016llx.t.evil.example\n"
                "  < dns-answer %016llx.t.evil.example 203.0.113.9\n  expect\n",
                1700001000u + i / 5, i % 5 * 200, 61000 + i, (unsigned long long)tr_next(&s.r),
                (unsigned long long)tr_next(&s.r), (unsigned long long)tr_next(&s.r),
                (unsigned long long)tr_next(&s.r), (unsigned long long)tr_next(&s.r),
                (unsigned long long)tr_next(&s.r));
    expect_first(scenario_findings(&s), "tunnel", "dns_tunnel", "10.0.0.5");
}

static void a_miner_in_web_use_comes_first(void **state)
{
    (void)state;
    struct scenario s;
    scenario_begin(&s, "miner", 8);
    web_use(&s);
    fprintf(s.f, "time 1700000500\nsession tcp pc6:61000 > bad:3333\n  syn\n  synack\n  ack\n");
    for (unsigned i = 0; i < 90; i++)
        fprintf(s.f, "  > %u bytes\n  wait 300ms\n  < %u bytes\n  wait %us\n", 150 + i % 9, 60 + i % 4 * 90,
                10 + tr_below(&s.r, 40));
    fprintf(s.f, "  fin\n  < fin\n  ack\n  expect history=- conn_state=SF\n");
    expect_first(scenario_findings(&s), "miner", "mining", "10.0.0.6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_tools_are_found_in_their_recordings),
        cmocka_unit_test(ordinary_recordings_have_no_findings),
        cmocka_unit_test(ordinary_web_use_raises_no_alarm),
        cmocka_unit_test(a_beacon_in_web_use_comes_first),
        cmocka_unit_test(an_exfiltration_in_web_use_comes_first),
        cmocka_unit_test(a_scan_in_web_use_comes_first),
        cmocka_unit_test(a_tunnel_through_names_in_web_use_comes_first),
        cmocka_unit_test(a_miner_in_web_use_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
