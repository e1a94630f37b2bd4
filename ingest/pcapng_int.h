/* What pcapng_file.c (framing, packets, damage) and pcapng_blocks.c (everything else) share. */
#ifndef FB_INGEST_PCAPNG_INT_H
#define FB_INGEST_PCAPNG_INT_H

#include "base/cursor.h"
#include "ingest/reader_int.h"

#define FB_NG_BLOCK_MAX ((uint32_t)16 << 20)

enum fb_ng_type {
    FB_NG_IDB = 1,
    FB_NG_PB = 2, /* obsolete packet block */
    FB_NG_SPB = 3,
    FB_NG_NRB = 4,
    FB_NG_ISB = 5,
    FB_NG_EPB = 6,
    FB_NG_JOURNAL = 9,
    FB_NG_DSB = 10,
    FB_NG_CUSTOM = 0x00000bad,
    FB_NG_CUSTOM_NOCOPY = 0x40000bad,
    FB_NG_SHB = 0x0a0d0d0a,
};

/* A whole block: its body without type, lengths and trailer. */
struct fb_ng_block {
    uint32_t type, total; /* total: with type, lengths and trailer */
    uint64_t off;
    const uint8_t *body;
    size_t nbody;
};

static inline uint16_t fb_ng_u16(const struct fb_reader *r, struct fb_cur *c)
{
    return r->ng.big_endian ? fb_cur_be16(c) : fb_cur_le16(c);
}

static inline uint32_t fb_ng_u32(const struct fb_reader *r, struct fb_cur *c)
{
    return r->ng.big_endian ? fb_cur_be32(c) : fb_cur_le32(c);
}

/* The next option of a list; false at its end. Sets *lie when an option claims more than the block holds. */
bool fb_ng_option(const struct fb_reader *r, struct fb_cur *c, uint16_t *code, struct fb_span *value,
                  bool *lie);

/* Takes in a block that holds no packet: interface, names, statistics, secrets, custom, unknown, section
 * header. */
enum fb_status fb_ng_take_block(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err);

/* Comments of a packet (draft-ietf-opsawg-pcapng 3.5); pkt_no is that packet's number. */
enum fb_status fb_ng_packet_options(struct fb_reader *r, struct fb_cur *c, uint64_t off, uint64_t pkt_no,
                                    struct fb_err *err);

/* A pcapng time stamp in nanoseconds since 1970, truncated, held inside int64_t. */
int64_t fb_ng_time(uint64_t ts, uint8_t tsresol, int64_t offset_s);

#endif
