/* What a protocol's parser looks like to the product's observer (intel/wire/observer.h).
 *
 * A parser is a struct fb_intel_proto in the table of intel/wire/proto_table.c. Sessions: `wants` looks at
 * the first bytes of either side (UDP, ICMP: at each side's first datagram); while it answers FB_WISH_MORE
 * the observer keeps these bytes, at most FB_WISH_BYTES of them. On FB_WISH_YES the parser gets a state of
 * its own through ops.open and all bytes of that side from the first on, and from then on those of the other
 * side too; the other side's bytes from before are lost to it unless that side's first bytes are still being
 * kept. Several parsers may hold states at the same time. Frames without IP: `ethertype` and ops.packet.
 *
 * States are bounded: FB_STATE_BYTES_MAX at most (SMTP that went over to TLS comes near it; TLS, QUIC and DNS
 * stay below 64 KiB), most far less; ops.bytes tells what one holds, its struct included.
 * Allocation goes through base/memory.h. */
#ifndef FB_INTEL_PROTO_H
#define FB_INTEL_PROTO_H

#include "base/observe.h"

enum fb_wish {
    FB_WISH_NO = 0,   /* not this protocol; not asked again for this side */
    FB_WISH_MORE = 1, /* could be: needs more of the first bytes */
    FB_WISH_YES = 2,
};

#define FB_WISH_BYTES      64     /* with so many bytes FB_WISH_MORE counts as FB_WISH_NO */
#define FB_STATE_BYTES_MAX 114688 /* of one parser's state */

/* A bit that `data` may return besides FB_OBSERVE_DONE: the session speaks another protocol from the next
 * byte on (STARTTLS, CONNECT). The state is closed, and every parser may look at the first bytes that follow
 * on either side. Only whole calls count: what came after the switch in the same call goes to nobody, so a
 * parser that sees it coming returns the bit with the message that announces it. */
#define FB_PROTO_AGAIN 0x02

struct fb_intel_proto {
    const char *name;
    uint16_t ethertype; /* of frames for ops.packet; 0: a protocol of sessions */
    enum fb_wish (*wants)(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n);
    /* As in base/observe.h. `gap` NULL: the parser cannot go on after a gap and is closed. `flip` NULL: the
     * state does not care who is who. `packet` is for frames alone, all others for sessions. */
    struct fb_observer ops;
};

/* All parsers, in the order in which they are asked; ends with NULL. */
extern const struct fb_intel_proto *const fb_intel_protos[];

#endif
