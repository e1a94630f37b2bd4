#include "cli/resolved_names.h"

#include "base/escape.h"
#include "base/record.h"
#include "base/timefmt.h"
#include "intel/resolve/resolved_def.h"
#include "store/rectab.h"

#include <stdlib.h>

#define ENTRIES_MAX ((size_t)1 << 20)
#define BYTES_MAX   ((size_t)256 << 20)

/* Texts stand one behind the other: outcome, server, names. */
struct kept {
    struct fb_addr addr;
    size_t off;
    uint32_t outcome, server, names;
    int64_t ttl_s, rcode, asked_ns, by_run;
    bool tcp;
};

struct fb_resolved_names {
    struct kept *item;
    size_t n, cap;
    struct fb_buf text;
};

static uint32_t put(struct fb_buf *b, const struct fb_rec_cell *c)
{
    size_t n = c->null ? 0 : c->s.n;
    fb_buf_put(b, n ? c->s.p : (const uint8_t *)"", n);
    return (uint32_t)n;
}

static int64_t number(const struct fb_rec_cell *c, int64_t none)
{
    return c->null ? none : c->i;
}

static bool keep(struct fb_resolved_names *r, const struct fb_rec_cell *c)
{
    if (c[FB_RESOLVED_ADDR].null)
        return true;
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 64;
        struct kept *k = cap <= ENTRIES_MAX ? realloc(r->item, cap * sizeof *k) : NULL;
        if (!k)
            return false;
        r->item = k;
        r->cap = cap;
    }
    struct kept *k = &r->item[r->n++];
    *k = (struct kept){.addr = c[FB_RESOLVED_ADDR].addr,
                       .off = r->text.len,
                       .ttl_s = number(&c[FB_RESOLVED_TTL], -1),
                       .rcode = number(&c[FB_RESOLVED_RCODE], -1),
                       .asked_ns = number(&c[FB_RESOLVED_ASKED], 0),
                       .by_run = number(&c[FB_RESOLVED_BY_RUN], 0),
                       .tcp = number(&c[FB_RESOLVED_TCP], 0) != 0};
    k->outcome = put(&r->text, &c[FB_RESOLVED_OUTCOME]);
    k->server = put(&r->text, &c[FB_RESOLVED_SERVER]);
    k->names = put(&r->text, &c[FB_RESOLVED_NAMES]);
    return !r->text.failed;
}

static int by_addr(const void *pa, const void *pb)
{
    const struct kept *a = pa, *b = pb;
    int d = fb_addr_cmp(&a->addr, &b->addr);
    return d ? d : (a->off > b->off) - (a->off < b->off);
}

enum fb_status fb_resolved_names_load(struct fb_case *c, struct fb_resolved_names **out, struct fb_err *err)
{
    struct fb_resolved_names *r = *out = calloc(1, sizeof *r);
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    if (!r)
        return fb_err_nomem(err, "resolved names");
    fb_buf_init(&r->text, BYTES_MAX);
    enum fb_status st = fb_rec_open(c, &fb_resolved_def, FB_REC_NEWEST, &cur, err);
    if (st == FB_OK) {
        while ((st = fb_rec_next(cur, &row, err)) == FB_OK)
            if (!keep(r, row.cells)) {
                st = fb_err_nomem(err, "resolved names");
                break;
            }
        fb_rec_close(cur);
    }
    if (st != FB_EOF) {
        fb_resolved_names_free(r);
        *out = NULL;
        return st;
    }
    if (r->n)
        qsort(r->item, r->n, sizeof *r->item, by_addr);
    return FB_OK;
}

void fb_resolved_names_free(struct fb_resolved_names *r)
{
    if (!r)
        return;
    free(r->item);
    fb_buf_release(&r->text);
    free(r);
}

size_t fb_resolved_names_count(const struct fb_resolved_names *r)
{
    return r ? r->n : 0;
}

struct fb_resolved_entry fb_resolved_names_at(const struct fb_resolved_names *r, size_t i)
{
    const struct kept *k = &r->item[i];
    const uint8_t *p = r->text.data ? r->text.data + k->off : (const uint8_t *)"";
    return (struct fb_resolved_entry){.addr = k->addr,
                                      .outcome = {p, k->outcome},
                                      .server = {p + k->outcome, k->server},
                                      .names = {p + k->outcome + k->server, k->names},
                                      .ttl_s = k->ttl_s,
                                      .rcode = k->rcode,
                                      .tcp = k->tcp,
                                      .asked_ns = k->asked_ns,
                                      .by_run = k->by_run};
}

bool fb_resolved_names_find(const struct fb_resolved_names *r, const struct fb_addr *a,
                            struct fb_resolved_entry *out)
{
    size_t lo = 0, hi = r ? r->n : 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int d = fb_addr_cmp(&r->item[mid].addr, a);
        if (d == 0) {
            *out = fb_resolved_names_at(r, mid);
            return true;
        }
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

void fb_resolved_put_text(struct fb_buf *b, const struct fb_resolved_entry *e)
{
    char t[FB_TIME_STRLEN];
    struct fb_cur list = fb_cur_init(e->names.p, e->names.n);
    struct fb_span name;
    bool any = false;
    for (; fb_rec_next_item(&list, &name); any = true) {
        fb_buf_puts(b, any ? " " : "");
        fb_escape_term(b, name.p, name.n);
    }
    if (!any)
        fb_escape_term(b, e->outcome.p, e->outcome.n);
    fb_buf_puts(b, " (resolved by ");
    fb_escape_term(b, e->server.p, e->server.n);
    fb_buf_puts(b, ", ");
    fb_buf_put(b, t, fb_time_format(e->asked_ns, t));
    fb_buf_puts(b, ")");
}

static void put_number(struct fb_buf *b, const char *key, int64_t v)
{
    if (v < 0)
        fb_buf_printf(b, ",\"%s\":null", key);
    else
        fb_buf_printf(b, ",\"%s\":%lld", key, (long long)v);
}

void fb_resolved_put_json(struct fb_buf *b, const struct fb_resolved_entry *e)
{
    char t[FB_TIME_STRLEN], a[FB_ADDR_STRLEN];
    struct fb_cur list = fb_cur_init(e->names.p, e->names.n);
    struct fb_span name;
    fb_addr_format(&e->addr, a);
    fb_buf_printf(b, "{\"address\":\"%s\",\"outcome\":", a);
    fb_escape_json(b, e->outcome.p, e->outcome.n);
    fb_buf_puts(b, ",\"names\":[");
    for (bool any = false; fb_rec_next_item(&list, &name); any = true) {
        fb_buf_puts(b, any ? "," : "");
        fb_escape_json(b, name.p, name.n);
    }
    fb_buf_puts(b, "],\"server\":");
    fb_escape_json(b, e->server.p, e->server.n);
    fb_time_format(e->asked_ns, t);
    fb_buf_printf(b, ",\"asked\":\"%s\",\"tcp\":%s", t, e->tcp ? "true" : "false");
    put_number(b, "ttl", e->ttl_s);
    put_number(b, "rcode", e->rcode);
    put_number(b, "by_run", e->by_run);
    fb_buf_putc(b, '}');
}
