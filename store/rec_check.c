/* Verification of record tables: every blob against its digest, every row made again and digested again,
 * every total counted again. */
#include "store/rec_dir.h"
#include "store/rec_streams.h"

struct check {
    struct fb_case *c;
    sqlite3 *db;
    sqlite3_stmt *hashes;
    bool bytes;     /* nothing is decoded */
    bool has_purge; /* a sidecar has nothing that retention changes */
    struct fb_buf row;
};

static bool same(const struct fb_digest *a, const struct fb_digest *b)
{
    return memcmp(a->b, b->b, FB_DIGEST_LEN) == 0;
}

static enum fb_status bad(struct fb_err *err, const struct fb_rec_table *t, uint64_t rid, const char *what)
{
    return fb_err_set(err, FB_ERR_VERIFY, "chunk %llu of table %s %s", (unsigned long long)rid, t->name,
                      what);
}

static bool take_digest(sqlite3_stmt *st, int col, struct fb_digest *out)
{
    if (sqlite3_column_bytes(st, col) != FB_DIGEST_LEN || !sqlite3_column_blob(st, col))
        return false;
    memcpy(out->b, sqlite3_column_blob(st, col), FB_DIGEST_LEN);
    return true;
}

static enum fb_status check_content(struct check *v, const struct fb_rec_table *t, uint64_t rid,
                                    const struct fb_digest *want, struct fb_err *err)
{
    struct fb_span group[FB_REC_GROUPS] = {0};
    unsigned first = fb_rec_first_group(t->def.order), n = (unsigned)t->def.ncols + 1;
    enum fb_status st = FB_OK;
    for (unsigned g = first; g < n && st == FB_OK; g++) {
        uint8_t *p;
        st = fb_rec_blob(v->c, v->db, rid, g, &p, &group[g].n, err);
        group[g].p = p;
    }
    if (st == FB_OK) {
        struct fb_digest got;
        fb_chunk_content_digest(group + first, n - first, &got);
        if (!same(&got, want))
            st = bad(err, t, rid, "does not match its digest: its bytes were altered");
    }
    for (unsigned g = first; g < n; g++)
        free((void *)(uintptr_t)group[g].p);
    return st;
}

static bool same_ranges(const struct fb_rec_meta *a, const struct fb_rec_meta *b)
{
    return a->first_number == b->first_number && a->last_number == b->last_number &&
           a->ts_min_ns == b->ts_min_ns && a->ts_max_ns == b->ts_max_ns &&
           a->first_ordinal == b->first_ordinal && a->last_ordinal == b->last_ordinal;
}

static enum fb_status check_rows(struct check *v, const struct fb_rec_table *t, struct fb_rec_chunk *k,
                                 const struct fb_digest *want, struct fb_err *err)
{
    const struct fb_rec_meta *m = fb_rec_chunk_meta(k);
    struct fb_rec_meta now = {.rid = m->rid, .nrows = m->nrows};
    struct fb_digest_state d;
    struct fb_digest got;
    fb_digest_init(&d, "fb record rows");
    for (uint32_t i = 0; i < m->nrows; i++) {
        struct fb_rec_at at;
        fb_buf_clear(&v->row);
        bool good = fb_rec_chunk_at(k, i, &at);
        for (size_t col = 0; col < t->def.ncols && good; col++) {
            struct fb_rec_cell cell;
            good = fb_rec_chunk_cell(k, col, i, &cell);
            fb_rec_put(&v->row, t->def.cols[col].type, &cell);
        }
        FB_TRY(fb_rec_chunk_failed(k, err));
        if (v->row.failed)
            return bad(err, t, m->rid, "has a row that is longer than the format allows");
        fb_rec_digest_row(&d, t->def.order, &at, (struct fb_span){v->row.data, v->row.len});
        fb_rec_meta_add(&now, &at, i == 0);
    }
    fb_digest_final(&d, &got);
    if (!same(&got, want))
        return bad(err, t, m->rid, "has rows that do not match their digest");
    if (!same_ranges(&now, m))
        return bad(err, t, m->rid, "has ranges that do not match its rows");
    return FB_OK;
}

static enum fb_status check_chunk(struct check *v, struct fb_rec_table *t, size_t i, struct fb_err *err)
{
    struct fb_digest content, logical;
    uint64_t rid = t->m[i].rid;
    struct fb_rec_held *h;
    sqlite3_bind_int64(v->hashes, 1, (sqlite3_int64)rid);
    bool there = sqlite3_step(v->hashes) == SQLITE_ROW && take_digest(v->hashes, 0, &content) &&
                 take_digest(v->hashes, 1, &logical);
    sqlite3_reset(v->hashes);
    if (!there)
        return bad(err, t, rid, "has no digests");
    FB_TRY(check_content(v, t, rid, &content, err));
    if (v->bytes)
        return FB_OK;
    FB_TRY(fb_rec_take_chunk(v->c, t, i, &h, err));
    enum fb_status st = check_rows(v, t, h->chunk, &logical, err);
    fb_rec_let_chunk(h);
    return st;
}

