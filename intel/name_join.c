#include "intel/name_join.h"

#include "base/memory.h"
#include "intel/dns_facts.h"
#include "intel/name_book.h"
#include "intel/names_def.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/http_def.h"
#include "intel/wire/tls_def.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define ENTRIES_DEFAULT 262144u
#define NS_PER_S        1000000000LL
#define DAY_S           86400
#define CHAIN_BYTES     2048

struct fb_name_join {
    struct fb_name_join_opts opts;
    struct fb_name_book *book;
};

struct fb_name_join *fb_name_join_new(const struct fb_name_join_opts *o)
{
    struct fb_name_join *j = fb_calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->opts = *o;
    j->book = fb_name_book_new(o->entries_max ? o->entries_max : ENTRIES_DEFAULT);
    if (!j->book) {
        free(j);
        return NULL;
    }
    return j;
}

void fb_name_join_free(struct fb_name_join *j)
{
    if (!j)
        return;
    fb_name_book_free(j->book);
    free(j);
}

static bool is(const struct fb_rec_cell *c, const char *text)
{
    return !c->null && fb_wire_is(c->s, text);
}

static bool span_is(struct fb_span s, const char *text)
{
    return fb_wire_is(s, text);
}

static int64_t until(int64_t ts_ns, uint64_t seconds)
{
    int64_t out;
    if (seconds > INT32_MAX || __builtin_add_overflow(ts_ns, (int64_t)seconds * NS_PER_S, &out))
        return INT64_MAX;
    return out;
}

const struct fb_name_columns fb_name_columns_dns = {
    14,
    {FB_DNS_PROTOCOL, FB_DNS_CLIENT, FB_DNS_QUERY_NAME, FB_DNS_RCODE, FB_DNS_ANSWERS, FB_DNS_TTLS,
     FB_DNS_ANSWER_NAMES, FB_DNS_ANSWER_TYPES, FB_DNS_ANSWER_DETAILS, FB_DNS_MORE_ANSWERS, FB_DNS_MORE_TTLS,
     FB_DNS_MORE_NAMES, FB_DNS_MORE_TYPES, FB_DNS_MORE_DETAILS}};
const struct fb_name_columns fb_name_columns_dhcp = {6,
                                                     {FB_DHCP_MAC, FB_DHCP_CLIENT_ADDR, FB_DHCP_ASSIGNED_ADDR,
                                                      FB_DHCP_HOST_NAME, FB_DHCP_CLIENT_FQDN,
                                                      FB_DHCP_LEASE_TIME}};
const struct fb_name_columns fb_name_columns_tls = {2, {FB_TLS_TRANSPORT, FB_TLS_SERVER_NAME}};
const struct fb_name_columns fb_name_columns_http = {1, {FB_HTTP_HOST}};

/* ---- DNS ---- */

/* The lists of a section, walked side by side. */
struct records {
    struct fb_cur text, ttl, name, type, detail;
    struct fb_span t, l, n, k, d;
};

static struct fb_cur list(const struct fb_rec_cell *c)
{
    return fb_cur_init(c->s.p, c->null ? 0 : c->s.n);
}

static struct records records(const struct fb_rec_cell *c, int first)
{
    return (struct records){.text = list(&c[first]),
                            .ttl = list(&c[first + 1]),
                            .name = list(&c[first + 2]),
                            .type = list(&c[first + 3]),
                            .detail = list(&c[first + 4])};
}

static bool next(struct records *r)
{
    return fb_rec_next_item(&r->text, &r->t) && fb_rec_next_item(&r->ttl, &r->l) &&
           fb_rec_next_item(&r->name, &r->n) && fb_rec_next_item(&r->type, &r->k) &&
           fb_rec_next_item(&r->detail, &r->d);
}

static uint64_t ttl_of(const struct records *r)
{
    uint64_t v = 0;
    return fb_wire_number(r->l, UINT32_MAX, &v) ? v : 0;
}

static bool is_address(const struct records *r)
{
    return span_is(r->k, "A") || span_is(r->k, "AAAA") || span_is(r->k, "NB");
}

