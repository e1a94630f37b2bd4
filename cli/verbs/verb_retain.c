#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/custody_entry.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/verbs/verbs.h"
#include "store/retain.h"

/* "90d": that long before now, by the wall clock, which is what a retention period means; or a date. */
static bool parse_cutoff(const char *text, int64_t *out)
{
    size_t n = strlen(text);
    int64_t d;
    struct timespec now;
    if (n > 1 && strchr("smhd", text[n - 1]) && fb_duration_parse(text, &d) && d >= 0) {
        if (clock_gettime(CLOCK_REALTIME, &now) != 0)
            return false;
        *out = (int64_t)now.tv_sec * FB_NS_PER_S + now.tv_nsec;
        return !__builtin_sub_overflow(*out, d, out);
    }
    return fb_time_parse(text, out);
}

static void put_time(struct fb_buf *b, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_buf_put(b, t, fb_time_format(ns, t));
}

static void put_json(struct fb_buf *b, const struct fb_retain_report *r, int64_t cutoff, bool dry_run)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(r->digest.b, FB_DIGEST_LEN, hex);
    fb_buf_puts(b, "{\"cutoff\":\"");
    put_time(b, cutoff);
    fb_buf_printf(
        b,
        "\",\"dry_run\":%s,\"sessions\":%llu,\"packets\":%llu,\"records\":%llu,\"chunks_whole\":%llu,"
        "\"chunks_partial\":%llu,\"sessions_left\":%llu,\"first\":",
        dry_run ? "true" : "false", (unsigned long long)r->sessions, (unsigned long long)r->packets,
        (unsigned long long)r->records, (unsigned long long)r->chunks_whole,
        (unsigned long long)r->chunks_partial, (unsigned long long)r->sessions_left);
    if (r->sessions) {
        fb_buf_putc(b, '"');
        put_time(b, r->first_ts_ns);
        fb_buf_puts(b, "\",\"last\":\"");
        put_time(b, r->last_ts_ns);
        fb_buf_printf(b, "\",\"digest\":\"%s\"}\n", hex);
    } else {
        fb_buf_puts(b, "null,\"last\":null,\"digest\":null}\n");
    }
}

static void put_text(struct fb_buf *b, const struct fb_retain_report *r, int64_t cutoff, bool dry_run)
{
    fb_buf_printf(b, "%s     %llu sessions with %llu packets that ended before ",
                  dry_run ? "would go   " : "removed    ", (unsigned long long)r->sessions,
                  (unsigned long long)r->packets);
    put_time(b, cutoff);
    if (r->records)
        fb_buf_printf(b, "\nrecords         %llu rows of record tables", (unsigned long long)r->records);
    fb_buf_printf(b, "\nleft            %llu sessions\n", (unsigned long long)r->sessions_left);
    if (!r->sessions)
        return;
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(r->digest.b, FB_DIGEST_LEN, hex);
    fb_buf_puts(b, "time            ");
    put_time(b, r->first_ts_ns);
    fb_buf_puts(b, " to ");
    put_time(b, r->last_ts_ns);
    fb_buf_printf(b, "\nchunks          %llu whole, %llu written anew\ndigest          %s\n",
                  (unsigned long long)r->chunks_whole, (unsigned long long)r->chunks_partial, hex);
}

static enum fb_status retain(const char *path, const char *older, int64_t cutoff, bool dry_run,
                             struct fb_retain_report *report, struct fb_err *err)
{
    struct fb_buf options, params;
    struct fb_custody_entry entry;
    fb_buf_init(&options, 65536);
    fb_buf_init(&params, (size_t)16 << 20);
    fb_buf_puts(&options, "{\"cutoff\":\"");
    put_time(&options, cutoff);
    fb_buf_puts(&options, "\",\"older_than\":");
    fb_escape_json(&options, older, strlen(older));
    fb_buf_putc(&options, '}');
    fb_custody_put_params(&params, fb_buf_cstr(&options));
    fb_custody_entry_fill(&entry, "retain", fb_buf_cstr(&params), NULL);
    enum fb_status st = options.failed || params.failed
                            ? fb_err_nomem(err, "the custody log")
                            : fb_case_retain(path, cutoff, dry_run, &entry, report, err);
    fb_buf_release(&options);
    fb_buf_release(&params);
    return st;
}

int fb_verb_retain(int argc, char **argv)
{
    const char *older = NULL;
    bool dry_run = false, json = false;
    const struct fb_opt opts[] = {
        {0, "older-than", FB_OPT_TEXT, &older, "AGE|TIME", NULL,
         "sessions whose last packet is older: 90d, 36h, or a date (needed)"},
        {0, "dry-run", FB_OPT_FLAG, &dry_run, NULL, NULL, "count what would go; change nothing"},
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "one JSON object"},
        {0},
    };
    static const struct fb_cli_help help = {
        "retain", "CASE --older-than 90d|TIME [--dry-run]",
        "Removes sessions that ended before a point in time, with their packets in the packet index. "
        "Counts,\n"
        "times and digests of what went stay, and the custody log says who did it; the case digest is still "
        "the\n"
        "one of all sessions, and can still be verified. A sealed case is never changed.",
        "  fbforensics retain office.fbcase --older-than 90d --dry-run\n"
        "  fbforensics retain office.fbcase --older-than 2024-01-01\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    int64_t cutoff;
    if (nargs != 1 || !older)
        return fb_cli_usage(help.verb, "one case and --older-than are needed");
    if (!parse_cutoff(older, &cutoff))
        return fb_cli_usage(help.verb, "--older-than %s: expected an age (90d, 36h) or a time", older);
    struct fb_err err = {0};
    struct fb_retain_report report;
    if (retain(argv[0], older, cutoff, dry_run, &report, &err) != FB_OK) {
        fb_err_wrap(&err, "%s", argv[0]);
        return fb_cli_fail(&err);
    }
    struct fb_buf b;
    fb_buf_init(&b, 65536);
    if (json)
        put_json(&b, &report, cutoff, dry_run);
    else
        put_text(&b, &report, cutoff, dry_run);
    fwrite(b.data, 1, b.len, stdout);
    fb_buf_release(&b);
    return FB_EXIT_OK;
}
