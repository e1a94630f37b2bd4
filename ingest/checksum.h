/* The Internet checksum (RFC 1071), added up in 64 bits and in the machine's byte order: the sum that a right
 * checksum gives, 0xffff, reads the same in either order. Pure functions. */
#ifndef FB_INGEST_CHECKSUM_H
#define FB_INGEST_CHECKSUM_H

#include "base/addr.h"

#include <stddef.h>

/* Adds n bytes to a running sum; every piece but the last must have an even length. */
uint64_t fb_checksum_add(uint64_t sum, const uint8_t *p, size_t n);

/* Folds a sum to 16 bits; 0xffff when the bytes held a right checksum. */
uint16_t fb_checksum_fold(uint64_t sum);

/* Sum of the pseudo header (RFC 9293, section 3.1; RFC 8200, section 8.1) for `len` bytes of protocol
 * `proto`. */
uint64_t fb_checksum_pseudo(const struct fb_addr *src, const struct fb_addr *dst, unsigned version,
                            uint8_t proto, uint32_t len);

#endif
