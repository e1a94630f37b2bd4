/* The detector with its first protocols: DNS, HTTP, TLS, FTP, SSH. */
#include "tests/support/svc_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define QUERY "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x02zz\x04test\x00\x00\x01\x00\x01"

/* A ClientHello without extensions: 43 bytes of body. */
#define HELLO                                                                                                \
    "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"                                                           \
    "0123456789abcdef0123456789abcdef\x00\x00\x04\x13\x01\x13\x02\x01\x00"

static void one_dns_query_is_enough(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 53);
    assert_true(fb_service_dns_attached(t.s));
    C_SAYS(&t, QUERY);
    assert_string_equal(svc_session_close(&t), "dns");
}

static void dns_is_known_by_its_port_only(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 5300);
    assert_false(fb_service_dns_attached(t.s));
    C_SAYS(&t, QUERY);
    assert_string_equal(svc_session_close(&t), "");
}

static void a_dns_reply_first_turns_the_roles(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 53);
    C_SAYS(&t, "\x12\x34\x81\x80\x00\x00\x00\x00\x00\x00\x00\x00");
    assert_true(t.so_far & FB_SVC_FLIP);
    C_SAYS(&t, "\x12\x34\x81\x80\x00\x00\x00\x00\x00\x00\x00\x00");
    assert_false(t.bits & FB_SVC_FLIP);
    assert_string_equal(svc_session_close(&t), "dns");
}

static void too_many_dns_questions_are_a_limit_and_end_the_analyzer(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 53);
    C_SAYS(&t, "\x12\x34\x01\x00\x00\x1a\x00\x00\x00\x00\x00\x00");
    assert_true(t.bits & FB_SVC_LIMIT);
    assert_false(fb_service_dns_attached(t.s));
    assert_string_equal(svc_session_close(&t), "");
}

static void an_unknown_dns_opcode_is_a_limit_but_not_on_the_netbios_port(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < 16; opcode++) {
        char query[] = QUERY;
        query[2] = (char)(opcode << 3 | 1);
        bool known = opcode == 0 || opcode == 4 || opcode == 5;
        for (uint16_t port = 53; port <= 137; port = (uint16_t)(port + 84)) {
            struct svc_session t = svc_session_open(FB_PROTO_UDP, port);
            svc_session_bytes(&t, true, query, sizeof query - 1);
            assert_int_equal((t.bits & FB_SVC_LIMIT) != 0, !known && port == 53);
            assert_true(fb_service_dns_attached(t.s));
            assert_string_equal(svc_session_close(&t), known || port == 137 ? "dns" : "");
        }
    }
}

static void http_is_confirmed_by_a_request_on_any_port_in_any_cut(void **state)
{
    (void)state;
    for (uint16_t port = 80; port <= 81; port++) {
        for (size_t step = 0; step < 4; step++) {
            struct svc_session t = svc_session_open(FB_PROTO_TCP, port == 80 ? 80 : 12345);
            t.step = step;
            C_SAYS(&t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assert_string_equal(fb_service_names(t.s), "http");
            S_SAYS(&t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            C_SAYS(&t, "GET /2 HTTP/1.1\r\n\r\n");
            S_SAYS(&t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 "
                       "204 x\r\n\r\n");
            assert_string_equal(svc_session_close(&t), "http");
        }
    }
}

static void an_http_reply_without_a_request_confirms_nothing(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 80);
    S_SAYS(&t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(svc_session_close(&t), "");
}

static void http_loses_its_name_when_the_reply_is_not_http(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 80);
    C_SAYS(&t, "GET / HTTP/1.1\r\n\r\n");
    S_SAYS(&t, "garbage\r\n");
    assert_string_equal(svc_session_close(&t), "");
}

static void a_late_violation_leaves_the_name(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 80);
    static char body[11000];
    memset(body, 'x', sizeof body);
    C_SAYS(&t, "POST / HTTP/1.1\r\nContent-Length: 11000\r\n\r\n");
    svc_session_bytes(&t, true, body, sizeof body);
    S_SAYS(&t, "garbage\r\n");
    assert_string_equal(svc_session_close(&t), "http");
}

static void tls_inside_an_http_tunnel_is_found(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 3128);
    C_SAYS(&t, "CONNECT x:443 HTTP/1.1\r\n\r\n");
    S_SAYS(&t, "HTTP/1.1 200 Connection established\r\n\r\n");
    C_SAYS(&t, HELLO);
    assert_string_equal(svc_session_close(&t), "http,ssl");
}

static void a_client_hello_confirms_ssl_in_any_cut(void **state)
{
    (void)state;
    for (size_t step = 0; step < 8; step++) {
        struct svc_session t = svc_session_open(FB_PROTO_TCP, 443);
        t.step = step;
        C_SAYS(&t, HELLO);
        assert_string_equal(svc_session_close(&t), "ssl");
    }
}

static void half_a_client_hello_confirms_nothing(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 443);
    svc_session_bytes(&t, true, HELLO, sizeof(HELLO) - 8);
    assert_string_equal(svc_session_close(&t), "");
}

static void ssl_is_taken_back_when_the_server_answers_http(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 443);
    C_SAYS(&t, HELLO);
    S_SAYS(&t, "HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_string_equal(svc_session_close(&t), "");
}

