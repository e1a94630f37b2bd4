/* Record tables in cases that change: merged ones, and those from which retention took sessions. */
#include "store/join_int.h"
#include "store/rec_dir.h"
#include "store/retain.h"
#include "tests/support/store_case.h"
#include "tests/support/store_records.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S 1000000000LL

static struct fb_err err;

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        err = (struct fb_err){0};                                                                            \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

/* ---- merging ---- */

static const struct fb_rec_col cols[] = {{"what", FB_REC_TEXT}, {"n", FB_REC_INT}};
static const struct fb_rec_def heard = {"heard", 910, FB_REC_EVENTS, 2, cols};
static const struct fb_rec_col other_cols[] = {{"what", FB_REC_TEXT}};
static const struct fb_rec_def heard_otherwise = {"heard", 910, FB_REC_EVENTS, 1, other_cols};

/* A session of each given second, with an event half a second later and one of no session after that. */
static void put_session(struct fb_case *c, const struct fb_rec_def *def, uint64_t number, int64_t second)
{
    struct fb_session_sink sink = fb_case_sink(c);
    struct fb_session s = {.number = number,
                           .ts_ns = second * S,
                           .proto = 2,
                           .ip_proto = 17,
                           .orig_p = (uint16_t)second,
                           .service = "",
                           .history = "D",
                           .tunnel = "",
                           .vlan = FB_VLAN_NONE,
                           .inner_vlan = FB_VLAN_NONE,
                           .orig_pkts = 1,
                           .syn_synack_ns = -1,
                           .synack_ack_ns = -1,
                           .first_ordinal = 2 * number - 1,
                           .evidence_pkts = 2};
    uint8_t step = (uint8_t)fb_zigzag(1);
    struct fb_packet_run piece = {number, 2 * number - 1, 2, &step, 1};
    assert_int_equal(sink.packets(sink.ctx, &piece), FB_OK);
    assert_int_equal(sink.session(sink.ctx, &s), FB_OK);
    for (unsigned k = 0; k < 2; k++) {
        char text[40];
        struct fb_buf row;
        fb_buf_init(&row, 200);
        snprintf(text, sizeof text, "%u of %lld", k, (long long)second);
        fb_rec_text(&row, text);
        if (def->ncols > 1)
            fb_rec_int(&row, second);
        struct fb_observed o = {
            def, k ? 0 : number, 2 * number - 1 + k, second * S + (k + 1) * S / 3, {row.data, row.len}};
        assert_int_equal(sink.observed(sink.ctx, &o), FB_OK);
        fb_buf_release(&row);
    }
}

static struct fb_case *make(uint8_t id, const struct fb_rec_def *def, const int64_t *seconds, uint64_t n)
{
    static const struct fb_case_run run = {"1", "{\"after\":null,\"before\":null,\"filter\":null}", "{}"};
    struct fb_case *c;
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    for (uint64_t i = 0; i < n; i++)
        put_session(c, def, i + 1, seconds[i]);
    struct fb_evidence e = {.path = (char *)(uintptr_t) "x.pcap",
                            .size_bytes = 100,
                            .sha256 = {id},
                            .pkts = 2 * n,
                            .first_ts_ns = seconds[0] * S,
                            .last_ts_ns = seconds[n - 1] * S + S};
    CHECK(fb_case_add_evidence(c, &e, &err));
    CHECK(fb_case_add_timeline_run(c, 0, 1, 1, 2 * n, &err));
    CHECK(fb_case_finish(c, &err));
    return c;
}

static enum fb_status merge(struct fb_case **in, size_t n, struct fb_case **out)
{
    static const char *const names[] = {"a", "b", "c"};
    static const struct fb_case_run run = {"1", "", "{}"};
    struct fb_join_report report;
    return fb_case_merge(in, names, n, NULL, &run, NULL, out, &report, &err);
}

static struct fb_digest records_of(struct fb_case *c)
{
    struct fb_case_info info;
    CHECK(fb_case_info(c, &info, &err));
    return info.records_digest;
}

/* Parts with the times of `a` and `b` make the tables of a case with all of them. */
static void parts_make_the_whole(const int64_t *a, uint64_t na, const int64_t *b, uint64_t nb)
{
    int64_t all[64];
    uint64_t n = 0;
    for (uint64_t i = 0, k = 0; i < na || k < nb;)
        all[n++] = k == nb || (i < na && a[i] < b[k]) ? a[i++] : b[k++];
    struct fb_case *in[2] = {make(1, &heard, a, na), make(2, &heard, b, nb)},
                   *whole = make(3, &heard, all, n);
    struct fb_case *merged = NULL;
    CHECK(merge(in, 2, &merged));
    struct fb_digest x = records_of(merged), y = records_of(whole);
    assert_memory_equal(x.b, y.b, FB_DIGEST_LEN);
    CHECK(fb_case_check(merged, &err));
    /* The packet of each row is one that the merged case has. */
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    struct fb_packet_ref ref;
    uint64_t rows = 0;
    CHECK(fb_rec_open(merged, &heard, FB_REC_NEWEST, &cur, &err));
    while (fb_rec_next(cur, &row, &err) == FB_OK) {
        struct fb_session s;
        CHECK(fb_timeline_find(merged, row.at.ordinal, &ref, &err));
        if (row.at.number) {
            CHECK(fb_case_session(merged, row.at.number, &s, &err));
            assert_int_equal(s.orig_p, row.cells[1].i);
            assert_int_equal(s.first_ordinal, row.at.ordinal);
        }
        rows++;
    }
    assert_int_equal(rows, 2 * n);
    fb_rec_close(cur);
    fb_case_close(in[0]);
    fb_case_close(in[1]);
    fb_case_close(whole);
    fb_case_close(merged);
}

