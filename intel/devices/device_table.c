#include "intel/devices/device_table.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

#define ITEM_TEXT_MAX 256 /* bytes; longer texts are cut */

/* Of one node. */
static const uint8_t items_of_kind[FB_DI_KINDS] = {
    [FB_DI_NAME] = 32,       [FB_DI_PORT] = 64,       [FB_DI_ROLE] = 8,          [FB_DI_TTL] = 4,
    [FB_DI_DHCP_CLASS] = 4,  [FB_DI_DHCP_PARAMS] = 4, [FB_DI_USER_AGENT] = 16,   [FB_DI_HTTP_SERVER] = 8,
    [FB_DI_SSH_SERVER] = 4,  [FB_DI_SSH_CLIENT] = 8,  [FB_DI_SMTP_SERVER] = 4,   [FB_DI_FTP_SERVER] = 4,
    [FB_DI_SSDP_SERVER] = 4, [FB_DI_SSDP_TYPE] = 32,  [FB_DI_MDNS_SERVICE] = 32, [FB_DI_MODEL] = 4,
};

bool fb_dev_grow(void **array, size_t *cap, size_t need, size_t max, size_t size, bool *full)
{
    *full = need > max;
    if (need <= *cap || *full)
        return !*full;
    size_t n = *cap ? *cap * 2 : 256;
    n = n > max ? max : n;
    void *p = fb_realloc(*array, n * size);
    if (!p)
        return false;
    *array = p;
    *cap = n;
    return true;
}

/* Doubles a table of slots; hash_at gives the hash of what slot value v stands for. */
static bool grow_slots(struct fb_devices *d, uint32_t **slot, size_t *n, size_t used,
                       uint64_t (*hash_at)(const struct fb_devices *d, size_t i))
{
    size_t want = *n ? *n * 2 : 1024;
    uint32_t *fresh = fb_calloc(want, sizeof *fresh);
    if (!fresh)
        return false;
    for (size_t i = 0; i < used; i++) {
        size_t at = hash_at(d, i) & (want - 1);
        while (fresh[at])
            at = (at + 1) & (want - 1);
        fresh[at] = (uint32_t)i + 1;
    }
    free(*slot);
    *slot = fresh;
    *n = want;
    return true;
}

static uint64_t key_hash(uint8_t kind, const struct fb_addr *key)
{
    struct {
        uint64_t kind;
        struct fb_addr key;
    } k = {kind, *key};
    return fb_siphash13(fb_hash_process_key(), &k, sizeof k);
}

/* Later tenures are found through the first: they hash apart and are never looked up. */
static uint64_t node_hash(const struct fb_devices *d, size_t i)
{
    return key_hash(d->node[i].kind, &d->node[i].key);
}

static uint64_t item_hash(const struct fb_devices *d, size_t i)
{
    return d->item[i].hash;
}

static uint32_t new_node(struct fb_devices *d, enum fb_dev_node_kind kind, const struct fb_addr *key)
{
    bool full;
    if (!fb_dev_grow((void **)&d->node, &d->nodes_cap, d->nnodes + 1, d->nodes_max, sizeof *d->node, &full) ||
        (d->nnodes * 2 >= d->node_slots &&
         !grow_slots(d, &d->node_slot, &d->node_slots, d->nnodes, node_hash))) {
        d->shed.nodes += full;
        d->failed = d->failed || !full;
        return FB_DEV_NONE;
    }
    uint32_t i = (uint32_t)d->nnodes++;
    d->node[i] = (struct fb_dev_node){.key = *key,
                                      .kind = (uint8_t)kind,
                                      .parent = i,
                                      .mac = FB_DEV_NONE,
                                      .client = FB_DEV_NONE,
                                      .frame_mac = FB_DEV_NONE,
                                      .next = FB_DEV_NONE,
                                      .last = i,
                                      .ntenures = 1,
                                      .since_ns = INT64_MIN,
                                      .first = {.ts_ns = INT64_MAX},
                                      .last_ns = INT64_MIN};
    size_t at = key_hash((uint8_t)kind, key) & (d->node_slots - 1);
    while (d->node_slot[at])
        at = (at + 1) & (d->node_slots - 1);
    d->node_slot[at] = i + 1;
    return i;
}

