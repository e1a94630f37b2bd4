/* The look-up of vendors. */
#include "intel/packs/oui.h"

#include "intel/packs/pack_def.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool fb_mac_parse(struct fb_span text, uint8_t mac[static 6])
{
    unsigned digits = 0, since = 0;
    uint8_t sep = 0;
    for (size_t i = 0; i < text.n; i++) {
        int d = hex_digit(text.p[i]);
        if (d >= 0 && digits < 12) {
            mac[digits / 2] = (uint8_t)(digits % 2 ? mac[digits / 2] << 4 | d : d);
            digits++;
            since++;
            continue;
        }
        /* Between octets, or with dots between pairs of them; the same everywhere. */
        bool pair = since == 2 || (since == 4 && text.p[i] == '.');
        if (!memchr(":-.", text.p[i], 3) || !pair || (sep && sep != text.p[i]) || i + 1 == text.n)
            return false;
        sep = text.p[i];
        since = 0;
    }
    return digits == 12 && (!sep || since == 2 || since == 4);
}

bool fb_oui_digits(struct fb_span hex, unsigned *bits, uint64_t *prefix)
{
    *prefix = 0;
    if (!hex.n || hex.n > 12)
        return false;
    for (size_t i = 0; i < hex.n; i++) {
        int d = hex_digit(hex.p[i]);
        if (d < 0)
            return false;
        *prefix = *prefix << 4 | (unsigned)d;
    }
    *bits = 4 * (unsigned)hex.n;
    *prefix <<= 48 - *bits;
    return true;
}

enum fb_status fb_oui_add(struct fb_row_set *set, unsigned bits, uint64_t prefix, struct fb_span vendor,
                          struct fb_err *err)
{
    struct fb_buf row;
    uint8_t key[9] = {(uint8_t)bits};
    prefix &= (UINT64_MAX << (48 - bits)) & 0xffffffffffffULL;
    fb_store_be64(key + 1, prefix);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_int(&row, bits);
    fb_rec_int(&row, (int64_t)prefix);
    fb_rec_bytes(&row, vendor.p, vendor.n);
    enum fb_status st = fb_row_set_add(set, (struct fb_span){key, sizeof key}, &row, NULL, err);
    fb_buf_release(&row);
    return st;
}

enum fb_status fb_ouis_open(struct fb_span body, struct fb_ouis *out, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    struct fb_rec_cell cell[FB_OUI_COLS];
    *out = (struct fb_ouis){0};
    FB_TRY(fb_row_view_open(&fb_oui_def, &c, &out->rows, err));
    out->prefix = malloc((out->rows.n + 1) * sizeof *out->prefix);
    if (!out->prefix) {
        fb_ouis_release(out);
        return fb_err_nomem(err, "a data set");
    }
    bool good = fb_cur_left(&c) == 0;
    unsigned bits = 0;
    for (size_t i = 0; good && i < out->rows.n; i++) {
        fb_rec_read(&fb_oui_def, out->rows.row[i], cell);
        int64_t b = cell[FB_OUI_BITS].i, p = cell[FB_OUI_PREFIX].i;
        good = !cell[FB_OUI_BITS].null && !cell[FB_OUI_PREFIX].null && b >= 1 && b <= 48 && b >= bits &&
               p >= 0 && p < (1LL << 48) && (p & ((1LL << (48 - b)) - 1)) == 0;
        if (!good)
            break;
        if (b == bits && (uint64_t)p <= out->prefix[i - 1])
            good = false;
        while (bits < b)
            out->from[++bits] = i;
        out->prefix[i] = (uint64_t)p;
    }
    while (bits < 49)
        out->from[++bits] = out->rows.n;
    if (good)
        return FB_OK;
    fb_ouis_release(out);
    return fb_err_set(err, FB_ERR_INPUT, "the MAC blocks are not in the form of a pack");
}

void fb_ouis_release(struct fb_ouis *o)
{
    fb_row_view_release(&o->rows);
    free(o->prefix);
    *o = (struct fb_ouis){0};
}

bool fb_ouis_find(const struct fb_ouis *o, const uint8_t mac[static 6], struct fb_span *vendor,
                  unsigned *bits)
{
    struct fb_rec_cell cell[FB_OUI_COLS];
    uint64_t m = 0;
    for (int i = 0; i < 6; i++)
        m = m << 8 | mac[i];
    for (unsigned b = 48; b; b--) {
        uint64_t want = m & (UINT64_MAX << (48 - b));
        size_t lo = o->from[b], hi = o->from[b + 1], end = hi;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (o->prefix[mid] < want)
                lo = mid + 1;
            else
                hi = mid;
        }
        if (lo == end || o->prefix[lo] != want)
            continue;
        fb_rec_read(&fb_oui_def, o->rows.row[lo], cell);
        *vendor = cell[FB_OUI_VENDOR].null ? (struct fb_span){NULL, 0} : cell[FB_OUI_VENDOR].s;
        *bits = b;
        return true;
    }
    return false;
}
