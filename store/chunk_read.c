#include "store/chunk.h"

#include "store/addr_filter.h"

/* Rows of a page that will be asked for, and what is known of them. */
struct focus {
    uint32_t n;
    uint16_t row[FB_PICKS_MAX];
    uint64_t have; /* bit for each stream */
    uint64_t value[FB_COL_PARENTS][FB_PICKS_MAX];
};

struct fb_chunk {
    struct fb_zip *zip;
    uint64_t cid, first;
    uint32_t nrows, npages;
    fb_chunk_fetch fetch;
    void *ctx;
    uint8_t *blob[FB_CHUNK_GROUPS];
    size_t blob_len[FB_CHUNK_GROUPS];
    struct fb_stream stream[FB_STREAM_COUNT];
    struct fb_narrow *page[FB_COL_PARENTS][FB_CHUNK_ROWS / FB_PAGE_ROWS];
    struct focus *focus[FB_CHUNK_ROWS / FB_PAGE_ROWS]; /* NULL: none */
    struct fb_dict dict[FB_DICT_KINDS];
    bool have_dict[FB_DICT_KINDS];
    uint8_t *filter;       /* of addresses */
    uint64_t *parents;     /* all of the chunk */
    uint32_t *parents_off; /* nrows + 1 */
    size_t bytes;
    struct fb_err err;
};

struct fb_chunk *fb_chunk_open(struct fb_zip *zip, uint64_t cid, uint64_t first_number, uint32_t nrows,
                               fb_chunk_fetch fetch, void *ctx)
{
    FB_BUG(nrows == 0 || nrows > FB_CHUNK_ROWS);
    struct fb_chunk *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->zip = zip;
    c->cid = cid;
    c->first = first_number;
    c->nrows = nrows;
    c->npages = (nrows + FB_PAGE_ROWS - 1) / FB_PAGE_ROWS;
    c->fetch = fetch;
    c->ctx = ctx;
    c->bytes = sizeof *c;
    return c;
}

void fb_chunk_move(struct fb_chunk *c, struct fb_zip *zip, fb_chunk_fetch fetch, void *ctx)
{
    c->zip = zip;
    c->fetch = fetch;
    c->ctx = ctx;
}

void fb_chunk_close(struct fb_chunk *c)
{
    if (!c)
        return;
    for (unsigned g = 0; g < FB_CHUNK_GROUPS; g++)
        free(c->blob[g]);
    for (unsigned i = 0; i < FB_STREAM_COUNT; i++)
        fb_stream_release(&c->stream[i]);
    for (unsigned i = 0; i < FB_COL_PARENTS; i++)
        for (unsigned k = 0; k < c->npages; k++)
            free(c->page[i][k]);
    for (unsigned k = 0; k < c->npages; k++)
        free(c->focus[k]);
    for (unsigned i = 0; i < FB_DICT_KINDS; i++)
        fb_dict_release(&c->dict[i]);
    free(c->filter);
    free(c->parents);
    free(c->parents_off);
    free(c);
}

uint64_t fb_chunk_cid(const struct fb_chunk *c)
{
    return c->cid;
}

uint64_t fb_chunk_first(const struct fb_chunk *c)
{
    return c->first;
}

uint32_t fb_chunk_nrows(const struct fb_chunk *c)
{
    return c->nrows;
}

size_t fb_chunk_bytes(const struct fb_chunk *c)
{
    return c->bytes;
}

enum fb_status fb_chunk_failed(const struct fb_chunk *c, struct fb_err *err)
{
    if (c->err.status != FB_OK && err)
        *err = c->err;
    return c->err.status;
}

static void fail(struct fb_chunk *c, unsigned id, const char *what)
{
    if (c->err.status == FB_OK)
        fb_err_set(&c->err, FB_ERR_VERIFY, "chunk %llu of the case is damaged: stream %u %s",
                   (unsigned long long)c->cid, id, what);
}

/* ---- groups and streams ---- */

