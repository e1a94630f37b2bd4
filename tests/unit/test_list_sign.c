/* Signatures of lists: canonical JSON, Ed25519, minisign, the older digest. */
#include "intel/lists/list_sign.h"

#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

static void canonical(const char *doc, const char *want)
{
    struct fb_buf b;
    struct fb_err err = {0};
    fb_buf_init(&b, 65536);
    if (fb_list_canonical(doc, strlen(doc), &b, &err) != FB_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(fb_buf_cstr(&b), want);
    fb_buf_release(&b);
}

static void canonical_json_is_that_of_rfc_8785(void **state)
{
    (void)state;
    canonical("{ \"b\" : [ 1, -0, true, null ], \"a\" : {} }", "{\"a\":{},\"b\":[1,0,true,null]}");
    /* RFC 8785, 3.2.3: keys by UTF-16 code units. */
    canonical(
        "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
        "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,"
        "\"\xef\xac\xb3\":3}");
    /* 3.2.2.2 */
    canonical("{\"s\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"}",
              "{\"s\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    canonical("{\"signature\":\"x\",\"a\":{\"signature\":\"y\"}}", "{\"a\":{\"signature\":\"y\"}}");
}

static void numbers_that_need_rounding_are_not_signed(void **state)
{
    (void)state;
    static const char *const BAD[] = {"{\"a\":1.5}", "{\"a\":1e3}", "{\"a\":9007199254740993}"};
    for (size_t i = 0; i < 3; i++) {
        struct fb_buf b;
        fb_buf_init(&b, 65536);
        assert_int_equal(fb_list_canonical(BAD[i], strlen(BAD[i]), &b, NULL), FB_ERR_INPUT);
        fb_buf_release(&b);
    }
}

static struct fb_list_key make_key(uint8_t secret[static 64])
{
    struct fb_list_key key = {.minisign = false};
    uint8_t seed[32] = {7};
    crypto_sign_seed_keypair(key.pub, secret, seed);
    fb_list_key_id(key.pub, key.id);
    return key;
}

static void a_signed_list_verifies_until_a_byte_that_counts_changes(void **state)
{
    (void)state;
    static const char doc[] = "{\"date\": \"2024-01-01\", \"signature\": null, \"whitelists\": []}";
    uint8_t secret[64];
    struct fb_list_key key = make_key(secret), other = key;
    struct fb_list_signature sig;
    struct fb_buf out;
    fb_buf_init(&out, 65536);
    assert_int_equal(fb_list_sign(doc, strlen(doc), secret, &out, NULL), FB_OK);
    char *text = (char *)out.data, *from = strstr(fb_buf_cstr(&out), "ed25519:"), value[160];
    text = (char *)out.data;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\""), from);
    assert_int_equal(fb_list_verify(text, out.len, value, &key, 1, &sig, NULL), FB_OK);
    assert_int_equal(sig.state, FB_LIST_SIG_GOOD);
    assert_ptr_equal(sig.key, &key);
    assert_int_equal(fb_list_verify(text, out.len, value, NULL, 0, &sig, NULL),
                     FB_ERR_VERIFY); /* nobody knows the key */
    other.pub[0] ^= 1;
    assert_int_equal(fb_list_verify(text, out.len, value, &other, 1, &sig, NULL), FB_ERR_VERIFY);
    char *year = strstr(text, "2024");
    year[3] = '5';
    assert_int_equal(fb_list_verify(text, out.len, value, &key, 1, &sig, NULL), FB_ERR_VERIFY);
    year[3] = '4';
    *strchr(text, ' ') = '\n'; /* white space does not count */
    assert_int_equal(fb_list_verify(text, out.len, value, &key, 1, &sig, NULL), FB_OK);
    assert_int_equal(fb_list_verify(doc, strlen(doc), "ed25519:zz", &key, 1, &sig, NULL), FB_ERR_VERIFY);
    assert_int_equal(fb_list_verify(doc, strlen(doc), NULL, &key, 1, &sig, NULL), FB_OK);
    assert_int_equal(sig.state, FB_LIST_SIG_NONE);
    fb_buf_release(&out);
}

static void the_older_form_proves_that_a_list_is_whole(void **state)
{
    (void)state;
    static const char doc[] =
        "{\"whitelists\":[{\"name\":\"\xc3\xbc\xf0\x9f\x98\x80\"}],\"date\":\"x\",\"signature\":\"gone\"}";
    static const char plain[] =
        "{\"date\": \"x\", \"signature\": \"\", \"whitelists\": [{\"name\": \"\\u00fc\\ud83d\\ude00\"}]}";
    uint8_t hash[32];
    char hex[FB_DIGEST_HEXLEN];
    struct fb_list_signature sig;
    crypto_hash_sha256(hash, (const uint8_t *)plain, strlen(plain));
    fb_hex(hash, 32, hex);
    assert_int_equal(fb_list_verify(doc, strlen(doc), hex, NULL, 0, &sig, NULL), FB_OK);
    assert_int_equal(sig.state, FB_LIST_SIG_INTEGRITY);
    hex[5] = hex[5] == '0' ? '1' : '0';
    assert_int_equal(fb_list_verify(doc, strlen(doc), hex, NULL, 0, &sig, NULL), FB_ERR_VERIFY);
}

