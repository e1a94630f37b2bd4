#include "base/escape.h"
#include "cli/message.h"
#include "cli/pick.h"
#include "cli/scoring.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "model/model_file.h"
#include "model/score_row.h"
#include "replay/session.h"

#define MOST_PPM 850000 /* of the isolation that is told without --all */

struct request {
    const char *path; /* of the source, for the command that is suggested */
    const char *model, *as_of;
    char *word;
    bool json, all;
};

struct explained {
    struct fb_session s;
    struct fb_model m;
    struct fb_explanation e;
};

/* The model: the one that was given, or the one of the newest scores. */
static enum fb_status get_model(struct fb_case *c, const struct request *q, struct fb_model *m,
                                struct fb_err *err)
{
    struct fb_scoring s;
    if (q->model)
        return fb_model_load(q->model, m, NULL, err);
    FB_TRY(fb_scoring_read(c, &s, err));
    enum fb_status st = fb_scoring_model(c, &s, m, err);
    fb_scoring_release(&s);
    return st;
}

static enum fb_status explain(struct fb_case *c, const struct request *q, struct explained *x,
                              struct fb_err *err)
{
    struct fb_pick pick;
    struct fb_features row;
    FB_TRY(fb_pick_resolve(c, (char **)&q->word, 1, &pick, err));
    uint64_t number = pick.number[0];
    size_t n = pick.n;
    fb_pick_release(&pick);
    if (n > 1)
        return fb_err_set(err, FB_ERR_USAGE, "explain: %s is more than one session", q->word);
    FB_TRY(get_model(c, q, &x->m, err));
    FB_TRY(fb_case_session(c, number, &x->s, err));
    fb_features_of(&x->s, 0, &row);
    return fb_model_explain(&x->m, &row, &x->e, err);
}

static void put_ends(struct fb_buf *b, const struct fb_session *s)
{
    char orig[FB_ADDR_STRLEN], resp[FB_ADDR_STRLEN];
    bool v4 = fb_addr_is_v4(&s->orig_h);
    fb_addr_format(&s->orig_h, orig);
    fb_addr_format(&s->resp_h, resp);
    fb_buf_printf(b, v4 ? "%s %s:%u > %s:%u" : "%s [%s]:%u > [%s]:%u", fb_session_proto_name(s->proto), orig,
                  s->orig_p, resp, s->resp_p);
}

static void put_text(struct fb_buf *b, const struct explained *x, const struct request *q)
{
    const struct fb_score *s = &x->e.score;
    char uid[FB_UID_STRLEN];
    fb_session_uid(&x->s, uid);
    fb_buf_printf(b, "session %llu  ", (unsigned long long)x->s.number);
    put_ends(b, &x->s);
    fb_buf_printf(b, "  %s\n\n", uid);
    fb_explain_put_text(&x->e, q->all ? 1000001 : MOST_PPM, b);
    fb_buf_printf(b, "\nscore %u.%06u, rank %u of %u training sessions, p %u.%06u\n", s->score_ppm / 1000000,
                  s->score_ppm % 1000000, s->rank, x->m.rows, s->p_ppm / 1000000, s->p_ppm % 1000000);
    fb_buf_puts(b, "see it with: fbforensics show ");
    fb_escape_term(b, q->path, strlen(q->path));
    fb_buf_printf(b, " %llu\n", (unsigned long long)x->s.number);
}

static void put_json(struct fb_buf *b, const struct explained *x)
{
    const struct fb_score *s = &x->e.score;
    char hex[FB_DIGEST_HEXLEN], uid[FB_UID_STRLEN];
    struct fb_explain_short words;
    fb_hex(x->m.digest.b, FB_DIGEST_LEN, hex);
    fb_session_uid(&x->s, uid);
    fb_explain_shorten(&x->e, &words);
    fb_buf_printf(b, "{\"number\":%llu,\"uid\":\"%s\",\"anomaly\":\"%s\",\"score\":%u,",
                  (unsigned long long)x->s.number, uid, fb_level_name(s->level), s->score_ppm);
    fb_buf_printf(b, "\"percentile_ppm\":%u,\"rank\":%u,\"p_ppm\":%u,\"model_digest\":\"%s\",\"statement\":",
                  s->percentile_ppm, s->rank, s->p_ppm, hex);
    fb_escape_json(b, words.statement, strlen(words.statement));
    fb_buf_puts(b, ",\"features\":");
    fb_explain_json(&x->e, b);
    fb_buf_puts(b, "}\n");
}

static int run(const struct request *q, char **argv, int nsources, const struct fb_ingest_opts *in)
{
    struct fb_source src;
    struct fb_err err = {0};
    struct explained x = {.m = {.rows = 0}};
    struct fb_out out;
    int code = fb_source_open(&src, "explain", argv, nsources, in);
    if (code >= 0)
        return code;
    enum fb_status st = q->as_of ? fb_layers_as_of(src.c, q->as_of, &err) : FB_OK;
    if (st == FB_OK)
        st = explain(src.c, q, &x, &err);
    if (st == FB_OK)
        st = fb_out_open(&out, NULL, &err);
    if (st == FB_OK) {
        if (q->json)
            put_json(&out.buf, &x);
        else
            put_text(&out.buf, &x, q);
        st = fb_out_close(&out, &err);
    }
    fb_model_release(&x.m);
    return fb_source_close(&src, st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err));
}

int fb_verb_explain(int argc, char **argv)
{
    struct request q = {0};
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'m', "model", FB_OPT_TEXT, &q.model, "FILE", NULL,
         "explain by this model; default: the one of the newest scores"},
        {'a', "all", FB_OPT_FLAG, &q.all, NULL, NULL, "all twelve features"},
        {'j', "json", FB_OPT_FLAG, &q.json, NULL, NULL, "one JSON object, all features"},
        {0, "as-of", FB_OPT_TEXT, &q.as_of, "RUN|TIME", NULL,
         "by the scores as they stood after that run, or at that time"},
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {
        "explain", "CASE|CAPTURE... NUMBER|UID",
        "Why a session has its anomaly score: the share of each feature (all together 100 %), its value, "
        "what is "
        "normal\n"
        "in training, and what would have made the session normal.",
        "  fbforensics explain office.fbcase 483\n"
        "  fbforensics explain office.fbcase CHhAvVGS1DHFjwGM9 --all\n"
        "  fbforensics explain capture.pcap 12 --model office.fbmodel --json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs < 2 || !fb_pick_is(argv[nargs - 1]))
        return fb_cli_usage(help.verb,
                            "a case or a capture is needed, and then the number or uid of a session");
    q.path = argv[0];
    q.word = argv[nargs - 1];
    in.score = !q.model;
    return run(&q, argv, nargs - 1, &in);
}
