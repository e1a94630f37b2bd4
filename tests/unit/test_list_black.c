/* Blacklists: every form, what matches, and a million addresses against a linear scan. */
#include "tests/support/list_build.h"
#include "tests/support/test_random.h"

#include "intel/lists/list_ranges.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BLACK(body) "{\"date\":\"2024-01-01\",\"blacklists\":[{\"name\":\"b\"," body "}]}"

static const struct {
    const char *list, *resp, *name, *want; /* the list that matches and its line; "": none */
} RULES[] = {
    {BLACK("\"ip_ranges\":[\"192.0.2.0/24\"]"), "192.0.2.255", NULL, " +b:1"},
    {BLACK("\"ip_ranges\":[\"192.0.2.0/24\"]"), "192.0.3.0", NULL, ""},
    {BLACK("\"ip_ranges\":[\"2001:db8::/32\"]"), "2001:db8:ffff::1", NULL, " +b:1"},
    {BLACK("\"ip_ranges\":[\"2001:db8::/32\"]"), "2001:db9::", NULL, ""},
    {BLACK("\"ip_ranges\":[\n\"198.51.100.7\"]"), "198.51.100.7", NULL, " +b:2"},
    {BLACK("\"ip_ranges\":[\n\"::ffff:198.51.100.7\"]"), "198.51.100.7", NULL, " +b:2"},
    {BLACK("\"ip_ranges\":[\"192.0.2.1-192.0.2.6\"]"), "192.0.2.6", NULL, " +b:1"},
    {BLACK("\"ip_ranges\":[\"192.0.2.1-192.0.2.6\"]"), "192.0.2.7", NULL, ""},
    {BLACK("\"ip_ranges\":[\"0.0.0.0/0\",\n\"192.0.2.0/24\",\n\"192.0.2.4/30\"]"), "192.0.2.5", NULL,
     " +b:3"},
    {BLACK("\"ip_ranges\":[\"::/0\"]"), "192.0.2.5", NULL, ""},
    {BLACK("\"domains\":[\"bad.example\"]"), "9.9.9.9", "bad.example", " +b:1"},
    {BLACK("\"domains\":[\"bad.example\"]"), "9.9.9.9", "www.bad.example", ""},
    {BLACK("\"domains\":[\"*.worse.example\"]"), "9.9.9.9", "a.b.WORSE.example", " +b:1"},
    {BLACK("\"domains\":[\"*.worse.example\"]"), "9.9.9.9", "worse.example", ""},
    /* a list of one's own matches local ends, a feed does not */
    {BLACK("\"ip_ranges\":[\"10.0.0.0/8\"]"), "10.1.2.3", NULL, " +b:1"},
    {BLACK("\"source_url\":\"https://feed.example/\",\"ip_ranges\":[\"10.0.0.0/8\"]"), "10.1.2.3", NULL, ""},
    {BLACK("\"source_url\":\"https://feed.example/\",\"ip_ranges\":[\"9.0.0.0/8\"]"), "9.1.2.3", NULL,
     " +b:1"},
    {BLACK("\"source_url\":\"https://feed.example/\",\"ip_ranges\":[\"224.0.0.0/3\"]"), "224.0.0.251", NULL,
     ""},
    {BLACK("\"source_url\":\"https://feed.example/\",\"ip_ranges\":[\"fe80::/10\"]"), "fe80::1", NULL, ""},
    {BLACK("\"ip_ranges\":[\"127.0.0.0/8\"]"), "127.0.0.1", NULL, " +b:1"},
    {BLACK("\"source_url\":\"x\",\"ip_ranges\":[\"127.0.0.0/8\"]"), "127.0.0.1", NULL, ""},
    {BLACK("\"source_url\":\"x\",\"ip_ranges\":[\"169.254.0.0/16\"]"), "169.254.1.1", NULL, ""},
    {BLACK("\"source_url\":\"x\",\"ip_ranges\":[\"fd00::/8\"]"), "fd00::1", NULL, ""},
    {BLACK("\"source_url\":\"x\",\"domains\":[\"bad.example\"]"), "10.1.2.3", "bad.example", " +b:1"},
    /* an IPv4-mapped address of a session is the IPv4 address */
    {BLACK("\"ip_ranges\":[\"192.0.2.0/24\"]"), "::ffff:192.0.2.1", NULL, " +b:1"},
    {BLACK("\"ip_ranges\":[\"192.0.2.0/24\"]"), "::192.0.2.1", NULL, ""},
    {BLACK("\"ip_ranges\":[\"2001:db8::-2001:db8::ff\"]"), "2001:db8::ff", NULL, " +b:1"},
    {BLACK("\"ip_ranges\":[\"2001:db8::-2001:db8::ff\"]"), "2001:db8::100", NULL, ""},
    {BLACK("\"domains\":[\"*bad*\"]"), "9.9.9.9", "notbadatall.example", " +b:1"},
    {BLACK("\"domains\":[\"*bad*\"]"), "9.9.9.9", "good.example", ""},
    /* other forms */
    {"[\"192.0.2.1\", \"evil.example\"]", "192.0.2.2", "www.evil.example", ""},
    {"0.0.0.0 ads.example\n", "0.0.0.0", "www.ads.example", ""},
    {"{\"name\":\"warn\",\"type\":\"hostname\",\"list\":[\"bad.example\"]}", "9.9.9.9", "bad.example",
     " +warn:1"},
    {"{\"name\":\"warn\",\"type\":\"hostname\",\"list\":[\"bad.example\"]}", "9.9.9.9", "notbad.example", ""},
    {"{\"name\":\"warn\",\"type\":\"cidr\",\"version\":3,\"list\":[\"9.9.9.0/24\"]}", "9.9.8.9", NULL, ""},
    {"# Feodo\n\"first_seen_utc\",\"dst_ip\",\"dst_port\"\n\"x\",\"51.178.161.32\",\"4643\"\n",
     "51.178.161.33", NULL, ""},
    {"Firstseen,DstIP,DstPort\n2020-01-01,5.5.5.5,443\n", "5.5.5.5", NULL, " +list:2"},
    {"Firstseen,DstIP,DstPort\n2020-01-01,5.5.5.5,443\n", "5.5.5.6", NULL, ""},
    {"[\"192.0.2.1\", \"evil.example\"]", "192.0.2.1", NULL, " +list:1"},
    {"# plain\n192.0.2.1\n198.51.100.0/24 ; SBL1\n*.evil.example # why\n", "198.51.100.9", NULL, " +list:3"},
    {"# plain\n192.0.2.1\n198.51.100.0/24 ; SBL1\n*.evil.example # why\n", "9.9.9.9", "x.evil.example",
     " +list:4"},
    {"#\n# firehol_level1\n#\n# ipv4 hash:net ipset\n#\n5.8.37.0/24\n10.0.0.0/8\n", "5.8.37.1", NULL,
     " +list:6"},
    {"#\n# firehol_level1\n#\n# ipv4 hash:net ipset\n#\n5.8.37.0/24\n10.0.0.0/8\n", "10.8.37.1", NULL, ""},
    {"create x hash:net family inet\nadd x 5.8.37.0/24\n", "5.8.37.1", NULL, " +list:2"},
    {"127.0.0.1 localhost\n0.0.0.0 ads.example track.example # two\n", "9.9.9.9", "track.example",
     " +list:2"},
    {"127.0.0.1 localhost\n0.0.0.0 ads.example track.example # two\n", "9.9.9.9", "localhost", ""},
    {"# Feodo\r\n\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\"\r\n\"2021-01-17 "
     "07:44:46\",\"51.178.161.32\",\"4643\","
     "\"online\"\r\n# END\r\n",
     "51.178.161.32", NULL, " +list:3"},
    {"# ThreatFox\n# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\"\n\"2024\", \"1\", "
     "\"1.2.3.4:80\", \"ip:port\"\n"
     "\"2024\", \"2\", \"d41d8cd98f00b204\", \"md5_hash\"\n\"2024\", \"3\", \"c2.example\", \"domain\"\n",
     "9.9.9.9", "c2.example", " +list:5"},
    {"# URLhaus, all of it\n# "
     "id,dateadded,url,url_status\n\"1\",\"2024-01-01\",\"http://u:p@evil.example:8080/x?y@z\",\"online\"\n",
     "9.9.9.9", "evil.example", " +list:3"},
    {"{\"name\":\"warn\",\"type\":\"hostname\",\"list\":[\".bad.example\"]}", "9.9.9.9", "a.bad.example",
     " +warn:1"},
    {"{\"name\":\"warn\",\"type\":\"cidr\",\"version\":3,\"list\":[\"9.9.9.0/24\"]}", "9.9.9.9", NULL,
     " +warn:1"},
};

