#include "store/packet_chunk.h"

#define VERSION 1
enum { S_NUMBER, S_PKTS, S_FIRST, S_LEN, S_STEPS, S_COUNT };

void fb_packet_packer_init(struct fb_packet_packer *p)
{
    size_t most = FB_PACKET_CHUNK_ENTRIES * sizeof(uint64_t);
    *p = (struct fb_packet_packer){0};
    fb_buf_init(&p->number, most);
    fb_buf_init(&p->pkts, most);
    fb_buf_init(&p->first, most);
    fb_buf_init(&p->len, most);
    fb_buf_init(&p->steps, FB_PACKET_CHUNK_STEPS + 10 * FB_ENTRY_PKTS);
    fb_digest_init(&p->logical, "fb packet rows");
}

void fb_packet_packer_release(struct fb_packet_packer *p)
{
    fb_buf_release(&p->number);
    fb_buf_release(&p->pkts);
    fb_buf_release(&p->first);
    fb_buf_release(&p->len);
    fb_buf_release(&p->steps);
}

void fb_packet_entry_digest(struct fb_digest_state *st, const struct fb_packet_entry *e)
{
    uint8_t head[30];
    size_t n = fb_put_varint(head, e->number);
    n += fb_put_varint(head + n, e->pkts);
    n += fb_put_varint(head + n, e->first_ordinal);
    fb_digest_update(st, head, n);
    fb_digest_update(st, e->steps, e->steps_bytes);
}

void fb_packet_packer_add(struct fb_packet_packer *p, const struct fb_packet_entry *e)
{
    uint64_t pkts = e->pkts, len = e->steps_bytes;
    fb_buf_put(&p->number, &e->number, sizeof e->number);
    fb_buf_put(&p->pkts, &pkts, sizeof pkts);
    fb_buf_put(&p->first, &e->first_ordinal, sizeof e->first_ordinal);
    fb_buf_put(&p->len, &len, sizeof len);
    fb_buf_put(&p->steps, e->steps, e->steps_bytes);
    fb_packet_entry_digest(&p->logical, e);
    if (p->nentries++ == 0)
        p->first_number = e->number;
    p->last_number = e->number;
}

bool fb_packet_packer_full(const struct fb_packet_packer *p)
{
    return p->nentries == FB_PACKET_CHUNK_ENTRIES || p->steps.len >= FB_PACKET_CHUNK_STEPS;
}

bool fb_packet_packer_close(struct fb_packet_packer *p, struct fb_zip *z, struct fb_packet_blob *out)
{
    *out = (struct fb_packet_blob){
        .first_number = p->first_number, .last_number = p->last_number, .nentries = p->nentries};
    struct fb_buf dir, body;
    fb_buf_init(&dir, 1u << 20);
    fb_buf_init(&body, 16u << 20);
    fb_buf_init(&out->blob, 17u << 20);
    struct fb_buf *ints[4] = {&p->number, &p->pkts, &p->first, &p->len};
    bool failed = p->steps.failed;
    for (unsigned i = 0; i < 4; i++) {
        fb_column_encode(z, i, (const uint64_t *)(const void *)ints[i]->data, p->nentries, false, &dir,
                         &body);
        failed = failed || ints[i]->failed;
        fb_buf_clear(ints[i]);
    }
    fb_bytes_encode(z, S_STEPS, p->steps.data, p->steps.len, &dir, &body);
    fb_buf_putc(&out->blob, VERSION);
    fb_buf_putc(&out->blob, S_COUNT);
    fb_buf_put(&out->blob, dir.data, dir.len);
    fb_buf_put(&out->blob, body.data, body.len);
    failed = failed || dir.failed || body.failed || out->blob.failed;
    fb_digest_final(&p->logical, &out->logical);
    struct fb_digest_state st;
    fb_digest_init(&st, "fb chunk bytes");
    fb_digest_update_field(&st, out->blob.data, out->blob.len);
    fb_digest_final(&st, &out->content);
    fb_buf_release(&dir);
    fb_buf_release(&body);
    fb_buf_clear(&p->steps);
    fb_digest_init(&p->logical, "fb packet rows");
    p->nentries = 0;
    return !failed;
}

/* ---- reading ---- */

