#include "intel/lists/list_read.h"

#include "base/escape.h"
#include "base/nearest.h"

#include <stdarg.h>

#define PATH_MAX_LEVELS 8
#define SHOWN_BYTES     60
#define KEYS_MAX        24

static void put_path(struct fb_buf *b, const struct fb_list_at *at)
{
    const struct fb_list_at *level[PATH_MAX_LEVELS];
    size_t n = 0;
    for (; at && n < PATH_MAX_LEVELS; at = at->up)
        level[n++] = at;
    bool first = true;
    while (n-- > 0) {
        if (level[n]->key) {
            fb_buf_puts(b, first ? "" : ".");
            fb_escape_term(b, level[n]->key, strlen(level[n]->key));
        } else {
            fb_buf_printf(b, "[%u]", level[n]->index);
        }
        first = false;
    }
}

enum fb_status fb_list_fail(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                            const char *fmt, ...)
{
    struct fb_buf path;
    char what[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    fb_buf_init(&path, 160);
    put_path(&path, at);
    uint32_t off = r->j.node[node].off;
    fb_err_set(r->err, FB_ERR_INPUT, "byte %u (line %u)%s%s: %s", off, fb_json_line(&r->j, off),
               at ? ", " : "", path.failed ? "a place deep inside" : fb_buf_cstr(&path), what);
    fb_buf_release(&path);
    return FB_ERR_INPUT;
}

static enum fb_status unknown_key(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                  struct fb_span key, const struct fb_list_key *keys, size_t nkeys)
{
    const char *names[KEYS_MAX];
    char word[49];
    snprintf(word, sizeof word, "%.*s", key.n < sizeof word ? (int)key.n : (int)sizeof word - 1,
             (const char *)key.p);
    for (size_t i = 0; i < nkeys && i < KEYS_MAX; i++)
        names[i] = keys[i].name;
    const char *near = key.n < sizeof word ? fb_nearest(word, names, nkeys) : NULL;
    struct fb_list_at here = {at, word, 0};
    if (near)
        return fb_list_fail(r, &here, node, "there is no such key; did you mean \"%s\"?", near);
    return fb_list_fail(r, &here, node, "there is no such key");
}

enum fb_status fb_list_read_object(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   const struct fb_list_key *keys, size_t nkeys, void *target)
{
    const struct fb_json_node *v = r->j.node;
    if (v[node].type != FB_JSON_OBJECT)
        return fb_list_fail(r, at, node, "expected an object, found %s", fb_json_type_name(v[node].type));
    for (uint32_t k = node + 1; k < v[node].after; k = v[k + 1].after) {
        struct fb_span name = fb_json_text(&r->j, k, &r->scratch);
        const struct fb_list_key *key = NULL;
        for (size_t i = 0; i < nkeys && !key; i++)
            if (strlen(keys[i].name) == name.n && memcmp(keys[i].name, name.p, name.n) == 0)
                key = &keys[i];
        if (!key)
            return unknown_key(r, at, k, name, keys, nkeys);
        struct fb_list_at here = {at, key->name, 0};
        if (v[k + 1].type != FB_JSON_NULL)
            FB_TRY(key->read(r, &here, k + 1, target));
    }
    return FB_OK;
}

enum fb_status fb_list_read_text(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 const char **out)
{
    if (r->j.node[node].type != FB_JSON_STRING)
        return fb_list_fail(r, at, node, "expected a string, found %s",
                            fb_json_type_name(r->j.node[node].type));
    struct fb_span s = fb_json_text(&r->j, node, &r->scratch);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return fb_list_fail(r, at, node, "a control character in a text");
    *out = fb_list_pool_text(&r->f->pool, s.p, s.n);
    return *out ? FB_OK : fb_err_nomem(r->err, "a list");
}

enum fb_status fb_list_read_name(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 const char **out)
{
    FB_TRY(fb_list_read_text(r, at, node, out));
    size_t n = strlen(*out);
    if (n == 0 || n > 128 || strchr(*out, ','))
        return fb_list_fail(r, at, node, "the name of a list has 1 to 128 bytes and no comma");
    return FB_OK;
}

uint32_t fb_list_count(const struct fb_list_reader *r, uint32_t array)
{
    uint32_t n = 0;
    for (uint32_t i = array + 1; i < r->j.node[array].after; i = r->j.node[i].after)
        n++;
    return n;
}

uint32_t fb_list_line(struct fb_list_reader *r, uint32_t off)
{
    if (off < r->line_at)
        r->line_at = r->line = 0;
    const uint8_t *at = r->j.text + r->line_at, *end = r->j.text + off;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        r->line++;
        at++;
    }
    r->line_at = off;
    return r->line + 1;
}

