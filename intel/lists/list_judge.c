#include "intel/lists/list_judge.h"

#include "intel/lists/list_near.h"
#include "intel/lists/list_set_impl.h"

struct fb_list_judge {
    const struct fb_list_set *s;
    struct fb_list_near_cache *cache;
    struct fb_list_hit *hit;
    uint64_t *stamp; /* of each blacklist: the session for which it was found last */
    uint64_t session;
    size_t nhits;
    struct fb_list_normal orig, resp;
};

const char *fb_list_criterion_name(unsigned one)
{
    static const char *const NAME[] = {"domain",  "ip",        "port",       "protocol",
                                       "process", "as_number", "as_country", "as_owner"};
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++)
        if (one == 1u << i)
            return NAME[i];
    return "";
}

const char *fb_list_conformance_name(enum fb_list_conformance c)
{
    static const char *const NAME[] = {"unknown", "conforming", "nonconforming"};
    return NAME[c];
}

enum fb_status fb_list_judge_new(const struct fb_list_set *s, struct fb_list_judge **out, struct fb_err *err)
{
    struct fb_list_judge *j = calloc(1, sizeof *j);
    *out = j;
    if (!j)
        return fb_err_nomem(err, "a judge of lists");
    j->s = s;
    size_t n = s->nblack ? s->nblack : 1;
    j->hit = calloc(n, sizeof *j->hit);
    j->stamp = calloc(n, sizeof *j->stamp);
    enum fb_status st =
        j->hit && j->stamp ? fb_list_near_cache_new(&j->cache, err) : fb_err_nomem(err, "a judge of lists");
    if (st != FB_OK) {
        fb_list_judge_free(j);
        *out = NULL;
    }
    return st;
}

void fb_list_judge_free(struct fb_list_judge *j)
{
    if (!j)
        return;
    fb_list_near_cache_free(j->cache);
    free(j->hit);
    free(j->stamp);
    free(j);
}

/* ---- whitelists ---- */

struct search {
    struct fb_list_judge *j;
    const struct fb_list_subject *s;
    uint32_t best; /* first endpoint that matches */
    struct fb_list_place place;
    struct fb_list_nearest near; /* among endpoints whose place holds */
};

static bool try_endpoint(void *ctx, uint32_t active)
{
    struct search *x = ctx;
    struct fb_list_place place;
    if (active > x->best)
        return true;
    const struct fb_list_endpoint *e = x->j->s->active[active].endpoint;
    unsigned failed = fb_list_failures(e, x->s, &x->j->resp, true, &place);
    if (failed == 0) {
        x->best = active;
        x->place = place;
    } else if (x->best == UINT32_MAX) {
        fb_list_nearest_put(&x->near, active, fb_list_stated(e), failed);
    }
    return true;
}

/* Domain before IP before the rest, in the order of the bits. */
static unsigned deciding(const struct fb_list_endpoint *e, const struct fb_list_place *place)
{
    unsigned stated = fb_list_stated(e) & ~(unsigned)FB_LIST_BY_PLACE;
    if (place->domain)
        return FB_LIST_BY_DOMAIN;
    if (place->ip)
        return FB_LIST_BY_IP;
    return stated & (0u - stated);
}

static bool in_scope(const struct fb_list_set *s, const struct fb_list_subject *x)
{
    return s->o.scope == FB_LIST_SCOPE_ALL || (x->orig.local && !x->resp.local);
}

static void judge_white(struct fb_list_judge *j, const struct fb_list_subject *s, struct fb_list_verdict *out)
{
    const struct fb_list_set *set = j->s;
    struct search x = {.j = j, .s = s, .best = UINT32_MAX};
    for (size_t i = 0; i < j->resp.n; i++)
        fb_list_names_find(set->white_names, j->resp.name[i].text, j->resp.name[i].n, try_endpoint, &x);
    fb_list_ranges_find(set->white_ranges, &s->resp.h, try_endpoint, &x);
    for (size_t i = 0; i < set->nplaceless && set->placeless[i] < x.best; i++)
        try_endpoint(&x, set->placeless[i]);
    if (x.best != UINT32_MAX) {
        out->conformance = FB_LIST_CONFORMING;
        out->active = x.best;
        out->criterion = deciding(set->active[x.best].endpoint, &x.place);
        out->domain = x.place.domain;
        out->ip = x.place.ip;
        return;
    }
    out->conformance = FB_LIST_NONCONFORMING;
    for (size_t i = 0; i < x.near.n && out->nnear < FB_LIST_NEAR; i++)
        out->near[out->nnear++] = x.near.at[i].near;
    if (out->nnear == FB_LIST_NEAR)
        return;
    const struct fb_list_nearest *other = fb_list_near_elsewhere(j->cache, set->active, set->nactive, s);
    for (size_t i = 0; i < other->n && out->nnear < FB_LIST_NEAR; i++) {
        bool there = false;
        for (size_t k = 0; k < out->nnear; k++)
            there |= out->near[k].active == other->at[i].near.active;
        if (!there)
            out->near[out->nnear++] = other->at[i].near;
    }
}

