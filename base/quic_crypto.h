/* QUIC Initial packet protection (RFC 9001, sections 5.2 to 5.4; RFC 9369; drafts 21 to 34): keys come from
 * the connection id in the clear. */
#ifndef FB_BASE_QUIC_CRYPTO_H
#define FB_BASE_QUIC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_QUIC_V1        0x00000001U
#define FB_QUIC_V2        0x6b3343cfU
#define FB_QUIC_DRAFT     0xff0000U /* the upper three bytes */
#define FB_QUIC_CID_MAX   20
#define FB_QUIC_PLAIN_MAX 2048

struct fb_quic_keys {
    uint8_t key[16], iv[12], hp[16];
};

/* Versions 1 and 2 and the drafts from 23 on: what Zeek calls QUIC. */
bool fb_quic_known_version(uint32_t version);
/* These, and what was spoken before them under the same kind of protection: drafts 21 and 22, mvfst, T050 and
 * T051. */
bool fb_quic_opens_version(uint32_t version);

/* The Initial keys of one side for the destination connection id that the client chose first; false for an
 * unknown version or when libcrypto fails. */
bool fb_quic_initial_keys(uint32_t version, const uint8_t *dcid, size_t dcid_bytes, bool of_client,
                          struct fb_quic_keys *out);

/* Opens one protected packet: `p` is its first byte, the packet number starts at pn_at, the packet ends at n.
 * Returns the bytes of plain frames in `plain`, 0 when the packet does not authenticate or is too long. */
size_t fb_quic_open(const struct fb_quic_keys *k, const uint8_t *p, size_t n, size_t pn_at,
                    uint8_t plain[static FB_QUIC_PLAIN_MAX]);

#endif
