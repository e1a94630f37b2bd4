/* TLS and DTLS handshakes, their fingerprints and certificates. */
#include "base/cursor.h"
#include "intel/wire/observer.h"
#include "intel/wire/tls_facts.h"
#include "tests/support/hello_build.h"
#include "tests/support/wire_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#define HS 22

/* A Chrome of 2023, as FoxIO's description of JA4 has it; GREASE among the numbers. */
static const struct hello_spec chrome = {
    .type = 1,
    .ciphers = "8a8a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035",
    .extensions = "1a1a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,3a3a",
    .groups = "caca,001d,0017,0018",
    .versions = "7a7a,0304,0303",
    .algorithms = "0403,0804,0401,0503,0805,0501,0806,0601",
    .points = "00",
    .sni = "www.example.com",
    .alpn = "h2,http/1.1"};

static const struct hello_spec server13 = {
    .type = 2, .ciphers = "1301", .extensions = "002b,0033", .versions = "0304"};

static const struct hello_spec server12 = {
    .type = 2, .ciphers = "c02f", .extensions = "ff01,0010,000b", .alpn = "http/1.1", .points = "00"};

static size_t record_of(const struct hello_spec *s, uint8_t *out)
{
    uint8_t m[4096];
    return hello_record(HS, m, hello_build(s, m), out);
}

/* The row of a session of one ClientHello. */
static char *row_of(const struct hello_spec *s)
{
    uint8_t rec[5000];
    struct wr_step step = {true, rec, record_of(s, rec)};
    return wr_play(&step, 1, 443, 0, SIZE_MAX);
}

static void ja3_is_that_of_the_published_vectors(void **state)
{
    (void)state;
    static const struct hello_spec with = {.type = 1,
                                           .version = 0x0301,
                                           .ciphers = "2f,35,5,a,c009,c00a,c013,c014,32,38,13,4",
                                           .extensions = "0,a,b",
                                           .groups = "17,18,19",
                                           .points = "0",
                                           .sni = "x.example"};
    static const struct hello_spec without = {
        .type = 1, .version = 0x0301, .ciphers = "4,5,a,9,64,62,3,6,13,12,63"};
    char *a = row_of(&with), *b = row_of(&without);
    assert_string_equal(wr_cell(a, 0, "ja3"), "ada70206e40642a3e4461f35503241d5");
    assert_string_equal(wr_cell(b, 0, "ja3"), "de350869b8c85de67a350c8d186f11e6");
    free(a);
    free(b);
}

static void ja3s_is_that_of_the_published_vector(void **state)
{
    (void)state;
    static const struct hello_spec answer = {.type = 2,
                                             .version = 0x0301,
                                             .ciphers = "2f",
                                             .extensions = "ff01,0,b,23,5,10",
                                             .points = "00",
                                             .alpn = "h2"};
    uint8_t rec[2][5000];
    const struct wr_step steps[] = {{true, rec[0], record_of(&chrome, rec[0])},
                                    {false, rec[1], record_of(&answer, rec[1])}};
    char *text = wr_play(steps, 2, 443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "ja3s"), "836ce314215654b5b1f85f97c73e506f");
    free(text);
}

/* Sends a handshake message of len bytes without meaning in records of 16 KiB; all but the last `keep_back`.
 */
static void say_long(struct wire_run *r, bool from_orig, uint8_t type, size_t len, size_t keep_back)
{
    static uint8_t m[70000], rec[17000];
    assert_true(len + 4 <= sizeof m);
    memset(m, 0, sizeof m);
    m[0] = type;
    m[1] = (uint8_t)(len >> 16);
    fb_store_be16(m + 2, (uint16_t)len);
    for (size_t at = 0; at < len + 4 - keep_back;) {
        size_t n = len + 4 - keep_back - at < 16384 ? len + 4 - keep_back - at : 16384;
        wr_say(r, from_orig, rec, hello_record(HS, m + at, n, rec));
        at += n;
    }
}

