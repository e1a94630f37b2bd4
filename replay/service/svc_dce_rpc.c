/* DCE/RPC, connection-oriented (C706, MS-RPCE): one whole header of version 5 confirms. */
#include "replay/service/svc_gssapi.h"

#define DCE_HEADER 16

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < DCE_HEADER)
        return 0;
    bool little = (p[4] & 0x10) != 0;
    size_t len = little ? fb_load_le16(p + 8) : fb_load_be16(p + 8);
    if (p[0] != 5 || p[1] > 1 || p[2] > 19 || len < DCE_HEADER) {
        svc_fail(a);
        return n;
    }
    bool bind = p[2] >= 11 && p[2] <= 16;
    if (bind && n < len)
        return 0;
    if (bind)
        svc_gssapi_scan(a, p + DCE_HEADER, len - DCE_HEADER);
    svc_confirm(a);
    a->settled = true;
    svc_dir_of(a, from_orig)->skip = len - DCE_HEADER;
    return DCE_HEADER;
}

const struct svc_proto svc_dce_rpc = {.name = "dce_rpc", .hold = 65536, .keep_on_fail = true, .parse = parse};
