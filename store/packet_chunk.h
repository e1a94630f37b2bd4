/* Row groups of the packet index: which ordinals belong to which session (docs/case-format.md, "Packet
 * chunks").
 *
 * An entry holds up to 65,536 packets of one session; a longer session goes on in the entries after it. Cut
 * that way the entries are the same however the pieces arrived. A reader checks everything when it opens a
 * chunk. */
#ifndef FB_STORE_PACKET_CHUNK_H
#define FB_STORE_PACKET_CHUNK_H

#include "base/digest.h"
#include "base/err.h"
#include "store/column.h"

#define FB_ENTRY_PKTS           65536u
#define FB_PACKET_CHUNK_ENTRIES 65536u
#define FB_PACKET_CHUNK_STEPS   (1u << 20) /* bytes of steps at which a chunk closes */

struct fb_packet_entry {
    uint64_t number, first_ordinal;
    uint32_t pkts;
    const uint8_t *steps; /* pkts - 1 varints: zigzag of (ordinal - ordinal before) */
    size_t steps_bytes;
};

struct fb_packet_blob {
    uint64_t first_number, last_number;
    uint32_t nentries;
    struct fb_buf blob;
    struct fb_digest content, logical;
};

/* Collects the entries of one chunk at a time. */
struct fb_packet_packer {
    struct fb_buf number, pkts, first, len; /* uint64_t each */
    struct fb_buf steps;
    struct fb_digest_state logical;
    uint32_t nentries;
    uint64_t first_number, last_number;
};
void fb_packet_packer_init(struct fb_packet_packer *p);
void fb_packet_packer_release(struct fb_packet_packer *p);
void fb_packet_packer_add(struct fb_packet_packer *p, const struct fb_packet_entry *e);
bool fb_packet_packer_full(const struct fb_packet_packer *p);
/* Encodes what was collected and starts anew. False when memory ran out. */
bool fb_packet_packer_close(struct fb_packet_packer *p, struct fb_zip *z, struct fb_packet_blob *out);

/* One entry into a digest. */
void fb_packet_entry_digest(struct fb_digest_state *st, const struct fb_packet_entry *e);

/* A chunk that was read. Entries ascend by number. */
struct fb_packet_chunk {
    uint32_t n;
    struct fb_packet_entry *entry; /* steps borrowed from `steps` */
    uint8_t *steps;
};
enum fb_status fb_packet_chunk_read(struct fb_zip *z, uint64_t cid, const uint8_t *p, size_t n,
                                    struct fb_packet_chunk *out, struct fb_err *err);
void fb_packet_chunk_release(struct fb_packet_chunk *c);

/* Walks the ordinals of an entry: *ordinal starts as first_ordinal, each call takes the next step. */
static inline uint64_t fb_packet_step(struct fb_cur *steps, uint64_t ordinal)
{
    return ordinal + (uint64_t)fb_unzigzag(fb_cur_varint(steps));
}

#endif
