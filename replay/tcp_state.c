/* The TCP state machine and closing: conformance document, sections 5.1, 8, 9.2 to 9.4 and 10. */
#include "replay/tcp.h"

#include "base/timefmt.h"
#include "replay/history.h"

#define ATTEMPT_NS       (5 * FB_NS_PER_S)
#define LINGER_NS        (5 * FB_NS_PER_S)
#define CLOSE_DELAY_NS   (5 * FB_NS_PER_S)
#define SESSION_TIMER_NS (6 * FB_NS_PER_S)

static bool in_handshake(uint8_t s)
{
    return s == FB_TCPS_INACTIVE || s == FB_TCPS_SYN_SENT || s == FB_TCPS_SYN_ACK_SENT;
}

/* Leaving the handshake states while the peer is still in one of them raises the inactivity timeout to TCP's
 * own. */
static void set_state(struct fb_flow *f, struct fb_tcp *t, int dir, enum fb_tcp_state to)
{
    struct fb_tcp_end *e = &t->end[dir];
    if (e->state == to)
        return;
    if (in_handshake(e->state) && !in_handshake((uint8_t)to) && in_handshake(t->end[1 - dir].state) &&
        f->idle_timeout_ns < t->idle_ns)
        f->idle_timeout_ns = t->idle_ns;
    e->prev_state = e->state;
    e->state = (uint8_t)to;
}

/* Returns the sender's side, which a flip changes. */
static int inactive_syn(struct fb_flow *f, struct fb_tcp *t, int dir, uint8_t flags, uint32_t seq,
                        int64_t now_ns, struct fb_tcp_step *step)
{
    struct fb_tcp_end *e = &t->end[dir], *p = &t->end[1 - dir];
    bool ack = flags & FB_TCP_ACK;
    if (dir == FB_ORIG) {
        set_state(f, t, dir, ack ? FB_TCPS_SYN_ACK_SENT : FB_TCPS_SYN_SENT);
        t->attempt_due = now_ns + ATTEMPT_NS;
        return dir;
    }
    if (!ack && p->state == FB_TCPS_SYN_ACK_SENT && seq == (uint32_t)e->start_seq) {
        /* The SYN comes after the SYN-ACK that answers it: the roles were taken the wrong way round. */
        fb_flow_flip(f, t);
        step->flipped = true;
        dir = FB_ORIG;
        p = &t->end[FB_RESP];
        set_state(f, t, FB_RESP, FB_TCPS_ESTABLISHED);
        t->first_seen[FB_ORIG] = 1;
    }
    if (p->state == FB_TCPS_SYN_SENT)
        set_state(f, t, 1 - dir, FB_TCPS_ESTABLISHED);
    set_state(f, t, dir, FB_TCPS_ESTABLISHED);
    if (p->state != FB_TCPS_PARTIAL)
        step->established = true;
    return dir;
}

static void from_inactive(struct fb_flow *f, struct fb_tcp *t, int dir, uint8_t flags, uint32_t seq,
                          int64_t now_ns, struct fb_tcp_step *step)
{
    if (flags & FB_TCP_SYN)
        dir = inactive_syn(f, t, dir, flags, seq, now_ns, step);
    struct fb_tcp_end *e = &t->end[dir], *p = &t->end[1 - dir];
    if (flags & FB_TCP_FIN) {
        set_state(f, t, dir, FB_TCPS_CLOSED);
        step->close = true;
    }
    if (flags & FB_TCP_RST) {
        set_state(f, t, dir, FB_TCPS_RESET);
        step->close = true;
    }
    if (e->state != FB_TCPS_INACTIVE)
        return;
    if (dir == FB_RESP && p->state == FB_TCPS_SYN_SENT && (flags & FB_TCP_ACK))
        return;
    if ((flags & FB_TCP_ACK) && p->state == FB_TCPS_ESTABLISHED) {
        set_state(f, t, dir, FB_TCPS_ESTABLISHED);
        t->is_partial = false;
    } else {
        set_state(f, t, dir, FB_TCPS_PARTIAL);
    }
}

static void from_established(struct fb_flow *f, struct fb_tcp *t, int dir, uint8_t flags,
                             struct fb_tcp_step *step)
{
    struct fb_tcp_end *e = &t->end[dir], *p = &t->end[1 - dir];
    if ((flags & FB_TCP_SYN) && !(flags & FB_TCP_ACK) && e->state == FB_TCPS_PARTIAL &&
        p->state == FB_TCPS_INACTIVE)
        set_state(f, t, dir, FB_TCPS_SYN_SENT);
    if ((flags & FB_TCP_FIN) && !(flags & FB_TCP_RST)) {
        set_state(f, t, dir, FB_TCPS_CLOSED);
        step->close = true;
        if (p->state == FB_TCPS_RESET && p->prev_state == FB_TCPS_CLOSED)
            set_state(f, t, 1 - dir,
                      FB_TCPS_CLOSED); /* a RST that followed the peer's FIN tore nothing down */
    }
    if (flags & FB_TCP_RST) {
        set_state(f, t, dir, FB_TCPS_RESET);
        step->close = true;
    }
}

