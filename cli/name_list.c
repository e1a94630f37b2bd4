#include "cli/name_list.h"

#include "base/hash.h"
#include "cli/resolved_names.h"
#include "intel/dns_facts.h"
#include "intel/names_def.h"
#include "intel/wire/dns_def.h"
#include "store/rectab.h"

#include <stdlib.h>

#define BYTES_MAX ((size_t)1 << 30)
#define ITEMS_MAX (1u << 23)

struct item {
    size_t name_off;
    uint32_t name_bytes;
    uint64_t hash;
    struct fb_listed_name n; /* its name is set when all are there */
};

/* A set of 64-bit values by open addressing; 0 is no value. */
struct table {
    uint64_t *slot;
    size_t nslots, used;
};

struct fb_name_list {
    struct item *item;
    size_t n, cap;
    struct fb_buf names;
    uint32_t *slot; /* index + 1 */
    size_t nslots;
    struct table clients; /* (item, client) pairs */
    bool failed;
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static int name_cmp(struct fb_span a, struct fb_span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        int d = lower(a.p[i]) - lower(b.p[i]);
        if (d)
            return d;
    }
    return (a.n > b.n) - (a.n < b.n);
}

static uint64_t key_hash(struct fb_span name, const struct fb_addr *addr, const char *source)
{
    struct {
        struct fb_addr addr;
        uint64_t name, source;
    } key = {.addr = *addr};
    uint8_t low[1024];
    size_t n = name.n < sizeof low ? name.n : sizeof low;
    for (size_t i = 0; i < n; i++)
        low[i] = lower(name.p[i]);
    key.name = fb_siphash13(fb_hash_process_key(), low, n);
    key.source = fb_siphash13(fb_hash_process_key(), source, strlen(source));
    return fb_siphash13(fb_hash_process_key(), &key, sizeof key);
}

static struct fb_span name_of(const struct fb_name_list *l, const struct item *i)
{
    return (struct fb_span){l->names.data + i->name_off, i->name_bytes};
}

static bool grow_slots(struct fb_name_list *l)
{
    size_t n = l->nslots ? l->nslots * 2 : 1024;
    uint32_t *slot = calloc(n, sizeof *slot);
    if (!slot)
        return false;
    for (size_t i = 0; i < l->n; i++) {
        size_t at = l->item[i].hash & (n - 1);
        while (slot[at])
            at = (at + 1) & (n - 1);
        slot[at] = (uint32_t)i + 1;
    }
    free(l->slot);
    l->slot = slot;
    l->nslots = n;
    return true;
}

static struct item *new_item(struct fb_name_list *l, struct fb_span name, const struct fb_addr *addr,
                             const char *source, uint64_t hash)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 256;
        struct item *i = cap <= ITEMS_MAX ? realloc(l->item, cap * sizeof *i) : NULL;
        if (!i)
            return NULL;
        l->item = i;
        l->cap = cap;
    }
    if (l->n * 2 >= l->nslots && !grow_slots(l))
        return NULL;
    size_t off = l->names.len, at = hash & (l->nslots - 1);
    fb_buf_put(&l->names, name.p, name.n);
    if (l->names.failed)
        return NULL;
    while (l->slot[at])
        at = (at + 1) & (l->nslots - 1);
    l->slot[at] = (uint32_t)l->n + 1;
    struct item *i = &l->item[l->n++];
    *i = (struct item){.name_off = off, .name_bytes = (uint32_t)name.n, .hash = hash};
    i->n =
        (struct fb_listed_name){.addr = *addr, .source = source, .first_ns = INT64_MAX, .last_ns = INT64_MIN};
    return i;
}

static struct item *item_for(struct fb_name_list *l, struct fb_span name, const struct fb_addr *addr,
                             const char *source)
{
    uint64_t h = key_hash(name, addr, source);
    for (size_t at = h & (l->nslots - 1); l->nslots && l->slot[at]; at = (at + 1) & (l->nslots - 1)) {
        struct item *i = &l->item[l->slot[at] - 1];
        if (i->hash == h && strcmp(i->n.source, source) == 0 && fb_addr_eq(&i->n.addr, addr) &&
            name_cmp(name_of(l, i), name) == 0)
            return i;
    }
    return new_item(l, name, addr, source, h);
}

static bool grow_table(struct table *t)
{
    size_t n = t->nslots ? t->nslots * 2 : 1024;
    uint64_t *slot = n <= ((size_t)1 << 26) ? calloc(n, sizeof *slot) : NULL;
    if (!slot)
        return false;
    for (size_t i = 0; i < t->nslots; i++) {
        size_t at = t->slot[i] & (n - 1);
        while (t->slot[i] && slot[at])
            at = (at + 1) & (n - 1);
        if (t->slot[i])
            slot[at] = t->slot[i];
    }
    free(t->slot);
    t->slot = slot;
    t->nslots = n;
    return true;
}

