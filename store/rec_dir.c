#include "store/rec_dir.h"

/* ---- one table ---- */

void fb_rec_table_let(struct fb_rec_table *t)
{
    if (!t || --t->refs > 0)
        return;
    free(t->cols_text);
    free(t->m);
    free(t);
}

void fb_rec_dir_release(struct fb_rec_dir *dir)
{
    for (size_t i = 0; i < dir->n; i++)
        fb_rec_table_let(dir->t[i]);
    free(dir->t);
    *dir = (struct fb_rec_dir){0};
}

/* Columns: tid, name, id, run_id, ordering, cols, nrows, digest. */
static bool take_table(sqlite3_stmt *st, struct fb_rec_table *t)
{
    const char *name = (const char *)sqlite3_column_text(st, 1);
    const char *cols = (const char *)sqlite3_column_text(st, 5);
    int64_t tid = sqlite3_column_int64(st, 0), id = sqlite3_column_int64(st, 2);
    int64_t order = sqlite3_column_int64(st, 4), nrows = sqlite3_column_int64(st, 6);
    t->run_id = sqlite3_column_int64(st, 3);
    if (tid <= 0 || tid >= 1 << 24 || !name || !fb_rec_name_good(name, strlen(name)) ||
        fb_rec_name_taken(name) || id <= 0 || id > UINT16_MAX || order < FB_REC_EVENTS ||
        order > FB_REC_ROWS || nrows < 0 || t->run_id < 0 || !cols || strlen(cols) > 4096)
        return false;
    snprintf(t->name, sizeof t->name, "%s", name);
    t->tid = (uint64_t)tid;
    t->nrows = (uint64_t)nrows;
    t->def.name = t->name;
    t->def.id = (uint16_t)id;
    t->def.order = (enum fb_rec_order)order;
    t->cols_text = strdup(cols);
    t->finished = sqlite3_column_bytes(st, 7) == FB_DIGEST_LEN && sqlite3_column_blob(st, 7);
    if (t->finished)
        memcpy(t->digest.b, sqlite3_column_blob(st, 7), FB_DIGEST_LEN);
    return t->cols_text && fb_rec_cols_read(t->cols_text, t);
}

/* Columns as in record_chunk. Numbers that do not fit each other are refused here, so that nothing behind it
 * needs to ask again. */
static bool take_meta(sqlite3_stmt *st, const struct fb_rec_table *t, const struct fb_rec_meta *before,
                      struct fb_rec_meta *m)
{
    int64_t v[8];
    for (int i = 0; i < 8; i++)
        v[i] = sqlite3_column_int64(st, i);
    if (v[1] <= 0 || v[1] > FB_REC_ROWS || v[2] < 0 || v[3] < v[2] || v[5] < v[4] || v[6] < 0 || v[7] < v[6])
        return false;
    *m = (struct fb_rec_meta){.rid = (uint64_t)v[0],
                              .nrows = (uint32_t)v[1],
                              .first_number = (uint64_t)v[2],
                              .last_number = (uint64_t)v[3],
                              .ts_min_ns = v[4],
                              .ts_max_ns = v[5],
                              .first_ordinal = (uint64_t)v[6],
                              .last_ordinal = (uint64_t)v[7]};
    if (t->def.order != FB_REC_SESSIONS)
        return true;
    return m->first_number > 0 && m->last_number - m->first_number >= m->nrows - 1 &&
           (m->first_number - 1) / FB_REC_ROWS == (m->last_number - 1) / FB_REC_ROWS &&
           (!before || m->first_number > before->last_number);
}

static enum fb_status read_chunks(struct fb_rec_table *t, sqlite3_stmt *st, struct fb_err *err)
{
    size_t cap = 0;
    int rc;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_REC_RID(t->tid, 0));
    sqlite3_bind_int64(st, 2, (sqlite3_int64)(FB_REC_RID(t->tid + 1, 0) - 1));
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        if (t->n == cap) {
            cap = cap ? cap * 2 : 8;
            struct fb_rec_meta *grown = realloc(t->m, cap * sizeof *grown);
            if (!grown)
                return fb_err_nomem(err, "the chunks of a table");
            t->m = grown;
        }
        if (!take_meta(st, t, t->n ? &t->m[t->n - 1] : NULL, &t->m[t->n]))
            return fb_err_set(err, FB_ERR_VERIFY, "chunk %lld of table %s has a row that cannot be",
                              (long long)sqlite3_column_int64(st, 0), t->name);
        t->n++;
    }
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? FB_OK : fb_db_error(t->db, err, "cannot read the tables of the case");
}

