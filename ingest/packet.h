/* One decoded IP packet: what the session builder needs of it, outer and inner packets alike. */
#ifndef FB_INGEST_PACKET_H
#define FB_INGEST_PACKET_H

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>

#define FB_TCP_FIN 0x01
#define FB_TCP_SYN 0x02
#define FB_TCP_RST 0x04
#define FB_TCP_PSH 0x08
#define FB_TCP_ACK 0x10
#define FB_TCP_URG 0x20

enum fb_proto { FB_PROTO_TCP = 1, FB_PROTO_UDP = 2, FB_PROTO_ICMP = 3, FB_PROTO_OTHER = 4 };

/* Encapsulations between link and session, from the outside in. The numbers are stored in cases. */
enum fb_tunnel {
    FB_TUN_NONE = 0,
    FB_TUN_IP = 1,   /* IP protocol 4 or 41 */
    FB_TUN_GRE = 2,  /* GRE version 0 and ERSPAN */
    FB_TUN_PPTP = 3, /* GRE version 1 */
    FB_TUN_VXLAN = 4,
    FB_TUN_GENEVE = 5,
    FB_TUN_TEREDO = 6,
    FB_TUN_AYIYA = 7,
    FB_TUN_GTPV1 = 8,
    FB_TUN_GRE_UDP = 9, /* GRE in UDP, RFC 8086 */
};
#define FB_TUNNEL_DEPTH_MAX 4

/* fb_packet.flags */
#define FB_PKT_BAD_CHECKSUM 0x01 /* transport checksum wrong (and checked) */
#define FB_PKT_BAD_HEADER                                                                                    \
    0x02 /* transport header unusable: a session exists, the packet counts for nothing more */
#define FB_PKT_REASSEMBLED 0x04 /* put together from fragments */
#define FB_PKT_HAS_MACS    0x08

struct fb_packet {
    int64_t ts_ns; /* time of the record (of the completing fragment's record) */
    struct fb_addr src, dst;
    uint16_t src_p, dst_p; /* ICMP: type and code */
    uint8_t proto;         /* enum fb_proto */
    uint8_t ip_proto;      /* IP protocol number */
    uint8_t ip_version;    /* 4 or 6 */
    uint8_t ttl;           /* or hop limit */
    uint8_t flags;         /* FB_PKT_* */
    uint8_t tcp_flags;     /* FB_TCP_* */
    uint16_t window;
    uint32_t seq, ack; /* ICMP: `seq` holds octets 4 to 7 of the header */
    uint32_t ip_bytes; /* IP total length as counted: v4 total length, v6 payload + 40; 0 for TSO frames */
    uint32_t payload_bytes;  /* transport payload by the IP (UDP: UDP) length, after the transport header.
                                ICMP: after 8 bytes */
    uint32_t payload_caplen; /* of it captured, at `payload` */
    const uint8_t *payload;  /* borrowed: as long as the record, or until the decoder's next record for
                                reassembled ones */

    uint16_t vlan, inner_vlan; /* VLAN ids; 0xffff = none */
    uint8_t src_mac[6], dst_mac[6];

    uint8_t depth;                       /* encapsulations around it */
    uint8_t tunnel[FB_TUNNEL_DEPTH_MAX]; /* enum fb_tunnel, outermost first */
    /* Identity of the IP-level tunnels around it, up to the frame or the next UDP tunnel: the same both ways,
     * 0 = none. */
    uint64_t tunnel_id;
    /* Fragments: ordinals of the other records that this packet was put together from; borrowed like
     * `payload`. */
    const uint64_t *frag_ordinals;
    uint32_t nfrag_ordinals;
};

#endif
