/* The binary protocols over TCP and UDP: what confirms, what does not, and what takes a name back. */
#include "tests/support/svc_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HELLO                                                                                                \
    "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"                                                           \
    "0123456789abcdef0123456789abcdef\x00\x00\x04\x13\x01\x13\x02\x01\x00"

/* One turn of a conversation: bytes with a direction. */
struct turn {
    bool from_orig;
    const char *p;
    size_t n;
};
#define C(lit)                                                                                               \
    {                                                                                                        \
        true, lit, sizeof(lit) - 1                                                                           \
    }
#define S(lit)                                                                                               \
    {                                                                                                        \
        false, lit, sizeof(lit) - 1                                                                          \
    }

static const char *talk(uint8_t proto, uint16_t port, const struct turn *turns, size_t n)
{
    static char first[128];
    size_t steps = proto == FB_PROTO_TCP ? 8 : 1;
    for (size_t step = 0; step < steps; step += 1 + step) {
        struct svc_session t = svc_session_open(proto, port);
        t.step = step;
        for (size_t i = 0; i < n; i++)
            svc_session_bytes(&t, turns[i].from_orig, turns[i].p, turns[i].n);
        const char *names = svc_session_close(&t);
        if (step == 0)
            snprintf(first, sizeof first, "%s", names);
        assert_string_equal(names, first);
    }
    return first;
}
#define TURNS(...)                                                                                           \
    (const struct turn[]){__VA_ARGS__}, sizeof((const struct turn[]){__VA_ARGS__}) / sizeof(struct turn)
#define SHOWS(port, want, ...)     assert_string_equal(talk(FB_PROTO_TCP, port, TURNS(__VA_ARGS__)), want)
#define UDP_SHOWS(port, want, ...) assert_string_equal(talk(FB_PROTO_UDP, port, TURNS(__VA_ARGS__)), want)

static void mysql_is_confirmed_by_the_clients_answer(void **state)
{
    (void)state;
#define GREETING                                                                                             \
    "\x18\x00\x00\x00\x0a"                                                                                   \
    "8.0\x00\x01\x00\x00\x00"                                                                                \
    "saltsalt\x00\xff\xff\x08\x02\x00\xff"
    SHOWS(3306, "", S(GREETING));
    SHOWS(3306, "mysql", S(GREETING), C("\x06\x00\x00\x01\x85\xa6\x00\x00uu"));
    SHOWS(3306, "mysql,ssl", S(GREETING),
          C("\x20\x00\x00\x01\x85\xae\x0f\x00\x00\x00\x00\x01\x21"
            "012345678901234567890 \x01"),
          C(HELLO));
    SHOWS(3306, "", C("\x06\x00\x00\x01\x85\xa6\x00\x00uu"));
}

static void postgresql_is_confirmed_by_a_whole_startup_or_an_ssl_answer(void **state)
{
    (void)state;
#define STARTUP "\x00\x00\x00\x11\x00\x03\x00\x00user\x00pg\x00\x00"
    SHOWS(5432, "", C("\x00\x00\x00\x12\x00\x03\x00\x00user\x00pg\x00\x00"));
    SHOWS(5432, "postgresql", C(STARTUP));
    SHOWS(15432, "", C(STARTUP));
    SHOWS(5432, "postgresql", C(STARTUP), S("R\x00\x00\x00\x08\x00\x00\x00\x00"));
    SHOWS(15432, "postgresql", C(STARTUP), S("R\x00\x00\x00\x08\x00\x00\x00\x00"));
    SHOWS(5432, "postgresql,ssl", C("\x00\x00\x00\x08\x04\xd2\x16\x2f"), S("S"), C(HELLO));
    SHOWS(5432, "postgresql", C("\x00\x00\x00\x08\x04\xd2\x16\x2f"), S("N"), C(STARTUP));
    SHOWS(5432, "", C("\x00\x00\x00\x08\x04\xd2\x16\x2f"), S("E"));
    SHOWS(5432, "", C("\x00\x00\x00\x08\x04\xd2\x16\x30"), S("N"), C(STARTUP));
    SHOWS(5432, "", C("\x00\x00\x00\x08\x09\x09\x09\x09"), S("E\x00\x00\x00\x08\x00\x00\x00\x00"));
}

