/* MaxMind DB files, made here by a small writer. */
#include "intel/packs/mmdb_origins.h"
#include "intel/packs/origins.h"
#include "tests/support/intel_build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NODES_MAX 4096

struct writer {
    struct fb_buf data;
    uint32_t rec[NODES_MAX][2]; /* a node; EMPTY; DATA + offset */
    uint32_t nodes;
    unsigned bits;
};

#define EMPTY 0xfffffff0u
#define DATA  0x80000000u

static void put_string(struct fb_buf *b, const char *s)
{
    size_t n = strlen(s);
    fb_buf_putc(b, (char)(2 << 5 | (n < 29 ? n : 29)));
    if (n >= 29)
        fb_buf_putc(b, (char)(n - 29));
    fb_buf_puts(b, s);
}

static void put_uint(struct fb_buf *b, unsigned type, uint32_t v)
{
    fb_buf_putc(b, (char)(type << 5 | 4));
    for (int i = 24; i >= 0; i -= 8)
        fb_buf_putc(b, (char)(v >> i));
}

static void put_map(struct fb_buf *b, unsigned n)
{
    fb_buf_putc(b, (char)(7 << 5 | n));
}

/* A value like GeoLite2's: number, owner and country, the country behind a pointer from the second on. */
static uint32_t put_value(struct writer *w, uint32_t asn, const char *owner, uint32_t country_at)
{
    uint32_t at = (uint32_t)w->data.len;
    put_map(&w->data, 3);
    put_string(&w->data, "autonomous_system_organization");
    put_string(&w->data, owner);
    put_string(&w->data, "autonomous_system_number");
    put_uint(&w->data, 6, asn);
    put_string(&w->data, "country");
    fb_buf_putc(&w->data, (char)(1 << 5 | 3 << 3));
    for (int i = 24; i >= 0; i -= 8)
        fb_buf_putc(&w->data, (char)(country_at >> i));
    return at;
}

static void init(struct writer *w, unsigned bits)
{
    w->nodes = 1;
    w->bits = bits;
    w->rec[0][0] = w->rec[0][1] = EMPTY;
    fb_buf_init(&w->data, 1u << 20);
}

static void insert(struct writer *w, const char *addr, unsigned prefix, uint32_t record)
{
    struct fb_addr a;
    assert_true(fb_addr_parse(addr, &a));
    unsigned skip = w->bits == 32 ? 96 : 0;
    if (w->bits == 128 && fb_addr_is_v4(&a)) {
        a.b[10] = a.b[11] = 0; /* below ::/96 */
        prefix += 96;
    }
    uint32_t node = 0;
    for (unsigned i = 0; i < prefix; i++) {
        unsigned side = a.b[(skip + i) / 8] >> (7 - (skip + i) % 8) & 1;
        if (i + 1 == prefix) {
            w->rec[node][side] = record;
            return;
        }
        if (w->rec[node][side] == EMPTY) {
            assert_true(w->nodes < NODES_MAX);
            w->rec[w->nodes][0] = w->rec[w->nodes][1] = EMPTY;
            w->rec[node][side] = w->nodes++;
        }
        node = w->rec[node][side];
    }
}

static uint32_t record_value(const struct writer *w, uint32_t r)
{
    return r == EMPTY ? w->nodes : r & DATA ? w->nodes + 16 + (r & ~DATA) : r;
}

static void finish(const struct writer *w, unsigned record_bits, struct fb_buf *out)
{
    fb_buf_init(out, 1u << 22);
    for (uint32_t i = 0; i < w->nodes; i++) {
        uint32_t l = record_value(w, w->rec[i][0]), r = record_value(w, w->rec[i][1]);
        uint8_t p[8] = {(uint8_t)(l >> 16), (uint8_t)(l >> 8), (uint8_t)l,
                        (uint8_t)(r >> 16), (uint8_t)(r >> 8), (uint8_t)r};
        if (record_bits == 28) {
            memmove(p + 4, p + 3, 3);
            p[3] = (uint8_t)((l >> 24 & 15) << 4 | (r >> 24 & 15));
        } else if (record_bits == 32) {
            fb_store_be32(p, l);
            fb_store_be32(p + 4, r);
        }
        fb_buf_put(out, p, record_bits / 4);
    }
    static const uint8_t zero[16];
    fb_buf_put(out, zero, 16);
    fb_buf_put(out, w->data.data, w->data.len);
    fb_buf_puts(out, "\xab\xcd\xefMaxMind.com");
    put_map(out, 5);
    put_string(out, "binary_format_major_version");
    put_uint(out, 5, 2);
    out->data[out->len - 5] = 5 << 5 | 2; /* two bytes */
    memmove(out->data + out->len - 4, out->data + out->len - 2, 2);
    out->len -= 2;
    put_string(out, "node_count");
    put_uint(out, 6, w->nodes);
    put_string(out, "record_size");
    put_uint(out, 6, record_bits);
    put_string(out, "ip_version");
    put_uint(out, 6, w->bits == 32 ? 4 : 6);
    put_string(out, "build_epoch");
    put_uint(out, 6, 1700000000);
}

