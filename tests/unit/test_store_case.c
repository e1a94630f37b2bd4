/* A case is written and read back: every field, whatever the order of arrival and whatever had to be spilled.
 */
#include "store/case.h"
#include "store/case_impl.h"
#include "store/query.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK(expr)                                                                                          \
    do {                                                                                                     \
        struct fb_err err = {0};                                                                             \
        if ((expr) != FB_OK)                                                                                 \
            fail_msg("%s: %s", #expr, err.msg);                                                              \
    } while (0)

struct compare {
    const struct gen_session *all;
    uint64_t seen;
};

static enum fb_status compare_row(void *ctx, const struct fb_session *s)
{
    struct compare *k = ctx;
    const char *field = gen_differs(&k->all[k->seen].s, s);
    if (field)
        fail_msg("session %llu: %s differs", (unsigned long long)k->seen + 1, field);
    k->seen++;
    return FB_OK;
}

static void check_content(struct fb_case *c, const struct gen_session *all, uint64_t n)
{
    struct compare k = {all, 0};
    CHECK(fb_case_each_session(c, compare_row, &k, &err));
    assert_int_equal(k.seen, n);
    CHECK(fb_case_check(c, &err));
    for (uint64_t number = 1; number <= n; number += n / 7 + 1) {
        struct fb_session s;
        CHECK(fb_case_session(c, number, &s, &err));
        assert_null(gen_differs(&all[number - 1].s, &s));
        struct fb_packet_ref *p;
        size_t np;
        CHECK(fb_case_session_packets(c, number, &p, &np, &err));
        assert_int_equal(np, 3);
        for (size_t i = 0; i < np; i++) {
            assert_int_equal(p[i].ordinal, 3 * number + 1 + i);
            assert_int_equal(p[i].evidence, p[i].ordinal >= 4 + n);
            assert_int_equal(p[i].pkt_no, p[i].evidence ? p[i].ordinal - 3 - n : p[i].ordinal - 3);
        }
        free(p);
    }
}

static void every_field_comes_back_whatever_it_holds(void **state)
{
    (void)state;
    const uint64_t n = 70000;
    struct gen_session *all = store_make_sessions(n, true);
    struct fb_case *c = store_write_case(NULL, all, n, STORE_START_ORDER, 0);
    check_content(c, all, n);
    struct fb_session s;
    assert_int_equal(fb_case_session(c, 0, &s, NULL), FB_ERR_NOTFOUND);
    assert_int_equal(fb_case_session(c, n + 1, &s, NULL), FB_ERR_NOTFOUND);
    fb_case_close(c);
    free(all);
}

static struct fb_case_info info_of(struct fb_case *c)
{
    struct fb_case_info i;
    CHECK(fb_case_info(c, &i, &err));
    assert_true(i.complete);
    return i;
}

static void order_and_spilling_change_neither_content_nor_digest(void **state)
{
    (void)state;
    const uint64_t n = 140000;
    struct gen_session *all = store_make_sessions(n, false);
    struct fb_case *a = store_write_case(NULL, all, n, STORE_START_ORDER, 0),
                   *b = store_write_case(NULL, all, n, STORE_SHUFFLED, 1u << 20),
                   *d = store_write_case(NULL, all, n, STORE_BACKWARD, 3u << 20);
    struct fb_case_info ia = info_of(a), ib = info_of(b), id = info_of(d);
    assert_memory_equal(&ia.case_digest, &ib.case_digest, sizeof ia.case_digest);
    assert_memory_equal(&ia.packet_index_digest, &ib.packet_index_digest, sizeof ia.case_digest);
    assert_memory_equal(&ia.case_digest, &id.case_digest, sizeof ia.case_digest);
    assert_memory_equal(&ia.packet_index_digest, &id.packet_index_digest, sizeof ia.case_digest);
    check_content(b, all, n);
    check_content(d, all, n);
    fb_case_close(a);
    fb_case_close(b);
    fb_case_close(d);
    free(all);
}

static void spilling_leaves_no_trace_in_the_file(void **state)
{
    (void)state;
    const uint64_t n = 140000;
    char path[2][256];
    struct stat st[2];
    struct gen_session *all = store_make_sessions(n, false);
    for (int i = 0; i < 2; i++) {
        store_temp_path(path[i]);
        fb_case_close(store_write_case(path[i], all, n, STORE_SHUFFLED, i ? 1u << 20 : 0));
        assert_int_equal(stat(path[i], &st[i]), 0);
        struct fb_case *c;
        CHECK(fb_case_open(path[i], &c, &err));
        check_content(c, all, n);
        fb_case_close(c);
        store_remove(path[i]);
    }
    assert_true(st[1].st_size <= st[0].st_size + st[0].st_size / 10);
    free(all);
}

static void an_empty_case_is_complete_and_verifies(void **state)
{
    (void)state;
    struct fb_case *c = store_write_case(NULL, NULL, 0, STORE_START_ORDER, 0);
    struct fb_case_info i = info_of(c);
    assert_int_equal(i.sessions, 0);
    CHECK(fb_case_check(c, &err));
    fb_case_close(c);
}

static void same_text(const char *a, const char *b)
{
    if (a && b)
        assert_string_equal(a, b);
    else
        assert_true(a == b);
}

static char *copy(const char *s)
{
    return s ? strdup(s) : NULL;
}

/* Evidence with everything that a record can hold; `rich` false: with nothing. */
static void fill(struct fb_evidence *e, bool rich)
{
    *e = (struct fb_evidence){
        .format = FB_FORMAT_PCAPNG, .compression = FB_COMP_XZ, .size_bytes = 1u << 30, .pkts = 10};
    for (unsigned i = 0; i < 32; i++)
        e->sha256[i] = (uint8_t)(i * 7);
    e->first_ts_ns = -5;
    e->last_ts_ns = INT64_MAX;
    e->cap_bytes = UINT64_MAX;
    e->wire_bytes = 77;
    e->backward_pkts = 3;
    if (!rich)
        return;
    e->path = copy("/evidence/a b.pcapng");
    for (uint64_t i = 0; i < 5; i++)
        fb_evidence_add_damage(e, 1000 * i, i, "damage %d", (int)i);
    for (uint64_t i = 0; i < 3; i++)
        fb_evidence_add_note(e, 10 * i, i, "comment", "text", 4);
    e->ifaces = calloc(2, sizeof *e->ifaces);
    e->nifaces = 2;
    e->ifaces[0] = (struct fb_iface){1,    2,           113,           65535, 0x86, -3600, copy("eth0"),
                                     NULL, copy("tcp"), copy("Linux"), 9,     20,   4,     true};
    e->ifaces[1] = (struct fb_iface){.id = 1, .linktype = 1};
    e->checkpoints = calloc(3, sizeof *e->checkpoints);
    e->ncheckpoints = 3;
    for (size_t i = 0; i < 3; i++)
        e->checkpoints[i] = (struct fb_checkpoint){i * FB_CHECKPOINT_PKTS + 1, i << 40};
    e->meta_offs = calloc(2, sizeof *e->meta_offs);
    e->nmeta_offs = 2;
    e->meta_offs[1] = 28;
}

static void same_evidence(const struct fb_evidence *a, const struct fb_evidence *b)
{
    same_text(a->path ? a->path : "", b->path); /* never NULL when read */
    assert_memory_equal(a->sha256, b->sha256, 32);
    assert_true(a->size_bytes == b->size_bytes && a->format == b->format &&
                a->compression == b->compression && a->pkts == b->pkts);
    assert_true(a->cap_bytes == b->cap_bytes && a->wire_bytes == b->wire_bytes &&
                a->backward_pkts == b->backward_pkts);
    assert_true(a->first_ts_ns == b->first_ts_ns && a->last_ts_ns == b->last_ts_ns);
    assert_true(a->ndamage == b->ndamage && a->damage_total == b->damage_total);
    for (size_t i = 0; i < a->ndamage; i++) {
        assert_true(a->damage[i].byte_off == b->damage[i].byte_off &&
                    a->damage[i].pkt_no == b->damage[i].pkt_no);
        same_text(a->damage[i].what, b->damage[i].what);
    }
    assert_true(a->nnotes == b->nnotes && a->notes_total == b->notes_total);
    for (size_t i = 0; i < a->nnotes; i++) {
        assert_true(a->notes[i].byte_off == b->notes[i].byte_off && a->notes[i].pkt_no == b->notes[i].pkt_no);
        same_text(a->notes[i].kind, b->notes[i].kind);
        same_text(a->notes[i].text, b->notes[i].text);
    }
    assert_int_equal(a->nifaces, b->nifaces);
    for (size_t i = 0; i < a->nifaces; i++) {
        const struct fb_iface *x = &a->ifaces[i], *y = &b->ifaces[i];
        assert_true(x->section == y->section && x->id == y->id && x->linktype == y->linktype &&
                    x->snaplen == y->snaplen);
        assert_true(x->tsresol == y->tsresol && x->ts_offset_s == y->ts_offset_s && x->pkts == y->pkts);
        assert_true(x->if_recv == y->if_recv && x->if_drop == y->if_drop && x->has_stats == y->has_stats);
        same_text(x->name, y->name);
        same_text(x->description, y->description);
        same_text(x->filter, y->filter);
        same_text(x->os, y->os);
    }
    assert_true(a->ncheckpoints == b->ncheckpoints && a->nmeta_offs == b->nmeta_offs);
    for (size_t i = 0; i < a->ncheckpoints; i++)
        assert_memory_equal(&a->checkpoints[i], &b->checkpoints[i], sizeof *a->checkpoints);
    for (size_t i = 0; i < a->nmeta_offs; i++)
        assert_int_equal(a->meta_offs[i], b->meta_offs[i]);
}

static void evidence_and_counters_come_back_as_they_were(void **state)
{
    (void)state;
    struct fb_case *c;
    struct fb_evidence in[2], out;
    const char *name;
    uint64_t value;
    static const struct fb_case_run run = {"1.2.3", "{\"a\":1}", "{\"host\":\"x\"}"};
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    for (int i = 0; i < 2; i++) {
        fill(&in[i], i == 0);
        CHECK(fb_case_add_evidence(c, &in[i], &err));
    }
    CHECK(fb_case_add_counter(c, "b", 1, &err));
    CHECK(fb_case_add_counter(c, "a", UINT64_MAX, &err));
    CHECK(fb_case_finish(c, &err));
    for (int i = 0; i < 2; i++) {
        CHECK(fb_case_evidence(c, (size_t)i, &out, &err));
        same_evidence(&in[i], &out);
        fb_evidence_release(&out);
        fb_evidence_release(&in[i]);
    }
    assert_int_equal(fb_case_evidence(c, 2, &out, NULL), FB_ERR_NOTFOUND);
    CHECK(fb_case_counter(c, 0, &name, &value, &err));
    assert_true(strcmp(name, "b") == 0 && value == 1);
    CHECK(fb_case_counter(c, 1, &name, &value, &err));
    assert_true(strcmp(name, "a") == 0 && value == UINT64_MAX);
    assert_int_equal(fb_case_counter(c, 2, &name, &value, NULL), FB_EOF);
    struct fb_case_info info = info_of(c);
    assert_true(info.nevidence == 2 && info.pkts == 20 && info.damage_total == 5 && info.wire_bytes == 154);
    assert_true(info.first_ts_ns == -5 && info.last_ts_ns == INT64_MAX);
    assert_string_equal(info.tool_version, "1.2.3");
    assert_string_equal(info.custody_json, "{\"host\":\"x\"}");
    fb_case_close(c);
}

#define GIANT 300000u

/* One session with many packets, sent in pieces of `piece` packets. */
static struct fb_digest giant(uint32_t piece, size_t ceiling)
{
    struct fb_case *c;
    static const struct fb_case_run run = {"", "", ""};
    struct gen_session one;
    struct gen g;
    gen_init(&g, 1);
    gen_usual(&g, 1, &one);
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    if (ceiling)
        fb_case_set_window_ceiling(c, ceiling);
    struct fb_session_sink sink = fb_case_sink(c);
    uint8_t *steps = malloc(2 * (size_t)piece);
    uint64_t ordinal = 1;
    for (uint32_t sent = 0; sent < GIANT;) {
        struct fb_packet_run r = {1, ordinal, 1, steps, 0};
        for (sent++; r.pkts < piece && sent < GIANT; sent++, r.pkts++) {
            uint64_t step = 1 + sent % 90;
            r.steps_bytes += fb_put_varint(steps + r.steps_bytes, fb_zigzag((int64_t)step));
            ordinal += step;
        }
        assert_int_equal(sink.packets(sink.ctx, &r), FB_OK);
        ordinal += 1 + sent % 90;
    }
    free(steps);
    assert_int_equal(sink.session(sink.ctx, &one.s), FB_OK);
    CHECK(fb_case_add_timeline_run(c, 0, 1, 1, ordinal, &err));
    CHECK(fb_case_finish(c, &err));
    struct fb_packet_ref *p;
    size_t n;
    CHECK(fb_case_session_packets(c, 1, &p, &n, &err));
    assert_int_equal(n, GIANT);
    for (size_t i = 1; i < n; i++)
        assert_int_equal(p[i].ordinal - p[i - 1].ordinal, 1 + i % 90);
    free(p);
    CHECK(fb_case_check(c, &err));
    struct fb_digest d = info_of(c).packet_index_digest;
    fb_case_close(c);
    return d;
}

static void the_pieces_of_a_long_session_leave_no_trace(void **state)
{
    (void)state;
    struct fb_digest whole = giant(GIANT, 0), small = giant(7, 0), odd = giant(65537, 100000);
    assert_memory_equal(&whole, &small, sizeof whole);
    assert_memory_equal(&whole, &odd, sizeof whole);
}

static void a_timeline_of_many_files_finds_every_packet(void **state)
{
    (void)state;
    struct fb_case *c;
    static const struct fb_case_run run = {"", "", ""};
    const uint64_t nruns = 150000;
    CHECK(fb_case_create(NULL, &c, &err));
    CHECK(fb_case_begin(c, &run, &err));
    for (uint64_t i = 0; i < nruns; i++)
        CHECK(fb_case_add_timeline_run(c, (uint32_t)(i % 2), 10 + 5 * i, 1 + 3 * (i / 2), 3, &err));
    assert_int_equal(fb_case_add_timeline_run(c, 0, 12, 1, 1, NULL), FB_ERR_USAGE);
    CHECK(fb_case_finish(c, &err));
    for (uint64_t i = 0; i < nruns; i += 997) {
        struct fb_packet_ref ref;
        CHECK(fb_timeline_find(c, 10 + 5 * i + 2, &ref, &err));
        assert_true(ref.evidence == i % 2 && ref.pkt_no == 3 + 3 * (i / 2));
        assert_int_equal(fb_timeline_find(c, 10 + 5 * i + 3, &ref, NULL), FB_ERR_VERIFY);
    }
    fb_case_close(c);
}

static void wrong_use_is_refused_with_a_sentence(void **state)
{
    (void)state;
    struct fb_case *c;
    static const struct fb_case_run run = {"", "", ""};
    struct gen_session one;
    struct gen g;
    struct fb_err err = {0};
    struct fb_session s;
    gen_init(&g, 1);
    gen_usual(&g, 1, &one);
    assert_int_equal(fb_case_create(NULL, &c, &err), FB_OK);
    assert_int_equal(fb_case_finish(c, &err), FB_ERR_USAGE);
    assert_int_equal(fb_case_begin(c, &run, &err), FB_OK);
    assert_int_equal(fb_case_begin(c, &run, &err), FB_ERR_USAGE);
    assert_int_equal(fb_case_session(c, 1, &s, &err), FB_ERR_USAGE);
    struct fb_session_sink sink = fb_case_sink(c);
    assert_int_equal(sink.session(sink.ctx, &one.s), FB_OK);
    assert_int_equal(sink.session(sink.ctx, &one.s), FB_OK);
    assert_int_equal(fb_case_finish(c, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "twice"));
    fb_case_close(c);
    assert_int_equal(fb_case_create(NULL, &c, &err), FB_OK);
    assert_int_equal(fb_case_begin(c, &run, &err), FB_OK);
    sink = fb_case_sink(c);
    one.s.number = 3;
    assert_int_equal(sink.session(sink.ctx, &one.s), FB_OK);
    assert_int_equal(fb_case_finish(c, &err), FB_ERR_USAGE);
    assert_non_null(strstr(err.msg, "missing"));
    fb_case_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back_whatever_it_holds),
        cmocka_unit_test(order_and_spilling_change_neither_content_nor_digest),
        cmocka_unit_test(spilling_leaves_no_trace_in_the_file),
        cmocka_unit_test(an_empty_case_is_complete_and_verifies),
        cmocka_unit_test(evidence_and_counters_come_back_as_they_were),
        cmocka_unit_test(the_pieces_of_a_long_session_leave_no_trace),
        cmocka_unit_test(a_timeline_of_many_files_finds_every_packet),
        cmocka_unit_test(wrong_use_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
