/* Writes a case of N synthetic sessions (default 1,000,000), copies its rows into a plain SQLite table with
 * four indexes, and asks both the same questions. tests/bench/case.py runs it, adds DuckDB over Parquet when
 * that is installed, compares the answers and prints one table.
 *
 *   bench_store N DIR [csv]      writes DIR/bench.fbcase, DIR/plain.db and with `csv` DIR/rows.csv
 *   bench_store N DIR ask [WORD] asks the case that an earlier run left there (or writes it), only
 *                                questions with WORD in their name
 *
 * Lines on stdout, separated by tabs:
 *   write ENGINE rows-per-CPU-second bytes-per-row
 *   group NAME bytes-per-row
 *   ask   ENGINE NAME cold-ms warm-cpu-ms rows hash
 *   speed NAME million-bytes-per-CPU-second
 *   sql   NAME statement          for engines with the table `s`
 * Cold: the file dropped from the page cache, opening included. Hash: the sum over rows, so their order does
 * not matter. */
#include "base/buf.h"
#include "store/case_impl.h"
#include "store/query.h"
#include "tests/support/bench_case.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fb_err last;

static void must(enum fb_status st)
{
    if (st == FB_OK)
        return;
    fprintf(stderr, "bench_store: %s\n", last.msg);
    exit(4);
}