#define PACKET(type) "\x00\x00\x00\x0c\x0a" type "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

static void ssh_needs_the_key_exchange(void **state)
{
    (void)state;
    for (size_t step = 0; step < 8; step++) {
        struct svc_session t = svc_session_open(FB_PROTO_TCP, 22);
        t.step = step;
        S_SAYS(&t, "SSH-2.0-s\r\n");
        C_SAYS(&t, "SSH-2.0-c\r\n");
        assert_string_equal(fb_service_names(t.s), "");
        C_SAYS(&t, PACKET("\x14"));
        S_SAYS(&t, PACKET("\x14"));
        S_SAYS(&t, PACKET("\x1f") PACKET("\x15"));
        assert_true(t.so_far & FB_SVC_LONG_IDLE);
        assert_string_equal(svc_session_close(&t), "ssh");
    }
}

static void ftp_announces_its_data_connections(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 21);
    struct fb_service_expect e;
    char text[FB_ADDR_STRLEN];
    S_SAYS(&t, "220 hi\r\n");
    assert_string_equal(fb_service_names(t.s), "");
    C_SAYS(&t, "USER x\r\n");
    C_SAYS(&t, "PORT 10,0,0,9,4,1\r\n");
    assert_true(t.bits & FB_SVC_EXPECT);
    assert_true(fb_service_take_expect(t.s, &e));
    fb_addr_format(&e.resp_h, text);
    assert_string_equal(text, "10.0.0.9");
    assert_int_equal(e.resp_p, 1025);
    assert_string_equal(e.service, "ftp-data");
    S_SAYS(&t, "227 Entering Passive Mode (10,0,0,2,200,10)\r\n229 Entering (|||6446|)\r\n");
    assert_true(fb_service_take_expect(t.s, &e));
    assert_int_equal(e.resp_p, 200 * 256 + 10);
    assert_true(fb_service_take_expect(t.s, &e));
    assert_int_equal(e.resp_p, 6446);
    C_SAYS(&t, "EPRT |2|2001:db8::1|5282|\r\n");
    assert_true(fb_service_take_expect(t.s, &e));
    fb_addr_format(&e.resp_h, text);
    assert_string_equal(text, "2001:db8::1");
    assert_false(fb_service_take_expect(t.s, &e));
    assert_string_equal(svc_session_close(&t), "ftp");
}

static void ftp_over_tls_shows_both(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 21);
    S_SAYS(&t, "220 hi\r\n");
    C_SAYS(&t, "AUTH TLS\r\n");
    S_SAYS(&t, "234 go\r\n");
    C_SAYS(&t, HELLO);
    assert_string_equal(svc_session_close(&t), "ftp,ssl");
}

static void an_ftp_line_without_a_code_takes_the_name_back(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 21);
    C_SAYS(&t, "USER x\r\n");
    S_SAYS(&t, "hello\r\n");
    assert_string_equal(svc_session_close(&t), "");
}

static void a_tunnel_confirms_itself(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 4789);
    fb_service_confirm(t.s, "vxlan");
    fb_service_confirm(t.s, "vxlan");
    assert_string_equal(svc_session_close(&t), "vxlan");
}

static void a_detector_without_candidates_is_done_after_the_window(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 50000);
    char junk[1400];
    memset(junk, 0x99, sizeof junk);
    svc_session_bytes(&t, true, junk, 500);
    assert_false(t.bits & FB_SVC_DONE);
    svc_session_bytes(&t, true, junk, sizeof junk);
    assert_true(t.bits & FB_SVC_DONE);
    assert_true(fb_service_bytes(t.s) < 1024);
    assert_string_equal(svc_session_close(&t), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_dns_query_is_enough),
        cmocka_unit_test(dns_is_known_by_its_port_only),
        cmocka_unit_test(a_dns_reply_first_turns_the_roles),
        cmocka_unit_test(too_many_dns_questions_are_a_limit_and_end_the_analyzer),
        cmocka_unit_test(an_unknown_dns_opcode_is_a_limit_but_not_on_the_netbios_port),
        cmocka_unit_test(http_is_confirmed_by_a_request_on_any_port_in_any_cut),
        cmocka_unit_test(an_http_reply_without_a_request_confirms_nothing),
        cmocka_unit_test(http_loses_its_name_when_the_reply_is_not_http),
        cmocka_unit_test(a_late_violation_leaves_the_name),
        cmocka_unit_test(tls_inside_an_http_tunnel_is_found),
        cmocka_unit_test(a_client_hello_confirms_ssl_in_any_cut),
        cmocka_unit_test(half_a_client_hello_confirms_nothing),
        cmocka_unit_test(ssl_is_taken_back_when_the_server_answers_http),
        cmocka_unit_test(ssh_needs_the_key_exchange),
        cmocka_unit_test(ftp_announces_its_data_connections),
        cmocka_unit_test(ftp_over_tls_shows_both),
        cmocka_unit_test(an_ftp_line_without_a_code_takes_the_name_back),
        cmocka_unit_test(a_tunnel_confirms_itself),
        cmocka_unit_test(a_detector_without_candidates_is_done_after_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
