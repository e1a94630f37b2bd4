/* Record tables in SQL: the same rows as the cursor of C code gives, whatever conditions go down to the
 * chunks; columns of sessions that come from layers; tags. */
#include "store/rectab.h"

#include "store/case_impl.h"
#include "store/edit.h"
#include "store/layers.h"
#include "store/query.h"
#include "store/rec_dir.h"
#include "store/session_layers.h"
#include "store/vtab_features.h"
#include "tests/support/store_case.h"
#include "tests/support/store_records.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SESSIONS 70000u
#define FACTS    150000u

static struct fb_err err;
static struct fb_case *c;

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        err = (struct fb_err){0};                                                                            \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

static const struct fb_custody_entry entry = {
    .what = "test", .params_json = "{}", .tool_version = "1", .who = "me", .host = "here", .at_ns = 7};

static void fill(struct fb_case *k, void *ctx)
{
    (void)ctx;
    rec_fill(k, FACTS);
}

static int make(void **state)
{
    (void)state;
    struct gen_session *all = store_make_sessions(SESSIONS, false);
    c = store_write_case_with(NULL, all, SESSIONS, STORE_START_ORDER, 0, fill, NULL);
    free(all);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    fb_case_close(c);
    return 0;
}

static int64_t number_of(const char *sql)
{
    struct fb_query *q;
    struct fb_cell cell;
    CHECK(fb_query_prepare(c, sql, &q, &err));
    CHECK(fb_query_step(q, &err));
    fb_query_cell(q, 0, &cell);
    int64_t i = cell.type == FB_CELL_NULL ? -1 : cell.i;
    fb_query_close(q);
    return i;
}

static void text_is(const char *sql, const char *want)
{
    struct fb_query *q;
    struct fb_cell cell;
    CHECK(fb_query_prepare(c, sql, &q, &err));
    CHECK(fb_query_step(q, &err));
    fb_query_cell(q, 0, &cell);
    if (!want) {
        assert_int_equal(cell.type, FB_CELL_NULL);
    } else {
        assert_int_equal(cell.type, FB_CELL_TEXT);
        if (cell.n != strlen(want) || memcmp(cell.p, want, cell.n) != 0)
            fail_msg("%s: %.*s instead of %s", sql, (int)cell.n, (const char *)cell.p, want);
    }
    fb_query_close(q);
}

static void every_cell_shows_as_what_it_is(void **state)
{
    (void)state;
    assert_int_equal(number_of("SELECT count(*) FROM looked"), FACTS);
    /* Row 4: ordinal 8, a time, an IPv4 address, four bytes. */
    text_is("SELECT host FROM looked WHERE ordinal = 8", "10.0.0.4");
    text_is("SELECT name FROM looked WHERE ordinal = 8", "h4.\\xff.example");
    text_is("SELECT items FROM looked WHERE ordinal = 6", "[\"h\",\"h2\"]");
    text_is("SELECT items FROM looked WHERE ordinal = 4", "[]");
    text_is("SELECT items FROM looked WHERE ordinal = 7", NULL);
    text_is("SELECT host FROM looked WHERE ordinal = 7", "2001:db8::3");
    text_is("SELECT host FROM looked WHERE ordinal = 4", NULL);
    text_is("SELECT hex(raw) FROM looked WHERE ordinal = 8", "04000000");
    assert_int_equal(number_of("SELECT kind FROM looked WHERE ordinal = 8"), -46);
    assert_int_equal(number_of("SELECT until FROM looked WHERE ordinal = 8"), 1700000000000004000);
    assert_int_equal(number_of("SELECT ts FROM looked WHERE ordinal = 8"), 1700000000000002000);
    assert_int_equal(number_of("SELECT number FROM looked WHERE ordinal = 8"), 2);
    assert_int_equal(number_of("SELECT number FROM looked WHERE ordinal = 4"), -1); /* no session: NULL */
    assert_int_equal(number_of("SELECT run FROM looked LIMIT 1"), 0);
    assert_int_equal(number_of("SELECT count(DISTINCT rowid) FROM looked"), FACTS);
}

