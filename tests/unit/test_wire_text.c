/* SMTP, FTP, SSH, and how other protocols go over to TLS. */
#include "tests/support/hello_build.h"
#include "tests/support/wire_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define STEPS(s) (s), sizeof(s) / sizeof((s)[0])

static void a_mail_is_a_row_with_the_headers_of_its_message(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {
        WR_STEP(false, "220 mail.example ESMTP\r\n"),
        WR_STEP(true, "EHLO client.example\r\n"),
        WR_STEP(false, "250-mail.example\r\n250 OK\r\n"),
        WR_STEP(true, "MAIL FROM:<a@client.example> SIZE=9\r\n"),
        WR_STEP(false, "250 ok\r\n"),
        WR_STEP(true, "RCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\n"),
        WR_STEP(false, "250 ok\r\n250 ok\r\n"),
        WR_STEP(true, "DATA\r\n"),
        WR_STEP(false, "354 go\r\n"),
        WR_STEP(true, "From: A <a@client.example>\r\nTo: b@example.org, c@example.org\r\nSubject: a long\r\n"
                      " subject\r\nMessage-ID: <1@x>\r\n\r\nSubject: not this\r\n..\r\n.\r\nQUIT\r\n"),
        WR_STEP(false, "250 queued\r\n221 bye\r\n")};
    char *text = wr_play(STEPS(steps), 25, 0, SIZE_MAX);
    assert_int_equal(wr_lines(text), 1);
    assert_string_equal(wr_cell(text, 0, "helo"), "client.example");
    assert_string_equal(wr_cell(text, 0, "mailfrom"), "a@client.example");
    assert_string_equal(wr_cell(text, 0, "rcptto"), "b@example.org,c@example.org");
    assert_string_equal(wr_cell(text, 0, "header_to"), "b@example.org,c@example.org");
    assert_string_equal(wr_cell(text, 0, "subject"), "a long subject");
    assert_string_equal(wr_cell(text, 0, "msg_id"), "<1@x>");
    assert_string_equal(wr_cell(text, 0, "last_reply"), "250 queued");
    assert_string_equal(wr_cell(text, 0, "banner"), "mail.example ESMTP");
    free(text);
    wr_torture(STEPS(steps), 25);
}

static void chunks_of_a_mail_are_passed_over(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {
        WR_STEP(false, "220 x\r\n"),
        WR_STEP(true, "EHLO c\r\nMAIL FROM:<a@b>\r\n"),
        WR_STEP(false, "250 x\r\n250 ok\r\n"),
        WR_STEP(true, "BDAT 14\r\nSubject: one\r\nBDAT 16 LAST\r\nX: y\r\n\r\nQUIT\r\n\r\n"),
        WR_STEP(false, "250 ok\r\n"),
        WR_STEP(false, "250 queued\r\n"),
        WR_STEP(true, "MAIL FROM:<second@b>\r\n")};
    char *text = wr_play(STEPS(steps), 25, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "subject"), "one");
    assert_string_equal(wr_cell(text, wr_lines(text) - 1, "mailfrom"), "second@b");
    free(text);
    wr_torture(STEPS(steps), 25);
}

static void ftp_commands_are_paired_with_replies_and_passwords_hidden(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {WR_STEP(false, "220-Welcome\r\n220 ftp.example ready\r\n"),
                                           WR_STEP(true, "USER alice\r\n"),
                                           WR_STEP(false, "331 password?\r\n"),
                                           WR_STEP(true, "PASS secret\r\n"),
                                           WR_STEP(false, "230 in\r\n"),
                                           WR_STEP(true, "PASV\r\n"),
                                           WR_STEP(false, "227 Entering Passive Mode (192,0,2,9,4,1).\r\n"),
                                           WR_STEP(true, "RETR a b.txt\r\n"),
                                           WR_STEP(false, "150 here\r\n226 done\r\n")};
    char *text = wr_play(STEPS(steps), 2121, 0, SIZE_MAX);
    assert_string_equal(
        text,
        "ftp|reply_code=220|reply_msg=ftp.example ready|\n"
        "ftp|user=alice|command=USER|arg=alice|reply_code=331|reply_msg=password?|\n"
        "ftp|user=alice|command=PASS|arg=<hidden>|reply_code=230|reply_msg=in|\n"
        "ftp|user=alice|command=PASV|reply_code=227|reply_msg=Entering Passive Mode "
        "(192,0,2,9,4,1).|data_channel_passive=1|data_channel_resp_h=192.0.2.9|data_channel_resp_p=1025|\n"
        "ftp|user=alice|command=RETR|arg=a b.txt|reply_code=226|reply_msg=done|\n");
    free(text);
    wr_torture(STEPS(steps), 2121);
}

