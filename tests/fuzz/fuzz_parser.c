/* One parser of intel/wire by itself, whether it would want the bytes or not: byte 0 picks it, then chunks as
 * in fuzz_observer. Every row must be one of its table, and a state must keep to its ceiling. */
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

static const struct fb_intel_proto *pick(uint8_t b)
{
    size_t n = 0, i = 0;
    while (fb_intel_protos[n])
        n++;
    for (i = b % n; !fb_intel_protos[i]->wants; i = (i + 1) % n)
        ;
    return fb_intel_protos[i];
}

/* TCP or UDP: the one that it asks for with a port and first bytes of its own decides nothing here. */
static const struct fb_observed_flow *flow_of(uint8_t b)
{
    static const struct fb_observed_flow flows[] = {
        {.ip_proto = 6, .orig_p = 40000, .resp_p = 53},   {.ip_proto = 17, .orig_p = 40000, .resp_p = 53},
        {.ip_proto = 17, .orig_p = 68, .resp_p = 67},     {.ip_proto = 17, .orig_p = 546, .resp_p = 547},
        {.ip_proto = 17, .orig_p = 5353, .resp_p = 5353}, {.ip_proto = 17, .orig_p = 137, .resp_p = 137},
        {.ip_proto = 58, .orig_p = 134, .resp_p = 133},   {.ip_proto = 6, .orig_p = 40000, .resp_p = 443}};
    return &flows[b & 7];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_cur c = fb_cur_init(data, size);
    struct fb_observe_out out = {put};
    struct fb_seen at = {0};
    const struct fb_intel_proto *proto = pick(fb_cur_u8(&c));
    const struct fb_observed_flow *flow = flow_of(fb_cur_u8(&c));
    if (fb_cur_left(&c) > 0)
        (void)proto->wants(flow, true, c.p, fb_cur_left(&c));
    void *state = proto->ops.open(flow);
    bool done = !state;
    while (!done && fb_cur_left(&c) > 0) {
        uint8_t b = fb_cur_u8(&c);
        at.ordinal++;
        at.from_orig = b & 1;
        unsigned bits = 0;
        if (b == 0xff && proto->ops.flip) {
            proto->ops.flip(state);
        } else if (b == 0xfe && proto->ops.gap) {
            bits = proto->ops.gap(state, &at, 1 + (uint64_t)fb_cur_u8(&c) * 100, &out);
        } else {
            size_t n = (size_t)(b >> 1) * (b > 0xc0 ? 40 : 1);
            n = n < fb_cur_left(&c) ? n : fb_cur_left(&c);
            const uint8_t *p = fb_cur_take(&c, n);
            bits = n > 0 ? proto->ops.data(state, &at, p, n, &out) : 0;
        }
        done = bits & (FB_OBSERVE_DONE | FB_PROTO_AGAIN);
        if (proto->ops.bytes(state) > FB_STATE_BYTES_MAX)
            abort();
    }
    if (state)
        proto->ops.close(state, &at, &out);
    return 0;
}
