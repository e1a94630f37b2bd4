#include "cli/hosts_print.h"

#include "base/escape.h"
#include "base/record.h"
#include "base/timefmt.h"
#include "cli/intel_print.h"
#include "cli/message.h"
#include "cli/table.h"

#define NAMES_SHOWN    3
#define SERVICES_SHOWN 6

enum column { ADDRESSES, MAC, VENDOR, NAMES, TYPE, OS, ROLE, SERVICES, BYTES, SESSIONS, FIRST, LAST, NCOLS };

static const char *const HEADING[NCOLS] = {"address", "mac",      "vendor", "names",    "type",  "os",
                                           "role",    "services", "bytes",  "sessions", "first", "last"};

static void more(struct fb_buf *b, size_t n)
{
    if (n)
        fb_buf_printf(b, " +%zu", n);
}

static void put_addrs(struct fb_buf *b, const struct fb_device *v)
{
    size_t shown = 0;
    for (size_t i = 0; i < v->naddrs && shown < 3; i++) {
        char t[FB_ADDR_STRLEN];
        fb_buf_puts(b, shown++ ? " " : "");
        fb_buf_put(b, t, fb_addr_format(&v->addrs[i].addr, t));
    }
    more(b, v->naddrs - shown);
}

/* A host's own name says more than what others call it. */
static bool own_source(struct fb_span source)
{
    static const char *const own[] = {"mdns", "dhcp", "nbns", "llmnr"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (source.n == strlen(own[i]) && memcmp(source.p, own[i], source.n) == 0)
            return true;
    return false;
}

/* Where the traffic has no name: what a resolver said, and that it was one. */
static void put_resolved(struct fb_buf *b, const struct fb_device *v, const struct fb_resolved_names *r)
{
    struct fb_resolved_entry e;
    struct fb_span name;
    for (size_t i = 0; i < v->naddrs; i++) {
        struct fb_cur list = fb_cur_init(NULL, 0);
        if (fb_resolved_names_find(r, &v->addrs[i].addr, &e))
            list = fb_cur_init(e.names.p, e.names.n);
        if (!fb_rec_next_item(&list, &name))
            continue;
        fb_buf_put(b, name.p, name.n);
        fb_buf_puts(b, " (resolved)");
        return;
    }
}

static void put_names(struct fb_buf *b, const struct fb_device *v, const struct fb_resolved_names *r)
{
    size_t shown = 0, names = 0;
    struct fb_span before = {NULL, 0};
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < v->nitems; i++) {
            const struct fb_device_item *it = &v->items[i];
            if (it->kind != FB_DI_NAME || own_source(it->detail) != own)
                continue;
            bool again = before.n == it->text.n && memcmp(before.p, it->text.p, before.n) == 0;
            before = it->text;
            names += !again;
            if (again || shown == NAMES_SHOWN)
                continue;
            fb_buf_puts(b, shown++ ? " " : "");
            fb_buf_put(b, it->text.p, it->text.n);
        }
    }
    more(b, names - shown);
    if (names == 0)
        put_resolved(b, v, r);
}

static void put_services(struct fb_buf *b, const struct fb_device *v)
{
    size_t shown = 0, ports = 0;
    for (size_t i = 0; i < v->nitems; i++) {
        const struct fb_device_item *it = &v->items[i];
        if (it->kind != FB_DI_PORT)
            continue;
        if (++ports > SERVICES_SHOWN)
            continue;
        fb_buf_puts(b, shown++ ? " " : "");
        fb_buf_put(b, it->text.p, it->text.n);
        fb_buf_puts(b, it->detail.n ? "=" : "");
        fb_buf_put(b, it->detail.p, it->detail.n);
    }
    more(b, ports - shown);
}

static void put_guess(struct fb_buf *b, const struct fb_device_guess *g)
{
    if (g->rule)
        fb_buf_put(b, g->rule->result.p, g->rule->result.n);
}

static void put_cell(struct fb_buf *b, const struct fb_device *v, const struct fb_hosts_opts *o,
                     enum column col)
{
    char t[FB_TIME_STRLEN];
    switch (col) {
    case ADDRESSES:
        put_addrs(b, v);
        break;
    case MAC:
        if (v->nmacs)
            fb_buf_printf(b, "%02x:%02x:%02x:%02x:%02x:%02x", v->macs[0].mac[0], v->macs[0].mac[1],
                          v->macs[0].mac[2], v->macs[0].mac[3], v->macs[0].mac[4], v->macs[0].mac[5]);
        more(b, v->nmacs > 1 ? v->nmacs - 1 : 0);
        break;
    case VENDOR:
        fb_buf_put(b, v->vendor.p, v->vendor.n);
        if (!v->vendor.n && v->nmacs && v->macs[0].is_private)
            fb_buf_puts(b, "(private MAC)");
        break;
    case NAMES:
        put_names(b, v, o->resolved);
        break;
    case TYPE:
    case OS:
        put_guess(b, col == TYPE ? &v->type : &v->os);
        break;
    case ROLE:
        fb_device_roles_put(b, v->roles);
        break;
    case SERVICES:
        put_services(b, v);
        break;
    case FIRST:
    case LAST:
        fb_buf_put(b, t, fb_time_format(col == FIRST ? v->first_ns : v->last_ns, t));
        break;
    default:
        fb_buf_put_u64dec(b, col == BYTES ? v->sent_bytes + v->received_bytes : v->opened + v->answered);
    }
}

