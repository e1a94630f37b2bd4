#include "base/timefmt.h"
#include "cli/message.h"
#include "cli/replay.h"
#include "cli/verbs/verbs.h"
#include "store/case.h"

#include <sys/stat.h>

#define LONGEST_NS (366 * 24 * 3600 * FB_NS_PER_S)

struct asked {
    const char *speed, *window, *interval;
};

static bool parse_speed(const char *text, uint64_t *out)
{
    uint64_t v = 0;
    if (strcmp(text, "max") == 0) {
        *out = 0;
        return true;
    }
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 6 || (text[n] && strcmp(text + n, "x") != 0))
        return false;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    *out = v;
    return v > 0;
}

/* -1, or the code of a usage error. */
static int check_walk(const char *verb, const struct asked *a, struct fb_replay_opts *o)
{
    if (a->speed && !parse_speed(a->speed, &o->speed))
        return fb_cli_usage(verb, "--speed %s: a whole number from 1 to 999999, or max", a->speed);
    if (a->window && (!fb_duration_parse(a->window, &o->window_ns) || o->window_ns < FB_NS_PER_MS ||
                      o->window_ns > LONGEST_NS))
        return fb_cli_usage(verb, "--window %s: a duration like 60s or 5m, of 1ms to 366d", a->window);
    if (a->interval && (!fb_duration_parse(a->interval, &o->interval_ns) || o->interval_ns < FB_NS_PER_MS ||
                        o->interval_ns > LONGEST_NS))
        return fb_cli_usage(verb, "--interval %s: a duration of 1ms to 366d", a->interval);
    return -1;
}

static bool is_case(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           (fb_case_probe(path) || fb_encrypted_probe(path));
}

static int run(const char *verb, char **argv, int nargs, const struct asked *a, struct fb_replay_opts *o)
{
    bool any_case = false;
    for (int i = 0; i < nargs; i++)
        any_case |= is_case(argv[i]);
    if (nargs == 0)
        return fb_cli_usage(verb, "a case or a capture is needed");
    if (any_case && nargs > 1)
        return fb_cli_usage(verb, "one case at a time; evidence is named by --evidence");
    if (any_case && (a->speed || a->window || a->interval))
        return fb_cli_usage(verb, "--speed, --window and --interval walk captures; %s is a case", argv[0]);
    if (any_case && (o->online->on || fb_online_args_given(o->online)))
        return fb_cli_usage(verb, "--online and its options walk captures; %s is a case", argv[0]);
    if (any_case && fb_ingest_opts_decide(&o->in))
        return fb_cli_usage(verb,
                            "a case is built again with its recorded parameters; only --threads is free");
    if (any_case)
        return fb_replay_case(argv[0], o);
    if (o->evidence->n)
        return fb_cli_usage(verb, "--evidence belongs to a case");
    if (!o->online->on && fb_online_args_given(o->online))
        return fb_cli_usage(verb, "options of the online model want --online");
    int code = check_walk(verb, a, o);
    if (code < 0)
        code = fb_online_args_take(verb, o->online, &o->online_opts);
    return code >= 0 ? code : fb_replay_walk((const char *const *)argv, (size_t)nargs, o);
}

int fb_verb_replay(int argc, char **argv)
{
    struct asked a = {0};
    struct fb_opt_list evidence = {0};
    struct fb_online_args online = FB_ONLINE_ARGS_DEFAULT;
    struct fb_replay_opts o = {.in = FB_INGEST_OPTS_DEFAULT,
                               .evidence = &evidence,
                               .online = &online,
                               .speed = 1,
                               .window_ns = 60 * FB_NS_PER_S,
                               .interval_ns = FB_NS_PER_S};
    const struct fb_opt opts[] = {
        {'e', "evidence", FB_OPT_LIST, &evidence, "PATH", NULL,
         "a file or directory where evidence may lie; repeatable"},
        {'j', "json", FB_OPT_FLAG, &o.json, NULL, NULL, "one JSON object (case) or JSON lines (captures)"},
        {0, "speed", FB_OPT_TEXT, &a.speed, "N|max", NULL, "packet time per wall time, default 1"},
        {0, "window", FB_OPT_TEXT, &a.window, "TIME", NULL,
         "how long a session counts as active, default 60s"},
        {0, "interval", FB_OPT_TEXT, &a.interval, "TIME", NULL, "packet time between two looks, default 1s"},
        FB_ONLINE_OPTIONS(online),
        FB_SOURCE_OPTIONS(o.in),
        {0},
    };
    static const struct fb_cli_help help = {
        "replay", "CASE [--evidence PATH] | CAPTURE... [--speed N|max] [--online]",
        "Of a case: finds its evidence by size and SHA-256 wherever it lies now, builds everything again "
        "with the\n"
        "recorded parameters, in memory, and compares digest by digest: evidence, sessions, packet index. "
        "Says what\n"
        "is equal; names the first session and field that differ (exit code 5).\n"
        "Of captures: walks the packet clock and shows what the session builder sees as it sees it: a table "
        "that\n"
        "refreshes on a terminal, JSON lines (opened, changed, closed) otherwise. With --online a model "
        "learns "
        "on the way\n"
        "and says of each session, at each look, whether it is normal, suspicious or abnormal "
        "(docs/online.md).",
        "  fbforensics replay office.fbcase --evidence /mnt/archive --threads 8\n"
        "  fbforensics replay office.pcapng --speed 10 --window 60s\n"
        "  fbforensics replay office.pcapng --speed max --json\n"
        "  fbforensics replay office.pcapng --speed max --online --json\n"};
    fb_online_opts_default(&o.online_opts);
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0)
        code = run(help.verb, argv, nargs, &a, &o);
    fb_opt_list_release(&evidence);
    fb_online_args_release(&online);
    return code;
}
