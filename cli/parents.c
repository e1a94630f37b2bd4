#include "cli/parents.h"

#include "cli/ingest_run.h"

struct parent {
    uint64_t number;
    char uid[FB_UID_STRLEN];
};

struct fb_parents {
    struct parent *item; /* ascending by number once collected */
    size_t n, cap;
    bool nomem;
};

static int by_number(const void *a, const void *b)
{
    uint64_t x = ((const struct parent *)a)->number, y = ((const struct parent *)b)->number;
    return (x > y) - (x < y);
}

static void sort_unique(struct fb_parents *p)
{
    if (p->n == 0)
        return;
    qsort(p->item, p->n, sizeof *p->item, by_number);
    size_t kept = 1;
    for (size_t i = 1; i < p->n; i++)
        if (p->item[i].number != p->item[kept - 1].number)
            p->item[kept++] = p->item[i];
    p->n = kept;
}

static bool grow(struct fb_parents *p)
{
    if (p->n < p->cap)
        return true;
    sort_unique(p); /* the inner sessions of one tunnel name the same few parents */
    if (p->n < p->cap / 2)
        return true;
    size_t cap = p->cap ? p->cap * 2 : 256;
    struct parent *item = realloc(p->item, cap * sizeof *item);
    if (!item)
        return false;
    p->item = item;
    p->cap = cap;
    return true;
}

static enum fb_status note_parents(void *ctx, const struct fb_session *s)
{
    struct fb_parents *p = ctx;
    for (uint32_t i = 0; i < s->nparents; i++) {
        if (!grow(p)) {
            p->nomem = true;
            return FB_ERR_NOMEM;
        }
        p->item[p->n++] = (struct parent){.number = s->parents[i]};
    }
    return FB_OK;
}

static struct parent *find(const struct fb_parents *p, uint64_t number)
{
    struct parent key = {.number = number};
    return p->n ? bsearch(&key, p->item, p->n, sizeof key, by_number) : NULL;
}

static enum fb_status note_uid(void *ctx, const struct fb_session *s)
{
    struct parent *found = find(ctx, s->number);
    if (found)
        fb_session_uid(s, found->uid);
    return FB_OK;
}

/* Runs of this program count their tunnelled sessions, which spares most cases the walk. */
static bool known_to_have_none(struct fb_case *c)
{
    const char *name;
    uint64_t value;
    for (size_t i = 0; fb_case_counter(c, i, &name, &value, NULL) == FB_OK; i++)
        if (strcmp(name, FB_COUNTER_TUNNELLED) == 0)
            return value == 0;
    return false;
}

enum fb_status fb_parents_collect(struct fb_case *c, struct fb_pseudonym *pseudonym, struct fb_parents **out,
                                  struct fb_err *err)
{
    struct fb_parents *p = calloc(1, sizeof *p);
    if (!p)
        return fb_err_nomem(err, "tunnel parents");
    enum fb_status st = FB_OK;
    if (!known_to_have_none(c)) {
        st = fb_case_each_session(c, note_parents, p, err);
        sort_unique(p);
        if (st == FB_OK && p->n)
            st = fb_pseudonym_each_session(c, pseudonym, note_uid, p, err);
    }
    if (st != FB_OK) {
        if (p->nomem)
            fb_err_nomem(err, "tunnel parents");
        fb_parents_free(p);
        return st;
    }
    *out = p;
    return FB_OK;
}

const char *fb_parents_uid(const struct fb_parents *p, uint64_t number)
{
    const struct parent *found = p ? find(p, number) : NULL;
    return found && found->uid[0] ? found->uid : NULL;
}

void fb_parents_free(struct fb_parents *p)
{
    if (!p)
        return;
    free(p->item);
    free(p);
}