static uint32_t put_country(struct writer *w, const char *code)
{
    uint32_t at = (uint32_t)w->data.len;
    put_map(&w->data, 1);
    put_string(&w->data, "iso_code");
    put_string(&w->data, code);
    return at;
}

static void sample(struct writer *w, unsigned bits)
{
    init(w, bits);
    uint32_t de = put_country(w, "DE");
    uint32_t one = put_value(w, 1, "One", de), two = put_value(w, 70000, "Two", de);
    insert(w, "1.0.0.0", 8, DATA | one);
    insert(w, "2.128.0.0", 9, DATA | two);
    insert(w, "3.3.3.3", 32, DATA | one);
    if (bits == 128)
        insert(w, "2a00::", 12, DATA | two);
}

static struct fb_intel *open_file(const struct fb_buf *file)
{
    struct fb_dataset_build b;
    struct fb_dataset_about about = {.name = "m"};
    struct fb_pack_build *pack = malloc(sizeof *pack);
    struct fb_err err = {0};
    struct fb_buf out;
    struct fb_intel *k = NULL;
    assert_non_null(pack);
    fb_dataset_build_init(&b);
    fb_pack_build_init(pack);
    fb_buf_init(&out, 1u << 22);
    if (intel_read(&b, file->data, file->len, NULL, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(b.date, "2023-11-14");
    assert_int_equal(fb_dataset_build_finish(&b, &about, pack, &err), FB_OK);
    assert_int_equal(fb_pack_build_finish(pack, &out, &err), FB_OK);
    assert_int_equal(fb_intel_open_bytes((struct fb_span){out.data, out.len}, &k, &err), FB_OK);
    fb_buf_release(&out);
    fb_pack_build_release(pack);
    free(pack);
    fb_dataset_build_release(&b);
    return k;
}

static void all_record_sizes_and_both_families_are_read(void **state)
{
    (void)state;
    static struct writer w;
    for (unsigned record = 24; record <= 32; record += 4)
        for (unsigned bits = 32; bits <= 128; bits += 96) {
            struct fb_buf file;
            sample(&w, bits);
            finish(&w, record, &file);
            struct fb_intel *k = open_file(&file);
            assert_string_equal(intel_says(k, "1.255.255.255"), "AS1 DE One");
            assert_string_equal(intel_says(k, "2.127.255.255"), "-");
            assert_string_equal(intel_says(k, "2.128.0.0"), "AS70000 DE Two");
            assert_string_equal(intel_says(k, "3.3.3.3"), "AS1 DE One");
            assert_string_equal(intel_says(k, "3.3.3.2"), "-");
            assert_string_equal(intel_says(k, "2a0f::1"), bits == 128 ? "AS70000 DE Two" : "-");
            fb_intel_close(k);
            fb_buf_release(&file);
            fb_buf_release(&w.data);
        }
}

static void an_alias_of_the_ipv4_part_is_not_a_range_of_its_own(void **state)
{
    (void)state;
    static struct writer w;
    struct fb_buf file;
    sample(&w, 128);
    uint32_t v4 = 0;
    for (int i = 0; i < 96; i++)
        v4 = w.rec[v4][0];
    insert(&w, "2002::", 16, v4);
    finish(&w, 24, &file);
    struct fb_intel *k = open_file(&file);
    assert_string_equal(intel_says(k, "2002:101:101::"), "-");
    assert_string_equal(intel_says(k, "1.1.1.1"), "AS1 DE One");
    assert_int_equal(fb_intel_set(k, 0)->entries, 4);
    fb_intel_close(k);
    fb_buf_release(&file);
    fb_buf_release(&w.data);
}

static enum fb_status read_file(const struct fb_buf *file)
{
    struct fb_mmdb m;
    struct fb_origin_build b;
    fb_origin_build_init(&b);
    enum fb_status st = fb_mmdb_open((struct fb_span){file->data, file->len}, &m, NULL);
    if (st == FB_OK)
        st = fb_mmdb_origins(&m, &b, NULL);
    fb_mmdb_release(&m);
    fb_origin_build_release(&b);
    return st;
}

static void trees_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    static struct writer w;
    for (int what = 0; what < 6; what++) {
        struct fb_buf file;
        sample(&w, 32);
        uint32_t last = w.nodes - 1;
        if (what == 0)
            w.rec[last][0] = last; /* itself */
        else if (what == 1)
            w.rec[last][0] = 0; /* the root */
        else if (what == 2)
            w.rec[last][0] = DATA | (uint32_t)w.data.len; /* just past the data */
        else if (what == 3)
            w.rec[last][0] = DATA | 1; /* into the middle of a value: "iso_code" is read, but is no map */
        else if (what == 4)
            w.rec[last][0] = w.nodes + 3; /* into the separator; not marked as data or node */
        else
            insert(&w, "3.3.3.3", 32, w.nodes - 2); /* deeper than an address has bits, or a cycle */
        finish(&w, 32, &file);
        assert_int_equal(read_file(&file), what == 3 ? FB_OK : FB_ERR_INPUT);
        fb_buf_release(&file);
        fb_buf_release(&w.data);
    }
}

/* One value under the whole address space. */
static enum fb_status read_value(const void *p, size_t n)
{
    static struct writer w;
    struct fb_buf file;
    init(&w, 32);
    fb_buf_put(&w.data, p, n);
    w.rec[0][0] = w.rec[0][1] = DATA;
    finish(&w, 24, &file);
    enum fb_status st = read_file(&file);
    fb_buf_release(&file);
    fb_buf_release(&w.data);
    return st;
}

static void values_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {
        {"\x38\0\0\0\0", 5},              /* a pointer to itself */
        {"\x38\0\0\0\5\x38\0\0\0\0", 10}, /* two in a circle */
        {"\x38\xff\xff\xff\xf0", 5},      /* past the end */
        {"\xe1\x43"
         "asn\x38\0\0\0\0",
         10},                                     /* a map that holds itself */
        {"\x02\x04\x38\0\0\0\0\x38\0\0\0\0", 12}, /* an array that holds itself twice */
        {"\xff\xff\xff\xff\x41k", 6},             /* 16 million pairs */
        {"\x1f\x04\xff\xff\xff", 5},              /* 16 million items */
        {"\x5f\xff\xff\xff"
         "abc",
         7}, /* a long string */
        {"\xc8"
         "12345678",
         9}, /* a uint32 of 8 bytes */
        {"\x63"
         "123",
         4}, /* a double of 3 bytes */
        {"\x00\x00", 2},
        {"\x00\xff", 2}, /* types that there are not */
        {"\x01\x05", 2},
        {"\x00\x06", 2},          /* data cache container, end marker */
        {"\xe1\xa1\x05\x41x", 5}, /* a key that is a number */
        {"\xe1\x43"
         "asn",
         5}, /* a key without a value */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_value(bad[i].p, bad[i].n), FB_ERR_INPUT);
    static const char good[] = "\xe1\x43"
                               "asn\xa1\x05";
    assert_int_equal(read_value(good, sizeof good - 1), FB_OK);
    char deep[64];
    for (unsigned depth = 15; depth <= 16; depth++) { /* arrays around a map: depth + 1 levels */
        for (unsigned i = 0; i < depth; i++)
            memcpy(deep + 2 * i, "\x01\x04", 2);
        memcpy(deep + 2 * depth, good, sizeof good);
        struct fb_span s = {(const uint8_t *)deep, 2 * depth + sizeof good - 1};
        size_t after;
        uint64_t work = 1000;
        assert_int_equal(fb_mmdb_check_value(s, 0, &after, &work), depth == 15);
    }
}