static bool parse(struct fb_cur *c, struct fb_stream *s)
{
    if (fb_cur_u8(c) != VERSION || fb_cur_u8(c) != S_COUNT)
        return false;
    for (unsigned i = 0; i < S_COUNT; i++)
        if (fb_cur_u8(c) != i || !fb_stream_parse(c, &s[i]) || (s[i].enc == FB_ENC_BYTES) != (i == S_STEPS))
            return false;
    for (unsigned i = 0; i < S_COUNT; i++) {
        s[i].p = fb_cur_take(c, s[i].len);
        if (!s[i].p || (i < S_STEPS && s[i].nvals != s[0].nvals))
            return false;
    }
    return fb_cur_ok(c) && fb_cur_left(c) == 0 && s[0].nvals > 0 && s[0].nvals <= FB_PACKET_CHUNK_ENTRIES;
}

static bool read_column(struct fb_zip *z, const struct fb_stream *s, unsigned which,
                        struct fb_packet_entry *e)
{
    for (size_t page = 0; page < s->npages; page++) {
        size_t n = fb_stream_page(z, s, page, z->vals);
        if (n == 0)
            return false;
        for (size_t i = 0; i < n; i++) {
            uint64_t v = z->vals[i];
            struct fb_packet_entry *to = e + page * FB_PAGE_ROWS + i;
            if (which == S_NUMBER)
                to->number = v;
            else if (which == S_FIRST)
                to->first_ordinal = v;
            else if (which == S_PKTS && v > 0 && v <= FB_ENTRY_PKTS)
                to->pkts = (uint32_t)v;
            else if (which == S_LEN && v <= 10 * FB_ENTRY_PKTS)
                to->steps_bytes = (size_t)v;
            else
                return false;
        }
    }
    return true;
}

/* One varint for each step, and nothing behind them. Most steps are of one byte. */
static bool holds_steps(const struct fb_packet_entry *e)
{
    uint8_t all = 0;
    if (e->steps_bytes == e->pkts - 1u) {
        for (size_t i = 0; i < e->steps_bytes; i++)
            all |= e->steps[i];
        return all < 0x80;
    }
    struct fb_cur cur = fb_cur_init(e->steps, e->steps_bytes);
    for (uint32_t k = 1; k < e->pkts; k++)
        fb_cur_varint(&cur);
    return fb_cur_ok(&cur) && fb_cur_left(&cur) == 0;
}

/* Every entry has exactly its steps, and numbers ascend. */
static bool check_entries(struct fb_packet_chunk *c, size_t nsteps)
{
    size_t off = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        struct fb_packet_entry *e = &c->entry[i];
        if (e->steps_bytes > nsteps - off || (i > 0 && e->number < c->entry[i - 1].number))
            return false;
        e->steps = c->steps + off;
        off += e->steps_bytes;
        if (!holds_steps(e))
            return false;
    }
    return off == nsteps;
}

enum fb_status fb_packet_chunk_read(struct fb_zip *z, uint64_t cid, const uint8_t *p, size_t n,
                                    struct fb_packet_chunk *out, struct fb_err *err)
{
    struct fb_stream s[S_COUNT] = {0};
    struct fb_cur c = fb_cur_init(p, n);
    *out = (struct fb_packet_chunk){0};
    bool good = parse(&c, s);
    if (good) {
        out->n = (uint32_t)s[0].nvals;
        out->entry = calloc(s[0].npages * FB_PAGE_ROWS, sizeof *out->entry);
        out->steps = fb_stream_all_bytes(z, &s[S_STEPS]);
        good = out->entry && out->steps;
    }
    for (unsigned i = 0; i < S_STEPS && good; i++)
        good = read_column(z, &s[i], i, out->entry);
    good = good && check_entries(out, (size_t)s[S_STEPS].nvals);
    for (unsigned i = 0; i < S_COUNT; i++)
        fb_stream_release(&s[i]);
    if (good)
        return FB_OK;
    fb_packet_chunk_release(out);
    return fb_err_set(err, FB_ERR_VERIFY, "chunk %llu of the packet index is damaged",
                      (unsigned long long)cid);
}

void fb_packet_chunk_release(struct fb_packet_chunk *c)
{
    free(c->entry);
    free(c->steps);
    *c = (struct fb_packet_chunk){0};
}
