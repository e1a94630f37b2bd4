/* Queries wait in their session for an answer with the same id and question; what was not answered is put out
 * when the session ends, or when too many wait. Nobody waits for answers to multicast, which come in sessions
 * of their own. */
#include "intel/wire/dns.h"

#include "base/memory.h"
#include "intel/wire/dns_row.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define WAITING_MAX   48
#define QUESTIONS_MAX 64 /* of one mDNS query */
#define BAD_MAX       4  /* damaged messages before the first good one, and the session is no DNS */
#define TCP_READ_MAX                                                                                         \
    16384u /* bytes of a message over TCP that are read; lists of a row are shorter still                    \
            */

enum { PROTO_TCP = 6, PROTO_UDP = 17, PORT_DNS = 53, PORT_NBNS = 137, PORT_MDNS = 5353, PORT_LLMNR = 5355 };

struct waiting {
    struct fb_dns_asked q; /* its name stands behind */
    bool from_orig;
    uint8_t name[];
};

struct dns {
    struct fb_addr orig_h, resp_h;
    uint16_t port;
    uint8_t ip_proto, bad, nwaiting;
    bool good;
    uint32_t bytes; /* of what waits */
    struct waiting *waiting[WAITING_MAX];
    struct fb_wire_dir dir[2]; /* TCP, by from_orig */
};

static uint16_t known_port(uint8_t ip_proto, uint16_t port)
{
    if (port == PORT_DNS)
        return port;
    return ip_proto == PROTO_UDP && (port == PORT_NBNS || port == PORT_MDNS || port == PORT_LLMNR) ? port : 0;
}

static uint16_t port_of(const struct fb_observed_flow *flow)
{
    uint16_t p = known_port(flow->ip_proto, flow->resp_p);
    return p ? p : known_port(flow->ip_proto, flow->orig_p);
}

static enum fb_wish dns_wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != PROTO_TCP && flow->ip_proto != PROTO_UDP)
        return FB_WISH_NO;
    if (port_of(flow))
        return FB_WISH_YES;
    if (flow->ip_proto == PROTO_UDP)
        return fb_dns_is_certain(p, n) ? FB_WISH_YES : FB_WISH_NO;
    bool whole = n > 2 && fb_load_be16(p) == n - 2;
    return whole && fb_dns_is_certain(p + 2, n - 2) ? FB_WISH_YES : FB_WISH_NO;
}

static void *dns_open(const struct fb_observed_flow *flow)
{
    struct dns *d = fb_calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->orig_h = flow->orig_h;
    d->resp_h = flow->resp_h;
    d->ip_proto = flow->ip_proto;
    d->port = port_of(flow);
    return d;
}

static struct fb_dns_sides sides(const struct dns *d, bool client_is_orig)
{
    const char *protocol = d->port == PORT_MDNS    ? "mdns"
                           : d->port == PORT_LLMNR ? "llmnr"
                           : d->port == PORT_NBNS  ? "nbns"
                                                   : "dns";
    return (struct fb_dns_sides){.protocol = protocol,
                                 .netbios = d->port == PORT_NBNS,
                                 .client = client_is_orig ? d->orig_h : d->resp_h,
                                 .server = client_is_orig ? d->resp_h : d->orig_h};
}

/* Takes the i-th query out of the line. */
static struct waiting *take(struct dns *d, unsigned i)
{
    struct waiting *w = d->waiting[i];
    d->nwaiting--;
    for (; i < d->nwaiting; i++)
        d->waiting[i] = d->waiting[i + 1];
    d->bytes -= (uint32_t)(sizeof *w + w->q.name_bytes);
    return w;
}

static void give_up(struct dns *d, unsigned i, struct fb_observe_out *out)
{
    struct waiting *w = take(d, i);
    struct fb_dns_sides s = sides(d, w->from_orig);
    fb_dns_put_query(out, &s, &w->q, NULL);
    free(w);
}

static void wait_for_answer(struct dns *d, const struct fb_dns_asked *q, struct fb_observe_out *out)
{
    struct waiting *w = fb_malloc(sizeof *w + q->name_bytes);
    if (!w)
        return;
    if (d->nwaiting == WAITING_MAX)
        give_up(d, 0, out);
    memcpy(w->name, q->name, q->name_bytes);
    w->q = *q;
    w->q.name = w->name;
    w->from_orig = q->at.from_orig;
    d->waiting[d->nwaiting++] = w;
    d->bytes += (uint32_t)(sizeof *w + q->name_bytes);
}

static bool same_name(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t x = a[i], y = b[i];
        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x | 0x20) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y | 0x20) : y;
        if (x != y)
            return false;
    }
    return true;
}

/* The oldest query that the reply answers; servers that refuse may leave the question out. */
static struct waiting *asked_by(struct dns *d, uint16_t id, bool from_orig, const struct fb_dns_question *q)
{
    for (unsigned i = 0; i < d->nwaiting; i++) {
        const struct waiting *w = d->waiting[i];
        if (w->q.id != id || w->from_orig == from_orig)
            continue;
        if (!q || (w->q.type == q->type && w->q.class == q->class && w->q.name_bytes == q->name.n &&
                   same_name(w->q.name, q->name.text, q->name.n)))
            return take(d, i);
    }
    return NULL;
}

