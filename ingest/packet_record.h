/* One packet record as a capture file holds it, before decoding. */
#ifndef FB_INGEST_PACKET_RECORD_H
#define FB_INGEST_PACKET_RECORD_H

#include <stdint.h>

struct fb_record {
    const uint8_t
        *data; /* caplen bytes, borrowed: valid until the next call on the reader or timeline it came from */
    uint32_t caplen;   /* bytes captured */
    uint32_t wirelen;  /* bytes on the wire, a claim; never less than caplen */
    uint32_t linktype; /* LINKTYPE_ value (tcpdump.org/linktypes.html), DLT numbers of old files mapped */
    uint32_t iface;    /* index into fb_evidence.ifaces */
    int64_t ts_ns;
    uint64_t pkt_no;   /* 1-based number of the packet in its file: the frame number of tshark and capinfos */
    uint64_t byte_off; /* of the record (pcap) or block (pcapng) in the uncompressed stream */
};

#endif
