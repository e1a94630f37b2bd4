/* Bounded tables of the detectors. Entries are plain structs that begin with their key; keys are compared as
 * bytes, so that padding must be zero. When a table is full an eighth goes: what is worth least, of equals
 * the oldest. Nothing visible depends on the order of hashes. One thread. */
#ifndef FB_MODEL_DETECT_TABLE_H
#define FB_MODEL_DETECT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_dtab_slot {
    uint32_t entry; /* its place + 1; 0: free */
    uint32_t tag;   /* low half of the key's hash: entries of other keys need not be fetched */
};

struct fb_dtab {
    unsigned char *entries; /* n of them, in the order in which they were made */
    struct fb_dtab_slot *index;
    size_t n, cap, index_cap;
    size_t entry_bytes, key_bytes, max;
    uint64_t (*worth)(const void *entry);
    void (*drop)(void *entry, void *ctx); /* releases what the entry owns; may be NULL */
    void *ctx;
    uint64_t shed; /* entries that had to go */
};

void fb_dtab_init(struct fb_dtab *t, size_t entry_bytes, size_t key_bytes, size_t max,
                  uint64_t (*worth)(const void *));
void fb_dtab_release(struct fb_dtab *t);

/* The entry of that key; a new one is zero behind its key. NULL: out of memory. Good until the next call. */
void *fb_dtab_get(struct fb_dtab *t, const void *key, bool *made);
/* The same, without making one. */
void *fb_dtab_find(const struct fb_dtab *t, const void *key);
void *fb_dtab_at(const struct fb_dtab *t, size_t i);
/* Sheds an eighth now. False: out of memory. */
bool fb_dtab_shed(struct fb_dtab *t);

/* A set of 64-bit numbers that only grows. */
struct fb_dset {
    uint64_t *slot; /* 0: free */
    size_t n, cap, max;
    uint64_t refused; /* additions beyond the ceiling */
};

void fb_dset_init(struct fb_dset *s, size_t max);
void fb_dset_release(struct fb_dset *s);
bool fb_dset_has(const struct fb_dset *s, uint64_t v);
/* 1: was not there, 0: was there or there is no room, -1: out of memory. */
int fb_dset_add(struct fb_dset *s, uint64_t v);

#endif