static void a_session_holds_at_most_64_kib(void **state)
{
    (void)state;
    uint8_t rec[5000];
    const size_t big = FB_TLS_MESSAGE_MAX - 4;
    struct wire_run r;
    wr_open(&r, 6, 443);
    wr_say(&r, true, rec, record_of(&chrome, rec));
    wr_say(&r, false, rec, record_of(&server12, rec));
    for (int from_orig = 0; from_orig < 2; from_orig++)
        say_long(&r, from_orig, 11, big, 1);
    size_t bytes = fb_intel_observer.bytes(r.state);
    assert_true(bytes > 2 * big && bytes <= FB_TLS_STATE_MAX);
    assert_string_equal(wr_cell(wr_close(&r), 0, "server_name"), "www.example.com");
    wr_release(&r);
}

static void what_is_too_long_or_of_no_use_is_passed_over(void **state)
{
    (void)state;
    uint8_t rec[5000];
    static const uint8_t changes[] = {20, 3, 3, 0, 1, 1};
    for (size_t step = 0; step <= 7; step += 7) {
        struct wire_run r;
        wr_open(&r, 6, 443);
        r.step = step;
        wr_say(&r, true, rec, record_of(&chrome, rec));
        wr_say(&r, false, rec, record_of(&server12, rec));
        say_long(&r, false, 11, FB_TLS_MESSAGE_MAX, 0); /* certificates that are not looked at */
        say_long(&r, false, 13, 60000, 0);              /* whom a domain's server trusts */
        assert_true(fb_intel_observer.bytes(r.state) < 10000);
        wr_say(&r, true, changes, sizeof changes);
        wr_say(&r, false, changes, sizeof changes);
        const char *text = wr_close(&r);
        assert_string_equal(wr_cell(text, 0, "ssl_history"), "CsxrIi");
        assert_string_equal(wr_cell(text, 0, "established"), "1");
        wr_release(&r);
    }
}

/* FoxIO's description, and two results of the test data of its programs. */
static void ja4_is_that_of_the_published_vectors(void **state)
{
    (void)state;
    static const struct hello_spec h2 = {
        .type = 1,
        .ciphers = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035,000a",
        .extensions = "0000,0017,ff01,000a,000b,0023,0010,0005,000d,0012,0033,002d,002b,001b,0015",
        .groups = "001d",
        .versions = "0304,0303",
        .algorithms = "0403,0804,0401,0503,0805,0501,0806,0601,0201",
        .points = "00",
        .sni = "bad.curveballtest.com",
        .alpn = "h2,http/1.1"};
    static const struct hello_spec old = {
        .type = 1,
        .version = 0x0301,
        .ciphers = "39,38,35,16,13,0a,33,32,2f,9a,99,96,05,04,15,12,09,14,11,08,06,03,ff",
        .extensions = "0",
        .sni = "www.github.com"};
    static const struct {
        const struct hello_spec *spec;
        const char *ja4;
    } vectors[] = {{&chrome, "t13d1516h2_8daaf6152771_e5627efa2ab1"},
                   {&h2, "t13d1615h2_46e7e9700bed_45f260be83e2"},
                   {&old, "t10d230100_6a57a6f57151_000000000000"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char *text = row_of(vectors[i].spec);
        assert_string_equal(wr_cell(text, 0, "ja4"), vectors[i].ja4);
        free(text);
    }
}

static void ja4_tells_what_is_not_there(void **state)
{
    (void)state;
    static const struct {
        struct hello_spec s;
        const char *ja4;
    } cases[] = {
        {{.type = 1, .version = 0x0301, .ciphers = "0a0a"}, "t10i000000_000000000000_000000000000"},
        {{.type = 1, .version = 0x0300, .ciphers = "", .extensions = "0,10", .alpn = "x", .sni = "a"},
         "ts3d0002xx_000000000000_000000000000"},
        {{.type = 1, .ciphers = "", .extensions = "10", .alpn = "\xab\xcd"},
         "t12i0001ad_000000000000_000000000000"},
        {{.type = 1, .ciphers = "", .extensions = "10", .alpn = "0\xab"},
         "t12i00013b_000000000000_000000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = row_of(&cases[i].s);
        assert_string_equal(wr_cell(text, 0, "ja4"), cases[i].ja4);
        free(text);
    }
}

static void a_client_hello_alone_is_a_row(void **state)
{
    (void)state;
    char *text = row_of(&chrome);
    assert_int_equal(wr_lines(text), 1);
    assert_string_equal(wr_cell(text, 0, "server_name"), "www.example.com");
    assert_string_equal(wr_cell(text, 0, "client_alpn"), "h2,http/1.1");
    assert_string_equal(wr_cell(text, 0, "client_version"), "TLSv13");
    assert_string_equal(wr_cell(text, 0, "version"), "-");
    assert_string_equal(wr_cell(text, 0, "established"), "0");
    assert_string_equal(wr_cell(text, 0, "ssl_history"), "C");
    free(text);
}

static void a_tls_13_handshake_is_established_when_both_sides_encrypt(void **state)
{
    (void)state;
    uint8_t c[5000], s[5000];
    static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1}, data[] = {23, 3, 3, 0, 3, 1, 2, 3};
    struct wr_step steps[] = {{true, c, record_of(&chrome, c)}, {false, s, record_of(&server13, s)},
                              {false, ccs, sizeof ccs},         {false, data, sizeof data},
                              {true, ccs, sizeof ccs},          {true, data, sizeof data}};
    char *text = wr_play(steps, 6, 8443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "version"), "TLSv13");
    assert_string_equal(wr_cell(text, 0, "cipher"), "TLS_AES_128_GCM_SHA256");
    assert_string_equal(wr_cell(text, 0, "established"), "1");
    assert_string_equal(wr_cell(text, 0, "ssl_history"), "CsiI");
    free(text);
    wr_torture(steps, 6, 8443);
}