static void postgresql_loses_its_name_to_a_broken_message(void **state)
{
    (void)state;
    SHOWS(5432, "", C("\x00\x00\x00\x11\x00\x03\x00\x00us:r\x00pg\x00\x00"));
    SHOWS(5432, "", C(STARTUP), S("R\x00\x00\x00\x08\x00\x00\x00\x0d"));
    SHOWS(5432, "", C(STARTUP), S("R\x00\x00\x00\x09\x00\x00\x00\x00\x00"));
    SHOWS(5432, "", C(STARTUP), S("Z\x00\x00\x00\x05Q"));
    SHOWS(5432, "postgresql", C(STARTUP), S("Z\x00\x00\x00\x05I"), C("X\x00\x00\x00\x04"));
    SHOWS(5432, "", C(STARTUP), S("Z\x00\x00\x00\x05I"), C("X\x00\x00\x00\x05\x00"));
    SHOWS(5432, "postgresql", C(STARTUP),
          S("S\x00\x00\x00\x08"
            "a\x00"
            "b\x00"));
    SHOWS(5432, "", C(STARTUP),
          S("S\x00\x00\x00\x08"
            "a\x00"
            "bc"));
}

/* A query for a name that runs through `jumps` pointers. */
static const char *dns_with_pointers(unsigned jumps, bool *limit)
{
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 53);
    uint8_t q[300] = {0, 1};
    q[5] = 2; /* "a", and a label that holds the chain, with a pointer into it */
    memcpy(q + 12,
           "\x01"
           "a",
           3);
    size_t at = 12 + 7;
    q[at++] = 60;
    for (unsigned i = 0; i < 30; i++) {
        q[at] = 0xc0;
        q[at + 1] = (uint8_t)(i == 0 ? 12 : at - 2);
        at += 2;
    }
    q[at++] = 0xc0;
    q[at] = (uint8_t)(20 + 2 * (jumps - 2));
    at++;
    at += 4;
    svc_session_bytes(&t, true, q, at);
    *limit = (t.so_far & FB_SVC_LIMIT) != 0;
    return svc_session_close(&t);
}

static void dns_names_may_point_twenty_times(void **state)
{
    (void)state;
    bool limit;
    assert_string_equal(dns_with_pointers(20, &limit), "dns");
    assert_false(limit);
    assert_string_equal(dns_with_pointers(21, &limit), "dns");
    assert_true(limit);
}

static void dns_goes_on_behind_a_broken_name(void **state)
{
    (void)state;
    UDP_SHOWS(53, "dns",
              C("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x41"
                "0123456789012345678901234567890123456789012345678901234567890123456789"));
    UDP_SHOWS(53, "",
              C("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x3f"
                "abcd"));
    UDP_SHOWS(53, "",
              C("\x00\x01\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00"
                "\x00\x01\x00\x01\x00\x00\x00\x00\x00\x03"
                "abc"));
    UDP_SHOWS(53, "dns",
              C("\x00\x01\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00"
                "\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04"
                "abcd"));
}

static void mqtt_connect_and_publish_confirm(void **state)
{
    (void)state;
    SHOWS(1883, "mqtt", C("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02hi"));
    SHOWS(9883, "mqtt", C("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02hi"));
    SHOWS(1883, "mqtt", C("\x30\x04\x00\x01tx"));
    SHOWS(1883, "", C("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02h"));
    SHOWS(1883, "", C("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x09hi"));
    SHOWS(1883, "", C("\x10\x0e\x00\x04MQTT\x04\x82\x00\x3c\x00\x02hi"));
    SHOWS(9883, "", C("\x10\x0e\x00\x04QQQQ\x04\x02\x00\x3c\x00\x02hi"));
    SHOWS(1883, "", S("\x20\x02\x00\x00"));
    SHOWS(1883, "mqtt", C("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02hi"), S("\x00\x00"));
    SHOWS(1883, "", C("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02hi"), S("\x20\x80\x80\x80\x01"));
}

