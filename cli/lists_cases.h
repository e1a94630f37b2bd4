/* Sessions of a case as lists see them. One thread. */
#ifndef FB_CLI_LISTS_CASES_H
#define FB_CLI_LISTS_CASES_H

#include "intel/lists/list_judge.h"
#include "intel/packs/intel.h"
#include "store/case.h"

/* Calls `fn` for each session in number order; both are borrowed for the call. Names are those of the newest
 * layer of names; without one sessions have none; what a resolver said (--resolve) stands with them as a PTR
 * name, which proves nothing. The AS of the responder is what `k` says (NULL: nothing).
 */
typedef enum fb_status (*fb_lists_each)(void *ctx, const struct fb_session *s,
                                        const struct fb_list_subject *subject);
enum fb_status fb_lists_each_session(struct fb_case *c, const struct fb_intel *k, fb_lists_each fn, void *ctx,
                                     struct fb_err *err);

#endif
