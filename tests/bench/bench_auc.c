/* How well the forest finds what is labelled as anomalous: for each CSV file of a directory (numbers, label
 * last; a first line of names) AUROC and AUPRC (average precision) over all rows, mean and standard deviation
 * of ten seeds, trained without the labels on the same rows. Default mode: columns as model/fold.h makes
 * them, 200 trees of 256, extension level 3. Paper mode: the published algorithm on the numbers as
 * they are, 100 trees of 256, full extension. Usage: bench_auc DIR */
#include "model/fold.h"
#include "model/model.h"
#include "tests/support/label_table.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <strings.h>

/* Of tables of all kinds. Sessions take full extension: with less, a value far beyond all that training had
 * in one feature alone stays below the threshold too often. */
#define EXTENSION 3
#define SEEDS     10
#define FILES_MAX 1024

struct scored {
    int64_t depth;
    uint8_t label;
};

static int by_depth(const void *pa, const void *pb)
{
    const struct scored *a = pa, *b = pb;
    return a->depth < b->depth ? -1 : a->depth > b->depth;
}

/* Rows that tie count as one step: half for AUROC, one threshold for AUPRC. */
static void measure(const struct label_table *t, const int64_t *depth, struct scored *s, double *auroc,
                    double *auprc)
{
    double tp = 0, fp = 0, area = 0, precision = 0, positive = 0;
    for (size_t i = 0; i < t->n; i++) {
        s[i] = (struct scored){depth[i], t->label[i]};
        positive += t->label[i];
    }
    qsort(s, t->n, sizeof *s, by_depth);
    for (size_t i = 0, k; i < t->n; i = k) {
        double hit = 0;
        for (k = i; k < t->n && s[k].depth == s[i].depth; k++)
            hit += s[k].label;
        double miss = (double)(k - i) - hit;
        area += miss * (tp + hit / 2);
        tp += hit;
        fp += miss;
        precision += hit * (tp / (tp + fp));
    }
    *auroc = area / (positive * ((double)t->n - positive));
    *auprc = precision / positive;
}

struct figures {
    double mean[2], sd[2]; /* AUROC, AUPRC */
};

static double root(double v)
{
    double r = v > 1 ? v : 1;
    for (int i = 0; i < 60; i++)
        r = (r + v / r) / 2;
    return v > 0 ? r : 0;
}

static float plain(double x)
{
    const double max = (double)FB_FOREST_VALUE_MAX;
    return (float)(x > max ? max : x < -max ? -max : x == x ? x : 0);
}

static bool encode(const struct label_table *t, bool paper, float *x)
{
    uint32_t width = fb_forest_width(t->dims);
    memset(x, 0, t->n * width * sizeof *x);
    for (uint32_t j = 0; j < t->dims; j++) {
        struct fb_fold c;
        if (fb_fold_train(t->x + j, t->n, t->dims, &c, NULL) != FB_OK)
            return false;
        for (size_t i = 0; i < t->n; i++) {
            double v = t->x[i * t->dims + j];
            x[i * width + j] = paper ? plain(v) : fb_fold_encode(&c, v);
        }
    }
    return true;
}

static bool run_seeds(const struct label_table *t, bool paper, float *x, int64_t *depth, struct scored *s,
                      struct figures *out)
{
    double value[2][SEEDS];
    for (uint32_t k = 0; k < SEEDS; k++) {
        struct fb_forest f;
        struct fb_forest_params p = {FB_MODEL_TREES, FB_MODEL_SAMPLE, EXTENSION, FB_SPLIT_INVARIANT,
                                     UINT64_C(1000003) * k + 1};
        if (paper) {
            p.trees = 100;
            p.ext = t->dims - 1;
            p.split = FB_SPLIT_PAPER;
        }
        if (fb_forest_train(&p, x, t->n, t->dims, 2, &f, NULL) != FB_OK)
            return false;
        fb_forest_depths_threads(&f, x, t->n, 2, depth);
        fb_forest_release(&f);
        measure(t, depth, s, &value[0][k], &value[1][k]);
    }
    for (int m = 0; m < 2; m++) {
        double mean = 0, square = 0;
        for (int k = 0; k < SEEDS; k++)
            mean += value[m][k] / SEEDS;
        for (int k = 0; k < SEEDS; k++)
            square += (value[m][k] - mean) * (value[m][k] - mean) / (SEEDS - 1);
        out->mean[m] = mean;
        out->sd[m] = root(square);
    }
    return true;
}

