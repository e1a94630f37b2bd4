#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/hosts_print.h"
#include "cli/intel_print.h"

static void text(struct fb_buf *b, const char *key, struct fb_span s)
{
    fb_buf_printf(b, ",\"%s\":", key);
    if (s.n)
        fb_escape_json(b, s.p, s.n);
    else
        fb_buf_puts(b, "null");
}

static void time_at(struct fb_buf *b, const char *key, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_time_format(ns, t);
    fb_buf_printf(b, ",\"%s\":\"%s\"", key, t);
}

/* Open ends are null. */
static void open_time(struct fb_buf *b, const char *key, int64_t ns)
{
    if (ns == INT64_MIN || ns == INT64_MAX)
        fb_buf_printf(b, ",\"%s\":null", key);
    else
        time_at(b, key, ns);
}

static void packet(struct fb_buf *b, const struct fb_device_at *at)
{
    if (at->ordinal == FB_DEVICE_NO_PACKET)
        fb_buf_puts(b, ",\"ordinal\":null,\"session\":");
    else
        fb_buf_printf(b, ",\"ordinal\":%llu,\"session\":", (unsigned long long)at->ordinal);
    if (at->number)
        fb_buf_put_u64dec(b, at->number);
    else
        fb_buf_puts(b, "null");
}

static void addrs(struct fb_buf *b, const struct fb_device *v)
{
    fb_buf_puts(b, ",\"addresses\":[");
    for (size_t i = 0; i < v->naddrs; i++) {
        const struct fb_device_addr *a = &v->addrs[i];
        char t[FB_ADDR_STRLEN];
        fb_addr_format(&a->addr, t);
        fb_buf_printf(b, "%s{\"address\":\"%s\",\"local\":%s", i ? "," : "", t, a->local ? "true" : "false");
        open_time(b, "since", a->since_ns);
        open_time(b, "until", a->until_ns);
        fb_buf_printf(b, ",\"why\":\"%s\"", fb_device_why_text(a->why));
        packet(b, &a->at);
        fb_buf_putc(b, '}');
    }
    fb_buf_puts(b, "],\"macs\":[");
    for (size_t i = 0; i < v->nmacs; i++) {
        const struct fb_device_mac *m = &v->macs[i];
        fb_buf_printf(b, "%s{\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"private\":%s", i ? "," : "",
                      m->mac[0], m->mac[1], m->mac[2], m->mac[3], m->mac[4], m->mac[5],
                      m->is_private ? "true" : "false");
        text(b, "vendor", m->vendor);
        packet(b, &m->at);
        fb_buf_putc(b, '}');
    }
    fb_buf_putc(b, ']');
}

static void guess(struct fb_buf *b, const char *key, const struct fb_device_guess *g, const char *rules)
{
    if (!g->rule) {
        fb_buf_printf(b, ",\"%s\":null", key);
        return;
    }
    fb_buf_printf(b, ",\"%s\":{\"is\":", key);
    fb_escape_json(b, g->rule->result.p, g->rule->result.n);
    fb_buf_puts(b, ",\"rule\":");
    struct fb_buf name;
    fb_buf_init(&name, 8192);
    fb_buf_printf(&name, "%s:%u", rules, g->rule->line);
    fb_escape_json(b, name.data, name.len);
    fb_buf_release(&name);
    if (g->proof) {
        fb_buf_printf(b, ",\"because\":\"%s\"", fb_device_item_word(g->proof->kind));
        text(b, "said", g->proof->text);
        packet(b, &g->proof->first);
    }
    fb_buf_putc(b, '}');
}

/* An array a kind of item. */
static void items(struct fb_buf *b, const struct fb_device *v)
{
    size_t i = 0;
    for (int kind = 0; kind < FB_DI_KINDS; kind++) {
        if (i == v->nitems || (int)v->items[i].kind != kind)
            continue;
        fb_buf_printf(b, ",\"%s\":[", fb_device_item_word((enum fb_device_item_kind)kind));
        for (size_t from = i; i < v->nitems && (int)v->items[i].kind == kind; i++) {
            const struct fb_device_item *it = &v->items[i];
            fb_buf_puts(b, i > from ? ",{\"text\":" : "{\"text\":");
            fb_escape_json(b, it->text.p, it->text.n);
            text(b, kind == FB_DI_NAME ? "source" : "detail", it->detail);
            fb_buf_printf(b, ",\"count\":%llu", (unsigned long long)it->count);
            time_at(b, "first", it->first.ts_ns);
            time_at(b, "last", it->last_ns);
            packet(b, &it->first);
            fb_buf_putc(b, '}');
        }
        fb_buf_putc(b, ']');
    }
}

