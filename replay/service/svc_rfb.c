/* RFB, VNC (RFC 6143): the client's version message after the server's confirms. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define RFB_VERSION 12

struct rfb_state {
    bool server;
};

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct rfb_state *st = a->state;
    if (n < RFB_VERSION)
        return 0;
    bool version = memcmp(p, "RFB ", 4) == 0 && svc_is_digit(p[4]) && p[7] == '.' && p[11] == '\n';
    if (!version) {
        svc_fail(a);
        return n;
    }
    if (!from_orig) {
        st->server = true;
        a->dir[SVC_RESP].skip = UINT64_MAX;
    } else if (st->server) {
        svc_confirm(a);
        a->dir[SVC_ORIG].skip = UINT64_MAX;
        a->settled = true;
    }
    return RFB_VERSION;
}

const struct svc_proto svc_rfb = {
    .name = "rfb", .hold = RFB_VERSION, .state_bytes = sizeof(struct rfb_state), .parse = parse};