/* One address of an answer, for whom it was given and for anybody. */
static void learn_addr(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c,
                       const struct fb_addr *addr, struct fb_said *said, uint64_t ttl_s)
{
    int64_t end = until(at->ts_ns, ttl_s);
    fb_name_book_add(j->book, addr, &c[FB_DNS_CLIENT].addr, said, end);
    fb_name_book_add(j->book, addr, &fb_book_anybody, said, end);
}

/* HTTPS and SVCB records give addresses that a client may go to without asking for A and AAAA. */
static void learn_hints(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c,
                        const struct records *r, const char *source, struct fb_span chain)
{
    struct fb_svcb_hints h = fb_svcb_hints(r->d);
    struct fb_said *said = NULL;
    struct fb_addr addr;
    while (fb_svcb_next_hint(&h, &addr)) {
        if (!said)
            said = fb_said_new(source, at->ts_ns, at->session, fb_svcb_host(c[FB_DNS_QUERY_NAME].s, r->t),
                               chain);
        if (!said)
            return;
        learn_addr(j, at, c, &addr, said, ttl_of(r));
    }
    fb_said_drop(said);
}

/* Forward answers: the name that was asked, for every address that came back. */
static void learn_answers(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c,
                          const char *source)
{
    uint8_t room[CHAIN_BYTES];
    struct fb_buf chain = {.data = room, .cap = sizeof room, .max = sizeof room};
    struct records r = records(c, FB_DNS_ANSWERS);
    struct fb_said *said = NULL;
    struct fb_addr addr;
    while (next(&r)) {
        if (span_is(r.k, "CNAME") && !said && r.t.n + 3 < chain.max - chain.len)
            fb_rec_item(&chain, r.t.p, r.t.n);
        if (span_is(r.k, "HTTPS") || span_is(r.k, "SVCB"))
            learn_hints(j, at, c, &r, source, (struct fb_span){chain.data, chain.len});
        if (!is_address(&r) || !fb_addr_parse_n(r.t.p, r.t.n, &addr))
            continue;
        if (!said)
            said = fb_said_new(source, at->ts_ns, at->session, c[FB_DNS_QUERY_NAME].s,
                               (struct fb_span){chain.data, chain.len});
        if (!said)
            return;
        learn_addr(j, at, c, &addr, said, ttl_of(&r));
    }
    fb_said_drop(said);
}

static void learn_host(struct fb_name_join *j, const struct fb_name_at *at, const char *source,
                       const struct fb_addr *addr, struct fb_span name, uint64_t seconds)
{
    if (name.n == 0)
        return;
    struct fb_said *said = fb_said_new(source, at->ts_ns, at->session, name, (struct fb_span){NULL, 0});
    if (said)
        fb_name_book_add(j->book, addr, &fb_book_network, said, until(at->ts_ns, seconds));
    fb_said_drop(said);
}

/* "NAME<20>" without its kind; names of groups are nobody's (flag G, RFC 1002, 4.2.1.3). */
static bool netbios_host(const struct records *r, struct fb_span *name)
{
    uint64_t flags = 0;
    if (!fb_wire_number(r->d, UINT16_MAX, &flags) || (flags & 0x8000))
        return false;
    *name = r->n;
    for (size_t i = 0; i < name->n; i++)
        if (name->p[i] == '<')
            name->n = i;
    return name->n > 0;
}