static void a_hello_over_many_records_is_put_together(void **state)
{
    (void)state;
    uint8_t m[4096], wire[8192];
    size_t n = hello_build(&chrome, m), at = 0;
    for (size_t i = 0; i < n; i += 50)
        at += hello_record(HS, m + i, n - i < 50 ? n - i : 50, wire + at);
    struct wr_step step = {true, wire, at};
    char *text = wr_play(&step, 1, 443, 0, SIZE_MAX), *whole = row_of(&chrome);
    assert_string_equal(text, whole);
    free(text);
    free(whole);
    wr_torture(&step, 1, 443);
}

static void a_message_that_never_ends_is_given_up(void **state)
{
    (void)state;
    uint8_t body[16384] = {0}, rec[16400];
    struct wire_run r;
    memcpy(body, "\x01\x01\xf0\x00\x03\x03", 6);
    wr_open(&r, 6, 443);
    for (unsigned i = 0; i < 100; i++) {
        wr_say(&r, true, rec, hello_record(HS, body, sizeof body, rec));
        memset(body, 7, sizeof body);
    }
    assert_true(r.done);
    assert_string_equal(wr_close(&r), "");
    wr_release(&r);
}

static void an_alert_ends_the_handshake_and_is_named(void **state)
{
    (void)state;
    uint8_t c[5000];
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    struct wr_step steps[] = {{true, c, record_of(&chrome, c)}, {false, alert, sizeof alert}};
    char *text = wr_play(steps, 2, 443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "last_alert"), "handshake_failure");
    assert_string_equal(wr_cell(text, 0, "ssl_history"), "Cl");
    free(text);
}

static void a_heartbeat_in_the_clear_has_a_letter_and_an_encrypted_one_has_not(void **state)
{
    (void)state;
    /* RFC 6520: request, 16384 bytes claimed, none sent. */
    static const uint8_t beat[] = {24, 3, 2, 0, 3, 1, 0x40, 0}, change[] = {20, 3, 3, 0, 1, 1};
    uint8_t c[5000], s[5000];
    struct wr_step steps[] = {{true, c, record_of(&chrome, c)}, {false, s, record_of(&server12, s)},
                              {true, beat, sizeof beat},        {false, beat, sizeof beat},
                              {true, change, sizeof change},    {true, beat, sizeof beat}};
    char *text = wr_play(steps, 6, 443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "ssl_history"), "CsBbI");
    free(text);
}

