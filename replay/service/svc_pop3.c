/* POP3 (RFC 1939, 2449, 2595): +OK to USER, CAPA or STLS confirms; a server line that is no reply fails it.
 * Commands may be sent ahead of their replies. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define POP3_PENDING_MAX 32

enum command {
    CMD_NONE, /* the greeting */
    CMD_UNKNOWN,
    CMD_USER,
    CMD_AUTH,
    CMD_CAPA,
    CMD_STLS,
    CMD_LONG, /* RETR, TOP, LIST and UIDL without an argument, AUTH without one: the reply has many lines */
    CMD_SHORT
};

struct pop3_state {
    uint8_t pending[POP3_PENDING_MAX]; /* enum command, oldest first */
    uint8_t npending;
    uint8_t state; /* enum command: the last known one that was reached */
    bool greeted, logged_in, multiline;
    bool authenticating; /* the client's lines are answers to challenges */
};

/* One of the words that POP3 knows, without the sign of a reply. */
static bool known_word(struct fb_span w)
{
    static const char *const names[] = {"OK",   "ERR",  "USER", "PASS", "APOP",   "AUTH", "STAT",
                                        "LIST", "RETR", "DELE", "RSET", "NOOP",   "LAST", "QUIT",
                                        "TOP",  "CAPA", "UIDL", "STLS", "XSENDER"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (svc_equal(w, names[i]))
            return true;
    return false;
}

static struct fb_span unsigned_word(struct fb_span *line)
{
    struct fb_span w = svc_word(line);
    if (w.n > 0 && (w.p[0] == '+' || w.p[0] == '-'))
        w = (struct fb_span){w.p + 1, w.n - 1};
    return w;
}

static enum command classify(struct fb_span line)
{
    struct fb_span rest = line, w = unsigned_word(&rest);
    bool no_argument = svc_ltrim(rest).n == 0;
    if (svc_equal(w, "USER"))
        return CMD_USER;
    if (svc_equal(w, "CAPA"))
        return CMD_CAPA;
    if (svc_equal(w, "STLS"))
        return CMD_STLS;
    if (svc_equal(w, "AUTH"))
        return no_argument ? CMD_LONG : CMD_AUTH;
    if (svc_equal(w, "RETR") || svc_equal(w, "TOP") ||
        ((svc_equal(w, "LIST") || svc_equal(w, "UIDL")) && no_argument))
        return CMD_LONG;
    return known_word(w) && !svc_equal(w, "OK") && !svc_equal(w, "ERR") ? CMD_SHORT : CMD_UNKNOWN;
}

/* The oldest command without a reply becomes the one that the next reply is for. */
static void begin(struct pop3_state *st)
{
    if (st->npending == 0)
        return;
    enum command cmd = (enum command)st->pending[0];
    bool before_login = st->greeted && !st->logged_in;
    if (cmd == CMD_UNKNOWN || ((cmd == CMD_USER || cmd == CMD_AUTH) && !before_login))
        return;
    st->state = (uint8_t)cmd;
    st->authenticating = cmd == CMD_AUTH;
}

static void finish(struct pop3_state *st)
{
    if (st->npending == 0)
        return;
    st->npending--;
    memmove(st->pending, st->pending + 1, st->npending);
    begin(st);
}

static void request(struct pop3_state *st, struct fb_span line)
{
    if (line.n == 0 || st->authenticating || st->npending == POP3_PENDING_MAX)
        return;
    st->pending[st->npending++] = (uint8_t)classify(line);
    if (st->npending == 1)
        begin(st);
}

static void ok(struct svc *a)
{
    struct pop3_state *st = a->state;
    enum command cmd = (enum command)st->state;
    if (cmd == CMD_USER || cmd == CMD_CAPA || cmd == CMD_STLS)
        svc_confirm(a);
    if (cmd == CMD_STLS) {
        svc_become(a, &svc_ssl);
        return;
    }
    st->greeted = true;
    st->logged_in |= cmd == CMD_SHORT || cmd == CMD_AUTH;
    st->authenticating = false;
    st->multiline = cmd == CMD_CAPA || cmd == CMD_LONG;
    if (cmd == CMD_LONG && st->logged_in)
        a->settled = a->confirmed; /* TLS cannot start any more */
    if (!st->multiline)
        finish(st);
}

static void reply(struct svc *a, struct fb_span line)
{
    struct pop3_state *st = a->state;
    struct fb_span rest = line, w = unsigned_word(&rest);
    if (st->multiline) {
        st->multiline = !(line.n == 1 && line.p[0] == '.');
        if (!st->multiline)
            finish(st);
    } else if (svc_equal(w, "OK")) {
        ok(a);
    } else if (svc_equal(w, "ERR")) {
        if (st->state == CMD_USER || st->state == CMD_AUTH)
            st->state = CMD_NONE;
        st->authenticating = false;
        finish(st);
    } else if (!st->authenticating && !known_word(w)) {
        svc_fail(a);
    }
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    if (from_orig)
        request(a->state, line);
    else
        reply(a, line);
    return used;
}

const struct svc_proto svc_pop3 = {.name = "pop3",
                                   .hold = 16384,
                                   .state_bytes = sizeof(struct pop3_state),
                                   .drop_long = true,
                                   .parse = parse};
