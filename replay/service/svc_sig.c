/* Signatures: a switch on the first byte for those that are anchored there, and a look through the lines for
 * the text protocols whose first command may be anything. A rule is one half, or two halves of which each
 * must show in its direction. */
#include "replay/service/svc_sig.h"

#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

enum half {
    H_HTTP,
    H_TLS,
    H_SSH,
    H_SMTP_C,
    H_SMTP_S,
    H_FTP_C,
    H_FTP_S,
    H_POP3_C,
    H_POP3_S,
    H_IRC_C,
    H_IRC_S,
    H_IRC_SERVER,
    H_RFB,
    H_SMB,
    H_DCE_RPC,
    H_MQTT,
    H_XMPP,
    H_LDAP_C,
    H_SEQUENCE,
    H_PG_SSL_C,
    H_PG_SSL_S,
    H_PG_C,
    H_PG_S,
    H_REDIS_C,
    H_REDIS_S,
    H_SOCKS4_C,
    H_SOCKS4_S,
    H_SOCKS5_C,
    H_SOCKS5_S,
    H_RDP_C,
    H_RDP_S,
    H_DNP3,
    H_KRB,
    H_SIP,
    H_DHCP,
    H_QUIC,
    H_DTLS,
    H_RDPEUDP,
    H_LDAP_UDP_C,
    H_SEQUENCE_UDP,
    H_KRB_TCP
};
#define BIT(h) (UINT64_C(1) << (h))

struct rule {
    uint8_t orig, resp; /* enum half */
    uint8_t either;     /* one direction is enough: `orig` in any */
    uint8_t id;         /* enum svc_id */
};

static const struct rule rules[] = {
    {H_HTTP, 0, 1, SVC_HTTP},
    {H_TLS, 0, 1, SVC_SSL},
    {H_SSH, H_SSH, 0, SVC_SSH},
    {H_SMTP_C, H_SMTP_S, 0, SVC_SMTP},
    {H_FTP_C, H_FTP_S, 0, SVC_FTP},
    {H_POP3_C, H_POP3_S, 0, SVC_POP3},
    {H_IRC_C, H_IRC_S, 0, SVC_IRC},
    {H_IRC_SERVER, H_IRC_SERVER, 0, SVC_IRC},
    {H_RFB, H_RFB, 0, SVC_RFB},
    {H_SMB, 0, 1, SVC_SMB},
    {H_DCE_RPC, 0, 1, SVC_DCE_RPC},
    {H_MQTT, 0, 1, SVC_MQTT},
    {H_XMPP, 0, 1, SVC_XMPP},
    {H_LDAP_C, H_SEQUENCE, 0, SVC_LDAP_TCP},
    {H_SEQUENCE, H_LDAP_C, 0, SVC_LDAP_TCP},
    {H_LDAP_UDP_C, H_SEQUENCE_UDP, 0, SVC_LDAP_UDP},
    {H_SEQUENCE_UDP, H_LDAP_UDP_C, 0, SVC_LDAP_UDP},
    {H_PG_SSL_C, H_PG_SSL_S, 0, SVC_POSTGRESQL},
    {H_PG_C, H_PG_S, 0, SVC_POSTGRESQL},
    {H_REDIS_C, H_REDIS_S, 0, SVC_REDIS},
    {H_SOCKS4_C, H_SOCKS4_S, 0, SVC_SOCKS},
    {H_SOCKS4_S, H_SOCKS4_C, 0, SVC_SOCKS},
    {H_SOCKS5_C, H_SOCKS5_S, 0, SVC_SOCKS},
    {H_RDP_C, H_RDP_S, 0, SVC_RDP},
    {H_DNP3, H_DNP3, 0, SVC_DNP3_TCP},
    {H_KRB, 0, 1, SVC_KRB},
    {H_KRB_TCP, 0, 1, SVC_KRB_TCP},
    {H_SIP, 0, 1, SVC_SIP},
    {H_DHCP, 0, 1, SVC_DHCP},
    {H_QUIC, 0, 1, SVC_QUIC},
    {H_DTLS, 0, 1, SVC_DTLS},
    {H_RDPEUDP, 0, 1, SVC_RDPEUDP},
};

