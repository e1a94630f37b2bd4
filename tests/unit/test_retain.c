/* Retention over several chunks: what goes, what stays, and that nobody can pretend it. */
#include "store/case_impl.h"
#include "store/query.h"
#include "store/retain.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#define ROWS (2 * FB_CHUNK_ROWS + 1000)

static const struct fb_custody_entry entry = {.what = "retain", .who = "somebody", .at_ns = 1};

static int64_t end_of(const struct fb_session *s)
{
    return s->ts_ns + (s->duration_ns > 0 ? s->duration_ns : 0);
}

static void alter(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static enum fb_status check(const char *path, struct fb_err *err)
{
    struct fb_case *c = NULL;
    enum fb_status st = fb_case_open(path, &c, err);
    if (st == FB_OK)
        st = fb_case_check(c, err);
    fb_case_close(c);
    return st;
}

struct walk {
    const struct gen_session *all;
    int64_t cutoff;
    uint64_t next, seen;
};

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct walk *w = ctx;
    while (end_of(&w->all[w->next - 1].s) < w->cutoff)
        w->next++;
    assert_int_equal(s->number, w->next);
    const char *field = gen_differs(s, &w->all[w->next - 1].s);
    if (field)
        fail_msg("session %llu: %s", (unsigned long long)s->number, field);
    w->next++;
    w->seen++;
    return FB_OK;
}

static int64_t count(struct fb_case *c, const char *sql)
{
    struct fb_query *q;
    struct fb_cell cell;
    struct fb_err err = {0};
    if (fb_query_prepare(c, sql, &q, &err) != FB_OK || fb_query_step(q, &err) != FB_OK)
        fail_msg("%s", err.msg);
    fb_query_cell(q, 0, &cell);
    fb_query_close(q);
    return cell.i;
}

