/* One TCP segment: conformance document, sections 5 and 6, step by step in its order. */
#include "replay/tcp.h"

#include "replay/history.h"

#define BIG_JUMP 1048576

void fb_tcp_init(struct fb_tcp *t, int64_t idle_ns, int64_t now_ns)
{
    *t = (struct fb_tcp){
        .idle_ns = idle_ns,
        .attempt_due = FB_NEVER,
        .close_due = FB_NEVER,
        .expire_phase_ns = FB_NEVER,
        .expire_due = {now_ns + 5000000000LL, FB_NEVER},
        .syn_ns = INT64_MIN,
        .synack_ns = INT64_MIN,
        .syn_synack_ns = -1,
        .synack_ack_ns = -1,
    };
    fb_reasm_init(&t->end[0].reasm);
    fb_reasm_init(&t->end[1].reasm);
}

void fb_tcp_release(struct fb_tcp *t)
{
    fb_reasm_release(&t->end[0].reasm);
    fb_reasm_release(&t->end[1].reasm);
}

bool fb_tcp_is_reuse(const struct fb_tcp *t, const struct fb_packet *p)
{
    if (!(p->tcp_flags & FB_TCP_SYN))
        return false;
    const struct fb_tcp_end *o = &t->end[FB_ORIG], *r = &t->end[FB_RESP];
    bool ack = p->tcp_flags & FB_TCP_ACK;
    const struct fb_tcp_end *cmp = o;
    if (ack) {
        if (o->state != FB_TCPS_INACTIVE)
            return false;
        cmp = r;
    }
    if (o->did_close || r->did_close)
        return true;
    if (p->seq == (uint32_t)cmp->start_seq)
        return false;
    return !(o->state == FB_TCPS_SYN_ACK_SENT && r->state == FB_TCPS_INACTIVE &&
             p->seq == (uint32_t)r->start_seq);
}

static void start_at(struct fb_tcp_end *e, int64_t start, uint32_t last)
{
    e->start_seq = start;
    e->ack_seq = (uint32_t)start;
    e->last_seq = last;
}

static void init_sequence_space(struct fb_tcp_end *e, uint8_t flags, uint32_t seq, uint32_t past)
{
    bool syn = flags & FB_TCP_SYN;
    switch (e->state) {
    case FB_TCPS_INACTIVE:
        if (syn)
            start_at(e, seq, past);
        else
            start_at(e, (int64_t)seq - 1, seq);
        break;
    case FB_TCPS_SYN_SENT:
    case FB_TCPS_SYN_ACK_SENT:
        if (syn && seq != (uint32_t)e->start_seq)
            start_at(e, seq, past);
        break;
    case FB_TCPS_ESTABLISHED:
    case FB_TCPS_PARTIAL:
        if (syn)
            start_at(e, seq, past);
        break;
    case FB_TCPS_RESET:
        if (syn && e->prev_state == FB_TCPS_INACTIVE)
            start_at(e, seq, past);
        break;
    default:
        break;
    }
}

/* `cur` relative to the start of e's sequence space; `last` and `wraps` say where that side stands. */
static int64_t relative(const struct fb_tcp_end *e, uint32_t cur, uint32_t last, uint32_t wraps,
                        bool *underflow)
{
    int32_t d = fb_seq_delta(cur, last);
    if (d < 0) {
        if (wraps && cur > last)
            wraps--;
    } else if (d > 0) {
        if (cur < last)
            wraps++;
    }
    if (wraps == 0) {
        int32_t rel = fb_seq_delta(cur, (uint32_t)e->start_seq);
        *underflow = rel < 0;
        return rel;
    }
    *underflow = false;
    return (int64_t)(((uint64_t)wraps << 32) + cur) - e->start_seq;
}

/* Letters that appear again when the relative number differs from the last one's. S and H share the bit of S.
 * The bit belongs to the role, the number to the endpoint: a flip moves only the latter (Zeek's quirk). */
static void letter_on_change(struct fb_flow *f, int dir, char letter, char bit, int64_t *last, int64_t rel)
{
    if (fb_history_mark(f, dir, bit) || *last != rel)
        fb_history_put(f, fb_history_side(letter, dir));
    *last = rel;
}

