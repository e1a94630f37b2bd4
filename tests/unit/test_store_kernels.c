/* The SQL functions over a case answer as GROUP BY over the table of sessions does. */
#include "store/addr_filter.h"
#include "store/query.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define N 70000u /* two chunks */

static struct fb_case *make_case(uint64_t n, bool wild)
{
    struct gen_session *all = store_make_sessions(n, wild);
    /* An address that talks to itself, and a session without a VLAN. */
    for (uint64_t i = 0; i < n; i += 97) {
        all[i].s.resp_h = all[i].s.orig_h;
        all[i].s.vlan = FB_VLAN_NONE;
    }
    struct fb_case *c = store_write_case(NULL, all, n, STORE_START_ORDER, 0);
    free(all);
    return c;
}

static int set_up(void **state)
{
    *state = make_case(N, false);
    return 0;
}

static int tear_down(void **state)
{
    fb_case_close(*state);
    return 0;
}

/* Every cell of an answer as text, one row a line. */
static char *answer(struct fb_case *c, const char *sql, size_t *rows)
{
    struct fb_query *q = NULL;
    struct fb_err err = {0};
    struct fb_buf b;
    fb_buf_init(&b, SIZE_MAX / 4);
    if (fb_query_prepare(c, sql, &q, &err) != FB_OK)
        fail_msg("%s: %s", sql, err.msg);
    enum fb_status st;
    *rows = 0;
    while ((st = fb_query_step(q, &err)) == FB_OK) {
        for (int i = 0; i < fb_query_ncols(q); i++) {
            struct fb_cell cell;
            fb_query_cell(q, i, &cell);
            if (cell.type == FB_CELL_INT)
                fb_buf_put_i64dec(&b, cell.i);
            else if (cell.type == FB_CELL_TEXT)
                fb_buf_put(&b, cell.p, cell.n);
            else
                assert_int_equal(cell.type, FB_CELL_NULL);
            fb_buf_putc(&b, i + 1 < fb_query_ncols(q) ? '|' : '\n');
        }
        ++*rows;
    }
    if (st != FB_EOF)
        fail_msg("%s: %s", sql, err.msg);
    fb_query_close(q);
    fb_buf_cstr(&b);
    return (char *)b.data;
}

static void same(struct fb_case *c, const char *fast, const char *slow, size_t least)
{
    size_t n[2];
    char *a = answer(c, fast, &n[0]), *b = answer(c, slow, &n[1]);
    if (n[0] != n[1] || (a && b ? strcmp(a, b) != 0 : a != b))
        fail_msg("%s: %zu rows\n%.300s\n%s: %zu rows\n%.300s", fast, n[0], a ? a : "", slow, n[1],
                 b ? b : "");
    if (n[0] < least)
        fail_msg("%s: only %zu rows", fast, n[0]);
    free(a);
    free(b);
}

static const char sums[] = "count(*), sum(orig_bytes + resp_bytes), sum(orig_bytes), sum(resp_bytes), "
                           "sum(orig_pkts + resp_pkts), sum(orig_pkts), sum(resp_pkts)";
static const char *const columns[] = {"orig_h",   "resp_h",  "orig_p",     "resp_p",     "proto",
                                      "ip_proto", "service", "conn_state", "history",    "end_reason",
                                      "vlan",     "tunnel",  "orig_ttl",   "inner_vlan", "resp_ttl"};

/* From within the first chunk to within the second; from the start; to the end. The times of sessions. */
static const char *const windows[][2] = {
    {"", ""},
    {", (SELECT ts FROM sessions WHERE number = 5000), (SELECT ts FROM sessions WHERE number = 66000)",
     " WHERE +number >= 5000 AND +number < 66000"},
    {", NULL, (SELECT ts FROM sessions WHERE number = 67000)", " WHERE +number < 67000"},
    {", (SELECT time FROM sessions WHERE number = 69990)", " WHERE +number >= 69990"},
    {", (SELECT ts FROM sessions WHERE number = 4097), (SELECT ts FROM sessions WHERE number = 4098)",
     " WHERE +number = 4097"},
    {", 5, 6", " WHERE 0"},
    {", 9223372036854775807, -9223372036854775807", " WHERE 0"},
};
#define NWINDOWS (sizeof windows / sizeof *windows)

