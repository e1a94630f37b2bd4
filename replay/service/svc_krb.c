/* Kerberos (RFC 4120) over UDP and, with a length in front, over TCP: one message confirms. */
#include "replay/service/svc_gssapi.h"

#define KRB_TCP_MAX 65536

static size_t parse_udp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (svc_krb_message(p, n))
        svc_confirm(a);
    else
        svc_fail(a);
    a->settled = a->confirmed;
    return n;
}

static size_t parse_tcp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (n < 4)
        return 0;
    size_t len = fb_load_be32(p);
    if (len < 8 || len > KRB_TCP_MAX) {
        svc_fail(a);
        return n;
    }
    if (n - 4 < len)
        return 0;
    (void)parse_udp(a, from_orig, p + 4, len);
    return len + 4;
}

const struct svc_proto svc_krb = {.name = "krb", .parse = parse_udp};
const struct svc_proto svc_krb_tcp = {.name = "krb_tcp", .hold = KRB_TCP_MAX + 4, .parse = parse_tcp};
