/* Names and keys of certificates, against what libcrypto makes of the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intel/wire/der.h"
#include "intel/wire/x509_key.h"
#include "intel/wire/x509_name.h"
#include "tests/support/test_random.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

/* The value of the SEQUENCE that `der` is. */
static struct fb_span inside(const uint8_t *der, int n)
{
    struct fb_cur c = fb_cur_init(der, (size_t)n);
    struct fb_span value;
    assert_true(fb_der_take(&c, FB_DER_SEQUENCE, &value));
    return value;
}

/* False when libcrypto does not take it for a name. */
static bool same_text(X509_NAME *made)
{
    uint8_t *der = NULL;
    char *want;
    struct fb_buf got;
    int len = i2d_X509_NAME(made, &der);
    const uint8_t *p = der;
    X509_NAME *name = len > 0 ? d2i_X509_NAME(NULL, &p, len) : NULL; /* encoding puts sets in order */
    if (!name) {
        OPENSSL_free(der);
        return false;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    bool text = X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0;
    size_t n = (size_t)BIO_get_mem_data(bio, &want);
    fb_buf_init(&got, 100000);
    assert_int_equal(fb_x509_name_text(inside(der, len), &got), text);
    if (text) {
        assert_non_null(got.data);
        assert_int_equal(got.len, n);
        assert_true(n == 0 || memcmp(got.data, want, n) == 0);
    }
    fb_buf_release(&got);
    X509_NAME_free(name);
    OPENSSL_free(der);
    BIO_free(bio);
    return true;
}

static bool add(X509_NAME *name, const char *type, int string, const void *p, size_t n, int set)
{
    ASN1_OBJECT *o = OBJ_txt2obj(type, 0);
    X509_NAME_ENTRY *e = X509_NAME_ENTRY_create_by_OBJ(NULL, o, string, p, (int)n);
    assert_non_null(e);
    bool added = X509_NAME_add_entry(name, e, -1, set);
    X509_NAME_ENTRY_free(e);
    ASN1_OBJECT_free(o);
    return added;
}

static void names_read_as_libcrypto_prints_them(void **state)
{
    (void)state;
    static const char *const values[] = {"",
                                         " ",
                                         "#",
                                         "##",
                                         " a ",
                                         "a#b",
                                         "a,b+c\"d\\e<f>g;h=i",
                                         "\x01\x7f",
                                         "M\xc3\xbcnchen",
                                         "\xff",
                                         "#a",
                                         "*.example.org"};
    static const char *const types[] = {"CN",           "C",          "SN",
                                        "serialNumber", "title",      "DC",
                                        "emailAddress", "postalCode", "1.3.6.1.4.1.99999.1",
                                        "2.5.4.97"};
    static const int strings[] = {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,
                                  V_ASN1_T61STRING};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        for (size_t s = 0; s < sizeof strings / sizeof *strings; s++) {
            X509_NAME *name = X509_NAME_new();
            for (size_t t = 0; t < sizeof types / sizeof *types; t++)
                assert_true(
                    add(name, types[t], strings[s], values[v], strlen(values[v]), t % 3 == 2 ? -1 : 0));
            /* libcrypto takes no name that is not UTF-8 where it says so. */
            assert_int_equal(same_text(name), strings[s] != V_ASN1_UTF8STRING || values[v][0] != '\xff');
            X509_NAME_free(name);
        }
    X509_NAME *empty = X509_NAME_new();
    assert_true(same_text(empty));
    X509_NAME_free(empty);
}

static void wide_characters_read_as_libcrypto_prints_them(void **state)
{
    (void)state;
    struct test_random seed = {7};
    size_t tried = 0;
    for (size_t round = 0; round < 4000; round++) {
        uint8_t b[12];
        size_t n = tr_below(&seed, sizeof b + 1);
        for (size_t i = 0; i < n; i++)
            b[i] = (uint8_t)(tr_below(&seed, 3) ? tr_below(&seed, 256) : 0);
        X509_NAME *name = X509_NAME_new();
        if (add(name, "CN", round % 2 ? V_ASN1_BMPSTRING : V_ASN1_UNIVERSALSTRING, b, n, 0))
            tried += same_text(name);
        X509_NAME_free(name);
    }
    assert_true(tried > 1000);
}

static void a_long_name_is_cut_where_its_text_would_end(void **state)
{
    (void)state;
    X509_NAME *name = X509_NAME_new();
    uint8_t *der = NULL;
    struct fb_buf all, cut;
    for (size_t i = 0; i < 700; i++)
        assert_true(add(name, "OU", V_ASN1_UTF8STRING, "ab", 2, 0));
    assert_true(add(name, "CN", V_ASN1_UTF8STRING, "last", 4, 0));
    int len = i2d_X509_NAME(name, &der);
    fb_buf_init(&all, 100000);
    fb_buf_init(&cut, 100);
    assert_true(fb_x509_name_text(inside(der, len), &all));
    assert_true(fb_x509_name_text(inside(der, len), &cut));
    assert_int_equal(cut.len, 100);
    assert_false(cut.failed);
    assert_memory_equal(cut.data, "CN=last,OU=ab,OU=ab", 19);
    assert_memory_equal(cut.data, all.data, 100);
    fb_buf_release(&all);
    fb_buf_release(&cut);
    OPENSSL_free(der);
    X509_NAME_free(name);
}

/* Takes the key. */
static void same_key(EVP_PKEY *key, const char *type, const char *curve, const char *exponent)
{
    uint8_t *der = NULL;
    struct fb_x509_key got;
    assert_non_null(key);
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    assert_true(fb_x509_key_read(inside(der, len), &got));
    assert_string_equal(got.type, type);
    assert_int_equal(got.length_bits, EVP_PKEY_get_bits(key));
    assert_string_equal(got.curve ? got.curve : "", curve);
    assert_string_equal(got.exponent, exponent);
    for (int n = 0; n < len; n++) { /* cut short it is no key, and nothing is read behind its end */
        uint8_t *part = malloc((size_t)n + 1);
        memcpy(part, der, (size_t)n);
        assert_true(!fb_x509_key_read((struct fb_span){part, (size_t)n}, &got));
        free(part);
    }
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}

static void keys_have_the_length_that_libcrypto_gives_them(void **state)
{
    (void)state;
    static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1",
                                         "secp224r1",  "secp256k1", "brainpoolP320r1"};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        same_key(EVP_EC_gen(curves[i]), "ecdsa", curves[i], "");
    same_key(EVP_RSA_gen(1024), "rsa", "", "65537");
    same_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "unknown", "", "");
    same_key(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "unknown", "", "");
    same_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "unknown", "", "");
    same_key(EVP_PKEY_Q_keygen(NULL, NULL, "X448"), "unknown", "", "");
}

