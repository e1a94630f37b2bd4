/* An ingest that is killed: whatever the instant, the case is absent, or opens and verifies, and going on
 * with it ends with the digests of an ingest that was not interrupted. FB_KILLS: how many kills (20 unless
 * given). */
#include "base/cursor.h"
#include "store/case.h"
#include "store/rectab.h"
#include "tests/support/store_case.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SESSIONS 150000u /* two full windows and a rest */

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        struct fb_err err = {0};                                                                             \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

static char capture[300], reference[300], victim[300], program[300];
static struct fb_case_info want;
static char want_tables[4096]; /* of facts and layers, with their digests */
static int64_t whole_ns;       /* what an ingest takes */

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* UDP without checksum over raw IPv4: session i begins at i milliseconds, every 50th lasts until the end, so
 * that windows wait for it. */
static void put_packet(FILE *f, uint32_t i, uint32_t ms)
{
    uint8_t b[16 + 20 + 8 + 4] = {0};
    fb_store_le32(b, 1700000000 + ms / 1000);
    fb_store_le32(b + 4, ms % 1000 * 1000);
    fb_store_le32(b + 8, 32);
    fb_store_le32(b + 12, 32);
    uint8_t *ip = b + 16;
    ip[0] = 0x45;
    ip[3] = 32;
    ip[8] = 64;
    ip[9] = 17;
    fb_store_be32(ip + 12, 0x0a000000 + i);
    fb_store_be32(ip + 16, 0xc0a80001 + i % 7);
    uint32_t sum = 0;
    for (int k = 0; k < 20; k += 2)
        sum += (uint32_t)(ip[k] << 8 | ip[k + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    fb_store_be16(ip + 10, (uint16_t) ~((sum & 0xffff) + (sum >> 16)));
    fb_store_be16(ip + 20, 40000);
    fb_store_be16(ip + 22, 5000);
    fb_store_be16(ip + 24, 12);
    assert_int_equal(fwrite(b, sizeof b, 1, f), 1);
}

static void write_capture(const char *path)
{
    uint8_t head[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
    fb_store_le32(head + 16, 65535);
    fb_store_le32(head + 20, 101);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(head, sizeof head, 1, f), 1);
    for (uint32_t i = 0; i < SESSIONS; i++) {
        put_packet(f, i, i);
        if (i >= 1000)
            put_packet(f, i % 50 ? i - 1000 : i - 500, i);
    }
    assert_int_equal(fclose(f), 0);
}

static pid_t start(const char *a, const char *b, const char *c, const char *d)
{
    pid_t p = fork();
    assert_true(p >= 0);
    if (p == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2);
        execl(program, program, "ingest", "-q", a, b, c, d, (char *)NULL);
        _exit(127);
    }
    return p;
}

static int end_of(pid_t p)
{
    int status;
    assert_int_equal(waitpid(p, &status, 0), p);
    return status;
}

static void assert_exits(pid_t p, int code)
{
    int status = end_of(p);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void kill_after(pid_t p, int64_t ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    nanosleep(&t, NULL);
    kill(p, SIGKILL);
    (void)end_of(p);
}

/* Opens, verifies, and says of what it is; true when it is complete. */
static bool look(const char *path, struct fb_case_info *info)
{
    struct fb_case *c;
    CHECK(fb_case_open(path, &c, &err));
    CHECK(fb_case_info(c, info, &err));
    CHECK(fb_case_check(c, &err));
    assert_true(info->complete || info->sessions <= SESSIONS);
    assert_true(info->good.sessions <= info->sessions);
    assert_int_equal(info->good.ordinal != 0, info->good.sessions != 0);
    assert_int_equal(info->good.pkt_no, info->good.ordinal); /* one file */
    fb_case_close(c);
    return info->complete;
}

static void list_tables(const char *path, char *out, size_t cap)
{
    struct fb_case *c;
    struct fb_rec_info t;
    char hex[FB_DIGEST_HEXLEN];
    size_t n = 0;
    CHECK(fb_case_open(path, &c, &err));
    out[0] = '\0';
    for (size_t i = 0; fb_case_record_table(c, i, &t, NULL) == FB_OK && n < cap; i++) {
        fb_hex(t.digest.b, FB_DIGEST_LEN, hex);
        n += (size_t)snprintf(out + n, cap - n, "%s %llu %s\n", t.name, (unsigned long long)t.nrows, hex);
    }
    fb_case_close(c);
}

static void assert_whole(const char *path)
{
    struct fb_case_info got;
    char log[320], tables[sizeof want_tables];
    struct stat st;
    assert_true(look(path, &got));
    assert_memory_equal(&got.case_digest, &want.case_digest, sizeof got.case_digest);
    assert_memory_equal(&got.packet_index_digest, &want.packet_index_digest, sizeof got.case_digest);
    assert_memory_equal(&got.evidence_digest, &want.evidence_digest, sizeof got.case_digest);
    assert_memory_equal(&got.records_digest, &want.records_digest, sizeof got.case_digest);
    list_tables(path, tables, sizeof tables);
    assert_string_equal(tables, want_tables);
    assert_int_equal(got.pkts, want.pkts);
    assert_int_equal(got.sessions, want.sessions);
    snprintf(log, sizeof log, "%s-wal", path);
    assert_int_not_equal(stat(log, &st), 0);
}

static void remove_victim(void)
{
    char t[320];
    static const char *const suffix[] = {"", "-wal", "-shm", ".new"};
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        snprintf(t, sizeof t, "%s%s", victim, suffix[i]);
        (void)unlink(t);
    }
}

static void killed_at_any_instant_it_opens_and_goes_on_to_the_same_digests(void **state)
{
    (void)state;
    const char *n = getenv("FB_KILLS");
    long kills = n ? strtol(n, NULL, 10) : 12, absent = 0, incomplete = 0, complete = 0;
    for (long i = 0; i < kills; i++) {
        struct fb_case_info info;
        struct stat st;
        remove_victim();
        kill_after(start(capture, "-o", victim, NULL), whole_ns / kills * i);
        if (stat(victim, &st) != 0)
            absent++;
        else if (look(victim, &info))
            complete++;
        else
            incomplete++;
        /* Every third is killed again while it goes on. */
        if (i % 3 == 0)
            kill_after(start("--resume", capture, "-o", victim), whole_ns / kills * (kills - i));
        assert_exits(start("--resume", capture, "-o", victim), 0);
        assert_whole(victim);
    }
    print_message("%ld kills: %ld absent, %ld incomplete, %ld complete\n", kills, absent, incomplete,
                  complete);
    assert_true(incomplete > 0);
}

/* Goes to the first moment at which a window is in the file. */
static void interrupt_after_a_window(void)
{
    struct fb_case_info info = {0};
    remove_victim();
    for (int64_t ns = whole_ns / 3; info.good.sessions == 0; ns += whole_ns / 20) {
        assert_true(ns < 8 * whole_ns);
        remove_victim();
        kill_after(start(capture, "-o", victim, NULL), ns);
        if (access(victim, F_OK) == 0 && look(victim, &info))
            skip(); /* this machine is too busy to be interrupted in time */
    }
}

static void flip_byte(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    int ch = fgetc(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    fputc(ch ^ 1, f);
    assert_int_equal(fclose(f), 0);
}

static void evidence_that_changed_is_noticed_in_the_windows_that_were_written(void **state)
{
    (void)state;
    interrupt_after_a_window();
    /* In the middle, where no sample of the file looks: the address of a session of the first window. */
    const long at = 24 + 30000L * 48 + 16 + 13;
    flip_byte(capture, at);
    assert_exits(start("--resume", victim, NULL, NULL), 5);
    flip_byte(capture, at);
    assert_exits(start("--resume", victim, NULL, NULL), 0);
    assert_whole(victim);
}

static void a_case_can_be_read_while_it_is_written(void **state)
{
    (void)state;
    struct fb_case_info info = {0};
    uint64_t last = 0;
    int looks = 0, status;
    remove_victim();
    pid_t p = start(capture, "-o", victim, NULL);
    while (waitpid(p, &status, WNOHANG) == 0) {
        if (access(victim, F_OK) != 0)
            continue;
        look(victim, &info);
        assert_true(info.sessions >= last);
        last = info.sessions;
        looks++;
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(looks > 0);
    assert_exits(start("--resume", victim, NULL, NULL), 0);
    assert_whole(victim);
}

static void only_one_writes_to_a_case(void **state)
{
    (void)state;
    struct fb_case *c;
    static const struct fb_case_run run = {"0.0", "{}", "{}"};
    remove_victim();
    CHECK(fb_case_create(victim, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    assert_exits(start("--resume", capture, "-o", victim), 5); /* no plan: it was not made by an ingest */
    struct fb_case *second;
    struct fb_err why = {0};
    assert_int_equal(fb_case_resume(victim, &run, &second, &why), FB_ERR_USAGE);
    assert_non_null(strstr(why.msg, "another process"));
    fb_case_close(c);
    CHECK(fb_case_resume(victim, &run, &c, &err));
    CHECK(fb_case_finish(c, &err));
    fb_case_close(c);
    assert_int_equal(fb_case_resume(victim, &run, &second, &why), FB_ERR_USAGE);
    assert_non_null(strstr(why.msg, "complete"));
}

static int set_up(void **state)
{
    (void)state;
    const char *b = getenv("B");
    snprintf(program, sizeof program, "%s/fbforensics", b && *b ? b : "build");
    store_temp_path(reference);
    snprintf(capture, sizeof capture, "%.240s.pcap", reference);
    snprintf(victim, sizeof victim, "%.240s.victim", reference);
    write_capture(capture);
    int64_t t = now_ns();
    assert_exits(start(capture, "-o", reference, NULL), 0);
    whole_ns = now_ns() - t;
    assert_true(look(reference, &want));
    list_tables(reference, want_tables, sizeof want_tables);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_victim();
    unlink(capture);
    store_remove(reference);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_instant_it_opens_and_goes_on_to_the_same_digests),
        cmocka_unit_test(evidence_that_changed_is_noticed_in_the_windows_that_were_written),
        cmocka_unit_test(a_case_can_be_read_while_it_is_written),
        cmocka_unit_test(only_one_writes_to_a_case),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
