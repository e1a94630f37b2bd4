/* QUIC Initial packets: the sample of RFC 9001, appendix A.2, and the same ClientHello under RFC 9369,
 * appendix A, rebuilt here from the RFCs' keys; the protected headers that the RFCs print show that they came
 * out right. */
#include "base/quic_crypto.h"
#include "tests/support/svc_session.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PLAIN_BYTES  1162
#define PACKET_BYTES 1200
#define HEAD_BYTES   22

static const char hello_frame[] = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
                                  "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
                                  "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
                                  "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
                                  "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
                                  "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
                                  "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
                                  "75300901100f088394c8f03e51570806048000ffff";

struct sample {
    const char *head; /* unprotected */
    const char *key, *iv, *hp;
    const char *protected_head;
};

static const struct sample v1 = {"c300000001088394c8f03e5157080000449e00000002",
                                 "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
                                 "9f50449e04a0e810283a1e9933adedd2",
                                 "c000000001088394c8f03e5157080000449e7b9aec34"};
static const struct sample v2 = {"d36b3343cf088394c8f03e5157080000449e00000002",
                                 "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
                                 "45b95e15235d6f45a6b19cbcb0294ba9",
                                 "d76b3343cf088394c8f03e5157080000449ea0c95e82"};

static size_t unhex(const char *text, uint8_t *out)
{
    size_t n = strlen(text) / 2;
    for (size_t i = 0; i < n; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

/* Protects head and plain frames as RFC 9001, section 5.3 and 5.4, says. */
static void protect(const struct sample *s, const uint8_t plain[static PLAIN_BYTES],
                    uint8_t out[static PACKET_BYTES])
{
    uint8_t key[16], nonce[12], hp[16], mask[32];
    int len = 0;
    unhex(s->key, key);
    unhex(s->iv, nonce);
    unhex(s->hp, hp);
    assert_int_equal(unhex(s->head, out), HEAD_BYTES);
    nonce[11] ^= 2; /* the packet number */
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) &&
                EVP_EncryptUpdate(c, NULL, &len, out, HEAD_BYTES) &&
                EVP_EncryptUpdate(c, out + HEAD_BYTES, &len, plain, PLAIN_BYTES) &&
                EVP_EncryptFinal_ex(c, mask, &len) &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, out + HEAD_BYTES + PLAIN_BYTES));
    assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, hp, NULL) &&
                EVP_EncryptUpdate(c, mask, &len, out + HEAD_BYTES, 16));
    EVP_CIPHER_CTX_free(c);
    out[0] = (uint8_t)(out[0] ^ (mask[0] & 0x0f));
    for (unsigned i = 0; i < 4; i++)
        out[18 + i] ^= mask[1 + i];
}

static void sample_packet(const struct sample *s, uint8_t out[static PACKET_BYTES])
{
    uint8_t plain[PLAIN_BYTES] = {0};
    unhex(hello_frame, plain);
    protect(s, plain, out);
}

static void keys_are_those_of_the_rfcs(void **state)
{
    (void)state;
    uint8_t dcid[8], want[16];
    struct fb_quic_keys k;
    unhex("8394c8f03e515708", dcid);
    const struct sample *samples[] = {&v1, &v2};
    const uint32_t versions[] = {FB_QUIC_V1, FB_QUIC_V2};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fb_quic_initial_keys(versions[i], dcid, sizeof dcid, true, &k));
        unhex(samples[i]->key, want);
        assert_memory_equal(k.key, want, 16);
        unhex(samples[i]->iv, want);
        assert_memory_equal(k.iv, want, 12);
        unhex(samples[i]->hp, want);
        assert_memory_equal(k.hp, want, 16);
    }
    assert_false(fb_quic_initial_keys(0x12345678, dcid, sizeof dcid, true, &k));
    assert_true(fb_quic_known_version(0xff00001d));
    assert_false(fb_quic_known_version(0xff000016));
}

static void the_rfcs_initials_show_quic_and_tls_on_any_port(void **state)
{
    (void)state;
    const struct sample *samples[] = {&v1, &v2};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t packet[PACKET_BYTES], head[HEAD_BYTES];
        sample_packet(samples[i], packet);
        unhex(samples[i]->protected_head, head);
        assert_memory_equal(packet, head, HEAD_BYTES);
        struct svc_session t = svc_session_open(FB_PROTO_UDP, i == 0 ? 443 : 9999);
        svc_session_bytes(&t, true, packet, sizeof packet);
        assert_string_equal(svc_session_close(&t), "quic,ssl");
    }
}

static void a_changed_bit_does_not_decrypt(void **state)
{
    (void)state;
    uint8_t packet[PACKET_BYTES];
    for (size_t at = HEAD_BYTES; at < PACKET_BYTES; at += 97) {
        sample_packet(&v1, packet);
        packet[at] ^= 1;
        struct svc_session t = svc_session_open(FB_PROTO_UDP, 443);
        svc_session_bytes(&t, true, packet, sizeof packet);
        assert_string_equal(svc_session_close(&t), "");
    }
}

