/* Timers of a shard's sessions: a timing wheel of two levels. Internal to replay/.
 *
 * Each session hangs in at most one slot, that of its earliest timer; the wheel only says who may be due, the
 * exact time stands in the session. It is turned at the end of an epoch; in between a session's own packets
 * look at its timer first, so that lateness is never visible. Source: Varghese and Lauck, Hashed and
 * Hierarchical Timing Wheels, 1987. */
#ifndef FB_REPLAY_WHEEL_H
#define FB_REPLAY_WHEEL_H

#include "replay/flow.h"

#define FB_WHEEL_SLOTS        1024
#define FB_WHEEL_FINE_SHIFT   24                         /* 16.8 ms a slot, 17 s a turn: one coarse slot */
#define FB_WHEEL_COARSE_SHIFT (FB_WHEEL_FINE_SHIFT + 10) /* 17 s a slot, 4.9 h a turn */

_Static_assert(FB_WHEEL_SLOTS == 1 << 10,
               "a turn of fine slots is one coarse slot, or flows are hung again and again");

struct fb_wheel {
    uint32_t head[2 * FB_WHEEL_SLOTS];          /* first flow of each slot: fine ones, then coarse ones */
    uint64_t occupied[2 * FB_WHEEL_SLOTS / 64]; /* bit per slot: it may hold flows */
    int64_t at_ns;                              /* everything due up to here has been looked at */
    bool started;
};

/* Hangs the flow into the slot of f->next_due_ns (nothing when it is FB_NEVER), out of the one it is in. */
void fb_wheel_set(struct fb_wheel *w, const struct fb_pool *flows, struct fb_flow *f);
void fb_wheel_remove(struct fb_wheel *w, const struct fb_pool *flows, struct fb_flow *f);

struct fb_wheel_ops {
    /* Must remove the flow or set it again, and touch no other; one that it leaves due is shown again at the
     * next turn. */
    void (*due)(void *ctx, struct fb_flow *f);
    /* Comes before, for flows that will be looked at soon: asks for the memory that `due` will need. */
    void (*ahead)(void *ctx, const struct fb_flow *f);
};

/* Turns the wheel to now_ns and calls `due` for each flow with next_due_ns <= now_ns, in no particular order.
 */
void fb_wheel_advance(struct fb_wheel *w, const struct fb_pool *flows, int64_t now_ns,
                      const struct fb_wheel_ops *ops, void *ctx);

#endif
