#include "model/score_def.h"

static const struct fb_rec_col score_cols[FB_SCORE_NCOLS] = {
    [FB_SCORE_ANOMALY] = {"anomaly", FB_REC_TEXT}, [FB_SCORE_SCORE] = {"score", FB_REC_INT},
    [FB_SCORE_P] = {"p_ppm", FB_REC_INT},          [FB_SCORE_RANK] = {"rank", FB_REC_INT},
    [FB_SCORE_DEPTH] = {"depth_q24", FB_REC_INT},
};
const struct fb_rec_def fb_score_def = {"score", 33, FB_REC_SESSIONS, FB_SCORE_NCOLS, score_cols};

static const struct fb_rec_col explanation_cols[FB_EXPLANATION_NCOLS] = {
    [FB_EXPLANATION_ANOMALY] = {"anomaly", FB_REC_TEXT},
    [FB_EXPLANATION_PERCENTILE] = {"percentile_ppm", FB_REC_INT},
    [FB_EXPLANATION_CULPRITS] = {"culprits", FB_REC_TEXT},
    [FB_EXPLANATION_STATEMENT] = {"statement", FB_REC_TEXT},
    [FB_EXPLANATION_FEATURES] = {"explained", FB_REC_TEXT},
};
const struct fb_rec_def fb_explanation_def = {"explanation", 35, FB_REC_SESSIONS, FB_EXPLANATION_NCOLS,
                                              explanation_cols};

static const struct fb_rec_col scoring_cols[FB_SCORING_NCOLS] = {
    [FB_SCORING_MODEL] = {"model_digest", FB_REC_TEXT},
    [FB_SCORING_SOURCE] = {"source", FB_REC_TEXT},
    [FB_SCORING_WHY] = {"why", FB_REC_TEXT},
    [FB_SCORING_TREES] = {"trees", FB_REC_INT},
    [FB_SCORING_TREE_ROWS] = {"tree_rows", FB_REC_INT},
    [FB_SCORING_EXTENSION] = {"extension", FB_REC_INT},
    [FB_SCORING_SEED] = {"seed", FB_REC_INT},
    [FB_SCORING_SUSPICIOUS] = {"suspicious_ppm", FB_REC_INT},
    [FB_SCORING_ABNORMAL] = {"abnormal_ppm", FB_REC_INT},
    [FB_SCORING_MIN_DISTINCT] = {"min_distinct", FB_REC_INT},
    [FB_SCORING_SAMPLE_ROWS] = {"sample_rows", FB_REC_INT},
    [FB_SCORING_BLACKLISTED] = {"blacklisted", FB_REC_INT},
    [FB_SCORING_LISTS_RUN] = {"lists_run", FB_REC_INT},
    [FB_SCORING_TRAIN_SESSIONS] = {"train_sessions", FB_REC_INT},
    [FB_SCORING_LEFT_OUT] = {"left_out", FB_REC_INT},
    [FB_SCORING_TRAIN_ROWS] = {"train_rows", FB_REC_INT},
    [FB_SCORING_DISTINCT] = {"distinct_rows", FB_REC_INT},
    [FB_SCORING_SESSIONS] = {"sessions", FB_REC_INT},
    [FB_SCORING_NORMAL] = {"normal", FB_REC_INT},
    [FB_SCORING_SUSPECT] = {"suspicious", FB_REC_INT},
    [FB_SCORING_ABNORMALS] = {"abnormal", FB_REC_INT},
    [FB_SCORING_MOVED] = {"moved", FB_REC_INT},
    [FB_SCORING_DRIFT] = {"drift", FB_REC_LIST},
    [FB_SCORING_FINDINGS] = {"findings", FB_REC_INT},
    [FB_SCORING_FEATURES] = {"features_digest", FB_REC_TEXT},
    [FB_SCORING_SHED_PAIRS] = {"shed_pairs", FB_REC_INT},
    [FB_SCORING_SHED_TARGETS] = {"shed_targets", FB_REC_INT},
    [FB_SCORING_SHED_NAMES] = {"shed_names", FB_REC_INT},
    [FB_SCORING_SHED_GROUPS] = {"shed_groups", FB_REC_INT},
    [FB_SCORING_SHED_FINDINGS] = {"shed_findings", FB_REC_INT},
    [FB_SCORING_THRESHOLDS] = {"thresholds", FB_REC_TEXT},
};
const struct fb_rec_def fb_scoring_def = {"scoring", 41, FB_REC_ROWS, FB_SCORING_NCOLS, scoring_cols};

static const struct fb_rec_col part_cols[FB_MODEL_PART_NCOLS] = {
    [FB_MODEL_PART_FORM] = {"form", FB_REC_TEXT},
    [FB_MODEL_PART_BYTES] = {"bytes", FB_REC_BLOB},
};
const struct fb_rec_def fb_model_part_def = {"model", 42, FB_REC_ROWS, FB_MODEL_PART_NCOLS, part_cols};
