#include "cli/diff_print.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/table.h"

static const char *const change_names[] = {"same", "new", "gone", "changed"};

static uint64_t larger(const struct fb_tally_item *i)
{
    uint64_t a = fb_tally_total(i, 0), b = fb_tally_total(i, 1);
    return a > b ? a : b;
}

static int in_order(const void *pa, const void *pb)
{
    const struct fb_diff_change *x = pa, *y = pb;
    if (x->item->kind != y->item->kind)
        return x->item->kind < y->item->kind ? -1 : 1;
    if (x->verdict.change != y->verdict.change)
        return x->verdict.change < y->verdict.change ? -1 : 1;
    uint64_t a = larger(x->item), b = larger(y->item);
    if (a != b)
        return a > b ? -1 : 1;
    if (x->item->text && y->item->text)
        return strcmp(x->item->text, y->item->text);
    int c = memcmp(x->item->key, y->item->key, FB_TALLY_KEY_MAX);
    return c ? c : (x->item->len > y->item->len) - (x->item->len < y->item->len);
}

/* `list`: hosts that are new or gone, by address. */
static bool told_of(const struct fb_diff_change *const *list, size_t n, const uint8_t *addr, unsigned change)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(list[mid]->item->key, addr, 16) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && memcmp(list[lo]->item->key, addr, 16) == 0 && list[lo]->verdict.change == change;
}

static int by_address(const void *pa, const void *pb)
{
    const struct fb_diff_change *a = *(const struct fb_diff_change *const *)pa;
    const struct fb_diff_change *b = *(const struct fb_diff_change *const *)pb;
    return memcmp(a->item->key, b->item->key, 16);
}

void fb_diff_arrange(struct fb_diff *d)
{
    const struct fb_diff_change **hosts = calloc(d->n ? d->n : 1, sizeof *hosts);
    size_t nhosts = 0, kept = 0;
    for (size_t i = 0; hosts && i < d->n; i++)
        if (d->change[i].item->kind == FB_TALLY_HOST && d->change[i].verdict.change != FB_CHANGED)
            hosts[nhosts++] = &d->change[i];
    if (nhosts)
        qsort(hosts, nhosts, sizeof *hosts, by_address);
    bool *drop = calloc(d->n ? d->n : 1, sizeof *drop);
    for (size_t i = 0; nhosts && drop && i < d->n; i++) {
        const struct fb_diff_change *c = &d->change[i];
        drop[i] = c->item->kind == FB_TALLY_TALKER &&
                  (told_of(hosts, nhosts, c->item->key, c->verdict.change) ||
                   told_of(hosts, nhosts, c->item->key + 16, c->verdict.change));
    }
    for (size_t i = 0; drop && i < d->n; i++) {
        if (drop[i])
            d->explained++;
        else
            d->change[kept++] = d->change[i];
    }
    if (drop)
        d->n = kept;
    free(drop);
    free(hosts);
    if (d->n)
        qsort(d->change, d->n, sizeof *d->change, in_order);
}

/* ---- words ---- */

static void put_tenths(struct fb_buf *b, uint64_t v10)
{
    fb_buf_put_u64dec(b, v10 / 10);
    fb_buf_printf(b, ".%u", (unsigned)(v10 % 10));
}

static void put_why(struct fb_buf *b, const struct fb_diff *d, const struct fb_diff_change *c)
{
    const struct fb_tally_item *i = c->item;
    const struct fb_noise *noise = &d->noise[i->kind];
    uint64_t a = fb_tally_total(i, 0), n = fb_tally_total(i, 1);
    unsigned side = c->verdict.change == FB_NEW ? 0 : 1;
    if (c->verdict.change != FB_CHANGED) {
        fb_buf_printf(b,
                      "%llu sessions, none in %s; what comes and goes within %s by itself has at most %llu",
                      (unsigned long long)(side == 0 ? n : a), side == 0 ? "A" : "B", side == 0 ? "A" : "B",
                      (unsigned long long)noise->turnover[side]);
        return;
    }
    uint64_t rate[2] = {fb_noise_rate10(&d->tally, 0, a), fb_noise_rate10(&d->tally, 1, n)};
    bool up = rate[1] >= rate[0];
    uint64_t low = rate[!up], high = rate[up];
    fb_buf_puts(b, up ? "rate up by a factor of " : "rate down by a factor of ");
    put_tenths(b, low ? high / low * 10 + high % low * 10 / low : high);
    fb_buf_puts(b, ", ");
    put_tenths(b, c->verdict.z_milli / 100);
    fb_buf_puts(b, " standard deviations of the noise (variance ");
    put_tenths(b, noise->spread_milli / 100);
    fb_buf_puts(b, " x Poisson)");
}

static void put_what(struct fb_buf *b, const struct fb_tally_item *i)
{
    char text[FB_TALLY_TEXT_MAX];
    fb_tally_text(i, text, sizeof text);
    fb_buf_puts(b, text);
}

/* ---- JSON ---- */

static void put_side(struct fb_buf *b, const struct fb_diff *d, const struct fb_tally_item *i, unsigned side)
{
    uint64_t n = fb_tally_total(i, side);
    fb_buf_printf(b, "\"%s\":{\"sessions\":%llu,\"bytes\":%llu,\"per_hour\":", side ? "b" : "a",
                  (unsigned long long)n, (unsigned long long)i->bytes[side]);
    put_tenths(b, fb_noise_rate10(&d->tally, side, n));
    fb_buf_putc(b, '}');
}

