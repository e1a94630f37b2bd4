#include "intel/wire/upgrade_units.h"

#include "base/cursor.h"

#define LDAP_HEAD_MAX 24  /* the head, the message id and the tag of the operation */
#define LDAP_WHOLE    256 /* StartTLS and its reply are shorter */
#define MYSQL_LOGIN   36  /* SSLRequest, its head included */
#define XMPP_TAG      16  /* bytes that the start of a tag takes, at most */

enum { LDAP_BIND = 0x60, LDAP_SEARCH = 0x63, LDAP_REQUEST = 0x77, LDAP_RESPONSE = 0x78 };

static bool contains(const uint8_t *p, size_t n, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= n; i++)
        if (memcmp(p + i, what, len) == 0)
            return true;
    return false;
}

/* Do the first bytes agree with `what`, as far as they go? */
static bool agrees(const uint8_t *p, size_t n, const char *what, size_t len)
{
    return memcmp(p, what, n < len ? n : len) == 0;
}

static enum fb_wish when(bool enough)
{
    return enough ? FB_WISH_YES : FB_WISH_MORE;
}

/* Protocol version 10 and the text of the server's version ("5.7.", "8.0.", "11.4"). */
static enum fb_wish first_mysql(const uint8_t *p, size_t n)
{
    if (p[0] < 0x20 || (n > 1 && p[1] != 0) || (n > 2 && p[2] != 0) || (n > 3 && p[3] != 0) ||
        (n > 4 && p[4] != 10) || (n > 5 && (p[5] < '1' || p[5] > '9')) ||
        (n > 6 && p[6] != '.' && (p[6] < '0' || p[6] > '9')))
        return FB_WISH_NO;
    return when(n > 6);
}

/* The head and the tag of an LDAP message (RFC 4511, section 4.1.1). Returns where its content begins, 0 for
 * more bytes or, with *bad, when it is none. */
static size_t ldap_head(const uint8_t *p, size_t n, uint64_t *total, uint32_t *id, uint8_t *tag, bool *bad)
{
    struct fb_cur c = fb_cur_init(p, n);
    *bad = fb_cur_u8(&c) != 0x30;
    uint64_t len = fb_cur_u8(&c);
    unsigned more = len & 0x80 ? (unsigned)(len & 0x7f) : 0;
    *bad = *bad || (len & 0x80 && (more == 0 || more > 4));
    if (*bad || !fb_cur_ok(&c))
        return 0;
    for (len = more ? 0 : len; more > 0; more--)
        len = len << 8 | fb_cur_u8(&c);
    *total = len + n - fb_cur_left(&c);
    uint8_t integer = fb_cur_u8(&c), id_bytes = fb_cur_u8(&c);
    if (!fb_cur_ok(&c))
        return 0;
    *bad = integer != 2 || id_bytes == 0 || id_bytes > 4 || len < 4U + id_bytes;
    for (*id = 0; !*bad && id_bytes > 0; id_bytes--)
        *id = *id << 8 | fb_cur_u8(&c);
    *tag = fb_cur_u8(&c);
    return *bad || !fb_cur_ok(&c) ? 0 : n - fb_cur_left(&c);
}

static enum fb_wish first_ldap(const uint8_t *p, size_t n)
{
    uint64_t total;
    uint32_t id;
    uint8_t tag;
    bool bad;
    size_t head = ldap_head(p, n, &total, &id, &tag, &bad);
    if (head == 0)
        return bad ? FB_WISH_NO : FB_WISH_MORE;
    return tag == LDAP_REQUEST || tag == LDAP_BIND || tag == LDAP_SEARCH ? FB_WISH_YES : FB_WISH_NO;
}

static enum fb_wish first_xmpp(const uint8_t *p, size_t n)
{
    size_t look = n < FB_WISH_BYTES ? n : FB_WISH_BYTES;
    if (agrees(p, n, "<stream:stream", 14))
        return when(n >= 14);
    if (!agrees(p, n, "<?xml ", 6))
        return FB_WISH_NO;
    return when(contains(p, look, "<stream:stream"));
}

