/* Compressed evidence: every format, many members, cuts, corruption, bombs; and the digest of the file as it
 * lies on disk. */
#include "tests/support/capture_build.h"

#include "ingest/reader_int.h"

#include <lz4frame.h>
#include <lzma.h>
#include <openssl/sha.h>
#include <zlib.h>
#include <zstd.h>

typedef void (*pack_fn)(struct fb_buf *out, const void *p, size_t n);

static void pack_gzip(struct fb_buf *out, const void *p, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t cap = deflateBound(&z, n) + 64;
    assert_true(fb_buf_reserve(out, cap));
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out->data + out->len;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    deflateEnd(&z);
}

static void pack_zstd(struct fb_buf *out, const void *p, size_t n)
{
    size_t cap = ZSTD_compressBound(n);
    assert_true(fb_buf_reserve(out, cap));
    size_t got = ZSTD_compress(out->data + out->len, cap, p, n, 3);
    assert_false(ZSTD_isError(got));
    out->len += got;
}

static void pack_lz4(struct fb_buf *out, const void *p, size_t n)
{
    size_t cap = LZ4F_compressFrameBound(n, NULL);
    assert_true(fb_buf_reserve(out, cap));
    size_t got = LZ4F_compressFrame(out->data + out->len, cap, p, n, NULL);
    assert_false(LZ4F_isError(got));
    out->len += got;
}

static void pack_xz(struct fb_buf *out, const void *p, size_t n)
{
    size_t cap = lzma_stream_buffer_bound(n), pos = 0;
    assert_true(fb_buf_reserve(out, cap));
    assert_int_equal(
        lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, p, n, out->data + out->len, &pos, cap), LZMA_OK);
    out->len += pos;
}

static const struct {
    pack_fn pack;
    enum fb_compression kind;
} formats[] = {
    {pack_gzip, FB_COMP_GZIP}, {pack_zstd, FB_COMP_ZSTD}, {pack_lz4, FB_COMP_LZ4}, {pack_xz, FB_COMP_XZ}};
#define NFORMATS (sizeof formats / sizeof *formats)

static void a_compressed_capture_reads_like_the_plain_one(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 4 << 20);
    cb_pcap_plain(&b, 3000);
    struct cb_result plain, r;
    cb_read(b.data, b.len, 0, 0, &plain);
    for (size_t f = 0; f < NFORMATS; f++) {
        struct fb_buf z;
        fb_buf_init(&z, 8 << 20);
        formats[f].pack(&z, b.data, b.len);
        static const size_t blocks[] = {0, 16, 100};
        for (size_t i = 0; i < 3; i++) {
            cb_read(z.data, z.len, blocks[i], i ? 40 : 0, &r);
            assert_int_equal(r.opened, FB_OK);
            cb_assert_same(&r, &plain);
            assert_int_equal(r.ev.compression, formats[f].kind);
            assert_int_equal(r.ev.size_bytes, z.len);
            uint8_t want[32];
            SHA256(z.data, z.len, want);
            assert_memory_equal(r.ev.sha256, want, 32);
            cb_result_release(&r);
        }
        fb_buf_release(&z);
    }
    cb_result_release(&plain);
    fb_buf_release(&b);
}

static void several_members_are_one_stream(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_pcap_plain(&b, 200);
    struct cb_result plain, r;
    cb_read(b.data, b.len, 0, 0, &plain);
    for (size_t f = 0; f < NFORMATS; f++) {
        struct fb_buf z;
        fb_buf_init(&z, 8 << 20);
        formats[f].pack(&z, b.data, 1001);
        formats[f].pack(&z, b.data, 0);
        formats[f].pack(&z, b.data + 1001, b.len - 1001);
        cb_read(z.data, z.len, 33, 0, &r);
        cb_assert_same(&r, &plain);
        assert_int_equal(r.ev.damage_total, 0);
        cb_result_release(&r);
        fb_buf_release(&z);
    }
    cb_result_release(&plain);
    fb_buf_release(&b);
}

static void skippable_frames_are_skipped(void **state)
{
    (void)state;
    struct fb_buf b, z;
    fb_buf_init(&b, 1 << 20);
    fb_buf_init(&z, 1 << 20);
    cb_pcap_plain(&b, 20);
    fb_buf_put(&z, "\x50\x2a\x4d\x18\x05\0\0\0hello", 13);
    pack_zstd(&z, b.data, b.len);
    struct cb_result r;
    cb_read(z.data, z.len, 0, 0, &r);
    assert_int_equal(r.n, 20);
    assert_int_equal(r.ev.damage_total, 0);
    cb_result_release(&r);
    fb_buf_release(&z);
    fb_buf_release(&b);
}

