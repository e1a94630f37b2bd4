/* The same packets give the same records, whoever computes them; and the memory ceiling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "ingest/packet.h"
#include "tests/support/engine_run.h"
#include "tests/support/random_traffic.h"

#include <stdlib.h>
#include <string.h>

enum { PACKETS = 40000 };

/* Which ordinals the records get. */
enum spacing { DENSE, GAPS, SHIFTED };

static uint64_t ordinal_of(enum spacing sp, size_t i)
{
    return sp == DENSE ? i + 1 : sp == SHIFTED ? i + 3000 : 7 + 3 * i + i / 1000 * 10000;
}

static struct engine_run *run(const struct random_traffic *t, unsigned threads, uint64_t memory,
                              enum spacing sp)
{
    struct fb_engine_opts o = {.threads = threads, .memory_bytes = memory};
    struct engine_run *r = er_new(&o);
    for (size_t i = 0; i < t->n; i++)
        er_feed_record(r, &t->rec[i], ordinal_of(sp, i));
    er_finish(r);
    return r;
}

static void same_texts(const struct engine_run *a, const struct engine_run *b)
{
    assert_int_equal(a->nrec, b->nrec);
    for (size_t i = 0; i < a->nrec; i++) {
        char x[2048], y[2048];
        er_text(&a->rec[i], x, sizeof x);
        er_text(&b->rec[i], y, sizeof y);
        assert_string_equal(x, y);
    }
}

static void same_calls(const struct engine_run *a, const struct engine_run *b)
{
    assert_int_equal(a->nidx, b->nidx);
    for (size_t i = 0; i < a->nrec; i++)
        assert_int_equal(a->rec[i].left, b->rec[i].left);
    for (size_t i = 0; i < a->nidx; i++) {
        assert_int_equal(a->idx[i].number, b->idx[i].number);
        assert_int_equal(a->idx[i].ordinal, b->idx[i].ordinal);
        assert_int_equal(a->idx[i].left, b->idx[i].left);
    }
}

static void the_traffic_has_everything(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 1, PACKETS);
    struct engine_run *r = run(&t, 1, 0, DENSE);
    size_t cs[FB_CS_COUNT] = {0}, end[FB_END_COUNT] = {0}, proto[5] = {0}, tunnels = 0, parents = 0, gaps = 0,
           ooo = 0, retrans = 0, more = 0;
    for (size_t i = 0; i < r->nrec; i++) {
        const struct fb_session *s = &r->rec[i].s;
        cs[s->conn_state]++;
        end[s->end_reason]++;
        proto[s->proto]++;
        tunnels += *s->tunnel != 0;
        parents += s->nparents;
        gaps += s->missed_bytes > 0;
        ooo += s->orig_ooo_pkts > 0;
        retrans += s->orig_retrans_pkts > 0;
        more += s->evidence_pkts > s->orig_pkts + s->resp_pkts;
    }
    assert_true(r->nrec > 3000);
    for (int i = FB_CS_S0; i < FB_CS_COUNT; i++)
        if (i != FB_CS_RSTOS0)
            assert_true(cs[i] > 0);
    for (int i = FB_END_EVIDENCE; i <= FB_END_REUSE; i++)
        assert_true(end[i] > 0);
    for (int i = FB_PROTO_TCP; i <= FB_PROTO_OTHER; i++)
        assert_true(proto[i] > 0);
    assert_true(tunnels > 100 && parents > 100 && gaps > 100 && ooo > 20 && retrans > 100 && more > 100);
    er_free(r);
    rt_free(&t);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void no_uid_stands_twice(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 7, PACKETS);
    struct engine_run *r = run(&t, 1, 0, DENSE);
    char(*uid)[FB_UID_STRLEN] = malloc(r->nrec * sizeof *uid);
    assert_non_null(uid);
    for (size_t i = 0; i < r->nrec; i++)
        fb_session_uid(&r->rec[i].s, uid[i]);
    qsort(uid, r->nrec, sizeof *uid, by_text);
    for (size_t i = 1; i < r->nrec; i++)
        assert_string_not_equal(uid[i], uid[i - 1]);
    free(uid);
    er_free(r);
    rt_free(&t);
}

/* A sink whose `calls`th call fails. */
struct failing {
    int calls, made;
};

static int fail_session(void *ctx, const struct fb_session *s)
{
    (void)s;
    struct failing *f = ctx;
    return ++f->made == f->calls ? FB_ERR_IO : FB_OK;
}

