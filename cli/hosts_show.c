#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/hosts_print.h"
#include "cli/intel_print.h"

#define WIDTH 14

static void label(struct fb_buf *b, const char *name)
{
    fb_buf_printf(b, "%-*s", WIDTH, name);
}

static void put_time(struct fb_buf *b, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_buf_put(b, t, fb_time_format(ns, t));
}

static void put_packet(struct fb_buf *b, const struct fb_device_at *at)
{
    if (at->ordinal == FB_DEVICE_NO_PACKET) {
        fb_buf_puts(b, "description of the interface");
        return;
    }
    fb_buf_printf(b, "packet %llu", (unsigned long long)at->ordinal);
    if (at->number)
        fb_buf_printf(b, " in session %llu", (unsigned long long)at->number);
}

static void put_addrs(struct fb_buf *b, const struct fb_device *v)
{
    for (size_t i = 0; i < v->naddrs; i++) {
        const struct fb_device_addr *a = &v->addrs[i];
        char t[FB_ADDR_STRLEN];
        fb_addr_format(&a->addr, t);
        label(b, "address");
        fb_buf_printf(b, "%s  %s; %s (", t, a->local ? "local" : "not local", fb_device_why_text(a->why));
        put_packet(b, &a->at);
        fb_buf_putc(b, ')');
        if (a->since_ns != INT64_MIN) {
            fb_buf_puts(b, " from ");
            put_time(b, a->since_ns);
        }
        if (a->until_ns != INT64_MAX) {
            fb_buf_puts(b, " until ");
            put_time(b, a->until_ns);
            fb_buf_puts(b, ", when another MAC took it");
        }
        fb_buf_putc(b, '\n');
    }
}

static void put_macs(struct fb_buf *b, const struct fb_device *v)
{
    for (size_t i = 0; i < v->nmacs; i++) {
        const struct fb_device_mac *m = &v->macs[i];
        label(b, "mac");
        fb_buf_printf(b, "%02x:%02x:%02x:%02x:%02x:%02x  ", m->mac[0], m->mac[1], m->mac[2], m->mac[3],
                      m->mac[4], m->mac[5]);
        if (m->vendor.n)
            fb_escape_term(b, m->vendor.p, m->vendor.n);
        else
            fb_buf_puts(b, m->is_private ? "private: chosen by software" : "vendor not known");
        fb_buf_puts(b, " (");
        put_packet(b, &m->at);
        fb_buf_puts(b, m->why == FB_DEVICE_WHY_CLIENT ? "; one DHCP client)\n" : ")\n");
    }
}

static void put_guess(struct fb_buf *b, const char *name, const struct fb_device_guess *g, const char *rules)
{
    label(b, name);
    if (!g->rule) {
        fb_buf_puts(b, "not known: no rule fits\n");
        return;
    }
    fb_escape_term(b, g->rule->result.p, g->rule->result.n);
    fb_buf_puts(b, "  rule ");
    fb_escape_term(b, rules, strlen(rules));
    fb_buf_printf(b, ":%u", g->rule->line);
    if (g->proof) {
        fb_buf_printf(b, "; %s \"", fb_device_item_word(g->proof->kind));
        fb_escape_term(b, g->proof->text.p, g->proof->text.n);
        fb_buf_puts(b, "\" (");
        put_packet(b, &g->proof->first);
        fb_buf_putc(b, ')');
    }
    fb_buf_putc(b, '\n');
}

static void put_items(struct fb_buf *b, const struct fb_device *v)
{
    for (size_t i = 0; i < v->nitems; i++) {
        const struct fb_device_item *it = &v->items[i];
        label(b, fb_device_item_word(it->kind));
        fb_escape_term(b, it->text.p, it->text.n);
        fb_buf_puts(b, "  ");
        if (it->detail.n) {
            fb_escape_term(b, it->detail.p, it->detail.n);
            fb_buf_puts(b, ", ");
        }
        if (it->count == 1)
            fb_buf_puts(b, "once, ");
        else
            fb_buf_printf(b, "%llu times, first ", (unsigned long long)it->count);
        put_time(b, it->first.ts_ns);
        fb_buf_puts(b, " (");
        put_packet(b, &it->first);
        fb_buf_puts(b, ")\n");
    }
    if (v->items_shed)
        fb_buf_printf(b, "%llu more names, ports and the like found no room\n",
                      (unsigned long long)v->items_shed);
}

static void put_role(struct fb_buf *b, const struct fb_device *v)
{
    label(b, "role");
    fb_device_roles_put(b, v->roles);
    fb_buf_printf(b, "%sopened %llu sessions, answered in %llu\n", v->roles ? "  " : "",
                  (unsigned long long)v->opened, (unsigned long long)v->answered);
}

