/* Beacons: pairs that talk at regular times, and sessions that do so within themselves. */
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

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
    bool common = hosts >= POPULAR_HOSTS && clients * 2 >= hosts;
    if (common &&
        fb_det_rhythm_is_short(d, r)) /* many pairs: in one of them a few contacts are even by chance */
        return FB_OK;
    fb_det_make_begin(&m, FB_FIND_BEACON, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    bool outside = !fb_det_host_is_private(&p->key.resp_h);
    fb_det_rhythm_say(d, &p->series, r, "contacts", &m.reason);
    if (p->answered == 0)
        fb_buf_puts(&m.reason, "; no answer was seen");
    if (common)
        fb_buf_printf(&m.reason, "; but %zu of %zu hosts talk to it", clients, hosts);
    fb_buf_putc(&m.reason, '.');
    unsigned points = fb_det_rhythm_points(d, r) + (outside ? 10 : 0);
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

static enum fb_status one_pair(const struct fb_detect *d, const struct pair *p, const struct popular *pop,
                               size_t npop, struct fb_findings *out)
{
    if (fb_det_host_is_group(&p->key.resp_h) || fb_det_port_is_periodic(p->key.ip_proto, p->key.port))
        return FB_OK;
    struct rhythm r = {0};
    if (fb_det_rhythm_fits(d, &p->series) && !fb_det_rhythm_of(d, &p->series, &r))
        return FB_ERR_NOMEM;
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
