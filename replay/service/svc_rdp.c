/* RDP (MS-RDPBCGR): the GCC conference data of either side confirms; a connection confirm that selects TLS
 * hands over to it. RDP over UDP (MS-RDPEUDP): the server's answer to a SYN confirms. */
#include "replay/service/svc.h"

#define TPKT_MAX     16384
#define X224_CONFIRM 0xd0
#define NEG_RESPONSE 2

struct rdpeudp_state {
    bool syn;
};

static bool has(const uint8_t *p, size_t n, const char *four)
{
    for (size_t i = 0; i + 4 <= n; i++)
        if (memcmp(p + i, four, 4) == 0)
            return true;
    return false;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < 4)
        return 0;
    size_t len = fb_load_be16(p + 2);
    if (p[0] != 3 || len < 7 || len > TPKT_MAX) {
        if (a->confirmed) {
            svc_leave(a); /* fast-path output and encrypted data follow */
            return n;
        }
        svc_fail(a);
        return n;
    }
    if (n < len)
        return 0;
    if (!from_orig && p[5] == X224_CONFIRM && len >= 19 && p[11] == NEG_RESPONSE && fb_load_le32(p + 15) != 0)
        svc_become(a, &svc_ssl);
    else if (has(p, len, from_orig ? "Duca" : "McDn")) {
        svc_confirm(a);
        a->settled = true;
    }
    return len;
}

static size_t parse_udp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct rdpeudp_state *st = a->state;
    if (n < 8) {
        svc_fail(a);
        return n;
    }
    unsigned flags = fb_load_be16(p + 6);
    if (from_orig && !st->syn) {
        st->syn = fb_load_be32(p) == 0xffffffff && (flags & 1);
        if (!st->syn)
            svc_fail(a);
    } else if (!from_orig && st->syn && (flags & 5) == 5) {
        svc_confirm(a);
        a->settled = true;
    }
    return n;
}

const struct svc_proto svc_rdp = {.name = "rdp", .hold = TPKT_MAX, .parse = parse};
const struct svc_proto svc_rdpeudp = {
    .name = "rdpeudp", .state_bytes = sizeof(struct rdpeudp_state), .parse = parse_udp};
