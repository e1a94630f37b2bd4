/* The online model: warm-up, window, schedule, verdicts. Sessions are made by hand; time is in seconds. */
#include "base/timefmt.h"
#include "model/online.h"
#include "model/online_window.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S     INT64_C(1000000000)
#define START (1700000000 * S)

struct seen {
    struct fb_online *o;
    struct fb_online_opts opts;
    struct test_random r;
    uint64_t number; /* of the last session */
    unsigned trained, refreshed, waiting;
    int64_t trained_at[64];
    struct fb_online_event last; /* `m` is not kept */
    struct fb_digest model;
    struct fb_online_verdict watched; /* newest of session `watch` */
    uint64_t watch;
    unsigned watched_n, told, open_told;
};

static enum fb_status on_verdict(void *ctx, const struct fb_online_verdict *v)
{
    struct seen *t = ctx;
    t->told++;
    t->open_told += v->open;
    if (v->number == t->watch) {
        t->watched = *v;
        t->watched_n++;
    }
    return FB_OK;
}

static enum fb_status on_model(void *ctx, const struct fb_online_event *e)
{
    struct seen *t = ctx;
    if (e->change == FB_ONLINE_TRAINED && t->trained < 64)
        t->trained_at[t->trained] = (e->at_ns - START) / S;
    t->trained += e->change == FB_ONLINE_TRAINED;
    t->refreshed += e->change == FB_ONLINE_REFRESHED;
    t->waiting += e->change == FB_ONLINE_WAITING;
    t->last = *e;
    if (e->m)
        t->model = e->m->digest;
    t->last.m = NULL;
    return FB_OK;
}

static void begin(struct seen *t)
{
    *t = (struct seen){.r = {77}};
    fb_online_opts_default(&t->opts);
    t->opts.model.forest.trees = 30;
    t->opts.model.forest.sample = 64;
}

static void go(struct seen *t)
{
    struct fb_online_sink sink = {.ctx = t, .verdict = on_verdict, .model = on_model};
    assert_int_equal(fb_online_new(&t->opts, &sink, &t->o, NULL), FB_OK);
    fb_online_start(t->o, START);
}

static void look(struct seen *t, int64_t at)
{
    assert_int_equal(fb_online_look(t->o, START + at * S, NULL), FB_OK);
}

static struct fb_session session_of(uint64_t number, uint64_t kb, uint64_t pkts, uint16_t port)
{
    struct fb_session s = {.number = number, .ts_ns = START + (int64_t)number, .ip_proto = 6, .resp_p = port};
    fb_addr_parse("10.0.0.1", &s.orig_h);
    fb_addr_parse("10.0.0.2", &s.resp_h);
    s.service = s.history = s.tunnel = "";
    s.orig_pkts = pkts;
    s.resp_pkts = pkts + 1;
    s.orig_ip_bytes = kb * 1000 / 4;
    s.resp_ip_bytes = kb * 1000;
    s.duration_ns = (int64_t)pkts * 20000000;
    s.segments = pkts / 2;
    return s;
}

static void see(struct seen *t, const struct fb_session *s, bool open, bool listed, int64_t at)
{
    assert_int_equal(fb_online_see(t->o, s, 0, open, listed, START + at * S, NULL), FB_OK);
}

/* An ordinary session that ended at once. */
static void ordinary(struct seen *t, int64_t at)
{
    uint64_t pkts = 5 + tr_below(&t->r, 20);
    struct fb_session s =
        session_of(++t->number, 4 + pkts + tr_below(&t->r, 12), pkts, tr_below(&t->r, 3) ? 443 : 80);
    see(t, &s, false, false, at);
}

/* Ten ordinary sessions a second, a look after each second. */
static void run(struct seen *t, int64_t from, int64_t to)
{
    for (int64_t at = from; at < to; at++) {
        for (int i = 0; i < 10; i++)
            ordinary(t, at);
        look(t, at + 1);
    }
}

