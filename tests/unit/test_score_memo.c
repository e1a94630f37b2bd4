/* Scores that are remembered by features are those of the model, whatever came before. */
#include "model/score_memo.h"
#include "tests/support/test_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct fb_features any_row(struct test_random *r, uint32_t kinds)
{
    struct test_random own = {1 + tr_below(r, kinds)};
    struct fb_features f = {{0}};
    for (int i = 1; i < FB_NFEATURES - 1; i++)
        f.v[i] = (int64_t)tr_below(&own, 100000);
    return f;
}

static void train(struct fb_model *m)
{
    struct test_random r = {4};
    struct fb_model_params p;
    struct fb_sample s;
    fb_model_params_default(&p);
    p.forest.trees = 20;
    fb_sample_init(&s, p.forest.seed, 500);
    for (int i = 0; i < 500; i++) {
        char uid[16];
        struct fb_features f = any_row(&r, 100000);
        snprintf(uid, sizeof uid, "%d", i);
        assert_int_equal(fb_sample_add_row(&s, uid, &f, NULL), FB_OK);
    }
    assert_int_equal(fb_model_train(&s, &p, 1, m, NULL), FB_OK);
    fb_sample_release(&s);
}

static void remembered_scores_are_those_of_the_model(void **state)
{
    (void)state;
    static struct fb_features row[FB_SCORE_BATCH];
    static struct fb_score got[FB_SCORE_BATCH], want[FB_SCORE_BATCH];
    struct test_random r = {9};
    struct fb_model m;
    train(&m);
    struct fb_score_memo *memo = fb_score_memo_new();
    assert_non_null(memo);
    /* Few kinds, so that most are remembered; many, so that most push each other out. */
    for (uint32_t kinds = 50; kinds <= 5000000; kinds *= 10)
        for (size_t n = 1; n <= FB_SCORE_BATCH; n *= 128) {
            for (size_t i = 0; i < n; i++)
                row[i] = any_row(&r, kinds);
            assert_int_equal(fb_score_memo_score(memo, &m, row, n, 1, got, NULL), FB_OK);
            assert_int_equal(fb_model_score(&m, row, n, 1, want, NULL), FB_OK);
            assert_memory_equal(got, want, n * sizeof *got);
        }
    assert_int_equal(fb_score_memo_score(memo, &m, row, 0, 1, got, NULL), FB_OK);
    fb_score_memo_free(memo);
    fb_model_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(remembered_scores_are_those_of_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
