/* HTTP/1 and HTTP/0.9: one row a request with its reply, which stands at the packet with the request.
 * Columns as in Zeek's http.log; passwords are not kept. */
#ifndef FB_INTEL_HTTP_DEF_H
#define FB_INTEL_HTTP_DEF_H

#include "base/record.h"

enum fb_http_col {
    FB_HTTP_TRANS_DEPTH, /* 1 for the first of a session */
    FB_HTTP_METHOD,
    FB_HTTP_HOST, /* Host without port, or the authority of the target */
    FB_HTTP_URI,
    FB_HTTP_REFERRER,
    FB_HTTP_VERSION, /* of the reply; of the request when there is none */
    FB_HTTP_USER_AGENT,
    FB_HTTP_ORIGIN,
    FB_HTTP_REQUEST_BODY_LEN, /* bytes seen, after chunking */
    FB_HTTP_RESPONSE_BODY_LEN,
    FB_HTTP_STATUS_CODE,
    FB_HTTP_STATUS_MSG,
    FB_HTTP_INFO_CODE, /* the last 1xx reply */
    FB_HTTP_INFO_MSG,
    FB_HTTP_USERNAME,     /* of Basic authorization */
    FB_HTTP_PROXIED,      /* headers of proxies */
    FB_HTTP_CONTENT_TYPE, /* of the reply */
    FB_HTTP_SERVER,
    FB_HTTP_NCOLS
};

extern const struct fb_rec_def fb_http_def;

#endif
