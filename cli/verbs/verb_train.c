#include "base/escape.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/score_int.h"
#include "cli/score_opts.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "model/model_file.h"
#include "store/sign_key.h"

#include <sodium/utils.h>

struct train_args {
    struct fb_train_opts t;
    struct fb_ingest_opts in;
    const char *output, *key, *passphrase, *note;
    bool json, paper;
};

struct training {
    struct fb_scoring_how how;
    struct fb_sample sample;
    struct fb_digest *cases;
    size_t ncases;
    bool damaged;
};

static bool is_case(const char *path)
{
    return strcmp(path, "-") != 0 && (fb_case_probe(path) || fb_encrypted_probe(path));
}

/* One case, or all captures, which are one timeline. -1, or an exit code. */
static int take(struct training *t, char **paths, int npaths, const struct fb_ingest_opts *in)
{
    struct fb_source src;
    struct fb_err err = {0};
    struct fb_case_info info;
    struct fb_digest *grown;
    int64_t lists_run;
    int code = fb_source_open(&src, "train", paths, npaths, in);
    if (code >= 0)
        return code;
    enum fb_status st = fb_case_info(src.c, &info, &err);
    if (st == FB_OK)
        st = fb_score_sample(src.c, &t->how, &t->sample, NULL, NULL, &lists_run, &err);
    grown = st == FB_OK ? realloc(t->cases, (t->ncases + 1) * sizeof *grown) : NULL;
    if (st == FB_OK && !grown)
        st = fb_err_nomem(&err, "the model card");
    if (grown) {
        t->cases = grown;
        t->cases[t->ncases++] = info.case_digest;
    }
    t->damaged = t->damaged || src.damaged;
    if (st != FB_OK)
        code = fb_cli_fail(&err);
    fb_case_close(src.c);
    return code;
}

static int take_all(struct training *t, char **paths, int n, const struct fb_ingest_opts *in)
{
    int captures = 0, code = -1;
    char **capture = calloc((size_t)n, sizeof *capture);
    if (!capture) {
        fb_cli_say("out of memory for the command line");
        return FB_EXIT_INTERNAL;
    }
    for (int i = 0; i < n && code < 0; i++) {
        if (!is_case(paths[i]))
            capture[captures++] = paths[i];
        else
            code = take(t, &paths[i], 1, in);
    }
    if (code < 0 && captures)
        code = take(t, capture, captures, in);
    free(capture);
    return code;
}

static enum fb_status load_key(const struct train_args *a, struct fb_sign_key *key, struct fb_err *err)
{
    struct fb_passphrase pass = {.n = 0};
    char prompt[300];
    snprintf(prompt, sizeof prompt, "passphrase for %.250s: ", a->key);
    enum fb_status st = fb_passphrase_get(a->passphrase, prompt, false, &pass, err);
    if (st == FB_OK)
        st = fb_key_load(a->key, pass.text, pass.n, key, err);
    fb_passphrase_wipe(&pass);
    return st;
}

static enum fb_status save(struct fb_model *m, const struct training *t, const struct train_args *a,
                           const struct fb_sign_key *key, struct fb_err *err)
{
    struct fb_model_signer signer = {key->id.name, key->sec};
    if (a->note)
        snprintf(m->card.note, sizeof m->card.note, "%s", a->note);
    for (size_t i = 0; i < t->ncases; i++)
        FB_TRY(fb_model_card_add_case(m, &t->cases[i], err));
    return fb_model_save(m, a->key ? &signer : NULL, a->output, err);
}

