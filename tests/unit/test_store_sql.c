/* SQL over the compressed tables: what goes down to the chunks answers as a scan over everything does. */
#include "store/query.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define N 70000u

struct fixture {
    struct gen_session *all;
    struct fb_case *c;
};

static int set_up(void **state)
{
    static struct fixture f;
    f.all = store_make_sessions(N, false);
    /* An outer session and its inner one. */
    f.all[10].parents[0] = 5;
    f.all[10].parents[1] = 7;
    f.all[10].s.nparents = 2;
    f.all[10].s.orig_bytes = UINT64_MAX;
    f.c = store_write_case(NULL, f.all, N, STORE_SHUFFLED, 1u << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    fb_case_close(f->c);
    free(f->all);
    return 0;
}

static struct fb_query *prepare(struct fb_case *c, const char *sql)
{
    struct fb_query *q = NULL;
    struct fb_err err = {0};
    if (fb_query_prepare(c, sql, &q, &err) != FB_OK)
        fail_msg("%s: %s", sql, err.msg);
    return q;
}

/* Number of rows and a sum over the first column. */
static uint64_t answer(struct fb_case *c, const char *sql, uint64_t *rows)
{
    struct fb_query *q = prepare(c, sql);
    struct fb_err err = {0};
    uint64_t sum = 0;
    enum fb_status st;
    *rows = 0;
    while ((st = fb_query_step(q, &err)) == FB_OK) {
        struct fb_cell cell;
        fb_query_cell(q, 0, &cell);
        assert_int_equal(cell.type, FB_CELL_INT);
        sum = sum * 31 + (uint64_t)cell.i;
        ++*rows;
    }
    if (st != FB_EOF)
        fail_msg("%s: %s", sql, err.msg);
    fb_query_close(q);
    return sum;
}

static void conditions_answer_as_a_scan_does(void **state)
{
    struct fixture *f = *state;
    /* The second form hides the columns from the planner: SQLite looks at every row. */
    static const char *const pair[][2] = {
        {"number = 66000", "+number = 66000"},
        {"number > 65530 AND number <= 65600", "+number > 65530 AND +number <= 65600"},
        {"number IN (1, 65536, 65537, 69999, 70001, -4, 3.0, 12, 12)",
         "+number IN (1, 65536, 65537, 69999, 3, 12)"},
        {"number IN (4000, 4001, 66000) AND proto = 'tcp'",
         "+number IN (4000, 4001, 66000) AND +proto = 'tcp'"},
        {"number < 1", "+number < 1"},
        {"number BETWEEN 4090 AND 4100 AND resp_p = 443", "+number BETWEEN 4090 AND 4100 AND +resp_p = 443"},
        {"resp_p = 53", "+resp_p = 53"},
        {"resp_p = 53.0", "+resp_p = 53"},
        {"resp_p = '53'", "+resp_p = 53"},
        {"resp_p > 443 AND resp_p < 8080", "+resp_p > 443 AND +resp_p < 8080"},
        {"resp_p IN (22, 23)", "+resp_p = 22 OR +resp_p = 23"},
        {"ts >= (SELECT ts FROM sessions WHERE number = 30000) AND number < 40000",
         "+number >= 30000 AND +number < 40000"},
        {"proto = 'udp'", "+proto = 'udp'"},
        {"proto = 'nonsense'", "0"},
        {"proto = 'UDP' COLLATE NOCASE", "+proto = 'udp'"},
        {"conn_state = 'S0'", "+conn_state = 'S0'"},
        {"conn_state = 'RSTO' AND service = 'ssl'", "+conn_state = 'RSTO' AND +service = 'ssl'"},
        {"end_reason = 'attempt'", "+end_reason = 'attempt'"},
        {"service = 'http' AND orig_bytes > 2000", "+service = 'http' AND +orig_bytes > 2000"},
        {"service = ''", "0"},
        {"service IS NULL", "+conn_state = 'S0'"},
        {"service = 'absent'", "0"},
        {"history = 'ShADadFf'", "+history = 'ShADadFf'"},
        {"orig_bytes >= 9223372036854775807", "+number = 11"},
        {"duration_ns > 1000000000", "+duration_ns > 1000000000"},
        {"resp_h = '10.0.5.53'", "+resp_h = '10.0.5.53'"},
        {"resp_h = '10.0.5.53' AND orig_h = (SELECT orig_h FROM sessions WHERE number = 9)",
         "+resp_h = '10.0.5.53' AND +orig_h = (SELECT orig_h FROM sessions WHERE number = 9)"},
        {"resp_h = '1.2.3.4'", "0"},
        {"resp_h = 'no address'", "0"},
        {"ip = '10.0.5.54'", "+orig_h = '10.0.5.54' OR +resp_h = '10.0.5.54'"},
        {"ip = (SELECT orig_h FROM sessions WHERE number = 77)",
         "+orig_h = (SELECT orig_h FROM sessions WHERE number = 77) OR +resp_h = (SELECT orig_h FROM "
         "sessions WHERE number = 77)"},
        {"ip IN ('10.0.5.53', (SELECT orig_h FROM sessions WHERE resp_h = '10.0.5.53' LIMIT 1))",
         "+resp_h = '10.0.5.53' OR +orig_h = '10.0.5.53' OR +orig_h = (SELECT orig_h FROM sessions WHERE "
         "resp_h = '10.0.5.53' LIMIT "
         "1)"},
        {"ip = '10.0.5.54' AND number IN (3, 9, 66666, 66667, 66668, 66669)",
         "+resp_h = '10.0.5.54' AND +number IN (3, 9, 66666, 66667, 66668, 66669)"},
        {"resp_p = NULL", "0"},
        {"number = NULL", "0"},
        {"vlan = 12 AND inner_vlan IS NULL", "+vlan = 12"},
    };
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        char sql[700];
        uint64_t rows[2], sum[2];
        for (int k = 0; k < 2; k++) {
            snprintf(sql, sizeof sql, "SELECT number FROM sessions WHERE %s ORDER BY number", pair[i][k]);
            sum[k] = answer(f->c, sql, &rows[k]);
        }
        if (rows[0] != rows[1] || sum[0] != sum[1])
            fail_msg("%s: %llu rows, a scan finds %llu", pair[i][0], (unsigned long long)rows[0],
                     (unsigned long long)rows[1]);
    }
}

