/* Decompression as a stream: gzip (RFC 1952, many members), zstd (RFC 8878, many and skippable frames), lz4
 * frames, xz (many streams). Memory is bounded by the window limits in unpack.c, never by what the file
 * claims. */
#ifndef FB_INGEST_UNPACK_H
#define FB_INGEST_UNPACK_H

#include "base/evidence.h"
#include "ingest/rawsrc.h"

struct fb_unpack;

/* The kind that the first bytes of a file tell. */
enum fb_compression fb_unpack_detect(const uint8_t *p, size_t n);

enum fb_status fb_unpack_new(enum fb_compression kind, struct fb_unpack **out, struct fb_err *err);

/* Hands over the next block of the file (borrowed until it is used up); n = 0 says that there is no more. */
void fb_unpack_feed(struct fb_unpack *u, const uint8_t *p, size_t n);

enum fb_unpack_state { FB_UNPACK_MORE, FB_UNPACK_FULL, FB_UNPACK_END, FB_UNPACK_BAD };

/* Fills out[*n .. cap). MORE: feed again; FULL: the buffer is full; END: all was good; BAD: see
 * fb_unpack_damage. */
enum fb_unpack_state fb_unpack_run(struct fb_unpack *u, uint8_t *out, size_t cap, size_t *n);

const char *fb_unpack_damage(const struct fb_unpack *u); /* one sentence, after FB_UNPACK_BAD */

void fb_unpack_free(struct fb_unpack *u); /* accepts NULL */

#endif