/* Addresses that stand beside the names of those who answer: mDNS, LLMNR, NetBIOS. */
static void learn_hosts(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c,
                        int first, const char *source)
{
    struct records r = records(c, first);
    struct fb_addr addr;
    while (next(&r)) {
        struct fb_span name = r.n;
        if (span_is(r.k, "NBSTAT") && fb_netbios_node_host(r.t, r.d, &name))
            learn_host(j, at, source, &c[FB_DNS_SERVER].addr, name, DAY_S); /* its TTL is 0 by definition */
        if (!is_address(&r) || !fb_addr_parse_n(r.t.p, r.t.n, &addr) ||
            (span_is(r.k, "NB") && !netbios_host(&r, &name)))
            continue;
        learn_host(j, at, source, &addr, name, ttl_of(&r));
    }
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* d.c.b.a.in-addr.arpa and 32 nibbles of ip6.arpa (RFC 1035, 3.5; RFC 3596, 2.5). */
static bool reverse_name(struct fb_span s, struct fb_addr *out)
{
    uint8_t v4[4], v6[16] = {0};
    struct fb_span rest = s;
    for (int i = 3; i >= 0; i--) {
        uint64_t v;
        if (!fb_wire_number(fb_wire_split(&rest, '.'), 255, &v))
            break;
        v4[i] = (uint8_t)v;
        if (i == 0 && span_is(rest, "in-addr.arpa")) {
            *out = fb_addr_v4(v4);
            return true;
        }
    }
    if (s.n != 72 || !span_is((struct fb_span){s.p + 64, 8}, "ip6.arpa"))
        return false;
    for (size_t i = 0; i < 32; i++) {
        int v = hex_digit(s.p[2 * i]);
        if (v < 0 || s.p[2 * i + 1] != '.')
            return false;
        v6[15 - i / 2] |= (uint8_t)(i % 2 ? v << 4 : v);
    }
    *out = fb_addr_v6(v6);
    return true;
}

static void learn_reverse(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c)
{
    struct records r = records(c, FB_DNS_ANSWERS);
    struct fb_addr addr;
    if (!reverse_name(c[FB_DNS_QUERY_NAME].s, &addr))
        return;
    while (next(&r))
        if (span_is(r.k, "PTR"))
            learn_host(j, at, "ptr", &addr, r.t, ttl_of(&r));
}

void fb_name_join_dns(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c)
{
    const struct fb_rec_cell *protocol = &c[FB_DNS_PROTOCOL];
    bool replied = !c[FB_DNS_RCODE].null;
    if (is(protocol, "nbns")) {
        /* A registration names its host in the additional section of the request itself. */
        learn_hosts(j, at, c, replied ? FB_DNS_ANSWERS : FB_DNS_MORE_ANSWERS, "nbns");
        return;
    }
    if (!replied || c[FB_DNS_QUERY_NAME].null)
        return;
    if (is(protocol, "mdns")) {
        learn_hosts(j, at, c, FB_DNS_ANSWERS, "mdns");
        learn_hosts(j, at, c, FB_DNS_MORE_ANSWERS, "mdns");
        return;
    }
    bool llmnr = is(protocol, "llmnr");
    if (llmnr)
        learn_hosts(j, at, c, FB_DNS_ANSWERS, "llmnr");
    learn_answers(j, at, c, llmnr ? "llmnr" : "dns");
    learn_reverse(j, at, c);
}

/* ---- DHCP ---- */

/* A MAC in the place of an address: what a client calls itself, until it is known where it lives. */
static bool mac_key(const struct fb_rec_cell *c, struct fb_addr *out)
{
    if (c->null || c->s.n != 17)
        return false;
    *out = (struct fb_addr){{0xff, 0xfe}};
    for (size_t i = 0; i < 6; i++) {
        int hi = hex_digit(c->s.p[3 * i]), lo = hex_digit(c->s.p[3 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out->b[10 + i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

void fb_name_join_dhcp(struct fb_name_join *j, const struct fb_name_at *at, const struct fb_rec_cell *c)
{
    static const struct fb_addr nowhere = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
    const struct fb_rec_cell *name =
        !c[FB_DHCP_HOST_NAME].null ? &c[FB_DHCP_HOST_NAME] : &c[FB_DHCP_CLIENT_FQDN];
    const struct fb_rec_cell *addr =
        !c[FB_DHCP_ASSIGNED_ADDR].null ? &c[FB_DHCP_ASSIGNED_ADDR] : &c[FB_DHCP_CLIENT_ADDR];
    struct fb_addr mac;
    bool has_mac = mac_key(&c[FB_DHCP_MAC], &mac);
    int64_t end;
    uint64_t lease =
        c[FB_DHCP_LEASE_TIME].null || c[FB_DHCP_LEASE_TIME].i < 0 ? DAY_S : (uint64_t)c[FB_DHCP_LEASE_TIME].i;
    if (!name->null && has_mac)
        learn_host(j, at, "dhcp", &mac, name->s, DAY_S);
    if (addr->null || fb_addr_eq(&addr->addr, &nowhere))
        return;
    if (!name->null) {
        learn_host(j, at, "dhcp", &addr->addr, name->s, lease);
        return;
    }
    const struct fb_said *said =
        has_mac ? fb_name_book_find(j->book, &mac, &fb_book_network, at->ts_ns, 0, &end) : NULL;
    if (said)
        learn_host(j, at, "dhcp", &addr->addr, (struct fb_span){said->bytes, said->name_bytes}, lease);
}

/* ---- sessions ---- */

bool fb_own_name_tls(const struct fb_rec_cell *c, struct fb_own_name *out)
{
    if (c[FB_TLS_SERVER_NAME].null || c[FB_TLS_SERVER_NAME].s.n == 0)
        return false;
    out->source = is(&c[FB_TLS_TRANSPORT], "quic") ? "quic_sni" : "tls_sni";
    out->name = c[FB_TLS_SERVER_NAME].s;
    return true;
}

/* Host without its port; an address is no name. */
bool fb_own_name_http(const struct fb_rec_cell *c, struct fb_own_name *out)
{
    struct fb_addr addr;
    if (c[FB_HTTP_HOST].null)
        return false;
    struct fb_span host = fb_wire_trim(c[FB_HTTP_HOST].s);
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] == ':')
            host.n = i;
    if (host.n == 0 || host.p[0] == '[' || fb_addr_parse_n(host.p, host.n, &addr))
        return false;
    out->source = "http_host";
    out->name = host;
    return true;
}

struct found {
    const char *source;
    struct fb_span name, chain;
    struct fb_name_at at;
    int certainty;
};

static bool look_up(const struct fb_name_join *j, const struct fb_addr *addr, const struct fb_addr *who,
                    int64_t ts_ns, int certain, int in_grace, struct found *out)
{
    int64_t end;
    const struct fb_said *s = fb_name_book_find(j->book, addr, who, ts_ns, j->opts.grace_ns, &end);
    if (!s)
        return false;
    *out = (struct found){.source = s->source,
                          .name = {s->bytes, s->name_bytes},
                          .chain = {s->bytes + s->name_bytes, s->chain_bytes},
                          .at = {s->ts_ns, s->session},
                          .certainty = end >= ts_ns ? certain : in_grace};
    return true;
}

static void put(struct fb_buf *row, const struct found *f, bool there)
{
    if (!there) {
        for (int i = 0; i < 5; i++)
            fb_rec_null(row);
        return;
    }
    fb_rec_bytes(row, f->name.p, f->name.n);
    fb_rec_text(row, f->source);
    fb_rec_int(row, f->certainty);
    fb_rec_int(row, (int64_t)f->at.session);
    fb_rec_int(row, f->at.ts_ns);
}

bool fb_name_join_session(struct fb_name_join *j, const struct fb_named_session *s,
                          const struct fb_own_name *own, struct fb_buf *row)
{
    struct found resp = {0}, orig = {0};
    bool has_resp = own->source != NULL;
    if (has_resp)
        resp = (struct found){.source = own->source, .name = own->name, .at = own->at, .certainty = 95};
    has_resp = has_resp || look_up(j, &s->resp_h, &s->orig_h, s->ts_ns, 90, 70, &resp) ||
               look_up(j, &s->resp_h, &fb_book_anybody, s->ts_ns, 60, 40, &resp) ||
               look_up(j, &s->resp_h, &fb_book_network, s->ts_ns, 50, 30, &resp);
    bool has_orig = look_up(j, &s->orig_h, &fb_book_network, s->ts_ns, 50, 30, &orig);
    fb_buf_clear(row);
    put(row, &resp, has_resp);
    if (has_resp && resp.chain.n)
        fb_rec_bytes(row, resp.chain.p, resp.chain.n);
    else
        fb_rec_null(row);
    put(row, &orig, has_orig);
    return has_resp || has_orig;
}
