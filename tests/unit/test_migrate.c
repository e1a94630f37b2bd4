/* Cases of older versions: a version 0 that exists only here, with the counters in a table of another name.
 */
#include "store/case.h"
#include "store/db.h"
#include "store/migrate.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void alter(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_version_0(char path[static 256], char to[static 300])
{
    struct gen_session *all = store_make_sessions(100, false);
    store_temp_path(path);
    fb_case_close(store_write_case(path, all, 100, STORE_START_ORDER, 0));
    free(all);
    alter(path, "CREATE TABLE tally(name TEXT, value INTEGER); INSERT INTO tally SELECT name, value FROM "
                "counter ORDER BY id; DROP TABLE counter; PRAGMA user_version = 0");
    snprintf(to, 300, "%s.new", path);
}

static enum fb_status from_0(sqlite3 *db, struct fb_err *err)
{
    return fb_db_exec(
        db,
        "CREATE TABLE counter(id INTEGER PRIMARY KEY, name TEXT NOT NULL, value INTEGER NOT "
        "NULL); INSERT INTO counter(name, value) SELECT name, value FROM tally; DROP TABLE tally",
        err);
}

static enum fb_status forgets_a_chunk(sqlite3 *db, struct fb_err *err)
{
    FB_TRY(from_0(db, err));
    return fb_db_exec(db, "DELETE FROM chunk WHERE kind = 1", err);
}

static enum fb_status fails(sqlite3 *db, struct fb_err *err)
{
    FB_TRY(fb_db_exec(db, "DROP TABLE tally", err));
    return fb_err_set(err, FB_ERR_IO, "the disk is full");
}

static enum fb_status nothing(sqlite3 *db, struct fb_err *err)
{
    return fb_db_exec(db, "SELECT 1", err);
}

static const struct fb_custody_entry entry = {.what = "migrate", .who = "somebody", .at_ns = 1};

static void no_file(const char *path)
{
    assert_int_not_equal(access(path, F_OK), 0);
}

