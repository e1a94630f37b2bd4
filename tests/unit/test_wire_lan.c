/* What hosts say on their own network: DHCP, DHCPv6, SSDP, ARP, neighbour discovery. */
#include "tests/support/wire_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* A DHCP message with the given options. */
static size_t dhcp(uint8_t op, const void *options, size_t n, uint8_t out[static 600])
{
    memset(out, 0, 240);
    memcpy(out, (const uint8_t[]){op, 1, 6, 0, 0x11, 0x22, 0x33, 0x44}, 8);
    if (op == 2)
        memcpy(out + 16, (const uint8_t[]){10, 0, 0, 77}, 4);
    memcpy(out + 28, "\x02\x42\x0a\x00\x00\x05", 6);
    memcpy(out + 236, "\x63\x82\x53\x63", 4);
    memcpy(out + 240, options, n);
    return 240 + n;
}

static void dhcp_tells_who_asks_and_what_he_gets(void **state)
{
    (void)state;
    static const char request[] =
        "\x35\x01\x03\x32\x04\x0a\0\0\x4d\x0c\x06laptop\x3c\x08MSFT 5.0\x37\x03\x01\x03\x06"
        "\x51\x10\x04\0\0\x06laptop\x04"
        "corp\0\x3d\x07\x01\x02\x42\x0a\0\0\x05\xff";
    static const char ack[] = "\x35\x01\x05\x36\x04\x0a\0\0\x01\x33\x04\0\0\x0e\x10\x0f\x0c"
                              "corp.example\xff";
    struct wire_run r;
    uint8_t m[600];
    wr_open(&r, 17, 67);
    wr_say(&r, true, m, dhcp(1, request, sizeof request - 1, m));
    wr_say(&r, false, m, dhcp(2, ack, sizeof ack - 1, m));
    assert_string_equal(
        wr_close(&r),
        "dhcp|version=4|msg_type=REQUEST|trans_id=287454020|mac=02:42:0a:00:00:05|requested_addr=10.0.0.77|"
        "host_name=laptop|client_fqdn=laptop.corp|vendor_class=MSFT 5.0|client_id=0102420a000005|"
        "param_list=1,3,6|options=53,50,12,60,55,81,61|\n"
        "dhcp|version=4|msg_type=ACK|trans_id=287454020|mac=02:42:0a:00:00:05|assigned_addr=10.0.0.77|"
        "server_addr=10.0.0.1|domain=corp.example|lease_time=3600|options=53,54,51,15|\n");
    wr_release(&r);
}

static void dhcp_tells_the_network_its_routers_and_resolvers(void **state)
{
    (void)state;
    static const char ack[] = "\x35\x01\x05\x01\x04\xff\xff\xff\x80\x03\x08\x0a\0\0\x01\x0a\0\0\x02"
                              "\x06\x06\x0a\0\0\x35\x08\x08\xff"; /* the second resolver is cut */
    static const char zero[] = "\x35\x01\x05\x01\x04\0\0\0\0\x03\0\x06\x03\x0a\0\0\xff";
    static const uint8_t v6[] = "\x07\xaa\xbb\xcc\0\x17\0\x14\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x35"
                                "\x20\x01\x0d\xb8";
    struct wire_run r;
    uint8_t m[600];
    wr_open(&r, 17, 67);
    wr_say(&r, false, m, dhcp(2, ack, sizeof ack - 1, m));
    wr_say(&r, false, m, dhcp(2, zero, sizeof zero - 1, m));
    const char *text = wr_close(&r);
    assert_non_null(
        strstr(text, "|subnet_mask=255.255.255.128|routers=10.0.0.1,10.0.0.2|dns_servers=10.0.0.53|\n"));
    assert_non_null(strstr(text, "options=53,1,3,6|\n"));
    wr_release(&r);
    wr_open(&r, 17, 547);
    wr_say(&r, false, v6, sizeof v6 - 1);
    text = wr_close(&r);
    assert_non_null(strstr(text, "msg_type=REPLY"));
    assert_non_null(strstr(text, "|dns_servers=2001:db8::35|\n"));
    wr_release(&r);
}

static void dhcpv6_tells_duid_name_and_address_also_behind_a_relay(void **state)
{
    (void)state;
    static const uint8_t inner[] =
        "\x01\xaa\xbb\xcc\0\x01\0\x0a\0\x03\0\x01\x02\x42\0\0\0\x09\0\x27\0\x0a\0\x03pc1\x04home"
        "\0\x10\0\x0e\0\0\x01\x37\0\x08MSFT 5.0\0\x06\0\x04\0\x17\0\x18"
        "\0\x03\0\x28\0\0\0\x01\0\0\0\0\0\0\0\0\0\x05\0\x18\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
        "\0\0\0\x10\0\0\0\x20";
    uint8_t relayed[400] = {12, 0};
    size_t n = sizeof inner - 1;
    relayed[34] = 0;
    relayed[35] = 9;
    relayed[36] = 0;
    relayed[37] = (uint8_t)n;
    memcpy(relayed + 38, inner, n);
    for (unsigned relay = 0; relay < 2; relay++) {
        struct wire_run r;
        wr_open(&r, 17, 547);
        if (relay)
            wr_say(&r, true, relayed, n + 38);
        else
            wr_say(&r, true, inner, n);
        assert_string_equal(wr_close(&r),
                            "dhcp|version=6|msg_type=SOLICIT|trans_id=11189196|mac=02:42:00:00:00:09|"
                            "assigned_addr=2001:db8::7|client_fqdn=pc1.home|lease_time=32|vendor_class=MSFT "
                            "5.0|client_id=00030001024200000009|param_list=23,24|options=1,39,16,6,3|\n");
        wr_release(&r);
    }
}

