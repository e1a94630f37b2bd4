#include "store/edit.h"

#include "store/case_file.h"
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/manifest.h"
#include "store/seal_impl.h"
#include "store/sidecar.h"

#include <time.h>

static const struct fb_digest zeros;

struct fb_edit {
    sqlite3 *kase;         /* the case */
    struct fb_case *shown; /* the open case that shows what is committed; NULL: none */
    bool in_place;         /* `kase` is the connection of `shown`, a case in memory */
    bool logged;           /* `kase` writes to a log, which goes into the file at the end */
    sqlite3 *side;         /* NULL while the case is not sealed */
    struct fb_seal_state seal;
    struct fb_digest before; /* of the layers */
};

sqlite3 *fb_edit_db(struct fb_edit *e)
{
    return e->side ? e->side : e->kase;
}

sqlite3 *fb_edit_case_db(struct fb_edit *e)
{
    return e->kase;
}

const struct fb_seal_state *fb_edit_seal(const struct fb_edit *e)
{
    return &e->seal;
}

bool fb_edit_in_sidecar(const struct fb_edit *e)
{
    return e->side != NULL;
}

static enum fb_status is_logged(sqlite3 *db, const char *pragma, bool *yes, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, pragma, &st, err));
    *yes = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0) &&
           strcmp((const char *)sqlite3_column_text(st, 0), "wal") == 0;
    sqlite3_finalize(st);
    return FB_OK;
}

/* A log, not a rollback journal: a kill leaves what a reader without write access can open. A case that was
 * read when its last writer ended may still have one. */
static enum fb_status enter_log(sqlite3 *db, struct fb_err *err)
{
    bool logged;
    FB_TRY(is_logged(db, "PRAGMA journal_mode", &logged, err));
    if (logged)
        return FB_OK;
    /* MEMORY first, so that the change of mode, two bytes of the header, needs no journal file either. */
    FB_TRY(fb_db_exec(db, "PRAGMA journal_mode=MEMORY", err));
    FB_TRY(is_logged(db, "PRAGMA journal_mode=WAL", &logged, err));
    return logged ? FB_OK : fb_err_set(err, FB_ERR_IO, "the case is in use and cannot be changed now");
}

static enum fb_status open_unsealed(const char *path, struct fb_edit *e, struct fb_err *err)
{
    int64_t complete = 0;
    sqlite3 *side = NULL;
    FB_TRY(fb_db_int(e->kase, "SELECT value FROM case_info WHERE key='complete' ORDER BY id", 0, &complete,
                     err));
    if (complete != 1)
        return fb_err_set(err, FB_ERR_USAGE,
                          "this case is incomplete: its ingest was interrupted; finish it first");
    enum fb_status st = fb_sidecar_open(path, NULL, &side, err);
    if (st != FB_ERR_NOTFOUND)
        return st;
    sqlite3_close(e->kase);
    e->kase = NULL;
    FB_TRY(fb_db_open_write(path, &e->kase, err));
    FB_TRY(enter_log(e->kase, err));
    e->logged = true;
    return fb_db_exec(e->kase, "BEGIN IMMEDIATE", err);
}

/* An edit that was interrupted left its journal; opening for writing takes it back. */
static enum fb_status open_case(const char *path, sqlite3 **out, struct fb_err *err)
{
    sqlite3 *db = NULL;
    enum fb_status st = fb_db_open(path, out, err);
    if (st != FB_ERR_INPUT || fb_db_open_write(path, &db, NULL) != FB_OK)
        return st;
    sqlite3_close(db);
    return fb_db_open(path, out, err);
}

enum fb_status fb_edit_recover(const char *case_path, struct fb_err *err)
{
    sqlite3 *db = NULL;
    FB_TRY(open_case(case_path, &db, err));
    sqlite3_close(db);
    return FB_OK;
}