static void every_form_matches_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        struct fb_list_set *s = list_set(RULES[i].list, NULL);
        struct list_subject x;
        list_subject(&x, RULES[i].resp, 443, 6, RULES[i].name);
        assert_true(fb_addr_parse("100.64.0.1", &x.s.orig.h));
        const char *is = list_judge_text(s, &x.s) + strlen("unknown");
        if (strcmp(is, RULES[i].want) != 0)
            fail_msg("rule %zu, %s: \"%s\" instead of \"%s\"", i, RULES[i].list, is, RULES[i].want);
        fb_list_set_free(s);
    }
}

static void either_end_matches_and_feeds_reach_local_ends_when_asked_to(void **state)
{
    (void)state;
    static const char feed[] = BLACK("\"source_url\":\"x\",\"ip_ranges\":[\"10.0.0.0/8\"]");
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 443, 6, NULL);
    struct fb_list_set *s = list_set(BLACK("\"ip_ranges\":[\"10.0.0.5\"]"), NULL);
    assert_string_equal(list_judge_text(s, &x.s), "unknown +b:1");
    fb_list_set_free(s);
    s = list_set(feed, NULL);
    assert_string_equal(list_judge_text(s, &x.s), "unknown");
    fb_list_set_free(s);
    s = list_set(feed, &(struct fb_list_set_opts){.match_local = true});
    assert_string_equal(list_judge_text(s, &x.s), "unknown +b:1");
    fb_list_set_free(s);
}

