/* Recognises what a list is by its content and hands it to the reader of that form. */
#include "intel/lists/list_file.h"

#include "base/timefmt.h"
#include "intel/lists/list_read.h"

#include <sodium/crypto_hash_sha256.h>

#define POOL_MAX ((size_t)2 << 30)

const char *fb_list_form_name(enum fb_list_form f)
{
    static const char *const NAME[] = {"whitelist JSON", "blacklist JSON",  "JSON array",
                                       "plain text",     "FireHOL",         "hosts",
                                       "abuse.ch CSV",   "MISP warninglist"};
    return NAME[f];
}

/* ---- dates ---- */

static int month_of(const char *word)
{
    static const char *const MONTH[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t n = 0;
    while ((word[n] | 32) >= 'a' && (word[n] | 32) <= 'z')
        n++;
    for (int i = 0; i < 12 && n >= 3; i++)
        if (strncasecmp(word, MONTH[i], n) == 0)
            return i + 1;
    return 0;
}

static const char *number_at(const char *p, unsigned *v)
{
    unsigned n = 0;
    *v = 0;
    while (*p == ' ' || *p == ',' || *p == '.')
        p++;
    for (; *p >= '0' && *p <= '9' && n < 5; p++, n++)
        *v = *v * 10 + (unsigned)(*p - '0');
    return n ? p : NULL;
}

bool fb_list_date_parse(const char *text, int64_t *time_ns)
{
    unsigned day, year;
    char iso[40];
    if (fb_time_parse(text, time_ns))
        return true;
    int month = month_of(text);
    if (!month)
        return false;
    const char *p = text;
    while ((*p | 32) >= 'a' && (*p | 32) <= 'z')
        p++;
    if (!(p = number_at(p, &day)))
        return false;
    if (strncasecmp(p, "st", 2) == 0 || strncasecmp(p, "nd", 2) == 0 || strncasecmp(p, "rd", 2) == 0 ||
        strncasecmp(p, "th", 2) == 0)
        p += 2;
    if (!(p = number_at(p, &year)) || *p || day > 31 || year > 9999)
        return false;
    snprintf(iso, sizeof iso, "%04u-%02d-%02u", year, month, day);
    return fb_time_parse(iso, time_ns);
}

/* ---- form ---- */

static bool has(const struct fb_json *j, const char *key, enum fb_json_type type)
{
    uint32_t i = fb_json_member(j, 0, key);
    return i && j->node[i].type == type;
}

static enum fb_status read_json(struct fb_list_reader *r, const uint8_t *p, size_t n)
{
    FB_TRY(fb_json_parse(p, n, &r->j, r->err));
    const struct fb_json *j = &r->j;
    if (j->node[0].type == FB_JSON_ARRAY)
        return fb_list_read_array(r, 0, NULL);
    if (fb_json_member(j, 0, "whitelists") && fb_json_member(j, 0, "blacklists"))
        return fb_err_set(r->err, FB_ERR_INPUT, "a file has whitelists or blacklists, not both");
    if (fb_json_member(j, 0, "whitelists"))
        return fb_list_read_white(r);
    if (fb_json_member(j, 0, "blacklists"))
        return fb_list_read_black(r);
    if (has(j, "list", FB_JSON_ARRAY))
        return fb_list_read_misp(r);
    return fb_err_set(
        r->err, FB_ERR_INPUT,
        "this JSON is no list: it has neither \"whitelists\" nor \"blacklists\", nor the \"list\" of "
        "a MISP warninglist");
}

static enum fb_status read_any(struct fb_list_reader *r, const uint8_t *p, size_t n)
{
    size_t at = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, first = at;
    while (first < n && (p[first] == ' ' || p[first] == '\t' || p[first] == '\n' || p[first] == '\r'))
        first++;
    if (first == n)
        return fb_err_set(r->err, FB_ERR_INPUT, "there is nothing in it");
    if (p[first] == '{' || p[first] == '[')
        return read_json(r, p, n);
    const uint8_t *nul = memchr(p, 0, n);
    if (nul)
        return fb_err_set(r->err, FB_ERR_INPUT, "byte %zu: a zero byte; this is no text in UTF-8",
                          (size_t)(nul - p));
    return fb_list_is_csv(p + at, n - at) ? fb_list_read_csv(r, p + at, n - at)
                                          : fb_list_read_lines(r, p + at, n - at);
}

static enum fb_status check(struct fb_list_reader *r)
{
    struct fb_list_file *f = r->f;
    if (f->date)
        f->has_time = fb_list_date_parse(f->date, &f->time_ns);
    if (f->skipped && fb_list_file_entries(f) == 0)
        return fb_err_set(r->err, FB_ERR_INPUT, "none of %llu entries can be used; line %u, \"%s\": %s",
                          (unsigned long long)f->skipped, f->problem[0].line, f->problem[0].entry,
                          f->problem[0].why);
    return FB_OK;
}

enum fb_status fb_list_read(const void *bytes, size_t n, const char *name, const struct fb_list_read_opts *o,
                            struct fb_list_file **out, struct fb_err *err)
{
    struct fb_list_file *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return fb_err_nomem(err, "a list");
    struct fb_list_reader r = {.f = f, .o = o, .err = err};
    fb_list_pool_init(&f->pool, POOL_MAX);
    fb_buf_init(&r.scratch, FB_JSON_BYTES_MAX);
    f->name = fb_list_pool_text(&f->pool, name, strlen(name));
    enum fb_status st = FB_OK;
    if (!f->name)
        st = fb_err_nomem(err, "a list");
    else if (n > FB_JSON_BYTES_MAX)
        st = fb_err_set(err, FB_ERR_LIMIT, "%zu bytes; a list has at most %zu", n, FB_JSON_BYTES_MAX);
    if (st == FB_OK) {
        crypto_hash_sha256(f->sha256, bytes, n);
        st = read_any(&r, bytes, n);
    }
    if (st == FB_OK)
        st = check(&r);
    fb_json_release(&r.j);
    fb_buf_release(&r.scratch);
    if (st == FB_OK)
        *out = f;
    else
        fb_list_file_free(f);
    return st == FB_OK ? FB_OK : fb_err_wrap(err, "%s", name);
}

void fb_list_file_free(struct fb_list_file *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->nblack; i++) {
        free(f->black[i].v4);
        free(f->black[i].v6);
        free(f->black[i].domain);
    }
    fb_list_pool_release(&f->pool);
    free(f);
}

uint64_t fb_list_file_entries(const struct fb_list_file *f)
{
    uint64_t n = 0;
    for (size_t i = 0; i < f->nwhite; i++)
        n += f->white[i].nendpoints;
    for (size_t i = 0; i < f->nblack; i++)
        n += f->black[i].nv4 + f->black[i].nv6 + f->black[i].ndomains;
    return n;
}

struct fb_blacklist *fb_list_only_black(struct fb_list_reader *r, bool feed)
{
    struct fb_list_file *f = r->f;
    const char *slash = strrchr(f->name, '/'), *base = slash ? slash + 1 : f->name, *dot = strrchr(base, '.');
    size_t n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    char *name = fb_list_pool_text(&f->pool, *base ? base : "list", *base ? (n < 128 ? n : 128) : 4);
    f->black = fb_list_pool_take(&f->pool, sizeof *f->black);
    if (!f->black || !name) {
        fb_err_nomem(r->err, "a list");
        return NULL;
    }
    for (char *c = name; *c; c++)
        if ((uint8_t)*c <= ' ' || *c == ',' || *c == 0x7f)
            *c = '_';
    f->nblack = 1;
    f->black[0].name = name;
    f->black[0].feed = feed;
    return f->black;
}
