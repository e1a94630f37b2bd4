/* Samples, models, verdicts, drift and model files. */
#include "base/cursor.h"
#include "model/drift.h"
#include "model/explain.h"
#include "model/model_file.h"
#include "tests/support/model_gen.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define N 3000u

static struct fb_features rows[N];

static void make_uid(size_t i, char out[24])
{
    snprintf(out, 24, "C%zu", i);
}

static void offer(struct fb_sample *s, size_t from, size_t to)
{
    char uid[24];
    for (size_t i = from; i < to; i++) {
        make_uid(i, uid);
        assert_int_equal(fb_sample_add_row(s, uid, &rows[i], NULL), FB_OK);
    }
}

static struct fb_model_params small_params(void)
{
    struct fb_model_params p;
    fb_model_params_default(&p);
    p.forest.trees = 20;
    p.forest.sample = 64;
    return p;
}

static struct fb_model train(const struct fb_model_params *p, uint32_t size, size_t n, unsigned threads)
{
    struct fb_sample s;
    struct fb_model m;
    struct fb_err err = {0};
    fb_sample_init(&s, p->forest.seed, size);
    offer(&s, 0, n);
    enum fb_status st = fb_model_train(&s, p, threads, &m, &err);
    if (st != FB_OK)
        print_error("%s\n", err.msg);
    assert_int_equal(st, FB_OK);
    fb_sample_release(&s);
    return m;
}

static int make_rows(void **state)
{
    (void)state;
    model_gen_sessions(7, rows, N);
    return 0;
}

static void sample_bytes(struct fb_sample *s, struct fb_buf *out)
{
    fb_buf_init(out, 1u << 24);
    fb_sample_put(s, out);
    assert_false(out->failed);
}

static void a_sample_does_not_depend_on_order_or_partition(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 4000; size = size * 7 + 3) {
        struct fb_sample whole, back, part[4];
        struct fb_buf a, b;
        fb_sample_init(&whole, 5, size);
        fb_sample_init(&back, 5, size);
        offer(&whole, 0, N);
        for (size_t i = N; i-- > 0;)
            offer(&back, i, i + 1);
        sample_bytes(&whole, &a);
        sample_bytes(&back, &b);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        fb_buf_release(&b);
        for (size_t k = 0; k < 4; k++) {
            fb_sample_init(&part[k], 5, size);
            offer(&part[k], k * N / 4, (k + 1) * N / 4);
        }
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(fb_sample_merge(&part[3], &part[k], NULL), FB_OK);
        sample_bytes(&part[3], &b);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        assert_int_equal(part[3].n, size < N ? size : N);
        fb_buf_release(&a);
        fb_buf_release(&b);
        for (size_t k = 0; k < 4; k++)
            fb_sample_release(&part[k]);
        fb_sample_release(&whole);
        fb_sample_release(&back);
    }
}

static void a_session_offered_twice_counts_once_and_seeds_do_not_mix(void **state)
{
    (void)state;
    struct fb_sample a, b;
    fb_sample_init(&a, 5, 100);
    fb_sample_init(&b, 6, 100);
    offer(&a, 0, 50);
    offer(&a, 0, 50);
    fb_sample_leave_out(&a);
    fb_sample_settle(&a);
    assert_int_equal(a.n, 50);
    assert_int_equal(a.seen, 100);
    assert_int_equal(a.spare, 1);
    assert_int_equal(fb_sample_merge(&a, &b, NULL), FB_ERR_USAGE);
    fb_sample_release(&a);
    fb_sample_release(&b);
}

static void a_sample_comes_back_from_its_bytes_and_damage_is_refused(void **state)
{
    (void)state;
    struct fb_sample a, b;
    struct fb_buf bytes, again;
    fb_sample_init(&a, 5, 40);
    offer(&a, 0, 60);
    sample_bytes(&a, &bytes);
    struct fb_cur c = fb_cur_init(bytes.data, bytes.len);
    assert_int_equal(fb_sample_get(&b, &c, NULL), FB_OK);
    sample_bytes(&b, &again);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    fb_sample_release(&b);
    for (size_t n = 0; n < bytes.len; n++) {
        c = fb_cur_init(bytes.data, n);
        assert_int_equal(fb_sample_get(&b, &c, NULL), FB_ERR_INPUT);
    }
    fb_sample_release(&a);
    fb_buf_release(&bytes);
    fb_buf_release(&again);
}