/* One row for each question of a query that nobody waits for; the last has the records that came along: what
 * a NetBIOS host registers, what an asker of mDNS knows already (RFC 6762, section 7.1). */
static void put_questions(const struct fb_dns_sides *s, struct fb_dns_reader *r, struct fb_dns_asked *q,
                          struct fb_dns_question *first, struct fb_observe_out *out)
{
    bool ok = true;
    for (int i = 0; ok && i < QUESTIONS_MAX; i++) {
        q->type = first->type;
        q->class = first->class;
        q->name = first->name.text;
        q->name_bytes = (uint16_t)first->name.n;
        bool last = r->left[0] == 0;
        fb_dns_put_query(out, s, q, last ? r : NULL);
        ok = !last && fb_dns_next_question(r, first);
    }
}

static bool query(struct dns *d, struct fb_dns_reader *r, const struct fb_seen *at,
                  struct fb_observe_out *out)
{
    struct fb_dns_question first;
    if (!fb_dns_next_question(r, &first))
        return false;
    struct fb_dns_asked q = {.at = *at, .id = r->id, .flags = r->flags};
    struct fb_dns_sides s = sides(d, at->from_orig);
    if (fb_addr_is_multicast(&s.server) || (s.netbios && fb_dns_opcode(r) != FB_DNS_QUERY)) {
        put_questions(&s, r, &q, &first, out);
        return true;
    }
    struct fb_dns_reader rest = *r;
    struct fb_dns_rr rr;
    while (rest.count[3] && fb_dns_next_rr(&rest, &rr))
        if (rr.type == FB_DNS_OPT)
            q.edns_udp_bytes = rr.class;
    q.type = first.type;
    q.class = first.class;
    q.name = first.name.text;
    q.name_bytes = (uint16_t)first.name.n;
    wait_for_answer(d, &q, out);
    return true;
}

static bool reply(struct dns *d, struct fb_dns_reader *r, const struct fb_seen *at,
                  struct fb_observe_out *out)
{
    struct fb_dns_question first;
    bool has_question = r->count[0] > 0;
    if (has_question && !fb_dns_next_question(r, &first))
        return false;
    if (!has_question && r->count[1] == 0 && d->nwaiting == 0)
        return false;
    struct waiting *w = asked_by(d, r->id, at->from_orig, has_question ? &first : NULL);
    struct fb_dns_sides s = sides(d, !at->from_orig);
    fb_dns_put_reply(out, &s, at, r, has_question ? &first : NULL, w ? &w->q : NULL);
    free(w);
    return true;
}

static unsigned message(struct dns *d, const struct fb_seen *at, const uint8_t *p, size_t n,
                        struct fb_observe_out *out)
{
    struct fb_dns_reader r;
    bool ok = fb_dns_begin(&r, p, n, d->port == PORT_NBNS);
    if (ok)
        ok = fb_dns_is_reply(&r) ? reply(d, &r, at, out) : query(d, &r, at, out);
    d->good = d->good || ok;
    if (!ok && !d->good && ++d->bad >= BAD_MAX)
        return FB_OBSERVE_DONE;
    return 0;
}

static size_t tcp_message(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    size_t len = fb_load_be16(p), read = len < TCP_READ_MAX ? len : TCP_READ_MAX;
    if (n - 2 < read)
        return 0;
    if (message(call->state, call->at, p + 2, read, call->out))
        call->dir->dead = true;
    call->dir->skip = len - read;
    return read + 2;
}

static unsigned dns_data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                         struct fb_observe_out *out)
{
    struct dns *d = state;
    if (d->ip_proto == PROTO_UDP)
        return message(d, at, p, n, out);
    struct fb_wire_call call = {.state = d, .dir = &d->dir[at->from_orig], .at = at, .out = out};
    fb_wire_feed(&call, TCP_READ_MAX + 2, tcp_message, p, n);
    return d->dir[0].dead && d->dir[1].dead ? FB_OBSERVE_DONE : 0;
}

/* Where the next message begins is not known any more. */
static unsigned dns_gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct dns *d = state;
    (void)n;
    (void)out;
    d->dir[at->from_orig].dead = true;
    return d->dir[0].dead && d->dir[1].dead ? FB_OBSERVE_DONE : 0;
}

static void dns_flip(void *state)
{
    struct dns *d = state;
    struct fb_addr h = d->orig_h;
    d->orig_h = d->resp_h;
    d->resp_h = h;
    struct fb_wire_dir dir = d->dir[0];
    d->dir[0] = d->dir[1];
    d->dir[1] = dir;
    for (unsigned i = 0; i < d->nwaiting; i++)
        d->waiting[i]->from_orig = !d->waiting[i]->from_orig;
}

static void dns_close(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct dns *d = state;
    (void)at;
    while (d->nwaiting)
        give_up(d, 0, out);
    fb_wire_dir_release(&d->dir[0]);
    fb_wire_dir_release(&d->dir[1]);
    free(d);
}

static size_t dns_bytes(const void *state)
{
    const struct dns *d = state;
    return sizeof *d + d->bytes + d->dir[0].cap + d->dir[1].cap;
}

const struct fb_intel_proto fb_dns_proto = {
    .name = "dns",
    .wants = dns_wants,
    .ops = {.open = dns_open,
            .data = dns_data,
            .gap = dns_gap,
            .flip = dns_flip,
            .close = dns_close,
            .bytes = dns_bytes},
};
