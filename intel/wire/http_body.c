#include "intel/wire/http_body.h"

#include "intel/wire/wire.h"

void fb_http_body_header(struct fb_http_body *b, struct fb_span name, struct fb_span value)
{
    uint64_t length;
    if (fb_wire_is(name, "content-length") && fb_wire_number(value, INT64_MAX, &length)) {
        b->has_length = true;
        b->length = length;
    } else if (fb_wire_is(name, "transfer-encoding")) {
        /* chunked is the last coding where there are several */
        struct fb_span rest = value, coding = value;
        while (rest.n > 0)
            coding = fb_wire_trim(fb_wire_split(&rest, ','));
        b->chunked = fb_wire_is(coding, "chunked");
    }
}

void fb_http_body_start(struct fb_http_body *b, bool none, bool reply)
{
    b->bytes = 0;
    if (none)
        b->framing = FB_HTTP_OVER;
    else if (b->chunked)
        b->framing = FB_HTTP_CHUNK_SIZE;
    else if (b->has_length)
        b->framing = b->length > 0 ? FB_HTTP_LENGTH : FB_HTTP_OVER;
    else
        b->framing = reply ? FB_HTTP_TO_THE_END : FB_HTTP_OVER;
    b->left = b->length;
}

static bool chunk_size(struct fb_span line, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    line = fb_wire_trim(line);
    for (; i < line.n; i++) {
        uint8_t c = line.p[i] | 0x20;
        unsigned digit = c >= '0' && c <= '9' ? c - 48U : c >= 'a' && c <= 'f' ? c - 87U : 16;
        if (digit == 16)
            break;
        if (v >> 59)
            return false;
        v = v << 4 | digit;
    }
    *out = v;
    return i > 0 && (i == line.n || line.p[i] == ';' || line.p[i] == ' ' || line.p[i] == '\t');
}

static size_t line_of(struct fb_http_body *b, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = fb_wire_line(p, n, FB_HTTP_CHUNK_LINE_MAX, &line);
    if (used == 0)
        return 0;
    if (b->framing == FB_HTTP_CHUNK_SIZE) {
        if (!line.p || !chunk_size(line, &b->left))
            b->framing = FB_HTTP_TRAILER;
        else
            b->framing = b->left ? FB_HTTP_CHUNK : FB_HTTP_TRAILER;
    } else if (b->framing == FB_HTTP_CHUNK_END) {
        b->framing = FB_HTTP_CHUNK_SIZE;
    } else if (line.p && line.n == 0) {
        b->framing = FB_HTTP_OVER;
    }
    return used;
}

static void count(struct fb_http_body *b, uint64_t n)
{
    if (b->framing == FB_HTTP_TO_THE_END)
        return;
    b->left -= n;
    if (b->left == 0)
        b->framing = b->framing == FB_HTTP_LENGTH ? FB_HTTP_OVER : FB_HTTP_CHUNK_END;
}

size_t fb_http_body_feed(struct fb_http_body *b, const uint8_t *p, size_t n)
{
    if (b->framing == FB_HTTP_OVER)
        return 0;
    if (b->framing != FB_HTTP_LENGTH && b->framing != FB_HTTP_CHUNK && b->framing != FB_HTTP_TO_THE_END)
        return line_of(b, p, n);
    size_t take = b->framing != FB_HTTP_TO_THE_END && b->left < n ? (size_t)b->left : n;
    b->bytes += take;
    count(b, take);
    return take;
}

bool fb_http_body_gap(struct fb_http_body *b, uint64_t n)
{
    if (b->framing == FB_HTTP_TO_THE_END)
        return true;
    if ((b->framing != FB_HTTP_LENGTH && b->framing != FB_HTTP_CHUNK) || n > b->left)
        return false;
    count(b, n);
    return true;
}
