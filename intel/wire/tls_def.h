/* Handshakes of TLS, SSL, DTLS and QUIC: one row each, which stands at the
 * packet that completed the ClientHello.
 * Columns as in Zeek's ssl.log and quic.log where those have them. */
#ifndef FB_INTEL_TLS_DEF_H
#define FB_INTEL_TLS_DEF_H

#include "base/record.h"

enum fb_tls_col {
    FB_TLS_TRANSPORT,   /* tcp, udp (DTLS) or quic */
    FB_TLS_VERSION,     /* chosen by the server: SSLv2, SSLv3, TLSv10 .. TLSv13, DTLSv10 .. */
    FB_TLS_CIPHER,      /* IANA name, or unknown-0xHHHH */
    FB_TLS_CURVE,       /* named group */
    FB_TLS_SERVER_NAME, /* SNI, raw */
    FB_TLS_RESUMED,     /* 0 or 1 */
    FB_TLS_LAST_ALERT,
    FB_TLS_NEXT_PROTOCOL, /* ALPN that the server chose */
    FB_TLS_ESTABLISHED,   /* 0 or 1: both sides went over to encryption */
    FB_TLS_SSL_HISTORY,   /* Zeek's letters, upper case from the originator */
    FB_TLS_SUBJECT,       /* of the server's first certificate */
    FB_TLS_ISSUER,
    FB_TLS_CLIENT_SUBJECT,
    FB_TLS_CLIENT_ISSUER,
    FB_TLS_CERT_CHAIN_FPS, /* SHA-256, hex */
    FB_TLS_CLIENT_CERT_CHAIN_FPS,
    FB_TLS_CLIENT_VERSION, /* highest that the client offers */
    FB_TLS_CLIENT_ALPN,    /* ALPN that the client offers */
    FB_TLS_JA3,
    FB_TLS_JA3S,
    FB_TLS_JA4,
    FB_TLS_STARTTLS,            /* protocol that was upgraded */
    FB_TLS_QUIC_VERSION,        /* 1, quicv2, draft-N */
    FB_TLS_CLIENT_INITIAL_DCID, /* hex */
    FB_TLS_CLIENT_SCID,
    FB_TLS_SERVER_SCID,
    FB_TLS_NCOLS
};

extern const struct fb_rec_def fb_tls_def;

#endif