static void a_sink_that_fails_ends_the_run_with_its_status(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 8, 20000);
    static const int calls[] = {1, 2, 500};
    for (size_t k = 0; k < 3; k++)
        for (unsigned threads = 1; threads <= 2; threads++) {
            struct failing ctx = {calls[k], 0};
            struct fb_session_sink sink = {.ctx = &ctx, .session = fail_session};
            struct fb_engine_opts o = {.threads = threads};
            struct fb_engine *e;
            struct fb_err err;
            assert_int_equal(fb_engine_new(&o, &sink, &e, &err), FB_OK);
            enum fb_status st = FB_OK;
            for (size_t i = 0; i < t.n && st == FB_OK; i++)
                st = fb_engine_feed(e, &t.rec[i], i + 1, &err);
            if (st == FB_OK)
                st = fb_engine_finish(e, &err);
            assert_int_equal(st, FB_ERR_IO);
            assert_int_equal(ctx.made, calls[k]); /* not called again */
            fb_engine_free(e);
        }
    rt_free(&t);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 2; seed <= 3; seed++) {
        struct random_traffic t;
        rt_make(&t, seed, PACKETS);
        struct engine_run *one = run(&t, 1, 0, DENSE);
        for (unsigned threads = 2; threads <= 8; threads *= 2) {
            struct engine_run *many = run(&t, threads, 0, DENSE);
            same_texts(one, many);
            same_calls(one, many);
            er_free(many);
        }
        er_free(one);
        rt_free(&t);
    }
}

static void threads_change_nothing_when_ordinals_have_gaps(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 4, PACKETS);
    struct engine_run *one = run(&t, 1, 0, GAPS), *four = run(&t, 4, 0, GAPS);
    same_texts(one, four);
    same_calls(one, four);
    er_free(one);
    er_free(four);
    rt_free(&t);
}

/* The numbers in the order in which they left. */
static uint64_t *order_of(const struct engine_run *r)
{
    uint64_t *calls = calloc(r->calls + 1, sizeof *calls), *out = calloc(r->nrec + 1, sizeof *out);
    assert_true(calls && out);
    for (size_t i = 0; i < r->nrec; i++)
        calls[r->rec[i].left] = r->rec[i].s.number;
    size_t n = 0;
    for (uint64_t i = 0; i <= r->calls; i++)
        if (calls[i])
            out[n++] = calls[i];
    assert_int_equal(n, r->nrec);
    free(calls);
    return out;
}

static void when_housekeeping_runs_changes_nothing(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 5, PACKETS);
    struct engine_run *dense = run(&t, 1, 0, DENSE);
    for (enum spacing sp = GAPS; sp <= SHIFTED; sp++) {
        struct engine_run *other = run(&t, 1, 0, sp);
        assert_int_equal(dense->nrec, other->nrec);
        uint64_t *a = order_of(dense), *b = order_of(other);
        for (size_t i = 0; i < dense->nrec; i++) {
            struct er_session *o = &other->rec[i];
            assert_int_equal(o->s.first_ordinal, ordinal_of(sp, dense->rec[i].s.first_ordinal - 1));
            o->s.first_ordinal = dense->rec[i].s.first_ordinal;
            assert_int_equal(a[i], b[i]);
        }
        same_texts(dense, other);
        free(a);
        free(b);
        er_free(other);
    }
    er_free(dense);
    rt_free(&t);
}

static uint64_t shed_of(const struct engine_run *r)
{
    struct fb_engine_stats st;
    fb_engine_stats(r->e, &st);
    uint64_t n = 0;
    for (size_t i = 0; i < r->nrec; i++)
        n += r->rec[i].s.end_reason == FB_END_SHED;
    assert_int_equal(n, st.shed_sessions);
    return n;
}

static void what_a_memory_ceiling_sheds_does_not_depend_on_threads(void **state)
{
    (void)state;
    struct random_traffic t;
    rt_make(&t, 6, PACKETS);
    struct engine_run *one = run(&t, 1, 1 << 20, DENSE), *four = run(&t, 4, 1 << 20, DENSE);
    assert_true(shed_of(one) > 100);
    assert_int_equal(shed_of(one), shed_of(four));
    same_texts(one, four);
    same_calls(one, four);
    er_free(one);
    er_free(four);
    rt_free(&t);
}

/* ---- the ceiling itself ---- */

