/* Which application protocol a session speaks: the service column, by Zeek's rules (conformance document,
 * section 13).
 *
 * Each session that carries payload has one detector. It is fed the payload of each direction in order (TCP:
 * reassembled; UDP: each datagram) and keeps a small set of candidate analyzers: attached by responder port
 * at the start and by signatures over the first bytes. An analyzer confirms (its name joins the service
 * column, in order of confirmation), or fails (it leaves; when it was already confirmed its name is removed
 * if the session has carried no more than 10 KiB by then). Analyzers keep fixed-size state and never look
 * back: what they need from a direction they accumulate in a bounded buffer. A detector belongs to the shard
 * of its session. */
#ifndef FB_REPLAY_SERVICE_SERVICE_H
#define FB_REPLAY_SERVICE_SERVICE_H

#include "base/addr.h"
#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>

struct fb_service; /* one detector */

/* What the session builder tells a detector about its session. */
struct fb_service_flow {
    uint8_t proto; /* enum fb_proto: TCP or UDP */
    uint16_t orig_p, resp_p;
    struct fb_addr orig_h, resp_h;
    bool partial; /* TCP: the start was not seen (no SYN): most analyzers then stay out; fb_service_flip
                     clears it */
};

/* A data connection that a control channel announced (FTP PORT/PASV/EPRT/EPSV, IRC DCC): the session that
 * opens to resp_h:resp_p gets this service whatever it carries. */
struct fb_service_expect {
    struct fb_addr resp_h;
    uint16_t resp_p;
    const char *service; /* "ftp-data", "irc-dcc-data" */
};

/* What came of a call, as bits. */
#define FB_SVC_FLIP      0x01 /* UDP DNS or NTP: this message shows that the roles are the other way round */
#define FB_SVC_DONE      0x02 /* nothing more to learn: feed no more */
#define FB_SVC_LIMIT     0x04 /* an analyzer limit was hit: the session's history gets X */
#define FB_SVC_LONG_IDLE 0x08 /* SSH or FTP confirmed: inactivity timeout becomes one hour */
#define FB_SVC_EXPECT    0x10 /* fb_service_take_expect has something */

/* True when a UDP/TCP session on these ports gets a port-attached DNS analyzer (53, 137, 5353, 5355): its
 * idle rule is then Zeek's dns_session_timeout until fb_service_dns_attached says otherwise. */
bool fb_service_is_dns_port(uint8_t proto, uint16_t resp_p);

/* True for the ports that Zeek's default scripts count as likely server ports. */
bool fb_service_likely_server_port(uint8_t proto, uint16_t port);

/* A detector for a session that is about to see its first payload. NULL when memory ran out (the session then
 * has no service). */
struct fb_service *fb_service_new(const struct fb_service_flow *flow);
void fb_service_free(struct fb_service *s); /* accepts NULL */

/* The session's roles were swapped after the detector was made. */
void fb_service_flip(struct fb_service *s);

/* Payload in order. `from_orig`: sent by the originator. UDP: one call per datagram, n may be 0.
 * `total_bytes`: payload bytes of both directions seen by the session before this call. `ts_ns` for analyzers
 * with time rules. Returns FB_SVC_* bits. */
unsigned fb_service_data(struct fb_service *s, bool from_orig, const uint8_t *p, size_t n,
                         uint64_t total_bytes);

/* n bytes of one direction are missing (TCP gap): analyzers that cannot go on leave. */
unsigned fb_service_gap(struct fb_service *s, bool from_orig, uint64_t n);

/* A tunnel decapsulated by the session builder confirms itself: "vxlan", "geneve", "teredo", "ayiya",
 * "gtpv1". */
void fb_service_confirm(struct fb_service *s, const char *name);

/* The DNS analyzer that was attached by port is still there. */
bool fb_service_dns_attached(const struct fb_service *s);

/* The next announced data connection, false when there is none left. */
bool fb_service_take_expect(struct fb_service *s, struct fb_service_expect *out);

/* Confirmed names, comma-separated in order of confirmation, NUL-terminated; "" when none. Borrowed until the
 * next call. */
const char *fb_service_names(const struct fb_service *s);

/* Bytes that the detector holds, for the shard's memory account. */
size_t fb_service_bytes(const struct fb_service *s);

#endif
