#include "base/escape.h"
#include "cli/case_layers.h"
#include "cli/custody_entry.h"
#include "cli/ingest_run.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "store/join.h"

#include <unistd.h>

struct opened {
    struct fb_case *c[FB_JOIN_CASES_MAX];
    size_t n;
};

static enum fb_status open_cases(struct opened *o, char **paths, int n, const struct fb_unlock *unlock,
                                 struct fb_err *err)
{
    for (int i = 0; i < n; i++) {
        bool encrypted = fb_encrypted_probe(paths[i]);
        if (!encrypted && access(paths[i], F_OK) == 0 && !fb_case_probe(paths[i]))
            return fb_err_set(err, FB_ERR_INPUT,
                              "%s: is no case; ingest captures first, with one set of options", paths[i]);
        if (encrypted)
            FB_TRY(fb_unlock_open(paths[i], unlock, &o->c[o->n], err));
        else
            FB_TRY(fb_case_open(paths[i], &o->c[o->n], err));
        o->n++;
    }
    return FB_OK;
}

/* {"cases":[{"case_digest":..,"custody_head":..},..]}: what was merged, in the order of the arguments. */
static enum fb_status put_inputs(struct fb_buf *b, const struct opened *in, struct fb_err *err)
{
    fb_buf_puts(b, "{\"cases\":[");
    for (size_t i = 0; i < in->n; i++) {
        char digest[FB_DIGEST_HEXLEN], chain[FB_DIGEST_HEXLEN];
        struct fb_case_info info;
        struct fb_digest head;
        FB_TRY(fb_case_info(in->c[i], &info, err));
        FB_TRY(fb_custody_check(in->c[i], &head, NULL, err));
        fb_hex(info.case_digest.b, FB_DIGEST_LEN, digest);
        fb_hex(head.b, FB_DIGEST_LEN, chain);
        fb_buf_printf(b, "%s{\"case_digest\":\"%s\",\"custody_head\":\"%s\"}", i ? "," : "", digest, chain);
    }
    fb_buf_puts(b, "]}");
    return FB_OK;
}

static void put_pair(struct fb_buf *b, struct fb_case *c, const struct fb_join_pair *p, bool json)
{
    char uid[2][FB_UID_STRLEN] = {"", ""};
    const uint64_t number[2] = {p->first, p->second};
    for (int i = 0; i < 2; i++) {
        struct fb_session s;
        if (fb_case_session(c, number[i], &s, NULL) == FB_OK)
            fb_session_uid(&s, uid[i]);
    }
    unsigned long long x = p->first, y = p->second;
    if (json)
        fb_buf_printf(b, "{\"numbers\":[%llu,%llu],\"uids\":[\"%s\",\"%s\"]}", x, y, uid[0], uid[1]);
    else
        fb_buf_printf(b, "                sessions %llu (%s) and %llu (%s)\n", x, uid[0], y, uid[1]);
}

static void put_json(struct fb_buf *b, struct fb_case *c, size_t ncases, const struct fb_case_info *info,
                     const struct fb_join_report *r)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(info->case_digest.b, FB_DIGEST_LEN, hex);
    fb_buf_printf(b, "{\"cases\":%zu,\"cases_dropped\":%llu,\"evidence\":%llu,\"evidence_dropped\":%llu,",
                  ncases, (unsigned long long)r->cases_dropped, (unsigned long long)info->nevidence,
                  (unsigned long long)r->evidence_dropped);
    fb_buf_printf(b, "\"sessions\":%llu,\"sessions_dropped\":%llu,\"sessions_straddle\":%llu,",
                  (unsigned long long)r->sessions, (unsigned long long)r->sessions_dropped,
                  (unsigned long long)r->sessions_straddle);
    fb_buf_printf(b, "\"ends_resolved\":%llu,\"sessions_continued\":%llu,\"sessions_twice\":%llu,\"twice\":[",
                  (unsigned long long)r->ends_resolved, (unsigned long long)r->sessions_continued,
                  (unsigned long long)r->sessions_twice);
    for (size_t i = 0; i < r->ntwice; i++) {
        fb_buf_puts(b, i ? "," : "");
        put_pair(b, c, &r->twice[i], true);
    }
    fb_buf_printf(b, "],\"twice_complete\":%s,\"case_digest\":\"%s\"}\n",
                  r->twice_incomplete ? "false" : "true", hex);
}

static void put_count(struct fb_buf *b, const char *key, uint64_t n, const char *what)
{
    if (n)
        fb_buf_printf(b, "%-15s %llu %s\n", key, (unsigned long long)n, what);
}