static bool parse_group(struct fb_chunk *c, unsigned group)
{
    struct fb_cur cur = fb_cur_init(c->blob[group], c->blob_len[group]);
    unsigned version = fb_cur_u8(&cur), count = fb_cur_u8(&cur);
    if (version != FB_CHUNK_VERSION || count > FB_STREAM_COUNT)
        return false;
    uint8_t ids[FB_STREAM_COUNT];
    for (unsigned i = 0; i < count; i++) {
        unsigned id = fb_cur_u8(&cur);
        if (id >= FB_STREAM_COUNT || fb_col_info[id].group != group || c->stream[id].present ||
            !fb_stream_parse(&cur, &c->stream[id]))
            return false;
        ids[i] = (uint8_t)id;
        c->bytes += c->stream[id].npages * sizeof *c->stream[id].pages;
        bool is_bytes = c->stream[id].enc == FB_ENC_BYTES;
        if (is_bytes != (id >= FB_STREAM_DICTS) || (id < FB_COL_PARENTS && c->stream[id].nvals != c->nrows))
            return false;
    }
    for (unsigned i = 0; i < count; i++) {
        c->stream[ids[i]].p = fb_cur_take(&cur, c->stream[ids[i]].len);
        if (!c->stream[ids[i]].p)
            return false;
    }
    return fb_cur_ok(&cur) && fb_cur_left(&cur) == 0;
}

static struct fb_stream *stream(struct fb_chunk *c, unsigned id)
{
    unsigned group = fb_col_info[id].group;
    if (c->err.status != FB_OK)
        return NULL;
    if (!c->blob[group]) {
        if (c->fetch(c->ctx, c->cid, group, &c->blob[group], &c->blob_len[group], &c->err) != FB_OK)
            return NULL;
        c->bytes += c->blob_len[group];
        if (!parse_group(c, group)) {
            fail(c, id, "has a malformed directory");
            return NULL;
        }
    }
    if (!c->stream[id].present) {
        fail(c, id, "is missing");
        return NULL;
    }
    return &c->stream[id];
}

static bool scanned(const struct fb_chunk *c, unsigned group)
{
    for (unsigned id = 0; id < FB_COL_PARENTS; id++) {
        unsigned k = 0;
        while (k < c->npages && fb_col_info[id].group == group && c->page[id][k])
            k++;
        if (k == c->npages)
            return true;
    }
    return false;
}

void fb_chunk_slim(struct fb_chunk *c)
{
    for (unsigned g = 0; g < FB_CHUNK_GROUPS; g++) {
        if (!c->blob[g] || !scanned(c, g))
            continue;
        for (unsigned id = 0; id < FB_STREAM_COUNT; id++) {
            if (fb_col_info[id].group != g || !c->stream[id].present)
                continue;
            c->bytes -= c->stream[id].npages * sizeof *c->stream[id].pages;
            fb_stream_release(&c->stream[id]);
        }
        c->bytes -= c->blob_len[g];
        free(c->blob[g]);
        c->blob[g] = NULL;
    }
}

/* ---- pages ---- */

FB_PAGE_LOOP uint64_t bits_outside(const uint64_t *v, size_t n, uint64_t mask)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all |= v[i] & ~mask;
    return all;
}

/* The largest value that a stream may hold; false on damage. */
static bool limit_of(struct fb_chunk *c, unsigned id, uint64_t *limit)
{
    *limit = id == FB_COL_EVIDENCE_PKTS ? UINT64_MAX : fb_col_info[id].max;
    if (fb_col_info[id].dict < 0)
        return true;
    const struct fb_dict *d = fb_chunk_dict(c, (unsigned)fb_col_info[id].dict);
    if (!d)
        return false;
    if (d->n == 0) {
        fail(c, id, "has codes without a dictionary");
        return false;
    }
    *limit = d->n - 1;
    return true;
}

static bool all_below(struct fb_chunk *c, unsigned id, const uint64_t *v, size_t n, uint64_t limit)
{
    uint64_t over = 0;
    if (limit == UINT64_MAX)
        return true;
    if ((limit & (limit + 1)) == 0)
        FB_FULL_OR(n, over = bits_outside(v, FB_PAGE_ROWS, limit), over = bits_outside(v, n, limit));
    else
        for (size_t i = 0; i < n; i++)
            over |= v[i] > limit;
    if (over)
        fail(c, id, "holds a value that its field cannot have");
    return !over;
}

