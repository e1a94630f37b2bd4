#include "model/fold.h"

#include "base/memory.h"
#include "model/fixlog.h"

#define FOLD 4.0
#define FAR  0x1p40

static bool finite_number(double x)
{
    return x - x == 0;
}

static int by_value(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return a < b ? -1 : a > b;
}

enum fb_status fb_fold_train(const double *x, size_t n, size_t stride, struct fb_fold *out,
                             struct fb_err *err)
{
    double *v = fb_malloc(n * sizeof *v + 1);
    size_t kept = 0, apart = 0;
    if (!v)
        return fb_err_nomem(err, "a column");
    *out = (struct fb_fold){0, 1};
    for (size_t i = 0; i < n; i++)
        if (finite_number(x[i * stride]))
            v[kept++] = x[i * stride];
    qsort(v, kept, sizeof *v, by_value);
    if (kept)
        out->middle = v[kept / 2];
    for (size_t i = 0; i < kept; i++) {
        double d = v[i] > out->middle ? v[i] - out->middle : out->middle - v[i];
        if (d > 0 && finite_number(d))
            v[apart++] = d;
    }
    qsort(v, apart, sizeof *v, by_value);
    if (apart)
        out->unit = FOLD * v[apart / 2];
    free(v);
    return FB_OK;
}

float fb_fold_encode(const struct fb_fold *c, double x)
{
    double u = (x - c->middle) / c->unit;
    if (!(u - u == 0) && !(u > 0) && !(u < 0))
        return 0;
    double size = u < 0 ? -u : u;
    uint64_t fixed = (uint64_t)((size < FAR ? size : FAR) * 65536.0);
    float code = (float)(fb_log2_q16(fixed + 65536) - (16 << 16)) * 0x1p-16f;
    return u < 0 ? -code : code;
}
