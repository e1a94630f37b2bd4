/* Arithmetic of the detectors: integers only. */
#ifndef FB_MODEL_DETECT_NUM_H
#define FB_MODEL_DETECT_NUM_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/* Sorts v. Its median (the lower one of two), and the median of the distances from it. n > 0. */
struct fb_spread {
    int64_t median, deviation;
};
struct fb_spread fb_spread_of(int64_t *v, size_t n);

/* a * b / c without overflow in between, saturating; c > 0. */
uint64_t fb_scale(uint64_t a, uint64_t b, uint64_t c);

/* Points for how far a value is beyond its threshold: `per` for each doubling, at most `most`. */
unsigned fb_points(uint64_t value, uint64_t threshold, unsigned per, unsigned most);

/* Entropy of n counts in 1/1000 bit a symbol (Shannon), 0 when all are zero. */
unsigned fb_entropy_milli(const uint32_t *counts, size_t n);

/* "8.2 MB", decimal units, one digit, rounded down. */
void fb_put_bytes(struct fb_buf *out, uint64_t bytes);
/* "1.7 s", "12 m 05 s" as fb_time_format_human. */
void fb_put_time(struct fb_buf *out, int64_t ns);

#endif