static void end(struct seen *t, struct fb_digest *d)
{
    struct fb_digest own;
    assert_int_equal(fb_online_finish(t->o, START + 100000 * S, d ? d : &own, NULL), FB_OK);
    fb_online_free(t->o);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    struct fb_online_opts o[6];
    for (size_t i = 0; i < 6; i++)
        fb_online_opts_default(&o[i]);
    assert_int_equal(o[0].warmup_ns, 180 * S);
    assert_int_equal(o[0].window, 800);
    o[0].warmup_ns = 60 * S - 1;
    o[1].window = 1;
    o[2].model.min_distinct = o[2].window + 1;
    o[3].retrain_ns = 0;
    o[4].sessions_max = 0;
    o[5].model.percentile_ppm[0] = 0;
    for (size_t i = 0; i < 6; i++) {
        struct fb_online *p = NULL;
        assert_int_equal(fb_online_new(&o[i], &(struct fb_online_sink){0}, &p, NULL), FB_ERR_USAGE);
        assert_null(p);
    }
}

static void warm_up_lasts_as_long_as_it_should(void **state)
{
    (void)state;
    for (int64_t warmup = 60; warmup <= 180; warmup += 60) {
        struct seen t;
        begin(&t);
        t.opts.warmup_ns = warmup * S;
        go(&t);
        struct fb_session s = session_of(t.watch = ++t.number, 10, 8, 443);
        see(&t, &s, true, false, 0);
        run(&t, 0, warmup - 1);
        assert_int_equal(t.trained, 0);
        assert_string_equal(fb_online_tag(&t.watched), "anomaly:normal/warming_up");
        assert_int_equal(t.watched_n, 1);
        run(&t, warmup - 1, warmup);
        assert_int_equal(t.trained, 1);
        assert_int_equal(t.trained_at[0], warmup);
        assert_string_equal(fb_online_tag(&t.watched), "anomaly:normal");
        assert_int_equal(t.watched.model, 1);
        end(&t, NULL);
    }
}

static void warm_up_waits_for_distinct_samples_and_says_so_once(void **state)
{
    (void)state;
    struct seen t;
    begin(&t);
    go(&t);
    for (int64_t at = 0; at < 400; at++) {
        struct fb_session s = session_of(++t.number, 10, 8, 443);
        see(&t, &s, false, false, at);
        look(&t, at + 1);
    }
    assert_int_equal(t.trained, 0);
    assert_int_equal(t.waiting, 1);
    assert_int_equal(t.last.distinct, 1);
    assert_int_equal(t.last.at_ns, START + 180 * S);
    run(&t, 400, 430);
    assert_int_equal(t.trained, 1);
    assert_true(t.last.distinct >= 100);
    assert_true(t.trained_at[0] > 405 && t.trained_at[0] < 430);
    end(&t, NULL);
}

static void the_window_holds_the_newest(void **state)
{
    (void)state;
    struct fb_window w;
    struct fb_sample s;
    struct fb_features f = {{0}};
    assert_int_equal(fb_window_init(&w, 5, NULL), FB_OK);
    uint64_t place = 0;
    for (int i = 1; i <= 12; i++) {
        f.v[FB_F_SEGMENTS] = i;
        uint64_t before = i == 11 ? place : 0; /* 10 and 11 are one session */
        place = fb_window_add(&w, &f, i, before);
        if (i == 11)
            assert_true(fb_window_mark(&w, place, FB_WINDOW_SUSPICIOUS));
    }
    assert_null(fb_window_at(&w, 7));
    assert_int_equal(fb_window_at(&w, 8)->f.v[FB_F_SEGMENTS], 8);
    fb_window_keep_out(&w, 7, FB_WINDOW_ABNORMAL); /* older than the oldest row */
    fb_window_keep_out(&w, 8, FB_WINDOW_ABNORMAL);
    fb_window_keep_out(&w, 9, FB_WINDOW_LISTED);
    uint32_t out[4];
    fb_window_kept_out(&w, out);
    assert_int_equal(out[FB_WINDOW_SUSPICIOUS], 2);
    assert_int_equal(out[FB_WINDOW_ABNORMAL], 1);
    assert_int_equal(out[FB_WINDOW_LISTED], 1);
    assert_int_equal(fb_window_sample(&w, 1, &s, NULL), FB_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.rows[0].f.v[FB_F_SEGMENTS], 8);
    assert_int_equal(s.rows[1].f.v[FB_F_SEGMENTS], 9);
    assert_int_equal(s.rows[2].f.v[FB_F_SEGMENTS], 12);
    assert_int_equal(s.seen, 15);
    assert_int_equal(s.spare, 5);
    fb_sample_release(&s);
    assert_false(fb_window_mark(&w, place - 1, FB_WINDOW_SUSPICIOUS));
    assert_true(fb_window_mark(&w, place - 1, FB_WINDOW_IN));
    fb_window_release(&w);
}

