/* FTP control channel (RFC 959, 2228, 2428): any command line of the client confirms; a server line without a
 * reply code fails it. PORT, EPRT and the replies to PASV and EPSV announce data connections; 234 to AUTH TLS
 * hands over to TLS. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define FTP_COMMAND_MAX 100

struct ftp_state {
    uint16_t pending; /* code of the multi-line reply that is under way */
    bool auth_tls;
};

static bool is_command(struct fb_span w)
{
    if (w.n < 3)
        return false;
    for (size_t i = 0; i < w.n; i++)
        if (w.p[i] <= ' ' || w.p[i] > '~')
            return false;
    return true;
}

/* h1,h2,h3,h4,p1,p2 at the start of `s`. */
static bool host_port(struct fb_span s, struct fb_addr *h, uint16_t *port)
{
    uint8_t b[6];
    for (unsigned i = 0; i < 6; i++) {
        uint64_t v;
        if (i > 0 && (s.n == 0 || s.p[0] != ','))
            return false;
        if (i > 0)
            s = (struct fb_span){s.p + 1, s.n - 1};
        if (!svc_number(&s, 255, &v))
            return false;
        b[i] = (uint8_t)v;
    }
    *h = fb_addr_v4(b);
    *port = fb_load_be16(b + 4);
    return true;
}

static bool address_text(struct fb_span s, struct fb_addr *h)
{
    char text[FB_ADDR_STRLEN];
    if (s.n == 0 || s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return fb_addr_parse(text, h);
}

/* The next field up to the delimiter, which is taken too. */
static struct fb_span field(struct fb_span *s, uint8_t delim)
{
    struct fb_span f = {s->p, 0};
    while (f.n < s->n && s->p[f.n] != delim)
        f.n++;
    size_t used = f.n < s->n ? f.n + 1 : f.n;
    s->p += used;
    s->n -= used;
    return f;
}

/* |net|address|port| with any delimiter, as EPRT and the EPSV reply have it; an empty address leaves *h
 * alone. */
static bool extended(struct fb_span s, struct fb_addr *h, uint16_t *port)
{
    if (s.n < 5)
        return false;
    uint8_t delim = s.p[0];
    s = (struct fb_span){s.p + 1, s.n - 1};
    (void)field(&s, delim);
    struct fb_span addr = field(&s, delim);
    uint64_t v;
    if (!svc_number(&s, 65535, &v) || (addr.n > 0 && !address_text(addr, h)))
        return false;
    *port = (uint16_t)v;
    return true;
}

static void announce(struct svc *a, const struct fb_addr *h, uint16_t port)
{
    if (port != 0)
        svc_expect(a, h, port, "ftp-data");
}

static void command(struct svc *a, struct fb_span line)
{
    struct ftp_state *st = a->state;
    struct fb_span rest = line, w = svc_word(&rest);
    rest = svc_ltrim(rest);
    if (!is_command(w))
        return;
    if (w.n > FTP_COMMAND_MAX) {
        if (a->confirmed)
            svc_signal(a, FB_SVC_LIMIT);
        return;
    }
    svc_confirm(a);
    svc_signal(a, FB_SVC_LONG_IDLE);
    struct fb_addr h = svc_flow(a)->orig_h;
    uint16_t port = 0;
    if (svc_equal(w, "AUTH"))
        st->auth_tls = svc_equal(rest, "TLS");
    else if (svc_equal(w, "PORT") && host_port(rest, &h, &port))
        announce(a, &h, port);
    else if (svc_equal(w, "EPRT") && extended(rest, &h, &port))
        announce(a, &h, port);
}

/* Six numbers anywhere behind the code (227), or the part in parentheses (229). */
static void passive(struct svc *a, uint64_t code, struct fb_span s)
{
    struct fb_addr h = svc_flow(a)->resp_h;
    uint16_t port = 0;
    for (; s.n > 0; s.p++, s.n--) {
        bool ok = code == 227 ? svc_is_digit(s.p[0]) && host_port(s, &h, &port)
                              : s.p[0] == '(' && extended((struct fb_span){s.p + 1, s.n - 1}, &h, &port);
        if (ok) {
            announce(a, &h, port);
            return;
        }
        while (code == 227 && s.n > 1 && svc_is_digit(s.p[0]) && svc_is_digit(s.p[1])) {
            s.p++;
            s.n--;
        }
    }
}

static unsigned code_of(struct fb_span s)
{
    if (s.n < 3 || !svc_is_digit(s.p[0]) || !svc_is_digit(s.p[1]) || !svc_is_digit(s.p[2]))
        return 0;
    return (unsigned)(s.p[0] - '0') * 100 + (unsigned)(s.p[1] - '0') * 10 + (unsigned)(s.p[2] - '0');
}

static void reply(struct svc *a, struct fb_span s)
{
    struct ftp_state *st = a->state;
    unsigned code = code_of(s);
    if (st->pending) {
        if (code != st->pending || s.n <= 3 || s.p[3] != ' ')
            return;
        st->pending = 0;
    } else if (code < 100 || (s.n > 3 && s.p[3] != '-' && s.p[3] != ' ')) {
        svc_fail(a);
        return;
    } else if (s.n > 3 && s.p[3] == '-') {
        st->pending = (uint16_t)code;
    }
    if (code == 227 || code == 229)
        passive(a, code, (struct fb_span){s.p + 3, s.n - 3});
    if (code == 234 && st->auth_tls)
        svc_become(a, &svc_ssl);
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0 || line.n == 0)
        return used;
    if (from_orig)
        command(a, line);
    else
        reply(a, line);
    return used;
}

static bool gap(struct svc *a, bool from_orig, uint64_t n)
{
    (void)a, (void)from_orig, (void)n;
    return true; /* lines find their own start again */
}

const struct svc_proto svc_ftp = {.name = "ftp",
                                  .hold = 16384,
                                  .state_bytes = sizeof(struct ftp_state),
                                  .drop_long = true,
                                  .parse = parse,
                                  .gap = gap};