static enum fb_severity worse(enum fb_severity a, enum fb_severity b)
{
    return a > b ? a : b;
}

enum fb_severity fb_hosts_criticality(const struct fb_device *v, const struct fb_intel *k)
{
    enum fb_severity ports = FB_SEVERITY_NONE;
    struct fb_risk vendor = {0};
    const struct fb_dataset_info *set;
    for (size_t i = 0; i < v->nitems; i++) {
        struct fb_port_intel p;
        if (v->items[i].kind != FB_DI_PORT)
            continue;
        fb_intel_port(k, (uint8_t)(v->items[i].code >> 16), (uint16_t)v->items[i].code, &p);
        ports = worse(ports, p.risk.severity);
    }
    if (v->vendor.n)
        fb_intel_vendor(k, v->vendor, &vendor, &set);
    return fb_device_criticality(ports, vendor.severity);
}

static void put_risk(struct fb_buf *b, const char *what, size_t n, const struct fb_risk *r,
                     const struct fb_dataset_info *set)
{
    label(b, "risk");
    fb_escape_term(b, what, n);
    fb_buf_printf(b, "  %s: ", fb_severity_name(r->severity));
    fb_escape_term(b, r->name.p, r->name.n);
    if (r->about.n) {
        fb_buf_puts(b, ": ");
        fb_escape_term(b, r->about.p, r->about.n);
    }
    if (r->source.n) {
        fb_buf_puts(b, " (");
        fb_escape_term(b, r->source.p, r->source.n);
        fb_buf_putc(b, ')');
    }
    if (set) {
        fb_buf_puts(b, " [");
        fb_escape_term(b, set->name.p, set->name.n);
        fb_buf_putc(b, ' ');
        fb_escape_term(b, set->version.p, set->version.n);
        fb_buf_putc(b, ']');
    }
    fb_buf_putc(b, '\n');
}

static void put_risks(struct fb_buf *b, const struct fb_device *v, const struct fb_intel *k)
{
    const struct fb_dataset_info *set = NULL;
    struct fb_risk vendor = {0};
    label(b, "criticality");
    fb_buf_printf(b, "%s\n", fb_severity_name(fb_hosts_criticality(v, k)));
    for (size_t i = 0; i < v->nitems; i++) {
        const struct fb_device_item *it = &v->items[i];
        struct fb_port_intel p;
        if (it->kind != FB_DI_PORT)
            continue;
        fb_intel_port(k, (uint8_t)(it->code >> 16), (uint16_t)it->code, &p);
        if (p.risk.severity != FB_SEVERITY_NONE)
            put_risk(b, (const char *)it->text.p, it->text.n, &p.risk, p.risk_set);
    }
    if (v->vendor.n)
        fb_intel_vendor(k, v->vendor, &vendor, &set);
    if (vendor.severity != FB_SEVERITY_NONE)
        put_risk(b, (const char *)v->vendor.p, v->vendor.n, &vendor, set);
}

/* Asked of the network, not seen in the traffic. */
static void put_resolved(struct fb_buf *b, const struct fb_device *v, const struct fb_resolved_names *r)
{
    struct fb_resolved_entry e;
    char t[FB_ADDR_STRLEN];
    for (size_t i = 0; i < v->naddrs; i++) {
        if (!fb_resolved_names_find(r, &v->addrs[i].addr, &e))
            continue;
        fb_addr_format(&e.addr, t);
        label(b, "resolved");
        fb_buf_printf(b, "%s  ", t);
        fb_resolved_put_text(b, &e);
        fb_buf_putc(b, '\n');
    }
}

void fb_hosts_show(const struct fb_device *v, const struct fb_hosts_opts *o, struct fb_buf *b)
{
    put_addrs(b, v);
    put_macs(b, v);
    put_guess(b, "type", &v->type, o->rules);
    put_guess(b, "os", &v->os, o->rules);
    put_role(b, v);
    label(b, "seen");
    put_time(b, v->first_ns);
    fb_buf_puts(b, " to ");
    put_time(b, v->last_ns);
    fb_buf_putc(b, '\n');
    label(b, "bytes");
    fb_buf_printf(b, "%llu sent, %llu received\n", (unsigned long long)v->sent_bytes,
                  (unsigned long long)v->received_bytes);
    put_items(b, v);
    put_resolved(b, v, o->resolved);
    if (o->k)
        put_risks(b, v, o->k);
    if (o->k && fb_intel_digest(o->k))
        fb_intel_put_pack(b, o->k, "intel         ");
}
