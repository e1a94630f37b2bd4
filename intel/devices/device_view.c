/* From united nodes to devices as they are shown. */
#include "base/memory.h"
#include "intel/devices/device_table.h"

#include <stdlib.h>

const char *fb_device_item_word(enum fb_device_item_kind kind)
{
    static const char *const words[FB_DI_KINDS] = {
        [FB_DI_NAME] = "name",
        [FB_DI_PORT] = "port",
        [FB_DI_ROLE] = "role",
        [FB_DI_TTL] = "ttl",
        [FB_DI_DHCP_CLASS] = "dhcp_class",
        [FB_DI_DHCP_PARAMS] = "dhcp_params",
        [FB_DI_USER_AGENT] = "user_agent",
        [FB_DI_HTTP_SERVER] = "http_server",
        [FB_DI_SSH_SERVER] = "ssh_server",
        [FB_DI_SSH_CLIENT] = "ssh_client",
        [FB_DI_SMTP_SERVER] = "smtp_server",
        [FB_DI_FTP_SERVER] = "ftp_server",
        [FB_DI_SSDP_SERVER] = "ssdp_server",
        [FB_DI_SSDP_TYPE] = "ssdp_type",
        [FB_DI_MDNS_SERVICE] = "mdns_service",
        [FB_DI_MODEL] = "model",
    };
    return words[kind];
}

const char *fb_device_why_text(enum fb_device_why why)
{
    static const char *const texts[] = {
        [FB_DEVICE_WHY_ALONE] = "nothing ties it to anything else",
        [FB_DEVICE_WHY_ARP] = "ARP",
        [FB_DEVICE_WHY_NDP] = "neighbour discovery",
        [FB_DEVICE_WHY_LEASE] = "DHCP lease",
        [FB_DEVICE_WHY_FRAME] = "frames of its sessions",
        [FB_DEVICE_WHY_EUI64] = "formed from the MAC (EUI-64)",
        [FB_DEVICE_WHY_CLIENT] = "one DHCP client",
        [FB_DEVICE_WHY_MDNS] = "one mDNS host name",
        [FB_DEVICE_WHY_IFACE] = "interface that captured",
    };
    return texts[why];
}

void fb_device_roles_put(struct fb_buf *out, unsigned roles)
{
    static const char *const words[] = {"router", "resolver", "dhcp", "server", "client", "self"};
    bool first = true;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (!(roles & 1u << i))
            continue;
        fb_buf_puts(out, first ? "" : ",");
        fb_buf_puts(out, words[i]);
        first = false;
    }
}

static int addr_cmp(const struct fb_addr *a, const struct fb_addr *b)
{
    bool a4 = fb_addr_is_v4(a), b4 = fb_addr_is_v4(b);
    return a4 != b4 ? (a4 ? -1 : 1) : fb_addr_cmp(a, b);
}

