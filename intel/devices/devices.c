#include "intel/devices/devices.h"

#include "base/digest.h"
#include "base/hash.h"
#include "base/memory.h"
#include "intel/devices/device_table.h"

#include <stdlib.h>

#define NODES_DEFAULT 262144u
#define ITEMS_DEFAULT 1048576u
#define CLAIMS_MAX    65536u
#define CLAIM_SLOTS   131072u
#define TEXT_MAX      ((size_t)256 << 20)

enum { PROTO_TCP = 6 };

enum fb_status fb_devices_new(const struct fb_devices_opts *o, struct fb_devices **out, struct fb_err *err)
{
    struct fb_devices *d = *out = fb_calloc(1, sizeof *d);
    if (!d)
        return fb_err_nomem(err, "the devices");
    d->nodes_max = o->nodes_max ? o->nodes_max : NODES_DEFAULT;
    d->items_max = o->items_max ? o->items_max : ITEMS_DEFAULT;
    fb_buf_init(&d->text, TEXT_MAX);
    fb_dev_nets_init(&d->nets, o->local, o->nlocal);
    return FB_OK;
}

void fb_devices_free(struct fb_devices *d)
{
    if (!d)
        return;
    free(d->node);
    free(d->node_slot);
    free(d->item);
    free(d->item_slot);
    free(d->claim);
    free(d->claim_slot);
    fb_buf_release(&d->text);
    free(d->device);
    free(d->addrs);
    free(d->macs);
    free(d->items);
    free(d);
}

/* ---- facts ---- */

static uint32_t client_node(struct fb_devices *d, struct fb_span id)
{
    struct fb_digest_state s;
    struct fb_digest digest;
    struct fb_addr key;
    if (!id.n)
        return FB_DEV_NONE;
    fb_digest_init(&s, "fb device client");
    fb_digest_update(&s, id.p, id.n);
    fb_digest_final(&s, &digest);
    memcpy(key.b, digest.b, sizeof key.b);
    return fb_dev_node(d, FB_DEV_CLIENT, &key, true);
}

/* The tenure that holds from now on; a new one when the address went over to another MAC, or, where no MAC is
 * known, to another DHCP client. */
static uint32_t tenure_for(struct fb_devices *d, const struct fb_device_fact *f, uint32_t mac,
                           uint32_t client)
{
    uint32_t i = fb_dev_addr(d, &f->addr, INT64_MAX, true);
    if (i == FB_DEV_NONE)
        return i;
    const struct fb_dev_node *n = &d->node[i];
    bool other_mac = mac != FB_DEV_NONE && n->mac != FB_DEV_NONE && n->mac != mac;
    bool other_client = mac == FB_DEV_NONE && n->mac == FB_DEV_NONE && client != FB_DEV_NONE &&
                        n->client != FB_DEV_NONE && n->client != client;
    if (other_mac || other_client)
        i = fb_dev_tenure(d, fb_dev_node(d, FB_DEV_ADDR, &f->addr, false), f->at.ts_ns);
    return i;
}

static void bind(struct fb_devices *d, const struct fb_device_fact *f, enum fb_device_why why)
{
    uint32_t mac = f->has_mac ? fb_dev_mac(d, f->mac, true) : FB_DEV_NONE;
    uint32_t client = why == FB_DEVICE_WHY_LEASE ? client_node(d, f->text) : FB_DEV_NONE;
    uint32_t i = mac != FB_DEV_NONE || client != FB_DEV_NONE ? tenure_for(d, f, mac, client) : FB_DEV_NONE;
    if (i == FB_DEV_NONE)
        return;
    struct fb_dev_node *n = &d->node[i];
    if (n->mac == FB_DEV_NONE && mac != FB_DEV_NONE) {
        n->mac = mac;
        n->why = (uint8_t)why;
        n->why_at = f->at;
        d->node[mac].arp_addrs += why == FB_DEVICE_WHY_ARP && fb_addr_is_v4(&f->addr);
    }
    if (n->client == FB_DEV_NONE && client != FB_DEV_NONE) {
        n->client = client;
        n->why = n->mac == FB_DEV_NONE ? (uint8_t)why : n->why;
        n->why_at = n->mac == FB_DEV_NONE ? f->at : n->why_at;
    }
    if (!n->arp_seen && why != FB_DEVICE_WHY_LEASE && why != FB_DEVICE_WHY_IFACE) {
        n->arp_seen = 1;
        fb_dev_nets_on_link(&d->nets, &f->addr);
    }
    fb_dev_seen(d, i, &f->at, f->at.ts_ns);
    if (mac != FB_DEV_NONE)
        fb_dev_seen(d, mac, &f->at, f->at.ts_ns);
}

