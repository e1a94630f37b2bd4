/* One packet in its shard: find or make the session, let its protocol have it, keep the books. */
#include "replay/shard.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "replay/flow_service.h"
#include "replay/history.h"
#include "replay/icmp_pairs.h"
#include "replay/service/service.h"
#include "replay/tcp.h"
#include "replay/tunnel_track.h"

#define DNS_TIMEOUT_NS     (10 * FB_NS_PER_S)
#define LONG_IDLE_NS       (3600 * FB_NS_PER_S)
#define TUNNEL_CHANGES_MAX 5 /* Tunnel::max_changes_per_connection */

void fb_shard_emit(struct fb_shard *s, enum fb_event_kind kind, uint64_t ordinal, uint16_t part,
                   uint32_t flow, uint32_t arg)
{
    if (s->nevents == s->cap_events) {
        uint32_t cap = s->cap_events ? s->cap_events * 2 : 256;
        struct fb_event *e = realloc(s->events, (size_t)cap * sizeof *e);
        if (!e) {
            s->failed = true;
            return;
        }
        s->events = e;
        s->cap_events = cap;
    }
    s->events[s->nevents++] = (struct fb_event){ordinal, part, (uint8_t)kind, s->id, flow, arg};
}

static void set_ends(struct fb_flow *f, const struct fb_packet *p, uint16_t dst_p)
{
    f->addr[FB_ORIG] = p->src;
    f->addr[FB_RESP] = p->dst;
    f->port[FB_ORIG] = p->src_p;
    f->port[FB_RESP] = dst_p;
    if (p->flags & FB_PKT_HAS_MACS) {
        f->flags |= FB_FLOW_HAS_MACS;
        memcpy(f->mac[FB_ORIG], p->src_mac, 6);
        memcpy(f->mac[FB_RESP], p->dst_mac, 6);
    }
}

static int64_t idle_at_start(const struct fb_shard *s, uint8_t proto)
{
    /* TCP starts with UDP's value; the state machine raises it (section 5.1). */
    return proto == FB_PROTO_ICMP ? s->opts.icmp_idle_ns : s->opts.udp_idle_ns;
}

static void arm_at_start(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp)
{
    f->idle_timeout_ns = idle_at_start(s, f->proto);
    f->idle_due_ns = f->last_ns + f->idle_timeout_ns;
    f->dns_due_ns = FB_NEVER;
    if (f->proto == FB_PROTO_UDP && fb_service_is_dns_port(f->proto, f->port[FB_RESP])) {
        f->dns_due_ns = sp->now_ns + DNS_TIMEOUT_NS;
    }
    f->next_due_ns = FB_NEVER;
    fb_shard_rearm(s, f);
}

/* Makes the session of a first packet; NULL when memory ran out. */
static struct fb_flow *new_flow(struct fb_shard *s, const struct fb_shard_pkt *sp, bool one_way,
                                uint16_t dst_p, uint32_t tag, int *dir)
{
    const struct fb_packet *p = &sp->p;
    uint32_t i = fb_pool_take(&s->flows);
    if (!i)
        return NULL;
    struct fb_flow *f = fb_shard_flow(s, i);
    f->self = i;
    f->proto = p->proto;
    f->ip_proto = p->ip_proto;
    f->flags = one_way ? FB_FLOW_ONE_WAY : 0;
    f->vlan = p->vlan;
    f->inner_vlan = p->inner_vlan;
    f->ts_ns = f->last_ns = p->ts_ns;
    f->first_ordinal = sp->ordinal;
    set_ends(f, p, dst_p);
    if (p->proto == FB_PROTO_TCP) {
        f->tcp = fb_pool_take(&s->tcps);
        if (f->tcp)
            fb_tcp_init(fb_shard_tcp(s, f), s->opts.tcp_idle_ns, sp->now_ns);
    }
    if ((p->proto == FB_PROTO_TCP && !f->tcp) || !fb_shard_insert(s, f, tag)) {
        if (f->tcp)
            fb_pool_give(&s->tcps, f->tcp);
        fb_pool_give(&s->flows, i);
        return NULL;
    }
    *dir = FB_ORIG;
    if (fb_starts_flipped(p)) {
        fb_flow_flip(f, fb_shard_tcp(s, f));
        *dir = FB_RESP;
    }
    arm_at_start(s, f, sp);
    fb_shard_emit(s, FB_EV_OPEN, sp->ordinal, sp->part, i, 0);
    return f;
}

