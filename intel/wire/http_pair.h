/* A request of HTTP/1 with its reply, and its row in the table `http`. Owned by a session's state. */
#ifndef FB_INTEL_HTTP_PAIR_H
#define FB_INTEL_HTTP_PAIR_H

#include "base/buf.h"
#include "base/observe.h"

/* The texts of a pair, in an array so that they are made and freed in one place. */
enum fb_http_text {
    FB_HTTP_T_METHOD,
    FB_HTTP_T_HOST,
    FB_HTTP_T_URI,
    FB_HTTP_T_REFERRER,
    FB_HTTP_T_VERSION,
    FB_HTTP_T_USER_AGENT,
    FB_HTTP_T_ORIGIN,
    FB_HTTP_T_STATUS_MSG,
    FB_HTTP_T_INFO_MSG,
    FB_HTTP_T_USERNAME,
    FB_HTTP_T_PROXIED, /* items of a list */
    FB_HTTP_T_CONTENT_TYPE,
    FB_HTTP_T_SERVER,
    FB_HTTP_TEXTS
};

struct fb_http_pair {
    struct fb_seen at; /* of the request line, or the status line when there is none */
    uint32_t depth;
    uint16_t status, info; /* 0: none */
    uint64_t request_bytes, response_bytes;
    bool connect, head, simple; /* simple: HTTP/0.9 */
    bool requested;             /* a request was seen */
    struct fb_buf text[FB_HTTP_TEXTS];
};

struct fb_http_pair *fb_http_pair_new(uint32_t depth, const struct fb_seen *at); /* NULL: no memory */
void fb_http_pair_free(struct fb_http_pair *q);
size_t fb_http_pair_bytes(const struct fb_http_pair *q);

/* A request line without its newline; false when it is none. */
bool fb_http_pair_request(struct fb_http_pair *q, struct fb_span line);
/* A status line; false when it is none. A code below 200 is kept as info. */
bool fb_http_pair_status(struct fb_http_pair *q, struct fb_span line, uint16_t *code);
void fb_http_pair_header(struct fb_http_pair *q, bool request, struct fb_span name, struct fb_span value);
void fb_http_pair_put(struct fb_http_pair *q, struct fb_observe_out *out);

#endif
