#include "cli/zeek_cells.h"

#include "base/escape.h"
#include "base/timefmt.h"

int64_t fb_zeek_us(int64_t ns)
{
    return ns / 1000 - (ns % 1000 < 0);
}

void fb_zeek_seconds(struct fb_buf *b, int64_t us)
{
    char t[FB_TIME_STRLEN];
    fb_buf_put(b, t, fb_time_format_seconds(us * 1000, 6, t));
}

void fb_zeek_int(struct fb_buf *b, const struct fb_rec_cell *c)
{
    if (c->null)
        fb_buf_putc(b, '-');
    else
        fb_buf_put_i64dec(b, c->i);
}

void fb_zeek_bool(struct fb_buf *b, bool v)
{
    fb_buf_putc(b, v ? 'T' : 'F');
}

/* Inside a vector a comma is escaped as well. */
void fb_zeek_item(struct fb_buf *b, struct fb_span s, bool in_vector)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n && in_vector; i++) {
        if (s.p[i] != ',')
            continue;
        fb_escape_zeek(b, s.p + from, i - from);
        fb_buf_puts(b, "\\x2c");
        from = i + 1;
    }
    fb_escape_zeek(b, s.p + from, s.n - from);
}

void fb_zeek_text(struct fb_buf *b, const struct fb_rec_cell *c)
{
    if (c->null)
        fb_buf_putc(b, '-');
    else if (c->s.n == 0 || (c->s.n == 1 && *c->s.p == '.'))
        fb_buf_puts(b, "(empty)");
    else
        fb_zeek_item(b, c->s, false);
}

void fb_zeek_id(struct fb_buf *b, const struct fb_session *s, const char *proto)
{
    char uid[FB_UID_STRLEN], a[FB_ADDR_STRLEN];
    fb_session_uid(s, uid);
    fb_buf_printf(b, "\t%s\t", uid);
    fb_buf_put(b, a, fb_addr_format(&s->orig_h, a));
    fb_buf_printf(b, "\t%u\t", s->orig_p);
    fb_buf_put(b, a, fb_addr_format(&s->resp_h, a));
    fb_buf_printf(b, "\t%u\t", s->resp_p);
    if (proto)
        fb_buf_printf(b, "%s\t", proto);
}
