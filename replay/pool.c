#include "replay/pool.h"

void fb_pool_init(struct fb_pool *p, size_t obj_bytes)
{
    *p = (struct fb_pool){.obj_bytes = (obj_bytes + 63) & ~(size_t)63, .next = 1};
}

void fb_pool_release(struct fb_pool *p)
{
    for (size_t i = 0; i < p->nchunks; i++)
        free(p->chunks[i]);
    free(p->chunks);
    *p = (struct fb_pool){.obj_bytes = p->obj_bytes, .next = 1};
}

static int add_chunk(struct fb_pool *p)
{
    if (p->nchunks == p->cap_chunks) {
        size_t cap = p->cap_chunks ? p->cap_chunks * 2 : 16;
        uint8_t **c = realloc(p->chunks, cap * sizeof *c);
        if (!c)
            return 0;
        p->chunks = c;
        p->cap_chunks = cap;
    }
    /* Cache lines stay whole: objects are multiples of 64 bytes on a 64-byte boundary. */
    void *mem = aligned_alloc(64, p->obj_bytes * FB_POOL_CHUNK);
    if (!mem)
        return 0;
    p->chunks[p->nchunks++] = mem;
    return 1;
}

uint32_t fb_pool_take(struct fb_pool *p)
{
    uint32_t i = p->free_head;
    if (i) {
        memcpy(&p->free_head, fb_pool_at(p, i), sizeof p->free_head);
    } else {
        if (p->next == UINT32_MAX || (p->next / FB_POOL_CHUNK >= p->nchunks && !add_chunk(p)))
            return 0;
        i = p->next++;
    }
    memset(fb_pool_at(p, i), 0, p->obj_bytes);
    p->live++;
    return i;
}

void fb_pool_give(struct fb_pool *p, uint32_t i)
{
    memcpy(fb_pool_at(p, i), &p->free_head, sizeof p->free_head);
    p->free_head = i;
    p->live--;
}
