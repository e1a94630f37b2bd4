/* How regular a series of beats is. */
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

static uint64_t permille(int64_t part, int64_t whole)
{
    return whole > 0 ? fb_scale((uint64_t)part, 1000, (uint64_t)whole) : part > 0 ? UINT64_MAX : 0;
}

#define WINDOW_BEATS 5u
#define FANO_BEATS   40u

/* Beats in windows that hold five of them on average: of events that do not know of each other the variance
 * is the mean (Poisson), people come in bursts (more), clocks do not (less). That also sees two beacons that
 * run into each other, whose intervals look like anything. */
static uint64_t fano_of(const struct series *s)
{
    if (s->mask || s->n < FANO_BEATS)
        return UINT64_MAX;
    size_t k = s->n / WINDOW_BEATS;
    uint32_t count[512 / WINDOW_BEATS + 1] = {0};
    uint64_t span = (uint64_t)span_ns(s->first_ns, s->last_ns) + 1;
    for (uint32_t i = 0; i < s->n; i++)
        count[fb_scale((uint64_t)span_ns(s->first_ns, s->b[i].ts_ns), k, span)]++;
    /* variance / mean = (k * sum of squares - n^2) / (k * n) */
    uint64_t squares = 0;
    for (size_t i = 0; i < k; i++)
        squares += (uint64_t)count[i] * count[i];
    uint64_t n = s->n, over = k * squares > n * n ? k * squares - n * n : 0;
    return over * 1000 / (k * n);
}

static bool measure(const struct series *s, struct rhythm *r)
{
    int64_t *v = fb_malloc(s->n * sizeof *v);
    if (!v)
        return false;
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->b[i].gap_ns > 0)
            v[n++] = s->b[i].gap_ns;
    size_t all = n, regular = 0;
    struct fb_spread gaps = n ? fb_spread_of(v, n) : (struct fb_spread){0};
    for (uint32_t i = 0; i < s->n; i++) {
        regular +=
            s->b[i].gap_ns > 0 && s->b[i].gap_ns >= gaps.median / 2 && s->b[i].gap_ns / 3 <= gaps.median / 2;
        v[i] = s->b[i].bytes;
    }
    struct fb_spread sizes = fb_spread_of(v, s->n);
    free(v);
    *r = (struct rhythm){.beats = s->beats, .interval_ns = gaps.median, .bytes = sizes.median};
    r->regular = all ? regular * 1000 / all : 0;
    r->timing = permille(gaps.deviation, gaps.median);
    r->sizes = permille(sizes.deviation, sizes.median);
    r->fano = fano_of(s);
    uint64_t room = gaps.median > 0 ? (uint64_t)(span_ns(s->first_ns, s->last_ns) / gaps.median) + 1 : 1;
    r->present = fb_scale(s->beats, 1000, room);
    r->present = r->present > 1000 ? 1000 : r->present;
    return true;
}

bool fb_det_rhythm_is_short(const struct fb_detect *d, const struct rhythm *r)
{
    return r->beats * 2 < (uint64_t)OPT(d, BEACON_BEATS) * 3;
}

/* A few contacts look regular by chance, the more so as many pairs are looked at. Below three times the least
 * number of beats most intervals must lie within half of the median, below one and a half times nearly all,
 * and the deviation may be five eighths of the limit. */
static uint64_t limit_of(const struct fb_detect *d, const struct rhythm *r)
{
    uint64_t limit = (uint64_t)OPT(d, BEACON_DISPERSION_PCT) * 10, least = (uint64_t)OPT(d, BEACON_BEATS);
    if (fb_det_rhythm_is_short(d, r))
        return r->regular >= 850 && (r->bytes == 0 || r->sizes <= 250) ? limit * 5 / 8 : 0;
    return r->beats >= least * 3 || r->regular >= 700 ? limit : 0;
}

/* Half for the timing, a fifth for like sizes, the rest for how few beats are missing. At its threshold the
 * timing has half its points. */
static void rate(const struct fb_detect *d, struct rhythm *r)
{
    uint64_t limit = limit_of(d, r), timing = 0, even = 0;
    uint64_t fano = (uint64_t)OPT(d, BEACON_FANO_PCT) * 10;
    if (limit && r->timing <= limit)
        timing = 1000 - r->timing * 500 / limit;
    if (r->fano <= fano)
        even = 1000 - r->fano * 500 / fano;
    if (even > timing)
        timing = even;
    if (timing == 0)
        return;
    uint64_t sizes = r->bytes == 0 ? 500 : r->sizes >= 500 ? 0 : 1000 - 2 * r->sizes;
    r->score = (5 * timing + 2 * sizes + 3 * r->present) / 10;
}

bool fb_det_rhythm_fits(const struct fb_detect *d, const struct series *s)
{
    return s->beats >= (uint64_t)OPT(d, BEACON_BEATS) && s->n >= 4 &&
           span_ns(s->first_ns, s->last_ns) >= OPT(d, BEACON_SPAN_S) * NS_PER_S;
}

bool fb_det_rhythm_of(const struct fb_detect *d, const struct series *s, struct rhythm *r)
{
    if (!measure(s, r))
        return false;
    if (r->interval_ns >= OPT(d, BEACON_INTERVAL_MS) * 1000000)
        rate(d, r);
    return true;
}

void fb_det_rhythm_say(const struct fb_detect *d, const struct series *s, const struct rhythm *r,
                       const char *what, struct fb_buf *out)
{
    fb_buf_printf(out, "%llu %s, one every ", (unsigned long long)r->beats, what);
    fb_put_time(out, r->interval_ns);
    fb_buf_printf(out, " (median deviation %llu %%), %llu %% of the expected ones there, over ",
                  (unsigned long long)((r->timing + 5) / 10), (unsigned long long)(r->present / 10));
    fb_put_time(out, span_ns(s->first_ns, s->last_ns));
    if (r->bytes > 0) {
        fb_buf_puts(out, "; ");
        fb_put_bytes(out, (uint64_t)r->bytes);
        fb_buf_printf(out, " each (deviation %llu %%)", (unsigned long long)((r->sizes + 5) / 10));
    }
    if (r->timing > limit_of(d, r))
        fb_buf_printf(out, "; spread over the time more evenly than chance: variance %llu %% of the mean",
                      (unsigned long long)((r->fano + 5) / 10));
}

unsigned fb_det_rhythm_points(const struct fb_detect *d, const struct rhythm *r)
{
    uint64_t least = (uint64_t)OPT(d, BEACON_SCORE);
    unsigned sure = r->score < least ? 0 : (unsigned)((r->score - least) * 15 / (1001 - least));
    return sure + fb_points(r->beats, (uint64_t)OPT(d, BEACON_BEATS), 4, 15);
}
