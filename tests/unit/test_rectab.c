/* Record tables: what is written comes back, in order and by session; layers, newest and older; ingests that
 * go on; bytes that were altered. */
#include "store/rectab.h"

#include "store/case_impl.h"
#include "store/layers.h"
#include "store/query.h"
#include "store/rec_dir.h"
#include "store/seal.h"
#include "store/sidecar.h"
#include "store/verify.h"
#include "tests/support/store_case.h"
#include "tests/support/store_records.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define SESSIONS 300u

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        err = (struct fb_err){0};                                                                            \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

static struct fb_err err;

static void fill(struct fb_case *c, void *ctx)
{
    rec_fill(c, *(const uint64_t *)ctx);
}

static struct fb_case *case_with(const char *path, uint64_t facts)
{
    struct gen_session *all = store_make_sessions(SESSIONS, false);
    struct fb_case *c = store_write_case_with(path, all, SESSIONS, STORE_START_ORDER, 0, fill, &facts);
    free(all);
    return c;
}

/* Reads all of a table; returns the number of rows. */
static uint64_t read_all(struct fb_case *c, const struct fb_rec_def *def, int64_t run, unsigned salt)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    struct fb_err e = {0};
    enum fb_status st;
    uint64_t n = 0;
    CHECK(fb_rec_open(c, def, run, &cur, &err));
    while ((st = fb_rec_next(cur, &row, &e)) == FB_OK) {
        const char *what = rec_differs(def, n, salt, &row);
        if (what)
            fail_msg("row %llu of %s has another %s", (unsigned long long)n, def->name, what);
        n++;
    }
    if (st != FB_EOF)
        fail_msg("%s", e.msg);
    fb_rec_close(cur);
    return n;
}

static void facts_come_back_in_order_over_several_chunks(void **state)
{
    (void)state;
    struct fb_case *c = case_with(NULL, 150000);
    struct fb_rec_info t;
    assert_int_equal(read_all(c, &rec_events, FB_REC_NEWEST, 0), 150000);
    CHECK(fb_case_record_table(c, 0, &t, &err));
    assert_string_equal(t.name, "looked");
    assert_string_equal(t.cols_text, "kind int,until time,host addr,name text,raw blob,items list");
    assert_int_equal(t.nrows, 150000);
    assert_int_equal(t.run_id, 0);
    assert_true(t.finished);
    assert_int_equal(fb_case_record_table(c, 1, &t, NULL), FB_EOF);
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
}

static void the_rows_of_a_session_are_found(void **state)
{
    (void)state;
    const uint64_t n = 200000;
    struct fb_case *c = case_with(NULL, n);
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    CHECK(fb_rec_open(c, &rec_events, FB_REC_NEWEST, &cur, &err));
    for (uint64_t number = 1; number < n / 3 + 5; number += 997) {
        fb_rec_seek(cur, number);
        for (uint64_t i = 3 * (number - 1); i < 3 * number && i < n; i++) {
            if (i % 11 == 0)
                continue;
            CHECK(fb_rec_next(cur, &row, &err));
            assert_null(rec_differs(&rec_events, i, 0, &row));
        }
        assert_int_equal(fb_rec_next(cur, &row, NULL), FB_EOF);
    }
    fb_rec_seek(cur, 0);
    for (uint64_t i = 0; i < n; i += 11) {
        CHECK(fb_rec_next(cur, &row, &err));
        assert_null(rec_differs(&rec_events, i, 0, &row));
    }
    assert_int_equal(fb_rec_next(cur, &row, NULL), FB_EOF);
    fb_rec_rewind(cur);
    CHECK(fb_rec_next(cur, &row, &err));
    assert_null(rec_differs(&rec_events, 0, 0, &row));
    fb_rec_close(cur);
    fb_case_close(c);
}

static void a_sparse_layer_is_found_by_number(void **state)
{
    (void)state;
    const uint64_t n = 60000; /* numbers up to 180,000: three windows */
    struct fb_case *c = case_with(NULL, 0);
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    rec_layer(c, NULL, &rec_sessions, n, 1, NULL);
    assert_int_equal(read_all(c, &rec_sessions, FB_REC_NEWEST, 1), n);
    CHECK(fb_rec_open(c, &rec_sessions, FB_REC_NEWEST, &cur, &err));
    for (uint64_t number = 1; number < 3 * n + 10; number += 501) {
        fb_rec_seek(cur, number);
        bool there = number % 3 == 1 && number <= 3 * n;
        assert_int_equal(fb_rec_next(cur, &row, NULL), there ? FB_OK : FB_EOF);
        if (there)
            assert_null(rec_differs(&rec_sessions, number / 3, 1, &row));
    }
    fb_rec_close(cur);
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
}