static void too_few_distinct_sessions_give_no_model_and_the_reason(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    struct fb_sample s;
    struct fb_model m;
    struct fb_err err;
    char uid[24];
    fb_sample_init(&s, p.forest.seed, 1000);
    for (size_t i = 0; i < 500; i++) {
        make_uid(i, uid);
        assert_int_equal(fb_sample_add_row(&s, uid, &rows[i % 99], NULL), FB_OK);
    }
    assert_int_equal(fb_model_train(&s, &p, 1, &m, &err), FB_ERR_LIMIT);
    assert_non_null(strstr(err.msg, "99 distinct"));
    assert_non_null(strstr(err.msg, "at least 100"));
    p.min_distinct = 99;
    assert_int_equal(fb_model_train(&s, &p, 1, &m, &err), FB_OK);
    fb_model_release(&m);
    fb_sample_release(&s);
}

static void one_model_for_any_number_of_threads(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    struct fb_model a = train(&p, 2000, N, 1), b = train(&p, 2000, N, 3);
    assert_memory_equal(a.digest.b, b.digest.b, sizeof a.digest.b);
    p.forest.seed = 2;
    struct fb_model c = train(&p, 2000, N, 1);
    assert_memory_not_equal(a.digest.b, c.digest.b, sizeof a.digest.b);
    fb_model_release(&a);
    fb_model_release(&b);
    fb_model_release(&c);
}

/* The digest of a model and of its scores over fixed sessions; what another compiler or machine also gives.
 */
static void the_digest_of_a_fixed_model_is_this_one(void **state)
{
    (void)state;
    struct fb_model_params p;
    struct fb_digest_state h;
    struct fb_digest d;
    char hex[FB_DIGEST_HEXLEN];
    static struct fb_score out[N];
    fb_model_params_default(&p);
    struct fb_model m = train(&p, FB_SAMPLE_SIZE, N, 2);
    fb_hex(m.digest.b, sizeof m.digest.b, hex);
    assert_string_equal(hex, "8852510a3edb7ed3c1bc438046905988388bd01c6498746fa31e9a105b3f1ae8");
    assert_int_equal(fb_model_score(&m, rows, N, 2, out, NULL), FB_OK);
    fb_digest_init(&h, "score-test");
    for (size_t i = 0; i < N; i++) {
        fb_digest_update_le64(&h, (uint64_t)out[i].depth_q24);
        fb_digest_update_le64(&h, out[i].score_ppm);
        fb_digest_update_le64(&h, out[i].rank);
    }
    fb_digest_final(&h, &d);
    fb_hex(d.b, sizeof d.b, hex);
    assert_string_equal(hex, "3fa57fe9d956a53db62ddd6482e9302481c3b1e1cd10b45c1980d0b1cc27db36");
    fb_model_release(&m);
}

static void verdicts_keep_to_their_budgets_and_ranks_to_their_rows(void **state)
{
    (void)state;
    static struct fb_score out[N];
    struct fb_model_params p = small_params();
    struct fb_model m = train(&p, N, N, 1);
    assert_int_equal(m.threshold[0].budget, 30);
    assert_int_equal(m.threshold[1].budget, 15);
    assert_int_equal(fb_model_score(&m, rows, N, 1, out, NULL), FB_OK);
    size_t level[3] = {0};
    for (size_t i = 0; i < N; i++) {
        size_t more = 0, same = 0;
        level[out[i].level]++;
        for (size_t k = 0; k < N; k++) {
            more += out[k].depth_q24 < out[i].depth_q24;
            same += out[k].depth_q24 == out[i].depth_q24;
        }
        assert_int_equal(out[i].rank, more + 1);
        assert_int_equal(out[i].percentile_ppm, (N - more - same) * 1000000 / N);
        assert_int_equal(out[i].p_ppm, ((more + same + 1) * 1000000 + N) / (N + 1));
    }
    assert_int_equal(level[FB_LEVEL_ABNORMAL], m.threshold[1].count);
    assert_int_equal(level[FB_LEVEL_ABNORMAL] + level[FB_LEVEL_SUSPICIOUS], m.threshold[0].count);
    assert_true(m.threshold[0].count <= 30 && m.threshold[0].count >= 20);
    fb_model_release(&m);
}