/* The digest of the table and its number of rows, over what its chunks were when they were written. */
static enum fb_status check_total(struct check *v, const struct fb_rec_table *t, struct fb_err *err)
{
    static const char live[] =
        "SELECT rid, nrows, logical_hash FROM main.record_chunk WHERE rid BETWEEN ?1 AND ?2 ORDER BY rid";
    static const char all[] =
        "SELECT rid, nrows, logical_hash FROM (SELECT rid, nrows, logical_hash FROM main.record_chunk WHERE "
        "rid BETWEEN ?1 AND ?2 AND rid NOT IN (SELECT rid FROM main.record_purge) UNION ALL SELECT rid, "
        "nrows, logical_hash FROM main.record_purge WHERE rid BETWEEN ?1 AND ?2) ORDER BY rid";
    sqlite3_stmt *st;
    struct fb_digest_state d;
    struct fb_digest got, logical;
    uint64_t rows = 0, sub = 0;
    int rc;
    FB_TRY(fb_db_prepare(v->db, v->has_purge ? all : live, &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_REC_RID(t->tid, 0));
    sqlite3_bind_int64(st, 2, (sqlite3_int64)(FB_REC_RID(t->tid + 1, 0) - 1));
    fb_rec_table_digest_init(&d, &t->def, t->cols_text);
    bool good = true;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && good) {
        uint64_t n = (uint64_t)sqlite3_column_int64(st, 1);
        good = take_digest(st, 2, &logical) &&
               (uint64_t)sqlite3_column_int64(st, 0) == FB_REC_RID(t->tid, sub++);
        fb_rec_table_digest_chunk(&d, n, &logical);
        rows += n;
    }
    fb_digest_final(&d, &got);
    enum fb_status end =
        good && rc != SQLITE_DONE ? fb_db_error(v->db, err, "cannot read the tables") : FB_OK;
    sqlite3_finalize(st);
    FB_TRY(end);
    if (!t->finished)
        return fb_err_set(err, FB_ERR_VERIFY, "table %s of run %lld was not finished", t->name,
                          (long long)t->run_id);
    if (!good || rows != t->nrows || !same(&got, &t->digest))
        return fb_err_set(err, FB_ERR_VERIFY, "table %s of run %lld does not match its digest", t->name,
                          (long long)t->run_id);
    return FB_OK;
}

/* A blob or a chunk that belongs to nothing is never read, and would stay outside of every digest. */
static enum fb_status check_orphans(struct check *v, struct fb_err *err)
{
    int64_t orphan = -1;
    FB_TRY(
        fb_db_int(v->db,
                  "SELECT k FROM main.record_grp WHERE (k >> 6) NOT IN (SELECT rid FROM main.record_chunk) "
                  "ORDER BY k LIMIT 1",
                  -1, &orphan, err));
    if (orphan >= 0)
        return fb_err_set(err, FB_ERR_VERIFY, "chunk %lld of the records has bytes but no row",
                          (long long)(orphan >> 6));
    FB_TRY(fb_db_int(v->db,
                     "SELECT rid FROM main.record_chunk WHERE (rid >> 28) NOT IN (SELECT tid FROM "
                     "main.record_table) ORDER BY rid LIMIT 1",
                     -1, &orphan, err));
    if (orphan >= 0)
        return fb_err_set(err, FB_ERR_VERIFY, "chunk %lld of the records belongs to no table",
                          (long long)orphan);
    int64_t group = -1;
    FB_TRY(fb_db_int(v->db,
                     "SELECT g.k FROM main.record_grp g JOIN main.record_chunk c ON c.rid = g.k >> 6 JOIN "
                     "main.record_table t ON t.tid = c.rid >> 28 WHERE (g.k & 63) > 1 + length(t.cols) - "
                     "length(replace(t.cols, ',', '')) LIMIT 1",
                     -1, &group, err));
    return group < 0 ? FB_OK
                     : fb_err_set(err, FB_ERR_VERIFY, "chunk %lld of the records has a group too many",
                                  (long long)(group >> 6));
}

static enum fb_status check_dir(struct check *v, struct fb_rec_dir *dir, bool complete, struct fb_err *err)
{
    enum fb_status st = fb_db_prepare(
        v->db, "SELECT content_hash, logical_hash FROM main.record_chunk WHERE rid=?", &v->hashes, err);
    fb_buf_init(&v->row, 2 * FB_REC_BYTES_MAX);
    for (size_t i = 0; i < dir->n && st == FB_OK; i++) {
        for (size_t k = 0; k < dir->t[i]->n && st == FB_OK; k++)
            st = check_chunk(v, dir->t[i], k, err);
        if (st == FB_OK && complete)
            st = check_total(v, dir->t[i], err);
    }
    if (st == FB_OK && complete)
        st = check_orphans(v, err);
    sqlite3_finalize(v->hashes);
    fb_buf_release(&v->row);
    return st;
}

enum fb_status fb_rec_check(struct fb_case *c, bool complete, bool bytes, struct fb_err *err)
{
    struct check v = {.c = c, .db = c->db, .bytes = bytes, .has_purge = true};
    c->internal++;
    enum fb_status st = check_dir(&v, &c->rec.kase, complete, err);
    c->internal--;
    return st;
}

enum fb_status fb_rec_check_side(struct fb_case *c, sqlite3 *side, struct fb_err *err)
{
    struct check v = {.c = c, .db = side};
    struct fb_rec_dir dir = {0};
    enum fb_status st = fb_rec_dir_read(c, side, &dir, err);
    if (st == FB_OK)
        st = check_dir(&v, &dir, true, err);
    fb_rec_dir_release(&dir);
    fb_rec_forget_unused(c);
    return st;
}
