/* One virtual shard: a table of open sessions, their timers, and the events that the ordered merge joins.
 * Internal to replay/.
 *
 * A shard is held by one thread at a time and never looks into another. What it emits depends only on its own
 * packets and on the sequence of packet clocks of the epoch. */
#ifndef FB_REPLAY_SHARD_H
#define FB_REPLAY_SHARD_H

#include "base/hash.h"
#include "replay/flow.h"
#include "replay/service/service.h"
#include "replay/sight.h"
#include "replay/wheel.h"

/* Housekeeping happens when the ordinal passes a multiple of this, so that it falls on the same packets on
 * every run. */
#define FB_EPOCH_PKTS 4096

/* The packet clock of each record of the current epoch, for timers that fire between a shard's own packets.
 */
struct fb_epoch {
    uint32_t n;
    uint64_t ordinal[FB_EPOCH_PKTS];
    int64_t now_ns[FB_EPOCH_PKTS];
};

enum fb_event_kind {
    FB_EV_OPEN = 0,   /* `flow` began with this packet */
    FB_EV_HIT = 1,    /* an outer packet of a tunnel belongs to `flow` */
    FB_EV_PARENT = 2, /* a tunnelled `flow` has the session of packet part `arg` as a parent */
    FB_EV_EXPECT = 3, /* a control channel announced a data connection: expects[arg] */
    FB_EV_CLOSE = 4,  /* `flow` has left */
};

struct fb_event {
    uint64_t ordinal;
    uint16_t part; /* which IP packet of the record: 0 is the outermost */
    uint8_t kind;
    uint8_t shard;
    uint32_t flow;
    uint32_t arg;
};

#define FB_NO_PART UINT16_MAX

/* A decoded packet on its way into a shard. */
struct fb_shard_pkt {
    struct fb_packet p;
    uint64_t ordinal;
    int64_t now_ns;
    uint64_t around; /* identity of the chain of encapsulations around it; 0 = none */
    uint16_t part;
    uint16_t parent_part; /* part that is its outer session's packet; FB_NO_PART = none */
    bool is_outer;        /* it was decapsulated */
    uint8_t confirm;      /* enum fb_tunnel that its session thereby speaks; 0 = none */
    bool limit;           /* more encapsulation than FB_TUNNEL_DEPTH_MAX inside */
};

struct fb_shard_opts {
    int64_t tcp_idle_ns, udp_idle_ns, icmp_idle_ns, segment_idle_ns;
    uint64_t memory_bytes;              /* of this shard */
    const struct fb_observer *observer; /* NULL: none */
};

struct fb_shard {
    struct fb_shard_opts opts;
    struct fb_pool flows, tcps, nodes;
    struct fb_shard_slot {
        uint32_t tag, flow;
    } * slots;
    uint32_t nslots, used_slots;
    struct fb_wheel wheel;
    struct fb_sight sight;
    const struct fb_epoch *epoch;
    struct fb_event *events;
    uint32_t nevents, cap_events;
    struct fb_service_expect *expects; /* of this epoch */
    uint32_t nexpects, cap_expects;
    uint32_t *
        full_pieces; /* flows whose packet index piece is due to be taken; may hold a flow that ended since */
    uint32_t nfull, cap_full;
    uint64_t reasm_bytes;   /* held by reassemblers */
    uint64_t service_bytes; /* of all service detectors */
    uint64_t shed;
    uint8_t id;
    bool failed; /* memory ran out: the run cannot go on */
};

/* Fixed symmetric hash of the flow key, the same on every machine: which shard. */
uint64_t fb_shard_hash(const struct fb_packet *p);

/* The same over addresses alone. */
uint64_t fb_shard_ends_hash(const struct fb_packet *p);

bool fb_shard_init(struct fb_shard *s, uint8_t id, const struct fb_shard_opts *opts);
void fb_shard_release(struct fb_shard *s);

/* One packet. */
void fb_shard_packet(struct fb_shard *s, const struct fb_shard_pkt *sp);

/* The end of an epoch: fires what is due by its last packet, sheds what is above the memory ceiling. */
void fb_shard_epoch_end(struct fb_shard *s);

/* The end of evidence: everything leaves. */
void fb_shard_finish(struct fb_shard *s, uint64_t last_ordinal, int64_t now_ns);

/* Frees a flow whose FB_EV_CLOSE was dealt with. */
void fb_shard_free_flow(struct fb_shard *s, uint32_t flow);

static inline struct fb_flow *fb_shard_flow(const struct fb_shard *s, uint32_t i)
{
    return fb_pool_at(&s->flows, i);
}

static inline struct fb_tcp *fb_shard_tcp(const struct fb_shard *s, const struct fb_flow *f)
{
    return f->tcp ? fb_pool_at(&s->tcps, f->tcp) : NULL;
}

/* ---- shared by the files of the shard ---- */

void fb_shard_emit(struct fb_shard *s, enum fb_event_kind kind, uint64_t ordinal, uint16_t part,
                   uint32_t flow, uint32_t arg);

/* Looks a packet's session up; *dir is the sender's side. NULL when there is none. `tag` is the table hash.
 */
struct fb_flow *fb_shard_lookup(const struct fb_shard *s, const struct fb_packet *p, bool one_way,
                                uint16_t dst_p, uint32_t tag, int *dir);
uint32_t fb_shard_tag(const struct fb_packet *p, bool one_way, uint16_t dst_p);
bool fb_shard_insert(struct fb_shard *s, struct fb_flow *f, uint32_t tag);

/* Takes the session out of table and wheel and emits FB_EV_CLOSE. It leaves at the given packet, whose clock
 * is now_ns. */
void fb_shard_end(struct fb_shard *s, struct fb_flow *f, enum fb_end_reason why, uint64_t ordinal,
                  uint16_t part, int64_t now_ns);

/* Fires the session's timers that are due at the packet `ordinal` of the epoch, whose clock is now_ns; true
 * when it ended. */
bool fb_shard_fire(struct fb_shard *s, struct fb_flow *f, int64_t now_ns, uint64_t ordinal);

/* Recomputes the earliest timer and moves the session on the wheel when it became earlier. */
void fb_shard_rearm(struct fb_shard *s, struct fb_flow *f);

/* Sheds sessions until the shard is below its ceiling again: connection attempts first, then the longest
 * idle. */
void fb_shard_shed(struct fb_shard *s);

/* UDP, ICMP and other IP protocols. */
void fb_datagram_packet(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp, int dir);

/* Service detector bits that concern the shard. */
void fb_shard_service_bits(struct fb_shard *s, struct fb_flow *f, const struct fb_shard_pkt *sp,
                           unsigned bits);

#endif
