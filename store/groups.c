#include "store/groups.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void fb_groups_init(struct fb_groups *t, size_t max_bytes)
{
    *t = (struct fb_groups){.max_bytes = max_bytes};
    fb_buf_init(&t->keys, max_bytes);
}

void fb_groups_release(struct fb_groups *t)
{
    free(t->g);
    free(t->slots);
    fb_buf_release(&t->keys);
    *t = (struct fb_groups){0};
}

static uint32_t *slot_of(const struct fb_groups *t, const void *key, size_t len)
{
    uint64_t h = fb_siphash13(fb_hash_process_key(), key, len);
    for (uint32_t i = (uint32_t)h & (t->nslots - 1);; i = (i + 1) & (t->nslots - 1)) {
        if (t->slots[i] == 0)
            return &t->slots[i];
        const struct fb_group *g = &t->g[t->slots[i] - 1];
        if (g->key_len == len && (len == 0 || memcmp(t->keys.data + g->key_off, key, len) == 0))
            return &t->slots[i];
    }
}

/* Twice the room; half of the slots stay empty. */
static enum fb_status grow(struct fb_groups *t, struct fb_err *err)
{
    uint32_t cap = t->cap ? t->cap * 2 : 1024;
    if (cap * (sizeof *t->g + 2 * sizeof *t->slots) + t->keys.cap > t->max_bytes)
        return fb_err_set(err, FB_ERR_LIMIT,
                          "more than %u different values: narrow the time or choose another column", t->n);
    struct fb_group *g = realloc(t->g, cap * sizeof *g);
    if (!g)
        return fb_err_nomem(err, "a table of sums");
    t->g = g;
    uint32_t *slots = calloc((size_t)cap * 2, sizeof *slots);
    if (!slots)
        return fb_err_nomem(err, "a table of sums");
    free(t->slots);
    t->slots = slots;
    t->nslots = cap * 2;
    t->cap = cap;
    for (uint32_t i = 0; i < t->n; i++)
        *slot_of(t, t->keys.data + g[i].key_off, g[i].key_len) = i + 1;
    return FB_OK;
}

enum fb_status fb_groups_add(struct fb_groups *t, const void *key, size_t len, const struct fb_tally *add,
                             struct fb_err *err)
{
    if (t->n == t->cap)
        FB_TRY(grow(t, err));
    uint32_t *slot = slot_of(t, key, len);
    if (*slot == 0) {
        size_t off = t->keys.len;
        fb_buf_put(&t->keys, key, len);
        if (t->keys.failed)
            return fb_err_set(err, FB_ERR_LIMIT, "the values to sum up by are too long for memory");
        t->g[t->n] = (struct fb_group){.key_off = off, .key_len = (uint32_t)len};
        *slot = ++t->n;
    }
    fb_tally_add(&t->g[*slot - 1].t, add);
    return FB_OK;
}
