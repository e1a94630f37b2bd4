/* Time stamps of pcapng: if_tsresol (powers of ten and of two) and if_tsoffset, draft-ietf-opsawg-pcapng 4.2.
 */
#include "ingest/pcapng_int.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

#define NS_PER_S 1000000000

static u128 pow10_u128(unsigned n)
{
    u128 v = 1;
    while (n--)
        v *= 10;
    return v;
}

int64_t fb_ng_time(uint64_t ts, uint8_t tsresol, int64_t offset_s)
{
    unsigned n = tsresol & 0x7f;
    u128 ns;
    if (tsresol & 0x80)
        ns = (u128)ts * NS_PER_S >> n; /* below 2^94 before the shift */
    else if (n <= 9)
        ns = (u128)ts * pow10_u128(9 - n);
    else
        ns = n - 9 > 19 ? 0 : (u128)ts / pow10_u128(n - 9); /* 10^20 exceeds any 64-bit count */
    i128 t = (i128)ns + (i128)offset_s * NS_PER_S;
    if (t > INT64_MAX)
        return INT64_MAX;
    return t < INT64_MIN ? INT64_MIN : (int64_t)t;
}
