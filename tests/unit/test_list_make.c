/* Lists made out of sessions, merged, compared and written. */
#include "tests/support/list_build.h"
#include "tests/support/test_random.h"

#include "intel/lists/list_make.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct session {
    const char *resp;
    uint16_t port;
    uint8_t proto;
    const char *name, *process;
    uint32_t as;
    enum fb_list_proof proof;
};

static void add(struct fb_list_maker *m, const struct session *s)
{
    struct list_subject x;
    list_subject(&x, s->resp, s->port, s->proto, s->name);
    x.name.proof = s->proof;
    x.s.process = s->process;
    x.s.resp.as = (struct fb_list_as){s->as != 0, s->as, NULL, NULL};
    assert_int_equal(fb_list_maker_add(m, &x.s, NULL), FB_OK);
}

/* The endpoints of a list, one a line. Static. */
static const char *endpoints(const struct fb_list_items *l)
{
    static char text[4096];
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < l->n; i++)
        if (l->item[i].kind == FB_LIST_ITEM_ENDPOINT)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", l->item[i].text);
    assert_true(n < sizeof text);
    return text;
}

static const char *made(const struct session *s, size_t n, bool with_process, bool trust_ptr,
                        uint64_t *left_out)
{
    struct fb_list_maker *m = NULL;
    struct fb_list_items l;
    fb_list_items_init(&l);
    assert_int_equal(fb_list_maker_new(with_process, trust_ptr, &m, NULL), FB_OK);
    for (size_t i = 0; i < n; i++)
        add(m, &s[i]);
    assert_int_equal(fb_list_maker_finish(m, "w", &l, left_out, NULL), FB_OK);
    const char *text = endpoints(&l);
    fb_list_maker_free(m);
    fb_list_items_release(&l);
    return text;
}

static const struct session SESSIONS[] = {
    {"9.9.9.9", 443, 6, "www.example.com", "curl", 0, FB_LIST_PROVEN},
    {"9.9.9.8", 443, 6, "WWW.example.com", NULL, 0, FB_LIST_PROVEN}, /* the same name elsewhere */
    {"9.9.9.9", 80, 6, "www.example.com", NULL, 0, FB_LIST_PROVEN},
    {"9.9.9.9", 81, 6, "www.example.com", NULL, 0, FB_LIST_PROVEN},
    {"8.8.8.8", 53, 17, NULL, NULL, 0, FB_LIST_PROVEN},
    {"8.8.4.4", 53, 17, "dns.example", NULL, 0, FB_LIST_PTR}, /* proves nothing */
    {"8.8.4.4", 53, 17, NULL, NULL, 0, FB_LIST_PROVEN},
    {"10.0.0.1", 8, 1, NULL, NULL, 0, FB_LIST_PROVEN}, /* ICMP: a type is no port */
    {"104.16.0.1", 443, 6, NULL, NULL, 13335, FB_LIST_PROVEN},
    {"104.16.0.2", 443, 6, "cdn.example", NULL, 13335, FB_LIST_PROVEN},
};
#define NSESSIONS (sizeof SESSIONS / sizeof *SESSIONS)

static void names_come_first_ports_become_ranges_and_addresses_with_equal_ports_one_endpoint(void **state)
{
    (void)state;
    uint64_t left_out;
    assert_string_equal(
        made(SESSIONS, NSESSIONS, false, false, &left_out),
        "{\"domain\": \"cdn.example\", \"port\": 443, \"protocol\": \"TCP\"}\n"
        "{\"domain\": \"www.example.com\", \"ports\": [{\"start\": 80, \"end\": 81}, 443], \"protocol\": "
        "\"TCP\"}\n"
        "{\"ip\": \"10.0.0.1\", \"protocol\": \"ICMP\"}\n"
        "{\"ips\": [\"8.8.4.4\", \"8.8.8.8\"], \"port\": 53, \"protocol\": \"UDP\"}\n");
}

