/* Every description and every recording of fixtures/ through the whole program: `fbforensics export --format
 * zeek-json` must give the rows that were worked out by hand, and what is true about the recordings. */
#include "tests/support/capture_check.h"

#include <cjson/cJSON.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS_MAX 4096

struct rows {
    cJSON *row[ROWS_MAX];
    bool taken[ROWS_MAX];
    size_t n;
};

static const char *const compared[] = {
    "id.orig_h", "id.orig_p",     "id.resp_h",  "id.resp_p",     "proto",   "service",
    "duration",  "orig_bytes",    "resp_bytes", "conn_state",    "history", "missed_bytes",
    "orig_pkts", "orig_ip_bytes", "resp_pkts",  "resp_ip_bytes", "ip_proto"};
#define COMPARED (sizeof compared / sizeof *compared)

static void rows_read(struct rows *r, const char *path)
{
    size_t n;
    char *text = check_slurp(path, &n);
    r->n = 0;
    for (char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        assert_true(r->n < ROWS_MAX);
        r->row[r->n] = cJSON_ParseWithLength(line, len);
        if (!r->row[r->n])
            fail_msg("%s: not JSON: %.*s", path, (int)len, line);
        r->taken[r->n++] = false;
        line += len + (line[len] == '\n');
    }
    free(text);
}

static void rows_free(struct rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        cJSON_Delete(r->row[i]);
    r->n = 0;
}

static double number(const cJSON *row, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, name);
    return cJSON_IsNumber(v) ? v->valuedouble : -1;
}

static const char *text_of(const cJSON *row, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, name);
    return cJSON_IsString(v) ? v->valuestring : "-";
}

/* Times are decimals with six digits: as doubles they differ by less than a microsecond when they are the
 * same. */
static bool same_number(double a, double b)
{
    return a - b < 5e-7 && b - a < 5e-7;
}

static bool same(const cJSON *a, const cJSON *b, const char *name)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(a, name),
                *y = cJSON_GetObjectItemCaseSensitive(b, name);
    if (!x || !y)
        return x == y;
    if (cJSON_IsNumber(x) && cJSON_IsNumber(y))
        return same_number(x->valuedouble, y->valuedouble);
    return cJSON_IsString(x) && cJSON_IsString(y) && strcmp(x->valuestring, y->valuestring) == 0;
}

static unsigned differences(const cJSON *want, const cJSON *got)
{
    unsigned n = 0;
    for (size_t i = 0; i < COMPARED; i++)
        n += !same(want, got, compared[i]);
    return n;
}

/* Takes the row of the same first packet that fits best; says what is different about it. */
static unsigned find(const char *name, const cJSON *want, struct rows *got)
{
    size_t best = got->n;
    for (size_t i = 0; i < got->n; i++)
        if (!got->taken[i] && same_number(number(want, "ts"), number(got->row[i], "ts")) &&
            (best == got->n || differences(want, got->row[i]) < differences(want, got->row[best])))
            best = i;
    char *w = cJSON_PrintUnformatted(want);
    unsigned bad = best == got->n ? 1 : differences(want, got->row[best]);
    if (best == got->n) {
        print_message("%s: no session at this time for\n  %s\n", name, w);
    } else {
        got->taken[best] = true;
        char *g = cJSON_PrintUnformatted(got->row[best]);
        if (bad)
            print_message("%s: expected\n  %s\ngot\n  %s\n", name, w, g);
        cJSON_free(g);
    }
    cJSON_free(w);
    return bad;
}

static void export_rows(const char *capture, struct rows *got)
{
    char args[2048];
    const char *out = check_path("got.jsonl");
    snprintf(args, sizeof args, "export --format zeek-json '%s'", capture);
    if (check_run("fbforensics", args, out) != 0) {
        size_t n;
        fail_msg("%s: %s", capture, check_slurp(out, &n));
    }
    rows_read(got, out);
}

static unsigned case_differs(const char *fbx, struct rows *want, struct rows *got)
{
    char args[2048];
    unsigned bad = 0;
    const char *pcap = check_path("case.pcap"), *expect = check_path("want.jsonl");
    snprintf(args, sizeof args, "write '%s' '%s' '%s'", fbx, pcap, expect);
    assert_int_equal(check_run("fbfixture", args, check_path("out")), 0);
    rows_read(want, expect);
    export_rows(pcap, got);
    for (size_t i = 0; i < want->n; i++)
        bad += find(fbx, want->row[i], got);
    for (size_t i = 0; i < got->n; i++) {
        if (got->taken[i])
            continue;
        char *g = cJSON_PrintUnformatted(got->row[i]);
        print_message("%s: a session too many\n  %s\n", fbx, g);
        cJSON_free(g);
        bad++;
    }
    rows_free(want);
    rows_free(got);
    return bad;
}

