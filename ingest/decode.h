/* From a packet record to the IP packets in it: link layers, IP, defragmentation, IP-level tunnels (IP-in-IP,
 * GRE, PPTP), transport headers and checksums. Rules: conformance document, sections 2 and 12.
 *
 * No recursion: what is found inside is pushed on a small fixed stack and comes out of fb_decode_next in wire
 * order, outermost first. UDP tunnels depend on the session around them, so the session builder decides and
 * calls fb_decode_enter. A decoder (it owns the fragment table) belongs to one thread. */
#ifndef FB_INGEST_DECODE_H
#define FB_INGEST_DECODE_H

#include "base/err.h"
#include "ingest/packet.h"
#include "ingest/packet_record.h"

struct fb_decoder;

struct fb_decode_opts {
    bool ignore_checksums;   /* -C: neither IP header nor transport checksums are checked */
    uint64_t frag_bytes_max; /* ceiling of buffered fragments; 0 = 32 MiB */
    uint32_t frag_max;       /* ceiling of incomplete datagrams; 0 = 65535 */
    /* Is shown what EtherTypes other than IP announce (ARP): the bytes after the type, and the MACs (NULL:
     * none), all borrowed for the call. May be NULL. */
    void (*other)(void *ctx, uint16_t ethertype, const uint8_t *src_mac, const uint8_t *dst_mac,
                  const uint8_t *p, size_t n);
    void *other_ctx;
};

/* What was passed over and why, for `info`: saturating counters. */
struct fb_decode_stats {
    uint64_t non_ip_pkts;    /* ARP, LLDP, unknown EtherTypes: no session by rule */
    uint64_t malformed_pkts; /* a link, IP or tunnel header that does not hold */
    uint64_t bad_ip_checksum_pkts;
    uint64_t fragments;        /* fragments received */
    uint64_t frag_reassembled; /* datagrams completed */
    uint64_t frag_expired;     /* incomplete after 5 minutes */
    uint64_t frag_shed;        /* incomplete datagrams dropped at a ceiling */
    uint64_t depth_exceeded_pkts;
    uint64_t unknown_linktype_pkts; /* link type without a decoder, tried as raw IP and found not to be */
};

enum fb_status fb_decoder_new(const struct fb_decode_opts *opts, struct fb_decoder **out, struct fb_err *err);
void fb_decoder_free(struct fb_decoder *d); /* accepts NULL */

/* Starts on a record. `now_ns` is the packet clock (for fragment timeouts), `ordinal` the record's on the
 * timeline. */
void fb_decode_begin(struct fb_decoder *d, const struct fb_record *rec, uint64_t ordinal, int64_t now_ns);

/* The next IP packet of the record; false when there is none left. */
bool fb_decode_next(struct fb_decoder *d, struct fb_packet *out);

/* Treats the UDP payload of `outer` (just returned by fb_decode_next) as tunnel `kind`: what is inside comes
 * out of the following calls of fb_decode_next. Returns FB_OK when the encapsulation header held and
 * something is inside (which may turn out not to be IP), FB_EOF when it held but there is nothing to follow
 * (empty, or not IP), FB_ERR_NOTFOUND for a message that encapsulates nothing by its kind (GTP control, AYIYA
 * other than forward): neither for nor against the tunnel, FB_ERR_INPUT when the header did not hold,
 * FB_ERR_LIMIT at the depth limit. Another kind may be tried on the same packet until one is FB_OK. */
enum fb_status fb_decode_enter(struct fb_decoder *d, const struct fb_packet *outer, enum fb_tunnel kind);

const struct fb_decode_stats *fb_decoder_stats(const struct fb_decoder *d);

#endif
