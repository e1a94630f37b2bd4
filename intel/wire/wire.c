#include "intel/wire/wire.h"

#include "base/memory.h"

#include <stdlib.h>

void fb_wire_dir_release(struct fb_wire_dir *d)
{
    free(d->held);
    *d = (struct fb_wire_dir){.dead = true};
}

static bool hold(struct fb_wire_dir *d, size_t max, const uint8_t *p, size_t n)
{
    if (n > max - d->n)
        return false;
    if (d->n + n > d->cap) {
        size_t cap = d->cap ? d->cap : 256;
        while (cap < d->n + n)
            cap *= 2;
        cap = cap < max ? cap : max;
        uint8_t *grown = fb_realloc(d->held, cap);
        if (!grown)
            return false;
        d->held = grown;
        d->cap = (uint32_t)cap;
    }
    memcpy(d->held + d->n, p, n);
    d->n += (uint32_t)n;
    return true;
}

static size_t skip(struct fb_wire_dir *d, size_t n)
{
    size_t k = d->skip < n ? (size_t)d->skip : n;
    d->skip -= k;
    return k;
}

/* Parses from p until nothing more is used; returns the bytes used. */
static size_t drain(struct fb_wire_call *call, fb_wire_parse *parse, const uint8_t *p, size_t n)
{
    struct fb_wire_dir *d = call->dir;
    size_t off = 0;
    while (off < n && !d->dead) {
        size_t used = d->skip ? skip(d, n - off) : parse(call, p + off, n - off);
        if (used == 0)
            break;
        off += used;
    }
    return off;
}

static void forget(struct fb_wire_dir *d)
{
    free(d->held);
    d->held = NULL;
    d->n = d->cap = 0;
}

/* Bytes are taken in small steps while some are held, so that one that completes a unit does not drag all the
 * others through the buffer. */
#define STEP 4096

bool fb_wire_feed(struct fb_wire_call *call, size_t max, fb_wire_parse *parse, const uint8_t *p, size_t n)
{
    struct fb_wire_dir *d = call->dir;
    while (n > 0 && !d->dead) {
        if (d->n == 0) {
            size_t used = drain(call, parse, p, n);
            p += used;
            n -= used;
            if (n == 0 || d->dead)
                break;
        }
        size_t take = n < STEP ? n : STEP;
        take = take < max - d->n ? take : max - d->n;
        if (take == 0 || !hold(d, max, p, take)) {
            fb_wire_dir_release(d);
            return false;
        }
        p += take;
        n -= take;
        size_t used = drain(call, parse, d->held, d->n);
        if (used == d->n) {
            forget(d);
        } else if (used > 0) {
            d->n -= (uint32_t)used;
            memmove(d->held, d->held + used, d->n);
        }
    }
    if (d->dead)
        forget(d);
    return true;
}

bool fb_wire_gap(struct fb_wire_dir *d, uint64_t n)
{
    if (d->dead || n <= d->skip) {
        d->skip -= d->dead ? 0 : n;
        return true;
    }
    d->skip = 0;
    forget(d);
    return false;
}

size_t fb_wire_line(const uint8_t *p, size_t n, size_t max, struct fb_span *line)
{
    size_t look = n < max ? n : max;
    const uint8_t *end = memchr(p, '\n', look);
    *line = (struct fb_span){NULL, 0};
    if (!end)
        return look < max ? 0 : max;
    size_t len = (size_t)(end - p);
    *line = (struct fb_span){p, len > 0 && p[len - 1] == '\r' ? len - 1 : len};
    return len + 1;
}

struct fb_span fb_wire_split(struct fb_span *rest, uint8_t sep)
{
    const uint8_t *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    struct fb_span head = {rest->p, at ? (size_t)(at - rest->p) : rest->n};
    size_t used = at ? head.n + 1 : head.n;
    *rest = (struct fb_span){rest->n ? rest->p + used : rest->p, rest->n - used};
    return head;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct fb_span fb_wire_trim(struct fb_span s)
{
    while (s.n > 0 && blank(s.p[0]))
        s = (struct fb_span){s.p + 1, s.n - 1};
    while (s.n > 0 && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool fb_wire_starts(struct fb_span s, const char *text)
{
    for (size_t i = 0; text[i]; i++)
        if (i >= s.n || lower(s.p[i]) != lower((uint8_t)text[i]))
            return false;
    return true;
}

bool fb_wire_is(struct fb_span s, const char *text)
{
    return s.n == strlen(text) && fb_wire_starts(s, text);
}

bool fb_wire_number(struct fb_span s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)s.p[i] - '0';
        if (digit > 9 || v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return s.n > 0;
}

void fb_wire_keep(struct fb_buf *b, struct fb_span s)
{
    fb_buf_clear(b);
    size_t n = s.n < b->max ? s.n : b->max;
    if (fb_buf_reserve(b, n + (n == 0 && b->max > 0)))
        fb_buf_put(b, s.p, n);
}

void fb_wire_cell(struct fb_buf *row, const struct fb_buf *b)
{
    if (b->data)
        fb_rec_bytes(row, b->data, b->len);
    else
        fb_rec_null(row);
}

void fb_wire_list_cell(struct fb_buf *row, const struct fb_buf *items)
{
    if (items->len)
        fb_rec_bytes(row, items->data, items->len);
    else
        fb_rec_null(row);
}

void fb_wire_mac_cell(struct fb_buf *row, const uint8_t mac[static 6])
{
    static const char hex[] = "0123456789abcdef";
    char text[17];
    for (size_t i = 0; i < 6; i++) {
        text[3 * i] = hex[mac[i] >> 4];
        text[3 * i + 1] = hex[mac[i] & 15];
        if (i < 5)
            text[3 * i + 2] = ':';
    }
    fb_rec_bytes(row, text, sizeof text);
}

void fb_wire_bool_cell(struct fb_buf *row, bool known, bool value)
{
    if (known)
        fb_rec_int(row, value);
    else
        fb_rec_null(row);
}

void fb_wire_put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                 const struct fb_buf *row)
{
    if (!row->failed && row->len <= FB_REC_BYTES_MAX)
        out->put(out, def, at, (struct fb_span){row->data, row->len});
}
