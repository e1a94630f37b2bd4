#include "replay/wheel.h"

static struct fb_flow *flow_at(const struct fb_pool *flows, uint32_t i)
{
    return fb_pool_at(flows, i);
}

void fb_wheel_remove(struct fb_wheel *w, const struct fb_pool *flows, struct fb_flow *f)
{
    if (!f->wheel_slot)
        return;
    if (f->wheel_prev)
        flow_at(flows, f->wheel_prev)->wheel_next = f->wheel_next;
    else
        w->head[f->wheel_slot - 1] = f->wheel_next;
    if (f->wheel_next)
        flow_at(flows, f->wheel_next)->wheel_prev = f->wheel_prev;
    f->wheel_slot = f->wheel_next = f->wheel_prev = 0;
}

static void hang(struct fb_wheel *w, const struct fb_pool *flows, struct fb_flow *f, uint32_t slot)
{
    f->wheel_slot = slot + 1;
    f->wheel_prev = 0;
    f->wheel_next = w->head[slot];
    if (f->wheel_next)
        flow_at(flows, f->wheel_next)->wheel_prev = f->self;
    w->head[slot] = f->self;
    w->occupied[slot / 64] |= 1ULL << (slot % 64);
}

static uint32_t slot_for(const struct fb_wheel *w, int64_t due_ns)
{
    int64_t due = due_ns < w->at_ns ? w->at_ns : due_ns;
    if ((due >> FB_WHEEL_FINE_SHIFT) - (w->at_ns >> FB_WHEEL_FINE_SHIFT) < FB_WHEEL_SLOTS)
        return (uint32_t)((uint64_t)(due >> FB_WHEEL_FINE_SHIFT) % FB_WHEEL_SLOTS);
    int64_t ahead = (due >> FB_WHEEL_COARSE_SHIFT) - (w->at_ns >> FB_WHEEL_COARSE_SHIFT);
    if (ahead >= FB_WHEEL_SLOTS) /* beyond the horizon: looked at once a turn and hung again */
        due = w->at_ns + ((int64_t)(FB_WHEEL_SLOTS - 1) << FB_WHEEL_COARSE_SHIFT);
    return FB_WHEEL_SLOTS + (uint32_t)((uint64_t)(due >> FB_WHEEL_COARSE_SHIFT) % FB_WHEEL_SLOTS);
}

void fb_wheel_set(struct fb_wheel *w, const struct fb_pool *flows, struct fb_flow *f)
{
    fb_wheel_remove(w, flows, f);
    if (f->next_due_ns == FB_NEVER)
        return;
    if (!w->started) {
        w->started = true;
        w->at_ns = f->last_ns;
    }
    hang(w, flows, f, slot_for(w, f->next_due_ns));
}

#define AHEAD 16 /* flows of a slot that are fetched from memory at the same time */

/* Takes the whole list of a slot and deals with each flow in it: due now, or hung where it belongs as of
 * at_ns. What hangs in a slot has not been touched for long, so that nearly every flow is a wait for memory:
 * some are asked for before the first of them is dealt with. */
static void empty_slot(struct fb_wheel *w, const struct fb_pool *flows, uint32_t slot, int64_t now_ns,
                       const struct fb_wheel_ops *ops, void *ctx)
{
    struct fb_flow *batch[AHEAD];
    uint32_t i = w->head[slot];
    w->head[slot] = 0;
    w->occupied[slot / 64] &= ~(1ULL << (slot % 64));
    while (i) {
        size_t n = 0;
        for (; i && n < AHEAD; n++) {
            struct fb_flow *f = batch[n] = flow_at(flows, i);
            __builtin_prefetch(f);
            i = f->wheel_next;
            f->wheel_slot = f->wheel_next = f->wheel_prev = 0;
            ops->ahead(ctx, f);
        }
        for (size_t k = 0; k < n; k++) {
            if (batch[k]->next_due_ns <= now_ns)
                ops->due(ctx, batch[k]);
            else
                hang(w, flows, batch[k], slot_for(w, batch[k]->next_due_ns));
        }
    }
}

void fb_wheel_advance(struct fb_wheel *w, const struct fb_pool *flows, int64_t now_ns,
                      const struct fb_wheel_ops *ops, void *ctx)
{
    if (!w->started || now_ns < w->at_ns)
        return;
    int64_t from_ns = w->at_ns;
    w->at_ns = now_ns;
    for (int level = 0; level < 2; level++) {
        int shift = level ? FB_WHEEL_COARSE_SHIFT : FB_WHEEL_FINE_SHIFT;
        int64_t first = from_ns >> shift, last = now_ns >> shift;
        if (last - first >= FB_WHEEL_SLOTS)
            last = first + FB_WHEEL_SLOTS - 1;
        uint32_t base = (uint32_t)(level * FB_WHEEL_SLOTS);
        for (int64_t s = first; s <= last;) {
            uint32_t k = (uint32_t)((uint64_t)s % FB_WHEEL_SLOTS), slot = base + k;
            uint64_t rest = w->occupied[slot / 64] >> (slot % 64);
            if (rest == 0) {
                s += 64 - k % 64; /* nothing up to the end of this word */
                continue;
            }
            int64_t skip = __builtin_ctzll(rest);
            s += skip + 1;
            if (s - 1 <= last)
                empty_slot(w, flows, slot + (uint32_t)skip, now_ns, ops, ctx);
        }
    }
}
