#include "intel/wire/observer.h"

#include "base/memory.h"
#include "intel/wire/proto.h"

#include <stdlib.h>
#include <string.h>

#define PARSERS_MAX 4 /* that hold states of one session at the same time */
#define UNWANTED_MAX                                                                                         \
    8 /* calls whose bytes nobody wants, before a session that only one side speaks is left */
#define EVERYBODY UINT32_MAX

enum { PROTO_TCP = 6 };

/* First bytes of one side while some parser needs more of them to decide. */
struct prefix {
    uint32_t maybe; /* those parsers, one bit each */
    uint8_t n;
    uint8_t bytes[FB_WISH_BYTES];
};

struct parser {
    const struct fb_intel_proto *proto;
    void *state;
};

struct watched {
    struct fb_observed_flow flow;
    struct parser parser[PARSERS_MAX];
    struct prefix *prefix[2]; /* by from_orig; NULL: nothing kept */
    uint8_t nparsers, unwanted;
    bool asked[2]; /* every parser has decided about that side */
    bool again;    /* one of them said so in this call */
};

static void *observe_open(const struct fb_observed_flow *flow)
{
    struct watched *w = fb_calloc(1, sizeof *w);
    if (w)
        w->flow = *flow;
    return w;
}

static void drop_prefix(struct watched *w, bool from_orig)
{
    free(w->prefix[from_orig]);
    w->prefix[from_orig] = NULL;
}

/* Deals with what parser i returned; true when it left. */
static bool after(struct watched *w, size_t i, unsigned bits, const struct fb_seen *at,
                  struct fb_observe_out *out)
{
    w->again = w->again || (bits & FB_PROTO_AGAIN);
    if (!(bits & (FB_OBSERVE_DONE | FB_PROTO_AGAIN)))
        return false;
    w->parser[i].proto->ops.close(w->parser[i].state, at, out);
    w->nparsers--;
    for (; i < w->nparsers; i++)
        w->parser[i] = w->parser[i + 1];
    return true;
}

/* Gives bytes to the parsers that hold a state. */
static void feed(struct watched *w, const struct fb_seen *at, const uint8_t *p, size_t n,
                 struct fb_observe_out *out)
{
    for (size_t i = 0; i < w->nparsers;)
        if (!after(w, i, w->parser[i].proto->ops.data(w->parser[i].state, at, p, n, out), at, out))
            i++;
}

static bool holds_state(const struct watched *w, const struct fb_intel_proto *proto)
{
    for (size_t i = 0; i < w->nparsers; i++)
        if (w->parser[i].proto == proto)
            return true;
    return false;
}

/* A parser gets a state and the first bytes of a side: what was kept, then what has just come. */
static void join(struct watched *w, const struct fb_intel_proto *proto, const struct fb_seen *at,
                 const struct prefix *kept, struct fb_span now, struct fb_observe_out *out)
{
    void *state = w->nparsers < PARSERS_MAX ? proto->ops.open(&w->flow) : NULL;
    if (!state)
        return;
    size_t i = w->nparsers++;
    w->parser[i] = (struct parser){proto, state};
    if (kept && after(w, i, proto->ops.data(state, at, kept->bytes, kept->n, out), at, out))
        return;
    after(w, i, proto->ops.data(state, at, now.p, now.n, out), at, out);
}

/* Lets parsers decide about a side by its first bytes. */
static void ask(struct watched *w, const struct fb_seen *at, const uint8_t *p, size_t n,
                struct fb_observe_out *out)
{
    struct prefix *kept = w->prefix[at->from_orig], look = {.maybe = EVERYBODY};
    if (kept)
        look = *kept;
    size_t room = sizeof look.bytes - look.n, take = n < room ? n : room;
    memcpy(look.bytes + look.n, p, take);
    look.n = (uint8_t)(look.n + take);
    bool may_wait = w->flow.ip_proto == PROTO_TCP && look.n < sizeof look.bytes;
    uint32_t whom = look.maybe;
    look.maybe = 0;
    for (uint32_t k = 0; fb_intel_protos[k] && !w->again; k++) {
        const struct fb_intel_proto *proto = fb_intel_protos[k];
        if (!proto->wants || !(whom >> k & 1) || holds_state(w, proto))
            continue;
        enum fb_wish wish = kept ? proto->wants(&w->flow, at->from_orig, look.bytes, look.n)
                                 : proto->wants(&w->flow, at->from_orig, p, n);
        if (wish == FB_WISH_YES)
            join(w, proto, at, kept, (struct fb_span){p, n}, out);
        else if (wish == FB_WISH_MORE && may_wait)
            look.maybe |= (uint32_t)1 << k;
    }
    w->asked[at->from_orig] = look.maybe == 0;
    if (look.maybe == 0) {
        drop_prefix(w, at->from_orig);
        return;
    }
    if (!kept)
        w->prefix[at->from_orig] = kept = fb_malloc(sizeof *kept);
    if (kept)
        *kept = look;
}

