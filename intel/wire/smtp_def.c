#include "intel/wire/smtp_def.h"

static const struct fb_rec_col cols[FB_SMTP_NCOLS] = {
    [FB_SMTP_TRANS_DEPTH] = {"trans_depth", FB_REC_INT},
    [FB_SMTP_HELO] = {"helo", FB_REC_TEXT},
    [FB_SMTP_MAILFROM] = {"mailfrom", FB_REC_TEXT},
    [FB_SMTP_RCPTTO] = {"rcptto", FB_REC_LIST},
    [FB_SMTP_DATE] = {"date", FB_REC_TEXT},
    [FB_SMTP_HEADER_FROM] = {"header_from", FB_REC_TEXT},
    [FB_SMTP_HEADER_TO] = {"header_to", FB_REC_LIST},
    [FB_SMTP_REPLY_TO] = {"reply_to", FB_REC_TEXT},
    [FB_SMTP_MSG_ID] = {"msg_id", FB_REC_TEXT},
    [FB_SMTP_IN_REPLY_TO] = {"in_reply_to", FB_REC_TEXT},
    [FB_SMTP_SUBJECT] = {"subject", FB_REC_TEXT},
    [FB_SMTP_X_ORIGINATING_IP] = {"x_originating_ip", FB_REC_TEXT},
    [FB_SMTP_LAST_REPLY] = {"last_reply", FB_REC_TEXT},
    [FB_SMTP_USER_AGENT] = {"user_agent", FB_REC_TEXT},
    [FB_SMTP_TLS] = {"tls", FB_REC_INT},
    [FB_SMTP_BANNER] = {"banner", FB_REC_TEXT},
};

const struct fb_rec_def fb_smtp_def = {
    .name = "smtp", .id = 6, .order = FB_REC_EVENTS, .ncols = FB_SMTP_NCOLS, .cols = cols};