static void modbus_needs_one_frame_that_its_function_allows(void **state)
{
    (void)state;
    SHOWS(502, "", C("\x00\x01\x00\x00\x00\x06\x0a\x01\x00\x00\x00"));
    SHOWS(502, "modbus", C("\x00\x01\x00\x00\x00\x06\x0a\x01\x00\x00\x00\x01"));
    SHOWS(502, "modbus", S("\x00\x01\x00\x00\x00\x04\x0a\x01\x01\x00"));
    SHOWS(502, "modbus", S("\x00\x01\x00\x00\x00\x03\x0a\x81\x02"));
    SHOWS(502, "", C("\x00\x01\x00\x01\x00\x06\x0a\x01\x00\x00\x00\x01"));
    SHOWS(502, "", C("\x00\x01\x00\x00\x00\x06\x0a\x03\x00\x00\x00\x7e"));
    SHOWS(502, "", S("\x00\x01\x00\x00\x00\x06\x0a\x03\x03\x00\x00\x00"));
    SHOWS(502, "", C("\x00\x01\x00\x00\x00\x06\x0a\x01\x00\x00\x00\x01"),
          S("\x00\x01\x00\x00\x00\x02\x0a\x81"));
}

static void dnp3_needs_its_checksum(void **state)
{
    (void)state;
    /* A reset-link header, its CRC by the polynomial 0x3d65, and one byte of what follows. */
    const char *good = "\x05\x64\x05\xc0\x01\x00\x00\x04\xe9\x21\x05";
    SHOWS(20000, "", {true, good, 10});
    SHOWS(20000, "dnp3_tcp", {true, good, 11});
    SHOWS(20000, "", C("\x05\x64\x05\xc0\x01\x00\x00\x04\xe9\x22\x05"));
    UDP_SHOWS(20000, "", {true, good, 10});
    UDP_SHOWS(20000, "dnp3_udp", {true, good, 11});
    UDP_SHOWS(20000, "dnp3_udp", {true, good, 11}, C("not of this protocol"));
    UDP_SHOWS(20000, "", {true, good, 11}, C("\x05\x64\x05\xc0\x01\x00\x00\x04\xe9\x22\x05"));
}

static void socks_shows_what_runs_in_it(void **state)
{
    (void)state;
    SHOWS(1080, "", C("\x05\x01\x00"), S("\x05\x00"));
    SHOWS(1080, "socks", C("\x05\x01\x00"), S("\x05\x00"), C("\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x50"),
          S("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"));
    SHOWS(9050, "socks,ssl", C("\x05\x01\x00"), S("\x05\x00"), C("\x05\x01\x00\x03\x01x\x01\xbb"),
          S("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"), C(HELLO));
    SHOWS(1080, "socks", C("\x05\x01\x02"), S("\x05\x02"), C("\x01\x01u\x01p"), S("\x01\x00"),
          C("\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x50"), S("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"));
    SHOWS(1080, "socks", C("\x04\x01\x00\x50\x0a\x00\x00\x01me\x00"), S("\x00\x5a\x00\x00\x00\x00\x00\x00"));
}

static void rfb_needs_both_versions(void **state)
{
    (void)state;
    SHOWS(5900, "", S("RFB 003.008\n"));
    SHOWS(5900, "rfb", S("RFB 003.008\n"), C("RFB 003.008\n"));
    SHOWS(5900, "", S("RFB 003.008\n"), C("RFB x03.008\n"));
}

static void rdp_hands_over_to_tls_or_shows_its_conference_data(void **state)
{
    (void)state;
    SHOWS(3389, "ssl", C("\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"),
          S("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x01\x00\x00\x00"), C(HELLO));
    SHOWS(3389, "rdp", C("\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"),
          S("\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"),
          C("\x03\x00\x00\x0c\x02\xf0\x80\x7f"
            "Duca"));
    SHOWS(3389, "", C("\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"),
          S("\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"));
}

#define SEARCH "\x30\x0c\x02\x01\x02\x63\x07\x04\x00\x0a\x01\x00\x0a\x00"

