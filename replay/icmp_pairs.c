#include "replay/icmp_pairs.h"

#include <stddef.h>

static const uint8_t pairs_v4[][2] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
static const uint8_t pairs_v6[][2] = {{128, 129}, {133, 134}, {135, 136}, {130, 131}, {139, 140}, {144, 145}};

static int counterpart(const uint8_t (*pairs)[2], size_t n, uint16_t type)
{
    for (size_t i = 0; i < n; i++) {
        if (pairs[i][0] == type)
            return pairs[i][1];
        if (pairs[i][1] == type)
            return pairs[i][0];
    }
    return -1;
}

int fb_icmp_counterpart(uint8_t ip_proto, uint16_t type)
{
    if (ip_proto == 1)
        return counterpart(pairs_v4, sizeof pairs_v4 / sizeof *pairs_v4, type);
    return counterpart(pairs_v6, sizeof pairs_v6 / sizeof *pairs_v6, type);
}
