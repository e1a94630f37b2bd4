#include "replay/merge_seen.h"

#include <stdlib.h>

struct fb_seen_key {
    uint64_t put_ordinal, number;
    uint32_t seq; /* within its sight */
    uint16_t put_part;
    uint16_t sight; /* shard, or nshards for frames */
};

void fb_merge_seen_release(struct fb_merge_seen *m)
{
    free(m->keys);
    *m = (struct fb_merge_seen){0};
}

/* A session lives in one shard, and frames (number 0) in a sight of their own; so equal numbers mean the same
 * sight, and the order is total. */
static int by_place(const void *pa, const void *pb)
{
    const struct fb_seen_key *a = pa, *b = pb;
    if (a->put_ordinal != b->put_ordinal)
        return a->put_ordinal < b->put_ordinal ? -1 : 1;
    if (a->put_part != b->put_part)
        return a->put_part < b->put_part ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static enum fb_status make_room(struct fb_merge_seen *m, size_t n, struct fb_err *err)
{
    if (n <= m->cap)
        return FB_OK;
    struct fb_seen_key *k = realloc(m->keys, n * 2 * sizeof *k);
    if (!k)
        return fb_err_nomem(err, "what was seen in the payload");
    m->keys = k;
    m->cap = n * 2;
    return FB_OK;
}

static size_t add_keys(struct fb_seen_key *keys, const struct fb_sight *w, const struct fb_shard *shard,
                       uint16_t sight)
{
    for (uint32_t i = 0; i < w->nrecs; i++) {
        const struct fb_sight_rec *r = &w->recs[i];
        keys[i] = (struct fb_seen_key){.put_ordinal = r->put_ordinal,
                                       .number = r->flow ? fb_shard_flow(shard, r->flow)->number : 0,
                                       .seq = i,
                                       .put_part = r->put_part,
                                       .sight = sight};
    }
    return w->nrecs;
}

static enum fb_status hand_on(const struct fb_seen_key *k, const struct fb_sight *w,
                              const struct fb_session_sink *sink, struct fb_err *err)
{
    const struct fb_sight_rec *r = &w->recs[k->seq];
    struct fb_observed o = {.def = r->def,
                            .number = k->number,
                            .ordinal = r->ordinal,
                            .ts_ns = r->ts_ns,
                            .row = {w->rows.data + r->row_off, r->row_bytes}};
    int st = sink->observed(sink->ctx, &o);
    return st == FB_OK
               ? FB_OK
               : fb_err_set(err, (enum fb_status)st, "the case could not take what was seen in a session");
}

enum fb_status fb_merge_seen(struct fb_merge_seen *m, struct fb_shard *shards, unsigned nshards,
                             struct fb_sight *frames, const struct fb_session_sink *sink, struct fb_err *err)
{
    if (!frames->ops)
        return FB_OK;
    if (frames->failed)
        return fb_err_nomem(err, "what was seen in frames");
    size_t total = frames->nrecs, n = 0;
    for (unsigned i = 0; i < nshards; i++)
        total += shards[i].sight.nrecs;
    enum fb_status st = FB_OK;
    if (total && sink->observed) {
        FB_TRY(make_room(m, total, err));
        for (unsigned i = 0; i < nshards; i++)
            n += add_keys(m->keys + n, &shards[i].sight, &shards[i], (uint16_t)i);
        n += add_keys(m->keys + n, frames, NULL, (uint16_t)nshards);
        qsort(m->keys, n, sizeof *m->keys, by_place);
    }
    for (size_t i = 0; i < n && st == FB_OK; i++) {
        const struct fb_seen_key *k = &m->keys[i];
        st = hand_on(k, k->sight == nshards ? frames : &shards[k->sight].sight, sink, err);
    }
    for (unsigned i = 0; i < nshards; i++)
        fb_sight_clear(&shards[i].sight);
    fb_sight_clear(frames);
    return st;
}
