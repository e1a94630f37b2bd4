/* Tables of facts of the inputs into those of the merged case: at each step the row with the smallest time
 * among the next ones of all inputs, ties by merged order, with session numbers and ordinals as they are in
 * the merged case. Layers stay behind: they are computed again. */
#include "store/join_int.h"
#include "store/rec_dir.h"

/* ---- numbers ---- */

enum fb_status fb_join_note_number(struct fb_join_case *in, uint64_t old, uint64_t now, struct fb_err *err)
{
    struct fb_join_span *last = in->nspans ? &in->span[in->nspans - 1] : NULL;
    if (last && old == last->old + last->count && now == last->now + last->count) {
        last->count++;
        return FB_OK;
    }
    if (in->nspans == in->span_cap) {
        size_t cap = in->span_cap ? in->span_cap * 2 : 64;
        struct fb_join_span *grown = realloc(in->span, cap * sizeof *grown);
        if (!grown)
            return fb_err_nomem(err, "the merge");
        in->span = grown;
        in->span_cap = cap;
    }
    in->span[in->nspans++] = (struct fb_join_span){old, now, 1};
    return FB_OK;
}

/* 0: the session is not in the merged case. */
static uint64_t number_now(const struct fb_join_case *in, uint64_t old)
{
    size_t lo = 0, hi = in->nspans;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (in->span[mid].old + in->span[mid].count <= old)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < in->nspans && in->span[lo].old <= old ? in->span[lo].now + (old - in->span[lo].old) : 0;
}

/* ---- rows ---- */

struct source {
    struct fb_join_case *in;
    struct fb_rec_scan scan;
    struct fb_rec_at at; /* of the row it stands on, as it will be */
    bool has;
};

struct copy {
    struct fb_join *j;
    const struct fb_rec_table *table; /* of the first input that has it */
    struct source *src;
    struct fb_buf row;
};

/* A row of no session stays when the packet it came from counts in this input. */
static enum fb_status counts(struct fb_join_case *in, uint64_t ordinal, bool *yes, struct fb_err *err)
{
    struct fb_packet_ref ref;
    *yes = true;
    if (!in->partial)
        return FB_OK;
    FB_TRY(fb_timeline_find(in->c, ordinal, &ref, err));
    if (ref.evidence >= in->nev)
        return fb_err_set(err, FB_ERR_VERIFY, "the timeline names evidence that the case does not have");
    *yes = !in->ev[ref.evidence].repeated;
    return FB_OK;
}

/* Moves to the next row that is in the merged case. */
static enum fb_status advance(struct copy *k, struct source *s, struct fb_err *err)
{
    enum fb_status st;
    s->has = false;
    while ((st = fb_rec_scan_next(&s->scan, err)) == FB_OK) {
        if (!fb_rec_chunk_at(s->scan.held->chunk, s->scan.row, &s->at))
            return fb_rec_chunk_failed(s->scan.held->chunk, err);
        if (s->at.number) {
            s->at.number = number_now(s->in, s->at.number);
            s->has = s->at.number > 0;
        } else {
            s->has = true;
            if (k->table->def.order == FB_REC_EVENTS)
                FB_TRY(counts(s->in, s->at.ordinal, &s->has, err));
        }
        s->at.ordinal += s->in->base;
        if (s->has)
            return FB_OK;
    }
    return st == FB_EOF ? FB_OK : st;
}

static bool before(const struct copy *k, const struct source *a, const struct source *b)
{
    if (k->table->def.order == FB_REC_EVENTS)
        return a->at.ts_ns < b->at.ts_ns;
    return k->table->def.order == FB_REC_SESSIONS && a->at.number < b->at.number;
}

