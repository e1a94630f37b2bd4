#include "model/detect_table.h"

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

/* The slot of the key, or the free one where it belongs. */
static size_t slot_of(const struct fb_dtab *t, const void *key)
{
    size_t mask = t->index_cap - 1;
    size_t i = (size_t)fb_siphash13(fb_hash_process_key(), key, t->key_bytes) & mask;
    while (t->index[i] && memcmp(fb_dtab_at(t, t->index[i] - 1), key, t->key_bytes) != 0)
        i = (i + 1) & mask;
    return i;
}

static void reindex(struct fb_dtab *t)
{
    memset(t->index, 0, t->index_cap * sizeof *t->index);
    for (size_t i = 0; i < t->n; i++)
        t->index[slot_of(t, fb_dtab_at(t, i))] = (uint32_t)(i + 1);
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
    uint32_t *ix = fb_calloc(want, sizeof *ix);
    if (!ix)
        return false;
    free(t->index);
    t->index = ix;
    t->index_cap = want;
    reindex(t);
    return true;
}

struct worth {
    uint64_t worth;
    size_t i;
};

static int by_worth(const void *a, const void *b)
{
    const struct worth *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth < y->worth ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

static int by_place(const void *a, const void *b)
{
    const struct worth *x = a, *y = b;
    return x->i < y->i ? -1 : x->i > y->i;
}

bool fb_dtab_shed(struct fb_dtab *t)
{
    if (t->n == 0)
        return true;
    struct worth *w = fb_malloc(t->n * sizeof *w);
    if (!w)
        return false;
    for (size_t i = 0; i < t->n; i++)
        w[i] = (struct worth){t->worth(fb_dtab_at(t, i)), i};
    qsort(w, t->n, sizeof *w, by_worth);
    size_t gone = t->n / 8 + 1, out = 0, k = 0;
    qsort(w, gone, sizeof *w, by_place);
    for (size_t i = 0; i < t->n; i++) {
        if (k < gone && w[k].i == i) {
            if (t->drop)
                t->drop(fb_dtab_at(t, i), t->ctx);
            k++;
            continue;
        }
        if (out != i)
            memcpy(fb_dtab_at(t, out), fb_dtab_at(t, i), t->entry_bytes);
        out++;
    }
    free(w);
    t->n = out;
    t->shed += gone;
    reindex(t);
    return true;
}

void *fb_dtab_find(const struct fb_dtab *t, const void *key)
{
    if (!t->index_cap)
        return NULL;
    uint32_t e = t->index[slot_of(t, key)];
    return e ? fb_dtab_at(t, e - 1) : NULL;
}

void *fb_dtab_get(struct fb_dtab *t, const void *key, bool *made)
{
    void *e = fb_dtab_find(t, key);
    *made = !e;
    if (e)
        return e;
    if (t->n == t->max && !fb_dtab_shed(t))
        return NULL;
    if (t->n == t->cap && !grow(t))
        return NULL;
    e = fb_dtab_at(t, t->n);
    memset(e, 0, t->entry_bytes);
    memcpy(e, key, t->key_bytes);
    t->index[slot_of(t, key)] = (uint32_t)++t->n;
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
