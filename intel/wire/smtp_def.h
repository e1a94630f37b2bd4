/* Mail transactions: one row each, and one for a session without any. Columns as in Zeek's smtp.log. */
#ifndef FB_INTEL_SMTP_DEF_H
#define FB_INTEL_SMTP_DEF_H

#include "base/record.h"

enum fb_smtp_col {
    FB_SMTP_TRANS_DEPTH,
    FB_SMTP_HELO,
    FB_SMTP_MAILFROM,
    FB_SMTP_RCPTTO,
    FB_SMTP_DATE,
    FB_SMTP_HEADER_FROM, /* From of the message */
    FB_SMTP_HEADER_TO,
    FB_SMTP_REPLY_TO,
    FB_SMTP_MSG_ID,
    FB_SMTP_IN_REPLY_TO,
    FB_SMTP_SUBJECT,
    FB_SMTP_X_ORIGINATING_IP,
    FB_SMTP_LAST_REPLY,
    FB_SMTP_USER_AGENT,
    FB_SMTP_TLS,
    FB_SMTP_BANNER, /* of the server */
    FB_SMTP_NCOLS
};

extern const struct fb_rec_def fb_smtp_def;

#endif
