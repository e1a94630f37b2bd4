/* Training and scoring speed of the model, in CPU time: 200 trees of 256 rows, twelve features, full
 * extension, a million generated rows of five clusters. Usage: bench_model [ROWS] [RUNS] */
#include "model/model.h"
#include "tests/support/model_gen.h"

#include <inttypes.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return a < b ? -1 : a > b;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_size);
    return v[n / 2];
}

/* The forest alone, on encoded rows. */
static bool bench_forest(const float *x, size_t n, size_t runs, int64_t *depth)
{
    double fit[32], score[32];
    struct fb_forest_params p = {200, 256, 11, FB_SPLIT_INVARIANT, 1};
    struct fb_err err;
    for (size_t r = 0; r < runs; r++) {
        struct fb_forest f;
        double t0 = cpu_s();
        if (fb_forest_train(&p, x, n, 12, 1, &f, &err) != FB_OK)
            return false;
        fit[r] = cpu_s() - t0;
        t0 = cpu_s();
        fb_forest_depths(&f, x, n, depth);
        score[r] = cpu_s() - t0;
        fb_forest_release(&f);
    }
    printf(
        "forest  200 trees x 256, 12 dimensions, full extension: training %.4f CPU s, scoring %.0f rows per "
        "CPU s (median of %zu runs, %zu rows)\n",
        median(fit, runs), (double)n / median(score, runs), runs, n);
    return true;
}

/* From features to levels: sample, encodings, thresholds, ranks. */
static bool bench_model(const struct fb_features *rows, size_t n, size_t runs, struct fb_score *out)
{
    double fit[32], score[32];
    struct fb_model_params p;
    struct fb_err err;
    fb_model_params_default(&p);
    p.forest.ext = 11;
    for (size_t r = 0; r < runs; r++) {
        struct fb_sample s;
        struct fb_model m;
        fb_sample_init(&s, p.forest.seed, FB_SAMPLE_SIZE);
        for (size_t i = 0; i < n; i++) {
            char uid[24];
            snprintf(uid, sizeof uid, "%zu", i);
            if (fb_sample_add_row(&s, uid, &rows[i], &err) != FB_OK)
                return false;
        }
        fb_sample_settle(&s);
        double t0 = cpu_s();
        if (fb_model_train(&s, &p, 1, &m, &err) != FB_OK)
            return false;
        fit[r] = cpu_s() - t0;
        t0 = cpu_s();
        if (fb_model_score(&m, rows, n, 1, out, &err) != FB_OK)
            return false;
        score[r] = cpu_s() - t0;
        fb_model_release(&m);
        fb_sample_release(&s);
    }
    printf("model   %u sampled sessions: training with calibration %.4f CPU s; encoding, scoring and ranking "
           "%.0f sessions per CPU s\n",
           FB_SAMPLE_SIZE, median(fit, runs), (double)n / median(score, runs));
    return true;
}

static size_t number(int argc, char **argv, int i, size_t otherwise)
{
    return argc > i ? (size_t)strtoull(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    size_t n = number(argc, argv, 1, 1000000), runs = number(argc, argv, 2, 5);
    runs = runs < 1 ? 1 : runs > 32 ? 32 : runs;
    float *x = malloc(n * 12 * sizeof *x);
    int64_t *depth = malloc(n * sizeof *depth);
    struct fb_features *rows = malloc(n * sizeof *rows);
    struct fb_score *out = malloc(n * sizeof *out);
    bool ok = n >= 1000 && x && depth && rows && out;
    if (ok) {
        model_gen_clusters(1, x, n, 12);
        model_gen_sessions(2, rows, n);
        ok = bench_forest(x, n, runs, depth) && bench_model(rows, n, runs, out);
    }
    free(x);
    free(depth);
    free(rows);
    free(out);
    return ok ? 0 : 1;
}
