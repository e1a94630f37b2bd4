#include "replay/engine.h"

#include "base/timefmt.h"
#include "replay/look.h"
#include "replay/merge.h"
#include "replay/shard.h"
#include "replay/tunnel_track.h"
#include "replay/workers.h"

#define MEMORY_DEFAULT (1ULL << 30)
#define QUEUE_BYTES_MAX                                                                                      \
    (32u << 20) /* copied packet bytes before the threads are set to work within an epoch */

struct fb_engine {
    struct fb_shard shards[FB_SHARDS];
    struct fb_epoch epoch;
    uint64_t epoch_no;
    struct fb_decoder *decoder;
    struct fb_tunnel_track *tunnels;
    struct fb_sight frames; /* what is seen in frames without a session */
    struct fb_merge *merge;
    struct fb_workers *workers; /* NULL: the caller's thread does it */
    uint64_t last_ordinal;
    int64_t now_ns;
    struct fb_engine_stats stats;
    /* The UDP tunnels around what the decoder returns next, by depth of the outer packet. */
    struct {
        uint64_t identity; /* of the chain down to and with this tunnel */
        uint16_t part;
        bool valid;
    } around[FB_TUNNEL_DEPTH_MAX + 1];
};

static struct fb_shard_opts shard_opts(const struct fb_engine_opts *o)
{
    uint64_t memory = o->memory_bytes ? o->memory_bytes : MEMORY_DEFAULT;
    return (struct fb_shard_opts){
        .tcp_idle_ns = o->tcp_idle_ns ? o->tcp_idle_ns : 300 * FB_NS_PER_S,
        .udp_idle_ns = o->udp_idle_ns ? o->udp_idle_ns : 60 * FB_NS_PER_S,
        .icmp_idle_ns = o->icmp_idle_ns ? o->icmp_idle_ns : 60 * FB_NS_PER_S,
        .segment_idle_ns = o->segment_idle_ns ? o->segment_idle_ns : 5 * FB_NS_PER_S,
        .memory_bytes = memory / FB_SHARDS,
        .observer = o->observer,
    };
}

static void on_frame(void *ctx, uint16_t ethertype, const uint8_t *src_mac, const uint8_t *dst_mac,
                     const uint8_t *p, size_t n)
{
    fb_sight_frame(ctx, ethertype, src_mac, dst_mac, p, n);
}

enum fb_status fb_engine_new(const struct fb_engine_opts *opts, const struct fb_session_sink *sink,
                             struct fb_engine **out, struct fb_err *err)
{
    struct fb_engine *e = calloc(1, sizeof *e);
    if (!e)
        return fb_err_nomem(err, "the session builder");
    struct fb_shard_opts so = shard_opts(opts);
    bool ok = true;
    for (unsigned i = 0; i < FB_SHARDS; i++) {
        ok = fb_shard_init(&e->shards[i], (uint8_t)i, &so) && ok;
        e->shards[i].epoch = &e->epoch;
    }
    e->now_ns = INT64_MIN;
    e->tunnels = fb_tunnel_track_new();
    fb_sight_init(&e->frames, opts->observer);
    struct fb_decode_opts dec = opts->decode;
    if (opts->observer && opts->observer->packet) {
        dec.other = on_frame;
        dec.other_ctx = &e->frames;
    }
    e->merge = fb_merge_new(sink, &e->frames);
    enum fb_status st = ok && e->tunnels && e->merge ? fb_decoder_new(&dec, &e->decoder, err)
                                                     : fb_err_nomem(err, "the session builder");
    if (st != FB_OK) {
        fb_engine_free(e);
        return st;
    }
    if (opts->threads > 1)
        e->workers = fb_workers_new(opts->threads, e->shards, FB_SHARDS);
    *out = e;
    return FB_OK;
}

void fb_engine_free(struct fb_engine *e)
{
    if (!e)
        return;
    fb_workers_free(e->workers);
    for (unsigned i = 0; i < FB_SHARDS; i++)
        fb_shard_release(&e->shards[i]);
    fb_sight_release(&e->frames);
    fb_decoder_free(e->decoder);
    fb_tunnel_track_free(e->tunnels);
    fb_merge_free(e->merge);
    free(e);
}

static enum fb_status end_epoch(struct fb_engine *e, struct fb_err *err)
{
    if (e->epoch.n == 0)
        return FB_OK;
    if (e->workers) {
        fb_workers_run(e->workers, true);
    } else {
        for (unsigned i = 0; i < FB_SHARDS; i++)
            fb_shard_epoch_end(&e->shards[i]);
    }
    enum fb_status st = fb_merge_epoch(e->merge, e->shards, FB_SHARDS, err);
    e->epoch.n = 0;
    return st;
}

/* The innermost UDP tunnel around a packet, and the identity of the whole chain: outer sessions by
 * themselves, IP-level tunnels by their two addresses. */
static void set_around(struct fb_engine *e, struct fb_shard_pkt *sp)
{
    for (unsigned d = sp->p.depth; d <= FB_TUNNEL_DEPTH_MAX; d++)
        e->around[d].valid = false;
    sp->around = sp->p.tunnel_id;
    sp->parent_part = FB_NO_PART;
    for (unsigned d = sp->p.depth; d-- > 0;) {
        if (!e->around[d].valid)
            continue;
        sp->around = fb_mix64(sp->around ^ e->around[d].identity);
        sp->parent_part = e->around[d].part;
        return;
    }
}

