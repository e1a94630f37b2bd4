#include "tests/support/store_case.h"

#include "store/case_impl.h"

#include <unistd.h>

#define MUST(expr) FB_BUG((expr) != FB_OK)

static const struct fb_case_run run = {"0.0", "{\"a\":1}", "{\"host\":\"x\"}"};

/* Session i has packets 3i+1, 3i+3, 3i+2: a step back included. One in 50 gets them in two pieces. */
static void send_packets(const struct fb_session_sink *sink, uint64_t number)
{
    uint8_t steps[20];
    size_t n = fb_put_varint(steps, fb_zigzag(2));
    size_t m = fb_put_varint(steps + n, fb_zigzag(-1));
    struct fb_packet_run piece = {number, 3 * number + 1, 3, steps, n + m};
    if (number % 50 == 0) {
        piece.pkts = 2;
        piece.steps_bytes = n;
        MUST(sink->packets(sink->ctx, &piece));
        piece = (struct fb_packet_run){number, 3 * number + 2, 1, NULL, 0};
    }
    MUST(sink->packets(sink->ctx, &piece));
}

static uint64_t *numbers_in(enum store_order order, uint64_t n)
{
    uint64_t *at = malloc((n + 1) * sizeof *at);
    struct gen g;
    gen_init(&g, 5);
    for (uint64_t i = 0; i < n; i++)
        at[i] = order == STORE_BACKWARD ? n - i : i + 1;
    for (uint64_t i = n; order == STORE_SHUFFLED && i > 1; i--) {
        uint64_t k = gen_below(&g, i), t = at[k];
        at[k] = at[i - 1];
        at[i - 1] = t;
    }
    return at;
}

struct gen_session *store_make_sessions(uint64_t n, bool wild)
{
    struct gen_session *all = calloc(n + 1, sizeof *all);
    struct gen g;
    gen_init(&g, 42);
    for (uint64_t i = 0; i < n; i++) {
        if (wild)
            gen_wild(&g, i + 1, &all[i]);
        else
            gen_usual(&g, i + 1, &all[i]);
    }
    return all;
}

struct fb_case *store_write_case(const char *path, const struct gen_session *all, uint64_t n,
                                 enum store_order order, size_t ceiling)
{
    return store_write_case_with(path, all, n, order, ceiling, NULL, NULL);
}

struct fb_case *store_write_case_with(const char *path, const struct gen_session *all, uint64_t n,
                                      enum store_order order, size_t ceiling,
                                      void (*extra)(struct fb_case *c, void *ctx), void *ctx)
{
    struct fb_case *c;
    MUST(fb_case_create(path, &c, NULL));
    MUST(fb_case_begin(c, &run, NULL));
    if (ceiling)
        fb_case_set_window_ceiling(c, ceiling);
    struct fb_session_sink sink = fb_case_sink(c);
    uint64_t *at = numbers_in(order, n);
    for (uint64_t i = 0; i < n; i++) {
        send_packets(&sink, at[i]);
        MUST(sink.session(sink.ctx, &all[at[i] - 1].s));
    }
    free(at);
    struct fb_evidence e = {.path = (char *)(uintptr_t) "x.pcap",
                            .size_bytes = 24,
                            .pkts = 3 * n,
                            .first_ts_ns = 5,
                            .last_ts_ns = 6};
    MUST(fb_case_add_evidence(c, &e, NULL));
    e.path = NULL;
    MUST(fb_case_add_evidence(c, &e, NULL));
    MUST(fb_case_add_timeline_run(c, 0, 4, 1, n, NULL));
    MUST(fb_case_add_timeline_run(c, 1, 4 + n, 1, 2 * n + 10, NULL));
    MUST(fb_case_add_counter(c, "non_ip_pkts", 7, NULL));
    if (extra)
        extra(c, ctx);
    MUST(fb_case_finish(c, NULL));
    return c;
}

void store_temp_path(char out[static 256])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, 240, "%s/fbstoreXXXXXX", tmp && *tmp ? tmp : "/tmp");
    FB_BUG(!mkdtemp(out));
    snprintf(out + strlen(out), 16, "/a.fbcase");
}

void store_remove(const char *path)
{
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    char t[300];
    for (size_t i = 0; i < 4; i++) {
        snprintf(t, sizeof t, "%s%s", path, suffix[i]);
        unlink(t);
    }
    snprintf(t, sizeof t, "%s", path);
    char *slash = strrchr(t, '/');
    if (slash) {
        *slash = '\0';
        rmdir(t);
    }
}
