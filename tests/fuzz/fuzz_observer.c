/* Chunks with a direction into the product's observer: byte 0 picks TCP, UDP, ICMPv6 or frames, bytes 1 and 2
 * the responder port; then a length byte with the direction in its low bit in front of each chunk (0xfe and
 * 0xff: a gap, a swap of roles), so that the fuzzer can cut at will. Every row must be one of its table. */
#include "intel/wire/observer.h"
#include "intel/wire/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    (void)out, (void)at;
    if (row.n > FB_REC_BYTES_MAX || !fb_rec_read(def, row, cells))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t protos[] = {6, 17, 58, 0};
    struct fb_cur c = fb_cur_init(data, size);
    struct fb_observe_out out = {put};
    struct fb_seen at = {0};
    struct fb_observed_flow flow = {.ip_proto = protos[fb_cur_u8(&c) & 3], .orig_p = 40000};
    flow.resp_p = fb_cur_be16(&c);
    flow.orig_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 1});
    flow.resp_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 2});
    if (flow.ip_proto == 0) {
        fb_intel_observer.packet(&at, flow.resp_p, NULL, NULL, c.p, fb_cur_left(&c), &out);
        return 0;
    }
    void *state = fb_intel_observer.open(&flow);
    bool done = !state;
    while (!done && fb_cur_left(&c) > 0) {
        uint8_t b = fb_cur_u8(&c);
        at.ordinal++;
        at.from_orig = b & 1;
        if (b == 0xff) {
            fb_intel_observer.flip(state);
        } else if (b == 0xfe) {
            at.from_orig = fb_cur_u8(&c) & 1;
            done =
                fb_intel_observer.gap(state, &at, 1 + (uint64_t)fb_cur_u8(&c) * 100, &out) & FB_OBSERVE_DONE;
        } else {
            size_t n = (size_t)(b >> 1) * (b > 0xc0 ? 20 : 1);
            n = n < fb_cur_left(&c) ? n : fb_cur_left(&c);
            const uint8_t *p = fb_cur_take(&c, n);
            done = n > 0 && (fb_intel_observer.data(state, &at, p, n, &out) & FB_OBSERVE_DONE);
        }
        if (fb_intel_observer.bytes(state) > (size_t)4 * FB_STATE_BYTES_MAX + 4096)
            abort();
    }
    if (state)
        fb_intel_observer.close(state, &at, &out);
    return 0;
}
