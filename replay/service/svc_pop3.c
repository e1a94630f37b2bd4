/* POP3 (RFC 1939, 2449, 2595): +OK to USER, CAPA, STLS and the like confirms; a server line that is neither
 * +OK nor -ERR fails it. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

enum want { W_NOTHING, W_ONE_LINE, W_LOGIN, W_CAPA, W_STLS, W_AUTH, W_LONG };

struct pop3_state {
    uint8_t want; /* enum want: what the client's last command asked for */
    bool greeted, multiline;
};

static uint8_t classify(struct fb_span line)
{
    struct fb_span rest = line, w = svc_word(&rest);
    if (svc_equal(w, "USER") || svc_equal(w, "APOP"))
        return W_LOGIN;
    if (svc_equal(w, "CAPA"))
        return W_CAPA;
    if (svc_equal(w, "STLS"))
        return W_STLS;
    if (svc_equal(w, "AUTH"))
        return W_AUTH;
    bool no_argument = svc_ltrim(rest).n == 0;
    if (svc_equal(w, "RETR") || svc_equal(w, "TOP") ||
        ((svc_equal(w, "LIST") || svc_equal(w, "UIDL")) && no_argument))
        return W_LONG;
    return W_ONE_LINE;
}

static void ok(struct svc *a)
{
    struct pop3_state *st = a->state;
    uint8_t want = st->want;
    st->want = W_NOTHING;
    if (want == W_LOGIN || want == W_CAPA || want == W_STLS || want == W_AUTH)
        svc_confirm(a);
    if (want == W_CAPA || want == W_LONG)
        st->multiline = true;
    if (want == W_LONG)
        a->settled = a->confirmed; /* logged in: TLS cannot start any more */
    if (want == W_STLS)
        svc_become(a, &svc_ssl);
}

static void reply(struct svc *a, struct fb_span line)
{
    struct pop3_state *st = a->state;
    if (st->multiline) {
        st->multiline = !(line.n == 1 && line.p[0] == '.');
        return;
    }
    if (svc_prefix(line, "+OK"))
        ok(a);
    else if (st->want == W_AUTH && line.n > 0 && line.p[0] == '+')
        return; /* a challenge; the client's answer is no command */
    else if (!svc_prefix(line, "-ERR") && line.n > 0)
        svc_fail(a);
    else
        st->want = W_NOTHING;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct pop3_state *st = a->state;
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    if (!from_orig)
        reply(a, line);
    else if (line.n > 0 && st->want != W_AUTH)
        st->want = classify(line);
    return used;
}

const struct svc_proto svc_pop3 = {.name = "pop3",
                                   .hold = 16384,
                                   .state_bytes = sizeof(struct pop3_state),
                                   .drop_long = true,
                                   .parse = parse};
