/* FTP control channel (RFC 959, 2228, 2428): any command line of the client confirms; a server line without a
 * reply code fails it. PORT, EPRT and the replies to PASV and EPSV announce data connections; 234 to AUTH TLS
 * hands over to TLS; after 334 to AUTH GSSAPI the tokens of the ADAT exchange go to a nested detector when
 * the first is a TLS record, as the Grid Security Infrastructure has it. */
#include "replay/service/svc.h"
#include "replay/service/svc_base64.h"
#include "replay/service/svc_text.h"

#define FTP_COMMAND_MAX 100
#define FTP_LINE_MAX    16384
#define TLS_HANDSHAKE   22
#define TLS_HEADER      5

enum auth { AUTH_OTHER, AUTH_TLS, AUTH_GSSAPI };

struct ftp_state {
    uint16_t pending;        /* code of the multi-line reply that is under way */
    uint8_t auth;            /* enum auth: what the client asked for last */
    struct fb_service *adat; /* of the token exchange while it lasts */
    bool first_token;        /* is still to come */
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
    if (!svc_number(&s, 65535, &v) || (addr.n > 0 && !fb_addr_parse_n(addr.p, addr.n, h)))
        return false;
    *port = (uint16_t)v;
    return true;
}

static void announce(struct svc *a, const struct fb_addr *h, uint16_t port)
{
    if (port != 0)
        svc_expect(a, h, port, "ftp-data");
}

/* ---- tokens of RFC 2228 ---- */

static void end_exchange(struct ftp_state *st)
{
    fb_service_free(st->adat);
    st->adat = NULL;
}

static void begin_exchange(struct svc *a, struct ftp_state *st)
{
    end_exchange(st);
    st->adat = svc_inner_new(a);
    st->first_token = true;
}

static void token(struct svc *a, bool from_orig, struct fb_span encoded)
{
    struct ftp_state *st = a->state;
    uint8_t plain[FTP_LINE_MAX / 4 * 3 + 3];
    if (encoded.n > FTP_LINE_MAX)
        return;
    size_t n = svc_base64(encoded, plain);
    if (from_orig && st->first_token) {
        st->first_token = false;
        if (n < TLS_HEADER || plain[0] != TLS_HANDSHAKE || n - TLS_HEADER != fb_load_be16(plain + 3)) {
            end_exchange(st);
            return;
        }
    }
    svc_inner_data(a, st->adat, from_orig, plain, n);
    a->settled = false; /* data connections may still be announced */
}

/* 334, 335 and 235 bring the server's tokens; any other reply that concerns security ends the exchange. */
static void token_reply(struct svc *a, unsigned code, struct fb_span text)
{
    struct ftp_state *st = a->state;
    text = svc_ltrim(text);
    if ((code == 334 || code == 335 || code == 235) && svc_prefix(text, "ADAT="))
        token(a, false, (struct fb_span){text.p + 5, text.n - 5});
    static const uint16_t last[] = {232, 234, 235, 421, 431, 500, 501, 503, 535, 631, 632, 633};
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (code == last[i])
            end_exchange(st);
}

/* ---- lines ---- */

static void authenticate(struct ftp_state *st, struct fb_span how)
{
    bool tls = how.n == 3 && memcmp(how.p, "TLS", 3) == 0;
    bool gss = how.n == 6 && memcmp(how.p, "GSSAPI", 6) == 0;
    st->auth = tls ? AUTH_TLS : gss ? AUTH_GSSAPI : AUTH_OTHER;
    end_exchange(st);
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
        authenticate(st, rest);
    else if (st->adat && svc_equal(w, "ADAT"))
        token(a, true, rest);
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
    if (st->adat)
        token_reply(a, code, (struct fb_span){s.p + (s.n > 3 ? 4 : 3), s.n - (s.n > 3 ? 4 : 3)});
    if (code == 234 && st->auth == AUTH_TLS)
        svc_become(a, &svc_ssl);
    else if (code == 334 && st->auth == AUTH_GSSAPI && !st->adat)
        begin_exchange(a, st);
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

static void release(struct svc *a)
{
    end_exchange(a->state);
}

const struct svc_proto svc_ftp = {.name = "ftp",
                                  .hold = FTP_LINE_MAX,
                                  .state_bytes = sizeof(struct ftp_state),
                                  .partial_ok = true,
                                  .drop_long = true,
                                  .parse = parse,
                                  .gap = gap,
                                  .release = release};
