#include "cli/replay_online.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "intel/lists/list_judge.h"

struct fb_replay_online {
    struct fb_online *o;
    struct fb_online_opts opts;
    struct fb_out *out;
    bool quiet;
    struct fb_watch *watch;
    struct fb_list_set *set; /* NULL: none */
    struct fb_list_judge *judge;
    struct fb_digest digest;
};

/* ---- lists ---- */

static void judge(struct fb_replay_online *r, const struct fb_session *s, struct fb_list_verdict *v)
{
    struct fb_list_subject x = {
        .orig = {.h = s->orig_h, .port = s->orig_p, .local = fb_list_addr_is_local(&s->orig_h)},
        .resp = {.h = s->resp_h, .port = s->resp_p, .local = fb_list_addr_is_local(&s->resp_h)},
        .ip_proto = s->ip_proto};
    *v = (struct fb_list_verdict){0};
    if (r->judge)
        fb_list_judge(r->judge, &x, v);
}

static enum fb_status load_lists(struct fb_replay_online *r, const struct fb_opt_list *lists,
                                 struct fb_err *err)
{
    struct fb_lists_policy p = {.quiet = r->quiet};
    const struct fb_list_black_active *black;
    if (lists->n == 0)
        return FB_OK;
    FB_TRY(fb_lists_load((char **)(void *)lists->item, (int)lists->n, &p, &r->set, NULL, err));
    if (fb_list_set_blacklists(r->set, &black) == 0)
        return fb_err_set(err, FB_ERR_USAGE, "--list wants a blacklist, and there is none in what was given");
    return fb_list_judge_new(r->set, &r->judge, err);
}

/* ---- telling ---- */

static void put_time(struct fb_buf *b, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_escape_json(b, t, fb_time_format(ns, t));
}

/* Millionths as a decimal number. */
static void put_ppm(struct fb_buf *b, const char *name, uint32_t ppm)
{
    fb_buf_printf(b, ",\"%s\":%u.%06u", name, ppm / 1000000, ppm % 1000000);
}

/* What is told is the anomaly; lists have an entry of their own in the line of the verdict. */
static enum fb_status on_verdict(void *ctx, const struct fb_online_verdict *v)
{
    struct fb_replay_online *r = ctx;
    fb_watch_judge(r->watch, v->number, fb_online_tag(v), v->model ? v->score.score_ppm : FB_WATCH_NO_SCORE);
    if (r->quiet)
        return FB_OK;
    struct fb_buf *b = &r->out->buf;
    fb_buf_puts(b, "{\"event\":\"verdict\",\"at\":");
    put_time(b, v->at_ns);
    fb_buf_printf(b, ",\"number\":%llu,\"uid\":\"%s\",\"tag\":\"%s\"", (unsigned long long)v->number, v->uid,
                  fb_online_tag(v));
    if (v->model) {
        put_ppm(b, "score", v->score.score_ppm);
        put_ppm(b, "p", v->score.p_ppm);
        fb_buf_printf(b, ",\"rank\":%u,\"model\":%u", v->score.rank, v->model);
    } else {
        fb_buf_puts(b, ",\"score\":null,\"p\":null,\"rank\":null,\"model\":null");
    }
    fb_buf_printf(b, ",\"open\":%s,\"blacklisted\":%s}\n", v->open ? "true" : "false",
                  v->listed ? "true" : "false");
    return fb_out_row(r->out);
}

/* A session at this depth or below is meant. */
static void put_threshold(struct fb_buf *b, const char *name, const struct fb_online_event *e, size_t level)
{
    const struct fb_threshold *t = &e->m->threshold[level];
    fb_buf_printf(b, ",\"%s\":{\"depth_q24\":%lld,\"samples\":%u", name, (long long)t->depth_q24, t->count);
    put_ppm(b, "score", fb_forest_score_ppm(&e->m->forest, t->depth_q24));
    fb_buf_putc(b, '}');
}

static enum fb_status on_model(void *ctx, const struct fb_online_event *e)
{
    struct fb_replay_online *r = ctx;
    char digest[FB_DIGEST_HEXLEN];
    if (r->quiet)
        return FB_OK;
    struct fb_buf *b = &r->out->buf;
    fb_buf_puts(b, "{\"event\":\"model\",\"at\":");
    put_time(b, e->at_ns);
    fb_buf_printf(b, ",\"change\":\"%s\",\"model\":%u,\"samples\":%u,\"distinct\":%u,\"kept_out\":%u",
                  fb_online_change_name(e->change), e->number, e->samples, e->distinct, e->kept_out);
    if (e->m) {
        fb_hex(e->m->digest.b, sizeof e->m->digest.b, digest);
        put_threshold(b, "suspicious", e, 0);
        put_threshold(b, "abnormal", e, 1);
        fb_buf_printf(b, ",\"digest\":\"%s\"", digest);
    }
    fb_buf_puts(b, "}\n");
    return fb_out_row(r->out);
}

