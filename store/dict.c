#include "store/dict.h"

#include "base/hash.h"

static int compare(const void *ap, size_t an, const void *bp, size_t bn)
{
    size_t n = an < bn ? an : bn;
    int c = n ? memcmp(ap, bp, n) : 0;
    return c ? c : (an > bn) - (an < bn);
}

/* ---- building ---- */

void fb_dict_builder_release(struct fb_dict_builder *d)
{
    free(d->e);
    free(d->slots);
    free(d->rank);
    *d = (struct fb_dict_builder){0};
}

void fb_dict_clear(struct fb_dict_builder *d)
{
    if (d->slots)
        memset(d->slots, 0, d->nslots * sizeof *d->slots);
    d->n = 0;
}

static bool grow(struct fb_dict_builder *d)
{
    uint32_t cap = d->cap ? d->cap * 2 : 256, nslots = cap * 2;
    struct fb_span *e = realloc(d->e, cap * sizeof *e);
    if (e)
        d->e = e;
    uint32_t *slots = calloc(nslots, sizeof *slots);
    uint32_t *rank = realloc(d->rank, cap * sizeof *rank);
    if (rank)
        d->rank = rank;
    if (!e || !slots || !rank) {
        free(slots);
        return false;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t at = (uint32_t)fb_siphash13(fb_hash_process_key(), e[i].p, e[i].n) & (nslots - 1);
        while (slots[at])
            at = (at + 1) & (nslots - 1);
        slots[at] = i + 1;
    }
    free(d->slots);
    d->slots = slots;
    d->nslots = nslots;
    d->cap = cap;
    return true;
}

uint32_t fb_dict_add(struct fb_dict_builder *d, const void *p, size_t n)
{
    if (d->failed || (d->n == d->cap && !grow(d))) {
        d->failed = true;
        return 0;
    }
    uint32_t at = (uint32_t)fb_siphash13(fb_hash_process_key(), p, n) & (d->nslots - 1);
    for (; d->slots[at]; at = (at + 1) & (d->nslots - 1)) {
        const struct fb_span *e = &d->e[d->slots[at] - 1];
        if (e->n == n && memcmp(e->p, p, n) == 0)
            return d->slots[at] - 1;
    }
    d->e[d->n] = (struct fb_span){p, n};
    d->slots[at] = ++d->n;
    return d->n - 1;
}

static int by_bytes(const void *a, const void *b, void *ctx)
{
    const struct fb_span *e = ctx, *x = &e[*(const uint32_t *)a], *y = &e[*(const uint32_t *)b];
    return compare(x->p, x->n, y->p, y->n);
}

static size_t common_prefix(const struct fb_span *a, const struct fb_span *b)
{
    size_t n = a->n < b->n ? a->n : b->n, k = 0;
    while (k < n && a->p[k] == b->p[k])
        k++;
    return k;
}

void fb_dict_sort(struct fb_dict_builder *d, size_t fixed_len, struct fb_buf *out)
{
    uint32_t *order = malloc((d->n ? d->n : 1) * sizeof *order);
    if (!order) {
        d->failed = true;
        return;
    }
    for (uint32_t i = 0; i < d->n; i++)
        order[i] = i;
    qsort_r(order, d->n, sizeof *order, by_bytes, d->e);
    fb_buf_put_varint(out, d->n);
    for (uint32_t i = 0; i < d->n; i++) {
        d->rank[order[i]] = i;
        fb_buf_put_varint(out, i ? common_prefix(&d->e[order[i - 1]], &d->e[order[i]]) : 0);
    }
    for (uint32_t i = 0; i < d->n && !fixed_len; i++)
        fb_buf_put_varint(out, d->e[order[i]].n);
    for (uint32_t i = 0; i < d->n; i++) {
        const struct fb_span *e = &d->e[order[i]];
        size_t shared = i ? common_prefix(&d->e[order[i - 1]], e) : 0;
        fb_buf_put(out, e->p + shared, e->n - shared);
    }
    free(order);
}

/* ---- reading ---- */

void fb_dict_release(struct fb_dict *d)
{
    free(d->off);
    free(d->bytes);
    *d = (struct fb_dict){0};
}

