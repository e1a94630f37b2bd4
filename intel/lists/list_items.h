/* Lists taken apart into items, to merge, compare and write them.
 *
 * An item is a line of text with its kind and the name of its list: an endpoint as canonical JSON (its values
 * sorted), a range, a domain, or something said of the list itself. One owner, one thread. */
#ifndef FB_INTEL_LIST_ITEMS_H
#define FB_INTEL_LIST_ITEMS_H

#include "intel/lists/list_file.h"

enum fb_list_item_kind {
    FB_LIST_ITEM_LIST, /* the list exists; text: "white" or "black" */
    FB_LIST_ITEM_DESCRIPTION,
    FB_LIST_ITEM_SOURCE,
    FB_LIST_ITEM_UPDATED,
    FB_LIST_ITEM_EXTENDS,
    FB_LIST_ITEM_ENDPOINT,
    FB_LIST_ITEM_RANGE,
    FB_LIST_ITEM_DOMAIN,
};

struct fb_list_item {
    const char *list, *text; /* in the pool */
    enum fb_list_item_kind kind;
};

struct fb_list_items {
    struct fb_list_pool pool;
    struct fb_list_item *item;
    size_t n, cap;
};

void fb_list_items_init(struct fb_list_items *l);
void fb_list_items_release(struct fb_list_items *l);

/* Copies. */
enum fb_status fb_list_items_add(struct fb_list_items *l, const char *list, enum fb_list_item_kind kind,
                                 const char *text, struct fb_err *err);
/* All that a file says; `rename` (may be NULL): the name of every list in it. */
enum fb_status fb_list_items_take(struct fb_list_items *l, const struct fb_list_file *f, const char *rename,
                                  struct fb_err *err);

/* Takes away items that stood before; of description, source and update the first is kept. Order stays. */
enum fb_status fb_list_items_unique(struct fb_list_items *l, struct fb_err *err);

/* What is in `a` alone (`in_b` false) and in `b` alone, in the order of list, kind and text; descriptions and
 * the like do not count. *both and *either: how many are in both, and in one at least. */
enum fb_status fb_list_items_diff(const struct fb_list_items *a, const struct fb_list_items *b,
                                  void (*fn)(void *ctx, const struct fb_list_item *item, bool in_b),
                                  void *ctx, uint64_t *both, uint64_t *either, struct fb_err *err);

/* The JSON of a file with these lists, in the order in which they came. `date` NULL: without. */
enum fb_status fb_list_items_write(const struct fb_list_items *l, bool white, const char *date,
                                   struct fb_buf *out, struct fb_err *err);

/* An endpoint as one line of JSON; domains, addresses and ports sorted, each once. */
void fb_list_put_endpoint(struct fb_buf *out, const struct fb_list_endpoint *e);

#endif
