/* What a misspelt word may have meant. Any thread. */
#ifndef FB_BASE_NEAREST_H
#define FB_BASE_NEAREST_H

#include <stddef.h>

/* The nearest of n names to `word` by edit distance, or one that begins with it (three characters at least);
 * NULL when none is near enough to be meant. Words above 48 characters are near to nothing. */
const char *fb_nearest(const char *word, const char *const *names, size_t n);

#endif