/* A condition that goes down finds what SQLite finds when it looks at every row. */
static void conditions_that_go_down_change_nothing(void **state)
{
    (void)state;
    static const char *const where[][2] = {
        {"number = 777", "+number = 777"},
        {"number > 49000 AND number <= 49100", "+number > 49000 AND +number <= 49100"},
        {"number < 5", "+number < 5"},
        {"number >= 9223372036854775807", "+number >= 9223372036854775807"},
        {"number > 9223372036854775807", "0"},
        {"number < -9223372036854775807", "0"},
        {"number > 100.5 AND number < 120", "+number > 100.5 AND +number < 120"},
        {"number = NULL", "0"},
        {"number = 0", "0"},
        {"number IN (5, 7, 9)", "+number IN (5, 7, 9)"},
        {"number IS NULL", "+number IS NULL"},
        {"ts BETWEEN 1700000000030000000 AND 1700000000030100000",
         "+ts BETWEEN 1700000000030000000 AND 1700000000030100000"},
        {"ts < 1700000000000001000", "+ts < 1700000000000001000"},
        {"ordinal > 149990", "+ordinal > 149990"},
        {"ordinal = 5 OR ordinal = 80000", "+ordinal = 5 OR +ordinal = 80000"},
        {"host = '10.0.0.4'", "+host = '10.0.0.4'"},
        {"host = '2001:db8::3'", "+host = '2001:db8::3'"},
        {"host = 'no address'", "+host = 'no address'"},
        {"name = 'h4.\\xff.example'", "+name = 'h4.\\xff.example'"},
        {"name = 'nobody'", "0"},
        {"name = 'H4.\\XFF.EXAMPLE' COLLATE NOCASE", "+name = 'H4.\\XFF.EXAMPLE' COLLATE NOCASE"},
        {"kind = -46 AND number < 1000", "+kind = -46 AND +number < 1000"},
        {"run = 0 AND number < 50", "+number < 50"},
        {"run = 3", "0"},
    };
    for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
        char sql[2][300];
        for (size_t k = 0; k < 2; k++)
            snprintf(sql[k], sizeof sql[k], "SELECT count(*) + sum(ordinal) FROM looked WHERE %s",
                     where[i][k]);
        if (number_of(sql[0]) != number_of(sql[1]))
            fail_msg("%s finds something else than %s", where[i][0], where[i][1]);
    }
}

static void records_join_with_sessions(void **state)
{
    (void)state;
    assert_int_equal(number_of("SELECT count(*) FROM sessions s JOIN looked l ON l.number = s.number WHERE "
                               "s.number BETWEEN 10 AND 500"),
                     number_of("SELECT count(*) FROM looked WHERE number BETWEEN 10 AND 500"));
    assert_int_equal(
        number_of("SELECT count(*) FROM looked l JOIN sessions s USING(number) WHERE l.ordinal < "
                  "3000"),
        number_of("SELECT count(*) FROM looked WHERE ordinal < 3000 AND number IS NOT NULL"));
}

/* ---- layers of sessions ---- */

static const struct fb_rec_col names_cols[] = {{"resp_domain", FB_REC_TEXT},
                                               {"resp_domain_source", FB_REC_TEXT}};
static const struct fb_rec_col score_cols[] = {{"score", FB_REC_INT}, {"anomaly", FB_REC_TEXT}};
static const struct fb_rec_col verdict_cols[] = {{"blacklist", FB_REC_LIST}, {"conformance", FB_REC_TEXT}};
static const struct fb_rec_def names_def = {"names", 32, FB_REC_SESSIONS, 2, names_cols};
static const struct fb_rec_def score_def = {"score", 33, FB_REC_SESSIONS, 2, score_cols};
static const struct fb_rec_def verdict_def = {"list_verdict", 34, FB_REC_SESSIONS, 2, verdict_cols};

static void put(struct fb_rec_writer *w, uint64_t number, struct fb_buf *row)
{
    struct fb_rec_at at = {.number = number};
    CHECK(fb_rec_write(w, &at, (struct fb_span){row->data, row->len}, &err));
    fb_buf_clear(row);
}

