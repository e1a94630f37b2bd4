/* The CRYPTO stream of one direction, put together from pieces in any order. Owned by a session's state. */
#ifndef FB_INTEL_QUIC_STREAM_H
#define FB_INTEL_QUIC_STREAM_H

#include "base/cursor.h"

#define FB_QUIC_STREAM_MAX    22528u
#define FB_QUIC_STREAM_RANGES 64

struct fb_quic_range {
    uint32_t from, to;
};

struct fb_quic_stream {
    uint8_t *bytes;
    uint32_t cap;
    uint32_t n;                                       /* ranges */
    struct fb_quic_range have[FB_QUIC_STREAM_RANGES]; /* ascending, apart */
};

/* Adds a piece; one beyond the ceiling, or that makes too many holes, is forgotten. */
void fb_quic_stream_add(struct fb_quic_stream *s, uint64_t off, struct fb_span piece);

/* The first handshake message with its header, once it is whole. */
bool fb_quic_stream_message(const struct fb_quic_stream *s, struct fb_span *message);

void fb_quic_stream_release(struct fb_quic_stream *s);

#endif
