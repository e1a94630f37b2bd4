/* How a model takes features in: each as a number in 2^-16, decided by the feature table and, for categories,
 * by the training rows. Part of the model; the same on every machine.
 *
 *   LOG       sign(v) * log2(1 + |v| / resolution)
 *   LINEAR    v / resolution
 *   CATEGORY  -log2((count + 1) / (rows + values + 1)): bits of surprise; a value that was never seen has
 *             count 0
 * The results are cut at +-2^14 (2^30 in fixed point). No state; any thread. */
#ifndef FB_MODEL_ENCODE_H
#define FB_MODEL_ENCODE_H

#include "base/err.h"
#include "model/features.h"

struct fb_category {
    int64_t value;
    uint32_t count; /* in training */
    int32_t code_q16;
};

struct fb_encoding {
    enum fb_feature_kind kind;
    int64_t resolution;
    struct fb_category *cats; /* by value, ascending; owned */
    uint32_t ncats;
    int32_t unseen_q16;
};

int32_t fb_encode(const struct fb_encoding *e, int64_t value);

/* FB_NFEATURES floats, width 12. */
void fb_encode_row(const struct fb_encoding enc[static FB_NFEATURES], const struct fb_features *f,
                   float out[static FB_NFEATURES]);

/* Encodings for n training rows. The owner releases each. FB_ERR_NOMEM. */
enum fb_status fb_encodings_train(const struct fb_features *rows, size_t n,
                                  struct fb_encoding enc[static FB_NFEATURES], struct fb_err *err);
void fb_encodings_release(struct fb_encoding enc[static FB_NFEATURES]);

/* Sets the codes of categories whose values and counts are filled; `rows`: of training. */
void fb_encoding_set_codes(struct fb_encoding *e, uint32_t rows);

/* How often a value was seen in training; 0 for others and for features that are no categories. */
uint32_t fb_encoding_count(const struct fb_encoding *e, int64_t value);

#endif
