#include "intel/lists/list_ranges.h"

#include "base/cursor.h"
#include "intel/lists/list_pool.h"

#define ENTRY_BITS  26
#define LEN_BITS    6
#define PARENT_BITS 28
#define NONE        (((uint32_t)1 << PARENT_BITS) - 1)
#define BLOCKS_MAX  ((size_t)NONE)
#define STEP        64 /* blocks of IPv6 for one entry of the table above them */
/* First bits of IPv4 that the table has an entry for: as many as leave a few blocks each, so that a search
 * stays within a line or two of the cache. */
#define TABLE_BITS_MIN 8
#define TABLE_BITS_MAX 22

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

/* What both families have, sorted by (first address, length, entry): the block around it (or NONE), the entry
 * and the length of the prefix in one word, so that a step outwards is one access to memory. */
static uint64_t link_of(uint32_t parent, uint32_t entry, unsigned len)
{
    return (uint64_t)parent << 36 | (uint64_t)entry << 10 | len;
}

static uint32_t parent_of(uint64_t link)
{
    return (uint32_t)(link >> 36);
}

static uint32_t entry_of(uint64_t link)
{
    return (uint32_t)(link >> 10) & (FB_LIST_ENTRIES_MAX - 1);
}

static unsigned len_of(uint64_t link)
{
    return (unsigned)link & 1023;
}

struct blocks {
    size_t n;
    uint64_t *link;
};

struct fb_list_ranges {
    uint64_t *raw4;
    struct block6 *raw6;
    size_t nraw4, cap4, nraw6, cap6;
    struct blocks v4, v6;
    uint32_t *lo4, *table4; /* table4[h]: first block whose address begins with h or more, and one behind */
    unsigned table4_bits;
    struct key6 *lo6, *table6;
    size_t ntable6;
};

enum fb_status fb_list_ranges_new(struct fb_list_ranges **out, struct fb_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? FB_OK : fb_err_nomem(err, "a list of ranges");
}

