#include "base/escape.h"
#include "cli/evidence_find.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/unlock.h"
#include "cli/verbs/verbs.h"
#include "store/case.h"
#include "store/verify.h"

#define KEYS_MAX 64

struct printer {
    struct fb_out *out;
    bool json;
    unsigned n;
    bool failed;
    char first[FB_ERR_MSG_MAX], first_of[32];
};

static void print_check(void *ctx, const char *name, enum fb_check_state state, const char *text)
{
    static const char *const words[] = {"ok", "FAILED", "not checked"}, *const json_words[] = {"ok", "failed",
                                                                                               "not checked"};
    struct printer *p = ctx;
    struct fb_buf *b = &p->out->buf;
    if (state == FB_CHECK_FAILED && !p->failed) {
        p->failed = true;
        snprintf(p->first, sizeof p->first, "%s", text);
        snprintf(p->first_of, sizeof p->first_of, "%s", name);
    }
    if (p->json) {
        fb_buf_printf(b, "%s{\"name\":\"%s\",\"state\":\"%s\",\"text\":", p->n ? "," : "", name,
                      json_words[state]);
        fb_escape_json(b, text, strlen(text));
        fb_buf_putc(b, '}');
    } else {
        fb_buf_printf(b, "%-11s  %-9s  ", words[state], name);
        fb_cli_put_visible(b, text);
        fb_buf_putc(b, '\n');
        fb_out_row(p->out);
    }
    p->n++;
}

static void check_one(struct printer *p, struct fb_case *c, size_t i, const struct fb_evidence_find *how)
{
    struct fb_err err = {0};
    struct fb_evidence e = {0};
    char *path = NULL;
    enum fb_status st = fb_case_evidence(c, i, &e, &err);
    if (st == FB_OK && !e.path)
        st = fb_err_set(&err, FB_ERR_VERIFY, "evidence %zu has no path", i);
    if (st == FB_OK)
        st = fb_evidence_find(how, &e, &path, &err);
    if (st == FB_OK) {
        struct fb_buf b;
        fb_buf_init(&b, 8192);
        fb_escape_term(&b, path, strlen(path));
        fb_buf_printf(&b, ": size and SHA-256 are those of the case");
        print_check(p, "evidence", FB_CHECK_OK, fb_buf_cstr(&b));
        fb_buf_release(&b);
    } else {
        print_check(p, "evidence", FB_CHECK_FAILED, err.msg);
    }
    free(path);
    fb_evidence_release(&e);
}

/* What lies outside of the case. */
static void check_evidence(struct printer *p, struct fb_case *in_memory, const char *case_path,
                           const struct fb_opt_list *also)
{
    struct fb_evidence_find how = {.also = also, .case_path = case_path};
    struct fb_case_info info;
    struct fb_err err = {0};
    struct fb_case *c = in_memory;
    if (also->n == 0) {
        print_check(p, "evidence", FB_CHECK_SKIPPED, "say where it lies by --evidence");
        return;
    }
    if ((!c && fb_case_open(case_path, &c, &err) != FB_OK) || fb_case_info(c, &info, &err) != FB_OK)
        print_check(p, "evidence", FB_CHECK_SKIPPED, "the case cannot be read");
    else
        for (size_t i = 0; i < info.nevidence; i++)
            check_one(p, c, i, &how);
    if (!in_memory)
        fb_case_close(c);
}

