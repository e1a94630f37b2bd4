/* Fingerprints of TLS: JA3 and JA3S (Althouse, Atkinson, Atkins 2017) and JA4 for clients (FoxIO). Pure
 * functions. */
#ifndef FB_INTEL_TLS_PRINT_H
#define FB_INTEL_TLS_PRINT_H

#include "base/cursor.h"

#define FB_TLS_EXTENSIONS_MAX 512 /* of a hello that are looked at */

/* The fields of a ClientHello or ServerHello that fingerprints are made of. Spans are lists as on the wire
 * (two bytes each unless stated), borrowed from the hello. */
struct fb_tls_hello {
    uint16_t version;
    struct fb_span ciphers;
    uint16_t extensions[FB_TLS_EXTENSIONS_MAX]; /* types in order */
    size_t nextensions;
    struct fb_span groups, point_formats /* one byte each */, versions, signature_algorithms;
    struct fb_span alpn; /* the first name */
    bool has_sni;
};

/* RFC 8701. */
static inline bool fb_tls_is_grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* The highest version that the client offers (the lowest number for DTLS), without GREASE. */
uint16_t fb_tls_offered(const struct fb_tls_hello *h);

/* MD5 of the JA3 and JA3S strings in hex; "" when libcrypto has no MD5 or memory ran out. */
void fb_tls_ja3(const struct fb_tls_hello *h, char out[static 33]);
void fb_tls_ja3s(const struct fb_tls_hello *h, uint16_t cipher, char out[static 33]);

/* `transport`: 't', 'q' or 'd'. "" when memory ran out. */
void fb_tls_ja4(const struct fb_tls_hello *h, char transport, char out[static 40]);

#endif
