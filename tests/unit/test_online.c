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
    uint32_t beyond[2]; /* rows beyond the thresholds of the newest model */
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
    if (e->m) {
        t->model = e->m->digest;
        for (int i = 0; i < 2; i++)
            t->beyond[i] = e->m->threshold[i].count;
    }
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
    uint64_t more = 4 + pkts + tr_below(&t->r, 12);
    struct fb_session s = session_of(++t->number, more, pkts, tr_below(&t->r, 3) ? 443 : 80);
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
            assert_true(fb_window_mark(&w, place, FB_WINDOW_TAGGED));
    }
    assert_null(fb_window_at(&w, 7));
    assert_int_equal(fb_window_at(&w, 8)->f.v[FB_F_SEGMENTS], 8);
    f.v[FB_F_SEGMENTS] = 100;
    fb_window_keep_out(&w, 0, &f, 7, FB_WINDOW_TAGGED); /* older than the oldest row */
    f.v[FB_F_SEGMENTS] = 101;
    fb_window_keep_out(&w, 0, &f, 8, FB_WINDOW_TAGGED);
    uint64_t kept = fb_window_keep_out(&w, 0, &f, 8, FB_WINDOW_TAGGED);
    f.v[FB_F_SEGMENTS] = 102;
    assert_int_equal(fb_window_keep_out(&w, kept, &f, 9, FB_WINDOW_TAGGED), kept); /* of the same session */
    fb_window_keep_out(&w, 0, &f, 9, FB_WINDOW_LISTED);
    fb_window_take_back(&w, fb_window_keep_out(&w, 0, &f, 9, FB_WINDOW_TAGGED));
    struct fb_features tagged[10];
    uint32_t ntagged;
    assert_int_equal(fb_window_kept_out(&w, tagged, &ntagged), 5);
    assert_int_equal(ntagged, 4);
    const int64_t want[4] = {10, 11, 101, 102};
    for (int i = 0; i < 4; i++)
        assert_int_equal(tagged[i].v[FB_F_SEGMENTS], want[i]);
    assert_int_equal(fb_window_sample(&w, 1, &s, NULL), FB_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.rows[0].f.v[FB_F_SEGMENTS], 8);
    assert_int_equal(s.rows[1].f.v[FB_F_SEGMENTS], 9);
    assert_int_equal(s.rows[2].f.v[FB_F_SEGMENTS], 12);
    assert_int_equal(s.seen, 17);
    assert_int_equal(s.spare, 7);
    fb_sample_release(&s);
    assert_false(fb_window_mark(&w, place - 1, FB_WINDOW_TAGGED));
    assert_true(fb_window_mark(&w, place - 1, FB_WINDOW_IN));
    fb_window_release(&w);
}

/* Features of a row like the others, or unlike them in one to eight. */
static struct fb_features features_of(struct test_random *r, int64_t odd)
{
    struct fb_features f = {{0}};
    for (int i = 1; i < FB_NFEATURES - 1; i++)
        f.v[i] = 100000 + (int64_t)tr_below(r, 100000);
    for (int i = 0; i < odd % 9; i++)
        f.v[i + 1] += odd * 1000000;
    return f;
}

/* A model of 800 ordinary rows, with n others counted in. */
static void count_apart(const struct fb_features *apart, uint32_t n, struct fb_model *m)
{
    struct test_random r = {4};
    struct fb_model_params p;
    struct fb_sample s;
    fb_model_params_default(&p);
    p.forest.trees = 30;
    fb_sample_init(&s, p.forest.seed, 800);
    for (int i = 0; i < 800; i++) {
        char uid[16];
        struct fb_features f = features_of(&r, 0);
        snprintf(uid, sizeof uid, "%d", i);
        assert_int_equal(fb_sample_add_row(&s, uid, &f, NULL), FB_OK);
    }
    assert_int_equal(fb_model_train(&s, &p, 1, m, NULL), FB_OK);
    assert_int_equal(m->threshold[0].count, 8);
    assert_int_equal(m->threshold[1].count, 4);
    assert_int_equal(fb_model_count_apart(m, apart, n, 1, NULL), FB_OK);
    fb_sample_release(&s);
}