static int finish(struct printer *p, enum fb_status st, const struct fb_err *err)
{
    struct fb_buf *b = &p->out->buf;
    if (st == FB_OK && p->failed)
        st = FB_ERR_VERIFY;
    if (p->json) {
        fb_buf_printf(b, "],\"ok\":%s,\"first_broken\":", st == FB_OK ? "true" : "false");
        if (p->failed)
            fb_escape_json(b, p->first, strlen(p->first));
        else
            fb_buf_puts(b, "null");
        fb_buf_puts(b, "}\n");
    }
    struct fb_err closing = {0};
    enum fb_status closed = fb_out_close(p->out, &closing);
    if (closed != FB_OK)
        return fb_cli_fail(&closing);
    if (st == FB_ERR_DAMAGED && !p->failed) {
        fb_cli_say("warning: %s", err->msg);
        return FB_EXIT_OK; /* what there is of it holds */
    }
    if (p->failed)
        fb_cli_say("the first broken link: %s: %s", p->first_of, p->first);
    if (p->failed && (st == FB_ERR_DAMAGED || st == FB_ERR_VERIFY))
        return FB_EXIT_VERIFY;
    return st == FB_OK ? FB_EXIT_OK : fb_status_exit_code(st);
}

struct asked {
    struct fb_opt_list keys, evidence;
    struct fb_unlock unlock;
    bool json, quick;
};

static int verify(const char *path, const struct asked *a)
{
    struct fb_public_key key[KEYS_MAX];
    struct fb_err err = {0};
    struct fb_out out;
    struct fb_verify_opts o = {.key = key, .nkeys = a->keys.n, .quick = a->quick};
    if (a->keys.n > KEYS_MAX)
        return fb_cli_usage("verify", "more than %d keys", KEYS_MAX);
    for (size_t i = 0; i < a->keys.n; i++)
        if (fb_public_key_load(a->keys.item[i], &key[i], &err) != FB_OK)
            return fb_cli_fail(&err);
    if (fb_encrypted_probe(path) && fb_unlock_open(path, &a->unlock, &o.in_memory, &err) != FB_OK)
        return fb_cli_fail(&err);
    enum fb_status st = fb_out_open(&out, NULL, &err);
    if (st != FB_OK) {
        fb_case_close(o.in_memory);
        return fb_cli_fail(&err);
    }
    struct printer p = {.out = &out, .json = a->json};
    if (a->json) {
        fb_buf_puts(&out.buf, "{\"case\":");
        fb_escape_json(&out.buf, path, strlen(path));
        fb_buf_puts(&out.buf, ",\"checks\":[");
    }
    st = fb_verify(path, &o, print_check, &p, &err);
    check_evidence(&p, o.in_memory, path, &a->evidence);
    fb_case_close(o.in_memory);
    return finish(&p, st, &err);
}

int fb_verb_verify(int argc, char **argv)
{
    struct asked a = {0};
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &a.json, NULL, NULL, "one JSON object"},
        {'k', "key", FB_OPT_LIST, &a.keys, "PUB", NULL,
         "public key that must have signed; may be given several times"},
        {'e', "evidence", FB_OPT_LIST, &a.evidence, "PATH", NULL,
         "where the evidence lies: a file, or a directory to search; may be given several times"},
        {0, "quick", FB_OPT_FLAG, &a.quick, NULL, NULL,
         "digest the bytes of chunks and decode no row; ten times faster"},
        FB_UNLOCK_OPTIONS(a.unlock),
        {0},
    };
    static const struct fb_cli_help help = {
        "verify", "CASE [--evidence PATH] [--key PUB]",
        "Checks a case: its tables, every chunk and row, the three digests, the custody log, and of a sealed "
        "case manifest, every byte\n"
        "of the file, signatures and sidecar; with --evidence also the evidence. Prints a line for each "
        "thing checked. Exit code 5\n"
        "when something does not hold; the first broken link is named.",
        "  fbforensics verify office.fbcase\n"
        "  fbforensics verify office.fbcase --key alice.key.pub --evidence /evidence/2024-03-01/\n"
        "  fbforensics verify office.fbcase --json | jq .first_broken\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0)
        code = nargs == 1 ? verify(argv[0], &a) : fb_cli_usage(help.verb, "one case is needed");
    fb_opt_list_release(&a.keys);
    fb_opt_list_release(&a.evidence);
    return code;
}
