/* Columns to records. */
#include "store/chunk.h"
#include "store/rec_streams.h"

struct column {
    bool loaded, ints;
    uint64_t *v;    /* INT, TIME */
    uint32_t *code; /* the others */
    uint8_t *null;  /* NULL: none is */
    struct fb_dict dict;
};

struct fb_rec_chunk {
    struct fb_zip *zip;
    const struct fb_rec_def *def;
    struct fb_rec_meta m;
    fb_rec_fetch fetch;
    void *ctx;
    bool have_places;
    uint64_t *number, *ts, *ordinal;
    uint32_t *by_number; /* rows in the order of numbers, then of rows */
    struct column col[FB_REC_COLS_MAX];
    size_t bytes, dict_bytes;
    struct fb_err err;
};

struct fb_rec_chunk *fb_rec_chunk_open(struct fb_zip *zip, const struct fb_rec_def *def,
                                       const struct fb_rec_meta *m, fb_rec_fetch fetch, void *ctx)
{
    FB_BUG(m->nrows == 0 || m->nrows > FB_REC_ROWS || def->ncols > FB_REC_COLS_MAX);
    struct fb_rec_chunk *k = calloc(1, sizeof *k);
    if (k)
        *k = (struct fb_rec_chunk){
            .zip = zip, .def = def, .m = *m, .fetch = fetch, .ctx = ctx, .bytes = sizeof *k};
    return k;
}

void fb_rec_chunk_close(struct fb_rec_chunk *k)
{
    if (!k)
        return;
    free(k->number);
    free(k->ts);
    free(k->ordinal);
    free(k->by_number);
    for (size_t i = 0; i < k->def->ncols; i++) {
        free(k->col[i].v);
        free(k->col[i].code);
        free(k->col[i].null);
        fb_dict_release(&k->col[i].dict);
    }
    free(k);
}

const struct fb_rec_meta *fb_rec_chunk_meta(const struct fb_rec_chunk *k)
{
    return &k->m;
}

size_t fb_rec_chunk_bytes(const struct fb_rec_chunk *k)
{
    return k->bytes;
}

enum fb_status fb_rec_chunk_failed(const struct fb_rec_chunk *k, struct fb_err *err)
{
    if (k->err.status != FB_OK && err)
        *err = k->err;
    return k->err.status;
}

static bool fail(struct fb_rec_chunk *k, const char *column, const char *what)
{
    if (k->err.status == FB_OK)
        fb_err_set(&k->err, FB_ERR_VERIFY, "chunk %llu of table %s of the case is damaged: column %s %s",
                   (unsigned long long)k->m.rid, k->def->name, column, what);
    return false;
}

static bool no_memory(struct fb_rec_chunk *k)
{
    if (k->err.status == FB_OK)
        fb_err_nomem(&k->err, "a chunk of records");
    return false;
}

/* ---- groups ---- */

struct group {
    uint8_t *blob;
    struct fb_stream s[FB_REC_STREAMS];
};

static void group_release(struct group *g)
{
    for (unsigned i = 0; i < FB_REC_STREAMS; i++)
        fb_stream_release(&g->s[i]);
    free(g->blob);
}

/* Parses a group that may have the streams of the mask `allowed` and must have those of `needed`. */
static bool group_parse(const struct fb_rec_chunk *k, size_t n, unsigned allowed, unsigned needed,
                        struct group *g)
{
    struct fb_cur c = fb_cur_init(g->blob, n);
    unsigned version = fb_cur_u8(&c), count = fb_cur_u8(&c), ids[FB_REC_STREAMS], seen = 0;
    if (version != FB_CHUNK_VERSION || count > FB_REC_STREAMS)
        return false;
    for (unsigned i = 0; i < count; i++) {
        unsigned id = ids[i] = fb_cur_u8(&c);
        if (id >= FB_REC_STREAMS || !(allowed >> id & 1) || seen >> id & 1 || !fb_stream_parse(&c, &g->s[id]))
            return false;
        bool is_bytes = g->s[id].enc == FB_ENC_BYTES;
        if (is_bytes != (id == FB_REC_STREAM_DICT) || (!is_bytes && g->s[id].nvals != k->m.nrows))
            return false;
        seen |= 1u << id;
    }
    for (unsigned i = 0; i < count; i++) {
        g->s[ids[i]].p = fb_cur_take(&c, g->s[ids[i]].len);
        if (!g->s[ids[i]].p)
            return false;
    }
    return fb_cur_ok(&c) && fb_cur_left(&c) == 0 && (seen & needed) == needed;
}

static bool group_open(struct fb_rec_chunk *k, unsigned number, const char *name, unsigned allowed,
                       unsigned needed, struct group *g)
{
    size_t n = 0;
    *g = (struct group){0};
    if (k->err.status != FB_OK || k->fetch(k->ctx, k->m.rid, number, &g->blob, &n, &k->err) != FB_OK)
        return false;
    return group_parse(k, n, allowed, needed, g) || fail(k, name, "has a malformed directory");
}

