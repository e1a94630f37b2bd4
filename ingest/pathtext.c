#include "ingest/pathtext.h"

#include <stdint.h>
#include <string.h>

/* Length of the printable UTF-8 character at p (NUL-terminated), 0 when there is none. */
static size_t printable(const uint8_t *p)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f;
    size_t n = p[0] >= 0xc2 && p[0] < 0xe0   ? 2
               : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
               : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
        return 0; /* C1 */
    if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) || p[0] == 0xef))
        return 0; /* overlong, surrogates, private and special forms */
    if (n == 3 && p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81))
        return 0; /* general punctuation: zero-width and direction controls */
    if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90) || p[0] == 0xf3))
        return 0;
    return n;
}

void fb_pathtext(const char *path, char out[static FB_PATHTEXT_MAX])
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *p = (const uint8_t *)path;
    size_t len = strlen(path), o = 0;
    if (len > FB_PATHTEXT_MAX / 2) {
        p += len - FB_PATHTEXT_MAX / 2;
        memcpy(out, "...", 3);
        o = 3;
    }
    while (*p && o + 5 < FB_PATHTEXT_MAX) {
        size_t n = printable(p);
        if (n) {
            memcpy(out + o, p, n);
            o += n;
            p += n;
        } else {
            const char esc[4] = {'\\', 'x', hex[*p >> 4], hex[*p & 15]};
            memcpy(out + o, esc, 4);
            o += 4;
            p++;
        }
    }
    out[o] = '\0';
}
