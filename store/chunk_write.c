#include "store/chunk.h"

#include "store/addr_filter.h"
#include "store/zone.h"

struct fb_chunk_writer {
    struct fb_zip zip;
    uint64_t *col[FB_STREAM_COUNT]; /* FB_CHUNK_ROWS values each; NULL for what is derived or no column */
    struct fb_dict_builder dict[FB_DICT_KINDS];
    struct fb_buf parents; /* of all rows, as uint64_t */
    uint64_t row_parents[FB_ROW_PARENTS_MAX];
    struct fb_buf dir, body, bytes;
};

static bool is_stored(unsigned id)
{
    return id != FB_COL_ORIG_IP_BYTES && id != FB_COL_RESP_IP_BYTES && id < FB_COL_PARENTS;
}

struct fb_chunk_writer *fb_chunk_writer_new(void)
{
    struct fb_chunk_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    bool good = fb_zip_init(&w->zip, 3);
    for (unsigned i = 0; i < FB_COL_PARENTS; i++) {
        w->col[i] = malloc(FB_CHUNK_ROWS * sizeof *w->col[i]);
        good = good && w->col[i];
    }
    fb_buf_init(&w->parents, sizeof(uint64_t) * FB_STREAM_VALUES_MAX);
    fb_buf_init(&w->dir, 1u << 20);
    fb_buf_init(&w->body, FB_BLOB_MAX);
    fb_buf_init(&w->bytes, FB_STREAM_BYTES_MAX);
    if (good)
        return w;
    fb_chunk_writer_free(w);
    return NULL;
}

void fb_chunk_writer_free(struct fb_chunk_writer *w)
{
    if (!w)
        return;
    fb_zip_release(&w->zip);
    for (unsigned i = 0; i < FB_STREAM_COUNT; i++)
        free(w->col[i]);
    for (unsigned i = 0; i < FB_DICT_KINDS; i++)
        fb_dict_builder_release(&w->dict[i]);
    fb_buf_release(&w->parents);
    fb_buf_release(&w->dir);
    fb_buf_release(&w->body);
    fb_buf_release(&w->bytes);
    free(w);
}

void fb_chunk_blobs_release(struct fb_chunk_blobs *b)
{
    for (unsigned i = 0; i < FB_CHUNK_GROUPS; i++)
        fb_buf_release(&b->group[i]);
    fb_buf_release(&b->zone);
    fb_buf_release(&b->filter);
}

/* ---- rows to columns ---- */

/* IP bytes less payload, as quotient and remainder by packets: headers are nearly the same in every packet.
 */
static void split_ip_bytes(uint64_t ip, uint64_t payload, uint64_t pkts, uint64_t *q, uint64_t *r)
{
    int64_t d = (int64_t)(ip - payload);
    if (pkts == 0 || pkts > INT64_MAX) {
        *q = 0;
        *r = fb_zigzag(d);
        return;
    }
    *q = fb_zigzag(d / (int64_t)pkts);
    *r = fb_zigzag(d % (int64_t)pkts);
}

static void put_flow(struct fb_chunk_writer *w, size_t i, const struct fb_session *s, const uint8_t *flow)
{
    uint64_t **c = w->col;
    c[FB_COL_TS][i] = (uint64_t)s->ts_ns;
    c[FB_COL_DURATION][i] = (uint64_t)s->duration_ns;
    /* The addresses stand in the packed row, which outlives the dictionary. */
    c[FB_COL_ORIG_H][i] = fb_dict_add(&w->dict[FB_DICT_ADDR], flow, 16);
    c[FB_COL_RESP_H][i] = fb_dict_add(&w->dict[FB_DICT_ADDR], flow + 16, 16);
    c[FB_COL_ORIG_P][i] = s->orig_p;
    c[FB_COL_RESP_P][i] = s->resp_p;
    c[FB_COL_PROTO][i] = s->proto;
    c[FB_COL_IP_PROTO][i] = s->ip_proto;
    c[FB_COL_CONN_STATE][i] = s->conn_state;
    c[FB_COL_SERVICE][i] = fb_dict_add(&w->dict[FB_DICT_SERVICE], s->service, strlen(s->service));
    c[FB_COL_HISTORY][i] = fb_dict_add(&w->dict[FB_DICT_HISTORY], s->history, strlen(s->history));
    c[FB_COL_ORIG_BYTES][i] = s->orig_bytes;
    c[FB_COL_RESP_BYTES][i] = s->resp_bytes;
    c[FB_COL_MISSED_BYTES][i] = s->missed_bytes;
    c[FB_COL_ORIG_PKTS][i] = s->orig_pkts;
    c[FB_COL_RESP_PKTS][i] = s->resp_pkts;
    c[FB_COL_ORIG_IP_BYTES][i] = s->orig_ip_bytes;
    c[FB_COL_RESP_IP_BYTES][i] = s->resp_ip_bytes;
    split_ip_bytes(s->orig_ip_bytes, s->orig_bytes, s->orig_pkts, &c[FB_COL_ORIG_IP_Q][i],
                   &c[FB_COL_ORIG_IP_R][i]);
    split_ip_bytes(s->resp_ip_bytes, s->resp_bytes, s->resp_pkts, &c[FB_COL_RESP_IP_Q][i],
                   &c[FB_COL_RESP_IP_R][i]);
}

