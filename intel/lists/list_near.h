/* The endpoints that a session missed by the least. Inside the judge. */
#ifndef FB_INTEL_LIST_NEAR_H
#define FB_INTEL_LIST_NEAR_H

#include "intel/lists/list_match.h"

#define FB_LIST_NEAR_KEPT (2 * FB_LIST_NEAR)

/* The best so far, in order: fewest criteria failed, most criteria met, first in the set. */
struct fb_list_nearest {
    size_t n;
    struct {
        struct fb_list_near near;
        uint64_t rank;
    } at[FB_LIST_NEAR_KEPT];
};

/* An endpoint that stands in it already is not put again. */
void fb_list_nearest_put(struct fb_list_nearest *n, uint32_t active, unsigned stated, unsigned failed);

/* Memory of what is nearest when the place of no endpoint holds: that depends on protocol, port, process and
 * AS alone, of which there are few. A cache: what it forgets is computed again. */
struct fb_list_near_cache;
enum fb_status fb_list_near_cache_new(struct fb_list_near_cache **out, struct fb_err *err);
void fb_list_near_cache_free(struct fb_list_near_cache *c); /* accepts NULL */

/* The nearest endpoints when places are not looked at. */
const struct fb_list_nearest *fb_list_near_elsewhere(struct fb_list_near_cache *c,
                                                     const struct fb_list_active *active, size_t n,
                                                     const struct fb_list_subject *s);

#endif
