/* Records to columns. */
#include "store/chunk.h"
#include "store/rec_chunk.h"
#include "store/rec_streams.h"

static bool init(struct fb_rec_batch *b, const struct fb_rec_def *def, uint32_t rows, size_t bytes)
{
    FB_BUG(def->ncols == 0 || def->ncols > FB_REC_COLS_MAX);
    *b = (struct fb_rec_batch){.def = def, .cap = rows};
    fb_buf_init(&b->rows, bytes + FB_REC_BYTES_MAX);
    fb_buf_init(&b->canon, 2 * FB_REC_BYTES_MAX);
    b->at = malloc(rows * sizeof *b->at);
    b->end = malloc(rows * sizeof *b->end);
    return b->at && b->end;
}

bool fb_rec_batch_init(struct fb_rec_batch *b, const struct fb_rec_def *def)
{
    return init(b, def, FB_REC_ROWS, FB_REC_BATCH_MAX);
}

bool fb_rec_batch_init_held(struct fb_rec_batch *b, const struct fb_rec_def *def)
{
    return init(b, def, FB_REC_ROWS + FB_REC_HELD_ROWS, FB_REC_BATCH_MAX + FB_REC_HELD_BYTES);
}

void fb_rec_batch_release(struct fb_rec_batch *b)
{
    fb_buf_release(&b->rows);
    fb_buf_release(&b->canon);
    free(b->at);
    free(b->end);
    *b = (struct fb_rec_batch){0};
}

void fb_rec_batch_clear(struct fb_rec_batch *b)
{
    fb_buf_clear(&b->rows);
    b->n = 0;
    b->disordered = false;
}

enum fb_status fb_rec_batch_check(struct fb_rec_batch *b, struct fb_span row, struct fb_err *err)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    fb_buf_clear(&b->canon);
    if (row.n > FB_REC_BYTES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "a row of table %s is longer than %u bytes", b->def->name,
                          FB_REC_BYTES_MAX);
    if (!fb_rec_read(b->def, row, cells))
        return fb_err_set(err, FB_ERR_USAGE, "a row of table %s is not of its definition", b->def->name);
    for (size_t i = 0; i < b->def->ncols; i++)
        fb_rec_put(&b->canon, b->def->cols[i].type, &cells[i]);
    return b->canon.failed ? fb_err_nomem(err, "a row") : FB_OK;
}

static uint64_t window_of(uint64_t number)
{
    return (number - 1) / FB_REC_ROWS;
}

bool fb_rec_batch_full(const struct fb_rec_batch *b, const struct fb_rec_at *at)
{
    return b->n == FB_REC_ROWS || (b->n > 0 && b->rows.len + b->canon.len > FB_REC_BATCH_MAX) ||
           (b->n > 0 && b->def->order == FB_REC_SESSIONS &&
            window_of(at->number) != window_of(b->at[b->n - 1].number));
}

enum fb_status fb_rec_batch_add(struct fb_rec_batch *b, const struct fb_rec_at *at, struct fb_err *err)
{
    FB_BUG(b->n == b->cap);
    fb_buf_put(&b->rows, b->canon.data, b->canon.len);
    if (b->rows.failed)
        return fb_err_nomem(err, "the rows of a table");
    bool events = b->def->order == FB_REC_EVENTS;
    b->at[b->n] = (struct fb_rec_at){.number = b->def->order == FB_REC_ROWS ? 0 : at->number,
                                     .ordinal = events ? at->ordinal : 0,
                                     .ts_ns = events ? at->ts_ns : 0};
    b->disordered |= events && b->n > 0 && fb_rec_at_compare(&b->at[b->n], &b->at[b->n - 1]) < 0;
    b->end[b->n++] = (uint32_t)b->rows.len;
    return FB_OK;
}

void fb_rec_digest_row(struct fb_digest_state *d, enum fb_rec_order order, const struct fb_rec_at *at,
                       struct fb_span row)
{
    uint8_t head[30];
    size_t n = 0;
    if (order != FB_REC_ROWS)
        n += fb_put_varint(head + n, at->number);
    if (order == FB_REC_EVENTS)
        n += fb_put_varint(head + n, fb_zigzag(at->ts_ns));
    n += fb_put_varint(head + n, row.n);
    fb_digest_update(d, head, n);
    fb_digest_update(d, row.p, row.n);
}

/* ---- encoding ---- */

struct work {
    const struct fb_rec_batch *b;
    uint32_t n; /* of its rows, the first ones */
    struct fb_zip *zip;
    uint32_t *next; /* of each row: where its next cell begins */
    uint64_t *v, *nulls;
    struct fb_dict_builder dict;
    struct fb_buf dir, body, bytes;
    unsigned streams;
};

static void put_ints(struct work *w, unsigned id, const uint64_t *v, bool is_signed)
{
    fb_column_encode(w->zip, id, v, w->n, is_signed, &w->dir, &w->body);
    w->streams++;
}

static void close_group(struct work *w, struct fb_buf *out)
{
    fb_buf_putc(out, FB_CHUNK_VERSION);
    fb_buf_putc(out, (char)w->streams);
    fb_buf_put(out, w->dir.data, w->dir.len);
    fb_buf_put(out, w->body.data, w->body.len);
    out->failed |= w->dir.failed || w->body.failed;
    fb_buf_clear(&w->dir);
    fb_buf_clear(&w->body);
    w->streams = 0;
}

