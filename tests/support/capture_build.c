#include "tests/support/capture_build.h"

#include "base/cursor.h"
#include "ingest/reader_int.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

void cb_u16(struct fb_buf *b, bool be, uint32_t v)
{
    uint8_t t[2];
    if (be)
        fb_store_be16(t, (uint16_t)v);
    else
        fb_store_le16(t, (uint16_t)v);
    fb_buf_put(b, t, sizeof t);
}

void cb_u32(struct fb_buf *b, bool be, uint32_t v)
{
    uint8_t t[4];
    if (be)
        fb_store_be32(t, v);
    else
        fb_store_le32(t, v);
    fb_buf_put(b, t, sizeof t);
}

void cb_zero(struct fb_buf *b, size_t n)
{
    while (n--)
        fb_buf_putc(b, 0);
}

static void payload(struct fb_buf *b, uint32_t n, uint8_t seed)
{
    for (uint32_t i = 0; i < n; i++)
        fb_buf_putc(b, (char)(uint8_t)(0x80 | (seed * 31u + i * 7u)));
}

void cb_pcap_header(struct fb_buf *b, bool be, uint32_t magic, uint32_t major, uint32_t minor,
                    uint32_t linktype)
{
    cb_u32(b, be, magic);
    cb_u16(b, be, major);
    cb_u16(b, be, minor);
    cb_zero(b, 8);
    cb_u32(b, be, 65535);
    cb_u32(b, be, linktype);
}

void cb_pcap_record(struct fb_buf *b, bool be, uint32_t sec, uint32_t frac, uint32_t caplen, uint32_t wirelen,
                    size_t extra, uint8_t seed)
{
    cb_u32(b, be, sec);
    cb_u32(b, be, frac);
    cb_u32(b, be, caplen);
    cb_u32(b, be, wirelen);
    cb_zero(b, extra);
    payload(b, caplen, seed);
}

void cb_ng_block(struct fb_buf *b, bool be, uint32_t type, const void *body, size_t n)
{
    uint32_t total = (uint32_t)((n + 3) & ~(size_t)3) + 12;
    cb_u32(b, be, type);
    cb_u32(b, be, total);
    fb_buf_put(b, body, n);
    cb_zero(b, total - 12 - n);
    cb_u32(b, be, total);
}

void cb_ng_shb(struct fb_buf *b, bool be)
{
    struct fb_buf t;
    fb_buf_init(&t, 64);
    cb_u32(&t, be, 0x1a2b3c4d);
    cb_u16(&t, be, 1);
    cb_u16(&t, be, 0);
    cb_u32(&t, be, 0xffffffff);
    cb_u32(&t, be, 0xffffffff);
    cb_ng_block(b, be, 0x0a0d0d0a, t.data, t.len);
    fb_buf_release(&t);
}

void cb_ng_option(struct fb_buf *b, bool be, uint32_t code, const void *v, size_t n)
{
    cb_u16(b, be, code);
    cb_u16(b, be, (uint32_t)n);
    fb_buf_put(b, v, n);
    cb_zero(b, -n & 3);
}

void cb_ng_idb(struct fb_buf *b, bool be, uint32_t linktype, uint32_t snaplen, const struct fb_buf *opts)
{
    struct fb_buf t;
    fb_buf_init(&t, 1 << 20);
    cb_u16(&t, be, linktype);
    cb_u16(&t, be, 0);
    cb_u32(&t, be, snaplen);
    if (opts)
        fb_buf_put(&t, opts->data, opts->len);
    cb_ng_block(b, be, 1, t.data, t.len);
    fb_buf_release(&t);
}

void cb_ng_epb(struct fb_buf *b, bool be, uint32_t iface, uint64_t ts, uint32_t caplen, uint32_t wirelen,
               const struct fb_buf *opts, uint8_t seed)
{
    struct fb_buf t;
    fb_buf_init(&t, 1 << 20);
    cb_u32(&t, be, iface);
    cb_u32(&t, be, (uint32_t)(ts >> 32));
    cb_u32(&t, be, (uint32_t)ts);
    cb_u32(&t, be, caplen);
    cb_u32(&t, be, wirelen);
    payload(&t, caplen, seed);
    cb_zero(&t, -caplen & 3);
    if (opts)
        fb_buf_put(&t, opts->data, opts->len);
    cb_ng_block(b, be, 6, t.data, t.len);
    fb_buf_release(&t);
}