void fb_tcp_state_step(struct fb_flow *f, struct fb_tcp *t, int dir, uint8_t flags, uint32_t seq,
                       int64_t now_ns, struct fb_tcp_step *step)
{
    *step = (struct fb_tcp_step){0};
    struct fb_tcp_end *e = &t->end[dir], *p = &t->end[1 - dir];
    uint8_t before = e->state;
    bool rst_finishes = false;
    switch (before) {
    case FB_TCPS_INACTIVE:
        from_inactive(f, t, dir, flags, seq, now_ns, step);
        break;
    case FB_TCPS_SYN_SENT:
    case FB_TCPS_SYN_ACK_SENT:
        if (flags & FB_TCP_FIN)
            set_state(f, t, dir, FB_TCPS_CLOSED);
        if (flags & FB_TCP_RST)
            set_state(f, t, dir, FB_TCPS_RESET);
        step->close = flags & (FB_TCP_FIN | FB_TCP_RST);
        rst_finishes = flags & FB_TCP_RST;
        break;
    case FB_TCPS_PARTIAL:
    case FB_TCPS_ESTABLISHED:
        from_established(f, t, dir, flags, step);
        rst_finishes = flags & FB_TCP_RST;
        break;
    case FB_TCPS_CLOSED:
        if ((flags & FB_TCP_RST) && p->state != FB_TCPS_CLOSED) {
            step->close = !e->did_close;
            set_state(f, t, dir, FB_TCPS_RESET);
        }
        break;
    default:
        break;
    }
    if (rst_finishes)
        t->finished = true; /* the expire check stops: only the close timer or inactivity end it */
}

/* Data that was sent but not yet delivered, or the peer's data not yet acknowledged. */
static bool data_pending(const struct fb_tcp *t, int dir)
{
    const struct fb_tcp_end *e = &t->end[dir];
    if (e->reasm.skipping)
        return false;
    int64_t delivered = e->start_seq + (int64_t)e->reasm.last, last = fb_tcp_full_last(e);
    if (last < delivered)
        return false;
    if (delivered != last && delivered + 1 != last)
        return true;
    return e->state != FB_TCPS_RESET && fb_reasm_holds_blocks(&t->end[1 - dir].reasm);
}

void fb_tcp_connection_closed(struct fb_flow *f, struct fb_tcp *t, int dir, int64_t now_ns)
{
    struct fb_tcp_end *e = &t->end[dir], *p = &t->end[1 - dir];
    if (data_pending(t, dir)) {
        t->close_deferred = true;
        return;
    }
    t->close_deferred = false;
    if (e->did_close)
        return;
    e->did_close = true;
    if (e->state == FB_TCPS_RESET || p->did_close || p->state == FB_TCPS_INACTIVE) {
        t->finished = true;
        t->attempt_due = FB_NEVER;
        t->expire_due[0] = t->expire_due[1] = FB_NEVER;
        t->close_due = f->last_ns + CLOSE_DELAY_NS;
    } else if (e->prev_state != FB_TCPS_INACTIVE && !t->finished) {
        t->expire_due[1] = now_ns + SESSION_TIMER_NS;
    }
}

void fb_tcp_check_eof(struct fb_flow *f, struct fb_tcp *t, int dir, int64_t now_ns)
{
    struct fb_tcp_end *e = &t->end[dir];
    bool over = e->fin_cnt > 0 || e->state == FB_TCPS_CLOSED || e->state == FB_TCPS_RESET;
    if (e->eof_reported || !over || data_pending(t, dir))
        return;
    e->eof_reported = true;
    if (t->close_deferred)
        fb_tcp_connection_closed(f, t, dir, now_ns);
}

bool fb_tcp_attempt_failed(const struct fb_tcp *t)
{
    const struct fb_tcp_end *o = &t->end[FB_ORIG], *r = &t->end[FB_RESP];
    return (o->state == FB_TCPS_SYN_SENT || o->state == FB_TCPS_SYN_ACK_SENT) && r->state == FB_TCPS_INACTIVE;
}

/* A check can end a session only when a side has closed, reset or deferred its close, or when none has ever
 * been active. */
static bool check_matters(const struct fb_tcp *t)
{
    const struct fb_tcp_end *o = &t->end[FB_ORIG], *r = &t->end[FB_RESP];
    return o->did_close || r->did_close || t->close_deferred || o->state == FB_TCPS_RESET ||
           r->state == FB_TCPS_RESET || (o->state == FB_TCPS_INACTIVE && r->state == FB_TCPS_INACTIVE);
}