static void put_json(struct fb_buf *b, struct fb_buf *text, const struct fb_diff *d,
                     const struct fb_diff_change *c)
{
    fb_buf_printf(b, "{\"change\":\"%s\",\"kind\":\"%s\",\"what\":", change_names[c->verdict.change],
                  fb_tally_kind_name(c->item->kind));
    fb_buf_clear(text);
    put_what(text, c->item);
    fb_escape_json(b, text->data, text->len);
    if (c->item->kind == FB_TALLY_SERVICE) {
        fb_buf_puts(b, ",\"service\":");
        fb_escape_json(b, c->item->label, strlen(c->item->label));
    }
    fb_buf_putc(b, ',');
    put_side(b, d, c->item, 0);
    fb_buf_putc(b, ',');
    put_side(b, d, c->item, 1);
    fb_buf_puts(b, ",\"z\":");
    fb_buf_put_u64dec(b, c->verdict.z_milli / 1000);
    fb_buf_printf(b, ".%03u,\"why\":", (unsigned)(c->verdict.z_milli % 1000));
    fb_buf_clear(text);
    put_why(text, d, c);
    fb_escape_json(b, text->data, text->len);
    fb_buf_puts(b, "}\n");
}

/* ---- table ---- */

static void cell_u64(struct fb_table *t, struct fb_buf *b, uint64_t v, bool tenths)
{
    fb_buf_clear(b);
    if (tenths)
        put_tenths(b, v);
    else
        fb_buf_put_u64dec(b, v);
    fb_table_cell(t, b->data, b->len);
}

static void put_row(struct fb_table *t, struct fb_buf *b, const struct fb_diff *d,
                    const struct fb_diff_change *c)
{
    const struct fb_tally_item *i = c->item;
    const char *change = change_names[c->verdict.change], *kind = fb_tally_kind_name(i->kind);
    fb_table_cell(t, change, strlen(change));
    fb_table_cell(t, kind, strlen(kind));
    fb_buf_clear(b);
    put_what(b, i);
    if (i->kind == FB_TALLY_SERVICE && i->label[0])
        fb_buf_printf(b, " (%s)", i->label);
    fb_table_cell(t, b->data, b->len);
    for (unsigned side = 0; side < 2; side++) {
        cell_u64(t, b, fb_tally_total(i, side), false);
        cell_u64(t, b, fb_noise_rate10(&d->tally, side, fb_tally_total(i, side)), true);
    }
    fb_buf_clear(b);
    put_why(b, d, c);
    fb_table_cell(t, b->data, b->len);
}

/* What lists and model say of a case, when they say it of both. */
static void put_layers(struct fb_buf *b, const struct fb_diff *d, unsigned side)
{
    const struct fb_layer_counts *n = &d->layers[side];
    if (d->layers[0].listed && d->layers[1].listed)
        fb_buf_printf(b, "; conformance: %s, %llu nonconforming, %llu blacklisted", fb_layer_conformance(n),
                      (unsigned long long)n->nonconforming, (unsigned long long)n->blacklisted);
    if (d->layers[0].scored && d->layers[1].scored)
        fb_buf_printf(b, "; %llu abnormal, %llu suspicious", (unsigned long long)n->abnormal,
                      (unsigned long long)n->suspicious);
}

static void put_heads(struct fb_buf *b, const struct fb_diff *d)
{
    for (unsigned side = 0; side < 2; side++) {
        char length[FB_TIME_STRLEN];
        fb_time_format_human(d->tally.span_ns[side], length);
        fb_buf_printf(b, "%s: ", side ? "B" : "A");
        fb_escape_term(b, d->name[side], strlen(d->name[side]));
        fb_buf_printf(b, ", %llu session%s in %s", (unsigned long long)d->tally.sessions[side],
                      d->tally.sessions[side] == 1 ? "" : "s", length);
        put_layers(b, d, side);
        fb_buf_putc(b, '\n');
    }
}

static enum fb_status print_table(const struct fb_diff *d, struct fb_out *out, struct fb_err *err)
{
    static const char *const heading[] = {"change",     "kind",       "what",       "A sessions",
                                          "A per hour", "B sessions", "B per hour", "why"};
    static const bool right[] = {false, false, false, true, true, true, true, false};
    struct fb_table *t;
    struct fb_buf b;
    uint64_t of_kind = 0, hidden = 0;
    put_heads(&out->buf, d);
    if (d->n == 0) {
        fb_buf_puts(&out->buf, "no change beyond the noise\n");
        return FB_OK;
    }
    FB_TRY(fb_table_new(out, heading, right, 8, &t, err));
    fb_table_spare(t, "A per hour,B per hour");
    fb_buf_init(&b, 65536);
    for (size_t i = 0; i < d->n; i++) {
        of_kind = i && d->change[i].item->kind == d->change[i - 1].item->kind ? of_kind + 1 : 1;
        if (d->limit && of_kind > d->limit) {
            hidden++;
            continue;
        }
        put_row(t, &b, d, &d->change[i]);
        if (fb_table_end_row(t) != FB_OK)
            break;
    }
    fb_buf_release(&b);
    enum fb_status st = fb_table_finish(t);
    if (hidden)
        fb_buf_printf(&out->buf, "%llu more changes: --limit 0 shows all\n", (unsigned long long)hidden);
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_diff_print(const struct fb_diff *d, struct fb_err *err)
{
    struct fb_out out;
    FB_TRY(fb_out_open(&out, NULL, err));
    enum fb_status st = FB_OK;
    if (d->json) {
        struct fb_buf text;
        fb_buf_init(&text, 65536);
        for (size_t i = 0; i < d->n && st == FB_OK; i++) {
            put_json(&out.buf, &text, d, &d->change[i]);
            st = fb_out_row(&out);
        }
        fb_buf_release(&text);
        st = st == FB_EOF ? FB_OK : st;
    } else {
        st = print_table(d, &out, err);
    }
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? err : NULL);
    return st == FB_OK ? closed : st;
}
