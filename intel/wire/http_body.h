/* How long the body of an HTTP/1 message is (RFC 9112, section 6), and passing over it. Pure state machine.
 */
#ifndef FB_INTEL_HTTP_BODY_H
#define FB_INTEL_HTTP_BODY_H

#include "base/cursor.h"

#define FB_HTTP_CHUNK_LINE_MAX 4096

enum fb_http_framing {
    FB_HTTP_OVER, /* no body, or it is over */
    FB_HTTP_LENGTH,
    FB_HTTP_CHUNK_SIZE,
    FB_HTTP_CHUNK,
    FB_HTTP_CHUNK_END,
    FB_HTTP_TRAILER,
    FB_HTTP_TO_THE_END, /* until the connection closes */
};

struct fb_http_body {
    enum fb_http_framing framing;
    uint64_t left;  /* of LENGTH, CHUNK */
    uint64_t bytes; /* of content seen so far */
    bool chunked, has_length;
    uint64_t length;
};

/* Notes a Content-Length or Transfer-Encoding header; others change nothing. */
void fb_http_body_header(struct fb_http_body *b, struct fb_span name, struct fb_span value);

/* The headers are over. `none`: this message never has a body; `reply`: without a length it goes to the end.
 */
void fb_http_body_start(struct fb_http_body *b, bool none, bool reply);

/* Returns the bytes used, 0: needs more of a line. What is no chunk size counts as the last
 * one, as in Zeek. */
size_t fb_http_body_feed(struct fb_http_body *b, const uint8_t *p, size_t n);

/* n bytes are missing; false when they go beyond what is known to be content. */
bool fb_http_body_gap(struct fb_http_body *b, uint64_t n);

#endif
