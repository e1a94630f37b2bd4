/* Labelled tables as people have them: CSV with numbers and a label last.
 *
 * Fields are separated by commas, semicolons or tabs (what the first line has most of), may stand in double
 * quotes, and lines may end in CR LF. A first line of names, or of the columns' numbers from 0, is passed
 * over. What is no number among the features (empty, NaN, words) is NaN. The label: of 0 and 1, 1 is the
 * anomaly; a word for normal (normal, benign, inlier, no, false ...) makes everything else the anomaly, a
 * word for an anomaly everything else normal; of two other values the rarer is. */
#ifndef FB_TESTS_LABEL_TABLE_H
#define FB_TESTS_LABEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct label_table {
    double *x;      /* n rows of dims */
    uint8_t *label; /* 1: anomaly */
    size_t n;
    uint32_t dims;
};

/* False: `why` is a sentence that says what is wrong, and where. */
bool label_table_read(FILE *f, uint32_t dims_max, struct label_table *t, char *why, size_t size);
void label_table_release(struct label_table *t);

#endif