static void rows_that_tie_are_never_split_by_a_threshold(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    struct fb_sample s;
    struct fb_model m;
    char uid[24];
    fb_sample_init(&s, p.forest.seed, 1000);
    /* 900 different sessions and 100 that are all the same and far out: more than any budget. */
    for (size_t i = 0; i < 1000; i++) {
        struct fb_features f = rows[i];
        if (i >= 900) {
            f = rows[0];
            f.v[FB_F_TOTAL_BYTES] = INT64_C(1000000000000);
            f.v[FB_F_DURATION] = INT64_C(90000000000000);
        }
        make_uid(i, uid);
        assert_int_equal(fb_sample_add_row(&s, uid, &f, NULL), FB_OK);
    }
    assert_int_equal(fb_model_train(&s, &p, 1, &m, NULL), FB_OK);
    for (size_t k = 0; k < 2; k++) {
        assert_true(m.threshold[k].count <= m.threshold[k].budget);
        uint32_t at = 0;
        for (uint32_t i = 0; i < m.rows; i++)
            at += m.depths[i] <= m.threshold[k].depth_q24;
        assert_int_equal(at, m.threshold[k].count);
    }
    fb_model_release(&m);
    fb_sample_release(&s);
}

static void an_explanation_adds_up_and_its_counterfactual_is_true(void **state)
{
    (void)state;
    struct fb_model_params p;
    struct fb_explanation e;
    struct fb_buf text;
    fb_model_params_default(&p);
    struct fb_model m = train(&p, N, N, 2);
    struct fb_features odd = rows[1], mended;
    odd.v[FB_F_TOTAL_BYTES] = INT64_C(8000000000000);
    assert_int_equal(fb_model_explain(&m, &odd, &e, NULL), FB_OK);
    uint32_t sum = 0;
    for (size_t i = 0; i < FB_NFEATURES; i++) {
        sum += e.feature[i].share_ppm;
        assert_true(i == 0 || e.feature[i].share_ppm <= e.feature[i - 1].share_ppm);
    }
    assert_int_equal(sum, 1000000);
    const struct fb_explain_feature *first = &e.feature[0];
    assert_int_equal(first->feature, FB_F_TOTAL_BYTES);
    assert_int_equal(first->direction, FB_DIR_HIGH);
    assert_int_not_equal(e.score.level, FB_LEVEL_NORMAL);
    assert_true(first->has_counterfactual);
    assert_true(first->counterfactual < odd.v[FB_F_TOTAL_BYTES]);
    struct fb_score score;
    mended = odd;
    mended.v[FB_F_TOTAL_BYTES] = first->counterfactual;
    assert_int_equal(fb_model_score(&m, &mended, 1, 1, &score, NULL), FB_OK);
    assert_int_equal(score.level, FB_LEVEL_NORMAL);
    fb_buf_init(&text, 65536);
    fb_explain_put_text(&e, 900000, &text);
    assert_non_null(strstr(fb_buf_cstr(&text), "total_bytes 8.0 TB is high (normal "));
    assert_non_null(strstr(fb_buf_cstr(&text), " or below it would be normal"));
    fb_buf_release(&text);
    fb_model_release(&m);
}

static void a_port_that_training_never_had_is_told_as_such(void **state)
{
    (void)state;
    struct fb_model_params p;
    struct fb_explanation e;
    struct fb_buf text;
    fb_model_params_default(&p);
    struct fb_model m = train(&p, N, N, 2);
    struct fb_features odd = rows[1];
    odd.v[FB_F_DEST_PORT] = 31;
    assert_int_equal(fb_model_explain(&m, &odd, &e, NULL), FB_OK);
    assert_int_equal(e.feature[0].feature, FB_F_DEST_PORT);
    assert_int_equal(e.feature[0].count, 0);
    fb_buf_init(&text, 65536);
    fb_explain_put_feature(&e.feature[0], &text);
    assert_non_null(strstr(fb_buf_cstr(&text), "dest_port tcp 31 was never seen in training"));
    fb_buf_release(&text);
    fb_model_release(&m);
}

