#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/reassembly.h"
#include "tests/support/test_random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a stream told: the bytes delivered, with their positions, and the gaps. */
#define STREAM_MAX 262144u
struct heard {
    const struct fb_reasm *r;
    uint8_t got[STREAM_MAX];  /* by position */
    uint8_t kind[STREAM_MAX]; /* 0 nothing, 1 delivered with bytes, 2 delivered without, 3 gap */
    uint64_t at;              /* next position */
    uint64_t gaps;
};
static struct heard heard;

static void on_deliver(void *ctx, const uint8_t *p, size_t n)
{
    struct heard *h = ctx;
    assert_true(n > 0 && h->at + n <= STREAM_MAX);
    for (size_t i = 0; i < n; i++) {
        h->kind[h->at + i] = p ? 1 : 2;
        h->got[h->at + i] = p ? p[i] : 0;
    }
    h->at += n;
}

static void on_gap(void *ctx, uint64_t n)
{
    struct heard *h = ctx;
    assert_true(n > 0 && h->at + n <= STREAM_MAX);
    memset(h->kind + h->at, 3, n);
    h->at += n;
    h->gaps++;
}

static struct fb_reasm_ops start(struct fb_reasm *r, bool want_data)
{
    fb_reasm_init(r);
    memset(&heard, 0, sizeof heard);
    heard.at = 1;
    heard.r = r;
    return (struct fb_reasm_ops){&heard, on_deliver, on_gap, want_data};
}

static void expect_text(uint64_t from, const char *want)
{
    for (size_t i = 0; want[i]; i++) {
        assert_int_equal(heard.kind[from + i], want[i] == '.' ? 3 : 1);
        if (want[i] != '.')
            assert_int_equal(heard.got[from + i], want[i]);
    }
    assert_int_equal(heard.at, from + strlen(want));
}

static bool put(struct fb_reasm *r, uint64_t seq, const char *text, const struct fb_reasm_ops *ops)
{
    /* A copy of exactly that size, so that a sanitizer sees a read past it. */
    size_t n = strlen(text);
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, text, n);
    bool fresh = fb_reasm_data(r, seq, n, copy, ops);
    free(copy);
    return fresh;
}

/* ranges ascend, do not touch what was delivered, and the account of held bytes is right. */
static void check(const struct fb_reasm *r)
{
    uint64_t prev = r->last, held = 0;
    assert_true(r->nblocks <= FB_REASM_BLOCKS_MAX && r->nblocks <= r->cap_blocks);
    for (uint32_t i = 0; i < r->nblocks; i++) {
        assert_true(r->blocks[i].seq < r->blocks[i].upper);
        assert_true(i == 0 ? r->blocks[i].seq > prev : r->blocks[i].seq >= prev);
        prev = r->blocks[i].upper;
        held += r->blocks[i].data ? r->blocks[i].upper - r->blocks[i].seq : 0;
    }
    assert_int_equal(r->held_bytes, held);
    assert_true(r->held_bytes <= FB_REASM_DATA_MAX);
}

static void bytes_in_order_are_delivered_at_once(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    assert_true(put(&r, 1, "hel", &ops));
    assert_true(put(&r, 4, "lo", &ops));
    assert_false(put(&r, 1, "HELLO", &ops));
    assert_false(put(&r, 3, "", &ops));
    expect_text(1, "hello");
    assert_int_equal(r.last, 6);
    assert_int_equal(fb_reasm_buffered(&r), 5);
    assert_true(fb_reasm_holds_blocks(&r));
    fb_reasm_trim(&r, 6, false, &ops);
    assert_false(fb_reasm_holds_blocks(&r));
    assert_int_equal(heard.gaps, 0);
    fb_reasm_release(&r);
}

static void what_lies_beyond_a_hole_waits_for_it(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    assert_true(put(&r, 7, "ghi", &ops));
    assert_true(put(&r, 4, "de", &ops));
    assert_int_equal(r.last, 1);
    assert_int_equal(fb_reasm_undelivered(&r), 9);
    check(&r);
    assert_true(put(&r, 1, "abc", &ops));
    expect_text(1, "abcde");
    assert_true(put(&r, 6, "f", &ops));
    expect_text(1, "abcdefghi");
    assert_int_equal(fb_reasm_undelivered(&r), 0);
    fb_reasm_release(&r);
}

static void the_first_copy_of_a_byte_wins(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    put(&r, 3, "CD", &ops);
    put(&r, 7, "GH", &ops);
    assert_true(put(&r, 2, "bcdefghij", &ops));
    check(&r);
    assert_false(put(&r, 2, "123456789", &ops));
    put(&r, 1, "axxxxxxxxxk", &ops);
    expect_text(1, "abCDefGHijk");
    fb_reasm_release(&r);
}

