/* A trained model: encodings, forest, the distribution of its training scores, thresholds, and what is needed
 * to explain a row and to notice drift.
 *
 * A model is a function of its training sample and parameters: same sample, same model, byte by byte. It is
 * read-only once trained or loaded (any number of threads); the owner calls fb_model_release. */
#ifndef FB_MODEL_MODEL_H
#define FB_MODEL_MODEL_H

#include "base/digest.h"
#include "model/encode.h"
#include "model/forest.h"
#include "model/sample.h"

#define FB_MODEL_TREES        200u
#define FB_MODEL_SAMPLE       256u
#define FB_MODEL_EXT          11u
#define FB_MODEL_SEED         1u
#define FB_MODEL_MIN_DISTINCT 100u
#define FB_MODEL_QUANTILES    129u  /* per feature, at i / 128 of the training rows */
#define FB_MODEL_REFERENCE    1024u /* training rows kept for explanations, at most */

enum fb_level { FB_LEVEL_NORMAL = 0, FB_LEVEL_SUSPICIOUS = 1, FB_LEVEL_ABNORMAL = 2 };

struct fb_model_params {
    struct fb_forest_params forest;
    uint32_t percentile_ppm[2]; /* suspicious, abnormal: 990,000 and 995,000; ascending, below 1,000,000 */
    uint32_t min_distinct;      /* fewer distinct training rows: no model; at least 2 */
};
void fb_model_params_default(struct fb_model_params *p);

/* A row is suspicious (abnormal) when its depth is at most the threshold: the largest depth of a training row
 * such that no more than `budget` = floor(rows * (1 - percentile)) training rows are at or below it. Rows
 * that tie are never split, so fewer than the budget may be meant (`count`); when even the lowest value has
 * too many, the threshold lies just below it. */
struct fb_threshold {
    int64_t depth_q24;
    uint32_t budget, count; /* rows wanted and at or below, of those in `depths` */
};

/* Where a model comes from. Told, but not part of its digest: a capture and its parts give one model. */
struct fb_model_card {
    char tool[64];           /* program and version */
    char note[256];          /* of whoever trained it; may be empty */
    struct fb_digest *cases; /* digests of the cases trained on, ascending, each once; owned */
    uint32_t ncases;
};
#define FB_MODEL_CASES_MAX 65536u

struct fb_model {
    struct fb_model_params params;
    uint64_t seen, left_out; /* sessions offered to and kept from the sample */
    uint32_t rows, distinct; /* of the sample */
    struct fb_encoding enc[FB_NFEATURES];
    struct fb_forest forest;
    int64_t *depths;          /* of all training rows and what fb_model_count_apart added, ascending */
    uint32_t ndepths, napart; /* `rows` + napart; how many were added */
    int64_t lowest_q24;       /* of the training rows alone */
    struct fb_threshold threshold[2];
    int64_t quantile[FB_NFEATURES][FB_MODEL_QUANTILES]; /* raw values (categories: codes in 2^-16) */
    struct fb_features *reference;                      /* the first rows of the sample */
    uint32_t nreference;
    float *means;            /* of the reference rows at each node of the forest: width floats a node */
    struct fb_digest digest; /* over all of the above but the card */
    struct fb_model_card card;
};

/* Trains. Settles the sample, otherwise leaves it alone. FB_ERR_LIMIT: too few distinct rows, and the message
 * says how many there are and must be; FB_ERR_USAGE: parameters out of range, or a sample of another seed. */
enum fb_status fb_model_train(struct fb_sample *sample, const struct fb_model_params *params,
                              unsigned threads, struct fb_model *out, struct fb_err *err);
/* Keeps forest and encodings, and takes all that describes the training data (score distribution, thresholds,
 * quantiles, reference rows) anew from another sample of the same seed; a new digest follows. Such a model is
 * not for a file, whose reader wants encodings and distribution of the same rows. FB_ERR_LIMIT and
 * FB_ERR_USAGE as above leave the model as it was; after FB_ERR_NOMEM it can only be released. */
enum fb_status fb_model_refresh(struct fb_model *m, struct fb_sample *sample,
                                const uint32_t percentile_ppm[static 2], unsigned threads,
                                struct fb_err *err);
/* Counts rows that were kept out of the training for being suspicious or abnormal in the score distribution,
 * so that percentiles, ranks and p-values are of all that was scored; thresholds and digest follow. Rows
 * below all of the training count up to FB_MODEL_APART times what the first percentile allows, those nearest
 * to the training; further ones are beyond both thresholds and move neither (docs/online.md, rule 5). Once
 * after training or refreshing; n = 0 changes nothing. Not for a file either. After FB_ERR_NOMEM the model
 * can only be released. */
enum fb_status fb_model_count_apart(struct fb_model *m, const struct fb_features *rows, size_t n,
                                    unsigned threads, struct fb_err *err);
#define FB_MODEL_APART 2u
void fb_model_release(struct fb_model *m); /* accepts a zeroed model */

/* Adds a digest to the card, in order; FB_ERR_LIMIT, FB_ERR_NOMEM. */
enum fb_status fb_model_card_add_case(struct fb_model *m, const struct fb_digest *d, struct fb_err *err);

struct fb_score {
    int64_t depth_q24;       /* sum over the trees; low is anomalous */
    uint32_t score_ppm;      /* 2^(-mean depth / c(sample)); high is anomalous */
    uint32_t rank;           /* 1 + rows of `depths` that are more anomalous */
    uint32_t percentile_ppm; /* share of those rows that are less anomalous */
    uint32_t p_ppm;          /* conformal: (1 + rows as anomalous or more) / (rows + 1), rounded up */
    enum fb_level level;
};

/* Scores n rows. FB_ERR_NOMEM. */
enum fb_status fb_model_score(const struct fb_model *m, const struct fb_features *rows, size_t n,
                              unsigned threads, struct fb_score *out, struct fb_err *err);
/* What a depth means. */
void fb_model_judge(const struct fb_model *m, int64_t depth_q24, struct fb_score *out);

const char *fb_level_name(enum fb_level l); /* "normal", "suspicious", "abnormal" */

#endif
