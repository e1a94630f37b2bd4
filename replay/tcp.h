/* TCP sessions: sequence space, state machine, history, reassembly, closing. Internal to replay/.
 * Rules: conformance document, sections 3 to 8 and 10; RFC 9293 for the words. */
#ifndef FB_REPLAY_TCP_H
#define FB_REPLAY_TCP_H

#include "replay/flow.h"

/* What a segment asks of the shard. */
struct fb_tcp_result {
    bool established; /* three-way handshake seen: ports 21, 22, 23, 513 get the long timeout */
    uint8_t dir;      /* side on which the packet counts, after any flip */
    unsigned service; /* FB_SVC_* bits from the detector */
};

struct fb_sight;

/* Prepares a fresh session for its first segment. */
void fb_tcp_init(struct fb_tcp *t, int64_t idle_ns, int64_t now_ns);
void fb_tcp_release(struct fb_tcp *t);

/* True when a segment on an existing session starts a new one instead (conformance document, section 3). */
bool fb_tcp_is_reuse(const struct fb_tcp *t, const struct fb_packet *p);

/* Processes one good segment sent by side `dir`; the observer behind `w` sees what it delivers. */
void fb_tcp_segment(struct fb_flow *f, struct fb_tcp *t, const struct fb_packet *p, int dir, int64_t now_ns,
                    struct fb_sight *w, struct fb_tcp_result *res);

/* One of the two series of expire checks at `fire_ns`: true when the session ends; otherwise re-armed or
 * stopped. */
bool fb_tcp_expire_check(struct fb_flow *f, struct fb_tcp *t, int which, int64_t fire_ns);

/* Wakes the first series of expire checks, which sleeps while it cannot matter, in its rhythm of 6 s. */
void fb_tcp_wake_checks(struct fb_tcp *t, int64_t now_ns);

/* True when the connection attempt has failed at its timer. */
bool fb_tcp_attempt_failed(const struct fb_tcp *t);

uint64_t fb_tcp_size(const struct fb_tcp *t, int dir); /* orig_bytes, resp_bytes */
enum fb_conn_state fb_tcp_conn_state(const struct fb_flow *f, const struct fb_tcp *t);

/* ---- shared by the files of the TCP part ---- */

/* Signed distance a - b in sequence space. */
static inline int32_t fb_seq_delta(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static inline int64_t fb_tcp_full_last(const struct fb_tcp_end *e)
{
    return (int64_t)(((uint64_t)e->seq_wraps << 32) + e->last_seq);
}

static inline int64_t fb_tcp_full_ack(const struct fb_tcp_end *e)
{
    return (int64_t)(((uint64_t)e->ack_wraps << 32) + e->ack_seq);
}

static inline bool fb_tcp_nothing_acked(const struct fb_tcp_end *e)
{
    uint32_t start = (uint32_t)e->start_seq;
    return e->ack_seq == start || e->ack_seq == start + 1;
}

/* What the state machine wants after a segment. */
struct fb_tcp_step {
    bool close;       /* the sender's side is closing */
    bool established; /* the responder answered a SYN */
    bool flipped;     /* roles were swapped: the sender is now the other side */
};

/* One step of the state machine: segment with `flags` from side `dir`. */
void fb_tcp_state_step(struct fb_flow *f, struct fb_tcp *t, int dir, uint8_t flags, uint32_t seq,
                       int64_t now_ns, struct fb_tcp_step *step);

/* The sender's side has closed (section 8). */
void fb_tcp_connection_closed(struct fb_flow *f, struct fb_tcp *t, int dir, int64_t now_ns);

/* Runs a deferred close when nothing is pending any more. */
void fb_tcp_check_eof(struct fb_flow *f, struct fb_tcp *t, int dir, int64_t now_ns);

/* Feeds a segment's payload and acknowledgement to the two reassemblers; returns FB_SVC_* bits. *fresh: the
 * payload had bytes that were not held yet. */
unsigned fb_tcp_acked(struct fb_flow *f, struct fb_tcp *t, int acked_dir, uint64_t rel_ack,
                      struct fb_sight *w);
unsigned fb_tcp_payload(struct fb_flow *f, struct fb_tcp *t, int dir, uint64_t rel_seq,
                        const struct fb_packet *p, struct fb_sight *w, bool *fresh);

#endif