static void what_was_kept_out_counts_where_a_percentile_is_taken(void **state)
{
    (void)state;
    const uint32_t wanted[2] = {990000, 995000};
    uint32_t out[2];
    fb_window_percentiles(wanted, 800, (uint32_t[4]){0, 50, 0, 0}, out);
    assert_int_equal(out[0], 990000);
    assert_int_equal(out[1], 995000);
    fb_window_percentiles(wanted, 800, (uint32_t[4]){0, 0, 2, 3}, out);
    /* 8 of 805 may be beyond, 5 are: 3 of 800; 4 may be abnormal, 3 are: 1 */
    assert_int_equal((uint64_t)800 * (1000000 - out[0]) / 1000000, 3);
    assert_int_equal((uint64_t)800 * (1000000 - out[1]) / 1000000, 1);
    fb_window_percentiles(wanted, 800, (uint32_t[4]){0, 0, 0, 700}, out);
    assert_int_equal((uint64_t)800 * (1000000 - out[0]) / 1000000, 0);
    assert_int_equal((uint64_t)800 * (1000000 - out[1]) / 1000000, 0);
    assert_true(out[0] < out[1] && out[1] < 1000000);
}

static void a_long_session_gives_one_snapshot_an_interval(void **state)
{
    (void)state;
    struct seen t;
    begin(&t);
    t.opts.model.min_distinct = 2;
    go(&t);
    for (int64_t at = 0; at < 185; at++) {
        struct fb_session s = session_of(1, 10 + (uint64_t)at, 8 + (uint64_t)at, 443);
        see(&t, &s, true, false, at);
        look(&t, at);
    }
    assert_int_equal(t.trained, 1);
    assert_int_equal(t.trained_at[0], 180);
    assert_int_equal(t.last.samples, 4); /* of 0 to 60, 60 to 120, 120 to 180, and 180 on */
    end(&t, NULL);
}

static void training_follows_its_schedule(void **state)
{
    (void)state;
    struct seen t;
    begin(&t);
    t.opts.retrain_ns = 50 * S;
    t.opts.refresh_ns = 20 * S;
    go(&t);
    run(&t, 0, 290);
    assert_int_equal(t.trained, 3);
    assert_int_equal(t.trained_at[0], 180);
    assert_int_equal(t.trained_at[1], 230);
    assert_int_equal(t.trained_at[2], 280);
    assert_int_equal(t.refreshed, 4); /* 200, 220, 250, 270 */
    assert_int_equal(t.last.number, 7);
    assert_true(t.last.samples <= 800 && t.last.samples + t.last.kept_out >= 790);
    for (int64_t at = 290; at < 1000; at++)
        look(&t, at); /* nothing new to learn: one more refresh and training of what came since the last */
    assert_int_equal(t.trained, 4);
    end(&t, NULL);
}

static void an_odd_session_is_abnormal_and_not_learnt(void **state)
{
    (void)state;
    struct seen t;
    begin(&t);
    go(&t);
    run(&t, 0, 200);
    uint64_t before = t.told;
    t.watch = 100000000;
    for (int64_t at = 200; at < 400; at++) {
        struct fb_session s = session_of(t.watch, 900000 + (uint64_t)at * 1000, 700000 + (uint64_t)at, 4444);
        s.orig_ip_bytes = 40 * s.resp_ip_bytes;
        see(&t, &s, true, false, at);
        run(&t, at, at + 1);
        assert_string_equal(fb_online_tag(&t.watched), "anomaly:abnormal");
    }
    assert_true(t.told > before);
    assert_int_equal(t.watched.score.rank, 1);
    struct fb_online_stats st;
    fb_online_stats(t.o, &st);
    assert_true(t.last.kept_out >= 1);
    assert_int_equal(st.tracked, 1);
    assert_true(st.ended[FB_LEVEL_ABNORMAL] * 100 < st.ended[FB_LEVEL_NORMAL]);
    end(&t, NULL);
}