static void damaged_lengths_end_the_reading(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {{"\x30", 1},
               {"\x30\x01", 2},
               {"\x30\x80\0\0", 4},
               {"\x1f\x01\0", 3},
               {"\x30\x82\x01", 3},
               {"\x30\x85\0\0\0\0\0", 7},
               {"\x30\x84\xff\xff\xff\xff", 6}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fb_cur c = fb_cur_init(bad[i].bytes, bad[i].n);
        struct fb_der d;
        assert_false(fb_der_next(&c, &d));
        assert_false(fb_cur_ok(&c));
        assert_int_equal(fb_cur_left(&c), 0);
    }
    int64_t v;
    assert_true(fb_der_int64((struct fb_span){(const uint8_t *)"\xff\x7f", 2}, &v));
    assert_int_equal(v, -129);
    assert_int_equal(fb_der_bits((struct fb_span){(const uint8_t *)"\0\x80", 2}), 8);
    struct fb_cur padded = fb_cur_init("\x02\x02\0\x01", 4);
    struct fb_span value;
    assert_false(fb_der_integer(&padded, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_read_as_libcrypto_prints_them),
        cmocka_unit_test(wide_characters_read_as_libcrypto_prints_them),
        cmocka_unit_test(a_long_name_is_cut_where_its_text_would_end),
        cmocka_unit_test(keys_have_the_length_that_libcrypto_gives_them),
        cmocka_unit_test(damaged_lengths_end_the_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
