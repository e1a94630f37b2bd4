/* Numbers under the forest, and the forest: the same bits everywhere. */
#include "base/digest.h"
#include "model/fixlog.h"
#include "model/fold.h"
#include "model/forest.h"
#include "model/philox.h"
#include "tests/support/model_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Random123's known answers (kat_vectors): philox 4x32, 10 rounds. */
static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    static const uint32_t in[3][6] = {
        {0, 0, 0, 0, 0, 0},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0},
    };
    static const uint32_t want[3][4] = {
        {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        fb_philox(in[i], in[i] + 4, out);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(out[k], want[i][k]);
    }
}

static void bounded_draws_are_even_and_in_bounds(void **state)
{
    (void)state;
    struct fb_draws d = fb_draws_init(1, 2, 3, FB_DRAW_ROWS);
    unsigned count[7] = {0};
    for (int i = 0; i < 70000; i++)
        count[fb_draw_below(&d, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_true(count[i] > 9600 && count[i] < 10400);
    assert_int_equal(fb_draw_below(&d, 1), 0);
}

static void logarithms_never_fall_and_are_off_by_less_than_stated(void **state)
{
    (void)state;
    int32_t before = 0;
    for (uint64_t x = 1; x < 300000; x++) {
        int32_t got = fb_log2_q16(x);
        int64_t exact = fb_log2_q32(x);
        assert_true(got >= before);
        assert_true((int64_t)got << 16 <= exact + 1);
        assert_true(exact - ((int64_t)got << 16) < 78643); /* 1.2 of 2^-16 */
        before = got;
    }
    struct test_random r = {3};
    for (int i = 0; i < 200000; i++) {
        uint64_t x = (tr_next(&r) >> tr_below(&r, 63)) | 1;
        int64_t gap = fb_log2_q32(x) - ((int64_t)fb_log2_q16(x) << 16);
        assert_true(gap > -2 && gap < 78643);
        assert_true(x == UINT64_MAX || fb_log2_q16(x) <= fb_log2_q16(x + 1));
    }
    for (unsigned k = 0; k < 64; k++) {
        assert_int_equal(fb_log2_q16(UINT64_C(1) << k), (int32_t)k << 16);
        assert_true(fb_log2_q32(UINT64_C(1) << k) == (int64_t)k << 32);
    }
    assert_true(fb_log2_q32(3) == INT64_C(6807362105)); /* 1.5849625007 */
}

static void powers_undo_logarithms(void **state)
{
    (void)state;
    assert_true(fb_exp2_neg_q32(0) == UINT64_C(1) << 32);
    assert_true(fb_exp2_neg_q32(UINT64_C(1) << 32) == UINT64_C(1) << 31);
    assert_true(fb_exp2_neg_q32(UINT64_C(1) << 31) == UINT64_C(3037000499)); /* 2^-0.5 */
    assert_true(fb_exp2_neg_q32(UINT64_C(60) << 32) == 0);
    for (uint64_t x = 2; x < 3000; x++) {
        uint64_t inverse = fb_exp2_neg_q32((uint64_t)fb_log2_q32(x));
        uint64_t exact = (UINT64_C(1) << 32) / x;
        assert_true(inverse + 40 > exact && inverse < exact + 40);
    }
}

/* 2 (H(n) - 1) * 2^24, rounded, from exact rationals. */
static void leaf_values_are_the_exact_ones(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        int32_t c, paper;
    } want[] = {
        {0, 0, 0},
        {1, 0, 0},
        {2, 16777216, 2590928},
        {3, 27962027, 20256682},
        {4, 36350635, 31065631},
        {7, 53447417, 50728673},
        {16, 79884009, 78777950},
        {100, 140505074, 140335893},
        {255, 171813413, 171747404},
        {256, 171944485, 171878735},
        {1000, 217616291, 217599500},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(fb_forest_c_q24(want[i].n), want[i].c);
        assert_int_equal(fb_forest_c_paper_q24(want[i].n), want[i].paper);
    }
    int32_t *table = fb_forest_leaf_values(FB_SPLIT_INVARIANT, 600);
    assert_non_null(table);
    for (uint32_t n = 0; n <= 600; n++)
        assert_int_equal(table[n], fb_forest_c_q24(n));
    free(table);
}

static struct fb_forest train(const struct fb_forest_params *p, const float *x, size_t n, uint32_t dims,
                              unsigned threads)
{
    struct fb_forest f;
    struct fb_err err = {0};
    enum fb_status st = fb_forest_train(p, x, n, dims, threads, &f, &err);
    if (st != FB_OK)
        print_error("%s\n", err.msg);
    assert_int_equal(st, FB_OK);
    return f;
}

static bool same_forest(const struct fb_forest *a, const struct fb_forest *b)
{
    uint32_t n = a->first[a->params.trees];
    return n == b->first[b->params.trees] && memcmp(a->nodes, b->nodes, n * a->stride) == 0;
}

static void threads_change_neither_forest_nor_scores(void **state)
{
    (void)state;
    enum { N = 5003 };
    static float x[N * 12];
    static int64_t one[N], many[N];
    model_gen_clusters(4, x, N, 12);
    struct fb_forest_params p = {50, 256, 3, FB_SPLIT_INVARIANT, 9};
    struct fb_forest f = train(&p, x, N, 12, 1);
    fb_forest_depths(&f, x, N, one);
    for (unsigned threads = 2; threads <= 7; threads += 5) {
        struct fb_forest g = train(&p, x, N, 12, threads);
        assert_true(same_forest(&f, &g));
        fb_forest_depths_threads(&g, x, N, threads, many);
        assert_memory_equal(one, many, sizeof one);
        fb_forest_release(&g);
    }
    /* Trees do not depend on how many there are. */
    p.trees = 10;
    struct fb_forest few = train(&p, x, N, 12, 1);
    assert_memory_equal(few.nodes, f.nodes, few.first[10] * few.stride);
    fb_forest_release(&few);
    fb_forest_release(&f);
}

/* The scorer's lanes and blocks against a walk by fb_forest_step, for every width that it knows and others.
 */
static void blocked_scoring_is_the_plain_walk(void **state)
{
    (void)state;
    enum { N = 1037, WIDEST = 24 };
    static float x[N * WIDEST];
    static int64_t got[N];
    static const uint32_t dims[] = {1, 3, 4, 7, 12, 13, 16, 21, 24};
    for (size_t k = 0; k < sizeof dims / sizeof *dims; k++) {
        for (int split = FB_SPLIT_INVARIANT; split <= FB_SPLIT_PAPER; split++) {
            struct fb_forest_params p = {20, 256, 63, (enum fb_split)split, k};
            model_gen_clusters(k, x, N, dims[k]);
            struct fb_forest f = train(&p, x, N, dims[k], 1);
            fb_forest_depths(&f, x, N, got);
            for (size_t i = 0; i < N; i++) {
                int64_t depth = 0;
                for (uint32_t t = 0; t < 20; t++) {
                    uint32_t at = f.first[t];
                    while (fb_forest_node(&f, at)->left)
                        at = f.first[t] + fb_forest_step(&f, at, x + i * f.width);
                    depth += fb_forest_node(&f, at)->leaf_q24;
                }
                assert_true(depth == got[i]);
            }
            fb_forest_release(&f);
        }
    }
}

/* Powers of two are exact in a float, so the trees must fall in the very same places. */
static void the_unit_of_a_column_changes_nothing(void **state)
{
    (void)state;
    enum { N = 3000 };
    static float x[N * 12], y[N * 12];
    static int64_t a[N], b[N];
    model_gen_clusters(8, x, N, 12);
    for (size_t i = 0; i < N * 12; i++)
        y[i] = x[i] * (i % 12 == 3 ? 0x1p20f : i % 12 == 5 ? 0x1p-12f : 1);
    for (uint32_t ext = 0; ext < 12; ext += 11) {
        struct fb_forest_params p = {50, 256, ext, FB_SPLIT_INVARIANT, 2};
        struct fb_forest f = train(&p, x, N, 12, 1), g = train(&p, y, N, 12, 1);
        fb_forest_depths(&f, x, N, a);
        fb_forest_depths(&g, y, N, b);
        assert_memory_equal(a, b, sizeof a);
        fb_forest_release(&f);
        fb_forest_release(&g);
    }
}

static void seeds_that_follow_each_other_share_no_tree(void **state)
{
    (void)state;
    enum { N = 3000 };
    static float x[N * 12];
    model_gen_clusters(8, x, N, 12);
    struct fb_forest_params p = {30, 256, 3, FB_SPLIT_INVARIANT, 1};
    struct fb_forest f = train(&p, x, N, 12, 1);
    p.seed = 2;
    struct fb_forest g = train(&p, x, N, 12, 1);
    for (uint32_t s = 0; s < 30; s++)
        for (uint32_t t = 0; t < 30; t++)
            assert_memory_not_equal(f.nodes + f.first[s] * f.stride, g.nodes + g.first[t] * g.stride,
                                    f.stride);
    fb_forest_release(&f);
    fb_forest_release(&g);
}

static void a_lone_row_scores_high_and_constant_rows_make_one_leaf(void **state)
{
    (void)state;
    enum { N = 1000 };
    static float x[N * 12];
    int64_t depth[2];
    struct fb_forest_params p = {100, 256, 11, FB_SPLIT_INVARIANT, 1};
    struct fb_forest f = train(&p, x, N, 12, 1);
    assert_int_equal(f.first[100], 100); /* nothing varies: each tree is its root */
    fb_forest_depths(&f, x, 1, depth);
    assert_int_equal(fb_forest_score_ppm(&f, depth[0]), 500000);
    fb_forest_release(&f);
    model_gen_clusters(8, x, N, 12);
    for (int j = 0; j < 12; j++)
        x[12 + j] = 9;
    f = train(&p, x, N, 12, 1);
    fb_forest_depths(&f, x, 2, depth);
    assert_true(fb_forest_score_ppm(&f, depth[1]) > 650000);
    assert_true(fb_forest_score_ppm(&f, depth[0]) < 550000);
    fb_forest_release(&f);
}

static void parameters_out_of_range_are_refused(void **state)
{
    (void)state;
    float x[16] = {0};
    struct fb_forest f;
    struct fb_err err;
    const struct fb_forest_params good = {10, 16, 1, FB_SPLIT_INVARIANT, 1};
    struct fb_forest_params bad[5] = {good, good, good, good, good};
    bad[0].trees = 0;
    bad[1].trees = FB_FOREST_TREES_MAX + 1;
    bad[2].sample = 1;
    bad[3].sample = FB_FOREST_SAMPLE_MAX + 1;
    bad[4].split = (enum fb_split)3;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(fb_forest_train(&bad[i], x, 4, 4, 1, &f, &err), FB_ERR_USAGE);
    assert_int_equal(fb_forest_train(&good, x, 1, 4, 1, &f, &err), FB_ERR_USAGE);
    assert_int_equal(fb_forest_train(&good, x, 4, 0, 1, &f, &err), FB_ERR_USAGE);
    assert_int_equal(fb_forest_train(&good, x, 4, FB_FOREST_DIMS_MAX + 1, 1, &f, &err), FB_ERR_USAGE);
}

static void folding_a_column_forgets_its_unit_and_keeps_its_order(void **state)
{
    (void)state;
    double x[101], y[101];
    struct fb_fold a, b;
    for (int i = 0; i < 101; i++) {
        x[i] = i < 100 ? i : 1e9;
        y[i] = x[i] * 1024 + 4096;
    }
    assert_int_equal(fb_fold_train(x, 101, 1, &a, NULL), FB_OK);
    assert_int_equal(fb_fold_train(y, 101, 1, &b, NULL), FB_OK);
    for (int i = 0; i < 101; i++) {
        assert_true(fb_fold_encode(&a, x[i]) == fb_fold_encode(&b, y[i]));
        assert_true(i == 0 || fb_fold_encode(&a, x[i]) > fb_fold_encode(&a, x[i - 1]));
    }
    assert_true(fb_fold_encode(&a, x[100]) < 30);
    assert_true(fb_fold_encode(&a, (double)__builtin_nanf("")) == 0);
    assert_true(fb_fold_encode(&a, (double)__builtin_inff()) > 39);
    assert_true(fb_fold_encode(&a, -(double)__builtin_inff()) < -39);
}

/* Over nodes in their canonical form and scores; what another compiler or machine must also give. */
static void the_digest_of_a_fixed_forest_is_this_one(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float x[N * 12];
    static int64_t depth[N];
    struct fb_digest_state h;
    struct fb_digest d;
    char hex[FB_DIGEST_HEXLEN];
    model_gen_clusters(1, x, N, 12);
    struct fb_forest_params p = {200, 256, 11, FB_SPLIT_INVARIANT, 1};
    struct fb_forest f = train(&p, x, N, 12, 2);
    fb_forest_depths(&f, x, N, depth);
    fb_digest_init(&h, "forest-test");
    for (uint32_t i = 0; i < f.first[200]; i++) {
        const uint32_t *words = (const uint32_t *)(const void *)(f.nodes + i * f.stride);
        for (size_t k = 0; k < f.stride / 4; k++)
            fb_digest_update_le64(&h, words[k]);
    }
    for (size_t i = 0; i < N; i++)
        fb_digest_update_le64(&h, (uint64_t)depth[i]);
    fb_digest_final(&h, &d);
    fb_hex(d.b, sizeof d.b, hex);
    assert_string_equal(hex, "c223268b341df411619b8b5c93b3e85dd87767ab93c6ad066f170a99b2e69895");
    fb_forest_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(bounded_draws_are_even_and_in_bounds),
        cmocka_unit_test(logarithms_never_fall_and_are_off_by_less_than_stated),
        cmocka_unit_test(powers_undo_logarithms),
        cmocka_unit_test(leaf_values_are_the_exact_ones),
        cmocka_unit_test(threads_change_neither_forest_nor_scores),
        cmocka_unit_test(blocked_scoring_is_the_plain_walk),
        cmocka_unit_test(the_unit_of_a_column_changes_nothing),
        cmocka_unit_test(seeds_that_follow_each_other_share_no_tree),
        cmocka_unit_test(a_lone_row_scores_high_and_constant_rows_make_one_leaf),
        cmocka_unit_test(parameters_out_of_range_are_refused),
        cmocka_unit_test(folding_a_column_forgets_its_unit_and_keeps_its_order),
        cmocka_unit_test(the_digest_of_a_fixed_forest_is_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
