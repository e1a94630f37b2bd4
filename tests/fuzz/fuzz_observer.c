/* Chunks with a direction into the product's observer, which tries every parser: byte 0 picks the transport,
 * bytes 1 and 2 the responder port; then a length byte with the direction in its low bit in front of each
 * chunk (0xfe and 0xff: a gap; 0xfd: the roles change), so that the fuzzer can cut at will. Every row that
 * comes out must be one of its definition. */
#include "intel/observer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                  struct fb_span row)
{
    struct fb_rec_cell c[FB_REC_COLS_MAX];
    (void)out;
    (void)at;
    if (row.n > FB_REC_BYTES_MAX || !fb_rec_read(def, row, c))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t protos[] = {6, 17, 1, 58};
    struct fb_observe_out out = {check};
    struct fb_seen at = {.ts_ns = 1, .ordinal = 1};
    struct fb_cur c = fb_cur_init(data, size);
    struct fb_observed_flow flow = {.orig_p = 40000};
    uint8_t first = fb_cur_u8(&c);
    flow.ip_proto = protos[first & 3];
    flow.partial = first & 4;
    flow.resp_p = fb_cur_be16(&c);
    flow.orig_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 1});
    flow.resp_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 2});
    if (first & 8)
        fb_intel_observer.packet(&at, flow.resp_p, NULL, NULL, c.p, fb_cur_left(&c), &out);
    void *s = fb_intel_observer.open(&flow);
    for (unsigned bits = 0; s && !(bits & FB_OBSERVE_DONE) && fb_cur_left(&c) > 0; at.ordinal++, at.ts_ns++) {
        uint8_t b = fb_cur_u8(&c);
        at.from_orig = b & 1;
        if (b >= 0xfe) {
            bits = fb_intel_observer.gap(s, &at, 1 + (uint64_t)fb_cur_u8(&c) * 100, &out);
        } else if (b == 0xfd) {
            fb_intel_observer.flip(s);
        } else {
            size_t n = (size_t)(b >> 1) * (b > 0xc0 ? 20 : 1);
            n = n < fb_cur_left(&c) ? n : fb_cur_left(&c);
            const uint8_t *p = fb_cur_take(&c, n);
            if (n)
                bits = fb_intel_observer.data(s, &at, p, n, &out);
        }
        if (fb_intel_observer.bytes(s) > 8u << 20)
            abort();
    }
    if (s)
        fb_intel_observer.close(s, &at, &out);
    return 0;
}
