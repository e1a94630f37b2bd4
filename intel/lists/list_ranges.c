#include "intel/lists/list_ranges.h"

#include "base/cursor.h"
#include "intel/lists/list_pool.h"

#define NONE       UINT32_MAX
#define ENTRY_BITS 26
#define LEN_BITS   6
#define BLOCKS_MAX ((size_t)1 << 28)
#define STEP       64 /* blocks of IPv6 for one entry of the table above them */

/* Of IPv4 while it is filled: first address, prefix length, entry; so it sorts by the number itself. */
static uint64_t pack(uint32_t lo, unsigned len, uint32_t entry)
{
    return (uint64_t)lo << (ENTRY_BITS + LEN_BITS) | (uint64_t)len << ENTRY_BITS | entry;
}

struct key6 {
    uint64_t hi, lo;
};

struct block6 {
    struct key6 key;
    uint32_t entry;
    uint8_t len;
};

/* What both families have, sorted by (first address, length, entry). */
struct block {
    uint32_t parent; /* the block around it, or NONE */
    uint32_t entry;
    uint8_t len; /* of the prefix */
};

struct blocks {
    size_t n;
    struct block *at; /* together, so that a step outwards is one access to memory */
};

struct fb_list_ranges {
    uint64_t *raw4;
    struct block6 *raw6;
    size_t nraw4, cap4, nraw6, cap6;
    struct blocks v4, v6;
    uint32_t *lo4, *table4; /* table4[h]: first block whose address begins with h or more; 65,537 entries */
    struct key6 *lo6, *table6;
    size_t ntable6;
};

enum fb_status fb_list_ranges_new(struct fb_list_ranges **out, struct fb_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? FB_OK : fb_err_nomem(err, "a list of ranges");
}

static void free_blocks(struct blocks *b)
{
    free(b->at);
}

void fb_list_ranges_free(struct fb_list_ranges *r)
{
    if (!r)
        return;
    free(r->raw4);
    free(r->raw6);
    free_blocks(&r->v4);
    free_blocks(&r->v6);
    free(r->lo4);
    free(r->table4);
    free(r->lo6);
    free(r->table6);
    free(r);
}

/* ---- filling: a range as CIDR blocks ---- */