static void main_letter(struct fb_flow *f, struct fb_tcp_end *e, int dir, uint8_t flags, int64_t rel,
                        uint32_t len)
{
    unsigned bits =
        (flags & FB_TCP_SYN ? 1u : 0u) + (flags & FB_TCP_FIN ? 1u : 0u) + (flags & FB_TCP_RST ? 1u : 0u);
    if (bits > 1) {
        fb_history_once(f, dir, flags & FB_TCP_SYN ? 'Q' : 'I');
        return;
    }
    if (flags & FB_TCP_SYN)
        letter_on_change(f, dir, flags & FB_TCP_ACK ? 'H' : 'S', 'S', &e->last_syn_rel, rel);
    else if (flags & FB_TCP_FIN)
        letter_on_change(f, dir, 'F', 'F', &e->last_fin_rel, rel + len);
    else if (flags & FB_TCP_RST)
        letter_on_change(f, dir, 'R', 'R', &e->last_rst_rel, rel);
    else if (len)
        fb_history_once(f, dir, 'D');
    else if (flags & FB_TCP_ACK)
        fb_history_once(f, dir, 'A');
}

/* A session that began with an unflipped SYN-ACK: the first pure ACK or data shows that its sender was the
 * responder. */
static bool late_flip(struct fb_flow *f, struct fb_tcp *t, uint8_t flags, uint32_t len)
{
    if (flags & (FB_TCP_SYN | FB_TCP_FIN | FB_TCP_RST))
        return false;
    if (f->history_len != 1 || f->history[0] != 'H' || (!len && !(flags & FB_TCP_ACK)))
        return false;
    fb_flow_flip(f, t);
    fb_history_clear(f);
    fb_history_put(f, '^');
    fb_history_put(f, 'h');
    return true;
}

/* Acknowledgement number against the peer; raises the peer's highest acknowledged number. */
static int64_t take_ack(struct fb_tcp_end *p, uint32_t ack, uint8_t flags)
{
    if (p->state == FB_TCPS_INACTIVE) {
        start_at(p, (int64_t)(uint32_t)(ack - 1), ack - 1);
        return 1;
    }
    bool underflow;
    int64_t rel = relative(p, ack, p->ack_seq, p->ack_wraps, &underflow);
    if (underflow)
        return 0;
    if (!(flags & FB_TCP_RST)) {
        int32_t d = fb_seq_delta(ack, p->ack_seq);
        if (d > 0 && !(ack == 0 && d > BIG_JUMP)) {
            if (ack < p->ack_seq)
                p->ack_wraps++;
            p->ack_seq = ack;
        }
    }
    return rel;
}

/* Moves the highest end seen; true when the segment is a retransmission event. */
static bool take_last_seq(struct fb_tcp_end *e, uint32_t past, uint8_t flags, uint32_t len)
{
    int32_t d = fb_seq_delta(past, e->last_seq);
    if ((flags & (FB_TCP_SYN | FB_TCP_RST)) && (d > BIG_JUMP || d < -BIG_JUMP))
        return false;
    if ((flags & FB_TCP_FIN) && e->last_seq == (uint32_t)(e->start_seq + 1)) {
        e->last_seq = past;
        return false;
    }
    if (e->state == FB_TCPS_RESET)
        return false;
    if (d > 0) {
        if (past < e->last_seq)
            e->seq_wraps++;
        e->last_seq = past;
        return false;
    }
    return len > 0;
}

static void set_partial(struct fb_tcp *t, int dir, uint8_t flags)
{
    if (t->first_seen[dir])
        return;
    if (dir == FB_ORIG)
        t->is_partial = !(flags & FB_TCP_SYN) || (flags & FB_TCP_ACK);
    else if (!t->is_partial)
        t->is_partial = !(flags & FB_TCP_SYN);
}

