/* lists apply: verdicts of all sessions as a layer. The sessions are judged first and the layer is written in
 * one edit afterwards, so that a list that is refused, or a case that cannot be read, changes nothing. */
#include "base/cursor.h"
#include "base/escape.h"
#include "base/record.h"
#include "cli/custody_entry.h"
#include "cli/lists_cases.h"
#include "cli/lists_load.h"
#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "cli/source.h"
#include "intel/list_verdict_def.h"
#include "intel/list_verdict_row.h"
#include "store/edit.h"
#include "store/rectab.h"

#define ROWS_MAX ((size_t)16 << 30)

enum { CONFORMANCE = 0, BLACKLIST = 5 }; /* columns of list_verdict */

struct counts {
    uint64_t sessions, of[3], blacklisted, changed, before;
};

struct run {
    const struct fb_list_set *set;
    struct fb_list_judge *judge;
    struct fb_rec_cursor *old; /* the layer before */
    struct fb_buf rows;        /* varint number, varint length, row */
    struct fb_buf row, scratch;
    uint64_t *per_list; /* sessions of each blacklist */
    struct counts n;
    bool keep, exceptions, json;
    struct fb_out *out;
    struct fb_err *err;
};

static bool same_cell(const struct fb_rec_cell *a, const struct fb_rec_cell *b)
{
    return a->null == b->null &&
           (a->null || (a->s.n == b->s.n && (a->s.n == 0 || memcmp(a->s.p, b->s.p, a->s.n) == 0)));
}

/* Is the verdict another one than in the layer before? A session without a row there had none. */
static enum fb_status compare(struct run *r, uint64_t number)
{
    struct fb_rec_cell cell[FB_REC_COLS_MAX];
    struct fb_rec_row old;
    fb_rec_seek(r->old, number);
    enum fb_status st = fb_rec_next(r->old, &old, r->err);
    if (st == FB_EOF)
        return FB_OK;
    FB_TRY(st);
    FB_BUG(!fb_rec_read(&fb_list_verdict_def, (struct fb_span){r->row.data, r->row.len}, cell));
    r->n.before++;
    r->n.changed += !same_cell(&cell[CONFORMANCE], &old.cells[CONFORMANCE]) ||
                    !same_cell(&cell[BLACKLIST], &old.cells[BLACKLIST]);
    return FB_OK;
}

static enum fb_status put_exception(struct run *r, const struct fb_session *s,
                                    const struct fb_list_verdict *v)
{
    struct fb_buf *b = &r->out->buf;
    char uid[FB_UID_STRLEN], addr[FB_ADDR_STRLEN];
    fb_session_uid(s, uid);
    fb_addr_format(&s->resp_h, addr);
    fb_buf_printf(b,
                  r->json ? "{\"number\":%llu,\"uid\":\"%s\",\"resp_h\":\"%s\",\"resp_p\":%u,\"nearest\":["
                          : "%llu  %s  %s:%u",
                  (unsigned long long)s->number, uid, addr, s->resp_p);
    for (size_t i = 0; i < v->nnear; i++) {
        fb_buf_clear(&r->scratch);
        fb_list_put_near(&r->scratch, r->set, &v->near[i]);
        fb_buf_puts(b, r->json ? (i ? "," : "") : "  ");
        if (r->json)
            fb_escape_json(b, r->scratch.data, r->scratch.len);
        else
            fb_escape_term(b, r->scratch.data, r->scratch.len);
    }
    fb_buf_puts(b, r->json ? "]}\n" : "\n");
    return fb_out_row(r->out);
}

static enum fb_status on_session(void *ctx, const struct fb_session *s, const struct fb_list_subject *subject)
{
    struct run *r = ctx;
    struct fb_list_verdict v;
    fb_list_judge(r->judge, subject, &v);
    r->n.sessions++;
    r->n.of[v.conformance]++;
    r->n.blacklisted += v.nhits > 0;
    for (size_t i = 0; i < v.nhits; i++)
        r->per_list[v.hit[i].black]++;
    if (r->exceptions && v.conformance == FB_LIST_NONCONFORMING)
        FB_TRY(put_exception(r, s, &v));
    fb_buf_clear(&r->row);
    fb_list_put_verdict(&r->row, r->set, &v, &r->scratch);
    if (r->old && !r->row.failed)
        FB_TRY(compare(r, s->number));
    if (r->keep) {
        fb_buf_put_varint(&r->rows, s->number);
        fb_buf_put_varint(&r->rows, r->row.len);
        fb_buf_put(&r->rows, r->row.data, r->row.len);
    }
    return r->row.failed || r->rows.failed ? fb_err_nomem(r->err, "verdicts of lists") : FB_OK;
}

