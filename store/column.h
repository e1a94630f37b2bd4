/* Column codec: arrays of 64-bit values and byte strings as zstd-compressed pages (docs/case-format.md,
 * "Streams").
 *
 * Writing appends a directory entry to one buffer and the payload to another. Reading takes a stream whose
 * directory entry has been checked and decodes one page at a time. A struct fb_zip is scratch space; it
 * belongs to one thread. */
#ifndef FB_STORE_COLUMN_H
#define FB_STORE_COLUMN_H

#include "base/buf.h"
#include "base/cursor.h"

#include <zstd.h>

#define FB_PAGE_ROWS         4096u       /* values in a page of integers */
#define FB_PAGE_BYTES        65536u      /* bytes in a page of a byte stream */
#define FB_STREAM_VALUES_MAX (1u << 24)  /* values of an integer stream */
#define FB_STREAM_BYTES_MAX  (64u << 20) /* bytes of a byte stream */

/* Nearly every page is full: with the number known, the compiler makes vectors of a loop over it. The loop is
 * a function that is FB_PAGE_LOOP. */
#define FB_PAGE_LOOP static inline __attribute__((always_inline))
#define FB_FULL_OR(n, call_full, call_n)                                                                     \
    do {                                                                                                     \
        if ((n) == FB_PAGE_ROWS)                                                                             \
            call_full;                                                                                       \
        else                                                                                                 \
            call_n;                                                                                          \
    } while (0)

/* Stored in cases. */
enum fb_col_enc { FB_ENC_PLANES = 0, FB_ENC_MIXED = 1, FB_ENC_DELTA = 2, FB_ENC_BYTES = 3 };

struct fb_zip {
    ZSTD_CCtx *cc;
    ZSTD_DCtx *dc;
    uint8_t *raw;   /* FB_PAGE_BYTES: bytes of a page before compression or after decompression */
    uint8_t *frame; /* compressed form of the same */
    size_t frame_cap;
    uint64_t *vals; /* FB_PAGE_ROWS */
};

bool fb_zip_init(struct fb_zip *z, int level); /* false when memory ran out; release it in any case */
void fb_zip_release(struct fb_zip *z);

/* Appends the stream `id` with n values. `is_signed`: the values are int64_t in two's complement. */
void fb_column_encode(struct fb_zip *z, unsigned id, const uint64_t *v, size_t n, bool is_signed,
                      struct fb_buf *dir, struct fb_buf *body);
void fb_bytes_encode(struct fb_zip *z, unsigned id, const uint8_t *p, size_t n, struct fb_buf *dir,
                     struct fb_buf *body);

struct fb_page_ref {
    uint32_t off, len; /* inside the stream's payload */
    uint64_t first;    /* FB_ENC_DELTA: the page's first value */
};

/* A stream of a group blob, checked, with borrowed payload. */
struct fb_stream {
    bool present;
    uint8_t enc, width;
    uint64_t nvals, base;
    const uint8_t *p;
    size_t len;
    struct fb_page_ref *pages;
    size_t npages;
};

/* Parses one directory entry (the id has been taken already); `p` is set by the caller once the directory has
 * ended. False: malformed, or out of memory. The caller releases the stream in any case. */
bool fb_stream_parse(struct fb_cur *dir, struct fb_stream *s);
void fb_stream_release(struct fb_stream *s);

/* Decodes page `i` of an integer stream into out[0 .. values in that page). Returns the number of values, 0
 * when the page does not hold what its directory says. */
size_t fb_stream_page(struct fb_zip *z, const struct fb_stream *s, size_t i,
                      uint64_t out[static FB_PAGE_ROWS]);

/* The values of `npicks` <= FB_PICKS_MAX rows of page `i` (ascending, each below FB_PAGE_ROWS), which need
 * not all be put together. Returns the number of values in the page, 0 on damage or when a row lies behind
 * it. */
#define FB_PICKS_MAX 16u
size_t fb_stream_pick(struct fb_zip *z, const struct fb_stream *s, size_t i, const uint16_t *rows,
                      size_t npicks, uint64_t *out);

/* Decodes page `i` of a byte stream into out; returns the number of bytes, 0 on damage. */
size_t fb_stream_bytes(struct fb_zip *z, const struct fb_stream *s, size_t i,
                       uint8_t out[static FB_PAGE_BYTES]);

/* A whole byte stream in one allocation with a NUL after it; NULL on damage or without memory. */
uint8_t *fb_stream_all_bytes(struct fb_zip *z, const struct fb_stream *s);

/* One blob of its own: varint length, then pages as in a byte stream. */
void fb_blob_pack(struct fb_zip *z, const uint8_t *p, size_t n, struct fb_buf *out);
/* The reverse, at most `max` bytes; NULL on damage or without memory. */
uint8_t *fb_blob_unpack(struct fb_zip *z, const void *p, size_t n, size_t max, size_t *out_n);

#endif
