/* PostgreSQL frontend/backend protocol 3: startup and the server's first message confirm; S to an SSL request
 * hands over to TLS. */
#include "replay/service/svc.h"

#define PG_STARTUP_MAX 16384
#define PG_SSL         80877103
#define PG_CANCEL      80877102
#define PG_GSSENC      80877104

struct pg_state {
    bool startup, asked; /* asked: an SSL or GSS request waits for its one byte */
};

static size_t client(struct svc *a, struct pg_state *st, const uint8_t *p, size_t n)
{
    if (st->startup)
        return n;
    if (n < 8)
        return 0;
    size_t len = fb_load_be32(p);
    uint32_t code = fb_load_be32(p + 4);
    bool request = code == PG_SSL || code == PG_GSSENC;
    if (len < 8 || len > PG_STARTUP_MAX || (!request && code != PG_CANCEL && code >> 16 != 3)) {
        svc_fail(a);
        return n;
    }
    if (n < len)
        return 0;
    st->asked = request;
    st->startup = !request && code != PG_CANCEL;
    return len;
}

static size_t server(struct svc *a, struct pg_state *st, const uint8_t *p, size_t n)
{
    if (st->asked) {
        st->asked = false;
        if (p[0] != 'S' && p[0] != 'N' && p[0] != 'G' && p[0] != 'E') {
            svc_fail(a);
            return n;
        }
        svc_confirm(a);
        if (p[0] == 'S')
            svc_become(a, &svc_ssl);
        return 1;
    }
    if (!st->startup || n < 5)
        return st->startup ? 0 : n;
    if (!memchr("RESNKZv", p[0], 7) || fb_load_be32(p + 1) < 4 || fb_load_be32(p + 1) > PG_STARTUP_MAX) {
        svc_fail(a);
        return n;
    }
    svc_confirm(a);
    a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
    a->settled = true;
    return 5;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct pg_state *st = a->state;
    return from_orig ? client(a, st, p, n) : server(a, st, p, n);
}

const struct svc_proto svc_postgresql = {.name = "postgresql",
                                         .hold = PG_STARTUP_MAX,
                                         .state_bytes = sizeof(struct pg_state),
                                         .partial_ok = true,
                                         .parse = parse};
