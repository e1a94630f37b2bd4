/* lists apply: verdicts of all sessions as a layer of a case. */
#include "base/escape.h"
#include "cli/fail_on.h"
#include "cli/lists_before.h"
#include "cli/lists_layer.h"
#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "cli/source.h"
#include "intel/lists/list_verdict_row.h"

struct run {
    struct fb_lists_ready with;
    struct fb_lists_layer layer;
    int scored; /* exit code by scores and findings, for --fail-on */
    struct fb_buf scratch;
    bool exceptions, json;
    struct fb_out out;
};

static enum fb_status put_exception(void *ctx, const struct fb_session *s, const struct fb_list_verdict *v)
{
    struct run *r = ctx;
    struct fb_buf *b = &r->out.buf;
    char uid[FB_UID_STRLEN], addr[FB_ADDR_STRLEN];
    fb_session_uid(s, uid);
    fb_addr_format(&s->resp_h, addr);
    fb_buf_printf(b,
                  r->json ? "{\"number\":%llu,\"uid\":\"%s\",\"resp_h\":\"%s\",\"resp_p\":%u,\"nearest\":["
                          : "%llu  %s  %s:%u",
                  (unsigned long long)s->number, uid, addr, s->resp_p);
    for (size_t i = 0; i < v->nnear; i++) {
        fb_buf_clear(&r->scratch);
        fb_list_put_near(&r->scratch, r->with.set, &v->near[i]);
        fb_buf_puts(b, r->json ? (i ? "," : "") : "  ");
        if (r->json)
            fb_escape_json(b, r->scratch.data, r->scratch.len);
        else
            fb_escape_term(b, r->scratch.data, r->scratch.len);
    }
    fb_buf_puts(b, r->json ? "]}\n" : "\n");
    return fb_out_row(&r->out);
}

/* ---- the verb ---- */

struct apply_args {
    struct fb_lists_policy p;
    struct fb_ingest_opts in;
    bool dry_run, exceptions, json, add;
    const char *fail_on, *examiner;
};

static void print_result(const struct run *r, const struct apply_args *a, int64_t run_id)
{
    struct fb_buf b;
    const struct fb_lists_counts *n = &r->layer.n;
    const struct fb_list_black_active *black;
    size_t nblack = fb_list_set_blacklists(r->with.set, &black);
    fb_buf_init(&b, (size_t)16 << 20);
    if (a->json) {
        fb_lists_layer_put_counts(&b, &r->layer);
        fb_buf_putc(&b, '\n');
    } else {
        fb_buf_printf(&b, "sessions        %llu\n", (unsigned long long)n->sessions);
        for (int i = 2; fb_list_set_has_whitelists(r->with.set) && i >= 0; i--)
            fb_buf_printf(&b, "%-15s %llu\n", fb_list_conformance_name((enum fb_list_conformance)i),
                          (unsigned long long)n->of[i]);
        if (fb_list_set_has_whitelists(r->with.set))
            fb_buf_printf(&b, "the case        %s\n",
                          n->of[FB_LIST_NONCONFORMING] ? "does not conform" : "conforms");
        for (size_t i = 0; i < nblack; i++) {
            fb_buf_puts(&b, "blacklist       ");
            fb_escape_term(&b, black[i].list->name, strlen(black[i].list->name));
            fb_buf_printf(&b, ": %llu\n", (unsigned long long)r->layer.per_list[i]);
        }
        if (n->skipped)
            fb_buf_printf(&b, "skipped         %llu entries that could not be read\n",
                          (unsigned long long)n->skipped);
        if (n->before)
            fb_buf_printf(&b, "changed         %llu verdicts since the layer before\n",
                          (unsigned long long)n->changed);
        if (run_id)
            fb_buf_printf(&b, "kept            in run %lld\n", (long long)run_id);
    }
    fputs(fb_buf_cstr(&b), stdout);
    fb_buf_release(&b);
}

static enum fb_status judge(struct run *r, const struct apply_args *a, struct fb_case *c, struct fb_err *err)
{
    FB_TRY(fb_out_open(&r->out, NULL, err));
    enum fb_status st = fb_lists_layer_judge(&r->layer, c, err);
    enum fb_status closed = fb_out_close(&r->out, st == FB_OK ? err : NULL);
    st = st == FB_OK ? closed : st;
    if (st == FB_OK)
        r->scored = fb_fail_on_scored(c, a->fail_on, err);
    return st;
}

static int judge_and_keep(char **args, const struct apply_args *a, struct run *r)
{
    struct fb_source src;
    struct fb_edit *e = NULL;
    struct fb_err err = {0};
    int64_t run_id = 0;
    int code = fb_source_open(&src, "lists apply", args, 1, &a->in);
    if (code >= 0)
        return code;
    r->layer.keep = src.is_case && !a->dry_run;
    enum fb_status st = judge(r, a, src.c, &err);
    code = fb_source_close(&src, FB_EXIT_OK);
    if (st == FB_OK && r->layer.keep)
        st = fb_edit_open(args[0], &e, &err);
    if (st == FB_OK && e)
        st = fb_lists_layer_write(&r->layer, &a->p, e, a->examiner, &run_id, &err);
    if (st != FB_OK)
        return fb_cli_fail(&err);
    if (!a->exceptions)
        print_result(r, a, run_id);
    const struct fb_lists_counts *n = &r->layer.n;
    if (fb_fail_on_judged(a->fail_on, n->of[FB_LIST_NONCONFORMING], n->blacklisted))
        return FB_EXIT_FINDINGS;
    return r->scored != FB_EXIT_OK ? r->scored : code;
}

