/* Sessions that go over to TLS by a short exchange of binary messages: PostgreSQL (SSLRequest), MySQL
 * (SSLRequest after the greeting), RDP ([MS-RDPBCGR] 2.2.1), LDAP (RFC 4511, section 4.14), XMPP (RFC 6120);
 * and SOCKS 4 and 5 (RFC 1928), after which anything may follow. Each message is looked for in one delivery
 * of bytes; one that is cut between two is missed, and the session then has no row. */
#include "intel/wire/starttls.h"

#include "base/memory.h"
#include "intel/wire/tls.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define CALLS_MAX 64 /* before the session goes over */

enum kind { K_POSTGRESQL, K_MYSQL, K_RDP, K_LDAP, K_XMPP, K_SOCKS4, K_SOCKS5, KINDS };

struct upgrade_state {
    bool decided, asked;
    enum kind kind;
    unsigned calls;
    bool asker_is_orig;
    uint8_t steps; /* SOCKS5: replies to come before the other protocol begins */
    void *tls;
};

static const uint8_t ldap_oid[] = "1.3.6.1.4.1.1466.20037";

static bool contains(const uint8_t *p, size_t n, const void *what, size_t len)
{
    for (size_t i = 0; i + len <= n; i++)
        if (memcmp(p + i, what, len) == 0)
            return true;
    return false;
}

static bool mysql_greeting(const uint8_t *p, size_t n)
{
    return n > 10 && p[2] == 0 && p[3] == 0 && p[4] == 10 && p[5] >= '3' && p[5] <= '9' && n >= 4U + p[0] &&
           p[0] >= 0x20;
}

/* A connection request that offers TLS. */
static bool rdp_request(const uint8_t *p, size_t n)
{
    return n >= 11 && p[0] == 3 && p[1] == 0 && fb_load_be16(p + 2) <= n && p[5] == 0xe0;
}

static bool socks4(const uint8_t *p, size_t n)
{
    return n >= 9 && n < 600 && p[0] == 4 && p[1] == 1 && p[n - 1] == 0 && fb_load_be16(p + 2) != 0;
}

static bool kind_of(const struct fb_observed_flow *flow, const uint8_t *p, size_t n, enum kind *kind)
{
    bool socks_port = flow->resp_p == 1080 || flow->resp_p == 9050 || flow->resp_p == 9150;
    if (n == 8 && memcmp(p, "\0\0\0\x08\x04\xd2\x16\x2f", 8) == 0)
        *kind = K_POSTGRESQL;
    else if (mysql_greeting(p, n))
        *kind = K_MYSQL;
    else if (rdp_request(p, n))
        *kind = K_RDP;
    else if (n > 2 && p[0] == 0x30 && contains(p, n < 64 ? n : 64, ldap_oid, sizeof ldap_oid - 1))
        *kind = K_LDAP;
    else if (n >= 14 && (memcmp(p, "<stream:stream", 14) == 0 ||
                         (memcmp(p, "<?xml", 5) == 0 && contains(p, n, "<stream:stream", 14))))
        *kind = K_XMPP;
    else if (socks_port && socks4(p, n))
        *kind = K_SOCKS4;
    else if (n >= 3 && p[0] == 5 && p[1] >= 1 && n == 2U + p[1] && (socks_port || p[1] <= 4))
        *kind = K_SOCKS5;
    else
        return false;
    return true;
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    enum kind kind;
    return flow->ip_proto == 6 && kind_of(flow, p, n, &kind) ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    struct upgrade_state *st = fb_calloc(1, sizeof *st);
    (void)flow;
    return st;
}

/* Did this message ask for the change? */
static bool asks(const struct upgrade_state *st, const uint8_t *p, size_t n)
{
    switch (st->kind) {
    case K_LDAP:
        return contains(p, n, ldap_oid, sizeof ldap_oid - 1);
    case K_XMPP:
        return contains(p, n, "<starttls", 9);
    case K_MYSQL: /* a short login packet with CLIENT_SSL (0x0800) */
        return n >= 36 && p[0] == 32 && p[1] == 0 && p[2] == 0 && p[3] == 1 && (p[5] & 8);
    default:
        return true;
    }
}

