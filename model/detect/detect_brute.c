/* Brute force: many short attempts on one service that asks who is there, one after the other. */
#include "model/detect/detect_int.h"

/* However far apart: on a shell or desktop, nine of ten sessions. */
static bool is_slow(const struct fb_detect *d, const struct pair *p)
{
    return fb_det_port_is_screen(p->key.port) && p->attempts >= (uint64_t)OPT(d, BRUTE_SLOW) &&
           p->attempts * 10 >= p->sessions * 9;
}

/* A shell or a desktop is not opened six times at once: there fewer attempts are enough. */
static bool enough(const struct fb_detect *d, const struct pair *p)
{
    bool screen = p->key.port == 22 || p->key.port == 23 || p->key.port == 3389 || p->key.port == 5900;
    return p->chain_max >= (uint64_t)OPT(d, BRUTE_SESSIONS) ||
           (screen && p->burst_max >= (uint64_t)OPT(d, BRUTE_AT_ONCE));
}

static void say(const struct fb_detect *d, const struct pair *p, bool slow, struct fb_buf *b)
{
    fb_buf_printf(b, "%llu sessions with %s%s%u, %llu of them short attempts",
                  (unsigned long long)p->sessions, *p->service ? p->service : "port",
                  *p->service ? " on port " : " ", p->key.port,
                  (unsigned long long)(slow ? p->attempts : p->chain_max));
    fb_buf_puts(b, slow ? ", far apart as if not to be seen" : " one after the other");
    fb_buf_puts(b, " (none longer than ");
    fb_put_time(b, OPT(d, BRUTE_SECONDS) * NS_PER_S);
    fb_buf_puts(b, "), ");
    fb_put_bytes(b, p->orig_bytes / p->sessions);
    fb_buf_puts(b, " sent and ");
    fb_put_bytes(b, p->resp_bytes / p->sessions);
    fb_buf_puts(b, " received on average, in ");
    fb_put_time(b, span_ns(p->first_ns, p->last_ns));
    fb_buf_putc(b, '.');
}

static enum fb_status report(const struct fb_detect *d, const struct pair *p, bool slow,
                             struct fb_findings *out)
{
    struct finding_maker m;
    uint64_t least = (uint64_t)(slow ? OPT(d, BRUTE_SLOW) : OPT(d, BRUTE_SESSIONS)),
             n = slow ? p->attempts : p->chain_max;
    fb_det_make_begin(&m, FB_FIND_BRUTE_FORCE, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    say(d, p, slow, &m.reason);
    uint64_t share = n * 100 / p->sessions;
    fb_det_make_severity(&m, slow ? 60 : 62,
                         fb_points(n, least, 5, 20) + (fb_det_host_is_private(&p->key.orig_h) ? 0 : 5),
                         (slow ? 40 : 50) + (unsigned)(share / 3) + fb_points(n, least, 3, 14));
    return fb_det_make_end(&m, out);
}

/* Many hosts that each try a little. */
static bool is_siege(const struct fb_detect *d, const struct siege *g)
{
    return g->clients >= (uint64_t)OPT(d, BRUTE_CLIENTS) && g->attempts >= (uint64_t)OPT(d, BRUTE_ALL) &&
           g->attempts * 10 >= g->sessions * 9 && g->attempts >= g->clients * 2;
}

static enum fb_status report_siege(const struct fb_detect *d, const struct siege *g, struct fb_findings *out)
{
    struct finding_maker m;
    uint64_t least = (uint64_t)OPT(d, BRUTE_ALL);
    fb_det_make_begin(&m, FB_FIND_BRUTE_FORCE, &g->sample.host[0]);
    fb_det_make_host(&m, &g->key.resp_h);
    for (unsigned i = 1; i < g->sample.n; i++)
        fb_det_make_host(&m, &g->sample.host[i]);
    m.f.ip_proto = g->key.ip_proto;
    m.f.has_port = true;
    m.f.port = g->key.port;
    m.f.targets = g->clients;
    m.f.sessions = g->sessions;
    m.f.first_ns = g->first_ns;
    m.f.last_ns = g->last_ns;
    fb_det_make_evidence(&m, &g->evidence);
    fb_buf_printf(
        &m.reason,
        "%llu hosts together make %llu short attempts on port %u of one host, %llu sessions in all, "
        "in ",
        (unsigned long long)g->clients, (unsigned long long)g->attempts, g->key.port,
        (unsigned long long)g->sessions);
    fb_put_time(&m.reason, span_ns(g->first_ns, g->last_ns));
    fb_buf_putc(&m.reason, '.');
    fb_det_make_severity(&m, 62, fb_points(g->attempts, least, 5, 20), 70);
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_brute(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        bool quick = enough(d, p) && fb_det_port_is_auth(p->key.ip_proto, p->key.port, p->service);
        if (quick || is_slow(d, p))
            st = report(d, p, !quick, out);
    }
    for (size_t i = 0; i < d->sieges.n && st == FB_OK; i++) {
        const struct siege *g = fb_dtab_at(&d->sieges, i);
        if (is_siege(d, g))
            st = report_siege(d, g, out);
    }
    return st;
}
