/* Distinguished names of certificates as text (RFC 5280, section 4.1.2.4; RFC 2253), and names of object
 * identifiers. Pure functions. */
#ifndef FB_INTEL_X509_NAME_H
#define FB_INTEL_X509_NAME_H

#include "base/buf.h"
#include "base/cursor.h"

#define FB_X509_OID_TEXT 128

/* Appends the name, cut at the ceiling of `out`, byte for byte as X509_NAME_print_ex(XN_FLAG_RFC2253) writes
 * it. `rdns`: the value of the SEQUENCE. `out` always has memory afterwards, also for an empty name. False
 * (with part of the text in `out`) when it is no name or holds a string that cannot be text. */
bool fb_x509_name_text(struct fb_span rdns, struct fb_buf *out);

/* The number that libcrypto gives an object identifier, NID_undef (0) for one that it does not know. */
int fb_x509_oid_nid(struct fb_span oid);

/* The long name, or the dotted number of an unknown one or when `dotted`. "" when it is none. */
void fb_x509_oid_text(struct fb_span oid, bool dotted, char text[static FB_X509_OID_TEXT]);

#endif
