/* Lists as JSON: the same list is the same bytes. */
#include "base/escape.h"
#include "intel/lists/list_items.h"

static void put_json(struct fb_buf *out, const char *text)
{
    fb_escape_json(out, text, strlen(text));
}

static int by_pattern(const void *a, const void *b)
{
    const struct fb_list_pattern *const *x = a, *const *y = b;
    return strcmp((*x)->text, (*y)->text);
}

static int by_range(const void *a, const void *b)
{
    const struct fb_list_range *x = a, *y = b;
    int c = (int)fb_addr_is_v4(&y->lo) - (int)fb_addr_is_v4(&x->lo); /* IPv4 first */
    c = c ? c : fb_addr_cmp(&x->lo, &y->lo);
    return c ? c : fb_addr_cmp(&x->hi, &y->hi);
}

static int by_port(const void *a, const void *b)
{
    const struct fb_list_ports *x = a, *y = b;
    int c = (x->first > y->first) - (x->first < y->first);
    return c ? c : (x->last > y->last) - (x->last < y->last);
}

static void key(struct fb_buf *out, const char *name)
{
    fb_buf_printf(out, "%s\"%s\": ", out->data[out->len - 1] == '{' ? "" : ", ", name);
}

static void put_domains(struct fb_buf *out, const struct fb_list_endpoint *e)
{
    const struct fb_list_pattern **v = malloc(e->ndomains * sizeof *v);
    out->failed |= !v;
    for (size_t i = 0; v && i < e->ndomains; i++)
        v[i] = &e->domain[i];
    if (v)
        qsort(v, e->ndomains, sizeof *v, by_pattern);
    key(out, e->ndomains == 1 ? "domain" : "domains");
    fb_buf_puts(out, e->ndomains == 1 ? "" : "[");
    for (size_t i = 0; v && i < e->ndomains; i++) {
        if (i && strcmp(v[i]->text, v[i - 1]->text) == 0)
            continue;
        fb_buf_puts(out, i ? ", " : "");
        put_json(out, v[i]->text);
    }
    fb_buf_puts(out, e->ndomains == 1 ? "" : "]");
    free(v);
}

static void put_ips(struct fb_buf *out, const struct fb_list_endpoint *e)
{
    char text[FB_LIST_RANGE_STRLEN];
    struct fb_list_range *v = malloc(e->nips * sizeof *v);
    out->failed |= !v;
    if (v) {
        memcpy(v, e->ip, e->nips * sizeof *v);
        qsort(v, e->nips, sizeof *v, by_range);
    }
    key(out, e->nips == 1 ? "ip" : "ips");
    fb_buf_puts(out, e->nips == 1 ? "" : "[");
    for (size_t i = 0; v && i < e->nips; i++) {
        if (i && by_range(&v[i], &v[i - 1]) == 0)
            continue;
        fb_list_range_format(&v[i], text);
        fb_buf_printf(out, "%s\"%s\"", i ? ", " : "", text);
    }
    fb_buf_puts(out, e->nips == 1 ? "" : "]");
    free(v);
}

/* Ports that touch or overlap become one range. */
static void put_ports(struct fb_buf *out, const struct fb_list_endpoint *e)
{
    struct fb_list_ports *v = malloc(e->nports * sizeof *v);
    size_t n = 0;
    out->failed |= !v;
    if (v) {
        memcpy(v, e->port, e->nports * sizeof *v);
        qsort(v, e->nports, sizeof *v, by_port);
    }
    for (size_t i = 0; v && i < e->nports; i++) {
        if (n && v[i].first <= v[n - 1].last + 1) {
            if (v[i].last > v[n - 1].last)
                v[n - 1].last = v[i].last;
        } else {
            v[n++] = v[i];
        }
    }
    bool one = n == 1 && v[0].first == v[0].last;
    key(out, one ? "port" : "ports");
    fb_buf_puts(out, one ? "" : "[");
    for (size_t i = 0; i < n; i++) {
        fb_buf_puts(out, i ? ", " : "");
        if (v[i].first == v[i].last)
            fb_buf_printf(out, "%u", v[i].first);
        else
            fb_buf_printf(out, "{\"start\": %u, \"end\": %u}", v[i].first, v[i].last);
    }
    fb_buf_puts(out, one ? "" : "]");
    free(v);
}

static void put_word(struct fb_buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    key(out, name);
    put_json(out, text);
}

void fb_list_put_endpoint(struct fb_buf *out, const struct fb_list_endpoint *e)
{
    char own[12];
    fb_buf_putc(out, '{');
    if (out->failed)
        return;
    if (e->ndomains)
        put_domains(out, e);
    if (e->nips)
        put_ips(out, e);
    if (e->nports)
        put_ports(out, e);
    if (e->protocol != FB_LIST_PROTO_NONE)
        put_word(out, "protocol", fb_list_protocol_name(e->protocol, own));
    if (e->has_as_number) {
        key(out, "as_number");
        fb_buf_put_u64dec(out, e->as_number);
    }
    put_word(out, "as_country", e->as_country);
    put_word(out, "as_owner", e->as_owner);
    put_word(out, "process", e->process);
    put_word(out, "description", e->description);
    fb_buf_putc(out, '}');
}