static void to_base64(const uint8_t *p, size_t n, char *out, size_t size)
{
    sodium_bin2base64(out, size, p, n, sodium_base64_VARIANT_ORIGINAL);
}

/* A key file and a signature as minisign writes them. */
static void make_minisign(const char *doc, bool prehashed, const char *comment, char key_text[static 300],
                          char sig_text[static 600])
{
    uint8_t seed[32] = {9}, pub[32], secret[64],
            raw[74] = {'E', prehashed ? 'D' : 'd', 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t key[42] = {'E', 'd', 1, 2, 3, 4, 5, 6, 7, 8}, hash[64], global[64], both[64 + 100];
    size_t ncomment = strlen(comment);
    char a[200], b[200];
    crypto_sign_seed_keypair(pub, secret, seed);
    memcpy(key + 10, pub, 32);
    to_base64(key, sizeof key, a, sizeof a);
    snprintf(key_text, 300, "untrusted comment: minisign public key\n%s\n", a);
    crypto_generichash(hash, sizeof hash, (const uint8_t *)doc, strlen(doc), NULL, 0);
    if (prehashed)
        crypto_sign_detached(raw + 10, NULL, hash, sizeof hash, secret);
    else
        crypto_sign_detached(raw + 10, NULL, (const uint8_t *)doc, strlen(doc), secret);
    memcpy(both, raw + 10, 64);
    memcpy(both + 64, comment, ncomment);
    crypto_sign_detached(global, NULL, both, 64 + ncomment, secret);
    to_base64(raw, sizeof raw, a, sizeof a);
    to_base64(global, sizeof global, b, sizeof b);
    snprintf(sig_text, 600, "untrusted comment: signature\n%s\ntrusted comment: %s\n%s\n", a, comment, b);
}

static void minisign_files_verify_in_both_forms_with_their_trusted_comment(void **state)
{
    (void)state;
    static const char doc[] = "192.0.2.1\n";
    for (int prehashed = 0; prehashed < 2; prehashed++) {
        char key_text[300], sig[600];
        struct fb_list_key key;
        struct fb_list_signature out;
        make_minisign(doc, prehashed, "timestamp", key_text, sig);
        assert_true(fb_list_minisign_key(key_text, strlen(key_text), &key));
        assert_string_equal(key.id, "0807060504030201");
        assert_int_equal(fb_list_verify_minisign(doc, strlen(doc), sig, strlen(sig), &key, 1, &out, NULL),
                         FB_OK);
        assert_int_equal(out.state, FB_LIST_SIG_GOOD);
        assert_true(out.detached);
        assert_int_equal(fb_list_verify_minisign("192.0.2.2\n", 10, sig, strlen(sig), &key, 1, &out, NULL),
                         FB_ERR_VERIFY);
        assert_int_equal(fb_list_verify_minisign(doc, strlen(doc), sig, strlen(sig), NULL, 0, &out, NULL),
                         FB_ERR_VERIFY);
        strstr(sig, "timestamp")[0] = 'T';
        assert_int_equal(fb_list_verify_minisign(doc, strlen(doc), sig, strlen(sig), &key, 1, &out, NULL),
                         FB_ERR_VERIFY);
        for (size_t n = 0; n < strlen(sig); n++) /* cut anywhere, it is none */
            assert_int_equal(fb_list_verify_minisign(doc, strlen(doc), sig, n, &key, 1, &out, NULL),
                             FB_ERR_VERIFY);
    }
}

static void a_minisign_file_says_when_the_list_was_signed(void **state)
{
    (void)state;
    static const struct {
        const char *comment;
        bool has_time;
        int64_t seconds;
    } CASES[] = {{"timestamp:1700000000", true, 1700000000},
                 {"timestamp:1700000000\tfile:feed.txt\thashed", true, 1700000000},
                 {"timestamp:", false, 0},
                 {"timestamp:17x", false, 0},
                 {"timestamp:99999999999999999999", false, 0},
                 {"signed at 1700000000", false, 0}};
    static const char doc[] = "192.0.2.1\n";
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char key_text[300], sig[600];
        struct fb_list_key key;
        struct fb_list_signature out;
        make_minisign(doc, true, CASES[i].comment, key_text, sig);
        assert_true(fb_list_minisign_key(key_text, strlen(key_text), &key));
        assert_int_equal(fb_list_verify_minisign(doc, strlen(doc), sig, strlen(sig), &key, 1, &out, NULL),
                         FB_OK);
        assert_int_equal(out.has_time, CASES[i].has_time);
        assert_int_equal(out.time_ns, CASES[i].seconds * 1000000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_json_is_that_of_rfc_8785),
        cmocka_unit_test(numbers_that_need_rounding_are_not_signed),
        cmocka_unit_test(a_signed_list_verifies_until_a_byte_that_counts_changes),
        cmocka_unit_test(the_older_form_proves_that_a_list_is_whole),
        cmocka_unit_test(minisign_files_verify_in_both_forms_with_their_trusted_comment),
        cmocka_unit_test(a_minisign_file_says_when_the_list_was_signed),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
