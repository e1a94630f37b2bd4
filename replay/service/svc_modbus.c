/* Modbus/TCP (Modbus messaging on TCP/IP, V1.0b; application protocol V1.1b3): one whole frame with a body
 * that its function allows confirms; another takes the name back. */
#include "replay/service/svc.h"

#define MBAP          8 /* header with the function code */
#define MBAP_MAX      260
#define COILS_MAX     2000
#define REGISTERS_MAX 125
#define WRITE_COILS   0x07b0
#define FILE_MAX      0xf5
#define FILE_MIN      0x07

static bool is_coil(uint16_t v)
{
    return v == 0 || v == 0xff00;
}

static bool good_request(unsigned function, struct fb_cur c)
{
    uint16_t first = fb_cur_be16(&c), second = fb_cur_be16(&c);
    uint8_t bytes;
    switch (function) {
    case 1:
    case 2:
        return fb_cur_ok(&c) && second <= COILS_MAX;
    case 3:
    case 4:
        return fb_cur_ok(&c) && second <= REGISTERS_MAX;
    case 5:
        return fb_cur_ok(&c) && is_coil(second);
    case 6:
        return fb_cur_ok(&c);
    case 15:
    case 16:
        bytes = fb_cur_u8(&c);
        fb_cur_skip(&c, bytes);
        return fb_cur_ok(&c) && (function == 15 ? second <= WRITE_COILS && bytes == (second + 7) / 8
                                                : bytes % 2 == 0 && second * 2U <= bytes);
    case 20:
    case 21:
        return first >> 8 <= FILE_MAX;
    case 22:
        fb_cur_skip(&c, 2);
        return fb_cur_ok(&c);
    case 23:
        fb_cur_skip(&c, 4);
        fb_cur_skip(&c, fb_cur_u8(&c));
        return fb_cur_ok(&c) && second <= REGISTERS_MAX;
    default:
        return true;
    }
}

static bool good_response(unsigned function, struct fb_cur c)
{
    struct fb_cur pair = c;
    uint8_t bytes = fb_cur_u8(&c);
    (void)fb_cur_be16(&pair);
    uint16_t second = fb_cur_be16(&pair);
    switch (function) {
    case 1:
    case 2:
    case 23:
        fb_cur_skip(&c, bytes);
        return fb_cur_ok(&c);
    case 3:
    case 4:
        fb_cur_skip(&c, bytes);
        return fb_cur_ok(&c) && bytes % 2 == 0;
    case 5:
        return fb_cur_ok(&pair) && is_coil(second);
    case 6:
    case 16:
        return fb_cur_ok(&pair);
    case 15:
        return fb_cur_ok(&pair) && second <= WRITE_COILS;
    case 20:
        fb_cur_skip(&c, bytes);
        return fb_cur_ok(&c) && bytes >= FILE_MIN && bytes <= FILE_MAX;
    default:
        return function < 0x80 || fb_cur_ok(&c); /* an exception has its code */
    }
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < MBAP)
        return 0;
    size_t len = fb_load_be16(p + 4);
    if (fb_load_be16(p + 2) != 0 || len < 2 || len > MBAP_MAX) {
        svc_fail(a);
        return n;
    }
    if (n < len + 6)
        return 0;
    struct fb_cur body = fb_cur_init(p + MBAP, len - 2);
    if (from_orig ? good_request(p[7], body) : good_response(p[7], body)) {
        svc_confirm(a);
        a->settled = true;
    } else {
        svc_fail(a);
    }
    return len + 6;
}

const struct svc_proto svc_modbus = {
    .name = "modbus", .hold = MBAP_MAX + 6, .partial_ok = true, .parse = parse};