static void addresses_of_content_networks_are_left_out_and_counted_unless_a_name_is_proven(void **state)
{
    (void)state;
    uint64_t left_out;
    assert_null(strstr(made(SESSIONS, NSESSIONS, false, false, &left_out), "104.16"));
    assert_int_equal(left_out, 1);
    struct session other = {"104.16.0.1", 443, 6, NULL, NULL, 64500, FB_LIST_PROVEN};
    assert_non_null(strstr(made(&other, 1, false, false, &left_out), "104.16.0.1"));
    assert_int_equal(left_out, 0);
}

static void processes_and_ptr_names_are_used_when_asked_for(void **state)
{
    (void)state;
    uint64_t left_out;
    assert_non_null(strstr(made(SESSIONS, 1, true, false, &left_out), "\"process\": \"curl\""));
    assert_null(strstr(made(SESSIONS, 1, false, false, &left_out), "process"));
    assert_non_null(strstr(made(SESSIONS + 5, 1, false, true, &left_out), "dns.example"));
    assert_null(strstr(made(SESSIONS + 5, 1, false, false, &left_out), "dns.example"));
}

static void the_order_of_sessions_does_not_matter(void **state)
{
    (void)state;
    struct test_random r = {5};
    struct session s[NSESSIONS];
    char want[4096];
    uint64_t left_out;
    snprintf(want, sizeof want, "%s", made(SESSIONS, NSESSIONS, true, false, &left_out));
    for (int round = 0; round < 50; round++) {
        memcpy(s, SESSIONS, sizeof s);
        for (size_t i = NSESSIONS - 1; i > 0; i--) {
            size_t k = tr_below(&r, (uint32_t)i + 1);
            struct session swap = s[i];
            s[i] = s[k];
            s[k] = swap;
        }
        assert_string_equal(made(s, NSESSIONS, true, false, &left_out), want);
    }
}

/* ---- merge, diff, write ---- */

static void take(struct fb_list_items *l, const char *text, const char *rename)
{
    struct fb_list_file *f = list_read(text, "list.json");
    assert_int_equal(fb_list_items_take(l, f, rename, NULL), FB_OK);
    fb_list_file_free(f);
}

#define WHITE(name, endpoints) "{\"whitelists\":[{\"name\":\"" name "\",\"endpoints\":[" endpoints "]}]}"

static void merged_lists_of_one_name_are_one_with_every_entry_once(void **state)
{
    (void)state;
    struct fb_list_items l;
    struct fb_buf out;
    fb_list_items_init(&l);
    fb_buf_init(&out, 65536);
    take(&l, WHITE("w", "{\"port\":1},{\"ips\":[\"2.2.2.2\",\"1.1.1.1\"],\"port\":2}"), NULL);
    take(&l, WHITE("x", "{\"port\":9}"), NULL);
    take(&l, WHITE("w", "{\"port\":3},{\"port\":2,\"ips\":[\"1.1.1.1\",\"2.2.2.2/32\"]}"), NULL);
    assert_int_equal(fb_list_items_unique(&l, NULL), FB_OK);
    assert_int_equal(fb_list_items_write(&l, true, "2024-01-01", &out, NULL), FB_OK);
    struct fb_list_file *f = list_read(fb_buf_cstr(&out), "merged.json");
    assert_int_equal(f->nwhite, 2);
    assert_string_equal(f->white[0].name, "w");
    assert_int_equal(f->white[0].nendpoints, 3); /* two written otherwise are one */
    assert_int_equal(f->white[0].endpoint[2].port[0].first, 3);
    assert_string_equal(f->white[1].name, "x");
    fb_list_file_free(f);
    fb_list_items_release(&l);
    fb_buf_release(&out);
}

