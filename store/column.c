#include "store/column.h"

#define BLOCK_CONST  0
#define BLOCK_RAW    1
#define BLOCK_ZSTD   2
#define MIN_COMPRESS 16 /* bytes; a frame costs about as much */

bool fb_zip_init(struct fb_zip *z, int level)
{
    *z = (struct fb_zip){.frame_cap = ZSTD_compressBound(FB_PAGE_BYTES)};
    z->cc = ZSTD_createCCtx();
    z->dc = ZSTD_createDCtx();
    z->raw = malloc(FB_PAGE_BYTES);
    z->frame = malloc(z->frame_cap);
    z->vals = malloc(FB_PAGE_ROWS * sizeof *z->vals);
    if (!z->cc || !z->dc || !z->raw || !z->frame || !z->vals)
        return false;
    return !ZSTD_isError(ZSTD_CCtx_setParameter(z->cc, ZSTD_c_compressionLevel, level)) &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(z->dc, ZSTD_d_windowLogMax, 23));
}

void fb_zip_release(struct fb_zip *z)
{
    ZSTD_freeCCtx(z->cc);
    ZSTD_freeDCtx(z->dc);
    free(z->raw);
    free(z->frame);
    free(z->vals);
    *z = (struct fb_zip){0};
}

/* ---- blocks: up to FB_PAGE_BYTES bytes ---- */

static void put_block(struct fb_zip *z, const uint8_t *p, size_t n, struct fb_buf *out)
{
    if (n > 0 && (n == 1 || memcmp(p, p + 1, n - 1) == 0)) {
        fb_buf_putc(out, BLOCK_CONST);
        fb_buf_put(out, p, 1);
        return;
    }
    if (n >= MIN_COMPRESS) {
        size_t r = ZSTD_compress2(z->cc, z->frame, z->frame_cap, p, n);
        if (!ZSTD_isError(r) && r + n / 64 + 3 < n) {
            fb_buf_putc(out, BLOCK_ZSTD);
            fb_buf_put_varint(out, r);
            fb_buf_put(out, z->frame, r);
            return;
        }
    }
    fb_buf_putc(out, BLOCK_RAW);
    fb_buf_put(out, p, n);
}

static bool get_block(struct fb_zip *z, struct fb_cur *c, uint8_t *out, size_t n)
{
    unsigned method = fb_cur_u8(c);
    if (method == BLOCK_CONST) {
        memset(out, fb_cur_u8(c), n);
        return fb_cur_ok(c);
    }
    if (method == BLOCK_RAW) {
        const uint8_t *p = fb_cur_take(c, n);
        if (p)
            memcpy(out, p, n);
        return p != NULL;
    }
    uint64_t len = fb_cur_varint(c);
    if (method != BLOCK_ZSTD || len > fb_cur_left(c))
        return false;
    const uint8_t *p = fb_cur_take(c, (size_t)len);
    /* One frame that declares exactly the bytes expected, and nothing behind it. */
    if (!p || ZSTD_getFrameContentSize(p, (size_t)len) != n ||
        ZSTD_findFrameCompressedSize(p, (size_t)len) != len)
        return false;
    return ZSTD_decompressDCtx(z->dc, out, n, p, (size_t)len) == n;
}

/* ---- integers ---- */

static unsigned width_of(uint64_t all)
{
    unsigned w = 0;
    while (all) {
        w++;
        all >>= 8;
    }
    return w;
}

/* The values of a page as the encoding stores them, in z->vals. */
static void transform(struct fb_zip *z, unsigned enc, const uint64_t *v, size_t n, uint64_t base)
{
    if (enc != FB_ENC_DELTA) {
        for (size_t i = 0; i < n; i++)
            z->vals[i] = v[i] - base;
        return;
    }
    z->vals[0] = 0;
    for (size_t i = 1; i < n; i++)
        z->vals[i] = fb_zigzag((int64_t)(v[i] - v[i - 1]));
}

static void put_page(struct fb_zip *z, unsigned enc, unsigned width, const uint64_t *v, size_t n,
                     uint64_t base, struct fb_buf *out)
{
    transform(z, enc, v, n, base);
    if (enc == FB_ENC_MIXED) {
        for (size_t i = 0; i < n; i++)
            for (unsigned k = 0; k < width; k++)
                z->raw[i * width + k] = (uint8_t)(z->vals[i] >> (8 * k));
        if (width)
            put_block(z, z->raw, n * width, out);
        return;
    }
    for (unsigned k = 0; k < width; k++) {
        for (size_t i = 0; i < n; i++)
            z->raw[i] = (uint8_t)(z->vals[i] >> (8 * k));
        put_block(z, z->raw, n, out);
    }
}

