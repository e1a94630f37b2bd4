#include "model/finding_group.h"

#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdio.h>
#include <stdlib.h>

#define ALIKE_MIN 4 /* ports of a host, or hosts on a port, from which groups become one */

struct group_key {
    struct fb_addr orig_h, resp_h;
    uint16_t port;
    uint8_t ip_proto, zero;
    char culprits[92];
};

struct group {
    struct group_key key;
    uint64_t sessions, abnormal, probes;
    uint32_t rank_ppm;
    uint64_t worst; /* number of the most unusual session */
    int64_t first_ns, last_ns;
    struct evidence evidence;
    char service[40];
    char statement[400];
};

struct fb_group {
    struct fb_dtab groups;
};

static uint64_t worth(const void *e)
{
    const struct group *g = e;
    uint64_t much = g->sessions > 0xffff ? 0xffff : g->sessions;
    return (uint64_t)(g->abnormal > 0) << 63 | (uint64_t)g->rank_ppm << 32 | much;
}

static void group_drop(void *e, void *ctx)
{
    (void)ctx;
    fb_det_evidence_free(&((struct group *)e)->evidence);
}

struct fb_group *fb_group_new(size_t max_groups)
{
    struct fb_group *g = fb_calloc(1, sizeof *g);
    if (!g)
        return NULL;
    fb_dtab_init(&g->groups, sizeof(struct group), sizeof(struct group_key), max_groups, worth);
    g->groups.drop = group_drop;
    return g;
}

void fb_group_free(struct fb_group *g)
{
    if (!g)
        return;
    fb_dtab_release(&g->groups);
    free(g);
}

enum fb_status fb_group_add(struct fb_group *g, const struct fb_anomaly *a)
{
    const struct fb_session *s = a->session;
    bool icmp = s->ip_proto == PROTO_ICMP || s->ip_proto == PROTO_ICMP6, made;
    struct group_key key = {.orig_h = s->orig_h, .resp_h = s->resp_h, .ip_proto = s->ip_proto};
    key.port = icmp ? s->orig_p : s->resp_p;
    snprintf(key.culprits, sizeof key.culprits, "%s", a->culprits);
    struct group *e = fb_dtab_get(&g->groups, &key, &made);
    if (!e)
        return FB_ERR_NOMEM;
    int64_t end;
    if (s->duration_ns <= 0)
        end = s->ts_ns;
    else if (__builtin_add_overflow(s->ts_ns, s->duration_ns, &end))
        end = INT64_MAX;
    if (made) {
        e->first_ns = s->ts_ns;
        e->last_ns = end;
        snprintf(e->service, sizeof e->service, "%s", s->service);
    }
    e->last_ns = end > e->last_ns ? end : e->last_ns;
    e->sessions++;
    e->abnormal += a->abnormal;
    e->probes += fb_det_is_probe(s);
    FB_TRY(fb_det_note(&e->evidence, s->number));
    if (made || a->rank_ppm > e->rank_ppm) {
        e->rank_ppm = a->rank_ppm;
        e->worst = s->number;
        snprintf(e->statement, sizeof e->statement, "%s", a->statement);
    }
    return FB_OK;
}

/* By originator and features; then by the two things that may vary. */
static int by_pair(const void *a, const void *b)
{
    const struct group_key *x = a, *y = b;
    int c = fb_addr_cmp(&x->orig_h, &y->orig_h);
    c = c ? c : strcmp(x->culprits, y->culprits);
    c = c ? c : x->ip_proto - y->ip_proto;
    c = c ? c : fb_addr_cmp(&x->resp_h, &y->resp_h);
    return c ? c : x->port - y->port;
}

static int by_port(const void *a, const void *b)
{
    const struct group_key *x = a, *y = b;
    int c = fb_addr_cmp(&x->orig_h, &y->orig_h);
    c = c ? c : strcmp(x->culprits, y->culprits);
    c = c ? c : x->ip_proto - y->ip_proto;
    c = c ? c : x->port - y->port;
    return c ? c : fb_addr_cmp(&x->resp_h, &y->resp_h);
}

