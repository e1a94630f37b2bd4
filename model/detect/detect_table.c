#include "model/detect/detect_table.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void fb_dtab_init(struct fb_dtab *t, size_t entry_bytes, size_t key_bytes, size_t max,
                  uint64_t (*worth)(const void *))
{
    *t = (struct fb_dtab){.entry_bytes = entry_bytes, .key_bytes = key_bytes, .max = max, .worth = worth};
}

void fb_dtab_release(struct fb_dtab *t)
{
    for (size_t i = 0; t->drop && i < t->n; i++)
        t->drop(fb_dtab_at(t, i), t->ctx);
    free(t->entries);
    free(t->index);
    *t = (struct fb_dtab){0};
}

void *fb_dtab_at(const struct fb_dtab *t, size_t i)
{
    return t->entries + i * t->entry_bytes;
}

static uint32_t tag_of(const struct fb_dtab *t, const void *key)
{
    return (uint32_t)fb_siphash13(fb_hash_process_key(), key, t->key_bytes);
}

/* The slot of the key, or the free one where it belongs. */
static struct fb_dtab_slot *slot_of(const struct fb_dtab *t, const void *key, uint32_t tag)
{
    size_t mask = t->index_cap - 1, i = tag & mask;
    for (; t->index[i].entry; i = (i + 1) & mask)
        if (t->index[i].tag == tag && memcmp(fb_dtab_at(t, t->index[i].entry - 1), key, t->key_bytes) == 0)
            break;
    return &t->index[i];
}

/* Enters what is not there yet. */
static void enter(struct fb_dtab_slot *index, size_t cap, struct fb_dtab_slot s)
{
    size_t i = s.tag & (cap - 1);
    while (index[i].entry)
        i = (i + 1) & (cap - 1);
    index[i] = s;
}

static bool grow(struct fb_dtab *t)
{
    size_t cap = t->cap ? t->cap * 2 : 32;
    if (cap > t->max)
        cap = t->max;
    void *e = fb_realloc(t->entries, cap * t->entry_bytes);
    if (!e)
        return false;
    t->entries = e;
    t->cap = cap;
    size_t want = t->index_cap ? t->index_cap : 64;
    while (want < cap * 2)
        want *= 2;
    if (want == t->index_cap)
        return true;
    struct fb_dtab_slot *ix = fb_calloc(want, sizeof *ix);
    if (!ix)
        return false;
    for (size_t i = 0; i < t->index_cap; i++)
        if (t->index[i].entry)
            enter(ix, want, t->index[i]);
    free(t->index);
    t->index = ix;
    t->index_cap = want;
    return true;
}

/* The k-th smallest of n numbers, k < n; *less: how many are smaller. From the highest byte down, so that no
 * order of the numbers costs more than another. */
static uint64_t select_kth(const uint64_t *v, size_t n, size_t k, size_t *less)
{
    uint64_t prefix = 0, known = 0; /* of the bytes that are settled */
    *less = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        size_t count[256] = {0}, b = 0;
        for (size_t i = 0; i < n; i++)
            if ((v[i] & known) == prefix)
                count[v[i] >> shift & 0xff]++;
        while (*less + count[b] <= k)
            *less += count[b++];
        prefix |= (uint64_t)b << shift;
        known |= (uint64_t)0xff << shift;
    }
    return prefix;
}

bool fb_dtab_shed(struct fb_dtab *t)
{
    if (t->n == 0)
        return true;
    uint64_t *w = fb_malloc(t->n * sizeof *w);
    if (!w)
        return false;
    for (size_t i = 0; i < t->n; i++)
        w[i] = t->worth(fb_dtab_at(t, i));
    size_t gone = t->n / 8 + 1, out = 0, less;
    uint64_t most = select_kth(w, t->n, gone - 1, &less);
    size_t equal = gone - less; /* of those that are worth `most`: the oldest */
    memset(t->index, 0, t->index_cap * sizeof *t->index);
    for (size_t i = 0; i < t->n; i++) {
        void *e = fb_dtab_at(t, i);
        if (w[i] < most || (w[i] == most && equal > 0)) {
            equal -= w[i] == most;
            if (t->drop)
                t->drop(e, t->ctx);
            continue;
        }
        if (out != i)
            memcpy(fb_dtab_at(t, out), e, t->entry_bytes);
        out++;
        enter(t->index, t->index_cap, (struct fb_dtab_slot){(uint32_t)out, tag_of(t, e)});
    }
    free(w);
    t->n = out;
    t->shed += gone;
    return true;
}

void *fb_dtab_find(const struct fb_dtab *t, const void *key)
{
    if (!t->index_cap)
        return NULL;
    uint32_t e = slot_of(t, key, tag_of(t, key))->entry;
    return e ? fb_dtab_at(t, e - 1) : NULL;
}

void *fb_dtab_get(struct fb_dtab *t, const void *key, bool *made)
{
    uint32_t tag = tag_of(t, key), at = t->index_cap ? slot_of(t, key, tag)->entry : 0;
    *made = at == 0;
    if (at)
        return fb_dtab_at(t, at - 1);
    if (t->n == t->max && !fb_dtab_shed(t))
        return NULL;
    if (t->n == t->cap && !grow(t))
        return NULL;
    void *e = fb_dtab_at(t, t->n);
    memset(e, 0, t->entry_bytes);
    memcpy(e, key, t->key_bytes);
    enter(t->index, t->index_cap, (struct fb_dtab_slot){(uint32_t)++t->n, tag});
    return e;
}

void fb_dset_init(struct fb_dset *s, size_t max)
{
    *s = (struct fb_dset){.max = max};
}

void fb_dset_release(struct fb_dset *s)
{
    free(s->slot);
    *s = (struct fb_dset){0};
}

static size_t place(const uint64_t *slot, size_t cap, uint64_t v)
{
    size_t i = (size_t)fb_siphash13(fb_hash_process_key(), &v, sizeof v) & (cap - 1);
    while (slot[i] && slot[i] != v)
        i = (i + 1) & (cap - 1);
    return i;
}

static bool widen(struct fb_dset *s)
{
    size_t cap = s->cap ? s->cap * 2 : 256;
    uint64_t *slot = fb_calloc(cap, sizeof *slot);
    if (!slot)
        return false;
    for (size_t i = 0; i < s->cap; i++)
        if (s->slot[i])
            slot[place(slot, cap, s->slot[i])] = s->slot[i];
    free(s->slot);
    s->slot = slot;
    s->cap = cap;
    return true;
}

bool fb_dset_has(const struct fb_dset *s, uint64_t v)
{
    v += v == 0;
    return s->cap && s->slot[place(s->slot, s->cap, v)];
}

int fb_dset_add(struct fb_dset *s, uint64_t v)
{
    v += v == 0;
    if (s->cap && s->slot[place(s->slot, s->cap, v)])
        return 0;
    if (s->n >= s->max) {
        s->refused++;
        return 0;
    }
    if (s->n * 2 >= s->cap && !widen(s))
        return -1;
    s->slot[place(s->slot, s->cap, v)] = v;
    s->n++;
    return 1;
}
