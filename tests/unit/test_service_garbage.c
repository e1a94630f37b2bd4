/* Hostile input for every analyzer: random bytes behind plausible starts, cuts at every byte, gaps anywhere.
 * The bytes live in buffers of their exact size, so that the sanitizers see every step outside. */
#include "tests/support/svc_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint16_t tcp_ports[] = {21,   22,   25,   53,   79,   80,    88,   110,  135,
                                     143,  389,  443,  445,  502,  514,   1080, 1883, 3306,
                                     3389, 5222, 5432, 6379, 6667, 20000, 50000};
static const uint16_t udp_ports[] = {53,  67,  88,   123,  137,  161,   389,
                                     443, 514, 1812, 3389, 5060, 20000, 50000};

/* Starts that bring an analyzer past its first check. */
static const struct {
    const char *p;
    size_t n;
} starts[] = {
#define B(lit)                                                                                               \
    {                                                                                                        \
        lit, sizeof(lit) - 1                                                                                 \
    }
    B("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    B("SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14"),
    B("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n"),
    B("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
    B("\x00\x00\x00\xff\xfeSMB\x40\x00\x00\x00\x00\x00\x00\x00\x01\x00"),
    B("\x30\x84\xff\xff\xff\xff\x02\x04\x7f\xff\xff\xff\x60"),
    B("\x30\x44\x02\x01\x01\x60\x3f\x02\x01\x03\x04\x00\xa3\x38\x04\x0aGSS-"
      "SPNEGO\x04\x84\xff\xff\xff\xff\x60\x84\xff\xff\xff\xff"),
    B("\x05\x00\x0b\x03\x10\x00\x00\x00\xff\xff\x00\x00"),
    B("\xc0\x00\x00\x00\x01\x08"
      "12345678"
      "\x00\x00\x44\x9e"),
    B("\x12\x34\x01\x00\x00\x01\xff\xff\x00\x00\x00\x00\xc0\x0c"),
    B("*1000000\r\n$536870912\r\n"),
    B("227 (255,255,255,255,255,255,255\r\n229 (|||65535|\r\n"),
    B("\x05\xff\x00\x01\x02"),
    B("\x10\xff\xff\xff\x7f\x00\x04MQTT"),
    B("\xff\xff\xff\x00\x00\x0a"),
    B("\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x01\xff\xff\xff\x00\x00\xff\xff\xff\xff\xff\xff"
      "\xfe\xfd"),
    B(""),
#undef B
};
#define NSTARTS (sizeof starts / sizeof starts[0])

static uint32_t next(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* The names are a list of words, the state is bounded, and a flip on request keeps it so. */
static void check(const struct svc_session *t)
{
    const char *names = fb_service_names(t->s);
    assert_true(strlen(names) < 96);
    assert_true(*names != ',' && !strstr(names, ",,"));
    assert_true(fb_service_bytes(t->s) < 2U << 20);
}

static void one_session(uint8_t proto, uint16_t port, uint32_t seed)
{
    struct svc_session t = svc_session_open(proto, port);
    uint32_t x = seed;
    uint8_t bytes[600];
    for (unsigned turn = 0; turn < 8; turn++) {
        size_t k = next(&x) % NSTARTS, n = starts[k].n;
        memcpy(bytes, starts[k].p, n);
        size_t extra = next(&x) % 400;
        for (size_t i = 0; i < extra; i++)
            bytes[n++] = (uint8_t)next(&x);
        t.step = proto == FB_PROTO_TCP ? next(&x) % 3 * 7 : 0;
        svc_session_bytes(&t, next(&x) & 1, bytes, n);
        check(&t);
        if (proto == FB_PROTO_TCP && next(&x) % 5 == 0)
            (void)fb_service_gap(t.s, next(&x) & 1, 1 + next(&x) % 1000);
        if (next(&x) % 16 == 0)
            fb_service_flip(t.s);
        struct fb_service_expect e;
        while (fb_service_take_expect(t.s, &e))
            assert_true(e.resp_p != 0 && e.service != NULL);
    }
    (void)svc_session_close(&t);
}

static void random_bytes_behind_good_starts_do_no_harm(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 20; round++) {
        for (size_t i = 0; i < sizeof tcp_ports / sizeof tcp_ports[0]; i++)
            one_session(FB_PROTO_TCP, tcp_ports[i], round * 2654435761U + (uint32_t)i);
        for (size_t i = 0; i < sizeof udp_ports / sizeof udp_ports[0]; i++)
            one_session(FB_PROTO_UDP, udp_ports[i], round * 40503U + (uint32_t)i + 7);
    }
}

static void good_starts_cut_at_every_byte_do_no_harm(void **state)
{
    (void)state;
    for (size_t k = 0; k < NSTARTS; k++) {
        for (size_t i = 0; i < sizeof tcp_ports / sizeof tcp_ports[0]; i++) {
            for (size_t n = 0; n <= starts[k].n; n++) {
                struct svc_session t = svc_session_open(FB_PROTO_TCP, tcp_ports[i]);
                svc_session_bytes(&t, n & 1, starts[k].p, n);
                check(&t);
                (void)svc_session_close(&t);
            }
        }
        for (size_t i = 0; i < sizeof udp_ports / sizeof udp_ports[0]; i++) {
            for (size_t n = 0; n <= starts[k].n; n++) {
                struct svc_session t = svc_session_open(FB_PROTO_UDP, udp_ports[i]);
                svc_session_bytes(&t, n & 1, starts[k].p, n);
                check(&t);
                (void)svc_session_close(&t);
            }
        }
    }
}

static void empty_datagrams_say_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof udp_ports / sizeof udp_ports[0]; i++) {
        struct svc_session t = svc_session_open(FB_PROTO_UDP, udp_ports[i]);
        svc_session_bytes(&t, true, "", 0);
        svc_session_bytes(&t, false, "", 0);
        assert_string_equal(svc_session_close(&t), "");
    }
}