static void must_sql(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "bench_store: SQLite: %s\n", sqlite3_errmsg(db));
    exit(4);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double cpu_now(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void print_write(const char *engine, uint64_t n, double cpu, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        exit(4);
    printf("write\t%s\t%.0f\t%.1f\n", engine, (double)n / cpu, (double)st.st_size / (double)n);
    fflush(stdout);
}

/* ---- the case ---- */

static void write_case(const char *path, uint64_t n)
{
    struct fb_case *c;
    static const struct fb_case_run run = {"bench", "{}", "{}"};
    struct gen g;
    struct gen_session one;
    gen_init(&g, 1);
    double gen = cpu_now();
    for (uint64_t i = 0; i < n; i++)
        bench_usual(&g, i + 1, &one);
    double cpu = cpu_now();
    gen = cpu - gen;
    must(fb_case_create(path, &c, &last));
    must(fb_case_begin(c, &run, &last));
    bench_feed(c, n);
    must(fb_case_finish(c, &last));
    print_write("fbcase", n, cpu_now() - cpu - gen, path);
    fb_case_close(c);
    bench_add_names(path, n);
    print_write("with names", n, cpu_now() - cpu - gen, path);
}

static void group_sizes(const char *path, uint64_t n)
{
    struct fb_case *c;
    struct fb_query *q;
    must(fb_case_open(path, &c, &last));
    must(fb_query_prepare(c, "SELECT (k >> 22) & 3, k & 15, sum(length(z)) FROM chunk_grp GROUP BY 1, 2", &q,
                          &last));
    while (fb_query_step(q, NULL) == FB_OK) {
        struct fb_cell kind, group, bytes;
        fb_query_cell(q, 0, &kind);
        fb_query_cell(q, 1, &group);
        fb_query_cell(q, 2, &bytes);
        printf("group\t%s %lld\t%.2f\n",
               kind.i == FB_KIND_SESSIONS  ? "sessions"
               : kind.i == FB_KIND_PACKETS ? "packets"
                                           : "filters",
               (long long)group.i, (double)bytes.i / (double)n);
    }
    fb_query_close(q);
    fb_case_close(c);
}

/* ---- the same rows elsewhere ---- */

#define COLUMNS                                                                                              \
    "number,ts,duration_ns,orig_h,orig_p,resp_h,resp_p,proto,service,conn_state,history,orig_bytes,"         \
    "resp_bytes,missed_bytes,orig_pkts,resp_pkts,orig_ip_bytes,resp_ip_bytes,ip_proto,vlan,orig_ttl,"        \
    "resp_ttl,end_reason,segments,segment_gap_sum_ns,segment_regularity_ppm,syn_synack_ns,synack_ack_ns,"    \
    "orig_retrans_pkts,resp_retrans_pkts,orig_ooo_pkts,resp_ooo_pkts,first_ordinal,evidence_pkts"
#define NCOLUMNS 35 /* and the name */

struct copy {
    sqlite3 *db;
    sqlite3_stmt *insert;
    FILE *csv;
};

/* One row: numbers, and texts where there is one; -1 for a time that was not seen is NULL. */
struct flat {
    int64_t v[NCOLUMNS];
    const char *text[NCOLUMNS];
    char orig[FB_ADDR_STRLEN], resp[FB_ADDR_STRLEN], name[BENCH_NAME_ROOM];
};

static void flatten(const struct fb_session *s, struct flat *f)
{
    const uint64_t v[NCOLUMNS] = {s->number,
                                  (uint64_t)s->ts_ns,
                                  (uint64_t)s->duration_ns,
                                  0,
                                  s->orig_p,
                                  0,
                                  s->resp_p,
                                  0,
                                  0,
                                  0,
                                  0,
                                  s->orig_bytes,
                                  s->resp_bytes,
                                  s->missed_bytes,
                                  s->orig_pkts,
                                  s->resp_pkts,
                                  s->orig_ip_bytes,
                                  s->resp_ip_bytes,
                                  s->ip_proto,
                                  s->vlan,
                                  s->orig_ttl,
                                  s->resp_ttl,
                                  0,
                                  s->segments,
                                  s->segment_gap_sum_ns,
                                  s->segment_regularity_ppm,
                                  (uint64_t)s->syn_synack_ns,
                                  (uint64_t)s->synack_ack_ns,
                                  s->orig_retrans_pkts,
                                  s->resp_retrans_pkts,
                                  s->orig_ooo_pkts,
                                  s->resp_ooo_pkts,
                                  s->first_ordinal,
                                  s->evidence_pkts};
    memcpy(f->v, v, sizeof v);
    memset(f->text, 0, sizeof f->text);
    fb_addr_format(&s->orig_h, f->orig);
    fb_addr_format(&s->resp_h, f->resp);
    f->text[3] = f->orig;
    f->text[5] = f->resp;
    f->text[7] = fb_session_proto_name(s->proto);
    f->text[8] = s->service;
    f->text[9] = fb_conn_state_name((enum fb_conn_state)s->conn_state);
    f->text[10] = s->history;
    f->text[34] = bench_name(s, f->name) ? f->name : "";
    f->text[22] = fb_end_reason_name((enum fb_end_reason)s->end_reason);
}

static enum fb_status copy_row(void *ctx, const struct fb_session *s)
{
    struct copy *to = ctx;
    struct flat f;
    flatten(s, &f);
    for (int i = 0; i < NCOLUMNS && to->insert; i++) {
        if (f.text[i] ? !*f.text[i] : (i == 26 || i == 27) && f.v[i] == -1)
            sqlite3_bind_null(to->insert, i + 1);
        else if (f.text[i])
            sqlite3_bind_text(to->insert, i + 1, f.text[i], -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(to->insert, i + 1, f.v[i]);
    }
    if (to->insert) {
        must_sql(to->db, sqlite3_step(to->insert));
        sqlite3_reset(to->insert);
    }
    for (int i = 0; i < NCOLUMNS && to->csv; i++) {
        if (i)
            putc(',', to->csv);
        if (f.text[i])
            fputs(f.text[i], to->csv);
        else if ((i != 26 && i != 27) || f.v[i] != -1)
            fprintf(to->csv, "%lld", (long long)f.v[i]);
    }
    if (to->csv)
        putc('\n', to->csv);
    return FB_OK;
}

static enum fb_status no_row(void *ctx, const struct fb_session *s)
{
    struct flat f;
    flatten(s, &f);
    *(uint64_t *)ctx += (uint64_t)f.v[11];
    return FB_OK;
}

static void write_plain(struct fb_case *c, const char *path, uint64_t n)
{
    struct copy to = {0};
    uint64_t sum = 0;
    double reading = cpu_now();
    must(fb_case_each_session(c, no_row, &sum, &last));
    double cpu = cpu_now();
    reading = cpu - reading;
    must_sql(NULL, sqlite3_open(path, &to.db));
    must_sql(to.db,
             sqlite3_exec(to.db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", NULL, NULL, NULL));
    must_sql(to.db,
             sqlite3_exec(to.db,
                          "CREATE TABLE s(" COLUMNS ",resp_domain, PRIMARY KEY(number)) WITHOUT ROWID; BEGIN",
                          NULL, NULL, NULL));
    struct fb_buf sql;
    fb_buf_init(&sql, 4096);
    fb_buf_puts(&sql, "INSERT INTO s VALUES(?");
    for (int i = 1; i < NCOLUMNS; i++)
        fb_buf_puts(&sql, ",?");
    fb_buf_putc(&sql, ')');
    must_sql(to.db, sqlite3_prepare_v2(to.db, fb_buf_cstr(&sql), -1, &to.insert, NULL));
    fb_buf_release(&sql);
    must(fb_case_each_session(c, copy_row, &to, &last));
    sqlite3_finalize(to.insert);
    must_sql(to.db,
             sqlite3_exec(to.db,
                          "COMMIT; CREATE INDEX i1 ON s(ts); CREATE INDEX i2 ON s(orig_h); CREATE INDEX i3 "
                          "ON s(resp_h); CREATE INDEX i4 ON s(resp_p); PRAGMA wal_checkpoint(TRUNCATE); "
                          "PRAGMA journal_mode=DELETE",
                          NULL, NULL, NULL));
    sqlite3_close(to.db);
    print_write("sqlite", n, cpu_now() - cpu - reading, path);
}

static void write_csv(struct fb_case *c, const char *path)
{
    struct copy to = {.csv = fopen(path, "we")};
    if (!to.csv)
        exit(4);
    fputs(COLUMNS ",resp_domain\n", to.csv);
    must(fb_case_each_session(c, copy_row, &to, &last));
    if (fclose(to.csv) != 0)
        exit(4);
}

/* ---- questions ---- */

static void evict(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

/* FNV-1a over the cells of a row as text, each with a 0x1f behind it. */
static uint32_t hash_bytes(uint32_t h, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)p)[i]) * 16777619u;
    return (h ^ 0x1f) * 16777619u;
}

/* As its decimal digits, which is what SQLite's text of it is; snprintf would be a sixth of what is measured. */
static uint32_t hash_int(uint32_t h, int64_t v)
{
    char t[20];
    size_t at = sizeof t;
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        t[--at] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (v < 0)
        t[--at] = '-';
    return hash_bytes(h, t + at, sizeof t - at);
}

struct result {
    uint64_t rows;
    uint32_t hash;
};

static struct result run_case(struct fb_case *c, const char *sql)
{
    struct result r = {0};
    struct fb_query *q;
    must(fb_query_prepare(c, sql, &q, &last));
    enum fb_status st;
    for (; (st = fb_query_step(q, &last)) == FB_OK; r.rows++) {
        uint32_t h = 2166136261u;
        for (int k = 0; k < fb_query_ncols(q); k++) {
            struct fb_cell cell;
            fb_query_cell(q, k, &cell);
            if (cell.type == FB_CELL_INT)
                h = hash_int(h, cell.i);
            else
                h = hash_bytes(h, cell.p, cell.type == FB_CELL_TEXT ? cell.n : 0);
        }
        r.hash += h;
    }
    must(st == FB_EOF ? FB_OK : st);
    fb_query_close(q);
    return r;
}

static struct result run_plain(sqlite3 *db, const char *sql)
{
    struct result r = {0};
    sqlite3_stmt *st;
    must_sql(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL));
    int rc;
    for (; (rc = sqlite3_step(st)) == SQLITE_ROW; r.rows++) {
        uint32_t h = 2166136261u;
        for (int k = 0; k < sqlite3_column_count(st); k++) {
            const void *p = sqlite3_column_text(st, k);
            h = hash_bytes(h, p, (size_t)sqlite3_column_bytes(st, k));
        }
        r.hash += h;
    }
    must_sql(db, rc);
    sqlite3_finalize(st);
    return r;
}

static void print_ask(const char *engine, const char *name, double cold, double warm, struct result r)
{
    printf("ask\t%s\t%s\t%.2f\t%.2f\t%llu\t%u\n", engine, name, cold * 1e3, warm * 1e3,
           (unsigned long long)r.rows, r.hash);
    fflush(stdout);
}

static void ask_case(const char *path, const char *name, const char *sql)
{
    struct fb_case *c;
    evict(path);
    double cold = seconds(CLOCK_MONOTONIC);
    must(fb_case_open(path, &c, &last));
    run_case(c, sql);
    cold = seconds(CLOCK_MONOTONIC) - cold;
    double warm = cpu_now();
    struct result r = run_case(c, sql);
    print_ask("fbcase", name, cold, cpu_now() - warm, r);
    fb_case_close(c);
}

static void ask_plain(const char *path, const char *name, const char *sql)
{
    sqlite3 *db;
    evict(path);
    double cold = seconds(CLOCK_MONOTONIC);
    must_sql(NULL, sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL));
    run_plain(db, sql);
    cold = seconds(CLOCK_MONOTONIC) - cold;
    double warm = cpu_now();
    struct result r = run_plain(db, sql);
    print_ask("sqlite", name, cold, cpu_now() - warm, r);
    sqlite3_close(db);
}

