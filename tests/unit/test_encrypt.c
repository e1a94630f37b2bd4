/* Encrypted files: what comes back, and what is refused. */
#include "base/cursor.h"
#include "store/encrypt.h"
#include "tests/support/store_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#define MESSAGE (65536u + crypto_secretstream_xchacha20poly1305_ABYTES)

static uint8_t secret[FB_ENC_KEY_BYTES], pub[1][FB_ENC_KEY_BYTES];
static char dir[256], clear_path[300], enc_path[300], back_path[300];

static int make_keys(void **state)
{
    (void)state;
    FB_BUG(sodium_init() < 0);
    crypto_box_keypair(pub[0], secret);
    store_temp_path(dir);
    *strrchr(dir, '/') = '\0';
    snprintf(clear_path, sizeof clear_path, "%s/clear", dir);
    snprintf(enc_path, sizeof enc_path, "%s/enc", dir);
    snprintf(back_path, sizeof back_path, "%s/back", dir);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    unlink(clear_path);
    unlink(enc_path);
    unlink(back_path);
    return rmdir(dir);
}

static void put_file(const char *path, const uint8_t *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static uint8_t *get_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *p = malloc(*n + 1);
    assert_int_equal(fread(p, 1, *n, f), *n);
    fclose(f);
    return p;
}

static uint8_t *make_clear(size_t n)
{
    uint8_t *p = malloc(n);
    struct gen g;
    gen_init(&g, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)gen_u64(&g);
    put_file(clear_path, p, n);
    return p;
}

static const struct fb_enc_to to_key = {.recipient = (const uint8_t (*)[FB_ENC_KEY_BYTES])pub,
                                        .nrecipients = 1};
static const struct fb_enc_from from_key = {.secret = secret};

static void encrypt_now(void)
{
    struct fb_err err = {0};
    unlink(enc_path);
    if (fb_encrypt_file(clear_path, enc_path, &to_key, &err) != FB_OK)
        fail_msg("%s", err.msg);
}

static void every_length_comes_back(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 2, 65535, 65536, 65537, 131072, 200000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t *want = make_clear(lengths[i]), *got = NULL;
        size_t n = 0;
        struct fb_err err = {0};
        encrypt_now();
        assert_true(fb_encrypted_probe(enc_path));
        assert_false(fb_encrypted_probe(clear_path));
        assert_int_equal(fb_decrypt_memory(enc_path, &from_key, &got, &n, &err), FB_OK);
        assert_int_equal(n, lengths[i]);
        assert_memory_equal(got, want, n);
        sodium_free(got);
        unlink(back_path);
        assert_int_equal(fb_decrypt_file(enc_path, back_path, &from_key, &err), FB_OK);
        got = get_file(back_path, &n);
        assert_int_equal(n, lengths[i]);
        assert_memory_equal(got, want, n);
        free(got);
        free(want);
    }
}

/* The altered file is refused by both ways to open it, and leaves nothing behind. */
static void refused(const uint8_t *p, size_t n)
{
    uint8_t *got = NULL;
    size_t m = 0;
    struct fb_err err = {0};
    put_file(enc_path, p, n);
    unlink(back_path);
    enum fb_status st = fb_decrypt_memory(enc_path, &from_key, &got, &m, &err);
    if (st != FB_ERR_VERIFY && st != FB_ERR_INPUT && st != FB_ERR_NEWER)
        fail_msg("status %d: %s", st, err.msg);
    assert_null(got);
    assert_int_equal(fb_decrypt_file(enc_path, back_path, &from_key, &err), st);
    assert_int_not_equal(access(back_path, F_OK), 0);
}

static void messages_cannot_be_moved_dropped_repeated_or_added(void **state)
{
    (void)state;
    free(make_clear(4 * 65536));
    encrypt_now();
    size_t n;
    uint8_t *p = get_file(enc_path, &n), *t = malloc(n + MESSAGE);
    size_t first = n - 4 * MESSAGE;
    memcpy(t, p, n);
    memcpy(t + first, p + first + MESSAGE, MESSAGE);
    memcpy(t + first + MESSAGE, p + first, MESSAGE);
    refused(t, n); /* swapped */
    memcpy(t, p, n);
    memcpy(t + first + MESSAGE, p + first, MESSAGE);
    refused(t, n);           /* repeated in place of another */
    refused(p, n - MESSAGE); /* the last one gone */
    refused(p, first);       /* all gone */
    memcpy(t, p, first + MESSAGE);
    memcpy(t + first + MESSAGE, p + first + 2 * MESSAGE, 2 * MESSAGE);
    refused(t, n - MESSAGE); /* one in the middle gone */
    memcpy(t, p, n);
    memcpy(t + n, p + n - MESSAGE, MESSAGE);
    refused(t, n + MESSAGE); /* the last one twice */
    memset(t + n, 0, 40);
    refused(t, n + 1);
    refused(t, n + 17);
    refused(t, n + 40);
    free(t);
    free(p);
}

static void every_changed_byte_of_the_header_is_noticed(void **state)
{
    (void)state;
    free(make_clear(100));
    encrypt_now();
    size_t n;
    uint8_t *p = get_file(enc_path, &n);
    for (size_t i = 0; i < n; i++) {
        p[i] ^= (uint8_t)(1u << (i % 8));
        refused(p, n);
        p[i] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t i = 0; i < n; i++)
        refused(p, i);
    free(p);
}

static enum fb_status say_a(void *ctx, char out[static FB_ENC_PASSPHRASE_MAX + 1], struct fb_err *err)
{
    (void)err;
    ++*(unsigned *)ctx;
    memcpy(out, "a", 2);
    return FB_OK;
}

static void a_header_cannot_ask_for_endless_work(void **state)
{
    (void)state;
    const struct fb_enc_to who = {.passphrase = "a"};
    free(make_clear(100));
    unlink(enc_path);
    assert_int_equal(fb_encrypt_file(clear_path, enc_path, &who, NULL), FB_OK);
    size_t n;
    uint8_t *p = get_file(enc_path, &n);
    unsigned asked = 0;
    const struct fb_enc_from keys = {.ask = say_a, .ctx = &asked};
    uint8_t *got = NULL;
    size_t m;
    assert_int_equal(fb_decrypt_memory(enc_path, &keys, &got, &m, NULL), FB_OK);
    sodium_free(got);
    assert_int_equal(asked, 1);
    /* Salt, then passes, then memory in KiB. */
    static const struct {
        uint32_t ops, kib;
    } greedy[] = {{3, UINT32_MAX}, {UINT32_MAX, 65536}, {0, 65536}, {3, 0}};
    for (size_t i = 0; i < 4; i++) {
        struct fb_err err = {0};
        fb_store_le32(p + 16 + 3 + crypto_pwhash_SALTBYTES, greedy[i].ops);
        fb_store_le32(p + 16 + 3 + crypto_pwhash_SALTBYTES + 4, greedy[i].kib);
        put_file(enc_path, p, n);
        assert_int_equal(fb_decrypt_memory(enc_path, &keys, &got, &m, &err), FB_ERR_VERIFY);
        assert_non_null(strstr(err.msg, "more work"));
    }
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(messages_cannot_be_moved_dropped_repeated_or_added),
        cmocka_unit_test(every_changed_byte_of_the_header_is_noticed),
        cmocka_unit_test(a_header_cannot_ask_for_endless_work),
    };
    return cmocka_run_group_tests(tests, make_keys, clean);
}