/* ---- files ---- */

/* Items of one kind of a list; they may stand anywhere among those of others. */
static void put_array(struct fb_buf *out, const struct fb_list_items *l, const uint32_t *mine, size_t n,
                      enum fb_list_item_kind kind, const char *name)
{
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        const struct fb_list_item *it = &l->item[mine[i]];
        if (it->kind != kind)
            continue;
        if (first)
            fb_buf_printf(out, ",\n      \"%s\": [", name);
        fb_buf_puts(out, first ? "\n        " : ",\n        ");
        if (kind == FB_LIST_ITEM_ENDPOINT)
            fb_buf_puts(out, it->text);
        else
            put_json(out, it->text);
        first = false;
    }
    fb_buf_puts(out, first ? "" : "\n      ]");
}

static void put_single(struct fb_buf *out, const struct fb_list_items *l, const uint32_t *mine, size_t n,
                       enum fb_list_item_kind kind, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (l->item[mine[i]].kind == kind) {
            fb_buf_printf(out, ",\n      \"%s\": ", name);
            put_json(out, l->item[mine[i]].text);
            return;
        }
}

static void put_list(struct fb_buf *out, const struct fb_list_items *l, const uint32_t *mine, size_t n,
                     bool white)
{
    fb_buf_puts(out, "    {\n      \"name\": ");
    put_json(out, l->item[mine[0]].list);
    put_single(out, l, mine, n, FB_LIST_ITEM_DESCRIPTION, "description");
    put_single(out, l, mine, n, FB_LIST_ITEM_SOURCE, "source_url");
    put_single(out, l, mine, n, FB_LIST_ITEM_UPDATED, "last_updated");
    if (white) {
        put_array(out, l, mine, n, FB_LIST_ITEM_EXTENDS, "extends");
        put_array(out, l, mine, n, FB_LIST_ITEM_ENDPOINT, "endpoints");
    } else {
        put_array(out, l, mine, n, FB_LIST_ITEM_RANGE, "ip_ranges");
        put_array(out, l, mine, n, FB_LIST_ITEM_DOMAIN, "domains");
    }
    fb_buf_puts(out, "\n    }");
}

struct group {
    const struct fb_list_item *item;
    uint32_t *first; /* of each item: the first item of the same list */
};

static int by_list(const void *a, const void *b, void *ctx)
{
    const uint32_t *x = a, *y = b;
    const struct fb_list_item *item = ctx;
    int c = strcmp(item[*x].list, item[*y].list);
    return c ? c : (*x > *y) - (*x < *y);
}

static int by_first(const void *a, const void *b, void *ctx)
{
    const uint32_t *x = a, *y = b;
    const struct group *g = ctx;
    if (g->first[*x] != g->first[*y])
        return g->first[*x] < g->first[*y] ? -1 : 1;
    return (*x > *y) - (*x < *y);
}

/* Items list by list, the lists in the order of their first items. */
static uint32_t *grouped(const struct fb_list_items *l)
{
    uint32_t *order = malloc((l->n ? l->n : 1) * sizeof *order),
             *first = malloc((l->n ? l->n : 1) * sizeof *first);
    struct group g = {l->item, first};
    if (!order || !first || l->n == 0) {
        free(first);
        return order;
    }
    for (uint32_t i = 0; i < l->n; i++)
        order[i] = i;
    qsort_r(order, l->n, sizeof *order, by_list, l->item);
    for (size_t i = 0; i < l->n; i++) {
        bool same = i && strcmp(l->item[order[i]].list, l->item[order[i - 1]].list) == 0;
        first[order[i]] = same ? first[order[i - 1]] : order[i];
    }
    qsort_r(order, l->n, sizeof *order, by_first, &g);
    free(first);
    return order;
}

enum fb_status fb_list_items_write(const struct fb_list_items *l, bool white, const char *date,
                                   struct fb_buf *out, struct fb_err *err)
{
    uint32_t *order = grouped(l);
    if (!order)
        return fb_err_nomem(err, "a list");
    fb_buf_puts(out, "{\n");
    if (date) {
        fb_buf_puts(out, "  \"date\": ");
        put_json(out, date);
        fb_buf_puts(out, ",\n");
    }
    fb_buf_puts(out, white ? "  \"whitelists\": [\n" : "  \"blacklists\": [\n");
    for (size_t i = 0, n; i < l->n; i += n) {
        for (n = 1; i + n < l->n && strcmp(l->item[order[i + n]].list, l->item[order[i]].list) == 0;)
            n++;
        fb_buf_puts(out, i ? ",\n" : "");
        put_list(out, l, order + i, n, white);
    }
    fb_buf_puts(out, "\n  ]\n}\n");
    free(order);
    return out->failed ? fb_err_nomem(err, "a list") : FB_OK;
}
