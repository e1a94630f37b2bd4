#include "cli/message.h"
#include "cli/output.h"
#include "cli/score_opts.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "model/model_file.h"

static enum fb_status print(struct fb_case *c, const char *path, bool json, struct fb_err *err)
{
    struct fb_out out;
    FB_TRY(fb_out_open(&out, NULL, err));
    enum fb_status st;
    if (json) {
        fb_buf_putc(&out.buf, '{');
        st = fb_scoring_put_json(c, &out.buf, err);
        fb_buf_puts(&out.buf, "}\n");
    } else {
        st = fb_scoring_put_text(c, &out, path, err);
    }
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? err : NULL);
    return st == FB_OK ? closed : st;
}

static enum fb_status score(struct fb_case *c, struct fb_scoring_how *how, const char *model,
                            struct fb_err *err)
{
    struct fb_model m = {0};
    struct fb_scoring s;
    if (model) {
        FB_TRY(fb_model_load(model, &m, NULL, err));
        how->model = &m;
    }
    enum fb_status st = fb_scoring_run(c, how, &s, err);
    how->model = NULL;
    fb_model_release(&m);
    if (st == FB_OK)
        fb_scoring_release(&s);
    return st;
}

static int run(struct fb_scoring_how *how, const char *model, char **argv, int nargs, bool json, int fail_on,
               struct fb_ingest_opts *in)
{
    struct fb_source src;
    struct fb_err err = {0};
    int code = fb_source_open(&src, "score", argv, nargs, in);
    if (code >= 0)
        return code;
    how->threads = (unsigned)(in->threads > 64 ? 64 : in->threads);
    enum fb_status st = score(src.c, how, model, &err);
    if (st == FB_OK && !in->quiet)
        st = print(src.c, nargs == 1 ? argv[0] : NULL, json, &err);
    code = st == FB_OK ? fb_fail_on_code(src.c, fail_on, &err) : fb_cli_fail(&err);
    return fb_source_close(&src, code);
}

int fb_verb_score(int argc, char **argv)
{
    bool json = false;
    int fail_on = 0;
    const char *model = NULL;
    struct fb_opt_list set = {0};
    struct fb_train_opts t = FB_TRAIN_OPTS_DEFAULT;
    struct fb_ingest_opts in = FB_INGEST_OPTS_DEFAULT;
    const struct fb_opt opts[] = {
        {'m', "model", FB_OPT_TEXT, &model, "FILE", NULL,
         "score with this model; default: one that is trained on the case itself"},
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "what came out, as one JSON object"},
        FB_FAIL_ON_OPTION(fail_on),
        FB_DETECT_OPTION(set, "a threshold of a detector (docs/detectors.md)"),
        FB_TRAIN_OPTIONS(t),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "score", "CASE|CAPTURE... [--model FILE] [options]",
        "Scores every session: how unlike the sessions of the training it is. Without --model the model is "
        "trained on the\n"
        "case itself. Scores, explanations of the anomalous sessions and findings become a new layer of the "
        "case; older\n"
        "layers stay (--as-of shows them). Of a sealed case the layer goes beside it.",
        "  fbforensics score office.fbcase\n"
        "  fbforensics score tuesday.fbcase --model monday.fbmodel --fail-on abnormal\n"
        "  fbforensics score capture.pcap --suspicious 98 --abnormal 99.9\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    struct fb_scoring_how how;
    if (code < 0)
        code = fb_train_opts_take(help.verb, &t, &how);
    if (code < 0)
        code = fb_detect_opts_take(help.verb, &set, &how.detect);
    if (code < 0 && model && fb_train_opts_given(&t))
        code = fb_cli_usage(help.verb, "--model is trained already: options of training have no meaning");
    if (code < 0)
        code = run(&how, model, argv, nargs, json, fail_on, &in);
    fb_opt_list_release(&set);
    return code;
}
