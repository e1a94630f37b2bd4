#include "ingest/timeline.h"

#include "ingest/timeline_int.h"

struct fb_timeline {
    struct fb_sources src; /* in timeline order */
    size_t opened;         /* src.v[0 .. opened) were opened */
    uint32_t *heap;        /* open sources with a head, the earliest first */
    size_t nheap;
    bool advance; /* the packet of heap[0] was handed out */
    struct fb_filter *filter;
    int64_t after_ns, before_ns;
    struct fb_reader_opts reader_opts;
    uint64_t ordinal;
    struct fb_timeline_run *runs;
    size_t nruns, runs_cap;
};

static bool earlier(const struct fb_timeline *t, uint32_t a, uint32_t b)
{
    int64_t x = t->src.v[a].head.ts_ns, y = t->src.v[b].head.ts_ns;
    return x != y ? x < y : a < b;
}

static void sift_down(struct fb_timeline *t, size_t i)
{
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= t->nheap)
            return;
        if (c + 1 < t->nheap && earlier(t, t->heap[c + 1], t->heap[c]))
            c++;
        if (!earlier(t, t->heap[c], t->heap[i]))
            return;
        uint32_t x = t->heap[i];
        t->heap[i] = t->heap[c];
        t->heap[c] = x;
        i = c;
    }
}

static void heap_push(struct fb_timeline *t, uint32_t s)
{
    size_t i = t->nheap++;
    t->heap[i] = s;
    while (i && earlier(t, t->heap[i], t->heap[(i - 1) / 2])) {
        uint32_t x = t->heap[i];
        t->heap[i] = t->heap[(i - 1) / 2];
        t->heap[(i - 1) / 2] = x;
        i = (i - 1) / 2;
    }
}

enum fb_status fb_timeline_open(const char *const *paths, size_t npaths, const struct fb_timeline_opts *opts,
                                struct fb_timeline **out, struct fb_err *err)
{
    *out = NULL;
    struct fb_timeline *t = calloc(1, sizeof *t);
    if (!t)
        return fb_err_nomem(err, "the timeline");
    t->reader_opts = opts->reader;
    t->after_ns = opts->after_ns;
    t->before_ns = opts->before_ns;
    enum fb_status st = opts->filter ? fb_filter_new(opts->filter, &t->filter, err) : FB_OK;
    if (st == FB_OK)
        st = fb_sources_collect(&t->src, paths, npaths, err);
    if (st == FB_OK)
        st = fb_sources_order(&t->src, &t->reader_opts, err);
    if (st == FB_OK) {
        t->heap = calloc(t->src.n, sizeof *t->heap);
        if (!t->heap)
            st = fb_err_nomem(err, "the timeline");
    }
    if (st != FB_OK) {
        fb_timeline_close(t);
        return st;
    }
    *out = t;
    return FB_OK;
}

/* Opens the next source of the order, unless the prescan kept it open. */
static enum fb_status open_next(struct fb_timeline *t, struct fb_err *err)
{
    struct fb_source *f = &t->src.v[t->opened];
    if (!f->reader && !f->done) {
        FB_TRY(fb_reader_open(f->path, &t->reader_opts, &f->reader, err));
        FB_TRY(fb_source_advance(f, err));
    }
    if (f->has_head)
        heap_push(t, (uint32_t)t->opened);
    t->opened++;
    return FB_OK;
}

/* Moves the source whose packet was handed out on by one. */
static enum fb_status advance(struct fb_timeline *t, struct fb_err *err)
{
    struct fb_source *f = &t->src.v[t->heap[0]];
    t->advance = false;
    FB_TRY(fb_source_advance(f, err));
    if (!f->has_head)
        t->heap[0] = t->heap[--t->nheap];
    if (t->nheap > 1)
        sift_down(t, 0);
    return FB_OK;
}

static enum fb_status add_run(struct fb_timeline *t, uint32_t s, uint64_t pkt_no, struct fb_err *err)
{
    struct fb_timeline_run *last = t->nruns ? &t->runs[t->nruns - 1] : NULL;
    if (last && last->evidence == s && last->first_pkt_no + last->count == pkt_no) {
        last->count++;
        return FB_OK;
    }
    if (t->nruns == t->runs_cap) {
        size_t cap = t->runs_cap ? t->runs_cap * 2 : 64;
        struct fb_timeline_run *p = realloc(t->runs, cap * sizeof *p);
        if (!p)
            return fb_err_nomem(err, "the runs of the timeline");
        t->runs = p;
        t->runs_cap = cap;
    }
    t->runs[t->nruns++] = (struct fb_timeline_run){s, t->ordinal, pkt_no, 1};
    return FB_OK;
}

