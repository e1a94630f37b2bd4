/* Options of the online model. */
#include "base/timefmt.h"
#include "cli/message.h"
#include "cli/replay_online.h"

#define NS_PER_S   INT64_C(1000000000)
#define LONGEST_NS (366 * 24 * 3600 * NS_PER_S)

/* "99", "99.5", "99.9375" as 10^-6; 0 < P < 100. */
static bool parse_percentile(const char *text, uint32_t *ppm)
{
    uint64_t v = 0;
    size_t whole = strspn(text, "0123456789"), frac = 0;
    if (whole < 1 || whole > 2)
        return false;
    for (size_t i = 0; i < whole; i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    if (text[whole]) {
        frac = strspn(text + whole + 1, "0123456789");
        if (text[whole] != '.' || frac < 1 || frac > 4 || text[whole + 1 + frac])
            return false;
        for (size_t i = 0; i < frac; i++)
            v = v * 10 + (uint64_t)(text[whole + 1 + i] - '0');
    }
    for (; frac < 4; frac++)
        v *= 10;
    *ppm = (uint32_t)v;
    return v > 0;
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

static int take_times(const char *verb, const struct fb_online_args *a, struct fb_online_opts *o)
{
    const struct {
        const char *name, *text;
        int64_t least_ns, *to;
    } t[] = {
        {"warmup", a->warmup, FB_ONLINE_WARMUP_MIN_NS, &o->warmup_ns},
        {"retrain", a->retrain, NS_PER_S, &o->retrain_ns},
        {"refresh", a->refresh, NS_PER_S, &o->refresh_ns},
        {"snapshot", a->snapshot, NS_PER_S, &o->snapshot_ns},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (t[i].text &&
            (!fb_duration_parse(t[i].text, t[i].to) || *t[i].to < t[i].least_ns || *t[i].to > LONGEST_NS))
            return fb_cli_usage(verb, "--%s %s: a duration of %llds to 366d", t[i].name, t[i].text,
                                (long long)(t[i].least_ns / NS_PER_S));
    return -1;
}

static int take_numbers(const char *verb, const struct fb_online_args *a, struct fb_online_opts *o)
{
    const struct {
        const char *name;
        uint64_t v, lo, hi;
        uint32_t *to;
    } n[] = {
        {"window-samples", a->window, 2, FB_ONLINE_WINDOW_MAX, &o->window},
        {"track-sessions", a->sessions, 1, FB_ONLINE_SESSIONS_MAX, &o->sessions_max},
        {"trees", a->trees, 1, FB_FOREST_TREES_MAX, &o->model.forest.trees},
        {"tree-rows", a->tree_rows, 2, FB_FOREST_SAMPLE_MAX, &o->model.forest.sample},
        {"extension", a->extension, 0, FB_NFEATURES - 1, &o->model.forest.ext},
        {"min-distinct", a->min_distinct, 2, FB_ONLINE_WINDOW_MAX, &o->model.min_distinct},
    };
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        if (n[i].v == UINT64_MAX)
            continue;
        if (n[i].v < n[i].lo || n[i].v > n[i].hi)
            return fb_cli_usage(verb, "--%s %llu: from %llu to %llu", n[i].name, (unsigned long long)n[i].v,
                                (unsigned long long)n[i].lo, (unsigned long long)n[i].hi);
        *n[i].to = (uint32_t)n[i].v;
    }
    if (o->model.min_distinct > o->window)
        return fb_cli_usage(verb, "--window-samples %u cannot hold the %u distinct ones of --min-distinct",
                            o->window, o->model.min_distinct);
    if ((uint64_t)o->model.forest.trees * 2 * o->model.forest.sample > FB_FOREST_NODES_MAX)
        return fb_cli_usage(verb, "--trees times --tree-rows may not be above %u", FB_FOREST_NODES_MAX / 2);
    return -1;
}

int fb_online_args_take(const char *verb, const struct fb_online_args *a, struct fb_online_opts *o)
{
    uint32_t *ppm = o->model.percentile_ppm;
    int code = take_times(verb, a, o);
    if (code < 0)
        code = take_numbers(verb, a, o);
    if (code >= 0)
        return code;
    if (a->suspicious && !parse_percentile(a->suspicious, &ppm[0]))
        return fb_cli_usage(verb, "--suspicious %s: a percentile above 0 and below 100, like 99.5",
                            a->suspicious);
    if (a->abnormal && !parse_percentile(a->abnormal, &ppm[1]))
        return fb_cli_usage(verb, "--abnormal %s: a percentile above 0 and below 100, like 99.5",
                            a->abnormal);
    if (ppm[0] >= ppm[1])
        return fb_cli_usage(verb, "--suspicious must lie below --abnormal");
    if (a->seed && !parse_seed(a->seed, &o->model.forest.seed))
        return fb_cli_usage(verb, "--seed %s: a number from 0 to 18446744073709551615", a->seed);
    return -1;
}

bool fb_online_args_given(const struct fb_online_args *a)
{
    const uint64_t n[] = {a->window, a->sessions, a->trees, a->tree_rows, a->extension, a->min_distinct};
    bool given = a->warmup || a->retrain || a->refresh || a->snapshot || a->suspicious || a->abnormal ||
                 a->seed || a->lists.n;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        given |= n[i] != UINT64_MAX;
    return given;
}

void fb_online_args_release(struct fb_online_args *a)
{
    fb_opt_list_release(&a->lists);
}
