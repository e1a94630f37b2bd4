/* Tables of events stand in the order of their packets, however late a row comes: the digest is that of the
 * same rows brought in order. */
#include "store/case_impl.h"
#include "store/rectab.h"
#include "tests/support/store_case.h"
#include "tests/support/store_records.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SESSIONS 300u
#define WIDE     4000u  /* bytes of a row: some 2,100 make a chunk, some 500 are held behind it */
#define ROWS     28800u /* a dozen chunks and more: more than are merged at a time */

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        err = (struct fb_err){0};                                                                            \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

static struct fb_err err;
static const struct fb_rec_col cols[] = {{"text", FB_REC_TEXT}};
static const struct fb_rec_def wide = {"wide", 910, FB_REC_EVENTS, 1, cols};

/* Which row comes as the i-th. */
typedef uint32_t (*coming)(uint32_t i);

static uint32_t in_order(uint32_t i)
{
    return i;
}

/* Every block of 200 backwards. */
static uint32_t a_little_late(uint32_t i)
{
    return i / 200 * 200 + 199 - i % 200;
}

/* Every block of twelve after the one behind it. */
static uint32_t in_pairs(uint32_t i)
{
    return i / 24 * 24 + (i % 24 + 12) % 24;
}

/* Every ninth row at the very end. */
static uint32_t some_at_the_end(uint32_t i)
{
    uint32_t prompt = ROWS - ROWS / 9;
    return i < prompt ? i / 8 * 9 + i % 8 : (i - prompt) * 9 + 8;
}

/* Twelve sessions, one after the other, each over the whole time. */
static uint32_t each_session_at_its_end(uint32_t i)
{
    return i % (ROWS / 12) * 12 + i / (ROWS / 12);
}

static uint32_t backwards(uint32_t i)
{
    return ROWS - 1 - i;
}

/* Three rows come of one packet; two packets have one time. */
static struct fb_rec_at place_of(uint32_t row)
{
    return (struct fb_rec_at){row % 12 + 1, row / 3 + 1, 1700000000000000000 + row / 6 * 1000};
}

static void put(struct fb_case *c, uint32_t number)
{
    static char text[WIDE];
    struct fb_buf row;
    struct fb_rec_at at = place_of(number);
    memset(text, 'a' + (int)(number % 26), sizeof text);
    snprintf(text, sizeof text, "%u", number);
    fb_buf_init(&row, 2 * WIDE);
    fb_rec_bytes(&row, text, sizeof text);
    struct fb_observed o = {&wide, at.number, at.ordinal, at.ts_ns, {row.data, row.len}};
    CHECK(fb_case_put_record(c, &o, &err));
    fb_buf_release(&row);
}

static void fill(struct fb_case *c, void *ctx)
{
    coming order = *(coming *)ctx;
    for (uint32_t i = 0; i < ROWS; i++)
        put(c, order(i));
}

static void assert_rows_in_order(struct fb_case *c, bool packets_in_order)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    enum fb_status st;
    uint32_t n = 0;
    struct fb_rec_at before = {0};
    CHECK(fb_rec_open(c, &wide, FB_REC_NEWEST, &cur, &err));
    while ((st = fb_rec_next(cur, &row, &err)) == FB_OK) {
        struct fb_rec_at want = place_of(n);
        assert_true(row.at.ts_ns >= before.ts_ns);
        assert_int_equal(row.at.ts_ns, want.ts_ns);
        assert_int_equal(row.at.ordinal, want.ordinal);
        assert_int_equal(row.cells[0].s.n, WIDE);
        if (packets_in_order)
            assert_int_equal(strtoul((const char *)row.cells[0].s.p, NULL, 10), n);
        before = row.at;
        n++;
    }
    assert_int_equal(st, FB_EOF);
    assert_int_equal(n, ROWS);
    fb_rec_close(cur);
}

static struct fb_digest digest_of(coming order, bool packets_in_order)
{
    struct fb_rec_info t;
    struct gen_session *all = store_make_sessions(SESSIONS, false);
    char path[256];
    store_temp_path(path);
    struct fb_case *c = store_write_case_with(path, all, SESSIONS, STORE_START_ORDER, 0, fill, &order);
    free(all);
    fb_case_close(c);
    CHECK(fb_case_open(path, &c, &err));
    CHECK(fb_case_check(c, &err));
    assert_rows_in_order(c, packets_in_order);
    CHECK(fb_case_record_table(c, 0, &t, &err));
    assert_string_equal(t.name, "wide");
    assert_true(t.finished);
    assert_int_equal(t.nrows, ROWS);
    struct fb_digest d = t.digest;
    assert_int_equal(fb_case_record_table(c, 1, &t, &err), FB_EOF); /* nothing is left of the first writing */
    fb_case_close(c);
    store_remove(path);
    return d;
}

static void assert_same_digest(coming order)
{
    static struct fb_digest want;
    static bool known;
    if (!known)
        want = digest_of(in_order, true);
    known = true;
    struct fb_digest got = digest_of(order, true);
    assert_memory_equal(got.b, want.b, FB_DIGEST_LEN);
}

static void rows_that_come_a_little_early_wait(void **state)
{
    (void)state;
    assert_same_digest(in_pairs);
}

static void a_row_that_comes_after_the_end_goes_where_it_belongs(void **state)
{
    (void)state;
    assert_same_digest(some_at_the_end);
}

static void sessions_that_tell_all_at_their_end_are_merged_in_passes(void **state)
{
    (void)state;
    assert_same_digest(each_session_at_its_end);
}

/* Rows of one packet stay in the order in which they came, so their digest is another one here. */
static void rows_that_come_backwards_stand_forwards(void **state)
{
    (void)state;
    (void)digest_of(a_little_late, false);
    (void)digest_of(backwards, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_come_a_little_early_wait),
        cmocka_unit_test(a_row_that_comes_after_the_end_goes_where_it_belongs),
        cmocka_unit_test(sessions_that_tell_all_at_their_end_are_merged_in_passes),
        cmocka_unit_test(rows_that_come_backwards_stand_forwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