/* A whole integer stream, each value at most `max`; an allocation, NULL on damage. */
static uint64_t *read_ints(struct fb_rec_chunk *k, const struct fb_stream *s, uint64_t max, const char *name)
{
    /* Room for whole pages: they are decoded in place. */
    size_t pages = (k->m.nrows + FB_PAGE_ROWS - 1) / FB_PAGE_ROWS;
    uint64_t *v = malloc(pages * FB_PAGE_ROWS * sizeof *v);
    if (!v) {
        no_memory(k);
        return NULL;
    }
    for (size_t i = 0; i < pages; i++) {
        size_t n = fb_stream_page(k->zip, s, i, v + i * FB_PAGE_ROWS);
        bool over = n == 0;
        for (size_t r = 0; r < n; r++)
            over |= v[i * FB_PAGE_ROWS + r] > max;
        if (over) {
            fail(k, name, n ? "holds a value that it cannot have" : "has a page that does not decode");
            free(v);
            return NULL;
        }
    }
    k->bytes += pages * FB_PAGE_ROWS * sizeof *v;
    return v;
}

/* ---- number, time, ordinal ---- */

/* Every row lies in the ranges that the directory names. */
static bool places_fit(const struct fb_rec_chunk *k)
{
    for (uint32_t i = 0; i < k->m.nrows; i++) {
        if (k->number[i] < k->m.first_number || k->number[i] > k->m.last_number)
            return false;
        if (k->def->order == FB_REC_SESSIONS && i > 0 && k->number[i] <= k->number[i - 1])
            return false;
        if (k->ts && ((int64_t)k->ts[i] < k->m.ts_min_ns || (int64_t)k->ts[i] > k->m.ts_max_ns ||
                      k->ordinal[i] < k->m.first_ordinal || k->ordinal[i] > k->m.last_ordinal))
            return false;
    }
    return true;
}

static bool load_places(struct fb_rec_chunk *k)
{
    static const unsigned events =
        1u << FB_REC_STREAM_NUMBER | 1u << FB_REC_STREAM_TS | 1u << FB_REC_STREAM_ORDINAL;
    if (k->have_places || k->def->order == FB_REC_ROWS)
        return k->err.status == FB_OK;
    bool is_events = k->def->order == FB_REC_EVENTS;
    unsigned mask = is_events ? events : 1u << FB_REC_STREAM_NUMBER;
    struct group g;
    bool good = group_open(k, 0, "number", mask, mask, &g);
    if (good)
        good = (k->number = read_ints(k, &g.s[FB_REC_STREAM_NUMBER], (uint64_t)INT64_MAX, "number")) != NULL;
    if (good && is_events)
        good =
            (k->ts = read_ints(k, &g.s[FB_REC_STREAM_TS], UINT64_MAX, "ts")) != NULL &&
            (k->ordinal = read_ints(k, &g.s[FB_REC_STREAM_ORDINAL], (uint64_t)INT64_MAX, "ordinal")) != NULL;
    group_release(&g);
    if (good && !places_fit(k))
        good = fail(k, "number", "has values outside of what the case says of the chunk");
    k->have_places = good;
    return good;
}

bool fb_rec_chunk_at(struct fb_rec_chunk *k, uint32_t row, struct fb_rec_at *out)
{
    *out = (struct fb_rec_at){0};
    if (!load_places(k))
        return false;
    if (k->number)
        out->number = k->number[row];
    if (k->ts) {
        out->ts_ns = (int64_t)k->ts[row];
        out->ordinal = k->ordinal[row];
    }
    return true;
}

static int by_number(const void *a, const void *b, void *ctx)
{
    const uint64_t *number = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (number[x] != number[y])
        return number[x] < number[y] ? -1 : 1;
    return x < y ? -1 : x > y;
}

