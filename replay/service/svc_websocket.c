/* WebSocket (RFC 6455) after its HTTP upgrade: confirmed by the upgrade; payload of data frames goes,
 * unmasked, to a nested detector. */
#include "replay/service/svc.h"

struct ws_dir {
    uint64_t left; /* of the frame's payload */
    uint8_t mask[4];
    uint8_t at; /* in the mask */
    bool masked, control;
};

struct ws_state {
    struct fb_service *inner;
    struct ws_dir d[2];
};

/* Length of the frame header at p, 0 when not complete. */
static size_t frame_header(struct ws_dir *d, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint8_t op = fb_cur_u8(&c) & 0x0f, b = fb_cur_u8(&c);
    uint64_t len = b & 0x7f;
    if (len == 126)
        len = fb_cur_be16(&c);
    else if (len == 127)
        len = fb_cur_be64(&c);
    uint8_t mask[4] = {0, 0, 0, 0};
    for (unsigned i = 0; (b & 0x80) && i < 4; i++)
        mask[i] = fb_cur_u8(&c);
    if (!fb_cur_ok(&c))
        return 0;
    d->left = len;
    d->masked = (b & 0x80) != 0;
    d->control = op >= 8;
    d->at = 0;
    memcpy(d->mask, mask, 4);
    return n - fb_cur_left(&c);
}

static void payload(struct svc *a, bool from_orig, struct ws_dir *d, const uint8_t *p, size_t n)
{
    struct ws_state *st = a->state;
    if (!d->masked) {
        svc_inner_data(a, st->inner, from_orig, p, n);
        return;
    }
    while (n > 0) {
        uint8_t plain[1024];
        size_t k = n < sizeof plain ? n : sizeof plain;
        for (size_t i = 0; i < k; i++)
            plain[i] = p[i] ^ d->mask[d->at++ & 3];
        svc_inner_data(a, st->inner, from_orig, plain, k);
        p += k;
        n -= k;
    }
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct ws_state *st = a->state;
    struct ws_dir *d = &st->d[from_orig ? SVC_ORIG : SVC_RESP];
    if (!st->inner && !(st->inner = svc_inner_new(a))) {
        svc_leave(a);
        return n;
    }
    if (d->left == 0) {
        size_t used = frame_header(d, p, n);
        if (used > 0)
            svc_confirm(a);
        return used;
    }
    size_t k = d->left < n ? (size_t)d->left : n;
    if (!d->control)
        payload(a, from_orig, d, p, k);
    d->left -= k;
    return k;
}

static void release(struct svc *a)
{
    struct ws_state *st = a->state;
    fb_service_free(st->inner);
}

const struct svc_proto svc_websocket = {.name = "websocket",
                                        .hold = 16,
                                        .state_bytes = sizeof(struct ws_state),
                                        .parse = parse,
                                        .release = release};
