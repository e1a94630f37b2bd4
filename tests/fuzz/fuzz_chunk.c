/* The chunk decoders. Input: kind (1 byte: 0 to 7 a column group of a session chunk, 8 a zone map,
 * 9 a dictionary of texts, 10 a packed blob, 11 a canonical row, 12 the packet index; 16 to 23 a good column
 * group with changes: offset, 2 bytes, and a new byte each), then the bytes. The other groups of the session
 * chunk are good ones. */
#include "store/chunk.h"
#include "store/packet_chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 5000u /* two pages */

static struct fb_chunk_blobs good;
static struct fb_zip zip;
static volatile uint64_t sink; /* so that reads are not optimised away */

struct input {
    unsigned group;
    const uint8_t *p;
    size_t n;
};

static enum fb_status fetch(void *ctx, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    (void)cid;
    const struct input *in = ctx;
    const uint8_t *from = group == in->group ? in->p : good.group[group].data;
    *n = group == in->group ? in->n : good.group[group].len;
    *p = malloc(*n + 1);
    if (!*p)
        return fb_err_nomem(err, "a blob");
    if (*n)
        memcpy(*p, from, *n);
    return FB_OK;
}

static void set_up(void)
{
    struct fb_buf bytes;
    static struct fb_span row[ROWS];
    static size_t off[ROWS + 1];
    const uint64_t parents[2] = {1, 2};
    FB_BUG(!fb_zip_init(&zip, 3));
    fb_buf_init(&bytes, 4u << 20);
    for (unsigned i = 0; i < ROWS; i++) {
        struct fb_session s = {.ts_ns = 1000 + i,
                               .service = i % 3 ? "dns" : "",
                               .history = i % 5 ? "Dd" : "ShADadFf",
                               .tunnel = ""};
        s.orig_h.b[15] = (uint8_t)i;
        s.orig_pkts = i % 7;
        s.orig_bytes = i * 31;
        s.orig_ip_bytes = i * 33;
        s.parents = parents;
        s.nparents = i % 100 == 0 ? 2 : 0;
        FB_BUG(!fb_row_put(&bytes, &s, NULL));
        off[i + 1] = bytes.len;
    }
    for (unsigned i = 0; i < ROWS; i++)
        row[i] = (struct fb_span){bytes.data + off[i], off[i + 1] - off[i]};
    struct fb_chunk_writer *w = fb_chunk_writer_new();
    FB_BUG(!w || fb_chunk_write(w, row, ROWS, &good, NULL) != FB_OK);
    fb_chunk_writer_free(w);
    fb_buf_release(&bytes);
}

static void sessions(struct input *in)
{
    struct fb_chunk *k = fb_chunk_open(&zip, 1, 1, ROWS, fetch, in);
    struct fb_session s;
    FB_BUG(!k);
    for (uint32_t i = 0; i < ROWS; i += 97) {
        fb_chunk_session(k, i, &s);
        sink += strlen(s.service) + strlen(s.history) + strlen(s.tunnel) + s.orig_ip_bytes + s.orig_mac[5];
        for (uint32_t p = 0; p < s.nparents; p++)
            sink += s.parents[p];
    }
    fb_chunk_close(k);
}

/* A good blob with the changes that the input names: gets behind the directory, where random bytes rarely do.
 */
static void patched(unsigned group, const uint8_t *p, size_t n)
{
    const struct fb_buf *b = &good.group[group];
    uint8_t *copy = malloc(b->len);
    FB_BUG(!copy);
    memcpy(copy, b->data, b->len);
    for (; n >= 3; p += 3, n -= 3)
        copy[fb_load_be16(p) % b->len] = p[2];
    struct input in = {group, copy, b->len};
    sessions(&in);
    free(copy);
}

static void packets(const uint8_t *p, size_t n)
{
    struct fb_packet_chunk k;
    if (fb_packet_chunk_read(&zip, 1, p, n, &k, NULL) != FB_OK)
        return;
    for (uint32_t i = 0; i < k.n; i++) {
        struct fb_cur steps = fb_cur_init(k.entry[i].steps, k.entry[i].steps_bytes);
        uint64_t ordinal = k.entry[i].first_ordinal;
        for (uint32_t j = 1; j < k.entry[i].pkts; j++)
            ordinal = fb_packet_step(&steps, ordinal);
        FB_BUG(!fb_cur_ok(&steps) || fb_cur_left(&steps));
        sink += ordinal;
    }
    fb_packet_chunk_release(&k);
}

static void row(const uint8_t *p, size_t n)
{
    static uint64_t parents[FB_ROW_PARENTS_MAX];
    struct fb_cur c = fb_cur_init(p, n);
    struct fb_session s = {0};
    struct fb_buf again;
    if (!fb_row_get(&c, &s, parents, NULL))
        return;
    /* What was read can be written and is read as the same bytes again. */
    fb_buf_init(&again, 1u << 20);
    FB_BUG(!fb_row_put(&again, &s, NULL));
    FB_BUG(again.len > (size_t)(c.p - p));
    fb_buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_zone zone;
    struct fb_dict dict;
    size_t n;
    if (!zip.cc)
        set_up();
    if (size < 1)
        return 0;
    struct input in = {data[0], data + 1, size - 1};
    if (in.group < FB_CHUNK_GROUPS) {
        sessions(&in);
    } else if (in.group == 12) {
        packets(in.p, in.n);
    } else if (in.group == 8) {
        sink += fb_zone_read(in.p, in.n, &zone);
    } else if (in.group == 9) {
        if (fb_dict_read(in.p, in.n, 0, &dict))
            for (uint32_t i = 0; i < dict.n; i++)
                FB_BUG(fb_dict_find(&dict, fb_dict_entry(&dict, i).p, fb_dict_entry(&dict, i).n) != i);
        fb_dict_release(&dict);
    } else if (in.group == 10) {
        free(fb_blob_unpack(&zip, in.p, in.n, 1u << 20, &n));
    } else if (in.group == 11) {
        row(in.p, in.n);
    } else if (in.group >= 16 && in.group < 16 + FB_CHUNK_GROUPS) {
        patched(in.group - 16, in.p, in.n);
    }
    return 0;
}
