/* Logarithms and powers of two in fixed point: integers in, integers out, the same everywhere. */
#ifndef FB_MODEL_FIXLOG_H
#define FB_MODEL_FIXLOG_H

#include <stdint.h>

/* log2(x) in 2^-16, x > 0. Never falls as x grows; off by less than 1.2 * 2^-16; exact for powers of two. By
 * a table of 257 values and a straight line between them. */
int32_t fb_log2_q16(uint64_t x);

/* log2(x) in 2^-32, x > 0, rounded down; by repeated squaring. Slow: for tables and tests. */
int64_t fb_log2_q32(uint64_t x);

/* 2^(-x / 2^32) in 2^-32, x >= 0; off by less than 2^-27. */
uint64_t fb_exp2_neg_q32(uint64_t x);

#endif
