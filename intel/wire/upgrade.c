/* Sessions that go over to TLS by a short exchange of binary messages: PostgreSQL (SSLRequest), MySQL
 * (SSLRequest after the greeting), RDP ([MS-RDPBCGR] 2.2.1), LDAP (RFC 4511, section 4.14), XMPP (RFC 6120,
 * section 5); and SOCKS 4 and 5 (RFC 1928, 1929), after which anything may follow. What the messages look
 * like stands in upgrade_units.c; here is who said what. Ignored on purpose: everything else these protocols
 * say. */
#include "intel/wire/starttls.h"
#include "intel/wire/upgrade_units.h"

#include "base/memory.h"
#include "intel/wire/tls.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define UNITS_MAX 512 /* before the session goes over */

struct upgrade_state {
    struct fb_wire_dir d[2];
    struct fb_upgrade_talk talk;
    unsigned units;
    bool decided, client_is_orig, done;
    unsigned bits; /* FB_PROTO_AGAIN, once SOCKS let the client through */
    void *tls;
};

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    enum fb_upgrade_kind kind;
    return flow->ip_proto == 6 ? fb_upgrade_first(p, n, &kind) : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    return fb_calloc(1, sizeof(struct upgrade_state));
}

static void go_tls(struct upgrade_state *st)
{
    static const char *const names[] = {[FB_UPGRADE_POSTGRESQL] = "postgresql",
                                        [FB_UPGRADE_MYSQL] = "mysql",
                                        [FB_UPGRADE_RDP] = "rdp",
                                        [FB_UPGRADE_LDAP] = "ldap",
                                        [FB_UPGRADE_XMPP] = "xmpp"};
    st->tls = fb_tls_open_upgraded(names[st->talk.kind]);
    st->done = !st->tls;
}

/* The bytes that made the observer choose this parser say which protocol it is, and whose they are. */
static bool decide(struct upgrade_state *st, bool from_orig, const uint8_t *p, size_t n)
{
    enum fb_wish wish = fb_upgrade_first(p, n, &st->talk.kind);
    st->decided = wish == FB_WISH_YES;
    st->done = wish == FB_WISH_NO;
    /* MySQL's server speaks first. */
    st->client_is_orig = st->talk.kind == FB_UPGRADE_MYSQL ? !from_orig : from_orig;
    return st->decided;
}

static size_t parse(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct upgrade_state *st = call->state;
    if (st->tls) { /* what follows in the same delivery */
        st->done = fb_proto_tls.ops.data(st->tls, call->at, p, n, call->out) & FB_OBSERVE_DONE;
        return n;
    }
    if (st->done || st->bits)
        return n;
    if (!st->decided && !decide(st, call->at->from_orig, p, n))
        return st->done ? n : 0;
    bool client = call->at->from_orig == st->client_is_orig;
    size_t skip = 0, used = fb_upgrade_unit(&st->talk, client, p, n, &skip);
    if (used == 0)
        return 0;
    call->dir->skip = skip;
    enum fb_upgrade_step step = ++st->units > UNITS_MAX ? FB_UPGRADE_NEVER
                                : client                ? fb_upgrade_client(&st->talk, p, used)
                                                        : fb_upgrade_server(&st->talk, p, used);
    if (step == FB_UPGRADE_TLS)
        go_tls(st);
    else if (step == FB_UPGRADE_OPEN)
        st->bits = FB_PROTO_AGAIN;
    else if (step == FB_UPGRADE_NEVER)
        st->done = true;
    return used;
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct upgrade_state *st = state;
    if (st->tls)
        return fb_proto_tls.ops.data(st->tls, at, p, n, out);
    struct fb_wire_call call = {st, &st->d[at->from_orig], at, out};
    if (!fb_wire_feed(&call, FB_UPGRADE_UNIT_MAX, parse, p, n))
        st->done = true;
    return st->done ? FB_OBSERVE_DONE : st->bits;
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct upgrade_state *st = state;
    if (st->tls)
        return fb_proto_tls.ops.gap(st->tls, at, n, out);
    return fb_wire_gap(&st->d[at->from_orig], n) ? 0 : FB_OBSERVE_DONE;
}

static void flip(void *state)
{
    struct upgrade_state *st = state;
    struct fb_wire_dir d = st->d[0];
    st->d[0] = st->d[1];
    st->d[1] = d;
    st->client_is_orig = !st->client_is_orig;
    if (st->tls)
        fb_proto_tls.ops.flip(st->tls);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct upgrade_state *st = state;
    if (st->tls)
        fb_proto_tls.ops.close(st->tls, at, out);
    fb_wire_dir_release(&st->d[0]);
    fb_wire_dir_release(&st->d[1]);
    free(st);
}

static size_t bytes(const void *state)
{
    const struct upgrade_state *st = state;
    return sizeof *st + st->d[0].cap + st->d[1].cap + (st->tls ? fb_proto_tls.ops.bytes(st->tls) : 0);
}

const struct fb_intel_proto fb_proto_upgrade = {
    .name = "upgrade",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
