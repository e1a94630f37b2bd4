/* A table of events whose rows came later than the writer could hold what follows them: merge sort over its
 * chunks, each of which is in order.
 *
 * Chunks are dealt out to runs, so that those of a run follow each other; few runs are needed when little is
 * late. At most FAN_IN runs are merged at a time, which bounds the chunks in memory; what needs more of them
 * is merged in passes. All of it is one transaction: a reader sees the table as it was, or as it is then. */
#include "store/rec_writer.h"

#include <stdlib.h>

#define FAN_IN 8

struct source {
    size_t chunk; /* which one it stands in */
    struct fb_rec_chunk *k;
    uint32_t row;
    struct fb_rec_at at;
    bool has;
};

struct order {
    struct fb_rec_writer *from, *to;
    uint32_t *run; /* of each chunk */
    size_t nruns;
    struct source src[FAN_IN];
    struct fb_buf row;
};

/* Each chunk to the run whose end is nearest before it. */
static enum fb_status deal(struct order *o, struct fb_err *err)
{
    const struct fb_rec_writer *w = o->from;
    size_t n = (size_t)w->subs;
    uint32_t *run = realloc(o->run, (n ? n : 1) * sizeof *run);
    const struct fb_rec_at **end = calloc(n ? n : 1, sizeof *end);
    if (run)
        o->run = run;
    o->nruns = 0;
    for (size_t i = 0; i < n && run && end; i++) {
        size_t best = o->nruns;
        for (size_t r = 0; r < o->nruns; r++)
            if (fb_rec_at_compare(end[r], &w->span[i].first) <= 0 &&
                (best == o->nruns || fb_rec_at_compare(end[r], end[best]) > 0))
                best = r;
        o->nruns += best == o->nruns;
        end[best] = &w->span[i].last;
        run[i] = (uint32_t)best;
    }
    bool good = run && end;
    free(end);
    return good ? FB_OK : fb_err_nomem(err, "the order of a table");
}

static enum fb_status fetch(void *ctx, uint64_t rid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    struct fb_rec_writer *w = ctx;
    return fb_rec_blob(w->facts, w->db, rid, group, p, n, err);
}

/* The next chunk of the run from `at` on. */
static enum fb_status open_chunk(struct order *o, struct source *s, uint32_t run, size_t at,
                                 struct fb_err *err)
{
    struct fb_rec_writer *w = o->from;
    fb_rec_chunk_close(s->k);
    s->k = NULL;
    s->has = false;
    while (at < w->subs && o->run[at] != run)
        at++;
    if (at == w->subs)
        return FB_OK;
    struct fb_rec_meta m = w->span[at].meta;
    m.rid = FB_REC_RID(w->tid, at);
    s->chunk = at;
    s->row = 0;
    s->k = fb_rec_chunk_open(w->zip, w->batch.def, &m, fetch, w);
    if (!s->k)
        return fb_err_nomem(err, "a chunk of records");
    s->has = true;
    return fb_rec_chunk_at(s->k, 0, &s->at) ? FB_OK : fb_rec_chunk_failed(s->k, err);
}

static enum fb_status advance(struct order *o, struct source *s, uint32_t run, struct fb_err *err)
{
    if (++s->row == o->from->span[s->chunk].meta.nrows)
        return open_chunk(o, s, run, s->chunk + 1, err);
    return fb_rec_chunk_at(s->k, s->row, &s->at) ? FB_OK : fb_rec_chunk_failed(s->k, err);
}

static enum fb_status copy_row(struct order *o, struct source *s, struct fb_err *err)
{
    const struct fb_rec_def *def = o->from->batch.def;
    fb_buf_clear(&o->row);
    for (size_t i = 0; i < def->ncols; i++) {
        struct fb_rec_cell cell;
        if (!fb_rec_chunk_cell(s->k, i, s->row, &cell))
            return fb_rec_chunk_failed(s->k, err);
        fb_rec_put(&o->row, def->cols[i].type, &cell);
    }
    if (o->row.failed)
        return fb_err_nomem(err, "a row");
    return fb_rec_write(o->to, &s->at, (struct fb_span){o->row.data, o->row.len}, err);
}

