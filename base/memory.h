/* Allocation for code that has no way to tell its caller that memory ran out: deep inside detectors and
 * tables a failure makes a result poorer instead of stopping. It is counted here, and whoever hands results
 * on (the ordered merge, the end of a run) looks at the count and stops, so that a shortage of memory never
 * changes a result silently. The count is of the whole process and only rises. Any thread. */
#ifndef FB_BASE_MEMORY_H
#define FB_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

void *fb_malloc(size_t n);
void *fb_calloc(size_t n, size_t size);
void *fb_realloc(void *p, size_t n);

uint64_t fb_alloc_failures(void);

#endif
