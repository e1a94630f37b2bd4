#include "replay/service/svc_text.h"

size_t svc_line(const uint8_t *p, size_t n, struct fb_span *line)
{
    const uint8_t *lf = memchr(p, '\n', n);
    if (!lf)
        return 0;
    size_t len = (size_t)(lf - p);
    line->p = p;
    line->n = len > 0 && p[len - 1] == '\r' ? len - 1 : len;
    return len + 1;
}

bool svc_prefix(struct fb_span s, const char *lit)
{
    size_t i = 0;
    for (; lit[i]; i++)
        if (i >= s.n || svc_lower(s.p[i]) != svc_lower((uint8_t)lit[i]))
            return false;
    return true;
}

bool svc_equal(struct fb_span s, const char *lit)
{
    return s.n == strlen(lit) && svc_prefix(s, lit);
}

bool svc_contains(struct fb_span s, const char *lit)
{
    size_t len = strlen(lit);
    for (; s.n >= len; s.p++, s.n--)
        if (svc_prefix(s, lit))
            return true;
    return false;
}

struct fb_span svc_ltrim(struct fb_span s)
{
    while (s.n > 0 && svc_is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    return s;
}

struct fb_span svc_word(struct fb_span *s)
{
    *s = svc_ltrim(*s);
    struct fb_span w = {s->p, 0};
    while (w.n < s->n && !svc_is_space(s->p[w.n]))
        w.n++;
    s->p += w.n;
    s->n -= w.n;
    return w;
}

bool svc_number(struct fb_span *s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < s->n && svc_is_digit(s->p[i]); i++) {
        uint64_t d = (uint64_t)(s->p[i] - '0');
        if (v > (max - d) / 10 || d > max)
            return false;
        v = v * 10 + d;
    }
    if (i == 0)
        return false;
    s->p += i;
    s->n -= i;
    *out = v;
    return true;
}
