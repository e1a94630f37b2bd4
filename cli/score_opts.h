/* Options that verbs share which train, score and judge. */
#ifndef FB_CLI_SCORE_OPTS_H
#define FB_CLI_SCORE_OPTS_H

#include "cli/options.h"
#include "cli/scoring.h"

struct fb_train_opts {
    uint64_t trees, tree_rows, extension, sample_rows, min_distinct;
    const char *seed, *suspicious, *abnormal; /* NULL: default */
    bool blacklisted;
};
#define FB_TRAIN_OPTS_DEFAULT                                                                                \
    ((struct fb_train_opts){.trees = FB_MODEL_TREES,                                                         \
                            .tree_rows = FB_MODEL_SAMPLE,                                                    \
                            .extension = FB_MODEL_EXT,                                                       \
                            .sample_rows = FB_SAMPLE_SIZE,                                                   \
                            .min_distinct = FB_MODEL_MIN_DISTINCT})

/* clang-format off */
#define FB_TRAIN_OPTIONS(t)                                                                                   \
    {0, "trees", FB_OPT_COUNT, &(t).trees, "N", NULL, "trees of the forest, default 200"},                    \
    {0, "tree-rows", FB_OPT_COUNT, &(t).tree_rows, "N", NULL, "sessions that each tree is grown on, default 256"}, \
    {0, "extension", FB_OPT_COUNT, &(t).extension, "N", NULL, "features in a split, less one: 0 to 11, default 11"}, \
    {0, "sample", FB_OPT_COUNT, &(t).sample_rows, "N", NULL, "sessions to train on, at most; default 12288"}, \
    {0, "seed", FB_OPT_TEXT, &(t).seed, "N", NULL, "of the random numbers, default 1"},                       \
    {0, "suspicious", FB_OPT_TEXT, &(t).suspicious, "P", NULL, "percentile from which a session is suspicious, default 99"}, \
    {0, "abnormal", FB_OPT_TEXT, &(t).abnormal, "P", NULL, "percentile from which it is abnormal, default 99.5"}, \
    {0, "min-distinct", FB_OPT_COUNT, &(t).min_distinct, "N", NULL, "no model of fewer distinct sessions, default 100"}, \
    {0, "with-blacklisted", FB_OPT_FLAG, &(t).blacklisted, NULL, NULL, "train on sessions that a blacklist matches, too"}
/* clang-format on */

/* Into parameters; -1, or the code of a usage error. */
int fb_train_opts_take(const char *verb, const struct fb_train_opts *t, struct fb_scoring_how *how);
bool fb_train_opts_given(const struct fb_train_opts *t); /* any of them differs from its default */

/* --set: thresholds of the detectors. */
#define FB_DETECT_OPTION(list, doc)                                                                          \
    {                                                                                                        \
        0, "set", FB_OPT_LIST, &(list), "NAME=VALUE", NULL, doc                                              \
    }
/* Into `o`, over defaults; -1, or the code of a usage error. */
int fb_detect_opts_take(const char *verb, const struct fb_opt_list *set, struct fb_detect_opts *o);

/* --fail-on: a severity of findings, or a level of sessions. */
enum fb_fail_on {
    FB_FAIL_NEVER,
    FB_FAIL_LOW,
    FB_FAIL_MEDIUM,
    FB_FAIL_HIGH,
    FB_FAIL_CRITICAL,
    FB_FAIL_SUSPICIOUS,
    FB_FAIL_ABNORMAL
};
extern const char *const fb_fail_on_choices[];
#define FB_FAIL_ON_OPTION(v)                                                                                 \
    {                                                                                                        \
        0, "fail-on", FB_OPT_CHOICE, &(v), "LEVEL", fb_fail_on_choices,                                      \
            "exit code 1 on a finding of that severity (low to critical), or a session of that level"        \
    }

/* Whether findings (worst first; NULL: those of the case's layer) or sessions of the case reach the level:
 * the exit code, which of an error is that of its message. */
int fb_fail_on_code(struct fb_case *c, int fail_on, struct fb_err *err);
int fb_fail_on_findings(struct fb_case *c, int fail_on, const struct fb_findings *l, struct fb_err *err);

#endif