static bool alike(const struct group *a, const struct group *b, bool ports)
{
    return fb_addr_eq(&a->key.orig_h, &b->key.orig_h) && strcmp(a->key.culprits, b->key.culprits) == 0 &&
           a->key.ip_proto == b->key.ip_proto &&
           (ports ? fb_addr_eq(&a->key.resp_h, &b->key.resp_h) : a->key.port == b->key.port);
}

static void say(struct finding_maker *m, const struct group *worst, uint64_t abnormal, size_t n)
{
    struct fb_finding *f = &m->f;
    fb_buf_printf(&m->reason, "%llu session%s unlike the others (%llu abnormal), by %s",
                  (unsigned long long)f->sessions, f->sessions == 1 ? "" : "s", (unsigned long long)abnormal,
                  worst->key.culprits);
    if (n > 1 && f->has_port)
        fb_buf_printf(&m->reason, ", with %zu hosts on one port", n);
    else if (n > 1)
        fb_buf_printf(&m->reason, ", at %zu ports of one host", n);
    fb_buf_printf(&m->reason, "; the most unusual more so than %u.%02u %%", worst->rank_ppm / 10000,
                  worst->rank_ppm % 10000 / 100);
    if (*worst->statement)
        fb_buf_printf(&m->reason, ": %s", worst->statement);
    fb_buf_putc(&m->reason, '.');
}

/* What joined a detector's finding. */
struct joined {
    uint64_t sessions, abnormal;
    uint32_t rank_ppm;
    char culprits[92]; /* of the most unusual */
};

static void join(struct joined *j, const struct group *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        j->sessions += g[i].sessions;
        j->abnormal += g[i].abnormal;
        if (*j->culprits && g[i].rank_ppm <= j->rank_ppm)
            continue;
        j->rank_ppm = g[i].rank_ppm;
        snprintf(j->culprits, sizeof j->culprits, "%s", g[i].key.culprits);
    }
}

/* The finding then says both: its own numbers, and what the forest sees in the same sessions. */
static void say_joined(struct fb_finding *f, const struct joined *j)
{
    if (!j->sessions)
        return;
    size_t len = strlen(f->reason);
    snprintf(f->reason + len, sizeof f->reason - len, "%sanomaly (%llu session%s, %llu abnormal, by %s)",
             f->also ? ", " : " Also: ", (unsigned long long)j->sessions, j->sessions == 1 ? "" : "s",
             (unsigned long long)j->abnormal, j->culprits);
    f->also |= 1u << FB_FIND_ANOMALY;
}

struct report {
    struct fb_findings *out; /* those of the detectors come first */
    struct joined *joined;   /* one for each of them */
    size_t ndetected;
};

