/* Uids of the sessions that others are tunnelled in. A session record knows its parents by number; the uid of
 * a parent takes its record, so they are collected before rows are printed. One thread. */
#ifndef FB_CLI_PARENTS_H
#define FB_CLI_PARENTS_H

#include "cli/pseudonym.h"

struct fb_parents;

/* Walks the case, twice where it has tunnels. `pseudonym` (may be NULL) is applied before uids are made. */
enum fb_status fb_parents_collect(struct fb_case *c, struct fb_pseudonym *pseudonym, struct fb_parents **out,
                                  struct fb_err *err);

/* The uid of session `number`; NULL when it is nobody's parent. */
const char *fb_parents_uid(const struct fb_parents *p, uint64_t number);

void fb_parents_free(struct fb_parents *p); /* accepts NULL */

#endif
