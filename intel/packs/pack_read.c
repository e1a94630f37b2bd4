#include "intel/packs/pack.h"

#include <stdlib.h>

static struct fb_span text_cell(const struct fb_rec_cell *c)
{
    return c->null ? (struct fb_span){NULL, 0} : c->s;
}

static bool read_info(struct fb_span row, struct fb_dataset_info *info)
{
    struct fb_rec_cell c[FB_DATASET_COLS];
    if (!fb_rec_read(&fb_dataset_def, row, c) || c[FB_DATASET_NAME].null || c[FB_DATASET_KIND].null ||
        c[FB_DATASET_KIND].i < 1 || c[FB_DATASET_KIND].i >= FB_DATASET_KINDS || c[FB_DATASET_ENTRIES].null ||
        c[FB_DATASET_ENTRIES].i < 0 || c[FB_DATASET_DIGEST].null || c[FB_DATASET_DIGEST].s.n != FB_DIGEST_LEN)
        return false;
    *info = (struct fb_dataset_info){.name = c[FB_DATASET_NAME].s,
                                     .version = text_cell(&c[FB_DATASET_VERSION]),
                                     .date = text_cell(&c[FB_DATASET_DATE]),
                                     .source = text_cell(&c[FB_DATASET_SOURCE]),
                                     .licence = text_cell(&c[FB_DATASET_LICENCE]),
                                     .kind = (enum fb_dataset_kind)c[FB_DATASET_KIND].i,
                                     .entries = (uint64_t)c[FB_DATASET_ENTRIES].i,
                                     .files = text_cell(&c[FB_DATASET_FILES])};
    memcpy(info->digest.b, c[FB_DATASET_DIGEST].s.p, FB_DIGEST_LEN);
    return true;
}

static bool digest_holds(const struct fb_pack_set *s)
{
    struct fb_digest_state st;
    struct fb_digest d;
    fb_digest_init(&st, "fb.dataset");
    fb_digest_update_le64(&st, (uint64_t)s->info.kind);
    fb_digest_update_field(&st, s->body.p, s->body.n);
    fb_digest_final(&st, &d);
    return memcmp(d.b, s->info.digest.b, sizeof d.b) == 0;
}

static enum fb_status open_set(struct fb_pack_set *s, struct fb_err *err)
{
    if (!digest_holds(s))
        return fb_err_set(err, FB_ERR_VERIFY, "the digest of its entries does not hold");
    switch (s->info.kind) {
    case FB_DATASET_ORIGINS:
        return fb_origins_open(s->body, &s->origins, err);
    case FB_DATASET_OUI:
        return fb_ouis_open(s->body, &s->ouis, err);
    case FB_DATASET_SERVICES:
        return fb_services_open(s->body, &s->services, err);
    default:
        return fb_risks_open(s->body, &s->risks, err);
    }
}

static enum fb_status not_a_pack(struct fb_err *err)
{
    return fb_err_set(err, FB_ERR_INPUT, "damaged: its table of data sets is not one");
}

static enum fb_status read_sets(struct fb_cur *c, struct fb_pack *p, size_t n, struct fb_err *err)
{
    size_t body_n[FB_PACK_SETS_MAX];
    for (size_t i = 0; i < n; i++) {
        uint32_t row_n = fb_cur_be32(c);
        uint64_t size = fb_cur_be64(c);
        const uint8_t *row = fb_cur_take(c, row_n);
        if (!fb_cur_ok(c) || size > FB_PACK_BYTES_MAX ||
            !read_info((struct fb_span){row, row_n}, &p->set[i].info))
            return not_a_pack(err);
        body_n[i] = (size_t)size;
    }
    for (size_t i = 0; i < n; i++) {
        p->set[i].body = (struct fb_span){fb_cur_take(c, body_n[i]), body_n[i]};
        if (!fb_cur_ok(c))
            return not_a_pack(err);
    }
    if (fb_cur_left(c))
        return not_a_pack(err);
    for (; p->n < n; p->n++) {
        enum fb_status st = open_set(&p->set[p->n], err);
        if (st != FB_OK)
            return fb_err_wrap(err, "data set %zu", p->n + 1);
    }
    return FB_OK;
}

enum fb_status fb_pack_open(struct fb_span bytes, struct fb_pack *out, struct fb_err *err)
{
    struct fb_digest_state s;
    *out = (struct fb_pack){0};
    if (bytes.n < 7 || memcmp(bytes.p, "FBPACK", 6) != 0)
        return fb_err_set(err, FB_ERR_INPUT, "no intelligence pack");
    if (bytes.p[6] != '1')
        return fb_err_set(err, FB_ERR_NEWER, "a pack of another version than 1, which this program knows");
    if (bytes.n < 12 + FB_DIGEST_LEN || bytes.p[7] != '\n')
        return not_a_pack(err);
    fb_digest_init(&s, "fb.pack");
    fb_digest_update(&s, bytes.p, bytes.n - FB_DIGEST_LEN);
    fb_digest_final(&s, &out->digest);
    if (memcmp(out->digest.b, bytes.p + bytes.n - FB_DIGEST_LEN, FB_DIGEST_LEN) != 0)
        return fb_err_set(err, FB_ERR_VERIFY, "its digest does not hold: the pack was changed or cut");
    struct fb_cur c = fb_cur_init(bytes.p + 8, bytes.n - 8 - FB_DIGEST_LEN);
    uint32_t n = fb_cur_be32(&c);
    if (n > FB_PACK_SETS_MAX)
        return not_a_pack(err);
    out->set = calloc(n ? n : 1, sizeof *out->set);
    if (!out->set)
        return fb_err_nomem(err, "a pack");
    enum fb_status st = read_sets(&c, out, n, err);
    if (st != FB_OK)
        fb_pack_release(out);
    return st;
}

void fb_pack_release(struct fb_pack *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct fb_pack_set *s = &p->set[i];
        if (s->info.kind == FB_DATASET_ORIGINS)
            fb_origins_release(&s->origins);
        else if (s->info.kind == FB_DATASET_OUI)
            fb_ouis_release(&s->ouis);
        else if (s->info.kind == FB_DATASET_SERVICES)
            fb_services_release(&s->services);
        else
            fb_risks_release(&s->risks);
    }
    free(p->set);
    *p = (struct fb_pack){0};
}