static enum fb_status put_row(struct copy *k, struct source *s, struct fb_err *err)
{
    const struct fb_rec_def *def = &k->table->def;
    fb_buf_clear(&k->row);
    for (size_t i = 0; i < def->ncols; i++) {
        struct fb_rec_cell cell;
        if (!fb_rec_chunk_cell(s->scan.held->chunk, i, s->scan.row, &cell))
            return fb_rec_chunk_failed(s->scan.held->chunk, err);
        fb_rec_put(&k->row, def->cols[i].type, &cell);
    }
    if (k->row.failed)
        return fb_err_nomem(err, "a row");
    struct fb_observed o = {def, s->at.number, s->at.ordinal, s->at.ts_ns, {k->row.data, k->row.len}};
    return fb_case_put_record(k->j->out, &o, err);
}

static enum fb_status copy_rows(struct copy *k, struct fb_err *err)
{
    for (size_t i = 0; i < k->j->n; i++)
        FB_TRY(advance(k, &k->src[i], err));
    for (;;) {
        struct source *least = NULL;
        for (size_t i = 0; i < k->j->n; i++)
            if (k->src[i].has && (!least || before(k, &k->src[i], least)))
                least = &k->src[i];
        if (!least)
            return FB_OK;
        FB_TRY(put_row(k, least, err));
        FB_TRY(advance(k, least, err));
    }
}

static enum fb_status open_sources(struct copy *k, struct fb_err *err)
{
    for (size_t i = 0; i < k->j->n; i++) {
        struct fb_join_case *in = &k->j->in[i];
        struct fb_rec_table *t = in->dropped ? NULL : fb_rec_find(in->c, k->table->name, 0);
        k->src[i].in = in;
        fb_rec_scan_init(&k->src[i].scan, in->c, t);
        if (t && (t->def.id != k->table->def.id || t->def.order != k->table->def.order ||
                  strcmp(t->cols_text, k->table->cols_text) != 0))
            return fb_err_set(err, FB_ERR_USAGE,
                              "%s: its table %s has other columns than that of the other cases: another "
                              "version made it; ingest the evidence again",
                              in->name, t->name);
    }
    return FB_OK;
}

static enum fb_status copy_table(struct fb_join *j, const struct fb_rec_table *t, struct fb_err *err)
{
    struct copy k = {.j = j, .table = t, .src = calloc(j->n, sizeof *k.src)};
    if (!k.src)
        return fb_err_nomem(err, "the merge");
    fb_buf_init(&k.row, 2 * FB_REC_BYTES_MAX);
    enum fb_status st = open_sources(&k, err);
    if (st == FB_OK)
        st = copy_rows(&k, err);
    for (size_t i = 0; i < j->n; i++)
        if (k.src[i].in)
            fb_rec_scan_release(&k.src[i].scan);
    free(k.src);
    fb_buf_release(&k.row);
    return st;
}

/* Keeps the tables: the writers borrow their definitions until the merged case is finished. */
static enum fb_status keep_table(struct fb_join *j, struct fb_rec_table *t, bool *fresh, struct fb_err *err)
{
    *fresh = false;
    for (size_t i = 0; i < j->ntables; i++)
        if (strcmp(j->table[i]->name, t->name) == 0)
            return FB_OK;
    struct fb_rec_table **grown = realloc(j->table, (j->ntables + 1) * sizeof *grown);
    if (!grown)
        return fb_err_nomem(err, "the merge");
    j->table = grown;
    j->table[j->ntables++] = t;
    t->refs++;
    *fresh = true;
    return FB_OK;
}

enum fb_status fb_join_write_records(struct fb_join *j, struct fb_err *err)
{
    for (size_t i = 0; i < j->n; i++) {
        const struct fb_rec_dir *dir = &j->in[i].c->rec.kase;
        for (size_t k = 0; k < dir->n && !j->in[i].dropped; k++) {
            bool fresh = false;
            if (dir->t[k]->run_id != 0)
                continue;
            FB_TRY(keep_table(j, dir->t[k], &fresh, err));
            if (fresh)
                FB_TRY(copy_table(j, dir->t[k], err));
        }
    }
    return FB_OK;
}

void fb_join_release_records(struct fb_join *j)
{
    for (size_t i = 0; i < j->ntables; i++)
        fb_rec_table_let(j->table[i]);
    free(j->table);
    for (size_t i = 0; i < j->n; i++)
        free(j->in[i].span);
}
