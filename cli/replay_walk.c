/* Captures by the packet clock: looks at the session builder again and again and tells what it sees. */
#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/fields.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "cli/replay_picture.h"
#include "cli/screen.h"
#include "ingest/timeline.h"
#include "replay/engine.h"

#include <errno.h>
#include <unistd.h>

#define SLICE_NS  (100 * FB_NS_PER_MS) /* of waiting, between two looks at the size of the terminal */
#define REDRAW_NS (100 * FB_NS_PER_MS)

struct walk {
    const struct fb_replay_opts *o;
    struct fb_timeline *t;
    struct fb_engine *e;
    struct fb_out out;
    struct fb_columns columns;
    struct fb_picture picture;
    struct fb_replay_online *online; /* NULL: not asked for */
    bool on_screen, began;
    uint64_t announced;    /* sessions up to this number were told of as opened */
    uint64_t last_number;  /* highest that was seen */
    uint64_t last_ordinal; /* fed */
    uint64_t looked_at;    /* last_ordinal at the last look */
    int64_t next_look_ns, next_clock_ns;
    int64_t first_ns, start_ns, drawn_ns; /* packet clock and monotonic clock at the start; last drawing */
    struct fb_err err;
};

static int64_t monotonic(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * FB_NS_PER_S + ts.tv_nsec;
}

static int64_t packet_clock(const struct walk *w)
{
    struct fb_engine_stats s;
    fb_engine_stats(w->e, &s);
    return s.now_ns;
}

/* ---- telling ---- */

static void put_time(struct fb_buf *b, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_escape_json(b, t, fb_time_format(ns, t));
}

static enum fb_status tell(struct walk *w, const char *event, const struct fb_session *s)
{
    if (w->on_screen)
        return FB_OK;
    struct fb_buf *b = &w->out.buf;
    struct fb_row row = {.s = s};
    bool ended = strcmp(event, "closed") == 0;
    fb_buf_printf(b, "{\"event\":\"%s\",\"at\":", event);
    put_time(b, packet_clock(w));
    for (size_t i = 0; i < w->columns.n; i++) {
        const char *name = fb_field_name(w->columns.field[i]);
        struct fb_value v;
        fb_field_value(w->columns.field[i], &row, &v);
        if (!ended && strcmp(name, "end_reason") == 0)
            v.kind = FB_VAL_UNSET;
        fb_buf_printf(b, ",\"%s\":", name);
        fb_value_put_json(b, &v, &row);
    }
    fb_buf_puts(b, "}\n");
    return fb_out_row(&w->out);
}

static enum fb_status tell_clock(struct walk *w, const char *event, int64_t at_ns)
{
    if (w->on_screen)
        return FB_OK;
    struct fb_engine_stats s;
    struct fb_buf *b = &w->out.buf;
    fb_engine_stats(w->e, &s);
    fb_buf_printf(b, "{\"event\":\"%s\",\"at\":", event);
    put_time(b, at_ns);
    fb_buf_printf(
        b, ",\"packets\":%llu,\"sessions\":%llu,\"open\":%llu,\"active\":%zu,\"active_complete\":%s}\n",
        (unsigned long long)s.pkts, (unsigned long long)w->last_number, (unsigned long long)s.active_sessions,
        w->picture.watch.n, w->picture.watch.full ? "false" : "true");
    return fb_out_row(&w->out);
}

static enum fb_status see_closed(struct walk *w, const struct fb_session *s)
{
    if (s->number > w->last_number)
        w->last_number = s->number;
    if (s->number > w->announced)
        FB_TRY(tell(w, "opened", s));
    FB_TRY(tell(w, "closed", s));
    FB_TRY(fb_watch_put(&w->picture.watch, s, false, &w->err));
    return w->online ? fb_replay_online_see(w->online, s, false, packet_clock(w), &w->err) : FB_OK;
}

