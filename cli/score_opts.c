#include "cli/score_opts.h"

#include "cli/message.h"

const char *const fb_fail_on_choices[] = {"never",    "low",        "medium",   "high",
                                          "critical", "suspicious", "abnormal", NULL};

/* "99", "99.5", "99.9375" as 10^-6; 0 < P < 100. */
static bool parse_percent(const char *text, uint32_t *ppm)
{
    uint64_t v = 0;
    unsigned whole = 0, frac = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && whole < 3; p++, whole++)
        v = v * 10 + (uint64_t)(*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9' && frac < 4; p++, frac++)
            v = v * 10 + (uint64_t)(*p - '0');
    if (*p || whole == 0 || (strchr(text, '.') && frac == 0))
        return false;
    for (; frac < 4; frac++)
        v *= 10;
    *ppm = (uint32_t)v;
    return v > 0 && v < 1000000;
}

static bool parse_seed(const char *text, uint64_t *out)
{
    uint64_t v = 0;
    for (const char *p = text; *p; p++)
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
            return false;
    *out = v;
    return *text != '\0';
}

static int check_range(const char *verb, const char *name, uint64_t v, uint64_t lo, uint64_t hi)
{
    return v >= lo && v <= hi
               ? -1
               : fb_cli_usage(verb, "--%s %llu: from %llu to %llu", name, (unsigned long long)v,
                              (unsigned long long)lo, (unsigned long long)hi);
}

static int take_percentiles(const char *verb, const struct fb_train_opts *t, struct fb_scoring_how *how)
{
    uint32_t *ppm = how->params.percentile_ppm;
    if (t->suspicious && !parse_percent(t->suspicious, &ppm[0]))
        return fb_cli_usage(verb, "--suspicious %s: a percentile above 0 and below 100, like 99.5",
                            t->suspicious);
    if (t->abnormal && !parse_percent(t->abnormal, &ppm[1]))
        return fb_cli_usage(verb, "--abnormal %s: a percentile above 0 and below 100, like 99.5",
                            t->abnormal);
    return ppm[0] < ppm[1] ? -1 : fb_cli_usage(verb, "--suspicious must lie below --abnormal");
}

int fb_train_opts_take(const char *verb, const struct fb_train_opts *t, struct fb_scoring_how *how)
{
    const struct {
        const char *name;
        uint64_t v, lo, hi;
        uint32_t *to;
    } n[] = {
        {"trees", t->trees, 1, FB_FOREST_TREES_MAX, &how->params.forest.trees},
        {"tree-rows", t->tree_rows, 2, FB_FOREST_SAMPLE_MAX, &how->params.forest.sample},
        {"extension", t->extension, 0, FB_NFEATURES - 1, &how->params.forest.ext},
        {"sample", t->sample_rows, 2, FB_SAMPLE_SIZE_MAX, &how->sample_rows},
        {"min-distinct", t->min_distinct, 2, FB_SAMPLE_SIZE_MAX, &how->params.min_distinct},
    };
    fb_scoring_defaults(how);
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        int code = check_range(verb, n[i].name, n[i].v, n[i].lo, n[i].hi);
        if (code >= 0)
            return code;
        *n[i].to = (uint32_t)n[i].v;
    }
    if (t->trees * 2 * t->tree_rows > FB_FOREST_NODES_MAX)
        return fb_cli_usage(verb, "--trees times --tree-rows may not be above %u", FB_FOREST_NODES_MAX / 2);
    how->blacklisted = t->blacklisted;
    if (t->seed && !parse_seed(t->seed, &how->params.forest.seed))
        return fb_cli_usage(verb, "--seed %s: a number from 0 to 18446744073709551615", t->seed);
    return take_percentiles(verb, t, how);
}

int fb_detect_opts_take(const char *verb, const struct fb_opt_list *set, struct fb_detect_opts *o)
{
    struct fb_err err = {0};
    fb_detect_defaults(o);
    for (size_t i = 0; i < set->n; i++)
        if (fb_detect_set(o, set->item[i], &err) != FB_OK)
            return fb_cli_usage(verb, "%s", err.msg);
    return -1;
}

bool fb_train_opts_given(const struct fb_train_opts *t)
{
    const struct fb_train_opts d = FB_TRAIN_OPTS_DEFAULT;
    return t->trees != d.trees || t->tree_rows != d.tree_rows || t->extension != d.extension ||
           t->sample_rows != d.sample_rows || t->min_distinct != d.min_distinct || t->seed || t->suspicious ||
           t->abnormal || t->blacklisted;
}

static int by_level(struct fb_case *c, int fail_on, struct fb_err *err)
{
    struct fb_scoring s;
    enum fb_status st = fb_scoring_read(c, &s, err);
    if (st == FB_ERR_NOTFOUND)
        return FB_EXIT_OK;
    if (st != FB_OK)
        return fb_cli_fail(err);
    uint64_t n =
        s.level[FB_LEVEL_ABNORMAL] + (fail_on == FB_FAIL_SUSPICIOUS ? s.level[FB_LEVEL_SUSPICIOUS] : 0);
    fb_scoring_release(&s);
    return n ? FB_EXIT_FINDINGS : FB_EXIT_OK;
}

int fb_fail_on_findings(struct fb_case *c, int fail_on, const struct fb_findings *l, struct fb_err *err)
{
    static const unsigned severity[] = {
        [FB_FAIL_LOW] = 1, [FB_FAIL_MEDIUM] = 40, [FB_FAIL_HIGH] = 60, [FB_FAIL_CRITICAL] = 80};
    if (fail_on == FB_FAIL_NEVER)
        return FB_EXIT_OK;
    if (fail_on >= FB_FAIL_SUSPICIOUS)
        return by_level(c, fail_on, err);
    return l->n && l->f[0].severity >= severity[fail_on] ? FB_EXIT_FINDINGS : FB_EXIT_OK;
}

int fb_fail_on_code(struct fb_case *c, int fail_on, struct fb_err *err)
{
    struct fb_findings l;
    fb_findings_init(&l, SIZE_MAX);
    enum fb_status st = FB_OK;
    if (fail_on > FB_FAIL_NEVER && fail_on < FB_FAIL_SUSPICIOUS)
        st = fb_scoring_findings(c, &l, err);
    int code = st == FB_ERR_NOTFOUND ? FB_EXIT_OK
               : st != FB_OK         ? fb_cli_fail(err)
                                     : fb_fail_on_findings(c, fail_on, &l, err);
    fb_findings_release(&l);
    return code;
}
