/* SMB 1 and 2/3 over NetBIOS sessions or directly on TCP (MS-CIFS, MS-SMB2): three chunks with good headers
 * confirm. Authentication tokens in negotiate and session setup are looked at. Ignored on purpose: all other
 * commands. */
#include "replay/service/svc_gssapi.h"

#define SMB_LOOK_MAX   8192 /* of one message */
#define SMB_HEADER     32
#define SMB_CONFIRM    3  /* messages */
#define SMB_SETTLED    64 /* messages after which no new authentication is looked for */
#define SMB2_NEGOTIATE 0
#define SMB2_SETUP     1
#define SMB1_NEGOTIATE 0x72
#define SMB1_SETUP     0x73

struct smb_state {
    uint8_t messages;
};

/* `p`: SMB_HEADER bytes of header. */
static bool wants_token(const uint8_t *p)
{
    if (p[0] == 0xfe)
        return fb_load_le16(p + 12) == SMB2_NEGOTIATE || fb_load_le16(p + 12) == SMB2_SETUP;
    return p[0] == 0xff && (p[4] == SMB1_NEGOTIATE || p[4] == SMB1_SETUP);
}

static void count(struct svc *a)
{
    struct smb_state *st = a->state;
    if (st->messages < SMB_SETTLED)
        st->messages++;
    if (st->messages == SMB_CONFIRM)
        svc_confirm(a);
    a->settled = st->messages == SMB_SETTLED;
}

/* NetBIOS header, then as much of the message as it takes. */
static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < 4)
        return 0;
    size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (p[0] != 0) {
        /* Session request, its answers, keep-alive. */
        if (p[0] != 0x85 && (p[0] < 0x81 || p[0] > 0x84)) {
            svc_fail(a);
            return n;
        }
        svc_dir_of(a, from_orig)->skip = len;
        return 4;
    }
    if (len < 4)
        return 4;
    if (n < 8)
        return 0;
    if (memcmp(p + 5, "SMB", 3) != 0 || p[4] < 0xfc) {
        svc_fail(a);
        return n;
    }
    if (len >= SMB_HEADER && n < 4 + SMB_HEADER)
        return 0;
    size_t look = len < SMB_LOOK_MAX ? len : SMB_LOOK_MAX;
    if (len >= SMB_HEADER && wants_token(p + 4)) {
        if (n - 4 < look)
            return 0;
        svc_gssapi_scan(a, p + 4, look);
    }
    count(a);
    svc_dir_of(a, from_orig)->skip = len - 4;
    return 8;
}

const struct svc_proto svc_smb = {.name = "smb",
                                  .hold = SMB_LOOK_MAX + 8,
                                  .state_bytes = sizeof(struct smb_state),
                                  .keep_on_fail = true,
                                  .parse = parse};
