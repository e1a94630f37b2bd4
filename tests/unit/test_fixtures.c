/* The fixture program: its captures hold together, are the same on each run, and say what the descriptions
 * say. */
#include "tests/support/capture_check.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* Plays a description into NAME.pcap and NAME.jsonl of the test's directory. */
static int play(const char *fbx, const char *name)
{
    char args[2048];
    const char *pcap = check_path("%s.pcap", name), *rows = check_path("%s.jsonl", name);
    snprintf(args, sizeof args, "write '%s' '%s' '%s'", fbx, pcap, rows);
    return check_run("fbfixture", args, check_path("out"));
}

static char *rows_of(const char *text)
{
    size_t n;
    const char *fbx = check_path("own.fbx");
    write_text(fbx, text);
    if (play(fbx, "own") != 0)
        fail_msg("%s", check_slurp(check_path("out"), &n));
    return check_slurp(check_path("own.jsonl"), &n);
}

static unsigned count(const char *text, const char *word)
{
    unsigned n = 0;
    for (const char *s = text; (s = strstr(s, word)) != NULL; s++)
        n++;
    return n;
}

static void case_holds(const char *fbx)
{
    struct check_capture c;
    size_t n;
    char *text = check_slurp(fbx, &n);
    if (play(fbx, "case") != 0)
        fail_msg("%s", check_slurp(check_path("out"), &n));
    char *rows = check_slurp(check_path("case.jsonl"), &n);
    check_capture_read(&c, check_path("case.pcap"));
    unsigned bad_ip = 0, bad_transport = 0;
    for (size_t i = 0; i < c.n; i++) {
        unsigned bad = check_bad_sums(&c.packet[i]);
        bad_ip += bad & 1;
        bad_transport += bad >> 1;
        if (i && !strstr(text, "order written"))
            assert_true(c.packet[i].ts_ns >= c.packet[i - 1].ts_ns);
    }
    assert_true(c.n > 0);
    assert_int_equal(bad_ip, count(text, "badip"));
    assert_int_equal(bad_transport, count(text, "badsum"));
    unsigned expected =
        count(text, "\n  expect ") + count(text, "\nexpect tunnel") - count(text, "expect none");
    assert_int_equal(count(rows, "\n"), expected);
    check_capture_release(&c);
    free(rows);
    free(text);
}

static void every_case_gives_a_sound_capture_and_a_row_for_each_expectation(void **state)
{
    (void)state;
    glob_t g;
    assert_int_equal(glob("fixtures/cases/*.fbx", 0, NULL, &g), 0);
    assert_true(g.gl_pathc >= 50);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        print_message("%s\n", g.gl_pathv[i]);
        case_holds(g.gl_pathv[i]);
    }
    globfree(&g);
}

static void the_row_of_a_plain_connection_is_what_one_counts_by_hand(void **state)
{
    (void)state;
    char *rows =
        rows_of("host a 10.0.0.1\nhost b 10.0.0.2\ntime 1700000000.5\n"
                "session tcp a:40000 > b:80\n syn\n synack\n ack\n > 100 bytes\n < 3000 bytes\n ack\n"
                " fin\n < fin\n ack\n expect history=ShADdFf conn_state=SF\n");
    /* a: SYN, ACK, 100, ACK, FIN, ACK = 6 * 40 + 100; b: SYN-ACK, 3 segments, FIN = 5 * 40 + 3000; FIN of b
     * is packet 10 */
    assert_string_equal(rows,
                        "{\"ts\":1700000000.500000,\"id.orig_h\":\"10.0.0.1\",\"id.orig_p\":40000,"
                        "\"id.resp_h\":\"10.0.0.2\",\"id.resp_p\":80,\"proto\":\"tcp\",\"duration\":0.009000,"
                        "\"orig_bytes\":100,\"resp_bytes\":3000,\"conn_state\":\"SF\",\"missed_bytes\":0,"
                        "\"history\":\"ShADdFf\",\"orig_pkts\":6,\"orig_ip_bytes\":340,\"resp_pkts\":5,"
                        "\"resp_ip_bytes\":3200,\"ip_proto\":6}\n");
    free(rows);
}

static void a_lost_packet_is_not_in_the_capture_and_not_counted(void **state)
{
    (void)state;
    struct check_capture c;
    char *rows = rows_of(
        "host a 10.0.0.1\nhost b 10.0.0.2\nsession udp a:1000 > b:2000\n > 10 bytes\n > 20 bytes\n lose\n"
        " < 30 bytes\n expect\n");
    check_capture_read(&c, check_path("own.pcap"));
    assert_int_equal(c.n, 2);
    assert_non_null(strstr(rows, "\"orig_bytes\":10,\"resp_bytes\":30"));
    assert_non_null(strstr(rows, "\"history\":\"Dd\",\"orig_pkts\":1"));
    check_capture_release(&c);
    free(rows);
}

static void swapped_packets_change_places_but_not_times(void **state)
{
    (void)state;
    struct check_capture c;
    free(rows_of("host a 10.0.0.1\nhost b 10.0.0.2\nsession udp a:1000 > b:2000\n > \"first\"\n > \"then\"\n "
                 "swap\n expect\n"));
    check_capture_read(&c, check_path("own.pcap"));
    assert_int_equal(c.n, 2);
    assert_memory_equal(c.packet[0].p + 42, "then", 4);
    assert_memory_equal(c.packet[1].p + 42, "first", 5);
    assert_int_equal(c.packet[1].ts_ns - c.packet[0].ts_ns, 1000000);
    check_capture_release(&c);
}

