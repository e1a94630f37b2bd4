/* Prefix-preserving pseudonyms for IP addresses: the Crypto-PAn construction (Fan, Xu, Ammar, Moon:
 * "Prefix-preserving IP address anonymization", Computer Networks 46(2), 2004) over AES-128, for IPv4 and
 * IPv6, with exceptions.
 *
 * Two addresses that share exactly k leading bits get pseudonyms that share exactly k leading bits. Bit i of
 * an address is flipped or not, by a function of the key and the i bits before it; a range keeps its place in
 * the address space when no bit on the way to it is flipped, and the whole stays one to one. One object
 * belongs to one thread. */
#ifndef FB_BASE_CRYPTOPAN_H
#define FB_BASE_CRYPTOPAN_H

#include "base/addr.h"

#define FB_CRYPTOPAN_KEY_BYTES 32 /* AES key, then the block that is enciphered into the pad */

struct fb_cryptopan;

/* A range that keeps its place. */
struct fb_cryptopan_range {
    uint8_t prefix[16]; /* the first 4 bytes for IPv4 */
    uint8_t bits;
    bool whole; /* addresses in it keep all their bits; otherwise the bits behind the prefix get pseudonyms */
};

/* `bits` of an address: 32 or 128. Ranges are borrowed for the life of the object; inside a whole range a
 * longer one that is not whole wins. NULL when memory ran out or there is no AES. */
struct fb_cryptopan *fb_cryptopan_new(const uint8_t key[static FB_CRYPTOPAN_KEY_BYTES], unsigned bits,
                                      const struct fb_cryptopan_range *ranges, size_t nranges);
void fb_cryptopan_free(struct fb_cryptopan *p); /* accepts NULL */

/* In place, bits/8 bytes. False when the cipher failed; the address is then all zero. */
bool fb_cryptopan_map(struct fb_cryptopan *p, uint8_t *addr);

#endif