static void ldap_is_confirmed_by_one_message(void **state)
{
    (void)state;
    SHOWS(389, "ldap_tcp", C(SEARCH));
    UDP_SHOWS(389, "ldap_udp", C(SEARCH));
    SHOWS(10389, "", C(SEARCH));
    SHOWS(10389, "ldap_tcp", C(SEARCH), S("\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00"));
    SHOWS(389, "", C(SEARCH), S("no ldap"));
    SHOWS(389, "ldap_tcp,ssl",
          C("\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
            "1.3.6.1.4.1.1466.20037"),
          S("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), C(HELLO));
}

#define KRB_REQ "\x6a\x10\x30\x0e\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x02\x30\x00"

static void ldap_binds_show_what_authenticates(void **state)
{
    (void)state;
    /* bind, SASL GSS-SPNEGO, negTokenInit with a Kerberos AP-REQ as mechToken. */
#define AP_REQ    "\x6e\x07\x30\x05\xa0\x03\x02\x01\x05"
#define KRB_TOKEN "\x60\x16\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00" AP_REQ
#define NEG_INIT  "\x60\x28\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x1e\x30\x1c\xa2\x1a\x04\x18" KRB_TOKEN
    SHOWS(389, "krb,gssapi,ldap_tcp",
          C("\x30\x44\x02\x01\x01\x60\x3f\x02\x01\x03\x04\x00\xa3\x38\x04\x0a"
            "GSS-SPNEGO"
            "\x04\x2a" NEG_INIT));
    SHOWS(389, "ldap_tcp,krb,gssapi", C(SEARCH),
          C("\x30\x44\x02\x01\x01\x60\x3f\x02\x01\x03\x04\x00\xa3\x38\x04\x0a"
            "GSS-SPNEGO"
            "\x04\x2a" NEG_INIT));
}

static void kerberos_is_found_by_its_version(void **state)
{
    (void)state;
    UDP_SHOWS(88, "krb", C(KRB_REQ));
    UDP_SHOWS(8888, "krb", C(KRB_REQ));
    UDP_SHOWS(88, "", C("\x6a\x10\x30\x0e\xa1\x03\x02\x01\x04\xa2\x03\x02\x01\x0a\xa4\x02\x30\x00"));
    SHOWS(88, "krb_tcp", C("\x00\x00\x00\x12" KRB_REQ));
    SHOWS(88, "", C("\x00\x00\x00\x13" KRB_REQ));
    SHOWS(8800, "krb_tcp", C("\x00\x00\x00\x12" KRB_REQ));
}

static void dce_rpc_headers_have_either_byte_order(void **state)
{
    (void)state;
    SHOWS(135, "dce_rpc",
          C("\x05\x00\x00\x03\x10\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00"
            "01234567"));
    SHOWS(135, "dce_rpc",
          C("\x05\x00\x00\x03\x00\x00\x00\x00\x00\x18\x00\x00\x00\x00\x00\x01"
            "01234567"));
    SHOWS(49152, "dce_rpc",
          C("\x05\x00\x00\x03\x10\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00"
            "01234567"));
    SHOWS(135, "",
          C("\x04\x00\x00\x03\x10\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00"
            "01234567"));
}

static void datagram_protocols_confirm_on_one_message(void **state)
{
    (void)state;
    static uint8_t dhcp[244] = {1, 1, 6}, ntp[48] = {0x23}, radius[20] = {1, 7, 0, 20};
    fb_store_be32(dhcp + 236, 0x63825363);
    UDP_SHOWS(67, "dhcp", {true, (const char *)dhcp, sizeof dhcp});
    UDP_SHOWS(6767, "dhcp", {true, (const char *)dhcp, sizeof dhcp});
    UDP_SHOWS(67, "", {true, (const char *)dhcp, 200});
    UDP_SHOWS(123, "ntp", {true, (const char *)ntp, sizeof ntp});
    UDP_SHOWS(123, "", {true, (const char *)ntp, 47});
    UDP_SHOWS(1812, "radius", {true, (const char *)radius, sizeof radius});
    UDP_SHOWS(1812, "", {true, (const char *)radius, 19});
    UDP_SHOWS(514, "syslog", C("<13>x"));
    UDP_SHOWS(514, "", C("x"));
#define GET "\x30\x0d\x02\x01\x01\x04\x06public\xa0\x00"
    UDP_SHOWS(161, "", C(GET));
    UDP_SHOWS(161, "snmp", C(GET), S(GET));
    UDP_SHOWS(5060, "", C("OPTIONS sip:x SIP/2.0\r\n\r\n"));
    UDP_SHOWS(5060, "sip", C("OPTIONS sip:x SIP/2.0\r\n\r\n"), S("SIP/2.0 200 OK\r\n\r\n"));
    UDP_SHOWS(5060, "", C("OPTIONS sip:x SIP/2.0\r\n\r\n"), S("SIP/2.0 200 OK\r\n\r\n"),
              C("something else\r\n"));
}

static void dtls_is_found_by_its_hello_and_shares_its_port_with_stun(void **state)
{
    (void)state;
#define STUN                                                                                                 \
    "\x00\x01\x00\x00\x21\x12\xa4\x42"                                                                       \
    "0123456789ab"
#define DTLS_HELLO(type)                                                                                     \
    "\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36" type                                              \
    "\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfd"                                                   \
    "0123456789abcdef0123456789abcdef"                                                                       \
    "\x00\x00\x00\x02\xc0\x2b\x01\x00"
    UDP_SHOWS(9999, "dtls", C(STUN), C(DTLS_HELLO("\x01")), S(STUN));
    UDP_SHOWS(443, "dtls", C(DTLS_HELLO("\x01")));
    UDP_SHOWS(443, "", S(DTLS_HELLO("\x02")));
    UDP_SHOWS(443, "", C(DTLS_HELLO("\x01")), S("\x80rtp or so"));
}

static void an_ntp_reply_first_turns_the_roles_once(void **state)
{
    (void)state;
    uint8_t reply[48] = {0x24};
    struct svc_session t = svc_session_open(FB_PROTO_UDP, 123);
    svc_session_bytes(&t, true, reply, sizeof reply);
    assert_true(t.bits & FB_SVC_FLIP);
    svc_session_bytes(&t, true, reply, sizeof reply);
    assert_false(t.bits & FB_SVC_FLIP);
    assert_string_equal(svc_session_close(&t), "ntp");
}

static void rdp_over_udp_needs_the_servers_syn(void **state)
{
    (void)state;
    static uint8_t syn[1232] = {0xff, 0xff, 0xff, 0xff, 0, 64, 0, 1};
    static uint8_t ack[1232] = {0, 0, 0, 0, 0, 64, 0, 5};
    UDP_SHOWS(3389, "", {true, (const char *)syn, sizeof syn});
    UDP_SHOWS(3389, "rdpeudp", {true, (const char *)syn, sizeof syn}, {false, (const char *)ack, sizeof ack});
    UDP_SHOWS(33890, "rdpeudp", {true, (const char *)syn, sizeof syn},
              {false, (const char *)ack, sizeof ack});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mysql_is_confirmed_by_the_clients_answer),
        cmocka_unit_test(postgresql_is_confirmed_by_a_whole_startup_or_an_ssl_answer),
        cmocka_unit_test(postgresql_loses_its_name_to_a_broken_message),
        cmocka_unit_test(dns_names_may_point_twenty_times),
        cmocka_unit_test(dns_goes_on_behind_a_broken_name),
        cmocka_unit_test(mqtt_connect_and_publish_confirm),
        cmocka_unit_test(modbus_needs_one_frame_that_its_function_allows),
        cmocka_unit_test(dnp3_needs_its_checksum),
        cmocka_unit_test(socks_shows_what_runs_in_it),
        cmocka_unit_test(rfb_needs_both_versions),
        cmocka_unit_test(rdp_hands_over_to_tls_or_shows_its_conference_data),
        cmocka_unit_test(ldap_is_confirmed_by_one_message),
        cmocka_unit_test(ldap_binds_show_what_authenticates),
        cmocka_unit_test(kerberos_is_found_by_its_version),
        cmocka_unit_test(dce_rpc_headers_have_either_byte_order),
        cmocka_unit_test(datagram_protocols_confirm_on_one_message),
        cmocka_unit_test(dtls_is_found_by_its_hello_and_shares_its_port_with_stun),
        cmocka_unit_test(an_ntp_reply_first_turns_the_roles_once),
        cmocka_unit_test(rdp_over_udp_needs_the_servers_syn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
