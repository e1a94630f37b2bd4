#include "model/finding.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const KIND[FB_FIND_KINDS] = {
    "anomaly",     "beacon",          "port_scan", "host_scan", "brute_force", "exfiltration", "dns_tunnel",
    "icmp_tunnel", "long_connection", "mining",    "strobe",    "flood",       "odd_port",     "exploit",
    "download",    "odd_client",      "odd_cert",  "tor",       "lateral",     "dga",          "policy"};

const char *fb_finding_kind_name(enum fb_finding_kind k)
{
    return (unsigned)k < FB_FIND_KINDS ? KIND[k] : "";
}

const char *fb_finding_severity_word(unsigned severity)
{
    return severity < 40 ? "low" : severity < 60 ? "medium" : severity < 80 ? "high" : "critical";
}

const char *fb_finding_proto_name(uint8_t ip_proto)
{
    switch (ip_proto) {
    case 0:
        return NULL;
    case 1:
    case 58:
        return "icmp";
    case 6:
        return "tcp";
    case 17:
        return "udp";
    default:
        return "other";
    }
}

void fb_findings_init(struct fb_findings *l, size_t max)
{
    *l = (struct fb_findings){.max = max};
}

void fb_findings_release(struct fb_findings *l)
{
    free(l->f);
    *l = (struct fb_findings){0};
}

static int by_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const struct fb_finding *a, const struct fb_finding *b)
{
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->sessions != b->sessions)
        return a->sessions > b->sessions ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    for (unsigned i = 0; i < a->nhosts && i < b->nhosts; i++) {
        int c = fb_addr_cmp(&a->hosts[i], &b->hosts[i]);
        if (c)
            return c;
    }
    if (a->nhosts != b->nhosts)
        return a->nhosts < b->nhosts ? -1 : 1;
    if (a->port != b->port)
        return a->port < b->port ? -1 : 1;
    uint64_t x = a->nevidence ? a->evidence[0] : 0, y = b->nevidence ? b->evidence[0] : 0;
    return x != y ? by_number(x, y) : strcmp(a->subject, b->subject);
}

static int compare_void(const void *a, const void *b)
{
    return compare(a, b);
}

void fb_findings_sort(struct fb_findings *l)
{
    if (l->n > 1)
        qsort(l->f, l->n, sizeof *l->f, compare_void);
}

/* Half of what is over goes at once, so that the sorting is paid for by many additions. */
static void shed(struct fb_findings *l)
{
    fb_findings_sort(l);
    size_t keep = l->max - l->max / 8;
    if (keep == l->max)
        keep = l->max - 1;
    l->dropped += l->n - keep;
    l->n = keep;
}

enum fb_status fb_findings_add(struct fb_findings *l, const struct fb_finding *f)
{
    if (l->max == 0)
        return FB_OK;
    if (l->n >= l->max)
        shed(l);
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 16;
        struct fb_finding *p = fb_realloc(l->f, cap * sizeof *p);
        if (!p)
            return FB_ERR_NOMEM;
        l->f = p;
        l->cap = cap;
    }
    l->f[l->n++] = *f;
    return FB_OK;
}

/* Kinds whose finding speaks of every host that the first one touched, listed or not. */
static bool wide(const struct fb_finding *f)
{
    return f->targets + 1 > f->nhosts;
}

static bool is_scan(enum fb_finding_kind k)
{
    return k == FB_FIND_PORT_SCAN || k == FB_FIND_HOST_SCAN;
}

static bool names(const struct fb_finding *f, const struct fb_addr *h)
{
    for (unsigned i = 1; i < f->nhosts; i++)
        if (fb_addr_eq(&f->hosts[i], h))
            return true;
    return false;
}

bool fb_finding_covers(const struct fb_finding *f, const struct fb_addr *orig_h, const struct fb_addr *resp_h,
                       uint8_t ip_proto, uint16_t resp_p, int64_t ts_ns, bool in_vain)
{
    if (is_scan(f->kind) && !in_vain)
        return false;
    if (f->nhosts == 0 || !fb_addr_eq(&f->hosts[0], orig_h) || (f->ip_proto && f->ip_proto != ip_proto))
        return false;
    if (ts_ns < f->first_ns || ts_ns > f->last_ns || (f->has_port && f->port != resp_p))
        return false;
    return wide(f) || names(f, resp_h);
}

static bool same_sessions(const struct fb_finding *a, const struct fb_finding *b)
{
    if (a->nhosts == 0 || b->nhosts == 0 || !fb_addr_eq(&a->hosts[0], &b->hosts[0]))
        return false;
    if (a->ip_proto && b->ip_proto && a->ip_proto != b->ip_proto)
        return false;
    /* What came to nothing is no beacon to somebody else, no upload and no tunnel: those stay. */
    if (is_scan(a->kind) && b->kind != FB_FIND_STROBE && !is_scan(b->kind))
        return false;
    if ((a->has_port && b->has_port && a->port != b->port) || (a->has_port && !b->has_port && b->targets > 1))
        return false;
    if (a->first_ns > b->last_ns || b->first_ns > a->last_ns)
        return false;
    /* A finding about many is not swallowed by one about a single host. */
    if (wide(a))
        return true;
    if (wide(b))
        return false;
    for (unsigned i = 1; i < b->nhosts; i++)
        if (!names(a, &b->hosts[i]))
            return false;
    return b->nhosts > 1;
}

static void take_over(struct fb_finding *a, const struct fb_finding *b)
{
    if (!(a->also & 1u << b->kind) && a->kind != b->kind) {
        size_t n = strlen(a->reason);
        snprintf(a->reason + n, sizeof a->reason - n, "%s%s",
                 a->also ? ", " : " Also: ", fb_finding_kind_name(b->kind));
    }
    a->also |= (b->also | 1u << b->kind) & ~(1u << a->kind);
    /* The more severe may speak of fewer sessions: the span is that of both. */
    if (b->first_ns < a->first_ns)
        a->first_ns = b->first_ns;
    if (b->last_ns > a->last_ns)
        a->last_ns = b->last_ns;
    if (b->sessions > a->sessions)
        a->sessions = b->sessions;
}

void fb_findings_join(struct fb_findings *l)
{
    fb_findings_sort(l);
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++) {
        size_t k = 0;
        while (k < kept && !same_sessions(&l->f[k], &l->f[i]))
            k++;
        if (k < kept) {
            struct fb_finding b = l->f[i];
            take_over(&l->f[k], &b);
        } else {
            l->f[kept++] = l->f[i];
        }
    }
    l->n = kept;
    fb_findings_sort(l);
}
