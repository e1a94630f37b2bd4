/* The timing wheel against a list of due times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/wheel.h"
#include "tests/support/test_random.h"

#include <stdlib.h>
#include <string.h>

enum { FLOWS = 300 };
#define S 1000000000LL

struct table {
    struct fb_wheel wheel;
    struct fb_pool flows;
    uint32_t flow[FLOWS];
    unsigned fired[FLOWS];
    int64_t now_ns;
    int64_t again_ns; /* a flow that fires is set to this much later; 0 = removed */
};

static void table_init(struct table *t)
{
    memset(t, 0, sizeof *t);
    fb_pool_init(&t->flows, sizeof(struct fb_flow));
    for (unsigned i = 0; i < FLOWS; i++) {
        t->flow[i] = fb_pool_take(&t->flows);
        assert_int_not_equal(t->flow[i], 0);
        struct fb_flow *f = fb_pool_at(&t->flows, t->flow[i]);
        f->self = t->flow[i];
        f->number = i;
        f->next_due_ns = FB_NEVER;
    }
}

static struct fb_flow *flow(struct table *t, unsigned i)
{
    return fb_pool_at(&t->flows, t->flow[i]);
}

static void set(struct table *t, unsigned i, int64_t due_ns)
{
    flow(t, i)->next_due_ns = due_ns;
    fb_wheel_set(&t->wheel, &t->flows, flow(t, i));
}

static void on_due(void *ctx, struct fb_flow *f)
{
    struct table *t = ctx;
    assert_true(f->next_due_ns <= t->now_ns);
    assert_int_equal(f->wheel_slot, 0);
    t->fired[f->number]++;
    f->next_due_ns = t->again_ns ? t->now_ns + t->again_ns : FB_NEVER;
    fb_wheel_set(&t->wheel, &t->flows, f);
}

static void ahead(void *ctx, const struct fb_flow *f)
{
    struct table *t = ctx;
    assert_ptr_equal(f, flow(t, (unsigned)f->number));
}

/* Turns the wheel and checks that who was due fired once, and nobody else. */
static void advance(struct table *t, int64_t now_ns)
{
    int64_t due[FLOWS];
    bool turned = now_ns >= t->wheel.at_ns;
    t->now_ns = now_ns;
    for (unsigned i = 0; i < FLOWS; i++) {
        due[i] = flow(t, i)->next_due_ns;
        t->fired[i] = 0;
    }
    static const struct fb_wheel_ops ops = {.due = on_due, .ahead = ahead};
    fb_wheel_advance(&t->wheel, &t->flows, now_ns, &ops, t);
    for (unsigned i = 0; i < FLOWS; i++)
        assert_int_equal(t->fired[i], turned && due[i] <= now_ns ? 1 : 0);
}

static int64_t random_span(struct test_random *r)
{
    switch (tr_below(r, 6)) {
    case 0:
        return (int64_t)tr_below(r, 1000);
    case 1:
        return (int64_t)(tr_next(r) % (uint64_t)(20 * S)); /* around one turn of the fine level */
    case 2:
        return (int64_t)(tr_next(r) % (uint64_t)(400 * S));
    case 3:
        return (int64_t)(tr_next(r) % (uint64_t)(20000 * S)); /* around the horizon */
    case 4:
        return (int64_t)(tr_next(r) % (uint64_t)(90000 * S));
    default:
        return 0;
    }
}

static void random_times(uint64_t seed, int64_t start_ns)
{
    static struct table t;
    struct test_random r = {seed};
    table_init(&t);
    flow(&t, 0)->last_ns = start_ns;
    set(&t, 0, start_ns + random_span(&r));
    int64_t now = start_ns;
    for (int step = 0; step < 400; step++) {
        for (int k = 0; k < 5; k++) {
            unsigned i = tr_below(&r, FLOWS);
            if (tr_below(&r, 10) == 0) {
                fb_wheel_remove(&t.wheel, &t.flows, flow(&t, i));
                flow(&t, i)->next_due_ns = FB_NEVER;
            } else {
                /* Also for the past: a packet that came late. */
                set(&t, i, now + random_span(&r) - (tr_below(&r, 8) == 0 ? 3 * S : 0));
            }
        }
        t.again_ns = tr_below(&r, 3) ? 0 : 1 + random_span(&r);
        int64_t to = now + random_span(&r);
        if (tr_below(&r, 10) == 0)
            to = now - random_span(&r); /* the wheel does not turn back */
        advance(&t, to);
        if (to > now)
            now = to;
    }
    t.again_ns = 0;
    advance(&t, now + 200000 * S);
    for (unsigned i = 0; i < FLOWS; i++)
        assert_true(flow(&t, i)->next_due_ns == FB_NEVER);
    for (unsigned i = 0; i < 2 * FB_WHEEL_SLOTS; i++)
        assert_int_equal(t.wheel.head[i], 0);
    fb_pool_release(&t.flows);
}

static void what_is_due_fires_once_and_never_early(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        random_times(seed, 1700000000 * S);
}

static void times_around_the_epoch_and_before_it_work(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        random_times(seed, 0);
        random_times(seed, -2000000 * S);
    }
}

