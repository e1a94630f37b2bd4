#include "cli/lists_layer.h"

#include "base/cursor.h"
#include "base/escape.h"
#include "cli/custody_entry.h"
#include "cli/message.h"
#include "intel/lists/list_verdict_def.h"
#include "intel/lists/list_verdict_row.h"
#include "store/rectab.h"

#define ROWS_MAX ((size_t)16 << 30)

enum { CONFORMANCE = 0, BLACKLIST = 5 }; /* columns of list_verdict */

/* What endpoints ask for that nobody knows of sessions out of captures: said once, since such rules hold back
 * everything and look as if they did not work. */
static void say_not_known(const struct fb_lists_ready *r)
{
    const struct fb_list_active *a;
    size_t n = fb_list_set_endpoints(r->set, &a), process = 0, as = 0;
    for (size_t i = 0; i < n; i++) {
        const struct fb_list_endpoint *e = a[i].endpoint;
        process += e->process != NULL;
        as += e->has_as_number || e->as_country || e->as_owner;
    }
    if (process)
        fb_cli_say("%zu of %zu endpoints name a process; captures do not say which process a session was of, "
                   "so they match nothing here",
                   process, n);
    if (as && !(r->intel && fb_intel_has(r->intel, FB_DATASET_ORIGINS)))
        fb_cli_say("%zu of %zu endpoints name owners of addresses; without a pack (--intel) nobody knows "
                   "them, so they match nothing here",
                   as, n);
}

enum fb_status fb_lists_ready_open(char **paths, int n, const struct fb_lists_policy *p,
                                   struct fb_lists_ready *out, struct fb_err *err)
{
    char pack[PATH_MAX];
    *out = (struct fb_lists_ready){.policy = p};
    fb_buf_init(&out->described, (size_t)16 << 20);
    enum fb_status st = fb_intel_find_open(p->intel, pack, &out->intel, err);
    if (st == FB_OK)
        st = fb_lists_load(paths, n, p, &out->set, &out->described, err);
    if (st == FB_OK && out->described.failed)
        st = fb_err_nomem(err, "the custody log");
    if (st != FB_OK)
        fb_lists_ready_release(out);
    else if (!p->quiet)
        say_not_known(out);
    return st;
}

void fb_lists_ready_release(struct fb_lists_ready *r)
{
    fb_list_set_free(r->set);
    fb_intel_close(r->intel);
    fb_buf_release(&r->described);
    *r = (struct fb_lists_ready){.set = NULL};
}

/* ---- judging ---- */

struct walk {
    struct fb_lists_layer *l;
    struct fb_list_judge *judge;
    struct fb_rec_cursor *old; /* the layer before */
    struct fb_buf row, scratch;
    struct fb_err *err;
};

static bool same_cell(const struct fb_rec_cell *a, const struct fb_rec_cell *b)
{
    return a->null == b->null &&
           (a->null || (a->s.n == b->s.n && (a->s.n == 0 || memcmp(a->s.p, b->s.p, a->s.n) == 0)));
}

/* Is the verdict another one than in the layer before? A session without a row there had none. */
static enum fb_status compare(struct walk *w, uint64_t number)
{
    struct fb_rec_cell cell[FB_REC_COLS_MAX];
    struct fb_rec_row old;
    fb_rec_seek(w->old, number);
    enum fb_status st = fb_rec_next(w->old, &old, w->err);
    if (st == FB_EOF)
        return FB_OK;
    FB_TRY(st);
    FB_BUG(!fb_rec_read(&fb_list_verdict_def, (struct fb_span){w->row.data, w->row.len}, cell));
    w->l->n.before++;
    w->l->n.changed += !same_cell(&cell[CONFORMANCE], &old.cells[CONFORMANCE]) ||
                       !same_cell(&cell[BLACKLIST], &old.cells[BLACKLIST]);
    return FB_OK;
}