static void listed_sessions_are_kept_out(void **state)
{
    (void)state;
    for (int listed = 0; listed < 2; listed++) {
        struct seen t;
        begin(&t);
        go(&t);
        for (int64_t at = 0; at < 180; at++) {
            for (int i = 0; i < 3; i++)
                ordinary(&t, at);
            struct fb_session s = session_of(++t.number, 5, 3 + (uint64_t)at, 8080);
            see(&t, &s, false, listed, at);
            look(&t, at + 1);
        }
        assert_int_equal(t.trained, 1);
        assert_int_equal(t.last.kept_out, listed ? 180 : 0);
        assert_int_equal(t.last.samples, listed ? 540 : 720);
        end(&t, NULL);
    }
}

static void open_sessions_are_scored_again_when_model_or_thresholds_change(void **state)
{
    (void)state;
    struct seen t;
    begin(&t);
    go(&t);
    struct fb_session s = session_of(t.watch = ++t.number, 10, 8, 443);
    see(&t, &s, true, false, 0);
    run(&t, 0, 180);
    assert_int_equal(t.watched_n, 2);
    assert_int_equal(t.watched.model, 1);
    int64_t depth = t.watched.score.depth_q24;
    run(&t, 180, 239);
    assert_int_equal(t.watched_n, 2); /* thresholds changed, and not the verdict */
    run(&t, 239, 240);
    assert_int_equal(t.trained, 2);
    assert_int_equal(t.watched_n, 3);
    assert_true(t.watched.score.depth_q24 != depth);
    see(&t, &s, true, false, 240);
    look(&t, 241);
    assert_int_equal(t.watched_n, 3); /* nothing changed */
    s.orig_pkts += 9;
    see(&t, &s, true, false, 241);
    look(&t, 242);
    assert_int_equal(t.watched_n, 4);
    see(&t, &s, false, false, 243);
    look(&t, 244);
    assert_int_equal(t.watched_n, 4); /* ended as it was told */
    struct fb_online_stats st;
    fb_online_stats(t.o, &st);
    assert_int_equal(st.tracked, 0);
    end(&t, NULL);
}

static void sessions_beyond_the_ceiling_are_scored_and_not_learnt(void **state)
{
    (void)state;
    struct seen t;
    begin(&t);
    t.opts.sessions_max = 4;
    go(&t);
    for (uint64_t i = 1; i <= 10; i++) {
        struct fb_session s = session_of(++t.number, 10 + i, 8, 443);
        see(&t, &s, true, false, 1);
    }
    look(&t, 2);
    struct fb_online_stats st;
    fb_online_stats(t.o, &st);
    assert_int_equal(st.tracked, 4);
    assert_int_equal(st.not_tracked, 6);
    assert_int_equal(t.open_told, 10);
    run(&t, 2, 180);
    assert_int_equal(t.trained, 1);
    assert_int_equal(t.last.samples, 800);
    end(&t, NULL);
}

static void the_same_looks_give_the_same_with_any_number_of_threads(void **state)
{
    (void)state;
    struct fb_digest d[3], m[3];
    for (unsigned i = 0; i < 3; i++) {
        struct seen t;
        begin(&t);
        t.opts.threads = i == 1 ? 4 : 1;
        t.opts.model.forest.seed += i == 2;
        go(&t);
        run(&t, 0, 300);
        m[i] = t.model;
        end(&t, &d[i]);
    }
    assert_memory_equal(&d[0], &d[1], sizeof d[0]);
    assert_memory_equal(&m[0], &m[1], sizeof m[0]);
    assert_memory_not_equal(&d[0], &d[2], sizeof d[0]);
    assert_memory_not_equal(&m[0], &m[2], sizeof m[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(warm_up_lasts_as_long_as_it_should),
        cmocka_unit_test(warm_up_waits_for_distinct_samples_and_says_so_once),
        cmocka_unit_test(the_window_holds_the_newest),
        cmocka_unit_test(what_was_kept_out_counts_where_a_percentile_is_taken),
        cmocka_unit_test(a_long_session_gives_one_snapshot_an_interval),
        cmocka_unit_test(training_follows_its_schedule),
        cmocka_unit_test(an_odd_session_is_abnormal_and_not_learnt),
        cmocka_unit_test(listed_sessions_are_kept_out),
        cmocka_unit_test(open_sessions_are_scored_again_when_model_or_thresholds_change),
        cmocka_unit_test(sessions_beyond_the_ceiling_are_scored_and_not_learnt),
        cmocka_unit_test(the_same_looks_give_the_same_with_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
