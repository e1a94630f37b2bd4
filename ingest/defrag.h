/* The table of incomplete IP datagrams (RFC 791, section 3.2; RFC 8200, section 4.5). Rules: conformance
 * document, section 12.
 *
 * First data wins; a datagram is forgotten five minutes after its first fragment, by the packet clock. At a
 * ceiling the datagrams whose first fragment came longest ago are dropped first, so what is kept depends on
 * the traffic alone. What fb_defrag_add hands out lives until fb_defrag_recycle. One decoder, one thread. */
#ifndef FB_INGEST_DEFRAG_H
#define FB_INGEST_DEFRAG_H

#include "base/addr.h"
#include "ingest/decode.h"

struct fb_defrag;

/* One fragment. All pointers are borrowed for the call. */
struct fb_fragment {
    struct fb_addr src, dst;
    uint32_t id;
    const uint8_t
        *hdr; /* what goes in front of the data: the IPv4 header, the IPv6 part before the fragment header */
    uint32_t hdr_len;
    uint32_t next_off; /* IPv6: offset in hdr of the number to be replaced by `next`; 0 for IPv4 */
    uint8_t next;
    const uint8_t *data;
    uint32_t len, off;
    bool more;
    uint64_t ordinal;
    const uint64_t *ordinals; /* further records that the fragment itself came from */
    uint32_t nordinals;
};

struct fb_datagram {
    const uint8_t *p; /* header, lengths set, then the data */
    uint32_t n;
    const uint64_t *ordinals; /* ascending, without the completing record's */
    uint32_t nordinals;
};

/* Ceilings: bytes of memory and number of datagrams. NULL when memory ran out. */
struct fb_defrag *fb_defrag_new(uint64_t bytes_max, uint32_t datagrams_max);
void fb_defrag_free(struct fb_defrag *t); /* accepts NULL */

/* Adds a fragment; true when it completes its datagram. Counts into `stats`. */
bool fb_defrag_add(struct fb_defrag *t, const struct fb_fragment *fr, int64_t now_ns,
                   struct fb_decode_stats *stats, struct fb_datagram *out);

/* Frees what fb_defrag_add handed out. */
void fb_defrag_recycle(struct fb_defrag *t);

#endif
