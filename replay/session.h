/* The session record: the facts about one session, as they leave the builder and as the case keeps them.
 *
 * Field names are Zeek's conn.log names where Zeek has the field. A record is plain data with borrowed
 * strings: valid during the sink call that hands it over (or, read from a case, until the reader's next
 * step). */
#ifndef FB_REPLAY_SESSION_H
#define FB_REPLAY_SESSION_H

#include "base/addr.h"

#include <stddef.h>

struct fb_observed; /* base/observe.h */

/* conn_state; the numbers are stored in cases. */
enum fb_conn_state {
    FB_CS_NONE = 0,
    FB_CS_S0 = 1,
    FB_CS_S1 = 2,
    FB_CS_SF = 3,
    FB_CS_REJ = 4,
    FB_CS_S2 = 5,
    FB_CS_S3 = 6,
    FB_CS_RSTO = 7,
    FB_CS_RSTR = 8,
    FB_CS_RSTOS0 = 9,
    FB_CS_RSTRH = 10,
    FB_CS_SH = 11,
    FB_CS_SHR = 12,
    FB_CS_OTH = 13,
    FB_CS_COUNT
};

/* Why a session ended; the numbers are stored in cases. */
enum fb_end_reason {
    FB_END_EVIDENCE = 0, /* the evidence ended first */
    FB_END_FIN = 1,
    FB_END_RST = 2,
    FB_END_IDLE = 3,    /* inactivity timeout */
    FB_END_ATTEMPT = 4, /* connection attempt timed out */
    FB_END_REUSE = 5,   /* a new session took over its addresses and ports */
    FB_END_SHED = 6,    /* dropped at a memory ceiling */
    FB_END_COUNT
};

#define FB_VLAN_NONE 0xffff

struct fb_session {
    uint64_t number;     /* 1, 2, 3 ... in the order of first packets; per case */
    int64_t ts_ns;       /* time of the first packet */
    int64_t duration_ns; /* time of the last accepted packet - ts_ns; may be <= 0, which means unset in
                            conn.log */
    struct fb_addr orig_h, resp_h;
    uint16_t orig_p, resp_p; /* ICMP: type and counterpart type or code, as Zeek */
    uint8_t proto;           /* enum fb_proto (ingest/packet.h); OTHER prints as unknown_transport */
    uint8_t ip_proto;        /* IP protocol number */
    uint8_t conn_state;      /* enum fb_conn_state */
    uint8_t end_reason;      /* enum fb_end_reason */
    uint32_t uid_dup;        /* counter among sessions with equal key and first time: part of the uid */

    uint64_t orig_bytes, resp_bytes; /* payload */
    uint64_t missed_bytes;
    uint64_t orig_pkts, resp_pkts;
    uint64_t orig_ip_bytes, resp_ip_bytes;

    const char *service; /* comma-separated names in order of confirmation; "" when none */
    const char *history; /* Zeek's letters; "" when unset */

    uint16_t vlan, inner_vlan; /* of the first packet; FB_VLAN_NONE */
    uint8_t has_macs;
    uint8_t orig_mac[6], resp_mac[6]; /* of the first packet, by direction */
    uint8_t orig_ttl, resp_ttl;       /* of the first packet each way; 0 = no packet */
    const char *tunnel;               /* path from the outside in, as "vxlan/ip"; "" when none */
    /* Session numbers of the outer sessions, ascending; IP-level tunnels have none. */
    const uint64_t *parents;
    uint32_t nparents;

    /* Segments (docs/features.md): runs of payload packets, ended by PSH or 5 s of silence. */
    uint64_t segments;
    uint64_t segment_gap_sum_ns;     /* sum of gaps from the end of a segment to the start of the next */
    uint32_t segment_regularity_ppm; /* 0..1000000; 1000000 = uniform gaps; 0 also with fewer than two gaps */

    /* TCP quality; zero for other protocols. */
    int64_t syn_synack_ns;                         /* SYN to SYN-ACK; -1 = not seen */
    int64_t synack_ack_ns;                         /* SYN-ACK to the originator's ACK; -1 = not seen */
    uint64_t orig_retrans_pkts, resp_retrans_pkts; /* payload that was already seen */
    uint64_t orig_ooo_pkts, resp_ooo_pkts; /* payload that fills a hole behind the highest sequence number */
    uint64_t orig_zero_window_pkts, resp_zero_window_pkts;
    uint64_t bad_checksum_pkts; /* both directions, any transport */

    uint64_t first_ordinal; /* of its first packet on the timeline */
    uint64_t evidence_pkts; /* packets that belong to it, accepted or not: what the packet index lists */
};

const char *fb_conn_state_name(enum fb_conn_state s); /* "S0" ... "OTH"; "" for none */
const char *
fb_end_reason_name(enum fb_end_reason r); /* "evidence", "fin", "rst", "idle", "attempt", "reuse", "shed" */
const char *fb_session_proto_name(uint8_t proto); /* "tcp", "udp", "icmp", "unknown_transport" */

#define FB_UID_STRLEN          20 /* with the NUL */
#define FB_COMMUNITY_ID_STRLEN 31 /* with the NUL */

/* uid in Zeek's form: "C" and 18 characters of base 62 from BLAKE2b over the flow key (direction-free), ts_ns
 * and uid_dup. The same session has the same uid in every case. */
void fb_session_uid(const struct fb_session *s, char out[static FB_UID_STRLEN]);

/* Community ID v1 (corelight/community-id-spec) with the given seed (0 by default). IP protocols
 * without ports hash addresses and protocol alone. */
void fb_session_community_id(const struct fb_session *s, uint16_t seed,
                             char out[static FB_COMMUNITY_ID_STRLEN]);

/* Which packets of the timeline belong to a session, in pieces. */
struct fb_packet_run {
    uint64_t number;        /* of the session */
    uint64_t first_ordinal; /* of the first packet in this piece */
    uint32_t pkts;          /* packets in this piece, the first one counted */
    /* pkts-1 varints: zigzag of (ordinal - ordinal before). Steps may be negative: a fragment is listed after
     * the packets that came between it and the end of its datagram. */
    const uint8_t *steps;
    size_t steps_bytes;
};

/* Where finished sessions go. Calls come from one thread. Order: by the ordinal at which the session left,
 * then by number; so numbers do not come in order, but each number comes once, and when the last call was
 * made there is no number missing. Pieces of a session's packet index come in order and before its record.
 * Records of the observer come in the order of the packets at which they were put out, ties by session
 * number; a record of something that was waited for (a query that nobody answered) comes at the end of the
 * wait and bears the ordinal of the packet that it speaks of. A callback that fails ends the run with that
 * status. */
struct fb_session_sink {
    void *ctx;
    int (*packets)(void *ctx, const struct fb_packet_run *run); /* enum fb_status */
    int (*session)(void *ctx, const struct fb_session *s);      /* enum fb_status */
    int (*observed)(void *ctx, const struct fb_observed *o);    /* enum fb_status; NULL: not wanted */
};

#endif
