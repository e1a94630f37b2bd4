/* Read-ahead of a scan over sessions: while SQLite eats the rows of one chunk, a thread with a connection of
 * its own fetches the next ones, filters them as the scan will, and decodes the pages that the statement will
 * ask for.
 *
 * Only for cases that nobody changes (fb_case.shareable). A chunk is read by whoever claims it first, so that
 * a thread that gets no processor holds nobody up, and what a scan yields is the same without it: a chunk in
 * which the thread meets damage is thrown away, and the scan meets it by itself. One fb_ahead belongs to one
 * scan and its thread; not for other rooms. */
#ifndef FB_STORE_AHEAD_H
#define FB_STORE_AHEAD_H

#include "store/vtab_scan.h"

#define FB_AHEAD_CHUNKS 4u                 /* that wait for the scan, at most */
#define FB_AHEAD_BYTES  ((size_t)64 << 20) /* none is begun while those that wait hold more */

struct fb_ahead;

/* Begins with the chunks behind `window`, which the caller reads by itself. The tests, list and columns of
 * the scan may not change until it is stopped. NULL when there is no thread or no memory. */
struct fb_ahead *fb_ahead_start(const struct fb_scan *s, uint64_t window);
void fb_ahead_stop(struct fb_ahead *a); /* accepts NULL */

/* The chunk of a window, decoded and now the caller's; windows ascend from call to call. NULL: the caller
 * reads it by itself. */
struct fb_chunk *fb_ahead_take(struct fb_ahead *a, uint64_t window);

/* Waits until the thread holds all that it may, or is done; how many chunks wait. For tests. */
size_t fb_ahead_settle(struct fb_ahead *a);

#endif