static enum fb_status see_open(struct walk *w, const struct fb_session *s)
{
    if (s->number > w->last_number)
        w->last_number = s->number;
    FB_TRY(tell(w, s->number > w->announced ? "opened" : "changed", s));
    FB_TRY(fb_watch_put(&w->picture.watch, s, true, &w->err));
    return w->online ? fb_replay_online_see(w->online, s, true, packet_clock(w), &w->err) : FB_OK;
}

static int on_closed(void *ctx, const struct fb_session *s)
{
    return (int)see_closed(ctx, s);
}

static int on_open(void *ctx, const struct fb_session *s)
{
    return (int)see_open(ctx, s);
}

static void draw(struct walk *w, bool at_once)
{
    int64_t now = w->on_screen ? monotonic() : 0;
    if (!w->on_screen || (!at_once && !fb_screen_disturbed() && now - w->drawn_ns < REDRAW_NS))
        return;
    struct fb_engine_stats s;
    fb_engine_stats(w->e, &s);
    w->drawn_ns = now;
    fb_picture_draw(&w->picture, &s, w->last_number);
}

static enum fb_status look(struct walk *w, struct fb_err *err)
{
    FB_TRY(fb_engine_look(w->e, w->looked_at, on_open, w, err));
    w->looked_at = w->last_ordinal;
    w->announced = w->last_number;
    if (w->online)
        FB_TRY(fb_replay_online_look(w->online, packet_clock(w), err));
    fb_watch_prune(&w->picture.watch, packet_clock(w) - w->o->window_ns);
    if (packet_clock(w) >= w->next_clock_ns) {
        FB_TRY(tell_clock(w, "clock", packet_clock(w)));
        w->next_clock_ns += ((packet_clock(w) - w->next_clock_ns) / w->o->window_ns + 1) * w->o->window_ns;
    }
    draw(w, false);
    return w->o->speed ? fb_out_flush(&w->out) : FB_OK;
}

/* ---- walking ---- */