static void put_text(struct fb_buf *b, struct fb_case *c, const char *output, size_t ncases,
                     const struct fb_case_info *info, const struct fb_join_report *r)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(info->case_digest.b, FB_DIGEST_LEN, hex);
    fb_escape_term(b, output, strlen(output));
    fb_buf_printf(b, ": %llu sessions of %zu cases, %llu evidence files\n", (unsigned long long)r->sessions,
                  ncases, (unsigned long long)info->nevidence);
    put_count(b, "not counted", r->cases_dropped, "cases: all their evidence is in another one");
    put_count(b, "not counted", r->evidence_dropped, "evidence records: the same file (SHA-256) counts once");
    put_count(b, "not counted", r->sessions_dropped,
              "sessions: all their packets lie in evidence that counted already");
    put_count(b, "straddle", r->sessions_straddle,
              "sessions: some of their packets lie in evidence that counted already; ingest it together");
    put_count(b, "ends", r->ends_resolved, "sessions: how they ended is known from what followed");
    put_count(b, "cut", r->sessions_continued,
              "sessions: open at the end of one case, and their flow goes on in another");
    put_count(b, "seen twice", r->sessions_twice, "sessions: same ends and time in two cases (two sensors?)");
    for (size_t i = 0; i < r->ntwice; i++)
        put_pair(b, c, &r->twice[i], false);
    if (r->twice_incomplete)
        fb_buf_puts(b, "seen twice      not all sessions could be watched: too many at once\n");
    fb_buf_printf(b, "case digest     %s\n", hex);
}

static enum fb_status merge(const struct opened *in, char **paths, const char *output,
                            const struct fb_case_layers *layers, bool json, struct fb_err *err)
{
    struct fb_buf custody, inputs, params;
    struct fb_custody_entry entry;
    struct fb_join_report r;
    struct fb_case *c = NULL;
    struct fb_case_info info;
    struct fb_out out;
    fb_buf_init(&custody, (size_t)16 << 20);
    fb_buf_init(&inputs, (size_t)1 << 20);
    fb_buf_init(&params, (size_t)16 << 20);
    fb_ingest_custody_json(&custody);
    enum fb_status st = put_inputs(&inputs, in, err);
    fb_custody_put_params(&params, fb_buf_cstr(&inputs));
    fb_custody_entry_fill(&entry, "merge", fb_buf_cstr(&params), NULL);
    struct fb_case_run run = {FB_VERSION, "{}", fb_buf_cstr(&custody)};
    if (st == FB_OK)
        st = fb_case_merge(in->c, (const char *const *)paths, in->n, output, &run, &entry, &c, &r, err);
    fb_buf_release(&custody);
    fb_buf_release(&inputs);
    fb_buf_release(&params);
    if (st == FB_OK)
        st = fb_case_layers_run(c, layers, err);
    if (st == FB_OK)
        st = fb_case_info(c, &info, err);
    if (st == FB_OK)
        st = fb_out_open(&out, NULL, err);
    if (st == FB_OK) {
        if (json)
            put_json(&out.buf, c, in->n, &info, &r);
        else
            put_text(&out.buf, c, output, in->n, &info, &r);
        st = fb_out_close(&out, err);
    }
    fb_case_close(c);
    return st;
}

int fb_verb_merge(int argc, char **argv)
{
    const char *output = NULL;
    bool json = false;
    struct fb_unlock unlock = {0};
    struct fb_ingest_opts in_opts = FB_INGEST_OPTS_SCORED; /* of which only the model is asked for */
    struct fb_case_layers layers = {0};
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &output, "CASE", NULL, "the new case; an existing file is not replaced"},
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "what was done, as one JSON object"},
        {0, "model", FB_OPT_TEXT, &in_opts.model, "FILE", NULL,
         "score with this model; default: one that is trained on the merged case"},
        {0, "no-model", FB_OPT_FLAG, &in_opts.no_model, NULL, NULL, "no scores and no findings"},
        FB_NAME_GRACE_OPTION(in_opts),
        FB_UNLOCK_OPTIONS(unlock),
        {0},
    };
    static const struct fb_cli_help help = {
        "merge", "CASE... -o CASE",
        "Cases of one analysis into one. Sessions of all are numbered anew by the time of their first "
        "packet; runs\n"
        "and evidence of all are kept, and the same evidence (by SHA-256) counts once. The parts of a "
        "capture that\n"
        "was split between sessions give the case digest of the whole. Sessions that two sensors saw are "
        "kept and\n"
        "reported: same addresses, ports and protocol in two cases at the same time (one second allowed), "
        "while the\n"
        "evidence of both goes on. Cases must have been made with the same parameters. Names, scores and "
        "findings are "
        "made anew.",
        "  fbforensics merge monday.fbcase tuesday.fbcase -o week.fbcase\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs == 0)
        return fb_cli_usage(help.verb, "cases are needed");
    if (!output || !*output)
        return fb_cli_usage(help.verb, "-o CASE is needed");
    if (nargs > FB_JOIN_CASES_MAX)
        return fb_cli_usage(help.verb, "at most %d cases can be merged at once", FB_JOIN_CASES_MAX);
    if (access(output, F_OK) == 0)
        return fb_cli_usage(help.verb, "%s exists; it is not replaced", output);
    struct fb_err err = {0};
    struct opened in = {.n = 0};
    enum fb_status st = fb_case_layers_init(&layers, &in_opts, &err);
    if (st == FB_OK)
        st = open_cases(&in, argv, nargs, &unlock, &err);
    if (st == FB_OK)
        st = merge(&in, argv, output, &layers, json, &err);
    fb_case_layers_release(&layers);
    for (size_t i = 0; i < in.n; i++)
        fb_case_close(in.c[i]);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}
