/* The custody log: what a run leaves in it, and that no field of a record can change unnoticed. */
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/custody.h"
#include "store/schema.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct fb_digest zeros;
static const struct fb_custody_entry entry = {"act", "{\"a\":1}", "1.0", "{\"compiler\":\"x\"}", "me", "here",
                                              "{}",  "{\"b\":2}", 7};

static sqlite3 *log_of(unsigned n)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(fb_schema_create(db, &fb_schema_case, NULL), FB_OK);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(fb_chain_append(db, &zeros, &entry, NULL, NULL), FB_OK);
    return db;
}

static enum fb_status check(sqlite3 *db, struct fb_err *err)
{
    return fb_chain_walk(db, &zeros, "custody record", true, NULL, NULL, NULL, NULL, err);
}

static void an_untouched_log_holds(void **state)
{
    (void)state;
    struct fb_digest head, last;
    uint64_t n = 0;
    sqlite3 *db = log_of(4);
    assert_int_equal(fb_chain_append(db, &zeros, &entry, &last, NULL), FB_OK);
    assert_int_equal(fb_chain_walk(db, &zeros, "custody record", true, NULL, NULL, &head, &n, NULL), FB_OK);
    assert_int_equal(n, 5);
    assert_memory_equal(&head, &last, sizeof head);
    sqlite3_close(db);
}

static void each_field_that_changes_breaks_the_log_and_its_record_is_named(void **state)
{
    (void)state;
    static const char *const change[] = {"what='acu'",   "params='{}'",
                                         "tool='1.1'",   "build='{}'",
                                         "at=8",         "who='you'",
                                         "host='there'", "inputs='{ }'",
                                         "outputs='{}'", "prev=zeroblob(32)",
                                         "prev=x'00'",   "hash=zeroblob(32)",
                                         "hash=x'00'",   "who=cast(who as blob)",
                                         "seq=9"};
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        char sql[128];
        struct fb_err err = {0};
        sqlite3 *db = log_of(5);
        snprintf(sql, sizeof sql, "UPDATE custody SET %s WHERE seq=3", change[i]);
        assert_int_equal(fb_db_exec(db, sql, &err), FB_OK);
        assert_int_equal(check(db, &err), FB_ERR_VERIFY);
        if (!strstr(err.msg, "custody record 3 "))
            fail_msg("%s: %s", change[i], err.msg);
        sqlite3_close(db);
    }
}

static void a_record_that_is_gone_or_exchanged_is_named(void **state)
{
    (void)state;
    struct fb_err err = {0};
    sqlite3 *db = log_of(5);
    assert_int_equal(fb_db_exec(db, "DELETE FROM custody WHERE seq=2", &err), FB_OK);
    assert_int_equal(check(db, &err), FB_ERR_VERIFY);
    assert_non_null(strstr(err.msg, "custody record 2 is missing"));
    sqlite3_close(db);
    db = log_of(5);
    assert_int_equal(
        fb_db_exec(db, "DELETE FROM custody WHERE seq=2; UPDATE custody SET seq=seq-1 WHERE seq>2", &err),
        FB_OK);
    assert_int_equal(check(db, &err), FB_ERR_VERIFY);
    assert_non_null(strstr(err.msg, "custody record 2 "));
    sqlite3_close(db);
}

static void the_log_of_a_sidecar_starts_from_the_head_of_its_case(void **state)
{
    (void)state;
    struct fb_digest start = {{1}};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(fb_schema_create(db, &fb_schema_sidecar, NULL), FB_OK);
    assert_int_equal(fb_chain_append(db, &start, &entry, NULL, NULL), FB_OK);
    assert_int_equal(fb_chain_walk(db, &start, "sidecar record", true, NULL, NULL, NULL, NULL, NULL), FB_OK);
    struct fb_err err = {0};
    assert_int_equal(check(db, &err), FB_ERR_VERIFY);
    assert_non_null(strstr(err.msg, "record 1 does not follow"));
    sqlite3_close(db);
}

struct seen {
    unsigned n;
    char what[2][32], outputs[2][512], inputs[2][512];
};

static enum fb_status see(void *ctx, const struct fb_custody_record *r)
{
    struct seen *s = ctx;
    if (s->n < 2) {
        snprintf(s->what[s->n], sizeof s->what[0], "%s", r->e.what);
        snprintf(s->outputs[s->n], sizeof s->outputs[0], "%s", r->e.outputs_json);
        snprintf(s->inputs[s->n], sizeof s->inputs[0], "%s", r->e.inputs_json);
        assert_string_equal(r->e.who, "me");
    }
    s->n++;
    return FB_OK;
}

static void a_run_leaves_a_record_at_its_start_and_one_with_the_digests_at_its_end(void **state)
{
    (void)state;
    const struct fb_case_run run = {"0.0", "{}", "{}"};
    struct fb_case *c, *plain = store_write_case(NULL, NULL, 0, STORE_START_ORDER, 0);
    struct fb_case_info with, without;
    struct fb_custody_entry e = {.what = "ingest", .who = "me"};
    assert_int_equal(fb_case_create(NULL, &c, NULL), FB_OK);
    assert_int_equal(fb_custody_begin(c, &e, NULL), FB_ERR_USAGE);
    assert_int_equal(fb_case_begin(c, &run, NULL), FB_OK);
    assert_int_equal(fb_custody_begin(c, &e, NULL), FB_OK);
    struct fb_evidence ev = {.path = (char *)(uintptr_t) "a\"b.pcap", .size_bytes = 24};
    assert_int_equal(fb_case_add_evidence(c, &ev, NULL), FB_OK);
    assert_int_equal(fb_case_finish(c, NULL), FB_OK);
    struct seen s = {0};
    assert_int_equal(fb_custody_each(c, see, &s, NULL), FB_OK);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.what[0], "ingest-start");
    assert_string_equal(s.what[1], "ingest-finish");
    assert_non_null(strstr(s.inputs[1], "{\"evidence\":[{\"path\":\"a\\\"b.pcap\",\"sha256\":\"0000"));
    assert_int_equal(fb_case_info(c, &with, NULL), FB_OK);
    assert_int_equal(fb_case_info(plain, &without, NULL), FB_OK);
    assert_memory_equal(&with.case_digest, &without.case_digest, sizeof with.case_digest);
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(with.case_digest.b, FB_DIGEST_LEN, hex);
    assert_non_null(strstr(s.outputs[1], hex));
    uint64_t n = 0;
    assert_int_equal(fb_custody_check(c, NULL, &n, NULL), FB_OK);
    assert_int_equal(n, 2);
    fb_case_close(c);
    fb_case_close(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_log_holds),
        cmocka_unit_test(each_field_that_changes_breaks_the_log_and_its_record_is_named),
        cmocka_unit_test(a_record_that_is_gone_or_exchanged_is_named),
        cmocka_unit_test(the_log_of_a_sidecar_starts_from_the_head_of_its_case),
        cmocka_unit_test(a_run_leaves_a_record_at_its_start_and_one_with_the_digests_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
