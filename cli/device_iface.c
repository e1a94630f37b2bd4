#include "cli/device_iface.h"

#include "intel/packs/oui.h"
#include "intel/wire/wire.h"

#define NOTES_MAX 256 /* of one capture that are looked at */

/* One note, taken apart. */
struct said {
    struct fb_span iface; /* "0.1" */
    struct fb_span net;   /* "192.0.2.5/24"; n == 0: it is a MAC */
    struct fb_addr addr;
    uint8_t mac[6];
};

static bool addr_of(struct fb_span net, struct fb_addr *out)
{
    struct fb_span s = fb_wire_split(&net, '/');
    return fb_addr_parse_n(s.p, s.n, out);
}

static bool take_apart(const struct fb_evidence_note *n, struct said *out)
{
    if (!n->kind || !n->text || strcmp(n->kind, FB_NOTE_IFACE_ADDR) != 0)
        return false;
    struct fb_span rest = {(const uint8_t *)n->text, strlen(n->text)};
    *out = (struct said){.iface = fb_wire_split(&rest, ' ')};
    struct fb_span what = fb_wire_split(&rest, ' ');
    if (fb_wire_is(what, "mac"))
        return fb_mac_parse(rest, out->mac);
    out->net = rest;
    return (fb_wire_is(what, "ipv4") || fb_wire_is(what, "ipv6")) && addr_of(rest, &out->addr);
}

static bool same_iface(const struct said *a, const struct said *b)
{
    return a->iface.n == b->iface.n && memcmp(a->iface.p, b->iface.p, a->iface.n) == 0;
}

/* "eth0", or "interface 0.1" where it has no name; borrowed from evidence and `room`. */
static struct fb_span name_of(const struct fb_evidence *e, const struct said *s, char room[static 48])
{
    for (size_t i = 0; i < e->nifaces; i++) {
        const struct fb_iface *f = &e->ifaces[i];
        int n = snprintf(room, 48, "%u.%u", f->section, f->id);
        if (f->name && f->name[0] && (size_t)n == s->iface.n && memcmp(room, s->iface.p, s->iface.n) == 0)
            return (struct fb_span){(const uint8_t *)f->name, strlen(f->name)};
    }
    int n = snprintf(room, 48, "interface %.*s", (int)(s->iface.n < 24 ? s->iface.n : 24),
                     (const char *)s->iface.p);
    return (struct fb_span){(const uint8_t *)room, (size_t)n};
}

static void tell(struct fb_devices *d, const struct fb_evidence *e)
{
    struct said s[NOTES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < e->nnotes && n < NOTES_MAX; i++)
        n += take_apart(&e->notes[i], &s[n]);
    for (size_t i = 0; i < n; i++) {
        char room[48];
        struct fb_device_fact f = {.kind = FB_DEVICE_SELF, .at = {e->first_ts_ns, FB_DEVICE_NO_PACKET, 0}};
        f.text = name_of(e, &s[i], room);
        f.detail = s[i].net;
        f.has_addr = s[i].net.n > 0;
        f.addr = s[i].addr;
        /* Its addresses belong to its MAC; with several MACs nobody knows to which. */
        size_t macs = 0;
        for (size_t k = 0; k < n; k++)
            if (s[k].net.n == 0 && same_iface(&s[k], &s[i]) && macs++ == 0)
                memcpy(f.mac, s[k].mac, 6);
        f.has_mac = f.has_addr ? macs == 1 : true;
        if (!f.has_addr)
            memcpy(f.mac, s[i].mac, 6);
        fb_devices_fact(d, &f);
    }
}

static enum fb_status hold_next(struct fb_device_ifaces *w, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(w->c, &info, err));
    w->ended = w->next >= info.nevidence;
    if (w->ended)
        return FB_OK;
    FB_TRY(fb_case_evidence(w->c, w->next++, &w->held, err));
    w->has_held = true;
    return FB_OK;
}

enum fb_status fb_device_ifaces_until(struct fb_device_ifaces *w, struct fb_devices *d, int64_t ts_ns,
                                      struct fb_err *err)
{
    while (!w->ended) {
        if (!w->has_held)
            FB_TRY(hold_next(w, err));
        if (w->ended || (w->held.pkts && w->held.first_ts_ns > ts_ns))
            return FB_OK;
        if (w->held.pkts)
            tell(d, &w->held);
        fb_device_ifaces_release(w);
    }
    return FB_OK;
}

void fb_device_ifaces_release(struct fb_device_ifaces *w)
{
    if (w->has_held)
        fb_evidence_release(&w->held);
    w->has_held = false;
}
