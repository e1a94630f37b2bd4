/* Parts of a model that follow from others: computed after training and after reading, never stored. Within
 * model/ only. */
#ifndef FB_MODEL_MODEL_DERIVE_H
#define FB_MODEL_MODEL_DERIVE_H

#include "model/model.h"

/* Thresholds, means for explanations, digest. Everything else of the model stands. FB_ERR_NOMEM. */
enum fb_status fb_model_derive(struct fb_model *m, struct fb_err *err);
/* The digest alone. */
enum fb_status fb_model_make_digest(struct fb_model *m, struct fb_err *err);

/* The threshold that at most `budget` rows of the distribution are at or below; those that tie are not split.
 */
struct fb_threshold fb_model_threshold(const struct fb_model *m, uint32_t budget);

/* floor(n * share), share in 10^-6. */
static inline uint32_t fb_model_allowed(uint32_t n, uint32_t share_ppm)
{
    return (uint32_t)((uint64_t)n * share_ppm / 1000000);
}

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
