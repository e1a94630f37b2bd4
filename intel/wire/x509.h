/* Certificates: DER (RFC 5280) to a row of the table `x509`. What the certificate says of itself: no
 * signature and no key is computed. Pure functions. */
#ifndef FB_INTEL_X509_H
#define FB_INTEL_X509_H

#include "base/observe.h"

#define FB_X509_DER_MAX 32768u /* longer ones are known by their fingerprint alone */

struct fb_x509_names {
    char fingerprint[65];          /* SHA-256, hex */
    struct fb_buf subject, issuer; /* RFC 2253; not filled when the bytes are no certificate */
};

/* The caller has initialised the buffers of `names` and releases them. `chain_pos`: 0 for the first of its
 * chain. Puts out a row, also for bytes that are no certificate (then only with their fingerprint). */
void fb_x509_observe(struct fb_span der, bool from_client, size_t chain_pos, struct fb_x509_names *names,
                     const struct fb_seen *at, struct fb_observe_out *out);

#endif
