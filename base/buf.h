/* A growing byte buffer with a ceiling.
 *
 * Invariants: data is NULL only while cap is 0; len <= cap <= max. A failed growth (ceiling or memory) sets
 * `failed`, changes nothing else and makes every later append a no-op, so that a row can be put together and
 * tested once. The owner calls fb_buf_release. Not shared between threads. */
#ifndef FB_BASE_BUF_H
#define FB_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fb_buf {
    uint8_t *data;
    size_t len, cap;
    size_t max; /* ceiling in bytes */
    bool failed;
};

void fb_buf_init(struct fb_buf *b, size_t max);
void fb_buf_release(struct fb_buf *b); /* accepts a zeroed buffer */
void fb_buf_clear(struct fb_buf *b);   /* keeps the memory, forgets content and failure */

bool fb_buf_grow(struct fb_buf *b, size_t n); /* behind fb_buf_reserve */

/* Makes room for n more bytes; false when that is beyond the ceiling or memory ran out. */
static inline bool fb_buf_reserve(struct fb_buf *b, size_t n)
{
    return (!b->failed && n <= b->cap - b->len) || fb_buf_grow(b, n);
}

static inline void fb_buf_put(struct fb_buf *b, const void *p, size_t n)
{
    if (n == 0 || !fb_buf_reserve(b, n))
        return;
    memcpy(b->data + b->len, p, n);
    b->len += n;
}

static inline void fb_buf_putc(struct fb_buf *b, char c)
{
    if (fb_buf_reserve(b, 1))
        b->data[b->len++] = (uint8_t)c;
}

void fb_buf_puts(struct fb_buf *b, const char *s);
void fb_buf_put_varint(struct fb_buf *b, uint64_t v);
void fb_buf_put_le64(struct fb_buf *b, uint64_t v);
void fb_buf_put_u64dec(struct fb_buf *b, uint64_t v); /* decimal digits, no locale */
void fb_buf_put_i64dec(struct fb_buf *b, int64_t v);
void fb_buf_printf(struct fb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* NUL-terminates (the NUL is not counted in len) and returns the text; "" when the buffer is empty or failed.
 */
const char *fb_buf_cstr(struct fb_buf *b);

#endif
