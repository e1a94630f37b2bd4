#include "intel/wire/quic_stream.h"

#include "base/memory.h"

#include <stdlib.h>

/* Adds [from, to) and joins what touches it. False when that needs one range too many. */
static bool add_range(struct fb_quic_stream *s, uint32_t from, uint32_t to)
{
    uint32_t first = 0, last;
    while (first < s->n && s->have[first].to < from)
        first++;
    for (last = first; last < s->n && s->have[last].from <= to; last++) {
        from = s->have[last].from < from ? s->have[last].from : from;
        to = s->have[last].to > to ? s->have[last].to : to;
    }
    if (first == last && s->n == FB_QUIC_STREAM_RANGES)
        return false;
    memmove(s->have + first + 1, s->have + last, (s->n - last) * sizeof s->have[0]);
    s->have[first] = (struct fb_quic_range){from, to};
    s->n = s->n - (last - first) + 1;
    return true;
}

static bool room(struct fb_quic_stream *s, uint32_t n)
{
    uint32_t cap = s->cap ? s->cap : 2048;
    while (cap < n)
        cap *= 2;
    cap = cap < FB_QUIC_STREAM_MAX ? cap : FB_QUIC_STREAM_MAX;
    if (cap == s->cap)
        return true;
    uint8_t *p = fb_realloc(s->bytes, cap);
    if (!p)
        return false;
    s->bytes = p;
    s->cap = cap;
    return true;
}

void fb_quic_stream_add(struct fb_quic_stream *s, uint64_t off, struct fb_span piece)
{
    if (piece.n == 0 || off >= FB_QUIC_STREAM_MAX || piece.n > FB_QUIC_STREAM_MAX - off)
        return;
    uint32_t from = (uint32_t)off, to = from + (uint32_t)piece.n;
    if (room(s, to) && add_range(s, from, to))
        memcpy(s->bytes + from, piece.p, piece.n);
}

bool fb_quic_stream_message(const struct fb_quic_stream *s, struct fb_span *message)
{
    if (s->n == 0 || s->have[0].from != 0 || s->have[0].to < 4)
        return false;
    size_t len = 4 + ((size_t)s->bytes[1] << 16 | (size_t)s->bytes[2] << 8 | s->bytes[3]);
    *message = (struct fb_span){s->bytes, len};
    return len <= s->have[0].to;
}

void fb_quic_stream_release(struct fb_quic_stream *s)
{
    free(s->bytes);
    *s = (struct fb_quic_stream){0};
}