/* True when the pair is new. */
static bool add_client(struct fb_name_list *l, size_t index, const struct fb_addr *client)
{
    struct {
        struct fb_addr client;
        uint64_t index;
    } key = {*client, index};
    struct table *t = &l->clients;
    if (t->used * 2 >= t->nslots && !grow_table(t)) {
        l->failed = true;
        return false;
    }
    uint64_t h = fb_siphash13(fb_hash_process_key(), &key, sizeof key) | 1;
    size_t at = h & (t->nslots - 1);
    for (; t->slot[at]; at = (at + 1) & (t->nslots - 1))
        if (t->slot[at] == h)
            return false;
    t->slot[at] = h;
    t->used++;
    return true;
}

static void note(struct fb_name_list *l, struct fb_span name, const struct fb_addr *addr, const char *source,
                 int64_t ts_ns, const struct fb_addr *client, bool of_session)
{
    struct item *i = name.n ? item_for(l, name, addr, source) : NULL;
    if (!i) {
        l->failed = l->failed || name.n > 0;
        return;
    }
    i->n.first_ns = ts_ns < i->n.first_ns ? ts_ns : i->n.first_ns;
    i->n.last_ns = ts_ns > i->n.last_ns ? ts_ns : i->n.last_ns;
    i->n.said += !of_session;
    i->n.sessions += of_session;
    i->n.clients += client && add_client(l, (size_t)(i - l->item), client);
}

static const char *known_source(const struct fb_rec_cell *c)
{
    static const char *const word[] = {"dns",      "mdns",      "llmnr", "nbns", "tls_sni",
                                       "quic_sni", "http_host", "dhcp",  "ptr"};
    for (size_t i = 0; !c->null && i < sizeof word / sizeof *word; i++)
        if (c->s.n == strlen(word[i]) && memcmp(c->s.p, word[i], c->s.n) == 0)
            return word[i];
    return "other";
}

static bool is_type(struct fb_span type, const char *word)
{
    return type.n == strlen(word) && memcmp(type.p, word, type.n) == 0;
}

static bool is_address_type(struct fb_span type)
{
    return is_type(type, "A") || is_type(type, "AAAA") || is_type(type, "NB");
}

static struct fb_cur list(const struct fb_rec_cell *c)
{
    return fb_cur_init(c->s.p, c->null ? 0 : c->s.n);
}

/* Of the answers to a question the name that was asked; elsewhere the owner of the record. */
static void note_section(struct fb_name_list *l, const struct fb_rec_row *row, int first, bool asked)
{
    const struct fb_rec_cell *c = row->cells;
    struct fb_cur text = list(&c[first]), name = list(&c[first + 2]), type = list(&c[first + 3]),
                  detail = list(&c[first + 4]);
    const char *source = known_source(&c[FB_DNS_PROTOCOL]);
    struct fb_span t, n, k, d, host;
    struct fb_addr addr;
    const struct fb_addr *client =
        fb_addr_is_multicast(&c[FB_DNS_CLIENT].addr) ? NULL : &c[FB_DNS_CLIENT].addr;
    while (fb_rec_next_item(&text, &t) && fb_rec_next_item(&name, &n) && fb_rec_next_item(&type, &k) &&
           fb_rec_next_item(&detail, &d)) {
        if (is_address_type(k) && fb_addr_parse_n(t.p, t.n, &addr))
            note(l, asked ? c[FB_DNS_QUERY_NAME].s : n, &addr, source, row->at.ts_ns, client, false);
        if (is_type(k, "NBSTAT") && fb_netbios_node_host(t, d, &host))
            note(l, host, &c[FB_DNS_SERVER].addr, source, row->at.ts_ns, client, false);
        if (!asked || !(is_type(k, "HTTPS") || is_type(k, "SVCB")))
            continue;
        struct fb_svcb_hints h = fb_svcb_hints(d);
        while (fb_svcb_next_hint(&h, &addr))
            note(l, fb_svcb_host(c[FB_DNS_QUERY_NAME].s, t), &addr, source, row->at.ts_ns, client, false);
    }
}

