/* The line-based protocols: mail, chat, SIP, syslog, Redis. Every exchange is fed whole and in small cuts and
 * must come out alike. */
#include "tests/support/svc_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HELLO                                                                                                \
    "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"                                                           \
    "0123456789abcdef0123456789abcdef\x00\x00\x04\x13\x01\x13\x02\x01\x00"

struct turn {
    bool from_orig;
    const char *text;
};

/* The service of an exchange of text on a TCP port, the same in any cut. */
static const char *talk(uint16_t port, const struct turn *turns, size_t n, bool tls)
{
    static char first[128];
    for (size_t step = 0; step < 20; step += 1 + step) {
        struct svc_session t = svc_session_open(FB_PROTO_TCP, port);
        t.step = step;
        for (size_t i = 0; i < n; i++)
            svc_session_text(&t, turns[i].from_orig, turns[i].text);
        if (tls)
            C_SAYS(&t, HELLO);
        const char *names = svc_session_close(&t);
        if (step == 0)
            snprintf(first, sizeof first, "%s", names);
        assert_string_equal(names, first);
    }
    return first;
}
#define TALK(port, tls, ...)                                                                                 \
    talk(port, (const struct turn[]){__VA_ARGS__},                                                           \
         sizeof((const struct turn[]){__VA_ARGS__}) / sizeof(struct turn), tls)
#define C(text)                                                                                              \
    {                                                                                                        \
        true, text                                                                                           \
    }
#define S(text)                                                                                              \
    {                                                                                                        \
        false, text                                                                                          \
    }

static void smtp_is_confirmed_by_a_command_of_the_client(void **state)
{
    (void)state;
    assert_string_equal(TALK(25, false, S("220 hi\r\n")), "");
    assert_string_equal(TALK(25, false, C("EHLO x\r\n")), "smtp");
    assert_string_equal(TALK(25, false, C("XYZZY x\r\n")), "");
    assert_string_equal(TALK(25, false, S("220 hi\r\n"), C("EHLO x\r\n"), S("what\r\n")), "");
    assert_string_equal(TALK(2525, false, S("220 hi\r\n"), C("EHLO x\r\n")), "smtp");
    assert_string_equal(TALK(2525, false, S("hi\r\n"), C("EHLO x\r\n")), "");
}

static void smtp_data_is_not_read_as_commands(void **state)
{
    (void)state;
    assert_string_equal(TALK(25, false, S("220 hi\r\n"), C("DATA\r\n"), S("354 go\r\n"),
                             C("STARTTLS\r\n.\r\n"), S("220 ok\r\n"), C("QUIT\r\n"), S("221 bye\r\n")),
                        "smtp");
}

static void smtp_over_tls_shows_both(void **state)
{
    (void)state;
    assert_string_equal(TALK(25, true, S("220 hi\r\n"), C("EHLO x\r\n"), S("250-a\r\n250 STARTTLS\r\n"),
                             C("STARTTLS\r\n"), S("220 go\r\n")),
                        "smtp,ssl");
}

static void a_mail_header_over_64k_is_a_limit(void **state)
{
    (void)state;
    static char field[70000];
    memset(field, 'x', sizeof field);
    for (size_t n = 65000; n <= 70000; n += 5000) {
        struct svc_session t = svc_session_open(FB_PROTO_TCP, 25);
        C_SAYS(&t, "DATA\r\n");
        svc_session_bytes(&t, true, field, n);
        C_SAYS(&t, "\r\n\r\n.\r\n");
        assert_int_equal((t.so_far & FB_SVC_LIMIT) != 0, n > 65536);
        assert_string_equal(svc_session_close(&t), "smtp");
    }
}

static void pop3_needs_the_servers_consent(void **state)
{
    (void)state;
    assert_string_equal(TALK(110, false, S("+OK hi\r\n"), C("USER x\r\n")), "");
    assert_string_equal(TALK(110, false, S("+OK hi\r\n"), C("USER x\r\n"), S("+OK\r\n")), "pop3");
    assert_string_equal(TALK(110, false, S("+OK hi\r\n"), C("USER x\r\n"), S("-ERR\r\n")), "");
    assert_string_equal(TALK(110, false, S("+OK hi\r\n"), C("CAPA\r\n"), S("+OK\r\nSTLS\r\n.\r\n"),
                             C("NOOP\r\n"), S("what\r\n")),
                        "");
    assert_string_equal(TALK(110, true, S("+OK hi\r\n"), C("STLS\r\n"), S("+OK\r\n")), "pop3,ssl");
}

