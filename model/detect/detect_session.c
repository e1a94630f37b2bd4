/* Rules about single sessions and what they carry: long connections, tunnels in echoes, mining, services on
 * ports where they are not at home. */
#include "model/detect/detect_int.h"

#include <stdio.h>

enum fb_status fb_det_long(struct fb_detect *d, struct fb_findings *out)
{
    int64_t least = OPT(d, LONG_SECONDS) * NS_PER_S;
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        bool outside = !fb_det_host_is_private(&p->key.resp_h);
        if (p->longest_ns < least || fb_det_host_is_group(&p->key.resp_h) || !outside ||
            fb_det_port_is_periodic(p->key.ip_proto, p->key.port))
            continue;
        struct finding_maker m;
        fb_det_make_begin(&m, FB_FIND_LONG_CONNECTION, &p->key.orig_h);
        fb_det_make_pair(&m, p);
        fb_buf_printf(&m.reason, "Session %llu lasts ", (unsigned long long)p->longest_number);
        fb_put_time(&m.reason, p->longest_ns);
        fb_buf_puts(&m.reason, " and carries ");
        fb_put_bytes(&m.reason, p->longest_bytes);
        fb_buf_putc(&m.reason, '.');
        fb_det_make_severity(&m, 30, fb_points((uint64_t)p->longest_ns, (uint64_t)least, 4, 20), 60);
        st = fb_det_make_end(&m, out);
    }
    return st;
}

/* A miner's session: open for long, few bytes both ways, in small messages. */
static bool is_stratum(const struct fb_detect *d, const struct pair *p, const struct pool *known)
{
    if (p->key.ip_proto != PROTO_TCP || p->answered == 0)
        return false;
    if (known || fb_det_service_has(p->service, "stratum"))
        return true;
    uint64_t seconds = (uint64_t)(p->longest_ns / NS_PER_S), bytes = p->longest_bytes;
    return fb_det_port_is_stratum(p->key.port) && seconds >= (uint64_t)OPT(d, MINING_SECONDS) && bytes > 0 &&
           bytes / (seconds + 1) <= 2000 && p->orig_bytes * 50 >= p->resp_bytes &&
           (!*p->service || strcmp(p->service, "ssl") == 0);
}

static enum fb_status report_mining(const struct pair *p, const struct pool *known, struct fb_findings *out)
{
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_MINING, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    if (known) {
        snprintf(m.f.subject, sizeof m.f.subject, "%s", known->name);
        fb_buf_printf(&m.reason, "Talks to %s, by its name a mining pool, ", known->name);
    } else if (fb_det_service_has(p->service, "stratum")) {
        fb_buf_puts(&m.reason, "Speaks the miners' protocol, ");
    } else {
        fb_buf_puts(&m.reason, "Looks like a miner: small messages both ways on a port of mining pools, ");
    }
    fb_buf_printf(&m.reason, "port %u: %llu session%s, the longest ", p->key.port,
                  (unsigned long long)p->sessions, p->sessions == 1 ? "" : "s");
    fb_put_time(&m.reason, p->longest_ns);
    fb_buf_puts(&m.reason, ", ");
    fb_put_bytes(&m.reason, p->orig_bytes);
    fb_buf_puts(&m.reason, " sent, ");
    fb_put_bytes(&m.reason, p->resp_bytes);
    fb_buf_puts(&m.reason, " received.");
    bool sure = known || fb_det_service_has(p->service, "stratum");
    fb_det_make_severity(&m, sure ? 75 : 60, fb_points((uint64_t)p->longest_ns, 60 * NS_PER_S, 3, 12),
                         sure ? 90 : 60);
    return fb_det_make_end(&m, out);
}

/* A node of a currency talks to several others on its port. */
static enum fb_status report_node(const struct fan *f, struct fb_findings *out)
{
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_MINING, &f->key.orig_h);
    m.f.ip_proto = f->key.ip_proto;
    m.f.has_port = true;
    m.f.port = f->key.port;
    m.f.targets = f->hosts;
    m.f.sessions = f->sessions;
    m.f.first_ns = f->all_first_ns;
    m.f.last_ns = f->all_last_ns;
    for (unsigned i = 0; i < f->peers.n; i++)
        fb_det_make_host(&m, &f->peers.host[i]);
    fb_det_make_evidence(&m, &f->all);
    fb_buf_printf(&m.reason, "Looks like a node of a currency: %llu hosts on port %u, which such nodes use.",
                  (unsigned long long)f->hosts, f->key.port);
    fb_det_make_severity(&m, 50, fb_points(f->hosts, 2, 4, 12), 60);
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_mining(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        const struct pool *known = fb_dtab_find(&d->pools, &p->key.resp_h);
        if (is_stratum(d, p, known))
            st = report_mining(p, known, out);
    }
    for (size_t i = 0; i < d->fans.n && st == FB_OK; i++) {
        const struct fan *f = fb_dtab_at(&d->fans, i);
        if (f->key.ip_proto == PROTO_TCP && fb_det_port_is_coin(f->key.port) && f->hosts >= 2 &&
            f->failed * 2 < f->hosts)
            st = report_node(f, out);
    }
    return st;
}

/* A shell inside web traffic, by what the service detection saw in one session. */
static enum fb_status report_nested(const struct pair *p, struct fb_findings *out)
{
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_ODD_PORT, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    fb_buf_printf(&m.reason, "SSH inside of web traffic on port %u (%s): %llu session%s, ", p->key.port,
                  p->service, (unsigned long long)p->sessions, p->sessions == 1 ? "" : "s");
    fb_put_bytes(&m.reason, p->orig_bytes);
    fb_buf_puts(&m.reason, " sent, ");
    fb_put_bytes(&m.reason, p->resp_bytes);
    fb_buf_puts(&m.reason, " received.");
    fb_det_make_severity(&m, 60, 0, 85);
    return fb_det_make_end(&m, out);
}

static bool is_nested(const struct pair *p)
{
    return fb_det_service_has(p->service, "ssh") &&
           (fb_det_service_has(p->service, "http") || fb_det_service_has(p->service, "websocket"));
}

enum fb_status fb_det_odd_ports(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->pairs.n && st == FB_OK; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        if (is_nested(p)) {
            st = report_nested(p, out);
            continue;
        }
        if (p->key.ip_proto != PROTO_TCP || p->answered == 0 ||
            !fb_det_port_is_odd(p->service, p->key.port) || fb_det_host_is_private(&p->key.resp_h))
            continue;
        struct finding_maker m;
        fb_det_make_begin(&m, FB_FIND_ODD_PORT, &p->key.orig_h);
        fb_det_make_pair(&m, p);
        fb_buf_printf(
            &m.reason,
            "Speaks %s on port %u, where that is not at home, with a host outside: %llu session%s, ",
            p->service, p->key.port, (unsigned long long)p->sessions, p->sessions == 1 ? "" : "s");
        fb_put_bytes(&m.reason, p->orig_bytes);
        fb_buf_puts(&m.reason, " sent, ");
        fb_put_bytes(&m.reason, p->resp_bytes);
        fb_buf_puts(&m.reason, " received.");
        fb_det_make_severity(&m, 42, fb_points(p->sessions, 1, 3, 12), 50);
        st = fb_det_make_end(&m, out);
    }
    return st;
}
