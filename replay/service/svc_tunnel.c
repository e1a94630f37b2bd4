/* Bytes that belong to whatever runs inside (HTTP CONNECT): all go to a nested detector. */
#include "replay/service/svc.h"

struct tunnel_state {
    struct fb_service *inner;
};

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct tunnel_state *st = a->state;
    if (!st->inner && !(st->inner = svc_inner_new(a))) {
        svc_leave(a);
        return n;
    }
    svc_inner_data(a, st->inner, from_orig, p, n);
    return n;
}

static void release(struct svc *a)
{
    struct tunnel_state *st = a->state;
    fb_service_free(st->inner);
}

const struct svc_proto svc_tunnel = {
    .name = "", .hold = 64, .state_bytes = sizeof(struct tunnel_state), .parse = parse, .release = release};
