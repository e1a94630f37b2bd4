#include "store/retain.h"

#include "store/case_file.h"
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/retain_records.h"

#include <sys/stat.h>
#include <unistd.h>

/* The rows of one window that go. */
struct marks {
    uint8_t bits[FB_CHUNK_ROWS / 8]; /* gone now or before */
    uint32_t fresh, all;             /* rows that go now; rows that are gone then */
};

struct retain {
    struct fb_case *c; /* on a connection that can write */
    int64_t cutoff_ns, id;
    bool dry_run;
    struct fb_retain_report *report;
    struct fb_digest_state digest;
    struct fb_chunk_writer *writer;
    struct fb_buf rows;
    struct fb_filter_set filters;
    struct marks marks; /* of the window at hand */
    struct fb_buf gone; /* bit number - 1: the session goes now or went before; for the record tables */
    sqlite3_stmt *keep, *mark, *update, *put_blob, *drop, *drop_blobs;
};

/* ---- which rows go ---- */

static int64_t end_of(const struct fb_session *s)
{
    int64_t end;
    if (s->duration_ns <= 0 || __builtin_add_overflow(s->ts_ns, s->duration_ns, &end))
        return s->ts_ns;
    return end;
}

static enum fb_status note_row(struct retain *r, const struct fb_session *s, struct fb_err *err)
{
    struct fb_retain_report *t = r->report;
    size_t digested = 0;
    int64_t end = end_of(s);
    if (t->sessions == 0 || s->ts_ns < t->first_ts_ns)
        t->first_ts_ns = s->ts_ns;
    if (t->sessions == 0 || end > t->last_ts_ns)
        t->last_ts_ns = end;
    t->sessions++;
    fb_buf_clear(&r->rows);
    if (!fb_row_put(&r->rows, s, &digested))
        return fb_err_nomem(err, "a session row");
    fb_digest_update_le64(&r->digest, s->number);
    fb_digest_update(&r->digest, r->rows.data, digested);
    return FB_OK;
}

static enum fb_status mark_rows(struct retain *r, const struct fb_held_chunk *h, struct fb_err *err)
{
    struct marks *m = &r->marks;
    const struct fb_gone *before = fb_gone_find(&r->c->gone, fb_chunk_cid(h->chunk) >> 20);
    memset(m, 0, sizeof *m);
    for (uint32_t i = 0; i < fb_chunk_nrows(h->chunk); i++) {
        struct fb_session s;
        bool gone = fb_gone_row(before, i);
        if (!gone) {
            fb_chunk_session(h->chunk, i, &s);
            FB_TRY(fb_chunk_failed(h->chunk, err));
            if (end_of(&s) >= r->cutoff_ns) {
                r->report->sessions_left++;
                continue;
            }
            m->fresh++;
            FB_TRY(note_row(r, &s, err));
        }
        m->bits[i / 8] |= (uint8_t)(1u << i % 8);
        m->all++;
    }
    return FB_OK;
}

static bool is_marked(const struct retain *r, uint64_t number)
{
    uint32_t row = (uint32_t)((number - 1) % FB_CHUNK_ROWS);
    return r->marks.bits[row / 8] >> row % 8 & 1;
}

/* ---- chunks that change ---- */

/* What a chunk was goes into `purge`, once: the first digests are those that the case digest is made of. */
static enum fb_status keep_record(struct retain *r, const struct fb_chunk_meta *m, uint32_t removed,
                                  const uint8_t *bits, struct fb_err *err)
{
    sqlite3_bind_int64(r->keep, 1, (sqlite3_int64)m->cid);
    sqlite3_bind_int64(r->keep, 2, r->id);
    FB_TRY(fb_db_run(r->c->db, r->keep, err));
    sqlite3_bind_int64(r->mark, 1, (sqlite3_int64)m->cid);
    sqlite3_bind_int64(r->mark, 2, removed);
    if (bits)
        sqlite3_bind_blob(r->mark, 3, bits, (int)((m->nrows + 7) / 8), SQLITE_STATIC);
    else
        sqlite3_bind_null(r->mark, 3);
    sqlite3_bind_int64(r->mark, 4, r->id);
    return fb_db_run(r->c->db, r->mark, err);
}

