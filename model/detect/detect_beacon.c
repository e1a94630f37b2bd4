/* Beacons: pairs that talk at regular times, and sessions that do so within themselves. */
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

struct rhythm {
    uint64_t beats;
    int64_t interval_ns; /* median */
    uint64_t timing;     /* median deviation of the intervals in 1/1000 of it */
    uint64_t regular;    /* intervals between half and one and a half medians, in 1/1000 of all */
    uint64_t fano;       /* variance of beats in windows in 1/1000 of the mean; UINT64_MAX: not known */
    uint64_t sizes;      /* median deviation of the sizes in 1/1000 of their median */
    int64_t bytes;       /* median */
    uint64_t present;    /* beats in 1/1000 of what the span has room for, at most 1000 */
    uint64_t score;      /* 0..1000 */
};

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

static bool rhythm_of(const struct series *s, struct rhythm *r)
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

/* A few contacts look regular by chance, the more so as many pairs are looked at. Below three times the least
 * number of beats most intervals must lie within half of the median, below one and a half times nearly all,
 * and the deviation may be five eighths of the limit. */
static uint64_t limit_of(const struct fb_detect *d, const struct rhythm *r)
{
    uint64_t limit = (uint64_t)OPT(d, BEACON_DISPERSION_PCT) * 10, least = (uint64_t)OPT(d, BEACON_BEATS);
    if (r->beats * 2 < least * 3)
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

/* How many hosts of the capture talk to each responder: what everybody does is rarely a beacon. */
struct popular {
    struct fb_addr resp_h, orig_h;
};

static int by_ends(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct popular));
}

static size_t clients_of(const struct popular *p, size_t n, const struct fb_addr *resp_h)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (fb_addr_cmp(&p[mid].resp_h, resp_h) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    size_t first = lo;
    while (lo < n && fb_addr_eq(&p[lo].resp_h, resp_h))
        lo++;
    return lo - first;
}

#define POPULAR_HOSTS 5

static enum fb_status report(const struct pair *p, const struct rhythm *r, size_t clients, size_t hosts,
                             const struct fb_detect *d, struct fb_findings *out)
{
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_BEACON, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    bool outside = !fb_det_host_is_private(&p->key.resp_h),
         common = hosts >= POPULAR_HOSTS && clients * 2 >= hosts;
    fb_buf_printf(&m.reason, "%llu contacts, one every ", (unsigned long long)r->beats);
    fb_put_time(&m.reason, r->interval_ns);
    fb_buf_printf(&m.reason, " (median deviation %llu %%), %llu %% of the expected ones there, over ",
                  (unsigned long long)((r->timing + 5) / 10), (unsigned long long)(r->present / 10));
    fb_put_time(&m.reason, span_ns(p->series.first_ns, p->series.last_ns));
    if (r->bytes > 0) {
        fb_buf_puts(&m.reason, "; ");
        fb_put_bytes(&m.reason, (uint64_t)r->bytes);
        fb_buf_printf(&m.reason, " each (deviation %llu %%)", (unsigned long long)((r->sizes + 5) / 10));
    }
    if (r->timing > limit_of(d, r))
        fb_buf_printf(&m.reason,
                      "; spread over the time more evenly than chance: variance %llu %% of the mean",
                      (unsigned long long)((r->fano + 5) / 10));
    if (p->answered == 0)
        fb_buf_puts(&m.reason, "; no answer was seen");
    if (common)
        fb_buf_printf(&m.reason, "; but %zu of %zu hosts talk to it", clients, hosts);
    fb_buf_putc(&m.reason, '.');
    uint64_t least = (uint64_t)OPT(d, BEACON_SCORE);
    unsigned points = (unsigned)((r->score - least) * 15 / (1001 - least)) +
                      fb_points(r->beats, (uint64_t)OPT(d, BEACON_BEATS), 4, 15) + (outside ? 10 : 0);
    fb_det_make_severity(&m, common ? 30 : 45, points, (unsigned)(r->score / 10));
    return fb_det_make_end(&m, out);
}

/* One long session whose messages come at regular times. */
static enum fb_status report_inside(const struct pair *p, const struct fb_detect *d, struct fb_findings *out)
{
    struct finding_maker m;
    bool outside = !fb_det_host_is_private(&p->key.resp_h);
    fb_det_make_begin(&m, FB_FIND_BEACON, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    m.f.sessions = 1;
    m.f.nevidence = 1;
    m.f.evidence[0] = p->beat_number;
    m.f.first_ns = p->beat_first_ns;
    m.f.last_ns = p->beat_last_ns;
    fb_buf_printf(&m.reason, "One session of %llu messages, one every ",
                  (unsigned long long)p->beat_segments);
    fb_put_time(&m.reason, p->beat_gap_ns);
    fb_buf_printf(&m.reason, " on average, regularity %u %% (a request and its answer alone reach 50), over ",
                  p->regularity_ppm / 10000);
    fb_put_time(&m.reason, span_ns(p->beat_first_ns, p->beat_last_ns));
    fb_buf_putc(&m.reason, '.');
    unsigned points =
        fb_points(p->beat_segments, (uint64_t)OPT(d, BEACON_SEGMENTS), 3, 10) + (outside ? 10 : 0);
    fb_det_make_severity(&m, 32, points, p->regularity_ppm / 10000);
    return fb_det_make_end(&m, out);
}

static bool beats_inside(const struct pair *p, const struct fb_detect *d)
{
    int64_t span = span_ns(p->beat_first_ns, p->beat_last_ns);
    return p->beat_number && p->regularity_ppm >= (uint64_t)OPT(d, BEACON_REGULARITY_PCT) * 10000 &&
           p->beat_gap_ns >= OPT(d, BEACON_INTERVAL_MS) * 1000000 && span >= OPT(d, BEACON_SPAN_S) * NS_PER_S;
}

static bool eligible(const struct pair *p, const struct fb_detect *d)
{
    return p->series.beats >= (uint64_t)OPT(d, BEACON_BEATS) && p->series.n >= 4 &&
           span_ns(p->series.first_ns, p->series.last_ns) >= OPT(d, BEACON_SPAN_S) * NS_PER_S;
}

static enum fb_status one_pair(const struct fb_detect *d, const struct pair *p, const struct popular *pop,
                               size_t npop, struct fb_findings *out)
{
    if (fb_det_host_is_group(&p->key.resp_h) || fb_det_port_is_periodic(p->key.ip_proto, p->key.port))
        return FB_OK;
    struct rhythm r = {0};
    if (eligible(p, d)) {
        if (!rhythm_of(&p->series, &r))
            return FB_ERR_NOMEM;
        if (r.interval_ns >= OPT(d, BEACON_INTERVAL_MS) * 1000000)
            rate(d, &r);
    }
    if (r.score >= (uint64_t)OPT(d, BEACON_SCORE))
        return report(p, &r, clients_of(pop, npop, &p->key.resp_h), d->hosts.n, d, out);
    return beats_inside(p, d) ? report_inside(p, d, out) : FB_OK;
}

enum fb_status fb_det_beacons(struct fb_detect *d, struct fb_findings *out)
{
    size_t n = d->links.n;
    struct popular *pop = fb_malloc((n + 1) * sizeof *pop);
    if (!pop)
        return FB_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct link *l = fb_dtab_at(&d->links, i);
        pop[i] = (struct popular){l->key.resp_h, l->key.orig_h};
    }
    qsort(pop, n, sizeof *pop, by_ends);
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++)
        st = one_pair(d, fb_dtab_at(&d->pairs, i), pop, n, out);
    free(pop);
    return st;
}