enum fb_status fb_list_skip(struct fb_list_reader *r, uint32_t line, const void *entry, size_t n,
                            const char *why)
{
    struct fb_list_file *f = r->f;
    bool keep = f->skipped < FB_LIST_PROBLEMS_KEPT;
    if (keep || r->o->strict) {
        struct fb_buf b;
        fb_buf_init(&b, 1024);
        fb_escape_term(&b, entry, n < SHOWN_BYTES ? n : SHOWN_BYTES);
        fb_buf_puts(&b, n > SHOWN_BYTES ? "..." : "");
        const char *shown = fb_list_pool_text(&f->pool, fb_buf_cstr(&b), b.len);
        fb_buf_release(&b);
        if (!shown)
            return fb_err_nomem(r->err, "a list");
        if (r->o->strict)
            return fb_err_set(r->err, FB_ERR_INPUT, "line %u, \"%s\": %s", line, shown, why);
        f->problem[f->skipped] = (struct fb_list_problem){line, shown, why};
    }
    f->skipped++;
    return FB_OK;
}

enum fb_status fb_list_put_range(struct fb_list_reader *r, struct fb_blacklist *b,
                                 const struct fb_list_range *range, uint32_t line)
{
    if (fb_addr_is_v4(&range->lo)) {
        if (!fb_list_grow((void **)&b->v4, b->nv4, &b->v4_cap, sizeof *b->v4))
            return fb_err_nomem(r->err, "a list");
        b->v4[b->nv4++] =
            (struct fb_list_v4){fb_load_be32(range->lo.b + 12), fb_load_be32(range->hi.b + 12), line};
        return FB_OK;
    }
    if (!fb_list_grow((void **)&b->v6, b->nv6, &b->v6_cap, sizeof *b->v6))
        return fb_err_nomem(r->err, "a list");
    b->v6[b->nv6++] = (struct fb_list_v6){*range, line};
    return FB_OK;
}

enum fb_status fb_list_put_domain(struct fb_list_reader *r, struct fb_blacklist *b,
                                  const struct fb_list_pattern *p, uint32_t line)
{
    /* Only as long as the text is: there may be millions. */
    struct fb_list_pattern *copy =
        fb_list_pool_take(&r->f->pool, offsetof(struct fb_list_pattern, text) + p->n + 1u);
    if (!copy || !fb_list_grow((void **)&b->domain, b->ndomains, &b->domain_cap, sizeof *b->domain))
        return fb_err_nomem(r->err, "a list");
    memcpy(copy, p, offsetof(struct fb_list_pattern, text) + p->n + 1u);
    b->domain[b->ndomains++] = (struct fb_list_named){copy, line};
    return FB_OK;
}

enum fb_status fb_list_put_entry(struct fb_list_reader *r, struct fb_blacklist *b, const void *text, size_t n,
                                 uint32_t line)
{
    struct fb_list_range range;
    struct fb_list_pattern p;
    const char *why, *other;
    if (fb_list_range_parse(text, n, &range, &why))
        return fb_list_put_range(r, b, &range, line);
    if (fb_list_range_looks(text, n))
        return fb_list_skip(r, line, text, n, why);
    if (fb_list_pattern_parse(text, n, &p, &other))
        return fb_list_put_domain(r, b, &p, line);
    return fb_list_skip(r, line, text, n, other);
}
