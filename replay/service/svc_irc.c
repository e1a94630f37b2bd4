/* IRC (RFC 1459, 2812): a line of the client confirms. 670 hands over to TLS. DCC SEND announces a
 * data connection. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define IRC_LINE_MAX 512
#define IRC_LINE_MIN 3

/* "\001DCC SEND file address port size\001" in a message. */
static void dcc(struct svc *a, struct fb_span text)
{
    while (text.n > 0 && text.p[0] != 1) {
        text.p++;
        text.n--;
    }
    if (!svc_prefix(text, "\001DCC SEND "))
        return;
    text = (struct fb_span){text.p + 10, text.n - 10};
    (void)svc_word(&text);
    uint64_t ip, port;
    struct fb_span w = svc_word(&text), q = svc_word(&text);
    if (!svc_number(&w, UINT32_MAX, &ip) || !svc_number(&q, 65535, &port) || port == 0)
        return;
    uint8_t b[4];
    fb_store_be32(b, (uint32_t)ip);
    struct fb_addr h = fb_addr_v4(b);
    svc_expect(a, &h, (uint16_t)port, "irc-dcc-data");
}

/* Zeek takes any line of the client but a very short one for IRC. */
static bool good_reply(struct fb_span s)
{
    return s.n > 3 && svc_is_digit(s.p[1]) && svc_is_digit(s.p[2]) && s.p[3] == ' ';
}

static struct fb_span skip_blanks(struct fb_span s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = (struct fb_span){s.p + 1, s.n - 1};
    return s;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0 || line.n > IRC_LINE_MAX)
        return used;
    struct fb_span rest = skip_blanks(line);
    if (rest.n < IRC_LINE_MIN)
        return used;
    if (rest.p[0] == ':') {
        const uint8_t *blank = memchr(rest.p, ' ', rest.n);
        if (!blank)
            return used;
        rest = skip_blanks((struct fb_span){blank, rest.n - (size_t)(blank - rest.p)});
    }
    if (from_orig)
        svc_confirm(a);
    if (rest.n < IRC_LINE_MIN || (svc_is_digit(rest.p[0]) && !good_reply(rest))) {
        svc_fail(a);
        return used;
    }
    struct fb_span w = svc_word(&rest);
    if (!from_orig && svc_equal(w, "670"))
        svc_become(a, &svc_ssl);
    if (svc_equal(w, "PRIVMSG") || svc_equal(w, "NOTICE"))
        dcc(a, rest);
    return used;
}

static bool gap(struct svc *a, bool from_orig, uint64_t n)
{
    (void)a, (void)from_orig, (void)n;
    return true;
}

const struct svc_proto svc_irc = {
    .name = "irc", .hold = 4096, .partial_ok = true, .drop_long = true, .parse = parse, .gap = gap};
