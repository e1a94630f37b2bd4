#include "base/escape.h"
#include "cli/fail_on.h"
#include "cli/info_print.h"
#include "cli/layer_counts.h"
#include "cli/message.h"
#include "cli/score_opts.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"

#include <unistd.h>

static int print_result(struct fb_case *c, const char *path)
{
    struct fb_err err = {0};
    struct fb_out out;
    fb_out_open(&out, NULL, &err);
    fb_buf_puts(&out.buf, "case            ");
    fb_escape_term(&out.buf, path, strlen(path));
    fb_buf_putc(&out.buf, '\n');
    enum fb_status st = fb_info_print_text(c, &out, false, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK;
}

struct request {
    const char *path, *fail_on;
    bool force, resume;
    struct fb_ingest_opts in;
    struct fb_ingest_lists lists;
};

static int look_for(struct fb_case *c, const char *fail_on)
{
    struct fb_layer_counts n;
    struct fb_err err = {0};
    if (!fail_on)
        return FB_EXIT_OK;
    if (fb_layer_counts(c, &n, &err) != FB_OK)
        return fb_cli_fail(&err);
    return fb_fail_on_judged(fail_on, n.nonconforming, n.blacklisted) ? FB_EXIT_FINDINGS
                                                                      : fb_fail_on_scored(c, fail_on, &err);
}

static int finish(struct fb_case *c, const struct request *q, const char *path, enum fb_status st,
                  const struct fb_err *err)
{
    if (st != FB_OK && st != FB_ERR_DAMAGED)
        return fb_cli_fail(err);
    int code = q->in.quiet ? FB_EXIT_OK : print_result(c, path);
    if (code == FB_EXIT_OK)
        code = look_for(c, q->fail_on);
    fb_case_close(c);
    return code == FB_EXIT_OK && st == FB_ERR_DAMAGED ? FB_EXIT_DAMAGED : code;
}

static int run_new(char **argv, int nargs, const struct request *q)
{
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    enum fb_status st =
        fb_ingest_run((const char *const *)argv, (size_t)nargs, &q->in, q->path, q->force, &c, &err);
    return finish(c, q, q->path, st, &err);
}

/* A case that is not there yet is begun, so that the same command can be given until it succeeds. */
static int run_resume(char **argv, int nargs, const struct request *q)
{
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    const char *path = q->path;
    if (q->force)
        return fb_cli_usage("ingest", "--resume keeps what --force would throw away: give one of them");
    if (!path && nargs != 1)
        return fb_cli_usage("ingest", "--resume needs one CASE, or captures and -o CASE");
    const char *case_path = path ? path : argv[0];
    if (path && nargs > 0 && access(path, F_OK) != 0)
        return run_new(argv, nargs, q);
    enum fb_status st =
        fb_ingest_resume(case_path, (const char *const *)argv, path ? (size_t)nargs : 0, &q->in, &c, &err);
    if (st == FB_EOF) {
        fb_cli_say("%s is complete: there is nothing to resume", case_path);
        return FB_EXIT_OK;
    }
    return finish(c, q, case_path, st, &err);
}

static int ingest(char **argv, int nargs, struct request *q)
{
    if (!q->resume && nargs == 0)
        return fb_cli_usage("ingest", "a capture, a directory or - is needed");
    if (!q->resume && (!q->path || !*q->path))
        return fb_cli_usage("ingest", "-o CASE is needed: the case file to make");
    if (!q->resume && !q->force && access(q->path, F_OK) == 0)
        return fb_cli_usage("ingest", "%s exists; --force replaces a case, anything else is left alone",
                            q->path);
    int code = fb_ingest_lists_open(&q->lists, "ingest", q->in.quiet);
    if (code < 0 && !q->resume) /* else the case may have verdicts already */
        code = fb_fail_on_check_lists("ingest", q->fail_on, q->lists.any ? q->lists.ready.set : NULL);
    if (code >= 0)
        return code;
    q->in.lists = &q->lists;
    return q->resume ? run_resume(argv, nargs, q) : run_new(argv, nargs, q);
}

int fb_verb_ingest(int argc, char **argv)
{
    struct request q = {.in = FB_INGEST_OPTS_SCORED};
    struct fb_opt_list set = {0};
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &q.path, "CASE", NULL, "the case file to make (needed)"},
        {0, "force", FB_OPT_FLAG, &q.force, NULL, NULL, "replace CASE when it is a case already"},
        {0, "resume", FB_OPT_FLAG, &q.resume, NULL, NULL,
         "go on with an interrupted ingest: CASE alone, or FILE... -o CASE"},
        FB_FAIL_ON_WORDS(q.fail_on),
        FB_INGEST_LISTS_OPTIONS(q.lists),
        FB_MODEL_OPTIONS(q.in),
        FB_NAME_GRACE_OPTION(q.in),
        FB_DETECT_OPTION(set, "a threshold of a detector (docs/detectors.md)"),
        FB_INGEST_OPTIONS(q.in),
        {0},
    };
    static const struct fb_cli_help help = {
        "ingest", "FILE|DIR|-... -o CASE | --resume CASE",
        "Reads captures (pcap, pcapng; plain, gzip, zstd, lz4, xz) as one timeline, builds their sessions "
        "and keeps them in a\n"
        "new case file. Every file is hashed. Damaged evidence is used as far as it goes: exit code 3. Then "
        "lists judge the\n"
        "sessions, a model is trained on those that no blacklist matches, every session gets its anomaly "
        "score, and\n"
        "findings are kept (fbforensics findings).",
        "  fbforensics ingest office.pcapng -o office.fbcase\n"
        "  fbforensics ingest /evidence/2024-03-01/ -o day.fbcase --threads 4\n"
        "  tcpdump -r x.pcap -w - tcp | fbforensics ingest - -o tcp.fbcase\n"
        "  fbforensics ingest office.pcapng -o office.fbcase --whitelist corporate.json --blacklist "
        "feed.netset --fail-on blacklist\n"
        "  fbforensics ingest --resume office.fbcase\n"
        "  fbforensics ingest big.pcap.zst -o part.fbcase --filter 'host 10.0.0.5' --after "
        "2024-03-01T08:00Z\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0)
        code = fb_fail_on_check(help.verb, q.fail_on);
    if (code < 0 && q.in.no_model && fb_fail_on_wants_scores(q.fail_on))
        code = fb_cli_usage(help.verb, "--fail-on %s needs scores, which --no-model leaves out", q.fail_on);
    if (code < 0 && q.in.no_model && set.n)
        code = fb_cli_usage(help.verb, "--set needs findings, which --no-model leaves out");
    if (code < 0)
        code = fb_detect_opts_take(help.verb, &set, &q.in.detect);
    q.in.has_detect = set.n > 0;
    if (code < 0)
        code = ingest(argv, nargs, &q);
    fb_opt_list_release(&set);
    fb_ingest_lists_release(&q.lists);
    return code;
}
