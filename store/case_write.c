/* The writing side of a case: windows fill, the encoder works, finished chunks go into the file one
 * transaction each. */
#include "store/case_file.h"
#include "store/case_writer.h"
#include "store/chain.h"
#include "store/rec_dir.h"

#include <unistd.h>

#include <sodium/utils.h>

#define SPILL_BYTES (8u << 20) /* of one spilled blob before compression */

void fb_case_set_window_ceiling(struct fb_case *c, size_t bytes)
{
    c->writer->ceiling = bytes;
}

struct fb_zip *fb_case_write_zip(struct fb_case *c)
{
    return &c->writer->spill_zip;
}

/* Returns the descriptor of the lock, -1 for none. */
static int writer_free(struct fb_case_writer *w)
{
    if (!w)
        return -1;
    fb_encoder_free(w->encoder);
    for (size_t i = 0; i < w->nwindows; i++)
        fb_window_free(w->window[i]);
    free(w->window);
    fb_zip_release(&w->spill_zip);
    fb_buf_release(&w->scratch);
    fb_filter_set_release(&w->filters);
    sqlite3_finalize(w->put_chunk);
    sqlite3_finalize(w->put_blob);
    sqlite3_finalize(w->del_blob);
    sqlite3_finalize(w->get_blob);
    int lock_fd = w->lock_fd;
    free(w);
    return lock_fd;
}

enum fb_status fb_case_writer_new(struct fb_case *c, struct fb_err *err)
{
    struct fb_case_writer *w = calloc(1, sizeof *w);
    if (!w)
        return fb_err_nomem(err, "the case");
    c->writer = w;
    w->lock_fd = -1;
    w->ceiling = FB_WINDOW_CEILING;
    fb_buf_init(&w->scratch, 16u << 20);
    w->encoder = fb_encoder_new();
    return w->encoder && fb_zip_init(&w->spill_zip, 1) ? FB_OK : fb_err_nomem(err, "the case");
}

enum fb_status fb_case_writer_start(struct fb_case *c, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO chunk VALUES(?,?,?,?,?,?,?,?,?,?)", &w->put_chunk, err));
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO chunk_grp VALUES(?,?)", &w->put_blob, err));
    FB_TRY(fb_db_prepare(c->db, "DELETE FROM chunk_grp WHERE k BETWEEN ? AND ?", &w->del_blob, err));
    FB_TRY(fb_db_prepare(c->db, "SELECT z FROM chunk_grp WHERE k=?", &w->get_blob, err));
    w->began = true;
    return FB_OK;
}

enum fb_status fb_case_create(const char *path, struct fb_case **out, struct fb_err *err)
{
    struct fb_case *c = calloc(1, sizeof *c);
    if (!c)
        return fb_err_nomem(err, "the case");
    c->packet_cid = UINT64_MAX;
    c->path = path ? strdup(path) : NULL;
    enum fb_status st = path && !c->path ? fb_err_nomem(err, "the case") : fb_db_create(path, &c->db, err);
    if (st == FB_OK)
        st = fb_case_writer_new(c, err);
    if (st == FB_OK)
        *out = c;
    else
        fb_case_close(c);
    return st;
}

void fb_case_close(struct fb_case *c)
{
    if (!c)
        return;
    fb_case_stop_reading(c);
    fb_rec_facts_free(c->rec.facts);
    fb_timeline_free(c->timeline);
    /* The lock's descriptor is of the same file and has to outlive the connection (case_file.h). */
    int lock_fd = writer_free(c->writer);
    sqlite3_close(c->db);
    if (lock_fd >= 0)
        close(lock_fd);
    sodium_free(c->secret);
    free(c->path);
    free(c);
}

/* ---- transactions and blobs ---- */

enum fb_status fb_case_write_begin(struct fb_case *c, struct fb_err *err)
{
    if (!c->writer || !c->writer->began)
        return fb_err_set(err, FB_ERR_USAGE, "this case is not being written");
    if (c->writer->in_txn)
        return FB_OK;
    FB_TRY(fb_db_exec(c->db, "BEGIN IMMEDIATE", err));
    c->writer->in_txn = true;
    return FB_OK;
}

