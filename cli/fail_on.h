/* --fail-on: which sessions make the program end with FB_EXIT_FINDINGS. */
#ifndef FB_CLI_FAIL_ON_H
#define FB_CLI_FAIL_ON_H

#include "cli/layer_counts.h"

/* -1, or the exit code after a message: `words` (may be NULL) are nonconforming, blacklist and abnormal, with
 * commas between. */
int fb_fail_on_check(const char *verb, const char *words);

/* Words that were checked. */
bool fb_fail_on_wants_scores(const char *words);
bool fb_fail_on_found(const char *words, const struct fb_layer_counts *n);

#endif
