#include "intel/wire/x509.h"

#include "base/digest.h"
#include "base/err.h"
#include "intel/wire/der.h"
#include "intel/wire/wire.h"
#include "intel/wire/x509_def.h"
#include "intel/wire/x509_key.h"
#include "intel/wire/x509_name.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#define NAME_BYTES_MAX  1024
#define SERIAL_MAX      64  /* bytes */
#define SAN_MAX         256 /* names of all kinds */
#define LIST_BYTES_MAX  8192
#define ROW_BYTES_USUAL 1024

/* Tags of GeneralName (RFC 5280, section 4.2.1.6). */
enum { SAN_EMAIL = 1, SAN_DNS = 2, SAN_URI = 6, SAN_IP = 7 };

/* The parts of a certificate, borrowed from its DER. */
struct certificate {
    int64_t version; /* 0 is v1 */
    struct fb_span serial, issuer, subject, signature_algorithm;
    struct fb_der not_before, not_after;
    struct fb_x509_key key;
    struct fb_span alt_names, basic; /* values of these extensions; p == NULL: absent, or there twice */
};

/* RFC 5280, section 4.1.1.2. */
static bool algorithm_of(struct fb_cur *c, struct fb_span *oid)
{
    struct fb_cur in = fb_der_enter(c, FB_DER_SEQUENCE);
    return fb_der_take(&in, FB_DER_OID, oid);
}

static bool validity_of(struct fb_cur *c, struct fb_der *before, struct fb_der *after)
{
    struct fb_cur in = fb_der_enter(c, FB_DER_SEQUENCE);
    return fb_der_next(&in, before) && fb_der_next(&in, after) && !fb_cur_left(&in);
}

/* An extension that stands there twice is taken for absent, for none of them is the right one. */
static void keep_extension(struct fb_span *kept, bool *twice, struct fb_span value)
{
    *kept = *twice || kept->p ? (struct fb_span){NULL, 0} : value;
    *twice = *twice || !kept->p;
}

/* RFC 5280, section 4.2. */
static bool extensions_of(struct fb_cur c, struct certificate *x)
{
    struct fb_cur list = fb_der_enter(&c, FB_DER_SEQUENCE);
    bool twice_names = false, twice_basic = false;
    while (fb_cur_left(&list)) {
        struct fb_cur e = fb_der_enter(&list, FB_DER_SEQUENCE);
        struct fb_span oid, critical, value;
        bool ok = fb_der_take(&e, FB_DER_OID, &oid);
        (void)fb_der_option(&e, FB_DER_BOOLEAN, &critical);
        if (!ok || !fb_der_take(&e, FB_DER_OCTET_STRING, &value) || fb_cur_left(&e))
            return false;
        if (oid.n == 3 && memcmp(oid.p, "\x55\x1d\x11", 3) == 0)
            keep_extension(&x->alt_names, &twice_names, value);
        else if (oid.n == 3 && memcmp(oid.p, "\x55\x1d\x13", 3) == 0)
            keep_extension(&x->basic, &twice_basic, value);
    }
    return fb_cur_ok(&list) && !fb_cur_left(&c);
}

/* RFC 5280, section 4.1.2. */
static bool read_body(struct fb_cur c, struct certificate *x)
{
    struct fb_span v, algorithm, info, id;
    if (fb_der_option(&c, FB_DER_CONSTRUCTED + 0, &v)) {
        struct fb_cur in = fb_cur_init(v.p, v.n);
        if (!fb_der_integer(&in, &v) || fb_cur_left(&in))
            return false;
        x->version = fb_der_int64(v, &x->version) ? x->version : -1;
    }
    if (!fb_der_integer(&c, &x->serial) || !algorithm_of(&c, &algorithm) ||
        !fb_der_take(&c, FB_DER_SEQUENCE, &x->issuer) || !validity_of(&c, &x->not_before, &x->not_after) ||
        !fb_der_take(&c, FB_DER_SEQUENCE, &x->subject) || !fb_der_take(&c, FB_DER_SEQUENCE, &info) ||
        !fb_x509_key_read(info, &x->key))
        return false;
    (void)fb_der_option(&c, FB_DER_CONTEXT + 1, &id);
    (void)fb_der_option(&c, FB_DER_CONTEXT + 2, &id);
    if (fb_der_option(&c, FB_DER_CONSTRUCTED + 3, &v) && !extensions_of(fb_cur_init(v.p, v.n), x))
        return false;
    return fb_cur_ok(&c) && !fb_cur_left(&c);
}

