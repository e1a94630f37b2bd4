/* SMTP (RFC 5321, 3207, 3030): one row a transaction. Ignored on purpose: bodies, authentication. */
#include "intel/wire/smtp.h"

#include "base/memory.h"
#include "intel/lines.h"
#include "intel/wire/smtp_mail.h"

#include <stdlib.h>

enum wait { W_NOTHING, W_DATA, W_END_OF_DATA, W_STARTTLS };

struct smtp_state {
    struct fb_lines lines;
    struct fb_smtp_mail mail;
    enum wait waits; /* for the reply to that */
    bool in_data;    /* the client's lines are the message */
    bool confirmed;
    bool bdat_last;
};

static bool is_reply(struct fb_span s)
{
    for (size_t i = 0; i < 3 && i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= 3 && (s.n == 3 || s.p[3] == ' ' || s.p[3] == '-');
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    static const char *const starts[] = {"220", "554", "421", "EHLO ", "HELO ", "LHLO "};
    struct fb_span s = {p, n};
    if (flow->ip_proto != 6)
        return FB_WISH_NO;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        size_t len = strlen(starts[i]);
        if (n < len && strncasecmp((const char *)p, starts[i], n) == 0)
            return FB_WISH_MORE;
        if (fb_wire_starts(s, starts[i]))
            return len == 5 || is_reply(s) ? FB_WISH_YES : FB_WISH_NO;
    }
    return FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    struct smtp_state *st = fb_calloc(1, sizeof *st);
    if (st)
        fb_smtp_mail_init(&st->mail);
    return st;
}

static void message_begins(struct smtp_state *st)
{
    if (!st->in_data)
        st->mail.headers = true;
    st->in_data = true;
}

static void data_line(struct smtp_state *st, struct fb_span line)
{
    if (line.n == 1 && line.p[0] == '.') {
        st->in_data = false;
        st->waits = W_END_OF_DATA;
        return;
    }
    if (line.n > 0 && line.p[0] == '.')
        line = (struct fb_span){line.p + 1, line.n - 1};
    fb_smtp_mail_line(&st->mail, line);
}

/* RFC 3030: BDAT bytes [LAST]. */
static void bdat(struct smtp_state *st, struct fb_span arg)
{
    struct fb_span number = fb_wire_split(&arg, ' ');
    if (!fb_wire_number(number, UINT32_MAX, &st->lines.raw_left))
        return;
    if (!st->in_data)
        st->mail.headers = true;
    st->bdat_last = fb_wire_is(fb_wire_trim(arg), "last");
    st->in_data = !st->bdat_last; /* headers go on over chunks */
    if (st->bdat_last)
        st->waits = W_END_OF_DATA;
}

static void command(struct smtp_state *st, struct fb_wire_call *call, struct fb_span name, struct fb_span arg)
{
    struct fb_smtp_mail *m = &st->mail;
    if (!m->activity || fb_wire_is(name, "MAIL"))
        m->at = *call->at;
    m->activity = m->activity || !fb_wire_is(name, "QUIT");
    if (fb_wire_is(name, "EHLO") || fb_wire_is(name, "HELO") || fb_wire_is(name, "LHLO")) {
        fb_wire_keep(&m->text[FB_SMTP_T_HELO], arg);
    } else if (fb_wire_is(name, "MAIL") && fb_wire_starts(arg, "from:")) {
        arg = (struct fb_span){arg.p + 5, arg.n - 5};
        fb_wire_keep(&m->text[FB_SMTP_T_MAILFROM], fb_smtp_mail_path(arg));
    } else if (fb_wire_is(name, "RCPT") && fb_wire_starts(arg, "to:")) {
        struct fb_buf *list = &m->text[FB_SMTP_T_RCPTTO];
        struct fb_span path = fb_smtp_mail_path((struct fb_span){arg.p + 3, arg.n - 3});
        if (path.n < 512 && list->max - list->len > path.n + 10)
            fb_rec_item(list, path.p, path.n);
    } else if (fb_wire_is(name, "DATA")) {
        st->waits = W_DATA;
    } else if (fb_wire_is(name, "BDAT")) {
        bdat(st, arg);
    } else if (fb_wire_is(name, "STARTTLS")) {
        st->waits = W_STARTTLS;
    }
}