static char *text_of(struct fb_case *c, const char *sql)
{
    struct fb_query *q;
    struct fb_cell cell;
    must(fb_query_prepare(c, sql, &q, &last));
    must(fb_query_step(q, &last));
    fb_query_cell(q, 0, &cell);
    char *t = NULL;
    if (cell.type == FB_CELL_INT ? asprintf(&t, "%lld", (long long)cell.i) < 0
                                 : !(t = strndup(cell.p, cell.n)))
        exit(4);
    fb_query_close(q);
    return t;
}

/* In a statement: $T the table, $R a rare and $C the busiest address, $A and $B a tenth of the time, $N the
 * number of a session, $L a list of 1000; with BENCH_ an address and an ending of names in a fortieth and a
 * twentieth of the sessions. */
#define NINE_COLUMNS "number,ts,orig_h,orig_p,resp_h,resp_p,orig_bytes,resp_bytes,conn_state"
#define NAMED                                                                                                \
    "SELECT number, ts, orig_h, resp_h, resp_domain FROM $T WHERE resp_domain LIKE '%" BENCH_SUFFIX "'"
static const struct question {
    const char *name, *ours, *theirs;
} questions[] = {
    {"session by number", "SELECT " COLUMNS " FROM $T WHERE number = $N", NULL},
    {"rare address, all columns", "SELECT " COLUMNS " FROM sessions WHERE ip = '$R'",
     "SELECT " COLUMNS " FROM s WHERE orig_h = '$R' OR resp_h = '$R'"},
    {"absent address", "SELECT number FROM sessions WHERE ip = '203.0.113.7'",
     "SELECT number FROM s WHERE orig_h = '203.0.113.7' OR resp_h = '203.0.113.7'"},
    {"common address, 9 columns", "SELECT " NINE_COLUMNS " FROM sessions WHERE ip = '" BENCH_SERVER "'",
     "SELECT " NINE_COLUMNS " FROM s WHERE orig_h = '" BENCH_SERVER "' OR resp_h = '" BENCH_SERVER "'"},
    {"busiest address, 9 columns", "SELECT " NINE_COLUMNS " FROM sessions WHERE ip = '$C'",
     "SELECT " NINE_COLUMNS " FROM s WHERE orig_h = '$C' OR resp_h = '$C'"},
    {"domain suffix, 5 columns", NAMED, NULL},
    {"top talkers, tenth of the time", "SELECT key, value FROM top('orig_h', 'bytes', 10, $A, $B)",
     "SELECT orig_h, sum(orig_bytes + resp_bytes) v FROM s WHERE ts >= $A AND ts < $B GROUP BY 1 ORDER BY v "
     "DESC LIMIT 10"},
    {"top talkers, all", "SELECT key, value FROM top('orig_h', 'bytes', 10)",
     "SELECT orig_h, sum(orig_bytes + resp_bytes) v FROM s GROUP BY 1 ORDER BY v DESC LIMIT 10"},
    {"top ports, all (scan)", "SELECT key, value FROM top('resp_p', 'bytes', 10)",
     "SELECT resp_p, sum(orig_bytes + resp_bytes) v FROM s GROUP BY 1 ORDER BY v DESC LIMIT 10"},
    {"sums over everything", "SELECT sessions, orig_bytes, resp_bytes, packets FROM rollup('all')",
     "SELECT count(*), sum(orig_bytes), sum(resp_bytes), sum(orig_pkts + resp_pkts) FROM s"},
    {"five sums by VLAN (scan)", "SELECT key, sessions, orig_bytes, resp_bytes, packets FROM rollup('vlan')",
     "SELECT vlan, count(*), sum(orig_bytes), sum(resp_bytes), sum(orig_pkts + resp_pkts) FROM s GROUP BY 1"},
    {"five aggregates in SQL",
     "SELECT count(*), sum(orig_bytes), sum(resp_bytes), max(duration_ns), sum(orig_pkts) FROM $T", NULL},
    {"count by conn_state", "SELECT key, sessions FROM rollup('conn_state')",
     "SELECT conn_state, count(*) FROM s GROUP BY 1"},
    {"count by end_reason (scan)", "SELECT key, sessions FROM rollup('end_reason')",
     "SELECT end_reason, count(*) FROM s GROUP BY 1"},
    {"by conn_state in SQL", "SELECT conn_state, count(*) FROM $T GROUP BY 1", NULL},
    {"timeline by hour", "SELECT ts, sessions, bytes FROM timeline(3600)",
     "SELECT ts - ts % 3600000000000 AS b, count(*), sum(orig_bytes + resp_bytes) FROM s GROUP BY 1"},
    {"ten largest pairs", "SELECT orig_h, resp_h, bytes FROM pairs(10)",
     "SELECT orig_h, resp_h, sum(orig_bytes + resp_bytes) v FROM s GROUP BY 1, 2 ORDER BY v DESC LIMIT 10"},
    {"1000 random numbers, all columns", "SELECT " COLUMNS " FROM $T WHERE number IN ($L)", NULL},
};