static enum fb_status drop_chunk(struct retain *r, uint64_t cid, struct fb_err *err)
{
    sqlite3_bind_int64(r->drop, 1, (sqlite3_int64)cid);
    FB_TRY(fb_db_run(r->c->db, r->drop, err));
    sqlite3_bind_int64(r->drop_blobs, 1, (sqlite3_int64)(cid * 16));
    sqlite3_bind_int64(r->drop_blobs, 2, (sqlite3_int64)(cid * 16 + 15));
    return fb_db_run(r->c->db, r->drop_blobs, err);
}

static enum fb_status put_blob(struct retain *r, uint64_t cid, unsigned group, const struct fb_buf *b,
                               struct fb_err *err)
{
    sqlite3_bind_int64(r->put_blob, 1, (sqlite3_int64)(cid * 16 + group));
    sqlite3_bind_blob64(r->put_blob, 2, b->data, b->len, SQLITE_STATIC);
    return fb_db_run(r->c->db, r->put_blob, err);
}

/* Rows that stay, and for each that goes an empty one at the time of a neighbour that stays. */
static enum fb_status collect_rows(struct retain *r, struct fb_chunk *k, struct fb_span *span,
                                   struct fb_err *err)
{
    uint32_t n = fb_chunk_nrows(k), stays = 0;
    size_t off[2] = {0};
    while (is_marked(r, fb_chunk_first(k) + stays))
        stays++;
    fb_buf_clear(&r->rows);
    for (uint32_t i = 0; i < n; i++) {
        struct fb_session s;
        bool gone = is_marked(r, fb_chunk_first(k) + i);
        if (!gone)
            stays = i;
        fb_chunk_session(k, stays, &s);
        if (gone)
            s = (struct fb_session){.number = fb_chunk_first(k) + i,
                                    .ts_ns = s.ts_ns,
                                    .service = "",
                                    .history = "",
                                    .tunnel = "",
                                    .vlan = FB_VLAN_NONE,
                                    .inner_vlan = FB_VLAN_NONE,
                                    .syn_synack_ns = -1,
                                    .synack_ack_ns = -1};
        off[0] = r->rows.len;
        if (!fb_row_put(&r->rows, &s, NULL))
            return fb_err_nomem(err, "the rows of a chunk");
        span[i] = (struct fb_span){NULL, r->rows.len - off[0]};
    }
    const uint8_t *p = r->rows.data;
    for (uint32_t i = 0; i < n; i++) {
        span[i].p = p;
        p += span[i].n;
    }
    return fb_chunk_failed(k, err);
}

static enum fb_status update_session_chunk(struct retain *r, uint64_t cid, const struct fb_chunk_blobs *b,
                                           struct fb_err *err)
{
    static const char sql[] = "UPDATE chunk SET ts_min=?, ts_max=?, zone=?, content_hash=?, logical_hash=? "
                              "WHERE cid=?";
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(r->c->db, sql, &st, err));
    sqlite3_bind_int64(st, 1, b->ts_min_ns);
    sqlite3_bind_int64(st, 2, b->ts_max_ns);
    sqlite3_bind_blob64(st, 3, b->zone.data, b->zone.len, SQLITE_STATIC);
    sqlite3_bind_blob(st, 4, b->content.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, 5, b->logical.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(st, 6, (sqlite3_int64)cid);
    enum fb_status got = fb_db_run(r->c->db, st, err);
    sqlite3_finalize(st);
    for (unsigned g = 0; g < FB_CHUNK_GROUPS && got == FB_OK; g++)
        got = put_blob(r, cid, g, &b->group[g], err);
    return got;
}

/* What was removed may not be found in the filters any more. `filter` NULL: nothing of the chunk is left. */
static enum fb_status set_filter(struct retain *r, const struct fb_chunk_meta *m, const struct fb_buf *filter,
                                 struct fb_err *err)
{
    if (!fb_filter_set_add(&r->filters, m->cid >> 20, filter ? filter->data : NULL, filter ? filter->len : 0))
        return fb_err_nomem(err, "filters of addresses");
    return r->filters.held_bytes > FB_FILTERS_HELD ? fb_filter_set_flush(&r->filters, r->c->db, err) : FB_OK;
}

