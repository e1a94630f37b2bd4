/* Data sets for tests: texts through the readers into a pack. */
#ifndef TESTS_SUPPORT_INTEL_BUILD_H
#define TESTS_SUPPORT_INTEL_BUILD_H

#include "intel/packs/dataset_build.h"
#include "intel/packs/intel.h"

/* Reads bytes as a file; asserts nothing. The status of the reader; `report` may be NULL. */
enum fb_status intel_read(struct fb_dataset_build *b, const void *p, size_t n,
                          struct fb_dataset_report *report, struct fb_err *err);

/* A pack of one data set per text, named "set0", "set1" ...; released by the caller. Asserts success. */
void intel_pack(const char *const *texts, size_t n, struct fb_buf *out);

/* The same, open. */
struct fb_intel *intel_open(const char *const *texts, size_t n);

/* What the open pack says of the address: "AS1 DE Owner", "-" for nothing. Static buffer. */
const char *intel_says(const struct fb_intel *k, const char *addr);

#endif