static void a_line_without_end_is_dropped_and_counts_as_a_limit(void **state)
{
    (void)state;
    static char x[65536];
    memset(x, 'x', sizeof x);
    struct svc_session t = svc_session_open(FB_PROTO_TCP, 21);
    for (unsigned i = 0; i < 180; i++)
        svc_session_bytes(&t, true, x, sizeof x);
    assert_false(t.so_far & FB_SVC_LIMIT);
    for (unsigned i = 0; i < 40; i++)
        svc_session_bytes(&t, true, x, sizeof x);
    assert_true(t.so_far & FB_SVC_LIMIT);
    assert_true(fb_service_bytes(t.s) < 32768);
    assert_string_equal(svc_session_close(&t), "");
}

static void a_session_whose_start_was_not_seen_keeps_most_analyzers_out(void **state)
{
    (void)state;
    struct fb_service_flow flow = {.proto = FB_PROTO_TCP, .orig_p = 4000, .resp_p = 80, .partial = true};
    static const char request[] = "GET / HTTP/1.1\r\n\r\n";
    for (unsigned flip = 0; flip < 2; flip++) {
        flow.partial = flip == 0;
        struct fb_service *s = fb_service_new(&flow);
        (void)fb_service_data(s, true, (const uint8_t *)request, sizeof request - 1, 0);
        assert_string_equal(fb_service_names(s), flip ? "http" : "");
        fb_service_free(s);
    }
}

static void detectors_are_small(void **state)
{
    (void)state;
    static const uint16_t busy[] = {80, 443, 22};
    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++) {
        struct svc_session t = svc_session_open(FB_PROTO_TCP, busy[i]);
        assert_true(fb_service_bytes(t.s) < 1024);
        (void)svc_session_close(&t);
    }
}

static void ports_are_those_of_the_default_scripts(void **state)
{
    (void)state;
    assert_true(fb_service_likely_server_port(FB_PROTO_TCP, 443) &&
                fb_service_likely_server_port(FB_PROTO_UDP, 4789));
    assert_false(fb_service_likely_server_port(FB_PROTO_TCP, 110) ||
                 fb_service_likely_server_port(FB_PROTO_TCP, 23));
    assert_false(fb_service_likely_server_port(FB_PROTO_UDP, 68) ||
                 fb_service_likely_server_port(FB_PROTO_UDP, 80));
    assert_true(fb_service_is_dns_port(FB_PROTO_UDP, 5355) && fb_service_is_dns_port(FB_PROTO_TCP, 53));
    assert_false(fb_service_is_dns_port(FB_PROTO_TCP, 5353) || fb_service_is_dns_port(FB_PROTO_UDP, 54));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bytes_behind_good_starts_do_no_harm),
        cmocka_unit_test(good_starts_cut_at_every_byte_do_no_harm),
        cmocka_unit_test(empty_datagrams_say_nothing),
        cmocka_unit_test(a_line_without_end_is_dropped_and_counts_as_a_limit),
        cmocka_unit_test(a_session_whose_start_was_not_seen_keeps_most_analyzers_out),
        cmocka_unit_test(detectors_are_small),
        cmocka_unit_test(ports_are_those_of_the_default_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
