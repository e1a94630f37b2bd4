/* One direction of a TCP stream, put in order. Internal to replay/.
 *
 * Positions are relative: the first payload byte is 1. [trimmed, last) is delivered and not yet acknowledged;
 * holes and what lies behind them are kept as ranges above `last`, with their bytes only while somebody wants
 * to read them. Rules: conformance document, section 7. Belongs to its session's shard. */
#ifndef FB_REPLAY_REASSEMBLY_H
#define FB_REPLAY_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A range beyond a hole. `data` is NULL when nobody reads the stream or the byte ceiling was reached. */
struct fb_reasm_block {
    uint64_t seq, upper;
    uint8_t *data;
};

#define FB_REASM_BLOCKS_MAX 1024          /* ranges beyond holes per direction; more are forgotten */
#define FB_REASM_DATA_MAX   (64u * 1024u) /* bytes kept per direction for the service detector */

struct fb_reasm {
    uint64_t last;                 /* next byte to deliver; 1 at the start */
    uint64_t trimmed;              /* everything below is forgotten; 1 at the start */
    struct fb_reasm_block *blocks; /* ascending, not touching each other */
    uint32_t nblocks, cap_blocks;
    uint32_t held_bytes; /* in the blocks' data */
    bool skipping;
};

/* Who is told: data in order, gaps that an acknowledgement revealed. Any may be NULL. */
struct fb_reasm_ops {
    void *ctx;
    void (*deliver)(void *ctx, const uint8_t *p,
                    size_t n); /* p NULL: in order, but the bytes were not kept */
    void (*gap)(void *ctx, uint64_t n);
    bool want_data; /* keep bytes beyond holes */
};

void fb_reasm_init(struct fb_reasm *r);
void fb_reasm_release(struct fb_reasm *r);

/* Bytes [seq, seq+n) arrived; `p` has them. What lies below `last` or `trimmed`, or is already held, is
 * dropped: the first copy wins. Returns true when any byte was new. */
bool fb_reasm_data(struct fb_reasm *r, uint64_t seq, uint64_t n, const uint8_t *p,
                   const struct fb_reasm_ops *ops);

/* Forgets everything below `seq`; what was never seen below it is a gap. `faked_start`: the session is
 * partial, so that a first missing byte is an artefact of its start. */
void fb_reasm_trim(struct fb_reasm *r, uint64_t seq, bool faked_start, const struct fb_reasm_ops *ops);

/* Drops everything buffered and stops: no more deliveries, no more gaps. */
void fb_reasm_skip(struct fb_reasm *r);

static inline bool fb_reasm_holds_blocks(const struct fb_reasm *r)
{
    return r->nblocks > 0 || r->last > r->trimmed;
}

/* Memory that it holds, for the shard's account. */
static inline uint64_t fb_reasm_memory(const struct fb_reasm *r)
{
    return r->held_bytes + (uint64_t)r->cap_blocks * sizeof(struct fb_reasm_block);
}

/* Bytes from the next expected one to the end of the last range. */
uint64_t fb_reasm_undelivered(const struct fb_reasm *r);

/* Bytes buffered, delivered but unacknowledged ones included. */
uint64_t fb_reasm_buffered(const struct fb_reasm *r);

#endif
