/* Which addresses a session chunk may have: a Bloom filter of one byte for each address (docs/case-format.md,
 * section 4). It spares a search for a rare address the dictionaries of chunks that do not have it. */
#ifndef FB_STORE_ADDR_FILTER_H
#define FB_STORE_ADDR_FILTER_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Filters of all chunks: each has its salt in front of it (little-endian). */
#define FB_FILTER_SALT_BYTES 8u

/* Sets the bits of one address in a filter of n > 0 bytes. With `salt` other than 0 they are others: chunks
 * have many addresses in common, and without it what passes one filter by mistake would pass many. */
void fb_addr_filter_add(uint8_t *filter, size_t n, const uint8_t addr[static 16], uint64_t salt);

/* False: the address was not added. One in about fifty that was not passes as well. */
bool fb_addr_filter_may_have(const uint8_t *filter, size_t n, const uint8_t addr[static 16], uint64_t salt);

#endif
