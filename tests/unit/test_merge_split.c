/* A capture that is cut between sessions, its parts ingested and merged, gives the case of the whole. */
#include "base/timefmt.h"
#include "ingest/capture_out.h"
#include "ingest/reader.h"
#include "store/join.h"
#include "tests/support/capture_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define PARTS_MAX 8

static void make_random(const char *path, unsigned seed, unsigned sessions)
{
    char args[1200];
    snprintf(args, sizeof args, "random --seed %u --sessions %u --format pcap-ns --out '%s'", seed, sessions,
             path);
    assert_int_equal(check_run("fbfixture", args, check_path("log")), 0);
}

struct copy {
    struct fb_capture_out *out;
    uint32_t iface;
};

static void copy_open(struct copy *c, const char *path, enum fb_capture_kind kind)
{
    assert_int_equal(fb_capture_out_open(path, kind, &c->out, NULL), FB_OK);
    assert_int_equal(fb_capture_out_iface(c->out, 1, 262144, NULL, &c->iface, NULL), FB_OK);
}

static void copy_close(struct copy *c)
{
    assert_int_equal(fb_capture_out_close(c->out, NULL), FB_OK);
}

/* Packets of `path` from `lo` to before `hi`, later by `shift`. */
static void copy_add(struct copy *c, const char *path, int64_t lo, int64_t hi, int64_t shift)
{
    struct fb_reader_opts o = {.no_sha256 = true};
    struct fb_reader *r;
    struct fb_record rec;
    assert_int_equal(fb_reader_open(path, &o, &r, NULL), FB_OK);
    while (fb_reader_next(r, &rec, NULL) == FB_OK)
        if (rec.ts_ns >= lo && rec.ts_ns < hi)
            assert_int_equal(fb_capture_out_packet(c->out, c->iface, rec.ts_ns + shift, rec.data, rec.caplen,
                                                   rec.wirelen, NULL),
                             FB_OK);
    fb_reader_close(r);
}

static struct fb_case *ingest_with(const char *capture, const char *name, const char *options)
{
    char args[3000], path[1200];
    struct fb_case *c;
    struct fb_err err = {0};
    snprintf(path, sizeof path, "%s/%s.fbcase", check_dir(), name);
    snprintf(args, sizeof args, "ingest -q --force %s %s -o '%s'", options, capture, path);
    assert_int_equal(check_run("fbforensics", args, check_path("log")), 0);
    if (fb_case_open(path, &c, &err) != FB_OK)
        fail_msg("%s", err.msg);
    return c;
}

static struct fb_case *ingest(const char *capture, const char *name)
{
    return ingest_with(capture, name, "");
}

