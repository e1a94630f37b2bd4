/* A decoder under test: feeds copies of exactly the captured size, so that a sanitizer sees every read past
 * the end. */
#ifndef FB_TESTS_DECODE_CHECK_H
#define FB_TESTS_DECODE_CHECK_H

#include "ingest/decode.h"

#define DC_PACKETS 32

struct decode_check {
    struct fb_decoder *d;
    uint64_t ordinal;
    int64_t now_ns;
    uint8_t *copy;
    struct fb_packet pkt[DC_PACKETS]; /* what came out of the last record */
    unsigned npkts;
};

void dc_init(struct decode_check *c, const struct fb_decode_opts *opts);
void dc_release(struct decode_check *c);

/* Feeds n of `wire` bytes; returns how many packets came out. */
unsigned dc_feed_cut(struct decode_check *c, uint32_t linktype, const uint8_t *p, size_t n, size_t wire);
unsigned dc_feed(struct decode_check *c, uint32_t linktype, const uint8_t *p, size_t n);

/* Enters the last packet that came out and appends what is inside. */
enum fb_status dc_enter(struct decode_check *c, enum fb_tunnel kind);

/* The packet has these addresses and ports. */
void dc_expect(const struct fb_packet *k, const char *src, unsigned src_p, const char *dst, unsigned dst_p);

/* Feeds every shorter cut of the record, as captured short and as short on the wire; enters every UDP packet
 * as every tunnel. Reads every byte of every payload. Nothing to expect but that nothing is read outside. */
void dc_cut_everywhere(uint32_t linktype, const uint8_t *p, size_t n);

#endif