static enum fb_status tell_end(struct fb_replay_online *r, int64_t at_ns)
{
    struct fb_online_stats s;
    char digest[FB_DIGEST_HEXLEN];
    if (r->quiet)
        return FB_OK;
    struct fb_buf *b = &r->out->buf;
    fb_online_stats(r->o, &s);
    fb_hex(r->digest.b, sizeof r->digest.b, digest);
    fb_buf_puts(b, "{\"event\":\"online_end\",\"at\":");
    put_time(b, at_ns);
    fb_buf_printf(
        b, ",\"sessions\":%llu,\"warming_up\":%llu,\"normal\":%llu,\"suspicious\":%llu,\"abnormal\":%llu",
        (unsigned long long)s.sessions, (unsigned long long)s.warming,
        (unsigned long long)s.ended[FB_LEVEL_NORMAL], (unsigned long long)s.ended[FB_LEVEL_SUSPICIOUS],
        (unsigned long long)s.ended[FB_LEVEL_ABNORMAL]);
    fb_buf_printf(b, ",\"ever_suspicious\":%llu,\"ever_abnormal\":%llu,\"not_tracked\":%llu,\"models\":%u",
                  (unsigned long long)s.ever[FB_LEVEL_SUSPICIOUS],
                  (unsigned long long)s.ever[FB_LEVEL_ABNORMAL], (unsigned long long)s.not_tracked, s.model);
    fb_buf_printf(b, ",\"verdict_digest\":\"%s\"}\n", digest);
    return fb_out_row(r->out);
}

/* ---- for the walk ---- */

enum fb_status fb_replay_online_new(const struct fb_online_opts *o, const struct fb_opt_list *lists,
                                    struct fb_out *out, bool quiet, struct fb_watch *watch,
                                    struct fb_replay_online **ro, struct fb_err *err)
{
    struct fb_replay_online *r = calloc(1, sizeof *r);
    if (!r)
        return fb_err_nomem(err, "the online model");
    *r = (struct fb_replay_online){.opts = *o, .out = out, .quiet = quiet, .watch = watch};
    struct fb_online_sink sink = {.ctx = r, .verdict = on_verdict, .model = on_model};
    enum fb_status st = load_lists(r, lists, err);
    if (st == FB_OK)
        st = fb_online_new(o, &sink, &r->o, err);
    if (st != FB_OK) {
        fb_replay_online_free(r);
        return st;
    }
    *ro = r;
    return FB_OK;
}

void fb_replay_online_free(struct fb_replay_online *r)
{
    if (!r)
        return;
    fb_online_free(r->o);
    fb_list_judge_free(r->judge);
    fb_list_set_free(r->set);
    free(r);
}

void fb_replay_online_start(struct fb_replay_online *r, int64_t now_ns)
{
    fb_online_start(r->o, now_ns);
}

enum fb_status fb_replay_online_see(struct fb_replay_online *r, const struct fb_session *s, bool open,
                                    int64_t now_ns, struct fb_err *err)
{
    struct fb_list_verdict v;
    judge(r, s, &v);
    return fb_online_see(r->o, s, 0, open, v.nhits > 0, now_ns, err);
}

enum fb_status fb_replay_online_look(struct fb_replay_online *r, int64_t now_ns, struct fb_err *err)
{
    return fb_online_look(r->o, now_ns, err);
}

enum fb_status fb_replay_online_finish(struct fb_replay_online *r, int64_t now_ns, struct fb_err *err)
{
    FB_TRY(fb_online_finish(r->o, now_ns, &r->digest, err));
    return tell_end(r, now_ns);
}

void fb_replay_online_state(const struct fb_replay_online *r, struct fb_buf *b)
{
    struct fb_online_stats s;
    fb_online_stats(r->o, &s);
    if (s.model)
        fb_buf_printf(b, "model %u", s.model);
    else
        fb_buf_puts(b, "warming up");
    fb_buf_printf(b, "  ended: normal %llu  suspicious %llu  abnormal %llu  in warm-up %llu\n",
                  (unsigned long long)s.ended[FB_LEVEL_NORMAL],
                  (unsigned long long)s.ended[FB_LEVEL_SUSPICIOUS],
                  (unsigned long long)s.ended[FB_LEVEL_ABNORMAL], (unsigned long long)s.warming);
}

void fb_replay_online_summary(const struct fb_replay_online *r, struct fb_buf *b)
{
    char digest[FB_DIGEST_HEXLEN];
    fb_replay_online_state(r, b);
    fb_hex(r->digest.b, sizeof r->digest.b, digest);
    fb_buf_printf(b, "verdict digest %s\n", digest);
}
