/* A case is written and read back: every field, whatever the order of arrival and whatever had to be spilled.
 */
#include "store/case.h"
#include "store/case_impl.h"
#include "store/query.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        struct fb_err err = {0};                                                                             \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

struct compare {
    const struct gen_session *all;
    uint64_t seen;
};

static enum fb_status compare_row(void *ctx, const struct fb_session *s)
{
    struct compare *k = ctx;
    const char *field = gen_differs(&k->all[k->seen].s, s);
    if (field)
        fail_msg("session %llu: %s differs", (unsigned long long)k->seen + 1, field);
    k->seen++;
    return FB_OK;
}

static void check_content(struct fb_case *c, const struct gen_session *all, uint64_t n)
{
    struct compare k = {all, 0};
    CHECK(fb_case_each_session(c, compare_row, &k, &err));
    assert_int_equal(k.seen, n);
    CHECK(fb_case_check(c, &err));
    for (uint64_t number = 1; number <= n; number += n / 7 + 1) {
        struct fb_session s;
        CHECK(fb_case_session(c, number, &s, &err));
        assert_null(gen_differs(&all[number - 1].s, &s));
        struct fb_packet_ref *p;
        size_t np;
        CHECK(fb_case_session_packets(c, number, &p, &np, &err));
        assert_int_equal(np, 3);
        for (size_t i = 0; i < np; i++) {
            assert_int_equal(p[i].ordinal, 3 * number + 1 + i);
            assert_int_equal(p[i].evidence, p[i].ordinal >= 4 + n);
            assert_int_equal(p[i].pkt_no, p[i].evidence ? p[i].ordinal - 3 - n : p[i].ordinal - 3);
        }
        free(p);
    }
}

static void every_field_comes_back_whatever_it_holds(void **state)
{
    (void)state;
    const uint64_t n = 70000;
    struct gen_session *all = store_make_sessions(n, true);
    struct fb_case *c = store_write_case(NULL, all, n, STORE_START_ORDER, 0);
    check_content(c, all, n);
    struct fb_session s;
    assert_int_equal(fb_case_session(c, 0, &s, NULL), FB_ERR_NOTFOUND);
    assert_int_equal(fb_case_session(c, n + 1, &s, NULL), FB_ERR_NOTFOUND);
    fb_case_close(c);
    free(all);
}

static struct fb_case_info info_of(struct fb_case *c)
{
    struct fb_case_info i;
    CHECK(fb_case_info(c, &i, &err));
    assert_true(i.complete);
    return i;
}

static void order_and_spilling_change_neither_content_nor_digest(void **state)
{
    (void)state;
    const uint64_t n = 140000;
    struct gen_session *all = store_make_sessions(n, false);
    struct fb_case *a = store_write_case(NULL, all, n, STORE_START_ORDER, 0),
                   *b = store_write_case(NULL, all, n, STORE_SHUFFLED, 1u << 20),
                   *d = store_write_case(NULL, all, n, STORE_BACKWARD, 3u << 20);
    struct fb_case_info ia = info_of(a), ib = info_of(b), id = info_of(d);
    assert_memory_equal(&ia.case_digest, &ib.case_digest, sizeof ia.case_digest);
    assert_memory_equal(&ia.packet_index_digest, &ib.packet_index_digest, sizeof ia.case_digest);
    assert_memory_equal(&ia.case_digest, &id.case_digest, sizeof ia.case_digest);
    assert_memory_equal(&ia.packet_index_digest, &id.packet_index_digest, sizeof ia.case_digest);
    check_content(b, all, n);
    check_content(d, all, n);
    fb_case_close(a);
    fb_case_close(b);
    fb_case_close(d);
    free(all);
}

static void an_empty_case_is_complete_and_verifies(void **state)
{
    (void)state;
    struct fb_case *c = store_write_case(NULL, NULL, 0, STORE_START_ORDER, 0);
    struct fb_case_info i = info_of(c);
    assert_int_equal(i.sessions, 0);
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back_whatever_it_holds),
        cmocka_unit_test(order_and_spilling_change_neither_content_nor_digest),
        cmocka_unit_test(an_empty_case_is_complete_and_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
