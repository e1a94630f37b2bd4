/* Beats: the starts of the sessions of a pair, those within half a second counted as one. */
#include "base/hash.h"
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

#define BEAT_NS     (NS_PER_S / 2)
#define SERIES_MAX  512u
#define SERIES_ROOM (64u << 20) /* bytes of all series */

void fb_det_series_free(struct fb_detect *d, struct series *s)
{
    d->series_bytes -= s->cap * sizeof *s->b;
    free(s->b);
    *s = (struct series){0};
}

/* Every second beat of those that are kept goes. */
static void thin(struct series *s)
{
    uint32_t out = 0;
    s->mask = s->mask * 2 + 1;
    for (uint32_t i = 0; i < s->n; i++)
        if ((fb_mix64((uint64_t)s->b[i].ts_ns) & s->mask) == 0)
            s->b[out++] = s->b[i];
    s->n = out;
}

static bool widen(struct fb_detect *d, struct series *s)
{
    uint32_t cap = s->cap ? s->cap * 2 : 8;
    struct beat *b = fb_realloc(s->b, cap * sizeof *b);
    if (!b)
        return false;
    d->series_bytes += (cap - s->cap) * sizeof *b;
    s->b = b;
    s->cap = cap;
    return true;
}

enum fb_status fb_det_series_add(struct fb_detect *d, struct series *s, int64_t ts_ns, uint64_t bytes)
{
    if (s->beats > 0 && span_ns(s->last_ns, ts_ns) < BEAT_NS)
        return FB_OK;
    int64_t gap = s->beats ? span_ns(s->last_ns, ts_ns) : 0;
    if (s->beats++ == 0)
        s->first_ns = ts_ns;
    s->last_ns = ts_ns;
    while (s->n == SERIES_MAX)
        thin(s);
    if (s->mask && (fb_mix64((uint64_t)ts_ns) & s->mask) != 0)
        return FB_OK;
    if (s->n == s->cap) {
        /* Where there is no room, long series become thinner instead of longer. */
        if (s->cap >= 64 && d->series_bytes > SERIES_ROOM) {
            while (s->n == s->cap)
                thin(s);
        } else if (!widen(d, s)) {
            return FB_ERR_NOMEM;
        }
    }
    s->b[s->n++] = (struct beat){ts_ns, gap, bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes};
    return FB_OK;
}
