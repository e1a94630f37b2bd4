#include "intel/lists/list_near.h"

#include "base/hash.h"

#define SLOTS   4096u
#define KEY_MAX 112u

struct slot {
    uint8_t nkey; /* 0: empty */
    uint8_t key[KEY_MAX];
    struct fb_list_nearest nearest;
};

struct fb_list_near_cache {
    struct slot *slot;
    struct fb_list_nearest own; /* of a key that is too long to be kept */
};

void fb_list_nearest_put(struct fb_list_nearest *n, uint32_t active, unsigned stated, unsigned failed)
{
    unsigned bad = (unsigned)__builtin_popcount(failed & FB_LIST_BY_ALL),
             good = (unsigned)__builtin_popcount(stated & ~failed);
    uint64_t rank = (uint64_t)bad << 40 | (uint64_t)(15 - good) << 32 | active;
    size_t at = n->n;
    for (size_t i = 0; i < n->n; i++)
        if (n->at[i].near.active == active)
            return;
    while (at && n->at[at - 1].rank > rank)
        at--;
    if (at == FB_LIST_NEAR_KEPT)
        return;
    size_t last = n->n < FB_LIST_NEAR_KEPT ? n->n++ : FB_LIST_NEAR_KEPT - 1;
    memmove(&n->at[at + 1], &n->at[at], (last - at) * sizeof n->at[0]);
    n->at[at].near = (struct fb_list_near){active, failed};
    n->at[at].rank = rank;
}

enum fb_status fb_list_near_cache_new(struct fb_list_near_cache **out, struct fb_err *err)
{
    struct fb_list_near_cache *c = calloc(1, sizeof *c);
    *out = c;
    if (c)
        c->slot = calloc(SLOTS, sizeof *c->slot);
    if (c && c->slot)
        return FB_OK;
    free(c);
    *out = NULL;
    return fb_err_nomem(err, "nearest endpoints");
}

void fb_list_near_cache_free(struct fb_list_near_cache *c)
{
    if (c)
        free(c->slot);
    free(c);
}

static size_t put_text(uint8_t *key, size_t n, const char *text)
{
    size_t len = text ? strlen(text) + 1 : 0; /* with its NUL, so that "" is not unknown */
    if (n + len + 1 > KEY_MAX)
        return KEY_MAX + 1;
    key[n] = (uint8_t)len;
    if (len)
        memcpy(key + n + 1, text, len);
    return n + 1 + len;
}

/* Length of the key, or more than KEY_MAX. */
static size_t make_key(const struct fb_list_subject *s, uint8_t key[static KEY_MAX])
{
    const struct fb_list_as *as = &s->resp.as;
    key[0] = s->ip_proto;
    fb_store_be16(key + 1, s->resp.port);
    key[3] = as->known;
    fb_store_be32(key + 4, as->known ? as->number : 0);
    size_t n = put_text(key, 8, s->process);
    if (n <= KEY_MAX)
        n = put_text(key, n, as->known ? as->country : NULL);
    return n <= KEY_MAX ? put_text(key, n, as->known ? as->owner : NULL) : n;
}

static void compute(struct fb_list_nearest *to, const struct fb_list_active *active, size_t n,
                    const struct fb_list_subject *s)
{
    to->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct fb_list_endpoint *e = active[i].endpoint;
        unsigned stated = fb_list_stated(e), place = stated & FB_LIST_BY_PLACE;
        if (place)
            fb_list_nearest_put(to, i, stated, place | fb_list_failures(e, s, NULL, false, NULL));
    }
}

const struct fb_list_nearest *fb_list_near_elsewhere(struct fb_list_near_cache *c,
                                                     const struct fb_list_active *active, size_t n,
                                                     const struct fb_list_subject *s)
{
    uint8_t key[KEY_MAX];
    size_t nkey = make_key(s, key);
    if (nkey > KEY_MAX) {
        compute(&c->own, active, n, s);
        return &c->own;
    }
    struct slot *slot = &c->slot[fb_siphash13(fb_hash_process_key(), key, nkey) % SLOTS];
    if (slot->nkey != nkey || memcmp(slot->key, key, nkey) != 0) {
        compute(&slot->nearest, active, n, s);
        memcpy(slot->key, key, nkey);
        slot->nkey = (uint8_t)nkey;
    }
    return &slot->nearest;
}
