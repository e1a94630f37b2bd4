/* Brute force: many short attempts on one service that asks who is there, one after the other. */
#include "model/detect/detect_int.h"

/* A shell or a desktop is not opened six times at once: there fewer attempts are enough. */
static bool enough(const struct fb_detect *d, const struct pair *p)
{
    bool screen = p->key.port == 22 || p->key.port == 23 || p->key.port == 3389 || p->key.port == 5900;
    return p->chain_max >= (uint64_t)OPT(d, BRUTE_SESSIONS) ||
           (screen && p->burst_max >= (uint64_t)OPT(d, BRUTE_AT_ONCE));
}

enum fb_status fb_det_brute(struct fb_detect *d, struct fb_findings *out)
{
    uint64_t least = (uint64_t)OPT(d, BRUTE_SESSIONS);
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        if (!enough(d, p) || !fb_det_port_is_auth(p->key.ip_proto, p->key.port, p->service))
            continue;
        struct finding_maker m;
        fb_det_make_begin(&m, FB_FIND_BRUTE_FORCE, &p->key.orig_h);
        fb_det_make_pair(&m, p);
        int64_t span = span_ns(p->first_ns, p->last_ns);
        fb_buf_printf(
            &m.reason,
            "%llu sessions with %s%s%u, %llu of them short attempts one after the other (none longer than ",
            (unsigned long long)p->sessions, *p->service ? p->service : "port",
            *p->service ? " on port " : " ", p->key.port, (unsigned long long)p->chain_max);
        fb_put_time(&m.reason, OPT(d, BRUTE_SECONDS) * NS_PER_S);
        fb_buf_puts(&m.reason, "), ");
        fb_put_bytes(&m.reason, p->orig_bytes / p->sessions);
        fb_buf_puts(&m.reason, " sent and ");
        fb_put_bytes(&m.reason, p->resp_bytes / p->sessions);
        fb_buf_puts(&m.reason, " received on average, in ");
        fb_put_time(&m.reason, span);
        fb_buf_putc(&m.reason, '.');
        uint64_t share = p->chain_max * 100 / p->sessions;
        fb_det_make_severity(
            &m, 62, fb_points(p->chain_max, least, 5, 20) + (fb_det_host_is_private(&p->key.orig_h) ? 0 : 5),
            50 + (unsigned)(share / 3) + fb_points(p->chain_max, least, 3, 14));
        st = fb_det_make_end(&m, out);
    }
    return st;
}