static enum fb_status read_dns(struct fb_name_list *l, struct fb_case *c, struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    FB_TRY(fb_rec_open(c, &fb_dns_def, FB_REC_NEWEST, &cur, err));
    enum fb_status st;
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK && !l->failed) {
        const struct fb_rec_cell *p = &row.cells[FB_DNS_PROTOCOL];
        bool asked = !row.cells[FB_DNS_QUERY_NAME].null && strcmp(known_source(p), "dns") == 0;
        note_section(l, &row, FB_DNS_ANSWERS, asked);
        if (!asked)
            note_section(l, &row, FB_DNS_MORE_ANSWERS, false);
    }
    fb_rec_close(cur);
    return st == FB_EOF ? FB_OK : st;
}

struct walk {
    struct fb_name_list *l;
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    bool has;
    struct fb_err *err;
};

static enum fb_status advance(struct walk *w)
{
    enum fb_status st = fb_rec_next(w->cur, &w->row, w->err);
    w->has = st == FB_OK;
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status read_session(void *ctx, const struct fb_session *s)
{
    struct walk *w = ctx;
    while (w->has && w->row.at.number < s->number)
        FB_TRY(advance(w));
    if (!w->has)
        return FB_EOF;
    if (w->row.at.number != s->number)
        return FB_OK;
    const struct fb_rec_cell *c = w->row.cells;
    if (!c[FB_NAMES_RESP_DOMAIN].null)
        note(w->l, c[FB_NAMES_RESP_DOMAIN].s, &s->resp_h, known_source(&c[FB_NAMES_RESP_DOMAIN_SOURCE]),
             s->ts_ns, &s->orig_h, true);
    if (!c[FB_NAMES_ORIG_DOMAIN].null)
        note(w->l, c[FB_NAMES_ORIG_DOMAIN].s, &s->orig_h, known_source(&c[FB_NAMES_ORIG_DOMAIN_SOURCE]),
             s->ts_ns, NULL, true);
    return FB_OK;
}

static enum fb_status read_names(struct fb_name_list *l, struct fb_case *c, struct fb_err *err)
{
    struct walk w = {.l = l, .err = err};
    FB_TRY(fb_rec_open(c, &fb_names_def, FB_REC_NEWEST, &w.cur, err));
    enum fb_status st = advance(&w);
    if (st == FB_OK && w.has)
        st = fb_case_each_session(c, read_session, &w, err);
    fb_rec_close(w.cur);
    return st == FB_EOF ? FB_OK : st;
}

static int by_name(const void *pa, const void *pb)
{
    const struct fb_listed_name *a = &((const struct item *)pa)->n, *b = &((const struct item *)pb)->n;
    int d = name_cmp(a->name, b->name);
    if (d == 0)
        d = fb_addr_cmp(&a->addr, &b->addr);
    return d ? d : strcmp(a->source, b->source);
}

/* What a resolver said is nobody's in the traffic: no client, no session. */
static enum fb_status read_resolved(struct fb_name_list *l, struct fb_case *c, struct fb_err *err)
{
    struct fb_resolved_names *r;
    FB_TRY(fb_resolved_names_load(c, &r, err));
    for (size_t i = 0; i < fb_resolved_names_count(r) && !l->failed; i++) {
        struct fb_resolved_entry e = fb_resolved_names_at(r, i);
        struct fb_cur list = fb_cur_init(e.names.p, e.names.n);
        struct fb_span name;
        while (fb_rec_next_item(&list, &name))
            note(l, name, &e.addr, "resolved", e.asked_ns, NULL, false);
    }
    fb_resolved_names_free(r);
    return FB_OK;
}

enum fb_status fb_name_list_new(struct fb_case *c, struct fb_name_list **out, struct fb_err *err)
{
    struct fb_name_list *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return fb_err_nomem(err, "the names");
    fb_buf_init(&l->names, BYTES_MAX);
    enum fb_status st = read_dns(l, c, err);
    if (st == FB_OK)
        st = read_names(l, c, err);
    if (st == FB_OK)
        st = read_resolved(l, c, err);
    if (st == FB_OK && l->failed)
        st = fb_err_set(err, FB_ERR_LIMIT,
                        "more names than can be listed at once; the SQL table names has all");
    if (st != FB_OK) {
        fb_name_list_free(l);
        return st;
    }
    for (size_t i = 0; i < l->n; i++)
        l->item[i].n.name = name_of(l, &l->item[i]);
    if (l->n)
        qsort(l->item, l->n, sizeof *l->item, by_name);
    *out = l;
    return FB_OK;
}

void fb_name_list_free(struct fb_name_list *l)
{
    if (!l)
        return;
    free(l->item);
    free(l->slot);
    free(l->clients.slot);
    fb_buf_release(&l->names);
    free(l);
}

bool fb_name_list_at(const struct fb_name_list *l, size_t i, struct fb_listed_name *out)
{
    if (i >= l->n)
        return false;
    *out = l->item[i].n;
    return true;
}
