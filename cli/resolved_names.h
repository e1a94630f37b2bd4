/* The newest layer of what resolvers said (intel/resolve/resolved_def.h), in memory: by address. None of it
 * is evidence; whoever shows it says that it was resolved. One thread. */
#ifndef FB_CLI_RESOLVED_NAMES_H
#define FB_CLI_RESOLVED_NAMES_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "store/case.h"

struct fb_resolved_names;

struct fb_resolved_entry {
    struct fb_addr addr;
    struct fb_span outcome, server; /* borrowed from the set */
    struct fb_span names;           /* items of a list (base/record.h); n == 0: none */
    int64_t ttl_s, rcode;           /* -1: not there */
    bool tcp;
    int64_t asked_ns, by_run;
};

/* Ascending by address. A case without such a layer gives an empty set; rows of a hostile case that do not
 * fit the table are left out. */
enum fb_status fb_resolved_names_load(struct fb_case *c, struct fb_resolved_names **out, struct fb_err *err);
void fb_resolved_names_free(struct fb_resolved_names *r);          /* accepts NULL */
size_t fb_resolved_names_count(const struct fb_resolved_names *r); /* accepts NULL */
struct fb_resolved_entry fb_resolved_names_at(const struct fb_resolved_names *r, size_t i);
/* False when the address was never asked about. `r` may be NULL. */
bool fb_resolved_names_find(const struct fb_resolved_names *r, const struct fb_addr *a,
                            struct fb_resolved_entry *out);

/* "a.example b.example (resolved by 192.0.2.53:53, 2024-01-02T03:04:05.000000000Z)", or the outcome in place
 * of names; escaped for a terminal. */
void fb_resolved_put_text(struct fb_buf *b, const struct fb_resolved_entry *e);
/* A JSON object. */
void fb_resolved_put_json(struct fb_buf *b, const struct fb_resolved_entry *e);

#endif