static void an_sslv2_hello_opens_a_session(void **state)
{
    (void)state;
    static const uint8_t v2[] = {0x80, 0x1f, 1, 3, 1, 0, 6, 0, 0, 0,  16, 0,  0,  4,  0,  0, 5,
                                 1,    2,    3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t s[5000];
    struct wr_step steps[] = {{true, v2, sizeof v2}, {false, s, record_of(&server12, s)}};
    char *text = wr_play(steps, 2, 443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "client_version"), "TLSv10");
    assert_string_equal(wr_cell(text, 0, "cipher"), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_string_equal(wr_cell(text, 0, "next_protocol"), "http/1.1");
    assert_string_equal(wr_cell(text, 0, "ssl_history"), "Cs");
    free(text);
    wr_torture(steps, 2, 443);
}

/* ---- certificates ---- */

static void add_ext(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_true(X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
}

static size_t certificate(uint8_t *out, size_t cap)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    assert_non_null(key);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234);
    ASN1_TIME_set_string(X509_getm_notBefore(x), "20240101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "20491231235959Z");
    X509_NAME *n = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const uint8_t *)"Example, Inc.", -1, -1, 0);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)"www.example.com", -1, -1, 0);
    X509_set_issuer_name(x, n);
    X509_set_pubkey(x, key);
    add_ext(x, NID_subject_alt_name, "DNS:www.example.com,DNS:*.example.org,IP:192.0.2.7");
    add_ext(x, NID_basic_constraints, "CA:TRUE,pathlen:3");
    assert_true(X509_sign(x, key, EVP_sha256()));
    uint8_t *p = out;
    int len = i2d_X509(x, NULL);
    assert_true(len > 0 && (size_t)len <= cap);
    i2d_X509(x, &p);
    X509_free(x);
    EVP_PKEY_free(key);
    return (size_t)len;
}

/* A Certificate message with one certificate. */
static size_t certificate_message(const uint8_t *der, size_t n, uint8_t *out)
{
    const size_t lens[] = {n + 6, n + 3, n};
    uint8_t *p = out;
    *p++ = 11;
    for (unsigned i = 0; i < 3; i++) {
        *p++ = 0;
        fb_store_be16(p, (uint16_t)lens[i]);
        p += 2;
    }
    memcpy(p, der, n);
    return n + 10;
}

static void a_certificate_in_the_clear_is_a_row_of_its_own(void **state)
{
    (void)state;
    uint8_t der[2000], m[2100], c[5000], s[5000], rec[2200];
    size_t n = certificate_message(der, certificate(der, sizeof der), m);
    struct wr_step steps[] = {{true, c, record_of(&chrome, c)},
                              {false, s, record_of(&server12, s)},
                              {false, rec, hello_record(HS, m, n, rec)}};
    char *text = wr_play(steps, 3, 443, 0, SIZE_MAX);
    assert_int_equal(wr_lines(text), 2);
    assert_string_equal(wr_cell(text, 0, "subject"), "CN=www.example.com,O=Example\\, Inc.");
    assert_string_equal(wr_cell(text, 0, "serial"), "1234");
    assert_string_equal(wr_cell(text, 0, "not_valid_before"), "1704067200000000000");
    assert_string_equal(wr_cell(text, 0, "not_valid_after"), "2524607999000000000");
    assert_string_equal(wr_cell(text, 0, "key_type"), "ecdsa");
    assert_string_equal(wr_cell(text, 0, "key_length"), "256");
    assert_string_equal(wr_cell(text, 0, "curve"), "prime256v1");
    assert_string_equal(wr_cell(text, 0, "san_dns"), "www.example.com,*.example.org");
    assert_string_equal(wr_cell(text, 0, "san_ip"), "192.0.2.7");
    assert_string_equal(wr_cell(text, 0, "basic_constraints_ca"), "1");
    assert_string_equal(wr_cell(text, 0, "basic_constraints_path_len"), "3");
    assert_string_equal(wr_cell(text, 0, "host_cert"), "1");
    char *print = strdup(wr_cell(text, 0, "fingerprint"));
    assert_string_equal(wr_cell(text, 1, "cert_chain_fps"), print);
    assert_string_equal(wr_cell(text, 1, "issuer"), "CN=www.example.com,O=Example\\, Inc.");
    free(print);
    free(text);
    wr_torture(steps, 3, 443);
}

