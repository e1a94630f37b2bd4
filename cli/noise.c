#include "cli/noise.h"

#include "base/timefmt.h"

#define SPREAD_SESSIONS 8    /* counts below say little of spread */
#define SPREAD_KEYS     10   /* fewer keys than this say nothing */
#define SPREAD_UNKNOWN  2000 /* then: twice Poisson's variance */
#define CHI2_90_MILLI   2706 /* 90th percentile of chi-squared with one degree of freedom */
#define MISSED_ONE_IN   100  /* a new key must have had at most this chance of not showing before */
#define MOST_SESSIONS   ((uint64_t)1 << 40)

typedef unsigned __int128 u128;

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Chi-squared of the two halves having one rate, at the 90th percentile over keys, against what chance gives.
 */
static uint64_t spread_of(uint64_t *z2_milli, size_t n)
{
    if (n < SPREAD_KEYS)
        return SPREAD_UNKNOWN;
    qsort(z2_milli, n, sizeof *z2_milli, by_value);
    uint64_t spread = z2_milli[n * 9 / 10] * 1000 / CHI2_90_MILLI;
    return spread > 1000 ? spread : 1000;
}

static void note_turnover(struct fb_noise *noise, uint64_t largest[2], unsigned side, const uint64_t half[2])
{
    if (half[0] && half[1])
        return;
    uint64_t n = half[0] + half[1];
    if (n > largest[side]) {
        noise->turnover[side] = largest[side];
        largest[side] = n;
    } else if (n > noise->turnover[side]) {
        noise->turnover[side] = n;
    }
}

enum fb_status fb_noise_learn(const struct fb_tally *t, struct fb_noise out[static FB_TALLY_KINDS],
                              struct fb_err *err)
{
    uint64_t *z2 = calloc((size_t)t->n * 2 + 1, sizeof *z2);
    if (!z2)
        return fb_err_nomem(err, "the noise model");
    for (unsigned kind = 0; kind < FB_TALLY_KINDS; kind++) {
        size_t n = 0;
        uint64_t largest[2] = {0, 0};
        out[kind] = (struct fb_noise){0};
        for (uint32_t i = 0; i < t->n; i++)
            for (unsigned side = 0; side < 2 && t->item[i].kind == kind; side++) {
                const uint64_t *half = t->item[i].sessions[side];
                uint64_t sum = half[0] + half[1],
                         d = half[0] > half[1] ? half[0] - half[1] : half[1] - half[0];
                note_turnover(&out[kind], largest, side, half);
                if (sum >= SPREAD_SESSIONS && d < MOST_SESSIONS)
                    z2[n++] = (uint64_t)((u128)d * d * 1000 / sum);
            }
        out[kind].spread_milli = spread_of(z2, n);
    }
    free(z2);
    return FB_OK;
}

/* Times of both cases in one unit, at most 2^20. */
static void exposures(const struct fb_tally *t, uint64_t out[2])
{
    out[0] = (uint64_t)(t->span_ns[0] / FB_NS_PER_MS);
    out[1] = (uint64_t)(t->span_ns[1] / FB_NS_PER_MS);
    while (out[0] >> 20 || out[1] >> 20) {
        out[0] >>= 1;
        out[1] >>= 1;
    }
    for (int i = 0; i < 2; i++)
        out[i] += out[i] == 0;
}

/* Score test for two Poisson counts with one rate: (b Ta - a Tb)^2 / ((a + b) Ta Tb), times 1000. */
static uint64_t score_milli(uint64_t a, uint64_t b, const uint64_t time[2])
{
    if (a > MOST_SESSIONS || b > MOST_SESSIONS || a + b == 0)
        return 0;
    u128 x = (u128)b * time[0], y = (u128)a * time[1], d = x > y ? x - y : y - x;
    u128 den = (u128)(a + b) * time[0] * time[1], num = d * d;
    u128 milli = num / den * 1000 + num % den * 1000 / den;
    return milli > UINT64_MAX / 1000 ? UINT64_MAX / 1000 : (uint64_t)milli;
}

/* True when n sessions all falling into `in` had at most one chance in MISSED_ONE_IN, at one rate. */
static bool unlikely_missed(uint64_t n, uint64_t in, uint64_t other)
{
    uint64_t p = (in << 32) / (in + other), chance = (uint64_t)1 << 32; /* 32 bits of fraction */
    for (; n; n >>= 1) {
        if (n & 1)
            chance = (uint64_t)((u128)chance * p >> 32);
        p = (uint64_t)((u128)p * p >> 32);
    }
    return chance <= ((uint64_t)1 << 32) / MISSED_ONE_IN;
}

static bool appears(uint64_t n, uint64_t in, uint64_t other, uint64_t turnover, const struct fb_noise_opts *o)
{
    return n >= o->floor && n > turnover + turnover / 2 && unlikely_missed(n, in, other);
}

static uint64_t root(u128 v)
{
    u128 lo = 0, hi = (u128)1 << 62;
    while (lo < hi) {
        u128 mid = (lo + hi + 1) / 2;
        if (mid * mid <= v)
            lo = mid;
        else
            hi = mid - 1;
    }
    return (uint64_t)lo;
}

static bool by_ratio(uint64_t a, uint64_t b, const uint64_t time[2], uint64_t ratio)
{
    u128 x = (u128)b * time[0], y = (u128)a * time[1];
    return x >= y * ratio || y >= x * ratio;
}

void fb_noise_judge(const struct fb_tally *t, const struct fb_tally_item *i, const struct fb_noise *noise,
                    const struct fb_noise_opts *o, struct fb_verdict *out)
{
    uint64_t time[2], a = fb_tally_total(i, 0), b = fb_tally_total(i, 1);
    *out = (struct fb_verdict){FB_SAME, 0};
    exposures(t, time);
    if (a == 0) {
        if (appears(b, time[1], time[0], noise->turnover[0], o))
            out->change = FB_NEW;
        return;
    }
    if (b == 0) {
        if (appears(a, time[0], time[1], noise->turnover[1], o))
            out->change = FB_GONE;
        return;
    }
    if (a < o->floor && b < o->floor)
        return;
    u128 z2_milli = (u128)score_milli(a, b, time) * 1000 / noise->spread_milli;
    if (z2_milli < (u128)o->sigma * o->sigma * 1000 || !by_ratio(a, b, time, o->ratio))
        return;
    out->change = FB_CHANGED;
    out->z_milli = root(z2_milli * 1000);
}

uint64_t fb_noise_rate10(const struct fb_tally *t, unsigned side, uint64_t sessions)
{
    return (uint64_t)((u128)sessions * 36000 * FB_NS_PER_S / (u128)t->span_ns[side]);
}
