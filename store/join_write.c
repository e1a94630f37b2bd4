/* The records of a merged case that are no sessions: runs, evidence, timeline, counters. */
#include "store/join_int.h"

#define PARAMS_MAX (4u << 20)

static enum fb_status put_run(struct fb_case *out, const struct fb_case_run *run, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_case_write_begin(out, err));
    FB_TRY(fb_db_prepare(out->db, "INSERT INTO run(tool_version, params, custody) VALUES(?,?,?)", &st, err));
    sqlite3_bind_text(st, 1, run->tool_version, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, run->params_json, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, run->custody_json, -1, SQLITE_STATIC);
    enum fb_status got = fb_db_run(out->db, st, err);
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_case_run_at(struct fb_case *c, size_t i, struct fb_case_run *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    if (!c->reading)
        return fb_err_set(err, FB_ERR_USAGE, "this case is still being written");
    c->internal++;
    enum fb_status got = fb_db_prepare(
        c->db, "SELECT tool_version, params, custody FROM run ORDER BY id LIMIT 1 OFFSET ?", &st, err);
    c->internal--;
    FB_TRY(got);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)i);
    int rc = sqlite3_step(st);
    if (rc != SQLITE_ROW)
        got = rc == SQLITE_DONE ? FB_EOF : fb_db_error(c->db, err, "cannot read the runs of the case");
    for (int k = 0; k < 3 && got == FB_OK; k++) {
        const unsigned char *text = sqlite3_column_text(st, k);
        free(c->info_text[k]);
        c->info_text[k] = strdup(text ? (const char *)text : "");
        if (!c->info_text[k])
            got = fb_err_nomem(err, "the runs of the case");
    }
    sqlite3_finalize(st);
    if (got == FB_OK)
        *out = (struct fb_case_run){c->info_text[0], c->info_text[1], c->info_text[2]};
    return got;
}

static enum fb_status count_runs(struct fb_case *c, size_t *n, struct fb_err *err)
{
    struct fb_case_run run;
    enum fb_status st;
    for (*n = 0; (st = fb_case_run_at(c, *n, &run, err)) == FB_OK; (*n)++) {
    }
    return st == FB_EOF ? FB_OK : st;
}

/* ,"retention":[{"cutoff":N,"digest":"HEX",..},..]: what was removed from an input before. Its rows are of
 * chunks that the merged case does not have, so they are records of where it comes from. */
static enum fb_status put_retention(struct fb_case *c, struct fb_buf *b, struct fb_err *err)
{
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got = fb_db_prepare(
        c->db, "SELECT cutoff, digest, first_ts, last_ts, packets, sessions FROM main.retention ORDER BY id",
        &st, err);
    c->internal--;
    FB_TRY(got);
    int rc;
    size_t n = 0;
    for (; (rc = sqlite3_step(st)) == SQLITE_ROW; n++) {
        static const char *const name[] = {"cutoff", "digest", "first_ts", "last_ts", "packets", "sessions"};
        fb_buf_puts(b, n ? ",{" : ",\"retention\":[{");
        for (int col = 0; col < 6; col++) {
            fb_buf_printf(b, "%s\"%s\":", col ? "," : "", name[col]);
            const uint8_t *p = col == 1 ? sqlite3_column_blob(st, col) : NULL;
            if (p && sqlite3_column_bytes(st, col) == FB_DIGEST_LEN) {
                char hex[FB_DIGEST_HEXLEN];
                fb_hex(p, FB_DIGEST_LEN, hex);
                fb_buf_printf(b, "\"%s\"", hex);
            } else {
                fb_buf_printf(b, "%lld", (long long)sqlite3_column_int64(st, col));
            }
        }
        fb_buf_putc(b, '}');
    }
    if (n)
        fb_buf_putc(b, ']');
    if (rc != SQLITE_DONE)
        got = fb_db_error(c->db, err, "cannot read what was removed from a case");
    sqlite3_finalize(st);
    return got;
}

/* {"merge":[{"evidence":[0,2],"run":1},..]}; a case that does not count has "dropped":true. */
static enum fb_status merge_params(struct fb_join *j, struct fb_buf *b, struct fb_err *err)
{
    size_t row = 1;
    fb_buf_puts(b, "{\"merge\":[");
    for (size_t i = 0; i < j->n; i++) {
        size_t n;
        FB_TRY(count_runs(j->in[i].c, &n, err));
        fb_buf_puts(b, i ? ",{" : "{");
        fb_buf_puts(b, j->in[i].dropped ? "\"dropped\":true,\"evidence\":[" : "\"evidence\":[");
        for (size_t e = 0; e < j->in[i].nev; e++) {
            fb_buf_puts(b, e ? "," : "");
            fb_buf_put_u64dec(b, j->in[i].ev[e].merged);
        }
        fb_buf_putc(b, ']');
        FB_TRY(put_retention(j->in[i].c, b, err));
        fb_buf_puts(b, ",\"run\":");
        fb_buf_put_u64dec(b, row);
        fb_buf_putc(b, '}');
        row += n;
    }
    fb_buf_puts(b, "]}");
    return b->failed ? fb_err_set(err, FB_ERR_LIMIT, "the cases have too much evidence for one merge")
                     : FB_OK;
}