uint64_t svc_sig_attach(uint64_t orig_halves, uint64_t resp_halves)
{
    uint64_t set = 0;
    if ((orig_halves | resp_halves) == 0)
        return 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *r = &rules[i];
        bool hit = r->either ? ((orig_halves | resp_halves) & BIT(r->orig)) != 0
                             : (orig_halves & BIT(r->orig)) && (resp_halves & BIT(r->resp));
        if (hit)
            set |= UINT64_C(1) << r->id;
    }
    return set;
}

/* ---- text ---- */

bool svc_http_method(struct fb_span s)
{
    static const char *const methods[] = {
        "GET",           "POST",        "HEAD",          "PUT",
        "OPTIONS",       "CONNECT",     "DELETE",        "TRACE",
        "PATCH",         "PROPFIND",    "PROPPATCH",     "MKCOL",
        "COPY",          "MOVE",        "LOCK",          "UNLOCK",
        "ACL",           "SEARCH",      "REPORT",        "MERGE",
        "CHECKOUT",      "CHECKIN",     "UNCHECKOUT",    "BASELINE-CONTROL",
        "MKACTIVITY",    "MKWORKSPACE", "LABEL",         "VERSION-CONTROL",
        "ORDERPATCH",    "BIND",        "REBIND",        "UNBIND",
        "LINK",          "UNLINK",      "UPDATE",        "MKCALENDAR",
        "MKREDIRECTREF", "BCOPY",       "BDELETE",       "BMOVE",
        "BPROPFIND",     "BPROPPATCH",  "NOTIFY",        "POLL",
        "SUBSCRIBE",     "UNSUBSCRIBE", "X-MS-ENUMATTS", "RPC_IN_DATA",
        "RPC_OUT_DATA",
    };
    s = svc_ltrim(s);
    if (s.n < 3 || s.p[0] < 'A' || s.p[0] > 'X')
        return false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        size_t len = strlen(methods[i]);
        if (s.n >= len && s.p[0] == (uint8_t)methods[i][0] && memcmp(s.p, methods[i], len) == 0)
            return true;
    }
    return false;
}

/* Three digits, then a byte that is not one. */
static bool reply_code(struct fb_span s, const char *code)
{
    return s.n > 3 && memcmp(s.p, code, 3) == 0 && !svc_is_digit(s.p[3]);
}

static uint64_t client_line(struct fb_span s, bool *user, bool *nick)
{
    uint64_t h = 0;
    s = svc_ltrim(s);
    if (s.n < 4)
        return 0;
    switch (svc_lower(s.p[0])) {
    case 'h':
        return svc_prefix(s, "helo") ? BIT(H_SMTP_C) : 0;
    case 'e':
        return svc_prefix(s, "ehlo") ? BIT(H_SMTP_C) : 0;
    case 'c':
        return svc_prefix(s, "capa") ? BIT(H_POP3_C) : 0;
    case 'a':
        return svc_prefix(s, "auth") || svc_prefix(s, "apop ") ? BIT(H_POP3_C) : 0;
    case 'u':
        if (svc_prefix(s, "user "))
            h = BIT(H_FTP_C) | BIT(H_POP3_C);
        *user |= h != 0;
        break;
    case 'n':
        *nick |= svc_prefix(s, "nick ");
        break;
    case 's':
        if (svc_prefix(s, "stls"))
            return BIT(H_POP3_C);
        return svc_prefix(s, "server ") && svc_contains(s, " :") ? BIT(H_IRC_SERVER) : 0;
    default:
        break;
    }
    return *user && *nick ? h | BIT(H_IRC_C) : h;
}

static uint64_t client_lines(const uint8_t *p, size_t n)
{
    uint64_t h = 0;
    bool user = false, nick = false;
    struct fb_span line;
    size_t used;
    while (n > 0 && (used = svc_line(p, n, &line)) > 0) {
        h |= client_line(line, &user, &nick);
        p += used;
        n -= used;
    }
    /* A command need not be complete to be one; IRC's must be. */
    bool u = false, k = false;
    return h | client_line((struct fb_span){p, n}, &u, &k);
}

