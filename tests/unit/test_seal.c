/* Sealing a case: what verification says of it before, after, and when a byte of it changes; signers and
 * sidecar. */
#include "store/seal.h"

#include "store/case_impl.h"
#include "store/edit.h"
#include "store/layers.h"
#include "store/query.h"
#include "store/seal_impl.h"
#include "store/sidecar.h"
#include "store/verify.h"
#include "tests/support/store_case.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct fb_custody_entry entry = {
    .what = "test", .params_json = "{}", .tool_version = "1", .who = "me", .host = "here", .at_ns = 7};

struct seen {
    unsigned ok, failed, skipped;
    char first[32], text[FB_ERR_MSG_MAX];
    unsigned unknown_keys, known_keys;
};

static void see(void *ctx, const char *name, enum fb_check_state state, const char *text)
{
    struct seen *s = ctx;
    if (state == FB_CHECK_FAILED && !s->failed) {
        snprintf(s->first, sizeof s->first, "%s", name);
        snprintf(s->text, sizeof s->text, "%s", text);
    }
    s->ok += state == FB_CHECK_OK;
    s->failed += state == FB_CHECK_FAILED;
    s->skipped += state == FB_CHECK_SKIPPED;
    s->unknown_keys += strstr(text, "unknown key") != NULL;
    s->known_keys += strstr(text, "a key that was given") != NULL;
}

static enum fb_status verify(const char *path, const struct fb_public_key *key, size_t nkeys, struct seen *s)
{
    struct fb_verify_opts o = {.key = key, .nkeys = nkeys};
    struct fb_err err = {0};
    *s = (struct seen){0};
    enum fb_status st = fb_verify(path, &o, see, s, &err);
    assert_int_equal(st == FB_OK, s->failed == 0);
    if (st == FB_ERR_VERIFY)
        assert_string_equal(err.msg, s->text);
    return st;
}

static void key_of(const char *name, uint8_t seed, struct fb_sign_key *k)
{
    uint8_t s[32] = {seed};
    assert_true(sodium_init() >= 0);
    snprintf(k->id.name, sizeof k->id.name, "%s", name);
    crypto_sign_seed_keypair(k->id.pub, k->sec, s);
}

static void write_case(char path[static 256], uint64_t n)
{
    store_temp_path(path);
    struct gen_session *all = store_make_sessions(n, false);
    fb_case_close(store_write_case(path, all, n, STORE_START_ORDER, 0));
    free(all);
}

static void drop(const char *path)
{
    char *side = fb_sidecar_path(path);
    unlink(side);
    free(side);
    store_remove(path);
}

static void must(enum fb_status st, const struct fb_err *err)
{
    if (st != FB_OK)
        fail_msg("%s", err->msg);
}

static void seal_with(const char *path, const struct fb_sign_key *const *keys, size_t n)
{
    struct fb_err err = {0};
    struct fb_seal_opts o = {keys, n, "title", "examiner", &entry};
    must(fb_seal(path, &o, &err), &err);
}

static void seal_by(const char *path, const struct fb_sign_key *k)
{
    const struct fb_sign_key *keys[1] = {k};
    seal_with(path, keys, 1);
}

static void add_note(const char *path, uint64_t number, const char *text)
{
    struct fb_err err = {0};
    struct fb_edit *e = NULL;
    struct fb_target t = {"session", "Cuid", number};
    int64_t run = 0, id = 0;
    must(fb_edit_open(path, &e, &err), &err);
    must(fb_edit_layer(e, "analyst", &entry, NULL, &run, &err), &err);
    must(fb_edit_note(e, run, &t, text, &id, &err), &err);
    must(fb_edit_tag(e, run, &t, text, true, &err), &err);
    must(fb_edit_commit(e, &entry, &err), &err);
    fb_edit_close(e);
}

static void a_sealed_case_holds_and_keeps_its_digests(void **state)
{
    (void)state;
    char path[256];
    struct seen s;
    struct fb_sign_key alice;
    struct fb_case *c;
    struct fb_case_info before, after;
    struct stat sb;
    key_of("alice", 1, &alice);
    write_case(path, 300);
    add_note(path, 1, "early");
    assert_int_equal(verify(path, NULL, 0, &s), FB_OK);
    assert_int_equal(fb_case_open(path, &c, NULL), FB_OK);
    assert_int_equal(fb_case_info(c, &before, NULL), FB_OK);
    fb_case_close(c);
    seal_by(path, &alice);
    assert_int_equal(fb_case_open(path, &c, NULL), FB_OK);
    assert_int_equal(fb_case_info(c, &after, NULL), FB_OK);
    fb_case_close(c);
    assert_false(before.sealed);
    assert_true(after.sealed);
    assert_memory_equal(&before.case_digest, &after.case_digest, sizeof before.case_digest);
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0444);
    assert_int_equal(verify(path, NULL, 0, &s), FB_OK);
    assert_int_equal(s.unknown_keys, 1);
    assert_int_equal(verify(path, &alice.id, 1, &s), FB_OK);
    assert_int_equal(s.known_keys, 1);
    drop(path);
}

