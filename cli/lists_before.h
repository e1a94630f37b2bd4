/* The lists of the newest layer of verdicts, so that others can be added to them: they are read again from
 * where they were, and must be what they were. One thread. */
#ifndef FB_CLI_LISTS_BEFORE_H
#define FB_CLI_LISTS_BEFORE_H

#include "base/digest.h"
#include "intel/lists/list_set.h"
#include "store/case.h"

struct fb_lists_before {
    size_t n;
    char **path;                      /* owned, with its strings; n of them */
    char (*sha256)[FB_DIGEST_HEXLEN]; /* of each, in hexadecimal */
    bool builtin;                     /* the built-in whitelist was one of them */
};

/* What the newest record "lists-apply" says; nothing when no list was applied. */
enum fb_status fb_lists_before_read(struct fb_case *c, struct fb_lists_before *out, struct fb_err *err);
void fb_lists_before_release(struct fb_lists_before *b); /* accepts a zeroed one */

/* Leaves out those whose path is given again. */
void fb_lists_before_except(struct fb_lists_before *b, char *const *given, int n);

/* The first files of a set are those of `b`, in order: FB_ERR_VERIFY when one is not what it was. */
enum fb_status fb_lists_before_check(const struct fb_lists_before *b, const struct fb_list_set *s,
                                     struct fb_err *err);

#endif