/* FTP's 230 or 331 on a later line than the greeting, IRC's numeric on any line. */
static uint64_t server_lines(const uint8_t *p, size_t n)
{
    uint64_t h = 0;
    bool greeted = false;
    while (n > 0) {
        struct fb_span s = {p, n};
        while (s.n > 0 && s.p[0] == ' ') {
            s.p++;
            s.n--;
        }
        if (greeted && (reply_code(s, "230") || reply_code(s, "331")))
            h |= BIT(H_FTP_S);
        greeted |= reply_code(s, "220") || reply_code(s, "120");
        if (s.n > 1 && s.p[0] == ':')
            (void)svc_word(&s), s = (struct fb_span){s.p + (s.n > 0), s.n - (s.n > 0)};
        if (s.n > 3 && svc_is_digit(s.p[0]) && svc_is_digit(s.p[1]) && svc_is_digit(s.p[2]) && s.p[3] == ' ')
            h |= BIT(H_IRC_S);
        const uint8_t *lf = memchr(p, '\n', n);
        if (!lf)
            break;
        n -= (size_t)(lf + 1 - p);
        p = lf + 1;
    }
    return h;
}

static uint64_t redis_server(const uint8_t *p, size_t n)
{
    if (!memchr(p, '\n', n) || !strchr("+-:$*#(!=%~>_,", p[0]))
        return 0;
    bool text = p[0] == '+' || p[0] == '-' || p[0] == '_' || p[0] == ',';
    size_t at = n > 1 && (p[1] == '+' || p[1] == '-') ? 2 : 1;
    return text || (at < n && svc_is_digit(p[at])) ? BIT(H_REDIS_S) : 0;
}

static uint64_t redis_client(const uint8_t *p, size_t n)
{
    struct fb_span s = {p + 1, n - 1};
    uint64_t v;
    return svc_number(&s, 1U << 20, &v) && s.n > 2 && s.p[0] == '\r' && s.p[1] == '\n' && s.p[2] == '$'
               ? BIT(H_REDIS_C)
               : 0;
}

static uint64_t xmpp(const uint8_t *p, size_t n)
{
    struct fb_span s = svc_ltrim((struct fb_span){p, n});
    if (svc_prefix(s, "<?xml")) {
        const uint8_t *end = memchr(s.p, '>', s.n);
        if (!end)
            return 0;
        s = svc_ltrim((struct fb_span){end + 1, s.n - (size_t)(end + 1 - s.p)});
    }
    if (!svc_prefix(s, "<stream:stream "))
        return 0;
    const uint8_t *end = memchr(s.p, '>', s.n);
    struct fb_span tag = {s.p, end ? (size_t)(end - s.p) : s.n};
    return svc_contains(tag, "xmlns='jabber:") || svc_contains(tag, "xmlns=\"jabber:") ? BIT(H_XMPP) : 0;
}

/* ---- binary ---- */

static uint64_t tls(const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    if (p[0] == 0x15)
        fb_cur_skip(&c, 7);
    if (fb_cur_u8(&c) != 0x16 || fb_cur_u8(&c) != 3 || fb_cur_u8(&c) > 3)
        return 0;
    fb_cur_skip(&c, 2);
    uint8_t type = fb_cur_u8(&c);
    fb_cur_skip(&c, 3);
    uint8_t major = fb_cur_u8(&c), minor = fb_cur_u8(&c);
    if (!fb_cur_ok(&c) || (type != 1 && type != 2))
        return 0;
    bool known =
        (major == 3 && minor <= (type == 2 ? 4 : 3)) || (type == 2 && major == 0x7f && minor <= 0x50);
    return known ? BIT(H_TLS) : 0;
}

/* BER: SEQUENCE, INTEGER, then the tag of the operation. */
static int ldap_tag(const uint8_t *p, size_t n)
{
    struct fb_cur c = fb_cur_init(p, n);
    if (fb_cur_u8(&c) != 0x30)
        return -1;
    uint8_t len = fb_cur_u8(&c);
    if (len < 5 || len > 0x84 || len == 0x80)
        return -1;
    if (len > 0x80)
        fb_cur_skip(&c, len & 0x7f);
    uint8_t integer = fb_cur_u8(&c), id_len = fb_cur_u8(&c);
    if (integer != 2 || id_len < 1 || id_len > 4)
        return -1;
    fb_cur_skip(&c, id_len);
    uint8_t tag = fb_cur_u8(&c);
    return fb_cur_ok(&c) ? tag : -1;
}

/* CLDAP has bind, search and extended requests only. */
static uint64_t sequence(bool datagram, const uint8_t *p, size_t n)
{
    int tag = ldap_tag(p, n);
    bool common = tag == 0x60 || tag == 0x63 || tag == 0x77;
    bool stream = common || tag == 0x4a || tag == 0x66 || tag == 0x68 || tag == 0x6c || tag == 0x6e;
    if (datagram)
        return BIT(H_SEQUENCE_UDP) | (common ? BIT(H_LDAP_UDP_C) : 0);
    return BIT(H_SEQUENCE) | (stream ? BIT(H_LDAP_C) : 0);
}