/* Decodes a page of a stored stream; values are checked against what the field can hold. Number of values, 0
 * on damage. */
static size_t decode(struct fb_chunk *c, unsigned id, uint32_t page, uint64_t *v)
{
    struct fb_stream *s = stream(c, id);
    uint64_t limit;
    if (!s || !limit_of(c, id, &limit))
        return 0;
    size_t n = fb_stream_page(c->zip, s, page, v);
    if (n == 0)
        fail(c, id, "has a page that does not decode");
    return n > 0 && all_below(c, id, v, n, limit) ? n : 0;
}

void fb_chunk_focus(struct fb_chunk *c, uint32_t page, const uint16_t *rows, size_t n)
{
    FB_BUG(n > FB_PICKS_MAX || page >= c->npages);
    struct focus *f = c->focus[page];
    if (!f && n > 0) {
        f = c->focus[page] = calloc(1, sizeof *f);
        c->bytes += f ? sizeof *f : 0;
    }
    /* Without memory whole pages are decoded. What was read ahead for the same rows stays. */
    if (!f || (f->n == n && memcmp(f->row, rows, n * sizeof *rows) == 0))
        return;
    f->n = (uint32_t)n;
    f->have = 0;
    memcpy(f->row, rows, n * sizeof *rows);
}

/* The value of a row in focus; false: it is not in focus, or cannot be had. */
static bool focused(struct fb_chunk *c, unsigned id, uint32_t row, uint64_t *out)
{
    struct focus *f = c->focus[row / FB_PAGE_ROWS];
    uint32_t i = 0;
    while (i < f->n && f->row[i] != row % FB_PAGE_ROWS)
        i++;
    if (i == f->n)
        return false;
    uint64_t *v = f->value[id], limit;
    if (!(f->have >> id & 1)) {
        struct fb_stream *s = stream(c, id);
        if (!s || !limit_of(c, id, &limit) ||
            fb_stream_pick(c->zip, s, row / FB_PAGE_ROWS, f->row, f->n, v) == 0 ||
            !all_below(c, id, v, f->n, limit))
            return false; /* decoding the page will say what is wrong */
        f->have |= (uint64_t)1 << id;
    }
    *out = v[i];
    return true;
}

/* The same, kept. */
static const struct fb_narrow *page_of(struct fb_chunk *c, unsigned id, uint32_t page)
{
    if (c->page[id][page])
        return c->page[id][page];
    size_t n = decode(c, id, page, c->zip->vals);
    if (n == 0)
        return NULL;
    /* Steps have no smallest value at hand. */
    uint64_t lo = c->stream[id].base, *v = c->zip->vals;
    if (c->stream[id].enc == FB_ENC_DELTA) {
        lo = v[0];
        for (size_t i = 1; i < n; i++)
            lo = v[i] < lo ? v[i] : lo;
    }
    struct fb_narrow *p = c->page[id][page] = fb_narrow_new(v, n, lo);
    if (p)
        c->bytes += fb_narrow_bytes(p, n);
    else
        fb_err_nomem(&c->err, "a page");
    return p;
}

static uint64_t stored(struct fb_chunk *c, unsigned id, uint32_t row)
{
    const struct fb_narrow *p = c->page[id][row / FB_PAGE_ROWS];
    uint64_t v;
    if (!p && c->focus[row / FB_PAGE_ROWS] && focused(c, id, row, &v))
        return v;
    if (!p)
        p = page_of(c, id, row / FB_PAGE_ROWS);
    return p ? fb_narrow_at(p, row % FB_PAGE_ROWS) : 0;
}

static uint64_t join_ip_bytes(uint64_t payload, uint64_t pkts, uint64_t q, uint64_t r)
{
    uint64_t rest = (uint64_t)fb_unzigzag(r);
    return pkts == 0 || pkts > INT64_MAX ? payload + rest : payload + (uint64_t)fb_unzigzag(q) * pkts + rest;
}

