#include "model/online.h"

#include "base/hash.h"
#include "base/memory.h"
#include "model/online_window.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define KEY_WORD    UINT64_C(0x6662206f6e6c696e) /* the other half of the key that picks snapshots */
#define BATCH       4096u                        /* sessions scored together; ended ones that wait for it */
#define FIRST_SLOTS 256u

/* A session in mind. */
struct entry {
    uint64_t number;
    char uid[FB_UID_STRLEN];
    struct fb_features f;
    struct fb_score score;
    uint32_t model; /* that gave `score`; 0: none */
    int64_t first_ns;
    int64_t interval; /* of its newest snapshot */
    uint32_t states;  /* seen in that interval */
    uint64_t place;   /* of its newest row in the window; 0: none */
    uint64_t kept;    /* of what was kept out of it; 0: nothing */
    bool in_window;   /* `place` is of this interval */
    bool is_kept;     /* so is `kept` */
    bool open, listed;
    bool changed; /* since it was scored */
    bool gone;    /* ended: its place in the table is free */
    bool tracked;
    uint8_t worst; /* level that was told */
    struct {       /* what was told last */
        bool any;
        uint32_t warmed; /* 0: in warm-up */
        int64_t depth_q24;
        enum fb_level level;
    } told;
};

struct fb_online {
    struct fb_online_opts opts;
    struct fb_online_sink sink;
    struct entry *table; /* open sessions, ascending by number */
    size_t n, cap, ngone;
    struct entry *ended; /* since the last look */
    size_t nended;
    struct fb_window window;
    struct fb_model model;
    uint32_t number; /* of the model */
    bool started, waiting;
    bool untrained, unrefreshed; /* the window changed since */
    int64_t now_ns, start_ns, next_train_ns, next_refresh_ns;
    struct fb_digest_state digest;
    struct fb_online_stats stats;
    struct { /* scratch of BATCH */
        struct entry **e;
        struct fb_features *f;
        struct fb_score *score;
    } batch;
    struct fb_features *tagged; /* scratch: what was kept out of the window */
};

void fb_online_opts_default(struct fb_online_opts *o)
{
    *o = (struct fb_online_opts){.warmup_ns = 3 * FB_ONLINE_WARMUP_MIN_NS,
                                 .retrain_ns = INT64_C(60000000000),
                                 .refresh_ns = INT64_C(15000000000),
                                 .snapshot_ns = INT64_C(60000000000),
                                 .window = 800,
                                 .sessions_max = 262144,
                                 .threads = 1};
    fb_model_params_default(&o->model);
}

const char *fb_online_tag(const struct fb_online_verdict *v)
{
    if (v->model == 0)
        return "anomaly:normal/warming_up";
    return v->score.level == FB_LEVEL_ABNORMAL     ? "anomaly:abnormal"
           : v->score.level == FB_LEVEL_SUSPICIOUS ? "anomaly:suspicious"
                                                   : "anomaly:normal";
}

const char *fb_online_change_name(enum fb_online_change c)
{
    return c == FB_ONLINE_TRAINED ? "trained" : c == FB_ONLINE_REFRESHED ? "refreshed" : "waiting";
}

static enum fb_status check(const struct fb_online_opts *o, struct fb_err *err)
{
    if (o->warmup_ns < FB_ONLINE_WARMUP_MIN_NS)
        return fb_err_set(err, FB_ERR_USAGE, "the warm-up lasts at least 60 s");
    if (o->retrain_ns <= 0 || o->refresh_ns <= 0 || o->snapshot_ns <= 0)
        return fb_err_set(err, FB_ERR_USAGE, "intervals of the online model must be above 0");
    if (o->window < 2 || o->window > FB_ONLINE_WINDOW_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "the window holds 2 to %u snapshots, not %u",
                          FB_ONLINE_WINDOW_MAX, o->window);
    if (o->model.min_distinct < 2 || o->model.min_distinct > o->window)
        return fb_err_set(
            err, FB_ERR_USAGE,
            "a window of %u snapshots cannot hold the %u distinct ones that are needed (2 or more)",
            o->window, o->model.min_distinct);
    if (o->sessions_max < 1 || o->sessions_max > FB_ONLINE_SESSIONS_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "1 to %u sessions can be kept in mind", FB_ONLINE_SESSIONS_MAX);
    if (o->model.percentile_ppm[0] == 0)
        return fb_err_set(err, FB_ERR_USAGE, "percentiles must be above 0");
    return FB_OK;
}