enum fb_status fb_case_commit(struct fb_case *c, struct fb_err *err)
{
    if (!c->writer->in_txn)
        return FB_OK;
    c->writer->in_txn = false;
    return fb_db_exec(c->db, "COMMIT", err);
}

static enum fb_status put_blob(struct fb_case *c, uint64_t cid, unsigned group, const struct fb_buf *b,
                               struct fb_err *err)
{
    sqlite3_stmt *st = c->writer->put_blob;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)(cid * 16 + group));
    sqlite3_bind_blob64(st, 2, b->data, b->len, SQLITE_STATIC);
    return fb_db_run(c->db, st, err);
}

static enum fb_status put_session_chunk(struct fb_case *c, uint64_t window, const struct fb_chunk_blobs *b,
                                        struct fb_err *err)
{
    uint64_t cid = FB_CID(window, FB_KIND_SESSIONS, 0), first = window * FB_CHUNK_ROWS + 1;
    sqlite3_stmt *st = c->writer->put_chunk;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)cid);
    sqlite3_bind_int(st, 2, FB_KIND_SESSIONS);
    sqlite3_bind_int64(st, 3, b->nrows);
    sqlite3_bind_int64(st, 4, (sqlite3_int64)first);
    sqlite3_bind_int64(st, 5, (sqlite3_int64)(first + b->nrows - 1));
    sqlite3_bind_int64(st, 6, b->ts_min_ns);
    sqlite3_bind_int64(st, 7, b->ts_max_ns);
    sqlite3_bind_blob64(st, 8, b->zone.data, b->zone.len, SQLITE_STATIC);
    sqlite3_bind_blob(st, 9, b->content.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, 10, b->logical.b, FB_DIGEST_LEN, SQLITE_STATIC);
    FB_TRY(fb_db_run(c->db, st, err));
    for (unsigned g = 0; g < FB_CHUNK_GROUPS; g++)
        FB_TRY(put_blob(c, cid, g, &b->group[g], err));
    return FB_OK;
}

static enum fb_status put_packet_chunk(struct fb_case *c, uint64_t window, size_t sub,
                                       const struct fb_packet_blob *b, struct fb_err *err)
{
    if (sub >= FB_CID_SUBS)
        return fb_err_set(err, FB_ERR_LIMIT, "the packet index of 65,536 sessions is too long for a case");
    uint64_t cid = FB_CID(window, FB_KIND_PACKETS, sub);
    sqlite3_stmt *st = c->writer->put_chunk;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)cid);
    sqlite3_bind_int(st, 2, FB_KIND_PACKETS);
    sqlite3_bind_int64(st, 3, b->nentries);
    sqlite3_bind_int64(st, 4, (sqlite3_int64)b->first_number);
    sqlite3_bind_int64(st, 5, (sqlite3_int64)b->last_number);
    for (int i = 6; i <= 8; i++)
        sqlite3_bind_null(st, i);
    sqlite3_bind_blob(st, 9, b->content.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, 10, b->logical.b, FB_DIGEST_LEN, SQLITE_STATIC);
    FB_TRY(fb_db_run(c->db, st, err));
    return put_blob(c, cid, 0, &b->blob, err);
}

/* ---- spilled pieces ---- */

static enum fb_status put_spill(struct fb_case *c, struct fb_window *w, unsigned group,
                                const struct fb_buf *raw, struct fb_err *err)
{
    if (w->nspills >= FB_CID_SUBS)
        return fb_err_set(err, FB_ERR_LIMIT, "too many spilled pieces for one chunk");
    struct fb_buf z;
    fb_buf_init(&z, FB_BLOB_MAX);
    fb_blob_pack(&c->writer->spill_zip, raw->data, raw->len, &z);
    enum fb_status st = z.failed ? fb_err_nomem(err, "a spilled piece")
                                 : put_blob(c, FB_CID(w->index, FB_KIND_SPILL, w->nspills), group, &z, err);
    w->nspills++;
    fb_buf_release(&z);
    return st;
}

