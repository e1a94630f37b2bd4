/* The state of one open session inside its shard. Internal to replay/.
 *
 * Per-direction fields are arrays indexed by FB_ORIG and FB_RESP, so that a flip of roles is a swap. A flow
 * belongs to its shard and is touched by the thread that holds the shard, or by the merge while no thread
 * does. */
#ifndef FB_REPLAY_FLOW_H
#define FB_REPLAY_FLOW_H

#include "base/buf.h"
#include "ingest/packet.h"
#include "replay/pool.h"
#include "replay/reassembly.h"
#include "replay/session.h"

struct fb_service;

enum { FB_ORIG = 0, FB_RESP = 1 };

#define FB_NEVER INT64_MAX

/* TCP endpoint states, in Zeek's terms. */
enum fb_tcp_state {
    FB_TCPS_INACTIVE,
    FB_TCPS_SYN_SENT,
    FB_TCPS_SYN_ACK_SENT,
    FB_TCPS_PARTIAL,
    FB_TCPS_ESTABLISHED,
    FB_TCPS_CLOSED,
    FB_TCPS_RESET,
};

/* One side of a TCP session. Sequence numbers: `start` may be -1 (first octet 0, no SYN seen). Relative
 * numbers count from start, so the first payload byte is 1. */
struct fb_tcp_end {
    int64_t start_seq;
    int64_t fin_rel; /* relative number one past the FIN */
    int64_t last_syn_rel, last_fin_rel, last_rst_rel;
    uint32_t last_seq, ack_seq;
    uint32_t seq_wraps, ack_wraps;
    uint32_t rexmit_cnt, win0_cnt, gap_cnt; /* scaled history letters T, W, G */
    uint32_t ooo_cnt;                       /* of the retransmission events, those that filled a hole */
    uint32_t fin_cnt, rst_cnt;
    uint8_t state, prev_state;
    bool did_close;
    bool eof_reported;
    struct fb_reasm reasm;
};

struct fb_tcp {
    struct fb_tcp_end end[2];
    int64_t attempt_due, close_due;
    int64_t expire_phase_ns;   /* when the first series of checks went to sleep; FB_NEVER = awake */
    int64_t expire_due[2];     /* two series of checks: from the start, and from a first close */
    int64_t idle_ns;           /* inactivity timeout beyond the handshake */
    int64_t now_ns;            /* packet clock of the segment that is being processed */
    int64_t syn_ns, synack_ns; /* INT64_MIN = not seen */
    int64_t syn_synack_ns, synack_ack_ns;
    bool is_partial;
    bool close_deferred;
    bool finished; /* reset or complete: the expire check has stopped */
    uint8_t first_seen[2];
};

/* Parents of a tunnelled session. */
struct fb_flow_tunnel {
    uint64_t parents[6]; /* session numbers, filled by the merge */
    uint8_t nparents;
    uint8_t path[FB_TUNNEL_DEPTH_MAX];
};

/* Packets that belong to the session: zigzag varints of ordinal steps, in a chain of pool objects. */
#define FB_PKLIST_BYTES 56
struct fb_pklist_node {
    uint32_t next;
    uint32_t used;
    uint8_t bytes[FB_PKLIST_BYTES];
};
#define FB_PKLIST_INLINE 12

#define FB_HISTORY_INLINE 20
#define FB_HISTORY_MAX    120 /* letters kept; a longer history ends here */

/* fb_flow.flags (uint16_t) */
#define FB_FLOW_ONE_WAY        0x01 /* unpaired ICMP: the key keeps its direction */
#define FB_FLOW_SERVICE_DONE   0x04 /* no more payload to the service detector */
#define FB_FLOW_HAS_MACS       0x20
#define FB_FLOW_SEG_OPEN       0x40
#define FB_FLOW_FLIPPED_BY_APP 0x80
#define FB_FLOW_PIECE_FULL     0x200 /* stands in the shard's list of full pieces */
#define FB_FLOW_ENDED          0x100 /* has left the table; waits for the merge */
#define FB_FLOW_OBSERVE_DONE   0x400 /* no more payload to the observer */
#define FB_FLOW_OBSERVE_FLIP   0x800 /* roles were swapped since the observer was last called */