static void slot_borders_fire_exactly(void **state)
{
    (void)state;
    static struct table t;
    const int64_t fine = 1LL << FB_WHEEL_FINE_SHIFT, coarse = 1LL << FB_WHEEL_COARSE_SHIFT;
    const int64_t span[] = {1,
                            fine - 1,
                            fine,
                            fine + 1,
                            coarse - 1,
                            coarse,
                            coarse + 1,
                            1023 * fine,
                            1024 * fine,
                            1024 * fine + 1,
                            1023 * coarse,
                            1024 * coarse - 1,
                            1024 * coarse,
                            1025 * coarse};
    for (size_t k = 0; k < sizeof span / sizeof *span; k++)
        for (int64_t from = 0; from < 3; from++) {
            table_init(&t);
            int64_t at = 77 * coarse + from * (fine - 1) / 2;
            flow(&t, 0)->last_ns = at;
            set(&t, 0, at + span[k]);
            advance(&t, at);
            advance(&t, at + span[k] - 1);
            assert_int_equal(t.fired[0], 0);
            advance(&t, at + span[k]);
            assert_int_equal(t.fired[0], 1);
            fb_pool_release(&t.flows);
        }
}

static void the_coarse_level_takes_over_where_the_fine_one_ends(void **state)
{
    (void)state;
    /* Otherwise flows of the current coarse slot are hung again at every turn. */
    assert_int_equal(FB_WHEEL_FINE_SHIFT + 10, FB_WHEEL_COARSE_SHIFT);
    assert_int_equal(FB_WHEEL_SLOTS, 1 << 10);
}

static void many_small_turns_reach_a_far_timer_in_time(void **state)
{
    (void)state;
    static struct table t;
    table_init(&t);
    flow(&t, 0)->last_ns = 0;
    set(&t, 0, 3600 * S + 123456789);
    set(&t, 1, 20000 * S);
    for (int64_t now = 0; now < 20000 * S; now += 7 * S + 1)
        advance(&t, now);
    assert_true(flow(&t, 0)->next_due_ns == FB_NEVER);
    assert_false(flow(&t, 1)->next_due_ns == FB_NEVER);
    advance(&t, 20000 * S);
    assert_int_equal(t.fired[1], 1);
    fb_pool_release(&t.flows);
}

static void pool_objects_come_zeroed_and_stay_where_they_are(void **state)
{
    (void)state;
    enum { N = 3 * FB_POOL_CHUNK };
    struct fb_pool p;
    fb_pool_init(&p, 100);
    uint8_t *at[N];
    for (uint32_t i = 0; i < N; i++) {
        uint32_t k = fb_pool_take(&p);
        assert_int_equal(k, i + 1); /* 0 is never given out */
        at[i] = fb_pool_at(&p, k);
        assert_int_equal((uintptr_t)at[i] % 64, 0);
        for (unsigned b = 0; b < 100; b++)
            assert_int_equal(at[i][b], 0);
        memset(at[i], 0xff, 100);
    }
    assert_int_equal(p.live, N);
    for (uint32_t i = 0; i < N; i++)
        assert_ptr_equal(fb_pool_at(&p, i + 1), at[i]);
    fb_pool_release(&p);
}

static void pool_gives_the_last_freed_object_first(void **state)
{
    (void)state;
    struct fb_pool p;
    fb_pool_init(&p, 40);
    for (int i = 0; i < 10; i++)
        fb_pool_take(&p);
    fb_pool_give(&p, 3);
    fb_pool_give(&p, 7);
    fb_pool_give(&p, 5);
    assert_int_equal(p.live, 7);
    assert_int_equal(fb_pool_take(&p), 5);
    assert_int_equal(fb_pool_take(&p), 7);
    uint32_t three = fb_pool_take(&p);
    assert_int_equal(three, 3);
    const uint8_t *b = fb_pool_at(&p, three);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(b[i], 0);
    assert_int_equal(fb_pool_take(&p), 11);
    fb_pool_release(&p);
}

static void pool_never_gives_an_object_twice(void **state)
{
    (void)state;
    enum { N = 2000 };
    struct fb_pool p;
    struct test_random r = {9};
    static uint32_t held[N];
    static uint8_t taken[N + 1];
    memset(taken, 0, sizeof taken);
    uint32_t n = 0;
    fb_pool_init(&p, 16);
    for (int step = 0; step < 20000; step++) {
        if (n == 0 || (n < N && tr_below(&r, 100) < 52)) {
            uint32_t k = fb_pool_take(&p);
            assert_true(k >= 1 && k <= N && !taken[k]);
            taken[k] = 1;
            held[n++] = k;
        } else {
            uint32_t i = tr_below(&r, n);
            taken[held[i]] = 0;
            fb_pool_give(&p, held[i]);
            held[i] = held[--n];
        }
        assert_int_equal(p.live, n);
    }
    fb_pool_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_fires_once_and_never_early),
        cmocka_unit_test(times_around_the_epoch_and_before_it_work),
        cmocka_unit_test(slot_borders_fire_exactly),
        cmocka_unit_test(the_coarse_level_takes_over_where_the_fine_one_ends),
        cmocka_unit_test(many_small_turns_reach_a_far_timer_in_time),
        cmocka_unit_test(pool_objects_come_zeroed_and_stay_where_they_are),
        cmocka_unit_test(pool_gives_the_last_freed_object_first),
        cmocka_unit_test(pool_never_gives_an_object_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