/* A KEXINIT with the same lists on both sides but for the key exchange. */
static size_t kexinit(const char *kex, uint8_t *out)
{
    const char *lists[] = {
        kex,         "ssh-ed25519,rsa-sha2-256", "aes128-ctr", "aes256-ctr", "hmac-sha2-256",
        "hmac-sha1", "none,zlib@openssh.com",    "none",       "",           ""};
    uint8_t *p = out + 5;
    *p++ = 20;
    memset(p, 9, 16);
    p += 16;
    for (unsigned i = 0; i < 10; i++) {
        size_t n = strlen(lists[i]);
        fb_store_be32(p, (uint32_t)n);
        memcpy(p + 4, lists[i], n);
        p += 4 + n;
    }
    memset(p, 0, 5 + 6);
    p += 5 + 6; /* first_kex_packet_follows, reserved; padding */
    fb_store_be32(out, (uint32_t)(p - out - 4));
    out[4] = 6;
    return (size_t)(p - out);
}

static void ssh_says_banners_algorithms_and_hassh(void **state)
{
    (void)state;
    uint8_t c[1000], s[1000];
    struct wr_step steps[] = {WR_STEP(false, "SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
                              WR_STEP(true, "SSH-2.0-PuTTY_Release_0.78\r\n"),
                              {false, s, kexinit("curve25519-sha256,diffie-hellman-group14-sha256", s)},
                              {true, c, kexinit("sntrup761,diffie-hellman-group14-sha256", c)}};
    char *text = wr_play(steps, 4, 2222, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "version"), "2");
    assert_string_equal(wr_cell(text, 0, "client"), "SSH-2.0-PuTTY_Release_0.78");
    assert_string_equal(wr_cell(text, 0, "server"), "SSH-2.0-OpenSSH_9.2p1 Debian");
    assert_string_equal(wr_cell(text, 0, "kex_alg"), "diffie-hellman-group14-sha256");
    assert_string_equal(wr_cell(text, 0, "host_key_alg"), "ssh-ed25519");
    assert_string_equal(wr_cell(text, 0, "cipher_alg"), "aes128-ctr");
    assert_string_equal(wr_cell(text, 0, "compression_alg"), "none");
    /* md5 "sntrup761,diffie-hellman-group14-sha256;aes128-ctr;hmac-sha2-256;none,zlib@openssh.com" */
    assert_string_equal(wr_cell(text, 0, "hassh"), "1ad3797923c14a967bf26781e580736c");
    assert_string_equal(wr_cell(text, 0, "hassh_server"), "ec533e8b63734be039f4747583343cb8");
    free(text);
    wr_torture(steps, 4, 2222);
}

static void a_banner_that_is_cut_off_says_nothing(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {WR_STEP(true, "SSH-\x19")};
    char *text = wr_play(STEPS(steps), 22, 0, SIZE_MAX);
    assert_string_equal(text, "");
    free(text);
}

