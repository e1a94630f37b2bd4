/* HTTP over one session: byte 0 is the size of deliveries; the rest up to the first NUL is the client's, what
 * follows the server's. Every row must be one of its table. */
#include "intel/wire/http.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sink {
    struct fb_observe_out out;
    struct fb_buf rows;
};

static void put(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                struct fb_span row)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    (void)at;
    if (!fb_rec_read(def, row, cells))
        abort();
    fb_buf_put(&((struct sink *)(void *)out)->rows, row.p, row.n);
}

static void play(struct sink *s, struct fb_span client, struct fb_span server, size_t step)
{
    static const struct fb_observed_flow flow = {.ip_proto = 6};
    struct fb_span side[2] = {server, client};
    void *state = fb_proto_http.ops.open(&flow);
    bool done = !state;
    *s = (struct sink){.out.put = put};
    fb_buf_init(&s->rows, (size_t)64 << 20);
    for (unsigned orig = 2; orig-- > 0;) {
        struct fb_seen at = {.from_orig = orig};
        for (size_t i = 0; i < side[orig].n && !done; i += step) {
            size_t n = side[orig].n - i < step ? side[orig].n - i : step;
            done = fb_proto_http.ops.data(state, &at, side[orig].p + i, n, &s->out) & FB_OBSERVE_DONE;
        }
    }
    struct fb_seen end = {0};
    if (state)
        fb_proto_http.ops.close(state, &end, &s->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sink pieces;
    if (size < 2)
        return 0;
    const uint8_t *nul = memchr(data + 1, 0, size - 1);
    size_t n = nul ? (size_t)(nul - data) - 1 : size - 1;
    struct fb_span client = {data + 1, n}, server = {data + 1 + n, size - 1 - n};
    play(&pieces, client, server, 1 + (size_t)data[0]);
    fb_buf_release(&pieces.rows);
    return 0;
}
