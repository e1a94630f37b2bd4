#include "ingest/defrag.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/timefmt.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS      8192U /* a power of two */
#define LIFETIME_NS  (300U * (uint64_t)FB_NS_PER_S)
#define DATAGRAM_MAX 65535U

struct block {
    uint32_t start, end; /* offsets in the datagram's data */
    uint8_t *data;
};

struct key {
    struct fb_addr src, dst;
    uint32_t id;
};

/* Invariants: blocks are sorted, disjoint and not empty; held is the sum of their lengths. */
struct datagram {
    struct datagram *older, *newer; /* by first fragment */
    struct datagram *chain;         /* in the same bucket */
    struct key key;
    int64_t born_ns;
    uint8_t *hdr;
    uint32_t hdr_len, next_off;
    uint8_t next;
    uint32_t size; /* of the data; 0 until the last fragment came */
    uint32_t held;
    struct block *blocks;
    uint32_t nblocks, cap_blocks;
    uint64_t *ordinals; /* rising, but for records inside fragments; sorted at the end */
    uint32_t nordinals, cap_ordinals;
    uint64_t bytes; /* of memory */
};

struct whole {
    struct whole *next;
    uint64_t *ordinals;
    uint8_t data[];
};

struct fb_defrag {
    struct datagram *buckets[BUCKETS];
    struct datagram *oldest, *newest;
    uint32_t count, count_max;
    uint64_t bytes, bytes_max;
    struct whole *handed_out;
};

struct fb_defrag *fb_defrag_new(uint64_t bytes_max, uint32_t datagrams_max)
{
    struct fb_defrag *t = fb_calloc(1, sizeof *t);
    if (t != NULL) {
        t->bytes_max = bytes_max;
        t->count_max = datagrams_max;
    }
    return t;
}

static void charge(struct fb_defrag *t, struct datagram *g, uint64_t n)
{
    g->bytes += n;
    t->bytes += n;
}

static struct datagram **bucket_of(struct fb_defrag *t, const struct key *k)
{
    uint8_t b[36];
    memcpy(b, k->src.b, 16);
    memcpy(b + 16, k->dst.b, 16);
    fb_store_be32(b + 32, k->id);
    return &t->buckets[fb_siphash13(fb_hash_process_key(), b, sizeof b) & (BUCKETS - 1)];
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->id == b->id && fb_addr_eq(&a->src, &b->src) && fb_addr_eq(&a->dst, &b->dst);
}

static void drop(struct fb_defrag *t, struct datagram *g)
{
    struct datagram **at = bucket_of(t, &g->key);
    while (*at != g)
        at = &(*at)->chain;
    *at = g->chain;
    *(g->older ? &g->older->newer : &t->oldest) = g->newer;
    *(g->newer ? &g->newer->older : &t->newest) = g->older;
    t->count--;
    t->bytes -= g->bytes;
    for (uint32_t i = 0; i < g->nblocks; i++)
        free(g->blocks[i].data);
    free(g->blocks);
    free(g->ordinals);
    free(g->hdr);
    free(g);
}

void fb_defrag_recycle(struct fb_defrag *t)
{
    while (t->handed_out != NULL) {
        struct whole *w = t->handed_out;
        t->handed_out = w->next;
        free(w->ordinals);
        free(w);
    }
}

void fb_defrag_free(struct fb_defrag *t)
{
    if (t == NULL)
        return;
    fb_defrag_recycle(t);
    while (t->oldest != NULL)
        drop(t, t->oldest);
    free(t);
}

/* The packet clock never goes back, so the list is in order of age. */
static void expire(struct fb_defrag *t, int64_t now_ns, struct fb_decode_stats *stats)
{
    while (t->oldest != NULL && (uint64_t)now_ns - (uint64_t)t->oldest->born_ns >= LIFETIME_NS) {
        drop(t, t->oldest);
        stats->frag_expired++;
    }
}

static struct datagram *find(struct fb_defrag *t, const struct key *k)
{
    struct datagram *g = *bucket_of(t, k);
    while (g != NULL && !same_key(&g->key, k))
        g = g->chain;
    return g;
}