/* A request to connect, with the name of a user (RFC 1928 does not have it; see SOCKS4.protocol by Y. Lee).
 */
static enum fb_wish first_socks4(const uint8_t *p, size_t n)
{
    if (p[0] != 4 || (n > 1 && p[1] != 1) || (n > 3 && p[2] == 0 && p[3] == 0))
        return FB_WISH_NO;
    for (size_t i = 8; i < n && i < FB_WISH_BYTES; i++) {
        if (p[i] == 0)
            return FB_WISH_YES;
        if (p[i] < 0x20 || p[i] > 0x7e)
            return FB_WISH_NO;
    }
    return n < FB_WISH_BYTES ? FB_WISH_MORE : FB_WISH_NO;
}

static enum fb_wish first_socks5(const uint8_t *p, size_t n)
{
    if (p[0] != 5 || (n > 1 && (p[1] == 0 || p[1] > 8)))
        return FB_WISH_NO;
    for (size_t i = 2; n > 1 && i < n && i < 2U + p[1]; i++)
        if (p[i] > 9 && p[i] < 0x80)
            return FB_WISH_NO;
    return when(n > 1 && n >= 2U + p[1]);
}

static bool postgresql_request(const uint8_t *p, size_t n)
{
    return agrees(p, n, "\0\0\0\x08\x04\xd2\x16\x2f", 8);
}

/* Asks for GSSAPI; who was refused that asks for TLS next. */
static bool postgresql_gss(const uint8_t *p, size_t n)
{
    return agrees(p, n, "\0\0\0\x08\x04\xd2\x16\x30", 8);
}

static enum fb_wish first_rdp(const uint8_t *p, size_t n)
{
    return agrees(p, n, "\x03\0", 2) && (n <= 5 || p[5] == 0xe0) ? when(n > 5) : FB_WISH_NO;
}

enum fb_wish fb_upgrade_first(const uint8_t *p, size_t n, enum fb_upgrade_kind *kind)
{
    enum fb_wish w[] = {
        [FB_UPGRADE_POSTGRESQL] =
            postgresql_request(p, n) || postgresql_gss(p, n) ? when(n >= 8) : FB_WISH_NO,
        [FB_UPGRADE_MYSQL] = first_mysql(p, n),
        [FB_UPGRADE_RDP] = first_rdp(p, n),
        [FB_UPGRADE_LDAP] = first_ldap(p, n),
        [FB_UPGRADE_XMPP] = first_xmpp(p, n),
        [FB_UPGRADE_SOCKS4] = first_socks4(p, n),
        [FB_UPGRADE_SOCKS5] = first_socks5(p, n),
    };
    enum fb_wish best = FB_WISH_NO;
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++) {
        if (w[i] > best) {
            best = w[i];
            *kind = (enum fb_upgrade_kind)i;
        }
    }
    return best;
}

/* ---- how long a message is ---- */

static size_t whole(size_t total, size_t n)
{
    return total <= n ? total : 0;
}

