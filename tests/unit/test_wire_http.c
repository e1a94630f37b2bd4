/* HTTP/1: pairing, framing, pipelining, hand-over. */
#include "tests/support/hello_build.h"
#include "tests/support/wire_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void a_request_and_its_reply_are_one_row(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {
        WR_STEP(true, "POST /a?b=c HTTP/1.1\r\nHost: www.example.com:8080\r\nUser-Agent: test/1 (x; y)\r\n"
                      "Referer: http://r.example/\r\nOrigin: http://o.example\r\nVia: 1.0 fred\r\n"
                      "Authorization: Basic YWxpY2U6c2VjcmV0\r\nContent-Length: 5\r\n\r\nhello"),
        WR_STEP(false, "HTTP/1.1 100 Continue\r\n\r\n"),
        WR_STEP(false, "HTTP/1.0 404 Not Found\r\nServer: s/2\r\nContent-Type: text/html\r\n"
                       "Content-Length: 9\r\n\r\nnot found")};
    char *text = wr_play(steps, 3, 80, 0, SIZE_MAX);
    assert_string_equal(
        text,
        "http|trans_depth=1|method=POST|host=www.example.com:8080|uri=/a?b=c|referrer=http://r.example/|"
        "version=1.0|user_agent=test/1 (x; y)|origin=http://o.example|request_body_len=5|"
        "response_body_len=9|status_code=404|status_msg=Not Found|info_code=100|info_msg=Continue|"
        "username=alice|proxied=VIA -> 1.0 fred|content_type=text/html|server=s/2|\n");
    free(text);
    wr_torture(steps, 3, 80);
}

