#include "base/escape.h"

#include "base/utf8.h"

static const char HEX[] = "0123456789abcdef";
static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

static void put_byte_hex(struct fb_buf *out, uint8_t b)
{
    const char t[4] = {'\\', 'x', HEX[b >> 4], HEX[b & 15]};
    fb_buf_put(out, t, sizeof t);
}

/* \xHH for one byte, \u{HHHH} for the rest. */
static void put_visible(struct fb_buf *out, uint32_t cp)
{
    if (cp < 0x80) {
        put_byte_hex(out, (uint8_t)cp);
        return;
    }
    unsigned digits = cp > 0xffff ? 6 : 4;
    fb_buf_puts(out, "\\u{");
    while (digits-- > 0)
        fb_buf_putc(out, HEX[cp >> (4 * digits) & 15]);
    fb_buf_putc(out, '}');
}

/* Bytes from p that are printable ASCII and none of `special`: what every medium passes on as it is. */
static size_t plain_run(const uint8_t *p, size_t n, const char *special)
{
    size_t i = 0;
    while (i < n && p[i] >= 0x20 && p[i] < 0x7f && !strchr(special, p[i]))
        i++;
    return i;
}

void fb_escape_term(struct fb_buf *out, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n;) {
        size_t run = plain_run(p + i, n - i, "\\");
        fb_buf_put(out, p + i, run);
        i += run;
        if (i == n)
            break;
        uint32_t cp = 0;
        unsigned len = fb_utf8_decode(p + i, n - i, &cp);
        if (len == 0)
            put_byte_hex(out, p[i]);
        else if (cp == '\\')
            fb_buf_puts(out, "\\\\");
        else if (fb_utf8_is_control(cp))
            put_visible(out, cp);
        else
            fb_buf_put(out, p + i, len);
        i += len ? len : 1;
    }
}

/* One UTF-16 unit, as JSON counts them. */
static void put_json_unit(struct fb_buf *out, uint32_t unit)
{
    fb_buf_putc(out, 'u');
    for (int shift = 12; shift >= 0; shift -= 4)
        fb_buf_putc(out, HEX[unit >> shift & 15]);
}

static void put_json_special(struct fb_buf *out, uint32_t cp)
{
    static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = cp ? strchr(names, (int)cp) : NULL;
    fb_buf_putc(out, '\\');
    if (at) {
        fb_buf_putc(out, letters[at - names]);
        return;
    }
    put_json_unit(out, cp > 0xffff ? 0xd7c0 + (cp >> 10) : cp);
    if (cp > 0xffff) {
        fb_buf_putc(out, '\\');
        put_json_unit(out, 0xdc00 + (cp & 0x3ff));
    }
}

void fb_escape_json(struct fb_buf *out, const void *data, size_t n)
{
    const uint8_t *p = data;
    fb_buf_putc(out, '"');
    for (size_t i = 0; i < n;) {
        size_t run = plain_run(p + i, n - i, "\"\\");
        fb_buf_put(out, p + i, run);
        i += run;
        if (i == n)
            break;
        uint32_t cp = 0;
        unsigned len = fb_utf8_decode(p + i, n - i, &cp);
        if (len == 0)
            fb_buf_puts(out, REPLACEMENT);
        else if (cp < 0x80 || fb_utf8_is_control(cp))
            put_json_special(out, cp);
        else
            fb_buf_put(out, p + i, len);
        i += len ? len : 1;
    }
    fb_buf_putc(out, '"');
}

static bool csv_needs_quotes(const uint8_t *p, size_t n)
{
    if (n && (p[0] == ' ' || p[n - 1] == ' '))
        return true;
    for (size_t i = 0; i < n; i++)
        if (p[i] == ',' || p[i] == '"' || p[i] == ';')
            return true;
    return false;
}

/* Spreadsheets of East Asian settings take the wide forms of = + - @ for the same. */
static bool starts_formula(const uint8_t *p, size_t n)
{
    static const char wide[][4] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    if (n && p[0] && strchr("=+-@\t\r\n", p[0]))
        return true;
    for (size_t i = 0; n >= 3 && i < sizeof wide / sizeof wide[0]; i++)
        if (memcmp(p, wide[i], 3) == 0)
            return true;
    return false;
}

/* RFC 4180 allows line ends in quotes, yet a tool that reads by lines, and a terminal, would take the rest of
 * such a text for a record of its own: all controls become visible here as on a terminal. */
void fb_escape_csv(struct fb_buf *out, const void *data, size_t n, bool is_text)
{
    const uint8_t *p = data;
    bool quote = csv_needs_quotes(p, n);
    if (quote)
        fb_buf_putc(out, '"');
    if (is_text && starts_formula(p, n))
        fb_buf_putc(out, '\'');
    for (size_t i = 0; i < n;) {
        size_t run = plain_run(p + i, n - i, "\"");
        fb_buf_put(out, p + i, run);
        i += run;
        if (i == n)
            break;
        uint32_t cp = 0;
        unsigned len = fb_utf8_decode(p + i, n - i, &cp);
        if (len == 0)
            fb_buf_puts(out, REPLACEMENT);
        else if (cp == '"')
            fb_buf_puts(out, "\"\"");
        else if (fb_utf8_is_control(cp))
            put_visible(out, cp);
        else
            fb_buf_put(out, p + i, len);
        i += len ? len : 1;
    }
    if (quote)
        fb_buf_putc(out, '"');
}

/* Zeek's ASCII writer: a field that reads as "unset" or "empty" by accident has its first byte escaped. */
static bool zeek_reads_as_none(const uint8_t *p, size_t n)
{
    return (n == 1 && p[0] == '-') || (n == 7 && memcmp(p, "(empty)", 7) == 0);
}

void fb_escape_zeek(struct fb_buf *out, const void *data, size_t n)
{
    const uint8_t *p = data;
    size_t i = 0;
    if (n && zeek_reads_as_none(p, n))
        put_byte_hex(out, p[i++]);
    while (i < n) {
        size_t run = plain_run(p + i, n - i, "\\");
        fb_buf_put(out, p + i, run);
        i += run;
        if (i == n)
            break;
        uint32_t cp = 0;
        unsigned len = fb_utf8_decode(p + i, n - i, &cp);
        if (len == 0 || cp == '\\' || fb_utf8_is_control(cp)) {
            for (unsigned k = 0; k < (len ? len : 1); k++)
                put_byte_hex(out, p[i + k]);
        } else {
            fb_buf_put(out, p + i, len);
        }
        i += len ? len : 1;
    }
}

static const char *html_entity(uint32_t cp)
{
    switch (cp) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* Controls become visible text, since a numeric reference to one would act like the character itself. */
void fb_escape_html(struct fb_buf *out, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n;) {
        size_t run = plain_run(p + i, n - i, "&<>\"'");
        fb_buf_put(out, p + i, run);
        i += run;
        if (i == n)
            break;
        uint32_t cp = 0;
        unsigned len = fb_utf8_decode(p + i, n - i, &cp);
        const char *entity = len ? html_entity(cp) : REPLACEMENT;
        if (entity)
            fb_buf_puts(out, entity);
        else if (fb_utf8_is_control(cp) && cp != '\n' && cp != '\t')
            put_visible(out, cp);
        else
            fb_buf_put(out, p + i, len);
        i += len ? len : 1;
    }
}