static uint64_t mqtt(const uint8_t *p, size_t n)
{
    for (size_t i = 4; i < 8 && i + 1 < n; i++)
        if (p[i] == 'M' && p[i + 1] == 'Q')
            return BIT(H_MQTT);
    return 0;
}

static uint64_t postgres_client(const uint8_t *p, size_t n)
{
    static const uint8_t ssl_request[8] = {0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f};
    if (n >= 8 && memcmp(p, ssl_request, 8) == 0)
        return BIT(H_PG_SSL_C);
    if (n < 13 || p[4] != 0 || p[5] != 3 || p[6] != 0)
        return 0;
    struct fb_span s = {p + 7, n - 7 < 262 ? n - 7 : 262};
    for (; s.n >= 5; s.p++, s.n--)
        if (memcmp(s.p, "user", 5) == 0)
            return BIT(H_PG_C);
    return 0;
}

static uint64_t rdp(const uint8_t *p, size_t n)
{
    struct fb_span s = {p, n};
    if (p[0] != 3)
        return 0;
    uint64_t h = n > 5 && p[5] == 0xd0 ? BIT(H_RDP_S) : 0;
    if (svc_contains(s, "McDn"))
        h |= BIT(H_RDP_S);
    if (svc_contains(s, "Cookie: mstshash="))
        h |= BIT(H_RDP_C);
    if (svc_contains(s, "Duca") && (svc_contains(s, "rdpdr") || svc_contains(s, "rdpsnd") ||
                                    svc_contains(s, "drdynvc") || svc_contains(s, "cliprdr")))
        h |= BIT(H_RDP_C);
    return h;
}

static uint64_t socks(bool from_orig, const uint8_t *p, size_t n)
{
    if (p[0] == 4 && n > 8 && (p[1] == 1 || p[1] == 2) && memchr(p + 2, 0, n - 2 < 33 ? n - 2 : 33))
        return BIT(H_SOCKS4_C);
    if (p[0] == 0 && n > 1 && p[1] >= 0x5a && p[1] <= 0x5d)
        return BIT(H_SOCKS4_S);
    if (p[0] == 5 && from_orig && n > 2 && p[2] <= 2)
        return BIT(H_SOCKS5_C);
    if (p[0] == 5 && !from_orig && n > 1 && p[1] <= 2)
        return BIT(H_SOCKS5_S);
    return 0;
}

static bool is_krb(const uint8_t *p, size_t n)
{
    /* [APPLICATION 10 or 12], SEQUENCE, [1] INTEGER 5; lengths of one to four bytes. */
    if (n < 10 || !((p[0] >= 0x6a && p[0] <= 0x6d) || p[0] == 0x7e))
        return false;
    size_t at = 1 + (p[1] & 0x80 ? 1 + (size_t)(p[1] & 3) : 1);
    if (at + 2 >= n || p[at] != 0x30)
        return false;
    at += 1 + (p[at + 1] & 0x80 ? 1 + (size_t)(p[at + 1] & 3) : 1);
    return at + 5 <= n && (p[at] == 0xa1 || p[at] == 0xa0) && p[at + 1] == 3 && p[at + 2] == 2 &&
           p[at + 3] == 1 && p[at + 4] == 5;
}

/* What hangs on the first byte alone. */
static uint64_t by_first_byte(bool from_orig, const uint8_t *p, size_t n)
{
    switch (p[0]) {
    case 0x16:
    case 0x15:
        return tls(p, n);
    case 'S':
    case 's':
        return (n > 5 && svc_prefix((struct fb_span){p, n}, "ssh-") && (p[4] == '1' || p[4] == '2') &&
                        p[5] == '.'
                    ? BIT(H_SSH)
                    : 0) |
               (n == 1 ? BIT(H_PG_SSL_S) : 0);
    case 'N':
        return n == 1 ? BIT(H_PG_SSL_S) : 0;
    case 'R':
        return n > 2 && p[1] == 'F' && p[2] == 'B' ? BIT(H_RFB) : 0;
    case '+':
        return n > 2 && !from_orig && p[1] == 'O' && p[2] == 'K' ? BIT(H_POP3_S) : 0;
    case 0x30:
        return sequence(false, p, n);
    case 0x03:
        return rdp(p, n);
    case 0x00:
    case 0x04:
        return socks(from_orig, p, n);
    case 0x05: {
        uint64_t h = socks(from_orig, p, n);
        if (n > 3 && p[1] <= 1 && p[2] <= 0x13 && p[3] == 3)
            h |= BIT(H_DCE_RPC);
        return n > 1 && p[1] == 0x64 ? h | BIT(H_DNP3) : h;
    }
    case '<':
        return xmpp(p, n);
    case '*':
        return from_orig ? redis_client(p, n) : 0;
    default:
        return 0;
    }
}