static void pipelined_requests_get_their_replies_in_order(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {
        WR_STEP(
            true,
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: b\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"),
        WR_STEP(
            false,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\na;x=y\r\n0123456789\r\n0\r\n"
            "Trailer: x\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\n"
            "HTTP/1.1 200\r\n\r\nto the end")};
    char *text = wr_play(steps, 2, 8080, 0, SIZE_MAX);
    assert_int_equal(wr_lines(text), 3);
    assert_string_equal(wr_cell(text, 0, "response_body_len"), "14");
    assert_string_equal(wr_cell(text, 1, "method"), "HEAD");
    assert_string_equal(wr_cell(text, 1, "status_code"), "204");
    assert_string_equal(wr_cell(text, 1, "response_body_len"), "0");
    assert_string_equal(wr_cell(text, 2, "uri"), "/3");
    assert_string_equal(wr_cell(text, 2, "response_body_len"), "10");
    assert_string_equal(wr_cell(text, 2, "trans_depth"), "3");
    assert_string_equal(wr_cell(text, 2, "status_msg"), "-");
    free(text);
    wr_torture(steps, 2, 8080);
}

static void a_header_may_go_on_in_the_next_line(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {
        WR_STEP(true, "POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\nHost: a\r\n\r\n0\r\n\r\n"
                      "GET /next HTTP/1.1\r\n\r\n")};
    char *text = wr_play(steps, 1, 80, 0, SIZE_MAX);
    assert_int_equal(wr_lines(text), 2);
    assert_string_equal(wr_cell(text, 1, "uri"), "/next");
    free(text);
    wr_torture(steps, 1, 80);
}

static void a_reply_without_a_request_is_a_row_of_its_own(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {
        WR_STEP(false, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")};
    char *text = wr_play(steps, 1, 443, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "status_code"), "400");
    assert_string_equal(wr_cell(text, 0, "method"), "-");
    free(text);
}

static void the_old_http_has_a_body_and_no_head(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {WR_STEP(true, "GET /old\r\n"),
                                           WR_STEP(false, "<html>\r\n</html>\r\n")};
    char *text = wr_play(steps, 2, 80, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "version"), "0.9");
    assert_string_equal(wr_cell(text, 0, "response_body_len"), "17");
    assert_string_equal(wr_cell(text, 0, "status_code"), "-");
    free(text);
}

static void a_gap_in_a_body_is_not_counted_and_does_no_harm(void **state)
{
    (void)state;
    struct wire_run r;
    wr_open(&r, 6, 80);
    WR_C(&r, "GET /1 HTTP/1.1\r\n\r\n");
    WR_S(&r, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789");
    wr_gap(&r, false, 985);
    WR_S(&r, "01234");
    WR_C(&r, "GET /2 HTTP/1.1\r\n\r\n");
    WR_S(&r, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    const char *text = wr_close(&r);
    assert_int_equal(wr_lines(text), 2);
    assert_string_equal(wr_cell(text, 0, "response_body_len"), "15");
    assert_string_equal(wr_cell(text, 1, "response_body_len"), "1");
    wr_release(&r);
}

static void after_a_gap_in_a_head_the_next_message_counts_again(void **state)
{
    (void)state;
    struct wire_run r;
    wr_open(&r, 6, 80);
    WR_C(&r, "GET /1 HTTP/1.1\r\n");
    wr_gap(&r, true, 100);
    WR_C(&r, "rest of something\r\n\r\n");
    WR_S(&r, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    WR_C(&r, "GET /2 HTTP/1.1\r\nHost: later.example\r\n\r\n");
    WR_S(&r, "HTTP/1.1 201 Made\r\nContent-Length: 1\r\n\r\nx");
    const char *text = wr_close(&r);
    assert_int_equal(wr_lines(text), 2);
    assert_string_equal(wr_cell(text, 0, "status_code"), "200");
    assert_string_equal(wr_cell(text, 1, "host"), "later.example");
    assert_string_equal(wr_cell(text, 1, "status_code"), "201");
    wr_release(&r);
}

static void tls_inside_of_connect_is_found(void **state)
{
    (void)state;
    static const struct hello_spec hello = {
        .type = 1, .ciphers = "1301", .extensions = "0", .sni = "in.example"};
    uint8_t m[4096], rec[5000];
    size_t n = hello_record(22, m, hello_build(&hello, m), rec);
    struct wr_step steps[] = {WR_STEP(true, "CONNECT in.example:443 HTTP/1.1\r\n\r\n"),
                              WR_STEP(false, "HTTP/1.1 200 Established\r\n\r\n"),
                              {true, rec, n}};
    char *text = wr_play(steps, 3, 3128, 0, SIZE_MAX);
    assert_int_equal(wr_lines(text), 2);
    assert_string_equal(wr_cell(text, 0, "host"), "in.example:443");
    assert_string_equal(wr_cell(text, 1, "server_name"), "in.example");
    free(text);
    wr_torture(steps, 3, 3128);
}

static void thousands_of_requests_without_replies_stay_within_bounds(void **state)
{
    (void)state;
    struct wire_run r;
    static char head[9000];
    memset(head, 'x', sizeof head);
    memcpy(head, "GET /", 5);
    memcpy(head + 8000, " HTTP/1.1\r\n\r\n", 14);
    wr_open(&r, 6, 80);
    for (unsigned i = 0; i < 1000; i++)
        wr_say(&r, true, head, 8013); /* wr_say looks at the bytes held after each */
    assert_int_equal(wr_lines(wr_close(&r)), 1000);
    wr_release(&r);
}

static void rtsp_and_sip_are_no_http(void **state)
{
    (void)state;
    static const char *const starts[] = {"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
                                         "INVITE sip:a@b SIP/2.0\r\n\r\n", "GET relative\r\n", "GETTER\r\n",
                                         "HTTPS/1.1 200 OK\r\n\r\n"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct wr_step step = {true, starts[i], strlen(starts[i])};
        char *text = wr_play(&step, 1, 80, 0, SIZE_MAX);
        assert_string_equal(text, "");
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_reply_are_one_row),
        cmocka_unit_test(pipelined_requests_get_their_replies_in_order),
        cmocka_unit_test(a_header_may_go_on_in_the_next_line),
        cmocka_unit_test(a_reply_without_a_request_is_a_row_of_its_own),
        cmocka_unit_test(the_old_http_has_a_body_and_no_head),
        cmocka_unit_test(a_gap_in_a_body_is_not_counted_and_does_no_harm),
        cmocka_unit_test(after_a_gap_in_a_head_the_next_message_counts_again),
        cmocka_unit_test(tls_inside_of_connect_is_found),
        cmocka_unit_test(thousands_of_requests_without_replies_stay_within_bounds),
        cmocka_unit_test(rtsp_and_sip_are_no_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