static void count(struct fb_lists_layer *l, const struct fb_list_verdict *v)
{
    l->n.sessions++;
    l->n.of[v->conformance]++;
    l->n.blacklisted += v->nhits > 0;
    for (size_t i = 0; i < v->nhits; i++)
        l->per_list[v->hit[i].black]++;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s, const struct fb_list_subject *subject)
{
    struct walk *w = ctx;
    struct fb_lists_layer *l = w->l;
    struct fb_list_verdict v;
    fb_list_judge(w->judge, subject, &v);
    count(l, &v);
    if (l->exception && v.conformance == FB_LIST_NONCONFORMING)
        FB_TRY(l->exception(l->ctx, s, &v));
    fb_buf_clear(&w->row);
    fb_list_put_verdict(&w->row, l->with->set, &v, &w->scratch);
    if (!w->row.failed)
        FB_TRY(compare(w, s->number));
    if (l->keep) {
        fb_buf_put_varint(&l->rows, s->number);
        fb_buf_put_varint(&l->rows, w->row.len);
        fb_buf_put(&l->rows, w->row.data, w->row.len);
    }
    return w->row.failed || l->rows.failed ? fb_err_nomem(w->err, "verdicts of lists") : FB_OK;
}

static uint64_t skipped(const struct fb_list_set *s)
{
    struct fb_list_file *const *f;
    uint64_t sum = 0;
    for (size_t i = fb_list_set_files(s, &f); i-- > 0;)
        sum += f[i]->skipped;
    return sum;
}

enum fb_status fb_lists_layer_judge(struct fb_lists_layer *l, struct fb_case *c, struct fb_err *err)
{
    const struct fb_list_black_active *black;
    struct walk w = {.l = l, .err = err};
    size_t nblack = fb_list_set_blacklists(l->with->set, &black);
    l->n = (struct fb_lists_counts){.skipped = skipped(l->with->set)};
    fb_buf_init(&l->rows, ROWS_MAX);
    l->per_list = calloc(nblack ? nblack : 1, sizeof *l->per_list);
    if (!l->per_list)
        return fb_err_nomem(err, "verdicts of lists");
    fb_buf_init(&w.row, FB_REC_BYTES_MAX);
    fb_buf_init(&w.scratch, FB_REC_BYTES_MAX);
    enum fb_status st = fb_list_judge_new(l->with->set, &w.judge, err);
    if (st == FB_OK)
        st = fb_rec_open(c, &fb_list_verdict_def, FB_REC_NEWEST, &w.old, err);
    if (st == FB_OK)
        st = fb_lists_each_session(c, &(struct fb_lists_how){l->with->intel, l->with->policy}, on_session, &w,
                                   err);
    fb_rec_close(w.old);
    fb_list_judge_free(w.judge);
    fb_buf_release(&w.row);
    fb_buf_release(&w.scratch);
    return st == FB_EOF ? FB_OK : st; /* nobody reads the exceptions any more */
}

void fb_lists_layer_release(struct fb_lists_layer *l)
{
    fb_buf_release(&l->rows);
    free(l->per_list);
    l->per_list = NULL;
}

/* ---- keeping ---- */

void fb_lists_layer_put_counts(struct fb_buf *b, const struct fb_lists_layer *l)
{
    const struct fb_list_black_active *black;
    size_t n = fb_list_set_blacklists(l->with->set, &black);
    fb_buf_puts(b, "{\"blacklists\":{");
    for (size_t i = 0; i < n; i++) {
        fb_buf_puts(b, i ? "," : "");
        fb_escape_json(b, black[i].list->name, strlen(black[i].list->name));
        fb_buf_printf(b, ":%llu", (unsigned long long)l->per_list[i]);
    }
    fb_buf_printf(b, "},\"blacklisted\":%llu,\"changed\":", (unsigned long long)l->n.blacklisted);
    if (l->n.before)
        fb_buf_put_u64dec(b, l->n.changed);
    else
        fb_buf_puts(b, "null");
    fb_buf_printf(
        b, ",\"conforming\":%llu,\"nonconforming\":%llu,\"sessions\":%llu,\"skipped\":%llu,\"unknown\":%llu}",
        (unsigned long long)l->n.of[FB_LIST_CONFORMING], (unsigned long long)l->n.of[FB_LIST_NONCONFORMING],
        (unsigned long long)l->n.sessions, (unsigned long long)l->n.skipped,
        (unsigned long long)l->n.of[FB_LIST_UNKNOWN]);
}

