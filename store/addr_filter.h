/* Which addresses a session chunk may have: a Bloom filter of one byte for each address (docs/case-format.md,
 * section 4). It spares a search for a rare address the dictionaries of chunks that do not have it. */
#ifndef FB_STORE_ADDR_FILTER_H
#define FB_STORE_ADDR_FILTER_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets the bits of one address in a filter of n > 0 bytes. */
void fb_addr_filter_add(uint8_t *filter, size_t n, const uint8_t addr[static 16]);

/* False: the address was not added. One in about fifty that was not passes as well. */
bool fb_addr_filter_may_have(const uint8_t *filter, size_t n, const uint8_t addr[static 16]);

#endif
