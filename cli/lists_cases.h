/* Sessions of a case as lists see them. One thread. */
#ifndef FB_CLI_LISTS_CASES_H
#define FB_CLI_LISTS_CASES_H

#include "intel/lists/list_judge.h"
#include "intel/packs/intel.h"
#include "store/case.h"

struct fb_lists_policy;

struct fb_lists_how {
    const struct fb_intel *intel;         /* who announces the responder's address; NULL: nobody knows */
    const struct fb_lists_policy *policy; /* for the scope and what is local to it; NULL: everything counts */
};

/* Calls `fn` for each session in number order; both are borrowed for the call. Names are those of the newest
 * layer of names; without one sessions have none; what a resolver said (--resolve) stands with them as a PTR
 * name, which proves nothing. With the scope egress ends are local by --local, else by the evidence. */
typedef enum fb_status (*fb_lists_each)(void *ctx, const struct fb_session *s,
                                        const struct fb_list_subject *subject);
enum fb_status fb_lists_each_session(struct fb_case *c, const struct fb_lists_how *how, fb_lists_each fn,
                                     void *ctx, struct fb_err *err);

#endif
