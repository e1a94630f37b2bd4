#include "cli/progress.h"

#include "base/timefmt.h"

#include <unistd.h>

const char *const fb_progress_choices[] = {"auto", "text", "json", "none", NULL};

static int64_t monotonic_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * FB_NS_PER_S + ts.tv_nsec;
}

void fb_progress_init(struct fb_progress *p, const struct fb_ingest_opts *o)
{
    *p = (struct fb_progress){.mode = (enum fb_progress_mode)o->progress};
    if (p->mode == FB_PROGRESS_AUTO)
        p->mode = !o->quiet && isatty(STDERR_FILENO) ? FB_PROGRESS_TEXT : FB_PROGRESS_NONE;
    p->start_ns = p->last_ns = monotonic_ns();
}

unsigned fb_bytes_format_human(uint64_t bytes, char out[static FB_BYTES_STRLEN])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    unsigned i = 0;
    uint64_t rest = 0;
    for (; bytes >= 1000; i++) {
        rest = bytes % 1000;
        bytes /= 1000;
    }
    int n = i ? snprintf(out, FB_BYTES_STRLEN, "%u.%u %s", (unsigned)bytes, (unsigned)(rest / 100), unit[i])
              : snprintf(out, FB_BYTES_STRLEN, "%u B", (unsigned)bytes);
    return n > 0 ? (unsigned)n : 0;
}

/* Per second, of n things in the time since the start. */
static uint64_t rate(uint64_t n, int64_t elapsed_ns)
{
    uint64_t ms = (uint64_t)elapsed_ns / FB_NS_PER_MS;
    return ms ? n / ms * 1000 + n % ms * 1000 / ms : 0;
}

static int64_t eta_ns(const struct fb_timeline_progress *t, int64_t elapsed_ns)
{
    uint64_t per_s = rate(t->bytes_done, elapsed_ns);
    if (per_s == 0 || t->bytes_total <= t->bytes_done)
        return 0;
    uint64_t s = (t->bytes_total - t->bytes_done) / per_s;
    return s < 1000000000 ? (int64_t)s * FB_NS_PER_S : 0;
}

static void print_text(const struct fb_timeline_progress *t, int64_t elapsed_ns)
{
    char done[FB_BYTES_STRLEN], total[FB_BYTES_STRLEN], speed[FB_BYTES_STRLEN], left[FB_TIME_STRLEN];
    fb_bytes_format_human(t->bytes_done, done);
    fb_bytes_format_human(t->bytes_total, total);
    fb_bytes_format_human(rate(t->bytes_done, elapsed_ns), speed);
    unsigned long long pkts_s = rate(t->pkts, elapsed_ns);
    if (t->bytes_total == 0) {
        fprintf(stderr, "\r\033[K%s  %s/s  %llu packets  %llu/s", done, speed, (unsigned long long)t->pkts,
                pkts_s);
        return;
    }
    unsigned percent =
        t->bytes_done >= t->bytes_total ? 100 : (unsigned)(t->bytes_done / ((t->bytes_total + 99) / 100));
    fb_time_format_human(eta_ns(t, elapsed_ns), left);
    fprintf(stderr, "\r\033[K%3u %%  %s of %s  %s/s  %llu packets  %llu/s  ETA %s", percent, done, total,
            speed, (unsigned long long)t->pkts, pkts_s, left);
}

static void print_json(const struct fb_timeline_progress *t, uint64_t sessions, int64_t elapsed_ns)
{
    char elapsed[FB_TIME_STRLEN];
    fb_time_format_seconds(elapsed_ns, 3, elapsed);
    fprintf(stderr,
            "{\"bytes_done\":%llu,\"bytes_total\":%llu,\"packets\":%llu,\"sessions\":%llu,\"elapsed_s\":%s,"
            "\"bytes_per_s\":%llu,\"packets_per_s\":%llu}\n",
            (unsigned long long)t->bytes_done, (unsigned long long)t->bytes_total,
            (unsigned long long)t->pkts, (unsigned long long)sessions, elapsed,
            (unsigned long long)rate(t->bytes_done, elapsed_ns),
            (unsigned long long)rate(t->pkts, elapsed_ns));
}

void fb_progress_step(struct fb_progress *p, const struct fb_timeline *t, uint64_t sessions)
{
    if (p->mode == FB_PROGRESS_NONE)
        return;
    int64_t now = monotonic_ns();
    if (now - p->last_ns < (p->mode == FB_PROGRESS_JSON ? FB_NS_PER_S : FB_NS_PER_S / 5))
        return;
    p->last_ns = now;
    p->shown = true;
    struct fb_timeline_progress at;
    fb_timeline_progress(t, &at);
    if (p->mode == FB_PROGRESS_JSON)
        print_json(&at, sessions, now - p->start_ns);
    else
        print_text(&at, now - p->start_ns);
    fflush(stderr);
}

void fb_progress_end(struct fb_progress *p, const struct fb_timeline *t, uint64_t sessions)
{
    if (p->mode == FB_PROGRESS_TEXT && p->shown)
        fputs("\r\033[K", stderr);
    if (p->mode == FB_PROGRESS_JSON) {
        struct fb_timeline_progress at;
        fb_timeline_progress(t, &at);
        print_json(&at, sessions, monotonic_ns() - p->start_ns);
    }
}
