/* Open sessions as they are now, for whoever watches. */
#include "replay/look.h"

#include "replay/tcp.h"

struct seen {
    uint64_t number;
    uint32_t flow;
    uint8_t shard;
};

static int by_number(const void *a, const void *b)
{
    uint64_t x = ((const struct seen *)a)->number, y = ((const struct seen *)b)->number;
    return (x > y) - (x < y);
}

static size_t gather(const struct fb_shard *shards, unsigned nshards, uint64_t since, struct seen *out)
{
    size_t n = 0;
    for (unsigned i = 0; i < nshards; i++)
        for (uint32_t k = 0; k < shards[i].nslots; k++) {
            if (!shards[i].slots[k].flow)
                continue;
            const struct fb_flow *f = fb_shard_flow(&shards[i], shards[i].slots[k].flow);
            if (f->last_ordinal > since)
                out[n++] = (struct seen){f->number, f->self, (uint8_t)i};
        }
    return n;
}

enum fb_status fb_look(const struct fb_shard *shards, unsigned nshards, uint64_t since,
                       int (*row)(void *ctx, const struct fb_session *s), void *ctx, struct fb_err *err)
{
    size_t most = 0;
    for (unsigned i = 0; i < nshards; i++)
        most += shards[i].used_slots;
    struct seen *seen = malloc((most ? most : 1) * sizeof *seen);
    if (!seen)
        return fb_err_nomem(err, "open sessions");
    size_t n = gather(shards, nshards, since, seen);
    qsort(seen, n, sizeof *seen, by_number);
    int st = FB_OK;
    for (size_t i = 0; i < n && st == FB_OK; i++) {
        const struct fb_shard *s = &shards[seen[i].shard];
        const struct fb_flow *f = fb_shard_flow(s, seen[i].flow);
        char text[512];
        struct fb_session rec;
        fb_flow_record(f, fb_shard_tcp(s, f), text, sizeof text, &rec);
        rec.end_reason = FB_END_EVIDENCE;
        st = row(ctx, &rec);
    }
    free(seen);
    if (st != FB_OK && st != FB_EOF)
        fb_err_set(err, (enum fb_status)st, "what watches the sessions could not go on");
    return (enum fb_status)st;
}