struct col_stats {
    uint64_t base;        /* smallest value */
    unsigned width;       /* of value - base */
    unsigned delta_width; /* of the steps inside pages */
};

static struct col_stats measure(const uint64_t *v, size_t n, bool is_signed)
{
    uint64_t flip = is_signed ? (uint64_t)1 << 63 : 0, lo = UINT64_MAX, hi = 0, steps = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t u = v[i] ^ flip;
        if (u < lo)
            lo = u;
        if (u > hi)
            hi = u;
        if (i % FB_PAGE_ROWS)
            steps |= fb_zigzag((int64_t)(v[i] - v[i - 1]));
    }
    if (n == 0)
        return (struct col_stats){0};
    return (struct col_stats){.base = lo ^ flip, .width = width_of(hi - lo), .delta_width = width_of(steps)};
}

/* Which encoding makes the middle page smallest. The choice depends on the values alone. */
static unsigned choose(struct fb_zip *z, const struct col_stats *st, const uint64_t *v, size_t n,
                       struct fb_buf *body)
{
    if (st->width == 0)
        return FB_ENC_PLANES;
    size_t npages = (n + FB_PAGE_ROWS - 1) / FB_PAGE_ROWS, at = npages / 2 * FB_PAGE_ROWS;
    size_t m = n - at < FB_PAGE_ROWS ? n - at : FB_PAGE_ROWS;
    size_t best = SIZE_MAX, start = body->len;
    unsigned pick = FB_ENC_PLANES;
    for (unsigned enc = FB_ENC_PLANES; enc <= FB_ENC_DELTA; enc++) {
        if (enc == FB_ENC_MIXED && st->width == 1)
            continue;
        put_page(z, enc, enc == FB_ENC_DELTA ? st->delta_width : st->width, v + at, m, st->base, body);
        size_t got = body->len - start;
        body->len = start;
        if (got < best) {
            best = got;
            pick = enc;
        }
    }
    return pick;
}

void fb_column_encode(struct fb_zip *z, unsigned id, const uint64_t *v, size_t n, bool is_signed,
                      struct fb_buf *dir, struct fb_buf *body)
{
    struct col_stats st = measure(v, n, is_signed);
    unsigned enc = choose(z, &st, v, n, body);
    unsigned width = enc == FB_ENC_DELTA ? st.delta_width : st.width;
    fb_buf_putc(dir, (char)id);
    fb_buf_putc(dir, (char)enc);
    fb_buf_putc(dir, (char)width);
    fb_buf_put_varint(dir, n);
    if (enc != FB_ENC_DELTA)
        fb_buf_put_varint(dir, st.base);
    uint64_t before = 0;
    for (size_t at = 0; at < n; at += FB_PAGE_ROWS) {
        size_t m = n - at < FB_PAGE_ROWS ? n - at : FB_PAGE_ROWS, start = body->len;
        put_page(z, enc, width, v + at, m, st.base, body);
        fb_buf_put_varint(dir, body->len - start);
        if (enc == FB_ENC_DELTA) {
            fb_buf_put_varint(dir, fb_zigzag((int64_t)(v[at] - before)));
            before = v[at];
        }
    }
}

void fb_bytes_encode(struct fb_zip *z, unsigned id, const uint8_t *p, size_t n, struct fb_buf *dir,
                     struct fb_buf *body)
{
    fb_buf_putc(dir, (char)id);
    fb_buf_putc(dir, FB_ENC_BYTES);
    fb_buf_putc(dir, 1);
    fb_buf_put_varint(dir, n);
    for (size_t at = 0; at < n; at += FB_PAGE_BYTES) {
        size_t m = n - at < FB_PAGE_BYTES ? n - at : FB_PAGE_BYTES, start = body->len;
        put_block(z, p + at, m, body);
        fb_buf_put_varint(dir, body->len - start);
    }
}

/* ---- reading ---- */