/* Handshake times: the latest SYN before the first SYN-ACK, and the first acknowledgement after it. */
static void handshake_times(struct fb_tcp *t, const struct fb_packet *p, int dir)
{
    uint8_t fl = p->tcp_flags & (FB_TCP_SYN | FB_TCP_ACK | FB_TCP_RST | FB_TCP_FIN);
    if (dir == FB_ORIG && fl == FB_TCP_SYN && t->synack_ns == INT64_MIN) {
        t->syn_ns = p->ts_ns;
    } else if (dir == FB_RESP && fl == (FB_TCP_SYN | FB_TCP_ACK) && t->synack_ns == INT64_MIN) {
        t->synack_ns = p->ts_ns;
        if (t->syn_ns != INT64_MIN && p->ts_ns >= t->syn_ns)
            t->syn_synack_ns = p->ts_ns - t->syn_ns;
    } else if (dir == FB_ORIG && (fl & FB_TCP_ACK) && !(fl & (FB_TCP_SYN | FB_TCP_RST)) &&
               t->synack_ns != INT64_MIN && t->synack_ack_ns < 0 && p->ts_ns >= t->synack_ns) {
        t->synack_ack_ns = p->ts_ns - t->synack_ns;
    }
}

void fb_tcp_segment(struct fb_flow *f, struct fb_tcp *t, const struct fb_packet *p, int dir, int64_t now_ns,
                    struct fb_sight *w, struct fb_tcp_result *res)
{
    uint8_t flags = p->tcp_flags;
    uint32_t len = p->payload_bytes;
    uint32_t seg_len =
        (flags & FB_TCP_RST ? 0 : len) + (flags & FB_TCP_SYN ? 1u : 0u) + (flags & FB_TCP_FIN ? 1u : 0u);
    uint32_t past = p->seq + seg_len;

    t->now_ns = now_ns;
    set_partial(t, dir, flags);
    init_sequence_space(&t->end[dir], flags, p->seq, past);
    bool underflow;
    int64_t rel = relative(&t->end[dir], p->seq, t->end[dir].last_seq, t->end[dir].seq_wraps, &underflow);
    if (late_flip(f, t, flags, len))
        dir = 1 - dir;
    struct fb_tcp_end *e = &t->end[dir], *q = &t->end[1 - dir];
    main_letter(f, e, dir, flags, rel, len);
    if (p->window == 0 && !(flags & FB_TCP_RST) && q->state != FB_TCPS_CLOSED && e->state != FB_TCPS_RESET)
        fb_history_scaled(f, dir, 'W', &e->win0_cnt);
    if (!t->end[0].did_close || !t->end[1].did_close)
        f->last_ns = p->ts_ns;
    handshake_times(t, p, dir);
    if (flags & FB_TCP_FIN) {
        e->fin_cnt++;
        e->fin_rel = rel + seg_len;
    }
    if (flags & FB_TCP_RST)
        e->rst_cnt++;
    int64_t rel_ack = flags & FB_TCP_ACK ? take_ack(q, p->ack, flags) : 0;
    bool retrans = take_last_seq(e, past, flags, len);
    if (retrans)
        fb_history_scaled(f, dir, 'T', &e->rexmit_cnt);

    struct fb_tcp_step step;
    fb_tcp_state_step(f, t, dir, flags, p->seq, now_ns, &step);
    if (step.flipped) {
        dir = 1 - dir;
        e = &t->end[dir];
    }
    if (flags & FB_TCP_ACK)
        res->service |= fb_tcp_acked(f, t, 1 - dir, (uint64_t)(rel_ack > 0 ? rel_ack : 0), w);
    t->first_seen[dir] = 1;
    if (len && !(flags & FB_TCP_RST) && !underflow && p->payload_caplen >= len) {
        bool fresh;
        res->service |=
            fb_tcp_payload(f, t, dir, (uint64_t)rel + (flags & FB_TCP_SYN ? 1u : 0u), p, w, &fresh);
        if (retrans && fresh)
            e->ooo_cnt++;
    }
    fb_tcp_check_eof(f, t, dir, now_ns);
    if (step.close)
        fb_tcp_connection_closed(f, t, dir, now_ns);
    fb_tcp_wake_checks(t, now_ns);
    res->established = step.established;
    res->dir = (uint8_t)dir;
}
