/* Packets put together from the inside out: start with a payload, then put headers in front of it. Lengths
 * and checksums come out right by themselves; a test that wants them wrong changes the bytes afterwards. No
 * allocation. */
#ifndef FB_TESTS_PACKET_BUILD_H
#define FB_TESTS_PACKET_BUILD_H

#include <stddef.h>
#include <stdint.h>

#define PB_ROOM  131072
#define PB_FRONT 4096 /* for headers */

struct packet_build {
    uint8_t room[PB_ROOM];
    uint8_t *p; /* first byte */
    size_t n;
};

void pb_start(struct packet_build *b, const void *payload, size_t n);
void pb_front(struct packet_build *b, const void *bytes, size_t n); /* any bytes in front */
void pb_back(struct packet_build *b, const void *bytes, size_t n);  /* any bytes behind: padding */

/* Transport headers; their checksums are set by the IP header that comes in front of them. */
void pb_tcp(struct packet_build *b, uint16_t sport, uint16_t dport, uint8_t flags, uint32_t seq,
            uint32_t ack);
void pb_udp(struct packet_build *b, uint16_t sport, uint16_t dport);
void pb_icmp(struct packet_build *b, uint8_t type, uint8_t code);

/* IP headers; addresses as text, IPv4 with its header checksum. `proto` 6, 17, 1 and 58: the transport
 * checksum is set. */
void pb_ip4(struct packet_build *b, const char *src, const char *dst, uint8_t proto);
void pb_ip6(struct packet_build *b, const char *src, const char *dst, uint8_t next);
/* The same without touching what is inside: fragments (`frag` is the field with flags and offset) and
 * tunnels. */
void pb_ip4_header(struct packet_build *b, const char *src, const char *dst, uint8_t proto, uint16_t id,
                   uint16_t frag);
void pb_ip6_header(struct packet_build *b, const char *src, const char *dst, uint8_t next);

/* Ethernet from 02:00:00:00:00:01 to 02:00:00:00:00:02. */
void pb_ethernet(struct packet_build *b, uint16_t ethertype);
/* A tag: its id, and the type of what follows. The EtherType of the tag itself belongs to what is in front.
 */
void pb_vlan(struct packet_build *b, uint16_t id, uint16_t ethertype);

/* Header checksum of an IPv4 packet at p, set again after a change. */
void pb_fix_ip4(uint8_t *p);

#endif