static void a_case_is_sealed_once_and_signed_once_by_each(void **state)
{
    (void)state;
    char path[256];
    struct seen s;
    struct fb_sign_key k[3];
    struct fb_err err = {0};
    key_of("alice", 1, &k[0]);
    key_of("bob", 2, &k[1]);
    key_of("carol", 3, &k[2]);
    write_case(path, 20);
    const struct fb_sign_key *both[2] = {&k[0], &k[1]};
    seal_with(path, both, 2);
    struct fb_seal_opts o = {both, 1, NULL, NULL, &entry};
    assert_int_equal(fb_seal(path, &o, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "sealed already"));
    assert_int_equal(fb_seal_sign_again(path, &k[1], &entry, &err), FB_ERR_USAGE);
    must(fb_seal_sign_again(path, &k[2], &entry, &err), &err);
    assert_int_equal(fb_seal_sign_again(path, &k[2], &entry, &err), FB_ERR_USAGE);
    struct fb_public_key pub[4] = {k[0].id, k[1].id, k[2].id};
    assert_int_equal(verify(path, pub, 3, &s), FB_OK);
    assert_int_equal(s.known_keys, 3);
    struct fb_sign_key stranger;
    key_of("dave", 4, &stranger);
    pub[3] = stranger.id;
    assert_int_equal(verify(path, pub, 4, &s), FB_ERR_VERIFY);
    assert_string_equal(s.first, "signature");
    assert_non_null(strstr(s.text, "dave"));
    drop(path);
}

static void every_byte_of_a_sealed_case_counts(void **state)
{
    (void)state;
    char path[256];
    struct seen s;
    struct fb_sign_key alice;
    struct stat sb;
    unsigned named = 0, tried = 0;
    key_of("alice", 1, &alice);
    write_case(path, 300);
    add_note(path, 1, "early");
    seal_by(path, &alice);
    assert_int_equal(chmod(path, 0644), 0);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &sb) == 0);
    off_t step = sb.st_size / 2500 + 1;
    for (off_t at = 0; at < sb.st_size; at += at < 100 ? 1 : step) {
        uint8_t was, now;
        assert_int_equal(pread(fd, &was, 1, at), 1);
        now = (uint8_t)(was ^ (1u << (at % 8)));
        assert_int_equal(pwrite(fd, &now, 1, at), 1);
        if (verify(path, NULL, 0, &s) == FB_OK)
            fail_msg("byte %lld may be changed", (long long)at);
        named += strcmp(s.first, "file") != 0;
        tried++;
        assert_int_equal(pwrite(fd, &was, 1, at), 1);
    }
    close(fd);
    assert_true(tried > 2000);
    assert_true(named > tried / 10); /* a small case is mostly bytes that hold no row */
    assert_int_equal(verify(path, NULL, 0, &s), FB_OK);
    drop(path);
}

static void alter(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void what_was_altered_in_a_sealed_case_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *first, *text;
    } change[] = {
        {"UPDATE evidence SET path='y'", "manifest", "\"evidence\""},
        {"UPDATE note SET text='x'", "chain", "notes, tags or verdicts"},
        {"UPDATE custody SET who='x' WHERE seq=1", "chain", "custody record 1"},
        {"DELETE FROM custody WHERE seq=2", "chain", "not the last one"},
        {"UPDATE counter SET value=value+1", "manifest", "\"counter\""},
        {"UPDATE manifest SET body=replace(body,'\"format\":1','\"format\":2')", "structure",
         "seal does not belong"},
        {"UPDATE signature SET signer='x'", "file", ""},
        {"UPDATE case_info SET value=0 WHERE key='sealed'", "structure", "has a manifest"},
        {"INSERT INTO chunk_grp VALUES(1600000000,x'00')", "chunks", "no row"},
        {"UPDATE chunk SET content_hash=zeroblob(32)", "chunks", "chunk 0"},
        {"UPDATE evidence SET size=1", "digests", "evidence digest"},
        {"VACUUM", "file", "hold no row"},
    };
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        char path[256];
        struct seen s;
        struct fb_sign_key alice;
        key_of("alice", 1, &alice);
        write_case(path, 30);
        add_note(path, 1, "early");
        seal_by(path, &alice);
        alter(path, change[i].sql);
        assert_int_equal(verify(path, NULL, 0, &s), FB_ERR_VERIFY);
        if (strcmp(s.first, change[i].first) != 0 || !strstr(s.text, change[i].text))
            fail_msg("%s: %s: %s", change[i].sql, s.first, s.text);
        drop(path);
    }
}