enum fb_status fb_online_new(const struct fb_online_opts *opts, const struct fb_online_sink *sink,
                             struct fb_online **out, struct fb_err *err)
{
    FB_TRY(check(opts, err));
    struct fb_online *o = fb_calloc(1, sizeof *o);
    if (!o)
        return fb_err_nomem(err, "the online model");
    o->opts = *opts;
    o->sink = *sink;
    o->ended = fb_malloc(BATCH * sizeof *o->ended);
    o->batch.e = fb_malloc(BATCH * sizeof *o->batch.e);
    o->batch.f = fb_malloc(BATCH * sizeof *o->batch.f);
    o->batch.score = fb_malloc(BATCH * sizeof *o->batch.score);
    o->tagged = fb_malloc(2 * (size_t)opts->window * sizeof *o->tagged);
    enum fb_status st = fb_window_init(&o->window, opts->window, err);
    if (st == FB_OK && (!o->ended || !o->batch.e || !o->batch.f || !o->batch.score || !o->tagged))
        st = fb_err_nomem(err, "the online model");
    if (st != FB_OK) {
        fb_online_free(o);
        return st;
    }
    fb_digest_init(&o->digest, "fb-online");
    *out = o;
    return FB_OK;
}

void fb_online_free(struct fb_online *o)
{
    if (!o)
        return;
    free(o->table);
    free(o->ended);
    free(o->batch.e);
    free(o->batch.f);
    free(o->batch.score);
    free(o->tagged);
    fb_window_release(&o->window);
    fb_model_release(&o->model);
    free(o);
}

void fb_online_start(struct fb_online *o, int64_t now_ns)
{
    if (o->started)
        return;
    o->started = true;
    o->start_ns = o->now_ns = now_ns;
    o->next_train_ns = now_ns + o->opts.warmup_ns;
}

static void set_clock(struct fb_online *o, int64_t now_ns)
{
    fb_online_start(o, now_ns);
    if (now_ns > o->now_ns)
        o->now_ns = now_ns;
}

/* ---- the table of open sessions ---- */

