#include "intel/lists/list_set_impl.h"

enum fb_status fb_list_set_new(const struct fb_list_set_opts *o, struct fb_list_set **out, struct fb_err *err)
{
    struct fb_list_set *s = calloc(1, sizeof *s);
    *out = s;
    if (!s)
        return fb_err_nomem(err, "a set of lists");
    s->o = *o;
    enum fb_status st = fb_list_ranges_new(&s->white_ranges, err);
    if (st == FB_OK)
        st = fb_list_ranges_new(&s->black_ranges, err);
    if (st == FB_OK)
        st = fb_list_names_new(&s->white_names, err);
    if (st == FB_OK)
        st = fb_list_names_new(&s->black_names, err);
    if (st != FB_OK) {
        fb_list_set_free(s);
        *out = NULL;
    }
    return st;
}

void fb_list_set_free(struct fb_list_set *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->nfiles; i++)
        fb_list_file_free(s->file[i]);
    free(s->file);
    free(s->active);
    free(s->placeless);
    free(s->black);
    fb_list_ranges_free(s->white_ranges);
    fb_list_ranges_free(s->black_ranges);
    fb_list_names_free(s->white_names);
    fb_list_names_free(s->black_names);
    free(s);
}

enum fb_status fb_list_set_add(struct fb_list_set *s, struct fb_list_file *f, struct fb_err *err)
{
    if (!fb_list_grow((void **)&s->file, s->nfiles, &s->file_cap, sizeof *s->file)) {
        fb_list_file_free(f);
        return fb_err_nomem(err, "a set of lists");
    }
    s->file[s->nfiles++] = f;
    return FB_OK;
}

void fb_list_set_choose(struct fb_list_set *s, const char *const *names, size_t n)
{
    s->choose = names;
    s->nchoose = n;
}

static enum fb_status index_endpoint(struct fb_list_set *s, uint32_t i, struct fb_err *err)
{
    const struct fb_list_endpoint *e = s->active[i].endpoint;
    for (size_t k = 0; k < e->nips; k++)
        FB_TRY(fb_list_ranges_add(s->white_ranges, &e->ip[k], i, err));
    for (size_t k = 0; k < e->ndomains; k++)
        FB_TRY(fb_list_names_add(s->white_names, &e->domain[k], i, err));
    if (e->nips || e->ndomains)
        return FB_OK;
    if (!fb_list_grow((void **)&s->placeless, s->nplaceless, &s->placeless_cap, sizeof *s->placeless))
        return fb_err_nomem(err, "a whitelist");
    s->placeless[s->nplaceless++] = i;
    return FB_OK;
}

static enum fb_status index_white(struct fb_list_set *s, struct fb_err *err)
{
    for (uint32_t i = 0; i < s->nactive; i++)
        if (index_endpoint(s, i, err) != FB_OK)
            return fb_err_wrap(err, "%s", s->active[i].file->name);
    FB_TRY(fb_list_ranges_build(s->white_ranges, NULL, NULL, err));
    return fb_list_names_build(s->white_names, err);
}

static enum fb_status index_list(struct fb_list_set *s, const struct fb_blacklist *b, uint32_t range,
                                 uint32_t name, struct fb_err *err)
{
    for (size_t i = 0; i < b->nv4; i++) {
        struct fb_list_range r = {{{[10] = 0xff, [11] = 0xff}}, {{[10] = 0xff, [11] = 0xff}}};
        fb_store_be32(r.lo.b + 12, b->v4[i].lo);
        fb_store_be32(r.hi.b + 12, b->v4[i].hi);
        FB_TRY(fb_list_ranges_add(s->black_ranges, &r, range++, err));
    }
    for (size_t i = 0; i < b->nv6; i++)
        FB_TRY(fb_list_ranges_add(s->black_ranges, &b->v6[i].range, range++, err));
    for (size_t i = 0; i < b->ndomains; i++)
        FB_TRY(fb_list_names_add(s->black_names, b->domain[i].pattern, name++, err));
    return FB_OK;
}

static uint32_t group_of(void *ctx, uint32_t entry)
{
    return fb_list_black_of_range(ctx, entry);
}

/* Adds a list behind those before it; *range and *name: the numbers of its first entries, then of the next
 * list's. */
static enum fb_status add_black(struct fb_list_set *s, const struct fb_list_file *f,
                                const struct fb_blacklist *b, uint64_t *range, uint64_t *name,
                                struct fb_err *err)
{
    for (size_t p = 0; p < s->nblack; p++)
        if (strcmp(s->black[p].list->name, b->name) == 0)
            return fb_err_set(err, FB_ERR_INPUT, "%s: a second blacklist with the name of one in %s", f->name,
                              s->black[p].file->name);
    if (s->nblack == FB_LIST_BLACK_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "%s: more than %u blacklists", f->name, FB_LIST_BLACK_MAX);
    struct fb_list_black_active *to = &s->black[s->nblack++];
    *to = (struct fb_list_black_active){f, b, (uint32_t)*range, (uint32_t)*name};
    *range += b->nv4 + b->nv6;
    *name += b->ndomains;
    if (*range >= FB_LIST_ENTRIES_MAX || *name >= FB_LIST_ENTRIES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "%s: more than %u entries", f->name, FB_LIST_ENTRIES_MAX);
    return index_list(s, b, to->first_range, to->first_name, err) == FB_OK ? FB_OK
                                                                           : fb_err_wrap(err, "%s", f->name);
}

static enum fb_status index_black(struct fb_list_set *s, struct fb_err *err)
{
    uint64_t range = 0, name = 0;
    s->black = calloc(FB_LIST_BLACK_MAX, sizeof *s->black);
    if (!s->black)
        return fb_err_nomem(err, "blacklists");
    for (size_t i = 0; i < s->nfiles; i++)
        for (size_t k = 0; k < s->file[i]->nblack; k++)
            FB_TRY(add_black(s, s->file[i], &s->file[i]->black[k], &range, &name, err));
    FB_TRY(fb_list_ranges_build(s->black_ranges, group_of, s, err));
    return fb_list_names_build(s->black_names, err);
}

enum fb_status fb_list_set_build(struct fb_list_set *s, struct fb_err *err)
{
    FB_TRY(fb_list_resolve(s, err));
    FB_TRY(index_white(s, err));
    return index_black(s, err);
}

uint32_t fb_list_black_of_range(const struct fb_list_set *s, uint32_t entry)
{
    uint32_t low = 0, high = (uint32_t)s->nblack;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (s->black[mid].first_range <= entry)
            low = mid;
        else
            high = mid;
    }
    return low;
}

uint32_t fb_list_black_of_name(const struct fb_list_set *s, uint32_t entry)
{
    uint32_t low = 0, high = (uint32_t)s->nblack;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (s->black[mid].first_name <= entry)
            low = mid;
        else
            high = mid;
    }
    return low;
}

bool fb_list_set_has_whitelists(const struct fb_list_set *s)
{
    return s->has_white;
}

size_t fb_list_set_endpoints(const struct fb_list_set *s, const struct fb_list_active **out)
{
    *out = s->active;
    return s->nactive;
}

size_t fb_list_set_blacklists(const struct fb_list_set *s, const struct fb_list_black_active **out)
{
    *out = s->black;
    return s->nblack;
}

size_t fb_list_set_files(const struct fb_list_set *s, struct fb_list_file *const **out)
{
    *out = s->file;
    return s->nfiles;
}

size_t fb_list_set_range_bytes(const struct fb_list_set *s)
{
    return fb_list_ranges_bytes(s->white_ranges) + fb_list_ranges_bytes(s->black_ranges);
}
