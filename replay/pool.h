/* A pool of equal objects with stable addresses and 32-bit indexes, without a system call or malloc per
 * object.
 *
 * Objects come zeroed. Index 0 is never given out, so that 0 can mean none. Free objects are taken last in,
 * first out. One thread. */
#ifndef FB_REPLAY_POOL_H
#define FB_REPLAY_POOL_H

#include <stddef.h>
#include <stdint.h>

#define FB_POOL_CHUNK 256

struct fb_pool {
    size_t obj_bytes;
    uint8_t **chunks;
    size_t nchunks, cap_chunks;
    uint32_t next;      /* first index never used */
    uint32_t free_head; /* chain through the first four bytes of free objects */
    uint32_t live;
};

void fb_pool_init(struct fb_pool *p, size_t obj_bytes);
void fb_pool_release(struct fb_pool *p);

/* A zeroed object's index, 0 when memory ran out. */
uint32_t fb_pool_take(struct fb_pool *p);
void fb_pool_give(struct fb_pool *p, uint32_t i);

static inline void *fb_pool_at(const struct fb_pool *p, uint32_t i)
{
    return p->chunks[i / FB_POOL_CHUNK] + (size_t)(i % FB_POOL_CHUNK) * p->obj_bytes;
}

#endif
