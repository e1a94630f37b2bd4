/* Sums by (orig_h, resp_h): by pairs of codes within a chunk, then by the addresses themselves. */
#include "store/kernel_pages.h"

#include "base/hash.h"

#define SLOTS (2u * FB_CHUNK_ROWS)

struct pair {
    uint64_t codes; /* orig << 32 | resp */
    struct fb_tally t;
};

struct pair_table {
    struct pair pair[FB_CHUNK_ROWS]; /* a chunk has no more */
    uint32_t n;
    uint32_t slot[SLOTS]; /* index + 1 */
};

static struct fb_tally *find(struct pair_table *t, uint64_t codes)
{
    uint32_t i = (uint32_t)fb_mix64(codes) & (SLOTS - 1);
    while (t->slot[i] && t->pair[t->slot[i] - 1].codes != codes)
        i = (i + 1) & (SLOTS - 1);
    if (t->slot[i] == 0) {
        t->pair[t->n] = (struct pair){.codes = codes};
        t->slot[i] = ++t->n;
    }
    return &t->pair[t->slot[i] - 1].t;
}

static enum fb_status chunk_pairs(struct fb_pages *p, struct pair_table *t, struct fb_err *err)
{
    uint64_t orig[FB_PAGE_ROWS], resp[FB_PAGE_ROWS];
    enum fb_status st;
    t->n = 0;
    memset(t->slot, 0, sizeof t->slot);
    while ((st = fb_pages_next(p, err)) == FB_OK) {
        FB_TRY(fb_pages_column(p, FB_COL_ORIG_H, orig, err));
        FB_TRY(fb_pages_column(p, FB_COL_RESP_H, resp, err));
        for (uint32_t i = 0; i < p->n; i++) {
            struct fb_tally row = fb_pages_tally(p, i);
            fb_tally_add(find(t, orig[i] << 32 | resp[i]), &row);
        }
    }
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status merge(struct fb_kernel *k, struct fb_pages *p, const struct pair_table *t,
                            struct fb_err *err)
{
    const struct fb_dict *d = fb_chunk_dict(p->held->chunk, FB_DICT_ADDR);
    if (!d)
        return fb_chunk_failed(p->held->chunk, err);
    for (uint32_t i = 0; i < t->n; i++) {
        uint8_t key[32];
        memcpy(key, fb_dict_entry(d, (uint32_t)(t->pair[i].codes >> 32)).p, 16);
        memcpy(key + 16, fb_dict_entry(d, (uint32_t)t->pair[i].codes).p, 16);
        FB_TRY(fb_groups_add(k->out, key, sizeof key, &t->pair[i].t, err));
    }
    return FB_OK;
}

enum fb_status fb_kernel_pairs(struct fb_kernel *k, struct fb_err *err)
{
    struct fb_pages *p = fb_pages_new(k, false);
    struct pair_table *t = malloc(sizeof *t);
    const struct fb_chunk_meta *m;
    enum fb_status st = p && t ? FB_OK : fb_err_nomem(err, "sums");
    while (st == FB_OK && (st = fb_pages_next_chunk(p, &m, err)) == FB_OK) {
        st = fb_pages_enter(p, err);
        if (st == FB_OK)
            st = chunk_pairs(p, t, err);
        if (st == FB_OK)
            st = merge(k, p, t, err);
    }
    free(t);
    fb_pages_free(p);
    return st == FB_EOF ? FB_OK : st;
}
