/* When sessions end by time or by the memory ceiling: conformance document, section 9. */
#include "base/timefmt.h"
#include "replay/shard.h"
#include "replay/tcp.h"

#define DNS_TIMEOUT_NS (10 * FB_NS_PER_S) /* dns_session_timeout */

static int64_t earliest(const struct fb_shard *s, const struct fb_flow *f)
{
    int64_t due = f->idle_due_ns < f->dns_due_ns ? f->idle_due_ns : f->dns_due_ns;
    const struct fb_tcp *t = fb_shard_tcp(s, f);
    if (!t)
        return due;
    const int64_t tcp_due[] = {t->attempt_due, t->close_due, t->expire_due[0], t->expire_due[1]};
    for (size_t i = 0; i < sizeof tcp_due / sizeof *tcp_due; i++)
        if (tcp_due[i] < due)
            due = tcp_due[i];
    return due;
}

void fb_shard_rearm(struct fb_shard *s, struct fb_flow *f)
{
    int64_t due = earliest(s, f);
    if (due >= f->next_due_ns && f->wheel_slot)
        return; /* the wheel looks at it early, and hangs it again */
    f->next_due_ns = due;
    fb_wheel_set(&s->wheel, &s->flows, f);
}

/* The first packet of the epoch at which a timer due at due_ns fires: its time has come, and it is not the
 * session's own last packet, which may have armed a timer for the past. e->n when there is none. */
static uint32_t fire_index(const struct fb_epoch *e, const struct fb_flow *f, int64_t due_ns)
{
    uint32_t lo = 0, hi = e->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (e->now_ns[mid] < due_ns || e->ordinal[mid] <= f->last_ordinal)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The TCP timer that is due at `due`, if that is what `due` stands for. True when the session ended. */
static bool fire_tcp(struct fb_shard *s, struct fb_flow *f, struct fb_tcp *t, int64_t due, int64_t fire_ns,
                     uint64_t ordinal)
{
    if (t->close_due == due) {
        bool rst = t->end[0].state == FB_TCPS_RESET || t->end[1].state == FB_TCPS_RESET;
        fb_shard_end(s, f, rst ? FB_END_RST : FB_END_FIN, ordinal, 0, fire_ns);
        return true;
    }
    if (t->attempt_due == due) {
        t->attempt_due = FB_NEVER;
        if (fb_tcp_attempt_failed(t)) {
            fb_shard_end(s, f, FB_END_ATTEMPT, ordinal, 0, fire_ns);
            return true;
        }
    }
    for (int k = 0; k < 2; k++) {
        if (t->expire_due[k] != due)
            continue;
        if (fb_tcp_expire_check(f, t, k, fire_ns)) {
            bool rst = t->end[0].state == FB_TCPS_RESET || t->end[1].state == FB_TCPS_RESET;
            bool fin = t->end[0].fin_cnt || t->end[1].fin_cnt;
            fb_shard_end(s, f, rst ? FB_END_RST : fin ? FB_END_FIN : FB_END_IDLE, ordinal, 0, fire_ns);
            return true;
        }
    }
    return false;
}

/* One timer, the earliest, at packet i of the epoch. */
static bool fire_one(struct fb_shard *s, struct fb_flow *f, int64_t due, uint32_t i)
{
    int64_t fire_ns = s->epoch->now_ns[i];
    uint64_t ordinal = s->epoch->ordinal[i];
    struct fb_tcp *t = fb_shard_tcp(s, f);
    if (t && fire_tcp(s, f, t, due, fire_ns, ordinal))
        return true;
    if (f->dns_due_ns == due) {
        if (f->service && !fb_service_dns_attached(f->service)) {
            f->dns_due_ns = FB_NEVER;
        } else if (fire_ns - f->last_ns >= DNS_TIMEOUT_NS - FB_NS_PER_S) {
            fb_shard_end(s, f, FB_END_IDLE, ordinal, 0, fire_ns);
            return true;
        } else {
            f->dns_due_ns = fire_ns + DNS_TIMEOUT_NS;
        }
    }
    if (f->idle_due_ns == due) {
        if (f->last_ns + f->idle_timeout_ns <= fire_ns) {
            fb_shard_end(s, f, FB_END_IDLE, ordinal, 0, fire_ns);
            return true;
        }
        f->idle_due_ns = f->last_ns + f->idle_timeout_ns;
    }
    return false;
}

bool fb_shard_fire(struct fb_shard *s, struct fb_flow *f, int64_t now_ns, uint64_t ordinal)
{
    const struct fb_epoch *e = s->epoch;
    /* Each round ends the session or moves its earliest timer to a later time than the packet that fired it.
     */
    for (;;) {
        /* Nothing can end it by inactivity before this; so that check need not run earlier. */
        if (f->idle_due_ns > now_ns && f->last_ns + f->idle_timeout_ns > f->idle_due_ns)
            f->idle_due_ns = f->last_ns + f->idle_timeout_ns;
        int64_t due = earliest(s, f);
        uint32_t i = due > now_ns ? e->n : fire_index(e, f, due);
        if (i == e->n || e->ordinal[i] > ordinal) {
            f->next_due_ns = due;
            fb_wheel_set(&s->wheel, &s->flows, f);
            return false;
        }
        if (fire_one(s, f, due, i))
            return true;
    }
}

static void on_due(void *ctx, struct fb_flow *f)
{
    struct fb_shard *s = ctx;
    fb_shard_fire(s, f, s->epoch->now_ns[s->epoch->n - 1], s->epoch->ordinal[s->epoch->n - 1]);
}

static void fetch_ahead(void *ctx, const struct fb_flow *f)
{
    const struct fb_shard *s = ctx;
    if (f->tcp)
        __builtin_prefetch(&fb_shard_tcp(s, f)->attempt_due);
}

static const struct fb_wheel_ops timer_ops = {.due = on_due, .ahead = fetch_ahead};

static uint64_t memory_used(const struct fb_shard *s)
{
    return (uint64_t)s->flows.live * s->flows.obj_bytes + (uint64_t)s->tcps.live * s->tcps.obj_bytes +
           (uint64_t)s->nodes.live * s->nodes.obj_bytes + s->reasm_bytes + s->service_bytes + s->sight.bytes;
}

void fb_shard_epoch_end(struct fb_shard *s)
{
    if (s->epoch->n == 0)
        return;
    fb_wheel_advance(&s->wheel, &s->flows, s->epoch->now_ns[s->epoch->n - 1], &timer_ops, s);
    if (memory_used(s) > s->opts.memory_bytes)
        fb_shard_shed(s);
}

struct victim {
    int64_t last_ns;
    uint64_t first_ordinal;
    uint32_t flow;
    uint32_t rank; /* 0 goes first */
};

static int victim_order(const void *pa, const void *pb)
{
    const struct victim *a = pa, *b = pb;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->last_ns != b->last_ns)
        return a->last_ns < b->last_ns ? -1 : 1;
    if (a->first_ordinal != b->first_ordinal)
        return a->first_ordinal < b->first_ordinal ? -1 : 1;
    return a->flow < b->flow ? -1 : a->flow > b->flow;
}

