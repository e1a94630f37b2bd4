/* The JSON form of blacklists, an array of entries, and MISP's warninglists
 * (github.com/MISP/misp-warninglists, schema.json). */
#include "intel/lists/list_read.h"

#define BLACK(target) ((struct fb_blacklist *)(target))

static enum fb_status need_array(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node)
{
    return r->j.node[node].type == FB_JSON_ARRAY ? FB_OK
                                                 : fb_list_fail(r, at, node, "expected an array, found %s",
                                                                fb_json_type_name(r->j.node[node].type));
}

/* Hands each string of an array over; another type is no list. */
static enum fb_status each_string(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t array,
                                  enum fb_status (*fn)(struct fb_list_reader *r, struct fb_blacklist *b,
                                                       struct fb_span s, uint32_t line),
                                  struct fb_blacklist *b)
{
    FB_TRY(need_array(r, at, array));
    uint32_t k = 0;
    for (uint32_t i = array + 1; i < r->j.node[array].after; i = r->j.node[i].after, k++) {
        struct fb_list_at here = {at, NULL, k};
        if (r->j.node[i].type != FB_JSON_STRING)
            return fb_list_fail(r, &here, i, "expected a string, found %s",
                                fb_json_type_name(r->j.node[i].type));
        struct fb_span s = fb_json_text(&r->j, i, &r->scratch);
        if (r->scratch.failed)
            return fb_err_nomem(r->err, "a list");
        FB_TRY(fn(r, b, s, fb_list_line(r, r->j.node[i].off)));
    }
    return FB_OK;
}

static enum fb_status put_range(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span s,
                                uint32_t line)
{
    struct fb_list_range range;
    const char *why;
    if (!fb_list_range_parse(s.p, s.n, &range, &why))
        return fb_list_skip(r, line, s.p, s.n, why);
    return fb_list_put_range(r, b, &range, line);
}

static enum fb_status put_domain(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span s,
                                 uint32_t line)
{
    struct fb_list_pattern p;
    const char *why;
    if (!fb_list_pattern_parse(s.p, s.n, &p, &why))
        return fb_list_skip(r, line, s.p, s.n, why);
    return fb_list_put_domain(r, b, &p, line);
}

static enum fb_status put_either(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span s,
                                 uint32_t line)
{
    return fb_list_put_entry(r, b, s.p, s.n, line);
}

/* MISP's hostname: the name and what lies below it, with or without a dot in front. */
static enum fb_status put_hostname(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span s,
                                   uint32_t line)
{
    struct fb_list_pattern p;
    char below[FB_LIST_NAME_MAX + 1];
    const char *why;
    if (s.n && s.p[0] == '.') {
        s.p++;
        s.n--;
    }
    if (fb_list_range_looks(s.p, s.n))
        return fb_list_put_entry(r, b, s.p, s.n, line);
    if (!fb_list_pattern_parse(s.p, s.n, &p, &why))
        return fb_list_skip(r, line, s.p, s.n, why);
    FB_TRY(fb_list_put_domain(r, b, &p, line));
    int n = snprintf(below, sizeof below, "*.%s", p.text);
    if (p.kind != FB_LIST_EXACT || n < 0 || (size_t)n >= sizeof below ||
        !fb_list_pattern_parse(below, (size_t)n, &p, &why))
        return FB_OK;
    return fb_list_put_domain(r, b, &p, line);
}

/* ---- the JSON form ---- */

static enum fb_status read_name(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node, void *t)
{
    return fb_list_read_name(r, at, node, &BLACK(t)->name);
}

static enum fb_status read_description(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                       void *t)
{
    return fb_list_read_text(r, at, node, &BLACK(t)->description);
}

static enum fb_status read_source(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                  void *t)
{
    FB_TRY(fb_list_read_text(r, at, node, &BLACK(t)->source_url));
    BLACK(t)->feed = *BLACK(t)->source_url != '\0';
    return FB_OK;
}

static enum fb_status read_updated(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *t)
{
    return fb_list_read_text(r, at, node, &BLACK(t)->last_updated);
}

static enum fb_status read_ranges(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                  void *t)
{
    return each_string(r, at, node, put_range, t);
}

static enum fb_status read_domains(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *t)
{
    return each_string(r, at, node, put_domain, t);
}