bool fb_rec_chunk_find(struct fb_rec_chunk *k, uint64_t number, const uint32_t **rows, uint32_t *n)
{
    *n = 0;
    if (!load_places(k) || !k->number)
        return k->err.status == FB_OK;
    if (!k->by_number) {
        k->by_number = malloc(k->m.nrows * sizeof *k->by_number);
        if (!k->by_number)
            return no_memory(k);
        for (uint32_t i = 0; i < k->m.nrows; i++)
            k->by_number[i] = i;
        if (k->def->order == FB_REC_EVENTS)
            qsort_r(k->by_number, k->m.nrows, sizeof *k->by_number, by_number, k->number);
        k->bytes += k->m.nrows * sizeof *k->by_number;
    }
    uint32_t lo = 0, hi = k->m.nrows;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (k->number[k->by_number[mid]] < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    *rows = k->by_number + lo;
    while (lo + *n < k->m.nrows && k->number[k->by_number[lo + *n]] == number)
        ++*n;
    return true;
}

/* ---- columns ---- */

static bool load_dict(struct fb_rec_chunk *k, const struct fb_stream *s, const char *name, struct fb_dict *d)
{
    uint8_t *bytes = fb_stream_all_bytes(k->zip, s);
    bool good = bytes && fb_dict_read(bytes, (size_t)s->nvals, 0, d);
    free(bytes);
    if (!good)
        return fail(k, name, "has a malformed dictionary");
    /* What the rows of a chunk can hold all together (FB_REC_BATCH_MAX and one row more). */
    k->dict_bytes += d->nbytes - d->n;
    k->bytes += d->nbytes + d->n * sizeof *d->off;
    return k->dict_bytes <= FB_REC_BATCH_MAX + FB_REC_BYTES_MAX ||
           fail(k, name, "holds more than rows can have");
}

static bool load_nulls(struct fb_rec_chunk *k, const struct fb_stream *s, const char *name, struct column *c)
{
    uint64_t *v = read_ints(k, s, 1, name);
    c->null = v ? malloc(k->m.nrows) : NULL;
    for (uint32_t i = 0; i < k->m.nrows && c->null; i++)
        c->null[i] = (uint8_t)v[i];
    free(v);
    return c->null || (k->err.status == FB_OK ? no_memory(k) : false);
}

static bool load_codes(struct fb_rec_chunk *k, const struct fb_stream *s, const char *name, struct column *c)
{
    uint64_t *v = read_ints(k, s, FB_DICT_ENTRIES_MAX, name);
    c->code = v ? malloc(k->m.nrows * sizeof *c->code) : NULL;
    bool over = false;
    for (uint32_t i = 0; i < k->m.nrows && c->code; i++) {
        over |= !(c->null && c->null[i]) && v[i] >= c->dict.n;
        c->code[i] = (uint32_t)v[i];
    }
    free(v);
    if (!c->code)
        return k->err.status == FB_OK ? no_memory(k) : false;
    return !over || fail(k, name, "has a code that its dictionary lacks");
}

static bool load_column(struct fb_rec_chunk *k, size_t col)
{
    struct column *c = &k->col[col];
    const struct fb_rec_col *def = &k->def->cols[col];
    if (c->loaded || k->err.status != FB_OK)
        return k->err.status == FB_OK;
    c->ints = def->type == FB_REC_INT || def->type == FB_REC_TIME;
    unsigned needed = 1u << FB_REC_STREAM_VALUES | (c->ints ? 0 : 1u << FB_REC_STREAM_DICT);
    struct group g;
    bool good = group_open(k, (unsigned)col + 1, def->name, needed | 1u << FB_REC_STREAM_NULLS, needed, &g);
    if (good && g.s[FB_REC_STREAM_NULLS].present)
        good = load_nulls(k, &g.s[FB_REC_STREAM_NULLS], def->name, c);
    if (good && c->ints)
        good = (c->v = read_ints(k, &g.s[FB_REC_STREAM_VALUES], UINT64_MAX, def->name)) != NULL;
    else if (good)
        good = load_dict(k, &g.s[FB_REC_STREAM_DICT], def->name, &c->dict) &&
               load_codes(k, &g.s[FB_REC_STREAM_VALUES], def->name, c);
    group_release(&g);
    c->loaded = good;
    return good;
}

bool fb_rec_chunk_cell(struct fb_rec_chunk *k, size_t col, uint32_t row, struct fb_rec_cell *out)
{
    const struct column *c = &k->col[col];
    *out = (struct fb_rec_cell){.null = true};
    if (!load_column(k, col))
        return false;
    if (c->null && c->null[row])
        return true;
    if (c->ints) {
        *out = (struct fb_rec_cell){.i = (int64_t)c->v[row]};
        return true;
    }
    return fb_rec_cell(k->def->cols[col].type, fb_dict_entry(&c->dict, c->code[row]), out) ||
           fail(k, k->def->cols[col].name, "has a value that is none of its type");
}

bool fb_rec_chunk_may_have(struct fb_rec_chunk *k, size_t col, struct fb_span bytes)
{
    return !load_column(k, col) || k->col[col].ints ||
           fb_dict_find(&k->col[col].dict, bytes.p, bytes.n) != UINT32_MAX;
}

bool fb_rec_chunk_select(struct fb_rec_chunk *k, size_t col, bool (*want)(void *ctx, struct fb_span text),
                         void *ctx, struct fb_buf *numbers)
{
    const struct column *c = &k->col[col];
    if (!load_places(k) || !k->number || !load_column(k, col) || c->ints)
        return false;
    uint8_t *wanted = malloc(c->dict.n + 1u);
    if (!wanted)
        return no_memory(k);
    for (uint32_t i = 0; i < c->dict.n; i++)
        wanted[i] = want(ctx, fb_dict_entry(&c->dict, i));
    for (uint32_t i = 0; i < k->m.nrows; i++)
        if (!(c->null && c->null[i]) && wanted[c->code[i]])
            fb_buf_put(numbers, &k->number[i], sizeof k->number[i]);
    free(wanted);
    return true;
}
