/* One mail transaction and the headers of its message; its row in the table `smtp`. Owned by a session. */
#ifndef FB_INTEL_SMTP_MAIL_H
#define FB_INTEL_SMTP_MAIL_H

#include "base/buf.h"
#include "base/observe.h"

enum fb_smtp_text {
    FB_SMTP_T_HELO,
    FB_SMTP_T_MAILFROM,
    FB_SMTP_T_RCPTTO, /* items */
    FB_SMTP_T_DATE,
    FB_SMTP_T_FROM,
    FB_SMTP_T_TO, /* items */
    FB_SMTP_T_REPLY_TO,
    FB_SMTP_T_MSG_ID,
    FB_SMTP_T_IN_REPLY_TO,
    FB_SMTP_T_SUBJECT,
    FB_SMTP_T_X_ORIGINATING_IP,
    FB_SMTP_T_LAST_REPLY,
    FB_SMTP_T_USER_AGENT,
    FB_SMTP_T_BANNER,
    FB_SMTP_TEXTS
};

struct fb_smtp_mail {
    struct fb_seen at;
    uint32_t depth;
    bool activity; /* the client said something besides QUIT */
    bool tls;
    bool headers;         /* the message's headers are being read */
    struct fb_buf header; /* the one that may still go on in the next line */
    struct fb_buf text[FB_SMTP_TEXTS];
};

void fb_smtp_mail_init(struct fb_smtp_mail *m);
void fb_smtp_mail_release(struct fb_smtp_mail *m);
size_t fb_smtp_mail_bytes(const struct fb_smtp_mail *m);

/* A line of the message (RFC 5322), without its newline. */
void fb_smtp_mail_line(struct fb_smtp_mail *m, struct fb_span line);
/* MAIL FROM and RCPT TO: what stands between < and >, or the first word. */
struct fb_span fb_smtp_mail_path(struct fb_span arg);

/* Puts out the row and begins the next transaction of the session. */
void fb_smtp_mail_put(struct fb_smtp_mail *m, struct fb_observe_out *out);

#endif