static void a_table_that_is_not_there_is_empty(void **state)
{
    (void)state;
    struct fb_case *c = case_with(NULL, 0);
    assert_int_equal(read_all(c, &rec_events, FB_REC_NEWEST, 0), 0);
    assert_int_equal(read_all(c, &rec_rows, 77, 0), 0);
    fb_case_close(c);
}

static void the_newest_layer_counts_and_older_ones_can_be_asked_for(void **state)
{
    (void)state;
    char path[256];
    store_temp_path(path);
    struct fb_case *c = case_with(path, 10);
    struct fb_digest first, second, again;
    int64_t a = rec_layer(c, NULL, &rec_sessions, 100, 1, &first);
    int64_t b = rec_layer(c, NULL, &rec_sessions, 90, 2, &second);
    assert_true(b > a);
    assert_memory_not_equal(first.b, second.b, FB_DIGEST_LEN);
    assert_int_equal(read_all(c, &rec_sessions, FB_REC_NEWEST, 2), 90);
    assert_int_equal(read_all(c, &rec_sessions, a, 1), 100);
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)a);
    CHECK(fb_layers_as_of(c, text, &err));
    assert_int_equal(read_all(c, &rec_sessions, FB_REC_NEWEST, 1), 100);
    CHECK(fb_layers_as_of(c, "0", &err));
    assert_int_equal(read_all(c, &rec_sessions, FB_REC_NEWEST, 1), 0);
    assert_int_equal(read_all(c, &rec_events, FB_REC_NEWEST, 0), 10);
    fb_case_close(c);
    rec_layer(NULL, path, &rec_sessions, 100, 1, &again);
    assert_memory_equal(first.b, again.b, FB_DIGEST_LEN);
    CHECK(fb_case_open(path, &c, &err));
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
    store_remove(path);
}

static void ignore(void *ctx, const char *name, enum fb_check_state state, const char *text)
{
    (void)ctx, (void)name, (void)state, (void)text;
}

static enum fb_status verify(const char *path, struct fb_err *e)
{
    struct fb_verify_opts o = {0};
    return fb_verify(path, &o, ignore, NULL, e);
}

