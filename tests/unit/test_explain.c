/* Explanations: the shares name the feature that was moved, and what is said about a session is so. */
#include "model/explain.h"
#include "tests/support/model_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DIMS    12u
#define ROWS    20000u
#define PLANTED 1000u

/* Rows of five clusters, each column brought to mean 0 and sd 1. */
static float *standard_rows(uint64_t seed, uint32_t n)
{
    float *x = malloc((size_t)n * DIMS * sizeof *x);
    assert_non_null(x);
    model_gen_clusters(seed, x, n, DIMS);
    for (uint32_t j = 0; j < DIMS; j++) {
        double mean = 0, square = 0, root = 1;
        for (uint32_t i = 0; i < n; i++)
            mean += (double)x[i * DIMS + j] / n;
        for (uint32_t i = 0; i < n; i++)
            square += ((double)x[i * DIMS + j] - mean) * ((double)x[i * DIMS + j] - mean) / n;
        for (int k = 0; k < 40; k++) /* Newton's square root */
            root = (root + square / root) / 2;
        for (uint32_t i = 0; i < n; i++)
            x[i * DIMS + j] = (float)(((double)x[i * DIMS + j] - mean) / root);
    }
    return x;
}

static const float usual[DIMS]; /* the mean */

/* A forest and the means of some of its rows. */
struct trained {
    float *x;
    struct fb_forest f;
    float *means;
};

static void train(struct trained *t, float *x, uint32_t ext)
{
    struct fb_forest_params p = {200, 256, ext, FB_SPLIT_INVARIANT, 1};
    t->x = x;
    assert_int_equal(fb_forest_train(&p, x, ROWS, DIMS, 2, &t->f, NULL), FB_OK);
    assert_int_equal(fb_explain_means(&t->f, x, FB_MODEL_REFERENCE, &t->means, NULL), FB_OK);
}

static void release(struct trained *t)
{
    free(t->x);
    free(t->means);
    fb_forest_release(&t->f);
}

/* Of PLANTED rows in which `culprits` features were moved away from 0 by `shift` sd: how many have one of
 * them first. */
static unsigned hits(const struct trained *t, unsigned culprits, float shift)
{
    struct test_random r = {777};
    unsigned hit = 0;
    for (unsigned q = 0; q < PLANTED; q++) {
        float x[DIMS];
        uint32_t share[DIMS], best = 0, sum = 0;
        bool moved[DIMS] = {false};
        memcpy(x, t->x + (size_t)tr_below(&r, ROWS) * DIMS, sizeof x);
        for (unsigned k = 0; k < culprits; k++) {
            uint32_t j = tr_below(&r, DIMS);
            while (moved[j])
                j = tr_below(&r, DIMS);
            moved[j] = true;
            x[j] += x[j] > 0 ? shift : -shift;
        }
        fb_explain_shares(&t->f, t->means, x, usual, share, NULL);
        for (uint32_t j = 0; j < DIMS; j++) {
            best = share[j] > share[best] ? j : best;
            sum += share[j];
        }
        assert_int_equal(sum, 1000000);
        hit += moved[best];
    }
    return hit;
}

static void a_moved_feature_has_the_largest_share(void **state)
{
    (void)state;
    static const uint32_t exts[] = {3, FB_MODEL_EXT};
    for (size_t i = 0; i < 2; i++) {
        struct trained t;
        train(&t, standard_rows(11, ROWS), exts[i]);
        unsigned one = hits(&t, 1, 2), far = hits(&t, 1, 4), three = hits(&t, 3, 4);
        print_message("extension %u: one culprit +2 sd %u, +4 sd %u, three %u of %u\n", exts[i], one, far,
                      three, PLANTED);
        assert_true(one >= PLANTED * 97 / 100);
        assert_true(far >= PLANTED * 99 / 100);
        assert_true(three >= PLANTED * 99 / 100);
        release(&t);
    }
}

/* Two features that go together (r = 0.97) among ten of the clusters; rows in which the two are 2 and -2. */
static void a_broken_correlation_is_seen(void **state)
{
    (void)state;
    static const uint32_t exts[] = {3, FB_MODEL_EXT};
    for (size_t i = 0; i < 2; i++) {
        struct test_random r = {5};
        struct trained t;
        unsigned hit = 0;
        float *x = standard_rows(11, ROWS);
        for (uint32_t q = 0; q < ROWS; q++) {
            x[q * DIMS] = model_gen_normal(&r);
            x[q * DIMS + 1] = 0.97f * x[q * DIMS] + 0.243f * model_gen_normal(&r);
        }
        train(&t, x, exts[i]);
        for (unsigned q = 0; q < PLANTED; q++) {
            float y[DIMS];
            uint32_t share[DIMS], best = 0;
            memcpy(y, t.x + (size_t)tr_below(&r, ROWS) * DIMS, sizeof y);
            y[0] = q % 2 ? 2 : -2;
            y[1] = -y[0];
            fb_explain_shares(&t.f, t.means, y, usual, share, NULL);
            for (uint32_t j = 0; j < DIMS; j++)
                best = share[j] > share[best] ? j : best;
            hit += best < 2;
        }
        print_message("extension %u: broken correlation %u of %u\n", exts[i], hit, PLANTED);
        assert_true(hit >= PLANTED * 93 / 100);
        release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moved_feature_has_the_largest_share),
        cmocka_unit_test(a_broken_correlation_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
