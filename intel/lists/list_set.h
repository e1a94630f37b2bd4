/* The lists that are active together, made ready to judge sessions.
 *
 * Files are added, then the set is built: inheritance is resolved, endpoints come into one order (list by
 * list as they were given; own endpoints first, then those of parents, depth first, each list once),
 * addresses and names go into tables. A set that could not be built judges nothing: keep the one before.
 * Built by one thread, then constant and read by any number. */
#ifndef FB_INTEL_LIST_SET_H
#define FB_INTEL_LIST_SET_H

#include "intel/lists/list_file.h"

struct fb_list_set;

enum fb_list_scope {
    FB_LIST_SCOPE_ALL,
    FB_LIST_SCOPE_EGRESS, /* own or local to global only; other sessions have the verdict unknown */
};

struct fb_list_set_opts {
    enum fb_list_scope scope;
    bool match_local; /* feeds match local ends too */
    bool trust_ptr;   /* PTR names count as proven */
};

enum fb_status fb_list_set_new(const struct fb_list_set_opts *o, struct fb_list_set **out,
                               struct fb_err *err);
void fb_list_set_free(struct fb_list_set *s); /* with its files; accepts NULL */

/* The file belongs to the set from here on, also when this fails. */
enum fb_status fb_list_set_add(struct fb_list_set *s, struct fb_list_file *f, struct fb_err *err);

/* Only these whitelists (and what they extend) are active; without a call: all. Names are borrowed until
 * fb_list_set_build. */
void fb_list_set_choose(struct fb_list_set *s, const char *const *names, size_t n);

/* FB_ERR_INPUT: two lists of one name, a missing parent or a cycle, with the chain of names. */
enum fb_status fb_list_set_build(struct fb_list_set *s, struct fb_err *err);

/* An active endpoint, in the order in which they are tried. */
struct fb_list_active {
    const struct fb_list_file *file;
    const struct fb_whitelist *list;
    const struct fb_list_endpoint *endpoint;
};

/* An active blacklist; its entries have numbers: addresses from first_range on (IPv4, then IPv6), names from
 * first_name on. */
struct fb_list_black_active {
    const struct fb_list_file *file;
    const struct fb_blacklist *list;
    uint32_t first_range, first_name;
};

bool fb_list_set_has_whitelists(const struct fb_list_set *s);
size_t fb_list_set_endpoints(const struct fb_list_set *s, const struct fb_list_active **out);
size_t fb_list_set_blacklists(const struct fb_list_set *s, const struct fb_list_black_active **out);
size_t fb_list_set_files(const struct fb_list_set *s, struct fb_list_file *const **out);

/* Bytes of the tables of addresses, for `lists show` and the bench. */
size_t fb_list_set_range_bytes(const struct fb_list_set *s);

#endif