static void a_filter_in_c_counts_the_same(void **state)
{
    struct fixture *f = *state;
    uint64_t rows, want = 0, bytes = 0;
    for (size_t i = 0; i < N; i++) {
        const struct fb_session *s = &f->all[i].s;
        bool hit = s->resp_p == 443 && s->conn_state == FB_CS_SF && s->resp_bytes > 100000;
        want += hit;
        bytes += hit ? s->resp_ip_bytes : 0;
    }
    assert_true(want > 100);
    uint64_t got = answer(
        f->c,
        "SELECT sum(resp_ip_bytes) FROM sessions WHERE resp_p=443 AND conn_state='SF' AND resp_bytes>100000",
        &rows);
    assert_int_equal(got, bytes);
    assert_int_equal(
        answer(f->c,
               "SELECT count(*) FROM sessions WHERE resp_p=443 AND conn_state='SF' AND resp_bytes>100000",
               &rows),
        want);
    assert_int_equal(answer(f->c, "SELECT count(*) FROM sessions", &rows), N);
}

static void one_session(struct fb_case *c, const char *column, const char *want)
{
    char sql[200];
    struct fb_cell cell;
    struct fb_err err = {0};
    snprintf(sql, sizeof sql, "SELECT %s FROM sessions WHERE number = 11", column);
    struct fb_query *q = prepare(c, sql);
    if (fb_query_step(q, &err) != FB_OK)
        fail_msg("%s: %s", sql, err.msg);
    fb_query_cell(q, 0, &cell);
    if (!want)
        assert_int_equal(cell.type, FB_CELL_NULL);
    else
        assert_true(cell.type == FB_CELL_TEXT && cell.n == strlen(want) && memcmp(cell.p, want, cell.n) == 0);
    fb_query_close(q);
}

static void derived_columns_show_what_the_functions_make(void **state)
{
    struct fixture *f = *state;
    const struct fb_session *s = &f->all[10].s;
    char uid[FB_UID_STRLEN], two[2 * FB_UID_STRLEN], community[FB_COMMUNITY_ID_STRLEN], addr[FB_ADDR_STRLEN];
    fb_session_uid(s, uid);
    one_session(f->c, "uid", uid);
    fb_session_community_id(s, 0, community);
    one_session(f->c, "community_id", community);
    fb_addr_format(&s->orig_h, addr);
    one_session(f->c, "orig_h", addr);
    fb_session_uid(&f->all[4].s, uid);
    snprintf(two, sizeof two, "%s,", uid);
    fb_session_uid(&f->all[6].s, uid);
    snprintf(two + strlen(two), sizeof two - strlen(two), "%s", uid);
    one_session(f->c, "tunnel_parents", two);
    one_session(f->c, "tunnel", NULL);
    one_session(f->c, "resp_l2_addr", "02:00:00:00:00:01");
}