static void every_format_holds_the_same_packets(void **state)
{
    (void)state;
    static const char *const formats[] = {"pcap",   "pcap-be",   "pcap-ns",  "pcap-ns-be",
                                          "pcapng", "pcapng-be", "pcapng-us"};
    struct check_capture first, c;
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "format %s\ngap 1000100ns\nhost a 10.0.0.1\nhost b 10.0.0.2\nsession tcp a:1 > b:2\n syn\n "
                 "synack\n"
                 " > 101 bytes\n expect history=ShD conn_state=S1\n",
                 formats[f]);
        free(rows_of(text));
        check_capture_read(f ? &c : &first, check_path("own.pcap"));
        if (!f)
            continue;
        assert_int_equal(c.n, first.n);
        for (size_t i = 0; i < c.n; i++) {
            assert_int_equal(c.packet[i].ts_ns / 1000, first.packet[i].ts_ns / 1000);
            assert_int_equal(c.packet[i].captured, first.packet[i].captured);
            assert_memory_equal(c.packet[i].p, first.packet[i].p, c.packet[i].captured);
        }
        bool nano = strstr(formats[f], "ns") || strcmp(formats[f], "pcapng") == 0 ||
                    strcmp(formats[f], "pcapng-be") == 0;
        assert_int_equal(c.packet[1].ts_ns % 1000, nano ? 100 : 0);
        check_capture_release(&c);
    }
    check_capture_release(&first);
}

static void a_mistake_is_told_with_file_and_line(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"host a 10.0.0.1\nhost b 10.0.0.2\nsession tcp a:1 > b:2\n dance\n", ":4: "},
        {"host a 10.0.0.1\nsession tcp a:1 > c:2\n", ":2: no host"},
        {"host a 10.0.0.300\n", ":1: host NAME"},
        {"host a 10.0.0.1\nhost b ::1\nsession tcp a:1 > b:2\n", ":3: the ends are of different"},
        {"host a 10.0.0.1\nhost b 10.0.0.2\nsession tcp a:1 > b:2\n syn\n", "without an expect"},
        {"host a 10.0.0.1\nhost b 10.0.0.2\nsession tcp a:1 > b:2\n syn\n expect\n",
         ":5: a TCP session must say"},
        {"host a 10.0.0.1\nhost b 10.0.0.2\nsession udp a:1 > b:2\n > \"open\n", ":4: a string has no end"},
        {"format tape\n", ":1: unknown format"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t n;
        write_text(check_path("bad.fbx"), bad[i][0]);
        assert_int_equal(play(check_path("bad.fbx"), "bad"), 4);
        char *said = check_slurp(check_path("out"), &n);
        if (!strstr(said, bad[i][1]))
            fail_msg("%s does not say %s", said, bad[i][1]);
        free(said);
    }
    assert_int_equal(check_run("fbfixture", "write only-one", check_path("out")), 2);
    assert_int_equal(check_run("fbfixture", "random --out x --seed many", check_path("out")), 2);
}

static char *random_file(const char *options, size_t *n)
{
    char args[1024];
    snprintf(args, sizeof args, "random %s --out '%s'", options, check_path("random"));
    assert_int_equal(check_run("fbfixture", args, check_path("out")), 0);
    return check_slurp(check_path("random"), n);
}

static void the_same_seed_gives_the_same_bytes_and_another_one_others(void **state)
{
    (void)state;
    size_t n[3];
    char *a = random_file("--seed 5 --sessions 60", &n[0]), *b = random_file("--seed 5 --sessions 60", &n[1]);
    char *other = random_file("--seed 6 --sessions 60", &n[2]);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(a, b, n[0]);
    assert_true(n[2] != n[0] || memcmp(a, other, n[0]) != 0);
    free(a);
    free(b);
    free(other);
}

static void random_traffic_is_in_order_and_its_checksums_hold(void **state)
{
    (void)state;
    struct check_capture c;
    size_t n;
    unsigned v6 = 0, udp = 0;
    free(random_file("--seed 9 --sessions 300", &n));
    check_capture_read(&c, check_path("random"));
    assert_true(c.n > 5000);
    for (size_t i = 0; i < c.n; i++) {
        assert_int_equal(check_bad_sums(&c.packet[i]), 0);
        assert_true(i == 0 || c.packet[i].ts_ns >= c.packet[i - 1].ts_ns);
        v6 += c.packet[i].p[12] == 0x86;
        udp += c.packet[i].p[12] == 0x08 && c.packet[i].p[23] == 17;
    }
    assert_true(v6 > 100 && udp > 50);
    check_capture_release(&c);
}

static void a_capture_of_so_many_bytes_has_at_least_that_many(void **state)
{
    (void)state;
    size_t n;
    free(random_file("--bytes 3000000 --format pcap", &n));
    assert_true(n >= 3000000 && n < 60000000);
}

static int remove_dir(void **state)
{
    (void)state;
    static const char *const names[] = {"case.pcap", "case.jsonl", "own.fbx",   "own.pcap", "own.jsonl",
                                        "bad.fbx",   "bad.pcap",   "bad.jsonl", "random",   "out"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(check_path("%s", names[i]));
    return rmdir(check_dir());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_a_sound_capture_and_a_row_for_each_expectation),
        cmocka_unit_test(the_row_of_a_plain_connection_is_what_one_counts_by_hand),
        cmocka_unit_test(a_lost_packet_is_not_in_the_capture_and_not_counted),
        cmocka_unit_test(swapped_packets_change_places_but_not_times),
        cmocka_unit_test(every_format_holds_the_same_packets),
        cmocka_unit_test(a_mistake_is_told_with_file_and_line),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_one_others),
        cmocka_unit_test(random_traffic_is_in_order_and_its_checksums_hold),
        cmocka_unit_test(a_capture_of_so_many_bytes_has_at_least_that_many),
    };
    return cmocka_run_group_tests(tests, NULL, remove_dir);
}
