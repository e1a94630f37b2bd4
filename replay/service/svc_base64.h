/* Base64 (RFC 4648) in protocol lines. */
#ifndef FB_REPLAY_SERVICE_SVC_BASE64_H
#define FB_REPLAY_SERVICE_SVC_BASE64_H

#include "base/cursor.h"

/* Decodes up to the padding or the first other byte into `out`, which has room for `s.n / 4 * 3 + 3` bytes;
 * returns the bytes written. */
static inline size_t svc_base64(struct fb_span s, uint8_t *out)
{
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        uint32_t v;
        if (c >= 'A' && c <= 'Z')
            v = (uint32_t)(c - 'A');
        else if (c >= 'a' && c <= 'z')
            v = (uint32_t)(c - 'a') + 26;
        else if (c >= '0' && c <= '9')
            v = (uint32_t)(c - '0') + 52;
        else if (c == '+' || c == '/')
            v = c == '+' ? 62 : 63;
        else
            break;
        bits = bits << 6 | v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

#endif