static void bytes_that_are_no_certificate_have_a_fingerprint(void **state)
{
    (void)state;
    uint8_t m[100], c[5000], s[5000], rec[200];
    size_t n = certificate_message((const uint8_t *)"no certificate", 14, m);
    struct wr_step steps[] = {{true, c, record_of(&chrome, c)},
                              {false, s, record_of(&server12, s)},
                              {false, rec, hello_record(HS, m, n, rec)}};
    char *text = wr_play(steps, 3, 443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "subject"), "-");
    assert_int_equal(strlen(wr_cell(text, 0, "fingerprint")), 64);
    free(text);
}

/* ---- DTLS ---- */

/* A handshake message in one fragment [off, off + part) of a record. */
static size_t dtls_fragment(const uint8_t *m, size_t n, size_t off, size_t part, uint8_t *out)
{
    memcpy(out, "\x16\xfe\xfd\0\0\0\0\0\0\0\0", 11);
    fb_store_be16(out + 11, (uint16_t)(part + 12));
    out[13] = m[0];
    memcpy(out + 14, m + 1, 3);
    fb_store_be16(out + 17, 0);
    out[19] = out[22] = 0;
    fb_store_be16(out + 20, (uint16_t)off);
    fb_store_be16(out + 23, (uint16_t)part);
    memcpy(out + 25, m + 4 + off, part);
    assert_true(off + part <= n - 4);
    return part + 25;
}

static void a_dtls_hello_is_put_together_from_fragments(void **state)
{
    (void)state;
    uint8_t m[4096], with_cookie[4200], wire[4400];
    struct hello_spec s = chrome;
    s.version = 0xfefd;
    s.versions = "fefc,fefd";
    size_t n = hello_build(&s, m);
    memcpy(with_cookie, m, 39); /* header, version, random, session id length */
    with_cookie[39] = 0;
    memcpy(with_cookie + 40, m + 39, n - 39);
    fb_store_be16(with_cookie + 2, (uint16_t)(++n - 4));
    struct wire_run r;
    wr_open(&r, 17, 4433);
    wr_say(&r, true, wire, dtls_fragment(with_cookie, n, 0, 100, wire));
    wr_say(&r, true, wire, dtls_fragment(with_cookie, n, 100, n - 104, wire));
    const char *text = wr_close(&r);
    assert_string_equal(wr_cell(text, 0, "transport"), "udp");
    assert_string_equal(wr_cell(text, 0, "server_name"), "www.example.com");
    assert_string_equal(wr_cell(text, 0, "client_version"), "DTLSv13");
    assert_string_equal(wr_cell(text, 0, "ja4"), "dd3d1516h2_8daaf6152771_e5627efa2ab1");
    wr_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ja3_is_that_of_the_published_vectors),
        cmocka_unit_test(ja3s_is_that_of_the_published_vector),
        cmocka_unit_test(a_session_holds_at_most_64_kib),
        cmocka_unit_test(what_is_too_long_or_of_no_use_is_passed_over),
        cmocka_unit_test(ja4_is_that_of_the_published_vectors),
        cmocka_unit_test(ja4_tells_what_is_not_there),
        cmocka_unit_test(a_client_hello_alone_is_a_row),
        cmocka_unit_test(a_tls_13_handshake_is_established_when_both_sides_encrypt),
        cmocka_unit_test(a_hello_over_many_records_is_put_together),
        cmocka_unit_test(a_message_that_never_ends_is_given_up),
        cmocka_unit_test(an_alert_ends_the_handshake_and_is_named),
        cmocka_unit_test(a_heartbeat_in_the_clear_has_a_letter_and_an_encrypted_one_has_not),
        cmocka_unit_test(an_sslv2_hello_opens_a_session),
        cmocka_unit_test(a_certificate_in_the_clear_is_a_row_of_its_own),
        cmocka_unit_test(bytes_that_are_no_certificate_have_a_fingerprint),
        cmocka_unit_test(a_dtls_hello_is_put_together_from_fragments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