uint32_t fb_dev_node(struct fb_devices *d, enum fb_dev_node_kind kind, const struct fb_addr *key, bool make)
{
    if (d->node_slots) {
        size_t at = key_hash((uint8_t)kind, key) & (d->node_slots - 1);
        for (; d->node_slot[at]; at = (at + 1) & (d->node_slots - 1)) {
            const struct fb_dev_node *n = &d->node[d->node_slot[at] - 1];
            if (n->kind == kind && n->since_ns == INT64_MIN && fb_addr_eq(&n->key, key))
                return d->node_slot[at] - 1;
        }
    }
    return make ? new_node(d, kind, key) : FB_DEV_NONE;
}

uint32_t fb_dev_mac(struct fb_devices *d, const uint8_t mac[static 6], bool make)
{
    static const uint8_t zero[6];
    struct fb_addr key = {{0}};
    if ((mac[0] & FB_MAC_GROUP) || memcmp(mac, zero, 6) == 0)
        return FB_DEV_NONE;
    memcpy(key.b, mac, 6);
    return fb_dev_node(d, FB_DEV_MAC, &key, make);
}

static bool is_host(const struct fb_addr *a)
{
    static const uint8_t all[4] = {255, 255, 255, 255}, zero[16];
    if (fb_addr_is_multicast(a))
        return false;
    return fb_addr_is_v4(a) ? a->b[12] != 0 && memcmp(a->b + 12, all, 4) != 0 : memcmp(a->b, zero, 16) != 0;
}

uint32_t fb_dev_addr(struct fb_devices *d, const struct fb_addr *a, int64_t ts_ns, bool make)
{
    uint32_t i = is_host(a) ? fb_dev_node(d, FB_DEV_ADDR, a, make) : FB_DEV_NONE;
    while (i != FB_DEV_NONE && d->node[i].next != FB_DEV_NONE && d->node[d->node[i].next].since_ns <= ts_ns)
        i = d->node[i].next;
    return i;
}

uint32_t fb_dev_tenure(struct fb_devices *d, uint32_t first, int64_t since_ns)
{
    if (d->node[first].ntenures == FB_DEVICE_TENURES_MAX) {
        d->shed.tenures++;
        return FB_DEV_NONE;
    }
    struct fb_addr key = d->node[first].key;
    uint32_t i = new_node(d, FB_DEV_ADDR, &key);
    if (i == FB_DEV_NONE)
        return i;
    d->node[i].since_ns = since_ns;
    d->node[d->node[first].last].next = i;
    d->node[first].last = i;
    d->node[first].ntenures++;
    return i;
}

void fb_dev_seen(struct fb_devices *d, uint32_t node, const struct fb_device_at *at, int64_t end_ns)
{
    struct fb_dev_node *n = &d->node[node];
    if (at->ts_ns < n->first.ts_ns)
        n->first = *at;
    n->last_ns = end_ns > n->last_ns ? end_ns : n->last_ns;
    n->last_ns = at->ts_ns > n->last_ns ? at->ts_ns : n->last_ns;
}

bool fb_dev_is_local(struct fb_devices *d, uint32_t node)
{
    struct fb_dev_node *n = &d->node[node];
    if (n->kind == FB_DEV_ADDR && n->since_ns != INT64_MIN) /* all tenures are where the first is */
        n = &d->node[fb_dev_node(d, FB_DEV_ADDR, &n->key, false)];
    if (!n->local)
        n->local = n->kind != FB_DEV_ADDR || fb_dev_nets_local(&d->nets, &n->key) ? 2 : 1;
    return n->local == 2;
}

