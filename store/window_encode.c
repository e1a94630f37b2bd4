#include "store/window.h"

struct piece {
    uint32_t slot, seq; /* seq: order of arrival */
    struct fb_packet_entry e;
};

struct fb_window_encoder {
    struct fb_chunk_writer *chunk;
    struct fb_zip zip;
    struct fb_packet_packer packer;
    struct fb_span *rows; /* FB_CHUNK_ROWS */
    struct fb_buf pieces; /* struct piece */
    struct fb_buf joined; /* steps of the entry that grows */
};

struct fb_window_encoder *fb_window_encoder_new(void)
{
    struct fb_window_encoder *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    fb_packet_packer_init(&e->packer);
    fb_buf_init(&e->pieces, SIZE_MAX / 4);
    fb_buf_init(&e->joined, 10 * FB_ENTRY_PKTS);
    e->chunk = fb_chunk_writer_new();
    e->rows = calloc(FB_CHUNK_ROWS, sizeof *e->rows);
    if (fb_zip_init(&e->zip, 3) && e->chunk && e->rows)
        return e;
    fb_window_encoder_free(e);
    return NULL;
}

void fb_window_encoder_free(struct fb_window_encoder *e)
{
    if (!e)
        return;
    fb_chunk_writer_free(e->chunk);
    fb_zip_release(&e->zip);
    fb_packet_packer_release(&e->packer);
    fb_buf_release(&e->pieces);
    fb_buf_release(&e->joined);
    free(e->rows);
    free(e);
}

void fb_window_blobs_release(struct fb_window_blobs *b)
{
    fb_chunk_blobs_release(&b->sessions);
    for (size_t i = 0; i < b->npackets; i++)
        fb_buf_release(&b->packets[i].blob);
    free(b->packets);
    *b = (struct fb_window_blobs){0};
}

/* ---- sessions ---- */

static enum fb_status place_rows(struct fb_window_encoder *e, const struct fb_window *w, size_t *n,
                                 struct fb_err *err)
{
    memset(e->rows, 0, FB_CHUNK_ROWS * sizeof *e->rows);
    size_t count = 0, most = 0;
    for (const struct fb_block *b = w->rows.head; b; b = b->next) {
        struct fb_cur c = fb_cur_init(b->bytes, b->len);
        while (fb_cur_left(&c) > 0) {
            uint64_t slot = fb_cur_varint(&c), len = fb_cur_varint(&c);
            const uint8_t *p = len <= fb_cur_left(&c) ? fb_cur_take(&c, (size_t)len) : NULL;
            if (!fb_cur_ok(&c) || !p || slot >= FB_CHUNK_ROWS)
                return fb_err_set(err, FB_ERR_VERIFY, "a spilled session row is malformed");
            if (e->rows[slot].p)
                return fb_err_set(err, FB_ERR_USAGE, "session %llu came twice",
                                  (unsigned long long)(w->index * FB_CHUNK_ROWS + slot + 1));
            e->rows[slot] = (struct fb_span){p, (size_t)len};
            count++;
            most = slot + 1 > most ? (size_t)slot + 1 : most;
        }
    }
    if (count != most)
        return fb_err_set(err, FB_ERR_USAGE, "session numbers are missing between %llu and %llu",
                          (unsigned long long)(w->index * FB_CHUNK_ROWS + 1),
                          (unsigned long long)(w->index * FB_CHUNK_ROWS + most));
    *n = count;
    return FB_OK;
}

/* ---- packets ---- */