static void an_acknowledged_hole_is_a_gap(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    put(&r, 1, "ab", &ops);
    put(&r, 5, "ef", &ops);
    put(&r, 9, "ij", &ops);
    fb_reasm_trim(&r, 10, false, &ops);
    /* The range that the acknowledgement cuts is delivered whole. */
    expect_text(1, "ab..ef..ij");
    assert_int_equal(heard.gaps, 2);
    assert_int_equal(r.last, 11);
    fb_reasm_trim(&r, 14, false, &ops);
    expect_text(1, "ab..ef..ij...");
    assert_int_equal(heard.gaps, 3);
    assert_int_equal(r.nblocks, 0);
    assert_false(put(&r, 12, "l", &ops));
    fb_reasm_release(&r);
}

static void the_faked_first_byte_of_a_partial_session_is_no_gap(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    fb_reasm_trim(&r, 2, true, &ops);
    assert_int_equal(heard.gaps, 0);
    assert_int_equal(r.last, 1);
    fb_reasm_release(&r);
    ops = start(&r, true);
    fb_reasm_trim(&r, 3, true, &ops);
    assert_int_equal(heard.gaps, 1);
    fb_reasm_release(&r);
    ops = start(&r, true);
    fb_reasm_trim(&r, 2, false, &ops);
    assert_int_equal(heard.gaps, 1);
    fb_reasm_release(&r);
}

static void skipping_forgets_everything_and_tells_nothing(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    put(&r, 1, "ab", &ops);
    put(&r, 5, "ef", &ops);
    fb_reasm_skip(&r);
    assert_int_equal(fb_reasm_memory(&r), 0);
    assert_false(fb_reasm_holds_blocks(&r));
    assert_false(put(&r, 3, "cd", &ops));
    fb_reasm_trim(&r, 100, false, &ops);
    assert_int_equal(heard.gaps, 0);
    assert_int_equal(r.last, 100);
    expect_text(1, "ab");
    fb_reasm_release(&r);
}

static void ranges_beyond_holes_have_a_ceiling(void **state)
{
    (void)state;
    for (int want = 0; want < 2; want++) {
        struct fb_reasm r;
        struct fb_reasm_ops ops = start(&r, want);
        for (uint64_t i = 0; i < FB_REASM_BLOCKS_MAX; i++)
            assert_true(put(&r, 3 + 2 * i, "x", &ops));
        assert_int_equal(r.nblocks, FB_REASM_BLOCKS_MAX);
        assert_false(put(&r, 3 + 2 * FB_REASM_BLOCKS_MAX, "x", &ops));
        assert_false(put(&r, 10000, "x", &ops));
        check(&r);
        assert_int_equal(r.nblocks, FB_REASM_BLOCKS_MAX);
        /* Closing holes still works. */
        assert_true(put(&r, 1, "ab", &ops));
        assert_int_equal(r.last, 4);
        assert_int_equal(r.nblocks, FB_REASM_BLOCKS_MAX - 1);
        assert_true(put(&r, 10000, "x", &ops));
        check(&r);
        fb_reasm_release(&r);
    }
}

static void bytes_kept_beyond_holes_have_a_ceiling(void **state)
{
    (void)state;
    enum { PART = 1000 };
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    static char part[PART + 1];
    memset(part, 'y', PART);
    for (uint64_t i = 0; i < 100; i++)
        assert_true(put(&r, 2 + i * PART, part, &ops));
    check(&r);
    /* 65 parts fit into 65,536 bytes; the others are known without their bytes. */
    assert_int_equal(r.held_bytes, 65 * PART);
    assert_int_equal(fb_reasm_buffered(&r), 100 * PART);
    put(&r, 1, "a", &ops);
    assert_int_equal(r.held_bytes, 0);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(heard.kind[2 + i * PART], i < 65 ? 1 : 2);
    assert_int_equal(heard.at, 2 + 100 * PART);
    fb_reasm_release(&r);
}

static void without_a_reader_a_burst_behind_a_hole_is_one_range(void **state)
{
    (void)state;
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, false);
    for (uint64_t i = 0; i < 2000; i++)
        assert_true(put(&r, 5 + 3 * i, "xyz", &ops));
    assert_int_equal(r.nblocks, 1);
    assert_int_equal(r.held_bytes, 0);
    put(&r, 1, "abcd", &ops);
    assert_int_equal(heard.at, 5 + 6000);
    fb_reasm_release(&r);
}

