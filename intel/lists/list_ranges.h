/* Many address ranges, asked which of them hold an address.
 *
 * Ranges are cut into CIDR blocks, which nest or lie apart. The blocks are sorted by first address, each
 * knows the block around it, and a table over the first 8 to 22 bits (IPv4, by how many blocks there are) or
 * over every 64th block (IPv6) says where to search: a look-up is a short binary search and then a walk
 * outwards, from the longest prefix on. 12 bytes a block of IPv4 and 1 or 2 of the table, 24 of IPv6. Filled
 * and built by one thread, then read by any number. */
#ifndef FB_INTEL_LIST_RANGES_H
#define FB_INTEL_LIST_RANGES_H

#include "base/err.h"
#include "intel/lists/list_addr.h"

struct fb_list_ranges;

#define FB_LIST_ENTRIES_MAX ((uint32_t)1 << 26)

enum fb_status fb_list_ranges_new(struct fb_list_ranges **out, struct fb_err *err);
void fb_list_ranges_free(struct fb_list_ranges *r); /* accepts NULL */

/* `entry` is below FB_LIST_ENTRIES_MAX and not below that of the call before. */
enum fb_status fb_list_ranges_add(struct fb_list_ranges *r, const struct fb_list_range *range, uint32_t entry,
                                  struct fb_err *err);

/* After the last add. Of equal blocks whose entries belong to one group the first is kept; `group` NULL: each
 * entry is a group of its own. Groups ascend with entries. */
enum fb_status fb_list_ranges_build(struct fb_list_ranges *r, uint32_t (*group)(void *ctx, uint32_t entry),
                                    void *ctx, struct fb_err *err);

/* Entries whose ranges hold the address, longest prefix first, equal ones by entry. Calls `hit` for each
 * until it returns false. */
void fb_list_ranges_find(const struct fb_list_ranges *r, const struct fb_addr *a,
                         bool (*hit)(void *ctx, uint32_t entry), void *ctx);

/* Bytes that the built structure takes, and the number of its blocks. */
size_t fb_list_ranges_bytes(const struct fb_list_ranges *r);
size_t fb_list_ranges_blocks(const struct fb_list_ranges *r);

#endif