/* Merges n runs from `first` on. */
static enum fb_status merge(struct order *o, uint32_t first, uint32_t n, struct fb_err *err)
{
    for (uint32_t i = 0; i < n; i++)
        FB_TRY(open_chunk(o, &o->src[i], first + i, 0, err));
    for (;;) {
        struct source *least = NULL;
        for (uint32_t i = 0; i < n; i++)
            if (o->src[i].has && (!least || fb_rec_at_compare(&o->src[i].at, &least->at) < 0))
                least = &o->src[i];
        if (!least)
            return FB_OK;
        FB_TRY(copy_row(o, least, err));
        FB_TRY(advance(o, least, first + (uint32_t)(least - o->src), err));
    }
}

static enum fb_status remove_old(const struct fb_rec_writer *w, struct fb_err *err)
{
    const struct {
        const char *sql;
        uint64_t lo, hi;
    } step[] = {
        {"DELETE FROM main.record_grp WHERE k BETWEEN ? AND ?", FB_REC_KEY(FB_REC_RID(w->tid, 0), 0),
         FB_REC_KEY(FB_REC_RID(w->tid, w->subs), 0)},
        {"DELETE FROM main.record_chunk WHERE rid BETWEEN ? AND ?", FB_REC_RID(w->tid, 0),
         FB_REC_RID(w->tid, w->subs)},
        {"DELETE FROM main.record_table WHERE tid BETWEEN ? AND ?", w->tid, w->tid},
    };
    for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
        sqlite3_stmt *st;
        FB_TRY(fb_db_prepare(w->db, step[i].sql, &st, err));
        sqlite3_bind_int64(st, 1, (sqlite3_int64)step[i].lo);
        sqlite3_bind_int64(st, 2, (sqlite3_int64)step[i].hi);
        enum fb_status got = fb_db_run(w->db, st, err);
        sqlite3_finalize(st);
        FB_TRY(got);
    }
    return FB_OK;
}

/* The writer goes on as the one that wrote the rows anew. */
static void take_over(struct fb_rec_writer *w, struct fb_rec_writer *from)
{
    struct fb_rec_span *old = w->span;
    w->tid = from->tid;
    w->subs = from->subs;
    w->nrows = from->nrows;
    w->digest = from->digest;
    w->span = from->span;
    w->span_cap = from->span_cap;
    from->span = old;
}

static enum fb_status pass(struct order *o, struct fb_err *err)
{
    struct fb_rec_writer *w = o->from;
    FB_TRY(fb_rec_writer_facts(w->facts, w->batch.def, w->zip, false, &o->to, err));
    o->to->reordering = true;
    for (uint32_t i = 0; i < o->nruns; i += FAN_IN) {
        uint32_t n = (uint32_t)o->nruns - i < FAN_IN ? (uint32_t)o->nruns - i : FAN_IN;
        FB_TRY(merge(o, i, n, err));
        FB_TRY(fb_rec_writer_flush(o->to, err));
    }
    FB_TRY(remove_old(w, err));
    take_over(w, o->to);
    fb_rec_writer_free(o->to);
    o->to = NULL;
    return FB_OK;
}

enum fb_status fb_rec_put_in_order(struct fb_rec_writer *w, struct fb_err *err)
{
    struct order o = {.from = w};
    bool last = false;
    fb_buf_init(&o.row, 2 * FB_REC_BYTES_MAX);
    enum fb_status st = fb_case_write_begin(w->facts, err);
    while (st == FB_OK && !last) {
        st = deal(&o, err);
        last = o.nruns <= FAN_IN;
        if (st == FB_OK)
            st = pass(&o, err);
    }
    w->disordered = false;
    for (int i = 0; i < FAN_IN; i++)
        fb_rec_chunk_close(o.src[i].k);
    fb_rec_writer_free(o.to);
    fb_buf_release(&o.row);
    free(o.run);
    return st;
}