enum fb_status fb_join_write_runs(struct fb_join *j, const struct fb_case_run *run, struct fb_err *err)
{
    struct fb_buf params;
    struct fb_case_run merge = *run, old;
    fb_buf_init(&params, PARAMS_MAX);
    enum fb_status st = merge_params(j, &params, err);
    merge.params_json = fb_buf_cstr(&params);
    if (st == FB_OK)
        st = fb_case_begin(j->out, &merge, err);
    fb_buf_release(&params);
    for (size_t i = 0; i < j->n && st == FB_OK; i++) {
        for (size_t r = 0; (st = fb_case_run_at(j->in[i].c, r, &old, err)) == FB_OK; r++)
            FB_TRY(put_run(j->out, &old, err));
        st = st == FB_EOF ? FB_OK : st;
    }
    return st;
}

struct timeline_copy {
    struct fb_join *j;
    const struct fb_join_case *in;
    struct fb_err *err;
};

static enum fb_status copy_piece(void *ctx, const struct fb_timeline_piece *r)
{
    struct timeline_copy *t = ctx;
    if (r->evidence >= t->in->nev)
        return fb_err_set(t->err, FB_ERR_VERIFY,
                          "%s: the timeline names evidence %u, which the case does not have", t->in->name,
                          r->evidence);
    return fb_case_add_timeline_run(t->j->out, t->in->ev[r->evidence].merged, t->in->base + r->first_ordinal,
                                    r->first_pkt_no, r->count, t->err);
}

/* Counters of the inputs added up, those of the sessions as they are now. */
static enum fb_status write_counters(struct fb_join *j, struct fb_err *err)
{
    static const char *const own[] = {"merged_cases",       "cases_dropped",     "evidence_dropped",
                                      "sessions_dropped",   "sessions_straddle", "ends_resolved",
                                      "sessions_continued", "sessions_twice"};
    const struct fb_join_report *r = j->report;
    const uint64_t value[] = {j->n,
                              r->cases_dropped,
                              r->evidence_dropped,
                              r->sessions_dropped,
                              r->sessions_straddle,
                              r->ends_resolved,
                              r->sessions_continued,
                              r->sessions_twice};
    struct {
        char name[64];
        uint64_t sum;
    } total[64] = {0};
    size_t n = 0;
    for (size_t i = 0; i < j->n; i++) {
        const char *name;
        uint64_t v;
        enum fb_status st = FB_OK;
        for (size_t k = 0;
             !j->in[i].dropped && (st = fb_case_counter(j->in[i].c, k, &name, &v, err)) == FB_OK; k++) {
            size_t at = 0;
            bool earlier = false; /* counted by an earlier merge */
            for (size_t o = 0; o < sizeof own / sizeof *own; o++)
                earlier |= strcmp(own[o], name) == 0;
            if (earlier)
                continue;
            while (at < n && strncmp(total[at].name, name, sizeof total[at].name - 1) != 0)
                at++;
            if (at == n && n < sizeof total / sizeof *total)
                snprintf(total[n++].name, sizeof total[0].name, "%s", name);
            if (at < n)
                total[at].sum = total[at].sum > UINT64_MAX - v ? UINT64_MAX : total[at].sum + v;
        }
        if (st != FB_OK && st != FB_EOF)
            return st;
    }
    for (size_t k = 0; k < n; k++)
        FB_TRY(fb_case_add_counter(j->out, total[k].name,
                                   strcmp(total[k].name, "sessions") == 0 ? r->sessions : total[k].sum, err));
    for (size_t o = 0; o < sizeof own / sizeof *own; o++)
        FB_TRY(fb_case_add_counter(j->out, own[o], value[o], err));
    return FB_OK;
}

static enum fb_status add_evidence_at(struct fb_join *j, uint32_t index, bool *found, struct fb_err *err)
{
    *found = false;
    for (size_t i = 0; i < j->n; i++)
        for (size_t e = 0; e < j->in[i].nev; e++) {
            if (j->in[i].ev[e].repeated || j->in[i].ev[e].merged != index)
                continue;
            struct fb_evidence record;
            enum fb_status st = fb_case_evidence(j->in[i].c, e, &record, err);
            if (st == FB_OK)
                st = fb_case_add_evidence(j->out, &record, err);
            fb_evidence_release(&record);
            *found = true;
            return st;
        }
    return FB_OK;
}

enum fb_status fb_join_write_evidence(struct fb_join *j, struct fb_err *err)
{
    bool found = true;
    for (uint32_t index = 0; found; index++)
        FB_TRY(add_evidence_at(j, index, &found, err));
    for (size_t i = 0; i < j->n; i++) {
        struct timeline_copy t = {j, &j->in[i], err};
        if (!j->in[i].dropped)
            FB_TRY(fb_timeline_each(j->in[i].c, copy_piece, &t, err));
    }
    return write_counters(j, err);
}
