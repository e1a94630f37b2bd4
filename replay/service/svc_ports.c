/* Ports of Zeek's default scripts: semantics.md, section 4 (likely_server_ports) and 13 (attachment). */
#include "replay/service/svc_ports.h"

#include "ingest/packet.h"
#include "replay/service/svc.h"

struct port_row {
    uint16_t port;
    uint8_t proto;
    uint8_t id; /* enum svc_id; SVC_ID_COUNT: a likely server port without an analyzer of this room */
};

#define T(port, id)                                                                                          \
    {                                                                                                        \
        port, FB_PROTO_TCP, id                                                                               \
    }
#define U(port, id)                                                                                          \
    {                                                                                                        \
        port, FB_PROTO_UDP, id                                                                               \
    }
static const struct port_row rows[] = {
    T(443, SVC_SSL),        T(80, SVC_HTTP),         U(53, SVC_DNS_UDP),    U(443, SVC_QUIC),
    U(443, SVC_DTLS),       T(53, SVC_DNS_TCP),      U(5353, SVC_DNS_UDP),  U(5355, SVC_DNS_UDP),
    U(137, SVC_DNS_UDP),    T(22, SVC_SSH),          T(21, SVC_FTP),        T(2811, SVC_FTP),
    T(25, SVC_SMTP),        T(587, SVC_SMTP),        T(79, SVC_FINGER),     T(81, SVC_HTTP),
    T(631, SVC_HTTP),       T(1080, SVC_HTTP),       T(3128, SVC_HTTP),     T(8000, SVC_HTTP),
    T(8080, SVC_HTTP),      T(8888, SVC_HTTP),       T(88, SVC_KRB_TCP),    T(135, SVC_DCE_RPC),
    T(139, SVC_SMB),        T(445, SVC_SMB),         T(143, SVC_IMAP),      T(389, SVC_LDAP_TCP),
    T(3268, SVC_LDAP_TCP),  T(465, SVC_SSL),         T(502, SVC_MODBUS),    T(514, SVC_SYSLOG_TCP),
    T(563, SVC_SSL),        T(585, SVC_SSL),         T(614, SVC_SSL),       T(636, SVC_SSL),
    T(989, SVC_SSL),        T(990, SVC_SSL),         T(992, SVC_SSL),       T(993, SVC_SSL),
    T(995, SVC_SSL),        T(1080, SVC_SOCKS),      T(1434, SVC_MYSQL),    T(3306, SVC_MYSQL),
    T(1883, SVC_MQTT),      T(3389, SVC_RDP),        T(5222, SVC_XMPP),     T(5269, SVC_XMPP),
    T(5223, SVC_SSL),       T(5432, SVC_POSTGRESQL), T(6379, SVC_REDIS),    T(6666, SVC_IRC),
    T(6667, SVC_IRC),       T(6668, SVC_IRC),        T(6669, SVC_IRC),      T(20000, SVC_DNP3_TCP),
    U(67, SVC_DHCP),        U(68, SVC_DHCP),         U(4011, SVC_DHCP),     U(88, SVC_KRB),
    U(123, SVC_NTP),        U(161, SVC_SNMP),        U(162, SVC_SNMP),      U(389, SVC_LDAP_UDP),
    U(514, SVC_SYSLOG),     U(1812, SVC_RADIUS),     U(3389, SVC_RDPEUDP),  U(5060, SVC_SIP),
    U(20000, SVC_DNP3_UDP), U(2123, SVC_ID_COUNT),   U(2152, SVC_ID_COUNT), U(3544, SVC_ID_COUNT),
    U(4754, SVC_ID_COUNT),  U(4789, SVC_ID_COUNT),   U(5072, SVC_ID_COUNT), U(6081, SVC_ID_COUNT),
};
#undef T
#undef U

uint64_t svc_by_port(uint8_t proto, uint16_t port)
{
    uint64_t set = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].port == port && rows[i].proto == proto && rows[i].id < SVC_ID_COUNT)
            set |= UINT64_C(1) << rows[i].id;
    return set;
}

bool fb_service_likely_server_port(uint8_t proto, uint16_t port)
{
    /* 68/udp has the DHCP analyzer but does not count: it is the client's end. */
    if (proto == FB_PROTO_UDP && port == 68)
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].port == port && rows[i].proto == proto)
            return true;
    return false;
}

bool fb_service_is_dns_port(uint8_t proto, uint16_t resp_p)
{
    return (svc_by_port(proto, resp_p) & (UINT64_C(1) << SVC_DNS_UDP | UINT64_C(1) << SVC_DNS_TCP)) != 0;
}