bool fb_stream_parse(struct fb_cur *dir, struct fb_stream *s)
{
    *s = (struct fb_stream){.enc = fb_cur_u8(dir), .width = fb_cur_u8(dir), .nvals = fb_cur_varint(dir)};
    bool bytes = s->enc == FB_ENC_BYTES;
    if (!fb_cur_ok(dir) || s->enc > FB_ENC_BYTES || s->width > 8 || (bytes && s->width != 1) ||
        s->nvals > (bytes ? FB_STREAM_BYTES_MAX : FB_STREAM_VALUES_MAX))
        return false;
    if (s->enc == FB_ENC_PLANES || s->enc == FB_ENC_MIXED)
        s->base = fb_cur_varint(dir);
    uint64_t unit = bytes ? FB_PAGE_BYTES : FB_PAGE_ROWS;
    s->npages = (size_t)((s->nvals + unit - 1) / unit);
    /* Every page has at least one byte of directory. */
    if (s->npages > fb_cur_left(dir))
        return false;
    s->pages = calloc(s->npages ? s->npages : 1, sizeof *s->pages);
    if (!s->pages)
        return false;
    uint64_t off = 0, before = 0;
    for (size_t i = 0; i < s->npages; i++) {
        uint64_t len = fb_cur_varint(dir);
        if (len > UINT32_MAX || off + len > UINT32_MAX)
            return false;
        s->pages[i] = (struct fb_page_ref){.off = (uint32_t)off, .len = (uint32_t)len};
        off += len;
        if (s->enc == FB_ENC_DELTA)
            before = s->pages[i].first = before + (uint64_t)fb_unzigzag(fb_cur_varint(dir));
    }
    s->len = (size_t)off;
    s->present = true;
    return fb_cur_ok(dir);
}

void fb_stream_release(struct fb_stream *s)
{
    free(s->pages);
    *s = (struct fb_stream){0};
}

FB_PAGE_LOOP void add_plane(uint64_t *restrict out, const uint8_t *restrict raw, size_t n, unsigned shift)
{
    for (size_t i = 0; i < n; i++)
        out[i] |= (uint64_t)raw[i] << shift;
}

FB_PAGE_LOOP void add_base(uint64_t *out, size_t n, uint64_t base)
{
    for (size_t i = 0; i < n; i++)
        out[i] += base;
}

static bool read_planes(struct fb_zip *z, struct fb_cur *c, unsigned width, size_t n, uint64_t *out)
{
    memset(out, 0, n * sizeof *out);
    for (unsigned k = 0; k < width; k++) {
        /* Most high planes are zero: nothing to add. */
        if (fb_cur_peek(c, 0) == BLOCK_CONST && fb_cur_peek(c, 1) == 0) {
            fb_cur_skip(c, 2);
            continue;
        }
        if (!get_block(z, c, z->raw, n))
            return false;
        FB_FULL_OR(n, add_plane(out, z->raw, FB_PAGE_ROWS, 8 * k), add_plane(out, z->raw, n, 8 * k));
    }
    return true;
}

static bool read_mixed(struct fb_zip *z, struct fb_cur *c, unsigned width, size_t n, uint64_t *out)
{
    memset(out, 0, n * sizeof *out);
    if (width == 0)
        return true;
    if (!get_block(z, c, z->raw, n * width))
        return false;
    const uint8_t *p = z->raw;
    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; k < width; k++)
            out[i] |= (uint64_t)*p++ << (8 * k);
    return true;
}

size_t fb_stream_page(struct fb_zip *z, const struct fb_stream *s, size_t i,
                      uint64_t out[static FB_PAGE_ROWS])
{
    if (i >= s->npages || s->enc == FB_ENC_BYTES)
        return 0;
    uint64_t left = s->nvals - (uint64_t)i * FB_PAGE_ROWS;
    size_t n = left < FB_PAGE_ROWS ? (size_t)left : FB_PAGE_ROWS;
    struct fb_cur c = fb_cur_init(s->p + s->pages[i].off, s->pages[i].len);
    bool good =
        s->enc == FB_ENC_MIXED ? read_mixed(z, &c, s->width, n, out) : read_planes(z, &c, s->width, n, out);
    if (!good || !fb_cur_ok(&c) || fb_cur_left(&c) != 0)
        return 0;
    if (s->enc != FB_ENC_DELTA) {
        if (s->base)
            FB_FULL_OR(n, add_base(out, FB_PAGE_ROWS, s->base), add_base(out, n, s->base));
        return n;
    }
    uint64_t v = s->pages[i].first;
    for (size_t k = 0; k < n; k++)
        v = out[k] = v + (uint64_t)fb_unzigzag(out[k]);
    return n;
}

/* A plane or a mixed block at a time; unit: bytes from row to row, shift: of the byte that is picked. */
static bool pick_block(struct fb_zip *z, struct fb_cur *c, size_t n, unsigned unit, unsigned shift,
                       const uint16_t *rows, size_t npicks, uint64_t *out)
{
    if (unit == 1 && fb_cur_peek(c, 0) == BLOCK_CONST && fb_cur_peek(c, 1) == 0) {
        fb_cur_skip(c, 2);
        return true;
    }
    if (!get_block(z, c, z->raw, n * unit))
        return false;
    for (size_t i = 0; i < npicks; i++)
        for (unsigned k = 0; k < unit; k++)
            out[i] |= (uint64_t)z->raw[(size_t)rows[i] * unit + k] << (shift + 8 * k);
    return true;
}

