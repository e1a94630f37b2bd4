#include "intel/lists/list_make.h"

#include "base/hash.h"
#include "intel/lists/list_match.h"

#define PORTS_NONE 65536u /* a protocol without ports */

/* What one session says, as it is kept: each once. Sorted by name, address, process, protocol, port. */
struct seen {
    const char *domain, *process; /* NULL: none */
    struct fb_addr addr;          /* when there is no domain */
    uint32_t port;
    uint8_t ip_proto;
};

struct fb_list_maker {
    bool with_process, trust_ptr;
    struct fb_list_pool pool;
    struct seen *seen;
    size_t n, cap;
    uint32_t *slot; /* index + 1 */
    size_t nslots;
    uint64_t left_out;
    struct fb_list_normal names;
};

bool fb_list_is_content_network(const struct fb_list_as *as)
{
    /* Registered numbers (RIR data, 2024): Cloudflare, Akamai, Fastly, Amazon, Google, Microsoft, Edgio,
     * CDN77, StackPath, Bunny, Imperva, Meta, Apple, Netflix. */
    static const uint32_t AS[] = {13335, 209242, 20940,  16625, 63949, 54113, 16509,
                                  14618, 15169,  396982, 8075,  8068,  15133, 22822,
                                  60068, 33438,  200325, 19551, 32934, 714,   2906};
    for (size_t i = 0; as->known && i < sizeof AS / sizeof *AS; i++)
        if (AS[i] == as->number)
            return true;
    return false;
}

enum fb_status fb_list_maker_new(bool with_process, bool trust_ptr, struct fb_list_maker **out,
                                 struct fb_err *err)
{
    struct fb_list_maker *m = calloc(1, sizeof *m);
    *out = m;
    if (!m)
        return fb_err_nomem(err, "a new list");
    m->with_process = with_process;
    m->trust_ptr = trust_ptr;
    fb_list_pool_init(&m->pool, (size_t)2 << 30);
    return FB_OK;
}

void fb_list_maker_free(struct fb_list_maker *m)
{
    if (!m)
        return;
    fb_list_pool_release(&m->pool);
    free(m->seen);
    free(m->slot);
    free(m);
}

static int cmp_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* Everything but the port. */
static int cmp_place(const struct seen *x, const struct seen *y)
{
    int c = cmp_text(x->domain, y->domain);
    c = c ? c : fb_addr_cmp(&x->addr, &y->addr);
    c = c ? c : cmp_text(x->process, y->process);
    return c ? c : (x->ip_proto > y->ip_proto) - (x->ip_proto < y->ip_proto);
}

static int by_seen(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    int c = cmp_place(x, y);
    return c ? c : (x->port > y->port) - (x->port < y->port);
}

static uint64_t hash_seen(const struct seen *s)
{
    const struct fb_hash_key *key = fb_hash_process_key();
    uint64_t h = (uint64_t)s->port << 8 | s->ip_proto;
    h = fb_mix64(h ^ fb_siphash13(key, s->addr.b, 16));
    if (s->domain)
        h = fb_mix64(h ^ fb_siphash13(key, s->domain, strlen(s->domain)));
    return s->process ? fb_mix64(h ^ fb_siphash13(key, s->process, strlen(s->process))) : h;
}

static void place_slot(struct fb_list_maker *m, uint32_t i)
{
    size_t at = (size_t)hash_seen(&m->seen[i]) & (m->nslots - 1);
    while (m->slot[at])
        at = (at + 1) & (m->nslots - 1);
    m->slot[at] = i + 1;
}

static bool is_there(const struct fb_list_maker *m, const struct seen *s)
{
    for (size_t at = (size_t)hash_seen(s) & (m->nslots - 1); m->slot[at]; at = (at + 1) & (m->nslots - 1))
        if (by_seen(&m->seen[m->slot[at] - 1], s) == 0)
            return true;
    return false;
}

static bool make_room(struct fb_list_maker *m)
{
    if (!fb_list_grow((void **)&m->seen, m->n, &m->cap, sizeof *m->seen))
        return false;
    if (m->n * 2 < m->nslots)
        return true;
    size_t n = m->nslots ? m->nslots * 2 : 1024;
    uint32_t *slot = n <= UINT32_MAX ? calloc(n, sizeof *slot) : NULL;
    if (!slot)
        return false;
    free(m->slot);
    m->slot = slot;
    m->nslots = n;
    for (uint32_t i = 0; i < m->n; i++)
        place_slot(m, i);
    return true;
}

/* The first of the proven names in the order of their bytes, which does not depend on how they came. */
static const char *best_name(const struct fb_list_normal *names)
{
    const char *best = NULL;
    for (size_t i = 0; i < names->n; i++) {
        struct fb_list_pattern p;
        const char *why, *text = names->name[i].text;
        if (fb_list_pattern_parse(text, names->name[i].n, &p, &why) && (!best || strcmp(text, best) < 0))
            best = text;
    }
    return best;
}

static bool has_ports(uint8_t ip_proto)
{
    return ip_proto == 6 || ip_proto == 17 || ip_proto == 33 || ip_proto == 132 || ip_proto == 136;
}

