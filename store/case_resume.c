/* Going on with a case whose run was interrupted: what is known while it is incomplete, and what of it stays.
 */
#include "store/case_file.h"
#include "store/case_writer.h"
#include "store/zone.h"

#include <unistd.h>

/* ---- rows of case_info ---- */

static enum fb_status drop_key(struct fb_case *c, const char *key, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db, "DELETE FROM case_info WHERE key=?", &st, err));
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_key(struct fb_case *c, const char *key, const char *text, uint64_t v,
                              struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO case_info(key, value) VALUES(?,?)", &st, err));
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    if (text)
        sqlite3_bind_text(st, 2, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_int64(st, 2, (sqlite3_int64)v);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

void fb_case_set_plan(struct fb_case *c, const char *plan_json)
{
    c->writer->plan_json = plan_json;
}

enum fb_status fb_case_put_plan(struct fb_case *c, const char *plan_json, struct fb_err *err)
{
    return put_key(c, "plan", plan_json, 0, err);
}

static const char *const good_keys[] = {"good_sessions", "good_ordinal", "good_evidence", "good_frame"};

static enum fb_status drop_good(struct fb_case *c, struct fb_err *err)
{
    for (size_t i = 0; i < sizeof good_keys / sizeof *good_keys; i++)
        FB_TRY(drop_key(c, good_keys[i], err));
    return FB_OK;
}

enum fb_status fb_case_drop_progress(struct fb_case *c, struct fb_err *err)
{
    FB_TRY(drop_key(c, "plan", err));
    return drop_good(c, err);
}

/* ---- how far it is good ---- */

void fb_case_set_locate(struct fb_case *c, fb_case_locate locate, void *ctx)
{
    c->writer->locate = locate;
    c->writer->locate_ctx = ctx;
}

/* The sessions of a window and where the last of them began; *rows 0 when it is not in the file. Sessions are
 * numbered in the order of their first packets, so the last one began last. */
static enum fb_status window_end(struct fb_case *c, uint64_t window, uint64_t *rows, uint64_t *ordinal,
                                 struct fb_err *err)
{
    sqlite3_stmt *st;
    struct fb_zone zone;
    FB_TRY(fb_db_prepare(c->db, "SELECT nrows, zone FROM chunk WHERE cid=?", &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_CID(window, FB_KIND_SESSIONS, 0));
    int rc = sqlite3_step(st);
    enum fb_status got = FB_OK;
    *rows = 0;
    if (rc == SQLITE_ROW) {
        const void *p = sqlite3_column_blob(st, 1);
        if (p && fb_zone_read(p, (size_t)sqlite3_column_bytes(st, 1), &zone)) {
            *rows = (uint64_t)sqlite3_column_int64(st, 0);
            *ordinal = zone.hi[FB_COL_FIRST_ORDINAL];
        } else {
            got = fb_err_set(err, FB_ERR_VERIFY, "a chunk of the case has a zone map that cannot be read");
        }
    } else if (rc != SQLITE_DONE) {
        got = fb_db_error(c->db, err, "cannot read the chunks of the case");
    }
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_case_note_progress(struct fb_case *c, const struct fb_window_blobs *b, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    if (b->index != w->good_windows)
        return FB_OK;
    struct fb_case_good good = {0};
    for (uint64_t rows, ordinal;;) {
        FB_TRY(window_end(c, w->good_windows, &rows, &ordinal, err));
        if (rows == 0)
            break;
        good.sessions = w->good_windows++ * FB_CHUNK_ROWS + rows;
        good.ordinal = ordinal;
    }
    /* A run that goes on has not come so far again yet: what the interrupted one said stays. */
    if (w->locate && !w->locate(w->locate_ctx, good.ordinal, &good.evidence, &good.pkt_no))
        return FB_OK;
    const uint64_t value[] = {good.sessions, good.ordinal, good.evidence, good.pkt_no};
    FB_TRY(drop_good(c, err));
    for (size_t i = 0; i < sizeof good_keys / sizeof *good_keys; i++)
        FB_TRY(put_key(c, good_keys[i], NULL, value[i], err));
    return FB_OK;
}

/* ---- windows that are there ---- */

static bool same_row(sqlite3_stmt *st, const struct fb_digest *logical, uint64_t nrows)
{
    return (uint64_t)sqlite3_column_int64(st, 0) == nrows && sqlite3_column_bytes(st, 1) == FB_DIGEST_LEN &&
           memcmp(sqlite3_column_blob(st, 1), logical->b, FB_DIGEST_LEN) == 0;
}

static enum fb_status differs(const struct fb_window_blobs *b, struct fb_err *err)
{
    uint64_t first = b->index * FB_CHUNK_ROWS + 1;
    return fb_err_set(
        err, FB_ERR_VERIFY,
        "sessions %llu to %llu come out differently than before the interruption: the evidence was "
        "changed; ingest it into a new case",
        (unsigned long long)first, (unsigned long long)(first + b->sessions.nrows - 1));
}

enum fb_status fb_case_compare_window(struct fb_case *c, const struct fb_window_blobs *b, bool *there,
                                      struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db,
                         "SELECT nrows, logical_hash, kind FROM chunk WHERE cid BETWEEN ? AND ? ORDER BY cid",
                         &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_CID(b->index, 0, 0));
    sqlite3_bind_int64(st, 2, (sqlite3_int64)FB_CID(b->index + 1, 0, 0) - 1);
    size_t n = 0;
    bool same = true;
    int rc;
    /* The row of the sessions comes first, those of the packet index follow in their order. */
    for (; (rc = sqlite3_step(st)) == SQLITE_ROW; n++) {
        if (n == 0)
            same = sqlite3_column_int(st, 2) == FB_KIND_SESSIONS &&
                   same_row(st, &b->sessions.logical, b->sessions.nrows);
        else
            same = same && n <= b->npackets && sqlite3_column_int(st, 2) == FB_KIND_PACKETS &&
                   same_row(st, &b->packets[n - 1].logical, b->packets[n - 1].nentries);
    }
    enum fb_status got =
        rc == SQLITE_DONE ? FB_OK : fb_db_error(c->db, err, "cannot read the chunks of the case");
    sqlite3_finalize(st);
    *there = n > 0;
    if (got == FB_OK && n > 0 && (!same || n != b->npackets + 1))
        return differs(b, err);
    return got;
}

/* ---- opening ---- */

/* What an interrupted run may leave besides whole windows: spilled pieces, records of its last steps, and
 * tables of facts, which come again from the first row. */
static enum fb_status drop_loose_ends(struct fb_case *c, struct fb_err *err)
{
    static const char *const sql[] = {
        "DELETE FROM chunk_grp WHERE (k>>22)&3=2", /* FB_KIND_SPILL */
        "DELETE FROM evidence",
        "DELETE FROM damage",
        "DELETE FROM interface",
        "DELETE FROM evidence_note",
        "DELETE FROM checkpoint",
        "DELETE FROM timeline_run",
        "DELETE FROM counter",
        "DELETE FROM record_table",
        "DELETE FROM record_chunk",
        "DELETE FROM record_grp",
    };
    _Static_assert(FB_KIND_SPILL == 2 && FB_CID(0, 3, 0) * 16 == (uint64_t)3 << 22,
                   "as in the statement above");
    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++)
        FB_TRY(fb_db_exec(c->db, sql[i], err));
    return FB_OK;
}

/* Reads the case with every check that reading has, before anything is written. */
static enum fb_status check_resumable(const char *path, const struct fb_case_run *run, struct fb_err *err)
{
    struct fb_case *c;
    struct fb_case_info info;
    FB_TRY(fb_case_open(path, &c, err));
    enum fb_status st = fb_case_info(c, &info, err);
    if (st == FB_OK && info.complete)
        st = fb_err_set(err, FB_ERR_USAGE, "this case is complete: there is nothing to resume");
    else if (st == FB_OK && strcmp(info.tool_version, run->tool_version) != 0)
        st = fb_err_set(err, FB_ERR_USAGE,
                        "fbforensics %.64s began this case and has to finish it; this is %s",
                        info.tool_version, run->tool_version);
    else if (st == FB_OK && strcmp(info.params_json, run->params_json) != 0)
        st = fb_err_set(err, FB_ERR_USAGE, "this case was begun with other options; they stay as they were");
    if (st == FB_OK)
        st = fb_case_check(c, err);
    fb_case_close(c);
    return st;
}

static enum fb_status reopen(struct fb_case *c, const struct fb_case_run *run, struct fb_err *err)
{
    FB_TRY(fb_case_writer_new(c, err));
    FB_TRY(fb_case_lock(c->path, &c->writer->lock_fd, err));
    FB_TRY(check_resumable(c->path, run, err));
    FB_TRY(fb_db_open_fill(c->path, &c->db, err));
    FB_TRY(fb_case_writer_start(c, err));
    c->writer->resumed = true;
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(drop_loose_ends(c, err));
    FB_TRY(fb_case_put_run(c, run, err));
    return fb_case_commit(c, err);
}

enum fb_status fb_case_resume(const char *path, const struct fb_case_run *run, struct fb_case **out,
                              struct fb_err *err)
{
    struct fb_case *c = calloc(1, sizeof *c);
    if (!c)
        return fb_err_nomem(err, "the case");
    c->packet_cid = UINT64_MAX;
    c->path = strdup(path);
    enum fb_status st = c->path ? reopen(c, run, err) : fb_err_nomem(err, "the case");
    if (st == FB_OK)
        *out = c;
    else
        fb_case_close(c);
    return st;
}

enum fb_status fb_case_tidy(const char *path, struct fb_err *err)
{
    int lock_fd;
    sqlite3 *db;
    if (!fb_case_has_log(path))
        return FB_OK;
    FB_TRY(fb_case_lock(path, &lock_fd, err));
    enum fb_status st = fb_db_open_fill(path, &db, err);
    if (st == FB_OK) {
        st = fb_case_settle(db, err);
        sqlite3_close(db);
    }
    close(lock_fd);
    return st;
}
