/* UDP, ICMP and other IP protocols as sessions: conformance document, sections 4.6, 6, 7 and 11. */
#include "replay/flow_service.h"
#include "replay/history.h"
#include "replay/shard.h"

static void count(struct fb_flow *f, const struct fb_packet *p, int dir)
{
    f->pkts[dir]++;
    f->ip_bytes[dir] += p->ip_bytes;
    if (!f->ttl[dir])
        f->ttl[dir] = p->ttl;
}

/* DNS and NTP know from a message that the roles are the other way round. Zeek swaps only who is who: what
 * was counted so far, this packet included, stays on its old side. True when the roles changed. */
static bool flip_by_application(struct fb_flow *f)
{
    if (f->flags & FB_FLOW_FLIPPED_BY_APP)
        return false;
    f->flags |= FB_FLOW_FLIPPED_BY_APP;
    uint64_t pkts[2] = {f->pkts[0], f->pkts[1]}, bytes[2] = {f->ip_bytes[0], f->ip_bytes[1]};
    fb_flow_flip(f, NULL);
    memcpy(f->pkts, pkts, sizeof pkts);
    memcpy(f->ip_bytes, bytes, sizeof bytes);
    return true;
}

static void udp_packet(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp, int dir)
{
    const struct fb_packet *p = &sp->p;
    if (p->flags & FB_PKT_BAD_CHECKSUM) {
        fb_history_scaled(f, dir, 'C', &f->chk_cnt[dir]);
        return;
    }
    if (p->flags & FB_PKT_BAD_HEADER)
        return;
    f->last_ns = p->ts_ns;
    fb_history_once(f, dir, 'D');
    uint64_t before = f->payload_bytes[0] + f->payload_bytes[1];
    f->udp_sent[dir] = true;
    f->payload_bytes[dir] += p->payload_bytes;
    count(f, p, dir);
    if (p->payload_bytes)
        fb_flow_payload_packet(f, p->ts_ns, false, s->opts.segment_idle_ns);
    size_t n = p->payload_caplen < p->payload_bytes ? p->payload_caplen : p->payload_bytes;
    if (!(f->flags & FB_FLOW_SERVICE_DONE)) {
        unsigned bits = fb_flow_service_data(f, dir, p->payload, n, before, false);
        if ((bits & FB_SVC_FLIP) && flip_by_application(f))
            dir = 1 - dir;
        fb_shard_service_bits(s, f, sp, bits);
    }
    if (fb_sight_wants(&s->sight, f))
        fb_sight_data(&s->sight, f, dir, p->payload, n, false);
}

static void icmp_packet(struct fb_shard *s, struct fb_flow *f, const struct fb_packet *p, int dir)
{
    if (p->flags & FB_PKT_BAD_CHECKSUM) {
        if (f->chk_cnt[dir] < UINT32_MAX)
            f->chk_cnt[dir]++;
        return;
    }
    if (p->flags & FB_PKT_BAD_HEADER)
        return;
    f->last_ns = p->ts_ns;
    f->payload_bytes[dir] += p->payload_bytes;
    if (p->payload_caplen < p->payload_bytes)
        return; /* not captured in full: Zeek does not count it */
    count(f, p, dir);
    if (fb_sight_wants(&s->sight, f))
        fb_sight_icmp(&s->sight, f, dir, p);
}

void fb_datagram_packet(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp, int dir)
{
    switch (sp->p.proto) {
    case FB_PROTO_UDP:
        udp_packet(s, f, sp, dir);
        break;
    case FB_PROTO_ICMP:
        icmp_packet(s, f, &sp->p, dir);
        break;
    default:
        f->last_ns = sp->p.ts_ns;
        count(f, &sp->p, dir);
        break;
    }
}