/* What stands for a letter; an allocation. Only what a statement needs is looked up. */
static char *word_of(struct fb_case *c, char letter, uint64_t n)
{
    char sql[300], *text = NULL;
    struct gen g;
    struct fb_buf list;
    switch (letter) {
    case 'R':
        return text_of(
            c, "SELECT key FROM rollup('ip') WHERE sessions BETWEEN 5 AND 7 ORDER BY abs(sessions - 6), key");
    case 'C':
        return text_of(c, "SELECT key FROM top('ip', 'sessions', 1)");
    case 'A':
    case 'B':
        snprintf(sql, sizeof sql, "SELECT ts FROM sessions WHERE number = %llu",
                 (unsigned long long)(letter == 'A' ? n / 2 : n * 6 / 10));
        return text_of(c, sql);
    case 'N':
        if (asprintf(&text, "%llu", (unsigned long long)(n / 3)) < 0)
            exit(4);
        return text;
    default:
        gen_init(&g, 9);
        fb_buf_init(&list, 1u << 16);
        for (unsigned i = 0; i < 1000; i++)
            fb_buf_printf(&list, "%s%llu", i ? "," : "", (unsigned long long)(1 + gen_below(&g, n)));
        text = strdup(fb_buf_cstr(&list));
        fb_buf_release(&list);
        return text;
    }
}

