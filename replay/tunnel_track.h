/* Which UDP packets are tunnels: conformance document, section 12. Internal to replay/.
 *
 * Zeek decides by the responder port of the outer session, or by content, and gives up on a session whose
 * payload does not parse. Sessions live in shards, so this keeps the little that the decision needs (roles,
 * what was given up) in a table of its own, on the thread that decodes. The table is a cache with a fixed
 * hash: what it forgets is only decided again, and equally on each run. */
#ifndef FB_REPLAY_TUNNEL_TRACK_H
#define FB_REPLAY_TUNNEL_TRACK_H

#include "ingest/packet.h"

struct fb_tunnel_track;

/* What a UDP packet is, and the outer flow it belongs to. */
struct fb_tunnel_guess {
    enum fb_tunnel kind; /* FB_TUN_NONE: no tunnel */
    uint64_t parent;     /* identity of the outer flow, never 0 */
    void *entry;         /* for fb_tunnel_track_result */
    bool from_orig;
};

struct fb_tunnel_track *fb_tunnel_track_new(void);
void fb_tunnel_track_free(struct fb_tunnel_track *t); /* accepts NULL */

/* `ordinal` names the outer flow when this is its first packet. */
void fb_tunnel_track_guess(struct fb_tunnel_track *t, const struct fb_packet *p, int64_t now_ns,
                           uint64_t ordinal, struct fb_tunnel_guess *out);

/* Tells what came of decapsulating. `held`: the encapsulation's header held. Returns the tunnel that the
 * outer session is now known to speak, FB_TUN_NONE when that is not yet known. */
enum fb_tunnel fb_tunnel_track_result(struct fb_tunnel_track *t, const struct fb_tunnel_guess *g, bool held);

/* The first packet's sender is the responder after all (conformance document, section 4, 1 to 3). */
bool fb_starts_flipped(const struct fb_packet *p);

#endif
