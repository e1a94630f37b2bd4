/* A shard's end of the observer interface (base/observe.h): asks for a state per session, hands it payload,
 * and gathers the records that come out until the ordered merge takes them. Internal to replay/.
 *
 * One per shard, held by the thread that holds the shard; one more belongs to the engine, for frames without
 * a session. Without an observer every call is a test of one pointer. */
#ifndef FB_REPLAY_SIGHT_H
#define FB_REPLAY_SIGHT_H

#include "base/observe.h"
#include "replay/flow.h"

/* What came out of one `put`. Sorted by the packet at which it came out, then by session and `seq`, records
 * are in an order that does not depend on shards. */
struct fb_sight_rec {
    uint64_t put_ordinal; /* of the packet at which it came out */
    uint64_t ordinal;     /* of the packet that it speaks of */
    int64_t ts_ns;
    const struct fb_rec_def *def;
    size_t row_off;
    uint32_t row_bytes;
    uint32_t flow; /* 0: no session */
    uint16_t put_part;
};

struct fb_sight {
    struct fb_observe_out out; /* first, so that `put` finds the rest */
    const struct fb_observer *ops;
    struct fb_sight_rec *recs; /* of this epoch, in the order in which they came */
    uint32_t nrecs, cap_recs;
    struct fb_buf rows;
    uint64_t bytes; /* held by states */
    /* The packet at hand. */
    uint64_t ordinal;
    int64_t ts_ns;
    uint16_t part;
    uint32_t flow;
    bool failed; /* memory ran out */
};

void fb_sight_init(struct fb_sight *w, const struct fb_observer *ops);
void fb_sight_release(struct fb_sight *w);
void fb_sight_clear(struct fb_sight *w); /* the merge has taken the records */

/* The packet from which the next calls come. */
static inline void fb_sight_at(struct fb_sight *w, uint64_t ordinal, uint16_t part, int64_t ts_ns)
{
    w->ordinal = ordinal;
    w->part = part;
    w->ts_ns = ts_ns;
}

static inline bool fb_sight_wants(const struct fb_sight *w, const struct fb_flow *f)
{
    return w->ops && !(f->flags & FB_FLOW_OBSERVE_DONE);
}

/* Payload in order, and bytes that are missing, from side `dir` of a session that is wanted. */
void fb_sight_data(struct fb_sight *w, struct fb_flow *f, int dir, const uint8_t *p, size_t n, bool partial);
void fb_sight_gap(struct fb_sight *w, struct fb_flow *f, int dir, uint64_t n, bool partial);

/* An ICMP message with its header. */
void fb_sight_icmp(struct fb_sight *w, struct fb_flow *f, int dir, const struct fb_packet *p);

/* The session's end; the packet at hand is where it left. */
void fb_sight_close(struct fb_sight *w, struct fb_flow *f);

/* Frees the state of a session whose end nobody wants to hear of. */
void fb_sight_drop(struct fb_sight *w, struct fb_flow *f);

/* A frame without IP. */
void fb_sight_frame(struct fb_sight *w, uint16_t ethertype, const uint8_t *src_mac, const uint8_t *dst_mac,
                    const uint8_t *p, size_t n);

#endif
