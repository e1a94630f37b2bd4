/* Domain names and the patterns that lists have for them.
 *
 * A name: 1 to 253 bytes of ASCII, lower-case, labels of 1 to 63 letters, digits, hyphens and underscores, no
 * dot at the end, the last of them no number; other scripts stand as A-labels (xn--). A pattern has `*` in
 * it:
 *   *.R    what ends in .R at any depth, not R itself
 *   P.*    P itself, and what begins with P.
 *   one * elsewhere: any run of characters, dots included, at least one
 *   more than one *: any runs, which may be empty
 * Any thread. */
#ifndef FB_INTEL_LIST_DOMAIN_H
#define FB_INTEL_LIST_DOMAIN_H

#include "base/cursor.h"

#define FB_LIST_NAME_MAX 253

enum fb_list_pattern_kind {
    FB_LIST_EXACT,
    FB_LIST_SUFFIX, /* *.R */
    FB_LIST_PREFIX, /* P.* */
    FB_LIST_ONE,
    FB_LIST_MANY,
};

struct fb_list_pattern {
    enum fb_list_pattern_kind kind;
    uint8_t n; /* of text */
    char text[FB_LIST_NAME_MAX + 1];
};

/* Lower-case, without the dot at the end. False with a reason when it is neither name nor pattern. */
bool fb_list_pattern_parse(const void *text, size_t n, struct fb_list_pattern *out, const char **why);

/* A name from traffic in the form above: lower-case, one dot at the end taken away. Returns its length, 0
 * when it is empty, too long, or has bytes that no rule can mean. */
size_t fb_list_name_normal(const void *name, size_t n, char out[static FB_LIST_NAME_MAX + 1]);

/* `name` is normal. Linear in pattern and name. */
bool fb_list_pattern_match(const struct fb_list_pattern *p, const char *name, size_t n);

/* The part of the pattern that a table is looked up by: R of *.R, P of P.*, the whole name. */
struct fb_span fb_list_pattern_key(const struct fb_list_pattern *p);

#endif
