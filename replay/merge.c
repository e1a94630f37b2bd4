#include "replay/merge.h"

#include "base/memory.h"
#include "base/timefmt.h"
#include "replay/merge_seen.h"
#include "replay/tcp.h"

#define EXPECT_MAX    4096
#define EXPECT_TTL_NS (300 * FB_NS_PER_S) /* Zeek schedules an announced connection for five minutes */
#define HIT_PARTS     64

/* An announced data connection that may still come. */
struct expectation {
    struct fb_service_expect x;
    int64_t until_ns;
};

struct leaving {
    uint64_t ordinal, number;
    uint32_t flow;
    uint8_t shard;
};

struct fb_merge {
    struct fb_session_sink sink;
    struct fb_sight *frames;
    struct fb_merge_seen seen;
    uint64_t last_number, sessions;
    uint64_t alloc_failures; /* of the process, when the merge began */
    struct fb_event *events;
    struct leaving *leaving;
    size_t cap_events, cap_leaving;
    struct expectation *expects; /* a ring of the newest EXPECT_MAX */
    size_t nexpects, next_expect;
    uint64_t hit_ordinal;     /* record that `hits` speak of */
    uint64_t hits[HIT_PARTS]; /* session number of each part of that record; 0 = none */
    struct fb_buf steps;
};

struct fb_merge *fb_merge_new(const struct fb_session_sink *sink, struct fb_sight *frames)
{
    struct fb_merge *m = calloc(1, sizeof *m);
    if (m) {
        m->sink = *sink;
        m->frames = frames;
        m->alloc_failures = fb_alloc_failures();
        fb_buf_init(&m->steps, 64u << 20);
    }
    return m;
}

void fb_merge_free(struct fb_merge *m)
{
    if (!m)
        return;
    free(m->events);
    free(m->leaving);
    free(m->expects);
    fb_merge_seen_release(&m->seen);
    fb_buf_release(&m->steps);
    free(m);
}

uint64_t fb_merge_sessions(const struct fb_merge *m)
{
    return m->sessions;
}

static int event_order(const void *pa, const void *pb)
{
    const struct fb_event *a = pa, *b = pb;
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal ? -1 : 1;
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->arg < b->arg ? -1 : a->arg > b->arg;
}