static void put_rest(struct fb_chunk_writer *w, size_t i, const struct fb_session *s, const uint8_t *macs)
{
    uint64_t **c = w->col;
    c[FB_COL_UID_DUP][i] = s->uid_dup;
    c[FB_COL_END_REASON][i] = s->end_reason;
    c[FB_COL_VLAN][i] = s->vlan;
    c[FB_COL_INNER_VLAN][i] = s->inner_vlan;
    c[FB_COL_HAS_MACS][i] = s->has_macs;
    c[FB_COL_ORIG_MAC][i] = fb_dict_add(&w->dict[FB_DICT_MAC], macs, 6);
    c[FB_COL_RESP_MAC][i] = fb_dict_add(&w->dict[FB_DICT_MAC], macs + 6, 6);
    c[FB_COL_ORIG_TTL][i] = s->orig_ttl;
    c[FB_COL_RESP_TTL][i] = s->resp_ttl;
    c[FB_COL_TUNNEL][i] = fb_dict_add(&w->dict[FB_DICT_TUNNEL], s->tunnel, strlen(s->tunnel));
    c[FB_COL_NPARENTS][i] = s->nparents;
    fb_buf_put(&w->parents, s->parents, s->nparents * sizeof *s->parents);
    c[FB_COL_SEGMENTS][i] = s->segments;
    c[FB_COL_SEGMENT_GAP_SUM][i] = s->segment_gap_sum_ns;
    c[FB_COL_SEGMENT_REGULARITY][i] = s->segment_regularity_ppm;
    c[FB_COL_SYN_SYNACK][i] = (uint64_t)s->syn_synack_ns;
    c[FB_COL_SYNACK_ACK][i] = (uint64_t)s->synack_ack_ns;
    c[FB_COL_ORIG_RETRANS][i] = s->orig_retrans_pkts;
    c[FB_COL_RESP_RETRANS][i] = s->resp_retrans_pkts;
    c[FB_COL_ORIG_OOO][i] = s->orig_ooo_pkts;
    c[FB_COL_RESP_OOO][i] = s->resp_ooo_pkts;
    c[FB_COL_ORIG_ZERO_WINDOW][i] = s->orig_zero_window_pkts;
    c[FB_COL_RESP_ZERO_WINDOW][i] = s->resp_zero_window_pkts;
    c[FB_COL_BAD_CHECKSUM][i] = s->bad_checksum_pkts;
    c[FB_COL_FIRST_ORDINAL][i] = s->first_ordinal;
    c[FB_COL_EVIDENCE_PKTS][i] = s->evidence_pkts;
}

/* Where the bytes of addresses and MACs stand inside a packed row. */
struct row_places {
    const uint8_t *flow, *macs;
};

static struct row_places find_places(const struct fb_span *row, const struct fb_session *s)
{
    struct fb_cur c = fb_cur_init(row->p, row->n);
    fb_cur_varint(&c);
    fb_cur_varint(&c);
    struct row_places at = {.flow = c.p};
    c = fb_cur_init(s->tunnel, (size_t)(row->p + row->n - (const uint8_t *)s->tunnel));
    fb_cur_skip(&c, strlen(s->tunnel) + 1);
    fb_cur_varint(&c);
    fb_cur_varint(&c);
    at.macs = c.p + 1;
    return at;
}

