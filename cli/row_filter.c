#include "cli/row_filter.h"

#include "base/record.h"
#include "cli/message.h"

enum { ALL, NORMAL, SUSPICIOUS, ABNORMAL };
const char *const fb_row_levels[] = {"all", "normal", "suspicious", "abnormal", NULL};

int fb_row_filter_check(struct fb_row_filter *f, const char *verb)
{
    const char *why;
    if (f->domain && !fb_list_pattern_parse(f->domain, strlen(f->domain), &f->pattern, &why))
        return fb_cli_usage(verb, "--domain %s: %s", f->domain, why);
    return -1;
}

bool fb_row_filter_is_empty(const struct fb_row_filter *f)
{
    return !f->domain && !f->tag && !f->anomaly;
}

static bool get(struct fb_session_layers *l, uint64_t number, enum fb_session_layer col, struct fb_span *out)
{
    struct fb_rec_cell cell;
    enum fb_rec_type type;
    if (fb_session_layers_cell(l, number, col, &cell, &type, NULL) != FB_OK || cell.null ||
        type != FB_REC_TEXT)
        return false;
    *out = cell.s;
    return true;
}

static bool named(const struct fb_row_filter *f, struct fb_session_layers *l, uint64_t number,
                  enum fb_session_layer col)
{
    char name[FB_LIST_NAME_MAX + 1];
    struct fb_span s;
    if (!get(l, number, col, &s))
        return false;
    size_t n = fb_list_name_normal(s.p, s.n, name);
    return n && fb_list_pattern_match(&f->pattern, name, n);
}

static bool tagged(const char *tag, struct fb_session_layers *l, uint64_t number)
{
    const char *tags;
    size_t n = strlen(tag);
    if (fb_session_layers_tags(l, number, &tags, NULL) != FB_OK)
        return false;
    for (const char *p = tags; p && *p;) {
        size_t k = strcspn(p, ",");
        if (k == n && memcmp(p, tag, n) == 0)
            return true;
        p += k + (p[k] == ',');
    }
    return false;
}

static bool is_level(struct fb_session_layers *l, uint64_t number, int level)
{
    struct fb_span s;
    return get(l, number, FB_LAYER_ANOMALY, &s) && s.n == strlen(fb_row_levels[level]) &&
           memcmp(s.p, fb_row_levels[level], s.n) == 0;
}

bool fb_row_filter_match(const struct fb_row_filter *f, struct fb_session_layers *l, uint64_t number)
{
    if (f->domain && !named(f, l, number, FB_LAYER_RESP_DOMAIN) && !named(f, l, number, FB_LAYER_ORIG_DOMAIN))
        return false;
    if (f->anomaly != ALL && !is_level(l, number, f->anomaly) &&
        !(f->anomaly == SUSPICIOUS && is_level(l, number, ABNORMAL)))
        return false;
    return !f->tag || tagged(f->tag, l, number);
}
