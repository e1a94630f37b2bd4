#include "intel/packs/pack.h"

void fb_pack_build_init(struct fb_pack_build *b)
{
    *b = (struct fb_pack_build){.n = 0};
    fb_buf_init(&b->bytes, FB_PACK_BYTES_MAX);
}

void fb_pack_build_release(struct fb_pack_build *b)
{
    fb_buf_release(&b->bytes);
    b->n = 0;
}

static void put_text(struct fb_buf *row, struct fb_span s)
{
    s.n ? fb_rec_bytes(row, s.p, s.n) : fb_rec_null(row);
}

void fb_dataset_put(struct fb_buf *row, const struct fb_dataset_info *info, bool with_files)
{
    put_text(row, info->name);
    fb_rec_int(row, info->kind);
    put_text(row, info->version);
    put_text(row, info->date);
    put_text(row, info->source);
    put_text(row, info->licence);
    fb_rec_int(row, (int64_t)info->entries);
    if (with_files)
        fb_rec_bytes(row, info->files.p, info->files.n);
    else
        fb_rec_null(row);
    fb_rec_bytes(row, info->digest.b, sizeof info->digest.b);
}

static void put_row(struct fb_buf *row, const struct fb_dataset_info *info, struct fb_span body)
{
    struct fb_dataset_info with = *info;
    struct fb_digest_state s;
    fb_digest_init(&s, "fb.dataset");
    fb_digest_update_le64(&s, (uint64_t)info->kind);
    fb_digest_update_field(&s, body.p, body.n);
    fb_digest_final(&s, &with.digest);
    fb_dataset_put(row, &with, true);
}

/* Where the part with that name and kind stands, or b->n. */
static size_t find_part(const struct fb_pack_build *b, const struct fb_dataset_info *info)
{
    struct fb_rec_cell c[FB_DATASET_COLS];
    for (size_t i = 0; i < b->n; i++) {
        const struct fb_pack_part *p = &b->part[i];
        struct fb_span row = {b->bytes.data + p->row_off, p->row_n};
        if (fb_rec_read(&fb_dataset_def, row, c) && c[FB_DATASET_KIND].i == (int64_t)info->kind &&
            c[FB_DATASET_NAME].s.n == info->name.n &&
            memcmp(c[FB_DATASET_NAME].s.p, info->name.p, info->name.n) == 0)
            return i;
    }
    return b->n;
}

enum fb_status fb_pack_build_add(struct fb_pack_build *b, const struct fb_dataset_info *info,
                                 struct fb_span body, struct fb_err *err)
{
    struct fb_buf row;
    if (!info->name.n)
        return fb_err_set(err, FB_ERR_USAGE, "a data set needs a name");
    size_t at = find_part(b, info);
    if (at == FB_PACK_SETS_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %d data sets in one pack", FB_PACK_SETS_MAX);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    put_row(&row, info, body);
    struct fb_pack_part p = {.row_off = b->bytes.len, .row_n = row.len, .body_n = body.n};
    fb_buf_put(&b->bytes, row.data, row.len);
    p.body_off = b->bytes.len;
    fb_buf_put(&b->bytes, body.p, body.n);
    bool failed = row.failed || b->bytes.failed;
    fb_buf_release(&row);
    if (failed)
        return fb_err_set(err, FB_ERR_LIMIT, "the pack is larger than 1 GiB, or memory ran out");
    b->part[at] = p;
    b->n += at == b->n;
    return FB_OK;
}

static void put_be(struct fb_buf *out, uint64_t v, unsigned bytes)
{
    for (unsigned i = bytes; i--;)
        fb_buf_putc(out, (char)(v >> 8 * i));
}

enum fb_status fb_pack_build_finish(const struct fb_pack_build *b, struct fb_buf *out, struct fb_err *err)
{
    struct fb_digest_state s;
    struct fb_digest d;
    size_t start = out->len;
    fb_buf_puts(out, "FBPACK1\n");
    put_be(out, b->n, 4);
    for (size_t i = 0; i < b->n; i++) {
        put_be(out, b->part[i].row_n, 4);
        put_be(out, b->part[i].body_n, 8);
        fb_buf_put(out, b->bytes.data + b->part[i].row_off, b->part[i].row_n);
    }
    for (size_t i = 0; i < b->n; i++)
        fb_buf_put(out, b->bytes.data + b->part[i].body_off, b->part[i].body_n);
    if (out->failed)
        return fb_err_set(err, FB_ERR_LIMIT, "the pack is larger than 1 GiB, or memory ran out");
    fb_digest_init(&s, "fb.pack");
    fb_digest_update(&s, out->data + start, out->len - start);
    fb_digest_final(&s, &d);
    fb_buf_put(out, d.b, sizeof d.b);
    return out->failed ? fb_err_nomem(err, "a pack") : FB_OK;
}
