/* Which ordinals are which packets of which evidence: runs, 65,536 to a compressed row. */
#include "store/case_impl.h"

#define BLOCK_RUNS 65536u

struct run {
    uint64_t first_ordinal, first_pkt_no, count;
    uint32_t evidence;
};

struct fb_timeline_block {
    struct run *run; /* ascending by first_ordinal */
    size_t n;
    uint64_t first_ordinal; /* key of the row; reading */
};

void fb_timeline_free(struct fb_timeline_block *t)
{
    if (!t)
        return;
    free(t->run);
    free(t);
}

static struct fb_timeline_block *block_new(void)
{
    struct fb_timeline_block *t = calloc(1, sizeof *t);
    if (t)
        t->run = calloc(BLOCK_RUNS, sizeof *t->run);
    if (t && t->run)
        return t;
    fb_timeline_free(t);
    return NULL;
}

/* ---- writing ---- */

static enum fb_status insert(struct fb_case *c, const struct fb_timeline_block *t, const struct fb_buf *z,
                             struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO timeline_run VALUES(?,?,?)", &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)t->run[0].first_ordinal);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)t->n);
    sqlite3_bind_blob64(st, 3, z->data, z->len, SQLITE_STATIC);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_timeline_flush(struct fb_case *c, struct fb_err *err)
{
    struct fb_timeline_block *t = c->timeline;
    if (!t || t->n == 0)
        return FB_OK;
    struct fb_buf raw, z;
    fb_buf_init(&raw, BLOCK_RUNS * 40u);
    fb_buf_init(&z, BLOCK_RUNS * 48u);
    uint64_t next = t->run[0].first_ordinal;
    for (size_t i = 0; i < t->n; i++) {
        const struct run *r = &t->run[i];
        fb_buf_put_varint(&raw, r->evidence);
        fb_buf_put_varint(&raw, r->first_ordinal - next);
        fb_buf_put_varint(&raw, r->first_pkt_no);
        fb_buf_put_varint(&raw, r->count);
        next = r->first_ordinal + r->count;
    }
    fb_blob_pack(fb_case_write_zip(c), raw.data, raw.len, &z);
    enum fb_status st = raw.failed || z.failed ? fb_err_nomem(err, "the timeline") : insert(c, t, &z, err);
    fb_buf_release(&raw);
    fb_buf_release(&z);
    t->n = 0;
    return st;
}

enum fb_status fb_case_add_timeline_run(struct fb_case *c, uint32_t evidence, uint64_t first_ordinal,
                                        uint64_t first_pkt_no, uint64_t count, struct fb_err *err)
{
    FB_TRY(fb_case_write_begin(c, err));
    if (!c->timeline && !(c->timeline = block_new()))
        return fb_err_nomem(err, "the timeline");
    struct fb_timeline_block *t = c->timeline;
    if (count == 0)
        return FB_OK;
    uint64_t next = t->n ? t->run[t->n - 1].first_ordinal + t->run[t->n - 1].count : t->first_ordinal;
    if (first_ordinal < next || first_ordinal + count < first_ordinal)
        return fb_err_set(err, FB_ERR_USAGE, "the timeline run at ordinal %llu is out of order",
                          (unsigned long long)first_ordinal);
    if (t->n == BLOCK_RUNS)
        FB_TRY(fb_timeline_flush(c, err));
    t->run[t->n++] = (struct run){first_ordinal, first_pkt_no, count, evidence};
    t->first_ordinal = first_ordinal + count;
    return FB_OK;
}

/* ---- reading ---- */

static bool unpack(struct fb_timeline_block *t, const uint8_t *p, size_t len, uint64_t first_ordinal,
                   uint64_t nruns)
{
    struct fb_cur c = fb_cur_init(p, len);
    uint64_t next = first_ordinal;
    if (nruns == 0 || nruns > BLOCK_RUNS)
        return false;
    for (size_t i = 0; i < nruns; i++) {
        struct run *r = &t->run[i];
        uint64_t evidence = fb_cur_varint(&c);
        r->first_ordinal = next + fb_cur_varint(&c);
        r->first_pkt_no = fb_cur_varint(&c);
        r->count = fb_cur_varint(&c);
        r->evidence = (uint32_t)evidence;
        if (evidence > UINT32_MAX || r->first_ordinal < next ||
            r->first_ordinal + r->count < r->first_ordinal)
            return false;
        next = r->first_ordinal + r->count;
    }
    t->n = (size_t)nruns;
    t->first_ordinal = first_ordinal;
    return fb_cur_ok(&c) && fb_cur_left(&c) == 0;
}

static enum fb_status load(struct fb_case *c, uint64_t ordinal, struct fb_err *err)
{
    static const char sql[] =
        "SELECT first_ordinal, nruns, z FROM timeline_run WHERE first_ordinal<=? ORDER BY first_ordinal DESC "
        "LIMIT 1";
    if (!c->timeline && !(c->timeline = block_new()))
        return fb_err_nomem(err, "the timeline");
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, sql, &st, err);
    c->internal--;
    FB_TRY(got);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)ordinal);
    c->timeline->n = 0;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        size_t n = 0;
        uint8_t *p = fb_blob_unpack(&c->zip, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2),
                                    BLOCK_RUNS * 40u, &n);
        if (!p || !unpack(c->timeline, p, n, (uint64_t)sqlite3_column_int64(st, 0),
                          (uint64_t)sqlite3_column_int64(st, 1))) {
            c->timeline->n = 0;
            got = fb_err_set(err, FB_ERR_VERIFY, "the timeline of the case is damaged at ordinal %llu",
                             (unsigned long long)sqlite3_column_int64(st, 0));
        }
        free(p);
    } else if (rc != SQLITE_DONE) {
        got = fb_db_error(c->db, err, "cannot read the timeline of the case");
    }
    sqlite3_finalize(st);
    return got;
}

