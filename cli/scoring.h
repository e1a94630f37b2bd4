/* Scores of a case: trains a model on its sessions or takes one that is given, scores every session, explains
 * the anomalous ones, runs the detectors, and keeps all of it as one layer of kind "score" (docs/model.md).
 *
 * The same sessions, lists and parameters give the same tables, whatever the number of threads. One thread
 * calls; others help inside. */
#ifndef FB_CLI_SCORING_H
#define FB_CLI_SCORING_H

#include "cli/output.h"
#include "model/detect/detect.h"
#include "model/drift.h"
#include "model/finding.h"
#include "model/model.h"
#include "store/case.h"

#define FB_SCORING_SHOWN 3 /* findings in a summary */

struct fb_scoring_how {
    struct fb_model_params params; /* of training */
    uint32_t sample_rows;
    bool blacklisted;             /* train on blacklisted sessions too */
    const struct fb_model *model; /* given: nothing is trained */
    struct fb_case *lists;        /* whose verdicts say what is blacklisted; NULL: the case itself */
    int64_t lists_run;            /* of which run; FB_REC_NEWEST */
    unsigned threads;             /* 0: one for each processor, at most 8 */
    struct fb_detect_opts detect; /* thresholds of the detectors */
};
void fb_scoring_defaults(struct fb_scoring_how *how);

/* What bounded tables forgot while findings were made: none of it, where all is 0. */
struct fb_shed {
    uint64_t pairs, targets, names; /* fb_detect_shed */
    uint64_t groups;                /* of alike anomalies */
    uint64_t findings;              /* beyond the ceiling */
};
/* Appends a sentence without a newline; nothing when nothing was forgotten. */
void fb_shed_put(struct fb_buf *b, const struct fb_shed *s);

/* What a layer says of itself: the row of `scoring`. */
struct fb_scoring {
    int64_t run_id; /* of the layer */
    bool scored;    /* false: `why` says why not */
    bool from_file;
    char model[FB_DIGEST_HEXLEN];
    char features[FB_DIGEST_HEXLEN]; /* digest over those of all sessions; "": no scores, or not recorded */
    char why[FB_ERR_MSG_MAX];
    struct fb_model_params params;
    uint32_t sample_rows;
    bool blacklisted;
    int64_t lists_run; /* 0: there were no verdicts */
    struct fb_detect_opts detect;
    uint64_t train_sessions, left_out, train_rows, distinct;
    uint64_t sessions, level[3]; /* scored; by enum fb_level */
    bool has_drift;
    unsigned moved;
    struct fb_buf drift; /* a line for each feature that moved */
    uint64_t findings;
    struct fb_shed shed;
};
void fb_scoring_release(struct fb_scoring *s); /* accepts a zeroed one */

/* Adds the layer. Too few distinct sessions are no error: then the layer has findings of the detectors and
 * the reason. `out` may be NULL. FB_ERR_USAGE when the case cannot be written. */
enum fb_status fb_scoring_run(struct fb_case *c, const struct fb_scoring_how *how, struct fb_scoring *out,
                              struct fb_err *err);

/* The newest layer's row, or that of --as-of. FB_ERR_NOTFOUND: the case was never scored. The caller releases
 * it. */
enum fb_status fb_scoring_read(struct fb_case *c, struct fb_scoring *out, struct fb_err *err);

/* Why a layer has no model, for the end of a sentence; lives as long as `s`. */
const char *fb_scoring_why(const struct fb_scoring *s);

/* The model of the layer, made again of what the case keeps; FB_ERR_VERIFY when it is not the one whose
 * digest stands there. */
enum fb_status fb_scoring_model(struct fb_case *c, const struct fb_scoring *s, struct fb_model *out,
                                struct fb_err *err);

/* Findings of the newest layer, worst first. FB_ERR_NOTFOUND: the case was never scored. */
enum fb_status fb_scoring_findings(struct fb_case *c, struct fb_findings *out, struct fb_err *err);

/* For a line on a terminal and for JSON ("scoring":{...}, or null). Neither prints anything but those. */
enum fb_status fb_scoring_put_text(struct fb_case *c, struct fb_out *out, const char *case_path,
                                   struct fb_err *err);
enum fb_status fb_scoring_put_json(struct fb_case *c, struct fb_buf *b, struct fb_err *err);

#endif
