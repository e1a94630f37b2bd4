/* Rows in the order of a key: all of them, or the first `limit`, in memory bounded by what is kept. One
 * thread. */
#ifndef FB_CLI_SORTER_H
#define FB_CLI_SORTER_H

#include "base/err.h"

#include <stddef.h>

struct fb_sorter;

/* Keys compare as bytes, `descending` the other way round; equal keys by session number. `limit` 0: none. */
enum fb_status fb_sorter_new(bool descending, uint64_t limit, struct fb_sorter **out, struct fb_err *err);

/* True when a row with this key would be kept (so that it is worth formatting). */
bool fb_sorter_wants(const struct fb_sorter *s, const void *key, size_t nkey, uint64_t number);

enum fb_status fb_sorter_add(struct fb_sorter *s, const void *key, size_t nkey, uint64_t number,
                             const void *row, size_t nrow, struct fb_err *err);

/* Hands over the rows in order; a status other than FB_OK stops and is returned. */
enum fb_status fb_sorter_each(struct fb_sorter *s, enum fb_status (*fn)(void *ctx, const void *row, size_t n),
                              void *ctx);

void fb_sorter_free(struct fb_sorter *s); /* accepts NULL */

#endif