static int by_slot(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static enum fb_status collect_pieces(struct fb_window_encoder *e, const struct fb_window *w, size_t nrows,
                                     struct fb_err *err)
{
    fb_buf_clear(&e->pieces);
    uint32_t seq = 0;
    for (const struct fb_block *b = w->pieces.head; b; b = b->next) {
        struct fb_cur c = fb_cur_init(b->bytes, b->len);
        while (fb_cur_left(&c) > 0) {
            struct piece p = {.slot = (uint32_t)fb_cur_varint(&c), .seq = seq++};
            p.e.number = w->index * FB_CHUNK_ROWS + p.slot + 1;
            p.e.first_ordinal = fb_cur_varint(&c);
            p.e.pkts = (uint32_t)fb_cur_varint(&c);
            uint64_t len = fb_cur_varint(&c);
            p.e.steps = len <= fb_cur_left(&c) ? fb_cur_take(&c, (size_t)len) : NULL;
            p.e.steps_bytes = (size_t)len;
            if (!fb_cur_ok(&c) || !p.e.steps || p.e.pkts > FB_ENTRY_PKTS)
                return fb_err_set(err, FB_ERR_VERIFY, "a spilled piece of the packet index is malformed");
            if (p.slot >= nrows)
                return fb_err_set(err, FB_ERR_USAGE, "packets came for session %llu, which never ended",
                                  (unsigned long long)p.e.number);
            fb_buf_put(&e->pieces, &p, sizeof p);
        }
    }
    if (e->pieces.failed)
        return fb_err_nomem(err, "the packet index");
    if (e->pieces.len)
        qsort(e->pieces.data, e->pieces.len / sizeof(struct piece), sizeof(struct piece), by_slot);
    return FB_OK;
}

static enum fb_status close_chunk(struct fb_window_encoder *e, struct fb_window_blobs *out,
                                  struct fb_err *err)
{
    struct fb_packet_blob *grown = realloc(out->packets, (out->npackets + 1) * sizeof *grown);
    if (!grown)
        return fb_err_nomem(err, "the packet index");
    out->packets = grown;
    bool good = fb_packet_packer_close(&e->packer, &e->zip, &grown[out->npackets]);
    out->npackets++;
    return good ? FB_OK : fb_err_nomem(err, "the packet index");
}

static enum fb_status emit(struct fb_window_encoder *e, struct fb_packet_entry *entry,
                           struct fb_window_blobs *out, struct fb_err *err)
{
    if (e->joined.failed)
        return fb_err_nomem(err, "the packet index");
    entry->steps = e->joined.data;
    entry->steps_bytes = e->joined.len;
    fb_packet_packer_add(&e->packer, entry);
    fb_buf_clear(&e->joined);
    return fb_packet_packer_full(&e->packer) ? close_chunk(e, out, err) : FB_OK;
}

/* Pieces of one session become entries of FB_ENTRY_PKTS packets, whatever the pieces were. */
static enum fb_status join(struct fb_window_encoder *e, const struct piece *p, size_t n,
                           struct fb_window_blobs *out, struct fb_err *err)
{
    struct fb_packet_entry entry = {.number = p->e.number};
    uint64_t last = 0;
    /* The usual case: one piece, which is an entry as it is. */
    if (n == 1) {
        fb_packet_packer_add(&e->packer, &p->e);
        return fb_packet_packer_full(&e->packer) ? close_chunk(e, out, err) : FB_OK;
    }
    fb_buf_clear(&e->joined);
    for (size_t i = 0; i < n; i++) {
        struct fb_cur c = fb_cur_init(p[i].e.steps, p[i].e.steps_bytes);
        for (uint32_t k = 0; k < p[i].e.pkts; k++) {
            uint64_t ordinal = k == 0 ? p[i].e.first_ordinal : fb_packet_step(&c, last);
            if (entry.pkts == FB_ENTRY_PKTS) {
                FB_TRY(emit(e, &entry, out, err));
                entry.pkts = 0;
            }
            if (entry.pkts++ == 0)
                entry.first_ordinal = ordinal;
            else
                fb_buf_put_varint(&e->joined, fb_zigzag((int64_t)(ordinal - last)));
            last = ordinal;
        }
    }
    return entry.pkts ? emit(e, &entry, out, err) : FB_OK;
}

static enum fb_status encode_packets(struct fb_window_encoder *e, const struct fb_window *w, size_t nrows,
                                     struct fb_window_blobs *out, struct fb_err *err)
{
    FB_TRY(collect_pieces(e, w, nrows, err));
    const struct piece *p = (const struct piece *)(const void *)e->pieces.data;
    size_t n = e->pieces.len / sizeof *p;
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && p[k].slot == p[i].slot;)
            k++;
        FB_TRY(join(e, p + i, k - i, out, err));
    }
    return e->packer.nentries ? close_chunk(e, out, err) : FB_OK;
}

static enum fb_status encode(struct fb_window_encoder *e, const struct fb_window *w,
                             struct fb_window_blobs *out)
{
    size_t n = 0;
    FB_TRY(place_rows(e, w, &n, &out->err));
    if (n == 0)
        return fb_err_set(&out->err, FB_ERR_USAGE, "packets came for session %llu, which never ended",
                          (unsigned long long)(w->index * FB_CHUNK_ROWS + 1));
    FB_TRY(fb_chunk_write(e->chunk, e->rows, n, &out->sessions, &out->err));
    return encode_packets(e, w, n, out, &out->err);
}

void fb_window_encode(struct fb_window_encoder *e, const struct fb_window *w, struct fb_window_blobs *out)
{
    *out = (struct fb_window_blobs){.index = w->index};
    out->status = encode(e, w, out);
}
