#include "store/join_twice.h"

#include "base/hash.h"

#define SLOTS_MIN 1024u

struct sight {
    struct fb_join_key key;
    uint32_t in;
    int64_t end_ns;
    uint64_t number; /* 0: free */
};

/* Open addressing; nothing is deleted but by making the table anew. */
struct fb_join_twice {
    struct sight *slot;
    uint32_t nslots, used;
};

enum fb_status fb_join_twice_new(struct fb_join_twice **out, struct fb_err *err)
{
    struct fb_join_twice *t = calloc(1, sizeof *t);
    if (t)
        t->slot = calloc(SLOTS_MIN, sizeof *t->slot);
    if (!t || !t->slot) {
        free(t);
        return fb_err_nomem(err, "the merge");
    }
    t->nslots = SLOTS_MIN;
    *out = t;
    return FB_OK;
}

void fb_join_twice_free(struct fb_join_twice *t)
{
    if (!t)
        return;
    free(t->slot);
    free(t);
}

static uint32_t home(const struct fb_join_twice *t, const struct fb_join_key *key)
{
    return (uint32_t)fb_siphash13(fb_hash_process_key(), key->b, sizeof key->b) & (t->nslots - 1);
}

static void put(struct fb_join_twice *t, const struct sight *s)
{
    uint32_t i = home(t, &s->key);
    while (t->slot[i].number)
        i = (i + 1) & (t->nslots - 1);
    t->slot[i] = *s;
    t->used++;
}

static int64_t until(int64_t end_ns)
{
    int64_t t;
    return __builtin_add_overflow(end_ns, FB_JOIN_SLACK_NS, &t) ? INT64_MAX : t;
}

/* Forgets what is over, and makes room if that was not enough. */
static enum fb_status make_room(struct fb_join_twice *t, int64_t now_ns, struct fb_err *err)
{
    uint32_t live = 0, old = t->nslots;
    for (uint32_t i = 0; i < old; i++)
        live += t->slot[i].number && until(t->slot[i].end_ns) >= now_ns;
    uint32_t n = old;
    while (live > n / 2 && n < 2 * FB_JOIN_ACTIVE_MAX)
        n *= 2;
    struct sight *before = t->slot, *fresh = calloc(n, sizeof *fresh);
    if (!fresh)
        return fb_err_nomem(err, "the merge");
    t->slot = fresh;
    t->nslots = n;
    t->used = 0;
    for (uint32_t i = 0; i < old; i++)
        if (before[i].number && until(before[i].end_ns) >= now_ns)
            put(t, &before[i]);
    free(before);
    return FB_OK;
}

enum fb_status fb_join_twice_see(struct fb_join_twice *t, struct fb_join *j, size_t in,
                                 const struct fb_session *s, uint64_t number, struct fb_err *err)
{
    struct sight now = {.in = (uint32_t)in, .number = number};
    struct sight *mine = NULL, *other = NULL;
    struct fb_join_report *r = j->report;
    fb_join_key_of(s, &now.key);
    if (s->duration_ns <= 0 || __builtin_add_overflow(s->ts_ns, s->duration_ns, &now.end_ns))
        now.end_ns = s->ts_ns;
    if (t->used >= t->nslots / 4 * 3)
        FB_TRY(make_room(t, s->ts_ns, err));
    for (uint32_t i = home(t, &now.key); t->slot[i].number; i = (i + 1) & (t->nslots - 1)) {
        struct sight *at = &t->slot[i];
        if (memcmp(at->key.b, now.key.b, sizeof now.key.b) != 0)
            continue;
        if (at->in == now.in)
            mine = at;
        else if (until(at->end_ns) >= s->ts_ns && j->in[at->in].last_ts_ns >= s->ts_ns &&
                 (!other || at->number < other->number))
            other = at;
    }
    if (other) {
        if (r->ntwice < FB_JOIN_EXAMPLES)
            r->twice[r->ntwice++] = (struct fb_join_pair){other->number, number};
        r->sessions_twice++;
    }
    if (mine)
        *mine = now;
    else if (t->used < t->nslots / 4 * 3)
        put(t, &now);
    else
        r->twice_incomplete = true;
    return FB_OK;
}
