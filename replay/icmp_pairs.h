/* ICMP types that come in pairs (request and reply), which share a session and a community id.
 * Source: RFC 792, 950, 1256 and RFC 4443, 4861, 3810, 4620; the pairing is Zeek's and the community id
 * specification's. */
#ifndef FB_REPLAY_ICMP_PAIRS_H
#define FB_REPLAY_ICMP_PAIRS_H

#include <stdint.h>

/* The counterpart of an ICMP type, or -1 for one-way messages. `ip_proto` is 1 or 58. */
int fb_icmp_counterpart(uint8_t ip_proto, uint16_t type);

#endif
