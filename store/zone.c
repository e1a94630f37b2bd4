#include "store/zone.h"

#define ZONE_VERSION 2

const uint8_t fb_measure_col[FB_M_COUNT] = {FB_COL_ORIG_BYTES, FB_COL_RESP_BYTES, FB_COL_ORIG_PKTS,
                                            FB_COL_RESP_PKTS};

static void put_tally(const struct fb_tally *t, struct fb_buf *out)
{
    fb_buf_put_varint(out, t->sessions);
    for (unsigned m = 0; m < FB_M_COUNT && t->sessions; m++)
        fb_buf_put_varint(out, t->sum[m]);
}

static struct fb_tally get_tally(struct fb_cur *c)
{
    struct fb_tally t = {.sessions = fb_cur_varint(c)};
    for (unsigned m = 0; m < FB_M_COUNT && t.sessions; m++)
        t.sum[m] = fb_cur_varint(c);
    return t;
}

static void put_services(const struct fb_zone_service *s, size_t n, struct fb_buf *out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n && n <= FB_ZONE_SERVICES_MAX; i++)
        bytes += s[i].name.n;
    if (n > FB_ZONE_SERVICES_MAX || bytes > FB_ZONE_NAMES_MAX) {
        fb_buf_put_varint(out, 0);
        return;
    }
    fb_buf_put_varint(out, n + 1);
    for (size_t i = 0; i < n; i++) {
        fb_buf_put_varint(out, s[i].name.n);
        fb_buf_put(out, s[i].name.p, s[i].name.n);
        put_tally(&s[i].t, out);
    }
}

void fb_zone_write(const struct fb_zone *z, const struct fb_zone_service *services, size_t n,
                   struct fb_buf *out)
{
    fb_buf_putc(out, ZONE_VERSION);
    for (unsigned col = 0; col < FB_COL_COUNT; col++) {
        if (!fb_col_info[col].zoned)
            continue;
        fb_buf_put_varint(out, fb_col_info[col].is_signed ? fb_zigzag((int64_t)z->lo[col]) : z->lo[col]);
        fb_buf_put_varint(out, z->hi[col] - z->lo[col]);
    }
    for (unsigned i = 0; i < 16; i++)
        put_tally(&z->states[i], out);
    for (unsigned i = 0; i < 16; i++)
        put_tally(&z->protos[i], out);
    put_services(services, n, out);
}

static bool read_head(struct fb_cur *c, struct fb_zone *out)
{
    *out = (struct fb_zone){0};
    if (fb_cur_u8(c) != ZONE_VERSION)
        return false;
    for (unsigned col = 0; col < FB_COL_COUNT; col++) {
        if (!fb_col_info[col].zoned)
            continue;
        uint64_t lo = fb_cur_varint(c), span = fb_cur_varint(c);
        out->lo[col] = fb_col_info[col].is_signed ? (uint64_t)fb_unzigzag(lo) : lo;
        out->hi[col] = out->lo[col] + span;
    }
    for (unsigned i = 0; i < 16; i++)
        out->states[i] = get_tally(c);
    for (unsigned i = 0; i < 16; i++)
        out->protos[i] = get_tally(c);
    return fb_cur_ok(c);
}

/* False: malformed. *count is SIZE_MAX when nothing is said of services. */
static bool read_services(struct fb_cur *c, struct fb_zone_service *out, size_t *count)
{
    uint64_t n = fb_cur_varint(c);
    *count = SIZE_MAX;
    if (n > FB_ZONE_SERVICES_MAX + 1)
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        uint64_t len = fb_cur_varint(c);
        const uint8_t *p = len <= FB_ZONE_NAMES_MAX ? fb_cur_take(c, (size_t)len) : NULL;
        if (!p)
            return false;
        out[i] = (struct fb_zone_service){.name = {p, (size_t)len}, .t = get_tally(c)};
    }
    if (n > 0)
        *count = (size_t)n - 1;
    return fb_cur_ok(c) && fb_cur_left(c) == 0;
}

bool fb_zone_read(const uint8_t *p, size_t n, struct fb_zone *out)
{
    struct fb_zone_service services[FB_ZONE_SERVICES_MAX];
    size_t count;
    struct fb_cur c = fb_cur_init(p, n);
    return read_head(&c, out) && read_services(&c, services, &count);
}

bool fb_zone_services(const uint8_t *p, size_t n, struct fb_zone_service out[static FB_ZONE_SERVICES_MAX],
                      size_t *count)
{
    struct fb_zone z;
    struct fb_cur c = fb_cur_init(p, n);
    return read_head(&c, &z) && read_services(&c, out, count) && *count != SIZE_MAX;
}