static struct datagram *start(struct fb_defrag *t, const struct key *k, const struct fb_fragment *fr,
                              int64_t now_ns)
{
    struct datagram *g = fb_calloc(1, sizeof *g);
    uint8_t *hdr = fb_malloc(fr->hdr_len);
    if (g == NULL || hdr == NULL) {
        free(g);
        free(hdr);
        return NULL;
    }
    memcpy(hdr, fr->hdr, fr->hdr_len);
    g->hdr = hdr;
    g->hdr_len = fr->hdr_len;
    g->next_off = fr->next_off;
    g->next = fr->next;
    g->key = *k;
    g->born_ns = now_ns;
    struct datagram **at = bucket_of(t, k);
    g->chain = *at;
    *at = g;
    g->older = t->newest;
    *(t->newest ? &t->newest->newer : &t->oldest) = g;
    t->newest = g;
    t->count++;
    charge(t, g, sizeof *g + fr->hdr_len);
    return g;
}

static bool add_ordinal(struct fb_defrag *t, struct datagram *g, uint64_t ordinal)
{
    if (g->nordinals > 0 && g->ordinals[g->nordinals - 1] == ordinal)
        return true;
    if (g->nordinals == g->cap_ordinals) {
        uint32_t cap = g->cap_ordinals ? g->cap_ordinals * 2 : 4;
        uint64_t *p = fb_realloc(g->ordinals, cap * sizeof *p);
        if (p == NULL)
            return false;
        charge(t, g, (cap - g->cap_ordinals) * sizeof *p);
        g->ordinals = p;
        g->cap_ordinals = cap;
    }
    g->ordinals[g->nordinals++] = ordinal;
    return true;
}

/* Puts data[from..to) of the fragment in front of block `i`. */
static bool insert_block(struct fb_defrag *t, struct datagram *g, uint32_t i, const struct fb_fragment *fr,
                         uint32_t from, uint32_t to)
{
    if (g->nblocks == g->cap_blocks) {
        uint32_t cap = g->cap_blocks ? g->cap_blocks * 2 : 4;
        struct block *p = fb_realloc(g->blocks, cap * sizeof *p);
        if (p == NULL)
            return false;
        charge(t, g, (cap - g->cap_blocks) * sizeof *p);
        g->blocks = p;
        g->cap_blocks = cap;
    }
    uint8_t *copy = fb_malloc(to - from);
    if (copy == NULL)
        return false;
    memcpy(copy, fr->data + (from - fr->off), to - from);
    memmove(g->blocks + i + 1, g->blocks + i, (g->nblocks - i) * sizeof *g->blocks);
    g->blocks[i] = (struct block){.start = from, .end = to, .data = copy};
    g->nblocks++;
    g->held += to - from;
    /* An allocation costs more than its bytes. */
    charge(t, g, to - from + 32);
    return true;
}

/* Fills the holes that the fragment covers; what is there stays (first data wins). */
static bool fill_holes(struct fb_defrag *t, struct datagram *g, const struct fb_fragment *fr)
{
    uint32_t pos = fr->off, end = fr->off + fr->len;
    uint32_t lo = 0, hi = g->nblocks;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (g->blocks[mid].end > pos)
            hi = mid;
        else
            lo = mid + 1;
    }
    for (uint32_t i = lo; pos < end; i++) {
        uint32_t stop = i < g->nblocks && g->blocks[i].start < end ? g->blocks[i].start : end;
        if (stop > pos) {
            if (!insert_block(t, g, i, fr, pos, stop))
                return false;
            pos = stop;
        } else {
            pos = g->blocks[i].end;
        }
    }
    return true;
}

/* Blocks that follow each other from offset 0 on and make the datagram complete; 0 when it is not. Data
 * beyond a hole that lies behind the known end is left out; data that goes on without a hole enlarges the
 * datagram. */