static bool run_table(const struct label_table *t, struct figures out[2])
{
    float *x = malloc(t->n * fb_forest_width(t->dims) * sizeof *x);
    int64_t *depth = malloc(t->n * sizeof *depth);
    struct scored *s = malloc(t->n * sizeof *s);
    bool ok = x && depth && s;
    for (int paper = 0; ok && paper < 2; paper++)
        ok = encode(t, paper, x) && run_seeds(t, paper, x, depth, s, &out[paper]);
    free(x);
    free(depth);
    free(s);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_csv(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcasecmp(name + n - 4, ".csv") == 0;
}

static size_t list(const char *dir, char **names)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    for (struct dirent *e; d && n < FILES_MAX && (e = readdir(d));)
        if (is_csv(e->d_name) && (names[n] = strdup(e->d_name)))
            n++;
    if (d)
        closedir(d);
    qsort(names, n, sizeof *names, by_name);
    return n;
}

/* False, and one line that says why, when the file is no such table. */
static bool measure_file(const char *path, struct label_table *t, struct figures f[2])
{
    char why[256];
    FILE *in = fopen(path, "r");
    *t = (struct label_table){0};
    if (!in) {
        fprintf(stderr, "%s: not used: %s\n", path, strerror(errno));
        return false;
    }
    bool ok = label_table_read(in, FB_FOREST_DIMS_MAX, t, why, sizeof why);
    fclose(in);
    if (ok && !run_table(t, f)) {
        snprintf(why, sizeof why, "out of memory for %zu rows of %u columns", t->n, t->dims);
        ok = false;
    }
    if (!ok)
        fprintf(stderr, "%s: not used: %s\n", path, why);
    return ok;
}

static void print_mode(const struct figures *f)
{
    printf("  %.4f +-%.4f  %.4f +-%.4f", f->mean[0], f->sd[0], f->mean[1], f->sd[1]);
}

int main(int argc, char **argv)
{
    static char *names[FILES_MAX];
    double sum[2][2] = {{0}};
    size_t done = 0, n = argc == 2 ? list(argv[1], names) : 0;
    if (n == 0) {
        fprintf(stderr, "usage: bench_auc DIR   (a directory with tables as NAME.csv)\n");
        return 2;
    }
    printf("%-20s %8s %5s  %-34s  %s\n", "set", "rows", "cols", "default: AUROC and AUPRC",
           "paper: AUROC and AUPRC");
    for (size_t i = 0; i < n; i++) {
        char path[4096];
        struct label_table t;
        struct figures f[2];
        snprintf(path, sizeof path, "%s/%s", argv[1], names[i]);
        if (measure_file(path, &t, f)) {
            printf("%-20.*s %8zu %5u", (int)strlen(names[i]) - 4, names[i], t.n, t.dims);
            print_mode(&f[0]);
            print_mode(&f[1]);
            putchar('\n');
            fflush(stdout);
            for (int k = 0; k < 4; k++)
                sum[k / 2][k % 2] += f[k / 2].mean[k % 2];
            done++;
        }
        label_table_release(&t);
        free(names[i]);
    }
    double by = done ? (double)done : 1;
    printf("%-20s %8zu %5s  %.4f          %.4f           %.4f          %.4f\n", "mean", done, "",
           sum[0][0] / by, sum[0][1] / by, sum[1][0] / by, sum[1][1] / by);
    return done == n ? 0 : 1;
}