static enum fb_status take_rows(struct fb_chunk_writer *w, const struct fb_span *rows, size_t n,
                                struct fb_digest *logical, struct fb_err *err)
{
    for (unsigned i = 0; i < FB_DICT_KINDS; i++)
        fb_dict_clear(&w->dict[i]);
    fb_buf_clear(&w->parents);
    struct fb_digest_state st;
    fb_digest_init(&st, "fb session rows");
    for (size_t i = 0; i < n; i++) {
        struct fb_session s;
        size_t digested = 0;
        struct fb_cur c = fb_cur_init(rows[i].p, rows[i].n);
        if (!fb_row_get(&c, &s, w->row_parents, &digested) || fb_cur_left(&c) != 0)
            return fb_err_set(err, FB_ERR_VERIFY, "a spilled session row is malformed");
        fb_digest_update(&st, rows[i].p, digested);
        struct row_places at = find_places(&rows[i], &s);
        put_flow(w, i, &s, at.flow);
        put_rest(w, i, &s, at.macs);
    }
    fb_digest_final(&st, logical);
    if (w->parents.failed)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %u outer sessions in one chunk",
                          FB_STREAM_VALUES_MAX);
    return FB_OK;
}

/* ---- columns to blobs ---- */

/* The order of dictionaries: a prefix before what it begins. */
static int by_name(const void *a, const void *b)
{
    const struct fb_span *x = &((const struct fb_zone_service *)a)->name;
    const struct fb_span *y = &((const struct fb_zone_service *)b)->name;
    size_t n = x->n < y->n ? x->n : y->n;
    int c = n ? memcmp(x->p, y->p, n) : 0;
    return c ? c : x->n < y->n ? -1 : x->n > y->n;
}

static void measure_columns(struct fb_chunk_writer *w, size_t n, struct fb_zone *z)
{
    for (unsigned col = 0; col < FB_COL_COUNT; col++) {
        if (!fb_col_info[col].zoned)
            continue;
        uint64_t flip = fb_col_info[col].is_signed ? (uint64_t)1 << 63 : 0, lo = UINT64_MAX, hi = 0;
        for (size_t i = 0; i < n; i++) {
            uint64_t v = w->col[col][i] ^ flip;
            lo = v < lo ? v : lo;
            hi = v > hi ? v : hi;
        }
        z->lo[col] = lo ^ flip;
        z->hi[col] = hi ^ flip;
    }
}

/* Not after put_stream: services are still numbered in the order of their appearance. */
static void write_zone(struct fb_chunk_writer *w, size_t n, struct fb_zone *z, struct fb_buf *out)
{
    const struct fb_dict_builder *d = &w->dict[FB_DICT_SERVICE];
    struct fb_tally by_service[FB_ZONE_SERVICES_MAX] = {0};
    struct fb_zone_service services[FB_ZONE_SERVICES_MAX];
    bool few = d->n <= FB_ZONE_SERVICES_MAX;
    *z = (struct fb_zone){0};
    measure_columns(w, n, z);
    for (size_t i = 0; i < n; i++) {
        struct fb_tally t = {1, {0}};
        for (unsigned m = 0; m < FB_M_COUNT; m++)
            t.sum[m] = w->col[fb_measure_col[m]][i];
        uint64_t state = w->col[FB_COL_CONN_STATE][i], proto = w->col[FB_COL_PROTO][i];
        fb_tally_add(&z->states[state < 15 ? state : 15], &t);
        fb_tally_add(&z->protos[proto < 15 ? proto : 15], &t);
        if (few)
            fb_tally_add(&by_service[w->col[FB_COL_SERVICE][i]], &t);
    }
    for (uint32_t i = 0; i < d->n && few; i++)
        services[i] = (struct fb_zone_service){d->e[i], by_service[i]};
    if (few)
        qsort(services, d->n, sizeof *services, by_name);
    fb_zone_write(z, services, d->n, out);
}

/* Evidence packets less packets of the session, which are mostly the same. Not before the zone map has been
 * written. */
static void reduce(struct fb_chunk_writer *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->col[FB_COL_EVIDENCE_PKTS][i] =
            fb_zigzag((int64_t)(w->col[FB_COL_EVIDENCE_PKTS][i] - w->col[FB_COL_ORIG_PKTS][i] -
                                w->col[FB_COL_RESP_PKTS][i]));
}

static void put_addr_filter(struct fb_chunk_writer *w)
{
    const struct fb_dict_builder *d = &w->dict[FB_DICT_ADDR];
    fb_buf_clear(&w->bytes);
    if (fb_buf_reserve(&w->bytes, d->n)) {
        memset(w->bytes.data, 0, d->n);
        w->bytes.len = d->n;
        for (uint32_t i = 0; i < d->n; i++)
            fb_addr_filter_add(w->bytes.data, d->n, d->e[i].p, 0);
    }
    fb_bytes_encode(&w->zip, FB_STREAM_ADDR_FILTER, w->bytes.data, w->bytes.len, &w->dir, &w->body);
    w->body.failed |= w->bytes.failed;
}

