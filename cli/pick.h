/* Sessions named on the command line: a number, a range N-M, or a uid. */
#ifndef FB_CLI_PICK_H
#define FB_CLI_PICK_H

#include "store/case.h"

struct fb_pick {
    uint64_t *number; /* ascending, each once; owned */
    size_t n;
};

/* True when the word has the form of one and is not the name of an existing file. */
bool fb_pick_is(const char *word);

/* Splits arguments: the first is always a source, and those at the end that fb_pick_is accepts are sessions.
 * Returns how many are sources. */
int fb_pick_split(char **args, int nargs);

/* FB_ERR_NOTFOUND with a sentence when a session is not in the case. */
enum fb_status fb_pick_resolve(struct fb_case *c, char **words, int n, struct fb_pick *out,
                               struct fb_err *err);

void fb_pick_release(struct fb_pick *p);

#endif
