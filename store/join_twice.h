/* Sessions that two sensors recorded: watches those under way for a second record from another case. */
#ifndef FB_STORE_JOIN_TWICE_H
#define FB_STORE_JOIN_TWICE_H

#include "store/join_int.h"

struct fb_join_twice;

enum fb_status fb_join_twice_new(struct fb_join_twice **out, struct fb_err *err);
void fb_join_twice_free(struct fb_join_twice *t); /* accepts NULL */

/* One session in merged order, from input `in`; counts into the report. */
enum fb_status fb_join_twice_see(struct fb_join_twice *t, struct fb_join *j, size_t in,
                                 const struct fb_session *s, uint64_t number, struct fb_err *err);

#endif
