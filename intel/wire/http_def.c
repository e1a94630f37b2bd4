#include "intel/wire/http_def.h"

static const struct fb_rec_col cols[FB_HTTP_NCOLS] = {
    [FB_HTTP_TRANS_DEPTH] = {"trans_depth", FB_REC_INT},
    [FB_HTTP_METHOD] = {"method", FB_REC_TEXT},
    [FB_HTTP_HOST] = {"host", FB_REC_TEXT},
    [FB_HTTP_URI] = {"uri", FB_REC_TEXT},
    [FB_HTTP_REFERRER] = {"referrer", FB_REC_TEXT},
    [FB_HTTP_VERSION] = {"version", FB_REC_TEXT},
    [FB_HTTP_USER_AGENT] = {"user_agent", FB_REC_TEXT},
    [FB_HTTP_ORIGIN] = {"origin", FB_REC_TEXT},
    [FB_HTTP_REQUEST_BODY_LEN] = {"request_body_len", FB_REC_INT},
    [FB_HTTP_RESPONSE_BODY_LEN] = {"response_body_len", FB_REC_INT},
    [FB_HTTP_STATUS_CODE] = {"status_code", FB_REC_INT},
    [FB_HTTP_STATUS_MSG] = {"status_msg", FB_REC_TEXT},
    [FB_HTTP_INFO_CODE] = {"info_code", FB_REC_INT},
    [FB_HTTP_INFO_MSG] = {"info_msg", FB_REC_TEXT},
    [FB_HTTP_USERNAME] = {"username", FB_REC_TEXT},
    [FB_HTTP_PROXIED] = {"proxied", FB_REC_LIST},
    [FB_HTTP_CONTENT_TYPE] = {"content_type", FB_REC_TEXT},
    [FB_HTTP_SERVER] = {"server", FB_REC_TEXT},
};

const struct fb_rec_def fb_http_def = {
    .name = "http", .id = 3, .order = FB_REC_EVENTS, .ncols = FB_HTTP_NCOLS, .cols = cols};