static void drift_names_the_feature_that_moved(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    struct fb_model m = train(&p, N, N, 1);
    struct fb_drift same, a, b;
    struct fb_drift_report r;
    struct fb_buf text;
    static struct fb_features moved[N];
    fb_drift_init(&same);
    fb_drift_init(&a);
    fb_drift_init(&b);
    fb_drift_add(&same, &m, rows, N);
    fb_drift_report(&same, &m, &r);
    assert_int_equal(r.moved, 0);
    assert_true(r.feature[0].distance_ppm < 20000);
    memcpy(moved, rows, sizeof moved);
    for (size_t i = 0; i < N; i++)
        moved[i].v[FB_F_DURATION] *= 1000;
    fb_drift_add(&a, &m, moved, N / 2);
    fb_drift_add(&b, &m, moved + N / 2, N - N / 2);
    fb_drift_merge(&a, &b);
    fb_drift_report(&a, &m, &r);
    assert_int_equal(r.rows, N);
    assert_int_equal(r.moved, 1);
    assert_int_equal(r.feature[0].feature, FB_F_DURATION);
    assert_true(r.feature[0].distance_ppm > 700000);
    fb_buf_init(&text, 65536);
    fb_drift_put_text(&r, &text);
    assert_non_null(strstr(fb_buf_cstr(&text), "duration moved by "));
    fb_buf_release(&text);
    fb_model_release(&m);
}

static void write_model(const struct fb_model *m, const struct fb_model_signer *signer, struct fb_buf *out)
{
    fb_buf_init(out, 1u << 26);
    assert_int_equal(fb_model_put(m, signer, out, NULL), FB_OK);
}

static void a_model_comes_back_from_its_file(void **state)
{
    (void)state;
    static struct fb_score a[N], b[N];
    char path[] = "/tmp/test_model.XXXXXX";
    struct fb_model_params p = small_params();
    struct fb_model m = train(&p, N, N, 1), back;
    struct fb_model_signature sig;
    struct fb_buf one, two;
    struct fb_digest d[3] = {{{3}}, {{1}}, {{3}}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fb_model_card_add_case(&m, &d[i], NULL), FB_OK);
    assert_int_equal(m.card.ncases, 2);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(fb_model_save(&m, NULL, path, NULL), FB_OK);
    assert_int_equal(fb_model_load(path, &back, &sig, NULL), FB_OK);
    unlink(path);
    assert_false(sig.present);
    assert_memory_equal(m.digest.b, back.digest.b, sizeof m.digest.b);
    write_model(&m, NULL, &one);
    write_model(&back, NULL, &two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    assert_int_equal(fb_model_score(&m, rows, N, 1, a, NULL), FB_OK);
    assert_int_equal(fb_model_score(&back, rows, N, 1, b, NULL), FB_OK);
    assert_memory_equal(a, b, sizeof a);
    fb_buf_release(&one);
    fb_buf_release(&two);
    fb_model_release(&m);
    fb_model_release(&back);
}

static void a_file_that_is_damaged_or_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    uint8_t pub[32], sec[64];
    assert_true(sodium_init() >= 0);
    crypto_sign_seed_keypair(pub, sec, (const uint8_t *)"thirty-two bytes make a seed ...");
    struct fb_model_signer signer = {"Ada", sec};
    p.forest.trees = 2;
    p.forest.sample = 16;
    struct fb_model m = train(&p, 120, 150, 1), back;
    struct fb_model_signature sig;
    struct fb_buf f;
    write_model(&m, &signer, &f);
    assert_int_equal(fb_model_get(f.data, f.len, &back, &sig, NULL), FB_OK);
    assert_true(sig.present);
    assert_string_equal(sig.name, "Ada");
    assert_memory_equal(sig.pub, pub, sizeof pub);
    fb_model_release(&back);
    for (size_t i = 0; i < f.len; i++) {
        f.data[i] ^= 1;
        assert_int_not_equal(fb_model_get(f.data, f.len, &back, NULL, NULL), FB_OK);
        f.data[i] ^= 0x81;
        assert_int_not_equal(fb_model_get(f.data, f.len, &back, NULL, NULL), FB_OK);
        f.data[i] ^= 0x80;
        assert_int_not_equal(fb_model_get(f.data, i, &back, NULL, NULL), FB_OK);
    }
    fb_buf_putc(&f, 0);
    assert_int_not_equal(fb_model_get(f.data, f.len, &back, NULL, NULL), FB_OK);
    fb_buf_release(&f);
    fb_model_release(&m);
}