/* What is around a session's packets, and how often that changed (section 12). */
static void note_around(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp, bool first)
{
    if (!first && sp->around == f->last_around)
        return;
    f->last_around = sp->around;
    if (!first && f->around_changes <= TUNNEL_CHANGES_MAX && f->around_changes++ == TUNNEL_CHANGES_MAX)
        fb_history_once(f, FB_ORIG, 'X');
    if (f->around_changes > TUNNEL_CHANGES_MAX || !sp->p.depth)
        return;
    if (!f->tunnel) {
        f->tunnel = calloc(1, sizeof *f->tunnel);
        if (!f->tunnel) {
            s->failed = true;
            return;
        }
        memcpy(f->tunnel->path, sp->p.tunnel, sizeof f->tunnel->path);
    }
    if (sp->parent_part != FB_NO_PART)
        fb_shard_emit(s, FB_EV_PARENT, sp->ordinal, sp->part, f->self, sp->parent_part);
}

void fb_shard_service_bits(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp,
                           unsigned bits)
{
    if (bits & FB_SVC_LIMIT)
        fb_history_once(f, FB_ORIG, 'X');
    if (bits & FB_SVC_LONG_IDLE)
        f->idle_timeout_ns = LONG_IDLE_NS;
    if (!(bits & FB_SVC_EXPECT))
        return;
    struct fb_service_expect x;
    while (fb_service_take_expect(f->service, &x)) {
        if (s->nexpects == s->cap_expects) {
            uint32_t cap = s->cap_expects ? s->cap_expects * 2 : 16;
            struct fb_service_expect *e = realloc(s->expects, cap * sizeof *e);
            if (!e) {
                s->failed = true;
                return;
            }
            s->expects = e;
            s->cap_expects = cap;
        }
        s->expects[s->nexpects] = x;
        fb_shard_emit(s, FB_EV_EXPECT, sp->ordinal, sp->part, f->self, s->nexpects++);
    }
}

static bool long_idle_port(uint16_t port)
{
    return port == 21 || port == 22 || port == 23 || port == 513;
}

static void tcp_packet(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp, int dir)
{
    const struct fb_packet *p = &sp->p;
    struct fb_tcp *t = fb_shard_tcp(s, f);
    if (p->flags & FB_PKT_BAD_CHECKSUM) {
        fb_history_scaled(f, dir, 'C', &f->chk_cnt[dir]);
        return;
    }
    if (p->flags & FB_PKT_BAD_HEADER)
        return;
    struct fb_tcp_result res = {0};
    uint64_t held = fb_reasm_memory(&t->end[0].reasm) + fb_reasm_memory(&t->end[1].reasm);
    fb_tcp_segment(f, t, p, dir, sp->now_ns, &s->sight, &res);
    s->reasm_bytes += fb_reasm_memory(&t->end[0].reasm) + fb_reasm_memory(&t->end[1].reasm) - held;
    f->pkts[res.dir]++;
    f->ip_bytes[res.dir] += p->ip_bytes;
    if (res.established && long_idle_port(f->port[FB_RESP]))
        f->idle_timeout_ns = LONG_IDLE_NS;
    if (p->payload_bytes && !(p->tcp_flags & FB_TCP_RST))
        fb_flow_payload_packet(f, p->ts_ns, p->tcp_flags & FB_TCP_PSH, s->opts.segment_idle_ns);
    fb_shard_service_bits(s, f, sp, res.service);
    if (!f->ttl[res.dir])
        f->ttl[res.dir] = p->ttl;
    fb_shard_rearm(s, f);
}