/* ---- against a slow oracle: one entry per byte ---- */

#define ORACLE_MAX 4000u
struct oracle {
    uint8_t byte[ORACLE_MAX], have[ORACLE_MAX], out[ORACLE_MAX]; /* out: as heard.kind */
    uint64_t last, gaps;
};

static void oracle_deliver(struct oracle *o)
{
    while (o->last < ORACLE_MAX && o->have[o->last])
        o->out[o->last++] = 1;
}

static void oracle_data(struct oracle *o, uint64_t seq, size_t n, const uint8_t *p)
{
    for (size_t i = 0; i < n; i++)
        if (seq + i >= o->last && !o->have[seq + i]) {
            o->have[seq + i] = 1;
            o->byte[seq + i] = p[i];
        }
    oracle_deliver(o);
}

/* What is missing below n is a gap; a range that n cuts is delivered whole, as long as its bytes follow. */
static void oracle_trim(struct oracle *o, uint64_t n)
{
    while (o->last < n) {
        if (!o->have[o->last]) {
            o->gaps++;
            while (o->last < n && !o->have[o->last])
                o->out[o->last++] = 3;
        }
        oracle_deliver(o);
    }
    oracle_deliver(o);
}

static void compare(const struct oracle *o, const struct fb_reasm *r, uint64_t seed)
{
    if (r->last != o->last || heard.at != o->last || heard.gaps != o->gaps)
        print_error("seed %llu: last %llu, heard %llu, gaps %llu; oracle: last %llu, gaps %llu\n",
                    (unsigned long long)seed, (unsigned long long)r->last, (unsigned long long)heard.at,
                    (unsigned long long)heard.gaps, (unsigned long long)o->last, (unsigned long long)o->gaps);
    assert_int_equal(r->last, o->last);
    assert_int_equal(heard.at, o->last);
    assert_int_equal(heard.gaps, o->gaps);
    for (uint64_t i = 1; i < o->last; i++) {
        assert_int_equal(heard.kind[i], o->out[i]);
        if (o->out[i] == 1)
            assert_int_equal(heard.got[i], o->byte[i]);
    }
}

static void random_stream(uint64_t seed)
{
    static struct oracle o;
    struct test_random rnd = {seed};
    struct fb_reasm r;
    struct fb_reasm_ops ops = start(&r, true);
    memset(&o, 0, sizeof o);
    o.last = 1;
    uint32_t longest = 1 + tr_below(&rnd, 60), window = 1 + tr_below(&rnd, 400);
    for (int step = 0; step < 300; step++) {
        if (tr_below(&rnd, 8) == 0) {
            uint64_t n = o.last + tr_below(&rnd, window / 2 + 1);
            n = n > ORACLE_MAX ? ORACLE_MAX : n;
            oracle_trim(&o, n);
            fb_reasm_trim(&r, n, false, &ops);
            assert_true(r.trimmed >= n);
        } else {
            uint64_t from = o.last > 20 ? o.last - 20 : 1, seq = from + tr_below(&rnd, window);
            uint8_t bytes[64];
            size_t n = 1 + tr_below(&rnd, longest);
            if (seq + n > ORACLE_MAX)
                continue;
            for (size_t i = 0; i < n; i++)
                bytes[i] = (uint8_t)tr_next(&rnd);
            uint64_t before = o.last;
            bool any = false;
            for (size_t i = 0; i < n; i++)
                any = any || (seq + i >= before && !o.have[seq + i]);
            oracle_data(&o, seq, n, bytes);
            assert_int_equal(fb_reasm_data(&r, seq, n, bytes, &ops), any);
        }
        check(&r);
    }
    compare(&o, &r, seed);
    fb_reasm_release(&r);
}

static void random_segments_give_what_a_byte_map_gives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++)
        random_stream(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_in_order_are_delivered_at_once),
        cmocka_unit_test(what_lies_beyond_a_hole_waits_for_it),
        cmocka_unit_test(the_first_copy_of_a_byte_wins),
        cmocka_unit_test(an_acknowledged_hole_is_a_gap),
        cmocka_unit_test(the_faked_first_byte_of_a_partial_session_is_no_gap),
        cmocka_unit_test(skipping_forgets_everything_and_tells_nothing),
        cmocka_unit_test(ranges_beyond_holes_have_a_ceiling),
        cmocka_unit_test(bytes_kept_beyond_holes_have_a_ceiling),
        cmocka_unit_test(without_a_reader_a_burst_behind_a_hole_is_one_range),
        cmocka_unit_test(random_segments_give_what_a_byte_map_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
