/* Columns of any table of numbers, made ready for a forest that knows nothing about them.
 *
 * Each column is brought to  sign(u) * log2(1 + abs(u)),  u = (x - middle) / unit:  `middle` is the median of
 * the training values, `unit` four times the median distance from it of those that differ from it. Within a
 * unit of the middle the curve is nearly straight, far out it is logarithmic: the bulk stays as it is, tails
 * are folded. One rule for all columns, from training data alone, and independent of a column's unit and
 * origin. Exactly rounded operations and integers only. No state; any thread. */
#ifndef FB_MODEL_FOLD_H
#define FB_MODEL_FOLD_H

#include "base/err.h"

struct fb_fold {
    double middle, unit; /* unit > 0 */
};

/* n values at x[0], x[stride] ...; values that are no finite numbers are left out. FB_ERR_NOMEM. */
enum fb_status fb_fold_train(const double *x, size_t n, size_t stride, struct fb_fold *out,
                             struct fb_err *err);

/* What is no number counts as the middle. */
float fb_fold_encode(const struct fb_fold *c, double x);

#endif
