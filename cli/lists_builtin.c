/* Traffic that keeps a network running: what a machine does before anybody uses it. Of the project's own
 * making. */
#include "cli/lists_load.h"

#define LOCAL_V4 "\"10.0.0.0/8\",\"172.16.0.0/12\",\"192.168.0.0/16\",\"169.254.0.0/16\",\"127.0.0.0/8\""
#define LOCAL    LOCAL_V4 ",\"fc00::/7\",\"fe80::/10\",\"::1\""

const char fb_lists_builtin[] =
    "{\"date\":\"2024-01-01\",\"whitelists\":[{\"name\":\"infrastructure\",\"endpoints\":["
    "{\"ips\":[" LOCAL "],\"port\":53,\"description\":\"DNS of the local resolver\"},"
    "{\"ips\":[" LOCAL
    "],\"port\":853,\"protocol\":\"TCP\",\"description\":\"DNS over TLS, local resolver\"},"
    "{\"port\":123,\"protocol\":\"UDP\",\"description\":\"NTP\"},"
    "{\"ips\":[\"255.255.255.255\"," LOCAL_V4
    "],\"ports\":[67,68],\"protocol\":\"UDP\",\"description\":\"DHCP\"},"
    "{\"ips\":[\"ff02::1:2\",\"fe80::/"
    "10\"],\"ports\":[546,547],\"protocol\":\"UDP\",\"description\":\"DHCPv6\"},"
    "{\"ips\":[\"224.0.0.251\",\"ff02::fb\"," LOCAL
    "],\"port\":5353,\"protocol\":\"UDP\",\"description\":\"mDNS\"},"
    "{\"ips\":[\"224.0.0.252\",\"ff02::1:3\"],\"port\":5355,\"protocol\":\"UDP\",\"description\":\"LLMNR\"},"
    "{\"ips\":[" LOCAL_V4 "],\"ports\":[137,138],\"protocol\":\"UDP\",\"description\":\"NetBIOS names\"},"
    "{\"ips\":[\"239.255.255.250\",\"ff02::c\"],\"ports\":[1900,3702],\"protocol\":\"UDP\","
    "\"description\":\"SSDP, WS-Discovery\"},"
    "{\"ips\":[\"224.0.0.0/24\"],\"protocol\":\"IGMP\",\"description\":\"multicast membership\"},"
    "{\"ips\":[\"ff00::/8\",\"fe80::/10\"],\"protocol\":\"ICMPV6\",\"description\":\"neighbour discovery\"},"
    "{\"ips\":[" LOCAL "],\"protocol\":\"ICMP\",\"description\":\"ICMP among local hosts\"}"
    "]}]}";
