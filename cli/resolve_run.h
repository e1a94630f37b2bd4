/* --resolve: asks resolvers for the names of a case's addresses and keeps what they say as a layer.
 *
 * The one thing here that sends something, and only because it was asked for: it says so on stderr, leaves
 * special addresses (private, link-local, multicast, documentation ...) out unless told otherwise, and asks
 * nothing twice that an earlier layer has. */
#ifndef FB_CLI_RESOLVE_RUN_H
#define FB_CLI_RESOLVE_RUN_H

#include "base/addr.h"
#include "cli/options.h"
#include "store/case.h"

struct fb_resolve_args {
    bool on, special, again;
    const char *resolver; /* NULL: those of the system */
    uint64_t max, rate, seconds;
    const char *examiner;
};
#define FB_RESOLVE_ARGS_DEFAULT ((struct fb_resolve_args){.max = 1000, .rate = 20, .seconds = 60})

#define FB_RESOLVE_OPTIONS(r)                                                                                \
    {0,                                                                                                      \
     "resolve",                                                                                              \
     FB_OPT_FLAG,                                                                                            \
     &(r).on,                                                                                                \
     NULL,                                                                                                   \
     NULL,                                                                                                   \
     "ask a resolver for the names of addresses (sends queries) and keep what it says in the case"},         \
        {0,                                                                                                  \
         "resolver",                                                                                         \
         FB_OPT_TEXT,                                                                                        \
         &(r).resolver,                                                                                      \
         "SERVER[:PORT]",                                                                                    \
         NULL,                                                                                               \
         "with --resolve: ask this one instead of the system's"},                                            \
        {0,                                                                                                  \
         "resolve-special",                                                                                  \
         FB_OPT_FLAG,                                                                                        \
         &(r).special,                                                                                       \
         NULL,                                                                                               \
         NULL,                                                                                               \
         "with --resolve: private, link-local, documentation and other special addresses too"},              \
        {0,                                                                                                  \
         "resolve-again",                                                                                    \
         FB_OPT_FLAG,                                                                                        \
         &(r).again,                                                                                         \
         NULL,                                                                                               \
         NULL,                                                                                               \
         "with --resolve: also what the case knows already"},                                                \
        {0,                                                                                                  \
         "resolve-max",                                                                                      \
         FB_OPT_COUNT,                                                                                       \
         &(r).max,                                                                                           \
         "N",                                                                                                \
         NULL,                                                                                               \
         "with --resolve: at most N addresses, those in most sessions first (1000)"},                        \
        {0,                                                                                                  \
         "resolve-rate",                                                                                     \
         FB_OPT_COUNT,                                                                                       \
         &(r).rate,                                                                                          \
         "N",                                                                                                \
         NULL,                                                                                               \
         "with --resolve: at most N queries a second (20)"},                                                 \
        {0,                                                                                                  \
         "resolve-time",                                                                                     \
         FB_OPT_COUNT,                                                                                       \
         &(r).seconds,                                                                                       \
         "S",                                                                                                \
         NULL,                                                                                               \
         "with --resolve: no longer than S seconds (60)"},                                                   \
    {                                                                                                        \
        0, "examiner", FB_OPT_TEXT, &(r).examiner, "NAME", NULL,                                             \
            "with --resolve: who asks; default: the user"                                                    \
    }

/* -1, or the exit code after a message. */
int fb_resolve_args_check(const char *verb, const struct fb_resolve_args *r);

/* `only` NULL: every address of the case. Nothing is asked when the case cannot be changed. The layer shows
 * in `c` at once; that of a sealed case goes into its sidecar. An interrupt ends the asking; what came until
 * then is kept, and then the process ends by the signal. */
enum fb_status fb_resolve_case(struct fb_case *c, const struct fb_resolve_args *r, const struct fb_addr *only,
                               bool quiet, struct fb_err *err);

#endif
