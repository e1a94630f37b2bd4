#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/packet.h"
#include "replay/session.h"

#include <string.h>

static struct fb_addr addr(const char *text)
{
    struct fb_addr a;
    assert_true(fb_addr_parse(text, &a));
    return a;
}

static uint8_t kind_of(uint8_t ip_proto)
{
    return ip_proto == 6                     ? FB_PROTO_TCP
           : ip_proto == 17                  ? FB_PROTO_UDP
           : ip_proto == 1 || ip_proto == 58 ? FB_PROTO_ICMP
                                             : FB_PROTO_OTHER;
}

static struct fb_session session(uint8_t ip_proto, const char *src, uint16_t sport, const char *dst,
                                 uint16_t dport)
{
    return (struct fb_session){.number = 1,
                               .ts_ns = 1700000000123456789,
                               .orig_h = addr(src),
                               .resp_h = addr(dst),
                               .orig_p = sport,
                               .resp_p = dport,
                               .proto = kind_of(ip_proto),
                               .ip_proto = ip_proto};
}

/* The baselines of the specification (github.com/corelight/community-id-spec, default seed and seed 1), and
 * flows that Zeek's baseline has besides (default seed only). Protocols without ports have port 0. */
static const struct {
    uint8_t ip_proto;
    const char *src;
    uint16_t sport;
    const char *dst;
    uint16_t dport;
    const char *id, *id_seed1;
} published[] = {
    {58, "fe80::200:86ff:fe05:80da", 135, "fe80::260:97ff:fe07:69ea", 136,
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
    {58, "fe80::260:97ff:fe07:69ea", 136, "fe80::200:86ff:fe05:80da", 135,
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
    {58, "fe80::260:97ff:fe07:69ea", 135, "fe80::200:86ff:fe05:80da", 136,
     "1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
    {58, "fe80::200:86ff:fe05:80da", 136, "fe80::260:97ff:fe07:69ea", 135,
     "1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
    {58, "3ffe:501:1800:2345::2", 3, "3ffe:507:0:1:200:86ff:fe05:80da", 0,
     "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=", "1:lVEtCZpYu84Xqaa++3lXFyuu2n4="},
    {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", 1, "3ffe:507:0:1:200:86ff:fe05:80da", 4,
     "1:hLZd0XGWojozrvxqE0dWB1iM6R0=", "1:W8MHwXpWzpoSTD+cGcaJr4u0ys8="},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", 128, "3ffe:501:0:1001::2", 129,
     "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
    {58, "3ffe:501:0:1001::2", 129, "3ffe:507:0:1:200:86ff:fe05:80da", 128,
     "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
    {58, "fe80::200:86ff:fe05:80da", 133, "ff02::2", 134,
     "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=", "1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8="},
    {58, "fe80::260:97ff:fe07:69ea", 134, "ff02::1", 133,
     "1:pkvHqCL88/tg1k4cPigmZXUtL00=", "1:K/ee5UCqAMAQXDorP5nSa2CGLjc="},
    {1, "192.168.0.89", 8, "192.168.0.1", 0,
     "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
    {1, "192.168.0.1", 0, "192.168.0.89", 8,
     "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
    {1, "10.0.0.1", 11, "10.0.0.2", 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM=", "1:XjUibYHaafLQ3pxQeiMI8g25q20="},
    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
    {6, "2607:f8b0:400c:c03::1a", 25, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
    {132, "192.168.170.8", 7, "192.168.170.56", 7,
     "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
    {132, "192.168.170.56", 7, "192.168.170.8", 7,
     "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
    {6, "128.232.110.120", 34855, "66.35.250.204", 80,
     "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
    {6, "66.35.250.204", 80, "128.232.110.120", 34855,
     "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
    {17, "192.168.1.52", 54585, "8.8.8.8", 53,
     "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
    {17, "8.8.8.8", 53, "192.168.1.52", 54585,
     "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
    {46, "10.1.12.1", 0, "10.1.12.2", 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
    {46, "10.1.12.2", 0, "10.1.12.1", 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
    {132, "192.168.170.8", 0, "192.168.170.56", 0, "1:U5cVwrVgLshgANPmc8hKzEcqp1M=", NULL},
    {58, "3ffe:501:0:1802:260:97ff:feb6:7ff0", 3, "3ffe:507:0:1:200:86ff:fe05:80da", 0,
     "1:bnQKq8A2r//dWnkRW2EYcMhShjc=", NULL},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", 1, "3ffe:501:4819::42", 4,
     "1:jwuBy9UWZK1KUFqJV5cHdVpfrlY=", NULL},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", 128, "3ffe:507:0:1:260:97ff:fe07:69ea", 129,
     "1:GpbEQrKqfWtsfsFiqg8fufoZe5Y=", NULL},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", 135, "3ffe:507:0:1:260:97ff:fe07:69ea", 136,
     "1:ORxAZfN3ld7Sv73/HQTNnvgxbpY=", NULL},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", 135, "ff02::1:ff07:69ea", 136,
     "1:MEixa66kuz0OMvlQqnAIzP3n2xg=", NULL},
    {58, "3ffe:507:0:1:260:97ff:fe07:69ea", 135, "3ffe:507:0:1:200:86ff:fe05:80da", 136,
     "1:BtEUCMYecYjJ7spEkVZDiCFaMTY=", NULL},
    {58, "3ffe:507:0:1:260:97ff:fe07:69ea", 3, "3ffe:507:0:1:200:86ff:fe05:80da", 0,
     "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=", NULL},
};

static void community_ids_are_those_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        char id[FB_COMMUNITY_ID_STRLEN];
        struct fb_session s = session(published[i].ip_proto, published[i].src, published[i].sport,
                                      published[i].dst, published[i].dport);
        fb_session_community_id(&s, 0, id);
        assert_string_equal(id, published[i].id);
        if (!published[i].id_seed1)
            continue;
        fb_session_community_id(&s, 1, id);
        assert_string_equal(id, published[i].id_seed1);
    }
}

static struct fb_session turned(const struct fb_session *s)
{
    struct fb_session t = *s;
    t.orig_h = s->resp_h;
    t.resp_h = s->orig_h;
    t.orig_p = s->resp_p;
    t.resp_p = s->orig_p;
    return t;
}

static void ids_do_not_depend_on_who_began(void **state)
{
    (void)state;
    static const struct {
        uint8_t ip_proto;
        const char *src;
        uint16_t sport;
        const char *dst;
        uint16_t dport;
    } flow[] = {
        {6, "10.0.0.1", 1000, "10.0.0.2", 80},    {17, "2001:db8::1", 53, "2001:db8::2", 5353},
        {6, "127.0.0.1", 80, "127.0.0.1", 32828}, {1, "10.0.0.1", 8, "10.0.0.2", 0},
        {58, "fe80::1", 135, "fe80::2", 136},     {47, "10.0.0.1", 0, "10.0.0.2", 0},
    };
    for (size_t i = 0; i < sizeof flow / sizeof *flow; i++) {
        struct fb_session s =
            session(flow[i].ip_proto, flow[i].src, flow[i].sport, flow[i].dst, flow[i].dport);
        struct fb_session t = turned(&s);
        char a[FB_COMMUNITY_ID_STRLEN], b[FB_COMMUNITY_ID_STRLEN], u[FB_UID_STRLEN], v[FB_UID_STRLEN];
        fb_session_community_id(&s, 0, a);
        fb_session_community_id(&t, 0, b);
        assert_string_equal(a, b);
        fb_session_uid(&s, u);
        fb_session_uid(&t, v);
        assert_string_equal(u, v);
    }
}

static void unpaired_icmp_is_one_way(void **state)
{
    (void)state;
    struct fb_session s = session(1, "10.0.0.2", 3, "10.0.0.1", 1), t = s;
    t.orig_h = s.resp_h;
    t.resp_h = s.orig_h;
    char a[FB_COMMUNITY_ID_STRLEN], b[FB_COMMUNITY_ID_STRLEN], u[FB_UID_STRLEN], v[FB_UID_STRLEN];
    fb_session_community_id(&s, 0, a);
    fb_session_community_id(&t, 0, b);
    assert_string_not_equal(a, b);
    fb_session_uid(&s, u);
    fb_session_uid(&t, v);
    assert_string_not_equal(u, v);
}

static void a_uid_tells_sessions_apart(void **state)
{
    (void)state;
    struct fb_session s[9];
    for (size_t i = 0; i < 9; i++)
        s[i] = session(6, "10.0.0.1", 1000, "10.0.0.2", 80);
    s[1].ts_ns++;
    s[2].uid_dup = 1;
    s[3].orig_p++;
    s[4].resp_p++;
    s[5].orig_h = addr("10.0.0.3");
    s[6].resp_h = addr("10.0.0.3");
    s[7].ip_proto = 17;
    s[7].proto = FB_PROTO_UDP;
    s[8].ts_ns = -s[8].ts_ns;
    char uid[9][FB_UID_STRLEN];
    for (size_t i = 0; i < 9; i++) {
        fb_session_uid(&s[i], uid[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(uid[i], uid[k]);
    }
}

static void a_uid_depends_on_nothing_but_key_time_and_counter(void **state)
{
    (void)state;
    struct fb_session s = session(6, "10.0.0.1", 1000, "10.0.0.2", 80), t = s;
    t.number = 77;
    t.duration_ns = 5;
    t.vlan = 9;
    t.conn_state = FB_CS_SF;
    t.orig_bytes = 1000;
    t.first_ordinal = 12;
    t.history = "ShADadFf";
    char u[FB_UID_STRLEN], v[FB_UID_STRLEN];
    fb_session_uid(&s, u);
    fb_session_uid(&t, v);
    assert_string_equal(u, v);
}

static void a_uid_has_zeeks_form_and_never_changes(void **state)
{
    (void)state;
    /* Cases hold no uids, they are computed: a change here would rename every session of every old case. */
    static const char *const golden[] = {"CcROgHXJaqPp38NyfgY", "CnjK1fcSWPIc2Ta61Dp", "Cwt5ylelM6EvwMswnix"};
    struct fb_session s[3] = {session(6, "10.0.0.1", 1000, "10.0.0.2", 80),
                              session(17, "2001:db8::1", 5353, "ff02::fb", 5353),
                              session(1, "192.0.2.1", 8, "192.0.2.2", 0)};
    s[2].uid_dup = 3;
    for (size_t i = 0; i < 3; i++) {
        char uid[FB_UID_STRLEN];
        fb_session_uid(&s[i], uid);
        assert_int_equal(strlen(uid), FB_UID_STRLEN - 1);
        assert_int_equal(uid[0], 'C');
        assert_int_equal(strspn(uid, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                         FB_UID_STRLEN - 1);
        assert_string_equal(uid, golden[i]);
    }
}

static void names_of_states_ends_and_protocols_are_fixed(void **state)
{
    (void)state;
    static const char *const cs[FB_CS_COUNT] = {"",     "S0",   "S1",     "SF",    "REJ", "S2",  "S3",
                                                "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH",  "SHR", "OTH"};
    static const char *const end[FB_END_COUNT] = {"evidence", "fin",   "rst", "idle",
                                                  "attempt",  "reuse", "shed"};
    for (int i = 0; i < FB_CS_COUNT; i++)
        assert_string_equal(fb_conn_state_name((enum fb_conn_state)i), cs[i]);
    for (int i = 0; i < FB_END_COUNT; i++)
        assert_string_equal(fb_end_reason_name((enum fb_end_reason)i), end[i]);
    assert_string_equal(fb_session_proto_name(FB_PROTO_TCP), "tcp");
    assert_string_equal(fb_session_proto_name(FB_PROTO_UDP), "udp");
    assert_string_equal(fb_session_proto_name(FB_PROTO_ICMP), "icmp");
    assert_string_equal(fb_session_proto_name(FB_PROTO_OTHER), "unknown_transport");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(community_ids_are_those_of_the_specification),
        cmocka_unit_test(ids_do_not_depend_on_who_began),
        cmocka_unit_test(unpaired_icmp_is_one_way),
        cmocka_unit_test(a_uid_tells_sessions_apart),
        cmocka_unit_test(a_uid_depends_on_nothing_but_key_time_and_counter),
        cmocka_unit_test(a_uid_has_zeeks_form_and_never_changes),
        cmocka_unit_test(names_of_states_ends_and_protocols_are_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
