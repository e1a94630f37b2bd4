/* SMTP (RFC 5321, 3030, 3207): any known command of the client confirms; a server line without a reply code
 * fails it. 220 to STARTTLS hands over to TLS. A message header field over 64 KiB is a limit. Ignored on
 * purpose: bodies. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define SMTP_HEADER_MAX 65536

struct smtp_state {
    bool in_data, in_header, starttls, limited;
    bool multiline;
    uint32_t field_bytes; /* of the header field at hand */
};

static bool known_command(struct fb_span w)
{
    static const char *const names[] = {"EHLO", "HELO", "MAIL", "RCPT",     "DATA", "QUIT",          "RSET",
                                        "VRFY", "EXPN", "HELP", "NOOP",     "BDAT", "AUTH",          "TURN",
                                        "SEND", "SOML", "SAML", "STARTTLS", "ETRN", "X-ANONYMOUSTLS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (svc_equal(w, names[i]))
            return true;
    return false;
}

static void command(struct svc *a, struct fb_span line)
{
    struct smtp_state *st = a->state;
    struct fb_span rest = line, w = svc_word(&rest);
    if (!known_command(w))
        return;
    svc_confirm(a);
    st->starttls = svc_equal(w, "STARTTLS") || svc_equal(w, "X-ANONYMOUSTLS");
    if (svc_equal(w, "DATA")) {
        st->in_data = st->in_header = true;
        st->field_bytes = 0;
    } else if (svc_equal(w, "BDAT")) {
        uint64_t len;
        rest = svc_ltrim(rest);
        if (svc_number(&rest, UINT32_MAX, &len))
            a->dir[SVC_ORIG].skip = len;
    }
}

static void data_line(struct svc *a, struct fb_span line, uint64_t dropped)
{
    struct smtp_state *st = a->state;
    if (dropped == 0 && line.n == 1 && line.p[0] == '.') {
        st->in_data = false;
        return;
    }
    if (!st->in_header)
        return;
    if (line.n == 0 && dropped == 0)
        st->in_header = false;
    uint64_t bytes = line.n + dropped;
    if (line.n > 0 && line.p[0] != ' ' && line.p[0] != '\t')
        st->field_bytes = 0;
    st->field_bytes += bytes < SMTP_HEADER_MAX * 2 ? (uint32_t)bytes : SMTP_HEADER_MAX * 2;
    if (st->field_bytes > SMTP_HEADER_MAX && !st->limited) {
        st->limited = true;
        svc_signal(a, FB_SVC_LIMIT);
    }
}

static void reply(struct svc *a, struct fb_span s)
{
    struct smtp_state *st = a->state;
    if (s.n < 3 || s.p[0] < '1' || s.p[0] > '5' || !svc_is_digit(s.p[1]) || !svc_is_digit(s.p[2])) {
        svc_fail(a);
        return;
    }
    if (st->in_data && s.p[0] != '3' && s.p[0] != '2')
        st->in_data = false;
    if (s.n > 3 && s.p[3] == '-')
        return;
    if (st->starttls && s.p[0] == '2' && s.p[1] == '2' && s.p[2] == '0')
        svc_become(a, &svc_ssl);
    st->starttls = false;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct smtp_state *st = a->state;
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    if (from_orig && st->in_data)
        data_line(a, line, a->dir[SVC_ORIG].dropped);
    else if (line.n > 0 && from_orig)
        command(a, line);
    else if (line.n > 0)
        reply(a, line);
    return used;
}

static bool gap(struct svc *a, bool from_orig, uint64_t n)
{
    (void)a, (void)from_orig, (void)n;
    return true;
}

const struct svc_proto svc_smtp = {.name = "smtp",
                                   .hold = 16384,
                                   .state_bytes = sizeof(struct smtp_state),
                                   .drop_long = true,
                                   .parse = parse,
                                   .gap = gap};
