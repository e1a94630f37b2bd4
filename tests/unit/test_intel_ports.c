/* Vendors, services, vulnerabilities. */
#include "intel/packs/oui.h"
#include "intel/packs/risks.h"
#include "tests/support/intel_build.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct fb_span text(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

/* "Vendor/24", "-" or "local". */
static const char *vendor(const struct fb_intel *k, const char *mac)
{
    static char out[100];
    uint8_t m[6];
    struct fb_mac_intel i;
    assert_true(fb_mac_parse(text(mac), m));
    fb_intel_mac(k, m, &i);
    if (i.local)
        snprintf(out, sizeof out, "local");
    else if (!i.bits)
        snprintf(out, sizeof out, "-");
    else
        snprintf(out, sizeof out, "%.*s/%u", (int)i.vendor.n, i.vendor.n ? (const char *)i.vendor.p : "",
                 i.bits);
    return out;
}

static void every_form_of_block_list_gives_the_same_vendors(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "Registry,Assignment,Organization Name,Organization Address\r\n"
        "MA-L,001BC5,IEEE Registration Authority,\r\nMA-M,741AE09,Middle,\"Street 1,\nTown\"\r\n"
        "MA-S,001BC5001,\"Small, Inc.\",x\r\n",
        "OUI/MA-L    Organization\ncompany_id\n\n00-1B-C5   (hex)\t\tIEEE Registration Authority\n"
        "001BC5     (base 16)\t\tIEEE Registration Authority\n\t\t\t\tPiscataway\n\n"
        "74-1A-E0   (hex)\t\tMiddle\n900000-9FFFFF     (base 16)\t\tMiddle\n\n"
        "00-1B-C5   (hex)\t\tSmall, Inc.\n001000-001FFF     (base 16)\t\tSmall, Inc.\n",
        "# comment\n00:1B:C5\tIEEERegi\tIEEE Registration Authority\n"
        "74:1A:E0:90:00:00/28\tMiddle\tMiddle\n00:1B:C5:00:10:00/36\tSmall\tSmall, Inc.\n",
        "{\"001BC5\":\"IEEE Registration "
        "Authority\\nPiscataway\",\"741AE09\":\"Middle\",\"001BC5001\":\"Small, Inc.\"}",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct fb_intel *k = intel_open(&forms[i], 1);
        assert_string_equal(vendor(k, "00:1b:c5:00:1f:ff"), "Small, Inc./36");
        assert_string_equal(vendor(k, "00:1b:c5:00:20:00"), "IEEE Registration Authority/24");
        assert_string_equal(vendor(k, "74-1a-e0-9f-ff-ff"), "Middle/28");
        assert_string_equal(vendor(k, "741a.e0a0.0000"), "-");
        assert_string_equal(vendor(k, "021bc5001fff"), "local");
        fb_intel_close(k);
    }
}

static void the_longest_block_wins_like_in_a_linear_scan(void **state)
{
    (void)state;
    struct test_random rnd = {3};
    for (int round = 0; round < 60; round++) {
        struct fb_row_set set;
        struct fb_buf out;
        struct fb_ouis o;
        unsigned bits[40];
        uint64_t prefix[40];
        size_t count;
        fb_row_set_init(&set);
        for (int i = 0; i < 40; i++) {
            bits[i] = 1 + tr_below(&rnd, 48);
            prefix[i] =
                ((uint64_t)tr_below(&rnd, 4) << 44 | tr_below(&rnd, 8)) & (UINT64_MAX << (48 - bits[i]));
            char name[16];
            snprintf(name, sizeof name, "v%d", i);
            assert_int_equal(fb_oui_add(&set, bits[i], prefix[i], text(name), NULL), FB_OK);
        }
        fb_buf_init(&out, 1u << 20);
        assert_int_equal(fb_row_set_finish(&set, &out, NULL, &count, NULL), FB_OK);
        assert_int_equal(fb_ouis_open((struct fb_span){out.data, out.len}, &o, NULL), FB_OK);
        for (int q = 0; q < 200; q++) {
            uint64_t m = (uint64_t)tr_below(&rnd, 4) << 44 | tr_below(&rnd, 8);
            uint8_t mac[6] = {(uint8_t)(m >> 40), (uint8_t)(m >> 32), (uint8_t)(m >> 24),
                              (uint8_t)(m >> 16), (uint8_t)(m >> 8),  (uint8_t)m};
            int best = -1;
            for (int i = 0; i < 40; i++)
                if ((m & (UINT64_MAX << (48 - bits[i]))) == prefix[i] && (best < 0 || bits[i] > bits[best]))
                    best = i;
            struct fb_span v;
            unsigned b;
            char want[16];
            assert_int_equal(fb_ouis_find(&o, mac, &v, &b), best >= 0);
            if (best < 0)
                continue;
            snprintf(want, sizeof want, "v%d", best);
            assert_int_equal(b, bits[best]);
            assert_int_equal(v.n, strlen(want));
            assert_memory_equal(v.p, want, v.n);
        }
        fb_ouis_release(&o);
        fb_buf_release(&out);
        fb_row_set_release(&set);
    }
}

