/* DCE/RPC, connection-oriented (C706, MS-RPCE): one whole fragment of version 5 confirms, after what its
 * authentication trailer holds. */
#include "replay/service/svc_gssapi.h"

#define DCE_HEADER    16
#define DCE_AUTH      8 /* trailer in front of the token */
#define DCE_PTYPE_MAX 19
#define DCE_FRAG_MAX  65535
#define AUTH_SPNEGO   9
#define AUTH_NTLM     10

/* Length of the fragment at p, of DCE_HEADER bytes; 0 when it is none. */
static size_t fragment_bytes(const uint8_t *p, size_t *auth)
{
    bool little = p[4] >> 4 != 0;
    size_t len = little ? fb_load_le16(p + 8) : fb_load_be16(p + 8);
    *auth = little ? fb_load_le16(p + 10) : fb_load_be16(p + 10);
    size_t trailer = *auth > 0 ? *auth + DCE_AUTH : 0;
    return p[0] == 5 && p[2] <= DCE_PTYPE_MAX && len >= DCE_HEADER + trailer ? len : 0;
}

static void authentication(struct svc *a, const uint8_t *end, size_t auth)
{
    uint8_t type = *(end - auth - DCE_AUTH);
    if (type == AUTH_SPNEGO)
        svc_gssapi_token(a, end - auth, auth);
    else if (type == AUTH_NTLM)
        svc_ntlm_message(a, end - auth, auth);
}

size_t svc_dce_rpc_fragments(struct svc *a, const uint8_t *p, size_t n)
{
    size_t done = 0, auth;
    while (n - done >= DCE_HEADER) {
        size_t len = fragment_bytes(p + done, &auth);
        if (len == 0)
            return SIZE_MAX;
        if (len > n - done)
            break;
        if (auth > 0)
            authentication(a, p + done + len, auth);
        svc_confirm_as(a, "dce_rpc");
        done += len;
    }
    return done;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    size_t done = svc_dce_rpc_fragments(a, p, n);
    if (done == SIZE_MAX) {
        svc_fail(a);
        return n;
    }
    if (done > 0)
        svc_confirm(a);
    return done;
}

const struct svc_proto svc_dce_rpc = {
    .name = "dce_rpc", .hold = DCE_FRAG_MAX, .partial_ok = true, .keep_on_fail = true, .parse = parse};