const struct fb_narrow *fb_chunk_page(const struct fb_chunk *c, unsigned col, uint32_t row)
{
    bool derived = col == FB_COL_ORIG_IP_BYTES || col == FB_COL_RESP_IP_BYTES || col == FB_COL_EVIDENCE_PKTS;
    return derived ? NULL : c->page[col][row / FB_PAGE_ROWS];
}

uint64_t fb_chunk_value(struct fb_chunk *c, unsigned col, uint32_t row)
{
    switch (col) {
    case FB_COL_ORIG_IP_BYTES:
        return join_ip_bytes(stored(c, FB_COL_ORIG_BYTES, row), stored(c, FB_COL_ORIG_PKTS, row),
                             stored(c, FB_COL_ORIG_IP_Q, row), stored(c, FB_COL_ORIG_IP_R, row));
    case FB_COL_RESP_IP_BYTES:
        return join_ip_bytes(stored(c, FB_COL_RESP_BYTES, row), stored(c, FB_COL_RESP_PKTS, row),
                             stored(c, FB_COL_RESP_IP_Q, row), stored(c, FB_COL_RESP_IP_R, row));
    case FB_COL_EVIDENCE_PKTS:
        return (uint64_t)fb_unzigzag(stored(c, FB_COL_EVIDENCE_PKTS, row)) +
               stored(c, FB_COL_ORIG_PKTS, row) + stored(c, FB_COL_RESP_PKTS, row);
    default:
        return stored(c, col, row);
    }
}

size_t fb_chunk_values(struct fb_chunk *c, unsigned col, uint32_t page, uint64_t out[static FB_PAGE_ROWS])
{
    uint32_t start = page * FB_PAGE_ROWS;
    size_t n = start >= c->nrows ? 0 : c->nrows - start < FB_PAGE_ROWS ? c->nrows - start : FB_PAGE_ROWS;
    bool derived = col == FB_COL_ORIG_IP_BYTES || col == FB_COL_RESP_IP_BYTES || col == FB_COL_EVIDENCE_PKTS;
    if (n == 0)
        return 0;
    if (derived)
        for (size_t i = 0; i < n; i++)
            out[i] = fb_chunk_value(c, col, start + (uint32_t)i);
    else if (c->page[col][page])
        fb_narrow_widen(c->page[col][page], n, out);
    else
        n = decode(c, col, page, out);
    return c->err.status == FB_OK ? n : 0;
}

/* ---- dictionaries and lists ---- */

const struct fb_dict *fb_chunk_dict(struct fb_chunk *c, unsigned kind)
{
    if (c->have_dict[kind])
        return &c->dict[kind];
    struct fb_stream *s = stream(c, FB_STREAM_DICTS + kind);
    if (!s)
        return NULL;
    uint8_t *p = fb_stream_all_bytes(c->zip, s);
    bool good = p && fb_dict_read(p, (size_t)s->nvals, fb_dict_fixed_len(kind), &c->dict[kind]);
    free(p);
    if (!good) {
        fail(c, FB_STREAM_DICTS + kind, "is no valid dictionary");
        return NULL;
    }
    c->bytes += c->dict[kind].nbytes + (c->dict[kind].n + 1) * sizeof(uint32_t);
    c->have_dict[kind] = true;
    return &c->dict[kind];
}

static const uint8_t *filter_of(struct fb_chunk *c)
{
    const struct fb_stream *s = stream(c, FB_STREAM_ADDR_FILTER);
    if (!s || c->filter)
        return s ? c->filter : NULL;
    if (s->nvals > 0)
        c->filter = fb_stream_all_bytes(c->zip, s);
    if (c->filter)
        c->bytes += (size_t)s->nvals;
    else
        fail(c, FB_STREAM_ADDR_FILTER, "is no filter of addresses");
    return c->filter;
}

