/* What runs inside other protocols' authentication: SPNEGO, NTLM and Kerberos in SMB and DCE/RPC, DCE/RPC in
 * named pipes, the Grid's TLS in FTP; and POP3 and IRC as Zeek takes them. */
#include "tests/support/svc_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SMB_MAX 512

/* One SMB2 message with `body` behind its header, as one chunk. */
static void smb2(struct svc_session *t, bool from_orig, uint16_t command, uint32_t tree, const void *body,
                 size_t n)
{
    uint8_t m[SMB_MAX] = {0, 0, 0, 0, 0xfe, 'S', 'M', 'B', 64};
    assert_true(n + 68 <= sizeof m);
    m[2] = (uint8_t)((n + 64) >> 8);
    m[3] = (uint8_t)(n + 64);
    m[4 + 12] = (uint8_t)command;
    m[4 + 36] = (uint8_t)tree;
    memcpy(m + 68, body, n);
    svc_session_bytes(t, from_orig, m, n + 68);
}

/* A body of `fixed` bytes whose token or data, right behind it, is named by offset and length. */
static size_t body(uint8_t *b, size_t fixed, size_t offset_at, size_t length_at, const void *data, size_t n)
{
    memset(b, 0, fixed);
    b[offset_at] = (uint8_t)(64 + fixed);
    b[length_at] = (uint8_t)n;
    memcpy(b + fixed, data, n);
    return fixed + n;
}

/* NegTokenInit with one mechanism (NTLMSSP); NegTokenInit with an NTLM negotiate message. */
static const char offer[] = "\x60\x1c\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x12\x30\x10\xa0\x0e\x30\x0c\x06\x0a"
                            "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
#define NTLM_NEGOTIATE                                                                                       \
    "NTLMSSP\x00\x01\x00\x00\x00\x07\x82\x08\xa2\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"    \
    "\x00\x00"
static const char asked[] =
    "\x60\x30\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x26\x30\x24\xa2\x22\x04\x20" NTLM_NEGOTIATE;

static void smb_logon(struct svc_session *t)
{
    uint8_t b[256];
    smb2(t, true, 0, 0, "\x24\x00", 2);
    smb2(t, false, 0, 0, b, body(b, 64, 56, 58, offer, sizeof offer - 1));
    smb2(t, true, 1, 0, b, body(b, 24, 12, 14, asked, sizeof asked - 1));
}

static void smb_is_confirmed_by_the_third_chunk(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 445);
    smb2(&t, true, 3, 0, "", 0);
    smb2(&t, false, 3, 0, "", 0);
    assert_string_equal(fb_service_names(t.s), "");
    smb2(&t, true, 3, 0, "", 0);
    assert_string_equal(svc_session_close(&t), "smb");
    t = svc_session_open(FB_PROTO_TCP, 4455);
    for (unsigned i = 0; i < 3; i++)
        smb2(&t, true, 3, 0, "", 0);
    assert_string_equal(svc_session_close(&t), "smb");
}

static void smb_waits_for_a_chunk_that_begins_with_a_message(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 445);
    for (unsigned i = 0; i < 4; i++)
        C_SAYS(&t, "\x81\x00\x00\x04name");
    assert_string_equal(fb_service_names(t.s), "");
    for (unsigned i = 0; i < 3; i++)
        smb2(&t, true, 3, 0, "", 0);
    assert_string_equal(svc_session_close(&t), "smb");
}

static void smb_names_its_authentication_first(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 445);
    smb_logon(&t);
    assert_string_equal(svc_session_close(&t), "gssapi,ntlm,smb");
}

static const char request[] = "\x05\x00\x00\x03\x10\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00"
                              "01234567";

static void named_pipes_carry_dce_rpc(void **state)
{
    (void)state;
    uint8_t b[256];
    size_t n = body(b, 48, 2, 4, request, sizeof request - 1);
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 445);
    smb_logon(&t);
    smb2(&t, true, 9, 7, b, n);
    smb2(&t, false, 3, 8, "\x10\x00\x02\x00", 4);
    smb2(&t, true, 9, 7, b, n);
    assert_string_equal(fb_service_names(t.s), "gssapi,ntlm,smb");
    smb2(&t, true, 9, 8, b, n);
    assert_string_equal(svc_session_close(&t), "gssapi,ntlm,smb,dce_rpc");
}

static void dce_rpc_needs_a_whole_fragment(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 135);
    svc_session_bytes(&t, true, request, sizeof request - 2);
    assert_string_equal(fb_service_names(t.s), "");
    svc_session_bytes(&t, true, "7", 1);
    assert_string_equal(svc_session_close(&t), "dce_rpc");
}

