/* Cases from strangers: altered bytes, cut blobs, foreign schemas, things that are no files. */
#include "store/case_impl.h"
#include "store/query.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS 300u

/* ---- one chunk in memory ---- */

struct memory_chunk {
    struct fb_chunk_blobs blobs;
    unsigned group; /* the altered one */
    const uint8_t *p;
    size_t n;
};

static enum fb_status from_memory(void *ctx, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                                  struct fb_err *err)
{
    (void)cid;
    const struct memory_chunk *m = ctx;
    const uint8_t *from = group == m->group ? m->p : m->blobs.group[group].data;
    *n = group == m->group ? m->n : m->blobs.group[group].len;
    *p = malloc(*n + 1);
    if (!*p)
        return fb_err_nomem(err, "a blob");
    memcpy(*p, from, *n);
    return FB_OK;
}

static void make_chunk(struct memory_chunk *m)
{
    struct gen_session *all = store_make_sessions(ROWS, true);
    struct fb_chunk_writer *w = fb_chunk_writer_new();
    struct fb_buf bytes;
    struct fb_span rows[ROWS];
    size_t off[ROWS + 1] = {0};
    memset(m, 0, sizeof *m);
    fb_buf_init(&bytes, 1u << 20);
    for (unsigned i = 0; i < ROWS; i++) {
        assert_true(fb_row_put(&bytes, &all[i].s, NULL));
        off[i + 1] = bytes.len;
    }
    for (unsigned i = 0; i < ROWS; i++)
        rows[i] = (struct fb_span){bytes.data + off[i], off[i + 1] - off[i]};
    assert_int_equal(fb_chunk_write(w, rows, ROWS, &m->blobs, NULL), FB_OK);
    fb_buf_release(&bytes);
    fb_chunk_writer_free(w);
    free(all);
}

/* Reads every row; the status is an error with a sentence or none. */
static enum fb_status read_all(struct fb_zip *zip, struct memory_chunk *m)
{
    struct fb_chunk *k = fb_chunk_open(zip, 1, 1, ROWS, from_memory, m);
    struct fb_err err = {0};
    size_t letters = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        struct fb_session s;
        fb_chunk_session(k, i, &s);
        letters += strlen(s.service) + strlen(s.history) + strlen(s.tunnel);
        for (uint32_t p = 0; p < s.nparents; p++)
            letters += s.parents[p] & 1;
    }
    letters += fb_chunk_filter_holds(k);
    enum fb_status st = fb_chunk_failed(k, &err);
    assert_true(st == FB_OK || (st == FB_ERR_VERIFY && strstr(err.msg, "chunk 1 ")));
    assert_true(letters < SIZE_MAX);
    fb_chunk_close(k);
    return st;
}

static void altered_blobs_are_refused_or_decode_to_something(void **state)
{
    (void)state;
    struct memory_chunk m;
    struct fb_zip zip;
    make_chunk(&m);
    assert_true(fb_zip_init(&zip, 3));
    size_t refused = 0;
    for (m.group = 0; m.group < FB_CHUNK_GROUPS; m.group++) {
        const struct fb_buf *b = &m.blobs.group[m.group];
        uint8_t *copy = malloc(b->len);
        memcpy(copy, b->data, b->len);
        m.p = copy;
        m.n = b->len;
        assert_int_equal(read_all(&zip, &m), FB_OK);
        /* Every byte of the directory, and one in seven behind it. */
        for (size_t i = 0; i < b->len; i += i < 200 ? 1 : 7) {
            copy[i] ^= (uint8_t)(1u << (i % 8));
            refused += read_all(&zip, &m) != FB_OK;
            copy[i] = 0xff;
            refused += read_all(&zip, &m) != FB_OK;
            copy[i] = b->data[i];
        }
        free(copy);
    }
    assert_true(refused > 100);
    fb_zip_release(&zip);
    fb_chunk_blobs_release(&m.blobs);
}

static void a_cut_blob_is_refused(void **state)
{
    (void)state;
    struct memory_chunk m;
    struct fb_zip zip;
    make_chunk(&m);
    assert_true(fb_zip_init(&zip, 3));
    for (m.group = 0; m.group < FB_CHUNK_GROUPS; m.group++) {
        m.p = m.blobs.group[m.group].data;
        for (m.n = 0; m.n < m.blobs.group[m.group].len; m.n += m.n < 200 ? 1 : 13)
            assert_int_equal(read_all(&zip, &m), FB_ERR_VERIFY);
    }
    fb_zip_release(&zip);
    fb_chunk_blobs_release(&m.blobs);
}

