/* Putting a finding together. */
#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdio.h>
#include <stdlib.h>

enum fb_status fb_det_note(struct evidence *e, uint64_t number)
{
    const uint32_t few = sizeof e->few / sizeof *e->few;
    uint64_t *v = e->many ? e->many : e->few;
    if (!number || e->n == FB_FINDING_EVIDENCE_MAX || (e->n && v[e->n - 1] == number))
        return FB_OK;
    if (e->n == (e->many ? e->cap : few)) {
        uint32_t cap = e->many ? FB_FINDING_EVIDENCE_MAX : 8;
        v = fb_realloc(e->many, cap * sizeof *v);
        if (!v)
            return FB_ERR_NOMEM;
        if (!e->many)
            memcpy(v, e->few, sizeof e->few);
        e->many = v;
        e->cap = cap;
    }
    v[e->n++] = number;
    return FB_OK;
}

void fb_det_evidence_free(struct evidence *e)
{
    free(e->many);
    *e = (struct evidence){0};
}

void fb_det_sample_add(struct sample *s, const struct fb_addr *a)
{
    for (unsigned i = 0; i < s->n; i++)
        if (fb_addr_eq(&s->host[i], a))
            return;
    if (s->n < FB_FINDING_HOSTS_MAX - 1)
        s->host[s->n++] = *a;
}

void fb_det_put_addr(struct fb_buf *b, const struct fb_addr *a)
{
    char t[FB_ADDR_STRLEN];
    fb_addr_format(a, t);
    fb_buf_puts(b, t);
}

void fb_det_make_begin(struct finding_maker *m, enum fb_finding_kind kind, const struct fb_addr *who)
{
    m->f = (struct fb_finding){.kind = kind};
    fb_buf_init(&m->reason, sizeof m->f.reason * 2);
    fb_det_make_host(m, who);
}

void fb_det_make_host(struct finding_maker *m, const struct fb_addr *a)
{
    for (unsigned i = 0; i < m->f.nhosts; i++)
        if (fb_addr_eq(&m->f.hosts[i], a))
            return;
    if (m->f.nhosts < FB_FINDING_HOSTS_MAX)
        m->f.hosts[m->f.nhosts++] = *a;
}

void fb_det_make_evidence(struct finding_maker *m, const struct evidence *e)
{
    const uint64_t *number = e->many ? e->many : e->few;
    for (unsigned i = 0; i < e->n && m->f.nevidence < FB_FINDING_EVIDENCE_MAX; i++) {
        unsigned k = m->f.nevidence;
        while (k > 0 && m->f.evidence[k - 1] > number[i])
            k--;
        if (k > 0 && m->f.evidence[k - 1] == number[i])
            continue;
        memmove(m->f.evidence + k + 1, m->f.evidence + k, (m->f.nevidence - k) * sizeof *m->f.evidence);
        m->f.evidence[k] = number[i];
        m->f.nevidence++;
    }
}

void fb_det_make_pair(struct finding_maker *m, const struct pair *p)
{
    fb_det_make_host(m, &p->key.resp_h);
    m->f.targets = 1;
    m->f.ip_proto = p->key.ip_proto;
    m->f.has_port = p->key.ip_proto == PROTO_TCP || p->key.ip_proto == PROTO_UDP;
    m->f.port = m->f.has_port ? p->key.port : 0;
    snprintf(m->f.service, sizeof m->f.service, "%s", p->service);
    m->f.sessions = p->sessions;
    m->f.first_ns = p->first_ns;
    m->f.last_ns = p->last_ns;
    fb_det_make_evidence(m, &p->evidence);
}

void fb_det_make_severity(struct finding_maker *m, unsigned base, unsigned points, unsigned confidence)
{
    unsigned s = base + points;
    m->f.severity = s > 95 ? 95 : s < 1 ? 1 : s;
    m->f.confidence = confidence > 99 ? 99 : confidence < 1 ? 1 : confidence;
}

/* A single session is shown; several are listed by the hosts and the port that they share. */
void fb_det_make_next(struct finding_maker *m)
{
    const struct fb_finding *f = &m->f;
    char a[FB_ADDR_STRLEN] = "", b[FB_ADDR_STRLEN] = "";
    if (f->sessions == 1 && f->nevidence == 1) {
        snprintf(m->f.next, sizeof m->f.next, "fbforensics show CASE %llu",
                 (unsigned long long)f->evidence[0]);
        return;
    }
    fb_addr_format(&f->hosts[0], a);
    struct fb_buf t;
    fb_buf_init(&t, sizeof m->f.next);
    fb_buf_printf(&t,
                  "fbforensics sql CASE \"SELECT number, time, resp_h, resp_p, conn_state, orig_bytes, "
                  "resp_bytes FROM sessions WHERE orig_h = '%s'",
                  a);
    if (f->nhosts == 2 && f->targets <= 1) {
        fb_addr_format(&f->hosts[1], b);
        fb_buf_printf(&t, " AND resp_h = '%s'", b);
    }
    if (f->has_port)
        fb_buf_printf(&t, " AND resp_p = %u", f->port);
    fb_buf_puts(&t, "\"");
    snprintf(m->f.next, sizeof m->f.next, "%s", fb_buf_cstr(&t));
    fb_buf_release(&t);
}

enum fb_status fb_det_make_end(struct finding_maker *m, struct fb_findings *out)
{
    bool failed = m->reason.failed;
    snprintf(m->f.reason, sizeof m->f.reason, "%s", fb_buf_cstr(&m->reason));
    fb_buf_release(&m->reason);
    if (failed)
        return FB_ERR_NOMEM;
    if (!*m->f.next)
        fb_det_make_next(m);
    return fb_findings_add(out, &m->f);
}
