/* Reading ahead, and texts of layers that become lists: both change how fast an answer comes, never which. */
#include "intel/names_def.h"
#include "store/ahead.h"
#include "store/edit.h"
#include "store/layer_match.h"
#include "store/query.h"
#include "store/rectab.h"
#include "store/session_layers.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define N 200000u /* four chunks */

struct fixture {
    char path[256];
    struct fb_case *ahead, *alone; /* the same file */
};

static void must(enum fb_status st, const struct fb_err *err)
{
    if (st != FB_OK)
        fail_msg("%s", err->msg);
}

/* Odd bytes, empty texts, letters of both cases, wildcards as they are. */
static void put_name(uint64_t i, struct fb_buf *row)
{
    static const char *const odd[] = {"",          "WWW.Example.COM", "a%b.example.com",  "x\xff.example.com",
                                      "\xc3\xa9x", "example.com",     "y.example.com\xe9"};
    char text[64];
    const char *name = odd[i / 3 % 7];
    if (i % 3 == 0) {
        snprintf(text, sizeof text, "h%llu.%s", (unsigned long long)(i % 977),
                 i % 2 ? "cdn.example.com" : "site.example");
        name = text;
    }
    fb_buf_clear(row);
    for (size_t k = 0; k < FB_NAMES_NCOLS; k++)
        if (k == FB_NAMES_RESP_DOMAIN && i % 11)
            fb_rec_text(row, name);
        else
            fb_rec_null(row);
}

static void add_names(const char *path)
{
    static const struct fb_custody_entry entry = {
        .what = "names", .params_json = "{}", .tool_version = "1", .who = "me", .host = "here", .at_ns = 7};
    struct fb_err err = {0};
    struct fb_edit *e;
    struct fb_rec_writer *w;
    struct fb_buf row;
    int64_t run;
    fb_buf_init(&row, 4096);
    must(fb_edit_open(path, &e, &err), &err);
    must(fb_edit_layer(e, fb_names_def.name, &entry, NULL, &run, &err), &err);
    must(fb_edit_record_open(e, &fb_names_def, run, &w, &err), &err);
    for (uint64_t i = 1; i <= N; i += 1 + i % 2) {
        struct fb_rec_at at = {.number = i};
        put_name(i, &row);
        must(fb_rec_write(w, &at, (struct fb_span){row.data, row.len}, &err), &err);
    }
    must(fb_rec_writer_finish(w, NULL, NULL, &err), &err);
    fb_rec_writer_free(w);
    must(fb_edit_commit(e, &entry, &err), &err);
    fb_edit_close(e);
    fb_buf_release(&row);
}

static struct fb_case *open_case(const char *path)
{
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    must(fb_case_open(path, &c, &err), &err);
    return c;
}

static int set_up(void **state)
{
    static struct fixture f;
    struct gen_session *all = store_make_sessions(N, false);
    store_temp_path(f.path);
    fb_case_close(store_write_case(f.path, all, N, STORE_START_ORDER, 0));
    free(all);
    add_names(f.path);
    f.ahead = open_case(f.path);
    f.alone = open_case(f.path);
    assert_true(f.ahead->shareable);
    f.alone->shareable = false;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    fb_case_close(f->ahead);
    fb_case_close(f->alone);
    store_remove(f->path);
    return 0;
}

/* A digest over all cells in their order; the error, when there is one, stands in `err`. */
static struct fb_digest answer(struct fb_case *c, const char *sql, uint64_t *rows, struct fb_err *err)
{
    struct fb_query *q;
    struct fb_digest_state d;
    struct fb_digest out;
    enum fb_status st;
    fb_digest_init(&d, "test");
    *err = (struct fb_err){0};
    *rows = 0;
    must(fb_query_prepare(c, sql, &q, err), err);
    for (; (st = fb_query_step(q, err)) == FB_OK; ++*rows)
        for (int i = 0; i < fb_query_ncols(q); i++) {
            struct fb_cell cell;
            fb_query_cell(q, i, &cell);
            fb_digest_update(&d, &cell.type, sizeof cell.type);
            if (cell.type == FB_CELL_INT)
                fb_digest_update(&d, &cell.i, sizeof cell.i);
            else if (cell.type == FB_CELL_TEXT)
                fb_digest_update(&d, cell.p, cell.n);
        }
    fb_digest_final(&d, &out);
    fb_query_close(q);
    return out;
}

static void forget(struct fb_case *c)
{
    struct fb_err err = {0};
    fb_case_forget(c);
    must(fb_case_refresh(c, &err), &err);
}

