/* LDAP (RFC 4511) over TCP and UDP: one whole message confirms, after what its SASL credentials hold. A good
 * answer to StartTLS hands over to TLS. After a SASL bind the stream may be wrapped, so that nothing more is
 * read. */
#include "replay/service/svc_ber.h"
#include "replay/service/svc_gssapi.h"

#define LDAP_MESSAGE_MAX 262144
#define OP_BIND_REQUEST  0x60
#define OP_BIND_RESPONSE 0x61
#define OP_EXT_REQUEST   0x77
#define OP_EXT_RESPONSE  0x78

struct ldap_state {
    bool starttls, sasl;
};

static bool known_op(uint8_t tag)
{
    return (tag >= 0x60 && tag <= 0x79 && tag != 0x7a) || tag == 0x42 || tag == 0x4a || tag == 0x50;
}

/* Bind request: version, name, [3] { mechanism, credentials }. */
static void bind_request(struct svc *a, struct ldap_state *st, struct fb_cur op)
{
    uint8_t tag;
    (void)svc_ber_int(&op);
    (void)svc_ber_expect(&op, 0x04);
    struct fb_cur auth = svc_ber_take(&op, &tag);
    if (!fb_cur_ok(&auth) || tag != 0xa3)
        return;
    struct fb_cur mech = svc_ber_expect(&auth, 0x04);
    struct fb_cur cred = svc_ber_take(&auth, &tag);
    st->sasl = true;
    bool gss = fb_cur_left(&mech) >= 3 && (memcmp(mech.p, "GSS", 3) == 0);
    if (gss && fb_cur_ok(&cred))
        svc_gssapi_token(a, cred.p, fb_cur_left(&cred));
}

/* resultCode, matchedDN, diagnosticMessage, ... [7] serverSaslCreds. */
static int64_t result(struct svc *a, struct fb_cur op, bool bind)
{
    struct fb_cur code = svc_ber_expect(&op, 0x0a);
    int64_t v = fb_cur_left(&code) == 1 ? fb_cur_u8(&code) : -1;
    while (bind && fb_cur_left(&op) > 0) {
        uint8_t tag;
        struct fb_cur f = svc_ber_take(&op, &tag);
        if (tag == 0x87 && fb_cur_ok(&f))
            svc_gssapi_token(a, f.p, fb_cur_left(&f));
    }
    return v;
}

static void operation(struct svc *a, bool from_orig, uint8_t tag, struct fb_cur op)
{
    static const char starttls_oid[] = "1.3.6.1.4.1.1466.20037";
    struct ldap_state *st = a->state;
    if (tag == OP_BIND_REQUEST) {
        bind_request(a, st, op);
    } else if (tag == OP_EXT_REQUEST) {
        uint8_t t;
        struct fb_cur name = svc_ber_take(&op, &t);
        st->starttls = fb_cur_left(&name) == sizeof starttls_oid - 1 &&
                       memcmp(name.p, starttls_oid, sizeof starttls_oid - 1) == 0;
    }
    int64_t code =
        tag == OP_BIND_RESPONSE || tag == OP_EXT_RESPONSE ? result(a, op, tag == OP_BIND_RESPONSE) : -1;
    svc_confirm(a);
    if (!from_orig && tag == OP_EXT_RESPONSE && st->starttls && code == 0)
        svc_become(a, &svc_ssl);
    if (!from_orig && tag == OP_BIND_RESPONSE && code == 0)
        a->settled = true; /* TLS starts before the bind or not at all */
    if (!from_orig && tag == OP_BIND_RESPONSE && st->sasl && code == 0) {
        a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
        a->settled = true;
    }
}

/* One message; false when it is none. `more`: it is not whole. */
static bool message(struct svc *a, bool from_orig, struct fb_cur *c, bool *more)
{
    uint8_t tag;
    uint64_t len;
    struct fb_cur head = *c;
    *more = false;
    if (!svc_ber_head(&head, &tag, &len)) {
        *more = fb_cur_left(c) < 6;
        return *more;
    }
    if (tag != 0x30 || len < 5 || len > LDAP_MESSAGE_MAX)
        return false;
    if (len > fb_cur_left(&head)) {
        *more = true;
        return true;
    }
    struct fb_cur msg = svc_ber_take(c, &tag);
    int64_t id = svc_ber_int(&msg);
    struct fb_cur op = svc_ber_take(&msg, &tag);
    if (id < 0 || !fb_cur_ok(&op) || !known_op(tag))
        return false;
    operation(a, from_orig, tag, op);
    return true;
}

static size_t parse_tcp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    bool more;
    if (!message(a, from_orig, &c, &more)) {
        svc_fail(a);
        return n;
    }
    return more ? 0 : n - fb_cur_left(&c);
}

static size_t parse_udp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    bool more;
    if (!message(a, from_orig, &c, &more) || more)
        svc_fail(a);
    a->settled = a->confirmed;
    return n;
}

const struct svc_proto svc_ldap_udp = {
    .name = "ldap_udp", .state_bytes = sizeof(struct ldap_state), .parse = parse_udp};
const struct svc_proto svc_ldap_tcp = {.name = "ldap_tcp",
                                       .hold = LDAP_MESSAGE_MAX + 8,
                                       .state_bytes = sizeof(struct ldap_state),
                                       .partial_ok = true,
                                       .parse = parse_tcp};
