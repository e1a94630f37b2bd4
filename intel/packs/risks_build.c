/* Vulnerabilities of several documents, joined. */
#include "intel/packs/pack_def.h"
#include "intel/packs/risks.h"

struct fb_risk_at {
    const uint8_t *base; /* set when sorting */
    size_t off;
    uint32_t key_n, row_n, seq;
};

void fb_risk_build_init(struct fb_risk_build *b)
{
    *b = (struct fb_risk_build){0};
    fb_buf_init(&b->bytes, FB_ROW_BYTES_MAX);
}

void fb_risk_build_release(struct fb_risk_build *b)
{
    fb_buf_release(&b->bytes);
    free(b->at);
    *b = (struct fb_risk_build){0};
}

static void put_text(struct fb_buf *row, struct fb_span s)
{
    s.n ? fb_rec_bytes(row, s.p, s.n) : fb_rec_null(row);
}

static void put_row(struct fb_buf *row, const struct fb_risk_entry *e)
{
    e->port >= 0 ? fb_rec_int(row, e->port) : fb_rec_null(row);
    e->port >= 0 && e->ip_proto ? fb_rec_int(row, e->ip_proto) : fb_rec_null(row);
    e->port >= 0 ? fb_rec_null(row) : fb_rec_bytes(row, e->vendor.p, e->vendor.n);
    fb_rec_int(row, e->severity);
    fb_rec_int(row, (int64_t)(e->count > INT64_MAX ? INT64_MAX : e->count));
    put_text(row, e->name);
    put_text(row, e->about);
    put_text(row, e->source);
    put_text(row, e->date);
    fb_rec_list(row, e->items);
}

