/* Writes a case of N synthetic sessions (default 1,000,000) and asks it the usual questions. Prints rows per
 * CPU second, bytes per row by column group, and milliseconds per query.
 *
 *   bench_store [N [PATH]]       PATH must not exist; without it a file below TMPDIR is made and removed */
#include "store/query.h"
#include "tests/support/store_case.h"

#include <sys/stat.h>

#define MUST(expr)                                                                                           \
    do {                                                                                                     \
        struct fb_err err = {0};                                                                             \
        if ((expr) != FB_OK) {                                                                               \
            fprintf(stderr, "bench_store: %s\n", err.msg);                                                   \
            exit(4);                                                                                         \
        }                                                                                                    \
    } while (0)

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Sessions leave in the order in which they end: a ring of the ones that are open, replaced at random; one in
 * 200 stays long. */
#define OPEN 30000u

static void feed(struct fb_case *c, uint64_t n)
{
    struct fb_session_sink sink = fb_case_sink(c);
    struct gen g, pick;
    struct gen_session *open = calloc(OPEN, sizeof *open);
    uint8_t steps[4096];
    memset(steps, 2, sizeof steps);
    gen_init(&g, 1);
    gen_init(&pick, 2);
    for (uint64_t i = 0; i < n + OPEN; i++) {
        struct gen_session *slot = &open[i < n ? gen_below(&pick, OPEN) : i - n];
        if (slot->s.number) {
            slot->s.service = slot->service;
            slot->s.history = slot->history;
            slot->s.tunnel = slot->tunnel;
            uint32_t pkts = slot->s.evidence_pkts > 4000 ? 4000 : (uint32_t)slot->s.evidence_pkts;
            struct fb_packet_run run = {slot->s.number, slot->s.first_ordinal, pkts, steps, pkts - 1};
            if (sink.packets(sink.ctx, &run) != FB_OK || sink.session(sink.ctx, &slot->s) != FB_OK) {
                fprintf(stderr, "bench_store: %s\n", fb_case_sink_error(c)->msg);
                exit(4);
            }
            slot->s.number = 0;
        }
        if (i < n)
            gen_usual(&g, i + 1, slot);
    }
    free(open);
    MUST(fb_case_add_timeline_run(c, 0, 1, 1, g.ordinal, &err));
}

static void write_case(const char *path, uint64_t n)
{
    struct fb_case *c;
    static const struct fb_case_run run = {"bench", "{}", "{}"};
    struct gen g;
    struct gen_session one;
    gen_init(&g, 1);
    double gen = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t i = 0; i < n; i++)
        gen_usual(&g, i + 1, &one);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    gen = cpu - gen;
    MUST(fb_case_create(path, &c, &err));
    MUST(fb_case_begin(c, &run, &err));
    feed(c, n);
    MUST(fb_case_finish(c, &err));
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - gen;
    wall = seconds(CLOCK_MONOTONIC) - wall - gen;
    fb_case_close(c);
    struct stat st;
    if (stat(path, &st) != 0)
        exit(4);
    printf("write    %.0f rows/CPU-s, %.0f rows/s wall, %.1f bytes/row with the packet index\n",
           (double)n / cpu, (double)n / wall, (double)st.st_size / (double)n);
}

static void ask(struct fb_case *c, const char *what, const char *sql)
{
    double best = 1e9, cpu_best = 1e9;
    uint64_t rows = 0;
    for (int i = 0; i < 2; i++) {
        struct fb_query *q;
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        MUST(fb_query_prepare(c, sql, &q, &err));
        for (rows = 0; fb_query_step(q, NULL) == FB_OK; rows++) {
            struct fb_cell cell;
            for (int k = 0; k < fb_query_ncols(q); k++)
                fb_query_cell(q, k, &cell);
        }
        fb_query_close(q);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        if (i == 0)
            best = wall;
        cpu_best = cpu;
    }
    printf("%-34s first %8.1f ms, again %8.1f ms CPU, %llu rows\n", what, best * 1e3, cpu_best * 1e3,
           (unsigned long long)rows);
}

static void group_sizes(struct fb_case *c, uint64_t n)
{
    struct fb_query *q;
    MUST(fb_query_prepare(c, "SELECT (k >> 22) & 3, k & 15, sum(length(z)) FROM chunk_grp GROUP BY 1, 2", &q,
                          &err));
    while (fb_query_step(q, NULL) == FB_OK) {
        struct fb_cell kind, group, bytes;
        fb_query_cell(q, 0, &kind);
        fb_query_cell(q, 1, &group);
        fb_query_cell(q, 2, &bytes);
        printf("bytes    %s group %lld: %.2f per session\n", kind.i ? "packets" : "sessions",
               (long long)group.i, (double)bytes.i / (double)n);
    }
    fb_query_close(q);
}

static enum fb_status count_row(void *ctx, const struct fb_session *s)
{
    *(uint64_t *)ctx += s->orig_bytes;
    return FB_OK;
}

static void query_case(const char *path, uint64_t n)
{
    struct fb_case *c;
    MUST(fb_case_open(path, &c, &err));
    group_sizes(c, n);
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT * FROM sessions WHERE number = %llu", (unsigned long long)n / 3);
    ask(c, "session by number, all columns", sql);
    snprintf(sql, sizeof sql,
             "SELECT * FROM sessions WHERE ip = (SELECT orig_h FROM sessions WHERE number = %llu)",
             (unsigned long long)n / 2);
    ask(c, "one client, all columns", sql);
    ask(c, "absent address", "SELECT * FROM sessions WHERE ip = '203.0.113.7'");
    ask(c, "common address, 9 columns",
        "SELECT number,ts,orig_h,orig_p,resp_h,resp_p,orig_bytes,resp_bytes,conn_state FROM sessions WHERE "
        "ip='10.0.5.53'");
    ask(c, "sums over everything",
        "SELECT count(*),sum(orig_bytes),sum(resp_bytes),max(duration_ns),sum(orig_pkts) FROM sessions");
    ask(c, "count by conn_state", "SELECT conn_state,count(*) FROM sessions GROUP BY 1");
    ask(c, "top talkers",
        "SELECT orig_h,sum(orig_bytes+resp_bytes) b FROM sessions GROUP BY 1 ORDER BY b DESC LIMIT 10");
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE r(i,x) AS (SELECT 0,12345 UNION ALL SELECT i+1,(x*1103515245+12345)%%2147483648 "
             "FROM r WHERE i<999) "
             "SELECT * FROM sessions WHERE number IN (SELECT 1+x%%%llu FROM r)",
             (unsigned long long)n);
    ask(c, "1000 random numbers, all columns", sql);
    ask(c, "packets of one session", "SELECT * FROM packets WHERE number = 4711");
    double t = seconds(CLOCK_MONOTONIC);
    uint64_t sum = 0;
    MUST(fb_case_each_session(c, count_row, &sum, &err));
    printf("%-34s %.1f ms\n", "every session through the API", (seconds(CLOCK_MONOTONIC) - t) * 1e3);
    t = seconds(CLOCK_MONOTONIC);
    MUST(fb_case_check(c, &err));
    printf("%-34s %.1f ms\n", "check", (seconds(CLOCK_MONOTONIC) - t) * 1e3);
    fb_case_close(c);
}

int main(int argc, char **argv)
{
    char path[256];
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    if (argc > 2)
        snprintf(path, sizeof path, "%s", argv[2]);
    else
        store_temp_path(path);
    write_case(path, n);
    query_case(path, n);
    if (argc <= 2)
        store_remove(path);
    return 0;
}
