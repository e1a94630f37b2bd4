/* SOCKS 4, 4a and 5 (RFC 1928, 1929): the server's reply confirms; what follows goes to a nested detector. */
#include "replay/service/svc.h"

enum step { ST_FIRST, ST_METHOD, ST_AUTH, ST_REQUEST, ST_REPLY };

struct socks_state {
    uint8_t version, step; /* enum step */
    bool request_sent;
};

/* Bytes of an address behind its type byte, 0 when unknown or not there. */
static size_t address_bytes(const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    return p[0] == 1 ? 4 : p[0] == 4 ? 16 : p[0] == 3 ? (size_t)p[1] + 1 : 0;
}

static size_t fail(struct svc *a, size_t n)
{
    svc_fail(a);
    return n;
}

/* VER 4, CD, port, address, user name NUL, and for 4a a host name NUL. */
static size_t request4(struct svc *a, struct socks_state *st, const uint8_t *p, size_t n)
{
    if (n < 9)
        return 0;
    const uint8_t *end = memchr(p + 8, 0, n - 8);
    bool named = p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] != 0;
    if (end && named)
        end = memchr(end + 1, 0, n - (size_t)(end + 1 - p));
    if (!end)
        return 0;
    if (p[1] != 1 && p[1] != 2)
        return fail(a, n);
    st->version = 4;
    st->step = ST_REPLY;
    return (size_t)(end - p) + 1;
}

static size_t client(struct svc *a, struct socks_state *st, const uint8_t *p, size_t n)
{
    if (st->step == ST_FIRST && p[0] == 4)
        return request4(a, st, p, n);
    if (n < 2)
        return 0;
    if (st->step == ST_FIRST) {
        if (p[0] != 5 || p[1] == 0)
            return fail(a, n);
        if (n < (size_t)p[1] + 2)
            return 0;
        st->version = 5;
        st->step = ST_METHOD;
        return (size_t)p[1] + 2;
    }
    if (st->step == ST_AUTH) {
        if (p[0] != 1)
            return fail(a, n);
        size_t user = p[1], pass = n > user + 2 ? p[user + 2] : SIZE_MAX;
        return pass == SIZE_MAX || n < user + pass + 3 ? 0 : user + pass + 3;
    }
    if (n < 5)
        return 0;
    size_t addr = address_bytes(p + 3, n - 3);
    if (p[0] != 5 || addr == 0)
        return fail(a, n);
    if (n < 6 + addr)
        return 0;
    st->step = ST_REPLY;
    return 6 + addr;
}

static void tunnel(struct svc *a, bool granted)
{
    svc_confirm(a);
    if (granted)
        svc_become(a, &svc_tunnel);
    else
        svc_leave(a);
}

static size_t server(struct svc *a, struct socks_state *st, const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    if (st->version == 4) {
        if (p[0] != 0 || p[1] < 0x5a || p[1] > 0x5d)
            return fail(a, n);
        if (n < 8)
            return 0;
        tunnel(a, p[1] == 0x5a);
        return 8;
    }
    if (st->step == ST_METHOD) {
        if (p[0] != 5)
            return fail(a, n);
        st->step = p[1] == 2 ? ST_AUTH : ST_REQUEST;
        return 2;
    }
    if (st->step == ST_AUTH) {
        st->step = ST_REQUEST;
        return 2;
    }
    if (st->step != ST_REPLY)
        return fail(a, n);
    size_t addr = n < 5 ? 0 : address_bytes(p + 3, n - 3);
    if (n < 5)
        return 0;
    if (p[0] != 5 || addr == 0)
        return fail(a, n);
    if (n < 6 + addr)
        return 0;
    tunnel(a, p[1] == 0);
    return 6 + addr;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct socks_state *st = a->state;
    return from_orig ? client(a, st, p, n) : server(a, st, p, n);
}

const struct svc_proto svc_socks = {
    .name = "socks", .hold = 1024, .state_bytes = sizeof(struct socks_state), .parse = parse};
