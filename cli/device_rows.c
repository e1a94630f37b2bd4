#include "cli/device_rows.h"

#include "intel/dns_facts.h"
#include "intel/names_def.h"
#include "intel/wire/arp_def.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/ftp_def.h"
#include "intel/wire/http_def.h"
#include "intel/wire/ndp_def.h"
#include "intel/wire/smtp_def.h"
#include "intel/wire/ssdp_def.h"
#include "intel/wire/ssh_def.h"
#include "intel/wire/wire.h"

enum { NA_ROUTER = 0x80, ARP_REPLY = 2, NB_GROUP = 0x8000 };

static struct fb_device_fact fact(enum fb_device_fact_kind kind, const struct fb_rec_row *row)
{
    return (struct fb_device_fact){.kind = kind, .at = {row->at.ts_ns, row->at.ordinal, row->at.number}};
}

static bool set_mac(struct fb_device_fact *f, const struct fb_rec_cell *c)
{
    f->has_mac = !c->null && fb_mac_parse(c->s, f->mac);
    return f->has_mac;
}

static bool set_addr(struct fb_device_fact *f, const struct fb_rec_cell *c)
{
    f->has_addr = !c->null;
    f->addr = c->addr;
    return f->has_addr;
}

static bool is(const struct fb_rec_cell *c, const char *text)
{
    return !c->null && fb_wire_is(c->s, text);
}

