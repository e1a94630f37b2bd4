/* How the session builder shows payload to whoever wants to learn from it, without knowing who that is.
 *
 * An observer is a table of functions. For each session that carries payload the builder asks `open` for a
 * state of its own and hands it the payload of both directions in order (TCP: reassembled; UDP: each
 * datagram). What the observer finds it puts out as records (base/record.h); they arrive at the sink in the
 * order of the timeline, each with the number of its session. Packets that belong to no session (ARP) are
 * shown by `packet`.
 *
 * A state belongs to the shard of its session and to one thread at a time; nothing is shared between states,
 * so that the number of threads and shards changes nothing. Bytes are borrowed for the call. States are
 * bounded: `bytes` counts toward the shard's memory ceiling. */
#ifndef FB_BASE_OBSERVE_H
#define FB_BASE_OBSERVE_H

#include "base/record.h"

struct fb_observed_flow {
    uint8_t ip_proto; /* 6 TCP, 17 UDP, 1 and 58 ICMP */
    uint16_t orig_p, resp_p;
    struct fb_addr orig_h, resp_h;
    bool has_macs;
    uint8_t orig_mac[6], resp_mac[6];
    bool partial; /* TCP: the start was not seen */
};

/* Where and when bytes were seen. For reassembled TCP: the packet that made them available. */
struct fb_seen {
    int64_t ts_ns;
    uint64_t ordinal;
    bool from_orig;
};

/* Takes the records of one call. `row` is borrowed. */
struct fb_observe_out {
    void (*put)(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row);
};

/* Bits that `data` and `gap` return. */
#define FB_OBSERVE_DONE 0x01 /* nothing more to learn from this session: the state is closed now */

struct fb_observer {
    /* A state for a session that is about to show its first payload; NULL: not interested, or out of memory.
     */
    void *(*open)(const struct fb_observed_flow *flow);
    unsigned (*data)(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out);
    /* n bytes of one direction are missing. */
    unsigned (*gap)(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out);
    /* The session's roles were swapped: from now on from_orig means the other side. */
    void (*flip)(void *state);
    /* The end, also after FB_OBSERVE_DONE: puts out what was still waiting (`at`: the packet at which the
     * session left) and frees the state. */
    void (*close)(void *state, const struct fb_seen *at, struct fb_observe_out *out);
    size_t (*bytes)(const void *state);
    /* A link-layer payload without a session: ethertype, the bytes after it, and the MACs (NULL: none). May
     * be NULL. */
    void (*packet)(const struct fb_seen *at, uint16_t ethertype, const uint8_t *src_mac,
                   const uint8_t *dst_mac, const uint8_t *p, size_t n, struct fb_observe_out *out);
};

/* A record as it reaches the sink. */
struct fb_observed {
    const struct fb_rec_def *def;
    uint64_t number; /* of its session; 0: none */
    uint64_t ordinal;
    int64_t ts_ns;
    struct fb_span row;
};

#endif