static size_t unit_mysql(const uint8_t *p, size_t n, size_t *skip)
{
    if (n < 4)
        return 0;
    size_t total = 4 + ((size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16);
    if (total <= FB_UPGRADE_UNIT_MAX)
        return whole(total, n);
    *skip = total - MYSQL_LOGIN;
    return whole(MYSQL_LOGIN, n);
}

static size_t unit_ldap(const uint8_t *p, size_t n, size_t *skip)
{
    uint64_t total;
    uint32_t id;
    uint8_t tag;
    bool bad;
    size_t head = ldap_head(p, n < LDAP_HEAD_MAX ? n : LDAP_HEAD_MAX, &total, &id, &tag, &bad);
    if (bad)
        return n; /* said to be none by the step */
    if (head == 0)
        return 0;
    if (total <= LDAP_WHOLE)
        return whole((size_t)total, n);
    *skip = (size_t)total - head;
    return head;
}

/* Up to the end of a tag, with the text in front of it. */
static size_t unit_xmpp(const uint8_t *p, size_t n)
{
    size_t look = n < FB_UPGRADE_UNIT_MAX ? n : FB_UPGRADE_UNIT_MAX;
    const uint8_t *end = memchr(p, '>', look);
    if (end)
        return (size_t)(end - p) + 1;
    return look < FB_UPGRADE_UNIT_MAX ? 0 : FB_UPGRADE_UNIT_MAX - XMPP_TAG;
}

static size_t unit_rdp(const uint8_t *p, size_t n)
{
    if (n < 4)
        return 0;
    size_t total = fb_load_be16(p + 2);
    return p[0] != 3 || total < 7 || total > FB_UPGRADE_UNIT_MAX ? n : whole(total, n);
}

/* After the name of the user, with an address 0.0.0.x, comes that of a host. */
static size_t unit_socks4(bool client, const uint8_t *p, size_t n)
{
    if (!client || n < 8)
        return n < 8 ? 0 : 8;
    unsigned texts = p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] != 0 ? 2 : 1;
    size_t look = n < FB_UPGRADE_UNIT_MAX ? n : FB_UPGRADE_UNIT_MAX;
    for (size_t i = 8; i < look; i++)
        if (p[i] == 0 && --texts == 0)
            return i + 1;
    return look < FB_UPGRADE_UNIT_MAX ? 0 : look;
}

/* A request or a reply, which have the same form. */
static size_t unit_socks5_address(const uint8_t *p, size_t n)
{
    if (n < 5)
        return 0;
    size_t total = p[3] == 1 ? 10 : p[3] == 4 ? 22 : p[3] == 3 ? 7U + p[4] : n;
    return whole(total, n);
}

static size_t unit_socks5(const struct fb_upgrade_talk *t, bool client, const uint8_t *p, size_t n)
{
    bool began = client ? t->greeted : t->chosen;
    if (began && p[0] == 5)
        return unit_socks5_address(p, n);
    if (!client)
        return whole(2, n); /* the method, or whether the password was right */
    if (n < 2)
        return 0;
    size_t first = 2U + p[1];
    if (!began)
        return whole(first, n);
    return n <= first ? 0 : whole(first + 1 + p[first], n); /* RFC 1929: a name and a password */
}

size_t fb_upgrade_unit(const struct fb_upgrade_talk *t, bool client, const uint8_t *p, size_t n, size_t *skip)
{
    *skip = 0;
    switch (t->kind) {
    case FB_UPGRADE_POSTGRESQL:
        return whole(client ? 8 : 1, n);
    case FB_UPGRADE_MYSQL:
        return unit_mysql(p, n, skip);
    case FB_UPGRADE_RDP:
        return unit_rdp(p, n);
    case FB_UPGRADE_LDAP:
        return unit_ldap(p, n, skip);
    case FB_UPGRADE_XMPP:
        return unit_xmpp(p, n);
    case FB_UPGRADE_SOCKS4:
        return unit_socks4(client, p, n);
    case FB_UPGRADE_SOCKS5:
        return unit_socks5(t, client, p, n);
    }
    return n;
}

/* ---- what a message does ---- */

static enum fb_upgrade_step ask(struct fb_upgrade_talk *t, bool yes)
{
    t->asked = t->asked || yes;
    return FB_UPGRADE_ON;
}

static enum fb_upgrade_step ldap_step(struct fb_upgrade_talk *t, bool client, const uint8_t *p, size_t n)
{
    uint64_t total;
    uint32_t id;
    uint8_t tag;
    bool bad;
    size_t head = ldap_head(p, n, &total, &id, &tag, &bad);
    if (head == 0)
        return FB_UPGRADE_NEVER;
    if (client) {
        t->asked = tag == LDAP_REQUEST && contains(p + head, n - head, "1.3.6.1.4.1.1466.20037");
        t->asked_id = id;
        return FB_UPGRADE_ON;
    }
    bool granted = tag == LDAP_RESPONSE && contains(p + head, n - head < 8 ? n - head : 8, "\x0a\x01") &&
                   n - head >= 4 && p[head + 3] == 0; /* resultCode success */
    return t->asked && id == t->asked_id && granted ? FB_UPGRADE_TLS : FB_UPGRADE_ON;
}