static void every_list_that_matches_is_named_once(void **state)
{
    (void)state;
    struct fb_list_set *s = list_set(
        "{\"blacklists\":[{\"name\":\"one\",\"ip_ranges\":[\"9.0.0.0/8\",\n\"9.9.9.9\",\"9.9.9.9\"]},"
        "{\"name\":\"two\",\"ip_ranges\":[\"9.9.9.9\"],\"domains\":[\"a.example\"]},"
        "{\"name\":\"three\",\"ip_ranges\":[\"8.8.8.8\"]}]}",
        NULL);
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 443, 6, "a.example");
    assert_string_equal(list_judge_text(s, &x.s), "unknown +one:2 +two:2");
    fb_list_set_free(s);
}

static void bad_entries_are_counted_with_their_line_and_strict_refuses_them(void **state)
{
    (void)state;
    static const char text[] = "192.0.2.1\n1.2.3.4/33\nexam ple\n\n010.0.0.1\nok.example\n";
    struct fb_list_file *f = list_read(text, "dir/feed.txt");
    assert_int_equal(f->skipped, 3);
    assert_int_equal(f->problem[0].line, 2);
    assert_int_equal(f->problem[1].line, 3);
    assert_int_equal(f->problem[2].line, 5);
    assert_int_equal(fb_list_file_entries(f), 2);
    assert_string_equal(f->black[0].name, "feed");
    fb_list_file_free(f);
    struct fb_list_read_opts strict = {.strict = true};
    struct fb_err err = {0};
    assert_int_equal(fb_list_read(text, strlen(text), "feed.txt", &strict, &f, &err), FB_ERR_INPUT);
    assert_non_null(
        strstr(err.msg, "feed.txt: line 2, \"1.2.3.4/33\": a prefix length is a number of 0 to 32"));
}