static void encode_places(struct work *w, struct fb_buf *out)
{
    const struct fb_rec_batch *b = w->b;
    for (uint32_t i = 0; i < w->n; i++)
        w->v[i] = b->at[i].number;
    put_ints(w, FB_REC_STREAM_NUMBER, w->v, false);
    if (b->def->order == FB_REC_EVENTS) {
        for (uint32_t i = 0; i < w->n; i++)
            w->v[i] = (uint64_t)b->at[i].ts_ns;
        put_ints(w, FB_REC_STREAM_TS, w->v, true);
        for (uint32_t i = 0; i < w->n; i++)
            w->v[i] = b->at[i].ordinal;
        put_ints(w, FB_REC_STREAM_ORDINAL, w->v, false);
    }
    close_group(w, out);
}

/* The cells of one column: numbers, or indices of strings in w->dict. Returns whether one is null. */
static bool take_cells(struct work *w, bool ints)
{
    const struct fb_rec_batch *b = w->b;
    bool any_null = false;
    for (uint32_t i = 0; i < w->n; i++) {
        struct fb_cur c = fb_cur_init(b->rows.data + w->next[i], b->end[i] - w->next[i]);
        uint64_t len = fb_cur_varint(&c);
        w->v[i] = 0;
        w->nulls[i] = len == 0;
        any_null |= len == 0;
        if (len > 0) {
            const uint8_t *p = fb_cur_take(&c, (size_t)(len - 1));
            struct fb_cur cell = fb_cur_init(p, (size_t)(len - 1));
            w->v[i] = ints ? (uint64_t)fb_unzigzag(fb_cur_varint(&cell))
                           : fb_dict_add(&w->dict, p, (size_t)(len - 1));
        }
        w->next[i] = (uint32_t)(c.p - b->rows.data);
    }
    return any_null;
}

static void encode_column(struct work *w, enum fb_rec_type type, struct fb_buf *out)
{
    bool ints = type == FB_REC_INT || type == FB_REC_TIME;
    fb_dict_clear(&w->dict);
    bool any_null = take_cells(w, ints);
    if (!ints) {
        fb_buf_clear(&w->bytes);
        fb_dict_sort(&w->dict, 0, &w->bytes);
        fb_bytes_encode(w->zip, FB_REC_STREAM_DICT, w->bytes.data, w->bytes.len, &w->dir, &w->body);
        w->streams++;
        out->failed |= w->dict.failed || w->bytes.failed;
        for (uint32_t i = 0; i < w->n && !w->dict.failed; i++)
            if (!w->nulls[i])
                w->v[i] = w->dict.rank[w->v[i]];
    }
    put_ints(w, FB_REC_STREAM_VALUES, w->v, ints);
    if (any_null)
        put_ints(w, FB_REC_STREAM_NULLS, w->nulls, false);
    close_group(w, out);
}

/* What the directory says, and the digest over the rows. */
static void summarise(const struct fb_rec_batch *b, uint32_t n, struct fb_rec_blobs *out)
{
    struct fb_digest_state d;
    struct fb_rec_meta *m = &out->meta;
    *m = (struct fb_rec_meta){.nrows = n};
    fb_digest_init(&d, "fb record rows");
    for (uint32_t i = 0, from = 0; i < n; from = b->end[i++]) {
        const struct fb_rec_at *at = &b->at[i];
        fb_rec_digest_row(&d, b->def->order, at, (struct fb_span){b->rows.data + from, b->end[i] - from});
        fb_rec_meta_add(m, at, i == 0);
    }
    fb_digest_final(&d, &out->logical);
}

static bool work_init(struct work *w, const struct fb_rec_batch *b, uint32_t n, struct fb_zip *zip)
{
    *w = (struct work){.b = b, .n = n, .zip = zip};
    w->next = malloc(n * sizeof *w->next);
    w->v = malloc(n * sizeof *w->v);
    w->nulls = malloc(n * sizeof *w->nulls);
    fb_buf_init(&w->dir, 1u << 20);
    fb_buf_init(&w->body, FB_BLOB_MAX);
    fb_buf_init(&w->bytes, FB_STREAM_BYTES_MAX);
    for (uint32_t i = 0; i < n && w->next; i++)
        w->next[i] = i ? b->end[i - 1] : 0;
    return w->next && w->v && w->nulls;
}

static void work_release(struct work *w)
{
    free(w->next);
    free(w->v);
    free(w->nulls);
    fb_dict_builder_release(&w->dict);
    fb_buf_release(&w->dir);
    fb_buf_release(&w->body);
    fb_buf_release(&w->bytes);
}

enum fb_status fb_rec_batch_encode(const struct fb_rec_batch *b, uint32_t n, struct fb_zip *zip,
                                   struct fb_rec_blobs *out, struct fb_err *err)
{
    struct work w;
    struct fb_span spans[FB_REC_GROUPS];
    FB_BUG(n == 0 || n > b->n || n > FB_REC_ROWS);
    *out = (struct fb_rec_blobs){0};
    unsigned first = fb_rec_first_group(b->def->order), groups = (unsigned)b->def->ncols + 1;
    bool good = work_init(&w, b, n, zip);
    summarise(b, n, out);
    for (unsigned g = first; g < groups && good; g++) {
        fb_buf_init(&out->group[g], FB_BLOB_MAX);
        if (g == 0)
            encode_places(&w, &out->group[g]);
        else
            encode_column(&w, b->def->cols[g - 1].type, &out->group[g]);
        good = !out->group[g].failed;
        spans[g] = (struct fb_span){out->group[g].data, out->group[g].len};
    }
    work_release(&w);
    if (!good)
        return fb_err_nomem(err, "the rows of a table");
    fb_chunk_content_digest(spans + first, groups - first, &out->content);
    return FB_OK;
}

void fb_rec_blobs_release(struct fb_rec_blobs *b)
{
    for (unsigned g = 0; g < FB_REC_GROUPS; g++)
        fb_buf_release(&b->group[g]);
}