static enum fb_status spill_items(struct fb_case *c, struct fb_window *w, unsigned group,
                                  struct fb_items *items, struct fb_err *err)
{
    struct fb_buf raw;
    fb_buf_init(&raw, SPILL_BYTES + (16u << 20));
    enum fb_status st = FB_OK;
    for (const struct fb_block *b = items->head; b && st == FB_OK; b = b->next) {
        fb_buf_put(&raw, b->bytes, b->len);
        if (raw.failed)
            st = fb_err_nomem(err, "a spilled piece");
        else if (raw.len >= SPILL_BYTES || !b->next) {
            st = put_spill(c, w, group, &raw, err);
            fb_buf_clear(&raw);
        }
    }
    fb_buf_release(&raw);
    if (st == FB_OK)
        fb_items_release(items);
    return st;
}

/* Writes the fullest waiting window to the file and forgets its rows. */
static enum fb_status spill_one(struct fb_case *c, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    struct fb_window *pick = NULL;
    for (size_t i = (size_t)w->done_windows; i < w->nwindows; i++)
        if (w->window[i] && (!pick || fb_window_bytes(w->window[i]) > fb_window_bytes(pick)))
            pick = w->window[i];
    FB_BUG(!pick);
    w->held_bytes -= fb_window_bytes(pick);
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(spill_items(c, pick, 0, &pick->rows, err));
    FB_TRY(spill_items(c, pick, 1, &pick->pieces, err));
    return fb_case_commit(c, err);
}

static enum fb_status load_spill(struct fb_case *c, uint64_t k, struct fb_items *to, struct fb_err *err)
{
    sqlite3_stmt *st = c->writer->get_blob;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)k);
    int rc = sqlite3_step(st);
    enum fb_status got = FB_OK;
    if (rc == SQLITE_ROW) {
        size_t n = 0;
        uint8_t *p = fb_blob_unpack(&c->writer->spill_zip, sqlite3_column_blob(st, 0),
                                    (size_t)sqlite3_column_bytes(st, 0), SPILL_BYTES + (16u << 20), &n);
        if (!p)
            got = fb_err_set(err, FB_ERR_VERIFY, "a spilled piece of the case does not unpack");
        else if (!fb_items_put(to, p, n))
            got = fb_err_nomem(err, "a spilled piece");
        free(p);
    } else if (rc != SQLITE_DONE) {
        got = fb_db_error(c->db, err, "cannot read a spilled piece");
    }
    sqlite3_reset(st);
    return got;
}

/* Spilled items are older than those in memory and go in front of them. */
static void prepend(struct fb_items *items, struct fb_items *older)
{
    if (!older->head)
        return;
    older->tail->next = items->head;
    if (!items->head)
        items->tail = older->tail;
    items->head = older->head;
    items->held_bytes += older->held_bytes;
}

static enum fb_status unspill(struct fb_case *c, struct fb_window *w, struct fb_err *err)
{
    struct fb_items rows = {0}, pieces = {0};
    enum fb_status st = FB_OK;
    for (uint32_t i = 0; i < w->nspills && st == FB_OK; i++) {
        uint64_t k = FB_CID(w->index, FB_KIND_SPILL, i) * 16;
        st = load_spill(c, k, &rows, err);
        if (st == FB_OK)
            st = load_spill(c, k + 1, &pieces, err);
    }
    prepend(&w->rows, &rows);
    prepend(&w->pieces, &pieces);
    return st;
}

static enum fb_status drop_spills(struct fb_case *c, uint64_t window, struct fb_err *err)
{
    uint64_t lo = FB_CID(window, FB_KIND_SPILL, 0), hi = FB_CID(window, FB_KIND_SPILL + 1, 0) - 1;
    sqlite3_bind_int64(c->writer->del_blob, 1, (sqlite3_int64)(lo * 16));
    sqlite3_bind_int64(c->writer->del_blob, 2, (sqlite3_int64)(hi * 16 + 15));
    return fb_db_run(c->db, c->writer->del_blob, err);
}

