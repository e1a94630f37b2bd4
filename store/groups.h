/* Sums by key: a hash table of byte strings with a ceiling. The order of its groups is that of first
 * appearance; whoever shows them sorts them first. Belongs to one thread. */
#ifndef FB_STORE_GROUPS_H
#define FB_STORE_GROUPS_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "store/zone_tally.h"

#define FB_GROUPS_BYTES_MAX ((size_t)512 << 20)

struct fb_group {
    struct fb_tally t;
    size_t key_off;
    uint32_t key_len;
};

struct fb_groups {
    struct fb_group *g;
    uint32_t n, cap;
    uint32_t *slots; /* index + 1; open addressing */
    uint32_t nslots;
    struct fb_buf keys;
    size_t max_bytes;
};

void fb_groups_init(struct fb_groups *t, size_t max_bytes);
void fb_groups_release(struct fb_groups *t);

/* Adds to the group of a key. FB_ERR_LIMIT beyond the ceiling, FB_ERR_NOMEM. */
enum fb_status fb_groups_add(struct fb_groups *t, const void *key, size_t len, const struct fb_tally *add,
                             struct fb_err *err);

static inline struct fb_span fb_groups_key(const struct fb_groups *t, const struct fb_group *g)
{
    return (struct fb_span){t->keys.data + g->key_off, g->key_len};
}

#endif