void fb_list_ranges_free(struct fb_list_ranges *r)
{
    if (!r)
        return;
    free(r->raw4);
    free(r->raw6);
    free(r->v4.link);
    free(r->v6.link);
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

struct grouping {
    uint32_t (*group)(void *ctx, uint32_t entry);
    void *ctx;
};

static bool one_group(const struct grouping *g, uint32_t a, uint32_t b)
{
    return a == b || (g->group && g->group(g->ctx, a) == g->group(g->ctx, b));
}

/* How many first bits two addresses share. */
static unsigned shared4(uint32_t a, uint32_t b)
{
    return a == b ? 32 : (unsigned)__builtin_clz(a ^ b);
}

static unsigned shared6(struct key6 a, struct key6 b)
{
    if (a.hi != b.hi)
        return (unsigned)__builtin_clzll(a.hi ^ b.hi);
    return a.lo != b.lo ? 64 + (unsigned)__builtin_clzll(a.lo ^ b.lo) : 128;
}

/* The first of block i and those around it that holds an address with `shared` first bits in common with the
 * first one of block i. Blocks nest, so all around it hold it too. */
static uint32_t holding(const struct blocks *b, uint32_t i, unsigned shared)
{
    while (i != NONE && len_of(b->link[i]) > shared)
        i = parent_of(b->link[i]);
    return i;
}

/* Is it one more of what the last block says already? */
static bool is_known(const struct blocks *b, const struct grouping *g, bool same_lo, unsigned len,
                     uint32_t entry)
{
    return same_lo && len_of(b->link[b->n - 1]) == len && one_group(g, entry_of(b->link[b->n - 1]), entry);
}

static void fill_table4(struct fb_list_ranges *r)
{
    size_t at = 0, size = (size_t)1 << r->table4_bits;
    for (size_t h = 0; h < size; h++) {
        while (at < r->v4.n && r->lo4[at] >> (32 - r->table4_bits) < h)
            at++;
        r->table4[h] = (uint32_t)at;
    }
    r->table4[size] = (uint32_t)r->v4.n;
}

/* The innermost block that holds the new one: the one before it, or one around that. */
static void build4(struct fb_list_ranges *r, const struct grouping *g)
{
    struct blocks *b = &r->v4;
    for (size_t i = 0; i < r->nraw4; i++) {
        uint32_t lo = (uint32_t)(r->raw4[i] >> (ENTRY_BITS + LEN_BITS)), around = NONE;
        uint32_t entry = (uint32_t)(r->raw4[i] & (FB_LIST_ENTRIES_MAX - 1));
        unsigned len = (unsigned)(r->raw4[i] >> ENTRY_BITS & ((1u << LEN_BITS) - 1));
        size_t n = b->n;
        if (n && is_known(b, g, r->lo4[n - 1] == lo, len, entry))
            continue;
        if (n)
            around = holding(b, (uint32_t)n - 1, shared4(r->lo4[n - 1], lo));
        r->lo4[n] = lo;
        b->link[n] = link_of(around, entry, len);
        b->n++;
    }
    fill_table4(r);
}

static void build6(struct fb_list_ranges *r, const struct grouping *g)
{
    struct blocks *b = &r->v6;
    for (size_t i = 0; i < r->nraw6; i++) {
        const struct block6 *raw = &r->raw6[i];
        uint32_t around = NONE;
        size_t n = b->n;
        if (n && is_known(b, g, cmp6(r->lo6[n - 1], raw->key) == 0, raw->len, raw->entry))
            continue;
        if (n)
            around = holding(b, (uint32_t)n - 1, shared6(r->lo6[n - 1], raw->key));
        r->lo6[n] = raw->key;
        b->link[n] = link_of(around, raw->entry, raw->len);
        b->n++;
    }
    r->ntable6 = (b->n + STEP - 1) / STEP;
    for (size_t i = 0; i < r->ntable6; i++)
        r->table6[i] = r->lo6[i * STEP];
}

static unsigned table_bits(size_t n)
{
    unsigned bits = TABLE_BITS_MIN;
    while (bits < TABLE_BITS_MAX && (size_t)4 << bits < n)
        bits++;
    return bits;
}

static bool take_tables(struct fb_list_ranges *r)
{
    size_t n4 = r->nraw4 ? r->nraw4 : 1, n6 = r->nraw6 ? r->nraw6 : 1;
    r->table4_bits = table_bits(r->nraw4);
    r->lo4 = malloc(n4 * sizeof *r->lo4);
    r->table4 = malloc((((size_t)1 << r->table4_bits) + 1) * sizeof *r->table4);
    r->lo6 = malloc(n6 * sizeof *r->lo6);
    r->table6 = malloc((r->nraw6 / STEP + 1) * sizeof *r->table6);
    r->v4.link = malloc(n4 * sizeof *r->v4.link);
    r->v6.link = malloc(n6 * sizeof *r->v6.link);
    return r->lo4 && r->table4 && r->lo6 && r->table6 && r->v4.link && r->v6.link;
}

enum fb_status fb_list_ranges_build(struct fb_list_ranges *r, uint32_t (*group)(void *ctx, uint32_t entry),
                                    void *ctx, struct fb_err *err)
{
    struct grouping g = {group, ctx};
    if (!sort4(r->raw4, r->nraw4) || !take_tables(r))
        return fb_err_nomem(err, "a list of ranges");
    if (r->nraw6)
        qsort(r->raw6, r->nraw6, sizeof *r->raw6, by_block6);
    build4(r, &g);
    build6(r, &g);
    free(r->raw4);
    free(r->raw6);
    r->raw4 = NULL;
    r->raw6 = NULL;
    r->nraw4 = r->nraw6 = r->cap4 = r->cap6 = 0;
    return FB_OK;
}

/* ---- looking up ---- */

/* The last block that begins at or before the address. */
static uint32_t before4(const struct fb_list_ranges *r, uint32_t a)
{
    uint32_t h = a >> (32 - r->table4_bits);
    size_t low = r->table4[h], high = r->table4[h + 1];
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
        uint32_t first = i, outside = parent_of(b->link[i]);
        /* Equal blocks of several groups lie inside each other, the last one innermost. */
        while (outside != NONE && outside + 1 == first && len_of(b->link[outside]) == len_of(b->link[i])) {
            first = outside;
            outside = parent_of(b->link[outside]);
        }
        for (uint32_t k = first; k <= i; k++)
            if (!hit(ctx, entry_of(b->link[k])))
                return;
        i = outside;
    }
}

void fb_list_ranges_find(const struct fb_list_ranges *r, const struct fb_addr *a,
                         bool (*hit)(void *ctx, uint32_t entry), void *ctx)
{
    if (fb_addr_is_v4(a)) {
        uint32_t v = fb_load_be32(a->b + 12), i = before4(r, v);
        if (i != NONE)
            walk(&r->v4, holding(&r->v4, i, shared4(r->lo4[i], v)), hit, ctx);
        return;
    }
    struct key6 k = key6_of(a);
    uint32_t i = before6(r, k);
    if (i != NONE)
        walk(&r->v6, holding(&r->v6, i, shared6(r->lo6[i], k)), hit, ctx);
}

size_t fb_list_ranges_bytes(const struct fb_list_ranges *r)
{
    size_t table4 = r->table4 ? ((size_t)1 << r->table4_bits) + 1 : 0;
    return sizeof *r + r->v4.n * (sizeof *r->lo4 + sizeof *r->v4.link) + table4 * sizeof *r->table4 +
           r->v6.n * (sizeof *r->lo6 + sizeof *r->v6.link) + r->ntable6 * sizeof *r->table6;
}

size_t fb_list_ranges_blocks(const struct fb_list_ranges *r)
{
    return r->v4.n + r->v6.n;
}
