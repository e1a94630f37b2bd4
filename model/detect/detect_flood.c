/* Floods: sessions of one pair by the hundred within a minute, packets nobody answers, half-open sessions. */
#include "model/detect/detect_int.h"

static enum fb_status strobe(const struct fb_detect *d, const struct pair *p, struct fb_findings *out)
{
    uint64_t least = (uint64_t)OPT(d, STROBE_MINUTE);
    bool by_nature =
        fb_det_host_is_group(&p->key.resp_h) || fb_det_port_is_periodic(p->key.ip_proto, p->key.port);
    if (p->minute_max < least * (by_nature ? 20 : 1))
        return FB_OK;
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_STROBE, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    fb_buf_printf(
        &m.reason,
        "%llu sessions with one port of one host, %llu of them within a minute; %llu came to nothing, ",
        (unsigned long long)p->sessions, (unsigned long long)p->minute_max, (unsigned long long)p->probes);
    fb_put_bytes(&m.reason, p->orig_bytes / p->sessions);
    fb_buf_puts(&m.reason, " sent and ");
    fb_put_bytes(&m.reason, p->resp_bytes / p->sessions);
    fb_buf_puts(&m.reason, " received on average.");
    fb_det_make_severity(&m, by_nature ? 35 : 45, fb_points(p->minute_max, least, 5, 25), 60);
    return fb_det_make_end(&m, out);
}

/* 1000 packets a second to a host that says nothing. */
static enum fb_status packets(const struct fb_detect *d, const struct pair *p, struct fb_findings *out)
{
    bool icmp = p->key.ip_proto == PROTO_ICMP || p->key.ip_proto == PROTO_ICMP6;
    if (p->flood_pkts < (uint64_t)OPT(d, FLOOD_PKTS) || p->flood_ns < 0)
        return FB_OK;
    if (!icmp && (p->key.ip_proto != PROTO_UDP || fb_det_host_is_group(&p->key.resp_h)))
        return FB_OK;
    uint64_t ms = (uint64_t)(p->flood_ns / 1000000) + 1, rate = fb_scale(p->flood_pkts, 1000, ms);
    if (rate < 1000)
        return FB_OK;
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_FLOOD, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    fb_buf_printf(&m.reason, "%llu packets without an answer in ", (unsigned long long)p->flood_pkts);
    fb_put_time(&m.reason, p->flood_ns);
    fb_buf_printf(&m.reason, ", %llu a second (session %llu).", (unsigned long long)rate,
                  (unsigned long long)p->flood_number);
    fb_det_make_severity(&m, 60, fb_points(p->flood_pkts, (uint64_t)OPT(d, FLOOD_PKTS), 3, 20), 70);
    return fb_det_make_end(&m, out);
}

static enum fb_status half_open(const struct fb_detect *d, const struct target *t, struct fb_findings *out)
{
    uint64_t least = (uint64_t)OPT(d, FLOOD_HALF_OPEN);
    if (t->minute_max < least || t->sample.n == 0)
        return FB_OK;
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_FLOOD, &t->sample.host[0]);
    fb_det_make_host(&m, &t->key.resp_h);
    for (unsigned i = 1; i < t->sample.n; i++)
        fb_det_make_host(&m, &t->sample.host[i]);
    m.f.targets = 1;
    m.f.ip_proto = t->key.ip_proto;
    m.f.has_port = true;
    m.f.port = t->key.port;
    m.f.sessions = t->half_open;
    m.f.first_ns = t->first_ns;
    m.f.last_ns = t->last_ns;
    fb_det_make_evidence(&m, &t->evidence);
    fb_buf_puts(&m.reason, "A service is asked and not talked to: ");
    fb_det_put_addr(&m.reason, &t->key.resp_h);
    fb_buf_printf(&m.reason,
                  " port %u has %llu half-open sessions, %llu of them within a minute, from %llu host%s.",
                  t->key.port, (unsigned long long)t->half_open, (unsigned long long)t->minute_max,
                  (unsigned long long)t->clients, t->clients == 1 ? "" : "s");
    fb_det_make_severity(&m, 65, fb_points(t->minute_max, least, 3, 20), 75);
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_floods(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        st = strobe(d, fb_dtab_at(&d->pairs, i), out);
        if (st == FB_OK)
            st = packets(d, fb_dtab_at(&d->pairs, i), out);
    }
    for (size_t i = 0; i < d->targets.n && st == FB_OK; i++)
        st = half_open(d, fb_dtab_at(&d->targets, i), out);
    return st;
}