static void client_has_mac(struct fb_devices *d, const struct fb_device_fact *f)
{
    uint32_t mac = f->has_mac ? fb_dev_mac(d, f->mac, true) : FB_DEV_NONE;
    uint32_t client = mac != FB_DEV_NONE ? client_node(d, f->text) : FB_DEV_NONE;
    if (client == FB_DEV_NONE)
        return;
    if (d->node[mac].client == FB_DEV_NONE) {
        d->node[mac].client = client;
        d->node[mac].why_at = f->at;
    }
    fb_dev_seen(d, mac, &f->at, f->at.ts_ns);
}

static uint64_t name_key(struct fb_span name)
{
    uint8_t low[512];
    struct fb_digest_state s;
    struct fb_digest digest;
    size_t n = name.n < sizeof low ? name.n : sizeof low;
    for (size_t i = 0; i < n; i++)
        low[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (uint8_t)(name.p[i] | 0x20) : name.p[i];
    fb_digest_init(&s, "fb device name");
    fb_digest_update(&s, low, n);
    fb_digest_final(&s, &digest);
    return fb_load_be64(digest.b);
}

/* Each claim once. */
static void claim(struct fb_devices *d, const struct fb_dev_claim *c)
{
    bool full;
    uint64_t key[2] = {c->name, (uint64_t)c->node << 32 | c->sender};
    if (!d->claim_slot && !(d->claim_slot = fb_calloc(CLAIM_SLOTS, sizeof *d->claim_slot))) {
        d->failed = true;
        return;
    }
    size_t at = fb_siphash13(fb_hash_process_key(), key, sizeof key) & (CLAIM_SLOTS - 1);
    for (; d->claim_slot[at]; at = (at + 1) & (CLAIM_SLOTS - 1)) {
        const struct fb_dev_claim *o = &d->claim[d->claim_slot[at] - 1];
        if (o->name == c->name && o->node == c->node && o->sender == c->sender)
            return;
    }
    if (!fb_dev_grow((void **)&d->claim, &d->claims_cap, d->nclaims + 1, CLAIMS_MAX, sizeof *d->claim,
                     &full)) {
        d->shed.items += full;
        d->failed = d->failed || !full;
        return;
    }
    d->claim[d->nclaims++] = *c;
    d->claim_slot[at] = (uint32_t)d->nclaims;
}

static void self_name(struct fb_devices *d, const struct fb_device_fact *f)
{
    uint32_t node = fb_dev_addr(d, &f->addr, f->at.ts_ns, true);
    uint32_t sender = fb_dev_addr(d, &f->sender, f->at.ts_ns, true);
    if (node == FB_DEV_NONE || sender == FB_DEV_NONE || !f->text.n)
        return;
    fb_dev_seen(d, node, &f->at, f->at.ts_ns);
    fb_dev_add_item(d, node, FB_DI_NAME, 0, f->text, fb_dev_text("mdns"), &f->at);
    struct fb_dev_claim c = {.name = name_key(f->text), .node = node, .sender = sender, .at = f->at};
    claim(d, &c);
}

static void said(struct fb_devices *d, const struct fb_device_fact *f, enum fb_device_item_kind kind,
                 uint32_t code, struct fb_span text, struct fb_span detail)
{
    uint32_t node = f->has_addr  ? fb_dev_addr(d, &f->addr, f->at.ts_ns, true)
                    : f->has_mac ? fb_dev_mac(d, f->mac, true)
                                 : FB_DEV_NONE;
    if (node == FB_DEV_NONE)
        return;
    fb_dev_seen(d, node, &f->at, f->at.ts_ns);
    fb_dev_add_item(d, node, kind, code, text, detail, &f->at);
}

static void role(struct fb_devices *d, const struct fb_device_fact *f, enum fb_device_role r,
                 const char *word, const char *why)
{
    said(d, f, FB_DI_ROLE, r, fb_dev_text(word), f->text.n ? f->text : fb_dev_text(why));
}

/* An interface of the host that captured: its address, its MAC, and that they are one. */
static void self(struct fb_devices *d, const struct fb_device_fact *f)
{
    if (f->has_addr && f->has_mac)
        bind(d, f, FB_DEVICE_WHY_IFACE);
    if (f->detail.n)
        fb_dev_nets_prefix(&d->nets, f->detail, FB_DEV_NET_IFACE);
    role(d, f, FB_ROLE_SELF, "self", "captured");
}

void fb_devices_fact(struct fb_devices *d, const struct fb_device_fact *f)
{
    switch (f->kind) {
    case FB_DEVICE_ARP:
        bind(d, f, FB_DEVICE_WHY_ARP);
        break;
    case FB_DEVICE_NDP:
        bind(d, f, FB_DEVICE_WHY_NDP);
        break;
    case FB_DEVICE_LEASE:
        bind(d, f, FB_DEVICE_WHY_LEASE);
        break;
    case FB_DEVICE_CLIENT:
        client_has_mac(d, f);
        break;
    case FB_DEVICE_SELF_NAME:
        self_name(d, f);
        break;
    case FB_DEVICE_PREFIX:
        fb_dev_nets_prefix(&d->nets, f->text, FB_DEV_NET_RA);
        break;
    case FB_DEVICE_SUBNET:
        fb_dev_nets_prefix(&d->nets, f->text, FB_DEV_NET_DHCP);
        break;
    case FB_DEVICE_SELF:
        self(d, f);
        break;
    case FB_DEVICE_ROUTES:
        role(d, f, FB_ROLE_ROUTER, "router", "announced itself");
        break;
    case FB_DEVICE_RESOLVES:
        role(d, f, FB_ROLE_RESOLVER, "resolver", "answered a DNS query and offers recursion");
        break;
    case FB_DEVICE_GIVES_LEASE:
        role(d, f, FB_ROLE_DHCP, "dhcp", "gave a lease or offered one");
        break;
    case FB_DEVICE_SAID:
        said(d, f, f->item, 0, f->text, f->detail);
        break;
    }
}

/* ---- sessions ---- */

/* A MAC in a frame with a remote address is that of a router; with a local one mostly that of its owner. */
static void frame(struct fb_devices *d, uint32_t addr, const uint8_t mac[static 6],
                  const struct fb_device_at *at)
{
    uint32_t m = fb_dev_mac(d, mac, true);
    if (m == FB_DEV_NONE)
        return;
    struct fb_dev_node *a = &d->node[addr], *n = &d->node[m];
    fb_dev_seen(d, m, at, at->ts_ns);
    if (!fb_dev_is_local(d, addr)) {
        for (uint32_t i = 0; i < n->nremote; i++)
            if (fb_addr_eq(&n->remote[i], &a->key))
                return;
        if (n->nremote < FB_DEVICE_REMOTES)
            n->remote[n->nremote++] = a->key;
    } else if (a->frame_mac == FB_DEV_NONE) {
        a->frame_mac = m;
        n->front_addrs += fb_addr_is_v4(&a->key);
        if (a->why == FB_DEVICE_WHY_ALONE)
            a->why_at = *at;
    } else if (a->frame_mac != m) {
        a->frame_many = 1;
    }
}

static void ttl(struct fb_devices *d, uint32_t node, uint8_t seen, const struct fb_device_at *at)
{
    const char *initial = seen > 128 ? "255" : seen > 64 ? "128" : seen > 32 ? "64" : "32";
    if (seen)
        fb_dev_add_item(d, node, FB_DI_TTL, 0, fb_dev_text(initial), (struct fb_span){NULL, 0}, at);
}

static void open_port(struct fb_devices *d, uint32_t node, const struct fb_device_session *s)
{
    struct fb_buf b;
    uint8_t room[32];
    const char *proto = fb_ip_proto_name(s->ip_proto);
    if (!proto[0])
        return;
    b = (struct fb_buf){.data = room, .cap = sizeof room, .max = sizeof room};
    fb_buf_printf(&b, "%s/%u", proto, s->resp_p);
    fb_dev_add_item(d, node, FB_DI_PORT, (uint32_t)s->ip_proto << 16 | s->resp_p,
                    (struct fb_span){b.data, b.len}, fb_dev_text(s->service ? s->service : ""), &s->at);
}

void fb_devices_session(struct fb_devices *d, const struct fb_device_session *s)
{
    uint32_t o = FB_DEV_NONE, r = FB_DEV_NONE;
    bool plain =
        s->ip_proto == PROTO_TCP; /* programs choose the TTL of other packets: DHCP, mDNS, traceroute */
    if (s->orig_bytes)
        o = fb_dev_addr(d, &s->orig_h, s->at.ts_ns, true);
    if (s->answered)
        r = fb_dev_addr(d, &s->resp_h, s->at.ts_ns, true);
    else
        d->shed.silent++;
    if (o != FB_DEV_NONE) {
        struct fb_dev_node *n = &d->node[o];
        fb_dev_seen(d, o, &s->at, s->end_ns);
        n->opened++;
        n->sent_bytes += s->orig_bytes;
        n->received_bytes += s->resp_bytes;
        if (s->has_macs)
            frame(d, o, s->orig_mac, &s->at);
        ttl(d, o, plain ? s->orig_ttl : 0, &s->at);
    }
    if (r != FB_DEV_NONE) {
        struct fb_dev_node *n = &d->node[r];
        fb_dev_seen(d, r, &s->at, s->end_ns);
        n->answered++;
        n->sent_bytes += s->resp_bytes;
        n->received_bytes += s->orig_bytes;
        if (s->has_macs)
            frame(d, r, s->resp_mac, &s->at);
        ttl(d, r, plain ? s->resp_ttl : 0, &s->at);
        if (s->open)
            open_port(d, r, s);
    }
}

/* ---- the end ---- */

enum fb_status fb_devices_finish(struct fb_devices *d, const struct fb_intel *k,
                                 const struct fb_device_rules *rules, struct fb_err *err)
{
    if (d->failed)
        return fb_err_nomem(err, "the devices");
    fb_dev_merge(d);
    enum fb_status st = d->failed ? FB_ERR_NOMEM : fb_dev_view(d, k, rules, err);
    return st == FB_ERR_NOMEM ? fb_err_nomem(err, "the devices") : st;
}

size_t fb_devices_count(const struct fb_devices *d)
{
    return d->ndevices;
}

const struct fb_device *fb_devices_at(const struct fb_devices *d, size_t i)
{
    return i < d->ndevices ? &d->device[i] : NULL;
}

bool fb_devices_net(const struct fb_devices *d, size_t i, struct fb_device_net *out)
{
    for (size_t k = 0; k < d->nets.n; k++) {
        const struct fb_dev_net *n = &d->nets.net[k];
        if (n->addrs == 0 || i-- > 0)
            continue;
        *out = (struct fb_device_net){n->range, n->why, n->addrs};
        return true;
    }
    return false;
}

struct fb_devices_shed fb_devices_shed(const struct fb_devices *d)
{
    struct fb_devices_shed s = d->shed;
    s.nets = d->nets.shed;
    return s;
}