static enum fb_status judge_all(struct run *r, struct fb_case *c, struct fb_err *err)
{
    const struct fb_list_black_active *black;
    size_t nblack = fb_list_set_blacklists(r->set, &black);
    r->per_list = calloc(nblack ? nblack : 1, sizeof *r->per_list);
    if (!r->per_list)
        return fb_err_nomem(err, "verdicts of lists");
    FB_TRY(fb_list_judge_new(r->set, &r->judge, err));
    FB_TRY(fb_rec_open(c, &fb_list_verdict_def, FB_REC_NEWEST, &r->old, err));
    enum fb_status st = fb_lists_each_session(c, on_session, r, err);
    fb_rec_close(r->old);
    r->old = NULL;
    return st == FB_EOF ? FB_OK : st; /* nobody reads the exceptions any more */
}

/* ---- the layer ---- */

static void put_counts(struct fb_buf *b, const struct run *r)
{
    const struct fb_list_black_active *black;
    size_t n = fb_list_set_blacklists(r->set, &black);
    fb_buf_puts(b, "{\"blacklists\":{");
    for (size_t i = 0; i < n; i++) {
        fb_buf_puts(b, i ? "," : "");
        fb_escape_json(b, black[i].list->name, strlen(black[i].list->name));
        fb_buf_printf(b, ":%llu", (unsigned long long)r->per_list[i]);
    }
    fb_buf_printf(b, "},\"blacklisted\":%llu,\"changed\":", (unsigned long long)r->n.blacklisted);
    if (r->n.before)
        fb_buf_put_u64dec(b, r->n.changed);
    else
        fb_buf_puts(b, "null");
    fb_buf_printf(b, ",\"conforming\":%llu,\"nonconforming\":%llu,\"sessions\":%llu,\"unknown\":%llu}",
                  (unsigned long long)r->n.of[FB_LIST_CONFORMING],
                  (unsigned long long)r->n.of[FB_LIST_NONCONFORMING], (unsigned long long)r->n.sessions,
                  (unsigned long long)r->n.of[FB_LIST_UNKNOWN]);
}