static uint32_t rank_of(const struct fb_shard *s, const struct fb_flow *f)
{
    const struct fb_tcp *t = fb_shard_tcp(s, f);
    if (t && fb_tcp_attempt_failed(t))
        return 0;
    return f->pkts[0] + f->pkts[1] <= 1 ? 1 : 2;
}

/* What a session weighs in memory_used. */
static uint64_t weight_of(const struct fb_shard *s, const struct fb_flow *f)
{
    uint64_t w = s->flows.obj_bytes + f->service_bytes + f->observed_bytes;
    uint32_t beyond = f->piece_bytes > FB_PKLIST_INLINE ? f->piece_bytes - FB_PKLIST_INLINE : 0;
    w += (uint64_t)((beyond + FB_PKLIST_BYTES - 1) / FB_PKLIST_BYTES) * s->nodes.obj_bytes;
    const struct fb_tcp *t = fb_shard_tcp(s, f);
    if (t)
        w += s->tcps.obj_bytes + fb_reasm_memory(&t->end[0].reasm) + fb_reasm_memory(&t->end[1].reasm);
    return w;
}

void fb_shard_shed(struct fb_shard *s)
{
    struct victim *v = malloc((size_t)s->used_slots * sizeof *v);
    if (!v) {
        s->failed = true;
        return;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->nslots; i++) {
        if (!s->slots[i].flow)
            continue;
        const struct fb_flow *f = fb_shard_flow(s, s->slots[i].flow);
        v[n++] = (struct victim){f->last_ns, f->first_ordinal, f->self, rank_of(s, f)};
    }
    qsort(v, n, sizeof *v, victim_order);
    /* An eighth at a time, so that the sort is paid for by what it frees. */
    uint64_t used = memory_used(s), target = s->opts.memory_bytes / 8 * 7;
    uint64_t ordinal = s->epoch->ordinal[s->epoch->n - 1];
    int64_t now_ns = s->epoch->now_ns[s->epoch->n - 1];
    for (uint32_t i = 0; i < n && used > target; i++) {
        struct fb_flow *f = fb_shard_flow(s, v[i].flow);
        uint64_t freed = weight_of(s, f);
        fb_shard_end(s, f, FB_END_SHED, ordinal, UINT16_MAX, now_ns);
        s->shed++;
        used = used > freed ? used - freed : 0;
    }
    free(v);
}

void fb_shard_finish(struct fb_shard *s, uint64_t last_ordinal, int64_t now_ns)
{
    for (uint32_t i = 0; i < s->nslots;) {
        if (s->slots[i].flow)
            fb_shard_end(s, fb_shard_flow(s, s->slots[i].flow), FB_END_EVIDENCE, last_ordinal, UINT16_MAX,
                         now_ns);
        else
            i++; /* after a removal another session may have moved into slot i */
    }
}
