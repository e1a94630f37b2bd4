/* PostgreSQL frontend/backend protocol 3: a whole startup message of the client confirms, or the server's
 * byte to an SSL request; S hands over to TLS. Messages whose form is wrong take the name back. As in Zeek's
 * analyzer a session that begins with another request (cancel, GSS encryption) is not followed. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define PG_STARTUP_MAX 16384
#define PG_STARTUP_MIN 9
#define PG_HEADER      5
#define PG_SHORT_MAX   1024 /* longest parameter status that is looked into */
#define PG_AUTH_MAX    12
#define PG_SSL         80877103
#define PG_VERSION     3

struct pg_state {
    bool first;   /* the client's first message has come */
    bool startup; /* and its startup message */
    bool asked;   /* an SSL request waits for its one byte */
};

static bool name_byte(uint8_t c)
{
    return svc_is_alpha(c) || svc_is_digit(c) || c == '-' || c == '_' || c == '/';
}

/* Takes a name and a value, each with its NUL; the value may be empty when `empty`. */
static bool parameter(struct fb_cur *c, bool empty)
{
    size_t name = 0, value = 0;
    uint8_t b;
    while (name_byte(b = fb_cur_u8(c)))
        name++;
    if (b != 0 || name == 0 || !fb_cur_ok(c))
        return false;
    while ((b = fb_cur_u8(c)) >= 0x20 && b <= 0x7e)
        value++;
    return b == 0 && fb_cur_ok(c) && (empty || value > 0);
}

/* Length, version, parameters, NUL. */
static bool good_startup(const uint8_t *p, size_t len)
{
    if (len < PG_STARTUP_MIN || fb_load_be16(p + 4) != PG_VERSION || p[len - 1] != 0)
        return false;
    struct fb_cur c = fb_cur_init(p + 8, len - PG_STARTUP_MIN);
    while (fb_cur_left(&c) > 0)
        if (!parameter(&c, false))
            return false;
    return true;
}

static size_t leave(struct svc *a, size_t n)
{
    svc_leave(a);
    return n;
}

static size_t fail(struct svc *a, size_t n)
{
    svc_fail(a);
    return n;
}

static size_t startup(struct svc *a, struct pg_state *st, const uint8_t *p, size_t n)
{
    if (n < 8)
        return 0;
    size_t len = fb_load_be32(p);
    if (!st->first && len == 8 && fb_load_be32(p + 4) == PG_SSL) {
        st->first = st->asked = true;
        return 8;
    }
    if (st->asked)
        return 0; /* until the server has answered */
    if (!st->first && (len < 8 || fb_load_be16(p + 4) != PG_VERSION))
        return leave(a, n);
    st->first = true;
    if (len < PG_STARTUP_MIN || len > PG_STARTUP_MAX)
        return fail(a, n);
    if (n < len)
        return 0;
    if (!good_startup(p, len))
        return fail(a, n);
    st->startup = true;
    svc_confirm(a);
    a->settled = true;
    return len;
}

/* The part of a server message that is looked into, header and all. */
static size_t looked_at(uint8_t type, size_t len)
{
    switch (type) {
    case 'R':
        return PG_HEADER + 4;
    case 'Z':
        return PG_HEADER + 1;
    case 'S':
        return len + 1 < PG_SHORT_MAX ? len + 1 : PG_HEADER;
    default:
        return PG_HEADER;
    }
}

/* `p`: what looked_at() said of a message of `len` bytes behind its type. */
static bool good_answer(const uint8_t *p, size_t len)
{
    uint32_t method;
    struct fb_cur c;
    switch (p[0]) {
    case 'R':
        method = len >= 8 ? fb_load_be32(p + PG_HEADER) : UINT32_MAX;
        return method <= PG_AUTH_MAX && (method != 0 || len == 8);
    case 'Z':
        return len == 5 && (p[PG_HEADER] == 'I' || p[PG_HEADER] == 'T' || p[PG_HEADER] == 'E');
    case 'K':
        return len == 12;
    case 'S':
        c = fb_cur_init(p + PG_HEADER, len - 4);
        return len + 1 >= PG_SHORT_MAX || (parameter(&c, true) && fb_cur_left(&c) == 0);
    default:
        return true;
    }
}

static size_t message(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < PG_HEADER)
        return 0;
    size_t len = fb_load_be32(p + 1);
    if (len < 4 || (from_orig && p[0] == 'X' && len != 4))
        return fail(a, n);
    size_t look = from_orig ? PG_HEADER : looked_at(p[0], len);
    look = look < len + 1 ? look : len + 1;
    if (n < look)
        return 0;
    if (!from_orig && !good_answer(p, len))
        return fail(a, n);
    svc_dir_of(a, from_orig)->skip = len + 1 - look;
    return look;
}

static size_t ssl_answer(struct svc *a, struct pg_state *st, const uint8_t *p, size_t n)
{
    if (p[0] != 'S' && p[0] != 'N')
        return leave(a, n);
    st->asked = false;
    svc_confirm(a);
    if (p[0] == 'S')
        svc_become(a, &svc_ssl);
    return 1;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct pg_state *st = a->state;
    if (from_orig)
        return st->startup ? message(a, from_orig, p, n) : startup(a, st, p, n);
    if (!st->first)
        return n;
    return st->asked ? ssl_answer(a, st, p, n) : message(a, from_orig, p, n);
}

const struct svc_proto svc_postgresql = {.name = "postgresql",
                                         .hold = PG_STARTUP_MAX,
                                         .state_bytes = sizeof(struct pg_state),
                                         .partial_ok = true,
                                         .parse = parse};
