/* The feature dictionary: docs/features.md is printed from it, the tests run its vectors. */
#include "model/features.h"

#define COUNT_MAX INT64_C(1000000000000000000) /* 10^18: what counters and times saturate at */

/* clang-format off */
const struct fb_feature_def fb_feature_defs[FB_NFEATURES] = {
    [FB_F_PROCESS] = {
        "process", "hash", 1, INT64_MAX, FB_FK_CATEGORY, FB_FH_PROCESS, 1,
        "SipHash-1-3 under a key of the case over the path of the program that owns the local socket, cut to 63 bits",
        "0 when the program is not known, as in every capture without attribution; a hash that comes out as 0 becomes 1",
        {{{{"process", 0}}, 0}, {{{"process", 81985529216486895}}, 81985529216486895}},
    },
    [FB_F_DURATION] = {
        "duration", "ns", 1000000000, COUNT_MAX, FB_FK_LOG, FB_FH_TIME, 1000000,
        "duration_ns",
        "0 when unset or negative (one packet, or packets out of time order)",
        {{{{"duration_ns", 1500000000}}, 1500000000}, {{{"duration_ns", -20}}, 0}},
    },
    [FB_F_TOTAL_BYTES] = {
        "total_bytes", "bytes", 1, COUNT_MAX, FB_FK_LOG, FB_FH_BYTES, 64,
        "orig_ip_bytes + resp_ip_bytes",
        "bytes of IP packets as seen, headers and retransmissions included, because payload sizes are read from sequence numbers, which a sender can make up; what the capture missed is in missed_bytes",
        {{{{"orig_ip_bytes", 1200}, {"resp_ip_bytes", 40000}}, 41200}, {{{"orig_ip_bytes", INT64_MAX}, {"resp_ip_bytes", INT64_MAX}}, COUNT_MAX}},
    },
    [FB_F_TOTAL_PACKETS] = {
        "total_packets", "packets", 1, COUNT_MAX, FB_FK_LOG, FB_FH_COUNT, 1,
        "orig_pkts + resp_pkts",
        "none",
        {{{{"orig_pkts", 3}, {"resp_pkts", 2}}, 5}, {{{"orig_pkts", 1}}, 1}},
    },
    [FB_F_SEGMENT_INTERARRIVAL] = {
        "segment_interarrival", "ns", 1000000000, COUNT_MAX, FB_FK_LOG, FB_FH_TIME, 1000000,
        "floor(segment_gap_sum_ns / (segments - 1))",
        "0 with fewer than two segments",
        {{{{"segments", 4}, {"segment_gap_sum_ns", 30000000000}}, 10000000000}, {{{"segments", 1}}, 0}},
    },
    [FB_F_INOUT_RATIO] = {
        "inout_ratio", "10^-6", 1000000, INT64_C(1000000000000000), FB_FK_LOG, FB_FH_RATIO, 1000,
        "floor(10^6 * resp_ip_bytes / max(orig_ip_bytes, 1))",
        "0 when the responder sent nothing; below 10^6 the originator sent more than it got",
        {{{{"orig_ip_bytes", 3000}, {"resp_ip_bytes", 1000}}, 333333}, {{{"orig_ip_bytes", 0}, {"resp_ip_bytes", 60}}, 60000000}},
    },
    [FB_F_AVG_PACKET_SIZE] = {
        "avg_packet_size", "10^-3 bytes", 1000, 70000000, FB_FK_LINEAR, FB_FH_BYTES, 16000,
        "floor(10^3 * (orig_ip_bytes + resp_ip_bytes) / (orig_pkts + resp_pkts))",
        "0 without packets; above 1,500,000 where segmentation was offloaded or frames were jumbo",
        {{{{"orig_ip_bytes", 1000}, {"resp_ip_bytes", 1000}, {"orig_pkts", 2}, {"resp_pkts", 1}}, 666666}, {{{"orig_pkts", 0}}, 0}},
    },
    [FB_F_INTERARRIVAL_REGULARITY] = {
        "interarrival_regularity", "10^-6", 1000000, 1000000, FB_FK_LINEAR, FB_FH_RATIO, 1000,
        "segment_regularity_ppm (docs/sessions.md): floor(10^6 * (sum g)^2 / (n * sum g^2)) over the n gaps g between segments",
        "10^6 is a perfect metronome; 0 with fewer than two gaps",
        {{{{"segment_regularity_ppm", 609756}}, 609756}, {{{"segment_regularity_ppm", 0}}, 0}},
    },
    [FB_F_PACKET_RATE] = {
        "packet_rate", "10^-3 packets/s", 1000, INT64_C(1000000000000000), FB_FK_LOG, FB_FH_RATE, 1000,
        "floor(10^12 * (orig_pkts + resp_pkts - 1) / max(duration_ns, 10^6))",
        "intervals between packets over the time that they took, so that a single packet has rate 0; times below 1 ms count as 1 ms",
        {{{{"orig_pkts", 3}, {"resp_pkts", 2}, {"duration_ns", 2000000000}}, 2000}, {{{"orig_pkts", 1}, {"resp_pkts", 1}, {"duration_ns", 10}}, 1000000}},
    },
    [FB_F_MISSED_BYTES] = {
        "missed_bytes", "bytes", 1, COUNT_MAX, FB_FK_LOG, FB_FH_BYTES, 64,
        "missed_bytes",
        "TCP payload that was acknowledged and never seen; 0 for other protocols",
        {{{{"missed_bytes", 1460}}, 1460}, {{{"missed_bytes", 0}}, 0}},
    },
    [FB_F_SEGMENTS] = {
        "segments", "segments", 1, COUNT_MAX, FB_FK_LOG, FB_FH_COUNT, 1,
        "segments (docs/sessions.md)",
        "0 without payload",
        {{{{"segments", 12}}, 12}, {{{"segments", 0}}, 0}},
    },
    [FB_F_DEST_PORT] = {
        "dest_port", "bucket", 1, FB_PORT_BUCKET_MAX, FB_FK_CATEGORY, FB_FH_PORT, 1,
        "a TCP port below 10,000 is a bucket of its own (its number), those up to 32,767 share buckets of 1,024 (10,000 + floor((port - 10,000) / 1,024)), all above are one (10,023), since systems hand them to clients; UDP: 16,384 + the same; ICMP: 32,768 + type; ICMPv6: 33,024 + type; others: 33,280 + IP protocol",
        "a category: its size means nothing",
        {{{{"ip_proto", 17}, {"resp_p", 53}}, 16437}, {{{"ip_proto", 6}, {"resp_p", 50000}}, 10023}},
    },
};
/* clang-format on */
