/* Runs one analyzer: holds what it has not taken yet, passes over what it skips, and does what it asks for.
 */
#include "base/memory.h"
#include "ingest/packet.h"
#include "replay/service/svc_core.h"

struct svc *svc_new(struct fb_service *owner, const struct svc_proto *proto)
{
    struct svc *a = fb_calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->proto = proto;
    a->owner = owner;
    if (proto->state_bytes > 0 && !(a->state = fb_calloc(1, proto->state_bytes))) {
        free(a);
        return NULL;
    }
    return a;
}

static void free_state(struct svc *a)
{
    if (a->state && a->proto->release)
        a->proto->release(a);
    free(a->state);
    a->state = NULL;
}

void svc_free(struct svc *a)
{
    if (!a)
        return;
    free_state(a);
    free(a->dir[0].buf);
    free(a->dir[1].buf);
    free(a);
}

size_t svc_held_bytes(const struct svc *a)
{
    return sizeof *a + a->proto->state_bytes + a->dir[0].cap + a->dir[1].cap;
}

void svc_swap_roles(struct svc *a)
{
    struct svc_dir d = a->dir[0];
    a->dir[0] = a->dir[1];
    a->dir[1] = d;
}

static void take_over(struct svc *a)
{
    const struct svc_proto *next = a->become;
    a->become = NULL;
    free_state(a);
    a->proto = next;
    a->confirmed = a->settled = false;
    if (next->state_bytes > 0 && !(a->state = fb_calloc(1, next->state_bytes)))
        a->gone = true;
}

static size_t call_parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    size_t used = a->proto->parse(a, from_orig, p, n);
    if (used > n)
        used = n;
    if (used > 0)
        svc_dir_of(a, from_orig)->dropped = 0;
    if (a->become && !a->gone)
        take_over(a);
    return used;
}

/* Makes room for `want` held bytes; false when memory ran out. */
static bool reserve(struct svc_dir *d, size_t want, size_t max)
{
    if (want <= d->cap)
        return true;
    size_t cap = d->cap ? d->cap : 128;
    while (cap < want)
        cap *= 2;
    if (cap > max)
        cap = max;
    uint8_t *buf = fb_realloc(d->buf, cap);
    if (!buf)
        return false;
    d->buf = buf;
    d->cap = (uint32_t)cap;
    return true;
}

/* Keeps what parse left; returns bytes taken, 0 when nothing fits any more. */
static size_t hold(struct svc *a, struct svc_dir *d, const uint8_t *p, size_t n)
{
    size_t max = a->proto->hold;
    size_t room = max > d->held ? max - d->held : 0;
    size_t take = n < room ? n : room;
    if (take == 0)
        return 0;
    if (!reserve(d, d->held + take, max)) {
        a->gone = true;
        return 0;
    }
    memcpy(d->buf + d->held, p, take);
    d->held += (uint32_t)take;
    return take;
}

static void overflow(struct svc *a, struct svc_dir *d)
{
    uint64_t before = d->dropped;
    d->dropped += d->held;
    d->held = 0;
    if (!a->proto->drop_long)
        svc_fail(a);
    else if (before <= SVC_LINE_MAX && d->dropped > SVC_LINE_MAX)
        svc_signal(a, FB_SVC_LIMIT);
}

/* Parses held bytes with the head of the new ones behind them; returns new bytes taken. */
static size_t feed_held(struct svc *a, bool from_orig, struct svc_dir *d, const uint8_t *p, size_t n)
{
    size_t before = d->held;
    size_t take = hold(a, d, p, n);
    if (a->gone)
        return n;
    if (take == 0) {
        overflow(a, d);
        return a->proto->hold == 0 ? n : 0;
    }
    size_t used = call_parse(a, from_orig, d->buf, d->held);
    if (used == 0)
        return take;
    if (used >= before) {
        d->held = 0;
        return used - before;
    }
    memmove(d->buf, d->buf + used, before - used);
    d->held = (uint32_t)(before - used);
    return 0;
}

static bool is_datagram(const struct svc *a)
{
    return a->owner->flow.proto != FB_PROTO_TCP;
}

void svc_feed(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct svc_dir *d = svc_dir_of(a, from_orig);
    if (is_datagram(a)) {
        (void)call_parse(a, from_orig, p, n);
        return;
    }
    a->chunks++;
    while (n > 0 && !a->gone) {
        size_t used;
        if (d->skip > 0 && d->held == 0) {
            used = d->skip < n ? (size_t)d->skip : n;
            if (d->skip != UINT64_MAX)
                d->skip -= used;
        } else if (d->skip > 0) {
            used = 0;
            size_t drop = d->skip < d->held ? (size_t)d->skip : d->held;
            memmove(d->buf, d->buf + drop, d->held - drop);
            d->held -= (uint32_t)drop;
            if (d->skip != UINT64_MAX)
                d->skip -= drop;
        } else if (d->held > 0) {
            used = feed_held(a, from_orig, d, p, n);
        } else {
            used = call_parse(a, from_orig, p, n);
            if (used == 0 && !a->gone && d->skip == 0) {
                used = hold(a, d, p, n);
                if (used < n)
                    overflow(a, d);
                if (used == 0)
                    used = n;
            }
        }
        p += used;
        n -= used;
    }
}

void svc_gap(struct svc *a, bool from_orig, uint64_t n)
{
    struct svc_dir *d = svc_dir_of(a, from_orig);
    if (d->skip == UINT64_MAX)
        return;
    if (d->held == 0 && d->skip >= n) {
        d->skip -= n;
        return;
    }
    uint64_t rest = n - (d->held == 0 ? d->skip : 0);
    d->held = 0;
    d->skip = 0;
    if (!a->proto->gap || !a->proto->gap(a, from_orig, rest))
        a->gone = true;
}

void svc_leave(struct svc *a)
{
    a->gone = true;
}

void svc_become(struct svc *a, const struct svc_proto *next)
{
    a->become = next;
}

void svc_signal(struct svc *a, unsigned bits)
{
    a->owner->root->result |= bits;
}

const struct fb_service_flow *svc_flow(const struct svc *a)
{
    return &a->owner->root->flow;
}

uint64_t svc_total_bytes(const struct svc *a)
{
    return a->owner->root->total_bytes;
}

void svc_expect(struct svc *a, const struct fb_addr *resp_h, uint16_t resp_p, const char *service)
{
    struct fb_service *s = a->owner->root;
    if (!s->expect && !(s->expect = fb_calloc(SVC_EXPECTS, sizeof *s->expect)))
        return;
    if (s->nexpect == SVC_EXPECTS)
        return;
    s->expect[s->nexpect++] = (struct fb_service_expect){*resp_h, resp_p, service};
    s->result |= FB_SVC_EXPECT;
}