static enum fb_status rewrite_sessions(struct retain *r, struct fb_held_chunk *h,
                                       const struct fb_chunk_meta *m, struct fb_err *err)
{
    if (r->marks.all == m->nrows) {
        FB_TRY(keep_record(r, m, m->nrows, NULL, err));
        FB_TRY(set_filter(r, m, NULL, err));
        return drop_chunk(r, m->cid, err);
    }
    struct fb_span *span = calloc(m->nrows, sizeof *span);
    struct fb_chunk_blobs blobs = {0};
    enum fb_status st = span ? collect_rows(r, h->chunk, span, err) : fb_err_nomem(err, "a chunk");
    if (st == FB_OK)
        st = fb_chunk_write(r->writer, span, m->nrows, &blobs, err);
    if (st == FB_OK)
        st = keep_record(r, m, r->marks.all, r->marks.bits, err);
    if (st == FB_OK)
        st = update_session_chunk(r, m->cid, &blobs, err);
    if (st == FB_OK)
        st = set_filter(r, m, &blobs.filter, err);
    fb_chunk_blobs_release(&blobs);
    free(span);
    return st;
}

/* ---- the packet index ---- */

static enum fb_status update_packet_chunk(struct retain *r, uint64_t cid, const struct fb_packet_blob *b,
                                          struct fb_err *err)
{
    sqlite3_stmt *st = r->update;
    sqlite3_bind_int64(st, 1, b->nentries);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)b->first_number);
    sqlite3_bind_int64(st, 3, (sqlite3_int64)b->last_number);
    sqlite3_bind_blob(st, 4, b->content.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, 5, b->logical.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(st, 6, (sqlite3_int64)cid);
    FB_TRY(fb_db_run(r->c->db, st, err));
    return put_blob(r, cid, 0, &b->blob, err);
}

static enum fb_status rewrite_packet_chunk(struct retain *r, const struct fb_chunk_meta *m,
                                           struct fb_err *err)
{
    const struct fb_packet_chunk *k;
    struct fb_packet_packer packer;
    struct fb_packet_blob blob = {0};
    uint32_t gone = 0;
    FB_TRY(fb_case_packet_chunk(r->c, m, &k, err));
    fb_packet_packer_init(&packer);
    for (uint32_t i = 0; i < k->n; i++) {
        if (is_marked(r, k->entry[i].number)) {
            r->report->packets += k->entry[i].pkts;
            gone++;
        } else if (!r->dry_run) {
            fb_packet_packer_add(&packer, &k->entry[i]);
        }
    }
    enum fb_status st = FB_OK;
    if (gone && !r->dry_run) {
        st = keep_record(r, m, gone, NULL, err);
        if (st == FB_OK && gone == k->n)
            st = drop_chunk(r, m->cid, err);
        else if (st == FB_OK && !fb_packet_packer_close(&packer, &r->c->zip, &blob))
            st = fb_err_nomem(err, "the packet index");
        else if (st == FB_OK)
            st = update_packet_chunk(r, m->cid, &blob, err);
    }
    fb_buf_release(&blob.blob);
    fb_packet_packer_release(&packer);
    return st;
}

static enum fb_status rewrite_packets(struct retain *r, uint64_t window, struct fb_err *err)
{
    const struct fb_chunk_list *list = &r->c->packets;
    for (size_t i = fb_chunk_list_find(list, window * FB_CHUNK_ROWS + 1);
         i < list->n && list->m[i].cid >> 20 == window; i++)
        FB_TRY(rewrite_packet_chunk(r, &list->m[i], err));
    return FB_OK;
}

/* ---- record tables ---- */

static enum fb_status note_gone(struct retain *r, const struct fb_chunk_meta *m, struct fb_err *err)
{
    size_t from = (size_t)((m->cid >> 20) * sizeof r->marks.bits), end = from + sizeof r->marks.bits;
    if (r->marks.all == 0)
        return FB_OK;
    if (end > r->gone.len && fb_buf_reserve(&r->gone, end - r->gone.len)) {
        memset(r->gone.data + r->gone.len, 0, end - r->gone.len);
        r->gone.len = end;
    }
    if (r->gone.failed)
        return fb_err_nomem(err, "the sessions that go");
    memcpy(r->gone.data + from, r->marks.bits, sizeof r->marks.bits);
    return FB_OK;
}

/* ---- the whole case ---- */

static enum fb_status each_window(struct retain *r, struct fb_err *err)
{
    for (size_t i = 0; i < r->c->sessions.n; i++) {
        const struct fb_chunk_meta *m = &r->c->sessions.m[i];
        struct fb_held_chunk *h;
        FB_TRY(fb_case_take_chunk(r->c, m, &h, err));
        enum fb_status st = mark_rows(r, h, err);
        if (st == FB_OK)
            st = note_gone(r, m, err);
        if (st == FB_OK && r->marks.fresh) {
            r->report->chunks_whole += r->marks.all == m->nrows;
            r->report->chunks_partial += r->marks.all != m->nrows;
            st = rewrite_packets(r, m->cid >> 20, err);
            if (st == FB_OK && !r->dry_run)
                st = rewrite_sessions(r, h, m, err);
        }
        fb_case_let_chunk(r->c, h);
        FB_TRY(st);
    }
    return FB_OK;
}

