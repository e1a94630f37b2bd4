#include "intel/lists/list_addr.h"

#include "base/cursor.h"

/* A decimal number without leading zeros, at most `max`; how many characters it has, 0 when it is none. */
static size_t decimal(const uint8_t *p, size_t n, unsigned max, unsigned *out)
{
    unsigned v = 0;
    size_t i = 0;
    while (i < n && i < 4 && p[i] >= '0' && p[i] <= '9')
        v = v * 10 + (unsigned)(p[i++] - '0');
    if (i == 0 || v > max || (i > 1 && p[0] == '0'))
        return 0;
    *out = v;
    return i;
}

static bool parse_v4(const uint8_t *p, size_t n, struct fb_addr *out)
{
    uint8_t b[4];
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        unsigned v;
        if (i && (at >= n || p[at++] != '.'))
            return false;
        size_t k = decimal(p + at, n - at, 255, &v);
        if (k == 0)
            return false;
        at += k;
        b[i] = (uint8_t)v;
    }
    *out = fb_addr_v4(b);
    return at == n;
}

static bool parse_addr(const uint8_t *p, size_t n, struct fb_addr *out)
{
    if (parse_v4(p, n, out))
        return true;
    return n && memchr(p, ':', n) && fb_addr_parse_n(p, n, out);
}

/* Clears (lo) or sets (hi) the bits behind the first `bits` of 128. */
static void spread(struct fb_list_range *r, unsigned bits)
{
    unsigned at = bits / 8;
    if (bits % 8) {
        unsigned behind = 0xffu >> bits % 8;
        r->lo.b[at] = (uint8_t)(r->lo.b[at] & ~behind);
        r->hi.b[at] = (uint8_t)(r->hi.b[at] | behind);
        at++;
    }
    memset(r->lo.b + at, 0, 16 - at);
    memset(r->hi.b + at, 0xff, 16 - at);
}

static bool no(const char **why, const char *text)
{
    *why = text;
    return false;
}

static bool parse_cidr(const uint8_t *p, size_t slash, size_t n, struct fb_list_range *out, const char **why)
{
    unsigned bits;
    if (!parse_addr(p, slash, &out->lo))
        return no(why, "no address stands before the /");
    bool colons = memchr(p, ':', slash) != NULL;
    size_t k = decimal(p + slash + 1, n - slash - 1, colons ? 128 : 32, &bits);
    if (k == 0 || slash + 1 + k != n)
        return no(why, colons ? "a prefix length is a number of 0 to 128"
                              : "a prefix length is a number of 0 to 32");
    out->hi = out->lo;
    spread(out, colons ? bits : bits + 96);
    return true;
}

bool fb_list_range_parse(const void *text, size_t n, struct fb_list_range *out, const char **why)
{
    const uint8_t *p = text, *mark = n ? memchr(p, '/', n) : NULL;
    if (mark)
        return parse_cidr(p, (size_t)(mark - p), n, out, why);
    mark = n ? memchr(p, '-', n) : NULL;
    size_t first = mark ? (size_t)(mark - p) : n;
    if (n == 0 || !parse_addr(p, first, &out->lo))
        return no(why, "this is no address, CIDR block or range");
    out->hi = out->lo;
    if (!mark)
        return true;
    if (!parse_addr(mark + 1, n - first - 1, &out->hi))
        return no(why, "a range has a whole address on either side of the -");
    if (fb_addr_is_v4(&out->lo) != fb_addr_is_v4(&out->hi))
        return no(why, "a range has two addresses of one family");
    if (fb_addr_cmp(&out->lo, &out->hi) > 0)
        return no(why, "a reversed range: the first address is above the last");
    return true;
}

bool fb_list_range_looks(const void *text, size_t n)
{
    const uint8_t *p = text;
    bool mark = false;
    for (size_t i = 0; i < n; i++) {
        bool hex = (p[i] | 32) >= 'a' && (p[i] | 32) <= 'f';
        bool digit = p[i] >= '0' && p[i] <= '9';
        if (!digit && !(hex && memchr(p, ':', n)) && !memchr("./:-%", p[i], 5))
            return false;
        mark |= !digit && !hex;
    }
    return n && (mark || n < 4) && p[n - 1] != '-';
}

/* The length of the prefix when the range is a CIDR block, else 129. */
static unsigned prefix_of(const struct fb_list_range *r)
{
    struct fb_list_range b = {r->lo, r->lo};
    unsigned bits = 0;
    while (bits < 128 && r->lo.b[bits / 8] == r->hi.b[bits / 8])
        bits += 8;
    if (bits < 128)
        bits += (unsigned)__builtin_clz((unsigned)(r->lo.b[bits / 8] ^ r->hi.b[bits / 8])) - 24;
    spread(&b, bits);
    return fb_addr_eq(&b.lo, &r->lo) && fb_addr_eq(&b.hi, &r->hi) ? bits : 129;
}

size_t fb_list_range_format(const struct fb_list_range *r, char out[static FB_LIST_RANGE_STRLEN])
{
    size_t n = fb_addr_format(&r->lo, out);
    if (fb_addr_eq(&r->lo, &r->hi))
        return n;
    unsigned bits = prefix_of(r);
    if (bits > 128) {
        out[n] = '-';
        return n + 1 + fb_addr_format(&r->hi, out + n + 1);
    }
    unsigned b = fb_addr_is_v4(&r->lo) ? bits - 96 : bits;
    char *end = out + n;
    *end++ = '/';
    if (b >= 100)
        *end++ = (char)('0' + b / 100);
    if (b >= 10)
        *end++ = (char)('0' + b / 10 % 10);
    *end++ = (char)('0' + b % 10);
    *end = '\0';
    return (size_t)(end - out);
}

bool fb_list_addr_is_local(const struct fb_addr *a)
{
    const uint8_t *b = a->b;
    if (fb_addr_is_multicast(a))
        return true;
    if (fb_addr_is_v4(a))
        return b[12] == 10 || b[12] == 127 || b[12] == 0 || (b[12] == 172 && (b[13] & 0xf0) == 16) ||
               (b[12] == 192 && b[13] == 168) || (b[12] == 169 && b[13] == 254) ||
               fb_load_be32(b + 12) == 0xffffffff;
    static const uint8_t zero[15];
    return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
           (memcmp(b, zero, 15) == 0 && b[15] <= 1);
}
