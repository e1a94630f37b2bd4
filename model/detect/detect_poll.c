/* Beacons that pairs do not show: a name whose address changes, and one thing that is asked for again and
 * again within sessions that stay open. */
#include "model/detect/detect_int.h"

#include <stdio.h>

enum fb_status fb_det_poll(struct fb_detect *d, const struct fb_session *s, const struct fb_addr *resp_h,
                           struct fb_span what, int64_t ts_ns, uint64_t bytes)
{
    struct poll_key key = {.orig_h = s->orig_h, .port = s->resp_p};
    bool made;
    if (fb_det_host_is_group(&s->resp_h) || fb_det_port_is_periodic(s->ip_proto, s->resp_p))
        return FB_OK;
    if (resp_h)
        key.resp_h = *resp_h;
    fb_det_word_plain(key.what, sizeof key.what, what.p, what.n);
    struct poll *p = fb_dtab_get(&d->polls, &key, &made);
    if (!p)
        return FB_ERR_NOMEM;
    bool again = !made && s->number == p->last_number;
    if (!resp_h && again) /* a name counts once a session */
        return FB_OK;
    if (made)
        p->first_ns = ts_ns;
    p->last_ns = ts_ns > p->last_ns || made ? ts_ns : p->last_ns;
    p->sessions += !again;
    p->last_number = s->number;
    p->ip_proto = s->ip_proto;
    fb_det_sample_add(&p->hosts, &s->resp_h);
    FB_TRY(fb_det_note(&p->evidence, s->number));
    return fb_det_series_add(d, &p->series, ts_ns, bytes);
}

static enum fb_status report(const struct fb_detect *d, const struct poll *p, const struct rhythm *r,
                             bool named, struct fb_findings *out)
{
    struct finding_maker m;
    bool outside = !fb_det_host_is_private(&p->hosts.host[0]);
    fb_det_make_begin(&m, FB_FIND_BEACON, &p->key.orig_h);
    for (unsigned i = 0; i < p->hosts.n; i++)
        fb_det_make_host(&m, &p->hosts.host[i]);
    m.f.targets = m.f.nhosts - 1;
    m.f.ip_proto = p->ip_proto;
    m.f.has_port = true;
    m.f.port = p->key.port;
    m.f.sessions = p->sessions;
    m.f.first_ns = p->first_ns;
    m.f.last_ns = p->last_ns;
    fb_det_make_evidence(&m, &p->evidence);
    snprintf(m.f.subject, sizeof m.f.subject, "%s", p->key.what);
    if (named)
        fb_buf_printf(&m.reason, "To %s at %u addresses: ", p->key.what, p->hosts.n);
    else
        fb_buf_printf(&m.reason, "\"%s\": ", p->key.what);
    fb_det_rhythm_say(d, &p->series, r, named ? "contacts" : "requests", &m.reason);
    if (!named)
        fb_buf_printf(&m.reason, ", in %llu session%s", (unsigned long long)p->sessions,
                      p->sessions == 1 ? "" : "s");
    fb_buf_putc(&m.reason, '.');
    fb_det_make_severity(&m, named ? 42 : 34, fb_det_rhythm_points(d, r) * 2 / 3 + (outside ? 8 : 0),
                         (unsigned)(r->score / 10));
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_polls(struct fb_detect *d, struct fb_findings *out)
{
    static const struct fb_addr any;
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->polls.n && st == FB_OK; i++) {
        const struct poll *p = fb_dtab_at(&d->polls, i);
        bool named = fb_addr_eq(&p->key.resp_h, &any);
        struct rhythm r = {0};
        if ((named && p->hosts.n < 2) || !fb_det_rhythm_fits(d, &p->series))
            continue;
        if (!fb_det_rhythm_of(d, &p->series, &r))
            return FB_ERR_NOMEM;
        if (r.score >= (uint64_t)OPT(d, BEACON_SCORE))
            st = report(d, p, &r, named, out);
    }
    return st;
}
