/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef FB_BASE_UTF8_H
#define FB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the character at p (n bytes are there) and its code point, or 0 when the bytes are not
 * UTF-8. */
unsigned fb_utf8_decode(const uint8_t *p, size_t n, uint32_t *cp);

/* True for code points that show nothing of their own and change how text around them is shown or compared:
 * C0, DEL, C1, bidirectional and zero-width controls, line and paragraph separators, fillers, tags, variation
 * selectors. */
bool fb_utf8_is_control(uint32_t cp);

#endif