/* ---- files ---- */

static void write_small(const char *path, uint64_t n)
{
    struct gen_session *all = store_make_sessions(n, false);
    fb_case_close(store_write_case(path, all, n, STORE_START_ORDER, 0));
    free(all);
}

static void alter(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static enum fb_status open_status(const char *path, struct fb_err *err)
{
    struct fb_case *c = NULL;
    enum fb_status st = fb_case_open(path, &c, err);
    if (st == FB_OK)
        st = fb_case_check(c, err);
    fb_case_close(c);
    return st;
}

static void a_finished_case_is_one_file_that_verifies(void **state)
{
    (void)state;
    char path[256], wal[300];
    struct stat st;
    store_temp_path(path);
    write_small(path, ROWS);
    struct fb_err err = {0};
    assert_int_equal(open_status(path, &err), FB_OK);
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_int_not_equal(stat(wal, &st), 0);
    assert_true(fb_case_probe(path));
    assert_false(fb_case_probe("/etc/passwd"));
    assert_false(fb_case_probe("/"));
    struct fb_case *c;
    assert_int_equal(fb_case_create(path, &c, &err), FB_ERR_USAGE);
    store_remove(path);
}

static void altered_tables_do_not_verify(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE chunk_grp SET z = zeroblob(length(z)) WHERE k & 15 = 3",
        ("UPDATE chunk_grp SET z = substr(z, 1, length(z) - 1) || x'00' WHERE k = (SELECT max(k) FROM "
         "chunk_grp)"),
        "UPDATE chunk_grp SET z = substr(z, 1, length(z) - 1) || x'00' WHERE k = (1 << 22)",
        "UPDATE chunk_grp SET z = x'' WHERE k = (3 << 22)",
        "UPDATE chunk_grp SET z = x'02' || substr(z, 2) WHERE k = (3 << 22)",
        "UPDATE chunk_grp SET z = z || x'00' WHERE k = (3 << 22)",
        "UPDATE chunk_grp SET k = k + 16 WHERE k = (3 << 22)",
        "INSERT INTO chunk_grp SELECT k + (1 << 30), z FROM chunk_grp WHERE k = (3 << 22)",
        "DELETE FROM chunk_grp WHERE k & 15 = 6",
        "UPDATE chunk SET nrows = nrows - 1 WHERE kind = 0",
        "UPDATE chunk SET nrows = nrows - 1, last_number = last_number - 1 WHERE kind = 0",
        "UPDATE chunk SET nrows = 1000000 WHERE kind = 0",
        "UPDATE chunk SET first_number = -5",
        "UPDATE chunk SET zone = x'01'",
        "UPDATE chunk SET zone = substr(zone, 1, 20) || x'55' || substr(zone, 22) WHERE kind = 0",
        "UPDATE chunk SET logical_hash = zeroblob(32)",
        "UPDATE chunk SET logical_hash = 'short'",
        "UPDATE chunk SET content_hash = zeroblob(32) WHERE kind = 1",
        "DELETE FROM chunk WHERE kind = 0",
        "DELETE FROM chunk WHERE kind = 1",
        "UPDATE evidence SET size = 25 WHERE evidence = 0",
        "UPDATE evidence SET sha256 = zeroblob(31)",
        "UPDATE case_info SET value = 'x' WHERE key = 'case_digest'",
        "UPDATE case_info SET value = replace(value, '1', '2') WHERE key = 'packet_index_digest'",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more(a)",
        "CREATE TRIGGER t AFTER INSERT ON note BEGIN SELECT 1; END",
        "CREATE INDEX i ON evidence_note(kind)",
        "DROP TABLE note",
        "ALTER TABLE note ADD COLUMN x",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char path[256];
        struct fb_err err = {0};
        store_temp_path(path);
        write_small(path, 20);
        alter(path, changes[i]);
        if (open_status(path, &err) != FB_ERR_VERIFY)
            fail_msg("%s: status %d, %s", changes[i], err.status, err.msg);
        store_remove(path);
    }
}

