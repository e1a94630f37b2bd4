/* Domains that do not exist, by the dozen, as generated ones are tried; and questions that come at regular
 * times and are never the same, as a beacon over DNS asks them. */
#include "base/hash.h"
#include "model/detect/detect_int.h"

#include <stdio.h>

enum { RCODE_NXDOMAIN = 3 };

/* Each domain once for a client. */
enum fb_status fb_det_dga(struct fb_detect *d, const struct fb_detect_dns *q, const char *name, size_t n,
                          size_t at)
{
    static const struct fb_hash_key key = {0x67656e6572617465ULL, 0x64646f6d61696e73ULL};
    struct {
        struct fb_addr client;
        uint64_t domain;
    } id = {q->client, fb_siphash13(&key, name + at, n - at)};
    if (q->rcode != RCODE_NXDOMAIN)
        return FB_OK;
    int fresh = fb_dset_add(&d->seen, fb_siphash13(&key, &id, sizeof id));
    if (fresh <= 0)
        return fresh < 0 ? FB_ERR_NOMEM : FB_OK;
    struct fb_session s = {.number = q->number,
                           .ts_ns = q->ts_ns,
                           .orig_h = q->client,
                           .resp_h = q->server,
                           .ip_proto = PROTO_UDP};
    const char *dot = memchr(name + at, '.', n - at);
    struct mark *m =
        fb_det_mark(d, MR_DGA, &s, NULL, 0, (struct fb_span){(const uint8_t *)name + at, n - at});
    if (!m)
        return FB_ERR_NOMEM;
    m->part += dot && fb_det_word_is_drawn(name + at, (size_t)(dot - name) - at);
    return FB_OK;
}

static enum fb_status report(const struct fb_detect *d, const struct domain *m, const struct rhythm *r,
                             struct fb_findings *out)
{
    struct finding_maker k;
    fb_det_make_begin(&k, FB_FIND_BEACON, &m->client);
    fb_det_make_host(&k, &m->server);
    snprintf(k.f.subject, sizeof k.f.subject, "%s", m->name);
    snprintf(k.f.service, sizeof k.f.service, "dns");
    k.f.targets = 1;
    k.f.has_port = true;
    k.f.port = 53;
    k.f.sessions = m->sessions;
    k.f.first_ns = m->series.first_ns;
    k.f.last_ns = m->series.last_ns;
    fb_det_make_evidence(&k, &m->evidence);
    fb_buf_printf(&k.reason, "Over DNS, below %s: ", m->name);
    fb_det_rhythm_say(d, &m->series, r, "questions", &k.reason);
    fb_buf_printf(&k.reason,
                  "; %llu of %llu ask for a name that was not asked for before, %llu for TXT, NULL, "
                  "CNAME, MX or private types.",
                  (unsigned long long)m->asked_names, (unsigned long long)m->asked,
                  (unsigned long long)m->asked_odd);
    fb_det_make_severity(&k, 45, fb_det_rhythm_points(d, r), (unsigned)(r->score / 10));
    return fb_det_make_end(&k, out);
}

/* A name that is always the same comes again when its answer has grown old: that is no sign. */
static bool never_the_same(const struct domain *m)
{
    return m->asked_names * 10 >= m->asked * 8 || m->asked_odd * 10 >= m->asked * 8;
}

enum fb_status fb_det_dns_beacons(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->domains.n && st == FB_OK; i++) {
        const struct domain *m = fb_dtab_at(&d->domains, i);
        struct rhythm r = {0};
        if (!never_the_same(m) || !fb_det_rhythm_fits(d, &m->series))
            continue;
        if (!fb_det_rhythm_of(d, &m->series, &r))
            return FB_ERR_NOMEM;
        if (r.score >= (uint64_t)OPT(d, BEACON_SCORE))
            st = report(d, m, &r, out);
    }
    return st;
}
