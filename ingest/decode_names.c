#include "ingest/decode_names.h"

const char *fb_tunnel_name(enum fb_tunnel t)
{
    static const char *const names[] = {
        [FB_TUN_NONE] = "",           [FB_TUN_IP] = "ip",       [FB_TUN_GRE] = "gre",
        [FB_TUN_PPTP] = "pptp",       [FB_TUN_VXLAN] = "vxlan", [FB_TUN_GENEVE] = "geneve",
        [FB_TUN_TEREDO] = "teredo",   [FB_TUN_AYIYA] = "ayiya", [FB_TUN_GTPV1] = "gtpv1",
        [FB_TUN_GRE_UDP] = "gre-udp",
    };
    return (unsigned)t < sizeof names / sizeof names[0] ? names[t] : "";
}

const char *fb_linktype_name(uint32_t linktype)
{
    static const struct {
        uint32_t number;
        const char *name;
    } names[] = {
        {0, "NULL"},
        {1, "EN10MB"},
        {9, "PPP"},
        {10, "FDDI"},
        {12, "RAW"},
        {14, "RAW"},
        {50, "PPP_SERIAL"},
        {51, "PPP_ETHER"},
        {101, "RAW"},
        {104, "C_HDLC"},
        {105, "IEEE802_11"},
        {108, "LOOP"},
        {113, "LINUX_SLL"},
        {119, "PRISM_HEADER"},
        {127, "IEEE802_11_RADIO"},
        {163, "IEEE802_11_RADIO_AVS"},
        {228, "IPV4"},
        {229, "IPV6"},
        {239, "NFLOG"},
        {276, "LINUX_SLL2"},
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == linktype)
            return names[i].name;
    return NULL;
}