static void address_forms_are_right_or_refused_never_guessed(void **state)
{
    (void)state;
    static const char *const RIGHT[][2] = {
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"::/0", "::/0"},
        {"192.0.2.5/24", "192.0.2.0/24"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
        {"::ffff:1.2.3.0/120", "1.2.3.0/24"},
        {"1.2.3.4-1.2.3.7", "1.2.3.4/30"},
        {"1.2.3.4-1.2.3.8", "1.2.3.4-1.2.3.8"},
        {"2001:DB8::1/128", "2001:db8::1"},
    };
    static const char *const WRONG[] = {"1.2.3.4/33",
                                        "1.2.3.4/-1",
                                        "1.2.3.4/",
                                        "1.2.3.4/08",
                                        "::/129",
                                        "010.0.0.1",
                                        "0x7f.1",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "256.1.1.1",
                                        " 1.2.3.4",
                                        "1.2.3.4 ",
                                        "1.2.3.4%eth0",
                                        "fe80::1%eth0",
                                        "1::2::3",
                                        "2001:db8::/32/32",
                                        "1.2.3.4-5",
                                        "1.2.3.4-1.2.3",
                                        "1.2.3.9-1.2.3.4",
                                        "1.2.3.4-::1",
                                        "",
                                        "-",
                                        "/"};
    struct fb_list_range r;
    const char *why = NULL;
    char text[FB_LIST_RANGE_STRLEN];
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++) {
        assert_true(fb_list_range_parse(RIGHT[i][0], strlen(RIGHT[i][0]), &r, &why));
        fb_list_range_format(&r, text);
        assert_string_equal(text, RIGHT[i][1]);
    }
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        if (fb_list_range_parse(WRONG[i], strlen(WRONG[i]), &r, &why))
            fail_msg("\"%s\" was taken for an address", WRONG[i]);
}

static void what_is_neither_address_nor_name_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"0x7f.1",   "0x7f000001", "1.2.3.4.5",
                                        "host.123", "1234567",    "256.1.1.1."};
    static const char *const RIGHT[] = {"7f.example", "1.2.3.4.example", "0x.cafe", "123.com", "f00", "a.*"};
    struct fb_list_pattern p;
    const char *why;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        if (fb_list_pattern_parse(WRONG[i], strlen(WRONG[i]), &p, &why))
            fail_msg("\"%s\" was taken for a name", WRONG[i]);
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++)
        if (!fb_list_pattern_parse(RIGHT[i], strlen(RIGHT[i]), &p, &why))
            fail_msg("\"%s\": %s", RIGHT[i], why);
}

static void a_cname_behind_a_proven_name_is_known_to_blacklists_and_to_no_whitelist(void **state)
{
    (void)state;
    struct fb_list_name name[2] = {{"cdn.shop.example", 16, FB_LIST_PROVEN},
                                   {"Tracker.Example", 15, FB_LIST_ALIAS}};
    struct list_subject x;
    list_subject(&x, "9.9.9.9", 443, 6, NULL);
    x.s.resp.name = name;
    x.s.resp.nnames = 2;
    struct fb_list_set *s = list_set(BLACK("\"domains\":[\"tracker.example\"]"), NULL);
    assert_string_equal(list_judge_text(s, &x.s), "unknown +b:1");
    x.s.resp.nnames = 1;
    assert_string_equal(list_judge_text(s, &x.s), "unknown");
    fb_list_set_free(s);
    s = list_set("{\"whitelists\":[{\"name\":\"w\",\"endpoints\":[{\"domain\":\"tracker.example\"}]}]}",
                 NULL);
    x.s.resp.nnames = 2;
    assert_string_equal(list_judge_text(s, &x.s), "nonconforming");
    fb_list_set_free(s);
}