static void a_stream_cut_at_any_byte_gives_a_prefix_and_damage(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_pcap_plain(&b, 12);
    struct cb_result plain, r;
    cb_read(b.data, b.len, 0, 0, &plain);
    for (size_t f = 0; f < NFORMATS; f++) {
        struct fb_buf z;
        fb_buf_init(&z, 1 << 20);
        formats[f].pack(&z, b.data, b.len);
        for (size_t cut = 0; cut < z.len; cut++) {
            cb_read(z.data, cut, 64, 64, &r);
            if (r.opened != FB_OK) {
                assert_int_equal(r.opened, FB_ERR_INPUT);
                continue;
            }
            cb_assert_prefix(&r, &plain);
            assert_true(r.ev.damage_total >= 1);
            assert_true(cb_has_damage(&r, "ends early"));
            cb_result_release(&r);
        }
        fb_buf_release(&z);
    }
    cb_result_release(&plain);
    fb_buf_release(&b);
}

static void a_flipped_byte_gives_a_prefix_or_damage_never_a_crash(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_pcap_plain(&b, 40);
    for (size_t f = 0; f < NFORMATS; f++) {
        struct fb_buf z;
        fb_buf_init(&z, 1 << 20);
        formats[f].pack(&z, b.data, b.len);
        size_t damaged = 0;
        for (size_t i = 0; i < z.len; i += 3) {
            struct cb_result r;
            z.data[i] ^= 0x55;
            cb_read(z.data, z.len, 0, 0, &r);
            z.data[i] ^= 0x55;
            damaged += r.opened != FB_OK || r.ev.damage_total > 0;
            cb_result_release(&r);
        }
        assert_true(damaged > z.len / 12);
        fb_buf_release(&z);
    }
    fb_buf_release(&b);
}

static void bytes_after_the_stream_are_told_and_padding_is_not(void **state)
{
    (void)state;
    struct fb_buf b;
    fb_buf_init(&b, 1 << 20);
    cb_pcap_plain(&b, 9);
    for (size_t f = 0; f < NFORMATS; f++) {
        struct fb_buf z;
        struct cb_result r;
        fb_buf_init(&z, 1 << 20);
        formats[f].pack(&z, b.data, b.len);
        cb_zero(&z, 16);
        cb_read(z.data, z.len, 0, 0, &r);
        assert_int_equal(r.n, 9);
        assert_int_equal(r.ev.damage_total, 0);
        cb_result_release(&r);
        fb_buf_puts(&z, "garbage that is no stream");
        cb_read(z.data, z.len, 0, 0, &r);
        assert_int_equal(r.n, 9);
        assert_int_equal(r.ev.damage_total, 1);
        cb_result_release(&r);
        fb_buf_release(&z);
    }
    fb_buf_release(&b);
}

static void a_bomb_of_zeros_is_refused_without_unpacking_it(void **state)
{
    (void)state;
    size_t n = (size_t)64 << 20;
    uint8_t *zeros = calloc(1, n);
    assert_non_null(zeros);
    for (size_t f = 0; f < NFORMATS; f++) {
        struct fb_buf z;
        struct cb_result r;
        fb_buf_init(&z, 80 << 20);
        formats[f].pack(&z, zeros, n);
        cb_read(z.data, z.len, 0, 0, &r);
        assert_int_equal(r.opened, FB_ERR_INPUT);
        assert_non_null(strstr(r.err.msg, "00000000"));
        fb_buf_release(&z);
    }
    free(zeros);
}

static void a_window_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    /* zstd frame header: window descriptor 0xff asks for more than 3 TiB */
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0x00, 0x00};
    struct cb_result r;
    cb_read(frame, sizeof frame, 0, 0, &r);
    assert_int_equal(r.opened, FB_ERR_INPUT);
    assert_non_null(strstr(r.err.msg, "128 MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compressed_capture_reads_like_the_plain_one),
        cmocka_unit_test(several_members_are_one_stream),
        cmocka_unit_test(skippable_frames_are_skipped),
        cmocka_unit_test(a_stream_cut_at_any_byte_gives_a_prefix_and_damage),
        cmocka_unit_test(a_flipped_byte_gives_a_prefix_or_damage_never_a_crash),
        cmocka_unit_test(bytes_after_the_stream_are_told_and_padding_is_not),
        cmocka_unit_test(a_bomb_of_zeros_is_refused_without_unpacking_it),
        cmocka_unit_test(a_window_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
