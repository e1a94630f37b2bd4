/* Questions about addresses, what counts as an answer to them, and which resolvers a system has. */
#include "base/record.h"
#include "intel/resolve/ptr_query.h"
#include "intel/resolve/resolve_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fb_addr addr(const char *text)
{
    struct fb_addr a;
    assert_true(fb_addr_parse(text, &a));
    return a;
}

/* A reply that is made piece by piece. */
struct reply {
    uint8_t b[1024];
    size_t n, owner; /* where the name that was asked stands */
};

static void put16(struct reply *r, unsigned v)
{
    r->b[r->n++] = (uint8_t)(v >> 8);
    r->b[r->n++] = (uint8_t)v;
}

static struct reply reply_to(const struct fb_addr *a, uint16_t id, unsigned flags, unsigned answers)
{
    struct reply r = {.owner = 12};
    uint8_t query[FB_PTR_QUERY_BYTES];
    r.n = fb_ptr_query_put(query, id, a);
    memcpy(r.b, query, r.n);
    r.b[2] = (uint8_t)(flags >> 8);
    r.b[3] = (uint8_t)flags;
    r.b[7] = (uint8_t)answers;
    return r;
}

/* `name`: labels with their lengths in front, as a string; the NUL ends it. `owner` 0: a name of its own. */
static void put_record(struct reply *r, const char *owner, unsigned type, unsigned ttl, const char *name)
{
    if (owner) {
        memcpy(r->b + r->n, owner, strlen(owner) + 1);
        r->n += strlen(owner) + 1;
    } else {
        put16(r, 0xc000U | (unsigned)r->owner);
    }
    put16(r, type);
    put16(r, 1);
    put16(r, 0);
    put16(r, ttl);
    put16(r, (unsigned)strlen(name) + 1);
    memcpy(r->b + r->n, name, strlen(name) + 1);
    r->n += strlen(name) + 1;
}

static enum fb_ptr_outcome read_it(const struct fb_addr *a, const struct reply *r, struct fb_ptr_answer *out)
{
    return fb_ptr_reply_read(a, 7, r->b, r->n, out);
}

static void assert_names(const struct fb_ptr_answer *a, const char *first, const char *second)
{
    struct fb_cur c = fb_cur_init(a->names, a->names_bytes);
    struct fb_span s;
    assert_true(fb_rec_next_item(&c, &s));
    assert_int_equal(s.n, strlen(first));
    assert_memory_equal(s.p, first, s.n);
    assert_int_equal(fb_rec_next_item(&c, &s), second != NULL);
    if (second) {
        assert_int_equal(s.n, strlen(second));
        assert_memory_equal(s.p, second, s.n);
    }
}

static void questions_are_those_of_the_standards(void **state)
{
    static const char v4[] = "\0\7\1\0\0\1\0\0\0\0\0\0\0011\0012\0010\003192\7in-addr\4arpa\0\0\14\0\1";
    uint8_t q[FB_PTR_QUERY_BYTES];
    struct fb_addr a = addr("192.0.2.1");
    (void)state;
    assert_int_equal(fb_ptr_query_put(q, 7, &a), sizeof v4 - 1);
    assert_memory_equal(q, v4, sizeof v4 - 1);
    a = addr("2001:db8::567:89ab"); /* the example of RFC 3596, 2.5, has 4321:0:1:2:3:4:567:89ab */
    size_t n = fb_ptr_query_put(q, 7, &a);
    assert_int_equal(n, 12 + 64 + 4 + 5 + 1 + 4);
    assert_memory_equal(q + 12, "\1b\1a\0019\0018\0017\0016\0015\0010", 16);
    assert_memory_equal(q + n - 14, "\3ip6\4arpa\0\0\14\0\1", 14);
}

static void a_reply_gives_the_names_that_it_points_at(void **state)
{
    struct fb_addr a = addr("192.0.2.1");
    struct fb_ptr_answer out;
    struct reply r = reply_to(&a, 7, 0x8180, 2);
    (void)state;
    put_record(&r, NULL, 12, 300, "\3www\7example");
    put_record(&r, NULL, 12, 60, "\4mail\7example");
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NAMED);
    assert_int_equal(out.nnames, 2);
    assert_int_equal(out.ttl_s, 60);
    assert_names(&out, "www.example", "mail.example");
}

