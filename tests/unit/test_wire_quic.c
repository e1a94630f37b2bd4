/* Handshakes inside of QUIC Initial packets, which the test protects itself with the published keys. */
#include "base/quic_crypto.h"
#include "tests/support/hello_build.h"
#include "tests/support/wire_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

static const uint8_t dcid[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static const struct hello_spec client = {.type = 1,
                                         .ciphers = "1301,1302,1303",
                                         .extensions = "0,a,10,d,2b,33,39",
                                         .groups = "1d",
                                         .versions = "0304",
                                         .algorithms = "0403,0804",
                                         .sni = "quic.example",
                                         .alpn = "h3"};
static const struct hello_spec server = {
    .type = 2, .ciphers = "1301", .extensions = "2b,33", .versions = "0304"};

/* Protects plain frames, padded to 1162 bytes, as one Initial packet of 1200 or so; returns its bytes. */
static size_t initial(uint32_t version, bool of_client, uint32_t number, const uint8_t *frames, size_t n,
                      uint8_t out[static 1300])
{
    struct fb_quic_keys k;
    uint8_t plain[1162] = {0}, nonce[12], mask[32];
    int len;
    memcpy(plain, frames, n);
    assert_true(fb_quic_initial_keys(version, dcid, sizeof dcid, of_client, &k));
    uint8_t *p = out;
    *p++ = version == FB_QUIC_V2 ? 0xd3 : 0xc3;
    fb_store_be32(p, version);
    p += 4;
    *p++ = of_client ? 8 : 0;
    if (of_client)
        memcpy(p, dcid, 8);
    p += of_client ? 8 : 0;
    *p++ = 2;
    *p++ = of_client ? 0xc1 : 0x51;
    *p++ = 0x1d;
    *p++ = 0; /* token */
    fb_store_be16(p, (uint16_t)(0x4000 | (4 + sizeof plain + 16)));
    p += 2;
    uint8_t *pn = p;
    fb_store_be32(p, number);
    p += 4;
    memcpy(nonce, k.iv, 12);
    for (unsigned i = 0; i < 4; i++)
        nonce[8 + i] ^= pn[i];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_true(c && EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k.key, nonce) &&
                EVP_EncryptUpdate(c, NULL, &len, out, (int)(p - out)) &&
                EVP_EncryptUpdate(c, p, &len, plain, (int)sizeof plain) &&
                EVP_EncryptFinal_ex(c, mask, &len) &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, p + sizeof plain));
    assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k.hp, NULL) &&
                EVP_EncryptUpdate(c, mask, &len, pn + 4, 16));
    EVP_CIPHER_CTX_free(c);
    out[0] = (uint8_t)(out[0] ^ (mask[0] & 0x0f));
    for (unsigned i = 0; i < 4; i++)
        pn[i] ^= mask[1 + i];
    return (size_t)(p - out) + sizeof plain + 16;
}

/* A CRYPTO frame with bytes [from, to) of a message. */
static size_t crypto(const uint8_t *m, size_t from, size_t to, uint8_t *out)
{
    out[0] = 6;
    fb_store_be16(out + 1, (uint16_t)(0x4000 | from));
    fb_store_be16(out + 3, (uint16_t)(0x4000 | (to - from)));
    memcpy(out + 5, m + from, to - from);
    return 5 + to - from;
}

