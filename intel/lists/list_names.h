/* Many domain patterns, asked which of them match a name.
 *
 * Whole names, *.R and P.* lie in a hash table (keyed, so that a list cannot flood it) that is asked once for
 * each label of the name; patterns with other stars are tried one by one and limited in number. Filled and
 * built by one thread, then read by any number. */
#ifndef FB_INTEL_LIST_NAMES_H
#define FB_INTEL_LIST_NAMES_H

#include "base/err.h"
#include "intel/lists/list_domain.h"

struct fb_list_names;

#define FB_LIST_GLOBS_MAX 10000 /* patterns with stars in other places than a whole first or last label */

enum fb_status fb_list_names_new(struct fb_list_names **out, struct fb_err *err);
void fb_list_names_free(struct fb_list_names *s); /* accepts NULL */

enum fb_status fb_list_names_add(struct fb_list_names *s, const struct fb_list_pattern *p, uint32_t entry,
                                 struct fb_err *err);
enum fb_status fb_list_names_build(struct fb_list_names *s, struct fb_err *err);

/* Entries whose pattern matches the normal name: equal names first, then *.R from the longest R, P.* from the
 * longest P, the other patterns; equal patterns in the order of adding. Calls `hit` for each until it returns
 * false. */
void fb_list_names_find(const struct fb_list_names *s, const char *name, size_t n,
                        bool (*hit)(void *ctx, uint32_t entry), void *ctx);

size_t fb_list_names_count(const struct fb_list_names *s);

#endif
