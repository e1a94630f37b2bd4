/* ClientHello and ServerHello from lists of numbers, for tests. */
#ifndef FB_TESTS_HELLO_BUILD_H
#define FB_TESTS_HELLO_BUILD_H

#include <stddef.h>
#include <stdint.h>

struct hello_spec {
    uint8_t type;           /* 1 client, 2 server */
    uint16_t version;       /* 0: 0x0303 */
    const char *ciphers;    /* hex numbers apart by commas */
    const char *extensions; /* likewise, in order; NULL: no extensions at all */
    const char *groups, *versions, *algorithms;
    const char *points;     /* hex, one byte each */
    const char *sni, *alpn; /* alpn: names apart by commas */
};

/* Writes the handshake message with its header; returns its bytes (at most 4096). */
size_t hello_build(const struct hello_spec *s, uint8_t out[static 4096]);

/* Puts a TLS record of the given content type around n bytes; returns the bytes. */
size_t hello_record(uint8_t type, const uint8_t *p, size_t n, uint8_t *out);

#endif