static void aliases_of_the_reverse_zone_lead_to_the_name_in_any_order(void **state)
{
    struct fb_addr a = addr("192.0.2.1");
    struct fb_ptr_answer out;
    struct reply r = reply_to(&a, 7, 0x8180, 4);
    (void)state;
    put_record(&r, "\1b\1x", 12, 300, "\4real\7example");
    put_record(&r, "\1a\1x", 5, 300, "\1B\1X");
    put_record(&r, NULL, 5, 300, "\1a\1x");
    put_record(&r, "\1c\1x", 12, 300, "\5other\7example");
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NAMED);
    assert_int_equal(out.nnames, 1);
    assert_names(&out, "real.example", NULL);
}

static void aliases_in_a_circle_end(void **state)
{
    struct fb_addr a = addr("192.0.2.1");
    struct fb_ptr_answer out;
    struct reply r = reply_to(&a, 7, 0x8180, 3);
    (void)state;
    put_record(&r, NULL, 5, 300, "\1a\1x");
    put_record(&r, "\1a\1x", 5, 300, "\1b\1x");
    put_record(&r, "\1b\1x", 5, 300, "\1a\1x");
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NO_NAME);
}

static void what_is_not_the_answer_does_not_count(void **state)
{
    struct fb_addr a = addr("192.0.2.1"), b = addr("192.0.2.2");
    struct fb_ptr_answer out;
    struct reply good = reply_to(&a, 7, 0x8180, 1), r;
    (void)state;
    put_record(&good, NULL, 12, 300, "\3www\7example");
    assert_int_equal(read_it(&a, &good, &out), FB_PTR_NAMED);
    assert_int_equal(fb_ptr_reply_read(&a, 8, good.b, good.n, &out), FB_PTR_FOREIGN); /* another id */
    assert_int_equal(read_it(&b, &good, &out), FB_PTR_FOREIGN);                       /* another question */
    r = good;
    r.b[2] &= 0x7f; /* a query */
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_FOREIGN);
    r = good;
    r.b[2] |= 0x28; /* an update */
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_FOREIGN);
    r = good;
    r.b[5] = 0; /* without the question */
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_FOREIGN);
    r = reply_to(&a, 7, 0x8180, 1);
    put_record(&r, "\4evil\1x", 12, 300, "\4evil\7example"); /* a record of another owner */
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NO_NAME);
}

static void the_case_of_letters_in_the_question_may_differ(void **state)
{
    struct fb_addr a = addr("192.0.2.1");
    struct fb_ptr_answer out;
    struct reply r = reply_to(&a, 7, 0x8180, 1);
    (void)state;
    r.b[12 + 11] = 'I'; /* Of "in-addr" */
    put_record(&r, NULL, 12, 300, "\3www\7example");
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NAMED);
}

static void errors_of_the_server_are_told_apart(void **state)
{
    struct fb_addr a = addr("192.0.2.1");
    struct fb_ptr_answer out;
    struct reply r = reply_to(&a, 7, 0x8183, 0);
    (void)state;
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NO_NAME);
    assert_int_equal(out.rcode, 3);
    r = reply_to(&a, 7, 0x8182, 0);
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_REFUSED);
    assert_int_equal(out.rcode, 2);
    r = reply_to(&a, 7, 0x8380, 0);
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_TRUNCATED);
}

static void more_names_than_are_kept_are_left_out(void **state)
{
    struct fb_addr a = addr("192.0.2.1");
    struct fb_ptr_answer out;
    struct reply r = reply_to(&a, 7, 0x8180, 30);
    (void)state;
    for (int i = 0; i < 30; i++)
        put_record(&r, NULL, 12, 300, "\3www\7example");
    assert_int_equal(read_it(&a, &r, &out), FB_PTR_NAMED);
    assert_int_equal(out.nnames, FB_PTR_NAMES_MAX);
}