bool fb_chunk_may_have(struct fb_chunk *c, const uint8_t *addrs, size_t n)
{
    /* Unpacked already: the dictionary itself is quicker. */
    if (c->have_dict[FB_DICT_ADDR])
        return true;
    const uint8_t *filter = filter_of(c);
    for (size_t i = 0; i < n && filter; i++)
        if (fb_addr_filter_may_have(filter, (size_t)c->stream[FB_STREAM_ADDR_FILTER].nvals, addrs + 16 * i,
                                    0))
            return true;
    return false;
}

static bool filter_is(struct fb_chunk *c, const uint8_t *filter, size_t n, uint64_t salt)
{
    const struct fb_dict *d = fb_chunk_dict(c, FB_DICT_ADDR);
    uint8_t *want = d && n == d->n ? calloc(n + 1, 1) : NULL;
    if (!want)
        return false;
    for (uint32_t i = 0; i < d->n; i++)
        fb_addr_filter_add(want, n, fb_dict_entry(d, i).p, salt);
    bool good = memcmp(want, filter, n) == 0;
    free(want);
    return good;
}

bool fb_chunk_filter_holds(struct fb_chunk *c)
{
    const uint8_t *filter = filter_of(c);
    return filter && filter_is(c, filter, (size_t)c->stream[FB_STREAM_ADDR_FILTER].nvals, 0);
}

bool fb_chunk_filter_is(struct fb_chunk *c, struct fb_span f)
{
    return f.n > FB_FILTER_SALT_BYTES &&
           filter_is(c, f.p + FB_FILTER_SALT_BYTES, f.n - FB_FILTER_SALT_BYTES, fb_load_le64(f.p));
}

static bool load_parents(struct fb_chunk *c)
{
    struct fb_stream *s = stream(c, FB_COL_PARENTS);
    uint32_t *off = malloc((c->nrows + 1u) * sizeof *off);
    uint64_t total = 0, *all = NULL;
    if (!s || !off)
        goto bad;
    for (uint32_t i = 0; i < c->nrows; i++) {
        off[i] = (uint32_t)total;
        total += stored(c, FB_COL_NPARENTS, i);
    }
    off[c->nrows] = (uint32_t)total;
    if (c->err.status != FB_OK || total != s->nvals)
        goto bad;
    all = malloc((s->npages * FB_PAGE_ROWS + 1) * sizeof *all);
    if (!all)
        goto bad;
    for (size_t i = 0; i < s->npages; i++)
        if (fb_stream_page(c->zip, s, i, all + i * FB_PAGE_ROWS) == 0)
            goto bad;
    c->parents = all;
    c->parents_off = off;
    c->bytes += (size_t)total * sizeof *all + c->nrows * sizeof *off;
    return true;
bad:
    free(off);
    free(all);
    fail(c, FB_COL_PARENTS, "does not hold the outer sessions that the rows name");
    return false;
}

const uint64_t *fb_chunk_parents(struct fb_chunk *c, uint32_t row, uint32_t *n)
{
    *n = (uint32_t)stored(c, FB_COL_NPARENTS, row);
    if (*n == 0 || (!c->parents && !load_parents(c))) {
        *n = 0;
        return NULL;
    }
    return c->parents + c->parents_off[row];
}

/* ---- whole rows ---- */