/* n groups of one originator become a finding: joined to one that covers every one of them, or new. */
static enum fb_status report(const struct report *r, const struct group *g, size_t n)
{
    for (size_t i = 0; i < r->ndetected; i++) {
        struct fb_finding *f = &r->out->f[i];
        size_t k = 0;
        while (k < n && fb_finding_covers(f, &g[k].key.orig_h, &g[k].key.resp_h, g[k].key.ip_proto,
                                          g[k].key.port, g[k].first_ns, g[k].probes == g[k].sessions))
            k++;
        if (k < n)
            continue;
        join(&r->joined[i], g, n);
        return FB_OK;
    }
    struct finding_maker m;
    const struct group *worst = g;
    uint64_t abnormal = 0;
    bool one_port = true;
    fb_det_make_begin(&m, FB_FIND_ANOMALY, &g->key.orig_h);
    m.f.first_ns = g->first_ns;
    m.f.last_ns = g->last_ns;
    for (size_t i = 0; i < n; i++) {
        worst = g[i].rank_ppm > worst->rank_ppm ? &g[i] : worst;
        one_port = one_port && g[i].key.port == g->key.port;
        abnormal += g[i].abnormal;
        m.f.sessions += g[i].sessions;
        m.f.first_ns = g[i].first_ns < m.f.first_ns ? g[i].first_ns : m.f.first_ns;
        m.f.last_ns = g[i].last_ns > m.f.last_ns ? g[i].last_ns : m.f.last_ns;
        fb_det_make_host(&m, &g[i].key.resp_h);
        fb_det_make_evidence(&m, &g[i].evidence);
    }
    m.f.targets = n > 1 && one_port ? n : 1;
    m.f.ip_proto = g->key.ip_proto;
    m.f.has_port = one_port && (g->key.ip_proto == PROTO_TCP || g->key.ip_proto == PROTO_UDP);
    m.f.port = m.f.has_port ? g->key.port : 0;
    snprintf(m.f.subject, sizeof m.f.subject, "%s", g->key.culprits);
    snprintf(m.f.service, sizeof m.f.service, "%s", worst->service);
    snprintf(m.f.next, sizeof m.f.next, "fbforensics explain CASE %llu", (unsigned long long)worst->worst);
    say(&m, worst, abnormal, n);
    unsigned rare = worst->rank_ppm > 990000 ? (worst->rank_ppm - 990000) * 15 / 10000 : 0;
    fb_det_make_severity(&m, abnormal ? 28 : 18, rare + fb_points(m.f.sessions, 1, 2, 12),
                         worst->rank_ppm / 10000);
    return fb_det_make_end(&m, r->out);
}

/* Runs of alike groups that are long enough are reported and leave; the rest moves to the front. */
static enum fb_status take_runs(const struct report *r, struct group *g, size_t *n, bool ports)
{
    size_t left = 0;
    enum fb_status st = FB_OK;
    qsort(g, *n, sizeof *g, ports ? by_pair : by_port);
    for (size_t i = 0, k; i < *n && st == FB_OK; i = k) {
        for (k = i + 1; k < *n && alike(&g[i], &g[k], ports);)
            k++;
        if (k - i >= ALIKE_MIN) {
            st = report(r, g + i, k - i);
            continue;
        }
        memmove(g + left, g + i, (k - i) * sizeof *g);
        left += k - i;
    }
    *n = left;
    return st;
}

static enum fb_status report_all(struct report *r, struct group *g, size_t n)
{
    r->joined = fb_calloc(r->ndetected + 1, sizeof *r->joined);
    if (!r->joined)
        return FB_ERR_NOMEM;
    enum fb_status st = take_runs(r, g, &n, true);
    if (st == FB_OK)
        st = take_runs(r, g, &n, false);
    for (size_t i = 0; i < n && st == FB_OK; i++)
        st = report(r, &g[i], 1);
    for (size_t i = 0; i < r->ndetected; i++)
        say_joined(&r->out->f[i], &r->joined[i]);
    free(r->joined);
    return st;
}

enum fb_status fb_group_finish(struct fb_group *g, struct fb_findings *out, uint64_t *shed)
{
    size_t n = g->groups.n;
    *shed = g->groups.shed;
    struct group *all = fb_malloc((n + 1) * sizeof *all);
    if (!all)
        return FB_ERR_NOMEM;
    if (n)
        memcpy(all, g->groups.entries, n * sizeof *all);
    fb_findings_sort(out);
    /* At the ceiling of `out` an addition may move what is there: look first, then add. */
    struct fb_findings own;
    fb_findings_init(&own, SIZE_MAX);
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < out->n && st == FB_OK; i++)
        st = fb_findings_add(&own, &out->f[i]);
    struct report r = {.out = &own, .ndetected = out->n};
    if (st == FB_OK)
        st = report_all(&r, all, n);
    out->n = 0;
    for (size_t i = 0; i < own.n && st == FB_OK; i++)
        st = fb_findings_add(out, &own.f[i]);
    fb_findings_release(&own);
    free(all);
    fb_findings_sort(out);
    return st;
}
