/* How long an HTTP/1 message body is: Content-Length, chunked, or until the connection ends (RFC 9112,
 * section 6). */
#ifndef FB_REPLAY_SERVICE_SVC_HTTP_BODY_H
#define FB_REPLAY_SERVICE_SVC_HTTP_BODY_H

#include "replay/service/svc.h"

enum http_framing { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKS, HTTP_BODY_ENDLESS };

struct http_body {
    uint64_t length;
    uint8_t framing; /* enum http_framing */
    uint8_t last;    /* which framing header came last, for its continuation line: enum http_framing */
    bool has_length, chunked;
    bool chunk_end; /* the line end behind a chunk is due */
    bool trailer;   /* behind the last chunk */
    bool done;
};

/* Takes a header line that frames the message; false when it does not. */
bool http_body_header(struct http_body *b, struct fb_span line);
/* The headers are over. `none`: there cannot be a body. `reply`: without a length it lasts until the end. */
void http_body_start(struct http_body *b, bool none, bool reply);
/* Bytes of the body; what is of no interest becomes a skip of the direction. */
size_t http_body_feed(struct http_body *b, struct svc_dir *dir, const uint8_t *p, size_t n);
bool http_body_done(const struct http_body *b);
bool http_body_endless(const struct http_body *b);

#endif
