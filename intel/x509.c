#include "intel/x509.h"

#include "base/digest.h"
#include "intel/wire.h"
#include "intel/x509_def.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sodium/crypto_hash_sha256.h>

#define NAME_BYTES_MAX 1024
#define SERIAL_MAX     64  /* bytes */
#define SAN_MAX        256 /* names of each kind */
#define EXPONENT_BITS  63
#define LIST_BYTES_MAX 8192

static void name_of(const X509_NAME *name, struct fb_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long n = BIO_get_mem_data(bio, &p);
        fb_wire_keep(out, (struct fb_span){(const uint8_t *)p, n > 0 ? (size_t)n : 0});
    }
    BIO_free(bio);
}

static void serial_cell(struct fb_buf *row, X509 *x)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    BIGNUM *bn = ASN1_INTEGER_to_BN(serial, NULL);
    char *hex = bn && BN_num_bytes(bn) <= SERIAL_MAX ? BN_bn2hex(bn) : NULL;
    fb_rec_text(row, hex);
    OPENSSL_free(hex);
    BN_free(bn);
}

/* Days since 1970 of a date of the proleptic Gregorian calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Times beyond what nanoseconds in 64 bits can say become the nearest that they can. */
static void time_cell(struct fb_buf *row, const ASN1_TIME *t)
{
    struct tm tm;
    if (!t || !ASN1_TIME_to_tm(t, &tm)) {
        fb_rec_null(row);
        return;
    }
    int64_t s = days_of((int64_t)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 + tm.tm_hour * 3600 +
                tm.tm_min * 60 + tm.tm_sec;
    int64_t max = INT64_MAX / 1000000000;
    s = s > max ? max : s < -max ? -max : s;
    fb_rec_int(row, s * 1000000000);
}

static void algorithm_cell(struct fb_buf *row, const ASN1_OBJECT *o)
{
    char text[128];
    int n = o ? OBJ_obj2txt(text, sizeof text, o, 0) : 0;
    fb_rec_text(row, n > 0 ? text : NULL);
}

static void exponent_cell(struct fb_buf *row, const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    char *text = NULL;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) && BN_num_bits(e) <= EXPONENT_BITS)
        text = BN_bn2dec(e);
    fb_rec_text(row, text);
    OPENSSL_free(text);
    BN_free(e);
}

static void key_cells(struct fb_buf *row, X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    int kind = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    char curve[64];
    size_t n = 0;
    fb_rec_text(row, kind == EVP_PKEY_RSA   ? "rsa"
                     : kind == EVP_PKEY_EC  ? "ecdsa"
                     : kind == EVP_PKEY_DSA ? "dsa"
                                            : "unknown");
    if (key)
        fb_rec_int(row, EVP_PKEY_get_bits(key));
    else
        fb_rec_null(row);
    if (kind == EVP_PKEY_RSA)
        exponent_cell(row, key);
    else
        fb_rec_null(row);
    bool named = kind == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, curve, sizeof curve, &n);
    fb_rec_text(row, named ? curve : NULL);
}

/* One kind of subject alternative name (RFC 5280, section 4.2.1.6); for addresses their text. */
static void san_cell(struct fb_buf *row, const GENERAL_NAMES *names, int kind)
{
    struct fb_buf items;
    fb_buf_init(&items, LIST_BYTES_MAX);
    int n = names ? sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < n && i < SAN_MAX && !items.failed; i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
        if (g->type != kind)
            continue;
        const ASN1_STRING *s = kind == GEN_IPADD ? g->d.iPAddress : g->d.ia5;
        const uint8_t *p = ASN1_STRING_get0_data(s);
        int len = ASN1_STRING_length(s);
        char text[FB_ADDR_STRLEN];
        if (kind != GEN_IPADD) {
            fb_rec_item(&items, p, (size_t)(len < NAME_BYTES_MAX ? len : NAME_BYTES_MAX));
        } else if (len == 4 || len == 16) {
            struct fb_addr a = len == 4 ? fb_addr_v4(p) : fb_addr_v6(p);
            fb_rec_item(&items, text, fb_addr_format(&a, text));
        }
    }
    fb_wire_list_cell(row, &items);
    fb_buf_release(&items);
}

static void extension_cells(struct fb_buf *row, X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    BASIC_CONSTRAINTS *basic = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
    static const int kinds[] = {GEN_DNS, GEN_URI, GEN_EMAIL, GEN_IPADD};
    for (size_t i = 0; i < 4; i++)
        san_cell(row, names, kinds[i]);
    fb_wire_bool_cell(row, basic != NULL, basic && basic->ca);
    int64_t len = -1;
    if (basic && basic->pathlen && ASN1_INTEGER_get_int64(&len, basic->pathlen) && len >= 0)
        fb_rec_int(row, len);
    else
        fb_rec_null(row);
    BASIC_CONSTRAINTS_free(basic);
    GENERAL_NAMES_free(names);
}

static void certificate_cells(struct fb_buf *row, X509 *x, struct fb_x509_names *names)
{
    const X509_ALGOR *sig = NULL;
    ASN1_OBJECT *key_alg = NULL;
    X509_get0_signature(NULL, &sig, x);
    (void)X509_PUBKEY_get0_param(&key_alg, NULL, NULL, NULL, X509_get_X509_PUBKEY(x));
    name_of(X509_get_subject_name(x), &names->subject);
    name_of(X509_get_issuer_name(x), &names->issuer);
    fb_rec_int(row, X509_get_version(x) + 1);
    serial_cell(row, x);
    fb_wire_cell(row, &names->subject);
    fb_wire_cell(row, &names->issuer);
    time_cell(row, X509_get0_notBefore(x));
    time_cell(row, X509_get0_notAfter(x));
    algorithm_cell(row, key_alg);
    algorithm_cell(row, sig ? sig->algorithm : NULL);
    key_cells(row, x);
    extension_cells(row, x);
}

void fb_x509_observe(struct fb_span der, bool from_client, size_t chain_pos, struct fb_x509_names *names,
                     const struct fb_seen *at, struct fb_observe_out *out)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    struct fb_buf row;
    const unsigned char *p = der.p;
    crypto_hash_sha256(digest, der.p, der.n);
    fb_hex(digest, sizeof digest, names->fingerprint);
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_text(&row, names->fingerprint);
    X509 *x = der.n > 0 && der.n <= FB_X509_DER_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
    if (x)
        certificate_cells(&row, x, names);
    for (size_t i = FB_X509_VERSION; !x && i < FB_X509_HOST_CERT; i++)
        fb_rec_null(&row);
    fb_rec_int(&row, chain_pos == 0 && !from_client);
    fb_rec_int(&row, from_client);
    X509_free(x);
    ERR_clear_error(); /* what hostile bytes left in this thread's queue of errors */
    fb_wire_put(out, &fb_x509_def, at, &row);
    fb_buf_release(&row);
}
