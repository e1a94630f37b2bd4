/* What is known of addresses and ports without any list. */
#include "model/detect/detect_int.h"

static bool v4_in(const struct fb_addr *a, uint32_t net, unsigned bits)
{
    uint32_t v = (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 | a->b[15];
    return bits == 0 || (v ^ net) >> (32 - bits) == 0;
}

/* RFC 1918, 6598 (shared), 3927 (link-local), 1122 (loopback), 4193, 4291. */
bool fb_det_host_is_private(const struct fb_addr *a)
{
    static const struct {
        uint32_t net;
        unsigned bits;
    } V4[] = {{0x0a000000, 8},  {0xac100000, 12}, {0xc0a80000, 16},
              {0x64400000, 10}, {0xa9fe0000, 16}, {0x7f000000, 8}};
    if (fb_addr_is_v4(a)) {
        for (size_t i = 0; i < sizeof V4 / sizeof *V4; i++)
            if (v4_in(a, V4[i].net, V4[i].bits))
                return true;
        return false;
    }
    static const struct fb_addr loopback = {{[15] = 1}};
    return (a->b[0] & 0xfe) == 0xfc || (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80) ||
           fb_addr_eq(a, &loopback);
}

/* A directed broadcast is recognised for networks of 8, 16 and 24 bits only: masks are not in the packets. */
bool fb_det_host_is_group(const struct fb_addr *a)
{
    static const struct fb_addr none;
    if (fb_addr_is_multicast(a) || fb_addr_eq(a, &none))
        return true;
    return fb_addr_is_v4(a) && (a->b[15] == 255 || v4_in(a, 0, 8));
}

bool fb_det_port_is_periodic(uint8_t ip_proto, uint16_t port)
{
    static const uint16_t UDP[] = {53,   67,   68,   123,  137,  138,  161,  162,  319,  320,
                                   427,  500,  514,  520,  521,  546,  547,  1900, 1985, 3222,
                                   3478, 3702, 4500, 5246, 5247, 5353, 5355, 5678, 17500};
    if (ip_proto == PROTO_TCP)
        return port == 53 || port == 853;
    if (ip_proto != PROTO_UDP)
        return true; /* ping, routing protocols */
    for (size_t i = 0; i < sizeof UDP / sizeof *UDP; i++)
        if (UDP[i] == port)
            return true;
    return false;
}

bool fb_det_service_has(const char *services, const char *one)
{
    size_t n = strlen(one);
    for (const char *p = services; *p;) {
        size_t k = strcspn(p, ",");
        if (k == n && memcmp(p, one, n) == 0)
            return true;
        p += k + (p[k] == ',');
    }
    return false;
}

bool fb_det_port_is_auth(uint8_t ip_proto, uint16_t port, const char *service)
{
    static const uint16_t TCP[] = {21,   22,   23,   25,   110,  135,  139,  143,  389,  445,
                                   465,  512,  513,  587,  636,  993,  995,  1433, 1521, 2222,
                                   3306, 3389, 5432, 5900, 5901, 5985, 5986, 6379, 27017};
    static const char *const NAME[] = {"ssh",        "ftp",  "telnet",   "rdp",   "smb",
                                       "smtp",       "pop3", "imap",     "mysql", "dce_rpc",
                                       "postgresql", "rfb",  "ldap_tcp", "ntlm",  "rlogin"};
    if (ip_proto != PROTO_TCP)
        return false;
    for (size_t i = 0; i < sizeof TCP / sizeof *TCP; i++)
        if (TCP[i] == port)
            return true;
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++)
        if (fb_det_service_has(service, NAME[i]))
            return true;
    return false;
}

bool fb_det_port_is_screen(uint16_t port)
{
    return (port >= 21 && port <= 23) || port == 2222 || port == 3389 || port == 5900 || port == 5901;
}

bool fb_det_port_is_stratum(uint16_t port)
{
    static const uint16_t P[] = {1314,  3032,  3256,  3333,  3334,  3335,  3336, 3357,  4444,
                                 5555,  5556,  6666,  6677,  7777,  8008,  9999, 10128, 10343,
                                 13333, 14433, 14444, 20535, 33333, 45560, 45700};
    for (size_t i = 0; i < sizeof P / sizeof *P; i++)
        if (P[i] == port)
            return true;
    return false;
}

bool fb_det_port_is_coin(uint16_t port)
{
    return port == 8333 || port == 9333 || port == 22556 || port == 30303 ||
           (port >= 18080 && port <= 18089) || port == 8233;
}

/* Where a service is at home (IANA and what is common); others are odd. */
bool fb_det_port_is_odd(const char *service, uint16_t port)
{
    static const struct {
        const char *name;
        uint16_t port[20];
    } HOME[] = {
        {"ssl", {443, 465, 563,  587,  636,  853,  989,  990,  992,  993,
                 994, 995, 5061, 5222, 5223, 5228, 8443, 8883, 3389, 25}},
        {"http", {80,   81,   591,  631,  3128, 5357,  5985, 8000, 8008,  8080,
                  8081, 8088, 8888, 1080, 2869, 49152, 5000, 7001, 10000, 9080}},
        {"ssh", {22, 2222}},
        {"ftp", {21, 2121}},
        {"dns", {53, 5353, 5355, 137, 138}},
        {"smtp", {25, 465, 587, 2525}},
    };
    static const uint16_t SSL_MORE[] = {110,  143,   21,   1443, 2083, 2087, 2096, 4433, 4443, 5986, 6443,
                                        9443, 10443, 1433, 3306, 5432, 5671, 5349, 7443, 4460, 8531, 3269};
    for (size_t i = 0; i < sizeof HOME / sizeof *HOME; i++) {
        if (!fb_det_service_has(service, HOME[i].name))
            continue;
        bool home = false;
        for (size_t k = 0; k < sizeof HOME[i].port / sizeof *HOME[i].port && !home; k++)
            home = HOME[i].port[k] == port;
        for (size_t k = 0; i == 0 && k < sizeof SSL_MORE / sizeof *SSL_MORE && !home; k++)
            home = SSL_MORE[k] == port;
        return !home;
    }
    return false;
}
