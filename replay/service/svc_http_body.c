#include "replay/service/svc_http_body.h"

#include "replay/service/svc_text.h"

#define LENGTH_MAX (UINT64_C(1) << 62)

static void length_value(struct http_body *b, struct fb_span v)
{
    uint64_t len;
    v = svc_ltrim(v);
    if (svc_number(&v, LENGTH_MAX, &len)) {
        b->length = len;
        b->has_length = true;
    }
}

bool http_body_header(struct http_body *b, struct fb_span line)
{
    bool folded = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
    if (!folded)
        b->last = HTTP_BODY_NONE;
    if (svc_prefix(line, "content-length:")) {
        b->last = HTTP_BODY_LENGTH;
        length_value(b, (struct fb_span){line.p + 15, line.n - 15});
    } else if (svc_prefix(line, "transfer-encoding:")) {
        b->last = HTTP_BODY_CHUNKS;
        b->chunked = svc_contains(line, "chunked");
    } else if (folded && b->last == HTTP_BODY_LENGTH) {
        length_value(b, line);
    } else if (folded && b->last == HTTP_BODY_CHUNKS) {
        b->chunked |= svc_contains(line, "chunked");
    }
    return b->last != HTTP_BODY_NONE;
}

void http_body_start(struct http_body *b, bool none, bool reply)
{
    if (none)
        b->framing = HTTP_BODY_NONE;
    else if (b->chunked)
        b->framing = HTTP_BODY_CHUNKS;
    else if (b->has_length)
        b->framing = b->length > 0 ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
    else
        b->framing = reply ? HTTP_BODY_ENDLESS : HTTP_BODY_NONE;
    b->done = b->framing == HTTP_BODY_NONE;
}

static bool hex(uint8_t c, uint64_t *v)
{
    if (svc_is_digit(c))
        *v = (uint64_t)(c - '0');
    else if (svc_lower(c) >= 'a' && svc_lower(c) <= 'f')
        *v = (uint64_t)(svc_lower(c) - 'a') + 10;
    else
        return false;
    return true;
}

/* The size line of a chunk; a line that is none makes the rest endless. */
static void chunk_line(struct http_body *b, struct svc_dir *dir, struct fb_span line)
{
    uint64_t len = 0, v;
    size_t i = 0;
    for (; i < line.n && hex(line.p[i], &v); i++) {
        if (len > LENGTH_MAX >> 4) {
            i = 0;
            break;
        }
        len = len << 4 | v;
    }
    if (i == 0) {
        b->framing = HTTP_BODY_ENDLESS;
    } else if (len == 0) {
        b->trailer = true;
    } else {
        dir->skip = len;
        b->chunk_end = true;
    }
}

size_t http_body_feed(struct http_body *b, struct svc_dir *dir, const uint8_t *p, size_t n)
{
    if (b->done)
        return 0;
    if (b->framing == HTTP_BODY_LENGTH) {
        size_t take = b->length < n ? (size_t)b->length : n;
        dir->skip = b->length - take;
        b->done = true;
        return take;
    }
    if (b->framing == HTTP_BODY_ENDLESS) {
        dir->skip = UINT64_MAX;
        return n;
    }
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    if (b->chunk_end)
        b->chunk_end = false;
    else if (b->trailer)
        b->done = line.n == 0;
    else
        chunk_line(b, dir, line);
    return used;
}

bool http_body_done(const struct http_body *b)
{
    return b->done;
}

bool http_body_endless(const struct http_body *b)
{
    return b->framing == HTTP_BODY_ENDLESS;
}
