/* What the files of the decoder share: the frame in hand, the small stack of frames still to be looked at,
 * and the steps from one layer to the next.
 *
 * A frame borrows its bytes from the record, or from a reassembled datagram that the decoder keeps until the
 * next record. All of it belongs to one decoder and so to one thread. */
#ifndef FB_INGEST_DECODE_FRAME_H
#define FB_INGEST_DECODE_FRAME_H

#include "base/cursor.h"
#include "ingest/decode.h"
#include "ingest/defrag.h"

#define FB_NO_VLAN 0xffff
/* One frame in hand and the rest of an A-MSDU at each depth, with room to spare. */
#define FB_FRAME_STACK 16

/* What the next bytes of a frame are. */
enum fb_frame_kind {
    FB_FRAME_STOP = 0, /* nothing follows: dropped, or no IP in it */
    FB_FRAME_IP,       /* IP by its version nibble */
    FB_FRAME_UNKNOWN,  /* a link type without a decoder, tried as IP */
    FB_FRAME_ETHERNET,
    FB_FRAME_VLAN,
    FB_FRAME_MPLS,
    FB_FRAME_PPPOE,
    FB_FRAME_PBB,
    FB_FRAME_VNTAG,
    FB_FRAME_SNAP,
    FB_FRAME_NULL,
    FB_FRAME_LOOP,
    FB_FRAME_PPP,
    FB_FRAME_PPP_SERIAL,
    FB_FRAME_CHDLC,
    FB_FRAME_SLL,
    FB_FRAME_SLL2,
    FB_FRAME_FDDI,
    FB_FRAME_WIFI,
    FB_FRAME_RADIOTAP,
    FB_FRAME_PRISM,
    FB_FRAME_AVS,
    FB_FRAME_AMSDU,
    FB_FRAME_NFLOG,
    FB_FRAME_KINDS
};

struct fb_frame {
    struct fb_cur c;   /* captured bytes not yet consumed */
    uint32_t tail;     /* bytes behind them on the wire that are not captured, or cut off as padding */
    uint8_t kind;      /* enum fb_frame_kind */
    bool cut;          /* the record holds less than was on the wire */
    bool unknown_link; /* came from a link type without a decoder */
    bool reassembled;  /* the IP packet at hand was put together from fragments */
    bool has_macs;
    uint8_t depth;
    uint8_t tunnel[FB_TUNNEL_DEPTH_MAX];
    uint64_t tunnel_id; /* see fb_packet */
    uint16_t vlan, inner_vlan;
    uint8_t src_mac[6], dst_mac[6];
    const uint64_t *ordinals; /* other records that these bytes come from */
    uint32_t nordinals;
};

/* One IP header with its extension headers. */
struct fb_ip {
    const uint8_t *hdr;
    uint32_t total;   /* header and payload as claimed; what is captured when the length field is 0 */
    uint32_t hdr_len; /* with options or extension headers */
    uint32_t ip_bytes;
    struct fb_addr src, dst;
    uint8_t version, ttl, proto;
    bool fragment, more;
    uint32_t frag_off; /* bytes */
    uint32_t id;
    uint32_t next_off; /* IPv6: where the next-header number of the fragment header stands, from hdr */
    uint8_t frag_next; /* IPv6: the number that the fragment header holds */
};

struct fb_decoder {
    struct fb_decode_opts opts;
    struct fb_decode_stats stats;
    int64_t ts_ns, now_ns;
    uint64_t ordinal;
    struct fb_frame
        cur; /* the frame in hand; after a UDP packet its cursor holds the payload by the IP length */
    uint16_t other_type; /* EtherType that ended the frame in hand; 0 = none */
    bool fresh;          /* cur is a record that nobody has looked at yet */
    bool enterable;      /* cur is a UDP packet just handed out, which fb_decode_enter may look into */
    uint32_t nstack;
    struct fb_frame stack[FB_FRAME_STACK];
    struct fb_defrag *defrag;
};

static inline void fb_count(uint64_t *counter)
{
    *counter += *counter != UINT64_MAX;
}

