/* One endpoint against one session whose names were put in their normal form. */
#ifndef FB_INTEL_LIST_MATCH_H
#define FB_INTEL_LIST_MATCH_H

#include "intel/lists/list_judge.h"

struct fb_list_normal_name {
    size_t n;
    char text[FB_LIST_NAME_MAX + 1];
};

/* The names of one end: the first `n` satisfy rules, those up to `all` rules of blacklists alone. */
struct fb_list_normal {
    size_t n, all;
    struct fb_list_normal_name name[FB_LIST_SUBJECT_NAMES];
};

void fb_list_normalize(const struct fb_list_end *end, bool trust_ptr, struct fb_list_normal *out);

/* What matched the place of an endpoint. */
struct fb_list_place {
    const struct fb_list_pattern *domain;
    const struct fb_list_range *ip;
};

/* Criteria stated but not met, with FB_LIST_NOT_KNOWN of process and AS where they are not known; the place
 * is looked at only when `with_place`. `place` may be NULL. */
unsigned fb_list_failures(const struct fb_list_endpoint *e, const struct fb_list_subject *s,
                          const struct fb_list_normal *resp, bool with_place, struct fb_list_place *place);

/* All criteria that an endpoint states. */
unsigned fb_list_stated(const struct fb_list_endpoint *e);

#endif