static size_t find(const struct fb_online *o, uint64_t number)
{
    size_t lo = 0, hi = o->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (o->table[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void sweep(struct fb_online *o)
{
    size_t kept = 0;
    for (size_t i = 0; i < o->n; i++)
        if (!o->table[i].gone)
            o->table[kept++] = o->table[i];
    o->n = kept;
    o->ngone = 0;
}

/* Room for one more; false: the ceiling. FB_ERR_NOMEM. */
static enum fb_status make_room(struct fb_online *o, bool *room, struct fb_err *err)
{
    *room = o->n - o->ngone < o->opts.sessions_max;
    if (!*room || o->n < o->cap)
        return FB_OK;
    if (o->ngone > o->n / 2) {
        sweep(o);
        return FB_OK;
    }
    size_t cap = o->cap ? o->cap * 2 : FIRST_SLOTS;
    struct entry *table = fb_realloc(o->table, cap * sizeof *table);
    if (!table)
        return fb_err_nomem(err, "the sessions of the online model");
    o->table = table;
    o->cap = cap;
    return FB_OK;
}

/* Numbers rise, so that almost all go to the end. */
static struct entry *insert(struct fb_online *o, const struct entry *e)
{
    size_t at = find(o, e->number);
    memmove(&o->table[at + 1], &o->table[at], (o->n - at) * sizeof *o->table);
    o->n++;
    o->table[at] = *e;
    return &o->table[at];
}

static void begin(struct fb_online *o, struct entry *e, const struct fb_session *s)
{
    *e = (struct entry){.number = s->number, .first_ns = o->now_ns, .interval = -1, .changed = true};
    fb_session_uid(s, e->uid);
}

/* ---- telling ---- */

static enum fb_status tell(struct fb_online *o, struct entry *e)
{
    if (e->told.any && e->told.warmed == (e->model != 0) && e->told.level == e->score.level &&
        e->told.depth_q24 == e->score.depth_q24)
        return FB_OK;
    struct fb_online_verdict v = {.number = e->number,
                                  .at_ns = o->now_ns,
                                  .model = e->model,
                                  .score = e->score,
                                  .open = e->open,
                                  .listed = e->listed};
    memcpy(v.uid, e->uid, sizeof v.uid);
    e->told.any = true;
    e->told.warmed = e->model != 0;
    e->told.level = e->score.level;
    e->told.depth_q24 = e->score.depth_q24;
    if (e->score.level > e->worst)
        e->worst = (uint8_t)e->score.level;
    const char *tag = fb_online_tag(&v);
    fb_digest_update_field(&o->digest, v.uid, strlen(v.uid));
    fb_digest_update_le64(&o->digest, (uint64_t)v.at_ns);
    fb_digest_update_field(&o->digest, tag, strlen(tag));
    fb_digest_update_le64(&o->digest, (uint64_t)v.score.depth_q24);
    fb_digest_update_le64(&o->digest, v.model);
    return o->sink.verdict(o->sink.ctx, &v);
}

static void count_end(struct fb_online *o, const struct entry *e)
{
    o->stats.sessions++;
    if (e->model == 0) {
        o->stats.warming++;
        return;
    }
    o->stats.ended[e->score.level]++;
    o->stats.ever[e->worst]++;
}

/* ---- scoring and learning ---- */

/* What lies below all rows trained on is not learnt either, where the thresholds let it pass: else a flood
 * would be learnt from its near end on. */
static enum fb_window_out out_reason(const struct fb_online *o, const struct entry *e)
{
    bool below = o->number && e->score.depth_q24 < o->model.lowest_q24;
    return e->listed                                   ? FB_WINDOW_LISTED
           : e->score.level > FB_LEVEL_NORMAL || below ? FB_WINDOW_TAGGED
                                                       : FB_WINDOW_IN;
}

static void window_changed(struct fb_online *o)
{
    o->untrained = o->unrefreshed = true;
}

/* One state of each interval, each of the n seen so far with probability 1 / n. */
static bool picks(const struct fb_online *o, const struct entry *e)
{
    struct fb_hash_key key = {o->opts.model.forest.seed, KEY_WORD};
    uint64_t of[3] = {htole64(e->number), htole64((uint64_t)e->interval), htole64(e->states)};
    return fb_siphash13(&key, of, sizeof of) % e->states == 0;
}

/* A new state of a session, after it was scored: it becomes the snapshot of its interval, or does not. */
static void learn(struct fb_online *o, struct entry *e)
{
    enum fb_window_out why = out_reason(o, e);
    int64_t interval = (o->now_ns - e->first_ns) / o->opts.snapshot_ns;
    if (interval != e->interval) {
        e->interval = interval;
        e->states = 0;
        e->in_window = e->is_kept = false;
    }
    if (e->states < UINT32_MAX)
        e->states++;
    struct fb_window_row *r = e->in_window ? fb_window_at(&o->window, e->place) : NULL;
    if (!e->tracked || ((r || e->is_kept) && !picks(o, e)))
        return;
    window_changed(o);
    if (r && why == FB_WINDOW_IN) {
        r->f = e->f;
    } else if (!r && why != FB_WINDOW_IN) {
        e->kept = fb_window_keep_out(&o->window, e->kept, &e->f, o->now_ns, why);
        e->is_kept = true;
    } else if (!e->in_window) {
        fb_window_take_back(&o->window, e->kept);
        e->is_kept = false;
        e->place = fb_window_add(&o->window, &e->f, o->now_ns, e->place);
        e->in_window = true;
    }
}

/* Scores the sessions of the batch by the model, and takes them out of the window, or back, by the verdict.
 */
static enum fb_status score_batch(struct fb_online *o, size_t n, struct fb_err *err)
{
    if (o->number) {
        for (size_t i = 0; i < n; i++)
            o->batch.f[i] = o->batch.e[i]->f;
        FB_TRY(fb_model_score(&o->model, o->batch.f, n, o->opts.threads, o->batch.score, err));
    }
    for (size_t i = 0; i < n; i++) {
        struct entry *e = o->batch.e[i];
        if (o->number) {
            e->score = o->batch.score[i];
            e->model = o->number;
        }
        if (fb_window_mark(&o->window, e->place, out_reason(o, e)))
            window_changed(o);
        if (e->changed)
            learn(o, e);
        e->changed = false;
    }
    return FB_OK;
}

static enum fb_status score_open(struct fb_online *o, bool all, struct fb_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++) {
        struct entry *e = &o->table[i];
        if (e->gone || (!all && !e->changed))
            continue;
        o->batch.e[n++] = e;
        if (n == BATCH) {
            FB_TRY(score_batch(o, n, err));
            n = 0;
        }
    }
    return score_batch(o, n, err);
}

/* Sessions that ended, and states of those that are not kept in mind. */
static enum fb_status flush(struct fb_online *o, struct fb_err *err)
{
    size_t n = o->nended;
    o->nended = 0;
    for (size_t i = 0; i < n; i++)
        o->batch.e[i] = &o->ended[i];
    FB_TRY(score_batch(o, n, err));
    for (size_t i = 0; i < n; i++) {
        FB_TRY(tell(o, &o->ended[i]));
        if (!o->ended[i].open)
            count_end(o, &o->ended[i]);
    }
    return FB_OK;
}

static enum fb_status hand_over(struct fb_online *o, const struct entry *e, struct fb_err *err)
{
    o->ended[o->nended++] = *e;
    return o->nended == BATCH ? flush(o, err) : FB_OK;
}

enum fb_status fb_online_see(struct fb_online *o, const struct fb_session *s, uint64_t process, bool open,
                             bool listed, int64_t now_ns, struct fb_err *err)
{
    set_clock(o, now_ns);
    size_t at = find(o, s->number);
    struct entry fresh, *e = NULL;
    if (at < o->n && o->table[at].number == s->number && !o->table[at].gone)
        e = &o->table[at];
    if (!e) {
        bool room = true;
        begin(o, &fresh, s);
        if (open)
            FB_TRY(make_room(o, &room, err));
        fresh.tracked = room; /* one that ended at once is learnt from, too */
        o->stats.not_tracked += !room;
        e = open && room ? insert(o, &fresh) : &fresh;
    }
    struct fb_features f;
    fb_features_of(s, process, &f);
    e->changed |= listed != e->listed || memcmp(&f, &e->f, sizeof f) != 0;
    e->f = f;
    e->open = open;
    e->listed = listed;
    if (open && e != &fresh)
        return FB_OK;
    struct entry last = *e;
    if (e != &fresh) {
        e->gone = true;
        o->ngone++;
    }
    return hand_over(o, &last, err);
}

/* ---- models ---- */

static enum fb_status tell_model(struct fb_online *o, enum fb_online_change c, const struct fb_sample *s,
                                 uint32_t distinct, uint32_t kept_out)
{
    struct fb_online_event e = {.change = c,
                                .at_ns = o->now_ns,
                                .number = o->number,
                                .m = o->number ? &o->model : NULL,
                                .samples = (uint32_t)s->n,
                                .distinct = distinct,
                                .kept_out = kept_out};
    if (e.m) {
        fb_digest_update(&o->digest, o->model.digest.b, sizeof o->model.digest.b);
        fb_digest_update_le64(&o->digest, (uint64_t)c);
    }
    return o->sink.model(o->sink.ctx, &e);
}

static enum fb_status make_model(struct fb_online *o, enum fb_online_change c, struct fb_sample *s,
                                 uint32_t ntagged, struct fb_err *err)
{
    struct fb_model m = {0};
    if (c == FB_ONLINE_REFRESHED) {
        FB_TRY(fb_model_refresh(&o->model, s, o->opts.model.percentile_ppm, o->opts.threads, err));
    } else {
        FB_TRY(fb_model_train(s, &o->opts.model, o->opts.threads, &m, err));
        fb_model_release(&o->model);
        o->model = m;
    }
    return fb_model_count_apart(&o->model, o->tagged, ntagged, o->opts.threads, err);
}

/* `*made`: there is a new model, or new thresholds. */
static enum fb_status update(struct fb_online *o, enum fb_online_change c, bool *made, struct fb_err *err)
{
    struct fb_sample s;
    uint32_t ntagged, kept_out = fb_window_kept_out(&o->window, o->tagged, &ntagged);
    size_t distinct = 0;
    FB_TRY(fb_window_sample(&o->window, o->opts.model.forest.seed, &s, err));
    enum fb_status st = fb_sample_distinct(&s, &distinct, err);
    bool enough = distinct >= o->opts.model.min_distinct;
    if (st == FB_OK && enough)
        st = make_model(o, c, &s, ntagged, err);
    if (st == FB_OK && enough) {
        o->number++;
        o->waiting = false;
        *made = true;
        o->unrefreshed = false;
        if (c == FB_ONLINE_TRAINED)
            o->untrained = false;
        st = tell_model(o, c, &s, (uint32_t)distinct, kept_out);
    } else if (st == FB_OK && !o->waiting && c == FB_ONLINE_TRAINED) {
        o->waiting = true;
        st = tell_model(o, FB_ONLINE_WAITING, &s, (uint32_t)distinct, kept_out);
    }
    fb_sample_release(&s);
    return st;
}

/* The first time after now on a schedule. */
static int64_t next_time(int64_t last_ns, int64_t every_ns, int64_t now_ns)
{
    return last_ns + ((now_ns - last_ns) / every_ns + 1) * every_ns;
}

static enum fb_status follow(struct fb_online *o, bool *made, struct fb_err *err)
{
    bool first = o->number == 0;
    if (o->now_ns >= o->next_train_ns) {
        if (o->untrained)
            FB_TRY(update(o, FB_ONLINE_TRAINED, made, err));
        /* What warm-up waits for may come at any time; a schedule begins with the first model. */
        if (first && *made)
            o->next_train_ns = o->now_ns + o->opts.retrain_ns;
        else if (first)
            o->next_train_ns = o->now_ns + 1;
        else
            o->next_train_ns = next_time(o->next_train_ns, o->opts.retrain_ns, o->now_ns);
        if (*made)
            o->next_refresh_ns = o->now_ns + o->opts.refresh_ns;
    }
    if (o->number && o->now_ns >= o->next_refresh_ns) {
        if (o->unrefreshed)
            FB_TRY(update(o, FB_ONLINE_REFRESHED, made, err));
        o->next_refresh_ns = next_time(o->next_refresh_ns, o->opts.refresh_ns, o->now_ns);
    }
    return FB_OK;
}

enum fb_status fb_online_look(struct fb_online *o, int64_t now_ns, struct fb_err *err)
{
    bool made = false;
    set_clock(o, now_ns);
    FB_TRY(flush(o, err));
    FB_TRY(score_open(o, false, err));
    FB_TRY(follow(o, &made, err));
    if (made)
        FB_TRY(score_open(o, true, err));
    for (size_t i = 0; i < o->n; i++)
        if (!o->table[i].gone)
            FB_TRY(tell(o, &o->table[i]));
    return FB_OK;
}

enum fb_status fb_online_finish(struct fb_online *o, int64_t now_ns, struct fb_digest *out,
                                struct fb_err *err)
{
    set_clock(o, now_ns);
    FB_TRY(flush(o, err));
    struct fb_digest_state d = o->digest;
    fb_digest_final(&d, out);
    return FB_OK;
}

void fb_online_stats(const struct fb_online *o, struct fb_online_stats *out)
{
    *out = o->stats;
    out->model = o->number;
    out->tracked = o->n - o->ngone;
}