static void packets_come_in_the_order_in_which_the_session_took_them(void **state)
{
    struct fixture *f = *state;
    for (uint64_t number = 50; number <= 51; number++) {
        struct fb_query *q =
            prepare(f->c, "SELECT ordinal, evidence, pkt_no, number FROM packets WHERE number = ?");
        assert_int_equal(fb_query_bind_i64(q, 1, (int64_t)number, NULL), FB_OK);
        const uint64_t want[3] = {3 * number + 1, 3 * number + 3, 3 * number + 2};
        for (int i = 0; i < 3; i++) {
            struct fb_cell cell[4];
            assert_int_equal(fb_query_step(q, NULL), FB_OK);
            for (int k = 0; k < 4; k++)
                fb_query_cell(q, k, &cell[k]);
            assert_int_equal(cell[0].i, want[i]);
            assert_int_equal(cell[1].i, 0);
            assert_int_equal(cell[2].i, want[i] - 3);
            assert_int_equal(cell[3].i, number);
        }
        assert_int_equal(fb_query_step(q, NULL), FB_EOF);
        fb_query_close(q);
    }
    uint64_t rows;
    assert_int_equal(answer(f->c, "SELECT count(*) FROM packets", &rows), 3 * N);
    assert_int_equal(
        answer(f->c, "SELECT count(*) FROM packets WHERE number >= 65530 AND number < 65545", &rows), 45);
    assert_int_equal(answer(f->c,
                            "SELECT count(*) FROM sessions s JOIN packets p USING (number) WHERE s.number IN "
                            "(1, 65537, 69999)",
                            &rows),
                     9);
}

static void refused(struct fb_case *c, const char *sql)
{
    struct fb_query *q = NULL;
    struct fb_err err = {0};
    if (fb_query_prepare(c, sql, &q, &err) == FB_OK)
        fail_msg("%s was not refused", sql);
    assert_int_equal(err.status, FB_ERR_USAGE);
    assert_true(err.msg[0] != '\0');
}

static void statements_can_only_read(void **state)
{
    struct fixture *f = *state;
    refused(f->c, "DELETE FROM chunk");
    refused(f->c, "CREATE TABLE x(a)");
    refused(f->c, "PRAGMA writable_schema=1");
    refused(f->c, "ATTACH '/etc/passwd' AS x");
    refused(f->c, "SELECT 1; SELECT 2");
    refused(f->c, "SELEC 1");
    refused(f->c, "");
    refused(f->c, "BEGIN");
    uint64_t rows;
    assert_int_equal(answer(f->c, "SELECT count(*) FROM evidence", &rows), 2);
}

static void ip_without_a_comparison_is_an_error_not_a_wrong_answer(void **state)
{
    struct fixture *f = *state;
    struct fb_err err = {0};
    struct fb_query *q =
        prepare(f->c, "SELECT count(*) FROM sessions WHERE ip = '10.0.5.53' OR +resp_p = 443");
    enum fb_status st = fb_query_step(q, &err);
    struct fb_cell cell;
    if (st == FB_OK) {
        uint64_t rows;
        fb_query_cell(q, 0, &cell);
        assert_int_equal(
            cell.i, answer(f->c, "SELECT count(*) FROM sessions WHERE +resp_h = '10.0.5.53' OR +resp_p = 443",
                           &rows));
    } else {
        assert_non_null(strstr(err.msg, "either end"));
    }
    fb_query_close(q);
    q = prepare(f->c, "SELECT ip FROM sessions");
    assert_int_equal(fb_query_step(q, &err), FB_ERR_USAGE);
    fb_query_close(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_answer_as_a_scan_does),
        cmocka_unit_test(a_filter_in_c_counts_the_same),
        cmocka_unit_test(derived_columns_show_what_the_functions_make),
        cmocka_unit_test(packets_come_in_the_order_in_which_the_session_took_them),
        cmocka_unit_test(statements_can_only_read),
        cmocka_unit_test(ip_without_a_comparison_is_an_error_not_a_wrong_answer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
