#include "cli/row_filter.h"

#include "base/record.h"
#include "cli/message.h"

int fb_row_filter_check(struct fb_row_filter *f, const char *verb)
{
    static const char *const verdict[] = {"abnormal", "suspicious", "normal"};
    const char *why;
    bool known = !f->anomaly;
    if (f->domain && !fb_list_pattern_parse(f->domain, strlen(f->domain), &f->pattern, &why))
        return fb_cli_usage(verb, "--domain %s: %s", f->domain, why);
    for (size_t i = 0; !known && i < sizeof verdict / sizeof *verdict; i++)
        known = strcmp(f->anomaly, verdict[i]) == 0;
    return known ? -1
                 : fb_cli_usage(verb, "--anomaly %s: expected abnormal, suspicious or normal", f->anomaly);
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

bool fb_row_filter_match(const struct fb_row_filter *f, struct fb_session_layers *l, uint64_t number)
{
    struct fb_span s;
    if (f->domain && !named(f, l, number, FB_LAYER_RESP_DOMAIN) && !named(f, l, number, FB_LAYER_ORIG_DOMAIN))
        return false;
    if (f->anomaly && !(get(l, number, FB_LAYER_ANOMALY, &s) && s.n == strlen(f->anomaly) &&
                        memcmp(s.p, f->anomaly, s.n) == 0))
        return false;
    return !f->tag || tagged(f->tag, l, number);
}