void fb_lists_ready_put(struct fb_buf *b, const struct fb_lists_ready *r, const struct fb_lists_policy *p)
{
    const struct fb_digest *pack = r->intel ? fb_intel_digest(r->intel) : NULL;
    char hex[FB_DIGEST_HEXLEN];
    if (pack) {
        fb_hex(pack->b, FB_DIGEST_LEN, hex);
        fb_buf_printf(b, "\"intel\":\"%s\"", hex);
    } else {
        fb_buf_puts(b, "\"intel\":null");
    }
    fb_buf_puts(b, ",\"lists\":");
    fb_buf_put(b, r->described.data, r->described.len);
    fb_buf_puts(b, ",\"local\":[");
    for (size_t i = 0; i < p->local.n; i++) {
        fb_buf_puts(b, i ? "," : "");
        fb_escape_json(b, p->local.item[i], strlen(p->local.item[i]));
    }
    fb_buf_putc(b, ']');
    fb_buf_printf(b, ",\"match_local\":%s,\"scope\":\"%s\",\"trust_ptr\":%s",
                  p->set.match_local ? "true" : "false", fb_lists_scopes[p->scope],
                  p->set.trust_ptr ? "true" : "false");
}

static void put_options(struct fb_buf *b, const struct fb_lists_layer *l, const struct fb_lists_policy *p)
{
    fb_buf_puts(b, "{\"counts\":");
    fb_lists_layer_put_counts(b, l);
    fb_buf_putc(b, ',');
    fb_lists_ready_put(b, l->with, p);
    fb_buf_putc(b, '}');
}

static enum fb_status write_rows(struct fb_edit *e, int64_t run_id, const struct fb_buf *rows,
                                 struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    struct fb_cur c = fb_cur_init(rows->data, rows->len);
    enum fb_status st = fb_edit_record_open(e, &fb_list_verdict_def, run_id, &w, err);
    while (st == FB_OK && fb_cur_left(&c)) {
        struct fb_rec_at at = {.number = fb_cur_varint(&c)};
        size_t n = (size_t)fb_cur_varint(&c);
        st = fb_rec_write(w, &at, (struct fb_span){fb_cur_take(&c, n), n}, err);
    }
    if (st == FB_OK)
        st = fb_rec_writer_finish(w, NULL, NULL, err);
    fb_rec_writer_free(w);
    return st;
}

static enum fb_status write_set(struct fb_rec_writer *w, const struct fb_dataset_info *info,
                                struct fb_err *err)
{
    const struct fb_rec_at at = {.number = 0};
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_dataset_put(&row, info, true);
    if (row.failed) { /* thousands of files */
        fb_buf_release(&row);
        fb_buf_init(&row, FB_REC_BYTES_MAX);
        fb_dataset_put(&row, info, false);
    }
    enum fb_status st = row.failed ? fb_err_nomem(err, "the description of a data set")
                                   : fb_rec_write(w, &at, (struct fb_span){row.data, row.len}, err);
    fb_buf_release(&row);
    return st;
}

/* Which data sets said who owns an address: name, version, licence, digest. None when packs are turned off.
 */
static enum fb_status write_sets(struct fb_edit *e, int64_t run_id, const struct fb_intel *k,
                                 struct fb_err *err)
{
    struct fb_rec_writer *w = NULL;
    enum fb_status st = fb_edit_record_open(e, &fb_dataset_def, run_id, &w, err);
    for (size_t i = 0; st == FB_OK && k && i < fb_intel_sets(k); i++)
        st = write_set(w, fb_intel_set(k, i), err);
    if (st == FB_OK)
        st = fb_rec_writer_finish(w, NULL, NULL, err);
    fb_rec_writer_free(w);
    return st;
}

enum fb_status fb_lists_layer_write(const struct fb_lists_layer *l, const struct fb_lists_policy *p,
                                    struct fb_edit *e, const char *examiner, int64_t *run_id,
                                    struct fb_err *err)
{
    struct fb_custody_entry entry;
    struct fb_buf options, params;
    fb_buf_init(&options, (size_t)32 << 20);
    fb_buf_init(&params, (size_t)64 << 20);
    put_options(&options, l, p);
    fb_custody_put_params(&params, fb_buf_cstr(&options));
    fb_custody_entry_fill(&entry, "lists-apply", fb_buf_cstr(&params), examiner);
    enum fb_status st = options.failed || params.failed ? fb_err_nomem(err, "the custody log") : FB_OK;
    if (st == FB_OK)
        st = fb_edit_layer(e, "list", &entry, NULL, run_id, err);
    if (st == FB_OK)
        st = write_rows(e, *run_id, &l->rows, err);
    if (st == FB_OK)
        st = write_sets(e, *run_id, l->with->intel, err);
    if (st == FB_OK)
        st = fb_edit_commit(e, &entry, err);
    fb_edit_close(e);
    fb_buf_release(&options);
    fb_buf_release(&params);
    return st;
}
