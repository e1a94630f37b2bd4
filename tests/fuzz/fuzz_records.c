/* Tables of records. Byte 0 picks a table, byte 1 what the rest is: an even number one row, which is read
 * and, when it is one, written into a chunk and read back; an odd one a column of a chunk of that table, of
 * which byte 2 says which, read against good others. */
#include "store/rec_chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 50u

struct input {
    struct fb_rec_blobs *good;
    unsigned group;
    struct fb_span bytes;
};

static struct fb_zip zip;
static volatile uint64_t sink; /* so that reads are not optimised away */

static enum fb_status fetch(void *ctx, uint64_t rid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    const struct input *in = ctx;
    const struct fb_buf *b = &in->good->group[group];
    struct fb_span from = group == in->group ? in->bytes : (struct fb_span){b->data, b->len};
    (void)rid;
    *n = from.n;
    *p = malloc(from.n + 1);
    if (!*p)
        return fb_err_nomem(err, "a blob");
    if (from.n)
        memcpy(*p, from.p, from.n);
    return FB_OK;
}

/* A row of a definition whose cells hold something. */
static void fill(const struct fb_rec_def *def, uint32_t i, struct fb_buf *row)
{
    struct fb_addr a = {{[10] = 0xff, 0xff, 10, 0, 0, (uint8_t)i}};
    struct fb_buf items;
    uint8_t room[64];
    fb_buf_clear(row);
    for (size_t k = 0; k < def->ncols; k++) {
        items = (struct fb_buf){.data = room, .cap = sizeof room, .max = sizeof room};
        fb_rec_item(&items, "item", 1 + i % 4);
        if ((i + k) % 5 == 0)
            fb_rec_null(row);
        else if (def->cols[k].type == FB_REC_INT || def->cols[k].type == FB_REC_TIME)
            fb_rec_int(row, (int64_t)i * 1000 - 7);
        else if (def->cols[k].type == FB_REC_ADDR)
            fb_rec_addr(row, &a);
        else if (def->cols[k].type == FB_REC_LIST)
            fb_rec_list(row, &items);
        else
            fb_rec_text(row, i % 2 ? "www.example.com" : "x");
    }
}

static void add(struct fb_rec_batch *b, struct fb_span row, uint32_t i)
{
    struct fb_rec_at at = {.number = 1 + i, .ordinal = 1 + i, .ts_ns = 1000 + i};
    FB_BUG(fb_rec_batch_check(b, row, NULL) != FB_OK || fb_rec_batch_add(b, &at, NULL) != FB_OK);
}

static void read_chunk(struct fb_rec_blobs *blobs, const struct fb_rec_def *def, struct input *in)
{
    struct fb_rec_cell cell;
    struct fb_rec_at at;
    struct fb_rec_meta meta = blobs->meta;
    const uint32_t *rows;
    uint32_t n;
    meta.rid = 1;
    struct fb_rec_chunk *k = fb_rec_chunk_open(&zip, def, &meta, fetch, in);
    FB_BUG(!k);
    for (uint32_t i = 0; i < meta.nrows; i++) {
        sink += fb_rec_chunk_at(k, i, &at);
        for (size_t c = 0; c < def->ncols; c++)
            if (fb_rec_chunk_cell(k, c, i, &cell) && !cell.null)
                sink += cell.s.n ? cell.s.p[cell.s.n - 1] : (uint64_t)cell.i;
    }
    sink += fb_rec_chunk_find(k, 3, &rows, &n);
    for (size_t c = 0; c < def->ncols; c++)
        sink += fb_rec_chunk_may_have(k, c, (struct fb_span){(const uint8_t *)"x", 1});
    FB_BUG(in->group == FB_REC_GROUPS &&
           fb_rec_chunk_failed(k, NULL) != FB_OK); /* what was written can be read */
    fb_rec_chunk_close(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_rec_batch batch;
    struct fb_rec_blobs blobs;
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    struct fb_buf row;
    size_t tables = 0;
    if (size < 3 || (!zip.cc && !fb_zip_init(&zip, 3)))
        return 0;
    while (fb_rec_known(tables))
        tables++;
    const struct fb_rec_def *def = fb_rec_known(data[0] % tables);
    struct fb_span rest = {data + 3, size - 3};
    FB_BUG(!fb_rec_batch_init(&batch, def));
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    for (uint32_t i = 0; i < ROWS; i++) {
        fill(def, i, &row);
        add(&batch, (struct fb_span){row.data, row.len}, i);
    }
    struct input in = {&blobs, FB_REC_GROUPS, rest};
    if (data[1] & 1)
        in.group = data[2] % (unsigned)(def->ncols + 1);
    else if (fb_rec_read(def, rest, cells) && fb_rec_batch_check(&batch, rest, NULL) == FB_OK)
        add(&batch, rest, ROWS);
    FB_BUG(fb_rec_batch_encode(&batch, &zip, &blobs, NULL) != FB_OK);
    read_chunk(&blobs, def, &in);
    fb_rec_blobs_release(&blobs);
    fb_rec_batch_release(&batch);
    fb_buf_release(&row);
    return 0;
}
