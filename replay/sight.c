#include "replay/sight.h"

#include "base/cursor.h"
#include "base/memory.h"

#define ROWS_BYTES_MAX ((size_t)1 << 30) /* of one epoch and shard */
#define ICMP_SHOWN_MAX 2048              /* of one message */

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct fb_sight *w = (struct fb_sight *)out;
    if (row.n > FB_REC_BYTES_MAX)
        return;
    if (w->nrecs == w->cap_recs) {
        uint32_t cap = w->cap_recs ? w->cap_recs * 2 : 64;
        struct fb_sight_rec *r = realloc(w->recs, (size_t)cap * sizeof *r);
        if (!r) {
            w->failed = true;
            return;
        }
        w->recs = r;
        w->cap_recs = cap;
    }
    struct fb_sight_rec *r = &w->recs[w->nrecs];
    *r = (struct fb_sight_rec){.put_ordinal = w->ordinal,
                               .ordinal = at->ordinal,
                               .ts_ns = at->ts_ns,
                               .def = def,
                               .row_off = w->rows.len,
                               .row_bytes = (uint32_t)row.n,
                               .flow = w->flow,
                               .put_part = w->part};
    fb_buf_put(&w->rows, row.p, row.n);
    if (w->rows.failed)
        w->failed = true;
    else
        w->nrecs++;
}

/* For states whose session is dropped with its shard. */
static void put_nowhere(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                        struct fb_span row)
{
    (void)out;
    (void)def;
    (void)at;
    (void)row;
}

void fb_sight_init(struct fb_sight *w, const struct fb_observer *ops)
{
    *w = (struct fb_sight){.out.put = put, .ops = ops};
    fb_buf_init(&w->rows, ROWS_BYTES_MAX);
}

void fb_sight_release(struct fb_sight *w)
{
    free(w->recs);
    fb_buf_release(&w->rows);
    *w = (struct fb_sight){0};
}

void fb_sight_clear(struct fb_sight *w)
{
    w->nrecs = 0;
    fb_buf_clear(&w->rows);
}

static struct fb_seen seen(const struct fb_sight *w, int dir)
{
    return (struct fb_seen){.ts_ns = w->ts_ns, .ordinal = w->ordinal, .from_orig = dir == FB_ORIG};
}

/* The session's state, in step with its roles; NULL when nobody wants to see it. */
static void *state_of(struct fb_sight *w, struct fb_flow *f, bool partial)
{
    w->flow = f->self;
    if (f->observed) {
        if (f->flags & FB_FLOW_OBSERVE_FLIP)
            w->ops->flip(f->observed);
        f->flags &= (uint16_t)~FB_FLOW_OBSERVE_FLIP;
        return f->observed;
    }
    struct fb_observed_flow of = {.ip_proto = f->ip_proto,
                                  .orig_p = f->port[FB_ORIG],
                                  .resp_p = f->port[FB_RESP],
                                  .orig_h = f->addr[FB_ORIG],
                                  .resp_h = f->addr[FB_RESP],
                                  .has_macs = (f->flags & FB_FLOW_HAS_MACS) != 0,
                                  .partial = partial};
    memcpy(of.orig_mac, f->mac[FB_ORIG], 6);
    memcpy(of.resp_mac, f->mac[FB_RESP], 6);
    f->flags &= (uint16_t)~FB_FLOW_OBSERVE_FLIP;
    f->observed = w->ops->open(&of);
    if (!f->observed)
        f->flags |= FB_FLOW_OBSERVE_DONE;
    return f->observed;
}

static void note_bytes(struct fb_sight *w, struct fb_flow *f, size_t bytes)
{
    uint32_t now = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    w->bytes = w->bytes - f->observed_bytes + now;
    f->observed_bytes = now;
}

static void after_call(struct fb_sight *w, struct fb_flow *f, unsigned bits)
{
    if (bits & FB_OBSERVE_DONE)
        fb_sight_close(w, f);
    else
        note_bytes(w, f, w->ops->bytes(f->observed));
}

void fb_sight_data(struct fb_sight *w, struct fb_flow *f, int dir, const uint8_t *p, size_t n, bool partial)
{
    void *state = n ? state_of(w, f, partial) : NULL;
    if (!state)
        return;
    struct fb_seen at = seen(w, dir);
    after_call(w, f, w->ops->data(state, &at, p, n, &w->out));
}

void fb_sight_gap(struct fb_sight *w, struct fb_flow *f, int dir, uint64_t n, bool partial)
{
    void *state = state_of(w, f, partial);
    if (!state)
        return;
    struct fb_seen at = seen(w, dir);
    after_call(w, f, w->ops->gap(state, &at, n, &w->out));
}

void fb_sight_icmp(struct fb_sight *w, struct fb_flow *f, int dir, const struct fb_packet *p)
{
    /* The checksum field is not kept, and shown as zero: it was looked at by the decoder. */
    uint8_t msg[ICMP_SHOWN_MAX] = {(uint8_t)p->src_p, (uint8_t)p->dst_p};
    size_t n = p->payload_caplen < sizeof msg - 8 ? p->payload_caplen : sizeof msg - 8;
    fb_store_be32(msg + 4, p->seq);
    if (n)
        memcpy(msg + 8, p->payload, n);
    fb_sight_data(w, f, dir, msg, n + 8, false);
}

void fb_sight_close(struct fb_sight *w, struct fb_flow *f)
{
    f->flags |= FB_FLOW_OBSERVE_DONE;
    if (!f->observed)
        return;
    void *state = state_of(w, f, false);
    struct fb_seen at = seen(w, FB_ORIG);
    note_bytes(w, f, 0);
    f->observed = NULL;
    w->ops->close(state, &at, &w->out);
}

void fb_sight_drop(struct fb_sight *w, struct fb_flow *f)
{
    struct fb_observe_out nowhere = {put_nowhere};
    struct fb_seen at = {0};
    if (f->observed)
        w->ops->close(f->observed, &at, &nowhere);
    f->observed = NULL;
}

void fb_sight_frame(struct fb_sight *w, uint16_t ethertype, const uint8_t *src_mac, const uint8_t *dst_mac,
                    const uint8_t *p, size_t n)
{
    struct fb_seen at = seen(w, FB_ORIG);
    w->flow = 0;
    w->ops->packet(&at, ethertype, src_mac, dst_mac, p, n, &w->out);
}
