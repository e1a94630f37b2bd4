/* TCP payload and acknowledgements against the reassemblers, and what comes out of them: gaps and data for
 * the service detector and the observer. Conformance document, section 7. */
#include "replay/tcp.h"

#include "replay/flow_service.h"
#include "replay/history.h"
#include "replay/sight.h"

#define INITIAL_WINDOW   16384                 /* tcp_max_initial_window */
#define ABOVE_HOLE_MAX   16384                 /* tcp_max_above_hole_without_any_acks */
#define WITHOUT_ACKS_MAX (10ULL * 1024 * 1024) /* tcp_excessive_data_without_further_acks */

struct stream {
    struct fb_flow *f;
    struct fb_tcp *t;
    struct fb_sight *w;
    int dir;
    unsigned service; /* FB_SVC_* bits that came of deliveries */
};

/* A side that is established, or has closed from there: only then does a hole count as missed. */
static bool is_clean(const struct fb_tcp_end *e)
{
    return e->state == FB_TCPS_ESTABLISHED ||
           (e->state == FB_TCPS_CLOSED && e->prev_state == FB_TCPS_ESTABLISHED);
}

static uint64_t delivered_bytes(const struct fb_tcp *t)
{
    return t->end[0].reasm.last + t->end[1].reasm.last - 2;
}

static void on_deliver(void *ctx, const uint8_t *p, size_t n)
{
    struct stream *s = ctx;
    if (s->f->flags & FB_FLOW_SERVICE_DONE)
        ;
    else if (p)
        s->service |= fb_flow_service_data(s->f, s->dir, p, n, delivered_bytes(s->t) - n, s->t->is_partial);
    else
        s->service |= fb_flow_service_gap(s->f, s->dir, n, s->t->is_partial);
    if (!fb_sight_wants(s->w, s->f))
        return;
    if (p)
        fb_sight_data(s->w, s->f, s->dir, p, n, s->t->is_partial);
    else
        fb_sight_gap(s->w, s->f, s->dir, n, s->t->is_partial);
}

static void on_gap(void *ctx, uint64_t n)
{
    struct stream *s = ctx;
    if (is_clean(&s->t->end[0]) && is_clean(&s->t->end[1])) {
        fb_history_scaled(s->f, s->dir, 'G', &s->t->end[s->dir].gap_cnt);
        s->f->missed_bytes += n;
    }
    if (!(s->f->flags & FB_FLOW_SERVICE_DONE))
        s->service |= fb_flow_service_gap(s->f, s->dir, n, s->t->is_partial);
    if (fb_sight_wants(s->w, s->f))
        fb_sight_gap(s->w, s->f, s->dir, n, s->t->is_partial);
}

static struct fb_reasm_ops ops_for(struct stream *s)
{
    bool want = !(s->f->flags & FB_FLOW_SERVICE_DONE) || fb_sight_wants(s->w, s->f);
    return (struct fb_reasm_ops){.ctx = s, .deliver = on_deliver, .gap = on_gap, .want_data = want};
}

unsigned fb_tcp_acked(struct fb_flow *f, struct fb_tcp *t, int acked_dir, uint64_t rel_ack,
                      struct fb_sight *w)
{
    struct fb_tcp_end *e = &t->end[acked_dir];
    if (e->fin_cnt > 0 && e->fin_rel > 0 && rel_ack >= (uint64_t)e->fin_rel)
        rel_ack = (uint64_t)e->fin_rel - 1;
    if (rel_ack <= e->reasm.trimmed)
        return 0;
    struct stream s = {f, t, w, acked_dir, 0};
    struct fb_reasm_ops ops = ops_for(&s);
    fb_reasm_trim(&e->reasm, rel_ack, t->is_partial, &ops);
    fb_tcp_check_eof(f, t, acked_dir, t->now_ns);
    return s.service;
}

unsigned fb_tcp_payload(struct fb_flow *f, struct fb_tcp *t, int dir, uint64_t rel_seq,
                        const struct fb_packet *p, struct fb_sight *w, bool *fresh)
{
    *fresh = false;
    struct fb_tcp_end *e = &t->end[dir];
    uint64_t n = p->payload_bytes, acked = (uint64_t)(fb_tcp_full_ack(e) - e->start_seq);
    const uint8_t *data = p->payload;
    if ((int64_t)acked > 0 && rel_seq < acked) {
        uint64_t old = acked - rel_seq;
        if (old >= n)
            return 0;
        data += old;
        n -= old;
        rel_seq += old;
    }
    struct stream s = {f, t, w, dir, 0};
    struct fb_reasm_ops ops = ops_for(&s);
    uint64_t before = e->reasm.last;
    *fresh = fb_reasm_data(&e->reasm, rel_seq, n, data, &ops);
    if (!fb_tcp_nothing_acked(e) && fb_reasm_buffered(&e->reasm) <= WITHOUT_ACKS_MAX)
        return s.service;
    if (fb_tcp_nothing_acked(e)) {
        /* A one-sided capture: nobody acknowledges, so nothing is worth keeping. */
        if (e->reasm.last > before && fb_tcp_size(t, dir) > INITIAL_WINDOW)
            fb_reasm_trim(&e->reasm, e->reasm.last, t->is_partial, &ops);
        if (fb_reasm_undelivered(&e->reasm) > ABOVE_HOLE_MAX)
            fb_reasm_skip(&e->reasm);
    }
    if (fb_reasm_buffered(&e->reasm) > WITHOUT_ACKS_MAX)
        fb_reasm_skip(&e->reasm);
    return s.service;
}
