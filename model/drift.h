/* How far scored data is from training data: for each feature the largest difference between the two
 * distributions (Kolmogorov-Smirnov), seen at the model's quantiles. Counts of threads or cases add up; what
 * order they came in changes nothing. One thread at a time. */
#ifndef FB_MODEL_DRIFT_H
#define FB_MODEL_DRIFT_H

#include "model/model.h"

struct fb_drift {
    uint64_t rows;
    /* Rows that equal a quantile and those that lie between two, by the number of quantiles below them. */
    uint64_t equal[FB_NFEATURES][FB_MODEL_QUANTILES];
    uint64_t between[FB_NFEATURES][FB_MODEL_QUANTILES + 1];
    uint64_t unseen[FB_NFEATURES]; /* categories that training did not have */
};

#define FB_DRIFT_MIN_ROWS 100u    /* with fewer nothing is said */
#define FB_DRIFT_WARN_PPM 250000u /* from this distance on a feature has moved */

struct fb_drift_feature {
    enum fb_feature feature;
    uint32_t distance_ppm; /* 0: alike, 1,000,000: disjoint */
    bool moved;
    int64_t train_median; /* raw; categories: code in 2^-16 bits */
    int64_t data_median;  /* at the resolution of the quantiles */
    uint32_t unseen_ppm;  /* categories */
};

struct fb_drift_report {
    uint64_t rows;
    unsigned moved;                                /* features that moved */
    struct fb_drift_feature feature[FB_NFEATURES]; /* by distance, largest first; ties in feature order */
};

void fb_drift_init(struct fb_drift *d);
void fb_drift_add(struct fb_drift *d, const struct fb_model *m, const struct fb_features *rows, size_t n);
void fb_drift_merge(struct fb_drift *d, const struct fb_drift *other);
void fb_drift_report(const struct fb_drift *d, const struct fb_model *m, struct fb_drift_report *out);

/* Appends a line for each feature that moved; nothing when none did. */
void fb_drift_put_text(const struct fb_drift_report *r, struct fb_buf *out);

#endif
