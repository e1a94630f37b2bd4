/* Sessions that wait for their neighbours. Chunk k of a case holds the numbers k*65536+1 .. (k+1)*65536, but
 * sessions arrive in the order in which they end; a window collects one chunk's rows and packet pieces in
 * compact form until all of them are there.
 *
 * A window belongs to one thread; it is handed over whole to the encoder. */
#ifndef FB_STORE_WINDOW_H
#define FB_STORE_WINDOW_H

#include "store/chunk.h"
#include "store/packet_chunk.h"

struct fb_block {
    struct fb_block *next;
    size_t len, cap;
    uint8_t bytes[];
};

/* Items one after the other; none straddles two blocks. */
struct fb_items {
    struct fb_block *head, *tail;
    size_t held_bytes; /* memory */
};

struct fb_window {
    uint64_t index;
    uint32_t arrived;       /* sessions, spilled ones counted */
    uint32_t nspills;       /* pieces that lie in the case file */
    struct fb_items rows;   /* varint slot, varint length, canonical row */
    struct fb_items pieces; /* varint slot, varint first ordinal, varint packets, varint bytes, steps */
};

void fb_items_release(struct fb_items *items);
bool fb_items_put(struct fb_items *items, const void *p, size_t n);

struct fb_window *fb_window_new(uint64_t index); /* NULL when memory ran out */
void fb_window_free(struct fb_window *w);        /* accepts NULL */
size_t fb_window_bytes(const struct fb_window *w);

/* `scratch` is the caller's buffer for one item. */
enum fb_status fb_window_add_session(struct fb_window *w, struct fb_buf *scratch, const struct fb_session *s,
                                     struct fb_err *err);
/* Cuts pieces of more than FB_ENTRY_PKTS packets and checks that the steps are what they should be. */
enum fb_status fb_window_add_packets(struct fb_window *w, struct fb_buf *scratch,
                                     const struct fb_packet_run *run, struct fb_err *err);

/* The window as it goes into the case. */
struct fb_window_blobs {
    uint64_t index;
    struct fb_chunk_blobs sessions;
    struct fb_packet_blob *packets;
    size_t npackets;
    enum fb_status status; /* of the encoding; err below */
    struct fb_err err;
};

struct fb_window_encoder; /* scratch of one encoding thread */
struct fb_window_encoder *fb_window_encoder_new(void);
void fb_window_encoder_free(struct fb_window_encoder *e);

/* Encodes a window in which no number is missing; the window is left as it was. */
void fb_window_encode(struct fb_window_encoder *e, const struct fb_window *w, struct fb_window_blobs *out);
void fb_window_blobs_release(struct fb_window_blobs *b);

#endif