static void a_scan_that_reads_ahead_answers_as_one_that_does_not(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {
        "SELECT * FROM sessions",
        "SELECT number, uid, orig_l2_addr, orig_ip_bytes, evidence_pkts FROM sessions",
        "SELECT count(*), sum(orig_bytes), max(duration_ns), min(ts) FROM sessions",
        "SELECT * FROM sessions WHERE ip = '10.0.5.53'",
        "SELECT number, resp_h FROM sessions WHERE ip IN ('10.0.5.53', '10.0.5.54', '192.0.2.1')",
        "SELECT * FROM sessions WHERE number IN (5, 65536, 65537, 70000, 131072, 131073, 199999, 300000)",
        "SELECT * FROM sessions WHERE service = 'http' AND orig_bytes BETWEEN 600 AND 700",
        "SELECT number, ts FROM sessions WHERE duration_ns > -5 AND resp_p < 100 AND number > 60000",
        "SELECT number FROM sessions WHERE orig_bytes >= 0 AND resp_bytes <= 9223372036854775807",
        "SELECT number FROM sessions WHERE duration_ns < 0 OR orig_bytes < 0",
        "SELECT number, orig_h FROM sessions LIMIT 70000",
        ("SELECT a.number, b.number FROM sessions a JOIN sessions b ON b.number = a.number + 65536 "
         "WHERE a.conn_state = 'RSTO' AND a.orig_bytes % 50 = 0"),
        "SELECT number, resp_domain FROM sessions WHERE resp_domain LIKE '%.cdn.example.com'",
    };
    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
        struct fb_err err;
        uint64_t n, m;
        forget(f->ahead);
        struct fb_digest a = answer(f->ahead, sql[i], &n, &err);
        must(err.status, &err);
        forget(f->alone);
        struct fb_digest b = answer(f->alone, sql[i], &m, &err);
        must(err.status, &err);
        if (n != m || memcmp(a.b, b.b, sizeof a.b) != 0)
            fail_msg("%s: %llu rows, %llu alone", sql[i], (unsigned long long)n, (unsigned long long)m);
        /* And once more with chunks that are held. */
        struct fb_digest again = answer(f->ahead, sql[i], &m, &err);
        assert_memory_equal(a.b, again.b, sizeof a.b);
    }
}

static void chunks_come_decoded_and_each_from_one_side(void **state)
{
    struct fixture *f = *state;
    struct fb_scan s;
    forget(f->ahead);
    fb_scan_init(&s, f->ahead);
    s.cols[0] = FB_COL_ORIG_BYTES;
    s.ncols = 1;
    struct fb_ahead *a = fb_ahead_start(&s, 0);
    assert_non_null(a);
    assert_int_equal(fb_ahead_settle(a), 3);
    for (uint64_t w = 1; w < 4; w++) {
        struct fb_chunk *k = fb_ahead_take(a, w);
        assert_non_null(k);
        assert_int_equal(fb_chunk_cid(k) >> 20, w);
        assert_non_null(fb_chunk_page(k, FB_COL_ORIG_BYTES, 0));
        assert_null(fb_chunk_page(k, FB_COL_RESP_BYTES, 0));
        fb_chunk_close(k);
        assert_null(fb_ahead_take(a, w));
    }
    fb_ahead_stop(a);
    /* What the case holds is not read again; what is not taken goes with the rest. */
    struct fb_held_chunk *h;
    struct fb_err err = {0};
    must(fb_case_take_chunk(f->ahead, &f->ahead->sessions.m[2], &h, &err), &err);
    a = fb_ahead_start(&s, 0);
    assert_int_equal(fb_ahead_settle(a), 2);
    assert_null(fb_ahead_take(a, 2));
    struct fb_chunk *last = fb_ahead_take(a, 3);
    assert_non_null(last);
    fb_chunk_close(last);
    fb_ahead_stop(a);
    fb_case_let_chunk(f->ahead, h);
    fb_scan_release(&s);
}

static void a_case_that_was_replaced_is_not_read_ahead(void **state)
{
    struct fixture *f = *state;
    struct fb_scan s;
    forget(f->ahead);
    fb_scan_init(&s, f->ahead);
    f->ahead->file_ino++;
    struct fb_ahead *a = fb_ahead_start(&s, 0);
    assert_int_equal(fb_ahead_settle(a), 0);
    fb_ahead_stop(a);
    f->ahead->file_ino--;
    fb_scan_release(&s);
}