#define WORDS "RCABNL"

static void expand(const char *sql, struct fb_case *c, uint64_t n, char **words, const char *table,
                   struct fb_buf *out)
{
    fb_buf_clear(out);
    for (const char *p = sql; *p; p++) {
        if (*p != '$') {
            fb_buf_putc(out, *p);
            continue;
        }
        char **word = *++p == 'T' ? NULL : &words[strchr(WORDS, *p) - WORDS];
        if (word && !*word)
            *word = word_of(c, *p, n);
        fb_buf_puts(out, word ? *word : table);
    }
}

/* The chunks of the case; the speed is that of the file's bytes by CPU time. */
static void check_case(const char *path, const char *name, enum fb_check_part part)
{
    struct fb_case *c;
    struct stat st;
    evict(path);
    must(fb_case_open(path, &c, &last));
    double cpu = cpu_now(), wall = seconds(CLOCK_MONOTONIC);
    must(fb_case_check_part(c, part, &last));
    cpu = cpu_now() - cpu;
    print_ask("fbcase", name, seconds(CLOCK_MONOTONIC) - wall, cpu, (struct result){0});
    fb_case_close(c);
    if (stat(path, &st) == 0)
        printf("speed\t%s\t%.0f\n", name, (double)st.st_size / cpu / 1e6);
}