static struct fb_span entry(struct fb_chunk *c, unsigned col, uint32_t row)
{
    uint64_t code = stored(c, col, row);
    if (c->err.status != FB_OK)
        return (struct fb_span){(const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0};
    return fb_dict_entry(&c->dict[fb_col_info[col].dict], (uint32_t)code);
}

static void session_flow(struct fb_chunk *c, uint32_t row, struct fb_session *s)
{
    s->ts_ns = (int64_t)stored(c, FB_COL_TS, row);
    s->duration_ns = (int64_t)stored(c, FB_COL_DURATION, row);
    s->orig_h = fb_addr_v6(entry(c, FB_COL_ORIG_H, row).p);
    s->resp_h = fb_addr_v6(entry(c, FB_COL_RESP_H, row).p);
    s->orig_p = (uint16_t)stored(c, FB_COL_ORIG_P, row);
    s->resp_p = (uint16_t)stored(c, FB_COL_RESP_P, row);
    s->proto = (uint8_t)stored(c, FB_COL_PROTO, row);
    s->ip_proto = (uint8_t)stored(c, FB_COL_IP_PROTO, row);
    s->conn_state = (uint8_t)stored(c, FB_COL_CONN_STATE, row);
    s->service = (const char *)entry(c, FB_COL_SERVICE, row).p;
    s->history = (const char *)entry(c, FB_COL_HISTORY, row).p;
    s->orig_bytes = stored(c, FB_COL_ORIG_BYTES, row);
    s->resp_bytes = stored(c, FB_COL_RESP_BYTES, row);
    s->missed_bytes = stored(c, FB_COL_MISSED_BYTES, row);
    s->orig_pkts = stored(c, FB_COL_ORIG_PKTS, row);
    s->resp_pkts = stored(c, FB_COL_RESP_PKTS, row);
    s->orig_ip_bytes = fb_chunk_value(c, FB_COL_ORIG_IP_BYTES, row);
    s->resp_ip_bytes = fb_chunk_value(c, FB_COL_RESP_IP_BYTES, row);
}

void fb_chunk_ends(struct fb_chunk *c, uint32_t row, struct fb_session_ends *out)
{
    *out = (struct fb_session_ends){.number = c->first + row,
                                    .ts_ns = (int64_t)stored(c, FB_COL_TS, row),
                                    .orig_h = fb_addr_v6(entry(c, FB_COL_ORIG_H, row).p),
                                    .resp_h = fb_addr_v6(entry(c, FB_COL_RESP_H, row).p)};
}

void fb_chunk_session(struct fb_chunk *c, uint32_t row, struct fb_session *s)
{
    *s = (struct fb_session){.number = c->first + row};
    session_flow(c, row, s);
    s->uid_dup = (uint32_t)stored(c, FB_COL_UID_DUP, row);
    s->end_reason = (uint8_t)stored(c, FB_COL_END_REASON, row);
    s->vlan = (uint16_t)stored(c, FB_COL_VLAN, row);
    s->inner_vlan = (uint16_t)stored(c, FB_COL_INNER_VLAN, row);
    s->has_macs = (uint8_t)stored(c, FB_COL_HAS_MACS, row);
    memcpy(s->orig_mac, entry(c, FB_COL_ORIG_MAC, row).p, 6);
    memcpy(s->resp_mac, entry(c, FB_COL_RESP_MAC, row).p, 6);
    s->orig_ttl = (uint8_t)stored(c, FB_COL_ORIG_TTL, row);
    s->resp_ttl = (uint8_t)stored(c, FB_COL_RESP_TTL, row);
    s->tunnel = (const char *)entry(c, FB_COL_TUNNEL, row).p;
    s->parents = fb_chunk_parents(c, row, &s->nparents);
    s->segments = stored(c, FB_COL_SEGMENTS, row);
    s->segment_gap_sum_ns = stored(c, FB_COL_SEGMENT_GAP_SUM, row);
    s->segment_regularity_ppm = (uint32_t)stored(c, FB_COL_SEGMENT_REGULARITY, row);
    s->syn_synack_ns = (int64_t)stored(c, FB_COL_SYN_SYNACK, row);
    s->synack_ack_ns = (int64_t)stored(c, FB_COL_SYNACK_ACK, row);
    s->orig_retrans_pkts = stored(c, FB_COL_ORIG_RETRANS, row);
    s->resp_retrans_pkts = stored(c, FB_COL_RESP_RETRANS, row);
    s->orig_ooo_pkts = stored(c, FB_COL_ORIG_OOO, row);
    s->resp_ooo_pkts = stored(c, FB_COL_RESP_OOO, row);
    s->orig_zero_window_pkts = stored(c, FB_COL_ORIG_ZERO_WINDOW, row);
    s->resp_zero_window_pkts = stored(c, FB_COL_RESP_ZERO_WINDOW, row);
    s->bad_checksum_pkts = stored(c, FB_COL_BAD_CHECKSUM, row);
    s->first_ordinal = stored(c, FB_COL_FIRST_ORDINAL, row);
    s->evidence_pkts = fb_chunk_value(c, FB_COL_EVIDENCE_PKTS, row);
}
