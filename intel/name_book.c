#include "intel/name_book.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

#define NAMES_OF_ENTRY 4

struct entry {
    struct fb_addr addr, who;
    uint32_t next; /* in its bucket; index + 1, 0 = the end */
    struct {
        struct fb_said *said;
        int64_t until_ns;
    } name[NAMES_OF_ENTRY]; /* newest first */
};

struct fb_name_book {
    struct entry *entry; /* a ring in the order in which they were made */
    uint32_t *bucket;
    uint32_t max, n, oldest, cap, nbuckets;
};

const struct fb_addr fb_book_anybody = {{0}};
const struct fb_addr fb_book_network = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

struct fb_name_book *fb_name_book_new(uint32_t entries_max)
{
    struct fb_name_book *b = fb_calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->max = entries_max ? entries_max : 1;
    b->nbuckets = 1024;
    while (b->nbuckets < b->max)
        b->nbuckets *= 2;
    b->bucket = fb_calloc(b->nbuckets, sizeof *b->bucket);
    if (!b->bucket) {
        free(b);
        return NULL;
    }
    return b;
}

struct fb_said *fb_said_new(const char *source, int64_t ts_ns, uint64_t session, struct fb_span name,
                            struct fb_span chain)
{
    struct fb_said *s = fb_malloc(sizeof *s + name.n + chain.n);
    if (!s)
        return NULL;
    *s = (struct fb_said){.refs = 1,
                          .ts_ns = ts_ns,
                          .session = session,
                          .source = source,
                          .name_bytes = (uint32_t)name.n,
                          .chain_bytes = (uint32_t)chain.n};
    if (name.n)
        memcpy(s->bytes, name.p, name.n);
    if (chain.n)
        memcpy(s->bytes + name.n, chain.p, chain.n);
    return s;
}

void fb_said_drop(struct fb_said *s)
{
    if (s && --s->refs == 0)
        free(s);
}

static void clear_entry(struct entry *e)
{
    for (int i = 0; i < NAMES_OF_ENTRY; i++)
        fb_said_drop(e->name[i].said);
}

void fb_name_book_free(struct fb_name_book *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < b->n; i++)
        clear_entry(&b->entry[i]);
    free(b->entry);
    free(b->bucket);
    free(b);
}

static uint32_t *bucket_of(const struct fb_name_book *b, const struct fb_addr *addr,
                           const struct fb_addr *who)
{
    struct fb_addr key[2] = {*addr, *who};
    uint64_t h = fb_siphash13(fb_hash_process_key(), key, sizeof key);
    return &b->bucket[h & (b->nbuckets - 1)];
}

static struct entry *find(const struct fb_name_book *b, const struct fb_addr *addr, const struct fb_addr *who)
{
    for (uint32_t i = *bucket_of(b, addr, who); i; i = b->entry[i - 1].next)
        if (fb_addr_eq(&b->entry[i - 1].addr, addr) && fb_addr_eq(&b->entry[i - 1].who, who))
            return &b->entry[i - 1];
    return NULL;
}

static void unlink_entry(struct fb_name_book *b, uint32_t i)
{
    uint32_t *at = bucket_of(b, &b->entry[i].addr, &b->entry[i].who);
    while (*at != i + 1)
        at = &b->entry[*at - 1].next;
    *at = b->entry[i].next;
}

/* Room for one more entry, which may be that of the oldest. */
static struct entry *make(struct fb_name_book *b, const struct fb_addr *addr, const struct fb_addr *who)
{
    uint32_t i = b->n;
    if (b->n == b->max) {
        i = b->oldest;
        b->oldest = (b->oldest + 1) % b->max;
        unlink_entry(b, i);
        clear_entry(&b->entry[i]);
    } else if (b->n == b->cap) {
        uint32_t cap = b->cap ? b->cap * 2 : 256;
        cap = cap < b->max ? cap : b->max;
        struct entry *e = fb_realloc(b->entry, (size_t)cap * sizeof *e);
        if (!e)
            return NULL;
        b->entry = e;
        b->cap = cap;
    }
    b->n += i == b->n;
    uint32_t *bucket = bucket_of(b, addr, who);
    b->entry[i] = (struct entry){.addr = *addr, .who = *who, .next = *bucket};
    *bucket = i + 1;
    return &b->entry[i];
}

static bool same(const struct fb_said *a, const struct fb_said *b)
{
    return a->source == b->source && a->name_bytes == b->name_bytes &&
           memcmp(a->bytes, b->bytes, a->name_bytes) == 0;
}

void fb_name_book_add(struct fb_name_book *b, const struct fb_addr *addr, const struct fb_addr *who,
                      struct fb_said *said, int64_t until_ns)
{
    struct entry *e = find(b, addr, who);
    if (!e)
        e = make(b, addr, who);
    if (!e)
        return;
    int at = 0;
    while (at < NAMES_OF_ENTRY - 1 && e->name[at].said && !same(e->name[at].said, said))
        at++;
    fb_said_drop(e->name[at].said);
    for (; at > 0; at--)
        e->name[at] = e->name[at - 1];
    said->refs++;
    e->name[0].said = said;
    e->name[0].until_ns = until_ns;
}

const struct fb_said *fb_name_book_find(const struct fb_name_book *b, const struct fb_addr *addr,
                                        const struct fb_addr *who, int64_t at_ns, int64_t grace_ns,
                                        int64_t *until_ns)
{
    const struct entry *e = find(b, addr, who);
    for (int i = 0; e && i < NAMES_OF_ENTRY && e->name[i].said; i++) {
        int64_t until = e->name[i].until_ns;
        if (e->name[i].said->ts_ns <= at_ns && (until >= at_ns || at_ns - until <= grace_ns)) {
            *until_ns = until;
            return e->name[i].said;
        }
    }
    return NULL;
}
