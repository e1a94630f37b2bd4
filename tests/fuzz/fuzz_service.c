/* Chunks with a direction into one detector: byte 0 picks the transport, bytes 1 and 2 the responder port;
 * then a length byte with the direction in its low bit in front of each chunk (0xfe and 0xff: a gap), so that
 * the fuzzer can cut at will. */
#include "ingest/packet.h"
#include "replay/service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_cur c = fb_cur_init(data, size);
    struct fb_service_flow flow = {.orig_p = 40000};
    flow.proto = (fb_cur_u8(&c) & 1) ? FB_PROTO_UDP : FB_PROTO_TCP;
    flow.resp_p = fb_cur_be16(&c);
    flow.orig_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 1});
    flow.resp_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 2});
    struct fb_service *s = fb_service_new(&flow);
    uint64_t total = 0;
    while (s && fb_cur_left(&c) > 0) {
        uint8_t b = fb_cur_u8(&c);
        unsigned bits;
        if (b >= 0xfe) {
            bits = fb_service_gap(s, b & 1, 1 + (uint64_t)fb_cur_u8(&c) * 100);
        } else {
            size_t n = (size_t)(b >> 1) * (b > 0xc0 ? 20 : 1);
            n = n < fb_cur_left(&c) ? n : fb_cur_left(&c);
            const uint8_t *p = fb_cur_take(&c, n);
            bits = fb_service_data(s, b & 1, p, n, total);
            total += n;
        }
        if (bits & FB_SVC_FLIP)
            fb_service_flip(s);
        struct fb_service_expect e;
        while (fb_service_take_expect(s, &e))
            total += e.resp_p & 1;
        if (strlen(fb_service_names(s)) > 95)
            abort();
        if (bits & FB_SVC_DONE)
            break;
    }
    fb_service_free(s);
    return 0;
}