/* Every question to both, or with `ours` those that have `word` in their name to the case alone. */
static void ask_all(const char *ours, const char *plain, uint64_t n, const char *word)
{
    struct fb_buf sql;
    struct fb_case *c;
    char *words[sizeof WORDS] = {NULL};
    fb_buf_init(&sql, 1u << 17);
    must(fb_case_open(ours, &c, &last));
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct question *q = &questions[i];
        if (word && !strstr(q->name, word))
            continue;
        expand(q->ours, c, n, words, "sessions", &sql);
        ask_case(ours, q->name, fb_buf_cstr(&sql));
        if (!plain)
            continue;
        expand(q->theirs ? q->theirs : q->ours, c, n, words, "s", &sql);
        ask_plain(plain, q->name, fb_buf_cstr(&sql));
        printf("sql\t%s\t%s\n", q->name, fb_buf_cstr(&sql));
    }
    fb_buf_release(&sql);
    fb_case_close(c);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        free(words[i]);
    if (!word || strstr("verify bytes", word))
        check_case(ours, "verify bytes", FB_CHECK_BYTES);
    if (!word || strstr("verify rows", word))
        check_case(ours, "verify rows", FB_CHECK_CHUNKS);
}

static int ask_again(const char *path, uint64_t n, const char *word)
{
    if (access(path, F_OK) != 0)
        write_case(path, n);
    ask_all(path, NULL, n, word);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: bench_store N DIR [csv | ask [WORD]]\n", stderr);
        return 2;
    }
    uint64_t n = strtoull(argv[1], NULL, 10);
    char path[3][300];
    static const char *const file[3] = {"bench.fbcase", "plain.db", "rows.csv"};
    bool again = argc > 3 && strcmp(argv[3], "ask") == 0;
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", argv[2], file[i]);
        if (!again)
            unlink(path[i]);
    }
    if (again)
        return ask_again(path[0], n, argc > 4 ? argv[4] : "");
    struct fb_case *c;
    write_case(path[0], n);
    group_sizes(path[0], n);
    must(fb_case_open(path[0], &c, &last));
    write_plain(c, path[1], n);
    if (argc > 3)
        write_csv(c, path[2]);
    fb_case_close(c);
    ask_all(path[0], path[1], n, NULL);
    return 0;
}