static void feed_syn(struct engine_run *r, struct fb_record *rec, uint8_t *bytes, uint32_t i)
{
    fb_store_be32(bytes + 12, 0x0b000000 + i / 7); /* source address */
    fb_store_be16(bytes + 20, (uint16_t)(1024 + i % 7));
    rec->ts_ns = ER_START_NS + 1000 * ER_MS + (int64_t)i * 10000;
    er_feed_record(r, rec, r->ordinal + 1);
}

static void a_flood_of_syns_stays_within_its_memory(void **state)
{
    (void)state;
    enum { SYNS = 200000, GOOD = 200, MEMORY = 8 << 20 };
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        struct fb_engine_opts o = {
            .threads = threads, .memory_bytes = MEMORY, .decode.ignore_checksums = true};
        struct engine_run *r = er_new(&o);
        for (uint16_t i = 0; i < GOOD; i++) {
            r->port[0] = (uint16_t)(20000 + i);
            er_play(r, "0 > S 0; 1 < SA 0 1; 2 > A 1 1; 3 > A 1 1 100");
        }
        pb_start(&r->b, "", 0);
        pb_tcp(&r->b, 1024, 80, FB_TCP_SYN, 1, 0);
        pb_ip4(&r->b, "11.0.0.0", "192.0.2.1", 6);
        uint8_t bytes[40];
        memcpy(bytes, r->b.p, 40);
        struct fb_record rec = {.data = bytes, .caplen = 40, .wirelen = 40, .linktype = 101};
        for (uint32_t i = 0; i < SYNS; i++) {
            feed_syn(r, &rec, bytes, i);
            if (i % 1000 == 0) {
                struct fb_engine_stats st;
                fb_engine_stats(r->e, &st);
                /* No session is smaller than 400 bytes; the ceiling is looked at every 4096 packets. */
                assert_true(st.active_sessions <= MEMORY / 400 + 4096);
            }
        }
        er_finish(r); /* every number once */
        assert_int_equal(r->nrec, SYNS + GOOD);
        assert_true(shed_of(r) > SYNS / 2);
        for (size_t i = 0; i < r->nrec; i++) {
            bool good = r->rec[i].s.orig_pkts == 3;
            assert_int_equal(good, i < GOOD);
            if (good)
                assert_int_equal(r->rec[i].s.end_reason, FB_END_EVIDENCE);
            else
                assert_int_equal(r->rec[i].s.conn_state, FB_CS_S0);
        }
        er_free(r);
    }
}

static void streams_that_wait_for_lost_bytes_are_shed_no_more_than_needed(void **state)
{
    (void)state;
    enum { STREAMS = 64, PARTS = 44 };
    struct fb_engine_opts o = {.memory_bytes = 3 << 20}; /* the streams hold about 4 MB */
    struct engine_run *r = er_new(&o);
    static uint8_t part[1400];
    for (uint16_t i = 0; i < STREAMS; i++) {
        r->port[0] = (uint16_t)(20000 + i);
        er_play(r, "0 > S 0; 1 < SA 0 1; 2 > A 1 1; 3 > A 1 1 10; 4 < A 1 11");
        for (uint32_t k = 0; k < PARTS; k++) {
            pb_start(&r->b, part, sizeof part);
            pb_tcp(&r->b, r->port[0], r->port[1], FB_TCP_ACK, r->isn[0] + 21 + k * 1400, r->isn[1] + 1);
            pb_ip4(&r->b, r->host[0], r->host[1], 6);
            er_feed(r, 5);
        }
    }
    r->ordinal += FB_SHARDS * 4096;
    er_tick(r, 6);
    r->ordinal += FB_SHARDS * 4096;
    er_tick(r, 7);
    struct fb_engine_stats st;
    fb_engine_stats(r->e, &st);
    /* At 7/8 of 3 MB a shard has shed enough; two 61 KB streams are what the last one may be off by. */
    assert_true(st.shed_sessions > 8);
    assert_true(st.active_sessions >= 20);
    er_finish(r);
    er_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_traffic_has_everything),
        cmocka_unit_test(no_uid_stands_twice),
        cmocka_unit_test(a_sink_that_fails_ends_the_run_with_its_status),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(threads_change_nothing_when_ordinals_have_gaps),
        cmocka_unit_test(when_housekeeping_runs_changes_nothing),
        cmocka_unit_test(what_a_memory_ceiling_sheds_does_not_depend_on_threads),
        cmocka_unit_test(a_flood_of_syns_stays_within_its_memory),
        cmocka_unit_test(streams_that_wait_for_lost_bytes_are_shed_no_more_than_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