static enum fb_status add_table(struct fb_rec_dir *dir, size_t *cap, sqlite3 *db, sqlite3_stmt *st,
                                sqlite3_stmt *chunks, struct fb_err *err)
{
    if (dir->n == FB_REC_TABLES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "the case has more than %u tables", FB_REC_TABLES_MAX);
    if (dir->n == *cap) {
        *cap = *cap ? *cap * 2 : 16;
        struct fb_rec_table **grown = realloc(dir->t, *cap * sizeof *grown);
        if (!grown)
            return fb_err_nomem(err, "the tables of the case");
        dir->t = grown;
    }
    struct fb_rec_table *t = calloc(1, sizeof *t);
    if (!t)
        return fb_err_nomem(err, "the tables of the case");
    t->refs = 1;
    t->db = db;
    dir->t[dir->n++] = t;
    if (!take_table(st, t))
        return fb_err_set(err, FB_ERR_VERIFY, "table %lld of the case has a definition that cannot be",
                          (long long)sqlite3_column_int64(st, 0));
    return read_chunks(t, chunks, err);
}

enum fb_status fb_rec_dir_read(struct fb_case *c, sqlite3 *db, struct fb_rec_dir *dir, struct fb_err *err)
{
    sqlite3_stmt *st = NULL, *chunks = NULL;
    size_t cap = 0;
    int rc;
    fb_rec_dir_release(dir);
    c->internal++;
    enum fb_status got = fb_db_prepare(db,
                                       "SELECT tid, name, id, run_id, ordering, cols, nrows, digest FROM "
                                       "main.record_table ORDER BY run_id, id, tid",
                                       &st, err);
    if (got == FB_OK)
        got = fb_db_prepare(db,
                            "SELECT rid, nrows, first_number, last_number, ts_min, ts_max, first_ordinal, "
                            "last_ordinal FROM main.record_chunk WHERE rid BETWEEN ? AND ? ORDER BY rid",
                            &chunks, err);
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE)
        got = rc == SQLITE_ROW ? add_table(dir, &cap, db, st, chunks, err)
                               : fb_db_error(db, err, "cannot read the tables of the case");
    sqlite3_finalize(st);
    sqlite3_finalize(chunks);
    c->internal--;
    return got;
}

/* ---- finding ---- */

static struct fb_rec_table *find_in(const struct fb_rec_dir *dir, const char *name, int64_t run_id,
                                    int64_t newest)
{
    for (size_t i = dir->n; i-- > 0;) {
        struct fb_rec_table *t = dir->t[i];
        bool shown = run_id == FB_REC_NEWEST ? t->run_id <= newest : t->run_id == run_id;
        if (shown && strcmp(t->name, name) == 0)
            return t;
    }
    return NULL;
}

static struct fb_rec_table *find(struct fb_case *c, const char *name, int64_t run_id, int64_t newest)
{
    struct fb_rec_table *t = find_in(&c->rec.side, name, run_id, newest);
    if (!t)
        t = find_in(&c->rec.kase, name, run_id, newest);
    if (t)
        t->refs++;
    return t;
}

struct fb_rec_table *fb_rec_find(struct fb_case *c, const char *name, int64_t run_id)
{
    return find(c, name, run_id, c->has_as_of ? c->as_of : INT64_MAX);
}

struct fb_rec_table *fb_rec_find_any(struct fb_case *c, const char *name)
{
    return find(c, name, FB_REC_NEWEST, INT64_MAX);
}