/* What the newest layer of the case was made by; -1, or the exit code after a message. */
static int read_before(char **args, int n, const struct apply_args *a, struct fb_lists_before *before)
{
    struct fb_source src;
    struct fb_err err = {0};
    if (!a->add)
        return -1;
    int code = fb_source_open(&src, "lists apply", args, 1, &a->in);
    if (code >= 0)
        return code;
    enum fb_status st =
        src.is_case ? fb_lists_before_read(src.c, before, &err)
                    : fb_err_set(&err, FB_ERR_USAGE, "%s: no case, so there are no lists to add to", args[0]);
    fb_source_close(&src, FB_EXIT_OK);
    if (st != FB_OK)
        return fb_cli_fail(&err);
    fb_lists_before_except(before, args + 1, n - 1);
    if (before->n == 0 && n == 1 && !before->builtin && !a->p.builtin)
        return fb_cli_usage("lists apply", "%s: no list was applied yet; name one", args[0]);
    return -1;
}

static int apply(char **args, int n, struct apply_args *a)
{
    struct fb_err err = {0};
    struct run r = {.exceptions = a->exceptions, .json = a->json};
    struct fb_lists_before before = {.n = 0};
    int code = read_before(args, n, a, &before), nnew = n - 1;
    if (code >= 0)
        return code;
    char **path = calloc(before.n + (size_t)n, sizeof *path);
    for (size_t i = 0; path && i < before.n; i++)
        path[i] = before.path[i];
    for (int i = 0; path && i < nnew; i++)
        path[before.n + (size_t)i] = args[1 + i];
    a->p.builtin |= before.builtin;
    enum fb_status st = path ? fb_lists_ready_open(path, (int)before.n + nnew, &a->p, &r.with, &err)
                             : fb_err_nomem(&err, "lists");
    if (st == FB_OK)
        st = fb_lists_before_check(&before, r.with.set, &err);
    fb_lists_before_release(&before);
    free(path);
    r.layer.with = &r.with;
    r.layer.exception = a->exceptions ? put_exception : NULL;
    r.layer.ctx = &r;
    fb_buf_init(&r.scratch, FB_REC_BYTES_MAX);
    code = st == FB_OK ? fb_fail_on_check_lists("lists apply", a->fail_on, r.with.set) : fb_cli_fail(&err);
    if (code < 0)
        code = judge_and_keep(args, a, &r);
    fb_lists_layer_release(&r.layer);
    fb_lists_ready_release(&r.with);
    fb_buf_release(&r.scratch);
    return code;
}

int fb_lists_apply(int argc, char **argv)
{
    struct apply_args a = {.in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {
        {0, "add", FB_OPT_FLAG, &a.add, NULL, NULL, "keep the lists of the layer before too"},
        {0, "dry-run", FB_OPT_FLAG, &a.dry_run, NULL, NULL, "say what would be, change nothing"},
        {0, "exceptions", FB_OPT_FLAG, &a.exceptions, NULL, NULL,
         "print the sessions that do not conform, and why"},
        FB_FAIL_ON_WORDS(a.fail_on),
        {0, "examiner", FB_OPT_TEXT, &a.examiner, "NAME", NULL, "who judges; default: the user"},
        {'j', "json", FB_OPT_FLAG, &a.json, NULL, NULL, "JSON"},
        FB_LISTS_OPTIONS(a.p),
        FB_OPT_INTEL(a.p.intel),
        FB_INGEST_OPTIONS(a.in),
        {0}};
    static const struct fb_cli_help help = {
        "lists apply", "CASE|CAPTURE LIST... [options]",
        "Judges every session by the lists and keeps the verdicts as a layer of the case, with the digests "
        "of the lists\n"
        "on record; the layer before stays readable (--as-of). The lists of the command line are all that "
        "judge: with --add\n"
        "those of the layer before go on judging beside them, read again from where they were. Of a capture, "
        "or with --dry-run,\n"
        "nothing is kept. Exit code 1 when --fail-on finds something.",
        "  fbforensics lists apply office.fbcase corporate.json firehol_level1.netset\n"
        "  fbforensics lists apply office.fbcase --add feodo.csv\n"
        "  fbforensics lists apply office.fbcase corporate.new.json --dry-run --exceptions\n"
        "  fbforensics lists apply office.pcap feed.csv --fail-on blacklist\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    a.p.quiet = a.in.quiet;
    if (code < 0 && (nargs == 0 || (nargs == 1 && !a.p.builtin && !a.add)))
        code = fb_cli_usage(help.verb, "a case and a list are needed");
    if (code < 0)
        code = fb_fail_on_check(help.verb, a.fail_on);
    if (code < 0)
        code = apply(argv, nargs, &a);
    fb_lists_policy_release(&a.p);
    return code;
}