static void imap_starts_tls_for_the_right_tag_only(void **state)
{
    (void)state;
    assert_string_equal(TALK(143, true, S("* OK hi\r\n"), C("a1 STARTTLS\r\n"), S("a1 OK go\r\n")),
                        "imap,ssl");
    assert_string_equal(TALK(143, true, S("* OK hi\r\n"), C("a1 STARTTLS\r\n"), S("a2 OK go\r\n")), "imap");
    assert_string_equal(TALK(143, false, S("hello\r\n")), "");
}

static void irc_announces_dcc(void **state)
{
    (void)state;
    struct fb_service_expect e;
    char text[FB_ADDR_STRLEN];
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 6667);
    C_SAYS(&t, "NICK a\r\nUSER a b c :d\r\n");
    S_SAYS(&t, ":x!y@z PRIVMSG a :\001DCC SEND f.bin 167772161 1234 99\001\r\n");
    assert_true(fb_service_take_expect(t.s, &e));
    fb_addr_format(&e.resp_h, text);
    assert_string_equal(text, "10.0.0.1");
    assert_int_equal(e.resp_p, 1234);
    assert_string_equal(e.service, "irc-dcc-data");
    assert_string_equal(svc_session_close(&t), "irc");
    assert_string_equal(TALK(6667, true, C("STARTTLS\r\n"), S(":s 670 * :go\r\n")), "irc,ssl");
    assert_string_equal(TALK(7777, false, C("NICK a\r\nUSER a b c :d\r\n"), S(":s 001 a :hi\r\n")), "irc");
    assert_string_equal(TALK(7777, false, C("NICK a\r\n"), S(":s 001 a :hi\r\n")), "");
}

static void xmpp_is_found_on_any_port(void **state)
{
    (void)state;
    const char *open = "<?xml version='1.0'?><stream:stream to='x' xmlns='jabber:client'>";
    assert_string_equal(TALK(7000, false, C(open)), "xmpp");
    assert_string_equal(
        TALK(7000, true, C(open), S(open), C("<starttls xmlns='x'/>"), S("<proceed xmlns='x'/>")),
        "xmpp,ssl");
    assert_string_equal(TALK(5222, false, S(open)), "");
}

static void redis_needs_one_whole_command_or_reply(void **state)
{
    (void)state;
    assert_string_equal(TALK(6379, false, C("*2\r\n$3\r\nGET\r\n$1\r\nx")), "redis");
    assert_string_equal(TALK(6379, false, C("*2\r\n$3\r\nGET\r\n")), "");
    assert_string_equal(TALK(6379, false, C("*2\r\n3\r\n")), "");
    assert_string_equal(TALK(6379, false, S("+OK\r\n")), "redis");
    assert_string_equal(TALK(6400, false, C("*1\r\n$4\r\nPING\r\n"), S("+PONG\r\n")), "redis");
}

static void syslog_over_tcp_has_two_framings(void **state)
{
    (void)state;
    assert_string_equal(TALK(514, false, C("<13>hello\n")), "syslog_tcp");
    assert_string_equal(TALK(514, false, C("9 <13>hello9 <14>hello")), "syslog_tcp");
    assert_string_equal(TALK(514, false, C("<13>hello\nhello\n")), "");
    assert_string_equal(TALK(514, false, C("<999>hello\n")), "");
}

static void websocket_inside_http_shows_what_runs_in_it(void **state)
{
    (void)state;
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 80);
    C_SAYS(&t, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    S_SAYS(&t, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n");
    /* "SSH-2.0-a\r\n" behind the mask 01 02 03 04, and the server's banner without one. */
    C_SAYS(&t, "\x82\x8b\x01\x02\x03\x04RQK)3,3)`\x0f\x09");
    S_SAYS(&t, "\x82\x0bSSH-2.0-b\r\n");
    assert_string_equal(fb_service_names(t.s), "http,websocket");
#define PACKET(type) "\x82\x10\x00\x00\x00\x0c\x0a" type "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    S_SAYS(&t, PACKET("\x14"));
    C_SAYS(&t, PACKET("\x14"));
    S_SAYS(&t, PACKET("\x15"));
    assert_string_equal(svc_session_close(&t), "http,websocket,ssh");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smtp_is_confirmed_by_a_command_of_the_client),
        cmocka_unit_test(smtp_data_is_not_read_as_commands),
        cmocka_unit_test(smtp_over_tls_shows_both),
        cmocka_unit_test(a_mail_header_over_64k_is_a_limit),
        cmocka_unit_test(pop3_needs_the_servers_consent),
        cmocka_unit_test(imap_starts_tls_for_the_right_tag_only),
        cmocka_unit_test(irc_announces_dcc),
        cmocka_unit_test(xmpp_is_found_on_any_port),
        cmocka_unit_test(redis_needs_one_whole_command_or_reply),
        cmocka_unit_test(syslog_over_tcp_has_two_framings),
        cmocka_unit_test(websocket_inside_http_shows_what_runs_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