static void an_older_case_is_migrated_on_a_copy(void **state)
{
    (void)state;
    static const struct fb_migrate_step steps[] = {
        {0, "counters have an order", from_0}, {1, "nothing", nothing}, {2, "nothing", nothing}};
    char path[256], to[300];
    struct fb_err err = {0};
    struct stat before, after;
    int version = -1;
    write_version_0(path, to);
    assert_int_equal(stat(path, &before), 0);
    struct fb_case *c;
    assert_int_equal(fb_case_open(path, &c, &err), FB_ERR_INPUT);
    if (fb_case_migrate_by(path, to, steps, 3, &entry, &version, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(version, 0);
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_size == after.st_size);
    assert_int_equal(fb_case_open(path, &c, &err), FB_ERR_INPUT);
    const char *name;
    uint64_t value;
    assert_int_equal(fb_case_open(to, &c, &err), FB_OK);
    assert_int_equal(fb_case_counter(c, 0, &name, &value, &err), FB_OK);
    assert_string_equal(name, "non_ip_pkts");
    assert_int_equal(fb_case_check(c, &err), FB_OK);
    fb_case_close(c);
    /* Not over what exists. */
    assert_int_equal(fb_case_migrate_by(path, to, steps, 3, &entry, NULL, &err), FB_ERR_USAGE);
    assert_int_equal(fb_case_open(to, &c, &err), FB_OK);
    fb_case_close(c);
    unlink(to);
    store_remove(path);
}

static void a_step_that_fails_or_loses_something_leaves_no_file(void **state)
{
    (void)state;
    static const struct fb_migrate_step bad[] = {{0, "fails", fails},
                                                 {1, "nothing", nothing},
                                                 {2, "nothing", nothing}},
                                        lossy[] = {{0, "loses", forgets_a_chunk},
                                                   {1, "nothing", nothing},
                                                   {2, "nothing", nothing}};
    char path[256], to[300];
    struct fb_err err = {0};
    write_version_0(path, to);
    assert_int_equal(fb_case_migrate_by(path, to, bad, 3, &entry, NULL, &err), FB_ERR_IO);
    assert_non_null(strstr(err.msg, "from version 0 to 1"));
    no_file(to);
    assert_int_equal(fb_case_migrate_by(path, to, lossy, 3, &entry, NULL, &err), FB_ERR_VERIFY);
    no_file(to);
    store_remove(path);
}

/* What version 1 wrote: no custody, no layers, and the comments of captures in `note`. */
static void a_case_of_version_1_becomes_one_of_this_version(void **state)
{
    (void)state;
    static const char *const newer[] = {
        "custody",   "layer", "manifest", "note",         "purge",      "retention",    "seal",
        "signature", "tag",   "verdict",  "record_chunk", "record_grp", "record_purge", "record_table"};
    char path[256], to[300], sql[64];
    struct fb_err err = {0};
    struct fb_case *c;
    struct fb_case_info info;
    struct gen_session *all = store_make_sessions(100, false);
    store_temp_path(path);
    snprintf(to, sizeof to, "%s.new", path);
    fb_case_close(store_write_case(path, all, 100, STORE_START_ORDER, 0));
    free(all);
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
        snprintf(sql, sizeof sql, "DROP TABLE %s", newer[i]);
        alter(path, sql);
    }
    alter(path, "CREATE TABLE note(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL, byte_off INTEGER NOT "
                "NULL, pkt_no INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL); INSERT INTO note "
                "VALUES(1, 0, 28, 3, 'comment', 'seen here'); DELETE FROM case_info WHERE "
                "key='records_digest'; DROP TABLE evidence_note; PRAGMA "
                "user_version = 1");
    assert_int_equal(fb_case_open(path, &c, &err), FB_ERR_INPUT);
    int version = 0;
    if (fb_case_migrate(path, to, &entry, &version, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(version, 1);
    assert_int_equal(fb_case_open(to, &c, &err), FB_OK);
    assert_int_equal(fb_case_info(c, &info, &err), FB_OK);
    assert_true(info.complete && info.sessions == 100);
    struct fb_evidence e;
    assert_int_equal(fb_case_evidence(c, 0, &e, &err), FB_OK);
    assert_int_equal(e.nnotes, 1);
    assert_string_equal(e.notes[0].text, "seen here");
    fb_evidence_release(&e);
    uint64_t records = 0;
    assert_int_equal(fb_custody_check(c, NULL, &records, &err), FB_OK);
    assert_int_equal(records, 1);
    fb_case_close(c);
    unlink(to);
    store_remove(path);
}

/* What version 2 wrote: no record tables; this one says that it is sealed. */
static void a_sealed_case_of_version_2_becomes_an_open_one_of_this_version(void **state)
{
    (void)state;
    char path[256], to[300];
    struct fb_err err = {0};
    struct fb_case *c;
    struct fb_case_info info;
    struct gen_session *all = store_make_sessions(100, false);
    store_temp_path(path);
    snprintf(to, sizeof to, "%s.new", path);
    fb_case_close(store_write_case(path, all, 100, STORE_START_ORDER, 0));
    free(all);
    alter(path, "DROP TABLE record_chunk; DROP TABLE record_grp; DROP TABLE record_purge; DROP TABLE "
                "record_table; DELETE FROM case_info WHERE key='records_digest'; INSERT INTO case_info(key, "
                "value) VALUES('sealed', 1), ('title', 'x'), ('examiner', 'y'); INSERT INTO manifest(body) "
                "VALUES('{}'); INSERT INTO seal(z) VALUES(zeroblob(128)); PRAGMA user_version = 2");
    assert_int_equal(fb_case_open(path, &c, &err), FB_ERR_INPUT);
    int version = 0;
    if (fb_case_migrate(path, to, &entry, &version, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(version, 2);
    assert_int_equal(fb_case_open(to, &c, &err), FB_OK);
    assert_int_equal(fb_case_info(c, &info, &err), FB_OK);
    assert_true(info.complete && !info.sealed && info.sessions == 100);
    assert_int_equal(fb_case_check(c, &err), FB_OK);
    fb_case_close(c);
    unlink(to);
    store_remove(path);
}

static void versions_without_a_way_are_refused(void **state)
{
    (void)state;
    char path[256], to[300];
    struct fb_err err = {0};
    write_version_0(path, to);
    assert_int_equal(fb_case_migrate(path, to, &entry, NULL, &err), FB_ERR_INPUT);
    assert_non_null(strstr(err.msg, "never used"));
    alter(path, "PRAGMA user_version = -3");
    assert_int_equal(fb_case_migrate(path, to, &entry, NULL, &err), FB_ERR_INPUT);
    alter(path, "PRAGMA user_version = 3");
    assert_int_equal(fb_case_migrate(path, to, &entry, NULL, &err), FB_ERR_USAGE);
    alter(path, "PRAGMA user_version = 4");
    assert_int_equal(fb_case_migrate(path, to, &entry, NULL, &err), FB_ERR_NEWER);
    alter(path, "PRAGMA application_id = 7");
    assert_int_equal(fb_case_migrate(path, to, &entry, NULL, &err), FB_ERR_INPUT);
    no_file(to);
    store_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_case_is_migrated_on_a_copy),
        cmocka_unit_test(a_step_that_fails_or_loses_something_leaves_no_file),
        cmocka_unit_test(a_case_of_version_1_becomes_one_of_this_version),
        cmocka_unit_test(a_sealed_case_of_version_2_becomes_an_open_one_of_this_version),
        cmocka_unit_test(versions_without_a_way_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
