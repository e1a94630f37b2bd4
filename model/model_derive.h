/* Parts of a model that follow from others: computed after training and after reading, never stored. Within
 * model/ only. */
#ifndef FB_MODEL_MODEL_DERIVE_H
#define FB_MODEL_MODEL_DERIVE_H

#include "model/model.h"

/* Thresholds, means for explanations, digest. Everything else of the model stands. FB_ERR_NOMEM. */
enum fb_status fb_model_derive(struct fb_model *m, struct fb_err *err);

/* What the quantiles of a feature are of: the raw value, or the code of a category. */
static inline int64_t fb_model_sketch_value(const struct fb_model *m, enum fb_feature f, int64_t raw)
{
    return m->enc[f].kind == FB_FK_CATEGORY ? fb_encode(&m->enc[f], raw) : raw;
}

/* How many of the quantiles of a feature lie below v, or (or_equal) not above it. */
unsigned fb_model_quantiles_below(const struct fb_model *m, enum fb_feature f, int64_t v, bool or_equal);

/* The encoded value of a feature for its median in training. */
float fb_model_median_code(const struct fb_model *m, enum fb_feature f);

#endif