static enum fb_upgrade_step socks5_client(struct fb_upgrade_talk *t, const uint8_t *p, size_t n)
{
    if (!t->greeted) {
        t->greeted = true;
        return FB_UPGRADE_ON;
    }
    if (p[0] != 5)
        return p[0] == 1 ? FB_UPGRADE_ON : FB_UPGRADE_NEVER;
    return n >= 10 && p[1] == 1 ? ask(t, true) : FB_UPGRADE_NEVER;
}

enum fb_upgrade_step fb_upgrade_client(struct fb_upgrade_talk *t, const uint8_t *p, size_t n)
{
    switch (t->kind) {
    case FB_UPGRADE_POSTGRESQL:
        t->asked = postgresql_request(p, n);
        return t->asked || postgresql_gss(p, n) ? FB_UPGRADE_ON : FB_UPGRADE_NEVER;
    case FB_UPGRADE_MYSQL: /* a short login packet with CLIENT_SSL; the ClientHello follows at once */
        return n == MYSQL_LOGIN && p[0] == 32 && p[1] == 0 && p[3] == 1 && (p[5] & 8) ? FB_UPGRADE_TLS
                                                                                      : FB_UPGRADE_NEVER;
    case FB_UPGRADE_RDP:
        return n > 5 && p[0] == 3 && p[5] == 0xe0 ? ask(t, true) : FB_UPGRADE_NEVER;
    case FB_UPGRADE_LDAP:
        return ldap_step(t, true, p, n);
    case FB_UPGRADE_XMPP:
        return ask(t, contains(p, n, "<starttls"));
    case FB_UPGRADE_SOCKS4:
        return t->asked ? FB_UPGRADE_NEVER : ask(t, true);
    case FB_UPGRADE_SOCKS5:
        return socks5_client(t, p, n);
    }
    return FB_UPGRADE_NEVER;
}

enum fb_upgrade_step fb_upgrade_server(struct fb_upgrade_talk *t, const uint8_t *p, size_t n)
{
    bool yes;
    switch (t->kind) {
    case FB_UPGRADE_POSTGRESQL: /* N: no; the client may ask for the other kind, or do without */
        return t->asked && p[0] == 'S' ? FB_UPGRADE_TLS : p[0] == 'N' ? FB_UPGRADE_ON : FB_UPGRADE_NEVER;
    case FB_UPGRADE_MYSQL:
        return FB_UPGRADE_ON;
    case FB_UPGRADE_RDP: /* a negotiation response that chose TLS, or CredSSP over it */
        yes = t->asked && n >= 19 && p[5] == 0xd0 && p[11] == 2 && (p[15] & 0x0b);
        return yes ? FB_UPGRADE_TLS : FB_UPGRADE_NEVER;
    case FB_UPGRADE_LDAP:
        return ldap_step(t, false, p, n);
    case FB_UPGRADE_XMPP:
        return t->asked && contains(p, n, "<proceed") ? FB_UPGRADE_TLS : FB_UPGRADE_ON;
    case FB_UPGRADE_SOCKS4:
        return t->asked && p[0] == 0 && p[1] == 90 ? FB_UPGRADE_OPEN : FB_UPGRADE_NEVER;
    case FB_UPGRADE_SOCKS5:
        if (!t->chosen || p[0] == 1) { /* RFC 1929: 0 says that the password was right */
            yes = p[0] == 5 ? p[1] != 0xff : p[1] == 0;
            t->chosen = true;
            return yes ? FB_UPGRADE_ON : FB_UPGRADE_NEVER;
        }
        return t->asked && n >= 10 && p[0] == 5 && p[1] == 0 ? FB_UPGRADE_OPEN : FB_UPGRADE_NEVER;
    }
    return FB_UPGRADE_NEVER;
}