/* Rows that a search for an address finds; 300 addresses that are there and 300 that are not. */
static uint64_t found(const char *path)
{
    struct fb_case *c;
    struct fb_err err = {0};
    assert_int_equal(fb_case_open(path, &c, &err), FB_OK);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 300; i++) {
        struct fb_session s;
        char sql[200], addr[FB_ADDR_STRLEN];
        assert_int_equal(fb_case_session(c, 1 + i * 331, &s, &err), FB_OK);
        fb_addr_format(&s.resp_h, addr);
        snprintf(sql, sizeof sql,
                 "SELECT count(*), sum(number) FROM sessions WHERE ip IN ('%s', '192.0.2.%u')", addr,
                 (unsigned)(i % 256));
        struct fb_query *q;
        struct fb_cell n, numbers;
        assert_int_equal(fb_query_prepare(c, sql, &q, &err), FB_OK);
        assert_int_equal(fb_query_step(q, &err), FB_OK);
        fb_query_cell(q, 0, &n);
        fb_query_cell(q, 1, &numbers);
        assert_true(n.i > 0);
        sum = sum * 31 + (uint64_t)n.i + (uint64_t)numbers.i;
        fb_query_close(q);
    }
    fb_case_close(c);
    return sum;
}

static void a_case_without_the_filters_of_all_chunks_finds_the_same(void **state)
{
    (void)state;
    char path[256];
    struct fb_err err = {0};
    store_temp_path(path);
    write_small(path, 100000);
    uint64_t with = found(path);
    alter(path, "DELETE FROM chunk_grp WHERE k = (3 << 22)");
    assert_int_equal(open_status(path, &err), FB_OK);
    assert_true(found(path) == with);
    store_remove(path);
}

static void flipped_bytes_of_the_file_are_noticed_or_harmless(void **state)
{
    (void)state;
    char path[256];
    struct fb_case_info want, got;
    struct fb_case *c;
    store_temp_path(path);
    write_small(path, 40);
    assert_int_equal(fb_case_open(path, &c, NULL), FB_OK);
    assert_int_equal(fb_case_info(c, &want, NULL), FB_OK);
    fb_case_close(c);
    FILE *f = fopen(path, "r+b");
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    size_t noticed = 0;
    for (long at = 0; at < size; at += 61) {
        fseek(f, at, SEEK_SET);
        int byte = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(byte ^ (1 << (at % 8)), f);
        fflush(f);
        c = NULL;
        bool good = fb_case_open(path, &c, NULL) == FB_OK && fb_case_check(c, NULL) == FB_OK &&
                    fb_case_info(c, &got, NULL) == FB_OK;
        noticed += !good;
        if (good)
            assert_memory_equal(&got.case_digest, &want.case_digest, sizeof got.case_digest);
        fb_case_close(c);
        fseek(f, at, SEEK_SET);
        fputc(byte, f);
        fflush(f);
    }
    fclose(f);
    assert_true(noticed > 20);
    assert_int_equal(open_status(path, NULL), FB_OK);
    store_remove(path);
}

static void what_is_no_case_is_refused(void **state)
{
    (void)state;
    char path[256], dir[256];
    struct fb_err err = {0};
    store_temp_path(path);
    assert_int_equal(open_status(path, &err), FB_ERR_INPUT);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_status(path, &err), FB_ERR_INPUT);
    assert_false(fb_case_probe(path));
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_int_equal(open_status(path, &err), FB_ERR_INPUT);
    unlink(path);
    snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    assert_int_equal(open_status(dir, &err), FB_ERR_INPUT);
    FILE *f = fopen(path, "w");
    fputs("no database at all, and longer than the hundred bytes that a header of SQLite would have: "
          "0123456789 0123456789",
          f);
    fclose(f);
    assert_int_equal(open_status(path, &err), FB_ERR_INPUT);
    assert_non_null(strstr(err.msg, "not a case"));
    unlink(path);
    alter(path, "CREATE TABLE a(b)");
    assert_int_equal(open_status(path, &err), FB_ERR_INPUT);
    store_remove(path);
    store_temp_path(path);
    write_small(path, 20);
    alter(path, "PRAGMA user_version = 4");
    assert_int_equal(open_status(path, &err), FB_ERR_NEWER);
    assert_non_null(strstr(err.msg, "newer"));
    store_remove(path);
}

static void a_planted_journal_is_refused(void **state)
{
    (void)state;
    static const char *const suffix[] = {"-wal", "-journal"};
    for (int i = 0; i < 2; i++) {
        char path[256], planted[300];
        struct fb_err err = {0};
        store_temp_path(path);
        write_small(path, 20);
        snprintf(planted, sizeof planted, "%s%s", path, suffix[i]);
        assert_int_equal(symlink("/etc/passwd", planted), 0);
        assert_int_equal(open_status(path, &err), FB_ERR_INPUT);
        assert_non_null(strstr(err.msg, "owner"));
        store_remove(path);
    }
}

