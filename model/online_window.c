#include "model/online_window.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum fb_status fb_window_init(struct fb_window *w, uint32_t size, struct fb_err *err)
{
    *w = (struct fb_window){.size = size, .next = 1};
    w->row = fb_calloc(size, sizeof *w->row);
    w->kept = fb_calloc(size, sizeof *w->kept);
    return w->row && w->kept ? FB_OK : fb_err_nomem(err, "the window of the online model");
}

void fb_window_release(struct fb_window *w)
{
    free(w->row);
    free(w->kept);
    *w = (struct fb_window){0};
}

static uint64_t oldest(const struct fb_window *w)
{
    return w->next > w->size ? w->next - w->size : 1;
}

struct fb_window_row *fb_window_at(struct fb_window *w, uint64_t place)
{
    return place != 0 && place >= oldest(w) && place < w->next ? &w->row[place % w->size] : NULL;
}

uint64_t fb_window_add(struct fb_window *w, const struct fb_features *f, int64_t at_ns, uint64_t before)
{
    uint64_t place = w->next++;
    w->row[place % w->size] = (struct fb_window_row){.f = *f, .at_ns = at_ns, .before = before};
    return place;
}

void fb_window_keep_out(struct fb_window *w, int64_t at_ns, enum fb_window_out out)
{
    w->kept[w->nkept++ % w->size] = (struct fb_window_kept){at_ns, out};
}

bool fb_window_mark(struct fb_window *w, uint64_t place, enum fb_window_out out)
{
    bool changed = false;
    for (struct fb_window_row *r; (r = fb_window_at(w, place)); place = r->before) {
        changed |= r->out != out;
        w->marked += out != FB_WINDOW_IN && r->out == FB_WINDOW_IN;
        r->out = out;
    }
    return changed;
}

enum fb_status fb_window_sample(struct fb_window *w, uint64_t seed, struct fb_sample *out, struct fb_err *err)
{
    fb_sample_init(out, seed, w->size);
    out->rows = fb_malloc(w->size * sizeof *out->rows);
    if (!out->rows)
        return fb_err_nomem(err, "the training sample");
    out->cap = w->size;
    for (uint64_t place = oldest(w); place < w->next; place++) {
        const struct fb_window_row *r = fb_window_at(w, place);
        if (r->out == FB_WINDOW_IN)
            out->rows[out->n++] = (struct fb_sample_row){place, r->f};
    }
    out->sorted = out->n;
    out->seen = w->next - 1 + w->nkept;
    out->spare = w->nkept + w->marked;
    return FB_OK;
}

void fb_window_kept_out(struct fb_window *w, uint32_t n[static 4])
{
    memset(n, 0, 4 * sizeof *n);
    if (w->next == 1)
        return;
    for (uint64_t place = oldest(w); place < w->next; place++)
        n[fb_window_at(w, place)->out]++;
    int64_t since_ns = fb_window_at(w, oldest(w))->at_ns;
    for (uint64_t i = 0; i < w->size && i < w->nkept; i++)
        if (w->kept[i].at_ns >= since_ns)
            n[w->kept[i].out]++;
    n[FB_WINDOW_IN] = 0;
}

/* What is left for n rows of the number that may be beyond, as the percentile that gives it. */
static uint32_t percentile(uint32_t wanted_ppm, uint32_t n, uint32_t beyond)
{
    uint64_t may = ((uint64_t)n + beyond) * (1000000 - wanted_ppm) / 1000000;
    uint64_t left = may > beyond ? may - beyond : 0;
    if (left >= n)
        left = n - 1;
    return (uint32_t)(1000000 - (left * 1000000 + n - 1) / n);
}

void fb_window_percentiles(const uint32_t wanted[static 2], uint32_t n, const uint32_t kept_out[static 4],
                           uint32_t out[static 2])
{
    FB_BUG(n == 0);
    const uint32_t beyond[2] = {kept_out[FB_WINDOW_SUSPICIOUS] + kept_out[FB_WINDOW_ABNORMAL],
                                kept_out[FB_WINDOW_ABNORMAL]};
    for (size_t i = 0; i < 2; i++)
        out[i] = beyond[i] ? percentile(wanted[i], n, beyond[i]) : wanted[i];
    if (out[1] > 999999)
        out[1] = 999999; /* less than one of as many rows as a window can have */
    if (out[0] >= out[1])
        out[0] = out[1] - 1;
}