static void ssdp_messages_are_rows(void **state)
{
    (void)state;
    struct wire_run r;
    wr_open(&r, 17, 1900);
    WR_C(&r,
         "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age = 1800\r\n"
         "LOCATION: http://10.0.0.9/d.xml\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nSERVER: L/1 UPnP/1.0 "
         "x/2\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n");
    WR_C(&r, "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: ssdp:all\r\n\r\n");
    WR_C(&r, "SEARCH\r\n");
    assert_string_equal(wr_close(&r),
                        "ssdp|method=NOTIFY|host=239.255.255.250:1900|nt=upnp:rootdevice|nts=ssdp:alive|"
                        "usn=uuid:1::upnp:rootdevice|location=http://10.0.0.9/d.xml|server=L/1 UPnP/1.0 x/2|"
                        "max_age=1800|\n"
                        "ssdp|method=M-SEARCH|st=ssdp:all|man=\"ssdp:discover\"|\n");
    wr_release(&r);
}

static void arp_packets_are_rows(void **state)
{
    (void)state;
    static const char reply[] =
        "\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x01\x0a\0\0\x01\x02\0\0\0\0\x02\x0a\0\0\x02padding";
    struct wire_run r;
    wr_open(&r, 6, 1);
    wr_frame(&r, 0x0806, reply, sizeof reply - 1);
    for (size_t n = 0; n < 28; n++)
        wr_frame(&r, 0x0806, reply, n);
    wr_frame(&r, 0x88cc, reply, sizeof reply - 1);
    assert_string_equal(
        wr_close(&r), "arp|operation=2|sender_mac=02:00:00:00:00:01|sender_addr=10.0.0.1|target_mac=02:00:00:"
                      "00:00:02|target_addr=10.0.0.2|eth_src=02:00:00:00:00:01|eth_dst=ff:ff:ff:ff:ff:ff|\n");
    wr_release(&r);
}

static void neighbour_discovery_tells_macs_prefixes_and_resolvers(void **state)
{
    (void)state;
    static const char ra[] =
        "\x86\0\0\0\x40\x80\x07\x08\0\0\0\0\0\0\0\0\x01\x01\x02\0\0\0\0\x01\x05\x01\0\0\0\0\x05\xdc"
        "\x03\x04\x40\xc0\0\0\0\x10\0\0\0\x10\0\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0"
        "\x19\x03\0\0\0\0\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x35"
        "\x1f\x02\0\0\0\0\0\x10\x04home\0\0\0";
    static const char ns[] =
        "\x87\0\0\0\0\0\0\0\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x01\x01\x02\0\0\0\0\x05";
    struct wire_run r;
    wr_open(&r, 58, 134);
    WR_C(&r, ra);
    WR_S(&r, ns);
    WR_S(&r, "\x87\0\0\0\0\0\0\0\xfe\x80");
    WR_S(&r, "\x80\0\0\0\0\0\0\0echo");
    assert_string_equal(
        wr_close(&r),
        "ndp|msg_type=ra|source_addr=10.0.0.1|dest_addr=10.0.0.2|source_mac=02:00:00:00:00:01|"
        "flags=128|router_lifetime=1800|hop_limit=64|mtu=1500|prefixes=2001:db8::/64|"
        "rdnss=2001:db8::35|dnssl=home|\n"
        "ndp|msg_type=ns|source_addr=10.0.0.2|dest_addr=10.0.0.1|target_addr=fe80::2|source_mac="
        "02:00:00:00:00:05|\n");
    wr_release(&r);
}

/* Every prefix and every changed byte of a datagram. */
static void hurt(uint8_t ip_proto, uint16_t port, const uint8_t *p, size_t n)
{
    uint8_t copy[1500];
    for (size_t i = 0; i < 2 * n; i++) {
        struct wire_run r;
        memcpy(copy, p, n);
        if (i >= n)
            copy[i - n] ^= 0xff;
        wr_open(&r, ip_proto, port);
        wr_say(&r, true, copy, i < n ? i : n);
        assert_true(wr_lines(wr_close(&r)) <= 1);
        wr_release(&r);
    }
}

static void hurt_datagrams_do_no_harm(void **state)
{
    (void)state;
    static const char options[] = "\x35\x01\x03\x0c\x06laptop\x51\x10\x04\0\0\x06laptop\x04"
                                  "corp\0\x37\x02\x01\x03\xff";
    static const uint8_t v6[] =
        "\x01\xaa\xbb\xcc\0\x01\0\x0a\0\x03\0\x01\x02\x42\0\0\0\x09\0\x27\0\x0a\0\x03pc1\x04home";
    static const uint8_t rs[] =
        "\x85\0\0\0\0\0\0\0\x01\x01\x02\0\0\0\0\x01\x1f\x02\0\0\0\0\0\x10\x04home\0\0\0";
    uint8_t m[600];
    hurt(17, 67, m, dhcp(1, options, sizeof options - 1, m));
    hurt(17, 547, v6, sizeof v6 - 1);
    hurt(58, 133, rs, sizeof rs - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dhcp_tells_who_asks_and_what_he_gets),
        cmocka_unit_test(dhcp_tells_the_network_its_routers_and_resolvers),
        cmocka_unit_test(dhcpv6_tells_duid_name_and_address_also_behind_a_relay),
        cmocka_unit_test(ssdp_messages_are_rows),
        cmocka_unit_test(arp_packets_are_rows),
        cmocka_unit_test(neighbour_discovery_tells_macs_prefixes_and_resolvers),
        cmocka_unit_test(hurt_datagrams_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
