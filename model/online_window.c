#include "model/online_window.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum fb_status fb_window_init(struct fb_window *w, uint32_t size, struct fb_err *err)
{
    *w = (struct fb_window){.size = size, .next = 1, .next_kept = 1};
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

static struct fb_window_kept *kept_at(const struct fb_window *w, uint64_t place)
{
    return place != 0 && place < w->next_kept && w->next_kept - place <= w->size ? &w->kept[place % w->size]
                                                                                 : NULL;
}

uint64_t fb_window_keep_out(struct fb_window *w, uint64_t place, const struct fb_features *f, int64_t at_ns,
                            enum fb_window_out out)
{
    struct fb_window_kept *k = kept_at(w, place);
    if (!k) {
        place = w->next_kept++;
        k = &w->kept[place % w->size];
    }
    *k = (struct fb_window_kept){.f = *f, .at_ns = at_ns, .out = out};
    return place;
}

void fb_window_take_back(struct fb_window *w, uint64_t place)
{
    struct fb_window_kept *k = kept_at(w, place);
    if (k)
        k->out = FB_WINDOW_IN;
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
    out->seen = w->next - 1 + w->next_kept - 1;
    out->spare = w->next_kept - 1 + w->marked;
    return FB_OK;
}

static void count_out(const struct fb_features *f, enum fb_window_out out, uint32_t *n,
                      struct fb_features *tagged, uint32_t *ntagged)
{
    *n += out != FB_WINDOW_IN;
    if (out == FB_WINDOW_TAGGED)
        tagged[(*ntagged)++] = *f;
}

uint32_t fb_window_kept_out(struct fb_window *w, struct fb_features *tagged, uint32_t *ntagged)
{
    uint32_t n = 0;
    *ntagged = 0;
    if (w->next == 1)
        return 0;
    for (uint64_t place = oldest(w); place < w->next; place++) {
        const struct fb_window_row *r = fb_window_at(w, place);
        count_out(&r->f, r->out, &n, tagged, ntagged);
    }
    int64_t since_ns = fb_window_at(w, oldest(w))->at_ns;
    for (uint64_t place = w->next_kept > w->size ? w->next_kept - w->size : 1; place < w->next_kept;
         place++) {
        const struct fb_window_kept *k = kept_at(w, place);
        if (k->at_ns >= since_ns)
            count_out(&k->f, k->out, &n, tagged, ntagged);
    }
    return n;
}
