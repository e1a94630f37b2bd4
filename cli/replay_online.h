/* `replay --online`: the online model (model/online.h) on a walk through captures, and what is told of it.
 * One thread. */
#ifndef FB_CLI_REPLAY_ONLINE_H
#define FB_CLI_REPLAY_ONLINE_H

#include "cli/lists_load.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/watch.h"
#include "model/online.h"

/* What the command line says. Texts are NULL for defaults. */
struct fb_online_args {
    bool on;
    const char *warmup, *retrain, *refresh, *snapshot, *suspicious, *abnormal, *seed;
    uint64_t window, sessions, trees, tree_rows, extension, min_distinct; /* UINT64_MAX: default */
    struct fb_opt_list lists;
};
#define FB_ONLINE_ARGS_DEFAULT                                                                               \
    ((struct fb_online_args){.window = UINT64_MAX,                                                           \
                             .sessions = UINT64_MAX,                                                         \
                             .trees = UINT64_MAX,                                                            \
                             .tree_rows = UINT64_MAX,                                                        \
                             .extension = UINT64_MAX,                                                        \
                             .min_distinct = UINT64_MAX})

/* clang-format off */
#define FB_ONLINE_OPTIONS(a)                                                                                  \
    {0, "online", FB_OPT_FLAG, &(a).on, NULL, NULL, "captures: an anomaly tag for each session, by a model that learns on the way"}, \
    {0, "warmup", FB_OPT_TEXT, &(a).warmup, "TIME", NULL, "packet time before the first model, at least and default 60s and 180s"}, \
    {0, "window-samples", FB_OPT_COUNT, &(a).window, "N", NULL, "snapshots of sessions to learn from, default 800"}, \
    {0, "retrain", FB_OPT_TEXT, &(a).retrain, "TIME", NULL, "between two trainings, default 60s"},            \
    {0, "refresh", FB_OPT_TEXT, &(a).refresh, "TIME", NULL, "between two looks at the thresholds, default 15s"}, \
    {0, "snapshot", FB_OPT_TEXT, &(a).snapshot, "TIME", NULL, "one snapshot of a session in this time, default 60s"}, \
    {0, "track-sessions", FB_OPT_COUNT, &(a).sessions, "N", NULL, "open sessions kept in mind, default 262144"}, \
    {0, "min-distinct", FB_OPT_COUNT, &(a).min_distinct, "N", NULL, "no model of fewer distinct snapshots, default 100"}, \
    {0, "suspicious", FB_OPT_TEXT, &(a).suspicious, "P", NULL, "percentile from which a session is suspicious, default 99"}, \
    {0, "abnormal", FB_OPT_TEXT, &(a).abnormal, "P", NULL, "percentile from which it is abnormal, default 99.5"}, \
    {0, "trees", FB_OPT_COUNT, &(a).trees, "N", NULL, "trees of the forest, default 200"},                    \
    {0, "tree-rows", FB_OPT_COUNT, &(a).tree_rows, "N", NULL, "snapshots that each tree is grown on, default 256"}, \
    {0, "extension", FB_OPT_COUNT, &(a).extension, "N", NULL, "features in a split, less one: 0 to 11, default 11"}, \
    {0, "seed", FB_OPT_TEXT, &(a).seed, "N", NULL, "of the random numbers, default 1"},                       \
    {0, "list", FB_OPT_LIST, &(a).lists, "FILE", NULL, "a blacklist: sessions with its addresses are tagged and not learnt from; repeatable"}
/* clang-format on */

/* -1, or the code of a usage error. */
int fb_online_args_take(const char *verb, const struct fb_online_args *a, struct fb_online_opts *o);
bool fb_online_args_given(const struct fb_online_args *a); /* any but --online itself */
void fb_online_args_release(struct fb_online_args *a);

struct fb_replay_online;

/* Verdicts go to `out` as JSON lines, unless `quiet`, and into `watch`; both are borrowed. */
enum fb_status fb_replay_online_new(const struct fb_online_opts *o, const struct fb_opt_list *lists,
                                    struct fb_out *out, bool quiet, struct fb_watch *watch,
                                    struct fb_replay_online **ro, struct fb_err *err);
void fb_replay_online_free(struct fb_replay_online *r); /* accepts NULL */

void fb_replay_online_start(struct fb_replay_online *r, int64_t now_ns);
enum fb_status fb_replay_online_see(struct fb_replay_online *r, const struct fb_session *s, bool open,
                                    int64_t now_ns, struct fb_err *err);
enum fb_status fb_replay_online_look(struct fb_replay_online *r, int64_t now_ns, struct fb_err *err);

/* Last verdicts, then the line of the end. */
enum fb_status fb_replay_online_finish(struct fb_replay_online *r, int64_t now_ns, struct fb_err *err);

/* One line, for a terminal: the state of the model while it walks, the counts at the end. */
void fb_replay_online_state(const struct fb_replay_online *r, struct fb_buf *b);
void fb_replay_online_summary(const struct fb_replay_online *r, struct fb_buf *b);

#endif
