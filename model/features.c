#include "model/features.h"

#include "base/cursor.h"
#include "base/hash.h"

#define IP_ICMP  1
#define IP_TCP   6
#define IP_UDP   17
#define IP_ICMP6 58

/* Buckets of ports: each of its own, then ranges of 1024, then one for what systems hand to clients. */
#define PORT_OWN       10000
#define PORT_RANGE     1024
#define PORT_EPHEMERAL 32768
#define BUCKET_LAST    (PORT_OWN + (PORT_EPHEMERAL - 1 - PORT_OWN) / PORT_RANGE + 1)
#define BASE_UDP       16384
#define BASE_ICMP      32768
#define BASE_ICMP6     (BASE_ICMP + 256)
#define BASE_OTHER     (BASE_ICMP6 + 256)

typedef unsigned __int128 wide;

static int64_t clamp(wide v, enum fb_feature f)
{
    wide max = (wide)fb_feature_defs[f].max;
    return (int64_t)(v < max ? v : max);
}

static int64_t ports(uint16_t p)
{
    if (p < PORT_OWN)
        return p;
    if (p >= PORT_EPHEMERAL)
        return BUCKET_LAST;
    return PORT_OWN + (p - PORT_OWN) / PORT_RANGE;
}

int64_t fb_port_bucket(uint8_t ip_proto, uint16_t orig_p, uint16_t resp_p)
{
    switch (ip_proto) {
    case IP_TCP:
        return ports(resp_p);
    case IP_UDP:
        return BASE_UDP + ports(resp_p);
    case IP_ICMP:
        return BASE_ICMP + (orig_p & 0xff);
    case IP_ICMP6:
        return BASE_ICMP6 + (orig_p & 0xff);
    default:
        return BASE_OTHER + ip_proto;
    }
}

uint64_t fb_process_hash(const uint8_t key[static 16], const void *name, size_t n)
{
    struct fb_hash_key k = {fb_load_le64(key), fb_load_le64(key + 8)};
    uint64_t h = fb_siphash13(&k, name, n) >> 1;
    return h ? h : 1;
}

void fb_features_of(const struct fb_session *s, uint64_t process, struct fb_features *out)
{
    int64_t *v = out->v;
    wide duration = s->duration_ns > 0 ? (wide)s->duration_ns : 0;
    wide bytes = (wide)s->orig_ip_bytes + s->resp_ip_bytes;
    wide pkts = (wide)s->orig_pkts + s->resp_pkts;
    wide rate_ns = duration > 1000000 ? duration : 1000000;
    v[FB_F_PROCESS] = clamp(process, FB_F_PROCESS);
    v[FB_F_DURATION] = clamp(duration, FB_F_DURATION);
    v[FB_F_TOTAL_BYTES] = clamp(bytes, FB_F_TOTAL_BYTES);
    v[FB_F_TOTAL_PACKETS] = clamp(pkts, FB_F_TOTAL_PACKETS);
    v[FB_F_SEGMENT_INTERARRIVAL] =
        s->segments < 2 ? 0 : clamp(s->segment_gap_sum_ns / (s->segments - 1), FB_F_SEGMENT_INTERARRIVAL);
    v[FB_F_INOUT_RATIO] =
        clamp((wide)s->resp_ip_bytes * 1000000 / (s->orig_ip_bytes ? s->orig_ip_bytes : 1), FB_F_INOUT_RATIO);
    v[FB_F_AVG_PACKET_SIZE] = pkts ? clamp(bytes * 1000 / pkts, FB_F_AVG_PACKET_SIZE) : 0;
    v[FB_F_INTERARRIVAL_REGULARITY] = clamp(s->segment_regularity_ppm, FB_F_INTERARRIVAL_REGULARITY);
    v[FB_F_PACKET_RATE] = pkts ? clamp((pkts - 1) * 1000000000000 / rate_ns, FB_F_PACKET_RATE) : 0;
    v[FB_F_MISSED_BYTES] = clamp(s->missed_bytes, FB_F_MISSED_BYTES);
    v[FB_F_SEGMENTS] = clamp(s->segments, FB_F_SEGMENTS);
    v[FB_F_DEST_PORT] = fb_port_bucket(s->ip_proto, s->orig_p, s->resp_p);
}
