#include "replay/session.h"

#include "ingest/packet.h"

const char *fb_conn_state_name(enum fb_conn_state s)
{
    static const char *const name[FB_CS_COUNT] = {
        [FB_CS_NONE] = "",     [FB_CS_S0] = "S0",         [FB_CS_S1] = "S1",       [FB_CS_SF] = "SF",
        [FB_CS_REJ] = "REJ",   [FB_CS_S2] = "S2",         [FB_CS_S3] = "S3",       [FB_CS_RSTO] = "RSTO",
        [FB_CS_RSTR] = "RSTR", [FB_CS_RSTOS0] = "RSTOS0", [FB_CS_RSTRH] = "RSTRH", [FB_CS_SH] = "SH",
        [FB_CS_SHR] = "SHR",   [FB_CS_OTH] = "OTH",
    };
    return (unsigned)s < FB_CS_COUNT ? name[s] : "";
}

const char *fb_end_reason_name(enum fb_end_reason r)
{
    static const char *const name[FB_END_COUNT] = {
        [FB_END_EVIDENCE] = "evidence", [FB_END_FIN] = "fin",         [FB_END_RST] = "rst",
        [FB_END_IDLE] = "idle",         [FB_END_ATTEMPT] = "attempt", [FB_END_REUSE] = "reuse",
        [FB_END_SHED] = "shed",
    };
    return (unsigned)r < FB_END_COUNT ? name[r] : "";
}

const char *fb_session_proto_name(uint8_t proto)
{
    switch (proto) {
    case FB_PROTO_TCP:
        return "tcp";
    case FB_PROTO_UDP:
        return "udp";
    case FB_PROTO_ICMP:
        return "icmp";
    default:
        return "unknown_transport";
    }
}