static int64_t count(struct fb_case *c, const char *sql)
{
    struct fb_query *q = NULL;
    struct fb_err err = {0};
    struct fb_cell cell;
    must(fb_query_prepare(c, sql, &q, &err), &err);
    must(fb_query_step(q, &err), &err);
    fb_query_cell(q, 0, &cell);
    int64_t n = cell.i;
    fb_query_close(q);
    return n;
}

static void what_comes_after_the_seal_goes_to_the_sidecar(void **state)
{
    (void)state;
    char path[256];
    struct seen s;
    struct fb_sign_key alice;
    struct fb_case *c;
    struct fb_session_tags *tags = NULL;
    struct fb_err err = {0};
    key_of("alice", 1, &alice);
    write_case(path, 30);
    add_note(path, 1, "early");
    seal_by(path, &alice);
    add_note(path, 2, "late");
    add_note(path, 1, "again");
    assert_int_equal(verify(path, &alice.id, 1, &s), FB_OK);
    must(fb_case_open(path, &c, &err), &err);
    assert_int_equal(count(c, "SELECT count(*) FROM notes"), 3);
    assert_int_equal(count(c, "SELECT max(run_id) FROM layer"), 4);
    assert_int_equal(count(c, "SELECT count(DISTINCT id) FROM note"), 3);
    must(fb_session_tags_load(c, &tags, &err), &err);
    assert_string_equal(fb_session_tags_of(tags, 1), "again,early");
    assert_string_equal(fb_session_tags_of(tags, 2), "late");
    assert_null(fb_session_tags_of(tags, 3));
    fb_session_tags_free(tags);
    must(fb_layers_as_of(c, "3", &err), &err);
    assert_int_equal(count(c, "SELECT count(*) FROM notes"), 2);
    must(fb_layers_as_of(c, "1970-01-01", &err), &err);
    assert_int_equal(count(c, "SELECT count(*) FROM notes"), 0);
    assert_int_equal(fb_layers_as_of(c, "soon", &err), FB_ERR_USAGE);
    fb_case_close(c);
    char *side = fb_sidecar_path(path);
    alter(side, "UPDATE note SET text='x' WHERE number=2");
    free(side);
    assert_int_equal(verify(path, NULL, 0, &s), FB_ERR_VERIFY);
    assert_string_equal(s.first, "sidecar");
    drop(path);
}

static void a_sidecar_of_another_case_is_refused(void **state)
{
    (void)state;
    char a[256], b[256];
    struct seen s;
    struct fb_sign_key alice;
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    struct fb_edit *e = NULL;
    key_of("alice", 1, &alice);
    write_case(a, 30);
    write_case(b, 31);
    seal_by(a, &alice);
    add_note(a, 1, "late");
    char *of_a = fb_sidecar_path(a), *of_b = fb_sidecar_path(b);
    assert_int_equal(rename(of_a, of_b), 0);
    assert_int_equal(fb_case_open(b, &c, &err), FB_ERR_VERIFY);
    assert_non_null(strstr(err.msg, "not sealed"));
    assert_int_equal(fb_edit_open(b, &e, &err), FB_ERR_VERIFY);
    assert_int_equal(rename(of_b, of_a), 0);
    seal_by(b, &alice);
    assert_int_equal(rename(of_a, of_b), 0);
    assert_int_equal(fb_case_open(b, &c, &err), FB_ERR_VERIFY);
    assert_non_null(strstr(err.msg, "another case"));
    assert_int_equal(fb_edit_open(b, &e, &err), FB_ERR_VERIFY);
    assert_int_equal(verify(b, NULL, 0, &s), FB_ERR_VERIFY);
    assert_string_equal(s.first, "sidecar");
    drop(a);
    drop(b);
    free(of_a);
    free(of_b);
}

