#include "intel/devices/device_nets.h"

#include "intel/special.h"

static const char WHY_GIVEN[] = "option", WHY_ARP[] = "ARP", WHY_NDP[] = "neighbour discovery",
                  WHY_RA[] = "router advertisement", WHY_DHCP[] = "DHCP lease",
                  WHY_IFACE[] = "interface that captured";

/* The block of that length around the address. */
static struct fb_list_range block(const struct fb_addr *a, unsigned bits)
{
    struct fb_list_range r = {*a, *a};
    for (unsigned i = bits; i < 128; i++) {
        uint8_t bit = (uint8_t)(0x80 >> i % 8);
        r.lo.b[i / 8] &= (uint8_t)~bit;
        r.hi.b[i / 8] |= bit;
    }
    return r;
}

void fb_dev_nets_init(struct fb_dev_nets *t, const struct fb_list_range *given, size_t n)
{
    t->n = 0;
    t->shed = n > FB_DEV_NETS_MAX ? n - FB_DEV_NETS_MAX : 0;
    t->given = n > 0;
    for (size_t i = 0; i < n && i < FB_DEV_NETS_MAX; i++)
        t->net[t->n++] = (struct fb_dev_net){.range = given[i], .why = WHY_GIVEN};
}

static void add(struct fb_dev_nets *t, const struct fb_list_range *r, const char *why)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->net[i].why == why && fb_list_range_has(&t->net[i].range, &r->lo) &&
            fb_list_range_has(&t->net[i].range, &r->hi))
            return;
    if (t->n == FB_DEV_NETS_MAX) {
        t->shed++;
        return;
    }
    t->net[t->n++] = (struct fb_dev_net){.range = *r, .why = why};
}

/* The smallest block around both. */
static void widen(struct fb_list_range *r, const struct fb_addr *a)
{
    unsigned bits = 128;
    struct fb_list_range out = block(a, bits);
    while (bits > 0 && !(fb_list_range_has(&out, &r->lo) && fb_list_range_has(&out, &r->hi)))
        out = block(a, --bits);
    *r = out;
}

void fb_dev_nets_on_link(struct fb_dev_nets *t, const struct fb_addr *a)
{
    const char *special = fb_addr_special(a);
    bool v4 = fb_addr_is_v4(a);
    if (t->given || (special && strcmp(special, "documentation") != 0 && strcmp(special, "private") != 0))
        return;
    if (!v4) {
        struct fb_list_range r = block(a, 64);
        add(t, &r, WHY_NDP);
        return;
    }
    struct fb_list_range whole = block(a, 96 + 24);
    for (size_t i = 0; i < t->n; i++) {
        if (t->net[i].why == WHY_ARP && fb_list_range_has(&whole, &t->net[i].range.lo)) {
            widen(&t->net[i].range, a);
            return;
        }
    }
    struct fb_list_range one = {*a, *a};
    add(t, &one, WHY_ARP);
}

void fb_dev_nets_prefix(struct fb_dev_nets *t, struct fb_span text, enum fb_dev_net_source source)
{
    static const char *const why_of[] = {
        [FB_DEV_NET_RA] = WHY_RA, [FB_DEV_NET_DHCP] = WHY_DHCP, [FB_DEV_NET_IFACE] = WHY_IFACE};
    struct fb_list_range r;
    const char *why;
    if (t->given || text.n >= FB_LIST_RANGE_STRLEN || !fb_list_range_parse(text.p, text.n, &r, &why))
        return;
    bool v4 = fb_addr_is_v4(&r.lo);
    struct fb_list_range most = block(&r.lo, v4 ? 96 + 8 : 32);
    if (v4 != (source == FB_DEV_NET_DHCP) && source != FB_DEV_NET_IFACE)
        return;
    if (!fb_list_range_has(&most, &r.hi) || fb_addr_eq(&r.lo, &r.hi))
        return;
    add(t, &r, why_of[source]);
}

/* Counts under a network that stands in the table for the reason alone. */
static bool by_definition(struct fb_dev_nets *t, const struct fb_addr *a)
{
    static const struct {
        const char *special, *why;
    } ranges[] = {
        {"private", "private range"}, {"link-local", "link-local range"}, {"loopback", "loopback range"}};
    static const char *const blocks[] = {"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
                                         "169.254.0.0/16", "fe80::/10",     "127.0.0.0/8",    "::1"};
    const char *special = fb_addr_special(a), *why = NULL, *ignored;
    for (size_t i = 0; special && i < sizeof ranges / sizeof *ranges; i++)
        if (strcmp(special, ranges[i].special) == 0)
            why = ranges[i].why;
    for (size_t i = 0; why && i < sizeof blocks / sizeof *blocks; i++) {
        struct fb_list_range r;
        if (!fb_list_range_parse(blocks[i], strlen(blocks[i]), &r, &ignored) || !fb_list_range_has(&r, a))
            continue;
        add(t, &r, why);
        for (size_t k = 0; k < t->n; k++)
            t->net[k].addrs += t->net[k].why == why && fb_list_range_has(&t->net[k].range, a);
        return true;
    }
    return false;
}

bool fb_dev_nets_local(struct fb_dev_nets *t, const struct fb_addr *a)
{
    static const char *const order[] = {WHY_GIVEN, WHY_IFACE, WHY_RA, WHY_NDP, WHY_DHCP, WHY_ARP};
    for (size_t o = 0; o < sizeof order / sizeof *order; o++) {
        for (size_t i = 0; i < t->n; i++) {
            if (t->net[i].why != order[o] || !fb_list_range_has(&t->net[i].range, a))
                continue;
            t->net[i].addrs++;
            return true;
        }
    }
    return !t->given && by_definition(t, a);
}