static int64_t add_layers(const char *domain)
{
    struct fb_edit *e;
    struct fb_rec_writer *w;
    struct fb_buf row, items;
    int64_t run;
    fb_buf_init(&row, 1000);
    fb_buf_init(&items, 1000);
    CHECK(fb_edit_open_for(c, &e, &err));
    CHECK(fb_edit_layer(e, "names", &entry, NULL, &run, &err));
    CHECK(fb_edit_record_open(e, &names_def, run, &w, &err));
    for (uint64_t i = 2; i < SESSIONS; i += 2) {
        fb_rec_text(&row, domain);
        fb_rec_text(&row, "dns");
        put(w, i, &row);
    }
    CHECK(fb_rec_writer_finish(w, NULL, NULL, &err));
    fb_rec_writer_free(w);
    CHECK(fb_edit_record_open(e, &score_def, run, &w, &err));
    fb_rec_int(&row, 990000);
    fb_rec_text(&row, "abnormal");
    put(w, 4, &row);
    CHECK(fb_rec_writer_finish(w, NULL, NULL, &err));
    fb_rec_writer_free(w);
    CHECK(fb_edit_record_open(e, &verdict_def, run, &w, &err));
    fb_rec_item(&items, "worms", 5);
    fb_rec_item(&items, "ads,bad", 7);
    fb_rec_list(&row, &items);
    fb_rec_text(&row, "nonconforming");
    put(w, 4, &row);
    CHECK(fb_rec_writer_finish(w, NULL, NULL, &err));
    fb_rec_writer_free(w);
    struct fb_target t = {"session", "C1", 4};
    CHECK(fb_edit_tag(e, run, &t, "blue", true, &err));
    CHECK(fb_edit_tag(e, run, &t, "anomaly:abnormal", true, &err));
    CHECK(fb_edit_commit(e, &entry, &err));
    fb_edit_close(e);
    fb_buf_release(&row);
    fb_buf_release(&items);
    return run;
}

static void sessions_show_their_newest_layers(void **state)
{
    (void)state;
    text_is("SELECT resp_domain FROM sessions WHERE number = 4", NULL);
    int64_t first = add_layers("old.example");
    add_layers("new.example");
    text_is("SELECT resp_domain FROM sessions WHERE number = 4", "new.example");
    text_is("SELECT resp_domain_source FROM sessions WHERE number = 4", "dns");
    text_is("SELECT orig_domain FROM sessions WHERE number = 4", NULL);
    text_is("SELECT resp_domain FROM sessions WHERE number = 5", NULL);
    assert_int_equal(number_of("SELECT score FROM sessions WHERE anomaly = 'abnormal'"), 990000);
    text_is("SELECT conformance FROM sessions WHERE number = 4", "nonconforming");
    text_is("SELECT blacklist FROM sessions WHERE number = 4", "[\"worms\",\"ads,bad\"]");
    text_is("SELECT tags FROM sessions WHERE number = 4",
            "anomaly:abnormal,blacklist:ads bad,blacklist:worms,blue");
    text_is("SELECT tags FROM sessions WHERE number = 6", NULL);
    assert_int_equal(number_of("SELECT count(*) FROM sessions WHERE resp_domain = 'new.example'"),
                     SESSIONS / 2 - 1);
    assert_int_equal(number_of("SELECT count(*) FROM names WHERE run = 1"), 0);
    char sql[100], run[24];
    snprintf(sql, sizeof sql, "SELECT resp_domain FROM names WHERE run = %lld LIMIT 1", (long long)first);
    text_is(sql, "old.example");
    snprintf(run, sizeof run, "%lld", (long long)first);
    CHECK(fb_layers_as_of(c, run, &err));
    text_is("SELECT resp_domain FROM sessions WHERE number = 4", "old.example");
    text_is("SELECT resp_domain FROM names WHERE number = 4", "old.example");
    CHECK(fb_layers_as_of(c, "0", &err));
    text_is("SELECT resp_domain FROM sessions WHERE number = 4", NULL);
    text_is("SELECT tags FROM sessions WHERE number = 4", NULL);
    CHECK(fb_layers_as_of(c, "999", &err));
    CHECK(fb_case_check(c, &err));
}

