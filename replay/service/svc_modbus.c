/* Modbus/TCP: whole frames of protocol id 0 in both directions confirm. */
#include "replay/service/svc.h"

#define MBAP     7
#define MBAP_MAX 260

struct modbus_state {
    bool seen[2];
};

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct modbus_state *st = a->state;
    if (n < MBAP + 1)
        return 0;
    size_t len = fb_load_be16(p + 4);
    unsigned function = p[7] & 0x7f;
    if (fb_load_be16(p + 2) != 0 || len < 2 || len > MBAP_MAX || function == 0) {
        svc_fail(a);
        return n;
    }
    if (n < len + 6)
        return 0;
    st->seen[from_orig ? SVC_ORIG : SVC_RESP] = true;
    if (st->seen[0] && st->seen[1]) {
        svc_confirm(a);
        a->settled = true;
    }
    return len + 6;
}

const struct svc_proto svc_modbus = {
    .name = "modbus", .hold = MBAP_MAX + 6, .state_bytes = sizeof(struct modbus_state), .parse = parse};