static void what_was_kept_out_counts_where_a_percentile_is_taken(void **state)
{
    (void)state;
    struct test_random r = {5};
    struct fb_model before, m;
    struct fb_features odd[300];
    count_apart(NULL, 0, &before);
    for (int i = 0; i < 300; i++)
        odd[i] = features_of(&r, i + 1 + i / 8);
    /* 8 of 808 may be suspicious and 4 abnormal: the eight, that lie below all others. */
    count_apart(odd, 8, &m);
    assert_int_equal(m.ndepths, 808);
    assert_int_equal(m.threshold[0].count, 8);
    assert_int_equal(m.threshold[1].count, 4);
    assert_int_equal(m.threshold[0].depth_q24, m.depths[7]);
    assert_int_equal(m.threshold[1].depth_q24, m.depths[3]);
    assert_true(m.depths[7] < before.depths[0]);
    assert_memory_not_equal(&m.digest, &before.digest, sizeof m.digest);
    fb_model_release(&m);
    /* Two: six of the training are suspicious too. */
    count_apart(odd, 2, &m);
    assert_int_equal(m.threshold[0].depth_q24, m.depths[7]);
    assert_int_equal(m.depths[7], before.depths[5]);
    fb_model_release(&m);
    /* Many: 16 of them count, and 284 (with those that tie) are beyond as they are. */
    count_apart(odd, 300, &m);
    assert_in_range(m.threshold[0].count, 284 + 6, 299);
    assert_in_range(m.threshold[1].count, 284, m.threshold[0].count);
    assert_true(m.threshold[1].depth_q24 < before.depths[0]);
    fb_model_release(&m);
    /* Many that are alike: all of them stay beyond both. */
    for (int i = 1; i < 300; i++)
        odd[i] = odd[0];
    count_apart(odd, 300, &m);
    assert_int_equal(m.threshold[0].count, 300);
    assert_int_equal(m.threshold[1].count, 300);
    fb_model_release(&m);
    fb_model_release(&before);
}

static void what_was_kept_out_is_part_of_ranks_and_p_values(void **state)
{
    (void)state;
    struct test_random r = {5};
    struct fb_model m;
    struct fb_score s;
    struct fb_features odd[9];
    for (int i = 0; i < 9; i++)
        odd[i] = features_of(&r, 5);
    count_apart(odd, 9, &m);
    fb_model_judge(&m, m.depths[9], &s);
    assert_int_equal(s.rank, 10);
    assert_int_equal(s.p_ppm, (11 * 1000000 + 809) / 810);
    fb_model_judge(&m, m.depths[808], &s);
    assert_int_equal(s.percentile_ppm, 0);
    fb_model_release(&m);
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
    assert_in_range(t.watched.score.rank, 1, 2); /* what was kept out of it counts */
    struct fb_online_stats st;
    fb_online_stats(t.o, &st);
    assert_true(t.last.kept_out >= 1);
    assert_int_equal(st.tracked, 1);
    assert_true(st.ended[FB_LEVEL_ABNORMAL] * 100 < st.ended[FB_LEVEL_NORMAL]);
    end(&t, NULL);
}

static void both_levels_have_their_share_in_the_long_run(void **state)
{
    (void)state;
    struct seen t;
    unsigned suspicious = 0, abnormal = 0, models = 0;
    begin(&t);
    t.opts.model.forest.trees = 100;
    t.opts.retrain_ns = t.opts.refresh_ns * 2;
    go(&t);
    run(&t, 0, 400);
    struct fb_online_stats before, st;
    fb_online_stats(t.o, &before);
    for (int64_t at = 400; at < 1600; at += 15) {
        run(&t, at, at + 15);
        assert_int_equal(t.last.at_ns, START + (at + 15 - (at + 15 - 180) % 15) * S);
        suspicious += t.beyond[0];
        abnormal += t.beyond[1];
        models++;
        assert_true(t.last.samples + t.last.kept_out >= 800 && t.last.kept_out <= 30);
    }
    /* Of about 808 rows: 8 and 4, less what ties. */
    assert_in_range(suspicious, models * 7, models * 8);
    assert_in_range(abnormal, models * 3, models * 4);
    fb_online_stats(t.o, &st);
    uint64_t n = st.sessions - before.sessions, sus = st.ended[1] - before.ended[1],
             abn = st.ended[2] - before.ended[2];
    assert_in_range(sus + abn, n / 200, n / 50);
    assert_in_range(abn, n / 400, n / 100);
    assert_in_range(sus, n / 400, n / 100);
    end(&t, NULL);
}

/* As many odd sessions as ordinary ones, alike or not: they stand out as long as they come, and the ordinary
 * ones do not. */
static void a_flood_of_odd_sessions_does_not_raise_the_bar(void **state)
{
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        struct seen t;
        begin(&t);
        go(&t);
        run(&t, 0, 300);
        struct fb_online_stats before, st;
        fb_online_stats(t.o, &before);
        uint64_t number = 100000000, odd = 0;
        for (int64_t at = 300; at < 700; at++) {
            for (int i = 0; i < 10; i++, odd++) {
                uint64_t far = alike ? 0 : tr_below(&t.r, 3000000);
                struct fb_session s = session_of(++number, 900000 + far, 700000 + far, 4444);
                s.orig_ip_bytes = 40 * s.resp_ip_bytes;
                see(&t, &s, false, false, at);
            }
            run(&t, at, at + 1);
        }
        fb_online_stats(t.o, &st);
        assert_in_range(st.ended[1] + st.ended[2] - before.ended[1] - before.ended[2], odd * 99 / 100,
                        odd * 101 / 100);
        assert_true((st.ended[2] - before.ended[2]) * 100 > odd * (alike ? 99 : 90));
        end(&t, NULL);
    }
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
        cmocka_unit_test(what_was_kept_out_is_part_of_ranks_and_p_values),
        cmocka_unit_test(both_levels_have_their_share_in_the_long_run),
        cmocka_unit_test(a_flood_of_odd_sessions_does_not_raise_the_bar),
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
