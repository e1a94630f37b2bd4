#include "intel/wire/x509_key.h"

#include "intel/wire/der.h"
#include "intel/wire/x509_name.h"

#include <openssl/ec.h>
#include <openssl/objects.h>

/* The length of an EC key is that of the order of its base point. */
static int64_t order_bits(int nid)
{
    switch (nid) { /* those in use, without asking libcrypto for the whole curve */
    case NID_X9_62_prime256v1:
        return 256;
    case NID_secp384r1:
        return 384;
    case NID_secp521r1:
        return 521;
    default:
        break;
    }
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    int bits = group ? EC_GROUP_order_bits(group) : 0;
    EC_GROUP_free(group);
    return bits > 0 ? bits : -1;
}

/* RFC 5480, section 2.1.1. Explicit parameters (X9.62) have no name: version, field, curve, base, order. */
static bool ec_key(struct fb_cur params, struct fb_x509_key *out)
{
    struct fb_span oid, value;
    if (fb_der_option(&params, FB_DER_OID, &oid)) {
        int nid = fb_x509_oid_nid(oid);
        out->length_bits = order_bits(nid);
        out->curve = out->length_bits > 0 ? OBJ_nid2sn(nid) : NULL;
    } else {
        struct fb_cur explicit = fb_der_enter(&params, FB_DER_SEQUENCE);
        bool ok = fb_der_integer(&explicit, &value) && fb_der_take(&explicit, FB_DER_SEQUENCE, &value) &&
                  fb_der_take(&explicit, FB_DER_SEQUENCE, &value) &&
                  fb_der_take(&explicit, FB_DER_OCTET_STRING, &value) && fb_der_integer(&explicit, &value);
        out->length_bits = ok ? (int64_t)fb_der_bits(value) : -1;
    }
    return out->length_bits > 0;
}

static void decimal(struct fb_span e, char text[static FB_X509_EXPONENT_TEXT])
{
    int64_t v = 0;
    char digits[FB_X509_EXPONENT_TEXT];
    size_t n = 0;
    text[0] = '\0';
    if (!fb_der_int64(e, &v) || v < 0)
        return;
    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    for (size_t i = 0; i < n; i++)
        text[i] = digits[n - 1 - i];
    text[n] = '\0';
}

/* RFC 3279, section 2.3.1. */
static bool rsa_key(struct fb_cur bits, struct fb_x509_key *out)
{
    struct fb_span n, e;
    struct fb_cur c = fb_der_enter(&bits, FB_DER_SEQUENCE);
    if (!fb_der_integer(&c, &n) || !fb_der_integer(&c, &e))
        return false;
    out->length_bits = (int64_t)fb_der_bits(n);
    decimal(e, out->exponent);
    return true;
}

/* DSA and Diffie-Hellman: the prime is the first of the parameters (RFC 3279, sections 2.3.2 and 2.3.3). */
static bool prime_key(struct fb_cur params, struct fb_x509_key *out)
{
    struct fb_span prime;
    struct fb_cur c = fb_der_enter(&params, FB_DER_SEQUENCE);
    if (!fb_der_integer(&c, &prime))
        return false;
    out->length_bits = (int64_t)fb_der_bits(prime);
    return true;
}

static void by_kind(int nid, struct fb_cur params, struct fb_cur bits, struct fb_x509_key *out)
{
    switch (nid) {
    case NID_rsaEncryption:
    case NID_rsa:
        out->type = rsa_key(bits, out) ? "rsa" : "unknown";
        break;
    case NID_rsassaPss:
        (void)rsa_key(bits, out);
        out->exponent[0] = '\0'; /* of "rsa" keys alone */
        break;
    case NID_X9_62_id_ecPublicKey:
        out->type = ec_key(params, out) ? "ecdsa" : "unknown";
        break;
    case NID_dsa:
    case NID_dsa_2:
        out->type = prime_key(params, out) ? "dsa" : "unknown";
        break;
    case NID_dhKeyAgreement:
    case NID_dhpublicnumber:
        (void)prime_key(params, out);
        break;
    case NID_X25519:
        out->length_bits = 253; /* this and the next: what libcrypto calls their length */
        break;
    case NID_ED25519:
        out->length_bits = 256;
        break;
    case NID_X448:
        out->length_bits = 448;
        break;
    case NID_ED448:
        out->length_bits = 456;
        break;
    default:
        break;
    }
}

bool fb_x509_key_read(struct fb_span info, struct fb_x509_key *out)
{
    *out = (struct fb_x509_key){.type = "unknown", .length_bits = -1};
    struct fb_cur c = fb_cur_init(info.p, info.n);
    struct fb_cur algorithm = fb_der_enter(&c, FB_DER_SEQUENCE);
    struct fb_span bits;
    if (!fb_der_take(&algorithm, FB_DER_OID, &out->algorithm) || !fb_der_take(&c, FB_DER_BIT_STRING, &bits) ||
        bits.n == 0 || fb_cur_left(&c))
        return false;
    by_kind(fb_x509_oid_nid(out->algorithm), algorithm, fb_cur_init(bits.p + 1, bits.n - 1), out);
    return true;
}