/* Overwrites some bytes in the blob of a group; length and row stay. */
static void damage(const char *path, uint64_t window, unsigned group)
{
    sqlite3 *db;
    sqlite3_blob *blob;
    uint8_t junk[64];
    memset(junk, 0xa5, sizeof junk);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_int64 k = (sqlite3_int64)(FB_CID(window, FB_KIND_SESSIONS, 0) * 16 + group);
    assert_int_equal(sqlite3_blob_open(db, "main", "chunk_grp", "z", k, 1, &blob), SQLITE_OK);
    int n = sqlite3_blob_bytes(blob);
    assert_int_equal(sqlite3_blob_write(blob, junk, sizeof junk, n - 1000), SQLITE_OK);
    sqlite3_blob_close(blob);
    sqlite3_close(db);
}

static void damage_is_met_in_the_same_words(void **state)
{
    struct fixture *f = *state;
    static const char sql[] = "SELECT number, orig_bytes, resp_bytes, orig_pkts, resp_pkts, missed_bytes, "
                              "orig_ip_bytes, resp_ip_bytes FROM sessions";
    struct fb_err one, two;
    uint64_t n, m;
    damage(f->path, 2, 3);
    struct fb_case *ahead = open_case(f->path), *alone = open_case(f->path);
    alone->shareable = false;
    (void)answer(ahead, sql, &n, &one);
    (void)answer(alone, sql, &m, &two);
    fb_case_close(ahead);
    fb_case_close(alone);
    assert_int_not_equal(two.status, FB_OK);
    assert_int_equal(one.status, two.status);
    assert_string_equal(one.msg, two.msg);
    assert_int_equal(n, m);
}

static void a_text_of_a_layer_finds_what_a_look_at_every_row_finds(void **state)
{
    struct fixture *f = *state;
    static const char *const cond[] = {
        " = 'example.com'",
        " = ''",
        " = 'nobody'",
        " = 'x\\xff.example.com'",
        " LIKE '%.cdn.example.com'",
        " LIKE '%.EXAMPLE.com'",
        " LIKE '%.example.com%'",
        " LIKE '_xample.com'",
        " LIKE '%'",
        " LIKE ''",
        " LIKE '%\\xff.example.com'",
        " LIKE '%\xc3\xa9x'",
        " LIKE '%com\\xe9'",
        " LIKE 'a\\%b%' ESCAPE '\\'",
        " LIKE 5",
        " LIKE NULL",
        " GLOB '*.Example.COM'",
        " GLOB 'h[0-9].cdn*'",
        " = 'EXAMPLE.com' COLLATE NOCASE",
        " IN ('example.com', 'y')",
        " LIKE '%.cdn.example.com' AND number IN (9, 27, 39, 81, 70005, 199995)",
    };
    for (size_t i = 0; i < sizeof cond / sizeof *cond; i++) {
        char fast[400], slow[400];
        struct fb_err err;
        uint64_t n, m;
        snprintf(fast, sizeof fast, "SELECT number, resp_domain FROM sessions WHERE resp_domain%s", cond[i]);
        snprintf(slow, sizeof slow, "SELECT number, resp_domain FROM sessions WHERE +resp_domain%s", cond[i]);
        struct fb_digest a = answer(f->ahead, fast, &n, &err);
        must(err.status, &err);
        struct fb_digest b = answer(f->ahead, slow, &m, &err);
        must(err.status, &err);
        if (n != m || memcmp(a.b, b.b, sizeof a.b) != 0)
            fail_msg("%s: %llu rows, not %llu", fast, (unsigned long long)n, (unsigned long long)m);
    }
}

static void a_text_of_a_layer_becomes_a_list(void **state)
{
    struct fixture *f = *state;
    uint64_t *list = NULL;
    size_t n = 0;
    assert_true(
        fb_layer_match(f->ahead, FB_LAYER_RESP_DOMAIN, FB_MATCH_LIKE, "h0.cdn.example.com", &list, &n));
    assert_true(n > 10 && n < 200);
    for (size_t i = 1; i < n; i++)
        assert_true(list[i - 1] < list[i]);
    free(list);
    /* No such layer: no session. A number: not for lists. */
    assert_true(fb_layer_match(f->ahead, FB_LAYER_BLACKLIST, FB_MATCH_EQUAL, "x", &list, &n));
    assert_int_equal(n, 0);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_that_reads_ahead_answers_as_one_that_does_not),
        cmocka_unit_test(chunks_come_decoded_and_each_from_one_side),
        cmocka_unit_test(a_case_that_was_replaced_is_not_read_ahead),
        cmocka_unit_test(a_text_of_a_layer_finds_what_a_look_at_every_row_finds),
        cmocka_unit_test(a_text_of_a_layer_becomes_a_list),
        cmocka_unit_test(damage_is_met_in_the_same_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