static void note_ordinals(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp)
{
    bool ok = fb_flow_add_ordinal(f, &s->nodes, sp->ordinal);
    for (uint32_t i = 0; ok && i < sp->p.nfrag_ordinals; i++)
        ok = fb_flow_add_ordinal(f, &s->nodes, sp->p.frag_ordinals[i]);
    if (f->piece_bytes > FB_PIECE_BYTES_FULL && !(f->flags & FB_FLOW_PIECE_FULL)) {
        if (s->nfull == s->cap_full) {
            uint32_t cap = s->cap_full ? s->cap_full * 2 : 16;
            uint32_t *v = realloc(s->full_pieces, cap * sizeof *v);
            if (!v) {
                s->failed = true;
                return;
            }
            s->full_pieces = v;
            s->cap_full = cap;
        }
        f->flags |= FB_FLOW_PIECE_FULL;
        s->full_pieces[s->nfull++] = f->self;
    }
    if (!ok)
        s->failed = true;
}

/* What a session's service detector holds now, for the ceiling. */
static void count_detector(struct fb_shard *s, struct fb_flow *f, size_t bytes)
{
    uint32_t now = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    s->service_bytes = s->service_bytes - f->service_bytes + now;
    f->service_bytes = now;
}

void fb_shard_packet(struct fb_shard *s, const struct fb_shard_pkt *sp)
{
    const struct fb_packet *p = &sp->p;
    bool one_way = false;
    uint16_t dst_p = p->dst_p;
    if (p->proto == FB_PROTO_ICMP) {
        int other = fb_icmp_counterpart(p->ip_proto, p->src_p);
        one_way = other < 0;
        if (!one_way)
            dst_p = (uint16_t)other;
    }
    uint32_t tag = fb_shard_tag(p, one_way, dst_p);
    int dir = FB_ORIG;
    struct fb_flow *f = fb_shard_lookup(s, p, one_way, dst_p, tag, &dir);
    uint32_t uid_dup = 0;
    if (f && f->next_due_ns <= sp->now_ns && fb_shard_fire(s, f, sp->now_ns, sp->ordinal))
        f = NULL;
    if (f && f->tcp && fb_tcp_is_reuse(fb_shard_tcp(s, f), p)) {
        if (f->ts_ns == p->ts_ns)
            uid_dup = f->uid_dup + 1;
        fb_shard_end(s, f, FB_END_REUSE, sp->ordinal, sp->part, sp->now_ns);
        f = NULL;
    }
    bool first = !f;
    if (first) {
        f = new_flow(s, sp, one_way, dst_p, tag, &dir);
        if (!f) {
            s->failed = true;
            return;
        }
        f->uid_dup = uid_dup;
    }
    /* A detector that has done its work is given nothing more. */
    bool detects = !(f->flags & FB_FLOW_SERVICE_DONE) || sp->confirm;
    fb_sight_at(&s->sight, sp->ordinal, sp->part, p->ts_ns);
    note_ordinals(s, f, sp);
    note_around(s, f, sp, first);
    if (p->proto == FB_PROTO_TCP)
        tcp_packet(s, f, sp, dir);
    else
        fb_datagram_packet(s, f, sp, dir);
    if (sp->limit)
        fb_history_once(f, FB_ORIG, 'X');
    if (sp->confirm)
        fb_flow_service_confirm(f, sp->confirm);
    if (sp->is_outer)
        fb_shard_emit(s, FB_EV_HIT, sp->ordinal, sp->part, f->self, 0);
    if (detects && f->service)
        count_detector(s, f, fb_service_bytes(f->service));
}

void fb_shard_free_flow(struct fb_shard *s, uint32_t flow)
{
    struct fb_flow *f = fb_shard_flow(s, flow);
    if (f->tcp) {
        struct fb_tcp *t = fb_shard_tcp(s, f);
        s->reasm_bytes -= fb_reasm_memory(&t->end[0].reasm) + fb_reasm_memory(&t->end[1].reasm);
        fb_tcp_release(t);
        fb_pool_give(&s->tcps, f->tcp);
    }
    count_detector(s, f, 0);
    fb_service_free(f->service);
    fb_sight_drop(&s->sight, f);
    free(f->tunnel);
    free(f->history_more);
    for (uint32_t i = f->pk_head; i;) {
        uint32_t next = ((struct fb_pklist_node *)fb_pool_at(&s->nodes, i))->next;
        fb_pool_give(&s->nodes, i);
        i = next;
    }
    fb_pool_give(&s->flows, flow);
}