static void many_paths_to_one_value_are_one_range(void **state)
{
    (void)state;
    static struct writer w;
    struct fb_buf file;
    init(&w, 32);
    uint32_t de = put_country(&w, "DE"), one = put_value(&w, 9, "Nine", de);
    w.nodes = 32; /* both records of each node lead to the next: 2^32 paths */
    for (uint32_t i = 0; i < 32; i++)
        w.rec[i][0] = w.rec[i][1] = i < 31 ? i + 1 : DATA | one;
    finish(&w, 28, &file);
    struct fb_intel *k = open_file(&file);
    assert_int_equal(fb_intel_set(k, 0)->entries, 1);
    assert_string_equal(intel_says(k, "77.1.2.3"), "AS9 DE Nine");
    fb_intel_close(k);
    fb_buf_release(&file);
    /* The same with two values at the bottom: every path is a network of its own, which is refused. */
    w.rec[31][1] = EMPTY;
    finish(&w, 28, &file);
    assert_int_equal(read_file(&file), FB_ERR_INPUT);
    fb_buf_release(&file);
    fb_buf_release(&w.data);
}

static void a_file_cut_or_changed_anywhere_is_read_or_refused(void **state)
{
    (void)state;
    static struct writer w;
    struct fb_buf file;
    sample(&w, 32);
    finish(&w, 24, &file);
    size_t whole = file.len;
    for (file.len = 0; file.len < whole; file.len++)
        assert_int_equal(read_file(&file), FB_ERR_INPUT);
    for (size_t i = 0; i < whole; i++)
        for (unsigned v = 0; v < 256; v += 15) {
            uint8_t before = file.data[i];
            file.data[i] = (uint8_t)v;
            enum fb_status st = read_file(&file);
            assert_true(st == FB_OK || st == FB_ERR_INPUT);
            file.data[i] = before;
        }
    fb_buf_release(&file);
    fb_buf_release(&w.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_record_sizes_and_both_families_are_read),
        cmocka_unit_test(an_alias_of_the_ipv4_part_is_not_a_range_of_its_own),
        cmocka_unit_test(trees_that_lead_nowhere_are_refused),
        cmocka_unit_test(values_that_are_none_are_refused),
        cmocka_unit_test(many_paths_to_one_value_are_one_range),
        cmocka_unit_test(a_file_cut_or_changed_anywhere_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
