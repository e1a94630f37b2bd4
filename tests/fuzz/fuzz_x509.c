/* One certificate: byte 0 says where it stands in its chain, the rest is its DER. The row must be one of its
 * table, and the same bytes must say the same again. */
#include "intel/wire/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sink {
    struct fb_observe_out out;
    struct fb_buf row;
};

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    struct sink *s = (struct sink *)(void *)out;
    (void)at;
    if (!fb_rec_read(def, row, cells))
        abort();
    fb_buf_put(&s->row, row.p, row.n);
}

static void look(struct sink *s, const uint8_t *data, size_t size)
{
    struct fb_x509_names names;
    struct fb_seen at = {0};
    *s = (struct sink){.out.put = put};
    fb_buf_init(&s->row, FB_REC_BYTES_MAX);
    fb_buf_init(&names.subject, 1024);
    fb_buf_init(&names.issuer, 1024);
    fb_x509_observe((struct fb_span){data + 1, size - 1}, data[0] & 1, data[0] >> 1, &names, &at, &s->out);
    if (strlen(names.fingerprint) != 64)
        abort();
    fb_buf_release(&names.subject);
    fb_buf_release(&names.issuer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sink a, b;
    if (size < 1)
        return 0;
    look(&a, data, size);
    look(&b, data, size);
    if (a.row.len == 0 || a.row.len != b.row.len || memcmp(a.row.data, b.row.data, a.row.len) != 0)
        abort();
    fb_buf_release(&a.row);
    fb_buf_release(&b.row);
    return 0;
}
