#include "base/addr.h"

#include <arpa/inet.h>

bool fb_addr_is_multicast(const struct fb_addr *a)
{
    return fb_addr_is_v4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

static unsigned put_u8(char *out, uint8_t v)
{
    unsigned n = 0;
    if (v >= 100)
        out[n++] = (char)('0' + v / 100);
    if (v >= 10)
        out[n++] = (char)('0' + v / 10 % 10);
    out[n++] = (char)('0' + v % 10);
    return n;
}

static unsigned format_v4(const uint8_t *p, char *out)
{
    unsigned n = 0;
    for (int i = 0; i < 4; i++) {
        if (i)
            out[n++] = '.';
        n += put_u8(out + n, p[i]);
    }
    out[n] = '\0';
    return n;
}

/* Finds the longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). */
static void longest_zero_run(const uint16_t g[static 8], int *start, int *len)
{
    *start = -1;
    *len = 1;
    for (int i = 0; i < 8;) {
        int n = 0;
        while (i + n < 8 && g[i + n] == 0)
            n++;
        if (n > *len) {
            *start = i;
            *len = n;
        }
        i += n ? n : 1;
    }
}

static unsigned put_hex16(char *out, uint16_t v)
{
    static const char digit[] = "0123456789abcdef";
    unsigned n = 0;
    for (int shift = 12; shift >= 0; shift -= 4)
        if (n || v >> shift || shift == 0)
            out[n++] = digit[v >> shift & 15];
    return n;
}

unsigned fb_addr_format(const struct fb_addr *a, char out[static FB_ADDR_STRLEN])
{
    if (fb_addr_is_v4(a))
        return format_v4(a->b + 12, out);
    uint16_t g[8];
    for (int i = 0; i < 8; i++)
        g[i] = (uint16_t)((unsigned)a->b[2 * i] << 8 | a->b[2 * i + 1]);
    int zstart, zlen;
    longest_zero_run(g, &zstart, &zlen);
    unsigned n = 0;
    for (int i = 0; i < 8; i++) {
        if (i == zstart) {
            out[n++] = ':';
            out[n++] = ':';
            i += zlen - 1;
            continue;
        }
        if (i && i != zstart + zlen)
            out[n++] = ':';
        else if (i && zstart < 0)
            out[n++] = ':';
        n += put_hex16(out + n, g[i]);
    }
    out[n] = '\0';
    return n;
}

bool fb_addr_parse(const char *text, struct fb_addr *out)
{
    uint8_t v4[4];
    if (inet_pton(AF_INET, text, v4) == 1) {
        *out = fb_addr_v4(v4);
        return true;
    }
    return inet_pton(AF_INET6, text, out->b) == 1;
}

bool fb_addr_parse_n(const void *text, size_t n, struct fb_addr *out)
{
    char t[FB_ADDR_STRLEN];
    if (n == 0 || n >= sizeof t || memchr(text, '\0', n))
        return false;
    memcpy(t, text, n);
    t[n] = '\0';
    return fb_addr_parse(t, out);
}