static void macs_in_other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "00:11:22:33:44",
                                      "00:11:22:33:44:55:66",
                                      "00:11:22-33:44:55",
                                      "0011:2233:4455",
                                      "00:11:22:33:44:5g",
                                      "001122334455x",
                                      "0:11:22:33:44:55",
                                      "00:11:22:33:44:55:"};
    uint8_t mac[6];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fb_mac_parse(text(bad[i]), mac));
    assert_true(fb_mac_parse(text("00:11:22:33:44:fF"), mac) && mac[5] == 0xff);
}

static void services_come_from_both_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "# c\nssh\t\t22/tcp\t# SSH Remote Login\ndomain 53/udp\n6000x 6000/tcp\n6001x 6001/tcp\nodd 7/ddp\n",
        "Service Name,Port Number,Transport Protocol,Description,Assignee\r\nssh,22,tcp,SSH Remote Login,\r\n"
        "domain,53,udp,,\r\nx11,6000-6001,tcp,\"X, the\nWindow System\",\r\n,99,tcp,Reserved,\r\nname,,,no "
        "port,\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct fb_intel *k = intel_open(&forms[i], 1);
        struct fb_port_intel p;
        fb_intel_port(k, 6, 22, &p);
        assert_int_equal(p.service.n, 3);
        assert_memory_equal(p.service.p, "ssh", 3);
        assert_int_equal(p.about.n, strlen("SSH Remote Login"));
        fb_intel_port(k, 17, 22, &p);
        assert_null(p.service_set);
        fb_intel_port(k, 17, 53, &p);
        assert_non_null(p.service_set);
        assert_int_equal(p.about.n, 0);
        fb_intel_port(k, 6, 6001, &p);
        assert_non_null(p.service_set);
        fb_intel_close(k);
    }
}

static const char first_doc[] =
    "{\"date\":\"2024-01-01\",\"signature\":\"s\",\"vulnerabilities\":["
    "{\"port\":9000,\"name\":\"One\",\"description\":\"first\",\"protocol\":\"tcp\",\"count\":12,"
    "\"vulnerabilities\":[{\"name\":\"A\",\"description\":\"a\"},{\"name\":\"B\",\"description\":\"b\"}]},"
    "{\"port\":9001,\"name\":\"Any\",\"description\":\"\",\"vulnerabilities\":[{\"name\":\"C\"}]},"
    "{\"vendor\":\"Acme\",\"count\":3,\"severity\":\"high\",\"vulnerabilities\":[]},"
    "{\"vendor\":\"Acme Tools\",\"count\":0,\"vulnerabilities\":[]},"
    "{\"name\":\"neither\"},{\"port\":70000,\"name\":\"no port\"}]}";
static const char second_doc[] =
    "{\"date\":\"2024-02-01\",\"vulnerabilities\":["
    "{\"port\":9000,\"name\":\"Other\",\"description\":\"second\",\"protocol\":\"TCP\",\"severity\":"
    "\"critical\","
    "\"vulnerabilities\":[{\"name\":\"B\",\"description\":\"again\"},{\"name\":\"D\",\"description\":\"d\"}]}"
    ","
    "{\"port\":9000,\"protocol\":\"udp\",\"name\":\"Datagrams\",\"vulnerabilities\":[]},"
    "{\"vendor\":\"ACME\",\"count\":5,\"vulnerabilities\":[]}]}";

static void open_risks(struct fb_risks *r, struct fb_buf *out)
{
    struct fb_risk_build b;
    uint64_t bad, entries;
    fb_risk_build_init(&b);
    fb_buf_init(out, 1u << 20);
    assert_int_equal(fb_risk_build_json(&b, text(first_doc), &bad, NULL), FB_OK);
    assert_int_equal(bad, 2);
    assert_int_equal(fb_risk_build_json(&b, text(second_doc), &bad, NULL), FB_OK);
    assert_int_equal(bad, 0);
    assert_string_equal(b.date, "2024-02-01");
    assert_int_equal(fb_risk_build_finish(&b, out, &entries, NULL), FB_OK);
    assert_int_equal(entries, 5);
    assert_int_equal(fb_risks_open((struct fb_span){out->data, out->len}, r, NULL), FB_OK);
    fb_risk_build_release(&b);
}