/* Sets the digests of an unsigned file to what its bytes have, as someone would who wants it believed. */
static void mend_digests(struct fb_buf *f)
{
    struct fb_digest_state h;
    struct fb_digest d;
    size_t content = (size_t)fb_load_le64(f->data + 16), at = 24 + content;
    fb_digest_init(&h, "fb-model");
    fb_digest_update_field(&h, f->data + 24, content);
    fb_digest_final(&h, &d);
    memcpy(f->data + at, d.b, sizeof d.b);
    fb_digest_init(&h, "fb-model-file");
    fb_digest_update_field(&h, f->data, f->len - sizeof d.b);
    fb_digest_final(&h, &d);
    memcpy(f->data + f->len - sizeof d.b, d.b, sizeof d.b);
}

/* The last bytes of the card are the number of cases: cut inside that number, the card is none. */
static void a_card_that_ends_within_a_number_is_refused(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    struct fb_model m = train(&p, 120, 150, 1), back;
    struct fb_buf f;
    write_model(&m, NULL, &f);
    f.data[f.len - 33] = 0x80;
    mend_digests(&f);
    assert_int_equal(fb_model_get(f.data, f.len, &back, NULL, NULL), FB_ERR_INPUT);
    f.data[f.len - 33] = 0;
    mend_digests(&f);
    assert_int_equal(fb_model_get(f.data, f.len, &back, NULL, NULL), FB_OK);
    fb_model_release(&back);
    fb_buf_release(&f);
    fb_model_release(&m);
}

static void a_forged_file_is_refused_or_does_no_harm(void **state)
{
    (void)state;
    struct fb_model_params p = small_params();
    p.forest.trees = 2;
    p.forest.sample = 16;
    struct fb_model m = train(&p, 120, 150, 1), back;
    struct test_random r = {9};
    struct fb_buf f, as_it_was;
    write_model(&m, NULL, &f);
    write_model(&m, NULL, &as_it_was);
    size_t refused = 0;
    for (int round = 0; round < 6000; round++) {
        struct fb_score score;
        struct fb_explanation e;
        uint32_t changes = 1 + tr_below(&r, 3);
        for (uint32_t k = 0; k < changes; k++)
            f.data[tr_below(&r, (uint32_t)f.len)] = (uint8_t)tr_next(&r);
        if (fb_load_le64(f.data + 16) == fb_load_le64(as_it_was.data + 16))
            mend_digests(&f);
        if (fb_model_get(f.data, f.len, &back, NULL, NULL) == FB_OK) {
            assert_int_equal(fb_model_score(&back, rows, 1, 1, &score, NULL), FB_OK);
            assert_int_equal(fb_model_explain(&back, rows, &e, NULL), FB_OK);
            fb_model_release(&back);
        } else {
            refused++;
        }
        memcpy(f.data, as_it_was.data, f.len);
    }
    assert_true(refused > 1000);
    assert_true(refused < 6000);
    fb_buf_release(&f);
    fb_buf_release(&as_it_was);
    fb_model_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_does_not_depend_on_order_or_partition),
        cmocka_unit_test(a_session_offered_twice_counts_once_and_seeds_do_not_mix),
        cmocka_unit_test(a_sample_comes_back_from_its_bytes_and_damage_is_refused),
        cmocka_unit_test(too_few_distinct_sessions_give_no_model_and_the_reason),
        cmocka_unit_test(one_model_for_any_number_of_threads),
        cmocka_unit_test(the_digest_of_a_fixed_model_is_this_one),
        cmocka_unit_test(verdicts_keep_to_their_budgets_and_ranks_to_their_rows),
        cmocka_unit_test(rows_that_tie_are_never_split_by_a_threshold),
        cmocka_unit_test(an_explanation_adds_up_and_its_counterfactual_is_true),
        cmocka_unit_test(a_port_that_training_never_had_is_told_as_such),
        cmocka_unit_test(drift_names_the_feature_that_moved),
        cmocka_unit_test(a_model_comes_back_from_its_file),
        cmocka_unit_test(a_file_that_is_damaged_or_cut_anywhere_is_refused),
        cmocka_unit_test(a_card_that_ends_within_a_number_is_refused),
        cmocka_unit_test(a_forged_file_is_refused_or_does_no_harm),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
