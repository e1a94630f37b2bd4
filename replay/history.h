/* The history string of a session: Zeek's letters, upper case for the originator. Internal to replay/.
 * Rules: conformance document, section 6. */
#ifndef FB_REPLAY_HISTORY_H
#define FB_REPLAY_HISTORY_H

#include "replay/flow.h"

/* Appends one letter as it is; silently nothing past FB_HISTORY_MAX. */
void fb_history_put(struct fb_flow *f, char letter);

/* Marks that a letter stood on one side; true when it had not before. Appends nothing. */
bool fb_history_mark(struct fb_flow *f, int dir, char letter);

/* Upper case for the originator, lower case for the responder. */
static inline char fb_history_side(char letter, int dir)
{
    return dir == FB_ORIG ? letter : (char)(letter | 0x20);
}

/* Appends a letter once per side. `letter` is upper case; `dir` makes it lower case for the responder. */
void fb_history_once(struct fb_flow *f, int dir, char letter);

/* Counts, and appends the letter when the count reaches 1, 10, 100, 1000 ... */
void fb_history_scaled(struct fb_flow *f, int dir, char letter, uint32_t *count);

/* The whole string, NUL-terminated; borrowed from the flow. */
const char *fb_history_text(const struct fb_flow *f);

/* Forgets all letters (not which ones stood), for Zeek's replacement of a lone H by ^h. */
void fb_history_clear(struct fb_flow *f);

#endif
