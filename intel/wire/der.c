#include "intel/wire/der.h"

static void fail(struct fb_cur *c)
{
    c->bad = true;
    c->p = c->end;
}

/* X.690, section 8.1.3; four bytes of length are more than any message has. */
static size_t length_of(struct fb_cur *c)
{
    size_t n = fb_cur_u8(c);
    if (n < 0x80)
        return n;
    size_t bytes = n & 0x7f;
    if (bytes == 0 || bytes > 4)
        fail(c);
    n = 0;
    for (size_t i = 0; i < bytes && fb_cur_ok(c); i++)
        n = n << 8 | fb_cur_u8(c);
    return n;
}

bool fb_der_next(struct fb_cur *c, struct fb_der *out)
{
    if (!fb_cur_left(c))
        return false;
    const uint8_t *start = c->p;
    uint8_t tag = fb_cur_u8(c);
    if ((tag & 0x1f) == 0x1f)
        fail(c);
    size_t n = length_of(c);
    const uint8_t *p = fb_cur_take(c, n);
    if (!fb_cur_ok(c))
        return false;
    *out = (struct fb_der){.tag = tag, .value = {p, n}, .whole = {start, (size_t)(c->p - start)}};
    return true;
}

bool fb_der_take(struct fb_cur *c, unsigned tag, struct fb_span *value)
{
    struct fb_der d;
    *value = (struct fb_span){NULL, 0};
    if (!fb_der_next(c, &d) || d.tag != tag) {
        fail(c);
        return false;
    }
    *value = d.value;
    return true;
}

bool fb_der_option(struct fb_cur *c, unsigned tag, struct fb_span *value)
{
    *value = (struct fb_span){NULL, 0};
    return fb_cur_peek(c, 0) == (int)tag && fb_der_take(c, tag, value);
}

struct fb_cur fb_der_enter(struct fb_cur *c, unsigned tag)
{
    struct fb_span value;
    bool ok = fb_der_take(c, tag, &value);
    struct fb_cur in = fb_cur_init(value.p, value.n);
    in.bad = !ok;
    return in;
}

bool fb_der_integer(struct fb_cur *c, struct fb_span *value)
{
    if (!fb_der_take(c, FB_DER_INTEGER, value))
        return false;
    const uint8_t *p = value->p;
    bool padded = value->n > 1 && ((p[0] == 0 && p[1] < 0x80) || (p[0] == 0xff && p[1] >= 0x80));
    if (value->n == 0 || padded)
        fail(c);
    return fb_cur_ok(c);
}

bool fb_der_int64(struct fb_span value, int64_t *out)
{
    if (value.n == 0 || value.n > 8)
        return false;
    uint64_t v = value.p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < value.n; i++)
        v = v << 8 | value.p[i];
    *out = (int64_t)v;
    return true;
}

size_t fb_der_bits(struct fb_span value)
{
    if (value.n == 0 || value.p[0] & 0x80)
        return 0;
    while (value.n > 0 && value.p[0] == 0)
        value = (struct fb_span){value.p + 1, value.n - 1};
    size_t bits = value.n * 8;
    for (unsigned top = 0x80; value.n > 0 && !(value.p[0] & top); top >>= 1)
        bits--;
    return bits;
}