/* ---- windows into the file ---- */

static enum fb_status write_window(struct fb_case *c, const struct fb_window_blobs *b, struct fb_err *err)
{
    if (b->status != FB_OK) {
        if (err)
            *err = b->err;
        return b->status;
    }
    bool there = false;
    if (c->writer->resumed)
        FB_TRY(fb_case_compare_window(c, b, &there, err));
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(drop_spills(c, b->index, err));
    if (!there) {
        FB_TRY(put_session_chunk(c, b->index, &b->sessions, err));
        for (size_t i = 0; i < b->npackets; i++)
            FB_TRY(put_packet_chunk(c, b->index, i, &b->packets[i], err));
    }
    if (!fb_filter_set_add(&c->writer->filters, b->index, b->sessions.filter.data, b->sessions.filter.len))
        return fb_err_nomem(err, "filters of addresses");
    if (c->writer->filters.held_bytes > FB_FILTERS_HELD)
        FB_TRY(fb_filter_set_flush(&c->writer->filters, c->db, err));
    FB_TRY(fb_case_note_progress(c, b, err));
    return fb_case_commit(c, err);
}

static enum fb_status collect(struct fb_case *c, bool wait, struct fb_err *err)
{
    struct fb_window_blobs b;
    if (!fb_encoder_take(c->writer->encoder, wait, &b))
        return FB_OK;
    enum fb_status st = write_window(c, &b, err);
    fb_window_blobs_release(&b);
    return st;
}

static enum fb_status encode_window(struct fb_case *c, size_t index, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    struct fb_window *win = w->window[index];
    if (fb_encoder_pending(w->encoder) == FB_ENCODER_DEPTH)
        FB_TRY(collect(c, true, err));
    w->held_bytes -= fb_window_bytes(win);
    w->window[index] = NULL;
    enum fb_status st = unspill(c, win, err);
    if (st != FB_OK) {
        fb_window_free(win);
        return st;
    }
    fb_encoder_give(w->encoder, win);
    while (w->done_windows < w->nwindows && !w->window[w->done_windows] && w->done_windows <= index)
        w->done_windows++;
    return FB_OK;
}

/* The window of a session number, made when it is new. */
static enum fb_status window_of(struct fb_case *c, uint64_t number, struct fb_window **out,
                                struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    uint64_t index = (number - 1) / FB_CHUNK_ROWS;
    if (number == 0 || index >= FB_WINDOWS_MAX || index > w->nwindows + (1u << 20))
        return fb_err_set(err, FB_ERR_USAGE, "session number %llu is out of order",
                          (unsigned long long)number);
    if (index >= w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 64;
        while (cap <= index)
            cap *= 2;
        struct fb_window **grown = realloc(w->window, cap * sizeof *grown);
        if (!grown)
            return fb_err_nomem(err, "the case");
        w->window = grown;
        w->cap = cap;
    }
    while (w->nwindows <= index) {
        w->window[w->nwindows] = fb_window_new(w->nwindows);
        if (!w->window[w->nwindows])
            return fb_err_nomem(err, "the case");
        w->nwindows++;
    }
    *out = w->window[index];
    return *out ? FB_OK
                : fb_err_set(err, FB_ERR_USAGE, "session %llu came twice", (unsigned long long)number);
}

/* ---- the sink ---- */

static int keep_error(struct fb_case *c, enum fb_status st)
{
    if (st != FB_OK && c->writer->err.status == FB_OK)
        c->writer->err.status = st;
    return (int)st;
}

static enum fb_status account(struct fb_case *c, size_t before, const struct fb_window *win,
                              struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    w->held_bytes += fb_window_bytes(win) - before;
    while (w->held_bytes > w->ceiling) {
        size_t held = w->held_bytes;
        FB_TRY(spill_one(c, err));
        if (w->held_bytes >= held)
            break;
    }
    return FB_OK;
}

