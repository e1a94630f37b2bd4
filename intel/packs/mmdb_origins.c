#include "intel/packs/mmdb_origins.h"

#include "intel/packs/text_rows.h"

/* A part of the tree that is still to be walked: `bits` bits of the address are decided. */
struct part {
    struct fb_addr at;
    uint32_t record;
    unsigned bits;
};

struct walk {
    const struct fb_mmdb *m;
    struct fb_origin_build *b;
    uint32_t v4_root; /* where ::/96 leads, in a tree of IPv6 */
    uint64_t work;    /* nodes that may still be seen */
    bool known;       /* some value had a key that is known */
};

static bool text_of(const struct fb_mmdb *m, const struct fb_mmdb_value *map, const char *const *keys,
                    struct fb_span *out)
{
    struct fb_mmdb_value v;
    for (; *keys; keys++)
        if (fb_mmdb_member(m->data, map, *keys, &v) && v.type == FB_MMDB_STRING && v.n) {
            *out = fb_mmdb_text(m->data, &v);
            return true;
        }
    return false;
}

static uint32_t asn_of(const struct fb_mmdb *m, const struct fb_mmdb_value *map)
{
    static const char *const keys[] = {"autonomous_system_number", "asn", "as_number"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct fb_mmdb_value v;
        uint64_t n;
        if (!fb_mmdb_member(m->data, map, keys[i], &v))
            continue;
        struct fb_span s = fb_mmdb_text(m->data, &v);
        if (s.n > 2 && fb_span_is_word((struct fb_span){s.p, 2}, "as"))
            s = (struct fb_span){s.p + 2, s.n - 2};
        if ((fb_mmdb_uint(m->data, &v, &n) && n <= UINT32_MAX) || fb_span_u64(s, UINT32_MAX, &n))
            return (uint32_t)n;
    }
    return 0;
}

static void country_of(const struct fb_mmdb *m, const struct fb_mmdb_value *map, char out[static 3])
{
    static const char *const maps[] = {"country", "registered_country"};
    static const char *const code[] = {"iso_code", NULL};
    static const char *const flat[] = {"country_code", "country", NULL};
    struct fb_span s = {NULL, 0};
    struct fb_mmdb_value v;
    for (size_t i = 0; i < 2 && !s.n; i++)
        if (fb_mmdb_member(m->data, map, maps[i], &v))
            text_of(m, &v, code, &s);
    if (!s.n)
        text_of(m, map, flat, &s);
    if (s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z')
        memcpy(out, s.p, 2);
}

static void value_of(struct walk *w, uint32_t record, struct fb_origin_value *out)
{
    static const char *const owner[] = {"autonomous_system_organization", "as_name", "as_organization",
                                        "organization", NULL};
    struct fb_mmdb_value map;
    *out = (struct fb_origin_value){0};
    if (!fb_mmdb_value(w->m->data, record - w->m->nodes - 16, &map))
        return;
    out->asn = asn_of(w->m, &map);
    country_of(w->m, &map, out->country);
    text_of(w->m, &map, owner, &out->owner);
    w->known = w->known || out->asn || out->country[0] || out->owner.n;
}

static struct fb_addr last_of(const struct fb_addr *first, unsigned bits)
{
    struct fb_addr last = *first;
    for (unsigned i = bits; i < 128; i++)
        last.b[i / 8] = (uint8_t)(last.b[i / 8] | 0x80u >> i % 8);
    return last;
}

static bool is_zero(const struct fb_addr *a, unsigned bits)
{
    struct fb_addr z = {{0}};
    return memcmp(a->b, z.b, bits / 8) == 0 && (bits % 8 == 0 || a->b[bits / 8] >> (8 - bits % 8) == 0);
}

/* One network. In a tree of IPv6 the IPv4 addresses lie below ::/96, or are part of what holds that. */
static enum fb_status add(struct walk *w, const struct part *p, struct fb_err *err)
{
    struct fb_origin_value v;
    struct fb_addr first = p->at, last = last_of(&p->at, p->bits);
    value_of(w, p->record, &v);
    if (w->m->ip_bits == 128 && is_zero(&p->at, p->bits < 96 ? p->bits : 96)) {
        struct fb_addr first4 = {{[10] = 0xff, 0xff}}, last4 = {{[10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
        if (p->bits > 96) {
            memcpy(first4.b + 12, first.b + 12, 4);
            memcpy(last4.b + 12, last.b + 12, 4);
        }
        FB_TRY(fb_origin_build_add(w->b, &first4, &last4, &v, err));
        if (p->bits >= 96)
            return FB_OK;
    }
    return fb_origin_build_add(w->b, &first, &last, &v, err);
}

static uint32_t find_v4_root(const struct fb_mmdb *m)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < 96 && r < m->nodes; i++)
        r = fb_mmdb_record(m, r, 0);
    return r < m->nodes ? r : FB_MMDB_MIXED;
}

static enum fb_status walk(struct walk *w, struct part top, struct fb_err *err)
{
    struct part stack[130]; /* one waiting for each bit, and the one at hand */
    unsigned n = 1;
    stack[0] = top;
    while (n) {
        struct part p = stack[--n];
        bool alias = p.record == w->v4_root && p.bits >= 1 && !(p.bits == 96 && is_zero(&p.at, 96));
        if (alias || p.record == w->m->nodes)
            continue;
        if (p.record < w->m->nodes && w->m->same[p.record] != FB_MMDB_MIXED)
            p.record = w->m->same[p.record];
        if (p.record == w->m->nodes)
            continue;
        if (w->work-- == 0)
            return fb_err_set(err, FB_ERR_INPUT,
                              "the tree of the MMDB file repeats itself: more networks than 16 a node");
        if (p.record > w->m->nodes) {
            FB_TRY(add(w, &p, err));
            continue;
        }
        struct part right = {p.at, fb_mmdb_record(w->m, p.record, 1), p.bits + 1};
        right.at.b[p.bits / 8] = (uint8_t)(right.at.b[p.bits / 8] | 0x80u >> p.bits % 8);
        stack[n++] = right;
        stack[n++] = (struct part){p.at, fb_mmdb_record(w->m, p.record, 0), p.bits + 1};
    }
    return FB_OK;
}

enum fb_status fb_mmdb_origins(const struct fb_mmdb *m, struct fb_origin_build *b, struct fb_err *err)
{
    struct walk w = {.m = m, .b = b, .v4_root = FB_MMDB_MIXED, .work = (uint64_t)m->nodes * 16 + 4096};
    struct part top = {.record = 0};
    if (m->ip_bits == 32) {
        top.bits = 96;
        top.at = (struct fb_addr){{[10] = 0xff, 0xff}};
    } else {
        w.v4_root = find_v4_root(m);
    }
    FB_TRY(walk(&w, top, err));
    if (!w.known)
        return fb_err_set(err, FB_ERR_INPUT,
                          "no value of the MMDB file has an AS number, a country code or an owner under a "
                          "key that is known");
    return FB_OK;
}