static void every_description_gives_the_sessions_worked_out_by_hand(void **state)
{
    (void)state;
    static struct rows want, got;
    glob_t g;
    unsigned bad = 0;
    assert_int_equal(glob("fixtures/cases/*.fbx", 0, NULL, &g), 0);
    assert_true(g.gl_pathc >= 50);
    for (size_t i = 0; i < g.gl_pathc; i++)
        bad += case_differs(g.gl_pathv[i], &want, &got);
    globfree(&g);
    assert_int_equal(bad, 0);
}

/* One group of a truth: so many sessions, their service, what they carry together, and nothing missed. */
static unsigned group_differs(const char *name, const cJSON *group, const struct rows *got)
{
    unsigned sessions = 0, wrong_service = 0;
    double orig = 0, resp = 0, missed = 0;
    for (size_t i = 0; i < got->n; i++) {
        const cJSON *r = got->row[i];
        if (!same(r, group, "proto") || !same(r, group, "id.orig_h") || !same(r, group, "id.resp_h") ||
            !same(r, group, "id.resp_p"))
            continue;
        sessions++;
        wrong_service += strcmp(text_of(r, "service"), text_of(group, "service")) != 0;
        orig += number(r, "orig_bytes") > 0 ? number(r, "orig_bytes") : 0;
        resp += number(r, "resp_bytes") > 0 ? number(r, "resp_bytes") : 0;
        missed += number(r, "missed_bytes");
    }
    unsigned bad = !same_number(sessions, number(group, "count")) || wrong_service || missed > 0 ||
                   orig < number(group, "orig_bytes_min") || resp < number(group, "resp_bytes_min");
    if (bad) {
        char *t = cJSON_PrintUnformatted(group);
        print_message(
            "%s: %s\n  found %u sessions, %u with another service, %.0f and %.0f bytes, %.0f missed\n", name,
            t, sessions, wrong_service, orig, resp, missed);
        cJSON_free(t);
    }
    return bad;
}

static unsigned recording_differs(const char *truth_path, struct rows *got)
{
    size_t n;
    char capture[512];
    char *text = check_slurp(truth_path, &n);
    cJSON *truth = cJSON_ParseWithLength(text, n);
    assert_non_null(truth);
    snprintf(capture, sizeof capture, "%.*s.pcapng", (int)(strlen(truth_path) - strlen(".truth.json")),
             truth_path);
    struct check_capture c;
    check_capture_read(&c, capture);
    assert_true(same_number((double)c.n, number(truth, "packets")));
    check_capture_release(&c);
    export_rows(capture, got);
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(truth, "groups"), *group;
    unsigned bad = 0;
    assert_true(cJSON_GetArraySize(groups) > 0);
    cJSON_ArrayForEach(group, groups) bad += group_differs(capture, group, got);
    rows_free(got);
    cJSON_Delete(truth);
    free(text);
    return bad;
}

static void every_recording_of_real_programs_gives_what_is_true_about_it(void **state)
{
    (void)state;
    static struct rows got;
    glob_t g;
    unsigned bad = 0;
    assert_int_equal(glob("fixtures/recorded/*.truth.json", 0, NULL, &g), 0);
    assert_true(g.gl_pathc >= 14);
    for (size_t i = 0; i < g.gl_pathc; i++)
        bad += recording_differs(g.gl_pathv[i], &got);
    globfree(&g);
    assert_int_equal(bad, 0);
}

/* The generator counts what it begins; every port and every pinged host is used once, so each is a session.
 */
static void random_traffic_has_as_many_sessions_as_were_begun(void **state)
{
    (void)state;
    static struct rows got;
    char args[2048];
    size_t n;
    unsigned long long packets, sessions;
    const char *capture = check_path("case.pcap");
    snprintf(args, sizeof args, "random --seed 42 --sessions 600 --format pcap --out '%s'", capture);
    assert_int_equal(check_run("fbfixture", args, check_path("out")), 0);
    char *said = check_slurp(check_path("out"), &n);
    assert_int_equal(sscanf(strstr(said, ": "), ": %llu packets of %llu sessions", &packets, &sessions), 2);
    free(said);
    export_rows(capture, &got);
    assert_int_equal(got.n, sessions);
    double counted = 0;
    for (size_t i = 0; i < got.n; i++)
        counted += number(got.row[i], "orig_pkts") + number(got.row[i], "resp_pkts");
    assert_true(same_number(counted, (double)packets));
    rows_free(&got);
}

static int remove_dir(void **state)
{
    (void)state;
    static const char *const names[] = {"case.pcap", "want.jsonl", "got.jsonl", "out"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(check_path("%s", names[i]));
    return rmdir(check_dir());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_description_gives_the_sessions_worked_out_by_hand),
        cmocka_unit_test(every_recording_of_real_programs_gives_what_is_true_about_it),
        cmocka_unit_test(random_traffic_has_as_many_sessions_as_were_begun),
    };
    return cmocka_run_group_tests(tests, NULL, remove_dir);
}
