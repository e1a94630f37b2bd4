#include "cli/message.h"
#include "cli/model_print.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/scoring.h"
#include "cli/verbs/verbs.h"
#include "store/sign_key.h"

/* A model file, or the model that a case was scored with. */
static enum fb_status load(const char *path, struct fb_model *m, struct fb_model_signature *sig,
                           struct fb_err *err)
{
    struct fb_case *c;
    struct fb_scoring s;
    *sig = (struct fb_model_signature){0};
    if (!fb_case_probe(path))
        return fb_model_load(path, m, sig, err);
    FB_TRY(fb_case_open(path, &c, err));
    enum fb_status st = fb_scoring_read(c, &s, err);
    if (st == FB_OK) {
        st = fb_scoring_model(c, &s, m, err);
        fb_scoring_release(&s);
    }
    fb_case_close(c);
    return st;
}

static int info(const char *path, bool json)
{
    struct fb_err err = {0};
    struct fb_model m = {0};
    struct fb_model_signature sig;
    struct fb_out out;
    enum fb_status st = load(path, &m, &sig, &err);
    if (st == FB_OK)
        st = fb_out_open(&out, NULL, &err);
    if (st == FB_OK) {
        fb_model_put_info(&out.buf, &m, &sig, json);
        st = fb_out_close(&out, &err);
    }
    fb_model_release(&m);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}

/* Loading checks structure, digests and the signature; whose key it is only the caller can say. */
static int verify(const char *path, const struct fb_opt_list *keys)
{
    struct fb_err err = {0};
    struct fb_model m = {0};
    struct fb_model_signature sig;
    bool known = false;
    enum fb_status st = load(path, &m, &sig, &err);
    for (size_t i = 0; st == FB_OK && i < keys->n; i++) {
        struct fb_public_key key;
        st = fb_public_key_load(keys->item[i], &key, &err);
        known = known || (st == FB_OK && sig.present && memcmp(key.pub, sig.pub, FB_PUBLIC_LEN) == 0);
    }
    if (st == FB_OK) {
        struct fb_out out;
        fb_out_open(&out, NULL, &err);
        fb_model_put_verify(&out.buf, &m, &sig, keys->n > 0, known);
        st = fb_out_close(&out, &err);
    }
    fb_model_release(&m);
    if (st != FB_OK)
        return fb_cli_fail(&err);
    return keys->n && !known ? FB_EXIT_VERIFY : FB_EXIT_OK;
}

static int diff(char **paths, bool json)
{
    struct fb_err err = {0};
    struct fb_model m[2] = {{.rows = 0}, {.rows = 0}};
    struct fb_model_signature sig;
    struct fb_out out;
    enum fb_status st = load(paths[0], &m[0], &sig, &err);
    if (st == FB_OK)
        st = load(paths[1], &m[1], &sig, &err);
    if (st == FB_OK)
        st = fb_out_open(&out, NULL, &err);
    if (st == FB_OK) {
        fb_model_put_diff(&out.buf, &m[0], &m[1], json);
        st = fb_out_close(&out, &err);
    }
    fb_model_release(&m[0]);
    fb_model_release(&m[1]);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}

static int unknown(const char *what)
{
    static const char *const names[] = {"info", "verify", "diff"};
    const char *near = fb_cli_nearest(what, names, sizeof names / sizeof *names);
    if (*what && near)
        return fb_cli_usage("model", "\"%s\" is not known; did you mean %s?", what, near);
    return fb_cli_usage("model", "what to do is missing: info, verify or diff");
}

int fb_verb_model(int argc, char **argv)
{
    bool json = false;
    struct fb_opt_list keys = {0};
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "one JSON object (info, diff)"},
        {'k', "key", FB_OPT_LIST, &keys, "FILE", NULL,
         "public key that is trusted (verify); repeatable; then a model that none of them signed is refused"},
        {0},
    };
    static const struct fb_cli_help help = {
        "model", "info FILE | verify FILE [--key PUB] | diff FILE FILE",
        "info: what a model was trained on, with which parameters, where its thresholds lie. verify: its "
        "structure, digests\n"
        "and signature (exit code 5). diff: how two models differ, in parameters and feature by feature. "
        "FILE "
        "is a model\n"
        "file, or a case, whose newest model is meant.",
        "  fbforensics model info office.fbmodel\n"
        "  fbforensics model verify office.fbmodel --key alice.key.pub\n"
        "  fbforensics model diff monday.fbmodel tuesday.fbmodel\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    const char *what = nargs ? argv[0] : "";
    bool is_info = strcmp(what, "info") == 0, is_verify = strcmp(what, "verify") == 0,
         is_diff = strcmp(what, "diff") == 0;
    if (!is_info && !is_verify && !is_diff)
        code = unknown(what);
    else if (nargs != (is_diff ? 3 : 2))
        code = fb_cli_usage(help.verb, "%s takes %s", what, is_diff ? "two models" : "one model");
    else if ((keys.n && !is_verify) || (json && is_verify))
        code = fb_cli_usage(help.verb, "--key belongs to verify, --json to info and diff");
    else
        code = is_info ? info(argv[1], json) : is_verify ? verify(argv[1], &keys) : diff(argv + 1, json);
    fb_opt_list_release(&keys);
    return code;
}