static enum fb_status put_row(const struct fb_device *v, const struct fb_hosts_opts *o, struct fb_table *t,
                              struct fb_out *out, struct fb_buf *text)
{
    if (o->format == FB_ROWS_JSON) {
        fb_hosts_json(v, o, &out->buf);
        return fb_out_row(out);
    }
    for (enum column col = 0; col < NCOLS; col++) {
        fb_buf_clear(text);
        put_cell(text, v, o, col);
        if (t) {
            fb_table_cell(t, text->data, text->len);
            continue;
        }
        fb_buf_puts(&out->buf, col ? "," : "");
        fb_escape_csv(&out->buf, text->data, text->len, col != BYTES && col != SESSIONS);
    }
    if (t)
        return fb_table_end_row(t);
    fb_buf_puts(&out->buf, "\r\n");
    return fb_out_row(out);
}

static void put_nets(const struct fb_devices *d, struct fb_buf *b)
{
    struct fb_device_net net;
    char r[FB_LIST_RANGE_STRLEN];
    size_t i = 0;
    for (; fb_devices_net(d, i, &net); i++) {
        fb_list_range_format(&net.range, r);
        fb_buf_printf(b, "%s%s (%s, %llu)", i ? ", " : "local networks: ", r, net.why,
                      (unsigned long long)net.addrs);
    }
    fb_buf_puts(b, i ? "\n" : "local networks: the evidence shows none\n");
}

static void put_tail(const struct fb_devices *d, const struct fb_hosts_opts *o, struct fb_buf *b)
{
    struct fb_devices_shed s = fb_devices_shed(d);
    fb_buf_putc(b, '\n');
    put_nets(d, b);
    if (!o->k || !fb_intel_has(o->k, FB_DATASET_OUI))
        fb_buf_puts(b, "vendors: no pack has them (see: fbforensics intel install)\n");
    if (o->k && fb_intel_digest(o->k))
        fb_intel_put_pack(b, o->k, "vendors and risks: ");
    if (s.silent)
        fb_buf_printf(b, "%llu sessions went to addresses that did not answer in them\n",
                      (unsigned long long)s.silent);
    if (s.nodes + s.items + s.tenures + s.nets)
        fb_buf_printf(b, "no room: %llu addresses or MACs, %llu names and the like, %llu changes of MAC\n",
                      (unsigned long long)s.nodes, (unsigned long long)s.items,
                      (unsigned long long)s.tenures);
}

enum fb_status fb_hosts_list(const struct fb_devices *d, const struct fb_hosts_opts *o, struct fb_out *out,
                             struct fb_err *err)
{
    static const bool right[NCOLS] = {[BYTES] = true, [SESSIONS] = true};
    struct fb_table *t = NULL;
    struct fb_buf text;
    enum fb_status st = FB_OK;
    uint64_t shown = 0;
    if (o->format == FB_ROWS_TABLE)
        FB_TRY(fb_table_new(out, HEADING, right, NCOLS, &t, err));
    if (t)
        fb_table_spare(t, "first,last,sessions,mac,os,bytes,vendor,role");
    for (int i = 0; i < NCOLS && o->format == FB_ROWS_CSV; i++)
        fb_buf_printf(&out->buf, "%s%s", HEADING[i], i + 1 < NCOLS ? "," : "\r\n");
    fb_buf_init(&text, (size_t)1 << 20);
    for (size_t i = 0; st == FB_OK && i < fb_devices_count(d) && (!o->limit || shown < o->limit); i++) {
        const struct fb_device *v = fb_devices_at(d, i);
        if (o->local_only && !v->local)
            continue;
        st = put_row(v, o, t, out, &text);
        shown++;
    }
    if (t) {
        enum fb_status last = fb_table_finish(t);
        st = st == FB_OK ? last : st;
    }
    if (st == FB_OK && o->format == FB_ROWS_TABLE)
        put_tail(d, o, &out->buf);
    else if (st == FB_OK && o->format == FB_ROWS_JSON)
        fb_hosts_json_nets(d, o, &out->buf);
    fb_buf_release(&text);
    return st == FB_EOF ? FB_OK : st;
}
