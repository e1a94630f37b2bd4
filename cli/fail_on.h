/* --fail-on where lists judge: words with commas, of which some are about verdicts of lists (nonconforming,
 * blacklist) and some about scores and findings (score_opts.h). NULL: no words. */
#ifndef FB_CLI_FAIL_ON_H
#define FB_CLI_FAIL_ON_H

#include "intel/lists/list_set.h"
#include "store/case.h"

#define FB_FAIL_ON_WORDS(v)                                                                                  \
    {                                                                                                        \
        0, "fail-on", FB_OPT_TEXT, &(v), "WHAT", NULL,                                                       \
            "exit code 1 on a session that is nonconforming, blacklist, suspicious, abnormal, or a finding " \
            "that is low, medium, high, critical; several with commas"                                       \
    }

/* -1, or the exit code after a message. The calls below take words that were checked. */
int fb_fail_on_check(const char *verb, const char *words);
/* The same for lists that a word needs; `set` NULL: there are none. */
int fb_fail_on_check_lists(const char *verb, const char *words, const struct fb_list_set *set);

bool fb_fail_on_wants_scores(const char *words);
bool fb_fail_on_judged(const char *words, uint64_t nonconforming, uint64_t blacklisted);
/* By the newest layer of scores: the exit code, which of an error is that of its message. */
int fb_fail_on_scored(struct fb_case *c, const char *words, struct fb_err *err);

#endif
