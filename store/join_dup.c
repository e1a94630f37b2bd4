#include "store/join_dup.h"

#include "base/hash.h"

#define SLOTS_MIN 256u
#define SLOTS_MAX (1u << 26)

struct fb_join_dup_slot {
    uint64_t round;
    uint32_t dup;
    struct fb_join_key key;
};

void fb_join_dup_release(struct fb_join_dup *d)
{
    free(d->slot);
    *d = (struct fb_join_dup){0};
}

/* The slot of the key, or the free one where it goes. */
static struct fb_join_dup_slot *slot_of(const struct fb_join_dup *d, const struct fb_join_key *key)
{
    uint32_t i = (uint32_t)fb_siphash13(fb_hash_process_key(), key->b, sizeof key->b) & (d->nslots - 1);
    while (d->slot[i].round == d->round && memcmp(d->slot[i].key.b, key->b, sizeof key->b) != 0)
        i = (i + 1) & (d->nslots - 1);
    return &d->slot[i];
}

static enum fb_status grow(struct fb_join_dup *d, struct fb_err *err)
{
    struct fb_join_dup_slot *old = d->slot;
    uint32_t n = d->nslots, more = n ? n * 2 : SLOTS_MIN;
    if (more > SLOTS_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "too many sessions have the same first time to be merged");
    struct fb_join_dup_slot *fresh = calloc(more, sizeof *fresh);
    if (!fresh)
        return fb_err_nomem(err, "the merge");
    d->slot = fresh;
    d->nslots = more;
    for (uint32_t i = 0; i < n; i++)
        if (old[i].round == d->round)
            *slot_of(d, &old[i].key) = old[i];
    free(old);
    return FB_OK;
}

enum fb_status fb_join_dup_count(struct fb_join_dup *d, const struct fb_session *s, uint32_t *dup,
                                 struct fb_err *err)
{
    struct fb_join_key key;
    fb_join_key_of(s, &key);
    *dup = s->uid_dup;
    if (d->round == 0 || d->ts_ns != s->ts_ns) {
        d->ts_ns = s->ts_ns;
        d->round++;
        d->used = 0;
    }
    if (d->used >= d->nslots / 2)
        FB_TRY(grow(d, err));
    struct fb_join_dup_slot *slot = slot_of(d, &key);
    if (slot->round == d->round) {
        if (*dup <= slot->dup)
            *dup = slot->dup + 1;
    } else {
        slot->round = d->round;
        slot->key = key;
        d->used++;
    }
    slot->dup = *dup;
    return FB_OK;
}
