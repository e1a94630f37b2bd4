/* Scores by features: sessions with the same features (a scan, unanswered questions) are scored once.
 *
 * A fixed number of slots, a row each; a score is a function of its row and the model alone, so what is
 * remembered changes nothing but the time it takes. One thread calls; others help inside. */
#ifndef FB_MODEL_SCORE_MEMO_H
#define FB_MODEL_SCORE_MEMO_H

#include "model/model.h"

#define FB_SCORE_BATCH 16384u /* rows of a call, at most */

struct fb_score_memo;

struct fb_score_memo *fb_score_memo_new(void); /* NULL: out of memory */
void fb_score_memo_free(struct fb_score_memo *m);

/* fb_model_score; the model is always the same. */
enum fb_status fb_score_memo_score(struct fb_score_memo *memo, const struct fb_model *m,
                                   const struct fb_features *rows, size_t n, unsigned threads,
                                   struct fb_score *out, struct fb_err *err);

#endif
