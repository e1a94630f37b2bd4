/* Scans: one host that tries many ports of another (vertical), or one port of many (horizontal), mostly in
 * vain. All scans of a host are one finding. */
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

struct scan {
    struct fb_addr who;
    size_t order; /* of the entry it came from, so that sorting has no ties */
    const struct link *vertical;
    const struct fan *horizontal;
};

static int by_host(const void *a, const void *b)
{
    const struct scan *x = a, *y = b;
    int c = fb_addr_cmp(&x->who, &y->who);
    if (c)
        return c;
    if (!x->vertical != !y->vertical)
        return x->vertical ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool in_vain(const struct fb_detect *d, uint64_t failed, uint64_t all)
{
    return failed * 100 >= all * (uint64_t)OPT(d, SCAN_FAILED_PCT);
}

/* Few TCP ports are enough when not one of them let anybody in. */
static bool is_vertical(const struct fb_detect *d, const struct link *l)
{
    if (l->failed_tcp >= (uint64_t)OPT(d, SCAN_PORTS_NONE_OPEN) && l->failed_tcp == l->ports)
        return true;
    return l->failed_ports >= (uint64_t)OPT(d, SCAN_PORTS) && in_vain(d, l->failed_ports, l->ports);
}

/* UDP has no refusal that one can count on: twice the hosts, and four of five without an answer; clients of
 * DNS and time servers, and browsers on the ports of the web, lose more. */
static bool is_horizontal(const struct fb_detect *d, const struct fan *f)
{
    uint64_t least = (uint64_t)OPT(d, SCAN_HOSTS);
    bool udp = f->key.ip_proto == PROTO_UDP;
    if (udp)
        least *= fb_det_port_is_periodic(PROTO_UDP, f->key.port) || f->key.port == 443 ? 5 : 2;
    else if (f->key.port == 443 || f->key.port == 80)
        least += least / 2;
    return f->failed >= least && in_vain(d, f->failed, f->hosts) && (!udp || f->failed * 5 >= f->hosts * 4);
}

struct sum {
    uint64_t probes, ports, hosts, failed, tried, targets;
    uint64_t vertical, horizontal;
    uint64_t worst; /* most ports of a host, or hosts on a port */
};

static void add_time(struct fb_finding *f, bool first, int64_t from, int64_t to)
{
    if (first || from < f->first_ns)
        f->first_ns = from;
    if (first || to > f->last_ns)
        f->last_ns = to;
}

static void add_up(struct finding_maker *m, const struct scan *s, struct sum *t)
{
    bool first = t->vertical + t->horizontal == 0;
    if (s->vertical) {
        const struct link *l = s->vertical;
        t->vertical++;
        t->probes += l->probes;
        t->failed += l->failed_ports;
        t->tried += l->ports;
        t->targets++;
        if (l->failed_ports > t->worst)
            t->worst = l->failed_ports;
        fb_det_make_host(m, &l->key.resp_h);
        fb_det_make_evidence(m, &l->probe_evidence);
        add_time(&m->f, first, l->probe_first_ns, l->probe_last_ns);
        return;
    }
    const struct fan *f = s->horizontal;
    /* Hosts of several ports are mostly the same ones: the port with most of them counts. */
    t->targets = f->hosts > t->targets ? f->hosts : t->targets;
    t->probes = t->vertical ? t->probes : t->probes + f->probes;
    t->horizontal++;
    t->failed = t->vertical ? t->failed : t->failed + f->failed;
    t->tried = t->vertical ? t->tried : t->tried + f->hosts;
    if (f->hosts > t->hosts)
        t->hosts = f->hosts;
    for (unsigned i = 0; i < f->sample.n; i++)
        fb_det_make_host(m, &f->sample.host[i]);
    fb_det_make_evidence(m, &f->evidence);
    add_time(&m->f, first, f->first_ns, f->last_ns);
}

static void say_port(struct fb_buf *b, const struct fan *f)
{
    if (f->key.ip_proto == PROTO_ICMP || f->key.ip_proto == PROTO_ICMP6)
        fb_buf_puts(b, "ICMP echo");
    else
        fb_buf_printf(b, "%s port %u", f->key.ip_proto == PROTO_TCP ? "TCP" : "UDP", f->key.port);
}

static void say(struct finding_maker *m, const struct scan *s, size_t n, const struct sum *t)
{
    struct fb_buf *b = &m->reason;
    if (t->vertical == 1 && !t->horizontal) {
        const struct link *l = s->vertical;
        fb_buf_printf(b, "Tried %llu ports (%llu to %llu) of one host", (unsigned long long)l->failed_ports,
                      (unsigned long long)l->low_port, (unsigned long long)l->high_port);
    } else if (t->vertical) {
        fb_buf_printf(b, "Tried up to %llu ports each of %llu hosts", (unsigned long long)t->worst,
                      (unsigned long long)t->vertical);
        if (t->hosts > t->vertical)
            fb_buf_printf(b, ", and %llu hosts on one port", (unsigned long long)t->hosts);
    } else {
        fb_buf_printf(b, "Tried %llu hosts on ", (unsigned long long)t->hosts);
        for (size_t i = 0; i < n && i < 5; i++) {
            if (i)
                fb_buf_puts(b, ", ");
            say_port(b, s[i].horizontal);
        }
        if (n > 5)
            fb_buf_printf(b, " and %zu others", n - 5);
    }
    int64_t span = span_ns(m->f.first_ns, m->f.last_ns);
    fb_buf_printf(
        b, ": %llu of %llu in vain (refused, reset, no answer, or closed without a byte), %llu attempts in ",
        (unsigned long long)t->failed, (unsigned long long)t->tried, (unsigned long long)t->probes);
    fb_put_time(b, span);
    if (t->probes > 1 && span / (int64_t)t->probes >= 15 * NS_PER_S)
        fb_buf_puts(b, "; slow, as if not to be seen");
    fb_buf_putc(b, '.');
}

static enum fb_status report(const struct fb_detect *d, const struct scan *s, size_t n,
                             struct fb_findings *out)
{
    struct finding_maker m;
    struct sum t = {0};
    bool vertical = s[0].vertical != NULL;
    fb_det_make_begin(&m, vertical && !(n > 1 && s[n - 1].horizontal) ? FB_FIND_PORT_SCAN : FB_FIND_HOST_SCAN,
                      &s[0].who);
    for (size_t i = 0; i < n; i++)
        add_up(&m, &s[i], &t);
    m.f.targets = t.targets;
    m.f.sessions = t.probes;
    if (n == 1 && !vertical) {
        m.f.ip_proto = s[0].horizontal->key.ip_proto;
        m.f.has_port = m.f.ip_proto == PROTO_TCP || m.f.ip_proto == PROTO_UDP;
        m.f.port = m.f.has_port ? s[0].horizontal->key.port : 0;
    }
    say(&m, s, n, &t);
    uint64_t ports = (uint64_t)OPT(d, SCAN_PORTS);
    uint64_t hosts = (uint64_t)OPT(d, SCAN_HOSTS);
    unsigned a = fb_points(t.worst, ports, 5, 20), b = fb_points(t.hosts, hosts, 5, 20);
    /* Below the first threshold by the second rule: less sure. */
    bool few = n == 1 && vertical && t.worst < ports;
    fb_det_make_severity(&m, few ? 50 : 65, a > b ? a : b,
                         (unsigned)(t.failed * 99 / (t.tried ? t.tried : 1)));
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_scans(struct fb_detect *d, struct fb_findings *out)
{
    size_t n = 0;
    struct scan *s = fb_malloc((d->links.n + d->fans.n + 1) * sizeof *s);
    if (!s)
        return FB_ERR_NOMEM;
    for (size_t i = 0; i < d->links.n; i++) {
        const struct link *l = fb_dtab_at(&d->links, i);
        if (is_vertical(d, l))
            s[n++] = (struct scan){.who = l->key.orig_h, .order = i, .vertical = l};
    }
    for (size_t i = 0; i < d->fans.n; i++) {
        const struct fan *f = fb_dtab_at(&d->fans, i);
        if (is_horizontal(d, f))
            s[n++] = (struct scan){.who = f->key.orig_h, .order = i, .horizontal = f};
    }
    qsort(s, n, sizeof *s, by_host);
    enum fb_status st = FB_OK;
    for (size_t i = 0, k; i < n && st == FB_OK; i = k) {
        for (k = i + 1; k < n && fb_addr_eq(&s[k].who, &s[i].who);)
            k++;
        st = report(d, s + i, k - i, out);
    }
    free(s);
    return st;
}
