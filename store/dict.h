/* Dictionaries of byte strings, one per chunk and kind: addresses, MACs, services, histories, tunnel paths.
 *
 * Building: strings are borrowed and must live until the dictionary is cleared. Codes are ranks in byte
 * order, so a sorted dictionary can be probed by binary search. Reading owns its bytes. Not shared between
 * threads. */
#ifndef FB_STORE_DICT_H
#define FB_STORE_DICT_H

#include "base/buf.h"
#include "base/cursor.h"

#define FB_DICT_ENTRIES_MAX (1u << 20)

struct fb_dict_builder {
    struct fb_span *e; /* in the order of first appearance */
    uint32_t n, cap;
    uint32_t *slots; /* index + 1; open addressing */
    uint32_t nslots;
    uint32_t *rank; /* after fb_dict_sort: code of each entry */
    bool failed;    /* memory ran out */
};

void fb_dict_builder_release(struct fb_dict_builder *d);
void fb_dict_clear(struct fb_dict_builder *d); /* keeps the memory */
/* Index of the string, added when it is new. */
uint32_t fb_dict_add(struct fb_dict_builder *d, const void *p, size_t n);
/* Fixes the codes and appends the stored form. `fixed_len`: bytes of every entry, 0 when they differ. */
void fb_dict_sort(struct fb_dict_builder *d, size_t fixed_len, struct fb_buf *out);

/* A dictionary that was read: entry i is p[off[i]] .. with a NUL after it. */
struct fb_dict {
    uint32_t n;
    uint32_t *off; /* n + 1 offsets; the last one is past the end */
    uint8_t *bytes;
    size_t nbytes;
};

/* Checks and unpacks a stored form. False: malformed, or out of memory. */
bool fb_dict_read(const uint8_t *p, size_t n, size_t fixed_len, struct fb_dict *out);
void fb_dict_release(struct fb_dict *d);

static inline struct fb_span fb_dict_entry(const struct fb_dict *d, uint32_t code)
{
    return (struct fb_span){d->bytes + d->off[code], d->off[code + 1] - d->off[code] - 1};
}

/* Code of a string; UINT32_MAX when it is not there. */
uint32_t fb_dict_find(const struct fb_dict *d, const void *p, size_t n);

#endif
