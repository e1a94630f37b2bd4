#include "cli/info_print.h"
#include "cli/message.h"
#include "cli/score_opts.h"
#include "cli/source.h"
#include "cli/verbs.h"

#include <unistd.h>

struct asked {
    struct fb_ingest_opts in;
    int fail_on;
};

static int print_result(struct fb_case *c, const char *path)
{
    struct fb_err err = {0};
    struct fb_out out;
    fb_out_open(&out, NULL, &err);
    fb_buf_puts(&out.buf, "case            ");
    fb_buf_puts(&out.buf, path);
    fb_buf_putc(&out.buf, '\n');
    enum fb_status st = fb_info_print_text(c, &out, false, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK;
}

static int finish(struct fb_case *c, const char *path, const struct asked *a, enum fb_status st,
                  struct fb_err *err)
{
    if (st != FB_OK && st != FB_ERR_DAMAGED)
        return fb_cli_fail(err);
    int code = a->in.quiet ? FB_EXIT_OK : print_result(c, path);
    if (code == FB_EXIT_OK)
        code = fb_fail_on_code(c, a->fail_on, err);
    fb_case_close(c);
    return code == FB_EXIT_OK && st == FB_ERR_DAMAGED ? FB_EXIT_DAMAGED : code;
}

static int run_new(char **argv, int nargs, const char *path, bool force, const struct asked *a)
{
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    enum fb_status st =
        fb_ingest_run((const char *const *)argv, (size_t)nargs, &a->in, path, force, &c, &err);
    return finish(c, path, a, st, &err);
}

/* A case that is not there yet is begun, so that the same command can be given until it succeeds. */
static int run_resume(char **argv, int nargs, const char *path, bool force, const struct asked *a)
{
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    if (force)
        return fb_cli_usage("ingest", "--resume keeps what --force would throw away: give one of them");
    if (!path && nargs != 1)
        return fb_cli_usage("ingest", "--resume needs one CASE, or captures and -o CASE");
    const char *case_path = path ? path : argv[0];
    if (path && nargs > 0 && access(path, F_OK) != 0)
        return run_new(argv, nargs, path, false, a);
    enum fb_status st =
        fb_ingest_resume(case_path, (const char *const *)argv, path ? (size_t)nargs : 0, &a->in, &c, &err);
    if (st == FB_EOF) {
        fb_cli_say("%s is complete: there is nothing to resume", case_path);
        return FB_EXIT_OK;
    }
    return finish(c, case_path, a, st, &err);
}

int fb_verb_ingest(int argc, char **argv)
{
    const char *path = NULL;
    bool force = false, resume = false;
    struct asked a = {.in = FB_INGEST_OPTS_SCORED};
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &path, "CASE", NULL, "the case file to make (needed)"},
        {0, "force", FB_OPT_FLAG, &force, NULL, NULL, "replace CASE when it is a case already"},
        {0, "resume", FB_OPT_FLAG, &resume, NULL, NULL,
         "go on with an interrupted ingest: CASE alone, or FILE... -o CASE"},
        FB_FAIL_ON_OPTION(a.fail_on),
        FB_MODEL_OPTIONS(a.in),
        FB_INGEST_OPTIONS(a.in),
        {0},
    };
    static const struct fb_cli_help help = {
        "ingest", "FILE|DIR|-... -o CASE | --resume CASE",
        "Reads captures (pcap, pcapng; plain, gzip, zstd, lz4, xz) as one timeline, builds their sessions "
        "and keeps them in a\n"
        "new case file. Every file is hashed. Damaged evidence is used as far as it goes: exit code 3. Then "
        "a "
        "model is trained\n"
        "on the sessions, every one gets its anomaly score, and findings are kept (fbforensics findings).",
        "  fbforensics ingest office.pcapng -o office.fbcase\n"
        "  fbforensics ingest /evidence/2024-03-01/ -o day.fbcase --threads 4\n"
        "  tcpdump -r x.pcap -w - tcp | fbforensics ingest - -o tcp.fbcase\n"
        "  fbforensics ingest --resume office.fbcase\n"
        "  fbforensics ingest big.pcap.zst -o part.fbcase --filter 'host 10.0.0.5' --after "
        "2024-03-01T08:00Z\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (a.fail_on && a.in.no_model)
        return fb_cli_usage(help.verb, "--fail-on needs findings, which --no-model leaves out");
    if (resume)
        return run_resume(argv, nargs, path, force, &a);
    if (nargs == 0)
        return fb_cli_usage(help.verb, "a capture, a directory or - is needed");
    if (!path || !*path)
        return fb_cli_usage(help.verb, "-o CASE is needed: the case file to make");
    if (!force && access(path, F_OK) == 0)
        return fb_cli_usage(help.verb, "%s exists; --force replaces a case, anything else is left alone",
                            path);
    return run_new(argv, nargs, path, force, &a);
}
