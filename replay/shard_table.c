/* The shard's table: open addressing with linear probing over 8-byte slots. */
#include "base/cursor.h"
#include "base/err.h"
#include "replay/shard.h"

#define SLOTS_MIN 1024u

static uint64_t end_hash(const struct fb_addr *a, uint16_t port)
{
    uint64_t hi, lo;
    memcpy(&hi, a->b, 8);
    memcpy(&lo, a->b + 8, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    hi = __builtin_bswap64(hi);
    lo = __builtin_bswap64(lo);
#endif
    return fb_mix64(lo ^ (hi << 32 | hi >> 32) ^ (uint64_t)port * 0x9e3779b97f4a7c15ULL);
}

uint64_t fb_shard_ends_hash(const struct fb_packet *p)
{
    return fb_mix64(end_hash(&p->src, 0) + end_hash(&p->dst, 0) + p->ip_proto);
}

uint64_t fb_shard_hash(const struct fb_packet *p)
{
    /* The sum is symmetric. ICMP goes by addresses alone, so that both ways of a pair meet in one shard. */
    bool ports = p->proto == FB_PROTO_TCP || p->proto == FB_PROTO_UDP;
    return fb_mix64(end_hash(&p->src, ports ? p->src_p : 0) + end_hash(&p->dst, ports ? p->dst_p : 0) +
                    p->ip_proto);
}

uint32_t fb_shard_tag(const struct fb_packet *p, bool one_way, uint16_t dst_p)
{
    uint8_t k[40];
    int c = one_way ? -1 : fb_addr_cmp(&p->src, &p->dst);
    bool swap = c > 0 || (c == 0 && p->src_p > dst_p);
    memcpy(k, (swap ? &p->dst : &p->src)->b, 16);
    memcpy(k + 16, (swap ? &p->src : &p->dst)->b, 16);
    fb_store_be16(k + 32, swap ? dst_p : p->src_p);
    fb_store_be16(k + 34, swap ? p->src_p : dst_p);
    k[36] = p->proto;
    k[37] = p->ip_proto;
    k[38] = one_way;
    k[39] = 0;
    uint64_t h = fb_siphash13(fb_hash_process_key(), k, sizeof k);
    return (uint32_t)(h ^ h >> 32);
}

struct fb_flow *fb_shard_lookup(const struct fb_shard *s, const struct fb_packet *p, bool one_way,
                                uint16_t dst_p, uint32_t tag, int *dir)
{
    uint32_t mask = s->nslots - 1;
    for (uint32_t i = tag & mask; s->slots[i].flow; i = (i + 1) & mask) {
        if (s->slots[i].tag != tag)
            continue;
        struct fb_flow *f = fb_shard_flow(s, s->slots[i].flow);
        if (f->proto != p->proto || f->ip_proto != p->ip_proto ||
            ((f->flags & FB_FLOW_ONE_WAY) != 0) != one_way)
            continue;
        if (f->port[0] == p->src_p && f->port[1] == dst_p && fb_addr_eq(&f->addr[0], &p->src) &&
            fb_addr_eq(&f->addr[1], &p->dst)) {
            *dir = FB_ORIG;
            return f;
        }
        if (!one_way && f->port[1] == p->src_p && f->port[0] == dst_p && fb_addr_eq(&f->addr[1], &p->src) &&
            fb_addr_eq(&f->addr[0], &p->dst)) {
            *dir = FB_RESP;
            return f;
        }
    }
    return NULL;
}

static void place(struct fb_shard_slot *slots, uint32_t mask, uint32_t tag, uint32_t flow)
{
    uint32_t i = tag & mask;
    while (slots[i].flow)
        i = (i + 1) & mask;
    slots[i] = (struct fb_shard_slot){tag, flow};
}

static bool grow(struct fb_shard *s)
{
    uint32_t n = s->nslots ? s->nslots * 2 : SLOTS_MIN;
    if (n < s->nslots)
        return false;
    struct fb_shard_slot *slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < s->nslots; i++)
        if (s->slots[i].flow)
            place(slots, n - 1, s->slots[i].tag, s->slots[i].flow);
    free(s->slots);
    s->slots = slots;
    s->nslots = n;
    return true;
}

bool fb_shard_insert(struct fb_shard *s, struct fb_flow *f, uint32_t tag)
{
    if ((uint64_t)s->used_slots * 4 >= (uint64_t)s->nslots * 3 && !grow(s))
        return false;
    f->tag = tag;
    place(s->slots, s->nslots - 1, tag, f->self);
    s->used_slots++;
    return true;
}

/* Backward shift deletion keeps probe chains whole without tombstones (Knuth, TAOCP 3, 6.4, algorithm R). */
static void table_remove(struct fb_shard *s, const struct fb_flow *f)
{
    uint32_t mask = s->nslots - 1, i = f->tag & mask;
    while (s->slots[i].flow != f->self) {
        FB_BUG(!s->slots[i].flow);
        i = (i + 1) & mask;
    }
    for (uint32_t j = (i + 1) & mask; s->slots[j].flow; j = (j + 1) & mask) {
        uint32_t home = s->slots[j].tag & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) {
            s->slots[i] = s->slots[j];
            i = j;
        }
    }
    s->slots[i] = (struct fb_shard_slot){0};
    s->used_slots--;
}

void fb_shard_end(struct fb_shard *s, struct fb_flow *f, enum fb_end_reason why, uint64_t ordinal,
                  uint16_t part, int64_t now_ns)
{
    if (f->observed) {
        fb_sight_at(&s->sight, ordinal, part, now_ns);
        fb_sight_close(&s->sight, f);
    }
    table_remove(s, f);
    fb_wheel_remove(&s->wheel, &s->flows, f);
    f->flags |= FB_FLOW_ENDED;
    f->end_reason = (uint8_t)why;
    fb_shard_emit(s, FB_EV_CLOSE, ordinal, part, f->self, 0);
}

bool fb_shard_init(struct fb_shard *s, uint8_t id, const struct fb_shard_opts *opts)
{
    *s = (struct fb_shard){.id = id, .opts = *opts};
    fb_sight_init(&s->sight, opts->observer);
    fb_pool_init(&s->flows, sizeof(struct fb_flow));
    fb_pool_init(&s->tcps, sizeof(struct fb_tcp));
    fb_pool_init(&s->nodes, sizeof(struct fb_pklist_node));
    return grow(s);
}

void fb_shard_release(struct fb_shard *s)
{
    for (uint32_t i = 0; i < s->nslots; i++)
        if (s->slots && s->slots[i].flow)
            fb_shard_free_flow(s, s->slots[i].flow);
    for (uint32_t i = 0; i < s->nevents; i++)
        if (s->events[i].kind == FB_EV_CLOSE)
            fb_shard_free_flow(s, s->events[i].flow);
    fb_sight_release(&s->sight);
    fb_pool_release(&s->flows);
    fb_pool_release(&s->tcps);
    fb_pool_release(&s->nodes);
    free(s->slots);
    free(s->events);
    free(s->expects);
    free(s->full_pieces);
    *s = (struct fb_shard){0};
}
