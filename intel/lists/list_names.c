#include "intel/lists/list_names.h"

#include "base/buf.h"
#include "base/hash.h"
#include "intel/lists/list_pool.h"

#define NONE      UINT32_MAX
#define TEXT_MAX  ((size_t)4 << 30)
#define NAMES_MAX ((size_t)1 << 27)

struct entry {
    uint32_t off; /* of the key in `text` */
    uint32_t entry;
    uint32_t next; /* with the same key and kind, added later; NONE */
    uint8_t n, kind;
};

struct fb_list_names {
    struct fb_buf text;
    struct entry *e;
    size_t n, cap;
    struct fb_list_pattern *glob;
    uint32_t *glob_entry;
    size_t nglobs, glob_cap, glob_entry_cap;
    uint32_t *slot; /* first of its key, or NONE */
    size_t mask;
    size_t count[FB_LIST_MANY + 1];
};

enum fb_status fb_list_names_new(struct fb_list_names **out, struct fb_err *err)
{
    struct fb_list_names *s = calloc(1, sizeof *s);
    if (!s)
        return fb_err_nomem(err, "a list of names");
    fb_buf_init(&s->text, TEXT_MAX - 1);
    *out = s;
    return FB_OK;
}

void fb_list_names_free(struct fb_list_names *s)
{
    if (!s)
        return;
    fb_buf_release(&s->text);
    free(s->e);
    free(s->glob);
    free(s->glob_entry);
    free(s->slot);
    free(s);
}

static enum fb_status add_glob(struct fb_list_names *s, const struct fb_list_pattern *p, uint32_t entry,
                               struct fb_err *err)
{
    if (s->nglobs == FB_LIST_GLOBS_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %d patterns with a * inside a label",
                          FB_LIST_GLOBS_MAX);
    if (!fb_list_grow((void **)&s->glob, s->nglobs, &s->glob_cap, sizeof *s->glob) ||
        !fb_list_grow((void **)&s->glob_entry, s->nglobs, &s->glob_entry_cap, sizeof *s->glob_entry))
        return fb_err_nomem(err, "a list of names");
    memcpy(&s->glob[s->nglobs], p, offsetof(struct fb_list_pattern, text) + p->n + 1u); /* as long as it is */
    s->glob_entry[s->nglobs++] = entry;
    return FB_OK;
}

enum fb_status fb_list_names_add(struct fb_list_names *s, const struct fb_list_pattern *p, uint32_t entry,
                                 struct fb_err *err)
{
    s->count[p->kind]++;
    if (p->kind == FB_LIST_ONE || p->kind == FB_LIST_MANY)
        return add_glob(s, p, entry, err);
    struct fb_span key = fb_list_pattern_key(p);
    if (s->n == NAMES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "more than %zu names", NAMES_MAX);
    size_t off = s->text.len;
    fb_buf_put(&s->text, key.p, key.n);
    if (s->text.failed || !fb_list_grow((void **)&s->e, s->n, &s->cap, sizeof *s->e))
        return fb_err_nomem(err, "a list of names");
    s->e[s->n++] = (struct entry){(uint32_t)off, entry, NONE, (uint8_t)key.n, (uint8_t)p->kind};
    return FB_OK;
}

static size_t hash(const struct fb_list_names *s, const void *p, size_t n)
{
    return (size_t)fb_siphash13(fb_hash_process_key(), p, n) & s->mask;
}

/* The first entry with the key, or NONE; *slot: where it stands or would stand. */
static uint32_t find(const struct fb_list_names *s, const void *p, size_t n, uint8_t kind, size_t *slot)
{
    size_t at = hash(s, p, n);
    for (;; at = (at + 1) & s->mask) {
        *slot = at;
        uint32_t i = s->slot[at];
        if (i == NONE)
            return NONE;
        const struct entry *e = &s->e[i];
        if (e->kind == kind && e->n == n && memcmp(s->text.data + e->off, p, n) == 0)
            return i;
    }
}

enum fb_status fb_list_names_build(struct fb_list_names *s, struct fb_err *err)
{
    size_t size = 16, slot;
    while (size < s->n * 2)
        size *= 2;
    s->mask = size - 1;
    s->slot = malloc(size * sizeof *s->slot);
    if (!s->slot)
        return fb_err_nomem(err, "a list of names");
    memset(s->slot, 0xff, size * sizeof *s->slot);
    /* From the last to the first, so that each finds those behind it. */
    for (size_t i = s->n; i-- > 0;) {
        struct entry *e = &s->e[i];
        e->next = find(s, s->text.data + e->off, e->n, e->kind, &slot);
        s->slot[slot] = (uint32_t)i;
    }
    return FB_OK;
}

static bool report(const struct fb_list_names *s, const char *key, size_t n, uint8_t kind,
                   bool (*hit)(void *ctx, uint32_t entry), void *ctx)
{
    size_t slot;
    for (uint32_t i = find(s, key, n, kind, &slot); i != NONE; i = s->e[i].next)
        if (!hit(ctx, s->e[i].entry))
            return false;
    return true;
}

void fb_list_names_find(const struct fb_list_names *s, const char *name, size_t n,
                        bool (*hit)(void *ctx, uint32_t entry), void *ctx)
{
    if (s->count[FB_LIST_EXACT] && !report(s, name, n, FB_LIST_EXACT, hit, ctx))
        return;
    for (size_t i = 0; s->count[FB_LIST_SUFFIX] && i < n; i++)
        if (name[i] == '.' && !report(s, name + i + 1, n - i - 1, FB_LIST_SUFFIX, hit, ctx))
            return;
    for (size_t i = n; s->count[FB_LIST_PREFIX] && i > 0; i--)
        if ((i == n || name[i] == '.') && !report(s, name, i, FB_LIST_PREFIX, hit, ctx))
            return;
    for (size_t i = 0; i < s->nglobs; i++)
        if (fb_list_pattern_match(&s->glob[i], name, n) && !hit(ctx, s->glob_entry[i]))
            return;
}

size_t fb_list_names_count(const struct fb_list_names *s)
{
    return s->n + s->nglobs;
}