enum fb_status fb_edit_open(const char *case_path, struct fb_edit **out, struct fb_err *err)
{
    struct fb_edit *e = calloc(1, sizeof *e);
    if (!e)
        return fb_err_nomem(err, "the case");
    enum fb_status st = open_case(case_path, &e->kase, err);
    if (st == FB_OK) {
        st = fb_seal_read(e->kase, &e->seal, err);
        if (st == FB_ERR_NOTFOUND)
            st = open_unsealed(case_path, e, err);
        else if (st == FB_OK)
            st = fb_sidecar_open_write(case_path, &e->seal, &e->side, err);
    }
    if (st == FB_OK)
        st = fb_layers_digest(fb_edit_db(e), e->side != NULL, &e->before, err);
    if (st == FB_OK)
        *out = e;
    else
        fb_edit_close(e);
    return st;
}

static enum fb_status open_in_place(struct fb_edit *e, struct fb_err *err)
{
    struct fb_case *c = e->shown;
    if (c->secret)
        return fb_err_set(err, FB_ERR_USAGE, "a case that was decrypted into memory cannot be changed");
    FB_TRY(fb_case_refresh(c, err));
    e->kase = c->db;
    e->in_place = true;
    c->internal++; /* until the edit is closed */
    FB_TRY(fb_db_exec(c->db, "PRAGMA query_only=OFF; BEGIN IMMEDIATE", err));
    return fb_layers_digest(c->db, false, &e->before, err);
}

enum fb_status fb_edit_open_for(struct fb_case *c, struct fb_edit **out, struct fb_err *err)
{
    if (c->path) {
        FB_TRY(fb_edit_open(c->path, out, err));
        (*out)->shown = c;
        return FB_OK;
    }
    struct fb_edit *e = calloc(1, sizeof *e);
    if (!e)
        return fb_err_nomem(err, "the case");
    e->shown = c;
    enum fb_status st = open_in_place(e, err);
    if (st == FB_OK)
        *out = e;
    else
        fb_edit_close(e);
    return st;
}

static void close_in_place(struct fb_edit *e)
{
    if (!sqlite3_get_autocommit(e->kase))
        fb_db_exec(e->kase, "ROLLBACK", NULL);
    fb_db_exec(e->kase, "PRAGMA query_only=ON", NULL);
    e->shown->internal--;
    fb_case_forget(e->shown);
}

void fb_edit_close(struct fb_edit *e)
{
    if (!e)
        return;
    if (e->in_place) {
        close_in_place(e);
        free(e);
        return;
    }
    if (e->logged && !sqlite3_get_autocommit(e->kase)) { /* not committed: back to a file without a log */
        fb_db_exec(e->kase, "ROLLBACK", NULL);
        (void)fb_case_settle(e->kase, NULL);
    }
    sqlite3_close(e->side);
    sqlite3_close(e->kase);
    fb_seal_state_release(&e->seal);
    free(e);
}

/* {"action":GIVEN,"layers_digest":"..."} */
static void put_digests(struct fb_buf *out, const char *given, const struct fb_digest *layers)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(layers->b, FB_DIGEST_LEN, hex);
    fb_buf_putc(out, '{');
    if (given) {
        fb_buf_puts(out, "\"action\":");
        fb_buf_puts(out, given);
        fb_buf_putc(out, ',');
    }
    fb_buf_printf(out, "\"layers_digest\":\"%s\"}", hex);
}