static inline uint64_t fb_frame_wire(const struct fb_frame *f)
{
    return (uint64_t)fb_cur_left(&f->c) + f->tail;
}

/* Keeps the first n of the captured bytes; what is cut off still counts as having been on the wire. */
static inline void fb_frame_trim(struct fb_frame *f, uint32_t n)
{
    if (fb_cur_left(&f->c) > n) {
        f->tail += (uint32_t)(fb_cur_left(&f->c) - n);
        f->c.end = f->c.p + n;
    }
}

/* Counts a frame whose headers do not hold, and stops. */
static inline enum fb_frame_kind fb_frame_malformed(struct fb_decoder *d)
{
    fb_count(&d->stats.malformed_pkts);
    return FB_FRAME_STOP;
}

static inline enum fb_frame_kind fb_frame_not_ip(struct fb_decoder *d)
{
    fb_count(&d->stats.non_ip_pkts);
    return FB_FRAME_STOP;
}

/* The same for a frame whose EtherType is not IP's, which decode options may ask for. */
static inline enum fb_frame_kind fb_frame_other(struct fb_decoder *d, uint16_t ethertype)
{
    d->other_type = ethertype;
    return fb_frame_not_ip(d);
}

/* Puts a frame on the stack; it comes out before all that lie below it. */
void fb_frame_push(struct fb_decoder *d, const struct fb_frame *f);

/* A frame for what tunnel `kind` carries: same bytes as `f` from here on, no link layer, one deeper. False,
 * and counted, at the depth limit. */
bool fb_frame_enter(struct fb_decoder *d, const struct fb_frame *f, enum fb_tunnel kind,
                    struct fb_frame *inner);

/* Steps of the link layer: each takes one header and says what follows it. */
typedef enum fb_frame_kind fb_link_step(struct fb_decoder *d, struct fb_frame *f);
fb_link_step fb_link_ethernet, fb_link_vlan, fb_link_mpls, fb_link_pppoe, fb_link_pbb, fb_link_vntag,
    fb_link_snap;
fb_link_step fb_link_null, fb_link_loop, fb_link_ppp, fb_link_ppp_serial, fb_link_chdlc, fb_link_sll,
    fb_link_sll2;
fb_link_step fb_link_fddi, fb_link_nflog, fb_link_wifi, fb_link_radiotap, fb_link_prism, fb_link_avs,
    fb_link_amsdu;

/* What an EtherType announces. */
enum fb_frame_kind fb_link_ethertype(struct fb_decoder *d, uint16_t type, bool in_tag);
/* What a PPP protocol number announces. */
enum fb_frame_kind fb_link_ppp_protocol(struct fb_decoder *d, uint16_t proto);

/* From an IP header on. True when `out` holds a packet; false when there is none, or it was a tunnel and its
 * inside is on the stack. */
bool fb_ip_decode(struct fb_decoder *d, struct fb_frame *f, struct fb_packet *out);

/* Walks IPv6 extension headers from offset 40 (RFC 8200, section 4). False when one is not captured whole. */
bool fb_ip6_walk(const uint8_t *hdr, size_t captured, struct fb_ip *ip);

/* Transport header of `ip`: the cursor of `f` holds the payload, `len` bytes of it by the IP length. */
bool fb_transport_decode(struct fb_decoder *d, struct fb_frame *f, const struct fb_ip *ip, uint32_t len,
                         struct fb_packet *out);

/* IP protocols 4 and 41, and 47; the cursor holds the IP payload. What is inside goes on the stack. */
void fb_tunnel_ip(struct fb_decoder *d, struct fb_frame *f, uint8_t proto);
enum fb_status fb_tunnel_gre(struct fb_decoder *d, struct fb_frame *f, enum fb_tunnel kind);
/* Encapsulations over UDP; the cursor holds the UDP payload. Status as fb_decode_enter. */
enum fb_status fb_tunnel_udp(struct fb_decoder *d, struct fb_frame *f, enum fb_tunnel kind);
/* True when an IP packet starts here whose length is exactly what is captured. `version` 0 takes either. */
bool fb_tunnel_exact_ip(const struct fb_cur *c, unsigned version);

#endif
