#include "intel/wire/x509_name.h"

#include "intel/wire/der.h"

#include <openssl/objects.h>

/* More than fit a text of 1,024 bytes, each being three at least ("C=,"). */
#define ENTRIES_MAX 512
#define OID_MAX     256 /* bytes */

struct entry {
    struct fb_span oid;
    struct fb_der value;
    size_t set; /* number of the set (RDN) that it stands in */
};

static ASN1_OBJECT *object_of(struct fb_span oid)
{
    uint8_t der[OID_MAX + 4] = {FB_DER_OID};
    size_t n = 1;
    if (oid.n == 0 || oid.n > OID_MAX)
        return NULL;
    if (oid.n >= 0x80)
        der[n++] = oid.n > 0xff ? 0x82 : 0x81;
    if (oid.n > 0xff)
        der[n++] = (uint8_t)(oid.n >> 8);
    der[n++] = (uint8_t)oid.n;
    memcpy(der + n, oid.p, oid.n);
    const unsigned char *p = der;
    return d2i_ASN1_OBJECT(NULL, &p, (long)(n + oid.n));
}

int fb_x509_oid_nid(struct fb_span oid)
{
    /* Those of nearly every name, without an allocation: 2.5.4.N, and dc and e-mail. */
    static const int attributes[] = {[3] = NID_commonName,        [4] = NID_surname,
                                     [5] = NID_serialNumber,      [6] = NID_countryName,
                                     [7] = NID_localityName,      [8] = NID_stateOrProvinceName,
                                     [10] = NID_organizationName, [11] = NID_organizationalUnitName};
    if (oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 4 &&
        oid.p[2] < sizeof attributes / sizeof *attributes && attributes[oid.p[2]])
        return attributes[oid.p[2]];
    ASN1_OBJECT *o = object_of(oid);
    int nid = o ? OBJ_obj2nid(o) : NID_undef;
    ASN1_OBJECT_free(o);
    return nid;
}

void fb_x509_oid_text(struct fb_span oid, bool dotted, char text[static FB_X509_OID_TEXT])
{
    ASN1_OBJECT *o = object_of(oid);
    if (!o || OBJ_obj2txt(text, FB_X509_OID_TEXT, o, dotted) <= 0)
        text[0] = '\0';
    ASN1_OBJECT_free(o);
}

static void put(struct fb_buf *out, const char *p, size_t n)
{
    size_t room = out->max - out->len;
    fb_buf_put(out, p, n < room ? n : room);
}

/* RFC 2253, section 2.4, and every byte that is not printable ASCII as a backslash and two digits. */
static void put_escaped(struct fb_buf *out, uint8_t c, bool first, bool last)
{
    static const char digit[] = "0123456789ABCDEF";
    bool special =
        (c && strchr(",+\"\\<>;", c)) || (c == ' ' && (first || last)) || (c == '#' && first && !last);
    if (c < 0x20 || c >= 0x7f)
        put(out, (char[3]){'\\', digit[c >> 4], digit[c & 15]}, 3);
    else if (special)
        put(out, (char[2]){'\\', (char)c}, 2);
    else
        put(out, (char[1]){(char)c}, 1);
}

static size_t utf8_of(uint32_t c, uint8_t b[4])
{
    if (c < 0x80) {
        b[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        b[i] = (uint8_t)(0x80 | (c & 0x3f));
    b[0] = (uint8_t)((0xf00 >> n) | c);
    return n;
}

/* `width`: bytes of a character; 0: UTF-8 already. */
static bool put_string(struct fb_buf *out, struct fb_span s, size_t width)
{
    size_t step = width ? width : 1;
    if (s.n % step)
        return false;
    for (size_t i = 0; i < s.n; i += step) {
        uint32_t c = step == 4 ? fb_load_be32(s.p + i) : step == 2 ? fb_load_be16(s.p + i) : s.p[i];
        uint8_t b[4] = {(uint8_t)c};
        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return false;
        size_t n = width ? utf8_of(c, b) : 1;
        for (size_t k = 0; k < n; k++)
            put_escaped(out, b[k], i == 0, i + step == s.n);
    }
    return true;
}

static void put_dump(struct fb_buf *out, struct fb_span der)
{
    static const char digit[] = "0123456789ABCDEF";
    put(out, "#", 1);
    for (size_t i = 0; i < der.n; i++)
        put(out, (char[2]){digit[der.p[i] >> 4], digit[der.p[i] & 15]}, 2);
}

static bool put_value(struct fb_buf *out, const struct fb_der *v)
{
    switch (v->tag) {
    case V_ASN1_UTF8STRING:
        return put_string(out, v->value, 0);
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_T61STRING:
    case V_ASN1_IA5STRING:
        return put_string(out, v->value, 1);
    case V_ASN1_UNIVERSALSTRING:
        return put_string(out, v->value, 4);
    case V_ASN1_BMPSTRING:
        return put_string(out, v->value, 2);
    default:
        put_dump(out, v->whole);
        return true;
    }
}

static bool put_entry(struct fb_buf *out, const struct entry *e)
{
    char dotted[FB_X509_OID_TEXT];
    int nid = fb_x509_oid_nid(e->oid);
    const char *type = nid == NID_undef ? dotted : OBJ_nid2sn(nid);
    if (nid == NID_undef)
        fb_x509_oid_text(e->oid, true, dotted);
    put(out, type, strlen(type));
    put(out, "=", 1);
    if (nid != NID_undef)
        return put_value(out, &e->value);
    put_dump(out, e->value.whole);
    return true;
}

/* Fills the ring with the entries and returns how many there were; SIZE_MAX when it is no name. */
static size_t entries_of(struct fb_span rdns, struct entry ring[static ENTRIES_MAX])
{
    struct fb_cur c = fb_cur_init(rdns.p, rdns.n);
    size_t n = 0;
    for (size_t set = 0; fb_cur_left(&c); set++) {
        struct fb_cur in = fb_der_enter(&c, FB_DER_SET);
        while (fb_cur_left(&in)) {
            struct fb_cur pair = fb_der_enter(&in, FB_DER_SEQUENCE);
            struct entry *e = &ring[n++ % ENTRIES_MAX];
            e->set = set;
            if (!fb_der_take(&pair, FB_DER_OID, &e->oid) || !fb_der_next(&pair, &e->value) ||
                fb_cur_left(&pair))
                return SIZE_MAX;
        }
        if (!fb_cur_ok(&in))
            return SIZE_MAX;
    }
    return fb_cur_ok(&c) ? n : SIZE_MAX;
}

bool fb_x509_name_text(struct fb_span rdns, struct fb_buf *out)
{
    struct entry ring[ENTRIES_MAX];
    size_t n = entries_of(rdns, ring), kept = n < ENTRIES_MAX ? n : ENTRIES_MAX;
    if (n == SIZE_MAX || !fb_buf_reserve(out, out->max > out->len))
        return false;
    for (size_t i = 0; i < kept; i++) {
        const struct entry *e = &ring[(n - 1 - i) % ENTRIES_MAX];
        if (i > 0)
            put(out, ring[(n - i) % ENTRIES_MAX].set == e->set ? "+" : ",", 1);
        if (!put_entry(out, e))
            return false;
    }
    return true;
}