static struct fb_span word(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

/* One item for whoever `f` is about. */
static void say(struct fb_devices *d, struct fb_device_fact f, enum fb_device_item_kind item,
                const struct fb_rec_cell *c, const char *source)
{
    if (c->null || !c->s.n)
        return;
    f.kind = FB_DEVICE_SAID;
    f.item = item;
    f.text = c->s;
    f.detail = word(source);
    fb_devices_fact(d, &f);
}

/* Each address of a list: `why` it has the role. */
static void each_addr(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_rec_cell *list,
                      enum fb_device_fact_kind kind, const char *why)
{
    struct fb_cur c = fb_cur_init(list->s.p, list->null ? 0 : list->s.n);
    struct fb_device_fact f = fact(kind, row);
    struct fb_span s;
    f.text = word(why);
    while (fb_rec_next_item(&c, &s)) {
        f.has_addr = fb_addr_parse_n(s.p, s.n, &f.addr);
        if (f.has_addr)
            fb_devices_fact(d, &f);
    }
}

/* ---- ARP, neighbour discovery ---- */

void fb_device_row_arp(struct fb_devices *d, const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    struct fb_device_fact f = fact(FB_DEVICE_ARP, row);
    /* Who speaks for another MAC than its frame has is a proxy or lies. */
    bool same = c[FB_ARP_ETH_SRC].null || c[FB_ARP_SENDER_MAC].null ||

                (c[FB_ARP_ETH_SRC].s.n == c[FB_ARP_SENDER_MAC].s.n &&
                 memcmp(c[FB_ARP_ETH_SRC].s.p, c[FB_ARP_SENDER_MAC].s.p, c[FB_ARP_ETH_SRC].s.n) == 0);
    if (!c[FB_ARP_OPERATION].null && c[FB_ARP_OPERATION].i >= 1 && c[FB_ARP_OPERATION].i <= ARP_REPLY &&
        same && set_mac(&f, &c[FB_ARP_SENDER_MAC]) && set_addr(&f, &c[FB_ARP_SENDER_ADDR]))
        fb_devices_fact(d, &f);
}

static void routes(struct fb_devices *d, const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    struct fb_device_fact f = fact(FB_DEVICE_ROUTES, row);
    bool ra = is(&c[FB_NDP_MSG_TYPE], "ra");
    bool na = is(&c[FB_NDP_MSG_TYPE], "na") && !c[FB_NDP_FLAGS].null && (c[FB_NDP_FLAGS].i & NA_ROUTER);
    bool lives = ra && !c[FB_NDP_ROUTER_LIFETIME].null && c[FB_NDP_ROUTER_LIFETIME].i > 0;
    f.text = word(ra ? "sent a router advertisement" : "its neighbour advertisement says router");
    if ((lives && set_addr(&f, &c[FB_NDP_SOURCE_ADDR])) || (na && set_addr(&f, &c[FB_NDP_TARGET_ADDR])))
        fb_devices_fact(d, &f);
    struct fb_cur list =
        fb_cur_init(c[FB_NDP_PREFIXES].s.p, ra && !c[FB_NDP_PREFIXES].null ? c[FB_NDP_PREFIXES].s.n : 0);
    struct fb_device_fact p = fact(FB_DEVICE_PREFIX, row);
    while (fb_rec_next_item(&list, &p.text))
        fb_devices_fact(d, &p);
    if (ra)
        each_addr(d, row, &c[FB_NDP_RDNSS], FB_DEVICE_RESOLVES, "a router advertisement names it");
}

void fb_device_row_ndp(struct fb_devices *d, const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    struct fb_device_fact f = fact(FB_DEVICE_NDP, row);
    bool na = is(&c[FB_NDP_MSG_TYPE], "na"), redirect = is(&c[FB_NDP_MSG_TYPE], "redirect");
    if (!redirect && set_mac(&f, &c[na ? FB_NDP_TARGET_MAC : FB_NDP_SOURCE_MAC]) &&
        set_addr(&f, &c[na ? FB_NDP_TARGET_ADDR : FB_NDP_SOURCE_ADDR]))
        fb_devices_fact(d, &f);
    routes(d, row);
}

/* ---- DHCP ---- */

/* The leading ones of a mask; -1 when it has holes. */
static int mask_bits(const struct fb_addr *mask)
{
    uint32_t m = fb_load_be32(mask->b + 12), rest = ~m;
    return fb_addr_is_v4(mask) && (rest & (rest + 1)) == 0 ? __builtin_popcount(m) : -1;
}

static void subnet(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_rec_cell *addr)
{
    const struct fb_rec_cell *mask = &row->cells[FB_DHCP_SUBNET_MASK];
    struct fb_device_fact f = fact(FB_DEVICE_SUBNET, row);
    char text[FB_ADDR_STRLEN + 4];
    int bits = mask->null ? -1 : mask_bits(&mask->addr);
    if (bits < 0 || addr->null)
        return;
    int n = (int)fb_addr_format(&addr->addr, text);
    n += snprintf(text + n, sizeof text - (size_t)n, "/%d", bits);
    f.text = (struct fb_span){(const uint8_t *)text, (size_t)n};
    fb_devices_fact(d, &f);
}

/* What tells clients apart: a DUID, also inside of a DHCPv4 identifier (RFC 4361). An identifier that is only
 * the MAC, or too short to be unique, tells nothing. */
static struct fb_span client_id(const struct fb_rec_cell *c, bool v6)
{
    struct fb_span id = c->null ? (struct fb_span){NULL, 0} : c->s;
    if (!v6 && id.n > 5 && id.p[0] == 0xff)
        id = (struct fb_span){id.p + 5, id.n - 5};
    else if (!v6 && id.n && id.p[0] != 0)
        id.n = 0;
    return id.n >= 8 ? id : (struct fb_span){NULL, 0};
}

static void said_by_client(struct fb_devices *d, const struct fb_rec_row *row, struct fb_device_fact f)
{
    const struct fb_rec_cell *c = row->cells;
    say(d, f, FB_DI_NAME, &c[FB_DHCP_HOST_NAME], "dhcp");
    say(d, f, FB_DI_NAME, &c[FB_DHCP_CLIENT_FQDN], "dhcp");
    say(d, f, FB_DI_DHCP_CLASS, &c[FB_DHCP_VENDOR_CLASS], "");
    say(d, f, FB_DI_DHCP_PARAMS, &c[FB_DHCP_PARAM_LIST], "");
}

void fb_device_row_dhcp(struct fb_devices *d, const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    bool v6 = !c[FB_DHCP_VERSION].null && c[FB_DHCP_VERSION].i == 6;
    bool gives = is(&c[FB_DHCP_MSG_TYPE], "ACK") || is(&c[FB_DHCP_MSG_TYPE], "REPLY");
    bool by_server = gives || is(&c[FB_DHCP_MSG_TYPE], "OFFER") || is(&c[FB_DHCP_MSG_TYPE], "NAK") ||
                     is(&c[FB_DHCP_MSG_TYPE], "ADVERTISE");
    struct fb_device_fact f = fact(FB_DEVICE_CLIENT, row);
    bool has_mac = set_mac(&f, &c[FB_DHCP_MAC]);
    f.text = client_id(&c[FB_DHCP_CLIENT_ID], v6);
    if (has_mac && f.text.n)
        fb_devices_fact(d, &f);
    if (!by_server && has_mac)
        said_by_client(d, row, f);
    /* The MAC of a DHCPv6 row is the one inside of the DUID, perhaps of another interface. */
    const struct fb_rec_cell *a =
        &c[c[FB_DHCP_ASSIGNED_ADDR].null ? FB_DHCP_CLIENT_ADDR : FB_DHCP_ASSIGNED_ADDR];
    f.kind = FB_DEVICE_LEASE;
    f.has_mac = has_mac && !v6;
    if (gives && set_addr(&f, a))
        fb_devices_fact(d, &f);
    if (gives && !v6)
        subnet(d, row, a);
    if (gives)
        each_addr(d, row, &c[FB_DHCP_ROUTERS], FB_DEVICE_ROUTES, "a DHCP lease names it");
    if (gives)
        each_addr(d, row, &c[FB_DHCP_DNS_SERVERS], FB_DEVICE_RESOLVES, "a DHCP lease names it");
    f = fact(FB_DEVICE_GIVES_LEASE, row);
    if (by_server && set_addr(&f, &c[FB_DHCP_SERVER_ADDR]))
        fb_devices_fact(d, &f);
}

/* ---- DNS and its relatives ---- */

struct records {
    struct fb_cur text, name, type, detail;
    struct fb_span t, n, k, x;
};

static struct fb_cur list(const struct fb_rec_cell *c)
{
    return fb_cur_init(c->s.p, c->null ? 0 : c->s.n);
}

static struct records records(const struct fb_rec_cell *c, bool more)
{
    return (struct records){.text = list(&c[more ? FB_DNS_MORE_ANSWERS : FB_DNS_ANSWERS]),
                            .name = list(&c[more ? FB_DNS_MORE_NAMES : FB_DNS_ANSWER_NAMES]),
                            .type = list(&c[more ? FB_DNS_MORE_TYPES : FB_DNS_ANSWER_TYPES]),
                            .detail = list(&c[more ? FB_DNS_MORE_DETAILS : FB_DNS_ANSWER_DETAILS])};
}

static bool next(struct records *r)
{
    return fb_rec_next_item(&r->text, &r->t) && fb_rec_next_item(&r->name, &r->n) &&
           fb_rec_next_item(&r->type, &r->k) && fb_rec_next_item(&r->detail, &r->x);
}

static bool ends_with(struct fb_span s, const char *end)
{
    size_t n = strlen(end);
    return s.n >= n && fb_wire_is((struct fb_span){s.p + s.n - n, n}, end);
}

/* "_ipp._tcp" out of "_ipp._tcp.local" or "Office._ipp._tcp.local"; n == 0: none. */
static struct fb_span service_type(struct fb_span name)
{
    struct fb_span none = {NULL, 0};
    if ((!ends_with(name, "._tcp.local") && !ends_with(name, "._udp.local")) ||
        ends_with(name, "_services._dns-sd._udp.local"))
        return none;
    size_t end = name.n - strlen(".local"), from = end - strlen("._tcp");
    while (from > 0 && name.p[from - 1] != '.')
        from--;
    return name.p[from] == '_' ? (struct fb_span){name.p + from, end - from} : none;
}

/* "model=..." in the TXT record of _device-info. */
static void device_info(struct fb_devices *d, struct fb_device_fact f, const struct records *r)
{
    static const char key[] = "model=";
    if (!ends_with(r->n, "._device-info._tcp.local"))
        return;
    for (size_t i = 0; i + sizeof key - 1 < r->t.n; i++) {
        if (!fb_wire_starts((struct fb_span){r->t.p + i, r->t.n - i}, key))
            continue;
        struct fb_span rest = {r->t.p + i + sizeof key - 1, r->t.n - i - (sizeof key - 1)};
        f.kind = FB_DEVICE_SAID;
        f.item = FB_DI_MODEL;
        f.text = fb_wire_trim(fb_wire_split(&rest, ' '));
        fb_devices_fact(d, &f);
        return;
    }
}

static void mdns(struct fb_devices *d, const struct fb_rec_row *row, struct records r)
{
    struct fb_device_fact f = fact(FB_DEVICE_SELF_NAME, row), self = f;
    if (!set_addr(&self, &row->cells[FB_DNS_SERVER]))
        return;
    f.sender = self.addr;
    while (next(&r)) {
        f.text = r.n;
        f.has_addr =
            (fb_wire_is(r.k, "A") || fb_wire_is(r.k, "AAAA")) && fb_addr_parse_n(r.t.p, r.t.n, &f.addr);
        if (f.has_addr)
            fb_devices_fact(d, &f);
        self.kind = FB_DEVICE_SAID;
        self.item = FB_DI_MDNS_SERVICE;
        self.text = service_type(r.n);
        if (self.text.n && (fb_wire_is(r.k, "PTR") || fb_wire_is(r.k, "SRV")))
            fb_devices_fact(d, &self);
        if (fb_wire_is(r.k, "TXT"))
            device_info(d, self, &r);
    }
}

/* Names beside addresses, for LLMNR and NetBIOS. Names of groups are nobody's (flag G, RFC 1002). */
static void hosts(struct fb_devices *d, const struct fb_rec_row *row, struct records r, const char *source)
{
    struct fb_device_fact f = fact(FB_DEVICE_SAID, row);
    f.item = FB_DI_NAME;
    f.detail = word(source);
    while (next(&r)) {
        uint64_t flags = 0;
        struct fb_device_fact node = f;
        if (fb_wire_is(r.k, "NBSTAT") && fb_netbios_node_host(r.t, r.x, &node.text) &&
            set_addr(&node, &row->cells[FB_DNS_SERVER]))
            fb_devices_fact(d, &node);
        bool nb = fb_wire_is(r.k, "NB");
        f.has_addr =
            (nb || fb_wire_is(r.k, "A") || fb_wire_is(r.k, "AAAA")) && fb_addr_parse_n(r.t.p, r.t.n, &f.addr);
        f.text = nb ? fb_wire_split(&r.n, '<') : r.n;
        if (f.has_addr && !(nb && (!fb_wire_number(r.x, UINT16_MAX, &flags) || (flags & NB_GROUP))))
            fb_devices_fact(d, &f);
    }
}

void fb_device_row_dns(struct fb_devices *d, const struct fb_rec_row *row)
{
    const struct fb_rec_cell *c = row->cells;
    bool replied = !c[FB_DNS_RCODE].null;
    struct fb_device_fact f = fact(FB_DEVICE_RESOLVES, row);
    if (is(&c[FB_DNS_PROTOCOL], "nbns")) {
        hosts(d, row, records(c, !replied), "nbns"); /* a registration names its host in the request */
    } else if (is(&c[FB_DNS_PROTOCOL], "mdns") && replied) {
        mdns(d, row, records(c, false));
        mdns(d, row, records(c, true));
    } else if (is(&c[FB_DNS_PROTOCOL], "llmnr") && replied) {
        hosts(d, row, records(c, false), "llmnr");
    } else if (is(&c[FB_DNS_PROTOCOL], "dns") && replied && !c[FB_DNS_RA].null && c[FB_DNS_RA].i &&
               set_addr(&f, &c[FB_DNS_SERVER])) {
        fb_devices_fact(d, &f);
    }
}

/* ---- what is said within sessions ---- */

static struct fb_device_fact end_of(const struct fb_rec_row *row, const struct fb_addr *a)
{
    struct fb_device_fact f = fact(FB_DEVICE_SAID, row);
    f.has_addr = true;
    f.addr = *a;
    return f;
}

void fb_device_row_http(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s)
{
    say(d, end_of(row, &s->orig_h), FB_DI_USER_AGENT, &row->cells[FB_HTTP_USER_AGENT], "");
    say(d, end_of(row, &s->resp_h), FB_DI_HTTP_SERVER, &row->cells[FB_HTTP_SERVER], "");
}

void fb_device_row_ssh(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s)
{
    say(d, end_of(row, &s->orig_h), FB_DI_SSH_CLIENT, &row->cells[FB_SSH_CLIENT], "");
    say(d, end_of(row, &s->resp_h), FB_DI_SSH_SERVER, &row->cells[FB_SSH_SERVER], "");
}

void fb_device_row_smtp(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s)
{
    say(d, end_of(row, &s->resp_h), FB_DI_SMTP_SERVER, &row->cells[FB_SMTP_BANNER], "");
}

/* The banner stands in the row without a command. */
void fb_device_row_ftp(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s)
{
    if (row->cells[FB_FTP_COMMAND].null)
        say(d, end_of(row, &s->resp_h), FB_DI_FTP_SERVER, &row->cells[FB_FTP_REPLY_MSG], "");
}

/* A NOTIFY speaks of its sender, who opened the session towards a group; an answer to a search too. */
void fb_device_row_ssdp(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s)
{
    const struct fb_rec_cell *c = row->cells;
    bool notify = is(&c[FB_SSDP_METHOD], "NOTIFY"), response = is(&c[FB_SSDP_METHOD], "RESPONSE");
    if (notify || response) {
        /* The answer to a multicast search is a session of its own, from the one who answers. */
        struct fb_device_fact f = end_of(row, response && s->resp_p == 1900 ? &s->resp_h : &s->orig_h);
        say(d, f, FB_DI_SSDP_SERVER, &c[FB_SSDP_SERVER], "");
        say(d, f, FB_DI_SSDP_TYPE, &c[notify ? FB_SSDP_NT : FB_SSDP_ST], "");
    }
    if (is(&c[FB_SSDP_METHOD], "M-SEARCH"))
        say(d, end_of(row, &s->orig_h), FB_DI_USER_AGENT, &c[FB_SSDP_USER_AGENT], "");
}

/* The row has no time of its own: that of the session is as good. */
void fb_device_row_names(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s)
{
    const struct fb_rec_cell *c = row->cells;
    struct fb_device_fact f = {.kind = FB_DEVICE_SAID,
                               .item = FB_DI_NAME,
                               .has_addr = true,
                               .at = {s->ts_ns, s->first_ordinal, s->number}};
    f.addr = s->resp_h;
    f.text = c[FB_NAMES_RESP_DOMAIN].null ? (struct fb_span){NULL, 0} : c[FB_NAMES_RESP_DOMAIN].s;
    f.detail =
        c[FB_NAMES_RESP_DOMAIN_SOURCE].null ? (struct fb_span){NULL, 0} : c[FB_NAMES_RESP_DOMAIN_SOURCE].s;
    if (f.text.n && s->resp_pkts)
        fb_devices_fact(d, &f);
    f.addr = s->orig_h;
    f.text = c[FB_NAMES_ORIG_DOMAIN].null ? (struct fb_span){NULL, 0} : c[FB_NAMES_ORIG_DOMAIN].s;
    f.detail =
        c[FB_NAMES_ORIG_DOMAIN_SOURCE].null ? (struct fb_span){NULL, 0} : c[FB_NAMES_ORIG_DOMAIN_SOURCE].s;
    if (f.text.n)
        fb_devices_fact(d, &f);
}