static void a_reply_that_is_cut_anywhere_gives_a_prefix_of_its_names(void **state)
{
    struct fb_addr a = addr("2001:db8::1");
    struct fb_ptr_answer whole, cut;
    struct reply r = reply_to(&a, 7, 0x8180, 2);
    (void)state;
    put_record(&r, NULL, 12, 300, "\3www\7example");
    put_record(&r, NULL, 12, 300, "\4mail\7example");
    assert_int_equal(read_it(&a, &r, &whole), FB_PTR_NAMED);
    for (size_t n = 0; n < r.n; n++) {
        uint8_t *exact = malloc(n ? n : 1); /* so that a read past the end is seen */
        assert_non_null(exact);
        memcpy(exact, r.b, n);
        fb_ptr_reply_read(&a, 7, exact, n, &cut);
        assert_true(cut.names_bytes <= whole.names_bytes);
        assert_memory_equal(cut.names, whole.names, cut.names_bytes);
        free(exact);
    }
}

static void resolvers_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text, *is;
    } good[] = {{"192.0.2.53", "192.0.2.53:53"},
                {"192.0.2.53:5353", "192.0.2.53:5353"},
                {"2001:db8::53", "[2001:db8::53]:53"},
                {"[2001:db8::53]", "[2001:db8::53]:53"},
                {"[2001:db8::53]:853", "[2001:db8::53]:853"}};
    static const char *const bad[] = {"",
                                      "dns.example",
                                      "192.0.2.53:",
                                      "192.0.2.53:0",
                                      "192.0.2.53:65536",
                                      "[2001:db8::53",
                                      "[2001:db8::53]53",
                                      "[192.0.2.53]:x"};
    struct fb_resolve_server s;
    char text[FB_RESOLVE_SERVER_STRLEN];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(fb_resolve_server_parse(good[i].text, &s));
        assert_int_equal(fb_resolve_server_format(&s, text), strlen(good[i].is));
        assert_string_equal(text, good[i].is);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fb_resolve_server_parse(bad[i], &s));
}

static void resolvers_of_the_system_are_its_first_three(void **state)
{
    static const char text[] = "# nameserver 192.0.2.9\nsearch example\n  nameserver\t192.0.2.1 # near\r\n"
                               "nameserver fe80::1%eth0\nnameserverx 192.0.2.8\nnameserver 2001:db8::53\n"
                               "options rotate\nnameserver 192.0.2.3\nnameserver 192.0.2.4";
    struct fb_resolve_server s[FB_RESOLVE_SERVERS_MAX];
    char t[FB_RESOLVE_SERVER_STRLEN];
    (void)state;
    assert_int_equal(fb_resolve_servers_read((struct fb_span){(const uint8_t *)text, sizeof text - 1}, s), 3);
    fb_resolve_server_format(&s[0], t);
    assert_string_equal(t, "192.0.2.1:53");
    fb_resolve_server_format(&s[1], t);
    assert_string_equal(t, "[2001:db8::53]:53");
    fb_resolve_server_format(&s[2], t);
    assert_string_equal(t, "192.0.2.3:53");
    assert_int_equal(fb_resolve_servers_read((struct fb_span){NULL, 0}, s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_those_of_the_standards),
        cmocka_unit_test(a_reply_gives_the_names_that_it_points_at),
        cmocka_unit_test(aliases_of_the_reverse_zone_lead_to_the_name_in_any_order),
        cmocka_unit_test(aliases_in_a_circle_end),
        cmocka_unit_test(what_is_not_the_answer_does_not_count),
        cmocka_unit_test(the_case_of_letters_in_the_question_may_differ),
        cmocka_unit_test(errors_of_the_server_are_told_apart),
        cmocka_unit_test(more_names_than_are_kept_are_left_out),
        cmocka_unit_test(a_reply_that_is_cut_anywhere_gives_a_prefix_of_its_names),
        cmocka_unit_test(resolvers_are_read_as_people_write_them),
        cmocka_unit_test(resolvers_of_the_system_are_its_first_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
