/* Certificates that went over the wire in the clear (TLS 1.2 and older): one row each time.
 * Columns as in Zeek's x509.log. */
#ifndef FB_INTEL_X509_DEF_H
#define FB_INTEL_X509_DEF_H

#include "base/record.h"

enum fb_x509_col {
    FB_X509_FINGERPRINT, /* SHA-256 of the DER bytes, hex */
    FB_X509_VERSION,
    FB_X509_SERIAL,  /* hex */
    FB_X509_SUBJECT, /* RFC 2253 order */
    FB_X509_ISSUER,
    FB_X509_NOT_VALID_BEFORE,
    FB_X509_NOT_VALID_AFTER,
    FB_X509_KEY_ALG,
    FB_X509_SIG_ALG,
    FB_X509_KEY_TYPE,   /* rsa, ecdsa, dsa, unknown */
    FB_X509_KEY_LENGTH, /* bits */
    FB_X509_EXPONENT,   /* RSA */
    FB_X509_CURVE,
    FB_X509_SAN_DNS,
    FB_X509_SAN_URI,
    FB_X509_SAN_EMAIL,
    FB_X509_SAN_IP,
    FB_X509_BASIC_CONSTRAINTS_CA,
    FB_X509_BASIC_CONSTRAINTS_PATH_LEN,
    FB_X509_HOST_CERT,   /* 1: the first of its chain */
    FB_X509_CLIENT_CERT, /* 1: sent by the client */
    FB_X509_NCOLS
};

extern const struct fb_rec_def fb_x509_def;

#endif