static int on_packets(void *ctx, const struct fb_packet_run *run)
{
    struct fb_case *c = ctx;
    struct fb_err *err = &c->writer->err;
    struct fb_window *win;
    if (err->status != FB_OK)
        return (int)err->status;
    enum fb_status st = window_of(c, run->number, &win, err);
    if (st == FB_OK) {
        size_t before = fb_window_bytes(win);
        st = fb_window_add_packets(win, &c->writer->scratch, run, err);
        if (st == FB_OK)
            st = account(c, before, win, err);
    }
    return keep_error(c, st);
}

static enum fb_status add_session(struct fb_case *c, const struct fb_session *s, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    struct fb_window *win;
    if (!w->began)
        return fb_err_set(err, FB_ERR_USAGE, "this case is not being written");
    FB_TRY(window_of(c, s->number, &win, err));
    size_t before = fb_window_bytes(win);
    FB_TRY(fb_window_add_session(win, &w->scratch, s, err));
    w->sessions++;
    if (win->arrived < FB_CHUNK_ROWS)
        return account(c, before, win, err);
    w->held_bytes += fb_window_bytes(win) - before;
    FB_TRY(encode_window(c, (size_t)win->index, err));
    return collect(c, false, err);
}

static int on_session(void *ctx, const struct fb_session *s)
{
    struct fb_case *c = ctx;
    if (c->writer->err.status != FB_OK)
        return (int)c->writer->err.status;
    return keep_error(c, add_session(c, s, &c->writer->err));
}

int fb_case_on_record(void *ctx, const struct fb_observed *o)
{
    struct fb_case *c = ctx;
    if (c->writer->err.status != FB_OK)
        return (int)c->writer->err.status;
    return keep_error(c, fb_case_put_record(c, o, &c->writer->err));
}

struct fb_session_sink fb_case_sink(struct fb_case *c)
{
    return (struct fb_session_sink){
        .ctx = c, .packets = on_packets, .session = on_session, .observed = fb_case_on_record};
}

const struct fb_err *fb_case_sink_error(const struct fb_case *c)
{
    static const struct fb_err none;
    return c->writer ? &c->writer->err : &none;
}

/* ---- begin and finish ---- */