static void layers_of_a_sealed_case_go_to_the_sidecar(void **state)
{
    (void)state;
    static const struct fb_custody_entry entry = {
        .what = "seal", .params_json = "{}", .tool_version = "1", .who = "me", .host = "here", .at_ns = 7};
    static const uint8_t seed[32] = {7};
    char path[256];
    store_temp_path(path);
    fb_case_close(case_with(path, 1000));
    rec_layer(NULL, path, &rec_sessions, 100, 1, NULL);
    struct fb_sign_key key = {0};
    const struct fb_sign_key *keys[1] = {&key};
    assert_true(sodium_init() >= 0);
    snprintf(key.id.name, sizeof key.id.name, "a");
    crypto_sign_seed_keypair(key.id.pub, key.sec, seed);
    struct fb_seal_opts o = {.key = keys, .nkeys = 1, .entry = &entry};
    CHECK(fb_seal(path, &o, &err));
    rec_layer(NULL, path, &rec_sessions, 70000, 2, NULL);
    struct fb_case *c;
    CHECK(fb_case_open(path, &c, &err));
    assert_int_equal(read_all(c, &rec_sessions, FB_REC_NEWEST, 2), 70000);
    assert_int_equal(read_all(c, &rec_events, FB_REC_NEWEST, 0), 1000);
    CHECK(fb_layers_as_of(c, "2", &err));
    assert_int_equal(read_all(c, &rec_sessions, FB_REC_NEWEST, 1), 100);
    fb_case_close(c);
    CHECK(verify(path, &err));
    /* A table of the sidecar that was altered is noticed. */
    char *side = fb_sidecar_path(path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(side, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE record_grp SET z=zeroblob(length(z)) WHERE k=(SELECT max(k) "
                                  "FROM record_grp)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(verify(path, NULL), FB_ERR_VERIFY);
    unlink(side);
    free(side);
    store_remove(path);
}

/* ---- ingests that go on ---- */

static const struct fb_case_run run = {"0.0", "{\"a\":1}", "{}"};

static void send_sessions(struct fb_case *c, const struct gen_session *all, uint64_t n)
{
    struct fb_session_sink sink = fb_case_sink(c);
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(sink.session(sink.ctx, &all[i].s), FB_OK);
}

static void an_ingest_that_goes_on_ends_with_the_same_tables(void **state)
{
    (void)state;
    char path[256];
    struct fb_case *c;
    struct fb_case_info want, got;
    struct gen_session *all = store_make_sessions(70000, false);
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    send_sessions(c, all, 70000);
    rec_fill(c, 140000);
    CHECK(fb_case_finish(c, &err));
    CHECK(fb_case_info(c, &want, &err));
    fb_case_close(c);

    store_temp_path(path);
    CHECK(fb_case_create(path, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    send_sessions(c, all, 66000);
    rec_fill(c, 90000); /* one chunk is in the file, the rest is not */
    fb_case_close(c);
    CHECK(fb_case_open(path, &c, &err));
    assert_int_equal(read_all(c, &rec_events, FB_REC_NEWEST, 0), 65536);
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
    CHECK(fb_case_resume(path, &run, &c, &err));
    send_sessions(c, all, 70000);
    rec_fill(c, 140000);
    CHECK(fb_case_finish(c, &err));
    CHECK(fb_case_info(c, &got, &err));
    assert_memory_equal(&want.records_digest, &got.records_digest, sizeof want.records_digest);
    assert_memory_equal(&want.case_digest, &got.case_digest, sizeof want.case_digest);
    assert_int_equal(read_all(c, &rec_events, FB_REC_NEWEST, 0), 140000);
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
    store_remove(path);
    free(all);
}

/* ---- what is refused ---- */

static void rows_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct fb_case *c;
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    struct fb_buf row;
    fb_buf_init(&row, 1u << 20);
    fb_rec_text(&row, "x");
    struct fb_observed o = {&rec_rows, 0, 0, 0, {row.data, row.len - 1}};
    assert_int_equal(fb_case_put_record(c, &o, &err), FB_ERR_USAGE); /* cut */
    fb_buf_clear(&row);
    fb_buf_put_varint(&row, FB_REC_BYTES_MAX + 1);
    for (unsigned i = 0; i < FB_REC_BYTES_MAX; i++)
        fb_buf_putc(&row, 'x');
    o.row = (struct fb_span){row.data, row.len};
    assert_int_equal(fb_case_put_record(c, &o, &err), FB_ERR_LIMIT);
    fb_buf_clear(&row);
    fb_rec_text(&row, "x");
    fb_rec_int(&row, 1);
    o = (struct fb_observed){&rec_sessions, 5, 0, 0, {row.data, row.len}};
    assert_int_equal(fb_case_put_record(c, &o, &err), FB_OK);
    assert_int_equal(fb_case_put_record(c, &o, &err), FB_ERR_USAGE); /* number 5 again */
    fb_buf_release(&row);
    fb_case_close(c);
}

static void long_rows_make_more_chunks(void **state)
{
    (void)state;
    struct fb_case *c;
    char text[40000];
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    for (unsigned i = 0; i < 1000; i++) {
        struct fb_buf row;
        fb_buf_init(&row, 1u << 16);
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = (char)((k * (i + 1)) >> 3);
        fb_rec_bytes(&row, text, sizeof text);
        struct fb_observed o = {&rec_rows, 0, 0, 0, {row.data, row.len}};
        CHECK(fb_case_put_record(c, &o, &err));
        fb_buf_release(&row);
    }
    CHECK(fb_case_finish(c, &err));
    CHECK(fb_case_refresh(c, &err));
    assert_int_equal(c->rec.kase.n, 1);
    assert_int_equal(c->rec.kase.t[0]->n, 5); /* 209 rows of 40,003 bytes stay below 8 MiB */
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
}

/* ---- damage ---- */

static struct fb_buf blob[FB_REC_GROUPS];

static enum fb_status from_memory(void *ctx, uint64_t rid, unsigned group, uint8_t **p, size_t *n,
                                  struct fb_err *e)
{
    (void)ctx, (void)rid;
    *n = blob[group].len;
    *p = malloc(*n + 1);
    if (!*p)
        return fb_err_nomem(e, "a blob");
    if (*n)
        memcpy(*p, blob[group].data, *n);
    return FB_OK;
}

/* Reads everything; whatever happens is a sentence. Returns the digest over the rows. */
static enum fb_status read_chunk(struct fb_zip *zip, const struct fb_rec_meta *m, struct fb_digest *out)
{
    struct fb_rec_chunk *k = fb_rec_chunk_open(zip, &rec_events, m, from_memory, NULL);
    struct fb_digest_state d;
    struct fb_err e = {0};
    const uint32_t *rows;
    uint32_t n;
    struct fb_buf row;
    fb_buf_init(&row, 2 * FB_REC_BYTES_MAX);
    fb_digest_init(&d, "fb record rows");
    for (uint32_t i = 0; i < m->nrows; i++) {
        struct fb_rec_at at;
        fb_buf_clear(&row);
        (void)fb_rec_chunk_at(k, i, &at);
        for (size_t c = 0; c < rec_events.ncols; c++) {
            struct fb_rec_cell cell;
            (void)fb_rec_chunk_cell(k, c, i, &cell);
            fb_rec_put(&row, rec_events.cols[c].type, &cell);
        }
        fb_rec_digest_row(&d, FB_REC_EVENTS, &at, (struct fb_span){row.data, row.len});
    }
    (void)fb_rec_chunk_find(k, 5, &rows, &n);
    fb_digest_final(&d, out);
    enum fb_status st = fb_rec_chunk_failed(k, &e);
    assert_int_equal(st == FB_OK, e.msg[0] == '\0');
    fb_buf_release(&row);
    fb_rec_chunk_close(k);
    return st;
}

static void a_byte_that_changes_anywhere_is_noticed(void **state)
{
    (void)state;
    struct fb_rec_batch b;
    struct fb_rec_blobs blobs;
    struct fb_zip zip;
    struct fb_digest got;
    assert_true(fb_zip_init(&zip, 3));
    assert_true(fb_rec_batch_init(&b, &rec_events));
    for (uint64_t i = 0; i < 60; i++) {
        struct fb_rec_at at;
        struct fb_buf row;
        rec_make(&rec_events, i, 0, &at, &row);
        CHECK(fb_rec_batch_check(&b, (struct fb_span){row.data, row.len}, &err));
        CHECK(fb_rec_batch_add(&b, &at, &err));
        fb_buf_release(&row);
    }
    CHECK(fb_rec_batch_encode(&b, b.n, &zip, &blobs, &err));
    memcpy(blob, blobs.group, sizeof blob);
    assert_int_equal(read_chunk(&zip, &blobs.meta, &got), FB_OK);
    assert_memory_equal(got.b, blobs.logical.b, FB_DIGEST_LEN);
    unsigned quiet = 0, all = 0;
    for (unsigned g = 0; g <= rec_events.ncols; g++) {
        for (size_t at = 0; at < blob[g].len; at++)
            for (unsigned bit = 0; bit < 8; bit += 3) {
                blob[g].data[at] ^= (uint8_t)(1u << bit);
                enum fb_status st = read_chunk(&zip, &blobs.meta, &got);
                bool same = memcmp(got.b, blobs.logical.b, FB_DIGEST_LEN) == 0;
                quiet += st == FB_OK && same;
                all++;
                blob[g].data[at] ^= (uint8_t)(1u << bit);
            }
        size_t len = blob[g].len;
        for (size_t cut = 0; cut < len; cut++) {
            blob[g].len = cut;
            assert_int_not_equal(read_chunk(&zip, &blobs.meta, &got), FB_OK);
        }
        blob[g].len = len;
    }
    /* Bytes that no row shows (values under nulls, ordinals, which the content digest covers) are few. */
    assert_true(all > 3000);
    assert_true(quiet < all / 10);
    fb_rec_batch_release(&b);
    fb_rec_blobs_release(&blobs);
    fb_zip_release(&zip);
}

static void alter(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *msg = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &msg) != SQLITE_OK)
        fail_msg("%s: %s", sql, msg);
    sqlite3_close(db);
}

static void rows_of_the_directory_that_were_altered_are_noticed(void **state)
{
    (void)state;
    static const char *const sql[] = {
        "UPDATE record_table SET nrows=nrows+1",
        "UPDATE record_table SET name='other'",
        "UPDATE record_table SET name='sessions'",
        "UPDATE record_table SET name='Looked x'",
        "UPDATE record_table SET id=1",
        "UPDATE record_table SET ordering=2",
        "UPDATE record_table SET ordering=9",
        "UPDATE record_table SET run_id=-1",
        "UPDATE record_table SET run_id=1",
        "UPDATE record_table SET cols='kind int'",
        "UPDATE record_table SET cols=cols||',number int'",
        "UPDATE record_table SET cols=replace(cols, 'text', 'blob')",
        "UPDATE record_table SET cols=''",
        "UPDATE record_table SET digest=NULL",
        "UPDATE record_table SET digest=zeroblob(32)",
        "UPDATE record_chunk SET nrows=nrows-1",
        "UPDATE record_chunk SET nrows=70000",
        "UPDATE record_chunk SET first_number=first_number+1",
        "UPDATE record_chunk SET last_number=last_number+1",
        "UPDATE record_chunk SET ts_min=ts_min-1",
        "UPDATE record_chunk SET ts_max=ts_max+1",
        "UPDATE record_chunk SET first_ordinal=first_ordinal-1",
        "UPDATE record_chunk SET last_ordinal=last_ordinal+1",
        "UPDATE record_chunk SET content_hash=zeroblob(32)",
        "UPDATE record_chunk SET logical_hash=zeroblob(32)",
        "UPDATE record_chunk SET rid=rid+1",
        "DELETE FROM record_chunk",
        "DELETE FROM record_table",
        "DELETE FROM record_grp WHERE k%64=2",
        "INSERT INTO record_grp SELECT max(k)+1, x'01' FROM record_grp",
        "INSERT INTO record_grp VALUES(7, x'01')",
        "UPDATE case_info SET value=substr(value, 2)||substr(value, 1, 1) WHERE key='records_digest'",
    };
    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
        char path[256];
        store_temp_path(path);
        fb_case_close(case_with(path, 500));
        CHECK(verify(path, &err));
        alter(path, sql[i]);
        enum fb_status st = verify(path, &err);
        if (st == FB_OK)
            fail_msg("not noticed: %s", sql[i]);
        store_remove(path);
    }
}

/* ---- bytes of the file ---- */

static void ask(struct fb_case *c, const char *sql)
{
    struct fb_query *q;
    if (fb_query_prepare(c, sql, &q, NULL) != FB_OK)
        return;
    while (fb_query_step(q, NULL) == FB_OK)
        for (int i = 0; i < fb_query_ncols(q); i++) {
            struct fb_cell cell;
            fb_query_cell(q, i, &cell);
        }
    fb_query_close(q);
}

static void a_file_that_was_altered_anywhere_is_read_without_harm(void **state)
{
    (void)state;
    char path[256];
    store_temp_path(path);
    fb_case_close(case_with(path, 300));
    rec_layer(NULL, path, &rec_sessions, 60, 1, NULL);
    FILE *f = fopen(path, "rbe");
    assert_non_null(f);
    static uint8_t bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n > 10000 && n < sizeof bytes);
    struct gen g;
    gen_init(&g, 11);
    unsigned opened = 0;
    for (unsigned round = 0; round < 400; round++) {
        uint8_t *copy = sodium_malloc(n);
        struct fb_case *c;
        memcpy(copy, bytes, n);
        for (uint64_t k = gen_below(&g, 4); k < 4; k++)
            copy[100 + gen_below(&g, n - 100)] ^= (uint8_t)(1 + gen_below(&g, 255));
        if (fb_case_open_memory(copy, n, "altered", &c, NULL) != FB_OK)
            continue;
        opened++;
        (void)fb_case_check(c, NULL);
        ask(c, "SELECT * FROM looked");
        ask(c, "SELECT * FROM named WHERE number > 5");
        ask(c, "SELECT number, resp_domain, tags FROM sessions");
        fb_case_close(c);
    }
    assert_true(opened > 100);
    store_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_come_back_in_order_over_several_chunks),
        cmocka_unit_test(the_rows_of_a_session_are_found),
        cmocka_unit_test(a_sparse_layer_is_found_by_number),
        cmocka_unit_test(a_table_that_is_not_there_is_empty),
        cmocka_unit_test(the_newest_layer_counts_and_older_ones_can_be_asked_for),
        cmocka_unit_test(layers_of_a_sealed_case_go_to_the_sidecar),
        cmocka_unit_test(an_ingest_that_goes_on_ends_with_the_same_tables),
        cmocka_unit_test(rows_that_cannot_be_are_refused),
        cmocka_unit_test(long_rows_make_more_chunks),
        cmocka_unit_test(a_byte_that_changes_anywhere_is_noticed),
        cmocka_unit_test(a_file_that_was_altered_anywhere_is_read_without_harm),
        cmocka_unit_test(rows_of_the_directory_that_were_altered_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
