#include "model/features.h"

/* value / per_whole with `digits` decimals, rounded down; no locale, no floating point. */
static void put_decimal(struct fb_buf *out, uint64_t value, uint64_t whole, unsigned digits)
{
    fb_buf_put_u64dec(out, value / whole);
    if (digits)
        fb_buf_putc(out, '.');
    unsigned __int128 rest = value % whole;
    for (unsigned i = 0; i < digits; i++) {
        rest *= 10;
        fb_buf_putc(out, (char)('0' + (int)(rest / whole)));
        rest %= whole;
    }
}

static void put_bytes(struct fb_buf *out, uint64_t v, uint64_t whole)
{
    static const char *const NAMES[] = {"kB", "MB", "GB", "TB", "PB"};
    if (v / whole < 1000) {
        put_decimal(out, v, whole, v % whole ? 1 : 0);
        fb_buf_puts(out, " bytes");
        return;
    }
    size_t i = 0;
    uint64_t unit = whole * 1000;
    while (i + 1 < sizeof NAMES / sizeof *NAMES && v / unit >= 1000) {
        unit *= 1000;
        i++;
    }
    put_decimal(out, v, unit, 1);
    fb_buf_printf(out, " %s", NAMES[i]);
}

static void put_time(struct fb_buf *out, uint64_t ns)
{
    const uint64_t s = 1000000000;
    if (ns == 0)
        fb_buf_puts(out, "0 s");
    else if (ns < 1000000)
        put_decimal(out, ns, 1000, 1), fb_buf_puts(out, " us");
    else if (ns < s)
        put_decimal(out, ns, 1000000, 1), fb_buf_puts(out, " ms");
    else if (ns < 120 * s)
        put_decimal(out, ns, s, 3), fb_buf_puts(out, " s");
    else if (ns < 7200 * s)
        put_decimal(out, ns, 60 * s, 1), fb_buf_puts(out, " min");
    else
        put_decimal(out, ns, 3600 * s, 1), fb_buf_puts(out, " h");
}

static void put_port(struct fb_buf *out, int64_t v)
{
    int64_t b = v % 16384;
    if (v >= 33280) {
        fb_buf_printf(out, "IP protocol %d", (int)(v - 33280));
    } else if (v >= 32768) {
        fb_buf_printf(out, "%s type %d", v >= 33024 ? "icmpv6" : "icmp", (int)((v - 32768) % 256));
    } else {
        fb_buf_puts(out, v >= 16384 ? "udp " : "tcp ");
        int64_t low = b < 10000 ? b : b == 10023 ? 32768 : 10000 + (b - 10000) * 1024;
        int64_t high = b < 10000 ? b : b == 10023 ? 65535 : low + 1023 < 32767 ? low + 1023 : 32767;
        fb_buf_put_i64dec(out, low);
        if (high != low)
            fb_buf_printf(out, "-%d", (int)high);
    }
}

void fb_feature_put_human(struct fb_buf *out, enum fb_feature f, int64_t value)
{
    const struct fb_feature_def *d = &fb_feature_defs[f];
    uint64_t v = value > 0 ? (uint64_t)value : 0;
    switch (d->human) {
    case FB_FH_COUNT:
        fb_buf_put_u64dec(out, v);
        break;
    case FB_FH_BYTES:
        put_bytes(out, v, d->per_whole);
        break;
    case FB_FH_TIME:
        put_time(out, v);
        break;
    case FB_FH_RATIO:
        put_decimal(out, v, d->per_whole, 3);
        break;
    case FB_FH_RATE:
        put_decimal(out, v, d->per_whole, 3);
        fb_buf_puts(out, " packets/s");
        break;
    case FB_FH_PROCESS:
        if (v)
            fb_buf_printf(out, "%016llx", (unsigned long long)v);
        else
            fb_buf_puts(out, "unknown");
        break;
    case FB_FH_PORT:
        put_port(out, (int64_t)v);
        break;
    }
}