void fb_tcp_wake_checks(struct fb_tcp *t, int64_t now_ns)
{
    if (t->expire_phase_ns == FB_NEVER || t->finished || !check_matters(t))
        return;
    int64_t late = now_ns - t->expire_phase_ns;
    t->expire_due[0] = now_ns + SESSION_TIMER_NS - (late > 0 ? late % SESSION_TIMER_NS : 0);
    t->expire_phase_ns = FB_NEVER;
}

bool fb_tcp_expire_check(struct fb_flow *f, struct fb_tcp *t, int which, int64_t fire_ns)
{
    t->expire_due[which] = FB_NEVER;
    if (t->finished)
        return false;
    if (which == 0 && !check_matters(t)) {
        t->expire_phase_ns = fire_ns; /* sleeps until it can matter: most sessions never wake it */
        return false;
    }
    const struct fb_tcp_end *o = &t->end[FB_ORIG], *r = &t->end[FB_RESP];
    if (f->last_ns < fire_ns - LINGER_NS) {
        bool any = o->did_close || r->did_close, both = o->did_close && r->did_close;
        bool reset = o->state == FB_TCPS_RESET || r->state == FB_TCPS_RESET;
        bool silent = o->state == FB_TCPS_INACTIVE || r->state == FB_TCPS_INACTIVE;
        if (any && (both || reset || silent))
            return true;
        if (o->state == FB_TCPS_INACTIVE && r->state == FB_TCPS_INACTIVE)
            return true;
    }
    t->expire_due[which] = fire_ns + SESSION_TIMER_NS;
    return false;
}

uint64_t fb_tcp_size(const struct fb_tcp *t, int dir)
{
    const struct fb_tcp_end *e = &t->end[dir], *p = &t->end[1 - dir];
    if (e->prev_state == FB_TCPS_SYN_SENT && e->state == FB_TCPS_RESET && p->state == FB_TCPS_INACTIVE &&
        !fb_tcp_nothing_acked(e))
        return 0;
    int64_t last = fb_tcp_full_last(e), ack = fb_tcp_full_ack(e);
    int64_t size = (last > ack ? last : ack) - e->start_seq;
    if (size > 0)
        size--; /* the octet of the SYN, which a partial session's start allows for too */
    if (e->fin_cnt > 0 && size > 0)
        size--;
    return size > 0 ? (uint64_t)size : 0;
}

/* ^?S, then none of HAFGIQ up to an R: a lone SYN and a RST from the same side. */
static bool is_syn_then_rst(const char *h)
{
    if (*h == '^')
        h++;
    if (*h++ != 'S')
        return false;
    while (*h && *h != 'R') {
        if (strchr("HAFGIQ", *h))
            return false;
        h++;
    }
    return *h == 'R';
}

enum fb_conn_state fb_tcp_conn_state(const struct fb_flow *f, const struct fb_tcp *t)
{
    uint8_t os = t->end[FB_ORIG].state, rs = t->end[FB_RESP].state;
    bool o_inactive = os == FB_TCPS_INACTIVE || os == FB_TCPS_PARTIAL;
    bool r_inactive = rs == FB_TCPS_INACTIVE || rs == FB_TCPS_PARTIAL;
    if (rs == FB_TCPS_RESET) {
        if (os == FB_TCPS_SYN_SENT || os == FB_TCPS_SYN_ACK_SENT ||
            (os == FB_TCPS_RESET && fb_tcp_size(t, FB_ORIG) == 0 && fb_tcp_size(t, FB_RESP) == 0))
            return FB_CS_REJ;
        return o_inactive ? FB_CS_RSTRH : FB_CS_RSTR;
    }
    if (os == FB_TCPS_RESET) {
        if (!r_inactive)
            return FB_CS_RSTO;
        return is_syn_then_rst(fb_history_text(f)) ? FB_CS_RSTOS0 : FB_CS_OTH;
    }
    if (os == FB_TCPS_CLOSED && rs == FB_TCPS_CLOSED)
        return FB_CS_SF;
    if (os == FB_TCPS_CLOSED)
        return r_inactive ? FB_CS_SH : FB_CS_S2;
    if (rs == FB_TCPS_CLOSED)
        return o_inactive ? FB_CS_SHR : FB_CS_S3;
    if (os == FB_TCPS_SYN_SENT && rs == FB_TCPS_INACTIVE)
        return FB_CS_S0;
    if (os == FB_TCPS_ESTABLISHED && rs == FB_TCPS_ESTABLISHED)
        return FB_CS_S1;
    return FB_CS_OTH;
}
