#include "store/retain_records.h"

struct removal {
    struct fb_case *c;
    int64_t retention, cutoff_ns;
    const struct fb_buf *gone;
    struct fb_rec_batch batch; /* rows that stay */
    struct fb_buf row;
    uint64_t rows;
};

static bool goes(const struct fb_rec_at *at, enum fb_rec_order order, const struct fb_buf *gone,
                 int64_t cutoff_ns)
{
    if (at->number == 0)
        return order == FB_REC_EVENTS && at->ts_ns < cutoff_ns;
    uint64_t bit = at->number - 1;
    return bit / 8 < gone->len && gone->data[bit / 8] >> bit % 8 & 1;
}

static enum fb_status run(sqlite3 *db, const char *sql, uint64_t a, int64_t b, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, sql, &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)a);
    sqlite3_bind_int64(st, 2, b);
    enum fb_status got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status keep_row(struct removal *r, struct fb_rec_chunk *k, const struct fb_rec_def *def,
                               uint32_t row, const struct fb_rec_at *at, struct fb_err *err)
{
    fb_buf_clear(&r->row);
    for (size_t i = 0; i < def->ncols; i++) {
        struct fb_rec_cell cell;
        if (!fb_rec_chunk_cell(k, i, row, &cell))
            return fb_rec_chunk_failed(k, err);
        fb_rec_put(&r->row, def->cols[i].type, &cell);
    }
    FB_TRY(fb_rec_batch_check(&r->batch, (struct fb_span){r->row.data, r->row.len}, err));
    return fb_rec_batch_add(&r->batch, at, err);
}

/* Sorts the rows of a chunk; *went: how many go. */
static enum fb_status sort_rows(struct removal *r, struct fb_rec_chunk *k, const struct fb_rec_def *def,
                                uint32_t *went, struct fb_err *err)
{
    uint32_t n = fb_rec_chunk_meta(k)->nrows;
    *went = 0;
    fb_rec_batch_clear(&r->batch);
    for (uint32_t i = 0; i < n; i++) {
        struct fb_rec_at at;
        if (!fb_rec_chunk_at(k, i, &at))
            return fb_rec_chunk_failed(k, err);
        *went += goes(&at, def->order, r->gone, r->cutoff_ns);
    }
    for (uint32_t i = 0; i<n && * went> 0 && *went < n && r->retention; i++) {
        struct fb_rec_at at;
        (void)fb_rec_chunk_at(k, i, &at);
        if (!goes(&at, def->order, r->gone, r->cutoff_ns))
            FB_TRY(keep_row(r, k, def, i, &at, err));
    }
    return FB_OK;
}

static enum fb_status rewrite(struct removal *r, const struct fb_rec_table *t, uint64_t rid,
                              struct fb_err *err)
{
    sqlite3 *db = r->c->db;
    FB_TRY(
        run(db,
            "INSERT OR IGNORE INTO main.record_purge SELECT rid, ?2, nrows, content_hash, logical_hash FROM "
            "main.record_chunk WHERE rid=?1",
            rid, r->retention, err));
    FB_TRY(run(db, "UPDATE main.record_purge SET retention=?2 WHERE rid=?1", rid, r->retention, err));
    FB_TRY(run(db, "DELETE FROM main.record_grp WHERE k BETWEEN ?1 AND ?2", FB_REC_KEY(rid, 0),
               (int64_t)FB_REC_KEY(rid, 63), err));
    if (r->batch.n == 0)
        return run(db, "DELETE FROM main.record_chunk WHERE rid=?1 AND ?2", rid, 1, err);
    struct fb_rec_blobs blobs;
    enum fb_status st = fb_rec_batch_encode(&r->batch, r->batch.n, &r->c->zip, &blobs, err);
    if (st == FB_OK)
        st = fb_rec_put_chunk(db, rid, &blobs, t->def.ncols, err);
    fb_rec_blobs_release(&blobs);
    return st;
}

static enum fb_status clean_chunk(struct removal *r, struct fb_rec_table *t, size_t i, struct fb_err *err)
{
    struct fb_rec_held *h;
    uint32_t went = 0;
    FB_TRY(fb_rec_take_chunk(r->c, t, i, &h, err));
    enum fb_status st = sort_rows(r, h->chunk, &t->def, &went, err);
    if (st == FB_OK && went > 0 && r->retention)
        st = rewrite(r, t, t->m[i].rid, err);
    r->rows += went;
    fb_rec_let_chunk(h);
    return st;
}

static enum fb_status clean_table(struct removal *r, struct fb_rec_table *t, struct fb_err *err)
{
    if (t->def.order == FB_REC_ROWS)
        return FB_OK;
    if (!fb_rec_batch_init(&r->batch, &t->def)) {
        fb_rec_batch_release(&r->batch);
        return fb_err_nomem(err, "a table");
    }
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < t->n && st == FB_OK; i++)
        st = clean_chunk(r, t, i, err);
    fb_rec_batch_release(&r->batch);
    return st;
}

enum fb_status fb_retain_records(struct fb_case *c, int64_t retention, const struct fb_buf *gone,
                                 int64_t cutoff_ns, uint64_t *rows, struct fb_err *err)
{
    struct removal r = {.c = c, .retention = retention, .gone = gone, .cutoff_ns = cutoff_ns};
    enum fb_status st = FB_OK;
    fb_buf_init(&r.row, 2 * FB_REC_BYTES_MAX);
    for (size_t i = 0; i < c->rec.kase.n && st == FB_OK; i++)
        st = clean_table(&r, c->rec.kase.t[i], err);
    fb_buf_release(&r.row);
    *rows = r.rows;
    return st;
}
