/* The public key of a certificate (RFC 5280, section 4.1.2.7; RFC 3279, RFC 5480, RFC 8410), as it says of
 * itself: nothing is computed with it, so a point that is not on its curve is not noticed. Pure functions. */
#ifndef FB_INTEL_X509_KEY_H
#define FB_INTEL_X509_KEY_H

#include "base/cursor.h"

#define FB_X509_EXPONENT_TEXT 24

struct fb_x509_key {
    struct fb_span algorithm;             /* object identifier */
    const char *type;                     /* Zeek's "rsa", "ecdsa", "dsa", else "unknown" */
    int64_t length_bits;                  /* -1: not known */
    const char *curve;                    /* NULL: none, or without a name; static text */
    char exponent[FB_X509_EXPONENT_TEXT]; /* decimal; "": none, or beyond 63 bits */
};

/* `info`: the value of SubjectPublicKeyInfo. False when it is none; a key of an unknown kind, or one that
 * does not hold what its kind has, is "unknown" without a length. */
bool fb_x509_key_read(struct fb_span info, struct fb_x509_key *out);

#endif