/* Decapsulates a UDP packet that is a tunnel; what is inside comes out of the decoder next. */
static void try_tunnel(struct fb_engine *e, struct fb_shard_pkt *sp)
{
    struct fb_tunnel_guess g;
    fb_tunnel_track_guess(e->tunnels, &sp->p, e->now_ns, sp->ordinal, &g);
    if (g.kind == FB_TUN_NONE)
        return;
    enum fb_status st = fb_decode_enter(e->decoder, &sp->p, g.kind);
    if (st == FB_ERR_LIMIT) {
        sp->limit = true;
        return;
    }
    if (st == FB_ERR_NOTFOUND)
        return; /* a message of the tunnel's own, which neither proves nor disproves it */
    sp->confirm = (uint8_t)fb_tunnel_track_result(e->tunnels, &g, st == FB_OK || st == FB_EOF);
    if (st != FB_OK)
        return;
    sp->is_outer = true;
    unsigned d = sp->p.depth;
    if (d <= FB_TUNNEL_DEPTH_MAX) {
        e->around[d].valid = true;
        e->around[d].part = sp->part;
        e->around[d].identity = fb_mix64(g.parent ^ sp->around);
    }
}

static enum fb_status dispatch(struct fb_engine *e, const struct fb_shard_pkt *sp, struct fb_err *err)
{
    unsigned shard = (unsigned)(fb_shard_hash(&sp->p) % FB_SHARDS);
    if (!e->workers) {
        fb_shard_packet(&e->shards[shard], sp);
        return FB_OK;
    }
    if (!fb_workers_queue(e->workers, shard, sp))
        return fb_err_nomem(err, "packets on their way to their sessions");
    return FB_OK;
}

/* Packet times outside 1896 to 2189 are taken for the nearer end, so that sums and differences of times never
 * overflow. */
static int64_t clamp_time(int64_t ts_ns)
{
    const int64_t margin = (int64_t)1 << 61;
    return ts_ns < -margin ? -margin : ts_ns > INT64_MAX - margin ? INT64_MAX - margin : ts_ns;
}

enum fb_status fb_engine_feed(struct fb_engine *e, const struct fb_record *record, uint64_t ordinal,
                              struct fb_err *err)
{
    struct fb_record rec = *record;
    rec.ts_ns = clamp_time(rec.ts_ns);
    if (ordinal / FB_EPOCH_PKTS != e->epoch_no) {
        FB_TRY(end_epoch(e, err));
        e->epoch_no = ordinal / FB_EPOCH_PKTS;
    }
    if (rec.ts_ns > e->now_ns)
        e->now_ns = rec.ts_ns;
    e->epoch.ordinal[e->epoch.n] = ordinal;
    e->epoch.now_ns[e->epoch.n++] = e->now_ns;
    e->last_ordinal = ordinal;
    e->stats.pkts++;

    fb_sight_at(&e->frames, ordinal, 0, rec.ts_ns);
    fb_decode_begin(e->decoder, &rec, ordinal, e->now_ns);
    struct fb_shard_pkt sp;
    for (uint16_t part = 0; fb_decode_next(e->decoder, &sp.p); part++) {
        sp.ordinal = ordinal;
        sp.now_ns = e->now_ns;
        sp.part = part;
        sp.is_outer = false;
        sp.confirm = FB_TUN_NONE;
        sp.limit = false;
        set_around(e, &sp);
        if (sp.p.proto == FB_PROTO_UDP)
            try_tunnel(e, &sp);
        e->stats.ip_pkts++;
        FB_TRY(dispatch(e, &sp, err));
    }
    if (e->workers && fb_workers_queued(e->workers) > QUEUE_BYTES_MAX)
        fb_workers_run(e->workers, false);
    return FB_OK;
}

enum fb_status fb_engine_look(struct fb_engine *e, uint64_t since,
                              int (*row)(void *ctx, const struct fb_session *s), void *ctx,
                              struct fb_err *err)
{
    FB_TRY(end_epoch(e, err));
    return fb_look(e->shards, FB_SHARDS, since, row, ctx, err);
}

enum fb_status fb_engine_finish(struct fb_engine *e, struct fb_err *err)
{
    FB_TRY(end_epoch(e, err));
    for (unsigned i = 0; i < FB_SHARDS; i++)
        fb_shard_finish(&e->shards[i], e->last_ordinal, e->now_ns);
    return fb_merge_epoch(e->merge, e->shards, FB_SHARDS, err);
}

void fb_engine_stats(const struct fb_engine *e, struct fb_engine_stats *out)
{
    *out = e->stats;
    out->now_ns = e->now_ns;
    out->sessions = fb_merge_sessions(e->merge);
    for (unsigned i = 0; i < FB_SHARDS; i++) {
        out->shed_sessions += e->shards[i].shed;
        out->active_sessions += e->shards[i].used_slots;
    }
}

const struct fb_decode_stats *fb_engine_decode_stats(const struct fb_engine *e)
{
    return fb_decoder_stats(e->decoder);
}
