/* Random traffic from a seed, the same on every machine: TCP with losses, repeats, reordering, resets, reuse
 * of ports and missing starts; UDP, ICMP, other protocols; fragments; tunnels; bad checksums; short captures;
 * clock jumps and packets stamped in the past. */
#ifndef FB_TESTS_RANDOM_TRAFFIC_H
#define FB_TESTS_RANDOM_TRAFFIC_H

#include "ingest/packet_record.h"

#include <stddef.h>

struct random_traffic {
    struct fb_record *rec; /* data are owned by the trace */
    size_t n, cap;
};

void rt_make(struct random_traffic *t, uint64_t seed, size_t npkts);
void rt_free(struct random_traffic *t);

#endif
