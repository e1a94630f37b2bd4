/* Scores and explanations as rows and as JSON. */
#include "model/score_def.h"
#include "model/score_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct fb_explanation make(void)
{
    struct fb_explanation e = {.score = {.depth_q24 = -5,
                                         .score_ppm = 700001,
                                         .rank = 3,
                                         .percentile_ppm = 997000,
                                         .p_ppm = 4000,
                                         .level = FB_LEVEL_ABNORMAL}};
    for (unsigned i = 0; i < FB_NFEATURES; i++) {
        struct fb_explain_feature *f = &e.feature[i];
        f->feature = (enum fb_feature)(FB_NFEATURES - 1 - i);
        f->share_ppm = i == 0 ? 450000 : i == 1 ? 350000 : 20000;
        f->value = 1000 + i;
        f->normal_low = 10;
        f->normal_high = 20;
        f->direction = FB_DIR_HIGH;
    }
    return e;
}

static void a_score_is_read_back_as_it_was_put(void **state)
{
    (void)state;
    struct fb_explanation e = make();
    struct fb_buf row;
    struct fb_rec_cell c[FB_SCORE_NCOLS];
    fb_buf_init(&row, 4096);
    fb_score_put(&e.score, &row);
    assert_true(fb_rec_read(&fb_score_def, (struct fb_span){row.data, row.len}, c));
    assert_int_equal(c[FB_SCORE_ANOMALY].s.n, 8);
    assert_memory_equal(c[FB_SCORE_ANOMALY].s.p, "abnormal", 8);
    assert_int_equal(c[FB_SCORE_SCORE].i, 700001);
    assert_int_equal(c[FB_SCORE_P].i, 4000);
    assert_int_equal(c[FB_SCORE_RANK].i, 3);
    assert_int_equal(c[FB_SCORE_DEPTH].i, -5);
    fb_buf_release(&row);
}

static void culprits_are_named_until_they_make_up_most(void **state)
{
    (void)state;
    struct fb_explanation e = make();
    struct fb_explain_short s;
    fb_explain_shorten(&e, &s);
    assert_string_equal(s.culprits, "dest_port, segments");
    e.feature[0].share_ppm = 600000;
    fb_explain_shorten(&e, &s);
    assert_string_equal(s.culprits, "dest_port");
    assert_memory_equal(s.statement, "dest_port ", 10);
    e.feature[0].share_ppm = e.feature[1].share_ppm = e.feature[2].share_ppm = 100000;
    fb_explain_shorten(&e, &s);
    assert_string_equal(s.culprits, "dest_port, segments, missed_bytes");
}

static void json_tells_ranges_of_numbers_and_counts_of_categories(void **state)
{
    (void)state;
    struct fb_explanation e = make();
    struct fb_buf b;
    fb_buf_init(&b, 65536);
    e.feature[0].count = 7;
    e.feature[1].has_counterfactual = true;
    e.feature[1].counterfactual = 19;
    fb_explain_json(&e, &b);
    static const char want[] = "[{\"feature\":\"dest_port\",\"share_ppm\":450000,\"value\":1000,"
                               "\"direction\":\"high\",\"below_ppm\":0,"
                               "\"equal_ppm\":0,\"count\":7,\"counterfactual\":null},"
                               "{\"feature\":\"segments\",\"share_ppm\":350000,\"value\":1001,\"direction\":"
                               "\"high\",\"below_ppm\":0,"
                               "\"equal_ppm\":0,\"normal_low\":10,\"normal_high\":20,\"counterfactual\":19},";
    assert_true(b.len > sizeof want);
    assert_memory_equal(b.data, want, sizeof want - 1);
    assert_int_equal(b.data[b.len - 1], ']');
    fb_buf_release(&b);
}

static void an_explanation_without_room_is_a_failed_row(void **state)
{
    (void)state;
    struct fb_explanation e = make();
    struct fb_explain_short s;
    struct fb_buf row;
    struct fb_rec_cell c[FB_EXPLANATION_NCOLS];
    fb_explain_shorten(&e, &s);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_explanation_put(&e, &s, &row);
    assert_false(row.failed);
    assert_true(fb_rec_read(&fb_explanation_def, (struct fb_span){row.data, row.len}, c));
    assert_int_equal(c[FB_EXPLANATION_PERCENTILE].i, 997000);
    assert_int_equal(c[FB_EXPLANATION_CULPRITS].s.n, strlen(s.culprits));
    fb_buf_release(&row);
    fb_buf_init(&row, 64);
    fb_explanation_put(&e, &s, &row);
    assert_true(row.failed);
    fb_buf_release(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_score_is_read_back_as_it_was_put),
        cmocka_unit_test(culprits_are_named_until_they_make_up_most),
        cmocka_unit_test(json_tells_ranges_of_numbers_and_counts_of_categories),
        cmocka_unit_test(an_explanation_without_room_is_a_failed_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