static void names_with_uri_characters_open(void **state)
{
    (void)state;
    char path[256], odd[300];
    store_temp_path(path);
    write_small(path, 20);
    snprintf(odd, sizeof odd, "%.200s?mode=rw#%%41 x", path);
    assert_int_equal(rename(path, odd), 0);
    struct fb_err err = {0};
    if (open_status(odd, &err) != FB_OK)
        fail_msg("%s", err.msg);
    store_remove(odd);
}

/* ---- interrupted ---- */

static void a_killed_writer_leaves_a_case_that_opens_and_says_so(void **state)
{
    (void)state;
    char path[256];
    store_temp_path(path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fb_case *c;
        static const struct fb_case_run run = {"0.0", "{}", "{}"};
        struct gen_session one;
        struct gen g;
        gen_init(&g, 3);
        if (fb_case_create(path, &c, NULL) != FB_OK || fb_case_begin(c, &run, NULL) != FB_OK)
            _exit(1);
        struct fb_session_sink sink = fb_case_sink(c);
        for (uint64_t i = 1; i <= 3 * FB_CHUNK_ROWS + 10; i++) {
            gen_usual(&g, i, &one);
            if (sink.session(sink.ctx, &one.s) != FB_OK)
                _exit(1);
        }
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    struct fb_case *c;
    struct fb_case_info info;
    struct fb_err err = {0};
    if (fb_case_open(path, &c, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(fb_case_info(c, &info, &err), FB_OK);
    assert_false(info.complete);
    assert_true(info.sessions >= FB_CHUNK_ROWS && info.sessions % FB_CHUNK_ROWS == 0);
    if (fb_case_check(c, &err) != FB_OK)
        fail_msg("%s", err.msg);
    fb_case_close(c);
    store_remove(path);
}

static void a_case_is_read_while_it_is_written(void **state)
{
    (void)state;
    char path[256];
    struct fb_case *w, *r;
    struct gen_session one;
    struct gen g;
    static const struct fb_case_run run = {"0.0", "{}", "{}"};
    struct fb_case_info info;
    struct fb_err err = {0};
    store_temp_path(path);
    gen_init(&g, 3);
    assert_int_equal(fb_case_create(path, &w, &err), FB_OK);
    assert_int_equal(fb_case_begin(w, &run, &err), FB_OK);
    if (fb_case_open(path, &r, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(fb_case_info(r, &info, &err), FB_OK);
    assert_int_equal(info.sessions, 0);
    struct fb_session_sink sink = fb_case_sink(w);
    for (uint64_t i = 1; i <= 4 * FB_CHUNK_ROWS; i++) {
        gen_usual(&g, i, &one);
        assert_int_equal(sink.session(sink.ctx, &one.s), FB_OK);
    }
    assert_int_equal(fb_case_info(r, &info, &err), FB_OK);
    assert_true(info.sessions >= 2 * FB_CHUNK_ROWS && !info.complete);
    struct fb_session s;
    assert_int_equal(fb_case_session(r, FB_CHUNK_ROWS + 7, &s, &err), FB_OK);
    fb_case_close(r);
    assert_int_equal(fb_case_finish(w, &err), FB_OK);
    assert_int_equal(fb_case_info(w, &info, &err), FB_OK);
    assert_true(info.complete && info.sessions == 4 * FB_CHUNK_ROWS);
    fb_case_close(w);
    store_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(altered_blobs_are_refused_or_decode_to_something),
        cmocka_unit_test(a_cut_blob_is_refused),
        cmocka_unit_test(a_finished_case_is_one_file_that_verifies),
        cmocka_unit_test(altered_tables_do_not_verify),
        cmocka_unit_test(a_case_without_the_filters_of_all_chunks_finds_the_same),
        cmocka_unit_test(flipped_bytes_of_the_file_are_noticed_or_harmless),
        cmocka_unit_test(what_is_no_case_is_refused),
        cmocka_unit_test(a_planted_journal_is_refused),
        cmocka_unit_test(names_with_uri_characters_open),
        cmocka_unit_test(a_killed_writer_leaves_a_case_that_opens_and_says_so),
        cmocka_unit_test(a_case_is_read_while_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