/* Ports first, by number and protocol; then vendors by their small letters. */
static void put_key(struct fb_buf *key, const struct fb_risk_entry *e)
{
    fb_buf_putc(key, e->port >= 0 ? 0 : 1);
    if (e->port >= 0) {
        const uint8_t k[3] = {(uint8_t)(e->port >> 8), (uint8_t)e->port, e->ip_proto};
        fb_buf_put(key, k, sizeof k);
        return;
    }
    for (size_t i = 0; i < e->vendor.n; i++) {
        uint8_t c = e->vendor.p[i];
        fb_buf_putc(key, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
}

enum fb_status fb_risk_build_add(struct fb_risk_build *b, const struct fb_risk_entry *e, struct fb_err *err)
{
    struct fb_buf row, key;
    if (b->n == FB_ROW_SET_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %u entries about vulnerabilities", FB_ROW_SET_MAX);
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        struct fb_risk_at *at = realloc(b->at, cap * sizeof *at);
        if (!at)
            return fb_err_nomem(err, "vulnerabilities");
        b->at = at;
        b->cap = cap;
    }
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_buf_init(&key, FB_REC_BYTES_MAX);
    put_row(&row, e);
    put_key(&key, e);
    bool fits = !row.failed && !key.failed;
    if (fits) {
        b->at[b->n] =
            (struct fb_risk_at){NULL, b->bytes.len, (uint32_t)key.len, (uint32_t)row.len, (uint32_t)b->n};
        fb_buf_put(&b->bytes, key.data, key.len);
        fb_buf_put(&b->bytes, row.data, row.len);
        b->n++;
    }
    fb_buf_release(&row);
    fb_buf_release(&key);
    if (!fits)
        return fb_err_set(err, FB_ERR_LIMIT, "an entry about a vulnerability is larger than %u bytes",
                          FB_REC_BYTES_MAX);
    return b->bytes.failed ? fb_err_nomem(err, "vulnerabilities") : FB_OK;
}

static int key_cmp(const struct fb_risk_at *x, const struct fb_risk_at *y)
{
    size_t n = x->key_n < y->key_n ? x->key_n : y->key_n;
    int c = memcmp(x->base + x->off, y->base + y->off, n);
    return c ? c : (x->key_n > y->key_n) - (x->key_n < y->key_n);
}

static int at_cmp(const void *a, const void *b)
{
    const struct fb_risk_at *x = a, *y = b;
    int c = key_cmp(x, y);
    return c ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Names of one joined entry, so that none is listed twice. */
struct names {
    struct fb_span name[FB_RISK_ITEMS_MAX];
    size_t n;
};

static bool is_new(const struct names *all, struct fb_span s)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->name[i].n == s.n && (!s.n || memcmp(all->name[i].p, s.p, s.n) == 0))
            return false;
    return true;
}

static void join_items(struct names *all, struct fb_span list, struct fb_buf *items)
{
    struct fb_cur c = fb_cur_init(list.p, list.n);
    struct fb_span name, about;
    while (fb_rec_next_item(&c, &name) && fb_rec_next_item(&c, &about)) {
        if (all->n == FB_RISK_ITEMS_MAX || !is_new(all, name))
            continue;
        if (items->len + name.n + about.n + 16 > items->max)
            continue; /* counted, not listed */
        all->name[all->n++] = name;
        fb_rec_item(items, name.p, name.n);
        fb_rec_item(items, about.p, about.n);
    }
}

static void take_first(struct fb_span *to, const struct fb_rec_cell *c)
{
    if (!to->n && !c->null)
        *to = c->s;
}

/* Adds one row of the group to the joined entry. */
static void join(struct fb_risk_entry *e, struct names *all, struct fb_buf *items, struct fb_span row)
{
    struct fb_rec_cell c[FB_RISK_COLS];
    FB_BUG(!fb_rec_read(&fb_risk_def, row, c));
    e->port = c[FB_RISK_PORT].null ? -1 : (int)c[FB_RISK_PORT].i;
    e->ip_proto = c[FB_RISK_PROTO].null ? 0 : (uint8_t)c[FB_RISK_PROTO].i;
    if (c[FB_RISK_SEVERITY].i > (int64_t)e->severity)
        e->severity = (enum fb_severity)c[FB_RISK_SEVERITY].i;
    if ((uint64_t)c[FB_RISK_COUNT].i > e->count)
        e->count = (uint64_t)c[FB_RISK_COUNT].i;
    take_first(&e->vendor, &c[FB_RISK_VENDOR]);
    take_first(&e->name, &c[FB_RISK_NAME]);
    take_first(&e->about, &c[FB_RISK_ABOUT]);
    take_first(&e->source, &c[FB_RISK_SOURCE]);
    take_first(&e->date, &c[FB_RISK_DATE]);
    join_items(all, c[FB_RISK_ITEMS].s, items);
}

/* The rows at[0 ... n-1] have one key. */
static enum fb_status put_group(const struct fb_risk_at *at, size_t n, struct names *all, struct fb_buf *out,
                                struct fb_err *err)
{
    struct fb_risk_entry e = {0};
    struct fb_buf items, row;
    fb_buf_init(&items, FB_REC_BYTES_MAX / 2);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    all->n = 0;
    for (size_t i = 0; i < n; i++)
        join(&e, all, &items, (struct fb_span){at[i].base + at[i].off + at[i].key_n, at[i].row_n});
    if (e.count < all->n)
        e.count = all->n;
    e.items = &items;
    put_row(&row, &e);
    enum fb_status st = FB_OK;
    if (row.failed)
        st = fb_err_set(err, FB_ERR_LIMIT, "joined entries about a vulnerability are larger than %u bytes",
                        FB_REC_BYTES_MAX);
    fb_buf_put_varint(out, row.len);
    fb_buf_put(out, row.data, row.len);
    fb_buf_release(&items);
    fb_buf_release(&row);
    return st;
}

enum fb_status fb_risk_build_finish(struct fb_risk_build *b, struct fb_buf *out, uint64_t *entries,
                                    struct fb_err *err)
{
    struct names *all = malloc(sizeof *all);
    enum fb_status st = all ? FB_OK : fb_err_nomem(err, "vulnerabilities");
    *entries = 0;
    for (size_t i = 0; i < b->n; i++)
        b->at[i].base = b->bytes.data;
    if (b->n)
        qsort(b->at, b->n, sizeof *b->at, at_cmp);
    for (size_t i = 0; i < b->n; i++)
        *entries += i == 0 || key_cmp(&b->at[i - 1], &b->at[i]) != 0;
    fb_buf_put_varint(out, *entries);
    for (size_t i = 0, n; st == FB_OK && i < b->n; i += n) {
        for (n = 1; i + n < b->n && key_cmp(&b->at[i], &b->at[i + n]) == 0;)
            n++;
        st = put_group(b->at + i, n, all, out, err);
    }
    free(all);
    return st == FB_OK && out->failed ? fb_err_nomem(err, "vulnerabilities") : st;
}