static int span_cmp(struct fb_span a, struct fb_span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_addr(const void *pa, const void *pb)
{
    const struct fb_device_addr *a = pa, *b = pb;
    if (a->local != b->local)
        return a->local ? -1 : 1;
    int c = addr_cmp(&a->addr, &b->addr);
    return c ? c : (a->since_ns > b->since_ns) - (a->since_ns < b->since_ns);
}

static int by_mac(const void *pa, const void *pb)
{
    return memcmp(((const struct fb_device_mac *)pa)->mac, ((const struct fb_device_mac *)pb)->mac, 6);
}

static int by_item(const void *pa, const void *pb)
{
    const struct fb_device_item *a = pa, *b = pb;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    int c = span_cmp(a->text, b->text);
    c = c ? c : span_cmp(a->detail, b->detail);
    if (c)
        return c;
    if (a->first.ts_ns != b->first.ts_ns)
        return a->first.ts_ns < b->first.ts_ns ? -1 : 1;
    return (a->first.ordinal > b->first.ordinal) - (a->first.ordinal < b->first.ordinal);
}

static int by_weight(const void *pa, const void *pb)
{
    const struct fb_device *a = pa, *b = pb;
    uint64_t wa = a->sent_bytes + a->received_bytes, wb = b->sent_bytes + b->received_bytes;
    if (a->local != b->local)
        return a->local ? -1 : 1;
    if (wa != wb)
        return wa > wb ? -1 : 1;
    if (!a->naddrs != !b->naddrs)
        return a->naddrs ? -1 : 1;
    int c = a->naddrs ? addr_cmp(&a->addrs[0].addr, &b->addrs[0].addr) : 0;
    if (c == 0 && a->naddrs && a->addrs[0].since_ns != b->addrs[0].since_ns)
        c = a->addrs[0].since_ns < b->addrs[0].since_ns ? -1 : 1;
    return c ? c : a->nmacs && b->nmacs ? memcmp(a->macs[0].mac, b->macs[0].mac, 6) : 0;
}

/* Nodes of devices: everything but DHCP clients, which are only ties. */
static bool shows(const struct fb_dev_node *n)
{
    return n->kind != FB_DEV_CLIENT;
}

/* Counts what each device has and lays its parts out one behind the other. */
static enum fb_status lay_out(struct fb_devices *d)
{
    size_t naddrs = 0, nmacs = 0, nitems = 0;
    for (size_t i = 0; i < d->nnodes; i++)
        d->node[i].device = FB_DEV_NONE;
    for (size_t i = 0; i < d->nnodes; i++) {
        struct fb_dev_node *r = &d->node[d->node[i].parent];
        if (shows(&d->node[i]) && r->device == FB_DEV_NONE)
            r->device = (uint32_t)d->ndevices++;
        naddrs += d->node[i].kind == FB_DEV_ADDR;
        nmacs += d->node[i].kind == FB_DEV_MAC;
    }
    d->device = fb_calloc(d->ndevices + 1, sizeof *d->device);
    d->addrs = fb_calloc(naddrs + 1, sizeof *d->addrs);
    d->macs = fb_calloc(nmacs + 1, sizeof *d->macs);
    d->items = fb_calloc(d->nitems + 1, sizeof *d->items);
    if (!d->device || !d->addrs || !d->macs || !d->items)
        return FB_ERR_NOMEM;
    for (size_t i = 0; i < d->nnodes; i++) {
        if (!shows(&d->node[i]))
            continue;
        struct fb_device *v = &d->device[d->node[d->node[i].parent].device];
        v->naddrs += d->node[i].kind == FB_DEV_ADDR;
        v->nmacs += d->node[i].kind == FB_DEV_MAC;
    }
    for (size_t i = 0; i < d->nitems; i++)
        d->device[d->node[d->node[d->item[i].node].parent].device].nitems++;
    naddrs = nmacs = 0;
    for (size_t i = 0; i < d->ndevices; i++) {
        struct fb_device *v = &d->device[i];
        v->addrs = d->addrs + naddrs;
        v->macs = d->macs + nmacs;
        v->items = d->items + nitems;
        naddrs += v->naddrs;
        nmacs += v->nmacs;
        nitems += v->nitems;
        v->naddrs = v->nmacs = v->nitems = 0;
        v->first_ns = INT64_MAX;
        v->last_ns = INT64_MIN;
    }
    return FB_OK;
}

static void add_node(struct fb_devices *d, uint32_t i, const struct fb_intel *k)
{
    const struct fb_dev_node *n = &d->node[i];
    struct fb_device *v = &d->device[d->node[n->parent].device];
    struct fb_device_at at = n->why == FB_DEVICE_WHY_ALONE ? n->first : n->why_at;
    v->first_ns = n->first.ts_ns < v->first_ns ? n->first.ts_ns : v->first_ns;
    v->last_ns = n->last_ns > v->last_ns ? n->last_ns : v->last_ns;
    v->items_shed += n->items_shed;
    v->opened += n->opened;
    v->answered += n->answered;
    v->sent_bytes += n->sent_bytes;
    v->received_bytes += n->received_bytes;
    if (n->kind == FB_DEV_ADDR) {
        int64_t until = n->next == FB_DEV_NONE ? INT64_MAX : d->node[n->next].since_ns;
        bool local = fb_dev_is_local(d, i);
        v->addrs[v->naddrs++] = (struct fb_device_addr){n->key, n->since_ns, until, n->why, at, local};
        v->local = v->local || local;
    } else {
        struct fb_device_mac *m = &v->macs[v->nmacs++];
        *m = (struct fb_device_mac){.is_private = n->key.b[0] & FB_MAC_LOCAL, .why = n->why, .at = at};
        memcpy(m->mac, n->key.b, 6);
        struct fb_mac_intel vendor = {0};
        if (k)
            fb_intel_mac(k, m->mac, &vendor);
        m->vendor = vendor.vendor;
    }
}

/* Equal items of several nodes become one. */
static void fold_items(struct fb_device *v)
{
    size_t n = 0;
    if (v->nitems)
        qsort(v->items, v->nitems, sizeof *v->items, by_item);
    for (size_t i = 0; i < v->nitems; i++) {
        struct fb_device_item *last = n ? &v->items[n - 1] : NULL, *it = &v->items[i];
        if (last && last->kind == it->kind && last->code == it->code && span_cmp(last->text, it->text) == 0 &&
            (it->kind != FB_DI_NAME || span_cmp(last->detail, it->detail) == 0)) {
            last->count += it->count;
            last->last_ns = it->last_ns > last->last_ns ? it->last_ns : last->last_ns;
            last->detail = last->detail.n ? last->detail : it->detail;
            if (it->first.ts_ns < last->first.ts_ns)
                last->first = it->first;
        } else {
            v->items[n++] = *it;
        }
    }
    v->nitems = n;
}

static void add_items(struct fb_devices *d)
{
    for (size_t i = 0; i < d->nitems; i++) {
        const struct fb_dev_item *it = &d->item[i];
        struct fb_device *v = &d->device[d->node[d->node[it->node].parent].device];
        v->items[v->nitems++] =
            (struct fb_device_item){.kind = it->kind,
                                    .code = it->code,
                                    .text = {d->text.data + it->text_off, it->text_n},
                                    .detail = {d->text.data + it->detail_off, it->detail_n},
                                    .count = it->count,
                                    .first = it->first,
                                    .last_ns = it->last_ns};
    }
}

static void finish(struct fb_device *v)
{
    if (v->naddrs)
        qsort(v->addrs, v->naddrs, sizeof *v->addrs, by_addr);
    else
        v->local = true; /* a MAC was seen on this very link */
    if (v->nmacs)
        qsort(v->macs, v->nmacs, sizeof *v->macs, by_mac);
    fold_items(v);
    for (size_t i = 0; i < v->nmacs && !v->vendor.n; i++)
        v->vendor = v->macs[i].vendor;
    for (size_t i = 0; i < v->nitems; i++) {
        if (v->items[i].kind == FB_DI_ROLE)
            v->roles |= v->items[i].code;
        else if (v->items[i].kind == FB_DI_PORT)
            v->roles |= FB_ROLE_SERVER;
    }
    v->roles |= v->opened ? FB_ROLE_CLIENT : 0;
}

enum fb_status fb_dev_view(struct fb_devices *d, const struct fb_intel *k,
                           const struct fb_device_rules *rules, struct fb_err *err)
{
    enum fb_status st = lay_out(d);
    if (st != FB_OK)
        return fb_err_nomem(err, "the devices");
    for (uint32_t i = 0; i < d->nnodes; i++)
        if (shows(&d->node[i]))
            add_node(d, i, k);
    add_items(d);
    for (size_t i = 0; i < d->ndevices; i++) {
        finish(&d->device[i]);
        fb_dev_judge(&d->device[i], rules);
    }
    if (d->ndevices)
        qsort(d->device, d->ndevices, sizeof *d->device, by_weight);
    return FB_OK;
}