/* Both sides are looked at anew from the next byte on. */
static void start_over(struct watched *w)
{
    drop_prefix(w, false);
    drop_prefix(w, true);
    w->asked[0] = w->asked[1] = w->again = false;
    w->unwanted = 0;
}

static unsigned verdict(const struct watched *w)
{
    if (w->nparsers || w->prefix[0] || w->prefix[1])
        return 0;
    return (w->asked[0] && w->asked[1]) || w->unwanted >= UNWANTED_MAX ? FB_OBSERVE_DONE : 0;
}

static unsigned observe_data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                             struct fb_observe_out *out)
{
    struct watched *w = state;
    feed(w, at, p, n, out);
    if (!w->again && !w->asked[at->from_orig])
        ask(w, at, p, n, out);
    if (w->again)
        start_over(w);
    else if (!w->nparsers)
        w->unwanted++;
    return verdict(w);
}

/* A side with a gap at its start has no first bytes. */
static unsigned observe_gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct watched *w = state;
    drop_prefix(w, at->from_orig);
    w->asked[at->from_orig] = true;
    for (size_t i = 0; i < w->nparsers;) {
        const struct fb_observer *ops = &w->parser[i].proto->ops;
        unsigned bits = ops->gap ? ops->gap(w->parser[i].state, at, n, out) : FB_OBSERVE_DONE;
        if (!after(w, i, bits, at, out))
            i++;
    }
    if (w->again)
        start_over(w);
    return verdict(w);
}

static void observe_flip(void *state)
{
    struct watched *w = state;
    struct fb_observed_flow f = w->flow;
    w->flow.orig_p = f.resp_p;
    w->flow.resp_p = f.orig_p;
    w->flow.orig_h = f.resp_h;
    w->flow.resp_h = f.orig_h;
    memcpy(w->flow.orig_mac, f.resp_mac, sizeof f.resp_mac);
    memcpy(w->flow.resp_mac, f.orig_mac, sizeof f.orig_mac);
    struct prefix *x = w->prefix[0];
    w->prefix[0] = w->prefix[1];
    w->prefix[1] = x;
    bool asked = w->asked[0];
    w->asked[0] = w->asked[1];
    w->asked[1] = asked;
    for (size_t i = 0; i < w->nparsers; i++)
        if (w->parser[i].proto->ops.flip)
            w->parser[i].proto->ops.flip(w->parser[i].state);
}

static void observe_close(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct watched *w = state;
    while (w->nparsers)
        after(w, 0, FB_OBSERVE_DONE, at, out);
    drop_prefix(w, false);
    drop_prefix(w, true);
    free(w);
}

static size_t observe_bytes(const void *state)
{
    const struct watched *w = state;
    size_t n =
        sizeof *w + (w->prefix[0] ? sizeof *w->prefix[0] : 0) + (w->prefix[1] ? sizeof *w->prefix[1] : 0);
    for (size_t i = 0; i < w->nparsers; i++)
        n += w->parser[i].proto->ops.bytes(w->parser[i].state);
    return n;
}

static void observe_packet(const struct fb_seen *at, uint16_t ethertype, const uint8_t *src_mac,
                           const uint8_t *dst_mac, const uint8_t *p, size_t n, struct fb_observe_out *out)
{
    for (size_t k = 0; fb_intel_protos[k]; k++)
        if (fb_intel_protos[k]->ethertype == ethertype && fb_intel_protos[k]->ops.packet)
            fb_intel_protos[k]->ops.packet(at, ethertype, src_mac, dst_mac, p, n, out);
}

const struct fb_observer fb_intel_observer = {
    .open = observe_open,
    .data = observe_data,
    .gap = observe_gap,
    .flip = observe_flip,
    .close = observe_close,
    .bytes = observe_bytes,
    .packet = observe_packet,
};
