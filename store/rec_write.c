/* The writing side of record tables: chunks go into the database as they fill. */
#include "store/edit.h"
#include "store/rec_writer.h"

#include <stdlib.h>

/* ---- the database ---- */

static enum fb_status put_table(struct fb_rec_writer *w, struct fb_err *err)
{
    const struct fb_rec_def *def = w->batch.def;
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(w->db,
                         "INSERT INTO main.record_table(name, id, run_id, ordering, cols, nrows) "
                         "VALUES(?,?,?,?,?,0)",
                         &st, err));
    sqlite3_bind_text(st, 1, def->name, -1, SQLITE_STATIC);
    sqlite3_bind_int(st, 2, def->id);
    sqlite3_bind_int64(st, 3, w->run_id);
    sqlite3_bind_int(st, 4, (int)def->order);
    sqlite3_bind_text(st, 5, fb_buf_cstr(&w->cols_text), -1, SQLITE_STATIC);
    enum fb_status got = fb_db_run(w->db, st, err);
    sqlite3_finalize(st);
    w->tid = got == FB_OK ? (uint64_t)sqlite3_last_insert_rowid(w->db) : 0;
    return got;
}

static enum fb_status put_row(sqlite3 *db, uint64_t rid, const struct fb_rec_blobs *b, struct fb_err *err)
{
    const struct fb_rec_meta *m = &b->meta;
    sqlite3_stmt *st;
    FB_TRY(
        fb_db_prepare(db, "INSERT OR REPLACE INTO main.record_chunk VALUES(?,?,?,?,?,?,?,?,?,?)", &st, err));
    const int64_t v[8] = {(int64_t)rid, m->nrows,     (int64_t)m->first_number,  (int64_t)m->last_number,
                          m->ts_min_ns, m->ts_max_ns, (int64_t)m->first_ordinal, (int64_t)m->last_ordinal};
    for (int i = 0; i < 8; i++)
        sqlite3_bind_int64(st, i + 1, v[i]);
    sqlite3_bind_blob(st, 9, b->content.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, 10, b->logical.b, FB_DIGEST_LEN, SQLITE_STATIC);
    enum fb_status got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_rec_put_chunk(sqlite3 *db, uint64_t rid, const struct fb_rec_blobs *b, size_t ncols,
                                struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(put_row(db, rid, b, err));
    FB_TRY(fb_db_prepare(db, "INSERT OR REPLACE INTO main.record_grp VALUES(?,?)", &st, err));
    enum fb_status got = FB_OK;
    for (unsigned g = 0; g <= ncols && got == FB_OK; g++) {
        if (b->group[g].len == 0)
            continue;
        sqlite3_bind_int64(st, 1, (sqlite3_int64)FB_REC_KEY(rid, g));
        sqlite3_bind_blob64(st, 2, b->group[g].data, b->group[g].len, SQLITE_STATIC);
        got = fb_db_run(db, st, err);
    }
    sqlite3_finalize(st);
    return got;
}

/* ---- a table ---- */

static enum fb_status writer_new(sqlite3 *db, const struct fb_rec_def *def, int64_t run_id,
                                 struct fb_zip *zip, bool held, struct fb_rec_writer **out,
                                 struct fb_err *err)
{
    FB_BUG(!fb_rec_name_good(def->name, strlen(def->name)) || fb_rec_name_taken(def->name) || def->id == 0 ||
           def->ncols == 0 || def->ncols > FB_REC_COLS_MAX);
    struct fb_rec_writer *w = calloc(1, sizeof *w);
    if (!w)
        return fb_err_nomem(err, "a table");
    w->db = db;
    w->held = held;
    w->run_id = run_id;
    w->zip = zip ? zip : &w->own_zip;
    fb_buf_init(&w->cols_text, 4096);
    bool good = (held ? fb_rec_batch_init_held(&w->batch, def) : fb_rec_batch_init(&w->batch, def)) &&
                fb_rec_cols_write(def, &w->cols_text) && (zip || fb_zip_init(&w->own_zip, 3));
    if (!good) {
        fb_rec_writer_free(w);
        return fb_err_nomem(err, "a table");
    }
    fb_rec_table_digest_init(&w->digest, def, fb_buf_cstr(&w->cols_text));
    *out = w;
    return FB_OK;
}

void fb_rec_writer_free(struct fb_rec_writer *w)
{
    if (!w)
        return;
    fb_rec_batch_release(&w->batch);
    fb_buf_release(&w->cols_text);
    fb_zip_release(&w->own_zip);
    free(w->span);
    free(w);
}

enum fb_status fb_rec_writer_facts(struct fb_case *c, const struct fb_rec_def *def, struct fb_zip *zip,
                                   bool held, struct fb_rec_writer **out, struct fb_err *err)
{
    FB_TRY(writer_new(c->db, def, 0, zip, held, out, err));
    (*out)->facts = c;
    return FB_OK;
}

/* Keeps from where to where the chunk goes that is next, and whether it follows what is written. */
static enum fb_status note_span(struct fb_rec_writer *w, uint32_t n, struct fb_err *err)
{
    const struct fb_rec_at *first = &w->batch.at[0];
    if (w->subs == w->span_cap) {
        size_t cap = w->span_cap ? w->span_cap * 2 : 64;
        struct fb_rec_span *grown = realloc(w->span, cap * sizeof *grown);
        if (!grown)
            return fb_err_nomem(err, "a table");
        w->span = grown;
        w->span_cap = cap;
    }
    w->disordered |= w->subs > 0 && fb_rec_at_compare(first, &w->span[w->subs - 1].last) < 0;
    w->span[w->subs] = (struct fb_rec_span){*first, w->batch.at[n - 1], {.nrows = n}};
    return FB_OK;
}

/* Writes a chunk: all rows, or as many as make one of those that are held. */
static enum fb_status flush(struct fb_rec_writer *w, struct fb_err *err)
{
    struct fb_rec_blobs blobs;
    if (w->batch.n == 0)
        return FB_OK;
    if (w->held && !fb_rec_batch_sort(&w->batch))
        return fb_err_nomem(err, "the rows of a table");
    uint32_t n = w->held ? fb_rec_batch_cut(&w->batch) : w->batch.n;
    if (w->facts)
        FB_TRY(note_span(w, n, err));
    if (w->subs == FB_REC_SUBS)
        return fb_err_set(err, FB_ERR_LIMIT, "table %s has too many rows for a case", w->batch.def->name);
    enum fb_status st = fb_rec_batch_encode(&w->batch, n, w->zip, &blobs, err);
    if (w->facts)
        w->span[w->subs].meta = blobs.meta;
    if (st == FB_OK && w->facts)
        st = fb_case_write_begin(w->facts, err);
    if (st == FB_OK && !w->tid)
        st = put_table(w, err);
    if (st == FB_OK)
        st = fb_rec_put_chunk(w->db, FB_REC_RID(w->tid, w->subs++), &blobs, w->batch.def->ncols, err);
    if (st == FB_OK && w->facts && !w->reordering)
        st = fb_case_commit(w->facts, err);
    fb_rec_table_digest_chunk(&w->digest, blobs.meta.nrows, &blobs.logical);
    w->nrows += blobs.meta.nrows;
    fb_rec_blobs_release(&blobs);
    fb_rec_batch_drop(&w->batch, n);
    return st;
}

enum fb_status fb_rec_writer_flush(struct fb_rec_writer *w, struct fb_err *err)
{
    enum fb_status st = FB_OK;
    while (st == FB_OK && w->batch.n)
        st = flush(w, err);
    return st;
}

enum fb_status fb_rec_write(struct fb_rec_writer *w, const struct fb_rec_at *at, struct fb_span row,
                            struct fb_err *err)
{
    const struct fb_rec_def *def = w->batch.def;
    if (w->finished)
        return fb_err_set(err, FB_ERR_USAGE, "table %s is finished", def->name);
    if (def->order == FB_REC_SESSIONS && at->number <= w->last_number)
        return fb_err_set(err, FB_ERR_USAGE, "rows of table %s have to come by ascending session number",
                          def->name);
    if (def->order != FB_REC_ROWS && (at->number > INT64_MAX || at->ordinal > INT64_MAX))
        return fb_err_set(err, FB_ERR_USAGE, "a row of table %s has a number that cannot be", def->name);
    FB_TRY(fb_rec_batch_check(&w->batch, row, err));
    if (w->held ? fb_rec_batch_held_full(&w->batch) : fb_rec_batch_full(&w->batch, at))
        FB_TRY(flush(w, err));
    w->last_number = at->number;
    return fb_rec_batch_add(&w->batch, at, err);
}

enum fb_status fb_rec_writer_finish(struct fb_rec_writer *w, uint64_t *nrows, struct fb_digest *digest,
                                    struct fb_err *err)
{
    struct fb_digest d;
    sqlite3_stmt *st;
    if (w->finished)
        return fb_err_set(err, FB_ERR_USAGE, "table %s is finished", w->batch.def->name);
    FB_TRY(fb_rec_writer_flush(w, err));
    if (w->disordered)
        FB_TRY(fb_rec_put_in_order(w, err));
    w->finished = true;
    fb_digest_final(&w->digest, &d);
    FB_TRY(fb_db_prepare(w->db, "UPDATE main.record_table SET nrows=?, digest=? WHERE tid=?", &st, err));
    sqlite3_bind_int64(st, 1, (sqlite3_int64)w->nrows);
    sqlite3_bind_blob(st, 2, d.b, FB_DIGEST_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(st, 3, (sqlite3_int64)w->tid);
    enum fb_status got = w->facts ? fb_case_write_begin(w->facts, err) : FB_OK;
    if (got == FB_OK)
        got = fb_db_run(w->db, st, err);
    sqlite3_finalize(st);
    if (nrows)
        *nrows = w->nrows;
    if (digest)
        *digest = d;
    return got;
}

enum fb_status fb_edit_record_open(struct fb_edit *e, const struct fb_rec_def *def, int64_t run_id,
                                   struct fb_rec_writer **out, struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    if (run_id <= 0)
        return fb_err_set(err, FB_ERR_USAGE, "a table of a layer needs the run of the layer");
    FB_TRY(writer_new(fb_edit_db(e), def, run_id, NULL, false, &w, err));
    enum fb_status st = put_table(w, err);
    if (st == FB_OK)
        *out = w;
    else
        fb_rec_writer_free(w);
    return st;
}

/* ---- facts ---- */

#define FACTS_MAX 64

struct fb_rec_facts {
    struct fb_rec_writer *w[FACTS_MAX]; /* ascending by id */
    size_t n;
    struct fb_zip zip;
};

void fb_rec_facts_free(struct fb_rec_facts *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        fb_rec_writer_free(f->w[i]);
    fb_zip_release(&f->zip);
    free(f);
}

static enum fb_status facts_of(struct fb_case *c, struct fb_rec_facts **out, struct fb_err *err)
{
    if (!c->rec.facts) {
        c->rec.facts = calloc(1, sizeof *c->rec.facts);
        if (!c->rec.facts || !fb_zip_init(&c->rec.facts->zip, 3))
            return fb_err_nomem(err, "the tables of the case");
    }
    *out = c->rec.facts;
    return FB_OK;
}

static enum fb_status writer_of(struct fb_case *c, const struct fb_rec_def *def, struct fb_rec_writer **out,
                                struct fb_err *err)
{
    struct fb_rec_facts *f = NULL;
    FB_TRY(facts_of(c, &f, err));
    size_t at = 0;
    while (at < f->n && f->w[at]->batch.def->id < def->id)
        at++;
    if (at < f->n && f->w[at]->batch.def->id == def->id) {
        *out = f->w[at];
        return FB_OK;
    }
    if (f->n == FACTS_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "a case has at most %d tables of facts", FACTS_MAX);
    FB_TRY(fb_rec_writer_facts(c, def, &f->zip, def->order == FB_REC_EVENTS, out, err));
    memmove(&f->w[at + 1], &f->w[at], (f->n - at) * sizeof *f->w);
    f->w[at] = *out;
    f->n++;
    return FB_OK;
}

enum fb_status fb_case_put_record(struct fb_case *c, const struct fb_observed *o, struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    if (!c->writer)
        return fb_err_set(err, FB_ERR_USAGE, "this case is not being written");
    FB_TRY(writer_of(c, o->def, &w, err));
    struct fb_rec_at at = {.number = o->number, .ordinal = o->ordinal, .ts_ns = o->ts_ns};
    return fb_rec_write(w, &at, o->row, err);
}

enum fb_status fb_rec_facts_finish(struct fb_case *c, struct fb_err *err)
{
    struct fb_rec_facts *f = c->rec.facts;
    for (size_t i = 0; f && i < f->n; i++)
        FB_TRY(fb_rec_writer_finish(f->w[i], NULL, NULL, err));
    fb_rec_facts_free(f);
    c->rec.facts = NULL;
    return fb_case_commit(c, err);
}