static void documents_about_vulnerabilities_are_joined(void **state)
{
    (void)state;
    struct fb_risks r;
    struct fb_buf out;
    struct fb_risk k;
    open_risks(&r, &out);
    assert_true(fb_risks_port(&r, 6, 9000, &k));
    assert_int_equal(k.severity, FB_SEVERITY_CRITICAL);
    assert_int_equal(k.count, 12);
    assert_memory_equal(k.name.p, "One", 3);
    struct fb_cur c = fb_cur_init(k.items.p, k.items.n);
    struct fb_span name, about;
    static const char *const want[] = {"A", "B", "D"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(fb_rec_next_item(&c, &name) && fb_rec_next_item(&c, &about));
        assert_int_equal(name.p[0], want[i][0]);
        assert_int_equal(about.p[0], want[i][0] | 0x20); /* the first description stays */
    }
    assert_false(fb_rec_next_item(&c, &name));
    assert_true(fb_risks_port(&r, 17, 9000, &k) && k.severity == FB_SEVERITY_LOW);
    assert_true(fb_risks_port(&r, 6, 9001, &k) && k.severity == FB_SEVERITY_MEDIUM);
    assert_true(fb_risks_port(&r, 132, 9001, &k));
    assert_false(fb_risks_port(&r, 6, 9002, &k));
    fb_risks_release(&r);
    fb_buf_release(&out);
}

static void a_vendor_is_found_by_its_first_whole_words(void **state)
{
    (void)state;
    struct fb_risks r;
    struct fb_buf out;
    struct fb_risk k;
    open_risks(&r, &out);
    assert_true(fb_risks_vendor(&r, text("acme"), &k) && k.count == 5 && k.severity == FB_SEVERITY_HIGH);
    assert_true(fb_risks_vendor(&r, text("ACME, Inc."), &k) && k.count == 5);
    assert_true(fb_risks_vendor(&r, text("Acme Tools Ltd"), &k) && k.count == 0);
    assert_false(fb_risks_vendor(&r, text("Acmeology"), &k));
    assert_false(fb_risks_vendor(&r, text("The Acme"), &k));
    assert_false(fb_risks_vendor(&r, text(""), &k));
    fb_risks_release(&r);
    fb_buf_release(&out);
}

static void criticality_follows_the_stated_rule(void **state)
{
    (void)state;
    assert_int_equal(fb_device_criticality(FB_SEVERITY_NONE, FB_SEVERITY_NONE), FB_SEVERITY_NONE);
    assert_int_equal(fb_device_criticality(FB_SEVERITY_NONE, FB_SEVERITY_CRITICAL), FB_SEVERITY_LOW);
    assert_int_equal(fb_device_criticality(FB_SEVERITY_MEDIUM, FB_SEVERITY_NONE), FB_SEVERITY_MEDIUM);
    assert_int_equal(fb_device_criticality(FB_SEVERITY_MEDIUM, FB_SEVERITY_MEDIUM), FB_SEVERITY_MEDIUM);
    assert_int_equal(fb_device_criticality(FB_SEVERITY_MEDIUM, FB_SEVERITY_HIGH), FB_SEVERITY_HIGH);
    assert_int_equal(fb_device_criticality(FB_SEVERITY_CRITICAL, FB_SEVERITY_CRITICAL), FB_SEVERITY_CRITICAL);
}

static void hostile_documents_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{\"vulnerabilities\":5}", "{\"vulnerabilities\":[}",
                                      "[\"vulnerabilities\"]", "{\"vulnerabilities\":[]} x"};
    struct fb_risk_build b;
    uint64_t n;
    fb_risk_build_init(&b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(fb_risk_build_json(&b, text(bad[i]), &n, NULL), FB_ERR_INPUT);
    char deep[2001];
    memset(deep, '[', 2000);
    deep[2000] = '\0';
    assert_int_equal(fb_risk_build_json(&b, text(deep), &n, NULL), FB_ERR_INPUT);
    fb_risk_build_release(&b);
}

static void what_is_built_in_answers_without_a_pack(void **state)
{
    (void)state;
    struct fb_intel *k;
    struct fb_port_intel p;
    char missing[64];
    assert_int_equal(fb_intel_open(NULL, &k, NULL), FB_OK);
    assert_null(fb_intel_digest(k));
    assert_string_equal(fb_intel_missing(k, missing), "origins, oui, services");
    static const uint16_t ports[] = {23, 21, 445, 3389, 5900, 6379, 27017, 2375, 10250, 502};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        fb_intel_port(k, 6, ports[i], &p);
        assert_non_null(p.risk_set);
        assert_true(p.risk.severity >= FB_SEVERITY_MEDIUM && p.risk.source.n && p.risk.date.n &&
                    p.risk.count);
    }
    assert_true(fb_intel_set(k, 0)->entries >= 40);
    fb_intel_close(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_block_list_gives_the_same_vendors),
        cmocka_unit_test(the_longest_block_wins_like_in_a_linear_scan),
        cmocka_unit_test(macs_in_other_forms_are_refused),
        cmocka_unit_test(services_come_from_both_forms),
        cmocka_unit_test(documents_about_vulnerabilities_are_joined),
        cmocka_unit_test(a_vendor_is_found_by_its_first_whole_words),
        cmocka_unit_test(criticality_follows_the_stated_rule),
        cmocka_unit_test(hostile_documents_are_refused),
        cmocka_unit_test(what_is_built_in_answers_without_a_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
