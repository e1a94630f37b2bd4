/* Several captures as one: order, merge, ordinals, runs, windows, filters; seeking; writing packets out. */
#include "tests/support/capture_build.h"

#include "ingest/capture_out.h"
#include "ingest/reader_int.h"
#include "ingest/timeline_int.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

/* Stands in for the resolver that libpcap would call: counts questions about host names, lets services and
 * written addresses through. */
static unsigned host_lookups;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
    typedef int (*resolver_fn)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    struct in6_addr a6;
    if (node && inet_pton(AF_INET6, node, &a6) != 1) {
        host_lookups++;
        return EAI_NONAME;
    }
    resolver_fn next;
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(node, service, hints, res);
}

struct world {
    char *dir;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->dir = cb_temp_dir();
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    cb_remove_dir(w->dir);
    free(w);
    return 0;
}

/* A capture with packets at the given seconds; `tag` makes the bytes of files differ. */
static char *make(struct world *w, const char *name, const uint32_t *sec, size_t n, uint8_t tag)
{
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_pcap_header(&b, false, 0xa1b2c3d4, 2, 4, 1);
    for (size_t i = 0; i < n; i++)
        cb_pcap_record(&b, false, sec[i], 0, 20, 20, 0, tag);
    char *p = cb_write_file(w->dir, name, b.data, b.len);
    fb_buf_release(&b);
    return p;
}

static struct fb_timeline_opts plain_opts(void)
{
    return (struct fb_timeline_opts){.after_ns = INT64_MIN, .before_ns = INT64_MAX};
}

/* Reads a timeline to its end and writes "evidence:packet@second#ordinal " for each packet. */
static void story(const char *const *paths, size_t n, const struct fb_timeline_opts *o, struct fb_buf *out)
{
    struct fb_timeline *t;
    struct fb_err err = {0};
    fb_buf_clear(out);
    if (fb_timeline_open(paths, n, o, &t, &err) != FB_OK)
        fail_msg("%s", err.msg);
    struct fb_record rec;
    uint32_t ev;
    uint64_t ord, last = 0;
    enum fb_status st;
    while ((st = fb_timeline_next(t, &rec, &ev, &ord, &err)) == FB_OK) {
        assert_true(ord > last);
        last = ord;
        fb_buf_printf(out, "%u:%u@%u#%u ", ev, (unsigned)rec.pkt_no, (unsigned)(rec.ts_ns / 1000000000),
                      (unsigned)ord);
    }
    assert_int_equal(st, FB_EOF);
    assert_int_equal(fb_timeline_finish(t, &err), FB_OK);
    struct fb_timeline_progress pr;
    fb_timeline_progress(t, &pr);
    assert_true(pr.bytes_done == pr.bytes_total && pr.pkts >= last);
    size_t nruns, total = 0;
    const struct fb_timeline_run *runs = fb_timeline_runs(t, &nruns);
    for (size_t i = 0; i < nruns; i++) {
        assert_int_equal(runs[i].first_ordinal, total + 1);
        total += runs[i].count;
    }
    assert_int_equal(total, pr.pkts);
    fb_timeline_close(t);
}

static void files_merge_by_time_and_the_order_of_arguments_changes_nothing(void **state)
{
    struct world *w = *state;
    char *a = make(w, "a.pcap", (const uint32_t[]){30, 40, 50}, 3, 1);
    char *b = make(w, "b.pcap", (const uint32_t[]){10, 35, 36, 40, 60}, 5, 2);
    char *c = make(w, "c.pcap", NULL, 0, 3);
    struct fb_buf x, y;
    fb_buf_init(&x, 1 << 16);
    fb_buf_init(&y, 1 << 16);
    struct fb_timeline_opts o = plain_opts();
    story((const char *[]){a, b, c}, 3, &o, &x);
    assert_string_equal(fb_buf_cstr(&x),
                        "0:1@10#1 1:1@30#2 0:2@35#3 0:3@36#4 0:4@40#5 1:2@40#6 1:3@50#7 0:5@60#8 ");
    story((const char *[]){c, b, a}, 3, &o, &y);
    assert_string_equal(fb_buf_cstr(&x), fb_buf_cstr(&y));
    fb_buf_release(&x);
    fb_buf_release(&y);
    free(a);
    free(b);
    free(c);
}