static enum fb_status put_info_int(struct fb_case *c, const char *key, uint64_t v, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO case_info(key, value) VALUES(?,?)", &st, err));
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)v);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_info_digest(struct fb_case *c, const char *key, const struct fb_digest *d,
                                      struct fb_err *err)
{
    sqlite3_stmt *st;
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(d->b, sizeof d->b, hex);
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO case_info(key, value) VALUES(?,?)", &st, err));
    sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, hex, -1, SQLITE_TRANSIENT);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_case_put_run(struct fb_case *c, const struct fb_case_run *run, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO run(tool_version, params, custody) VALUES(?,?,?)", &st, err));
    const char *text[3] = {run->tool_version, run->params_json, run->custody_json};
    for (int i = 0; i < 3; i++)
        sqlite3_bind_text(st, i + 1, text[i] ? text[i] : "", -1, SQLITE_STATIC);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

/* The case becomes a file here, with its run and plan in it. */
enum fb_status fb_case_begin(struct fb_case *c, const struct fb_case_run *run, struct fb_err *err)
{
    if (!c->writer || c->writer->began)
        return fb_err_set(err, FB_ERR_USAGE, "this case has a run already");
    FB_TRY(fb_case_put_run(c, run, err));
    if (c->path) {
        if (c->writer->plan_json)
            FB_TRY(fb_case_put_plan(c, c->writer->plan_json, err));
        FB_TRY(fb_case_publish(c->db, c->path, &c->writer->lock_fd, err));
        sqlite3_close(c->db);
        c->db = NULL;
        FB_TRY(fb_db_open_fill(c->path, &c->db, err));
    }
    return fb_case_writer_start(c, err);
}

static enum fb_status flush_windows(struct fb_case *c, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    for (size_t i = 0; i < w->nwindows; i++) {
        if (!w->window[i])
            continue;
        if (w->window[i]->arrived < FB_CHUNK_ROWS && i + 1 < w->nwindows)
            return fb_err_set(err, FB_ERR_USAGE, "session numbers are missing between %llu and %llu",
                              (unsigned long long)(i * FB_CHUNK_ROWS + 1),
                              (unsigned long long)((i + 1) * FB_CHUNK_ROWS));
        FB_TRY(encode_window(c, i, err));
    }
    while (fb_encoder_pending(w->encoder) > 0)
        FB_TRY(collect(c, true, err));
    return FB_OK;
}

static enum fb_status write_digests(struct fb_case *c, struct fb_err *err)
{
    struct fb_digest cases, packets, evidence, records;
    uint64_t nsessions = 0, nentries = 0;
    FB_TRY(fb_case_digest_chunks(c->db, FB_KIND_SESSIONS, &cases, &nsessions, err));
    FB_TRY(fb_case_digest_chunks(c->db, FB_KIND_PACKETS, &packets, &nentries, err));
    FB_TRY(fb_case_digest_evidence(c->db, &evidence, err));
    FB_TRY(fb_rec_digest_facts(c->db, &records, err));
    FB_TRY(put_info_int(c, "sessions", nsessions, err));
    FB_TRY(put_info_digest(c, "case_digest", &cases, err));
    FB_TRY(put_info_digest(c, "packet_index_digest", &packets, err));
    FB_TRY(put_info_digest(c, "evidence_digest", &evidence, err));
    FB_TRY(put_info_digest(c, "records_digest", &records, err));
    return put_info_int(c, "complete", 1, err);
}

/* Room of spilled pieces is given back; a full disk lets the case keep it. */
static enum fb_status compact(struct fb_case *c, struct fb_err *err)
{
    int64_t pages = 0, unused = 0;
    FB_TRY(fb_db_int(c->db, "PRAGMA page_count", 0, &pages, err));
    FB_TRY(fb_db_int(c->db, "PRAGMA freelist_count", 0, &unused, err));
    if (!c->path || unused <= pages / 16)
        return FB_OK;
    enum fb_status st = fb_db_exec(c->db, "VACUUM", err);
    int rc = sqlite3_errcode(c->db) & 0xff;
    return st == FB_OK || rc == SQLITE_FULL || rc == SQLITE_BUSY ? FB_OK : st;
}

enum fb_status fb_case_finish(struct fb_case *c, struct fb_err *err)
{
    struct fb_case_writer *w = c->writer;
    if (!w || !w->began)
        return fb_err_set(err, FB_ERR_USAGE, "this case is not being written");
    if (w->err.status != FB_OK) {
        if (err)
            *err = w->err;
        return w->err.status;
    }
    FB_TRY(flush_windows(c, err));
    FB_TRY(fb_rec_facts_finish(c, err));
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(fb_timeline_flush(c, err));
    FB_TRY(fb_filter_set_flush(&w->filters, c->db, err));
    FB_TRY(fb_case_commit(c, err));
    FB_TRY(compact(c, err));
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(fb_case_drop_progress(c, err));
    FB_TRY(write_digests(c, err));
    FB_TRY(fb_custody_finish(c, err));
    FB_TRY(fb_case_commit(c, err));
    int lock_fd = writer_free(w);
    c->writer = NULL;
    fb_timeline_free(c->timeline);
    c->timeline = NULL;
    enum fb_status st = c->path ? fb_case_settle(c->db, err) : fb_db_harden(c->db, err);
    if (c->path) {
        sqlite3_close(c->db);
        c->db = NULL;
    }
    if (lock_fd >= 0)
        close(lock_fd);
    FB_TRY(st);
    if (c->path)
        FB_TRY(fb_db_open(c->path, &c->db, err));
    return fb_case_start_reading(c, err);
}