static enum fb_status prepare(struct retain *r, struct fb_err *err)
{
    const struct {
        sqlite3_stmt **st;
        const char *sql;
    } all[] = {
        {&r->keep, "INSERT OR IGNORE INTO purge SELECT cid, ?2, kind, nrows, first_number, last_number, 0, "
                   "NULL, content_hash, logical_hash FROM chunk WHERE cid=?1"},
        /* Packets: what is gone adds up; sessions: the count is of all that are gone by now. */
        {&r->mark, "UPDATE purge SET removed=CASE kind WHEN 0 THEN ?2 ELSE removed+?2 END, gone=?3, "
                   "retention=?4 WHERE cid=?1"},
        {&r->update, "UPDATE chunk SET nrows=?, first_number=?, last_number=?, content_hash=?, "
                     "logical_hash=? WHERE cid=?"},
        {&r->put_blob, "INSERT OR REPLACE INTO chunk_grp VALUES(?,?)"},
        {&r->drop, "DELETE FROM chunk WHERE cid=?"},
        {&r->drop_blobs, "DELETE FROM chunk_grp WHERE k BETWEEN ? AND ?"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        FB_TRY(fb_db_prepare(r->c->db, all[i].sql, all[i].st, err));
    r->writer = fb_chunk_writer_new();
    if (!r->writer)
        return fb_err_nomem(err, "a chunk");
    return fb_db_int(r->c->db, "SELECT coalesce(max(id), 0) + 1 FROM retention", 1, &r->id, err);
}

static void finish(struct retain *r)
{
    sqlite3_stmt *all[] = {r->keep, r->mark, r->update, r->put_blob, r->drop, r->drop_blobs};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    fb_chunk_writer_free(r->writer);
    fb_filter_set_release(&r->filters);
    fb_buf_release(&r->rows);
    fb_buf_release(&r->gone);
}

static enum fb_status put_record(struct retain *r, struct fb_err *err)
{
    sqlite3_stmt *st;
    const struct fb_retain_report *t = r->report;
    FB_TRY(fb_db_prepare(r->c->db, "INSERT INTO retention VALUES(?,?,?,?,?,?,?)", &st, err));
    const int64_t v[6] = {r->id,          r->cutoff_ns, (int64_t)t->sessions, (int64_t)t->packets,
                          t->first_ts_ns, t->last_ts_ns};
    for (int i = 0; i < 6; i++)
        sqlite3_bind_int64(st, i + 1, v[i]);
    sqlite3_bind_blob(st, 7, t->digest.b, FB_DIGEST_LEN, SQLITE_STATIC);
    enum fb_status got = fb_db_run(r->c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

/* The custody record: the case digest is what it was, and what went has a digest of its own. */
static enum fb_status put_custody(struct retain *r, const struct fb_custody_entry *entry,
                                  const struct fb_digest *case_digest, struct fb_err *err)
{
    static const struct fb_digest zeros;
    char in[FB_DIGEST_HEXLEN], gone[FB_DIGEST_HEXLEN];
    struct fb_buf inputs, outputs;
    struct fb_custody_entry e = *entry;
    fb_hex(case_digest->b, FB_DIGEST_LEN, in);
    fb_hex(r->report->digest.b, FB_DIGEST_LEN, gone);
    fb_buf_init(&inputs, 1024);
    fb_buf_init(&outputs, 1024);
    fb_buf_printf(&inputs, "{\"case_digest\":\"%s\"}", in);
    fb_buf_printf(&outputs, "{\"removed\":\"%s\",\"removed_records\":%llu,\"removed_sessions\":%llu}", gone,
                  (unsigned long long)r->report->records, (unsigned long long)r->report->sessions);
    e.inputs_json = fb_buf_cstr(&inputs);
    e.outputs_json = fb_buf_cstr(&outputs);
    enum fb_status st = fb_chain_append(r->c->db, &zeros, &e, NULL, err);
    fb_buf_release(&inputs);
    fb_buf_release(&outputs);
    return st;
}

static enum fb_status retain(struct retain *r, const struct fb_custody_entry *entry, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(r->c, &info, err));
    if (info.sealed)
        return fb_err_set(err, FB_ERR_USAGE, "the case is sealed: nothing is ever removed from it");
    if (!info.complete)
        return fb_err_set(err, FB_ERR_USAGE, "the case is incomplete: finish its ingest first");
    if (!r->dry_run)
        FB_TRY(prepare(r, err));
    fb_digest_init(&r->digest, "fb removed rows");
    FB_TRY(each_window(r, err));
    fb_digest_final(&r->digest, &r->report->digest);
    FB_TRY(fb_retain_records(r->c, r->dry_run ? 0 : r->id, &r->gone, r->cutoff_ns, &r->report->records, err));
    if (r->dry_run || (r->report->sessions == 0 && r->report->records == 0))
        return FB_OK;
    FB_TRY(fb_filter_set_flush(&r->filters, r->c->db, err));
    FB_TRY(put_record(r, err));
    FB_TRY(put_custody(r, entry, &info.case_digest, err));
    fb_case_forget(r->c);
    return fb_case_check(r->c, err); /* before it counts */
}

/* The pages that were given up are zeroed by now; this gives their room back. */
static enum fb_status shrink(sqlite3 *db, struct fb_err *err)
{
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM attaches its copy */
    return fb_db_exec(db, "PRAGMA temp_store=DEFAULT; VACUUM", err);
}

/* The lock that every writer of a case takes, on the file that a link leads to. */
static enum fb_status lock(const char *path, int *lock_fd, struct fb_err *err)
{
    char *real = realpath(path, NULL);
    struct stat sb;
    /* What is no file is refused by opening it, which says why. */
    bool file = real && stat(real, &sb) == 0 && S_ISREG(sb.st_mode);
    enum fb_status st = file ? fb_case_lock(real, lock_fd, err) : FB_OK;
    free(real);
    return st;
}

static void unlock(int lock_fd)
{
    if (lock_fd >= 0)
        close(lock_fd);
}

static enum fb_status remove_or_count(const char *path, int64_t cutoff_ns, bool dry_run,
                                      const struct fb_custody_entry *entry, struct fb_retain_report *report,
                                      struct fb_err *err)
{
    struct retain r = {.cutoff_ns = cutoff_ns, .dry_run = dry_run, .report = report};
    int lock_fd = -1;
    *report = (struct fb_retain_report){0};
    fb_buf_init(&r.rows, (size_t)1 << 30);
    fb_buf_init(&r.gone, SIZE_MAX / 4);
    if (!dry_run)
        FB_TRY(lock(path, &lock_fd, err));
    enum fb_status st = fb_case_open_to_change(path, dry_run, &r.c, err);
    if (st != FB_OK) {
        unlock(lock_fd);
        return st;
    }
    /* A log, as in edit.c: what a kill leaves, a reader without write access can open. */
    st = dry_run ? FB_OK
                 : fb_db_exec(r.c->db, "PRAGMA journal_mode=MEMORY; PRAGMA journal_mode=WAL; BEGIN IMMEDIATE",
                              err);
    if (st == FB_OK)
        st = retain(&r, entry, err);
    finish(&r);
    bool changed = st == FB_OK && !dry_run && (report->sessions > 0 || report->records > 0);
    if (changed)
        st = fb_db_exec(r.c->db, "COMMIT", err);
    if (st == FB_OK && changed)
        st = shrink(r.c->db, err);
    if (!dry_run && !sqlite3_get_autocommit(r.c->db))
        (void)fb_db_exec(r.c->db, "ROLLBACK", NULL);
    if (!dry_run) {
        enum fb_status settled = fb_case_settle(r.c->db, st == FB_OK ? err : NULL);
        st = st == FB_OK ? settled : st;
    }
    fb_case_close(r.c);
    unlock(lock_fd); /* behind the connection: closing it earlier would drop SQLite's locks */
    return st;
}

/* Counts first: where nothing goes, not a byte of the case changes. */
enum fb_status fb_case_retain(const char *path, int64_t cutoff_ns, bool dry_run,
                              const struct fb_custody_entry *entry, struct fb_retain_report *report,
                              struct fb_err *err)
{
    FB_TRY(remove_or_count(path, cutoff_ns, true, entry, report, err));
    if (dry_run || (report->sessions == 0 && report->records == 0))
        return FB_OK;
    return remove_or_count(path, cutoff_ns, false, entry, report, err);
}