/* ---- items ---- */

static bool same_bytes(const struct fb_devices *d, size_t off, uint32_t n, struct fb_span s)
{
    return n == s.n && (n == 0 || memcmp(d->text.data + off, s.p, n) == 0);
}

static struct fb_dev_item *find_item(struct fb_devices *d, const struct fb_dev_item *want,
                                     struct fb_span text, struct fb_span detail)
{
    if (!d->item_slots)
        return NULL;
    for (size_t at = want->hash & (d->item_slots - 1); d->item_slot[at];
         at = (at + 1) & (d->item_slots - 1)) {
        struct fb_dev_item *i = &d->item[d->item_slot[at] - 1];
        if (i->hash == want->hash && i->node == want->node && i->kind == want->kind &&
            i->code == want->code && same_bytes(d, i->text_off, i->text_n, text) &&
            (i->kind != FB_DI_NAME || same_bytes(d, i->detail_off, i->detail_n, detail)))
            return i;
    }
    return NULL;
}

static struct fb_dev_item *new_item(struct fb_devices *d, const struct fb_dev_item *want, struct fb_span text)
{
    uint8_t *of_node = &d->node[want->node].nitems[want->kind];
    bool full = *of_node >= items_of_kind[want->kind];
    if (full ||
        !fb_dev_grow((void **)&d->item, &d->items_cap, d->nitems + 1, d->items_max, sizeof *d->item, &full)) {
        d->shed.items += full;
        d->node[want->node].items_shed += full;
        d->failed = d->failed || !full;
        return NULL;
    }
    struct fb_dev_item *i = &d->item[d->nitems];
    *i = *want;
    i->text_off = d->text.len;
    i->text_n = (uint32_t)text.n;
    fb_buf_put(&d->text, text.p, text.n);
    if (d->text.failed || (d->nitems * 2 >= d->item_slots &&
                           !grow_slots(d, &d->item_slot, &d->item_slots, d->nitems, item_hash))) {
        d->failed = true;
        return NULL;
    }
    size_t at = i->hash & (d->item_slots - 1);
    while (d->item_slot[at])
        at = (at + 1) & (d->item_slots - 1);
    d->item_slot[at] = (uint32_t)++d->nitems;
    (*of_node)++;
    return i;
}

void fb_dev_add_item(struct fb_devices *d, uint32_t node, enum fb_device_item_kind kind, uint32_t code,
                     struct fb_span text, struct fb_span detail, const struct fb_device_at *at)
{
    if (node == FB_DEV_NONE || !text.n || d->failed)
        return;
    text.n = text.n < ITEM_TEXT_MAX ? text.n : ITEM_TEXT_MAX;
    detail.n = detail.n < ITEM_TEXT_MAX ? detail.n : ITEM_TEXT_MAX;
    uint64_t key[4] = {
        (uint64_t)node << 32 | code, kind, fb_siphash13(fb_hash_process_key(), text.p, text.n),
        kind == FB_DI_NAME && detail.n ? fb_siphash13(fb_hash_process_key(), detail.p, detail.n) : 0};
    struct fb_dev_item want = {.node = node,
                               .kind = (uint8_t)kind,
                               .code = code,
                               .hash = fb_siphash13(fb_hash_process_key(), key, sizeof key),
                               .first = *at,
                               .last_ns = at->ts_ns};
    struct fb_dev_item *i = find_item(d, &want, text, detail);
    if (!i && !(i = new_item(d, &want, text)))
        return;
    if (!i->detail_n && detail.n) {
        i->detail_off = d->text.len;
        i->detail_n = (uint32_t)detail.n;
        fb_buf_put(&d->text, detail.p, detail.n);
        d->failed = d->failed || d->text.failed;
    }
    i->count++;
    if (at->ts_ns < i->first.ts_ns)
        i->first = *at;
    i->last_ns = at->ts_ns > i->last_ns ? at->ts_ns : i->last_ns;
}
