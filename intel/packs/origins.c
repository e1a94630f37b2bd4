#include "intel/packs/origins.h"

#include "intel/packs/pack_def.h"

static bool is_letter(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* What base/record.h does not know: AS numbers of 32 bits, countries of two letters. */
static bool value_ok(struct fb_span row)
{
    struct fb_rec_cell c[FB_ORIGIN_COLS];
    if (!fb_rec_read(&fb_origin_def, row, c))
        return false;
    const struct fb_rec_cell *cc = &c[FB_ORIGIN_COUNTRY];
    bool asn = c[FB_ORIGIN_ASN].null || (c[FB_ORIGIN_ASN].i > 0 && c[FB_ORIGIN_ASN].i <= UINT32_MAX);
    return asn && (cc->null || (cc->s.n == 2 && is_letter(cc->s.p[0]) && is_letter(cc->s.p[1])));
}

static bool family_open(struct fb_cur *c, size_t size, size_t nvalues, struct fb_origin_family *f)
{
    uint32_t n = fb_cur_be32(c);
    if (!fb_cur_ok(c) || n > 2u * FB_ORIGIN_RANGES_MAX)
        return false;
    *f = (struct fb_origin_family){.n = n, .size = size};
    f->first = fb_cur_take(c, n * size);
    f->last = fb_cur_take(c, n * size);
    f->value = fb_cur_take(c, (size_t)n * 4);
    if (!fb_cur_ok(c))
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *first = f->first + i * size;
        if (memcmp(first, f->last + i * size, size) > 0 || fb_load_be32(f->value + i * 4) >= nvalues)
            return false;
        if (i && memcmp(f->last + (i - 1) * size, first, size) >= 0)
            return false;
    }
    return true;
}

enum fb_status fb_origins_open(struct fb_span body, struct fb_origins *out, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    *out = (struct fb_origins){0};
    FB_TRY(fb_row_view_open(&fb_origin_def, &c, &out->values, err));
    bool good = true;
    for (size_t i = 0; good && i < out->values.n; i++)
        good = value_ok(out->values.row[i]);
    good = good && family_open(&c, 4, out->values.n, &out->v4) &&
           family_open(&c, 16, out->values.n, &out->v6) && fb_cur_left(&c) == 0;
    if (good)
        return FB_OK;
    fb_origins_release(out);
    return fb_err_set(err, FB_ERR_INPUT, "the address ranges are not in the form of a pack");
}

void fb_origins_release(struct fb_origins *o)
{
    fb_row_view_release(&o->values);
    *o = (struct fb_origins){0};
}

/* Index of the range that holds the address, or n. */
static size_t find(const struct fb_origin_family *f, const uint8_t *a)
{
    size_t lo = 0, hi = f->n; /* ranges before lo start at or before a, those from hi on after it */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(f->first + mid * f->size, a, f->size) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo && memcmp(a, f->last + (lo - 1) * f->size, f->size) <= 0 ? lo - 1 : f->n;
}

bool fb_origins_find(const struct fb_origins *o, const struct fb_addr *a, struct fb_origin_value *out)
{
    bool v4 = fb_addr_is_v4(a);
    const struct fb_origin_family *f = v4 ? &o->v4 : &o->v6;
    struct fb_rec_cell c[FB_ORIGIN_COLS];
    size_t i = find(f, a->b + (v4 ? 12 : 0));
    *out = (struct fb_origin_value){0};
    if (i == f->n || !fb_rec_read(&fb_origin_def, o->values.row[fb_load_be32(f->value + i * 4)], c))
        return false;
    if (!c[FB_ORIGIN_ASN].null)
        out->asn = (uint32_t)c[FB_ORIGIN_ASN].i;
    if (!c[FB_ORIGIN_COUNTRY].null)
        memcpy(out->country, c[FB_ORIGIN_COUNTRY].s.p, 2);
    if (!c[FB_ORIGIN_OWNER].null)
        out->owner = c[FB_ORIGIN_OWNER].s;
    return true;
}