/* Did the other side agree? */
static bool agrees(const struct upgrade_state *st, const uint8_t *p, size_t n)
{
    switch (st->kind) {
    case K_POSTGRESQL:
        return n == 1 && p[0] == 'S';
    case K_RDP: /* a negotiation response that chose TLS or CredSSP over it */
        return n >= 19 && p[5] == 0xd0 && p[11] == 2 && (p[15] & 0x0b);
    case K_LDAP:
        return n > 4 && p[0] == 0x30 && contains(p, n < 32 ? n : 32, "\x0a\x01\x00", 3);
    case K_XMPP:
        return contains(p, n, "<proceed", 8);
    default:
        return false;
    }
}

static unsigned go_tls(struct upgrade_state *st, const struct fb_seen *at, struct fb_span rest,
                       struct fb_observe_out *out)
{
    static const char *const names[KINDS] = {"postgresql", "mysql", "rdp", "ldap", "xmpp", NULL, NULL};
    st->tls = fb_tls_open_upgraded(names[st->kind]);
    if (!st->tls)
        return FB_OBSERVE_DONE;
    return rest.n > 0 ? fb_proto_tls.ops.data(st->tls, at, rest.p, rest.n, out) : 0;
}

/* SOCKS: the reply to the last request opens the way. */
static unsigned socks(struct upgrade_state *st, bool asker, const uint8_t *p, size_t n)
{
    if (st->kind == K_SOCKS4)
        return asker ? 0 : n == 8 && p[0] == 0 && p[1] == 90 ? FB_PROTO_AGAIN : FB_OBSERVE_DONE;
    if (asker) {
        if (n >= 10 && p[0] == 5 && p[1] == 1 && p[2] == 0)
            st->steps = 1;
        return 0;
    }
    if (n == 2) /* which method of authentication; the request may be on its way already */
        return 0;
    if (st->steps == 1)
        return n >= 10 && p[0] == 5 && p[1] == 0 ? FB_PROTO_AGAIN : FB_OBSERVE_DONE;
    return FB_OBSERVE_DONE;
}

static unsigned first(struct upgrade_state *st, const struct fb_seen *at, const uint8_t *p, size_t n)
{
    static const struct fb_observed_flow socks_flow = {.ip_proto = 6, .resp_p = 1080};
    st->decided = true;
    if (!kind_of(&socks_flow, p, n, &st->kind))
        return FB_OBSERVE_DONE;
    /* MySQL's server speaks first */
    st->asker_is_orig = st->kind == K_MYSQL ? !at->from_orig : at->from_orig;
    st->asked = st->kind != K_MYSQL && asks(st, p, n);
    return 0;
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct upgrade_state *st = state;
    if (st->tls)
        return fb_proto_tls.ops.data(st->tls, at, p, n, out);
    if (!st->decided)
        return first(st, at, p, n);
    if (++st->calls > CALLS_MAX)
        return FB_OBSERVE_DONE;
    bool asker = at->from_orig == st->asker_is_orig;
    if (st->kind == K_SOCKS4 || st->kind == K_SOCKS5)
        return socks(st, asker, p, n);
    if (asker && asks(st, p, n)) {
        st->asked = true;
        if (st->kind == K_MYSQL) /* the ClientHello follows at once */
            return go_tls(st, at, (struct fb_span){p + 36, n - 36}, out);
        return 0;
    }
    if (!asker && st->asked && agrees(st, p, n))
        return go_tls(st, at, (struct fb_span){NULL, 0}, out);
    bool waits = st->kind == K_LDAP || st->kind == K_XMPP || (st->kind == K_MYSQL && !asker);
    return waits ? 0 : FB_OBSERVE_DONE;
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct upgrade_state *st = state;
    return st->tls ? fb_proto_tls.ops.gap(st->tls, at, n, out) : FB_OBSERVE_DONE;
}

static void flip(void *state)
{
    struct upgrade_state *st = state;
    st->asker_is_orig = !st->asker_is_orig;
    if (st->tls)
        fb_proto_tls.ops.flip(st->tls);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct upgrade_state *st = state;
    if (st->tls)
        fb_proto_tls.ops.close(st->tls, at, out);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct upgrade_state *st = state;
    return sizeof *st + (st->tls ? fb_proto_tls.ops.bytes(st->tls) : 0);
}

const struct fb_intel_proto fb_proto_upgrade = {
    .name = "upgrade",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