static void what_is_written_says_what_was_read(void **state)
{
    (void)state;
    static const char *const TEXT[] = {
        "{\"date\":\"2024-01-01\",\"whitelists\":[{\"name\":\"w\",\"extends\":[\"b\"],\"endpoints\":[{"
        "\"domains\":[\"*.a.example\",\"b.*\"],\"ip\":\"2001:db8::/"
        "32\",\"ports\":[1,{\"start\":5,\"end\":9}],"
        "\"protocol\":\"udp\",\"as_number\":0,\"as_country\":\"US\",\"as_owner\":\"X\",\"process\":\"p\","
        "\"description\":\"\\u00e9\"}]},{\"name\":\"b\"}]}",
        "{\"blacklists\":[{\"name\":\"b\",\"description\":\"d\",\"source_url\":\"u\",\"last_updated\":\"l\","
        "\"ip_ranges\":[\"1.2.3.4-1.2.3.9\",\"::1\"],\"domains\":[\"*x*\"]}]}"};
    for (size_t i = 0; i < 2; i++) {
        struct fb_list_items a, b;
        struct fb_buf first, second;
        fb_list_items_init(&a);
        fb_list_items_init(&b);
        fb_buf_init(&first, 65536);
        fb_buf_init(&second, 65536);
        take(&a, TEXT[i], NULL);
        assert_int_equal(fb_list_items_write(&a, i == 0, "2024-01-01", &first, NULL), FB_OK);
        take(&b, fb_buf_cstr(&first), NULL);
        assert_int_equal(fb_list_items_write(&b, i == 0, "2024-01-01", &second, NULL), FB_OK);
        assert_string_equal(fb_buf_cstr(&first), fb_buf_cstr(&second));
        assert_int_equal(a.n, b.n);
        fb_list_items_release(&a);
        fb_list_items_release(&b);
        fb_buf_release(&first);
        fb_buf_release(&second);
    }
}

static void on_difference(void *ctx, const struct fb_list_item *item, bool in_b)
{
    char *text = ctx;
    size_t n = strlen(text);
    snprintf(text + n, 500 - n, "%c%s ", in_b ? '+' : '-', item->text);
}

static void a_difference_is_what_one_side_has_alone_and_how_much_that_is(void **state)
{
    (void)state;
    static const char one[] = "{\"blacklists\":[{\"name\":\"b\",\"description\":\"old\",\"ip_ranges\":[\"1.1."
                              "1.1\",\"1.1.1.1\",\"2.2.2.0/"
                              "24\"],\"domains\":[\"a.example\"]}]}";
    static const char two[] =
        "{\"blacklists\":[{\"name\":\"b\",\"description\":\"new\",\"ip_ranges\":[\"2.2.2.0-2.2."
        "2.255\",\"3.3.3.3\"],\"domains\":[\"A.example.\"]}]}";
    struct fb_list_items a, b;
    char text[500] = "";
    uint64_t both, either;
    fb_list_items_init(&a);
    fb_list_items_init(&b);
    take(&a, one, NULL);
    take(&b, two, NULL);
    assert_int_equal(fb_list_items_diff(&a, &b, on_difference, text, &both, &either, NULL), FB_OK);
    assert_string_equal(text, "-1.1.1.1 +3.3.3.3 ");
    assert_int_equal(both, 2);
    assert_int_equal(either, 4);
    assert_int_equal(fb_list_items_diff(&a, &a, NULL, NULL, &both, &either, NULL), FB_OK);
    assert_int_equal(both, either); /* equal lists do not differ */
    fb_list_items_release(&a);
    fb_list_items_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_first_ports_become_ranges_and_addresses_with_equal_ports_one_endpoint),
        cmocka_unit_test(addresses_of_content_networks_are_left_out_and_counted_unless_a_name_is_proven),
        cmocka_unit_test(processes_and_ptr_names_are_used_when_asked_for),
        cmocka_unit_test(the_order_of_sessions_does_not_matter),
        cmocka_unit_test(merged_lists_of_one_name_are_one_with_every_entry_once),
        cmocka_unit_test(what_is_written_says_what_was_read),
        cmocka_unit_test(a_difference_is_what_one_side_has_alone_and_how_much_that_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