static const struct run *find(const struct fb_timeline_block *t, uint64_t ordinal)
{
    size_t lo = 0, hi = t ? t->n : 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->run[mid].first_ordinal + t->run[mid].count <= ordinal)
            lo = mid + 1;
        else
            hi = mid;
    }
    return t && lo < t->n && t->run[lo].first_ordinal <= ordinal ? &t->run[lo] : NULL;
}

enum fb_status fb_timeline_find(struct fb_case *c, uint64_t ordinal, struct fb_packet_ref *out,
                                struct fb_err *err)
{
    const struct run *r = find(c->timeline, ordinal);
    if (!r) {
        FB_TRY(load(c, ordinal, err));
        r = find(c->timeline, ordinal);
    }
    if (!r)
        return fb_err_set(err, FB_ERR_VERIFY,
                          "the case does not say in which evidence the packet with ordinal %llu lies",
                          (unsigned long long)ordinal);
    *out = (struct fb_packet_ref){ordinal, r->evidence, r->first_pkt_no + (ordinal - r->first_ordinal)};
    return FB_OK;
}

enum fb_status fb_timeline_each(struct fb_case *c,
                                enum fb_status (*row)(void *ctx, const struct fb_timeline_piece *r),
                                void *ctx, struct fb_err *err)
{
    for (uint64_t next = 0;;) {
        sqlite3_stmt *st;
        c->internal++;
        enum fb_status got = fb_db_prepare(
            c->db,
            "SELECT first_ordinal FROM timeline_run WHERE first_ordinal>=? ORDER BY first_ordinal LIMIT 1",
            &st, err);
        c->internal--;
        FB_TRY(got);
        sqlite3_bind_int64(st, 1, (sqlite3_int64)next);
        int rc = sqlite3_step(st);
        uint64_t first = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            got = fb_db_error(c->db, err, "cannot read the timeline of the case");
        sqlite3_finalize(st);
        if (got != FB_OK || rc == SQLITE_DONE)
            return got;
        FB_TRY(load(c, first, err));
        for (size_t i = 0; i < c->timeline->n; i++) {
            const struct run *r = &c->timeline->run[i];
            FB_TRY(row(
                ctx, &(struct fb_timeline_piece){r->evidence, r->first_ordinal, r->first_pkt_no, r->count}));
        }
        next = first + 1;
    }
}
