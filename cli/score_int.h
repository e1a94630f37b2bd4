/* The steps of a scoring (cli/scoring.c), each in a file of its own. Only for cli/score_*.c and scoring.c. */
#ifndef FB_CLI_SCORE_INT_H
#define FB_CLI_SCORE_INT_H

#include "cli/scoring.h"
#include "model/detect/detect.h"
#include "model/finding_group.h"
#include "store/edit.h"
#include "store/rectab.h"

#define FB_SCORE_GROUPS_MAX 65536 /* of alike anomalies */

/* ---- score_train.c: the sample ---- */

/* Which sessions blacklists match, by the verdicts of a case. */
struct fb_blacklisted {
    struct fb_rec_cursor *cur; /* NULL: none */
    int64_t run_id;            /* 0: none */
};
enum fb_status fb_blacklisted_open(struct fb_case *c, int64_t run_id, struct fb_blacklisted *b,
                                   struct fb_err *err);
/* Numbers ascend. */
enum fb_status fb_blacklisted_is(struct fb_blacklisted *b, uint64_t number, bool *yes, struct fb_err *err);
void fb_blacklisted_close(struct fb_blacklisted *b);

/* Features of the sessions of a case as they were read, so that they need not be read again to be scored. A
 * larger case has none here. */
#define FB_SCORE_ROWS_MAX 262144u
struct fb_score_rows {
    struct fb_score_row {
        uint64_t number;
        struct fb_features f;
    } * row;
    size_t n, cap;
    bool all; /* of the sessions are here */
};
void fb_score_rows_release(struct fb_score_rows *r);

/* Offers all sessions of a case to the sample, to the detectors where `d` is not NULL, and to `rows` where
 * that is not NULL. `lists_run`: the run of the verdicts that were used, 0 when there are none. */
enum fb_status fb_score_sample(struct fb_case *c, const struct fb_scoring_how *how, struct fb_sample *sample,
                               struct fb_detect *d, struct fb_score_rows *rows, int64_t *lists_run,
                               struct fb_err *err);

/* ---- score_pass.c: the scores ---- */

/* Scores every session of `c` into the layer `run_id`; counts in `s`, anomalies into `group`. */
enum fb_status fb_score_pass(struct fb_case *c, const struct fb_score_rows *rows, const struct fb_model *m,
                             unsigned threads, struct fb_edit *edit, int64_t run_id, struct fb_group *group,
                             struct fb_scoring *s, struct fb_err *err);

/* ---- score_keep.c: rows about the layer ---- */

enum fb_status fb_score_keep_model(struct fb_edit *edit, int64_t run_id, const struct fb_model *given,
                                   struct fb_sample *sample, struct fb_err *err);
enum fb_status fb_score_keep_findings(struct fb_edit *edit, int64_t run_id, const struct fb_findings *l,
                                      struct fb_err *err);
enum fb_status fb_score_keep_row(struct fb_edit *edit, int64_t run_id, const struct fb_scoring *s,
                                 struct fb_err *err);

#endif