/* RFC 5280, section 4.1. Bytes behind the certificate do not count. */
static bool read_certificate(struct fb_span der, struct certificate *x)
{
    *x = (struct certificate){.version = 0};
    struct fb_span signature;
    struct fb_cur all = fb_cur_init(der.p, der.n);
    struct fb_cur c = fb_der_enter(&all, FB_DER_SEQUENCE);
    struct fb_cur body = fb_der_enter(&c, FB_DER_SEQUENCE);
    return fb_cur_ok(&body) && read_body(body, x) && algorithm_of(&c, &x->signature_algorithm) &&
           fb_der_take(&c, FB_DER_BIT_STRING, &signature) && !fb_cur_left(&c);
}

static void name_of(struct fb_span rdns, struct fb_buf *out)
{
    fb_buf_clear(out);
    if (!fb_x509_name_text(rdns, out))
        fb_buf_release(out); /* no memory: a null cell */
}

/* The absolute value in upper-case hex without leading zeros, "-" before negative ones; "0" for zero. */
static void serial_cell(struct fb_buf *row, struct fb_span s)
{
    static const char digit[] = "0123456789ABCDEF";
    uint8_t value[SERIAL_MAX + 1];
    char text[2 * sizeof value + 2];
    bool negative = s.p[0] & 0x80;
    unsigned carry = negative;
    size_t from = 0, n = 0;
    if (s.n > sizeof value) {
        fb_rec_null(row);
        return;
    }
    for (size_t i = s.n; i-- > 0;) {
        unsigned b = (negative ? s.p[i] ^ 0xffu : s.p[i]) + carry;
        value[i] = (uint8_t)b;
        carry = b >> 8;
    }
    while (from < s.n && value[from] == 0)
        from++;
    if (negative)
        text[n++] = '-';
    for (size_t i = from; i < s.n; i++) {
        text[n++] = digit[value[i] >> 4];
        text[n++] = digit[value[i] & 15];
    }
    if (from == s.n)
        text[n++] = '0';
    if (s.n - from > SERIAL_MAX)
        fb_rec_null(row);
    else
        fb_rec_bytes(row, text, n);
}

/* Days since 1970 of a date of the proleptic Gregorian calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* UTCTime and GeneralizedTime as libcrypto reads them, which takes more forms than RFC 5280 allows. */
static bool broken_down(const struct fb_der *t, struct tm *tm)
{
    uint8_t text[64] = {0};
    if ((t->tag != FB_DER_UTC_TIME && t->tag != FB_DER_GENERALIZED_TIME) || t->value.n >= sizeof text)
        return false;
    memcpy(text, t->value.p, t->value.n);
    ASN1_TIME s = {.length = (int)t->value.n, .type = t->tag, .data = text};
    return ASN1_TIME_to_tm(&s, tm);
}

