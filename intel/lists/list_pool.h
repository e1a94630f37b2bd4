/* Memory of one list document: pieces are taken and all given back at once. Also arrays that grow.
 *
 * One owner, one thread. Every request is bounded by the ceiling that init was given. */
#ifndef FB_INTEL_LIST_POOL_H
#define FB_INTEL_LIST_POOL_H

#include "base/cursor.h"

struct fb_list_block;

struct fb_list_pool {
    struct fb_list_block *last;
    size_t total, max; /* bytes taken, and how many may be */
};

void fb_list_pool_init(struct fb_list_pool *p, size_t max);
void fb_list_pool_release(struct fb_list_pool *p); /* accepts a zeroed pool */

/* n zeroed bytes, aligned for anything; NULL above the ceiling or without memory. */
void *fb_list_pool_take(struct fb_list_pool *p, size_t n);

/* A copy with a NUL behind it. */
char *fb_list_pool_text(struct fb_list_pool *p, const void *text, size_t n);

/* Makes room for one more element of `size` bytes in the heap array *p that has n of *cap; false without
 * memory. The caller frees *p. */
bool fb_list_grow(void **p, size_t n, size_t *cap, size_t size);

#endif