#define NRANGES 300
static struct fb_list_range range[NRANGES];

struct seen {
    uint32_t entry[NRANGES];
    size_t n;
};

static bool on_hit(void *ctx, uint32_t entry)
{
    struct seen *s = ctx;
    assert_true(s->n < NRANGES);
    s->entry[s->n++] = entry;
    return true;
}

static int by_entry(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static struct fb_addr random_addr(struct test_random *r)
{
    struct fb_addr a = {{0}};
    uint32_t v = tr_below(r, 1u << 14);
    if (tr_below(r, 2)) {
        a = fb_addr_v4((const uint8_t[4]){192, 0, (uint8_t)(v >> 8), (uint8_t)v});
    } else {
        a.b[0] = 0x20;
        a.b[7] = (uint8_t)(v >> 12);
        a.b[14] = (uint8_t)(v >> 8 & 15);
        a.b[15] = (uint8_t)v;
    }
    return a;
}

static void a_million_addresses_find_what_a_linear_scan_finds(void **state)
{
    (void)state;
    struct test_random r = {11};
    struct fb_list_ranges *t = NULL;
    size_t hits = 0;
    assert_int_equal(fb_list_ranges_new(&t, NULL), FB_OK);
    for (uint32_t i = 0; i < NRANGES; i++) {
        do {
            range[i].lo = random_addr(&r);
            range[i].hi = tr_below(&r, 4) ? range[i].lo : random_addr(&r);
            for (unsigned k = tr_below(&r, 10); k > 0; k--) {
                range[i].lo.b[15] &= (uint8_t)(0xff << k);
                range[i].hi.b[15] |= (uint8_t) ~(0xff << k);
            }
        } while (fb_addr_is_v4(&range[i].lo) != fb_addr_is_v4(&range[i].hi) ||
                 fb_addr_cmp(&range[i].lo, &range[i].hi) > 0);
        assert_int_equal(fb_list_ranges_add(t, &range[i], i, NULL), FB_OK);
    }
    assert_int_equal(fb_list_ranges_build(t, NULL, NULL, NULL), FB_OK);
    for (int i = 0; i < 1000000; i++) {
        struct fb_addr a = random_addr(&r);
        struct seen s = {.n = 0};
        size_t n = 0;
        fb_list_ranges_find(t, &a, on_hit, &s);
        qsort(s.entry, s.n, sizeof *s.entry, by_entry);
        for (uint32_t k = 0; k < NRANGES; k++)
            if (fb_list_range_has(&range[k], &a)) {
                if (n >= s.n || s.entry[n] != k)
                    fail_msg("entry %u was not found", k);
                n++;
            }
        assert_int_equal(n, s.n);
        hits += n;
    }
    assert_true(hits > 100000);
    fb_list_ranges_free(t);
}

static void random_block(struct test_random *r, struct fb_list_range *out)
{
    char text[FB_ADDR_STRLEN + 4];
    const char *why;
    uint32_t a = (uint32_t)tr_next(r), b = (uint32_t)tr_next(r);
    unsigned bits = 8 + tr_below(r, 25);
    if (tr_below(r, 4))
        snprintf(text, sizeof text, "%u.%u.%u.%u/%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, bits);
    else
        snprintf(text, sizeof text, "2%x:%x:%x::/%u", a >> 20, a & 0xffff, b & 0xffff, bits + 4);
    if (!fb_list_range_parse(text, strlen(text), out, &why))
        fail_msg("%s: %s", text, why);
}

/* The table over the first bits of an address is larger when there are more blocks. */
static void tables_of_every_size_find_what_a_linear_scan_finds(void **state)
{
    (void)state;
    static const uint32_t SIZE[] = {0, 1, 2, 1000, 6000, 40000};
    struct test_random r = {17};
    struct fb_list_range *v = calloc(40000, sizeof *v);
    assert_non_null(v);
    for (size_t k = 0; k < sizeof SIZE / sizeof *SIZE; k++) {
        struct fb_list_ranges *t = NULL;
        size_t hits = 0;
        assert_int_equal(fb_list_ranges_new(&t, NULL), FB_OK);
        for (uint32_t i = 0; i < SIZE[k]; i++) {
            random_block(&r, &v[i]);
            assert_int_equal(fb_list_ranges_add(t, &v[i], i, NULL), FB_OK);
        }
        assert_int_equal(fb_list_ranges_build(t, NULL, NULL, NULL), FB_OK);
        assert_true(fb_list_ranges_blocks(t) == SIZE[k]);
        for (int i = 0; i < 1000; i++) {
            struct fb_list_range at;
            struct seen s = {.n = 0};
            size_t n = 0;
            random_block(&r, &at);
            const struct fb_addr *a = i % 2 ? &at.lo : &at.hi;
            fb_list_ranges_find(t, a, on_hit, &s);
            qsort(s.entry, s.n, sizeof *s.entry, by_entry);
            for (uint32_t e = 0; e < SIZE[k]; e++)
                if (fb_list_range_has(&v[e], a)) {
                    assert_true(n < s.n);
                    assert_int_equal(s.entry[n++], e);
                }
            assert_int_equal(n, s.n);
            hits += n;
        }
        assert_true(SIZE[k] < 1000 || hits > 100);
        fb_list_ranges_free(t);
    }
    free(v);
}

static void the_longest_prefix_comes_first(void **state)
{
    (void)state;
    static const char *const CIDR[] = {"10.0.0.0/8",  "10.1.0.0/16", "0.0.0.0/0",
                                       "10.1.1.0/24", "10.1.1.1",    "10.1.0.0/16"};
    static const uint32_t WANT[] = {4, 3, 1, 5, 0, 2};
    struct fb_list_ranges *t = NULL;
    struct fb_addr a;
    struct seen s = {.n = 0};
    const char *why;
    assert_int_equal(fb_list_ranges_new(&t, NULL), FB_OK);
    for (uint32_t i = 0; i < 6; i++) {
        struct fb_list_range r;
        assert_true(fb_list_range_parse(CIDR[i], strlen(CIDR[i]), &r, &why));
        assert_int_equal(fb_list_ranges_add(t, &r, i, NULL), FB_OK);
    }
    assert_int_equal(fb_list_ranges_build(t, NULL, NULL, NULL), FB_OK);
    assert_true(fb_addr_parse("10.1.1.1", &a));
    fb_list_ranges_find(t, &a, on_hit, &s);
    assert_int_equal(s.n, 6);
    assert_memory_equal(s.entry, WANT, sizeof WANT);
    fb_list_ranges_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_matches_what_it_says_and_nothing_else),
        cmocka_unit_test(either_end_matches_and_feeds_reach_local_ends_when_asked_to),
        cmocka_unit_test(every_list_that_matches_is_named_once),
        cmocka_unit_test(bad_entries_are_counted_with_their_line_and_strict_refuses_them),
        cmocka_unit_test(address_forms_are_right_or_refused_never_guessed),
        cmocka_unit_test(what_is_neither_address_nor_name_is_refused),
        cmocka_unit_test(a_cname_behind_a_proven_name_is_known_to_blacklists_and_to_no_whitelist),
        cmocka_unit_test(a_million_addresses_find_what_a_linear_scan_finds),
        cmocka_unit_test(tables_of_every_size_find_what_a_linear_scan_finds),
        cmocka_unit_test(the_longest_prefix_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
