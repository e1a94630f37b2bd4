#include "replay/reassembly.h"

#include "base/memory.h"
void fb_reasm_init(struct fb_reasm *r)
{
    *r = (struct fb_reasm){.last = 1, .trimmed = 1};
}

static void drop_block(struct fb_reasm *r, uint32_t i)
{
    struct fb_reasm_block *b = &r->blocks[i];
    if (b->data) {
        r->held_bytes -= (uint32_t)(b->upper - b->seq);
        free(b->data);
    }
    memmove(b, b + 1, (size_t)(r->nblocks - i - 1) * sizeof *b);
    r->nblocks--;
}

static void drop_all(struct fb_reasm *r)
{
    for (uint32_t i = 0; i < r->nblocks; i++)
        free(r->blocks[i].data);
    free(r->blocks);
    r->blocks = NULL;
    r->nblocks = r->cap_blocks = 0;
    r->held_bytes = 0;
}

void fb_reasm_release(struct fb_reasm *r)
{
    drop_all(r);
}

void fb_reasm_skip(struct fb_reasm *r)
{
    drop_all(r);
    r->trimmed = r->last;
    r->skipping = true;
}

uint64_t fb_reasm_undelivered(const struct fb_reasm *r)
{
    return r->nblocks ? r->blocks[r->nblocks - 1].upper - r->last : 0;
}

uint64_t fb_reasm_buffered(const struct fb_reasm *r)
{
    uint64_t n = r->last > r->trimmed ? r->last - r->trimmed : 0;
    for (uint32_t i = 0; i < r->nblocks; i++)
        n += r->blocks[i].upper - r->blocks[i].seq;
    return n;
}

/* Delivers the blocks that now start at or before `last`. */
static void deliver_ready(struct fb_reasm *r, const struct fb_reasm_ops *ops)
{
    while (r->nblocks && r->blocks[0].seq <= r->last) {
        struct fb_reasm_block *b = &r->blocks[0];
        if (b->upper > r->last) {
            uint64_t n = b->upper - r->last, skip = r->last - b->seq;
            r->last = b->upper;
            if (ops->deliver)
                ops->deliver(ops->ctx, b->data ? b->data + skip : NULL, n);
        }
        drop_block(r, 0);
    }
}

/* First block whose end lies beyond seq. */
static uint32_t find_block(const struct fb_reasm *r, uint64_t seq)
{
    uint32_t lo = 0, hi = r->nblocks;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (r->blocks[mid].upper <= seq)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool make_room(struct fb_reasm *r)
{
    if (r->nblocks < r->cap_blocks)
        return true;
    if (r->nblocks >= FB_REASM_BLOCKS_MAX)
        return false;
    uint32_t cap = r->cap_blocks ? r->cap_blocks * 2 : 4;
    struct fb_reasm_block *b = fb_realloc(r->blocks, cap * sizeof *b);
    if (!b)
        return false;
    r->blocks = b;
    r->cap_blocks = cap;
    return true;
}

static void insert_at(struct fb_reasm *r, uint32_t i, uint64_t seq, uint64_t upper, const uint8_t *p,
                      bool keep)
{
    if (!make_room(r))
        return;
    uint8_t *copy = NULL;
    uint64_t n = upper - seq;
    if (keep && n <= FB_REASM_DATA_MAX - r->held_bytes && (copy = fb_malloc(n)) != NULL) {
        memcpy(copy, p, n);
        r->held_bytes += (uint32_t)n;
    }
    memmove(&r->blocks[i + 1], &r->blocks[i], (size_t)(r->nblocks - i) * sizeof *r->blocks);
    r->blocks[i] = (struct fb_reasm_block){seq, upper, copy};
    r->nblocks++;
}

/* Puts the parts of [seq, upper) that are not yet held beyond the hole; the first copy of a byte wins. */
static bool insert_new_parts(struct fb_reasm *r, uint64_t seq, uint64_t upper, const uint8_t *p, bool keep)
{
    bool any = false;
    uint32_t i = find_block(r, seq);
    while (seq < upper) {
        if (i < r->nblocks && r->blocks[i].seq <= seq) {
            uint64_t next = r->blocks[i].upper;
            if (next >= upper)
                break;
            p += next - seq;
            seq = next;
            i++;
            continue;
        }
        uint64_t end = i < r->nblocks && r->blocks[i].seq < upper ? r->blocks[i].seq : upper;
        uint32_t had = r->nblocks;
        insert_at(r, i, seq, end, p, keep);
        if (r->nblocks == had)
            return any;
        any = true;
        /* Without bytes, touching ranges need not stay apart: a long burst behind one hole is one range. */
        if (i > 0 && !r->blocks[i].data && r->blocks[i - 1].upper == seq && !r->blocks[i - 1].data) {
            r->blocks[i - 1].upper = end;
            drop_block(r, i);
            i--;
        }
        p += end - seq;
        seq = end;
        i++;
    }
    return any;
}

bool fb_reasm_data(struct fb_reasm *r, uint64_t seq, uint64_t n, const uint8_t *p,
                   const struct fb_reasm_ops *ops)
{
    if (r->skipping || n == 0)
        return false;
    uint64_t upper = seq + n, floor = r->last > r->trimmed ? r->last : r->trimmed;
    if (upper <= floor)
        return false;
    if (seq < floor) {
        p += floor - seq;
        seq = floor;
    }
    if (seq == r->last && (r->nblocks == 0 || upper <= r->blocks[0].seq)) {
        r->last = upper;
        if (ops->deliver)
            ops->deliver(ops->ctx, p, upper - seq);
        deliver_ready(r, ops);
        return true;
    }
    bool any = insert_new_parts(r, seq, upper, p, ops->want_data);
    deliver_ready(r, ops);
    return any;
}

static void undelivered(struct fb_reasm *r, uint64_t seq, bool faked_start, const struct fb_reasm_ops *ops)
{
    if (seq <= 2 && faked_start)
        return;
    if (!r->skipping) {
        while (r->nblocks && r->blocks[0].seq < seq) {
            if (r->blocks[0].seq > r->last && ops->gap)
                ops->gap(ops->ctx, r->blocks[0].seq - r->last);
            if (r->blocks[0].seq > r->last)
                r->last = r->blocks[0].seq;
            deliver_ready(r, ops);
        }
        if (seq > r->last && ops->gap)
            ops->gap(ops->ctx, seq - r->last);
    }
    if (seq > r->last)
        r->last = seq;
}

void fb_reasm_trim(struct fb_reasm *r, uint64_t seq, bool faked_start, const struct fb_reasm_ops *ops)
{
    if (seq > r->last)
        undelivered(r, seq, faked_start, ops);
    while (r->nblocks && r->blocks[0].upper <= seq)
        drop_block(r, 0);
    deliver_ready(r, ops);
    if (seq > r->trimmed)
        r->trimmed = seq;
}
