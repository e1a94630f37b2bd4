#include "cli/wrap.h"

#include "cli/table.h"

#define NARROWEST 20 /* columns of text that a line has in any case */

static size_t word_end(const uint8_t *p, size_t n, size_t from)
{
    const uint8_t *blank = from < n ? memchr(p + from, ' ', n - from) : NULL;
    return blank ? (size_t)(blank - p) : n;
}

void fb_put_wrapped(struct fb_out *out, const void *text, size_t n, size_t indent)
{
    struct fb_buf *b = &out->buf;
    const uint8_t *p = text;
    if (!out->terminal) {
        fb_buf_put(b, p, n);
        return;
    }
    size_t width = fb_table_terminal_width();
    size_t room = width > indent + NARROWEST ? width - indent : NARROWEST;
    for (size_t at = 0, used = 0; at < n;) {
        size_t end = word_end(p, n, at), w = fb_text_width(p + at, end - at);
        if (used && used + 1 + w > room) {
            fb_buf_putc(b, '\n');
            for (size_t i = 0; i < indent; i++)
                fb_buf_putc(b, ' ');
            used = 0;
        } else if (at) {
            fb_buf_putc(b, ' ');
            used++;
        }
        fb_buf_put(b, p + at, end - at);
        used += w;
        at = end + 1;
    }
}
