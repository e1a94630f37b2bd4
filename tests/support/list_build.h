/* Lists and sessions for the tests of lists, made from short texts. */
#ifndef FB_TESTS_LIST_BUILD_H
#define FB_TESTS_LIST_BUILD_H

#include "intel/lists/list_judge.h"

/* Reads a list that is meant to be good; fails the test with the message otherwise. */
struct fb_list_file *list_read(const char *text, const char *name);

/* A set of that list alone, built. */
struct fb_list_set *list_set(const char *text, const struct fb_list_set_opts *o);

/* The message of a list that is refused, by the reader or when the set is built; NULL: it was not. Static. */
const char *list_refused(const char *text);

/* A session from 10.0.0.5:40000 to resp:port. `name` NULL: none. */
struct list_subject {
    struct fb_list_subject s;
    struct fb_list_name name;
};
void list_subject(struct list_subject *x, const char *resp, uint16_t port, uint8_t proto, const char *name);

/* Judges once. Criteria in words: "conforming base 0 domain", "nonconforming", "unknown". Static. */
const char *list_judge_text(const struct fb_list_set *s, const struct fb_list_subject *x);

#endif
