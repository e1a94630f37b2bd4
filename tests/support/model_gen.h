/* Data for tests and benches of the model: made of integers, the same on every machine. */
#ifndef FB_TESTS_MODEL_GEN_H
#define FB_TESTS_MODEL_GEN_H

#include "model/features.h"
#include "tests/support/test_random.h"

/* Nearly normal, mean 0, sd 1: the sum of twelve uniform numbers less six. */
float model_gen_normal(struct test_random *r);

/* n rows of `dims` values (and zeros up to a multiple of four) from five clusters in [-2, 2] with sd 0.3 to
 * 0.7. */
void model_gen_clusters(uint64_t seed, float *x, size_t n, uint32_t dims);

/* Sessions as a small network has them: web, DNS, mail, backups; one in 500 is unlike the others. */
void model_gen_sessions(uint64_t seed, struct fb_features *rows, size_t n);

#endif