static void a_broken_case_is_not_sealed_and_stays_as_it_was(void **state)
{
    (void)state;
    char path[256], copy[300];
    struct seen s;
    struct fb_sign_key alice;
    struct fb_err err = {0};
    key_of("alice", 1, &alice);
    write_case(path, 30);
    alter(path, "UPDATE chunk SET logical_hash=zeroblob(32)");
    const struct fb_sign_key *keys[1] = {&alice};
    struct fb_seal_opts o = {keys, 1, NULL, NULL, &entry};
    assert_int_equal(fb_seal(path, &o, &err), FB_ERR_VERIFY);
    snprintf(copy, sizeof copy, "%s.sealing", path);
    assert_int_not_equal(access(copy, F_OK), 0);
    assert_int_equal(verify(path, NULL, 0, &s), FB_ERR_VERIFY);
    assert_string_equal(s.first, "chunks");
    drop(path);
}

static void an_edit_that_was_killed_is_taken_back_by_the_next_one(void **state)
{
    (void)state;
    char path[256];
    struct seen s;
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    write_case(path, 30);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        sqlite3 *db = NULL;
        sqlite3_open(path, &db);
        /* More rows than the cache holds, so that pages reach the file before the commit. */
        sqlite3_exec(db,
                     "PRAGMA cache_size=2; BEGIN IMMEDIATE; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                     "SELECT i+1 FROM n "
                     "WHERE i < 3000) INSERT INTO note(run_id, target_kind, target, text) SELECT 9, 'host', "
                     "'x', hex(zeroblob(100)) FROM n",
                     NULL, NULL, NULL);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(fb_case_open(path, &c, &err), FB_ERR_INPUT);
    assert_non_null(strstr(err.msg, "interrupted"));
    add_note(path, 1, "again");
    must(fb_case_open(path, &c, &err), &err);
    assert_int_equal(count(c, "SELECT count(*) FROM note"), 1);
    fb_case_close(c);
    assert_int_equal(verify(path, NULL, 0, &s), FB_OK);
    drop(path);
}

static void removed_notes_and_tags_are_new_rows(void **state)
{
    (void)state;
    char path[256];
    struct fb_err err = {0};
    struct fb_edit *e = NULL;
    struct fb_case *c = NULL;
    struct fb_target t = {"host", "10.0.0.1", 0};
    int64_t run = 0, id = 0;
    write_case(path, 30);
    add_note(path, 1, "one");
    must(fb_edit_open(path, &e, &err), &err);
    must(fb_edit_layer(e, "analyst", &entry, NULL, &run, &err), &err);
    must(fb_edit_note(e, run, &t, "two", &id, &err), &err);
    must(fb_edit_verdict(e, run, &t, "benign", &err), &err);
    must(fb_edit_commit(e, &entry, &err), &err);
    fb_edit_close(e);
    must(fb_edit_open(path, &e, &err), &err);
    must(fb_edit_layer(e, "analyst", &entry, NULL, &run, &err), &err);
    must(fb_edit_remove_note(e, run, id, &err), &err);
    assert_int_equal(fb_edit_remove_note(e, run, id, &err), FB_ERR_NOTFOUND);
    assert_int_equal(fb_edit_remove_note(e, run, 77, &err), FB_ERR_NOTFOUND);
    must(fb_edit_verdict(e, run, &t, "", &err), &err);
    must(fb_edit_commit(e, &entry, &err), &err);
    fb_edit_close(e);
    must(fb_edit_open(path, &e, &err), &err);
    must(fb_edit_layer(e, "analyst", &entry, NULL, &run, &err), &err);
    fb_edit_close(e); /* not committed */
    must(fb_case_open(path, &c, &err), &err);
    assert_int_equal(count(c, "SELECT count(*) FROM notes"), 1);
    assert_int_equal(count(c, "SELECT count(*) FROM note"), 3);
    assert_int_equal(count(c, "SELECT count(*) FROM verdicts"), 0);
    assert_int_equal(count(c, "SELECT max(run_id) FROM layer"), 4);
    must(fb_layers_as_of(c, "3", &err), &err);
    assert_int_equal(count(c, "SELECT count(*) FROM notes"), 2);
    assert_int_equal(count(c, "SELECT count(*) FROM verdicts"), 1);
    fb_case_close(c);
    drop(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_case_holds_and_keeps_its_digests),
        cmocka_unit_test(a_case_is_sealed_once_and_signed_once_by_each),
        cmocka_unit_test(every_byte_of_a_sealed_case_counts),
        cmocka_unit_test(what_was_altered_in_a_sealed_case_is_named),
        cmocka_unit_test(what_comes_after_the_seal_goes_to_the_sidecar),
        cmocka_unit_test(a_sidecar_of_another_case_is_refused),
        cmocka_unit_test(a_broken_case_is_not_sealed_and_stays_as_it_was),
        cmocka_unit_test(an_edit_that_was_killed_is_taken_back_by_the_next_one),
        cmocka_unit_test(removed_notes_and_tags_are_new_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