/* Everything that reads sees exactly the sessions that ended at `cutoff` or later. */
static void sees_the_rest(const char *path, const struct gen_session *all, int64_t cutoff)
{
    struct fb_case *c = NULL;
    struct fb_case_info info;
    struct fb_err err = {0};
    struct walk w = {all, cutoff, 1, 0};
    uint64_t stays = 0;
    for (uint64_t i = 0; i < ROWS; i++)
        stays += end_of(&all[i].s) >= cutoff;
    if (check(path, &err) != FB_OK || fb_case_open(path, &c, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(fb_case_info(c, &info, &err), FB_OK);
    assert_true(info.complete && info.sessions == stays && info.sessions_removed == ROWS - stays);
    assert_int_equal(fb_case_each_session(c, on_session, &w, &err), FB_OK);
    assert_int_equal(w.seen, stays);
    assert_int_equal(count(c, "SELECT count(*) FROM sessions"), stays);
    assert_int_equal(count(c, "SELECT sessions FROM rollup('all')"), stays);
    assert_int_equal(count(c, "SELECT sum(sessions) FROM rollup('service')"), stays);
    assert_int_equal(count(c, "SELECT sum(sessions) FROM timeline(60)"), stays);
    assert_int_equal(count(c, "SELECT sum(sessions) FROM pairs(1000000)"), stays);
    assert_int_equal(count(c, "SELECT count(*) FROM packets"), 3 * stays);
    assert_int_equal(count(c, "SELECT count(DISTINCT number) FROM packets"), stays);
    assert_int_equal(count(c, "SELECT count(*) FROM sessions WHERE number IN (1, 2, 3)"), 0);
    fb_case_close(c);
}

static struct gen_session *write_case(char path[static 256], struct fb_digest *digest)
{
    struct gen_session *all = store_make_sessions(ROWS, false);
    struct fb_case_info info;
    store_temp_path(path);
    struct fb_case *c = store_write_case(path, all, ROWS, STORE_START_ORDER, 0);
    assert_int_equal(fb_case_info(c, &info, NULL), FB_OK);
    *digest = info.case_digest;
    fb_case_close(c);
    return all;
}

static void old_sessions_go_and_the_digests_hold(void **state)
{
    (void)state;
    char path[256];
    struct fb_digest want;
    struct fb_retain_report dry, report;
    struct fb_err err = {0};
    struct stat before, after;
    struct gen_session *all = write_case(path, &want);
    assert_int_equal(stat(path, &before), 0);
    /* In the second chunk; then in the same one again; then in the third. */
    const uint64_t at[] = {FB_CHUNK_ROWS + 20000, FB_CHUNK_ROWS + 50000, 2 * FB_CHUNK_ROWS + 500};
    for (size_t i = 0; i < 3; i++) {
        int64_t cutoff = all[at[i]].s.ts_ns;
        assert_int_equal(fb_case_retain(path, cutoff, true, NULL, &dry, &err), FB_OK);
        if (fb_case_retain(path, cutoff, false, &entry, &report, &err) != FB_OK)
            fail_msg("%s", err.msg);
        assert_true(report.sessions > 0 && report.sessions == dry.sessions && report.packets == dry.packets &&
                    report.packets == 3 * report.sessions && report.last_ts_ns < cutoff);
        assert_memory_equal(&report.digest, &dry.digest, sizeof dry.digest);
        assert_true(report.chunks_partial >= 1);
        sees_the_rest(path, all, cutoff);
    }
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_size < before.st_size / 2);
    struct fb_case *c;
    struct fb_case_info info;
    assert_int_equal(fb_case_open(path, &c, &err), FB_OK);
    assert_int_equal(fb_case_info(c, &info, &err), FB_OK);
    assert_memory_equal(&info.case_digest, &want, sizeof want);
    assert_int_equal(fb_custody_check(c, NULL, NULL, &err), FB_OK);
    fb_case_close(c);
    store_remove(path);
    free(all);
}

static void altered_records_of_removal_do_not_verify(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE purge SET logical_hash = zeroblob(32) WHERE kind = 0",
        "UPDATE purge SET logical_hash = zeroblob(32) WHERE kind = 1",
        "UPDATE purge SET removed = removed - 1 WHERE kind = 0",
        "UPDATE purge SET gone = zeroblob(length(gone)) WHERE gone IS NOT NULL",
        "UPDATE purge SET gone = NULL, removed = nrows WHERE gone IS NOT NULL",
        "UPDATE purge SET gone = x'ff' WHERE gone IS NOT NULL",
        "UPDATE purge SET nrows = 1000000000 WHERE kind = 0",
        "UPDATE purge SET first_number = 5 WHERE kind = 0",
        "UPDATE purge SET cid = cid + 1 WHERE kind = 0",
        "DELETE FROM purge WHERE kind = 0 AND gone IS NULL",
        "DELETE FROM purge WHERE kind = 1",
        "DELETE FROM retention",
        "UPDATE retention SET sessions = sessions + 1",
        "DELETE FROM chunk WHERE kind = 0 AND cid IN (SELECT cid FROM purge)",
    };
    char path[256];
    struct fb_digest digest;
    struct fb_retain_report report;
    struct fb_err err = {0};
    struct gen_session *all = write_case(path, &digest);
    assert_int_equal(fb_case_retain(path, all[FB_CHUNK_ROWS + 60000].s.ts_ns, false, &entry, &report, &err),
                     FB_OK);
    char copy[300];
    snprintf(copy, sizeof copy, "%s-journal.copy", path);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char sql[512];
        snprintf(sql, sizeof sql, "VACUUM INTO '%s'", copy);
        alter(path, sql);
        alter(copy, changes[i]);
        if (check(copy, &err) != FB_ERR_VERIFY)
            fail_msg("%s: status %d, %s", changes[i], err.status, err.msg);
        remove(copy);
    }
    assert_int_equal(check(path, &err), FB_OK);
    store_remove(path);
    free(all);
}

static void sealed_and_unfinished_cases_are_left_alone(void **state)
{
    (void)state;
    char path[256];
    struct fb_retain_report report;
    struct fb_err err = {0};
    struct gen_session *all = store_make_sessions(20, false);
    store_temp_path(path);
    fb_case_close(store_write_case(path, all, 20, STORE_START_ORDER, 0));
    alter(path, "INSERT INTO case_info(key, value) VALUES('sealed', 1)");
    assert_int_equal(fb_case_retain(path, INT64_MAX, false, &entry, &report, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "sealed"));
    alter(path, "UPDATE case_info SET key = 'other' WHERE key IN ('sealed', 'complete')");
    assert_int_equal(fb_case_retain(path, INT64_MAX, false, &entry, &report, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "incomplete"));
    struct fb_case *c;
    assert_int_equal(fb_case_open(path, &c, &err), FB_OK);
    assert_int_equal(count(c, "SELECT count(*) FROM sessions"), 20);
    fb_case_close(c);
    store_remove(path);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_sessions_go_and_the_digests_hold),
        cmocka_unit_test(altered_records_of_removal_do_not_verify),
        cmocka_unit_test(sealed_and_unfinished_cases_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
