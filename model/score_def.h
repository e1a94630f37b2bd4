/* How scores are kept in a case (docs/case-format.md, "Scores"): four tables of one layer. Static data. */
#ifndef FB_MODEL_SCORE_DEF_H
#define FB_MODEL_SCORE_DEF_H

#include "base/record.h"

/* Columns, in the order of the rows. Stored in cases: new ones only at the end. */

/* `score`: one row a session. */
enum fb_score_col {
    FB_SCORE_ANOMALY, /* TEXT, fb_level_name */
    FB_SCORE_SCORE,   /* INT, 10^-6: 500,000 is an average session, near 1,000,000 a lone one */
    FB_SCORE_P,       /* INT, 10^-6: conformal p-value, (1 + training sessions as anomalous) / (all + 1) */
    FB_SCORE_RANK,    /* INT: 1 + training sessions that are more anomalous */
    FB_SCORE_DEPTH,   /* INT, 2^-24: sum over the trees */
    FB_SCORE_NCOLS
};
extern const struct fb_rec_def fb_score_def;

/* `explanation`: one row a suspicious or abnormal session. */
enum fb_explanation_col {
    FB_EXPLANATION_ANOMALY,    /* TEXT */
    FB_EXPLANATION_PERCENTILE, /* INT, 10^-6 */
    FB_EXPLANATION_CULPRITS,   /* TEXT, names of features, the strongest first */
    FB_EXPLANATION_STATEMENT,  /* TEXT, the strongest feature in words */
    FB_EXPLANATION_FEATURES,   /* TEXT, JSON: fb_explain_json */
    FB_EXPLANATION_NCOLS
};
extern const struct fb_rec_def fb_explanation_def;

/* `scoring`: one row, how the scores of the layer came about. */
enum fb_scoring_col {
    FB_SCORING_MODEL,          /* TEXT, model digest in hex; null: there are no scores */
    FB_SCORING_SOURCE,         /* TEXT, "case": trained on the case itself; "file": was given */
    FB_SCORING_WHY,            /* TEXT, why there are no scores; null: there are */
    FB_SCORING_TREES,          /* INT; this one to SAMPLE_ROWS: parameters of the training */
    FB_SCORING_TREE_ROWS,      /* INT */
    FB_SCORING_EXTENSION,      /* INT */
    FB_SCORING_SEED,           /* INT, unsigned 64 bits */
    FB_SCORING_SUSPICIOUS,     /* INT, 10^-6 */
    FB_SCORING_ABNORMAL,       /* INT, 10^-6 */
    FB_SCORING_MIN_DISTINCT,   /* INT */
    FB_SCORING_SAMPLE_ROWS,    /* INT */
    FB_SCORING_BLACKLISTED,    /* INT, 1: blacklisted sessions took part in training */
    FB_SCORING_LISTS_RUN,      /* INT, run of the verdicts that said which those are; null: none */
    FB_SCORING_TRAIN_SESSIONS, /* INT, sessions offered to the sample */
    FB_SCORING_LEFT_OUT,       /* INT, sessions kept from it */
    FB_SCORING_TRAIN_ROWS,     /* INT, sessions in the sample */
    FB_SCORING_DISTINCT,       /* INT, distinct ones of them */
    FB_SCORING_SESSIONS,       /* INT, sessions scored */
    FB_SCORING_NORMAL,         /* INT */
    FB_SCORING_SUSPECT,        /* INT, column `suspicious` */
    FB_SCORING_ABNORMALS,      /* INT, column `abnormal` */
    FB_SCORING_MOVED,          /* INT, features whose distribution moved; null: nothing can be said */
    FB_SCORING_DRIFT,          /* LIST, a sentence for each */
    FB_SCORING_FINDINGS,       /* INT, rows of table findings in the layer */
    FB_SCORING_FEATURES,       /* TEXT, digest "fb features" in hex; null: there are no scores */
    FB_SCORING_SHED_PAIRS,    /* INT; this one to SHED_FINDINGS: what full tables forgot, so that findings may
                                 lack */
    FB_SCORING_SHED_TARGETS,  /* INT */
    FB_SCORING_SHED_NAMES,    /* INT */
    FB_SCORING_SHED_GROUPS,   /* INT, of alike anomalies */
    FB_SCORING_SHED_FINDINGS, /* INT, the least severe beyond the ceiling */
    FB_SCORING_THRESHOLDS,    /* TEXT, "name=value name=value": of the detectors, those that are not the
                                 defaults; null: all are */
    FB_SCORING_NCOLS
};
extern const struct fb_rec_def fb_scoring_def;

/* `model`: what the model can be made of again, in parts. */
enum fb_model_part_col {
    FB_MODEL_PART_FORM,  /* TEXT, "sample": fb_sample_put, to be trained with the parameters in `scoring`;
                            "file": fb_model_put */
    FB_MODEL_PART_BYTES, /* BLOB, at most FB_MODEL_PART_MAX; the parts follow each other */
    FB_MODEL_PART_NCOLS
};
#define FB_MODEL_PART_MAX 60000u
extern const struct fb_rec_def fb_model_part_def;

#endif
