#include "intel/lists/list_pool.h"

#define BLOCK_BYTES ((size_t)64 << 10)

struct fb_list_block {
    struct fb_list_block *before;
    size_t used, size;
    _Alignas(16) uint8_t data[];
};

void fb_list_pool_init(struct fb_list_pool *p, size_t max)
{
    *p = (struct fb_list_pool){.max = max};
}

void fb_list_pool_release(struct fb_list_pool *p)
{
    while (p->last) {
        struct fb_list_block *b = p->last;
        p->last = b->before;
        free(b);
    }
    p->total = 0;
}

void *fb_list_pool_take(struct fb_list_pool *p, size_t n)
{
    if (n > p->max || p->total > p->max - n)
        return NULL;
    size_t need = (n + 15) & ~(size_t)15;
    struct fb_list_block *b = p->last;
    if (!b || b->size - b->used < need) {
        size_t size = need > BLOCK_BYTES / 4 ? need : BLOCK_BYTES;
        struct fb_list_block *fresh = calloc(1, sizeof *fresh + size);
        if (!fresh)
            return NULL;
        fresh->size = size;
        fresh->before = b;
        p->last = b = fresh;
    }
    void *at = b->data + b->used;
    b->used += need;
    p->total += n;
    return at;
}

char *fb_list_pool_text(struct fb_list_pool *p, const void *text, size_t n)
{
    char *copy = n < SIZE_MAX ? fb_list_pool_take(p, n + 1) : NULL;
    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

bool fb_list_grow(void **p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 16;
    if (more < *cap || more > SIZE_MAX / size)
        return false;
    void *fresh = realloc(*p, more * size);
    if (!fresh)
        return false;
    *p = fresh;
    *cap = more;
    return true;
}