static enum fb_status passes(struct fb_timeline *t, const struct fb_record *rec, bool *yes,
                             struct fb_err *err)
{
    *yes = rec->ts_ns >= t->after_ns && (t->before_ns == INT64_MAX || rec->ts_ns < t->before_ns);
    return *yes && t->filter ? fb_filter_match(t->filter, rec, yes, err) : FB_OK;
}

enum fb_status fb_timeline_next(struct fb_timeline *t, struct fb_record *rec, uint32_t *evidence,
                                uint64_t *ordinal, struct fb_err *err)
{
    for (;;) {
        if (t->advance)
            FB_TRY(advance(t, err));
        while (t->opened < t->src.n &&
               (t->nheap == 0 || (t->src.v[t->opened].has_first &&
                                  t->src.v[t->opened].first_ts_ns <= t->src.v[t->heap[0]].head.ts_ns)))
            FB_TRY(open_next(t, err));
        if (t->nheap == 0)
            return FB_EOF;
        uint32_t s = t->heap[0];
        const struct fb_record *head = &t->src.v[s].head;
        t->advance = true;
        t->ordinal++;
        FB_TRY(add_run(t, s, head->pkt_no, err));
        bool yes;
        FB_TRY(passes(t, head, &yes, err));
        if (!yes)
            continue;
        *rec = *head;
        *evidence = s;
        *ordinal = t->ordinal;
        return FB_OK;
    }
}

enum fb_status fb_timeline_finish(struct fb_timeline *t, struct fb_err *err)
{
    for (size_t i = 0; i < t->src.n; i++) {
        struct fb_source *f = &t->src.v[i];
        if (f->done)
            continue;
        if (!f->reader)
            FB_TRY(fb_reader_open(f->path, &t->reader_opts, &f->reader, err));
        FB_TRY(fb_reader_finish(f->reader, err));
        fb_reader_take_evidence(f->reader, &f->ev);
        fb_reader_close(f->reader);
        f->reader = NULL;
        f->done = true;
    }
    t->nheap = 0;
    t->advance = false;
    t->opened = t->src.n;
    return FB_OK;
}

size_t fb_timeline_nevidence(const struct fb_timeline *t)
{
    return t->src.n;
}

const struct fb_evidence *fb_timeline_evidence(const struct fb_timeline *t, size_t i)
{
    const struct fb_source *f = &t->src.v[i];
    return f->reader ? fb_reader_evidence(f->reader) : &f->ev;
}

const char *fb_timeline_source(const struct fb_timeline *t, size_t i, bool *stream)
{
    *stream = t->src.v[i].stream;
    return t->src.v[i].path;
}

const struct fb_timeline_run *fb_timeline_runs(const struct fb_timeline *t, size_t *n)
{
    *n = t->nruns;
    return t->runs;
}

const char *const *fb_timeline_skipped(const struct fb_timeline *t, size_t *n)
{
    *n = t->src.nskipped;
    return (const char *const *)t->src.skipped;
}

void fb_timeline_progress(const struct fb_timeline *t, struct fb_timeline_progress *out)
{
    *out = (struct fb_timeline_progress){.pkts = t->ordinal};
    bool known = true;
    for (size_t i = 0; i < t->src.n; i++) {
        const struct fb_source *f = &t->src.v[i];
        known = known && !f->stream;
        out->bytes_total += f->size_bytes;
        if (f->done)
            out->bytes_done += f->ev.size_bytes;
        else if (f->reader)
            out->bytes_done += fb_reader_bytes_done(f->reader);
    }
    if (!known)
        out->bytes_total = 0;
}

void fb_timeline_close(struct fb_timeline *t)
{
    if (!t)
        return;
    fb_sources_release(&t->src);
    fb_filter_free(t->filter);
    free(t->heap);
    free(t->runs);
    free(t);
}
