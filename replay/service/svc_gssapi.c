/* SPNEGO tokens (RFC 4178), Kerberos in GSS (RFC 4121), NTLM (MS-NLMP), and Kerberos messages (RFC 4120). */
#include "replay/service/svc_gssapi.h"

#include "replay/service/svc_ber.h"

#define NTLM_HEADER 12 /* signature and message type */

/* Bytes before the payload, by message type (MS-NLMP, section 2.2.1); other types have no form. */
static size_t ntlm_bytes(uint32_t type)
{
    static const uint8_t fixed[] = {0, 32, 48, 64};
    return type < sizeof fixed && fixed[type] ? fixed[type] : NTLM_HEADER;
}

void svc_ntlm_message(struct svc *a, const uint8_t *p, size_t n)
{
    if (n >= NTLM_HEADER && n >= ntlm_bytes(fb_load_le32(p + 8)))
        svc_confirm_as(a, "ntlm");
}

static bool is_ntlm(const uint8_t *p, size_t n)
{
    return n >= 7 && memcmp(p, "NTLMSSP", 7) == 0;
}

/* [APPLICATION 0] { OID, token id, message }. */
static void kerberos(struct svc *a, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint8_t tag;
    uint64_t len;
    (void)svc_ber_head(&c, &tag, &len);
    (void)svc_ber_take(&c, &tag);
    fb_cur_skip(&c, 2);
    if (fb_cur_ok(&c) && svc_krb_message(c.p, fb_cur_left(&c)))
        svc_confirm_as(a, "krb");
}

/* The mechToken or responseToken: [2] OCTET STRING in the sequence of a negotiation token. */
static void mechanism_token(struct svc *a, struct fb_cur seq)
{
    while (fb_cur_left(&seq) > 0) {
        uint8_t tag;
        struct fb_cur field = svc_ber_take(&seq, &tag);
        if (tag != 0xa2)
            continue;
        struct fb_cur token = svc_ber_expect(&field, 0x04);
        if (is_ntlm(token.p, fb_cur_left(&token)))
            svc_ntlm_message(a, token.p, fb_cur_left(&token));
        else if (fb_cur_peek(&token, 0) == 0x60)
            kerberos(a, token.p, fb_cur_left(&token));
    }
}

void svc_gssapi_token(struct svc *a, const uint8_t *p, size_t n)
{
    if (is_ntlm(p, n)) {
        svc_ntlm_message(a, p, n);
        return;
    }
    /* Tokens of RFC 4121, section 4.2.6, carry signed or sealed data. */
    if (n >= 2 && p[1] == 4 && (p[0] == 4 || p[0] == 5)) {
        svc_confirm_as(a, "gssapi");
        return;
    }
    struct fb_cur c = fb_cur_init(p, n);
    uint8_t tag;
    struct fb_cur in = svc_ber_take(&c, &tag);
    if (!fb_cur_ok(&in) || (tag != 0x60 && tag != 0xa1))
        return;
    if (tag == 0x60) {
        static const uint8_t krb5_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02};
        struct fb_cur oid = svc_ber_expect(&in, 0x06);
        if (fb_cur_left(&oid) == sizeof krb5_oid && memcmp(oid.p, krb5_oid, sizeof krb5_oid) == 0) {
            kerberos(a, p, n);
            svc_confirm_as(a, "gssapi");
            return;
        }
        in = svc_ber_expect(&in, 0xa0);
    }
    struct fb_cur seq = svc_ber_expect(&in, 0x30);
    if (!fb_cur_ok(&seq))
        return;
    mechanism_token(a, seq);
    svc_confirm_as(a, "gssapi");
}

void svc_gssapi_scan(struct svc *a, const uint8_t *p, size_t n)
{
    static const uint8_t spnego_oid[] = {0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02};
    for (size_t i = 0; i + 8 <= n; i++) {
        bool init = p[i] == 0x60 && n - i >= 12 && memchr(p + i + 2, 0x06, 4) != NULL;
        for (size_t k = 2; init && k <= 5 && i + k + sizeof spnego_oid <= n; k++)
            if (memcmp(p + i + k, spnego_oid, sizeof spnego_oid) == 0) {
                svc_gssapi_token(a, p + i, n - i);
                return;
            }
        if (p[i] == 0xa1 && (p[i + 1] < 0x80    ? p[i + 2] == 0x30
                             : p[i + 1] == 0x81 ? p[i + 3] == 0x30
                                                : p[i + 1] == 0x82 && p[i + 4] == 0x30)) {
            svc_gssapi_token(a, p + i, n - i);
            return;
        }
        if (is_ntlm(p + i, n - i)) {
            svc_ntlm_message(a, p + i, n - i);
            return;
        }
    }
}

bool svc_krb_message(const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint8_t app, tag;
    uint64_t len;
    if (!svc_ber_head(&c, &app, &len) ||
        !((app >= 0x6a && app <= 0x6f) || (app >= 0x74 && app <= 0x76) || app == 0x7e))
        return false;
    if (!svc_ber_head(&c, &tag, &len) || tag != 0x30)
        return false;
    struct fb_cur version = svc_ber_take(&c, &tag);
    return (tag == 0xa0 || tag == 0xa1) && svc_ber_int(&version) == 5;
}