/* The one that goes to the filters of all chunks. */
static void put_salted_filter(const struct fb_chunk_writer *w, struct fb_chunk_blobs *out)
{
    const struct fb_dict_builder *d = &w->dict[FB_DICT_ADDR];
    size_t n = FB_FILTER_SALT_BYTES + d->n;
    fb_buf_init(&out->filter, FB_BLOB_MAX);
    if (!fb_buf_reserve(&out->filter, n))
        return;
    memset(out->filter.data, 0, n);
    memcpy(out->filter.data, out->logical.b, FB_FILTER_SALT_BYTES);
    out->filter.len = n;
    for (uint32_t i = 0; i < d->n; i++)
        fb_addr_filter_add(out->filter.data + FB_FILTER_SALT_BYTES, d->n, d->e[i].p,
                           fb_load_le64(out->filter.data));
}

static void put_stream(struct fb_chunk_writer *w, unsigned id, size_t n)
{
    const struct fb_col_info *info = &fb_col_info[id];
    if (id == FB_STREAM_ADDR_FILTER) {
        put_addr_filter(w);
        return;
    }
    if (id >= FB_STREAM_DICTS) {
        fb_buf_clear(&w->bytes);
        fb_dict_sort(&w->dict[id - FB_STREAM_DICTS], fb_dict_fixed_len(id - FB_STREAM_DICTS), &w->bytes);
        fb_bytes_encode(&w->zip, id, w->bytes.data, w->bytes.len, &w->dir, &w->body);
        w->body.failed |= w->bytes.failed;
        return;
    }
    if (id == FB_COL_PARENTS) {
        fb_column_encode(&w->zip, id, (const uint64_t *)(const void *)w->parents.data,
                         w->parents.len / sizeof(uint64_t), false, &w->dir, &w->body);
        return;
    }
    for (size_t i = 0; i < n && info->dict >= 0; i++)
        w->col[id][i] = w->dict[info->dict].rank[w->col[id][i]];
    fb_column_encode(&w->zip, id, w->col[id], n, info->is_signed, &w->dir, &w->body);
}

static void write_group(struct fb_chunk_writer *w, unsigned group, size_t n, struct fb_buf *out)
{
    fb_buf_clear(&w->dir);
    fb_buf_clear(&w->body);
    unsigned count = 0;
    /* Dictionaries first: codes of rows are ranks in them. */
    for (unsigned k = 0; k < FB_STREAM_COUNT; k++) {
        unsigned id = (FB_STREAM_DICTS + k) % FB_STREAM_COUNT;
        bool stored = id >= FB_COL_PARENTS || is_stored(id);
        if (fb_col_info[id].group != group || !stored)
            continue;
        put_stream(w, id, n);
        count++;
    }
    fb_buf_putc(out, FB_CHUNK_VERSION);
    fb_buf_putc(out, (char)count);
    fb_buf_put(out, w->dir.data, w->dir.len);
    fb_buf_put(out, w->body.data, w->body.len);
    out->failed |= w->dir.failed || w->body.failed;
}

enum fb_status fb_chunk_write(struct fb_chunk_writer *w, const struct fb_span *rows, size_t n,
                              struct fb_chunk_blobs *out, struct fb_err *err)
{
    FB_BUG(n == 0 || n > FB_CHUNK_ROWS);
    *out = (struct fb_chunk_blobs){.nrows = (uint32_t)n};
    FB_TRY(take_rows(w, rows, n, &out->logical, err));
    fb_buf_init(&out->zone, FB_ZONE_BYTES_MAX);
    struct fb_zone zone;
    write_zone(w, n, &zone, &out->zone);
    out->ts_min_ns = (int64_t)zone.lo[FB_COL_TS];
    out->ts_max_ns = (int64_t)zone.hi[FB_COL_TS];
    reduce(w, n);
    struct fb_span spans[FB_CHUNK_GROUPS];
    bool failed = out->zone.failed;
    for (unsigned g = 0; g < FB_CHUNK_GROUPS; g++) {
        fb_buf_init(&out->group[g], FB_BLOB_MAX);
        write_group(w, g, n, &out->group[g]);
        spans[g] = (struct fb_span){out->group[g].data, out->group[g].len};
        failed = failed || out->group[g].failed;
    }
    put_salted_filter(w, out);
    failed = failed || out->filter.failed;
    for (unsigned i = 0; i < FB_DICT_KINDS; i++)
        failed = failed || w->dict[i].failed;
    if (failed)
        return fb_err_set(err, FB_ERR_LIMIT,
                          "a chunk of %zu sessions does not fit its ceiling or memory ran out", n);
    fb_chunk_content_digest(spans, FB_CHUNK_GROUPS, &out->content);
    return FB_OK;
}