/* Of every address that somebody asked a resolver about. */
static void resolved(struct fb_buf *b, const struct fb_device *v, const struct fb_resolved_names *r)
{
    struct fb_resolved_entry e;
    bool any = false;
    fb_buf_puts(b, ",\"resolved\":[");
    for (size_t i = 0; i < v->naddrs; i++) {
        if (!fb_resolved_names_find(r, &v->addrs[i].addr, &e))
            continue;
        fb_buf_puts(b, any ? "," : "");
        fb_resolved_put_json(b, &e);
        any = true;
    }
    fb_buf_putc(b, ']');
}

void fb_hosts_json(const struct fb_device *v, const struct fb_hosts_opts *o, struct fb_buf *b)
{
    fb_buf_printf(b, "{\"record\":\"device\",\"local\":%s", v->local ? "true" : "false");
    addrs(b, v);
    text(b, "vendor", v->vendor);
    fb_buf_puts(b, ",\"roles\":\"");
    fb_device_roles_put(b, v->roles);
    fb_buf_putc(b, '"');
    guess(b, "os", &v->os, o->rules);
    guess(b, "type", &v->type, o->rules);
    if (o->k)
        fb_buf_printf(b, ",\"criticality\":\"%s\"", fb_severity_name(fb_hosts_criticality(v, o->k)));
    fb_buf_printf(b,
                  ",\"opened\":%llu,\"answered\":%llu,\"sent_bytes\":%llu,\"received_bytes\":%llu,"
                  "\"not_kept\":%llu",
                  (unsigned long long)v->opened, (unsigned long long)v->answered,
                  (unsigned long long)v->sent_bytes, (unsigned long long)v->received_bytes,
                  (unsigned long long)v->items_shed);
    time_at(b, "first", v->first_ns);
    time_at(b, "last", v->last_ns);
    if (fb_resolved_names_count(o->resolved))
        resolved(b, v, o->resolved);
    fb_buf_puts(b, ",\"known\":{");
    size_t start = b->len;
    items(b, v);
    if (b->len > start && !b->failed) { /* without the first comma */
        memmove(b->data + start, b->data + start + 1, b->len - start - 1);
        b->len--;
    }
    fb_buf_puts(b, "}}\n");
}

void fb_hosts_json_nets(const struct fb_devices *d, const struct fb_hosts_opts *o, struct fb_buf *b)
{
    struct fb_device_net net;
    struct fb_devices_shed s = fb_devices_shed(d);
    char r[FB_LIST_RANGE_STRLEN];
    fb_buf_puts(b, "{\"record\":\"networks\",\"local\":[");
    for (size_t i = 0; fb_devices_net(d, i, &net); i++) {
        fb_list_range_format(&net.range, r);
        fb_buf_printf(b, "%s{\"network\":\"%s\",\"why\":\"%s\",\"addresses\":%llu}", i ? "," : "", r, net.why,
                      (unsigned long long)net.addrs);
    }
    fb_buf_printf(b,
                  "],\"no_room\":{\"nodes\":%llu,\"items\":%llu,\"tenures\":%llu,\"networks\":%llu},"
                  "\"merges_refused\":%llu,\"unanswered_sessions\":%llu,\"rules\":",
                  (unsigned long long)s.nodes, (unsigned long long)s.items, (unsigned long long)s.tenures,
                  (unsigned long long)s.nets, (unsigned long long)s.vetoed, (unsigned long long)s.silent);
    fb_escape_json(b, o->rules, strlen(o->rules));
    if (o->k) {
        fb_buf_putc(b, ',');
        fb_intel_json_pack(b, o->k);
    }
    fb_buf_puts(b, "}\n");
}
