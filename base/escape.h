/* Bytes that come from traffic, made safe for where they are shown. One function per medium; the raw bytes
 * stay in the case. All append to a buffer and never fail otherwise than by its ceiling. */
#ifndef FB_BASE_ESCAPE_H
#define FB_BASE_ESCAPE_H

#include "base/buf.h"

/* For a terminal and for messages on stderr: C0, DEL, C1, bidirectional and zero-width controls, line and
 * paragraph separators and bytes that are not UTF-8 become \xHH or \u{HHHH}; a backslash becomes two. */
void fb_escape_term(struct fb_buf *out, const void *p, size_t n);

/* A JSON string with its quotes (RFC 8259). Bytes that are not UTF-8 become U+FFFD; what is a control to
 * fb_utf8_is_control is a \u escape, so that JSON on a terminal plays no tricks either. */
void fb_escape_json(struct fb_buf *out, const void *p, size_t n);

/* One CSV field (RFC 4180): quoted when it must be; controls, line ends too, become visible as on a terminal;
 * a leading = + - @ (narrow or wide) TAB, CR or LF in text gets an apostrophe in front, so that no
 * spreadsheet takes it for a formula. `is_text` is false for numbers that this program formatted. */
void fb_escape_csv(struct fb_buf *out, const void *p, size_t n, bool is_text);

/* One field of Zeek's TSV: tab, newline, carriage return, other controls, backslash and bytes that are not
 * UTF-8 as \xHH. */
void fb_escape_zeek(struct fb_buf *out, const void *p, size_t n);

/* HTML text and double-quoted attribute values. */
void fb_escape_html(struct fb_buf *out, const void *p, size_t n);

#endif