static void both_hellos_make_one_row(void **state)
{
    (void)state;
    const uint32_t versions[] = {FB_QUIC_V1, FB_QUIC_V2, 0xff00001d, 0xff000016, 0xfaceb001, 0x54303531};
    const char *names[] = {"1", "quicv2", "draft-29", "draft-22", "mvfst-01", "T051"};
    for (unsigned i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        uint8_t m[4096], frame[1200], packet[1300];
        struct wire_run r;
        wr_open(&r, 17, 8443);
        for (int from_client = 1; from_client >= 0; from_client--) {
            size_t n = crypto(m, 0, hello_build(from_client ? &client : &server, m), frame);
            frame[0] = versions[i] == 0x54303531 ? 8 : 6;
            wr_say(&r, from_client, packet, initial(versions[i], from_client, 0, frame, n, packet));
        }
        assert_true(r.done || wr_lines(fb_buf_cstr(&r.text)) == 1);
        const char *text = wr_close(&r);
        assert_int_equal(wr_lines(text), 1);
        assert_string_equal(wr_cell(text, 0, "transport"), "quic");
        assert_string_equal(wr_cell(text, 0, "server_name"), "quic.example");
        assert_string_equal(wr_cell(text, 0, "version"), "TLSv13");
        assert_string_equal(wr_cell(text, 0, "cipher"), "TLS_AES_128_GCM_SHA256");
        assert_string_equal(wr_cell(text, 0, "client_alpn"), "h3");
        assert_memory_equal(wr_cell(text, 0, "ja4"), "q13d0307h3_", 11);
        assert_string_equal(wr_cell(text, 0, "quic_version"), names[i]);
        assert_string_equal(wr_cell(text, 0, "client_initial_dcid"), "8394c8f03e515708");
        assert_string_equal(wr_cell(text, 0, "client_scid"), "c11d");
        assert_string_equal(wr_cell(text, 0, "server_scid"), "511d");
        wr_release(&r);
    }
}

static void a_hello_over_packets_in_any_order_is_put_together(void **state)
{
    (void)state;
    uint8_t m[4096], frame[1200], packet[1300];
    size_t n = hello_build(&client, m);
    const size_t cut[] = {0, 40, 41, 90, n};
    const unsigned order[] = {3, 1, 0, 2};
    for (unsigned missing = 0; missing < 5; missing++) {
        struct wire_run r;
        wr_open(&r, 17, 443);
        for (unsigned i = 0; i < 4; i++)
            if (i != missing)
                wr_say(&r, true, packet,
                       initial(FB_QUIC_V1, true, i, frame, crypto(m, cut[order[i]], cut[order[i] + 1], frame),
                               packet));
        const char *text = wr_close(&r);
        assert_string_equal(wr_cell(text, 0, "server_name"), missing == 4 ? "quic.example" : "-");
        wr_release(&r);
    }
}

static void the_number_of_opened_packets_is_bounded(void **state)
{
    (void)state;
    uint8_t m[4096], frame[1200], packet[1300];
    size_t n = hello_build(&client, m);
    struct wire_run r;
    wr_open(&r, 17, 443);
    frame[0] = 1; /* PING */
    for (unsigned i = 0; i < 300; i++)
        wr_say(&r, true, packet, initial(FB_QUIC_V1, true, i, frame, 1, packet));
    wr_say(&r, true, packet, initial(FB_QUIC_V1, true, 9, frame, crypto(m, 0, n, frame), packet));
    assert_string_equal(wr_close(&r), "");
    wr_release(&r);
}

static void hurt_packets_do_no_harm(void **state)
{
    (void)state;
    uint8_t m[4096], frame[1200], packet[1300], copy[1300];
    size_t n = hello_build(&client, m);
    n = initial(FB_QUIC_V1, true, 0, frame, crypto(m, 0, n, frame), packet);
    for (size_t i = 0; i < n; i += i < 60 ? 1 : 29) {
        for (unsigned way = 0; way < 2; way++) {
            struct wire_run r;
            memcpy(copy, packet, n);
            copy[i] ^= 0x10;
            wr_open(&r, 17, 443);
            wr_say(&r, true, copy, way ? n : i);
            (void)wr_close(&r);
            wr_release(&r);
        }
    }
    /* what authenticates may still hold anything */
    for (unsigned seed = 1; seed < 200; seed++) {
        uint32_t x = seed * 2654435761U;
        struct wire_run r;
        for (size_t i = 0; i < 400; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            frame[i] = i % 7 ? (uint8_t)x : 6;
        }
        wr_open(&r, 17, 443);
        wr_say(&r, true, packet, initial(FB_QUIC_V1, true, 0, frame, 400, packet));
        (void)wr_close(&r);
        wr_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_hellos_make_one_row),
        cmocka_unit_test(a_hello_over_packets_in_any_order_is_put_together),
        cmocka_unit_test(the_number_of_opened_packets_is_bounded),
        cmocka_unit_test(hurt_packets_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