static void dce_rpc_names_its_authentication_first(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 135);
    C_SAYS(&t, "\x05\x00\x0b\x03\x10\x00\x00\x00\x38\x00\x20\x00\x01\x00\x00\x00"
               "\x0a\x02\x00\x00\x00\x00\x00\x00" NTLM_NEGOTIATE);
    assert_string_equal(svc_session_close(&t), "ntlm,dce_rpc");
    t = svc_session_open(FB_PROTO_TCP, 135);
    C_SAYS(&t, "\x05\x00\x0b\x03\x10\x00\x00\x00\x36\x00\x1e\x00\x01\x00\x00\x00"
               "\x09\x02\x00\x00\x00\x00\x00\x00"
               "\x60\x1c\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x12\x30\x10\xa0\x0e\x30\x0c\x06\x0a"
               "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a");
    assert_string_equal(svc_session_close(&t), "gssapi,dce_rpc");
}

/* A TLS record with a ClientHello, and a Kerberos token, in Base64. */
#define GRID_HELLO "FgMBAC8BAAArAwMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZgAABBMBEwIBAA=="

static const char *ftp_with_token(const char *first, size_t step)
{
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 21);
    t.step = step;
    S_SAYS(&t, "220 hi\r\n");
    C_SAYS(&t, "AUTH GSSAPI\r\n");
    S_SAYS(&t, "334 go on\r\n");
    svc_session_text(&t, true, first);
    S_SAYS(&t, "335 ADAT=FgMBAAA=\r\n");
    return svc_session_close(&t);
}

static void ftp_shows_tls_of_the_grid(void **state)
{
    (void)state;
    for (size_t step = 0; step < 9; step++) {
        assert_string_equal(ftp_with_token("ADAT " GRID_HELLO "\r\n", step), "ftp,ssl");
        assert_string_equal(ftp_with_token("ADAT YIIBAgME\r\n", step), "ftp");
        assert_string_equal(ftp_with_token("ADAT ====\r\n", step), "ftp");
        assert_string_equal(ftp_with_token("AUTH TLS\r\nADAT " GRID_HELLO "\r\n", step), "ftp");
    }
}

static const char *pop3(const char *client, const char *server)
{
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 110);
    S_SAYS(&t, "+OK hi\r\n");
    svc_session_text(&t, true, client);
    svc_session_text(&t, false, server);
    return svc_session_close(&t);
}

static void pop3_answers_commands_in_order(void **state)
{
    (void)state;
    assert_string_equal(pop3("USER a\r\nPASS b\r\nSTAT\r\n", "+OK\r\n-ERR no\r\n"), "pop3");
    assert_string_equal(pop3("USER a\r\nPASS b\r\nSTAT\r\n", "-ERR no\r\n+OK\r\n"), "");
    assert_string_equal(pop3("APOP a b\r\n", "+OK\r\n"), "");
    assert_string_equal(pop3("LIST\r\nCAPA\r\n", "+OK\r\n1 2\r\n.\r\n+OK\r\n.\r\n"), "pop3");
    assert_string_equal(pop3("USER a\r\n", "+OK\r\nwhat\r\n"), "");
    assert_string_equal(pop3("USER a\r\n", "+OK\r\n+OKAY\r\n"), "");
}

static const char *irc(const char *line)
{
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 6667);
    svc_session_text(&t, true, line);
    return svc_session_close(&t);
}

static void irc_takes_any_line_but_a_short_one(void **state)
{
    (void)state;
    assert_string_equal(irc("  a!b c\r\n"), "irc");
    assert_string_equal(irc("ab\r\n"), "");
    assert_string_equal(irc(":prefix\r\n"), "");
    assert_string_equal(irc(":prefix x\r\n"), "");
    assert_string_equal(irc("12x\r\n"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smb_is_confirmed_by_the_third_chunk),
        cmocka_unit_test(smb_waits_for_a_chunk_that_begins_with_a_message),
        cmocka_unit_test(smb_names_its_authentication_first),
        cmocka_unit_test(named_pipes_carry_dce_rpc),
        cmocka_unit_test(dce_rpc_needs_a_whole_fragment),
        cmocka_unit_test(dce_rpc_names_its_authentication_first),
        cmocka_unit_test(ftp_shows_tls_of_the_grid),
        cmocka_unit_test(pop3_answers_commands_in_order),
        cmocka_unit_test(irc_takes_any_line_but_a_short_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
