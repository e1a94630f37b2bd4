/* The session builder: packet records of a timeline in, session records out.
 *
 * The packet clock is now = max(now, packet time). Sessions live in a fixed number of virtual shards
 * (FB_SHARDS) picked by a fixed symmetric hash of the flow key. No shard looks into another; what sessions
 * tell each other is joined at the ordered merge. Results do not depend on the number of threads or shards,
 * on the order of tables, or on when housekeeping runs. One engine, one caller thread; it starts worker
 * threads of its own when asked. */
#ifndef FB_REPLAY_ENGINE_H
#define FB_REPLAY_ENGINE_H

#include "base/err.h"
#include "base/observe.h"
#include "ingest/decode.h"
#include "replay/session.h"

#define FB_SHARDS 16

struct fb_engine;

struct fb_engine_opts {
    struct fb_decode_opts decode;
    unsigned threads;        /* that walk shards; 0 or 1: the caller's thread does it */
    uint64_t memory_bytes;   /* ceiling for session state over all shards; 0 = 1 GiB. At the ceiling sessions
                                are shed, least valuable first */
    int64_t segment_idle_ns; /* payload silence that ends a segment; 0 = 5 s */
    int64_t tcp_idle_ns, udp_idle_ns, icmp_idle_ns; /* 0 = Zeek's 5 min, 1 min, 1 min */
    /* Is shown payload; what it finds goes to the sink's `observed`. NULL: none. */
    const struct fb_observer *observer;
};

struct fb_engine_stats {
    uint64_t pkts;            /* records fed */
    uint64_t ip_pkts;         /* IP packets decoded from them, inner ones included */
    uint64_t sessions;        /* records handed to the sink */
    uint64_t shed_sessions;   /* of them ended by a memory ceiling */
    uint64_t active_sessions; /* open now */
    int64_t now_ns;           /* the packet clock */
};

enum fb_status fb_engine_new(const struct fb_engine_opts *opts, const struct fb_session_sink *sink,
                             struct fb_engine **out, struct fb_err *err);

/* Feeds one record of the timeline; ordinals must rise. The record's bytes are used only during the call
 * (threads copy what they need). */
enum fb_status fb_engine_feed(struct fb_engine *e, const struct fb_record *rec, uint64_t ordinal,
                              struct fb_err *err);

/* A look at what is going on, between two records and as often as the caller likes. Sessions that have ended
 * by now leave through the sink first; then `row` gets those open sessions of which a packet came after the
 * record with ordinal `since` (0: all), in number order, as they are now, with end_reason FB_END_EVIDENCE.
 * The same records, looked at in the same places, show the same; what the sink gets in the end does not
 * depend on looks, unless the memory ceiling was reached. `row` returns an enum fb_status; another than FB_OK
 * ends the look with it. */
enum fb_status fb_engine_look(struct fb_engine *e, uint64_t since,
                              int (*row)(void *ctx, const struct fb_session *s), void *ctx,
                              struct fb_err *err);

/* End of evidence: every open session leaves through the sink. */
enum fb_status fb_engine_finish(struct fb_engine *e, struct fb_err *err);

void fb_engine_stats(const struct fb_engine *e, struct fb_engine_stats *out);
const struct fb_decode_stats *fb_engine_decode_stats(const struct fb_engine *e);
void fb_engine_free(struct fb_engine *e); /* accepts NULL */

#endif