/* Lengths and shared prefixes, checked against each other; the total with a NUL each. */
static bool read_layout(struct fb_cur *c, size_t fixed_len, struct fb_dict *d, uint32_t *shared)
{
    for (uint32_t i = 0; i < d->n; i++) {
        uint64_t v = fb_cur_varint(c);
        if (v > UINT16_MAX)
            return false;
        shared[i] = (uint32_t)v;
    }
    uint64_t total = 0, before = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        uint64_t len = fixed_len ? fixed_len : fb_cur_varint(c);
        if (len > UINT16_MAX || shared[i] > len || shared[i] > before)
            return false;
        d->off[i] = (uint32_t)total;
        total += len + 1;
        before = len;
        if (total > UINT32_MAX)
            return false;
    }
    d->off[d->n] = (uint32_t)total;
    d->nbytes = (size_t)total;
    return fb_cur_ok(c);
}

/* Whether an entry lies behind the one before it, whose first `shared` bytes it has. Nearly always the first
 * byte after them says so. */
static inline bool ascends(const uint8_t *before, size_t before_len, const uint8_t *p, size_t len,
                           size_t shared)
{
    if (shared < before_len && shared < len && before[shared] != p[shared])
        return before[shared] < p[shared];
    return compare(before, before_len, p, len) < 0;
}

/* Addresses: most of what a chunk's dictionaries hold. */
static bool read_addresses(struct fb_cur *c, struct fb_dict *d, const uint32_t *shared)
{
    const size_t len = 16;
    const uint8_t *before = NULL;
    for (uint32_t i = 0; i < d->n; i++) {
        uint8_t *to = d->bytes + i * (len + 1);
        size_t rest = len - shared[i];
        const uint8_t *p = fb_cur_take(c, rest);
        if (!p)
            return false;
        if (before)
            memcpy(to, before, len);
        for (size_t k = 0; k < rest; k++)
            to[shared[i] + k] = p[k];
        to[len] = 0;
        if (before && !ascends(before, len, to, len, shared[i]))
            return false;
        before = to;
    }
    return fb_cur_left(c) == 0;
}

static bool read_entries(struct fb_cur *c, struct fb_dict *d, const uint32_t *shared, size_t fixed_len)
{
    if (fixed_len == 16)
        return read_addresses(c, d, shared);
    for (uint32_t i = 0; i < d->n; i++) {
        uint8_t *to = d->bytes + d->off[i];
        size_t len = d->off[i + 1] - d->off[i] - 1, rest = len - shared[i];
        const uint8_t *p = fb_cur_take(c, rest);
        if (!p)
            return false;
        if (shared[i])
            memcpy(to, d->bytes + d->off[i - 1], shared[i]);
        if (rest)
            memcpy(to + shared[i], p, rest);
        to[len] = 0;
        if (i > 0) {
            struct fb_span prev = fb_dict_entry(d, i - 1);
            if (!ascends(prev.p, prev.n, to, len, shared[i]))
                return false;
        }
    }
    return fb_cur_left(c) == 0;
}

bool fb_dict_read(const uint8_t *p, size_t n, size_t fixed_len, struct fb_dict *out)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint64_t count = fb_cur_varint(&c);
    *out = (struct fb_dict){0};
    if (!fb_cur_ok(&c) || count > FB_DICT_ENTRIES_MAX || count > fb_cur_left(&c))
        return false;
    out->n = (uint32_t)count;
    uint32_t *shared = malloc((count + 1) * sizeof *shared);
    out->off = malloc((count + 1) * sizeof *out->off);
    bool good = shared && out->off && read_layout(&c, fixed_len, out, shared);
    /* Shared prefixes multiply what is there by at most the longest entry; the ceiling is that of a byte
     * stream. */
    if (good && out->nbytes <= (64u << 20) + out->n)
        out->bytes = malloc(out->nbytes + 1);
    good = good && out->bytes && read_entries(&c, out, shared, fixed_len);
    free(shared);
    if (!good)
        fb_dict_release(out);
    return good;
}

uint32_t fb_dict_find(const struct fb_dict *d, const void *p, size_t n)
{
    uint32_t lo = 0, hi = d->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        struct fb_span e = fb_dict_entry(d, mid);
        int c = compare(e.p, e.n, p, n);
        if (c == 0)
            return mid;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return UINT32_MAX;
}
