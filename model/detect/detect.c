#include "model/detect/detect.h"

#include "base/memory.h"
#include "model/detect/detect_int.h"

#include <stdlib.h>

/* What is worth keeping when a table is full: much traffic, and of equals what was seen last. */
static uint64_t worth(uint64_t sessions, int64_t last_ns)
{
    uint64_t much = sessions > 0xffff ? 0xffff : sessions;
    return much << 47 | (uint64_t)(last_ns > 0 ? last_ns : 0) >> 17;
}

static uint64_t pair_worth(const void *e)
{
    const struct pair *p = e;
    return worth(p->sessions, p->last_start_ns);
}

static uint64_t link_worth(const void *e)
{
    const struct link *l = e;
    return worth(l->sessions, l->last_ns);
}

static uint64_t fan_worth(const void *e)
{
    const struct fan *f = e;
    return worth(f->sessions, f->last_ns);
}

static uint64_t target_worth(const void *e)
{
    const struct target *t = e;
    return worth(t->half_open, t->last_ns);
}

static uint64_t siege_worth(const void *e)
{
    const struct siege *g = e;
    return worth(g->attempts, g->last_ns);
}

static uint64_t poll_worth(const void *e)
{
    const struct poll *p = e;
    return worth(p->series.beats, p->last_ns);
}

/* What a rule saw stays before the facts that rules ask for. */
static uint64_t mark_worth(const void *e)
{
    const struct mark *m = e;
    return worth(m->n, m->last_ns) | (uint64_t)(m->key.rule < MR_RULES) << 63;
}

static uint64_t host_worth(const void *e)
{
    const struct host *h = e;
    return worth(h->sessions, h->first_ns);
}

static uint64_t domain_worth(const void *e)
{
    const struct domain *m = e;
    return worth(m->queries, m->last_ns);
}

static uint64_t pool_worth(const void *e)
{
    (void)e;
    return 0;
}

static void pair_drop(void *e, void *ctx)
{
    struct pair *p = e;
    fb_det_series_free(ctx, &p->series);
    fb_det_evidence_free(&p->evidence);
}

static void link_drop(void *e, void *ctx)
{
    struct link *l = e;
    (void)ctx;
    fb_det_evidence_free(&l->probe_evidence);
    fb_det_evidence_free(&l->send_evidence);
}

static void fan_drop(void *e, void *ctx)
{
    struct fan *f = e;
    (void)ctx;
    fb_det_evidence_free(&f->evidence);
    fb_det_evidence_free(&f->all);
}

static void target_drop(void *e, void *ctx)
{
    (void)ctx;
    fb_det_evidence_free(&((struct target *)e)->evidence);
}

static void siege_drop(void *e, void *ctx)
{
    (void)ctx;
    fb_det_evidence_free(&((struct siege *)e)->evidence);
}

static void poll_drop(void *e, void *ctx)
{
    struct poll *p = e;
    fb_det_series_free(ctx, &p->series);
    fb_det_evidence_free(&p->evidence);
}

static void mark_drop(void *e, void *ctx)
{
    (void)ctx;
    fb_det_evidence_free(&((struct mark *)e)->evidence);
}

static void domain_drop(void *e, void *ctx)
{
    struct domain *m = e;
    fb_det_series_free(ctx, &m->series);
    fb_det_evidence_free(&m->evidence);
}

struct fb_detect *fb_detect_new(const struct fb_detect_opts *o)
{
    struct fb_detect *d = fb_calloc(1, sizeof *d);
    if (!d)
        return NULL;
    if (o)
        d->o = *o;
    else
        fb_detect_defaults(&d->o);
    size_t pairs = (size_t)OPT(d, MAX_PAIRS), names = (size_t)OPT(d, MAX_NAMES);
    const struct {
        struct fb_dtab *table;
        size_t entry_bytes, key_bytes, max;
        uint64_t (*worth)(const void *);
        void (*drop)(void *, void *);
    } T[] = {
        {&d->pairs, sizeof(struct pair), sizeof(struct pair_key), pairs, pair_worth, pair_drop},
        {&d->links, sizeof(struct link), sizeof(struct link_key), pairs, link_worth, link_drop},
        {&d->fans, sizeof(struct fan), sizeof(struct fan_key), pairs, fan_worth, fan_drop},
        {&d->targets, sizeof(struct target), sizeof(struct target_key), pairs, target_worth, target_drop},
        {&d->sieges, sizeof(struct siege), sizeof(struct target_key), pairs, siege_worth, siege_drop},
        {&d->hosts, sizeof(struct host), sizeof(struct fb_addr), pairs, host_worth, NULL},
        {&d->marks, sizeof(struct mark), sizeof(struct mark_key), pairs, mark_worth, mark_drop},
        {&d->polls, sizeof(struct poll), sizeof(struct poll_key), names, poll_worth, poll_drop},
        {&d->domains, sizeof(struct domain), DOMAIN_MAX, names, domain_worth, domain_drop},
        {&d->pools, sizeof(struct pool), sizeof(struct fb_addr), names, pool_worth, NULL},
    };
    for (size_t i = 0; i < sizeof T / sizeof *T; i++) {
        fb_dtab_init(T[i].table, T[i].entry_bytes, T[i].key_bytes, T[i].max, T[i].worth);
        T[i].table->drop = T[i].drop;
        T[i].table->ctx = d;
    }
    fb_det_web_init(d);
    fb_dset_init(&d->seen, (size_t)OPT(d, MAX_TARGETS));
    return d;
}

void fb_detect_free(struct fb_detect *d)
{
    if (!d)
        return;
    fb_dtab_release(&d->pairs);
    fb_dtab_release(&d->links);
    fb_dtab_release(&d->fans);
    fb_dtab_release(&d->targets);
    fb_dtab_release(&d->sieges);
    fb_dtab_release(&d->marks);
    fb_dtab_release(&d->polls);
    fb_dtab_release(&d->hosts);
    fb_dtab_release(&d->domains);
    fb_dtab_release(&d->pools);
    fb_dset_release(&d->seen);
    free(d);
}

enum fb_status fb_detect_session(struct fb_detect *d, const struct fb_session *s)
{
    return fb_det_gather(d, s);
}

struct fb_detect_shed fb_detect_shed(const struct fb_detect *d)
{
    return (struct fb_detect_shed){
        .pairs = d->pairs.shed + d->links.shed + d->fans.shed + d->targets.shed + d->hosts.shed +
                 d->sieges.shed + d->marks.shed,
        .targets = d->seen.refused,
        .names = d->domains.shed + d->pools.shed + d->polls.shed,
    };
}

enum fb_status fb_detect_finish(struct fb_detect *d, struct fb_findings *out)
{
    static enum fb_status (*const RULES[])(struct fb_detect *, struct fb_findings *) = {
        fb_det_beacons,   fb_det_polls,       fb_det_dns_beacons,  fb_det_scans, fb_det_brute,
        fb_det_exfil,     fb_det_dns_tunnels, fb_det_icmp_tunnels, fb_det_long,  fb_det_mining,
        fb_det_odd_ports, fb_det_floods,      fb_det_marks};
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        FB_TRY(RULES[i](d, out));
    fb_findings_join(out);
    return FB_OK;
}