static struct fb_case *merge(struct fb_case *const *in, size_t n, struct fb_join_report *r)
{
    static const char *const names[PARTS_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct fb_case_run run = {"0", "{}", "{}"};
    struct fb_case *out = NULL;
    struct fb_err err = {0};
    if (fb_case_merge(in, names, n, NULL, &run, NULL, &out, r, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(fb_case_check(out, &err), FB_OK);
    return out;
}

static void assert_same_case(struct fb_case *a, struct fb_case *b, bool packets)
{
    struct fb_case_info x, y;
    assert_int_equal(fb_case_info(a, &x, NULL), FB_OK);
    assert_int_equal(fb_case_info(b, &y, NULL), FB_OK);
    assert_int_equal(x.sessions, y.sessions);
    assert_memory_equal(x.case_digest.b, y.case_digest.b, FB_DIGEST_LEN);
    if (packets)
        assert_memory_equal(x.packet_index_digest.b, y.packet_index_digest.b, FB_DIGEST_LEN);
}

/* Points of time with no session before them that has a packet after them. */
struct gaps {
    int64_t end_ns, at[PARTS_MAX];
    size_t n;
};

static enum fb_status note_gap(void *ctx, const struct fb_session *s)
{
    struct gaps *g = ctx;
    int64_t end = s->ts_ns + (s->duration_ns > 0 ? s->duration_ns : 0);
    /* 100 ms more than the session says: a last segment may not have been counted. */
    if (g->end_ns && s->ts_ns > g->end_ns + FB_NS_PER_S / 10 && g->n < PARTS_MAX - 1)
        g->at[g->n++] = s->ts_ns;
    if (end > g->end_ns)
        g->end_ns = end;
    return FB_OK;
}

static void cut_and_merge(unsigned seed, unsigned sessions, size_t *cuts)
{
    struct fb_case *whole, *part[PARTS_MAX], *all;
    struct gaps g = {0};
    struct fb_join_report r;
    char capture[1200];
    snprintf(capture, sizeof capture, "%s/whole.pcap", check_dir());
    make_random(capture, seed, sessions);
    whole = ingest(capture, "whole");
    assert_int_equal(fb_case_each_session(whole, note_gap, &g, NULL), FB_OK);
    for (size_t i = 0; i <= g.n; i++) {
        struct copy c;
        char name[32], path[1200];
        snprintf(name, sizeof name, "part%zu", i);
        snprintf(path, sizeof path, "%s/%s.pcap", check_dir(), name);
        copy_open(&c, path, i % 2 ? FB_CAPTURE_PCAPNG : FB_CAPTURE_PCAP);
        copy_add(&c, capture, i ? g.at[i - 1] : INT64_MIN, i < g.n ? g.at[i] : INT64_MAX, 0);
        copy_close(&c);
        part[g.n - i] = ingest(path, name); /* the order of arguments changes nothing */
    }
    all = merge(part, g.n + 1, &r);
    assert_same_case(whole, all, true);
    assert_int_equal(r.sessions_continued, 0);
    assert_int_equal(r.sessions_twice, 0);
    *cuts += g.n;
    for (size_t i = 0; i <= g.n; i++)
        fb_case_close(part[i]);
    fb_case_close(all);
    fb_case_close(whole);
}

static void merging_the_parts_of_a_capture_cut_between_sessions_gives_the_whole(void **state)
{
    size_t cuts = 0;
    (void)state;
    for (unsigned seed = 1; seed <= 8; seed++)
        cut_and_merge(seed, 6 + seed, &cuts);
    assert_true(cuts >= 12);
}

/* Bursts of traffic, so many seconds from the start of one to the start of the next. */
static void bursts(unsigned pause_s)
{
    struct fb_case *part[3], *whole, *all;
    struct fb_join_report r;
    struct copy w, c;
    char path[3][1200], joint[1200];
    snprintf(joint, sizeof joint, "%s/joint.pcap", check_dir());
    copy_open(&w, joint, FB_CAPTURE_PCAP);
    for (unsigned i = 0; i < 3; i++) {
        int64_t shift = (int64_t)i * pause_s * FB_NS_PER_S;
        char name[32];
        char raw[1200];
        snprintf(raw, sizeof raw, "%s/raw.pcap", check_dir());
        make_random(raw, 40 + pause_s + i, 150);
        snprintf(path[i], sizeof path[i], "%s/burst%u.pcap", check_dir(), i);
        copy_open(&c, path[i], FB_CAPTURE_PCAP);
        copy_add(&c, raw, INT64_MIN, INT64_MAX, shift);
        copy_close(&c);
        copy_add(&w, raw, INT64_MIN, INT64_MAX, shift);
        snprintf(name, sizeof name, "burst%u", i);
        part[i] = ingest(path[i], name);
    }
    copy_close(&w);
    whole = ingest(joint, "joint");
    all = merge(part, 3, &r);
    assert_true(r.ends_resolved > 10);
    assert_same_case(whole, all, true);
    for (size_t i = 0; i < 3; i++)
        fb_case_close(part[i]);
    fb_case_close(all);
    fb_case_close(whole);
}

static void what_was_open_at_a_cut_ends_as_in_the_whole_after_pauses_of_any_length(void **state)
{
    static const unsigned pause_s[] = {40, 47, 75, 130, 345, 700};
    (void)state;
    for (size_t i = 0; i < sizeof pause_s / sizeof *pause_s; i++)
        bursts(pause_s[i]);
}

static void evidence_counts_once_whole_or_in_part(void **state)
{
    (void)state;
    struct fb_case *both, *first, *same, *other, *out;
    struct fb_case_info info;
    struct fb_join_report r;
    char a[1200], b[1200], c[1200], list[3000];
    snprintf(a, sizeof a, "%s/ea.pcap", check_dir());
    snprintf(b, sizeof b, "%s/eb.pcap", check_dir());
    snprintf(c, sizeof c, "%s/ec.pcap", check_dir());
    make_random(a, 3, 40);
    make_random(b, 4, 40);
    make_random(c, 5, 40);
    snprintf(list, sizeof list, "'%s' '%s'", a, b);
    both = ingest(list, "both");
    first = ingest(a, "first");
    same = ingest(a, "same");
    snprintf(list, sizeof list, "'%s' '%s'", b, c);
    other = ingest(list, "other");

    out = merge((struct fb_case *[]){first, same}, 2, &r);
    assert_same_case(out, first, true);
    assert_int_equal(r.cases_dropped, 1);
    fb_case_close(out);

    out = merge((struct fb_case *[]){first, both}, 2, &r);
    assert_same_case(out, both, true);
    assert_int_equal(r.cases_dropped, 1);
    fb_case_close(out);

    out = merge((struct fb_case *[]){both, other}, 2, &r);
    assert_int_equal(fb_case_info(out, &info, NULL), FB_OK);
    assert_int_equal(info.nevidence, 3);
    assert_int_equal(r.evidence_dropped, 1);
    assert_true(r.sessions_dropped > 30);
    struct fb_case *third = ingest(c, "third"), *plain = merge((struct fb_case *[]){both, third}, 2, &r);
    if (r.sessions_straddle == 0)
        assert_same_case(out, plain, false);
    fb_case_close(plain);
    fb_case_close(third);
    fb_case_close(out);
    fb_case_close(both);
    fb_case_close(first);
    fb_case_close(same);
    fb_case_close(other);
}

static enum fb_status note_uid(void *ctx, const struct fb_session *s)
{
    char(*uid)[FB_UID_STRLEN] = ctx;
    fb_session_uid(s, uid[s->number - 1]);
    return FB_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void assert_uids_differ(struct fb_case *c, uint64_t n)
{
    char(*uid)[FB_UID_STRLEN] = calloc(n, sizeof *uid);
    assert_int_equal(fb_case_each_session(c, note_uid, uid, NULL), FB_OK);
    qsort(uid, n, sizeof *uid, by_text);
    for (uint64_t i = 1; i < n; i++)
        assert_string_not_equal(uid[i], uid[i - 1]);
    free(uid);
}

static void what_two_sensors_saw_is_kept_told_and_has_uids_of_its_own(void **state)
{
    static const int64_t late_ns[] = {0, FB_NS_PER_MS, 400 * FB_NS_PER_MS};
    (void)state;
    char raw[1200], path[1200];
    snprintf(raw, sizeof raw, "%s/one.pcap", check_dir());
    snprintf(path, sizeof path, "%s/two.pcapng", check_dir());
    make_random(raw, 11, 60);
    struct fb_case *one = ingest(raw, "one");
    struct fb_case_info info;
    assert_int_equal(fb_case_info(one, &info, NULL), FB_OK);
    uint64_t n = info.sessions;
    for (size_t i = 0; i < 3; i++) {
        struct copy c;
        struct fb_join_report r;
        copy_open(&c, path, FB_CAPTURE_PCAPNG);
        copy_add(&c, raw, INT64_MIN, INT64_MAX, late_ns[i]);
        copy_close(&c);
        struct fb_case *two = ingest(path, "two"), *out = merge((struct fb_case *[]){two, one}, 2, &r);
        assert_int_equal(fb_case_info(out, &info, NULL), FB_OK);
        assert_int_equal(info.sessions, 2 * n);
        assert_int_equal(r.sessions_twice, n);
        assert_int_equal(r.ntwice, FB_JOIN_EXAMPLES);
        assert_uids_differ(out, 2 * n);
        fb_case_close(out);
        fb_case_close(two);
    }
    fb_case_close(one);
}

static void cases_made_with_other_parameters_are_refused(void **state)
{
    (void)state;
    char raw[1200];
    snprintf(raw, sizeof raw, "%s/p.pcap", check_dir());
    make_random(raw, 12, 20);
    struct fb_case *in[2] = {ingest(raw, "plain"), ingest_with(raw, "filtered", "--filter tcp")}, *out = NULL;
    static const char *const names[] = {"plain", "filtered"};
    struct fb_case_run run = {"0", "{}", "{}"};
    struct fb_join_report r;
    struct fb_err err = {0};
    assert_int_equal(fb_case_merge(in, names, 2, NULL, &run, NULL, &out, &r, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "other parameters"));
    assert_null(out);
    fb_case_close(in[0]);
    fb_case_close(in[1]);
}

static int remove_files(void **state)
{
    char command[1200];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", check_dir());
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_the_parts_of_a_capture_cut_between_sessions_gives_the_whole),
        cmocka_unit_test(what_was_open_at_a_cut_ends_as_in_the_whole_after_pauses_of_any_length),
        cmocka_unit_test(evidence_counts_once_whole_or_in_part),
        cmocka_unit_test(what_two_sensors_saw_is_kept_told_and_has_uids_of_its_own),
        cmocka_unit_test(cases_made_with_other_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, remove_files);
}
