#include "base/buf.h"

#include "base/cursor.h"

#include <stdarg.h>

void fb_buf_init(struct fb_buf *b, size_t max)
{
    *b = (struct fb_buf){.max = max};
}

void fb_buf_release(struct fb_buf *b)
{
    if (!b)
        return;
    free(b->data);
    *b = (struct fb_buf){.max = b->max};
}

void fb_buf_clear(struct fb_buf *b)
{
    b->len = 0;
    b->failed = false;
}

bool fb_buf_grow(struct fb_buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n > b->max - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + n;
    size_t cap = b->cap ? b->cap : b->max < 64 ? b->max : 64;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    uint8_t *p = realloc(b->data, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->data = p;
    b->cap = cap;
    return true;
}

void fb_buf_puts(struct fb_buf *b, const char *s)
{
    fb_buf_put(b, s, strlen(s));
}

void fb_buf_put_varint(struct fb_buf *b, uint64_t v)
{
    if (fb_buf_reserve(b, 10))
        b->len += fb_put_varint(b->data + b->len, v);
}

void fb_buf_put_le64(struct fb_buf *b, uint64_t v)
{
    uint8_t t[8];
    fb_store_le64(t, v);
    fb_buf_put(b, t, sizeof t);
}

void fb_buf_put_u64dec(struct fb_buf *b, uint64_t v)
{
    char t[20];
    size_t i = sizeof t;
    do {
        t[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    fb_buf_put(b, t + i, sizeof t - i);
}

void fb_buf_put_i64dec(struct fb_buf *b, int64_t v)
{
    if (v < 0)
        fb_buf_putc(b, '-');
    fb_buf_put_u64dec(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void fb_buf_printf(struct fb_buf *b, const char *fmt, ...)
{
    va_list ap, ap2;
    va_start(ap, fmt);
    va_copy(ap2, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && fb_buf_reserve(b, (size_t)n + 1)) {
        vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap2);
        b->len += (size_t)n;
    }
    va_end(ap2);
}

const char *fb_buf_cstr(struct fb_buf *b)
{
    if (!fb_buf_reserve(b, 1))
        return "";
    b->data[b->len] = '\0';
    return (const char *)b->data;
}