static void a_cut_initial_shows_nothing(void **state)
{
    (void)state;
    uint8_t packet[PACKET_BYTES];
    sample_packet(&v1, packet);
    for (size_t n = 0; n < PACKET_BYTES; n += 13) {
        struct svc_session t = svc_session_open(FB_PROTO_UDP, 443);
        svc_session_bytes(&t, true, packet, n);
        assert_string_equal(svc_session_close(&t), "");
    }
}

/* CRYPTO frames in three pieces, the middle one last; then without it. */
static void a_client_hello_in_pieces_needs_all_of_them(void **state)
{
    (void)state;
    uint8_t frame[512], plain[PLAIN_BYTES], packet[PACKET_BYTES];
    size_t n = unhex(hello_frame, frame) - 4;
    assert_int_equal(n, 241);
    for (unsigned pieces = 2; pieces <= 3; pieces++) {
        size_t at = 0;
        memset(plain, 0, sizeof plain);
        const uint16_t cut[3][2] = {{160, 241}, {0, 70}, {70, 160}};
        for (unsigned i = 0; i < pieces; i++) {
            uint16_t from = cut[i][0], len = (uint16_t)(cut[i][1] - from);
            plain[at] = 0x06;
            fb_store_be16(plain + at + 1, (uint16_t)(0x4000 | from));
            fb_store_be16(plain + at + 3, (uint16_t)(0x4000 | len));
            memcpy(plain + at + 5, frame + 4 + from, len);
            at += 5U + len;
        }
        protect(&v1, plain, packet);
        struct svc_session t = svc_session_open(FB_PROTO_UDP, 443);
        svc_session_bytes(&t, true, packet, sizeof packet);
        assert_string_equal(svc_session_close(&t), pieces == 3 ? "quic,ssl" : "quic");
    }
}

static void later_packets_may_take_the_name_back(void **state)
{
    (void)state;
    uint8_t packet[PACKET_BYTES], broken[PACKET_BYTES];
    sample_packet(&v1, packet);
    memcpy(broken, packet, sizeof broken);
    broken[PACKET_BYTES - 1] ^= 1;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 443);
    svc_session_bytes(&t, true, packet, sizeof packet);
    svc_session_bytes(&t, true, broken, sizeof broken);
    assert_string_equal(fb_service_names(t.s),
                        "quic,ssl"); /* the ClientHello was whole: no need to open it */
    S_SAYS(&t, "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01");
    assert_string_equal(fb_service_names(t.s), "quic,ssl"); /* the fixed bit is not set: passed over */
    S_SAYS(&t, "\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01");
    assert_string_equal(svc_session_close(&t), "ssl"); /* version negotiation */
}

static void a_retry_makes_the_next_connection_id_count(void **state)
{
    (void)state;
    uint8_t packet[PACKET_BYTES], other[PACKET_BYTES];
    sample_packet(&v1, packet);
    memcpy(other, packet, sizeof other);
    other[6] ^= 1; /* the connection id: its keys do not open the packet */
    for (unsigned retry = 0; retry < 2; retry++) {
        struct svc_session t = svc_session_open(FB_PROTO_UDP, 443);
        S_SAYS(&t, "\x40 a short header");
        C_SAYS(&t, "\x40 a short header");
        if (retry)
            S_SAYS(&t, "\xf0\x00\x00\x00\x01\x00\x00token0123456789abcdef");
        svc_session_bytes(&t, true, packet, sizeof packet);
        if (retry)
            S_SAYS(&t, "\xf0\x00\x00\x00\x01\x00\x00token0123456789abcdef");
        svc_session_bytes(&t, true, other, sizeof other);
        /* Only after a Retry are the keys made anew, and do not fit. */
        assert_string_equal(svc_session_close(&t), retry ? "ssl" : "quic,ssl");
    }
}

static void other_traffic_on_443_is_no_quic(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 443);
    C_SAYS(&t, "\x40not a long header");
    C_SAYS(&t, "\xc0\x51\x30\x34\x36gQUIC");
    assert_string_equal(svc_session_close(&t), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_rfcs),
        cmocka_unit_test(the_rfcs_initials_show_quic_and_tls_on_any_port),
        cmocka_unit_test(a_changed_bit_does_not_decrypt),
        cmocka_unit_test(a_cut_initial_shows_nothing),
        cmocka_unit_test(a_client_hello_in_pieces_needs_all_of_them),
        cmocka_unit_test(later_packets_may_take_the_name_back),
        cmocka_unit_test(a_retry_makes_the_next_connection_id_count),
        cmocka_unit_test(other_traffic_on_443_is_no_quic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
