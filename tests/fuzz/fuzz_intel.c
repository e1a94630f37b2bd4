/* Intelligence packs and the readers of data sets. Input: what it is (1 byte), then the bytes.
 * 0: a file of any form, put into a pack, opened and asked; 1: a pack, its digest made right; 2 to 5: the
 * entries of a data set of that kind less one; 6: an MMDB file whose metadata are good (nodes and record size
 * from 3 bytes). */
#include "intel/packs/dataset_build.h"
#include "intel/packs/intel.h"
#include "intel/packs/mmdb_origins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink; /* so that answers are not optimised away */

static void ask(const struct fb_intel *k, uint8_t seed)
{
    struct fb_addr a = {{seed, 1, [10] = 0xff, 0xff, seed, 2, 3, 4}},
                   b = {{[10] = 0xff, 0xff, seed, 9, 9, 9}};
    const uint8_t mac[6] = {(uint8_t)(seed & ~3), 0x1b, 0xc5, 0, 0x10, seed};
    struct fb_addr_intel x;
    struct fb_mac_intel m;
    struct fb_port_intel p;
    struct fb_risk r;
    const struct fb_dataset_info *set;
    fb_intel_addr(k, &a, &x);
    fb_intel_addr(k, &b, &x);
    fb_intel_mac(k, mac, &m);
    fb_intel_port(k, 6, seed, &p);
    fb_intel_vendor(k, m.vendor, &r, &set);
    sink += x.asn + m.bits + p.risk.count + r.count;
}

static void open_and_ask(const struct fb_buf *pack, bool must, uint8_t seed)
{
    struct fb_intel *k = NULL;
    enum fb_status st = fb_intel_open_bytes((struct fb_span){pack->data, pack->len}, &k, NULL);
    if (must && st != FB_OK)
        __builtin_trap(); /* unlike FB_BUG, leaves the input behind */
    if (st == FB_OK)
        ask(k, seed);
    fb_intel_close(k);
}

static void file(const uint8_t *p, size_t n)
{
    struct fb_dataset_build b;
    struct fb_dataset_report report;
    struct fb_dataset_about about = {.name = "fuzz"};
    struct fb_pack_build *pack = malloc(sizeof *pack);
    struct fb_data_file f = {.data = malloc(n + 1), .n = n};
    struct fb_buf out;
    FB_BUG(!pack || !f.data);
    memcpy(f.data, p, n);
    f.data[n] = '\0';
    fb_dataset_build_init(&b);
    fb_pack_build_init(pack);
    fb_buf_init(&out, FB_PACK_BYTES_MAX);
    if (fb_dataset_build_file(&b, "f", &f, &report, NULL) == FB_OK &&
        fb_dataset_build_finish(&b, &about, pack, NULL) == FB_OK &&
        fb_pack_build_finish(pack, &out, NULL) == FB_OK)
        open_and_ask(&out, true, n ? p[n / 2] : 0); /* what was built can be read */
    fb_data_file_release(&f);
    fb_dataset_build_release(&b);
    fb_pack_build_release(pack);
    free(pack);
    fb_buf_release(&out);
}

static void pack_bytes(const uint8_t *p, size_t n)
{
    struct fb_buf x;
    struct fb_digest_state s;
    struct fb_digest d;
    fb_buf_init(&x, 1u << 24);
    fb_buf_puts(&x, "FBPACK1\n");
    fb_buf_put(&x, p, n);
    fb_digest_init(&s, "fb.pack");
    fb_digest_update(&s, x.data, x.len);
    fb_digest_final(&s, &d);
    fb_buf_put(&x, d.b, sizeof d.b);
    open_and_ask(&x, false, n ? p[0] : 0);
    fb_buf_release(&x);
}

static void body(enum fb_dataset_kind kind, const uint8_t *p, size_t n)
{
    struct fb_dataset_info info = {.name = {(const uint8_t *)"n", 1}, .kind = kind};
    struct fb_pack_build *pack = malloc(sizeof *pack);
    struct fb_buf out;
    FB_BUG(!pack);
    fb_pack_build_init(pack);
    fb_buf_init(&out, FB_PACK_BYTES_MAX);
    if (fb_pack_build_add(pack, &info, (struct fb_span){p, n}, NULL) == FB_OK &&
        fb_pack_build_finish(pack, &out, NULL) == FB_OK)
        open_and_ask(&out, false, n ? p[n - 1] : 0);
    fb_pack_build_release(pack);
    free(pack);
    fb_buf_release(&out);
}

static void mmdb(const uint8_t *p, size_t n)
{
    static const char head[] = "\xab\xcd\xefMaxMind.com\xe4\x5b"
                               "binary_format_major_version\xa1\x02\x4a"
                               "node_count\xc2";
    struct fb_buf x;
    struct fb_mmdb m;
    struct fb_origin_build b;
    if (n < 3)
        return;
    fb_buf_init(&x, 1u << 24);
    fb_buf_put(&x, p + 3, n - 3);
    fb_buf_put(&x, head, sizeof head - 1);
    fb_buf_put(&x, p, 2);
    fb_buf_puts(&x, "\x4brecord_size\xa1");
    fb_buf_putc(&x, (char)(24 + p[2] % 3 * 4));
    fb_buf_puts(&x, "\x4aip_version\xa1");
    fb_buf_putc(&x, p[2] & 128 ? 6 : 4);
    fb_origin_build_init(&b);
    if (fb_mmdb_open((struct fb_span){x.data, x.len}, &m, NULL) == FB_OK)
        sink += (uint64_t)fb_mmdb_origins(&m, &b, NULL);
    fb_mmdb_release(&m);
    fb_origin_build_release(&b);
    fb_buf_release(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] == 1)
        pack_bytes(data + 1, size - 1);
    else if (data[0] >= 2 && data[0] <= 5)
        body((enum fb_dataset_kind)(data[0] - 1), data + 1, size - 1);
    else if (data[0] == 6)
        mmdb(data + 1, size - 1);
    else
        file(data + 1, size - 1);
    return 0;
}
