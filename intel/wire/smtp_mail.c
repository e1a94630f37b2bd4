#include "intel/wire/smtp_mail.h"

#include "intel/wire/smtp_def.h"
#include "intel/wire/wire.h"

#define TEXT_MAX   1024
#define LIST_MAX   4096
#define HEADER_MAX 4096
#define ITEM_MAX   512

void fb_smtp_mail_init(struct fb_smtp_mail *m)
{
    *m = (struct fb_smtp_mail){.depth = 1};
    for (size_t i = 0; i < FB_SMTP_TEXTS; i++)
        fb_buf_init(&m->text[i], i == FB_SMTP_T_RCPTTO || i == FB_SMTP_T_TO ? LIST_MAX : TEXT_MAX);
    fb_buf_init(&m->header, HEADER_MAX);
}

void fb_smtp_mail_release(struct fb_smtp_mail *m)
{
    for (size_t i = 0; i < FB_SMTP_TEXTS; i++)
        fb_buf_release(&m->text[i]);
    fb_buf_release(&m->header);
}

size_t fb_smtp_mail_bytes(const struct fb_smtp_mail *m)
{
    size_t n = m->header.cap;
    for (size_t i = 0; i < FB_SMTP_TEXTS; i++)
        n += m->text[i].cap;
    return n;
}

static void add_item(struct fb_buf *list, struct fb_span s)
{
    size_t n = s.n < ITEM_MAX ? s.n : ITEM_MAX;
    if (n > 0 && list->max - list->len > n + 10)
        fb_rec_item(list, s.p, n);
}

static void header_over(struct fb_smtp_mail *m)
{
    static const struct {
        const char *name;
        enum fb_smtp_text text;
    } kept[] = {
        {"date", FB_SMTP_T_DATE},
        {"from", FB_SMTP_T_FROM},
        {"reply-to", FB_SMTP_T_REPLY_TO},
        {"message-id", FB_SMTP_T_MSG_ID},
        {"subject", FB_SMTP_T_SUBJECT},
        {"in-reply-to", FB_SMTP_T_IN_REPLY_TO},
        {"user-agent", FB_SMTP_T_USER_AGENT},
        {"x-mailer", FB_SMTP_T_USER_AGENT},
        {"x-originating-ip", FB_SMTP_T_X_ORIGINATING_IP},
    };
    struct fb_span value = {m->header.data, m->header.len}, name = fb_wire_split(&value, ':');
    name = fb_wire_trim(name);
    value = fb_wire_trim(value);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (fb_wire_is(name, kept[i].name))
            fb_wire_keep(&m->text[kept[i].text], value);
    while (fb_wire_is(name, "to") && value.n > 0)
        add_item(&m->text[FB_SMTP_T_TO], fb_wire_trim(fb_wire_split(&value, ',')));
    fb_buf_clear(&m->header);
}

void fb_smtp_mail_line(struct fb_smtp_mail *m, struct fb_span line)
{
    if (!m->headers)
        return;
    bool folded = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
    if (!folded)
        header_over(m);
    size_t room = m->header.max - m->header.len;
    fb_buf_put(&m->header, line.p, line.n < room ? line.n : room);
    m->headers = line.n > 0;
    if (!m->headers)
        fb_buf_release(&m->header);
}

struct fb_span fb_smtp_mail_path(struct fb_span arg)
{
    const uint8_t *open = arg.n ? memchr(arg.p, '<', arg.n) : NULL;
    if (!open) {
        arg = fb_wire_trim(arg);
        return fb_wire_split(&arg, ' ');
    }
    struct fb_span rest = {open + 1, arg.n - (size_t)(open + 1 - arg.p)};
    return fb_wire_split(&rest, '>');
}

void fb_smtp_mail_put(struct fb_smtp_mail *m, struct fb_observe_out *out)
{
    struct fb_buf row;
    if (m->headers)
        header_over(m);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_int(&row, m->depth);
    for (size_t i = 0; i <= FB_SMTP_T_USER_AGENT; i++) {
        if (i == FB_SMTP_T_RCPTTO || i == FB_SMTP_T_TO)
            fb_wire_list_cell(&row, &m->text[i]);
        else
            fb_wire_cell(&row, &m->text[i]);
    }
    fb_rec_int(&row, m->tls);
    fb_wire_cell(&row, &m->text[FB_SMTP_T_BANNER]);
    fb_wire_put(out, &fb_smtp_def, &m->at, &row);
    fb_buf_release(&row);
    for (size_t i = FB_SMTP_T_MAILFROM; i < FB_SMTP_T_BANNER; i++)
        fb_buf_release(&m->text[i]);
    m->depth++;
    m->activity = m->headers = false;
}
