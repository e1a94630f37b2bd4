/* The counter in the uid among sessions with equal ends and first time, over all inputs of a merge. Sessions
 * come in merged order; what is remembered are the ends seen at one point in time. */
#ifndef FB_STORE_JOIN_DUP_H
#define FB_STORE_JOIN_DUP_H

#include "store/join_int.h"

struct fb_join_dup {
    struct fb_join_dup_slot *slot;
    uint32_t nslots, used;
    uint64_t round; /* a slot of an earlier one is free */
    int64_t ts_ns;
};

void fb_join_dup_release(struct fb_join_dup *d); /* accepts a zeroed one */
enum fb_status fb_join_dup_count(struct fb_join_dup *d, const struct fb_session *s, uint32_t *dup,
                                 struct fb_err *err);

#endif
