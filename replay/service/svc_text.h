/* Text helpers of the line-based analyzers; ASCII only, no locale. */
#ifndef FB_REPLAY_SERVICE_SVC_TEXT_H
#define FB_REPLAY_SERVICE_SVC_TEXT_H

#include "base/cursor.h"

static inline bool svc_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool svc_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool svc_is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline uint8_t svc_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The line at p without its end; returns the bytes up to and with the LF, 0 when there is none. */
size_t svc_line(const uint8_t *p, size_t n, struct fb_span *line);
/* `s` begins with `lit`, upper and lower case alike. */
bool svc_prefix(struct fb_span s, const char *lit);
/* `s` is `lit`, upper and lower case alike. */
bool svc_equal(struct fb_span s, const char *lit);
/* `lit` stands somewhere in `s`, upper and lower case alike. */
bool svc_contains(struct fb_span s, const char *lit);
/* Takes leading white space off. */
struct fb_span svc_ltrim(struct fb_span s);
/* Takes the first word off `s` and returns it. */
struct fb_span svc_word(struct fb_span *s);
/* Decimal digits at the start of `s`, taken off; false when there is none or the number exceeds `max`. */
bool svc_number(struct fb_span *s, uint64_t max, uint64_t *out);

#endif
