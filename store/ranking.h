/* Groups in a total order: by value, largest first, or by key alone. Not for other rooms. */
#ifndef FB_STORE_RANKING_H
#define FB_STORE_RANKING_H

#include "store/groups.h"

/* A group with the value by which it is ranked. */
struct fb_ranked {
    uint64_t value;
    struct fb_span key; /* borrowed from the groups */
    const struct fb_group *g;
};

/* All groups, ascending by key (bytes; a prefix first). One allocation for the caller to free; NULL without
 * memory. *n gets their number. */
struct fb_ranked *fb_rank_by_key(const struct fb_groups *t, size_t *n);

/* The n groups with the largest `value_of`, largest first; equal ones ascend by key. *n is lowered when there
 * are fewer. */
struct fb_ranked *fb_rank_top(const struct fb_groups *t, uint64_t (*value_of)(const struct fb_tally *t),
                              size_t *n);

#endif