static enum fb_status read_blacklists(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                      void *t)
{
    static const struct fb_list_key KEYS[] = {
        {"name", read_name},         {"description", read_description},
        {"source_url", read_source}, {"last_updated", read_updated},
        {"ip_ranges", read_ranges},  {"domains", read_domains},
    };
    struct fb_list_file *f = t;
    FB_TRY(need_array(r, at, node));
    f->black = fb_list_pool_take(&f->pool, (fb_list_count(r, node) + 1) * sizeof *f->black);
    if (!f->black)
        return fb_err_nomem(r->err, "a list");
    for (uint32_t i = node + 1; i < r->j.node[node].after; i = r->j.node[i].after) {
        struct fb_list_at here = {at, NULL, (uint32_t)f->nblack};
        struct fb_blacklist *b = &f->black[f->nblack++];
        FB_TRY(fb_list_read_object(r, &here, i, KEYS, sizeof KEYS / sizeof *KEYS, b));
        if (!b->name)
            return fb_list_fail(r, &here, i, "a blacklist has a \"name\"");
    }
    return FB_OK;
}

static enum fb_status read_date(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node, void *t)
{
    return fb_list_read_text(r, at, node, &((struct fb_list_file *)t)->date);
}

static enum fb_status read_signature(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                     void *t)
{
    return fb_list_read_text(r, at, node, &((struct fb_list_file *)t)->signature);
}

enum fb_status fb_list_read_black(struct fb_list_reader *r)
{
    static const struct fb_list_key KEYS[] = {
        {"date", read_date}, {"signature", read_signature}, {"blacklists", read_blacklists}};
    r->f->form = FB_LIST_BLACKLIST;
    return fb_list_read_object(r, NULL, 0, KEYS, 3, r->f);
}

/* ---- arrays ---- */

enum fb_status fb_list_read_array(struct fb_list_reader *r, uint32_t array, const char *type)
{
    struct fb_blacklist *b = fb_list_only_black(r, type != NULL);
    if (!b)
        return FB_ERR_NOMEM;
    r->f->form = type ? FB_LIST_MISP : FB_LIST_ARRAY;
    struct fb_list_at at = {NULL, "list", 0};
    bool hostname = type && strcmp(type, "hostname") == 0;
    return each_string(r, type ? &at : NULL, array, hostname ? put_hostname : put_either, b);
}

/* A name that is a sentence: commas, which separate tags, become underscores. */
static enum fb_status read_title(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 const char **out)
{
    const char *text;
    FB_TRY(fb_list_read_text(r, at, node, &text));
    size_t n = strlen(text);
    char *name = n ? fb_list_pool_text(&r->f->pool, text, n < 128 ? n : 128) : NULL;
    if (!name)
        return n ? fb_err_nomem(r->err, "a list") : FB_OK;
    for (char *c = name; *c; c++)
        if (*c == ',')
            *c = '_';
    *out = name;
    return FB_OK;
}

/* Of the members that say more only those with a meaning here are read; MISP may add others. */
enum fb_status fb_list_read_misp(struct fb_list_reader *r)
{
    static const char *const TYPES[] = {"cidr", "hostname", "string"};
    const struct fb_json *j = &r->j;
    uint32_t type = fb_json_member(j, 0, "type"), name = fb_json_member(j, 0, "name"),
             text = fb_json_member(j, 0, "description");
    const char *t = NULL;
    struct fb_list_at at = {NULL, "type", 0};
    if (!type)
        return fb_err_set(r->err, FB_ERR_INPUT, "a warninglist has a \"type\": cidr, hostname or string");
    FB_TRY(fb_list_read_text(r, &at, type, &t));
    bool known = false;
    for (size_t i = 0; i < 3; i++)
        known |= strcmp(t, TYPES[i]) == 0;
    if (!known)
        return fb_list_fail(
            r, &at, type, "warninglists of type cidr, hostname and string can be used, \"%.40s\" cannot", t);
    FB_TRY(fb_list_read_array(r, fb_json_member(j, 0, "list"), t));
    struct fb_list_at name_at = {NULL, "name", 0}, text_at = {NULL, "description", 0};
    if (name && j->node[name].type == FB_JSON_STRING)
        FB_TRY(read_title(r, &name_at, name, &r->f->black->name));
    if (text && j->node[text].type == FB_JSON_STRING)
        FB_TRY(fb_list_read_text(r, &text_at, text, &r->f->black->description));
    return FB_OK;
}