void cb_pcap_plain(struct fb_buf *b, unsigned n)
{
    cb_pcap_header(b, false, 0xa1b2c3d4, 2, 4, 1);
    for (unsigned i = 0; i < n; i++)
        cb_pcap_record(b, false, 1700000000 + i, i, 20 + i % 200, 60 + i % 200, 0, (uint8_t)i);
}

void cb_ng_plain(struct fb_buf *b, bool be, unsigned n)
{
    cb_ng_shb(b, be);
    cb_ng_idb(b, be, 1, 65535, NULL);
    for (unsigned i = 0; i < n; i++)
        cb_ng_epb(b, be, 0, (1700000000ull + i) * 1000000 + i, 20 + i % 200, 60 + i % 200, NULL, (uint8_t)i);
}

void cb_read(const void *data, size_t n, size_t block, size_t head, struct cb_result *out)
{
    memset(out, 0, sizeof *out);
    /* A copy of exactly n bytes, so that the sanitizer sees a read past the end. */
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, data, n);
    struct fb_input_opts io = {.block = block, .head = head, .mem = copy, .mem_bytes = n};
    struct fb_reader *r;
    out->opened = fb_reader_open_input("test", &io, NULL, &r, &out->err);
    if (out->opened == FB_OK) {
        struct fb_record rec;
        while ((out->ended = fb_reader_next(r, &rec, &out->err)) == FB_OK) {
            uint64_t sum = 0;
            for (uint32_t i = 0; i < rec.caplen; i++)
                sum = sum * 31 + rec.data[i];
            if (out->n < CB_MAX)
                out->p[out->n] = (struct cb_packet){rec.ts_ns, rec.caplen, rec.wirelen,  rec.linktype,
                                                    rec.iface, rec.pkt_no, rec.byte_off, sum};
            out->n++;
        }
        assert_int_equal(fb_reader_next(r, &rec, &out->err), out->ended);
        assert_int_equal(fb_reader_finish(r, &out->err), FB_OK);
        fb_reader_take_evidence(r, &out->ev);
        fb_reader_close(r);
        assert_int_equal(out->ev.pkts, out->n);
    }
    free(copy);
}

void cb_result_release(struct cb_result *r)
{
    fb_evidence_release(&r->ev);
}

void cb_assert_prefix(const struct cb_result *part, const struct cb_result *whole)
{
    assert_true(part->n <= whole->n);
    for (size_t i = 0; i < part->n && i < CB_MAX; i++)
        assert_memory_equal(&part->p[i], &whole->p[i], sizeof part->p[i]);
}

void cb_assert_same(const struct cb_result *a, const struct cb_result *b)
{
    assert_int_equal(a->n, b->n);
    cb_assert_prefix(a, b);
    assert_int_equal(a->ev.damage_total, b->ev.damage_total);
}

bool cb_has_damage(const struct cb_result *r, const char *text)
{
    for (size_t i = 0; i < r->ev.ndamage; i++)
        if (strstr(r->ev.damage[i].what, text))
            return true;
    return false;
}

bool cb_has_note(const struct cb_result *r, const char *kind, const char *text)
{
    for (size_t i = 0; i < r->ev.nnotes; i++)
        if (strcmp(r->ev.notes[i].kind, kind) == 0 && strstr(r->ev.notes[i].text, text))
            return true;
    return false;
}

char *cb_temp_dir(void)
{
    char *d = strdup("/tmp/fbtest-XXXXXX");
    assert_non_null(d);
    assert_non_null(mkdtemp(d));
    return d;
}

char *cb_write_file(const char *dir, const char *name, const void *p, size_t n)
{
    size_t len = strlen(dir) + strlen(name) + 2;
    char *path = malloc(len);
    assert_non_null(path);
    snprintf(path, len, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    if (n)
        assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *w)
{
    (void)st;
    (void)kind;
    (void)w;
    return remove(path);
}

void cb_remove_dir(char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}
