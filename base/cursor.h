/* The byte cursor: the only way in which wire bytes are read.
 *
 * A cursor is a window on borrowed bytes with a sticky error: a fetch past the end returns zero and marks the
 * cursor as failed, and everything after that fails too, so a decoder can fetch ten fields and test once with
 * fb_cur_ok(). A failed cursor has nothing left, so loops over fb_cur_left() end. Not shared between threads.
 */
#ifndef FB_BASE_CURSOR_H
#define FB_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A borrowed view; never outlives the packet or block that it points into. */
struct fb_span {
    const uint8_t *p;
    size_t n;
};

struct fb_cur {
    const uint8_t *p;   /* next byte */
    const uint8_t *end; /* one past the last byte */
    bool bad;           /* a fetch went past the end */
};

/* `p` may be NULL when n is 0, and nothing is added to it then: arithmetic on NULL is undefined. */
static inline struct fb_cur fb_cur_init(const void *p, size_t n)
{
    return (struct fb_cur){.p = p, .end = n ? (const uint8_t *)p + n : p, .bad = false};
}

static inline bool fb_cur_ok(const struct fb_cur *c)
{
    return !c->bad;
}

static inline size_t fb_cur_left(const struct fb_cur *c)
{
    return (size_t)(c->end - c->p);
}

/* Takes n bytes and returns where they start, or NULL and a failed cursor when there are fewer. */
static inline const uint8_t *fb_cur_take(struct fb_cur *c, size_t n)
{
    if (n > fb_cur_left(c)) {
        c->bad = true;
        c->p = c->end;
        return NULL;
    }
    const uint8_t *p = c->p;
    if (n)
        c->p += n; /* not on NULL, which an empty cursor may hold */
    return p;
}

static inline void fb_cur_skip(struct fb_cur *c, size_t n)
{
    (void)fb_cur_take(c, n);
}

/* A cursor of its own over the next n bytes, which this one leaves behind. Failed when there are fewer. */
static inline struct fb_cur fb_cur_sub(struct fb_cur *c, size_t n)
{
    const uint8_t *p = fb_cur_take(c, n);
    struct fb_cur s = {.p = p ? p : c->end, .end = p ? p + n : c->end, .bad = p == NULL};
    return s;
}

/* Looks at the byte `off` bytes ahead without taking it; -1 when it is not there. */
static inline int fb_cur_peek(const struct fb_cur *c, size_t off)
{
    return off < fb_cur_left(c) ? c->p[off] : -1;
}

static inline uint16_t fb_load_be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t fb_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t fb_load_be64(const uint8_t *p)
{
    return (uint64_t)fb_load_be32(p) << 32 | fb_load_be32(p + 4);
}

static inline uint16_t fb_load_le16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[1] << 8 | p[0]);
}

static inline uint32_t fb_load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t fb_load_le64(const uint8_t *p)
{
    return (uint64_t)fb_load_le32(p + 4) << 32 | fb_load_le32(p);
}

static inline void fb_store_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void fb_store_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void fb_store_be64(uint8_t *p, uint64_t v)
{
    fb_store_be32(p, (uint32_t)(v >> 32));
    fb_store_be32(p + 4, (uint32_t)v);
}

static inline void fb_store_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void fb_store_le32(uint8_t *p, uint32_t v)
{
    fb_store_le16(p, (uint16_t)v);
    fb_store_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void fb_store_le64(uint8_t *p, uint64_t v)
{
    fb_store_le32(p, (uint32_t)v);
    fb_store_le32(p + 4, (uint32_t)(v >> 32));
}

static inline uint8_t fb_cur_u8(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 1);
    return p ? p[0] : 0;
}

static inline uint16_t fb_cur_be16(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 2);
    return p ? fb_load_be16(p) : 0;
}

static inline uint32_t fb_cur_be24(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 3);
    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t fb_cur_be32(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 4);
    return p ? fb_load_be32(p) : 0;
}

static inline uint64_t fb_cur_be64(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 8);
    return p ? fb_load_be64(p) : 0;
}

static inline uint16_t fb_cur_le16(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 2);
    return p ? fb_load_le16(p) : 0;
}

static inline uint32_t fb_cur_le32(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 4);
    return p ? fb_load_le32(p) : 0;
}

static inline uint64_t fb_cur_le64(struct fb_cur *c)
{
    const uint8_t *p = fb_cur_take(c, 8);
    return p ? fb_load_le64(p) : 0;
}

/* LEB128, at most ten bytes; a longer or cut one fails the cursor. */
static inline uint64_t fb_cur_varint(struct fb_cur *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t b = fb_cur_u8(c);
        if (c->bad)
            return 0;
        if (shift == 63 && b > 1)
            break;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
    c->bad = true;
    c->p = c->end;
    return 0;
}

/* Signed values as varints: 0, -1, 1, -2 ... become 0, 1, 2, 3 ... */
static inline uint64_t fb_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t fb_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* Writes LEB128 to out (at least 10 bytes); returns the number of bytes. */
static inline size_t fb_put_varint(uint8_t *out, uint64_t v)
{
    size_t n = 0;
    while (v >= 0x80) {
        out[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    out[n++] = (uint8_t)v;
    return n;
}

#endif
