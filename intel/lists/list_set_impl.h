/* What the makers of a set and its judge share. */
#ifndef FB_INTEL_LIST_SET_IMPL_H
#define FB_INTEL_LIST_SET_IMPL_H

#include "intel/lists/list_names.h"
#include "intel/lists/list_ranges.h"
#include "intel/lists/list_set.h"

#define FB_LIST_WHITE_MAX 10000u
#define FB_LIST_BLACK_MAX 1024u

/* A whitelist by name. */
struct fb_list_white_ref {
    const struct fb_whitelist *list;
    const struct fb_list_file *file;
    uint32_t order; /* among all, as given */
};

struct fb_list_set {
    struct fb_list_set_opts o;
    struct fb_list_file **file;
    size_t nfiles, file_cap;
    const char *const *choose;
    size_t nchoose;
    bool has_white;
    struct fb_list_active *active;
    size_t nactive, active_cap;
    uint32_t *placeless; /* endpoints without domain and IP, ascending */
    size_t nplaceless, placeless_cap;
    struct fb_list_ranges *white_ranges, *black_ranges; /* entries: endpoints; addresses of blacklists */
    struct fb_list_names *white_names, *black_names;
    struct fb_list_black_active *black;
    size_t nblack;
};

/* Puts the endpoints of the active whitelists into s->active. */
enum fb_status fb_list_resolve(struct fb_list_set *s, struct fb_err *err);

/* Which active blacklist an entry is of. */
uint32_t fb_list_black_of_range(const struct fb_list_set *s, uint32_t entry);
uint32_t fb_list_black_of_name(const struct fb_list_set *s, uint32_t entry);

#endif