static void files_that_start_together_are_ordered_by_their_bytes(void **state)
{
    struct world *w = *state;
    char *a = make(w, "a.pcap", (const uint32_t[]){10, 20}, 2, 1); /* payload starts with 9f */
    char *b = make(w, "b.pcap", (const uint32_t[]){10, 21}, 2, 9); /* 97 */
    for (int swap = 0; swap < 2; swap++) {
        struct fb_timeline *t;
        struct fb_err err;
        struct fb_timeline_opts o = plain_opts();
        assert_int_equal(fb_timeline_open((const char *[]){swap ? b : a, swap ? a : b}, 2, &o, &t, &err),
                         FB_OK);
        assert_int_equal(fb_timeline_finish(t, &err), FB_OK);
        assert_string_equal(fb_timeline_evidence(t, 0)->path, b);
        fb_timeline_close(t);
    }
    free(a);
    free(b);
}

static void time_going_back_inside_a_file_stays_as_it_is(void **state)
{
    struct world *w = *state;
    char *a = make(w, "a.pcap", (const uint32_t[]){30, 10, 40}, 3, 1);
    char *b = make(w, "b.pcap", (const uint32_t[]){31, 32}, 2, 2);
    struct fb_buf x;
    fb_buf_init(&x, 1 << 16);
    struct fb_timeline_opts o = plain_opts();
    story((const char *[]){a, b}, 2, &o, &x);
    assert_string_equal(fb_buf_cstr(&x), "0:1@30#1 0:2@10#2 1:1@31#3 1:2@32#4 0:3@40#5 ");
    fb_buf_release(&x);
    free(a);
    free(b);
}

static void a_file_named_twice_is_read_once(void **state)
{
    struct world *w = *state;
    char *a = make(w, "a.pcap", (const uint32_t[]){30, 40}, 2, 1);
    char *link_path = cb_write_file(w->dir, "x", "", 0);
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(symlink(a, link_path), 0);
    struct fb_buf x;
    fb_buf_init(&x, 1 << 16);
    struct fb_timeline_opts o = plain_opts();
    story((const char *[]){a, link_path, a, w->dir}, 4, &o, &x);
    assert_string_equal(fb_buf_cstr(&x), "0:1@30#1 0:2@40#2 ");
    fb_buf_release(&x);
    free(a);
    free(link_path);
}

static void directories_are_searched_and_what_is_no_capture_is_told(void **state)
{
    struct world *w = *state;
    free(make(w, "trace2.pcap", (const uint32_t[]){20}, 1, 1));
    free(make(w, "trace10.pcap", (const uint32_t[]){10}, 1, 1));
    free(make(w, "rotated.pcap.3", (const uint32_t[]){5}, 1, 1));
    free(cb_write_file(w->dir, "notes.txt", "hello", 5));
    free(cb_write_file(w->dir, "broken.pcap", "hello", 5));
    struct fb_timeline *t;
    struct fb_err err;
    struct fb_timeline_opts o = plain_opts();
    assert_int_equal(fb_timeline_open((const char *[]){w->dir}, 1, &o, &t, &err), FB_OK);
    assert_int_equal(fb_timeline_nevidence(t), 3);
    size_t n;
    const char *const *skipped = fb_timeline_skipped(t, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(skipped[0], "broken.pcap"));
    assert_int_equal(fb_timeline_finish(t, &err), FB_OK);
    assert_non_null(strstr(fb_timeline_evidence(t, 0)->path, "rotated"));
    assert_non_null(strstr(fb_timeline_evidence(t, 1)->path, "trace10"));
    fb_timeline_close(t);
    char *bad = cb_write_file(w->dir, "bad.pcap", "hello", 5);
    assert_int_equal(fb_timeline_open((const char *[]){bad}, 1, &o, &t, &err), FB_ERR_INPUT);
    free(bad);
}