enum fb_status fb_edit_commit(struct fb_edit *e, const struct fb_custody_entry *entry, struct fb_err *err)
{
    struct fb_digest after;
    struct fb_custody_entry full = *entry;
    struct fb_buf in, out;
    FB_TRY(fb_layers_digest(fb_edit_db(e), e->side != NULL, &after, err));
    fb_buf_init(&in, (size_t)64 << 20);
    fb_buf_init(&out, (size_t)64 << 20);
    put_digests(&in, entry->inputs_json, &e->before);
    put_digests(&out, entry->outputs_json, &after);
    full.inputs_json = fb_buf_cstr(&in);
    full.outputs_json = fb_buf_cstr(&out);
    enum fb_status st = in.failed || out.failed ? fb_err_nomem(err, "the custody log") : FB_OK;
    if (st == FB_OK)
        st = fb_chain_append(fb_edit_db(e), e->side ? &e->seal.head : &zeros, &full, NULL, err);
    if (st == FB_OK)
        st = fb_db_exec(fb_edit_db(e), "COMMIT", err);
    if (st == FB_OK && e->logged)
        st = fb_case_settle(e->kase, err);
    fb_buf_release(&in);
    fb_buf_release(&out);
    if (st == FB_OK && e->shown && e->in_place)
        fb_case_forget(e->shown);
    else if (st == FB_OK && e->shown)
        st = fb_case_reopen(e->shown, err);
    return st;
}

/* ---- layers ---- */

/* The next id of a table, over case and sidecar. */
static enum fb_status next_id(struct fb_edit *e, const char *sql, int64_t *out, struct fb_err *err)
{
    int64_t a = 0, b = 0;
    FB_TRY(fb_db_int(e->kase, sql, 0, &a, err));
    if (e->side)
        FB_TRY(fb_db_int(e->side, sql, 0, &b, err));
    *out = (a > b ? a : b) + 1;
    return FB_OK;
}

static const char *text_or(const char *text, const char *without)
{
    return text ? text : without;
}