struct fb_flow {
    /* What every packet touches. */
    struct fb_addr addr[2];
    uint16_t port[2];
    uint8_t proto, ip_proto;
    uint8_t history_len;
    uint16_t flags;
    int64_t last_ns;     /* time of the last accepted packet */
    int64_t next_due_ns; /* earliest timer */
    uint64_t pkts[2], ip_bytes[2];
    uint64_t last_ordinal;
    uint32_t self; /* index in the pool */
    uint32_t observed_bytes;
    struct fb_service *service;
    void *observed; /* the observer's state; NULL = none */

    /* Timers, in one cache line (objects of a pool begin with one). */
    uint32_t wheel_next, wheel_prev;
    uint32_t wheel_slot; /* 1-based; 0 = in no slot */
    uint32_t tcp;        /* index of its struct fb_tcp; 0 = none */
    int64_t idle_due_ns, idle_timeout_ns, dns_due_ns;
    uint64_t bits; /* history letters that stand once */
    uint64_t missed_bytes;
    uint32_t tag;           /* table hash */
    uint32_t service_bytes; /* of `service`, as they count in the shard */

    uint64_t payload_bytes[2]; /* UDP, ICMP: accepted payload */
    uint32_t chk_cnt[2];       /* bad checksums */
    char history[FB_HISTORY_INLINE];
    char *history_more; /* FB_HISTORY_MAX + 1 bytes when the inline part is full */

    /* Segments. */
    int64_t seg_last_ns; /* last payload of the open segment, or end of the closed one */
    uint64_t segments;
    uint64_t seg_gap_sum_ns;
    unsigned __int128 seg_gap_sq_us2; /* sum of squared gaps in microseconds */

    /* Facts of the start. */
    int64_t ts_ns;
    uint64_t first_ordinal;
    uint64_t number; /* given by the merge */
    uint32_t uid_dup;
    uint16_t vlan, inner_vlan;
    uint8_t mac[2][6];
    uint8_t ttl[2];
    uint8_t end_reason;
    bool udp_sent[2];
    const char *announced;         /* "ftp-data": by a control channel */
    struct fb_flow_tunnel *tunnel; /* NULL until a packet came through one */
    uint64_t last_around;          /* identity of what was around the last packet; 0 = nothing */
    uint8_t around_changes;

    /* Packet index. */
    uint64_t evidence_pkts;
    uint64_t piece_first_ordinal; /* of the piece that is being gathered */
    uint32_t piece_pkts, piece_bytes;
    uint32_t pk_head, pk_tail;
    uint8_t pk_inline_used;
    uint8_t pk_inline[FB_PKLIST_INLINE];
};

/* A flow is made with its first packet, which is handed to the functions below too. */

/* Notes that a packet belongs to the session: packet index. `nodes` is the shard's pool; false when memory
 * ran out. */
bool fb_flow_add_ordinal(struct fb_flow *f, struct fb_pool *nodes, uint64_t ordinal);

/* The piece of packet index that is gathered, as one run whose steps lie in `steps` (cleared first); false
 * when memory ran out. Starts the next piece. */
bool fb_flow_take_piece(struct fb_flow *f, struct fb_pool *nodes, struct fb_buf *steps,
                        struct fb_packet_run *run);
#define FB_PIECE_BYTES_FULL 8192 /* a piece this long is taken at the end of the epoch */

/* A packet with accepted payload: segments and their gaps. */
void fb_flow_payload_packet(struct fb_flow *f, int64_t ts_ns, bool psh, int64_t idle_ns);

/* The record of a finished flow, strings borrowed from it and from `text`. */
void fb_flow_record(const struct fb_flow *f, const struct fb_tcp *tcp, char *text, size_t text_cap,
                    struct fb_session *out);

/* Roles change: addresses, ports, counters of both sides; appends ^. */
void fb_flow_flip(struct fb_flow *f, struct fb_tcp *tcp);

#endif
