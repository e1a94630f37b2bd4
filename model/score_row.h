/* Scores and explanations as rows of their tables (model/score_def.h) and as JSON. No state; any thread. */
#ifndef FB_MODEL_SCORE_ROW_H
#define FB_MODEL_SCORE_ROW_H

#include "model/explain.h"

/* Appends the row of `score`. */
void fb_score_put(const struct fb_score *s, struct fb_buf *row);

/* What an explanation is in short. The culprits: features by share until they make up 60 %, at most three. */
struct fb_explain_short {
    char culprits[92];
    char statement[400];
};
void fb_explain_shorten(const struct fb_explanation *e, struct fb_explain_short *out);

/* Appends a JSON array, an object for each feature, largest share first:
 * {"feature":"total_bytes","share_ppm":412345,"value":8000000000,"direction":"high","below_ppm":...,
 *  "equal_ppm":...,"normal_low":...,"normal_high":...,"counterfactual":...}; values in the feature's unit,
 * null where there is none; categories have "count" instead of a range. */
void fb_explain_json(const struct fb_explanation *e, struct fb_buf *out);

/* Appends the row of `explanation`. */
void fb_explanation_put(const struct fb_explanation *e, const struct fb_explain_short *s, struct fb_buf *row);

#endif