static void a_pipe_is_read_once_beside_files(void **state)
{
    struct world *w = *state;
    char *a = make(w, "a.pcap", (const uint32_t[]){30, 40}, 2, 1), path[40];
    struct fb_buf b;
    fb_buf_init(&b, 1 << 16);
    cb_pcap_header(&b, false, 0xa1b2c3d4, 2, 4, 1);
    cb_pcap_record(&b, false, 20, 0, 20, 20, 0, 1);
    cb_pcap_record(&b, false, 35, 0, 20, 20, 0, 1);
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(write(fd[1], b.data, b.len), b.len);
    close(fd[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    struct fb_timeline *t;
    struct fb_err err;
    struct fb_timeline_opts o = plain_opts();
    assert_int_equal(fb_timeline_open((const char *[]){a, path}, 2, &o, &t, &err), FB_OK);
    struct fb_record rec;
    uint32_t ev;
    uint64_t ord;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(fb_timeline_next(t, &rec, &ev, &ord, &err), FB_OK);
        assert_int_equal(ev, i & 1);
        assert_int_equal(ord, i + 1);
    }
    assert_int_equal(fb_timeline_next(t, &rec, &ev, &ord, &err), FB_EOF);
    assert_int_equal(fb_timeline_finish(t, &err), FB_OK);
    assert_int_equal(fb_timeline_evidence(t, 0)->size_bytes, b.len);
    fb_timeline_close(t);
    close(fd[0]);
    fb_buf_release(&b);
    free(a);
}

static void names_sort_as_people_count(void **state)
{
    (void)state;
    assert_true(fb_natural_cmp("file2", "file10") < 0);
    assert_true(fb_natural_cmp("file10", "file2") > 0);
    assert_true(fb_natural_cmp("a", "b") < 0);
    assert_true(fb_natural_cmp("file", "file1") < 0);
    assert_true(fb_natural_cmp("f01", "f1") < 0);
    assert_true(fb_natural_cmp("f1", "f1") == 0);
    assert_true(fb_natural_cmp("f99999999999999999999999", "f100000000000000000000000") < 0);
}

static void windows_and_filters_pass_packets_over_but_ordinals_count_them(void **state)
{
    struct world *w = *state;
    char *a = make(w, "a.pcap", (const uint32_t[]){10, 20, 30, 40}, 4, 1);
    struct fb_buf x;
    fb_buf_init(&x, 1 << 16);
    struct fb_timeline_opts o = plain_opts();
    o.after_ns = 20000000000;
    o.before_ns = 40000000000;
    story((const char *[]){a}, 1, &o, &x);
    assert_string_equal(fb_buf_cstr(&x), "0:2@20#2 0:3@30#3 ");
    o = plain_opts();
    o.filter = "less 20";
    story((const char *[]){a}, 1, &o, &x);
    assert_string_equal(fb_buf_cstr(&x), "0:1@10#1 0:2@20#2 0:3@30#3 0:4@40#4 ");
    o.filter = "greater 21";
    story((const char *[]){a}, 1, &o, &x);
    assert_string_equal(fb_buf_cstr(&x), "");
    fb_buf_release(&x);
    free(a);
}

static enum fb_status try_filter(const char *expr)
{
    struct fb_filter *f = NULL;
    struct fb_err err;
    enum fb_status st = fb_filter_new(expr, &f, &err);
    fb_filter_free(f);
    return st;
}

static void filters_never_look_up_a_name(void **state)
{
    (void)state;
    static const char *const good[] = {"tcp port 80",
                                       "host 10.0.0.1 and not port http",
                                       "net 10.0.0.0/8",
                                       "ip6 host 2001:db8::1",
                                       "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                                       "ether host 00:11:22:33:44:55",
                                       "vlan 5 and udp",
                                       "portrange 1000-2000 or icmp",
                                       "port (http or https)",
                                       "ether proto \\arp",
                                       "portrange 20-25",
                                       "ether host 00-11-22-33-44-55",
                                       "src or dst port 53",
                                       "ip proto \\tcp",
                                       "tcp[13] = 18",
                                       "wlan type mgt subtype beacon",
                                       "greater 0x20"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (try_filter(good[i]) != FB_OK)
            fail_msg("%s", good[i]);
    static const char *const bad[] = {"host example.com",
                                      "example.com",
                                      "src example",
                                      "not 4chan.org",
                                      "net corp",
                                      "port 80 or host a.example",
                                      "(port 80) or evil.example",
                                      "tcp port 80 or tcp evil.example",
                                      "host \\tcp",
                                      "host 10-20",
                                      "host 1.2.3.4.5",
                                      "port 80 or src evil.example",
                                      "tcp port port",
                                      "host 10.0.0.1 and and"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(try_filter(bad[i]), FB_ERR_USAGE);
    assert_int_equal(host_lookups, 0);
    struct addrinfo *res;
    assert_int_equal(getaddrinfo("counted.example", NULL, NULL, &res), EAI_NONAME);
    assert_int_equal(host_lookups, 1);
}

/* Every packet reached by a checkpoint equals the one that reading from the start gives. */
static void check_seek(struct world *w, const struct fb_buf *b)
{
    char *p = cb_write_file(w->dir, "seek.pcap", b->data, b->len);
    struct fb_reader *r;
    struct fb_err err;
    struct fb_record rec;
    assert_int_equal(fb_reader_open(p, NULL, &r, &err), FB_OK);
    int64_t *ts = calloc(20000, sizeof *ts);
    uint64_t *off = calloc(20000, sizeof *off), n = 0;
    uint32_t *ifc = calloc(20000, sizeof *ifc);
    while (fb_reader_next(r, &rec, &err) == FB_OK) {
        ts[n] = rec.ts_ns;
        ifc[n] = rec.iface;
        off[n++] = rec.byte_off;
    }
    assert_int_equal(fb_reader_finish(r, &err), FB_OK);
    struct fb_evidence known;
    fb_reader_take_evidence(r, &known);
    fb_reader_close(r);
    assert_true(known.ncheckpoints >= 2);
    for (int hash = 0; hash < 2; hash++)
        for (uint64_t want = 1; want <= n; want += want < 20 ? 1 : 1021) {
            struct fb_reader_opts o = {.no_sha256 = !hash};
            assert_int_equal(fb_reader_open(p, &o, &r, &err), FB_OK);
            assert_int_equal(fb_reader_seek(r, &known, want, &err), FB_OK);
            for (uint64_t k = want; k <= n && k < want + 5; k++) {
                assert_int_equal(fb_reader_next(r, &rec, &err), FB_OK);
                assert_int_equal(rec.pkt_no, k);
                assert_true(rec.ts_ns == ts[k - 1] && rec.byte_off == off[k - 1] && rec.iface == ifc[k - 1]);
            }
            fb_reader_close(r);
        }
    fb_evidence_release(&known);
    free(ts);
    free(off);
    free(ifc);
    free(p);
}

static void seeking_gives_what_reading_from_the_start_gives(void **state)
{
    struct fb_buf b;
    fb_buf_init(&b, 16 << 20);
    cb_pcap_plain(&b, 9000);
    cb_pcap_header(&b, true, 0xa1b23c4d, 2, 4, 101);
    for (uint32_t i = 0; i < 4000; i++)
        cb_pcap_record(&b, true, 1700020000 + i, 7, 25, 25, 0, 3);
    check_seek(*state, &b);
    fb_buf_clear(&b);
    for (unsigned s = 0; s < 5; s++) {
        cb_ng_plain(&b, s & 1, 1500);
        cb_ng_idb(&b, s & 1, 101, 0, NULL);
        for (unsigned i = 0; i < 1500; i++)
            cb_ng_epb(&b, s & 1, i & 1, 1700000000000000ull + i, 64, 64, NULL, 2);
    }
    check_seek(*state, &b);
    fb_buf_release(&b);
}

static void seeking_in_other_evidence_is_refused(void **state)
{
    struct world *w = *state;
    struct fb_buf b;
    fb_buf_init(&b, 4 << 20);
    cb_pcap_plain(&b, 10);
    char *p = cb_write_file(w->dir, "x.pcap", b.data, b.len);
    struct fb_checkpoint cp = {4097, 1 << 20};
    uint64_t meta = 0;
    struct fb_evidence known = {.checkpoints = &cp, .ncheckpoints = 1, .meta_offs = &meta, .nmeta_offs = 1};
    struct fb_reader *r;
    struct fb_err err;
    struct fb_reader_opts o = {.no_sha256 = true};
    assert_int_equal(fb_reader_open(p, &o, &r, &err), FB_OK);
    assert_int_equal(fb_reader_seek(r, &known, 5000, &err), FB_ERR_INPUT);
    fb_reader_close(r);
    fb_buf_release(&b);
    free(p);
}

static void packets_written_out_come_back_the_same(void **state)
{
    struct world *w = *state;
    for (int ng = 0; ng < 2; ng++) {
        struct fb_err err;
        struct fb_capture_out *o;
        struct fb_reader *r;
        struct fb_record rec;
        uint32_t i0, i1;
        uint8_t data[300];
        memset(data, 0x5a, sizeof data);
        char *p = cb_write_file(w->dir, "out", "old content", 11);
        assert_int_equal(fb_capture_out_open(p, ng ? FB_CAPTURE_PCAPNG : FB_CAPTURE_PCAP, &o, &err), FB_OK);
        assert_int_equal(fb_capture_out_iface(o, 101, 100, "eth0", &i0, &err), FB_OK);
        enum fb_status second = fb_capture_out_iface(o, 1, 0, NULL, &i1, &err);
        assert_int_equal(second, ng ? FB_OK : FB_ERR_USAGE);
        if (!ng)
            assert_non_null(strstr(err.msg, "write pcapng instead"));
        for (uint32_t k = 0; k < 300; k++)
            assert_int_equal(
                fb_capture_out_packet(o, ng ? k & 1 : 0, 1700000000000000000 + k, data, k, k + 7, &err),
                FB_OK);
        assert_int_equal(fb_capture_out_packet(o, 0, -1, data, 1, 1, &err), FB_ERR_USAGE);
        assert_int_equal(fb_capture_out_close(o, &err), FB_OK);
        assert_int_equal(fb_reader_open(p, NULL, &r, &err), FB_OK);
        for (uint32_t k = 0; k < 300; k++) {
            assert_int_equal(fb_reader_next(r, &rec, &err), FB_OK);
            assert_true(rec.ts_ns == 1700000000000000000 + k);
            assert_int_equal(rec.caplen, k);
            assert_int_equal(rec.wirelen, k + 7);
            assert_int_equal(rec.linktype, ng && (k & 1) ? 1 : 101);
            assert_true(k == 0 || rec.data[k - 1] == 0x5a);
        }
        assert_int_equal(fb_reader_next(r, &rec, &err), FB_EOF);
        assert_int_equal(fb_reader_evidence(r)->damage_total, 0);
        if (ng)
            assert_string_equal(fb_reader_evidence(r)->ifaces[0].name, "eth0");
        fb_reader_close(r);
        free(p);
    }
    struct fb_capture_out *o;
    struct fb_err err;
    assert_int_equal(fb_capture_out_open("/nonexistent/x", FB_CAPTURE_PCAP, &o, &err), FB_ERR_IO);
    assert_int_equal(fb_capture_out_open("/dev/full", FB_CAPTURE_PCAP, &o, &err), FB_OK);
    assert_int_equal(fb_capture_out_close(o, &err), FB_ERR_IO);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(files_merge_by_time_and_the_order_of_arguments_changes_nothing),
        T(files_that_start_together_are_ordered_by_their_bytes),
        T(time_going_back_inside_a_file_stays_as_it_is),
        T(a_file_named_twice_is_read_once),
        T(directories_are_searched_and_what_is_no_capture_is_told),
        T(a_pipe_is_read_once_beside_files),
        T(names_sort_as_people_count),
        T(windows_and_filters_pass_packets_over_but_ordinals_count_them),
        T(filters_never_look_up_a_name),
        T(seeking_gives_what_reading_from_the_start_gives),
        T(seeking_in_other_evidence_is_refused),
        T(packets_written_out_come_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