enum fb_status fb_edit_layer(struct fb_edit *e, const char *kind, const struct fb_custody_entry *entry,
                             const struct fb_digest *digest, int64_t *run_id, struct fb_err *err)
{
    int64_t run = 0;
    struct timespec now;
    sqlite3_stmt *st;
    FB_TRY(next_id(e, "SELECT max(run_id) FROM layer", run_id, err));
    FB_TRY(fb_db_int(e->kase, "SELECT max(id) FROM run", 0, &run, err));
    if (*run_id <= run)
        *run_id = run + 1;
    clock_gettime(CLOCK_REALTIME, &now);
    FB_TRY(fb_db_prepare(
        fb_edit_db(e),
        "INSERT INTO main.layer(run_id, kind, author, at, tool, params, digest) VALUES(?,?,?,?,?,?,?)", &st,
        err));
    sqlite3_bind_int64(st, 1, *run_id);
    sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, text_or(entry->who, ""), -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 4, entry->at_ns ? entry->at_ns : (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    sqlite3_bind_text(st, 5, text_or(entry->tool_version, ""), -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 6, text_or(entry->params_json, "{}"), -1, SQLITE_STATIC);
    if (digest)
        sqlite3_bind_blob(st, 7, digest->b, FB_DIGEST_LEN, SQLITE_STATIC);
    enum fb_status got = fb_db_run(fb_edit_db(e), st, err);
    sqlite3_finalize(st);
    return got;
}

/* Prepares an insert whose first five parameters are id, run and target. */
static enum fb_status prepare_about(struct fb_edit *e, const char *sql, int64_t id, int64_t run_id,
                                    const struct fb_target *t, sqlite3_stmt **st, struct fb_err *err)
{
    FB_TRY(fb_db_prepare(fb_edit_db(e), sql, st, err));
    sqlite3_bind_int64(*st, 1, id);
    sqlite3_bind_int64(*st, 2, run_id);
    sqlite3_bind_text(*st, 3, t->kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(*st, 4, t->name, -1, SQLITE_STATIC);
    if (t->number)
        sqlite3_bind_int64(*st, 5, (sqlite3_int64)t->number);
    return FB_OK;
}

static enum fb_status finish(struct fb_edit *e, sqlite3_stmt *st, struct fb_err *err)
{
    enum fb_status got = fb_db_run(fb_edit_db(e), st, err);
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_edit_note(struct fb_edit *e, int64_t run_id, const struct fb_target *t, const char *text,
                            int64_t *id, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(next_id(e, "SELECT max(id) FROM note", id, err));
    FB_TRY(prepare_about(
        e, "INSERT INTO main.note(id, run_id, target_kind, target, number, text) VALUES(?,?,?,?,?,?)", *id,
        run_id, t, &st, err));
    sqlite3_bind_text(st, 6, text, -1, SQLITE_STATIC);
    return finish(e, st, err);
}

/* Copies what a note is about into a row that removes it. False: it is not there, or is a removal itself. */
static enum fb_status remove_found(struct fb_edit *e, sqlite3 *db, int64_t run_id, int64_t id, bool *found,
                                   struct fb_err *err)
{
    sqlite3_stmt *st, *put;
    int64_t next;
    FB_TRY(fb_db_prepare(db, "SELECT target_kind, target, number FROM note WHERE id=? AND removes IS NULL",
                         &st, err));
    sqlite3_bind_int64(st, 1, id);
    enum fb_status got = FB_OK;
    *found = sqlite3_step(st) == SQLITE_ROW;
    if (*found) {
        struct fb_target t = {(const char *)sqlite3_column_text(st, 0),
                              (const char *)sqlite3_column_text(st, 1),
                              (uint64_t)sqlite3_column_int64(st, 2)};
        got = next_id(e, "SELECT max(id) FROM note", &next, err);
        if (got == FB_OK)
            got =
                prepare_about(e,
                              "INSERT INTO main.note(id, run_id, target_kind, target, number, text, removes) "
                              "VALUES(?,?,?,?,?,'',?)",
                              next, run_id, &t, &put, err);
        if (got == FB_OK) {
            sqlite3_bind_int64(put, 6, id);
            got = finish(e, put, err);
        }
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status is_removed(sqlite3 *db, int64_t id, bool *yes, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT 1 FROM note WHERE removes=?", &st, err));
    sqlite3_bind_int64(st, 1, id);
    *yes = *yes || sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    return FB_OK;
}

enum fb_status fb_edit_remove_note(struct fb_edit *e, int64_t run_id, int64_t id, struct fb_err *err)
{
    bool gone = false, found = false;
    FB_TRY(is_removed(e->kase, id, &gone, err));
    if (e->side)
        FB_TRY(is_removed(e->side, id, &gone, err));
    if (!gone)
        FB_TRY(remove_found(e, e->kase, run_id, id, &found, err));
    if (!gone && !found && e->side)
        FB_TRY(remove_found(e, e->side, run_id, id, &found, err));
    return found ? FB_OK
                 : fb_err_set(err, FB_ERR_NOTFOUND, "there is no note %lld in this case", (long long)id);
}

enum fb_status fb_edit_tag(struct fb_edit *e, int64_t run_id, const struct fb_target *t, const char *tag,
                           bool set, struct fb_err *err)
{
    sqlite3_stmt *st;
    int64_t id;
    FB_TRY(next_id(e, "SELECT max(id) FROM tag", &id, err));
    FB_TRY(prepare_about(
        e, "INSERT INTO main.tag(id, run_id, target_kind, target, number, tag, state) VALUES(?,?,?,?,?,?,?)",
        id, run_id, t, &st, err));
    sqlite3_bind_text(st, 6, tag, -1, SQLITE_STATIC);
    sqlite3_bind_int(st, 7, set);
    return finish(e, st, err);
}

enum fb_status fb_edit_verdict(struct fb_edit *e, int64_t run_id, const struct fb_target *t,
                               const char *verdict, struct fb_err *err)
{
    sqlite3_stmt *st;
    int64_t id;
    FB_TRY(next_id(e, "SELECT max(id) FROM verdict", &id, err));
    FB_TRY(prepare_about(
        e, "INSERT INTO main.verdict(id, run_id, target_kind, target, number, verdict) VALUES(?,?,?,?,?,?)",
        id, run_id, t, &st, err));
    sqlite3_bind_text(st, 6, verdict, -1, SQLITE_STATIC);
    return finish(e, st, err);
}