/* ---- blacklists ---- */

struct hunt {
    struct fb_list_judge *j;
    bool orig, local;
};

/* The first entry of each list is the one with the longest prefix. */
static void put_hit(struct hunt *h, uint32_t black, uint32_t entry, uint32_t line, bool is_name)
{
    struct fb_list_judge *j = h->j;
    if (j->stamp[black] == j->session)
        return;
    j->stamp[black] = j->session;
    size_t at = j->nhits++;
    for (; at && j->hit[at - 1].black > black; at--)
        j->hit[at] = j->hit[at - 1];
    j->hit[at] = (struct fb_list_hit){black, is_name, h->orig, entry, line};
}

static bool on_range(void *ctx, uint32_t entry)
{
    struct hunt *h = ctx;
    const struct fb_list_set *s = h->j->s;
    uint32_t black = fb_list_black_of_range(s, entry);
    const struct fb_blacklist *b = s->black[black].list;
    if (b->feed && h->local && !s->o.match_local)
        return true;
    uint32_t i = entry - s->black[black].first_range;
    put_hit(h, black, entry, i < b->nv4 ? b->v4[i].line : b->v6[i - b->nv4].line, false);
    return true;
}

static bool on_name(void *ctx, uint32_t entry)
{
    struct hunt *h = ctx;
    const struct fb_list_set *s = h->j->s;
    uint32_t black = fb_list_black_of_name(s, entry);
    put_hit(h, black, entry, s->black[black].list->domain[entry - s->black[black].first_name].line, true);
    return true;
}

static void hunt_end(struct fb_list_judge *j, const struct fb_list_end *end,
                     const struct fb_list_normal *names, bool orig)
{
    struct hunt h = {j, orig, fb_list_addr_is_local(&end->h)};
    fb_list_ranges_find(j->s->black_ranges, &end->h, on_range, &h);
    for (size_t i = 0; i < names->all; i++)
        fb_list_names_find(j->s->black_names, names->name[i].text, names->name[i].n, on_name, &h);
}

void fb_list_judge(struct fb_list_judge *j, const struct fb_list_subject *subject,
                   struct fb_list_verdict *out)
{
    *out = (struct fb_list_verdict){.conformance = FB_LIST_UNKNOWN};
    fb_list_normalize(&subject->resp, j->s->o.trust_ptr, &j->resp);
    fb_list_normalize(&subject->orig, j->s->o.trust_ptr, &j->orig);
    if (j->s->has_white) {
        out->out_of_scope = !in_scope(j->s, subject);
        if (!out->out_of_scope)
            judge_white(j, subject, out);
    }
    if (j->s->nblack == 0)
        return;
    j->session++;
    j->nhits = 0;
    hunt_end(j, &subject->resp, &j->resp, false);
    hunt_end(j, &subject->orig, &j->orig, true);
    out->hit = j->hit;
    out->nhits = j->nhits;
}

void fb_list_hit_entry(const struct fb_list_set *s, const struct fb_list_hit *h, struct fb_buf *out)
{
    const struct fb_list_black_active *a = &s->black[h->black];
    char text[FB_LIST_RANGE_STRLEN];
    if (h->is_name) {
        const struct fb_list_pattern *p = a->list->domain[h->entry - a->first_name].pattern;
        fb_buf_put(out, p->text, p->n);
        return;
    }
    uint32_t i = h->entry - a->first_range;
    struct fb_list_range r = {{{[10] = 0xff, [11] = 0xff}}, {{[10] = 0xff, [11] = 0xff}}};
    if (i < a->list->nv4) {
        fb_store_be32(r.lo.b + 12, a->list->v4[i].lo);
        fb_store_be32(r.hi.b + 12, a->list->v4[i].hi);
    } else {
        r = a->list->v6[i - a->list->nv4].range;
    }
    fb_buf_put(out, text, fb_list_range_format(&r, text));
}
