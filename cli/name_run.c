#include "cli/name_run.h"

#include "cli/custody_entry.h"
#include "intel/name_join.h"
#include "intel/names_def.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/http_def.h"
#include "intel/wire/tls_def.h"
#include "store/custody.h"
#include "store/edit.h"
#include "store/rectab.h"

#include <cjson/cJSON.h>

/* A table of facts that is read row by row up to the time of the session at hand. */
struct stream {
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    bool has;
    void (*learn)(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *cells);
};

struct names {
    struct fb_case *c;
    struct fb_name_join *join;
    struct stream facts[2];
    struct fb_rec_cursor *tls, *http;
    struct fb_edit *edit;
    struct fb_rec_writer *w;
    struct fb_custody_entry entry;
    struct fb_buf row, params;
    int64_t grace_ns;
    const char *examiner;
    struct fb_err *err;
};

static enum fb_status step(struct stream *s, struct fb_err *err)
{
    enum fb_status st = fb_rec_next(s->cur, &s->row, err);
    s->has = st == FB_OK;
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status open_all(struct names *n)
{
    static const struct fb_rec_def *const def[] = {&fb_dns_def, &fb_dhcp_def};
    static const struct fb_name_columns *const columns[] = {&fb_name_columns_dns, &fb_name_columns_dhcp};
    n->facts[0].learn = fb_name_join_dns;
    n->facts[1].learn = fb_name_join_dhcp;
    for (int i = 0; i < 2; i++) {
        FB_TRY(fb_rec_open(n->c, def[i], FB_REC_NEWEST, &n->facts[i].cur, n->err));
        fb_rec_only(n->facts[i].cur, columns[i]->col, columns[i]->n);
        FB_TRY(step(&n->facts[i], n->err));
    }
    FB_TRY(fb_rec_open(n->c, &fb_tls_def, FB_REC_NEWEST, &n->tls, n->err));
    fb_rec_only(n->tls, fb_name_columns_tls.col, fb_name_columns_tls.n);
    FB_TRY(fb_rec_open(n->c, &fb_http_def, FB_REC_NEWEST, &n->http, n->err));
    fb_rec_only(n->http, fb_name_columns_http.col, fb_name_columns_http.n);
    return FB_OK;
}

/* Facts are learnt in the order of time, ties in the order of tables. */
static enum fb_status learn_until(struct names *n, int64_t ts_ns)
{
    for (;;) {
        struct stream *s = &n->facts[0];
        if (!s->has || (n->facts[1].has && n->facts[1].row.at.ts_ns < s->row.at.ts_ns))
            s = &n->facts[1];
        if (!s->has || s->row.at.ts_ns > ts_ns)
            return FB_OK;
        struct fb_name_at at = {s->row.at.ts_ns, s->row.at.number};
        s->learn(n->join, &at, s->row.cells);
        FB_TRY(step(s, n->err));
    }
}

/* The first row of the session that holds a name of its own. */
static enum fb_status own_name(struct names *n, struct fb_rec_cursor *cur, uint64_t number,
                               bool (*get)(const struct fb_rec_cell *, struct fb_own_name *),
                               struct fb_own_name *own)
{
    struct fb_rec_row row;
    enum fb_status st = FB_OK;
    fb_rec_seek(cur, number);
    while (st == FB_OK && !own->source) {
        st = fb_rec_next(cur, &row, n->err);
        if (st == FB_OK && get(row.cells, own))
            own->at = (struct fb_name_at){row.at.ts_ns, number};
    }
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status begin_layer(struct names *n)
{
    int64_t run_id;
    char options[48];
    snprintf(options, sizeof options, "{\"grace_ns\":%lld}", (long long)n->grace_ns);
    fb_custody_put_params(&n->params, options);
    fb_custody_entry_fill(&n->entry, "names", fb_buf_cstr(&n->params), n->examiner);
    FB_TRY(fb_edit_open_for(n->c, &n->edit, n->err));
    FB_TRY(fb_edit_layer(n->edit, "names", &n->entry, NULL, &run_id, n->err));
    return fb_edit_record_open(n->edit, &fb_names_def, run_id, &n->w, n->err);
}

static enum fb_status name_session(void *ctx, const struct fb_session_ends *s)
{
    struct names *n = ctx;
    struct fb_own_name own = {0};
    struct fb_named_session ns = {s->ts_ns, s->orig_h, s->resp_h};
    struct fb_rec_at at = {.number = s->number};
    FB_TRY(learn_until(n, s->ts_ns));
    FB_TRY(own_name(n, n->tls, s->number, fb_own_name_tls, &own));
    if (!own.source)
        FB_TRY(own_name(n, n->http, s->number, fb_own_name_http, &own));
    if (!fb_name_join_session(n->join, &ns, &own, &n->row))
        return FB_OK;
    if (!n->w)
        FB_TRY(begin_layer(n));
    return fb_rec_write(n->w, &at, (struct fb_span){n->row.data, n->row.len}, n->err);
}

static void close_all(struct names *n)
{
    fb_rec_close(n->facts[0].cur);
    fb_rec_close(n->facts[1].cur);
    fb_rec_close(n->tls);
    fb_rec_close(n->http);
    n->facts[0].cur = n->facts[1].cur = n->tls = n->http = NULL;
}

/* An older layer must not show through where there are no names any more. */
static enum fb_status begin_when_named_before(struct names *n)
{
    struct fb_rec_info t;
    enum fb_status st;
    bool before = false;
    for (size_t i = 0; (st = fb_case_record_table(n->c, i, &t, n->err)) == FB_OK; i++)
        before = before || t.id == fb_names_def.id;
    return st != FB_EOF ? st : before ? begin_layer(n) : FB_OK;
}

enum fb_status fb_names_run(struct fb_case *c, int64_t grace_ns, const char *examiner, struct fb_err *err)
{
    const struct fb_name_join_opts opts = {.grace_ns = grace_ns};
    struct names n = {
        .c = c, .err = err, .join = fb_name_join_new(&opts), .grace_ns = grace_ns, .examiner = examiner};
    if (!n.join)
        return fb_err_nomem(err, "the names of sessions");
    fb_buf_init(&n.row, FB_REC_BYTES_MAX);
    fb_buf_init(&n.params, (size_t)16 << 20);
    enum fb_status st = open_all(&n);
    if (st == FB_OK)
        st = fb_case_each_ends(c, name_session, &n, err);
    if (st == FB_OK && !n.w)
        st = begin_when_named_before(&n);
    if (st == FB_OK && n.w)
        st = fb_rec_writer_finish(n.w, NULL, NULL, err);
    fb_rec_writer_free(n.w);
    close_all(&n);
    if (st == FB_OK && n.edit)
        st = fb_edit_commit(n.edit, &n.entry, err);
    fb_edit_close(n.edit);
    fb_name_join_free(n.join);
    fb_buf_release(&n.row);
    fb_buf_release(&n.params);
    return st;
}

static enum fb_status on_record(void *ctx, const struct fb_custody_record *rec)
{
    int64_t *grace_ns = ctx;
    if (strcmp(rec->e.what, "names") != 0)
        return FB_OK;
    cJSON *root = cJSON_Parse(rec->e.params_json);
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(root, "options"),
                *grace = cJSON_GetObjectItemCaseSensitive(options, "grace_ns");
    bool known = cJSON_IsNumber(grace) && grace->valuedouble >= 0 && grace->valuedouble < 9e18;
    *grace_ns = known ? (int64_t)grace->valuedouble : FB_NAME_GRACE_NS;
    cJSON_Delete(root);
    return FB_OK;
}

enum fb_status fb_names_recorded_grace(struct fb_case *c, int64_t *grace_ns, struct fb_err *err)
{
    *grace_ns = FB_NAME_GRACE_NS;
    return fb_custody_each(c, on_record, grace_ns, err);
}