static uint32_t complete_blocks(struct datagram *g)
{
    if (g->size == 0 || g->held < g->size || g->nblocks == 0 || g->blocks[0].start != 0)
        return 0;
    uint32_t n = 1;
    while (n < g->nblocks && g->blocks[n].start == g->blocks[n - 1].end)
        n++;
    if (g->blocks[n - 1].end < g->size)
        return 0;
    g->size = g->blocks[n - 1].end;
    return n;
}

static int compare_ordinals(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Ascending, each once, without the record at hand. */
static uint32_t tidy_ordinals(uint64_t *v, uint32_t n, uint64_t current)
{
    if (n > 1)
        qsort(v, n, sizeof *v, compare_ordinals);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (v[i] != current && (kept == 0 || v[kept - 1] != v[i]))
            v[kept++] = v[i];
    return kept;
}

/* The header of the first fragment received, its length made that of the whole. */
static void finish_header(uint8_t *p, const struct datagram *g)
{
    uint32_t total = g->hdr_len + g->size;
    if (p[0] >> 4 == 4) {
        fb_store_be16(p + 2, (uint16_t)total);
        fb_store_be16(p + 6, 0);
    } else {
        fb_store_be16(p + 4, (uint16_t)(total - 40));
        p[g->next_off] = g->next;
    }
}

static bool hand_out(struct fb_defrag *t, struct datagram *g, uint32_t nblocks, uint64_t current,
                     struct fb_datagram *out)
{
    uint32_t total = g->hdr_len + g->size;
    if (total - (g->hdr[0] >> 4 == 6 ? 40U : 0U) > DATAGRAM_MAX)
        return false;
    struct whole *w = fb_malloc(sizeof *w + total);
    if (w == NULL)
        return false;
    memcpy(w->data, g->hdr, g->hdr_len);
    for (uint32_t i = 0; i < nblocks; i++)
        memcpy(w->data + g->hdr_len + g->blocks[i].start, g->blocks[i].data,
               g->blocks[i].end - g->blocks[i].start);
    finish_header(w->data, g);
    w->ordinals = g->ordinals;
    w->next = t->handed_out;
    t->handed_out = w;
    out->p = w->data;
    out->n = total;
    out->ordinals = w->ordinals;
    out->nordinals = tidy_ordinals(w->ordinals, g->nordinals, current);
    g->ordinals = NULL;
    return true;
}

static bool add_to(struct fb_defrag *t, struct datagram *g, const struct fb_fragment *fr)
{
    uint32_t end = fr->off + fr->len;
    /* The number that the first fragment holds is the one that counts (RFC 8200, 4.5). */
    if (fr->off == 0)
        g->next = fr->next;
    if ((!fr->more || g->size != 0) && end > g->size)
        g->size = end;
    for (uint32_t i = 0; i < fr->nordinals; i++)
        if (!add_ordinal(t, g, fr->ordinals[i]))
            return false;
    return add_ordinal(t, g, fr->ordinal) && fill_holes(t, g, fr);
}

bool fb_defrag_add(struct fb_defrag *t, const struct fb_fragment *fr, int64_t now_ns,
                   struct fb_decode_stats *stats, struct fb_datagram *out)
{
    struct key k = {.src = fr->src, .dst = fr->dst, .id = fr->id};
    expire(t, now_ns, stats);
    struct datagram *g = find(t, &k);
    if (g == NULL)
        g = start(t, &k, fr, now_ns);
    if (g == NULL || !add_to(t, g, fr)) {
        /* Out of memory: the datagram is given up like one dropped at the ceiling. */
        stats->frag_shed++;
        if (g != NULL)
            drop(t, g);
        return false;
    }
    uint32_t n = complete_blocks(g);
    if (n > 0) {
        bool ok = hand_out(t, g, n, fr->ordinal, out);
        stats->frag_reassembled += ok;
        stats->malformed_pkts += !ok;
        drop(t, g);
        return ok;
    }
    while (t->count > t->count_max || t->bytes > t->bytes_max) {
        drop(t, t->oldest);
        stats->frag_shed++;
    }
    return false;
}