static void client_line(struct fb_wire_call *call, struct fb_span line)
{
    static const char *const first[] = {"EHLO", "HELO", "LHLO", "MAIL", "STARTTLS",
                                        "QUIT", "NOOP", "RSET", "AUTH"};
    struct smtp_state *st = call->state;
    if (st->waits == W_DATA) { /* nobody said no */
        st->waits = W_NOTHING;
        message_begins(st);
    }
    if (st->in_data && st->lines.raw_left == 0 && !fb_wire_starts(line, "BDAT ")) {
        data_line(st, line);
        return;
    }
    struct fb_span arg = line, name = fb_wire_split(&arg, ' ');
    bool known = false;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        known = known || fb_wire_is(name, first[i]);
    if (!st->confirmed && !known) {
        st->lines.done = true;
        return;
    }
    /* QUIT, NOOP and AUTH stand in FTP and POP3 too: the name of the client decides. */
    st->confirmed = st->confirmed || fb_wire_starts(name, "EHLO") || fb_wire_starts(name, "HELO") ||
                    fb_wire_starts(name, "LHLO") || fb_wire_is(name, "MAIL");
    command(st, call, name, fb_wire_trim(arg));
}

static void server_line(struct fb_wire_call *call, struct fb_span line)
{
    struct smtp_state *st = call->state;
    if (!is_reply(line)) {
        st->lines.done = st->lines.done || !st->confirmed;
        return;
    }
    struct fb_buf *banner = &st->mail.text[FB_SMTP_T_BANNER];
    if (!banner->data && !st->confirmed && line.p[0] == '2')
        fb_wire_keep(banner, fb_wire_trim((struct fb_span){line.p + 3, line.n - 3}));
    fb_wire_keep(&st->mail.text[FB_SMTP_T_LAST_REPLY], line);
    if (line.n > 3 && line.p[3] == '-')
        return;
    uint8_t kind = line.p[0];
    if (st->waits == W_DATA && kind == '3') {
        st->waits = W_NOTHING;
        message_begins(st);
    } else if (st->waits == W_DATA && kind >= '4') {
        st->waits = W_NOTHING;
    } else if (st->waits == W_END_OF_DATA) {
        st->waits = W_NOTHING;
        if (st->confirmed)
            fb_smtp_mail_put(&st->mail, call->out);
    } else if (st->waits == W_STARTTLS) {
        st->waits = W_NOTHING;
        if (kind != '2')
            return;
        st->mail.tls = true;
        if (st->confirmed)
            fb_smtp_mail_put(&st->mail, call->out);
        fb_lines_go_tls(&st->lines, "smtp");
    }
}

/* Content of BDAT: only the headers in it are looked at. */
static size_t raw(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct smtp_state *st = call->state;
    struct fb_span line;
    if (!st->mail.headers)
        return n;
    size_t used = fb_wire_line(p, n, FB_LINES_MAX, &line);
    if (used == 0 && n == st->lines.raw_left) { /* the chunk ends within a line */
        used = n;
        line = (struct fb_span){p, n};
    }
    if (used > 0 && line.p)
        fb_smtp_mail_line(&st->mail, line);
    return used;
}

static bool from_server(struct fb_span line)
{
    return is_reply(line);
}

static const struct fb_lines_ops lines_ops = {
    .from_server = from_server, .client = client_line, .server = server_line, .raw = raw};

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    return fb_lines_data(state, &lines_ops, at, p, n, out);
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    return fb_lines_gap(state, at, n, out);
}

static void flip(void *state)
{
    fb_lines_flip(state);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct smtp_state *st = state;
    if (st->confirmed && st->mail.activity)
        fb_smtp_mail_put(&st->mail, out);
    fb_lines_close(&st->lines, at, out);
    fb_smtp_mail_release(&st->mail);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct smtp_state *st = state;
    return sizeof *st + fb_lines_bytes(&st->lines) + fb_smtp_mail_bytes(&st->mail);
}

const struct fb_intel_proto fb_proto_smtp = {
    .name = "smtp",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