/* Times beyond what nanoseconds in 64 bits can say become the nearest that they can. */
static void time_cell(struct fb_buf *row, const struct fb_der *t)
{
    struct tm tm;
    if (!broken_down(t, &tm)) {
        fb_rec_null(row);
        return;
    }
    int64_t s = days_of((int64_t)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 + tm.tm_hour * 3600 +
                tm.tm_min * 60 + tm.tm_sec;
    int64_t max = INT64_MAX / 1000000000;
    s = s > max ? max : s < -max ? -max : s;
    fb_rec_int(row, s * 1000000000);
}

static void algorithm_cell(struct fb_buf *row, struct fb_span oid)
{
    char text[FB_X509_OID_TEXT];
    fb_x509_oid_text(oid, false, text);
    fb_rec_text(row, text[0] ? text : NULL);
}

static void key_cells(struct fb_buf *row, const struct fb_x509_key *key)
{
    fb_rec_text(row, key->type);
    if (key->length_bits >= 0)
        fb_rec_int(row, key->length_bits);
    else
        fb_rec_null(row);
    fb_rec_text(row, key->exponent[0] ? key->exponent : NULL);
    fb_rec_text(row, key->curve);
}

/* The value of GeneralNames; NULL when it is none, so that no half of a list is told. */
static struct fb_span general_names(struct fb_span extension)
{
    struct fb_cur c = fb_cur_init(extension.p, extension.n);
    struct fb_span list;
    struct fb_der name;
    if (!fb_der_take(&c, FB_DER_SEQUENCE, &list))
        return list;
    c = fb_cur_init(list.p, list.n);
    while (fb_der_next(&c, &name))
        ;
    return fb_cur_ok(&c) ? list : (struct fb_span){NULL, 0};
}

/* One kind of subject alternative name (RFC 5280, section 4.2.1.6); for addresses their text. */
static void san_cell(struct fb_buf *row, struct fb_span names, unsigned kind)
{
    struct fb_cur c = fb_cur_init(names.p, names.n);
    struct fb_buf items;
    struct fb_der g;
    fb_buf_init(&items, LIST_BYTES_MAX);
    for (size_t i = 0; i < SAN_MAX && fb_der_next(&c, &g); i++) {
        struct fb_span s = g.value;
        char text[FB_ADDR_STRLEN];
        if (g.tag != FB_DER_CONTEXT + kind || (kind == SAN_IP && s.n != 4 && s.n != 16))
            continue;
        if (kind == SAN_IP) {
            struct fb_addr a = s.n == 4 ? fb_addr_v4(s.p) : fb_addr_v6(s.p);
            s = (struct fb_span){(const uint8_t *)text, fb_addr_format(&a, text)};
        }
        s.n = s.n < NAME_BYTES_MAX ? s.n : NAME_BYTES_MAX;
        if (s.n + 2 > LIST_BYTES_MAX - items.len)
            break; /* with its length it would not fit */
        fb_rec_item(&items, s.p, s.n);
    }
    fb_wire_list_cell(row, &items);
    fb_buf_release(&items);
}

/* RFC 5280, section 4.2.1.9. */
static void basic_cells(struct fb_buf *row, struct fb_span extension)
{
    struct fb_cur all = fb_cur_init(extension.p, extension.n);
    struct fb_cur c = fb_der_enter(&all, FB_DER_SEQUENCE);
    struct fb_span ca, path_len = {NULL, 0};
    int64_t len = -1;
    (void)fb_der_option(&c, FB_DER_BOOLEAN, &ca);
    if (fb_cur_left(&c))
        (void)fb_der_integer(&c, &path_len);
    bool known = fb_cur_ok(&c) && !fb_cur_left(&c) && ca.n <= 1;
    fb_wire_bool_cell(row, known, ca.n == 1 && ca.p[0]);
    if (known && fb_der_int64(path_len, &len) && len >= 0)
        fb_rec_int(row, len);
    else
        fb_rec_null(row);
}

static void certificate_cells(struct fb_buf *row, const struct certificate *x, struct fb_x509_names *names)
{
    struct fb_span alt_names = general_names(x->alt_names);
    static const unsigned kinds[] = {SAN_DNS, SAN_URI, SAN_EMAIL, SAN_IP};
    name_of(x->subject, &names->subject);
    name_of(x->issuer, &names->issuer);
    fb_rec_int(row, x->version == INT64_MAX ? x->version : x->version + 1);
    serial_cell(row, x->serial);
    fb_wire_cell(row, &names->subject);
    fb_wire_cell(row, &names->issuer);
    time_cell(row, &x->not_before);
    time_cell(row, &x->not_after);
    algorithm_cell(row, x->key.algorithm);
    algorithm_cell(row, x->signature_algorithm);
    key_cells(row, &x->key);
    for (size_t i = 0; i < 4; i++)
        san_cell(row, alt_names, kinds[i]);
    basic_cells(row, x->basic);
}

void fb_x509_observe(struct fb_span der, bool from_client, size_t chain_pos, struct fb_x509_names *names,
                     const struct fb_seen *at, struct fb_observe_out *out)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct certificate x;
    struct fb_buf row;
    FB_BUG(!SHA256(der.n ? der.p : (const uint8_t *)"", der.n, digest));
    fb_hex(digest, sizeof digest, names->fingerprint);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_buf_reserve(&row, ROW_BYTES_USUAL);
    fb_rec_text(&row, names->fingerprint);
    bool read = der.n <= FB_X509_DER_MAX && read_certificate(der, &x);
    if (read)
        certificate_cells(&row, &x, names);
    for (size_t i = FB_X509_VERSION; !read && i < FB_X509_HOST_CERT; i++)
        fb_rec_null(&row);
    fb_rec_int(&row, chain_pos == 0 && !from_client);
    fb_rec_int(&row, from_client);
    ERR_clear_error(); /* what hostile bytes left in this thread's queue of errors */
    fb_wire_put(out, &fb_x509_def, at, &row);
    fb_buf_release(&row);
}