/* Waits until the wall clock has come as far as the packet clock. */
static void pace(struct walk *w, int64_t packet_ns)
{
    if (w->o->speed == 0)
        return;
    int64_t target = w->start_ns + (packet_ns - w->first_ns) / (int64_t)w->o->speed;
    for (int64_t now = monotonic(); now < target; now = monotonic()) {
        int64_t until = w->on_screen && target - now > SLICE_NS ? now + SLICE_NS : target;
        struct timespec ts = {(time_t)(until / FB_NS_PER_S), (long)(until % FB_NS_PER_S)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
        draw(w, false);
    }
}

/* Times far outside of what the builder takes would only overflow the sums here. */
static int64_t bounded(int64_t ts_ns)
{
    const int64_t most = (int64_t)1 << 61;
    return ts_ns < -most ? -most : ts_ns > most ? most : ts_ns;
}

static enum fb_status before_packet(struct walk *w, int64_t ts_ns, struct fb_err *err)
{
    if (!w->began) {
        w->began = true;
        w->first_ns = ts_ns;
        w->start_ns = monotonic();
        w->next_look_ns = ts_ns + w->o->interval_ns;
        w->next_clock_ns = ts_ns + w->o->window_ns;
        if (w->online)
            fb_replay_online_start(w->online, ts_ns);
        return FB_OK;
    }
    if (ts_ns >= w->next_look_ns) {
        FB_TRY(look(w, err));
        w->next_look_ns += ((ts_ns - w->next_look_ns) / w->o->interval_ns + 1) * w->o->interval_ns;
    }
    pace(w, ts_ns);
    return FB_OK;
}

static enum fb_status feed_all(struct walk *w, struct fb_err *err)
{
    struct fb_record rec;
    uint32_t evidence;
    uint64_t ordinal;
    enum fb_status st;
    while ((st = fb_timeline_next(w->t, &rec, &evidence, &ordinal, err)) == FB_OK) {
        FB_TRY(before_packet(w, bounded(rec.ts_ns), err));
        FB_TRY(fb_engine_feed(w->e, &rec, ordinal, err));
        w->last_ordinal = ordinal;
    }
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status walk(struct walk *w, struct fb_err *err)
{
    struct fb_engine_opts eo = {.decode.ignore_checksums = w->o->in.ignore_checksums,
                                .threads = w->o->in.threads > 64 ? 64 : (unsigned)w->o->in.threads,
                                .memory_bytes = w->o->in.memory_bytes};
    struct fb_session_sink sink = {.ctx = w, .session = on_closed};
    if (w->o->online->on) {
        struct fb_online_opts oo = w->o->online_opts;
        oo.threads = eo.threads;
        FB_TRY(fb_replay_online_new(&oo, &w->o->online->lists, &w->out, w->on_screen, &w->picture.watch,
                                    &w->online, err));
        w->picture.online = w->online;
    }
    FB_TRY(fb_engine_new(&eo, &sink, &w->e, err));
    FB_TRY(feed_all(w, err));
    FB_TRY(fb_timeline_finish(w->t, err));
    if (!w->began)
        return FB_OK;
    FB_TRY(look(w, err));
    int64_t end_ns = packet_clock(w);
    draw(w, true);
    FB_TRY(fb_engine_finish(w->e, err));
    FB_TRY(tell_clock(w, "end", end_ns));
    return w->online ? fb_replay_online_finish(w->online, end_ns, err) : FB_OK;
}

static bool is_damaged(const struct fb_timeline *t)
{
    for (size_t i = 0; i < fb_timeline_nevidence(t); i++)
        if (fb_timeline_evidence(t, i)->damage_total)
            return true;
    return false;
}

static void put_summary(const struct walk *w)
{
    struct fb_buf b;
    fb_buf_init(&b, 4096);
    fb_replay_online_summary(w->online, &b);
    printf("%.*s", (int)b.len, (const char *)b.data);
    fb_buf_release(&b);
}

static int finish(struct walk *w, enum fb_status st, struct fb_err *err)
{
    bool damaged = st == FB_OK && is_damaged(w->t);
    struct fb_engine_stats s = {0};
    if (w->on_screen)
        fb_screen_close();
    if (w->e)
        fb_engine_stats(w->e, &s);
    if (w->on_screen && st == FB_OK)
        printf("%llu packets, %llu sessions\n", (unsigned long long)s.pkts, (unsigned long long)s.sessions);
    if (w->on_screen && st == FB_OK && w->online)
        put_summary(w);
    enum fb_status closed = fb_out_close(&w->out, st == FB_OK ? err : NULL);
    if (st == FB_OK || st == FB_EOF) /* FB_EOF: nobody reads any more */
        st = closed;
    else if (w->err.status != FB_OK)
        *err = w->err;
    fb_replay_online_free(w->online);
    fb_engine_free(w->e);
    fb_timeline_close(w->t);
    fb_picture_release(&w->picture);
    if (st != FB_OK)
        return fb_cli_fail(err);
    if (damaged && !w->o->in.quiet)
        fb_cli_say("warning: the evidence is damaged; see: fbforensics info");
    return damaged ? FB_EXIT_DAMAGED : FB_EXIT_OK;
}

int fb_replay_walk(const char *const *paths, size_t npaths, const struct fb_replay_opts *o)
{
    struct fb_err err = {0};
    struct walk *w = calloc(1, sizeof *w);
    if (!w)
        return FB_EXIT_INPUT;
    struct fb_timeline_opts to = {
        .filter = o->in.filter, .after_ns = o->in.after_ns, .before_ns = o->in.before_ns};
    w->o = o;
    fb_columns_all(&w->columns);
    enum fb_status st = fb_timeline_open(paths, npaths, &to, &w->t, &err);
    if (st != FB_OK) {
        free(w);
        return fb_cli_fail(&err);
    }
    fb_out_open(&w->out, NULL, &err);
    fb_picture_init(&w->picture, paths[0], npaths, o->speed, o->window_ns);
    w->on_screen = w->out.terminal && !o->json;
    if (w->on_screen)
        fb_screen_open();
    st = walk(w, &err);
    int code = finish(w, st, &err);
    free(w);
    return code;
}
