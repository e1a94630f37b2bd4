/* DTLS 1.0 and 1.2 (RFC 6347): a complete ClientHello, in one record or in fragments, confirms. */
#include "replay/service/svc.h"

#define DTLS_RECORD 13
#define STUN_HEADER 20
#define STUN_COOKIE 0x2112a442

static bool hello_version(const uint8_t *p)
{
    return p[0] == 0xfe && (p[1] == 0xff || p[1] == 0xfd);
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    struct fb_cur c = fb_cur_init(p, n);
    if (n >= STUN_HEADER && fb_load_be32(p + 4) == STUN_COOKIE)
        return n; /* STUN shares the ports of DTLS-SRTP (RFC 5764, section 5.1.2) */
    while (fb_cur_left(&c) > 0) {
        const uint8_t *rec = fb_cur_take(&c, DTLS_RECORD);
        if (!rec || rec[0] < 20 || rec[0] > 26 || rec[1] != 0xfe) {
            svc_fail(a);
            return n;
        }
        struct fb_cur body = fb_cur_sub(&c, fb_load_be16(rec + 11));
        if (!fb_cur_ok(&body)) {
            svc_fail(a);
            return n;
        }
        uint8_t type = fb_cur_u8(&body);
        uint32_t len = fb_cur_be24(&body);
        fb_cur_skip(&body, 2);
        uint32_t off = fb_cur_be24(&body), frag = fb_cur_be24(&body);
        bool last = off + frag == len && frag <= fb_cur_left(&body);
        bool hello = rec[0] == 22 && fb_cur_ok(&body) && type == 1 && rec[3] == 0 && rec[4] == 0;
        if (hello && last && (off > 0 || (fb_cur_left(&body) >= 2 && hello_version(body.p)))) {
            svc_confirm(a);
            a->settled = true;
        }
    }
    return n;
}

const struct svc_proto svc_dtls = {.name = "dtls", .parse = parse};
