#include "intel/lists/list_verdict_row.h"

#include "base/digest.h"
#include "base/record.h"

void fb_list_put_near(struct fb_buf *out, const struct fb_list_set *s, const struct fb_list_near *n)
{
    const struct fb_list_active *active;
    fb_list_set_endpoints(s, &active);
    fb_buf_puts(out, active[n->active].list->name);
    fb_buf_putc(out, '[');
    fb_buf_put_u64dec(out, active[n->active].endpoint->number);
    fb_buf_puts(out, "]:");
    for (unsigned bit = 1; bit <= FB_LIST_BY_AS_OWNER; bit <<= 1) {
        if (!(n->failed & bit))
            continue;
        fb_buf_putc(out, ' ');
        fb_buf_puts(out, fb_list_criterion_name(bit));
        if (n->failed & FB_LIST_NOT_KNOWN(bit))
            fb_buf_puts(out, " (not known)");
    }
}

void fb_list_put_criterion(struct fb_buf *out, const struct fb_list_verdict *v)
{
    char text[FB_LIST_RANGE_STRLEN];
    fb_buf_puts(out, v->criterion ? fb_list_criterion_name(v->criterion) : "everything");
    if (v->domain || v->ip)
        fb_buf_putc(out, ' ');
    if (v->domain)
        fb_buf_put(out, v->domain->text, v->domain->n);
    if (v->ip)
        fb_buf_put(out, text, fb_list_range_format(v->ip, text));
}

void fb_list_put_hit(struct fb_buf *out, const struct fb_list_set *s, const struct fb_list_hit *h)
{
    const struct fb_list_black_active *black;
    char hex[FB_DIGEST_HEXLEN];
    fb_list_set_blacklists(s, &black);
    const struct fb_list_file *f = black[h->black].file;
    const char *updated = black[h->black].list->last_updated, *date = f->date ? f->date : updated;
    fb_list_hit_entry(s, h, out);
    fb_hex(f->sha256, sizeof f->sha256, hex);
    fb_buf_printf(out, " (%s, line %u, %s, sha256 %s)", h->orig ? "orig" : "resp", h->line,
                  date && *date ? date : "no date", hex);
}

static void put_nearest(struct fb_buf *row, const struct fb_list_set *s, const struct fb_list_verdict *v,
                        struct fb_buf *scratch)
{
    struct fb_buf items;
    if (v->conformance != FB_LIST_NONCONFORMING) {
        fb_rec_null(row);
        return;
    }
    fb_buf_init(&items, FB_REC_BYTES_MAX);
    for (size_t i = 0; i < v->nnear; i++) {
        fb_buf_clear(scratch);
        fb_list_put_near(scratch, s, &v->near[i]);
        fb_rec_item(&items, scratch->data, scratch->len);
    }
    fb_rec_list(row, &items);
    row->failed |= items.failed;
    fb_buf_release(&items);
}

static void put_hits(struct fb_buf *row, const struct fb_list_set *s, const struct fb_list_verdict *v,
                     struct fb_buf *scratch)
{
    const struct fb_list_black_active *black;
    struct fb_buf names, entries;
    if (v->nhits == 0) {
        fb_rec_null(row);
        fb_rec_null(row);
        return;
    }
    fb_list_set_blacklists(s, &black);
    fb_buf_init(&names, FB_REC_BYTES_MAX);
    fb_buf_init(&entries, FB_REC_BYTES_MAX);
    for (size_t i = 0; i < v->nhits && entries.len < FB_REC_BYTES_MAX / 2; i++) {
        const char *name = black[v->hit[i].black].list->name;
        fb_rec_item(&names, name, strlen(name));
        fb_buf_clear(scratch);
        fb_list_put_hit(scratch, s, &v->hit[i]);
        fb_rec_item(&entries, scratch->data, scratch->len);
    }
    fb_rec_list(row, &names);
    fb_rec_list(row, &entries);
    row->failed |= names.failed || entries.failed;
    fb_buf_release(&names);
    fb_buf_release(&entries);
}

void fb_list_put_verdict(struct fb_buf *row, const struct fb_list_set *s, const struct fb_list_verdict *v,
                         struct fb_buf *scratch)
{
    const struct fb_list_active *active;
    fb_list_set_endpoints(s, &active);
    fb_rec_text(row, fb_list_conformance_name(v->conformance));
    if (v->conformance == FB_LIST_CONFORMING) {
        fb_rec_text(row, active[v->active].list->name);
        fb_rec_int(row, active[v->active].endpoint->number);
        fb_buf_clear(scratch);
        fb_list_put_criterion(scratch, v);
        fb_rec_bytes(row, scratch->data, scratch->len);
    } else {
        fb_rec_null(row);
        fb_rec_null(row);
        fb_rec_null(row);
    }
    put_nearest(row, s, v, scratch);
    put_hits(row, s, v, scratch);
    row->failed |= scratch->failed;
}