static void rollup_groups_by_every_column_as_sql_does(void **state)
{
    char fast[600], slow[600];
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        for (size_t w = 0; w < NWINDOWS; w++) {
            snprintf(fast, sizeof fast, "SELECT * FROM rollup('%s'%s) ORDER BY key", columns[i],
                     windows[w][0]);
            snprintf(slow, sizeof slow, "SELECT %s, %s FROM sessions%s GROUP BY 1 ORDER BY 1", columns[i],
                     sums, windows[w][1]);
            same(*state, fast, slow, w < 5);
        }
    }
}

static void rollup_of_all_is_one_row(void **state)
{
    char fast[600], slow[600];
    for (size_t w = 0; w < 5; w++) {
        snprintf(fast, sizeof fast, "SELECT * FROM rollup('all'%s)", windows[w][0]);
        snprintf(slow, sizeof slow, "SELECT 'all', %s FROM sessions%s", sums, windows[w][1]);
        same(*state, fast, slow, 1);
    }
}

static void rollup_by_either_end_counts_a_session_with_itself_once(void **state)
{
    char slow[900];
    snprintf(slow, sizeof slow,
             "SELECT h, %s FROM (SELECT orig_h h, orig_bytes, resp_bytes, orig_pkts, resp_pkts FROM sessions "
             "UNION ALL SELECT resp_h, orig_bytes, resp_bytes, orig_pkts, resp_pkts FROM sessions WHERE "
             "resp_h <> orig_h) GROUP BY 1 ORDER BY 1",
             sums);
    same(*state, "SELECT * FROM rollup('ip') ORDER BY key", slow, 1000);
}

static void top_ranks_by_every_metric_with_ties_by_key(void **state)
{
    static const char *const metric[][2] = {{"sessions", "count(*)"},
                                            {"bytes", "sum(orig_bytes + resp_bytes)"},
                                            {"orig_bytes", "sum(orig_bytes)"},
                                            {"resp_bytes", "sum(resp_bytes)"},
                                            {"packets", "sum(orig_pkts + resp_pkts)"},
                                            {"orig_pkts", "sum(orig_pkts)"},
                                            {"resp_pkts", "sum(resp_pkts)"}};
    char fast[600], slow[600];
    for (size_t m = 0; m < 7; m++) {
        for (size_t w = 0; w < NWINDOWS; w++) {
            /* Clients' ports: thousands of ties. */
            snprintf(fast, sizeof fast, "SELECT key, value, sessions FROM top('orig_p', '%s', 1000%s)",
                     metric[m][0], windows[w][0]);
            snprintf(slow, sizeof slow,
                     "SELECT orig_p, %s v, count(*) FROM sessions%s GROUP BY 1 ORDER BY v DESC, 1 LIMIT 1000",
                     metric[m][1], windows[w][1]);
            same(*state, fast, slow, w < 5);
        }
    }
    same(*state, "SELECT key, value FROM top('history', 'packets', 1000000)",
         "SELECT history, sum(orig_pkts + resp_pkts) v FROM sessions GROUP BY 1 ORDER BY v DESC, 1", 5);
    same(*state, "SELECT count(*) FROM top('orig_p', 'bytes')", "SELECT 10", 1);
}

static void the_whole_case_and_its_parts_add_up(void **state)
{
    /* Zone maps answer the first, rows the second. */
    same(*state, "SELECT key, sum(sessions), sum(bytes) FROM rollup('service') GROUP BY key",
         "SELECT key, sum(sessions), sum(bytes) FROM (SELECT * FROM rollup('service', NULL, (SELECT ts FROM "
         "sessions WHERE number = 777)) UNION ALL SELECT * FROM rollup('service', (SELECT ts FROM sessions "
         "WHERE number = 777))) GROUP BY key",
         4);
}