static enum fb_status print(const struct fb_model *m, const struct train_args *a, struct fb_err *err)
{
    struct fb_out out;
    char hex[FB_DIGEST_HEXLEN];
    FB_TRY(fb_out_open(&out, NULL, err));
    struct fb_buf *b = &out.buf;
    fb_hex(m->digest.b, FB_DIGEST_LEN, hex);
    if (a->json) {
        fb_buf_printf(b, "{\"model_digest\":\"%s\",\"file\":", hex);
        fb_escape_json(b, a->output, strlen(a->output));
        fb_buf_printf(b,
                      ",\"train_sessions\":%llu,\"left_out\":%llu,\"train_rows\":%u,\"distinct_rows\":%u}\n",
                      (unsigned long long)m->seen, (unsigned long long)m->left_out, m->rows, m->distinct);
    } else {
        fb_buf_printf(b, "%-16s%s\n%-16s", "model", hex, "file");
        fb_escape_term(b, a->output, strlen(a->output));
        fb_buf_printf(b, "\n%-16s%u of %llu sessions, %u of them distinct\n", "trained on", m->rows,
                      (unsigned long long)m->seen, m->distinct);
        if (m->left_out)
            fb_buf_printf(b, "%-16s%llu sessions that a blacklist matches\n", "left out",
                          (unsigned long long)m->left_out);
    }
    return fb_out_close(&out, err);
}

static int run(const struct train_args *a, struct training *t, char **argv, int nargs)
{
    struct fb_err err = {0};
    struct fb_model m = {0};
    struct fb_sign_key key = {0};
    enum fb_status st = a->key ? load_key(a, &key, &err) : FB_OK;
    int code = st == FB_OK ? take_all(t, argv, nargs, &a->in) : fb_cli_fail(&err);
    if (code < 0) {
        unsigned threads = a->in.threads ? (unsigned)(a->in.threads > 64 ? 64 : a->in.threads) : 1;
        st = fb_model_train(&t->sample, &t->how.params, threads, &m, &err);
        if (st == FB_OK)
            st = save(&m, t, a, &key, &err);
        if (st == FB_OK && !a->in.quiet)
            st = print(&m, a, &err);
        code = st != FB_OK ? fb_cli_fail(&err) : t->damaged ? FB_EXIT_DAMAGED : FB_EXIT_OK;
        fb_model_release(&m);
    }
    sodium_memzero(&key, sizeof key);
    return code;
}

int fb_verb_train(int argc, char **argv)
{
    struct train_args a = {.t = FB_TRAIN_OPTS_DEFAULT, .in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &a.output, "FILE", NULL, "the model file to write (needed)"},
        {'k', "key", FB_OPT_TEXT, &a.key, "FILE", NULL,
         "sign the model with this secret key (seal --new-key)"},
        {0, "passphrase-file", FB_OPT_TEXT, &a.passphrase, "FILE", NULL,
         "its first line is the passphrase of the key or of encrypted cases"},
        {0, "note", FB_OPT_TEXT, &a.note, "TEXT", NULL, "what the model card says about the data"},
        {'j', "json", FB_OPT_FLAG, &a.json, NULL, NULL, "one JSON object"},
        FB_TRAIN_OPTIONS(a.t),
        {0, "paper", FB_OPT_FLAG, &a.paper, NULL, NULL,
         "split as the published algorithm does, for comparisons (docs/model-format.md)"},
        FB_INGEST_OPTIONS(a.in),
        {0},
    };
    static const struct fb_cli_help help = {
        "train", "CASE|CAPTURE... -o FILE.fbmodel [options]",
        "Trains a model on the sessions of all cases and captures together: on a fixed choice of them that "
        "does "
        "not depend\n"
        "on their order or on how captures were split. What a blacklist matches (lists apply) is left out.",
        "  fbforensics train monday.fbcase tuesday.fbcase -o week.fbmodel\n"
        "  fbforensics train office.fbcase -o office.fbmodel --key alice.key --note 'Office, March'\n"
        "  fbforensics score wednesday.fbcase --model week.fbmodel\n"};
    struct training t = {0};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs == 0 || !a.output || !*a.output)
        return fb_cli_usage(help.verb, nargs ? "-o FILE is needed: the model file to write"
                                             : "a case or a capture is needed");
    if (a.note && strlen(a.note) > 255)
        return fb_cli_usage(help.verb, "--note: at most 255 bytes");
    code = fb_train_opts_take(help.verb, &a.t, &t.how);
    if (code >= 0)
        return code;
    if (a.paper)
        t.how.params.forest.split = FB_SPLIT_PAPER;
    a.in.unlock.passphrase_file = a.passphrase;
    fb_sample_init(&t.sample, t.how.params.forest.seed, t.how.sample_rows);
    code = run(&a, &t, argv, nargs);
    fb_sample_release(&t.sample);
    free(t.cases);
    return code;
}