static int leaving_order(const void *pa, const void *pb)
{
    const struct leaving *a = pa, *b = pb;
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static bool grow(void **p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return true;
    size_t n = *cap ? *cap : 4096;
    while (n < need)
        n *= 2;
    void *q = realloc(*p, n * size);
    if (!q)
        return false;
    *p = q;
    *cap = n;
    return true;
}

static void add_expectation(struct fb_merge *m, const struct fb_service_expect *x, int64_t now_ns)
{
    if (!m->expects) {
        m->expects = fb_calloc(EXPECT_MAX, sizeof *m->expects);
        if (!m->expects)
            return;
    }
    m->expects[m->next_expect] = (struct expectation){*x, now_ns + EXPECT_TTL_NS};
    m->next_expect = (m->next_expect + 1) % EXPECT_MAX;
    if (m->nexpects < EXPECT_MAX)
        m->nexpects++;
}

/* The newest announcement that fits. */
static const char *announced(const struct fb_merge *m, const struct fb_flow *f)
{
    for (size_t k = 1; k <= m->nexpects; k++) {
        const struct expectation *e = &m->expects[(m->next_expect + EXPECT_MAX - k) % EXPECT_MAX];
        if (e->until_ns >= f->ts_ns && e->x.resp_p == f->port[FB_RESP] &&
            fb_addr_eq(&e->x.resp_h, &f->addr[FB_RESP]))
            return e->x.service;
    }
    return NULL;
}

static void add_parent(struct fb_flow_tunnel *t, uint64_t number)
{
    uint8_t i = 0;
    while (i < t->nparents && t->parents[i] < number)
        i++;
    if ((i < t->nparents && t->parents[i] == number) || t->nparents == sizeof t->parents / sizeof *t->parents)
        return;
    memmove(&t->parents[i + 1], &t->parents[i], (size_t)(t->nparents - i) * sizeof *t->parents);
    t->parents[i] = number;
    t->nparents++;
}

static void join(struct fb_merge *m, struct fb_shard *s, const struct fb_event *e)
{
    struct fb_flow *f = fb_shard_flow(s, e->flow);
    if (e->ordinal != m->hit_ordinal) {
        m->hit_ordinal = e->ordinal;
        memset(m->hits, 0, sizeof m->hits);
    }
    switch (e->kind) {
    case FB_EV_OPEN:
        f->number = ++m->last_number;
        if (m->nexpects && f->proto == FB_PROTO_TCP)
            f->announced = announced(m, f);
        break;
    case FB_EV_HIT:
        if (e->part < HIT_PARTS)
            m->hits[e->part] = f->number;
        break;
    case FB_EV_PARENT:
        if (e->arg < HIT_PARTS && m->hits[e->arg] && f->tunnel)
            add_parent(f->tunnel, m->hits[e->arg]);
        break;
    case FB_EV_EXPECT:
        add_expectation(m, &s->expects[e->arg], f->last_ns);
        break;
    default:
        break;
    }
}

static enum fb_status sink_failed(struct fb_err *err, int status)
{
    return fb_err_set(err, (enum fb_status)status, "the case could not take a session");
}

static enum fb_status take_piece(struct fb_merge *m, struct fb_shard *s, struct fb_flow *f,
                                 struct fb_err *err)
{
    struct fb_packet_run run;
    if (!fb_flow_take_piece(f, &s->nodes, &m->steps, &run))
        return fb_err_nomem(err, "the packet index");
    int st = m->sink.packets ? m->sink.packets(m->sink.ctx, &run) : FB_OK;
    return st == FB_OK ? FB_OK : sink_failed(err, st);
}

static enum fb_status take_full_pieces(struct fb_merge *m, struct fb_shard *s, struct fb_err *err)
{
    for (uint32_t i = 0; i < s->nfull; i++) {
        struct fb_flow *f = fb_shard_flow(s, s->full_pieces[i]);
        f->flags &= (uint16_t)~FB_FLOW_PIECE_FULL;
        FB_TRY(take_piece(m, s, f, err));
    }
    s->nfull = 0;
    return FB_OK;
}

static enum fb_status leave(struct fb_merge *m, struct fb_shard *s, uint32_t flow, struct fb_err *err)
{
    struct fb_flow *f = fb_shard_flow(s, flow);
    if (f->piece_pkts)
        FB_TRY(take_piece(m, s, f, err));
    char text[512];
    struct fb_session rec;
    fb_flow_record(f, fb_shard_tcp(s, f), text, sizeof text, &rec);
    int st = m->sink.session(m->sink.ctx, &rec);
    if (st != FB_OK)
        return sink_failed(err, st);
    m->sessions++;
    return FB_OK;
}

/* What was built while memory was short may be poorer than it should be: nothing of it leaves. */
static enum fb_status check_memory(const struct fb_merge *m, struct fb_err *err)
{
    return fb_alloc_failures() == m->alloc_failures ? FB_OK
                                                    : fb_err_nomem(err, "sessions and what is in them");
}

/* What leaves has mostly fallen out of the cache: fetched a few sessions ahead. */
static void prefetch_flow(const struct fb_shard *s, uint32_t flow)
{
    const struct fb_flow *f = fb_shard_flow(s, flow);
    for (size_t off = 0; off < sizeof *f; off += 64)
        __builtin_prefetch((const char *)f + off);
}

/* Once the flow itself is there. */
static void prefetch_tcp(const struct fb_shard *s, uint32_t flow)
{
    const struct fb_tcp *t = fb_shard_tcp(s, fb_shard_flow(s, flow));
    for (size_t off = 0; t && off < sizeof *t; off += 64)
        __builtin_prefetch((const char *)t + off);
}

static enum fb_status gather(struct fb_merge *m, struct fb_shard *shards, unsigned nshards, size_t *n,
                             struct fb_err *err)
{
    size_t total = 0;
    for (unsigned i = 0; i < nshards; i++) {
        if (shards[i].failed || shards[i].sight.failed)
            return fb_err_nomem(err, "open sessions (lower --memory makes it shed them instead)");
        total += shards[i].nevents;
    }
    if (!grow((void **)&m->events, &m->cap_events, total, sizeof *m->events))
        return fb_err_nomem(err, "events");
    FB_TRY(check_memory(m, err));
    *n = 0;
    for (unsigned i = 0; i < nshards; i++) {
        if (shards[i].nevents)
            memcpy(m->events + *n, shards[i].events, shards[i].nevents * sizeof *m->events);
        *n += shards[i].nevents;
        shards[i].nevents = 0;
    }
    if (*n)
        qsort(m->events, *n, sizeof *m->events, event_order);
    return FB_OK;
}

enum fb_status fb_merge_epoch(struct fb_merge *m, struct fb_shard *shards, unsigned nshards,
                              struct fb_err *err)
{
    size_t n = 0, nl = 0;
    FB_TRY(gather(m, shards, nshards, &n, err));
    if (!grow((void **)&m->leaving, &m->cap_leaving, n, sizeof *m->leaving))
        return fb_err_nomem(err, "events");
    for (size_t i = 0; i < n; i++) {
        const struct fb_event *e = &m->events[i];
        join(m, &shards[e->shard], e);
    }
    FB_TRY(check_memory(m, err));
    for (size_t i = 0; i < n; i++) {
        const struct fb_event *e = &m->events[i];
        if (e->kind == FB_EV_CLOSE)
            m->leaving[nl++] = (struct leaving){e->ordinal, fb_shard_flow(&shards[e->shard], e->flow)->number,
                                                e->flow, e->shard};
    }
    enum fb_status st = fb_merge_seen(&m->seen, shards, nshards, m->frames, &m->sink, err);
    for (unsigned i = 0; i < nshards; i++) {
        shards[i].nexpects = 0;
        if (st == FB_OK)
            st = take_full_pieces(m, &shards[i], err);
    }
    if (nl)
        qsort(m->leaving, nl, sizeof *m->leaving, leaving_order);
    for (size_t i = 0; i < nl; i++) {
        if (i + 8 < nl)
            prefetch_flow(&shards[m->leaving[i + 8].shard], m->leaving[i + 8].flow);
        if (i + 4 < nl)
            prefetch_tcp(&shards[m->leaving[i + 4].shard], m->leaving[i + 4].flow);
        if (st == FB_OK)
            st = leave(m, &shards[m->leaving[i].shard], m->leaving[i].flow, err);
        fb_shard_free_flow(&shards[m->leaving[i].shard], m->leaving[i].flow);
    }
    return st;
}