static void merged_parts_have_the_tables_of_the_whole(void **state)
{
    (void)state;
    static const int64_t first[] = {1, 2, 3, 4, 5}, later[] = {10, 11, 12};
    static const int64_t odd[] = {1, 3, 5, 7, 9, 30}, even[] = {2, 4, 6, 8, 20, 40};
    parts_make_the_whole(first, 5, later, 3);
    parts_make_the_whole(odd, 6, even, 6);
}

static void evidence_that_two_cases_share_gives_its_rows_once(void **state)
{
    (void)state;
    static const int64_t a[] = {1, 2, 3};
    struct fb_case *in[2] = {make(1, &heard, a, 3), make(1, &heard, a, 3)}, *merged = NULL;
    CHECK(merge(in, 2, &merged));
    struct fb_digest x = records_of(merged), y = records_of(in[0]);
    assert_memory_equal(x.b, y.b, FB_DIGEST_LEN);
    for (size_t i = 0; i < 2; i++)
        fb_case_close(in[i]);
    fb_case_close(merged);
}

static void tables_of_different_versions_are_not_merged(void **state)
{
    (void)state;
    static const int64_t a[] = {1, 2, 3}, b[] = {7, 8};
    struct fb_case *in[2] = {make(1, &heard, a, 3), make(2, &heard_otherwise, b, 2)}, *merged = NULL;
    assert_int_equal(merge(in, 2, &merged), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "columns"));
    for (size_t i = 0; i < 2; i++)
        fb_case_close(in[i]);
}

/* ---- retention ---- */

static const struct fb_custody_entry entry = {
    .what = "retain", .params_json = "{}", .tool_version = "1", .who = "me", .host = "here", .at_ns = 7};

#define SESSIONS 70000u
#define FACTS    140000u

static void fill(struct fb_case *c, void *ctx)
{
    (void)ctx;
    rec_fill(c, FACTS);
}

/* Rows left of a table, each of a session that is there, or of none and not too old. */
static uint64_t rows_left(struct fb_case *c, const struct fb_rec_def *def, int64_t cutoff)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    uint64_t n = 0;
    CHECK(fb_rec_open(c, def, FB_REC_NEWEST, &cur, &err));
    while (fb_rec_next(cur, &row, &err) == FB_OK) {
        if (row.at.number)
            assert_false(fb_gone_number(&c->gone, row.at.number));
        else
            assert_true(row.at.ts_ns >= cutoff);
        n++;
    }
    assert_int_equal(err.status, FB_OK);
    fb_rec_close(cur);
    return n;
}

static void rows_of_sessions_that_go_are_removed(void **state)
{
    (void)state;
    char path[256];
    store_temp_path(path);
    struct gen_session *all = store_make_sessions(SESSIONS, false);
    struct fb_case *c = store_write_case_with(path, all, SESSIONS, STORE_START_ORDER, 0, fill, NULL);
    struct fb_case_info before, after;
    CHECK(fb_case_info(c, &before, &err));
    before.tool_version = NULL;
    fb_case_close(c);
    rec_layer(NULL, path, &rec_sessions, SESSIONS / 3, 1, NULL);
    struct fb_retain_report dry, done;
    for (unsigned round = 1; round <= 3; round++) {
        int64_t cutoff = all[round * SESSIONS / 4].s.ts_ns;
        CHECK(fb_case_retain(path, cutoff, true, NULL, &dry, &err));
        CHECK(fb_case_retain(path, cutoff, false, &entry, &done, &err));
        assert_true(done.sessions > 0 && done.records > 0);
        assert_int_equal(dry.records, done.records);
        CHECK(fb_case_open(path, &c, &err));
        CHECK(fb_case_check(c, &err));
        CHECK(fb_case_info(c, &after, &err));
        assert_memory_equal(before.records_digest.b, after.records_digest.b, FB_DIGEST_LEN);
        uint64_t facts = rows_left(c, &rec_events, cutoff), layer = rows_left(c, &rec_sessions, cutoff);
        assert_true(facts < FACTS && layer < SESSIONS / 3);
        struct fb_rec_info t;
        CHECK(fb_case_record_table(c, 0, &t, &err));
        assert_int_equal(t.nrows, FACTS);
        fb_case_close(c);
    }
    /* All of it. */
    CHECK(fb_case_retain(path, INT64_MAX, false, &entry, &done, &err));
    CHECK(fb_case_open(path, &c, &err));
    CHECK(fb_case_check(c, &err));
    assert_int_equal(rows_left(c, &rec_sessions, INT64_MAX), 0);
    fb_case_close(c);
    free(all);
    store_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_parts_have_the_tables_of_the_whole),
        cmocka_unit_test(evidence_that_two_cases_share_gives_its_rows_once),
        cmocka_unit_test(tables_of_different_versions_are_not_merged),
        cmocka_unit_test(rows_of_sessions_that_go_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
