/* Whitelists: every rule of matching with a session that it lets through and one that it does not. */
#include "tests/support/list_build.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ONE(endpoint)                                                                                        \
    "{\"date\":\"2024-01-01\",\"whitelists\":[{\"name\":\"w\",\"endpoints\":[" endpoint "]}]}"
#define LISTS(lists) "{\"whitelists\":[" lists "]}"

struct rule {
    const char *endpoint, *resp;
    uint16_t port;
    uint8_t proto;
    const char *name;
    const char *process;
    uint32_t as;
    const char *country, *owner;
    const char *want;
};

#define YES(what) "conforming w 0 " what
#define NO        "nonconforming"

static const struct rule RULES[] = {
    /* protocol, port, process */
    {ONE("{\"protocol\":\"TCP\"}"), "1.1.1.1", 5, 6, NULL, NULL, 0, NULL, NULL, YES("protocol")},
    {ONE("{\"protocol\":\"tcp\"}"), "1.1.1.1", 5, 6, NULL, NULL, 0, NULL, NULL, YES("protocol")},
    {ONE("{\"protocol\":\"TCP\"}"), "1.1.1.1", 5, 17, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"protocol\":\"ICMP\"}"), "2001:db8::1", 0, 58, NULL, NULL, 0, NULL, NULL, YES("protocol")},
    {ONE("{\"protocol\":\"47\"}"), "1.1.1.1", 0, 47, NULL, NULL, 0, NULL, NULL, YES("protocol")},
    {ONE("{\"port\":443}"), "1.1.1.1", 443, 6, NULL, NULL, 0, NULL, NULL, YES("port")},
    {ONE("{\"port\":443}"), "1.1.1.1", 444, 6, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"port\":8}"), "1.1.1.1", 8, 1, NULL, NULL, 0, NULL, NULL, NO}, /* ICMP has no ports */
    {ONE("{\"ports\":[22,{\"start\":8000,\"end\":8099}]}"), "1.1.1.1", 8099, 6, NULL, NULL, 0, NULL, NULL,
     YES("port")},
    {ONE("{\"ports\":[22,{\"start\":8000,\"end\":8099}]}"), "1.1.1.1", 8100, 6, NULL, NULL, 0, NULL, NULL,
     NO},
    {ONE("{\"port\":25,\"ports\":[22]}"), "1.1.1.1", 25, 6, NULL, NULL, 0, NULL, NULL, YES("port")},
    {ONE("{\"port\":25,\"ports\":[22]}"), "1.1.1.1", 22, 6, NULL, NULL, 0, NULL, NULL, YES("port")},
    {ONE("{\"process\":\"ssh\"}"), "1.1.1.1", 22, 6, NULL, "SSH", 0, NULL, NULL, YES("process")},
    {ONE("{\"process\":\"ssh\"}"), "1.1.1.1", 22, 6, NULL, "sshd", 0, NULL, NULL, NO},
    {ONE("{\"process\":\"ssh\"}"), "1.1.1.1", 22, 6, NULL, NULL, 0, NULL, NULL, NO},
    /* place: a domain or an IP; the domain is reported */
    {ONE("{\"domain\":\"a.example\"}"), "1.1.1.1", 5, 6, "A.Example.", NULL, 0, NULL, NULL, YES("domain")},
    {ONE("{\"domain\":\"a.example\"}"), "1.1.1.1", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"domain\":\"a.example\",\"ip\":\"1.1.1.1\"}"), "1.1.1.1", 5, 6, "b.example", NULL, 0, NULL, NULL,
     YES("ip")},
    {ONE("{\"domain\":\"a.example\",\"ip\":\"1.1.1.1\"}"), "1.1.1.1", 5, 6, "a.example", NULL, 0, NULL, NULL,
     YES("domain")},
    {ONE("{\"domain\":\"a.example\",\"ip\":\"1.1.1.1\"}"), "1.1.1.2", 5, 6, "b.example", NULL, 0, NULL, NULL,
     NO},
    {ONE("{\"domain\":\"a.example\",\"port\":443}"), "1.1.1.1", 80, 6, "a.example", NULL, 0, NULL, NULL, NO},
    {ONE("{\"ip\":\"10.0.0.0/8\"}"), "10.255.255.255", 5, 6, NULL, NULL, 0, NULL, NULL, YES("ip")},
    {ONE("{\"ip\":\"10.0.0.0/8\"}"), "11.0.0.0", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"ips\":[\"192.0.2.3-192.0.2.9\"]}"), "192.0.2.9", 5, 6, NULL, NULL, 0, NULL, NULL, YES("ip")},
    {ONE("{\"ips\":[\"192.0.2.3-192.0.2.9\"]}"), "192.0.2.10", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"ip\":\"::ffff:192.0.2.1\"}"), "192.0.2.1", 5, 6, NULL, NULL, 0, NULL, NULL, YES("ip")},
    {ONE("{\"ip\":\"::/0\"}"), "192.0.2.1", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    /* one key in both forms is a union */
    {ONE("{\"domain\":\"a.example\",\"domains\":[\"b.example\",\"*.c.example\"]}"), "1.1.1.1", 5, 6,
     "a.example", NULL, 0, NULL, NULL, YES("domain")},
    {ONE("{\"domain\":\"a.example\",\"domains\":[\"b.example\",\"*.c.example\"]}"), "1.1.1.1", 5, 6,
     "x.c.example", NULL, 0, NULL, NULL, YES("domain")},
    {ONE("{\"domain\":\"a.example\",\"domains\":[\"b.example\",\"*.c.example\"]}"), "1.1.1.1", 5, 6,
     "c.example", NULL, 0, NULL, NULL, NO},
    {ONE("{\"ips\":[\"2.2.2.0/24\"],\"ip\":\"1.1.1.1\"}"), "1.1.1.1", 5, 6, NULL, NULL, 0, NULL, NULL,
     YES("ip")},
    {ONE("{\"ips\":[\"2.2.2.0/24\"],\"ip\":\"1.1.1.1\"}"), "2.2.2.9", 5, 6, NULL, NULL, 0, NULL, NULL,
     YES("ip")},
    {ONE("{\"ips\":[\"2.2.2.0/24\"],\"ip\":\"1.1.1.1\"}"), "2.2.3.0", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    /* IPv6 */
    {ONE("{\"ip\":\"2001:db8::/32\"}"), "2001:db8:ffff::1", 5, 6, NULL, NULL, 0, NULL, NULL, YES("ip")},
    {ONE("{\"ip\":\"2001:db8::/32\"}"), "2001:db9::", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"ip\":\"2001:db8::1-2001:db8::9\"}"), "2001:db8::9", 5, 6, NULL, NULL, 0, NULL, NULL, YES("ip")},
    {ONE("{\"ip\":\"2001:db8::1-2001:db8::9\"}"), "2001:db8::a", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    /* everything that is stated must hold */
    {ONE("{\"ip\":\"1.1.1.1\",\"port\":22,\"protocol\":\"TCP\",\"process\":\"ssh\"}"), "1.1.1.1", 22, 6, NULL,
     "ssh", 0, NULL, NULL, YES("ip")},
    {ONE("{\"ip\":\"1.1.1.1\",\"port\":22,\"protocol\":\"TCP\",\"process\":\"ssh\"}"), "1.1.1.1", 22, 17,
     NULL, "ssh", 0, NULL, NULL, NO},
    {ONE("{\"ip\":\"1.1.1.1\",\"port\":22,\"protocol\":\"TCP\",\"process\":\"ssh\"}"), "1.1.1.1", 22, 6, NULL,
     "scp", 0, NULL, NULL, NO},
    /* AS, also when the place holds */
    {ONE("{\"as_number\":13335}"), "1.1.1.1", 5, 6, NULL, NULL, 13335, "US", "CLOUDFLARENET",
     YES("as_number")},
    {ONE("{\"as_number\":13335}"), "1.1.1.1", 5, 6, NULL, NULL, 13336, "US", "CLOUDFLARENET", NO},
    {ONE("{\"as_number\":13335}"), "1.1.1.1", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
    {ONE("{\"as_country\":\"us\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, "US", NULL, YES("as_country")},
    {ONE("{\"as_country\":\"us\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, "DE", NULL, NO},
    {ONE("{\"as_country\":\"us\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, NULL, NULL, NO},
    {ONE("{\"as_owner\":\"CloudFlareNet\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, NULL, "CLOUDFLARENET",
     YES("as_owner")},
    {ONE("{\"as_owner\":\"CloudFlareNet\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, NULL, "CLOUDFLARE", NO},
    {ONE("{\"domain\":\"a.example\",\"as_number\":2}"), "1.1.1.1", 5, 6, "a.example", NULL, 1, NULL, NULL,
     NO},
    {ONE("{\"ip\":\"1.1.1.1\",\"as_number\":1,\"as_country\":\"DE\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, "US",
     NULL, NO},
    {ONE("{\"ip\":\"1.1.1.1\",\"as_number\":1,\"as_country\":\"DE\"}"), "1.1.1.1", 5, 6, NULL, NULL, 1, "DE",
     NULL, YES("ip")},
    {ONE("{\"ip\":\"1.1.1.1\",\"as_number\":1}"), "1.1.1.1", 5, 6, "a.example", NULL, 1, NULL, NULL,
     YES("ip")},
    /* nothing stated */
    {ONE("{\"description\":\"all\",\"ip\":null}"), "9.9.9.9", 5, 132, NULL, NULL, 0, NULL, NULL, YES("any")},
    {LISTS("{\"name\":\"w\"}"), "9.9.9.9", 5, 6, NULL, NULL, 0, NULL, NULL, NO},
};

static void every_rule_lets_through_and_holds_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        const struct rule *r = &RULES[i];
        struct fb_list_set *s = list_set(r->endpoint, NULL);
        struct list_subject x;
        list_subject(&x, r->resp, r->port, r->proto, r->name);
        x.s.process = r->process;
        x.s.resp.as = (struct fb_list_as){r->as != 0, r->as, r->country, r->owner};
        const char *is = list_judge_text(s, &x.s);
        if (strcmp(is, r->want) != 0)
            fail_msg("rule %zu, %s: %s instead of %s", i, r->endpoint, is, r->want);
        fb_list_set_free(s);
    }
}

static const struct {
    const char *pattern, *name;
    bool match;
} NAMES[] = {
    {"example.com", "example.com", true},
    {"example.com", "www.example.com", false},
    {"EXAMPLE.com.", "example.com", true},
    {"*.example.com", "a.b.example.com", true},
    {"*.example.com", "example.com", false},
    {"*.example.com", "badexample.com", false},
    {"google.*", "google", true},
    {"google.*", "google.co.uk", true},
    {"google.*", "googles.com", false},
    {"google.*", "www.google.com", false},
    {"www*.example.com", "www12.example.com", true},
    {"www*.example.com", "www.example.com", false},
    {"a*z", "a.b.z", true},
    {"a*z", "az", false},
    {"*a", "ba", true},
    {"*a", "a", false},
    {"*", "x", true},
    {"a*b*c", "abc", true},
    {"a*b*c", "a.b.c", true},
    {"a*b*c", "acb", false},
    {"*ads*", "my.ads.example", true},
    {"*ads*", "my.ad.example", false},
    {"*.*.com", "a.b.com", true},
    {"*.*.com", "b.com", false},
};

static void domain_patterns_match_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        struct fb_list_pattern p;
        const char *why = NULL;
        if (!fb_list_pattern_parse(NAMES[i].pattern, strlen(NAMES[i].pattern), &p, &why))
            fail_msg("%s: %s", NAMES[i].pattern, why);
        if (fb_list_pattern_match(&p, NAMES[i].name, strlen(NAMES[i].name)) != NAMES[i].match)
            fail_msg("%s against %s", NAMES[i].pattern, NAMES[i].name);
    }
}

/* The oracle: tries every length of every run; `least` characters each. */
static bool slow_glob(const char *p, const char *s, size_t least)
{
    if (*p == '\0')
        return *s == '\0';
    if (*p != '*')
        return *p == *s && slow_glob(p + 1, s + 1, least);
    for (size_t k = least; k <= strlen(s); k++)
        if (slow_glob(p + 1, s + k, least))
            return true;
    return false;
}

static bool slow_match(const char *p, const char *s)
{
    size_t n = strlen(p), stars = 0;
    char part[64];
    for (size_t i = 0; i < n; i++)
        stars += p[i] == '*';
    if (stars == 1 && n > 2 && p[0] == '*' && p[1] == '.')
        return strlen(s) >= n - 1 && strcmp(s + strlen(s) - (n - 1), p + 1) == 0;
    if (stars == 1 && n > 2 && p[n - 1] == '*' && p[n - 2] == '.') {
        snprintf(part, sizeof part, "%.*s", (int)(n - 1), p);
        if (strncmp(s, part, n - 1) == 0)
            return true;
        part[n - 2] = '\0';
        return strcmp(s, part) == 0;
    }
    return slow_glob(p, s, stars > 1 ? 0 : 1);
}

static void random_word(struct test_random *r, char *out, const char *letters, size_t max)
{
    size_t n = 1 + tr_below(r, (uint32_t)max);
    for (size_t i = 0; i < n; i++)
        out[i] = letters[tr_below(r, (uint32_t)strlen(letters))];
    out[n] = '\0';
}

static void wildcards_agree_with_a_slow_oracle(void **state)
{
    (void)state;
    struct test_random r = {7};
    size_t matched = 0, tried = 0;
    for (int i = 0; i < 300000; i++) {
        char pattern[16], name[16];
        struct fb_list_pattern p;
        const char *why;
        random_word(&r, pattern, "ab.*", 8);
        random_word(&r, name, "ab.", 9);
        if (!fb_list_pattern_parse(pattern, strlen(pattern), &p, &why) || name[strlen(name) - 1] == '.')
            continue;
        bool want = slow_match(p.text, name), is = fb_list_pattern_match(&p, name, strlen(name));
        if (want != is)
            fail_msg("%s against %s: %d instead of %d", p.text, name, is, want);
        matched += is;
        tried++;
    }
    assert_true(matched > 1000 && tried - matched > 1000);
}

static void patterns_that_make_backtracking_matchers_slow_are_answered_at_once(void **state)
{
    (void)state;
    char pattern[254], name[254];
    struct fb_list_pattern p;
    const char *why;
    for (size_t i = 0; i < 252; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[252] = '*';
    pattern[253] = '\0';
    memset(name, 'a', 252);
    name[252] = 'b';
    assert_true(fb_list_pattern_parse(pattern, 253, &p, &why));
    for (int i = 0; i < 100000; i++)
        assert_true(fb_list_pattern_match(&p, name, 253));
    pattern[252] = 'c';
    assert_true(fb_list_pattern_parse(pattern, 253, &p, &why));
    for (int i = 0; i < 100000; i++)
        assert_false(fb_list_pattern_match(&p, name, 253));
}

static void a_ptr_name_counts_only_when_it_is_trusted(void **state)
{
    (void)state;
    static const char list[] = ONE("{\"domain\":\"a.example\"}");
    struct fb_list_set *strict = list_set(list, NULL);
    struct fb_list_set *trusting = list_set(list, &(struct fb_list_set_opts){.trust_ptr = true});
    struct list_subject x;
    list_subject(&x, "1.1.1.1", 443, 6, "a.example");
    x.name.proof = FB_LIST_PTR;
    assert_string_equal(list_judge_text(strict, &x.s), NO);
    assert_string_equal(list_judge_text(trusting, &x.s), YES("domain"));
    x.name.proof = FB_LIST_HINT;
    assert_string_equal(list_judge_text(trusting, &x.s), NO);
    fb_list_set_free(strict);
    fb_list_set_free(trusting);
}

static void egress_scope_leaves_everything_else_unjudged(void **state)
{
    (void)state;
    struct fb_list_set *s =
        list_set(ONE("{\"port\":443}"), &(struct fb_list_set_opts){.scope = FB_LIST_SCOPE_EGRESS});
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 80, 6, NULL);
    assert_string_equal(list_judge_text(s, &x.s), NO);
    x.s.resp.local = true;
    assert_string_equal(list_judge_text(s, &x.s), "unknown");
    x.s.resp.local = x.s.orig.local = false;
    assert_string_equal(list_judge_text(s, &x.s), "unknown");
    fb_list_set_free(s);
    s = list_set("{\"blacklists\":[{\"name\":\"b\"}]}", NULL);
    assert_string_equal(list_judge_text(s, &x.s), "unknown"); /* no whitelist is active */
    fb_list_set_free(s);
}

static void own_endpoints_come_first_then_parents_depth_first_each_once(void **state)
{
    (void)state;
    struct fb_list_set *s =
        list_set(LISTS("{\"name\":\"a\",\"extends\":[\"b\",\"c\"],\"endpoints\":[{\"port\":1}]},"
                       "{\"name\":\"b\",\"extends\":[\"d\"],\"endpoints\":[{\"port\":2}]},"
                       "{\"name\":\"c\",\"extends\":[\"d\"],\"endpoints\":[{\"port\":3},{\"port\":4}]},"
                       "{\"name\":\"d\",\"extends\":null,\"endpoints\":[{\"port\":5}]}"),
                 NULL);
    static const char *const ORDER[] = {"a", "b", "d", "c", "c"};
    const struct fb_list_active *active;
    assert_int_equal(fb_list_set_endpoints(s, &active), 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(active[i].list->name, ORDER[i]);
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 4, 6, NULL);
    assert_string_equal(list_judge_text(s, &x.s), "conforming c 1 port");
    fb_list_set_free(s);
}

static enum fb_status build_two(const char *one, const char *two, struct fb_list_set **s, struct fb_err *err)
{
    static const struct fb_list_set_opts none;
    assert_int_equal(fb_list_set_new(&none, s, err), FB_OK);
    assert_int_equal(fb_list_set_add(*s, list_read(one, "one.json"), err), FB_OK);
    assert_int_equal(fb_list_set_add(*s, list_read(two, "two.json"), err), FB_OK);
    return fb_list_set_build(*s, err);
}

static void lists_of_several_files_extend_each_other_but_no_name_stands_twice(void **state)
{
    (void)state;
    struct fb_list_set *s = NULL;
    struct fb_err err = {0};
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 22, 6, NULL);
    assert_int_equal(build_two(LISTS("{\"name\":\"a\",\"extends\":[\"b\"]}"),
                               LISTS("{\"name\":\"b\",\"endpoints\":[{\"port\":22}]}"), &s, &err),
                     FB_OK);
    assert_string_equal(list_judge_text(s, &x.s), "conforming b 0 port");
    fb_list_set_free(s);
    assert_int_equal(build_two(LISTS("{\"name\":\"a\",\"extends\":[\"b\"]}"),
                               LISTS("{\"name\":\"b\",\"extends\":[\"a\"]}"), &s, &err),
                     FB_ERR_INPUT);
    assert_non_null(strstr(err.msg, "circle: a -> b -> a"));
    fb_list_set_free(s);
    assert_int_equal(
        build_two(LISTS("{\"name\":\"a\"}"), LISTS("{\"name\":\"b\"},{\"name\":\"a\"}"), &s, &err),
        FB_ERR_INPUT);
    assert_non_null(strstr(err.msg, "two.json: line 1: a second whitelist with the name \"a\""));
    fb_list_set_free(s);
    assert_int_equal(
        build_two("{\"blacklists\":[{\"name\":\"x\"}]}", "{\"blacklists\":[{\"name\":\"x\"}]}", &s, &err),
        FB_ERR_INPUT);
    assert_non_null(strstr(err.msg, "two.json: a second blacklist with the name of one in one.json"));
    fb_list_set_free(s);
}

static void a_chosen_list_brings_what_it_extends_and_no_other(void **state)
{
    (void)state;
    static const char text[] =
        LISTS("{\"name\":\"a\",\"extends\":[\"b\"]},{\"name\":\"b\",\"endpoints\":[{\"port\":1}]},"
              "{\"name\":\"c\",\"endpoints\":[{\"port\":2}]}");
    static const struct fb_list_set_opts none;
    const char *name = "a", *wrong = "d";
    struct fb_list_set *s = NULL;
    struct list_subject x;
    assert_int_equal(fb_list_set_new(&none, &s, NULL), FB_OK);
    assert_int_equal(fb_list_set_add(s, list_read(text, "l.json"), NULL), FB_OK);
    fb_list_set_choose(s, &name, 1);
    assert_int_equal(fb_list_set_build(s, NULL), FB_OK);
    list_subject(&x, "9.9.9.9", 1, 6, NULL);
    assert_string_equal(list_judge_text(s, &x.s), "conforming b 0 port");
    x.s.resp.port = 2;
    assert_string_equal(list_judge_text(s, &x.s), NO);
    fb_list_set_free(s);
    assert_int_equal(fb_list_set_new(&none, &s, NULL), FB_OK);
    assert_int_equal(fb_list_set_add(s, list_read(text, "l.json"), NULL), FB_OK);
    fb_list_set_choose(s, &wrong, 1);
    assert_int_equal(fb_list_set_build(s, NULL), FB_ERR_USAGE);
    fb_list_set_free(s);
}

static void what_is_not_known_is_told_apart_from_what_is_another(void **state)
{
    (void)state;
    static const char text[] = ONE("{\"process\":\"ssh\",\"as_number\":1,\"as_owner\":\"X\"}");
    struct fb_list_file *f = list_read(text, "l.json");
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 22, 6, NULL);
    unsigned all = FB_LIST_BY_PROCESS | FB_LIST_BY_AS_NUMBER | FB_LIST_BY_AS_OWNER;
    assert_int_equal(fb_list_endpoint_failures(&f->white[0].endpoint[0], &x.s, false),
                     all | FB_LIST_NOT_KNOWN(all));
    x.s.process = "scp";
    x.s.resp.as = (struct fb_list_as){true, 2, NULL, "Y"};
    assert_int_equal(fb_list_endpoint_failures(&f->white[0].endpoint[0], &x.s, false), all);
    x.s.resp.as.owner = NULL; /* the number is known, the owner is not */
    assert_int_equal(fb_list_endpoint_failures(&f->white[0].endpoint[0], &x.s, false),
                     all | FB_LIST_NOT_KNOWN(FB_LIST_BY_AS_OWNER));
    fb_list_file_free(f);
}

static void the_first_matching_endpoint_is_reported(void **state)
{
    (void)state;
    struct fb_list_set *s = list_set(
        ONE("{\"port\":80},{\"protocol\":\"TCP\"},{\"ip\":\"9.9.9.9\"},{\"domain\":\"a.example\"}"), NULL);
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 443, 6, "a.example");
    assert_string_equal(list_judge_text(s, &x.s), "conforming w 1 protocol");
    x.s.ip_proto = 17;
    assert_string_equal(list_judge_text(s, &x.s), "conforming w 2 ip");
    fb_list_set_free(s);
}

static void a_session_that_conforms_to_nothing_is_told_what_was_nearest(void **state)
{
    (void)state;
    struct fb_list_set *s = list_set(ONE("{\"domain\":\"a.example\",\"port\":443,\"protocol\":\"TCP\"},"
                                         "{\"ip\":\"9.9.9.9\",\"port\":22,\"process\":\"ssh\"},"
                                         "{\"ip\":\"8.8.8.8\",\"port\":443,\"protocol\":\"UDP\"},"
                                         "{\"ip\":\"7.7.7.7\",\"port\":1,\"protocol\":\"UDP\"}"),
                                     NULL);
    struct fb_list_judge *j = NULL;
    struct fb_list_verdict v;
    struct list_subject x;
    assert_int_equal(fb_list_judge_new(s, &j, NULL), FB_OK);
    list_subject(&x, "9.9.9.9", 443, 6, "b.example");
    for (int again = 0; again < 2; again++) { /* from the cache, the second time */
        fb_list_judge(j, &x.s, &v);
        assert_int_equal(v.conformance, FB_LIST_NONCONFORMING);
        assert_int_equal(v.nnear, 3);
        assert_int_equal(v.near[0].active, 1);
        assert_int_equal(v.near[0].failed,
                         FB_LIST_BY_PORT | FB_LIST_BY_PROCESS | FB_LIST_NOT_KNOWN(FB_LIST_BY_PROCESS));
        assert_int_equal(v.near[1].active, 0);
        assert_int_equal(v.near[1].failed, FB_LIST_BY_DOMAIN);
        assert_int_equal(v.near[2].active, 2);
        assert_int_equal(v.near[2].failed, FB_LIST_BY_IP | FB_LIST_BY_PROTOCOL);
    }
    fb_list_judge_free(j);
    fb_list_set_free(s);
}

static const struct {
    const char *list, *says;
} REFUSED[] = {
    {ONE("{\"prot\":\"TCP\"}"), "list.json: byte 61 (line 1), whitelists[0].endpoints[0].prot: there is no "
                                "such key; did you mean "
                                "\"protocol\"?"},
    {"{\"whitelist\":[]}", "neither \"whitelists\" nor \"blacklists\""},
    {"{\"whitelists\":[],\"other\":1}", "other: there is no such key"},
    {ONE("{\"ports\":[{\"start\":9,\"end\":8}]}"), "endpoints[0].ports[0]: a reversed range: 9 is above 8"},
    {ONE("{\"ip\":\"192.0.2.9-192.0.2.3\"}"), "endpoints[0].ip: a reversed range"},
    {ONE("{\"ip\":\"192.0.2.300\"}"), "this is no address"},
    {ONE("{\"ip\":\"010.0.0.1\"}"), "this is no address"},
    {ONE("{\"port\":65536}"), "0 to 65535"},
    {ONE("{\"port\":\"443\"}"), "0 to 65535"},
    {ONE("{\"protocol\":\"TPC\"}"), "expected a protocol"},
    {ONE("{\"domain\":\"a b\"}"), "a character that no domain name has"},
    {ONE("{\"domain\":7}"), "expected a string, found a number"},
    {LISTS("{\"name\":\"a\"},{\"name\":\"a\"}"), "a second whitelist with the name \"a\""},
    {LISTS("{\"endpoints\":[]}"), "a whitelist has a \"name\""},
    {LISTS("{\"name\":\"a\",\"extends\":[\"b\"]},{\"name\":\"b\",\"extends\":[\"c\"]},{\"name\":\"c\","
           "\"extends\":[\"b\"]}"),
     "extend each other in a circle: b -> c -> b"},
    {LISTS("{\"name\":\"a\",\"extends\":[\"a\"]}"), "circle: a -> a"},
    {LISTS("{\"name\":\"a\",\"extends\":[\"b\"]},{\"name\":\"b\",\"extends\":[\"x\"]}"),
     "not there: a -> b -> x"},
    {ONE("{\"ports\":[{\"start\":1,\"stop\":2}]}"), "endpoints[0].ports[0].stop: there is no such key"},
    {ONE("{\"ports\":[{\"start\":1}]}"), "a range of ports has a start and an end"},
    {ONE("{\"as_number\":-1}"), "the number of an autonomous system"},
    {ONE("{\"as_number\":\"13335\"}"), "the number of an autonomous system"},
    {ONE("{\"process\":\"\"}"), "endpoints[0].process: an empty text"},
    {ONE("{\"domain\":\"m\xc3\xbcller.example\"}"), "write its A-labels (xn--)"},
    {ONE("{\"domain\":\"1.2.3.400\"}"), "its last part is a number"},
    {ONE("{\"domain\":\"a..example\"}"), "an empty label"},
    {LISTS("{\"name\":\"a\",\"endpoint\":[]}"),
     "whitelists[0].endpoint: there is no such key; did you mean \"endpoints\"?"},
    {LISTS("{\"name\":\"a,b\"}"), "no comma"},
    {LISTS("{\"name\":\"a\",\"endpoints\":{}}"), "expected an array, found an object"},
    {LISTS("{\"name\":\"a\",\"extends\":\"b\"}"), "expected an array, found a string"},
    {"{\"whitelists\":[],\"blacklists\":[]}", "whitelists or blacklists, not both"},
    {"{\"whitelists\":[],\"whitelists\":[]}", "byte 17 (line 1): this key stands twice"},
    {"{\"whitelists\":[\n]", "line 2"},
};

static void what_is_wrong_in_a_whitelist_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        const char *msg = list_refused(REFUSED[i].list);
        if (!msg || !strstr(msg, REFUSED[i].says))
            fail_msg("%s: %s, which lacks: %s", REFUSED[i].list, msg ? msg : "accepted", REFUSED[i].says);
    }
}

/* Every session against every endpoint, one by one. */
static void the_tables_find_what_a_linear_search_finds(void **state)
{
    (void)state;
    struct test_random r = {3};
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    fb_buf_puts(&b, "{\"whitelists\":[{\"name\":\"w\",\"endpoints\":[");
    for (unsigned i = 0; i < 200; i++) {
        unsigned k = (unsigned)tr_below(&r, 5);
        fb_buf_printf(&b, "%s{\"port\":%u", i ? "," : "", (unsigned)tr_below(&r, 6));
        if (k == 0 || k == 4)
            fb_buf_printf(&b, ",\"domain\":\"%s%c.example\"", i % 2 ? "*." : "", 'a' + (char)tr_below(&r, 5));
        if (k == 1 || k == 4)
            fb_buf_printf(&b, ",\"ip\":\"1.1.%u.0/%u\"", (unsigned)tr_below(&r, 4),
                          22 + (unsigned)tr_below(&r, 9));
        if (k == 2)
            fb_buf_printf(&b, ",\"as_number\":%u", (unsigned)tr_below(&r, 3));
        fb_buf_puts(&b, "}");
    }
    fb_buf_puts(&b, "]}]}");
    struct fb_list_set *s = list_set(fb_buf_cstr(&b), NULL);
    const struct fb_list_active *active;
    size_t n = fb_list_set_endpoints(s, &active), found = 0;
    struct fb_list_judge *j = NULL;
    assert_int_equal(fb_list_judge_new(s, &j, NULL), FB_OK);
    for (int i = 0; i < 20000; i++) {
        char resp[32], name[32];
        struct list_subject x;
        struct fb_list_verdict v;
        uint32_t want = UINT32_MAX;
        unsigned third = tr_below(&r, 4), fourth = tr_below(&r, 256);
        snprintf(resp, sizeof resp, "1.1.%u.%u", third, fourth);
        snprintf(name, sizeof name, "%s%c.example", i % 3 ? "www." : "", 'a' + (char)tr_below(&r, 5));
        list_subject(&x, resp, (uint16_t)tr_below(&r, 8), 6, i % 4 ? name : NULL);
        x.s.resp.as = (struct fb_list_as){i % 2, (uint32_t)tr_below(&r, 4), NULL, NULL};
        for (uint32_t e = 0; e < n && want == UINT32_MAX; e++)
            if (fb_list_endpoint_failures(active[e].endpoint, &x.s, false) == 0)
                want = e;
        fb_list_judge(j, &x.s, &v);
        assert_int_equal(v.conformance, want == UINT32_MAX ? FB_LIST_NONCONFORMING : FB_LIST_CONFORMING);
        if (want != UINT32_MAX)
            assert_int_equal(v.active, want);
        found += want != UINT32_MAX;
    }
    assert_in_range(found, 1000, 19000);
    fb_list_judge_free(j);
    fb_list_set_free(s);
    fb_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_lets_through_and_holds_back),
        cmocka_unit_test(domain_patterns_match_what_they_say),
        cmocka_unit_test(wildcards_agree_with_a_slow_oracle),
        cmocka_unit_test(patterns_that_make_backtracking_matchers_slow_are_answered_at_once),
        cmocka_unit_test(a_ptr_name_counts_only_when_it_is_trusted),
        cmocka_unit_test(egress_scope_leaves_everything_else_unjudged),
        cmocka_unit_test(own_endpoints_come_first_then_parents_depth_first_each_once),
        cmocka_unit_test(lists_of_several_files_extend_each_other_but_no_name_stands_twice),
        cmocka_unit_test(a_chosen_list_brings_what_it_extends_and_no_other),
        cmocka_unit_test(what_is_not_known_is_told_apart_from_what_is_another),
        cmocka_unit_test(the_first_matching_endpoint_is_reported),
        cmocka_unit_test(a_session_that_conforms_to_nothing_is_told_what_was_nearest),
        cmocka_unit_test(what_is_wrong_in_a_whitelist_is_named_with_its_place),
        cmocka_unit_test(the_tables_find_what_a_linear_search_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