size_t fb_stream_pick(struct fb_zip *z, const struct fb_stream *s, size_t i, const uint16_t *rows,
                      size_t npicks, uint64_t *out)
{
    if (s->enc == FB_ENC_DELTA) {
        size_t n = fb_stream_page(z, s, i, z->vals);
        for (size_t k = 0; k < npicks && n > 0; k++)
            out[k] = z->vals[rows[k]];
        return npicks == 0 || rows[npicks - 1] < n ? n : 0;
    }
    if (i >= s->npages || s->enc == FB_ENC_BYTES)
        return 0;
    uint64_t left = s->nvals - (uint64_t)i * FB_PAGE_ROWS;
    size_t n = left < FB_PAGE_ROWS ? (size_t)left : FB_PAGE_ROWS;
    struct fb_cur c = fb_cur_init(s->p + s->pages[i].off, s->pages[i].len);
    bool mixed = s->enc == FB_ENC_MIXED, good = npicks == 0 || rows[npicks - 1] < n;
    memset(out, 0, npicks * sizeof *out);
    for (unsigned k = 0; k < s->width && good; k += mixed ? s->width : 1)
        good = pick_block(z, &c, n, mixed ? s->width : 1, 8 * k, rows, npicks, out);
    for (size_t k = 0; k < npicks; k++)
        out[k] += s->base;
    return good && fb_cur_ok(&c) && fb_cur_left(&c) == 0 ? n : 0;
}

size_t fb_stream_bytes(struct fb_zip *z, const struct fb_stream *s, size_t i,
                       uint8_t out[static FB_PAGE_BYTES])
{
    if (i >= s->npages || s->enc != FB_ENC_BYTES)
        return 0;
    uint64_t left = s->nvals - (uint64_t)i * FB_PAGE_BYTES;
    size_t n = left < FB_PAGE_BYTES ? (size_t)left : FB_PAGE_BYTES;
    struct fb_cur c = fb_cur_init(s->p + s->pages[i].off, s->pages[i].len);
    if (!get_block(z, &c, out, n) || !fb_cur_ok(&c) || fb_cur_left(&c) != 0)
        return 0;
    return n;
}

uint8_t *fb_stream_all_bytes(struct fb_zip *z, const struct fb_stream *s)
{
    /* Page by page: what is reserved follows what was really there. */
    size_t n = 0, cap = 0;
    uint8_t *all = malloc(1);
    for (size_t i = 0; all && i < s->npages; i++) {
        if (n + FB_PAGE_BYTES + 1 > cap) {
            cap = (n + FB_PAGE_BYTES + 1) * 2;
            uint8_t *grown = realloc(all, cap);
            if (!grown)
                goto bad;
            all = grown;
        }
        size_t m = fb_stream_bytes(z, s, i, all + n);
        if (m == 0)
            goto bad;
        n += m;
    }
    if (all)
        all[n] = 0;
    return all;
bad:
    free(all);
    return NULL;
}

void fb_blob_pack(struct fb_zip *z, const uint8_t *p, size_t n, struct fb_buf *out)
{
    fb_buf_put_varint(out, n);
    for (size_t at = 0; at < n; at += FB_PAGE_BYTES)
        put_block(z, p + at, n - at < FB_PAGE_BYTES ? n - at : FB_PAGE_BYTES, out);
}

uint8_t *fb_blob_unpack(struct fb_zip *z, const void *p, size_t n, size_t max, size_t *out_n)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint64_t len = fb_cur_varint(&c);
    /* A block has at least two bytes. */
    if (!fb_cur_ok(&c) || len > max || (len + FB_PAGE_BYTES - 1) / FB_PAGE_BYTES > fb_cur_left(&c) / 2)
        return NULL;
    uint8_t *all = malloc((size_t)len + 1);
    if (!all)
        return NULL;
    for (size_t at = 0; at < len; at += FB_PAGE_BYTES) {
        size_t m = (size_t)len - at < FB_PAGE_BYTES ? (size_t)len - at : FB_PAGE_BYTES;
        if (!get_block(z, &c, all + at, m)) {
            free(all);
            return NULL;
        }
    }
    if (fb_cur_left(&c) != 0) {
        free(all);
        return NULL;
    }
    all[len] = 0;
    *out_n = (size_t)len;
    return all;
}
