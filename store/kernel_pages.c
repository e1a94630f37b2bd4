#include "store/kernel_pages.h"

#include "store/zone.h"

struct fb_pages *fb_pages_new(const struct fb_kernel *k, bool need_ts)
{
    struct fb_pages *p = calloc(1, sizeof *p);
    if (p) {
        p->k = k;
        p->need_ts = need_ts;
    }
    return p;
}

void fb_pages_free(struct fb_pages *p)
{
    if (p)
        fb_case_let_chunk(p->k->c, p->held);
    free(p);
}

static bool before_end(const struct fb_kernel *k, int64_t ts)
{
    return k->no_end || ts < k->t1_ns;
}

enum fb_status fb_pages_next_chunk(struct fb_pages *p, const struct fb_chunk_meta **m, struct fb_err *err)
{
    (void)err;
    const struct fb_chunk_list *list = &p->k->c->sessions;
    fb_case_let_chunk(p->k->c, p->held);
    p->held = NULL;
    for (; p->at < list->n; p->at++) {
        const struct fb_zone *z = &list->m[p->at].zone;
        int64_t lo = (int64_t)z->lo[FB_COL_TS], hi = (int64_t)z->hi[FB_COL_TS];
        if (!p->k->whole && (hi < p->k->t0_ns || !before_end(p->k, lo)))
            continue;
        p->gone = fb_gone_find(&p->k->c->gone, list->m[p->at].cid >> 20);
        p->inside = !p->gone && (p->k->whole || (lo >= p->k->t0_ns && before_end(p->k, hi)));
        *m = &list->m[p->at++];
        return FB_OK;
    }
    return FB_EOF;
}

enum fb_status fb_pages_enter(struct fb_pages *p, struct fb_err *err)
{
    const struct fb_chunk_meta *m = &p->k->c->sessions.m[p->at - 1];
    p->page = UINT32_MAX;
    p->npages = (m->nrows + FB_PAGE_ROWS - 1) / FB_PAGE_ROWS;
    return fb_case_take_chunk(p->k->c, m, &p->held, err);
}

/* Keeps the rows that are there and in the window. */
static void select_window(struct fb_pages *p, size_t n)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t ts = (int64_t)p->ts[i];
        p->sel[kept] = (uint16_t)i;
        p->ts[kept] = (uint64_t)ts;
        kept += ts >= p->k->t0_ns && before_end(p->k, ts) &&
                !fb_gone_row(p->gone, p->page * FB_PAGE_ROWS + (uint32_t)i);
    }
    p->n = kept;
}

enum fb_status fb_pages_column(struct fb_pages *p, unsigned col, uint64_t out[static FB_PAGE_ROWS],
                               struct fb_err *err)
{
    size_t n = fb_chunk_values(p->held->chunk, col, p->page, out);
    if (n == 0)
        return fb_chunk_failed(p->held->chunk, err);
    for (uint32_t i = 0; i < p->n && !p->inside; i++)
        out[i] = out[p->sel[i]];
    return FB_OK;
}

enum fb_status fb_pages_next(struct fb_pages *p, struct fb_err *err)
{
    do {
        if (++p->page >= p->npages)
            return FB_EOF;
        uint32_t left = fb_chunk_nrows(p->held->chunk) - p->page * FB_PAGE_ROWS;
        p->n = left < FB_PAGE_ROWS ? left : FB_PAGE_ROWS;
        if (p->inside && !p->need_ts)
            break;
        if (fb_chunk_values(p->held->chunk, FB_COL_TS, p->page, p->ts) == 0)
            return fb_chunk_failed(p->held->chunk, err);
        if (!p->inside)
            select_window(p, p->n);
    } while (p->n == 0);
    for (unsigned m = 0; m < FB_M_COUNT; m++)
        if (p->k->want & FB_WANT(m))
            FB_TRY(fb_pages_column(p, fb_measure_col[m], p->m[m], err));
    return FB_OK;
}

void fb_pages_scatter(const struct fb_pages *p, const uint64_t *key, struct fb_tally *where)
{
    for (uint32_t i = 0; i < p->n; i++)
        where[key[i]].sessions++;
    for (unsigned m = 0; m < FB_M_COUNT; m++) {
        if (!(p->k->want & FB_WANT(m)))
            continue;
        const uint64_t *v = p->m[m];
        for (uint32_t i = 0; i < p->n; i++) {
            uint64_t *to = &where[key[i]].sum[m];
            *to = fb_add_sat(*to, v[i]);
        }
    }
}