enum fb_status fb_list_maker_add(struct fb_list_maker *m, const struct fb_list_subject *s, struct fb_err *err)
{
    fb_list_normalize(&s->resp, m->trust_ptr, &m->names);
    struct seen x = {.domain = best_name(&m->names),
                     .process = m->with_process ? s->process : NULL,
                     .port = has_ports(s->ip_proto) ? s->resp.port : PORTS_NONE,
                     .ip_proto = s->ip_proto};
    if (!x.domain && fb_list_is_content_network(&s->resp.as)) {
        m->left_out++;
        return FB_OK;
    }
    if (!x.domain)
        x.addr = s->resp.h;
    if (!make_room(m))
        return fb_err_nomem(err, "a new list");
    if (is_there(m, &x))
        return FB_OK;
    x.domain = x.domain ? fb_list_pool_text(&m->pool, x.domain, strlen(x.domain)) : NULL;
    const char *process = x.process ? fb_list_pool_text(&m->pool, x.process, strlen(x.process)) : NULL;
    if ((m->names.n && best_name(&m->names) && !x.domain) || (x.process && !process))
        return fb_err_nomem(err, "a new list");
    x.process = process;
    m->seen[m->n] = x;
    place_slot(m, (uint32_t)m->n++);
    return FB_OK;
}

/* ---- endpoints ---- */

/* All ports of one place, process and protocol. */
struct part {
    const struct seen *first;
    struct fb_list_ports *port; /* sorted */
    size_t nports;
};

static int cmp_ports(const struct part *x, const struct part *y)
{
    size_t n = x->nports < y->nports ? x->nports : y->nports;
    for (size_t i = 0; i < n; i++) {
        if (x->port[i].first != y->port[i].first)
            return x->port[i].first < y->port[i].first ? -1 : 1;
        if (x->port[i].last != y->port[i].last)
            return x->port[i].last < y->port[i].last ? -1 : 1;
    }
    return (x->nports > y->nports) - (x->nports < y->nports);
}

/* Names first; addresses that share process, protocol and ports lie together. */
static int by_part(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int c = (x->first->domain == NULL) - (y->first->domain == NULL);
    if (c == 0 && x->first->domain)
        return cmp_place(x->first, y->first);
    c = c ? c : cmp_text(x->first->process, y->first->process);
    c = c ? c : (x->first->ip_proto > y->first->ip_proto) - (x->first->ip_proto < y->first->ip_proto);
    c = c ? c : cmp_ports(x, y);
    return c ? c : fb_addr_cmp(&x->first->addr, &y->first->addr);
}

static bool together(const struct part *x, const struct part *y)
{
    return !x->first->domain && !y->first->domain && cmp_text(x->first->process, y->first->process) == 0 &&
           x->first->ip_proto == y->first->ip_proto && cmp_ports(x, y) == 0;
}

/* Parts out of what was seen, which is sorted; ports that follow each other become a range. */
static size_t make_parts(struct fb_list_maker *m, struct part *part, struct fb_list_ports *port)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct seen *s = &m->seen[i];
        if (n == 0 || cmp_place(part[n - 1].first, s) != 0)
            part[n++] = (struct part){s, port + at, 0};
        struct part *p = &part[n - 1];
        if (s->port == PORTS_NONE)
            continue;
        if (p->nports && p->port[p->nports - 1].last + 1u == s->port) {
            p->port[p->nports - 1].last = (uint16_t)s->port;
        } else {
            p->port[p->nports++] = (struct fb_list_ports){(uint16_t)s->port, (uint16_t)s->port};
            at++;
        }
    }
    return n;
}

static enum fb_status put_parts(const struct part *part, size_t n, const char *name, struct fb_list_range *ip,
                                struct fb_list_items *l, struct fb_err *err)
{
    struct fb_list_pattern domain;
    const char *why;
    const struct part *p = part;
    struct fb_list_endpoint e = {
        .port = p->port, .nports = p->nports, .process = p->first->process, .protocol = p->first->ip_proto};
    if (p->first->domain) {
        FB_BUG(!fb_list_pattern_parse(p->first->domain, strlen(p->first->domain), &domain, &why));
        e.domain = &domain;
        e.ndomains = 1;
    } else {
        for (size_t i = 0; i < n; i++)
            ip[i] = (struct fb_list_range){part[i].first->addr, part[i].first->addr};
        e.ip = ip;
        e.nips = n;
    }
    if (e.protocol == 1)
        e.protocol = FB_LIST_PROTO_ICMP;
    struct fb_buf b;
    fb_buf_init(&b, (size_t)1 << 30);
    fb_list_put_endpoint(&b, &e);
    enum fb_status st = b.failed ? fb_err_nomem(err, "an endpoint")
                                 : fb_list_items_add(l, name, FB_LIST_ITEM_ENDPOINT, fb_buf_cstr(&b), err);
    fb_buf_release(&b);
    return st;
}

enum fb_status fb_list_maker_finish(struct fb_list_maker *m, const char *name, struct fb_list_items *l,
                                    uint64_t *left_out, struct fb_err *err)
{
    size_t room = m->n ? m->n : 1;
    struct part *part = malloc(room * sizeof *part);
    struct fb_list_ports *port = malloc(room * sizeof *port);
    struct fb_list_range *ip = malloc(room * sizeof *ip);
    *left_out = m->left_out;
    enum fb_status st = part && port && ip ? fb_list_items_add(l, name, FB_LIST_ITEM_LIST, "white", err)
                                           : fb_err_nomem(err, "a new list");
    if (st == FB_OK && m->n) {
        qsort(m->seen, m->n, sizeof *m->seen, by_seen);
        size_t n = make_parts(m, part, port), k;
        qsort(part, n, sizeof *part, by_part);
        for (size_t i = 0; i < n && st == FB_OK; i += k) {
            for (k = 1; i + k < n && together(&part[i], &part[i + k]);)
                k++;
            st = put_parts(part + i, k, name, ip, l, err);
        }
    }
    free(part);
    free(port);
    free(ip);
    return st;
}