static void put_options(struct fb_buf *b, const struct run *r, const struct fb_lists_policy *p,
                        const char *described)
{
    fb_buf_puts(b, "{\"counts\":");
    put_counts(b, r);
    fb_buf_printf(b, ",\"lists\":%s,\"match_local\":%s,\"scope\":\"%s\",\"trust_ptr\":%s}", described,
                  p->set.match_local ? "true" : "false", fb_lists_scopes[p->scope],
                  p->set.trust_ptr ? "true" : "false");
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

static enum fb_status keep(const char *path, struct run *r, const char *options, const char *examiner,
                           int64_t *run_id, struct fb_err *err)
{
    struct fb_custody_entry entry;
    struct fb_edit *e = NULL;
    struct fb_buf params;
    fb_buf_init(&params, (size_t)64 << 20);
    fb_custody_put_params(&params, options);
    fb_custody_entry_fill(&entry, "lists-apply", fb_buf_cstr(&params), examiner);
    enum fb_status st = params.failed ? fb_err_nomem(err, "the custody log") : fb_edit_open(path, &e, err);
    if (st == FB_OK)
        st = fb_edit_layer(e, "list", &entry, NULL, run_id, err);
    if (st == FB_OK)
        st = write_rows(e, *run_id, &r->rows, err);
    if (st == FB_OK)
        st = fb_edit_commit(e, &entry, err);
    fb_edit_close(e);
    fb_buf_release(&params);
    return st;
}

/* ---- the verb ---- */

struct apply_args {
    struct fb_lists_policy p;
    struct fb_ingest_opts in;
    bool dry_run, exceptions, json;
    const char *fail_on, *examiner;
};

/* Words of --fail-on; false when one is none. `abnormal` is for the anomaly layer, which lists do not change.
 */
static bool fails(const char *words, const struct counts *n, bool *failed)
{
    *failed = false;
    for (const char *w = words; w && *w;) {
        size_t len = strcspn(w, ",");
        if (len == 13 && memcmp(w, "nonconforming", len) == 0)
            *failed |= n->of[FB_LIST_NONCONFORMING] > 0;
        else if (len == 9 && memcmp(w, "blacklist", len) == 0)
            *failed |= n->blacklisted > 0;
        else
            return false;
        w += len + (w[len] == ',');
    }
    return true;
}

static void print_result(const struct run *r, const struct apply_args *a, int64_t run_id)
{
    struct fb_buf b;
    const struct counts *n = &r->n;
    const struct fb_list_black_active *black;
    size_t nblack = fb_list_set_blacklists(r->set, &black);
    fb_buf_init(&b, (size_t)16 << 20);
    if (a->json) {
        put_counts(&b, r);
        fb_buf_putc(&b, '\n');
    } else {
        fb_buf_printf(&b, "sessions        %llu\n", (unsigned long long)n->sessions);
        for (int i = 2; fb_list_set_has_whitelists(r->set) && i >= 0; i--)
            fb_buf_printf(&b, "%-15s %llu\n", fb_list_conformance_name((enum fb_list_conformance)i),
                          (unsigned long long)n->of[i]);
        if (fb_list_set_has_whitelists(r->set))
            fb_buf_printf(&b, "the case        %s\n",
                          n->of[FB_LIST_NONCONFORMING] ? "does not conform" : "conforms");
        for (size_t i = 0; i < nblack; i++) {
            fb_buf_puts(&b, "blacklist       ");
            fb_escape_term(&b, black[i].list->name, strlen(black[i].list->name));
            fb_buf_printf(&b, ": %llu\n", (unsigned long long)r->per_list[i]);
        }
        if (n->before)
            fb_buf_printf(&b, "changed         %llu verdicts since the layer before\n",
                          (unsigned long long)n->changed);
        if (run_id)
            fb_buf_printf(&b, "kept            in run %lld\n", (long long)run_id);
    }
    fputs(fb_buf_cstr(&b), stdout);
    fb_buf_release(&b);
}

static int judge_and_keep(char **args, struct apply_args *a, struct run *r, const char *described)
{
    struct fb_source src;
    struct fb_out out;
    struct fb_err err = {0};
    int64_t run_id = 0;
    int code = fb_source_open(&src, "lists apply", args, 1, &a->in);
    if (code >= 0)
        return code;
    r->keep = src.is_case && !a->dry_run;
    r->err = &err;
    r->out = &out;
    enum fb_status st = fb_out_open(&out, NULL, &err), closed;
    if (st == FB_OK) {
        st = judge_all(r, src.c, &err);
        closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
        st = st == FB_OK ? closed : st;
    }
    code = fb_source_close(&src, FB_EXIT_OK);
    if (st == FB_OK && r->keep) {
        struct fb_buf options;
        fb_buf_init(&options, (size_t)32 << 20);
        put_options(&options, r, &a->p, described);
        st = keep(args[0], r, fb_buf_cstr(&options), a->examiner, &run_id, &err);
        fb_buf_release(&options);
    }
    if (st != FB_OK)
        return fb_cli_fail(&err);
    if (!a->exceptions)
        print_result(r, a, run_id);
    bool failed;
    fails(a->fail_on, &r->n, &failed);
    return failed ? FB_EXIT_FINDINGS : code;
}

static int apply(char **args, int n, struct apply_args *a)
{
    struct fb_list_set *set = NULL;
    struct fb_buf described;
    struct fb_err err = {0};
    struct run r = {.exceptions = a->exceptions, .json = a->json};
    fb_buf_init(&described, (size_t)16 << 20);
    fb_buf_init(&r.rows, ROWS_MAX);
    fb_buf_init(&r.row, FB_REC_BYTES_MAX);
    fb_buf_init(&r.scratch, FB_REC_BYTES_MAX);
    int code =
        fb_lists_load(args + 1, n - 1, &a->p, &set, &described, &err) == FB_OK ? -1 : fb_cli_fail(&err);
    r.set = set;
    if (code < 0)
        code = judge_and_keep(args, a, &r, fb_buf_cstr(&described));
    fb_list_judge_free(r.judge);
    fb_list_set_free(set);
    fb_buf_release(&described);
    fb_buf_release(&r.rows);
    fb_buf_release(&r.row);
    fb_buf_release(&r.scratch);
    free(r.per_list);
    return code;
}

int fb_lists_apply(int argc, char **argv)
{
    struct apply_args a = {.in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {
        {0, "dry-run", FB_OPT_FLAG, &a.dry_run, NULL, NULL, "say what would be, change nothing"},
        {0, "exceptions", FB_OPT_FLAG, &a.exceptions, NULL, NULL,
         "print the sessions that do not conform, and why"},
        {0, "fail-on", FB_OPT_TEXT, &a.fail_on, "WHAT", NULL,
         "nonconforming, blacklist: exit code 1 when there is one"},
        {0, "examiner", FB_OPT_TEXT, &a.examiner, "NAME", NULL, "who judges; default: the user"},
        {'j', "json", FB_OPT_FLAG, &a.json, NULL, NULL, "JSON"},
        FB_LISTS_OPTIONS(a.p),
        FB_INGEST_OPTIONS(a.in),
        {0}};
    static const struct fb_cli_help help = {
        "lists apply", "CASE|CAPTURE LIST... [options]",
        "Judges every session by the lists and keeps the verdicts as a layer of the case, with the digests "
        "of the lists\n"
        "on record; the layer before stays readable (--as-of). Of a capture, or with --dry-run, nothing is "
        "kept.",
        "  fbforensics lists apply office.fbcase corporate.json firehol_level1.netset\n"
        "  fbforensics lists apply office.fbcase corporate.new.json --dry-run --exceptions\n"
        "  fbforensics lists apply office.pcap feed.csv --fail-on blacklist\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    struct counts none = {.sessions = 0};
    bool failed;
    a.p.quiet = a.in.quiet;
    if (code < 0 && (nargs == 0 || (nargs == 1 && !a.p.builtin)))
        code = fb_cli_usage(help.verb, "a case and a list are needed");
    if (code < 0 && !fails(a.fail_on, &none, &failed))
        code = fb_cli_usage(
            help.verb, "--fail-on %s: expected nonconforming, blacklist, or both with a comma", a.fail_on);
    if (code < 0)
        code = apply(argv, nargs, &a);
    fb_lists_policy_release(&a.p);
    return code;
}