uint64_t svc_sig_tcp(bool from_orig, const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    uint64_t h = by_first_byte(from_orig, p, n);
    struct fb_span s = {p, n};
    if (n > 7 && (p[4] == 0xfe || p[4] == 0xff) && memcmp(p + 5, "SMB", 3) == 0)
        h |= BIT(H_SMB);
    if (p[0] == 0x10)
        h |= mqtt(p, n);
    if (p[0] == 0 && n > 4 && is_krb(p + 4, n - 4))
        h |= BIT(H_KRB_TCP);
    if (from_orig) {
        if (svc_http_method(s))
            return h | BIT(H_HTTP);
        if (p[0] < 0x08)
            return h | postgres_client(p, n);
        return h == 0 || (h & BIT(H_SSH)) ? h | client_lines(p, n) : h;
    }
    if (n > 5 && svc_prefix(s, "http/") && svc_is_digit(p[5]))
        return h | BIT(H_HTTP);
    if (reply_code(svc_ltrim(s), "220") && (svc_ltrim(s).p[3] == ' ' || svc_ltrim(s).p[3] == '-'))
        h |= BIT(H_SMTP_S);
    if ((svc_is_alpha(p[0]) || svc_is_digit(p[0])) && n > 4 && p[1] == 0 && p[2] == 0)
        h |= BIT(H_PG_S);
    if (svc_is_space(p[0]) || svc_is_digit(p[0]) || svc_is_alpha(p[0]) || p[0] == ':')
        h |= server_lines(p, n) | client_lines(p, n);
    return h | redis_server(p, n);
}

static bool has_dhcp_cookie(const uint8_t *p, size_t n)
{
    return n >= 240 && fb_load_be32(p + 236) == 0x63825363;
}

static bool is_sip(const uint8_t *p, size_t n)
{
    struct fb_span s = {p, n}, line;
    if (svc_line(p, n, &line) == 0 || line.n < 8)
        return false;
    if (svc_prefix(s, "SIP/") && svc_is_digit(p[4]))
        return true;
    return svc_is_alpha(p[0]) && memcmp(line.p + line.n - 8, " SIP/", 5) == 0;
}

static bool is_dtls_client(const uint8_t *p, size_t n)
{
    return n >= 27 && p[0] == 0x16 && p[1] == 0xfe && (p[2] == 0xff || p[2] == 0xfd) && p[13] == 1 &&
           p[25] == 0xfe && (p[26] == 0xff || p[26] == 0xfd) && fb_load_be32(p + 3) == 0 && p[7] == 0 &&
           p[8] == 0 && p[9] == 0;
}

static bool is_quic(const uint8_t *p, size_t n)
{
    if (n < 7 || (p[0] & 0xc0) != 0xc0)
        return false;
    uint32_t v = fb_load_be32(p + 1);
    return ((p[0] & 0xf0) == 0xc0 && v == 1) || ((p[0] & 0xf0) == 0xd0 && v == 0x6b3343cf);
}

uint64_t svc_sig_udp(const uint8_t *p, size_t n)
{
    uint64_t h = 0;
    if (n < 7)
        return 0;
    if (has_dhcp_cookie(p, n))
        h |= BIT(H_DHCP);
    if (p[0] >= 0xc0 && is_quic(p, n))
        h |= BIT(H_QUIC);
    if (n == 1232 && fb_load_be32(p) == 0xffffffff && p[7] == 1)
        h |= BIT(H_RDPEUDP);
    if (p[0] == 0x16 && is_dtls_client(p, n))
        h |= BIT(H_DTLS);
    if (p[0] == 0x30)
        h |= sequence(true, p, n);
    if (p[0] >= 0x60 && p[0] < 0x80 && is_krb(p, n))
        h |= BIT(H_KRB);
    if (svc_is_alpha(p[0]) && is_sip(p, n))
        h |= BIT(H_SIP);
    return h;
}
