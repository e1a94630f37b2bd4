/* IRC (RFC 1459, 2812): a command line of the client confirms. 670 hands over to TLS. DCC SEND announces a
 * data connection. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define IRC_LINE_MAX 512

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

static bool is_command(struct fb_span w)
{
    for (size_t i = 0; i < w.n; i++)
        if (!svc_is_alpha(w.p[i]) && !svc_is_digit(w.p[i]))
            return false;
    return w.n >= 3;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0 || line.n == 0 || line.n > IRC_LINE_MAX)
        return used;
    struct fb_span rest = line;
    if (rest.p[0] == ':')
        (void)svc_word(&rest);
    struct fb_span w = svc_word(&rest);
    if (from_orig && is_command(w))
        svc_confirm(a);
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

const struct svc_proto svc_irc = {.name = "irc", .hold = 4096, .drop_long = true, .parse = parse, .gap = gap};