static void tls_is_followed_through_starttls(void **state)
{
    (void)state;
    static const struct hello_spec spec = {
        .type = 1, .ciphers = "1301", .extensions = "0", .sni = "up.example"};
    uint8_t m[4096], rec[5000];
    struct wr_step hello = {true, rec, hello_record(22, m, hello_build(&spec, m), rec)};
    static const struct {
        const char *name;
        struct wr_step steps[6];
    } cases[] = {
        {"smtp",
         {WR_STEP(false, "220 x\r\n"), WR_STEP(true, "EHLO c\r\n"), WR_STEP(false, "250 ok\r\n"),
          WR_STEP(true, "STARTTLS\r\n"), WR_STEP(false, "220 go\r\n")}},
        {"ftp", {WR_STEP(false, "220 x\r\n"), WR_STEP(true, "AUTH TLS\r\n"), WR_STEP(false, "234 go\r\n")}},
        {"imap",
         {WR_STEP(false, "* OK x\r\n"), WR_STEP(true, "a1 STARTTLS\r\n"), WR_STEP(false, "a1 OK go\r\n")}},
        {"pop3", {WR_STEP(false, "+OK x\r\n"), WR_STEP(true, "STLS\r\n"), WR_STEP(false, "+OK go\r\n")}},
        {"irc",
         {WR_STEP(true, "CAP LS 302\r\n"), WR_STEP(true, "STARTTLS\r\n"),
          WR_STEP(false, ":s 670 * :go\r\n")}},
        {"postgresql", {WR_STEP(true, "\0\0\0\x08\x04\xd2\x16\x2f"), WR_STEP(false, "S")}},
        {"rdp",
         {WR_STEP(true, "\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"),
          WR_STEP(false, "\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\x02\0\0\0")}},
        {"ldap",
         {WR_STEP(true, "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                        "1.3.6.1.4.1.1466.20037"),
          WR_STEP(false, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0")}},
        {"xmpp",
         {WR_STEP(true, "<?xml version='1.0'?><stream:stream to='x'>"), WR_STEP(false, "<stream:stream>"),
          WR_STEP(true, "<starttls xmlns='y'/>"), WR_STEP(false, "<proceed xmlns='y'/>")}},
        {"mysql",
         {WR_STEP(false, "\x20\0\0\0\x0a"
                         "8.0.1-log\0"
                         "0123456789012345678901234567"),
          WR_STEP(true, "\x20\0\0\x01\x85\xae\xff\0"
                        "0123456789012345678901234567")}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wr_step steps[8];
        size_t n = 0;
        for (; n < 6 && cases[i].steps[n].p; n++)
            steps[n] = cases[i].steps[n];
        steps[n++] = hello;
        char *text = wr_play(steps, n, 7777, 0, SIZE_MAX);
        size_t last = wr_lines(text) - 1;
        assert_int_not_equal(wr_lines(text), 0);
        assert_string_equal(wr_cell(text, last, "starttls"), cases[i].name);
        assert_string_equal(wr_cell(text, last, "server_name"), "up.example");
        free(text);
        wr_torture(steps, n, 7777);
    }
}

static void a_refused_starttls_is_none(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {WR_STEP(false, "* OK x\r\n"), WR_STEP(true, "a1 STARTTLS\r\n"),
                                           WR_STEP(false, "a1 BAD no\r\n"),
                                           WR_STEP(true, "\x16\x03\x01\0\x05\x01\0\0\x01\0")};
    char *text = wr_play(STEPS(steps), 143, 0, SIZE_MAX);
    assert_string_equal(text, "");
    free(text);
}

static void what_follows_socks_is_found(void **state)
{
    (void)state;
    static const struct wr_step steps[] = {WR_STEP(true, "\x05\x01\0"), WR_STEP(false, "\x05\0"),
                                           WR_STEP(true, "\x05\x01\0\x01\xc0\0\x02\x01\0\x50"),
                                           WR_STEP(false, "\x05\0\0\x01\0\0\0\0\0\0"),
                                           WR_STEP(true, "GET / HTTP/1.1\r\nHost: behind.example\r\n\r\n")};
    char *text = wr_play(STEPS(steps), 1080, 0, SIZE_MAX);
    assert_string_equal(wr_cell(text, 0, "host"), "behind.example");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mail_is_a_row_with_the_headers_of_its_message),
        cmocka_unit_test(chunks_of_a_mail_are_passed_over),
        cmocka_unit_test(ftp_commands_are_paired_with_replies_and_passwords_hidden),
        cmocka_unit_test(ssh_says_banners_algorithms_and_hassh),
        cmocka_unit_test(a_banner_that_is_cut_off_says_nothing),
        cmocka_unit_test(tls_is_followed_through_starttls),
        cmocka_unit_test(a_refused_starttls_is_none),
        cmocka_unit_test(what_follows_socks_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
