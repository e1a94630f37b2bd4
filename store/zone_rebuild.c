/* The zone map that a chunk's rows make: for checking the one that it has. */
#include "store/zone.h"

struct rebuild {
    struct fb_chunk *chunk;
    struct fb_zone zone;
    struct fb_tally service[FB_ZONE_SERVICES_MAX];
    uint64_t v[FB_M_COUNT + 3][FB_PAGE_ROWS]; /* of one page: measures, then state, proto, service */
};

static bool add_bounds(struct rebuild *r, unsigned col, uint32_t page)
{
    uint64_t flip = fb_col_info[col].is_signed ? (uint64_t)1 << 63 : 0, *v = r->v[0];
    size_t n = fb_chunk_values(r->chunk, col, page, v);
    uint64_t lo = page ? r->zone.lo[col] ^ flip : UINT64_MAX, hi = page ? r->zone.hi[col] ^ flip : 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = v[i] ^ flip;
        lo = x < lo ? x : lo;
        hi = x > hi ? x : hi;
    }
    r->zone.lo[col] = lo ^ flip;
    r->zone.hi[col] = hi ^ flip;
    return n > 0;
}

static bool add_tallies(struct rebuild *r, uint32_t page, bool few)
{
    static const uint8_t keys[3] = {FB_COL_CONN_STATE, FB_COL_PROTO, FB_COL_SERVICE};
    size_t n = 0;
    for (unsigned m = 0; m < FB_M_COUNT + 3; m++) {
        n = fb_chunk_values(r->chunk, m < FB_M_COUNT ? fb_measure_col[m] : keys[m - FB_M_COUNT], page,
                            r->v[m]);
        if (n == 0)
            return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct fb_tally t = {1, {0}};
        for (unsigned m = 0; m < FB_M_COUNT; m++)
            t.sum[m] = r->v[m][i];
        uint64_t state = r->v[FB_M_COUNT][i], proto = r->v[FB_M_COUNT + 1][i];
        fb_tally_add(&r->zone.states[state < 15 ? state : 15], &t);
        fb_tally_add(&r->zone.protos[proto < 15 ? proto : 15], &t);
        if (few)
            fb_tally_add(&r->service[r->v[FB_M_COUNT + 2][i]], &t);
    }
    return true;
}

bool fb_zone_rebuild(struct fb_chunk *k, struct fb_buf *out)
{
    struct fb_zone_service services[FB_ZONE_SERVICES_MAX];
    const struct fb_dict *d = fb_chunk_dict(k, FB_DICT_SERVICE);
    struct rebuild *r = calloc(1, sizeof *r);
    bool good = r && d, few = d && d->n <= FB_ZONE_SERVICES_MAX;
    if (r)
        r->chunk = k;
    uint32_t npages = (fb_chunk_nrows(k) + FB_PAGE_ROWS - 1) / FB_PAGE_ROWS;
    for (uint32_t p = 0; p < npages && good; p++) {
        for (unsigned col = 0; col < FB_COL_COUNT && good; col++)
            good = !fb_col_info[col].zoned || add_bounds(r, col, p);
        good = good && add_tallies(r, p, few);
    }
    for (uint32_t i = 0; good && few && i < d->n; i++)
        services[i] = (struct fb_zone_service){fb_dict_entry(d, i), r->service[i]};
    if (good)
        fb_zone_write(&r->zone, services, d->n, out);
    free(r);
    return good && !out->failed;
}
