/* The rules by which nodes become devices: docs/devices.md, "One device". They are applied in the order of
 * that document, each to all nodes in the order in which those appeared. */
#include "intel/devices/device_table.h"

#include <stdlib.h>

bool fb_dev_mac_is_front(const struct fb_dev_node *mac)
{
    return mac->nremote >= FB_DEVICE_REMOTES || mac->front_addrs > FB_DEVICE_FRONT_ADDRS;
}

static uint32_t root(struct fb_devices *d, uint32_t i)
{
    while (d->node[i].parent != i) {
        d->node[i].parent = d->node[d->node[i].parent].parent;
        i = d->node[i].parent;
    }
    return i;
}

static void start(struct fb_devices *d)
{
    for (size_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *n = &d->node[i];
        n->macs = n->kind == FB_DEV_MAC;
        n->has_private = n->macs && (n->key.b[0] & FB_MAC_LOCAL);
        n->v4s = n->kind == FB_DEV_ADDR && fb_addr_is_v4(&n->key);
    }
}

static bool same_mac(const struct fb_dev_node *a, const struct fb_dev_node *b)
{
    return a->macs == 0 || b->macs == 0;
}

/* Unites without asking. The node that came first is the root. */
static void unite(struct fb_devices *d, uint32_t a, uint32_t b)
{
    a = root(d, a);
    b = root(d, b);
    if (a == b)
        return;
    uint32_t first = a < b ? a : b, other = a < b ? b : a;
    struct fb_dev_node *f = &d->node[first], *o = &d->node[other];
    o->parent = first;
    f->macs += o->macs;
    f->v4s += o->v4s;
    f->has_private = f->has_private || o->has_private;
}

static void mark(struct fb_dev_node *n, enum fb_device_why why, const struct fb_device_at *at)
{
    n->why = (uint8_t)why;
    n->why_at = *at;
}

/* Rule 1: ARP, neighbour discovery and leases. */
static void by_fact(struct fb_devices *d)
{
    for (uint32_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *n = &d->node[i];
        if (n->kind != FB_DEV_ADDR || n->mac == FB_DEV_NONE)
            continue;
        if (n->why == FB_DEVICE_WHY_ARP && d->node[n->mac].arp_addrs > FB_DEVICE_PROXY_ADDRS) {
            n->why = FB_DEVICE_WHY_ALONE;
            d->shed.vetoed++;
            continue;
        }
        unite(d, i, n->mac);
    }
}

/* Rule 2: frames, where no fact speaks. */
static void by_frame(struct fb_devices *d)
{
    for (uint32_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *n = &d->node[i];
        if (n->kind != FB_DEV_ADDR || n->mac != FB_DEV_NONE || n->frame_mac == FB_DEV_NONE)
            continue;
        if (n->frame_many || fb_dev_mac_is_front(&d->node[n->frame_mac])) {
            d->shed.vetoed++;
            continue;
        }
        n->why = FB_DEVICE_WHY_FRAME;
        unite(d, i, n->frame_mac);
    }
}

/* Rule 3: modified EUI-64 (RFC 4291, appendix A), when that MAC was seen. */
static void by_eui64(struct fb_devices *d)
{
    for (uint32_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *n = &d->node[i];
        const uint8_t *b = n->key.b;
        if (n->kind != FB_DEV_ADDR || fb_addr_is_v4(&n->key) || b[11] != 0xff || b[12] != 0xfe ||
            d->node[root(d, i)].macs > 0 || !fb_dev_is_local(d, i))
            continue;
        const uint8_t mac[6] = {b[8] ^ FB_MAC_LOCAL, b[9], b[10], b[13], b[14], b[15]};
        uint32_t m = fb_dev_mac(d, mac, false);
        if (m == FB_DEV_NONE)
            continue;
        mark(n, FB_DEVICE_WHY_EUI64, &n->first);
        unite(d, i, m);
    }
}

/* Rule 4: one DHCP client. A private MAC is never joined to another MAC. */
static void by_client(struct fb_devices *d)
{
    for (uint32_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *n = &d->node[i];
        if (n->client == FB_DEV_NONE)
            continue;
        const struct fb_dev_node *a = &d->node[root(d, i)], *b = &d->node[root(d, n->client)];
        if (a == b)
            continue;
        if (!same_mac(a, b) && (a->has_private || b->has_private)) {
            d->shed.vetoed++;
            continue;
        }
        if (n->kind == FB_DEV_MAC)
            n->why = FB_DEVICE_WHY_CLIENT;
        unite(d, i, n->client);
    }
}

static void join_names(struct fb_devices *d, const struct fb_dev_claim *c, uint32_t a, uint32_t b,
                       bool one_speaker)
{
    const struct fb_dev_node *x = &d->node[root(d, a)], *y = &d->node[root(d, b)];
    if (x == y)
        return;
    if (!same_mac(x, y) || (!one_speaker && x->v4s && y->v4s)) {
        d->shed.vetoed++;
        return;
    }
    mark(&d->node[a], FB_DEVICE_WHY_MDNS, &c->at);
    unite(d, a, b);
}

static bool is_self(const struct fb_dev_claim *c)
{
    return c->node == c->sender;
}

/* By name and sender; what a sender says of itself stands first. */
static int by_name(const void *pa, const void *pb)
{
    const struct fb_dev_claim *a = pa, *b = pb;
    if (a->name != b->name)
        return a->name < b->name ? -1 : 1;
    if (a->sender != b->sender)
        return a->sender < b->sender ? -1 : 1;
    if (is_self(a) != is_self(b))
        return is_self(a) ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

/* Rule 5 within the claims of one name: senders that call themselves by it, and the other addresses that such
 * a sender gives it. */
static void one_name(struct fb_devices *d, const struct fb_dev_claim *c, size_t n)
{
    const struct fb_dev_claim *first = NULL, *self = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!fb_dev_is_local(d, c[i].node))
            continue;
        if (is_self(&c[i])) {
            self = &c[i];
            if (first)
                join_names(d, self, self->node, first->node, false);
            else
                first = self;
        } else if (self && self->sender == c[i].sender) {
            join_names(d, &c[i], c[i].node, self->node, true);
        }
    }
}

static void by_mdns(struct fb_devices *d)
{
    if (d->nclaims)
        qsort(d->claim, d->nclaims, sizeof *d->claim, by_name);
    for (size_t i = 0, n; i < d->nclaims; i += n) {
        for (n = 1; i + n < d->nclaims && d->claim[i + n].name == d->claim[i].name; n++)
            ;
        one_name(d, &d->claim[i], n);
    }
}

/* A MAC in front of others is a router. */
static void name_routers(struct fb_devices *d)
{
    for (uint32_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *n = &d->node[i];
        if (n->kind != FB_DEV_MAC || !fb_dev_mac_is_front(n))
            continue;
        const char *why = n->nremote >= FB_DEVICE_REMOTES ? "its MAC stands in front of remote addresses"
                                                          : "its MAC stands in front of many local addresses";
        struct fb_device_at at = n->first;
        fb_dev_add_item(d, i, FB_DI_ROLE, FB_ROLE_ROUTER, fb_dev_text("router"), fb_dev_text(why), &at);
    }
}

void fb_dev_merge(struct fb_devices *d)
{
    start(d);
    by_fact(d);
    by_frame(d);
    by_eui64(d);
    by_client(d);
    by_mdns(d);
    name_routers(d);
    for (uint32_t i = 0; i < d->nnodes; i++)
        d->node[i].parent = root(d, i);
}
