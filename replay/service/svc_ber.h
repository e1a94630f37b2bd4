/* BER elements (X.690), as LDAP, Kerberos, SNMP and SPNEGO use them: definite lengths only. */
#ifndef FB_REPLAY_SERVICE_SVC_BER_H
#define FB_REPLAY_SERVICE_SVC_BER_H

#include "base/cursor.h"

/* Takes tag and length; false (a failed cursor) when they are not there or not definite. The content may be
 * longer than what is left. */
static inline bool svc_ber_head(struct fb_cur *c, uint8_t *tag, uint64_t *len)
{
    *tag = fb_cur_u8(c);
    uint8_t b = fb_cur_u8(c);
    *len = b;
    if (b == 0x80 || b > 0x84)
        fb_cur_skip(c, SIZE_MAX);
    else if (b > 0x80)
        for (*len = 0; b > 0x80; b--)
            *len = *len << 8 | fb_cur_u8(c);
    return fb_cur_ok(c);
}

/* Takes one element and returns a cursor over its content; failed when it is not whole. */
static inline struct fb_cur svc_ber_take(struct fb_cur *c, uint8_t *tag)
{
    uint64_t len = 0;
    bool ok = svc_ber_head(c, tag, &len);
    return fb_cur_sub(c, ok ? (size_t)len : SIZE_MAX);
}

/* Takes one element that must have this tag. */
static inline struct fb_cur svc_ber_expect(struct fb_cur *c, uint8_t want)
{
    uint8_t tag;
    struct fb_cur in = svc_ber_take(c, &tag);
    if (tag != want)
        fb_cur_skip(&in, SIZE_MAX);
    return in;
}

/* The value of an INTEGER of up to five bytes, taken as unsigned; -1 when it is none. */
static inline int64_t svc_ber_int(struct fb_cur *c)
{
    struct fb_cur in = svc_ber_expect(c, 0x02);
    size_t n = fb_cur_left(&in);
    if (!fb_cur_ok(&in) || n == 0 || n > 5)
        return -1;
    int64_t v = 0;
    for (; n > 0; n--)
        v = v << 8 | fb_cur_u8(&in);
    return v;
}

#endif
