/* SSH (RFC 4253): both banners, both KEXINITs, then NEWKEYS confirms. SSH 1: the server's public key and the
 * client's session key. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define SSH_BANNER_MAX 8192
#define SSH_PACKET_MAX 262144
#define MSG_KEXINIT    20
#define MSG_NEWKEYS    21

struct ssh_state {
    bool banner[2], kexinit[2], version1, public_key;
};

static size_t banner(struct svc *a, struct ssh_state *st, unsigned d, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    if (svc_prefix(line, "SSH-")) {
        st->banner[d] = true;
        if (line.n > 6 && line.p[4] == '1' && line.p[5] == '.' && !svc_prefix(line, "SSH-1.99"))
            st->version1 = true;
    } else if (d == SVC_ORIG) {
        svc_fail(a); /* only a server may say something before its banner */
    }
    return used;
}

static void confirm(struct svc *a)
{
    svc_confirm(a);
    svc_signal(a, FB_SVC_LONG_IDLE);
    a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
    a->settled = true;
}

static size_t packet1(struct svc *a, struct ssh_state *st, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < 4)
        return 0;
    size_t len = fb_load_be32(p);
    if (len < 5 || len > SSH_PACKET_MAX) {
        svc_fail(a);
        return n;
    }
    size_t padding = 8 - len % 8;
    if (n < 5 + padding)
        return 0;
    uint8_t type = p[4 + padding];
    if (!from_orig && type == 2)
        st->public_key = true;
    if (from_orig && type == 3 && st->public_key)
        confirm(a);
    else
        svc_dir_of(a, from_orig)->skip = len - 1;
    return 5 + padding;
}

static size_t packet2(struct svc *a, struct ssh_state *st, bool from_orig, const uint8_t *p, size_t n)
{
    if (n < 6)
        return 0;
    uint32_t len = fb_load_be32(p);
    if (len < 2 || len > SSH_PACKET_MAX || p[4] >= len) {
        svc_fail(a);
        return n;
    }
    if (p[5] == MSG_KEXINIT)
        st->kexinit[from_orig ? SVC_ORIG : SVC_RESP] = true;
    if (p[5] == MSG_NEWKEYS && st->kexinit[0] && st->kexinit[1])
        confirm(a);
    else
        svc_dir_of(a, from_orig)->skip = len - 2;
    return 6;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct ssh_state *st = a->state;
    unsigned d = from_orig ? SVC_ORIG : SVC_RESP;
    if (!st->banner[d])
        return banner(a, st, d, p, n);
    return st->version1 ? packet1(a, st, from_orig, p, n) : packet2(a, st, from_orig, p, n);
}

const struct svc_proto svc_ssh = {
    .name = "ssh", .hold = SSH_BANNER_MAX, .state_bytes = sizeof(struct ssh_state), .parse = parse};