static enum fb_status put4(struct fb_list_ranges *r, uint32_t lo, unsigned len, uint32_t entry,
                           struct fb_err *err)
{
    if (r->nraw4 == BLOCKS_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %zu address blocks", BLOCKS_MAX);
    if (!fb_list_grow((void **)&r->raw4, r->nraw4, &r->cap4, sizeof *r->raw4))
        return fb_err_nomem(err, "a list of ranges");
    r->raw4[r->nraw4++] = pack(lo, len, entry);
    return FB_OK;
}

static enum fb_status put6(struct fb_list_ranges *r, struct key6 lo, unsigned len, uint32_t entry,
                           struct fb_err *err)
{
    if (r->nraw6 == BLOCKS_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %zu address blocks", BLOCKS_MAX);
    if (!fb_list_grow((void **)&r->raw6, r->nraw6, &r->cap6, sizeof *r->raw6))
        return fb_err_nomem(err, "a list of ranges");
    r->raw6[r->nraw6++] = (struct block6){lo, entry, (uint8_t)len};
    return FB_OK;
}

static enum fb_status add4(struct fb_list_ranges *r, uint64_t lo, uint64_t hi, uint32_t entry,
                           struct fb_err *err)
{
    while (lo <= hi) {
        unsigned bits = lo ? (unsigned)__builtin_ctzll(lo) : 32; /* free bits behind the prefix */
        while (bits > 32 || lo + ((uint64_t)1 << bits) - 1 > hi)
            bits--;
        FB_TRY(put4(r, (uint32_t)lo, 32 - bits, entry, err));
        lo += (uint64_t)1 << bits;
    }
    return FB_OK;
}

static struct key6 key6_of(const struct fb_addr *a)
{
    return (struct key6){fb_load_be64(a->b), fb_load_be64(a->b + 8)};
}

static int cmp6(struct key6 a, struct key6 b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}

/* The last address of the block with `bits` free bits. */
static struct key6 last6(struct key6 k, unsigned bits)
{
    if (bits >= 64)
        return (struct key6){k.hi | (bits == 128 ? UINT64_MAX : ((uint64_t)1 << (bits - 64)) - 1),
                             UINT64_MAX};
    return (struct key6){k.hi, k.lo | (((uint64_t)1 << bits) - 1)};
}

static unsigned free_bits6(struct key6 k)
{
    if (k.lo)
        return (unsigned)__builtin_ctzll(k.lo);
    return k.hi ? 64 + (unsigned)__builtin_ctzll(k.hi) : 128;
}

static enum fb_status add6(struct fb_list_ranges *r, struct key6 lo, struct key6 hi, uint32_t entry,
                           struct fb_err *err)
{
    for (;;) {
        unsigned bits = free_bits6(lo);
        while (cmp6(last6(lo, bits), hi) > 0)
            bits--;
        FB_TRY(put6(r, lo, 128 - bits, entry, err));
        struct key6 last = last6(lo, bits);
        if (cmp6(last, hi) == 0)
            return FB_OK;
        lo = (struct key6){last.hi + (last.lo == UINT64_MAX), last.lo + 1};
    }
}

enum fb_status fb_list_ranges_add(struct fb_list_ranges *r, const struct fb_list_range *range, uint32_t entry,
                                  struct fb_err *err)
{
    FB_BUG(entry >= FB_LIST_ENTRIES_MAX);
    if (fb_addr_is_v4(&range->lo))
        return add4(r, fb_load_be32(range->lo.b + 12), fb_load_be32(range->hi.b + 12), entry, err);
    return add6(r, key6_of(&range->lo), key6_of(&range->hi), entry, err);
}

/* ---- building ---- */

/* By everything above the entry; entries were put in order, and the sort keeps it. */
static bool sort4(uint64_t *v, size_t n)
{
    enum { DIGIT = 13, SIZE = 1 << DIGIT };
    bool sorted = true;
    for (size_t i = 1; i < n && sorted; i++)
        sorted = v[i - 1] >> ENTRY_BITS <= v[i] >> ENTRY_BITS;
    if (sorted)
        return true;
    uint64_t *other = malloc(n * sizeof *other), *from = v, *to = other;
    size_t *count = malloc(SIZE * sizeof *count);
    for (unsigned shift = ENTRY_BITS; other && count && shift < 64; shift += DIGIT) {
        memset(count, 0, SIZE * sizeof *count);
        for (size_t i = 0; i < n; i++)
            count[from[i] >> shift & (SIZE - 1)]++;
        for (size_t d = 0, at = 0; d < SIZE; d++) {
            size_t c = count[d];
            count[d] = at;
            at += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[from[i] >> shift & (SIZE - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    bool good = other && count;
    if (good && from != v)
        memcpy(v, from, n * sizeof *v);
    free(other);
    free(count);
    return good;
}

static int by_block6(const void *a, const void *b)
{
    const struct block6 *x = a, *y = b;
    int c = cmp6(x->key, y->key);
    if (c == 0)
        c = (x->len > y->len) - (x->len < y->len);
    return c ? c : (x->entry > y->entry) - (x->entry < y->entry);
}

static bool take_blocks(struct blocks *b, size_t n)
{
    b->at = malloc((n ? n : 1) * sizeof *b->at);
    return b->at != NULL;
}

struct grouping {
    uint32_t (*group)(void *ctx, uint32_t entry);
    void *ctx;
};

static bool one_group(const struct grouping *g, uint32_t a, uint32_t b)
{
    return a == b || (g->group && g->group(g->ctx, a) == g->group(g->ctx, b));
}

static uint32_t last4(const struct fb_list_ranges *r, uint32_t i)
{
    unsigned len = r->v4.at[i].len;
    return r->lo4[i] | (len ? (uint32_t)((uint64_t)UINT32_MAX >> len) : UINT32_MAX);
}

/* The innermost block that holds the new one: the one before it, or one around that. */
static void build4(struct fb_list_ranges *r, const struct grouping *g)
{
    struct blocks *b = &r->v4;
    for (size_t i = 0; i < r->nraw4; i++) {
        uint32_t lo = (uint32_t)(r->raw4[i] >> (ENTRY_BITS + LEN_BITS));
        uint32_t entry = (uint32_t)(r->raw4[i] & (FB_LIST_ENTRIES_MAX - 1));
        uint8_t len = (uint8_t)(r->raw4[i] >> ENTRY_BITS & ((1u << LEN_BITS) - 1));
        size_t n = b->n;
        if (n && r->lo4[n - 1] == lo && b->at[n - 1].len == len && one_group(g, b->at[n - 1].entry, entry))
            continue;
        uint32_t around = n ? (uint32_t)n - 1 : NONE;
        while (around != NONE && last4(r, around) < lo)
            around = b->at[around].parent;
        r->lo4[n] = lo;
        b->at[n].len = len;
        b->at[n].entry = entry;
        b->at[n].parent = around;
        b->n++;
    }
    size_t at = 0;
    for (uint32_t h = 0; h < 65536; h++) {
        while (at < b->n && r->lo4[at] >> 16 < h)
            at++;
        r->table4[h] = (uint32_t)at;
    }
    r->table4[65536] = (uint32_t)b->n;
}

static void build6(struct fb_list_ranges *r, const struct grouping *g)
{
    struct blocks *b = &r->v6;
    for (size_t i = 0; i < r->nraw6; i++) {
        const struct block6 *raw = &r->raw6[i];
        size_t n = b->n;
        if (n && cmp6(r->lo6[n - 1], raw->key) == 0 && b->at[n - 1].len == raw->len &&
            one_group(g, b->at[n - 1].entry, raw->entry))
            continue;
        uint32_t around = n ? (uint32_t)n - 1 : NONE;
        while (around != NONE && cmp6(last6(r->lo6[around], 128u - b->at[around].len), raw->key) < 0)
            around = b->at[around].parent;
        r->lo6[n] = raw->key;
        b->at[n].len = raw->len;
        b->at[n].entry = raw->entry;
        b->at[n].parent = around;
        b->n++;
    }
    r->ntable6 = (b->n + STEP - 1) / STEP;
    for (size_t i = 0; i < r->ntable6; i++)
        r->table6[i] = r->lo6[i * STEP];
}

enum fb_status fb_list_ranges_build(struct fb_list_ranges *r, uint32_t (*group)(void *ctx, uint32_t entry),
                                    void *ctx, struct fb_err *err)
{
    struct grouping g = {group, ctx};
    r->lo4 = malloc((r->nraw4 ? r->nraw4 : 1) * sizeof *r->lo4);
    r->table4 = malloc(65537 * sizeof *r->table4);
    r->lo6 = malloc((r->nraw6 ? r->nraw6 : 1) * sizeof *r->lo6);
    r->table6 = malloc((r->nraw6 / STEP + 1) * sizeof *r->table6);
    if (!r->lo4 || !r->table4 || !r->lo6 || !r->table6 || !sort4(r->raw4, r->nraw4) ||
        !take_blocks(&r->v4, r->nraw4) || !take_blocks(&r->v6, r->nraw6))
        return fb_err_nomem(err, "a list of ranges");
    if (r->nraw6)
        qsort(r->raw6, r->nraw6, sizeof *r->raw6, by_block6);
    build4(r, &g);
    build6(r, &g);
    free(r->raw4);
    free(r->raw6);
    r->raw4 = NULL;
    r->raw6 = NULL;
    r->nraw4 = r->nraw6 = 0;
    return FB_OK;
}

/* ---- looking up ---- */

/* The last block that begins at or before the address. */
static uint32_t before4(const struct fb_list_ranges *r, uint32_t a)
{
    size_t low = r->table4[a >> 16], high = r->table4[(a >> 16) + 1];
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r->lo4[mid] <= a)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? (uint32_t)low - 1 : NONE;
}

static size_t above6(const struct key6 *v, size_t low, size_t high, struct key6 a)
{
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (cmp6(v[mid], a) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static uint32_t before6(const struct fb_list_ranges *r, struct key6 a)
{
    size_t part = above6(r->table6, 0, r->ntable6, a);
    if (part == 0)
        return NONE;
    size_t end = part * STEP < r->v6.n ? part * STEP : r->v6.n;
    return (uint32_t)above6(r->lo6, (part - 1) * STEP, end, a) - 1;
}

/* Outwards from block i, which holds the address, as do all around it. */
static void walk(const struct blocks *b, uint32_t i, bool (*hit)(void *ctx, uint32_t entry), void *ctx)
{
    while (i != NONE) {
        uint32_t first = i, outside = b->at[i].parent;
        /* Equal blocks of several groups lie inside each other, the last one innermost. */
        size_t equal = 1;
        while (outside != NONE && outside + 1 == first && b->at[outside].len == b->at[i].len) {
            first = outside;
            outside = b->at[outside].parent;
            equal++;
        }
        for (size_t k = 0; k < equal; k++)
            if (!hit(ctx, b->at[first + k].entry))
                return;
        i = outside;
    }
}

void fb_list_ranges_find(const struct fb_list_ranges *r, const struct fb_addr *a,
                         bool (*hit)(void *ctx, uint32_t entry), void *ctx)
{
    if (fb_addr_is_v4(a)) {
        uint32_t v = fb_load_be32(a->b + 12), i = before4(r, v);
        while (i != NONE && last4(r, i) < v)
            i = r->v4.at[i].parent;
        walk(&r->v4, i, hit, ctx);
        return;
    }
    struct key6 k = key6_of(a);
    uint32_t i = before6(r, k);
    while (i != NONE && cmp6(last6(r->lo6[i], 128u - r->v6.at[i].len), k) < 0)
        i = r->v6.at[i].parent;
    walk(&r->v6, i, hit, ctx);
}

size_t fb_list_ranges_bytes(const struct fb_list_ranges *r)
{
    return sizeof *r + r->v4.n * (sizeof *r->lo4 + sizeof *r->v4.at) + 65537 * sizeof *r->table4 +
           r->v6.n * (sizeof *r->lo6 + sizeof *r->v6.at) + r->ntable6 * sizeof *r->table6;
}

size_t fb_list_ranges_blocks(const struct fb_list_ranges *r)
{
    return r->v4.n + r->v6.n;
}
