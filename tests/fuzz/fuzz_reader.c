/* libFuzzer target: a whole evidence file from memory, through blocks whose size the first byte chooses.
 * Properties beyond "no crash": packets are counted as they come out, and blocks of another size give the
 * same packets. */
#include "ingest/reader_int.h"

struct tally {
    uint64_t pkts, sum, damage;
};

static struct tally read_all(const uint8_t *p, size_t n, size_t block, size_t head)
{
    struct tally t = {0};
    struct fb_reader *r;
    struct fb_err err;
    struct fb_record rec;
    struct fb_input_opts io = {.block = block, .head = head, .mem = p, .mem_bytes = n, .no_sha256 = true};
    if (fb_reader_open_input("fuzz", &io, NULL, &r, &err) != FB_OK)
        return t;
    while (fb_reader_next(r, &rec, &err) == FB_OK) {
        FB_BUG(rec.caplen > rec.wirelen || rec.iface >= fb_reader_evidence(r)->nifaces);
        t.sum = t.sum * 31 + rec.byte_off + (uint64_t)rec.ts_ns;
        for (uint32_t i = 0; i < rec.caplen; i++)
            t.sum += rec.data[i];
        FB_BUG(rec.pkt_no != ++t.pkts);
    }
    t.damage = fb_reader_evidence(r)->damage_total;
    FB_BUG(fb_reader_finish(r, &err) != FB_OK);
    fb_reader_close(r);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t block = 16 + data[0], head = 1 + data[0] / 2u;
    struct tally a = read_all(data + 1, size - 1, 0, 0), b = read_all(data + 1, size - 1, block, head);
    FB_BUG(a.pkts != b.pkts || a.sum != b.sum || a.damage != b.damage);
    return 0;
}