size_t fb_rec_table_chunk(const struct fb_rec_table *t, uint64_t number)
{
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->m[mid].last_number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

enum fb_status fb_case_record_table(struct fb_case *c, size_t i, struct fb_rec_info *out, struct fb_err *err)
{
    FB_TRY(fb_case_refresh(c, err));
    if (i >= c->rec.kase.n + c->rec.side.n)
        return FB_EOF;
    const struct fb_rec_table *t = i < c->rec.kase.n ? c->rec.kase.t[i] : c->rec.side.t[i - c->rec.kase.n];
    struct fb_rec_table *newest = fb_rec_find(c, t->name, FB_REC_NEWEST);
    *out = (struct fb_rec_info){.newest = newest == t,
                                .name = t->name,
                                .cols_text = t->cols_text,
                                .id = t->def.id,
                                .order = t->def.order,
                                .run_id = t->run_id,
                                .nrows = t->nrows,
                                .digest = t->digest,
                                .finished = t->finished};
    fb_rec_table_let(newest);
    return FB_OK;
}

/* ---- chunks in memory ---- */

enum fb_status fb_rec_blob(struct fb_case *c, sqlite3 *db, uint64_t rid, unsigned group, uint8_t **p,
                           size_t *n, struct fb_err *err)
{
    sqlite3_stmt *st;
    *p = NULL;
    *n = 0;
    c->internal++;
    enum fb_status got = fb_db_prepare(db, "SELECT z FROM main.record_grp WHERE k=?", &st, err);
    c->internal--;
    FB_TRY(got);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_REC_KEY(rid, group));
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW && sqlite3_column_bytes(st, 0) > 0) {
        *n = (size_t)sqlite3_column_bytes(st, 0);
        *p = *n <= FB_BLOB_MAX ? malloc(*n) : NULL;
        if (*p)
            memcpy(*p, sqlite3_column_blob(st, 0), *n);
        else
            got = fb_err_nomem(err, "a chunk of records");
    } else if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        got = fb_err_set(err, FB_ERR_VERIFY, "chunk %llu of the records has no column group %u",
                         (unsigned long long)rid, group);
    } else {
        got = fb_db_error(db, err, "cannot read a chunk of records");
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status fetch(void *ctx, uint64_t rid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    struct fb_rec_held *h = ctx;
    return fb_rec_blob(h->c, h->table->db, rid, group, p, n, err);
}

static void drop(struct fb_rec_held *h)
{
    fb_rec_chunk_close(h->chunk);
    fb_rec_table_let(h->table);
    free(h);
}

/* Lets go of the least recently used chunks until the rest fits, and of all that nobody can ask for. */
static void trim(struct fb_case *c, size_t ceiling)
{
    size_t total = 0;
    for (struct fb_rec_held **at = &c->rec.held; *at;) {
        struct fb_rec_held *h = *at;
        total += fb_rec_chunk_bytes(h->chunk);
        if ((total > ceiling || h->table->refs == 1) && h->pins == 0) {
            total -= fb_rec_chunk_bytes(h->chunk);
            *at = h->next;
            drop(h);
        } else {
            at = &h->next;
        }
    }
}

enum fb_status fb_rec_take_chunk(struct fb_case *c, struct fb_rec_table *t, size_t i,
                                 struct fb_rec_held **out, struct fb_err *err)
{
    struct fb_rec_held **at = &c->rec.held, *h;
    while (*at && ((*at)->table != t || fb_rec_chunk_meta((*at)->chunk)->rid != t->m[i].rid))
        at = &(*at)->next;
    h = *at;
    if (h) {
        *at = h->next;
    } else {
        trim(c, FB_REC_CACHE_BYTES);
        h = calloc(1, sizeof *h);
        if (h) {
            h->c = c;
            h->table = t;
            h->chunk = fb_rec_chunk_open(&c->zip, &t->def, &t->m[i], fetch, h);
        }
        if (!h || !h->chunk) {
            free(h);
            return fb_err_nomem(err, "a chunk of records");
        }
        t->refs++;
    }
    h->next = c->rec.held;
    c->rec.held = h;
    h->pins++;
    *out = h;
    return FB_OK;
}

void fb_rec_let_chunk(struct fb_rec_held *h)
{
    if (h)
        h->pins--;
}

void fb_rec_forget_unused(struct fb_case *c)
{
    trim(c, FB_REC_CACHE_BYTES);
}

void fb_rec_forget(struct fb_case *c)
{
    fb_rec_dir_release(&c->rec.kase);
    trim(c, 0);
}

void fb_rec_state_free(struct fb_case *c)
{
    fb_rec_dir_release(&c->rec.kase);
    fb_rec_dir_release(&c->rec.side);
    while (c->rec.held) {
        struct fb_rec_held *next = c->rec.held->next;
        drop(c->rec.held);
        c->rec.held = next;
    }
    sqlite3_close(c->rec.side_db);
    c->rec.side_db = NULL;
    for (size_t i = 0; i < c->rec.nnames; i++)
        free(c->rec.names[i]);
    free(c->rec.names);
    c->rec.names = NULL;
    c->rec.nnames = 0;
}