static void layers_are_the_same_for_c(void **state)
{
    (void)state;
    struct fb_session_layers *l;
    struct fb_rec_cell cell;
    enum fb_rec_type type;
    const char *tags;
    CHECK(fb_session_layers_open(c, &l, &err));
    for (uint64_t number = 1; number <= SESSIONS; number += 333) {
        CHECK(fb_session_layers_cell(l, number, 0, &cell, &type, &err));
        assert_int_equal(cell.null, number % 2 == 1 || number >= SESSIONS);
        if (!cell.null)
            assert_memory_equal(cell.s.p, "new.example", cell.s.n);
    }
    CHECK(fb_session_layers_tags(l, 4, &tags, &err));
    assert_string_equal(tags, "anomaly:abnormal,blacklist:ads bad,blacklist:worms,blue");
    CHECK(fb_session_layers_tags(l, 5, &tags, &err));
    assert_null(tags);
    fb_session_layers_close(l);
}

/* ---- tables that the program knows ---- */

static void every_known_definition_is_one_of_its_own(void **state)
{
    (void)state;
    const struct fb_rec_def *a, *b;
    for (size_t i = 0; (a = fb_rec_known(i)) != NULL; i++) {
        struct fb_rec_table t = {0};
        struct fb_buf cols, again;
        fb_buf_init(&cols, 4096);
        fb_buf_init(&again, 4096);
        assert_true(a->id > 0 && a->ncols > 0 && a->ncols <= FB_REC_COLS_MAX);
        assert_true(fb_rec_name_good(a->name, strlen(a->name)) && !fb_rec_name_taken(a->name));
        assert_true(fb_rec_cols_write(a, &cols));
        assert_true(fb_rec_cols_read(fb_buf_cstr(&cols), &t)); /* no column twice, none with a taken name */
        assert_true(fb_rec_cols_write(&t.def, &again));
        assert_string_equal(fb_buf_cstr(&cols), fb_buf_cstr(&again));
        for (size_t k = 0; k < i; k++) {
            b = fb_rec_known(k);
            assert_true(b->id < a->id && strcmp(a->name, b->name) != 0);
        }
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", a->name);
        if (a->order != FB_REC_SESSIONS) /* of layers this case has some */
            assert_int_equal(number_of(sql), 0);
        fb_buf_release(&cols);
        fb_buf_release(&again);
    }
}

static void features_are_those_of_the_sessions(void **state)
{
    (void)state;
    struct fb_case *k;
    struct gen_session *all = store_make_sessions(500, false);
    fb_case_set_features(&fb_model_feature_source);
    struct fb_case *before = c;
    c = k = store_write_case(NULL, all, 500, STORE_START_ORDER, 0);
    assert_int_equal(number_of("SELECT count(*) FROM features"), 500);
    assert_int_equal(number_of("SELECT count(*) FROM features WHERE number BETWEEN 5 AND 9"), 5);
    assert_int_equal(number_of("SELECT count(*) FROM features WHERE number = 501 OR number = 0"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM features WHERE number < 2.5"), 2);
    for (uint64_t number = 1; number <= 500; number += 61) {
        int64_t v[FB_FEATURE_SOURCE_MAX];
        fb_model_feature_source.compute(&all[number - 1].s, v);
        for (size_t i = 0; i < fb_model_feature_source.n; i++) {
            char sql[120];
            snprintf(sql, sizeof sql, "SELECT %s FROM features WHERE number = %llu",
                     fb_model_feature_source.name(i), (unsigned long long)number);
            assert_int_equal(number_of(sql), v[i]);
        }
    }
    c = before;
    fb_case_close(k);
    fb_case_set_features(NULL);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_shows_as_what_it_is),
        cmocka_unit_test(conditions_that_go_down_change_nothing),
        cmocka_unit_test(records_join_with_sessions),
        cmocka_unit_test(sessions_show_their_newest_layers),
        cmocka_unit_test(layers_are_the_same_for_c),
        cmocka_unit_test(every_known_definition_is_one_of_its_own),
        cmocka_unit_test(features_are_those_of_the_sessions),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