static void timeline_counts_in_buckets_from_multiples_of_their_length(void **state)
{
    static const int bucket[] = {1, 7, 60, 86400, 1000000000};
    char fast[600], slow[700];
    for (size_t b = 0; b < 5; b++) {
        for (size_t w = 0; w < NWINDOWS; w++) {
            snprintf(fast, sizeof fast,
                     "SELECT ts, sessions, bytes, orig_bytes, resp_bytes, packets, orig_pkts, resp_pkts FROM "
                     "timeline(%d%s)",
                     bucket[b], windows[w][0]);
            snprintf(slow, sizeof slow,
                     "SELECT ts - ts %% %d000000000 b, %s FROM sessions%s GROUP BY 1 ORDER BY 1", bucket[b],
                     sums, windows[w][1]);
            same(*state, fast, slow, w < 5);
        }
    }
    same(*state, "SELECT time FROM timeline(1000000000)", "SELECT '2001-09-09T01:46:40.000000000Z'", 1);
}

static void pairs_rank_by_bytes(void **state)
{
    char fast[600], slow[700];
    for (size_t w = 0; w < NWINDOWS; w++) {
        /* Addresses tie in the order of their bytes, which SQL does not know: by text on both sides. */
        snprintf(fast, sizeof fast, "SELECT * FROM pairs(1000000%s) ORDER BY bytes DESC, orig_h, resp_h",
                 windows[w][0]);
        snprintf(slow, sizeof slow,
                 "SELECT orig_h, resp_h, %s FROM sessions%s GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2", sums,
                 windows[w][1]);
        same(*state, fast, slow, w < 5);
    }
    same(*state, "SELECT bytes FROM pairs(20)",
         "SELECT sum(orig_bytes + resp_bytes) v FROM sessions GROUP BY orig_h, resp_h ORDER BY v DESC LIMIT "
         "20",
         20);
}

static void functions_join_with_tables_and_each_other(void **state)
{
    same(
        *state,
        "SELECT m, sum(r.sessions) FROM (SELECT 'proto' m UNION SELECT 'conn_state'), rollup(m) r GROUP BY m",
        "SELECT 'conn_state', 70000 UNION SELECT 'proto', 70000", 2);
    same(*state, "SELECT by, metric, n FROM top('proto', 'bytes', 1)", "SELECT 'proto', 'bytes', 1", 1);
    same(*state, "SELECT count(*) FROM top('proto', 'bytes', 5) WHERE by = 'service'", "SELECT 0", 1);
    same(*state, "SELECT count(*) FROM rollup('proto') WHERE t0 IS NULL",
         "SELECT count(DISTINCT proto) FROM sessions", 1);
}

