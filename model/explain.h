/* Why a session has the score that it has: each feature's share, where its value lies in training, and what
 * would have made the session normal. All integers; the words are made apart (fb_explain_put_text). */
#ifndef FB_MODEL_EXPLAIN_H
#define FB_MODEL_EXPLAIN_H

#include "model/model.h"

enum fb_direction { FB_DIR_LOW = -1, FB_DIR_USUAL = 0, FB_DIR_HIGH = 1 };

struct fb_explain_feature {
    enum fb_feature feature;
    uint32_t share_ppm;          /* of the isolation; all features together 1,000,000 */
    int64_t value;               /* raw */
    uint32_t below_ppm;          /* training rows below the value, */
    uint32_t equal_ppm;          /* and equal to it, by the model's quantiles (categories: exact) */
    int64_t normal_low;          /* the middle 98 % of training (1st and 99th percentile), raw; */
    int64_t normal_high;         /* categories: 0 and 0 */
    enum fb_direction direction; /* against that range; categories: HIGH when rarer than 99 % of training */
    uint32_t count;              /* categories: rows of training with this value */
    bool has_counterfactual;
    int64_t counterfactual;    /* with this raw value instead, and all else as it is, the session would be
                                  normal; the nearest such value */
    int64_t typical_depth_q24; /* depth when this feature has its median value instead */
};

struct fb_explanation {
    struct fb_score score;
    struct fb_explain_feature feature[FB_NFEATURES]; /* by share, largest first; ties in feature order */
};

/* FB_ERR_NOMEM. About a millisecond: for alerts, not for each session. */
enum fb_status fb_model_explain(const struct fb_model *m, const struct fb_features *row,
                                struct fb_explanation *out, struct fb_err *err);

/* Appends lines for a person: the features that make up `most_ppm` of the isolation, at least one. */
void fb_explain_put_text(const struct fb_explanation *e, uint32_t most_ppm, struct fb_buf *out);
/* One feature as a clause: "total_bytes 8.0 GB is high (normal 120 bytes to 40.5 MB); below 42.0 MB it would
 * be normal". */
void fb_explain_put_feature(const struct fb_explain_feature *f, struct fb_buf *out);

/* Only the shares, of any forest: `means` has width floats a node (fb_explain_means), `x` is an encoded row,
 * `typical` one with the usual value of each feature; both of width floats. `share_ppm` gets dims numbers
 * that add up to 1,000,000, `typical_depth` (may be NULL) the row's depth with each feature made usual. */
void fb_explain_shares(const struct fb_forest *f, const float *means, const float *x, const float *typical,
                       uint32_t *share_ppm, int64_t *typical_depth);
/* The means of n rows at each node; nodes that no row reaches have those of their parent. `means` is owned by
 * the caller. */
enum fb_status fb_explain_means(const struct fb_forest *f, const float *rows, size_t n, float **means,
                                struct fb_err *err);

#endif
