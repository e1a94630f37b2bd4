#include "model/detect/detect_num.h"

#include "base/timefmt.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

struct fb_spread fb_spread_of(int64_t *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    struct fb_spread s = {.median = v[(n - 1) / 2]};
    for (size_t i = 0; i < n; i++)
        v[i] = v[i] > s.median ? v[i] - s.median : s.median - v[i];
    qsort(v, n, sizeof *v, by_value);
    s.deviation = v[(n - 1) / 2];
    return s;
}

uint64_t fb_scale(uint64_t a, uint64_t b, uint64_t c)
{
    unsigned __int128 r = (unsigned __int128)a * b / c;
    return r > UINT64_MAX ? UINT64_MAX : (uint64_t)r;
}

/* log2(x) in 2^-16, x > 0, rounded down: a bit of the fraction by each squaring. */
static int64_t log2_q16(uint64_t x)
{
    int whole = 63 - __builtin_clzll(x);
    uint64_t m = x << (63 - whole); /* 1.0 <= m / 2^63 < 2.0 */
    int64_t r = whole;
    for (int i = 0; i < 16; i++) {
        unsigned __int128 sq = (unsigned __int128)m * m >> 63;
        bool two = sq >> 64 != 0;
        m = (uint64_t)(two ? sq >> 1 : sq);
        r = r * 2 + two;
    }
    return r;
}

unsigned fb_points(uint64_t value, uint64_t threshold, unsigned per, unsigned most)
{
    if (threshold == 0 || value <= threshold)
        return 0;
    int64_t over = log2_q16(value) - log2_q16(threshold);
    uint64_t points = (uint64_t)(over > 0 ? over : 0) * per >> 16;
    return points > most ? most : (unsigned)points;
}

unsigned fb_entropy_milli(const uint32_t *counts, size_t n)
{
    uint64_t sum = 0, weighted = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    if (sum == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (counts[i])
            weighted += (uint64_t)counts[i] * (uint64_t)log2_q16(counts[i]);
    uint64_t mean = weighted / sum, whole = (uint64_t)log2_q16(sum);
    return whole > mean ? (unsigned)((whole - mean) * 1000 >> 16) : 0;
}

void fb_put_bytes(struct fb_buf *out, uint64_t bytes)
{
    static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    unsigned u = 0;
    uint64_t tenths = bytes;
    if (bytes < 1000) {
        fb_buf_printf(out, "%llu bytes", (unsigned long long)bytes);
        return;
    }
    for (u = 1; tenths >= 1000000; u++)
        tenths /= 1000;
    fb_buf_printf(out, "%llu.%llu %s", (unsigned long long)(tenths / 1000),
                  (unsigned long long)(tenths % 1000 / 100), unit[u]);
}

void fb_put_time(struct fb_buf *out, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_time_format_human(ns, t);
    fb_buf_puts(out, t);
}