static void wrong_arguments_are_named(void **state)
{
    static const char *const wrong[][2] = {
        {"top('colour', 'bytes')", "'colour' is none of all, orig_h"},
        {"top('orig_h', 'weight')", "'weight' is none of sessions"},
        {"top('orig_h')", "metric: a name in quotes"},
        {"top", "by: a name in quotes"},
        {"top(5, 'bytes')", "by: a name in quotes"},
        {"top('orig_h', 'bytes', 0)", "n: a whole number from 1 to 1000000"},
        {"top('orig_h', 'bytes', -9223372036854775807)", "n: a whole number"},
        {"top('orig_h', 'bytes', 1000001)", "n: a whole number"},
        {"top('orig_h', 'bytes', 'ten')", "n: a whole number"},
        {"top('orig_h', 'bytes', 1.5)", "n: a whole number"},
        {"rollup", "by: a name"},
        {"rollup('')", "'' is none of"},
        {"rollup(x'00ff')", "by: a name"},
        {"rollup('proto', 'yesterday')", "t0: nanoseconds since 1970"},
        {"rollup('proto', NULL, 1.5)", "t1: nanoseconds since 1970"},
        {"timeline", "bucket_seconds: a whole number from 1 to 9223372036"},
        {"timeline(0)", "bucket_seconds: a whole number"},
        {"timeline(9223372037)", "bucket_seconds: a whole number"},
        {"timeline(-1)", "bucket_seconds: a whole number"},
        {"pairs(0)", "n: a whole number"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char sql[200];
        struct fb_query *q = NULL;
        struct fb_err err = {0};
        snprintf(sql, sizeof sql, "SELECT * FROM %s", wrong[i][0]);
        assert_int_equal(fb_query_prepare(*state, sql, &q, &err), FB_OK);
        enum fb_status st = fb_query_step(q, &err);
        if (st != FB_ERR_USAGE || !strstr(err.msg, wrong[i][1]))
            fail_msg("%s: status %d, %s", sql, st, err.msg);
        fb_query_close(q);
    }
}

static void a_case_without_sessions_has_no_rows(void **state)
{
    (void)state;
    struct fb_case *c = make_case(0, false);
    same(c, "SELECT * FROM rollup('all')", "SELECT 1 WHERE 0", 0);
    same(c, "SELECT * FROM rollup('orig_h')", "SELECT 1 WHERE 0", 0);
    same(c, "SELECT * FROM top('service', 'bytes', 3)", "SELECT 1 WHERE 0", 0);
    same(c, "SELECT * FROM timeline(60)", "SELECT 1 WHERE 0", 0);
    same(c, "SELECT * FROM pairs", "SELECT 1 WHERE 0", 0);
    fb_case_close(c);
}

static void whatever_the_fields_hold_counts_are_right(void **state)
{
    (void)state;
    struct fb_case *c = make_case(3000, true);
    char fast[300], slow[300];
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        snprintf(fast, sizeof fast, "SELECT key, sessions FROM rollup('%s') ORDER BY key", columns[i]);
        snprintf(slow, sizeof slow, "SELECT %s, count(*) FROM sessions GROUP BY 1 ORDER BY 1", columns[i]);
        same(c, fast, slow, 2);
    }
    /* Sums beyond 2^63-1 stop there. */
    same(c, "SELECT bytes, orig_bytes FROM rollup('all')", "SELECT 9223372036854775807, 9223372036854775807",
         1);
    same(c, "SELECT sum(sessions), max(time < '1677') FROM timeline(9223372036)", "SELECT 3000, 0", 1);
    fb_case_close(c);
}

static void the_filter_of_addresses_forgets_none(void **state)
{
    (void)state;
    struct gen g;
    uint8_t filter[1000] = {0}, addr[16];
    const uint64_t salt = 7;
    gen_init(&g, 3);
    for (unsigned round = 0; round < 2; round++) {
        gen_init(&g, 3);
        for (unsigned i = 0; i < 1000; i++) {
            for (unsigned k = 0; k < 16; k++)
                addr[k] = (uint8_t)gen_u64(&g);
            if (round == 0)
                fb_addr_filter_add(filter, sizeof filter, addr, salt);
            else
                assert_true(fb_addr_filter_may_have(filter, sizeof filter, addr, salt));
        }
    }
    unsigned passed = 0;
    for (unsigned i = 0; i < 10000; i++) {
        for (unsigned k = 0; k < 16; k++)
            addr[k] = (uint8_t)gen_u64(&g);
        passed += fb_addr_filter_may_have(filter, sizeof filter, addr, salt);
    }
    assert_in_range(passed, 50, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rollup_groups_by_every_column_as_sql_does),
        cmocka_unit_test(rollup_of_all_is_one_row),
        cmocka_unit_test(rollup_by_either_end_counts_a_session_with_itself_once),
        cmocka_unit_test(top_ranks_by_every_metric_with_ties_by_key),
        cmocka_unit_test(the_whole_case_and_its_parts_add_up),
        cmocka_unit_test(timeline_counts_in_buckets_from_multiples_of_their_length),
        cmocka_unit_test(pairs_rank_by_bytes),
        cmocka_unit_test(functions_join_with_tables_and_each_other),
        cmocka_unit_test(wrong_arguments_are_named),
        cmocka_unit_test(a_case_without_sessions_has_no_rows),
        cmocka_unit_test(whatever_the_fields_hold_counts_are_right),
        cmocka_unit_test(the_filter_of_addresses_forgets_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
