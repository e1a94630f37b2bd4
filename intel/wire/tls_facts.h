/* What a handshake of TLS tells, from its ClientHello to its row in the table `tls`; shared by TLS over TCP,
 * DTLS and QUIC. Owned by the state of a session; one thread at a time. */
#ifndef FB_INTEL_TLS_FACTS_H
#define FB_INTEL_TLS_FACTS_H

#include "base/buf.h"
#include "base/observe.h"

/* Bytes of a handshake message that are put together. Two of them, one a side, and all facts make less than
 * FB_TLS_STATE_MAX. */
#define FB_TLS_MESSAGE_MAX 22528u
#define FB_TLS_STATE_MAX   65536u /* bytes of a session */
#define FB_TLS_CHAIN_MAX   16     /* certificates of a chain that are looked at */
#define FB_TLS_HISTORY     32
#define FB_QUIC_CID_BYTES  20

enum fb_tls_transport { FB_TLS_TCP, FB_TLS_UDP, FB_TLS_QUIC };

struct fb_tls_cid {
    bool known;
    uint8_t n, b[FB_QUIC_CID_BYTES];
};

struct fb_tls_facts {
    enum fb_tls_transport transport;
    const char *starttls; /* static text */
    bool client, server;  /* whose hello was seen */
    bool hello_retry;     /* the last server hello asked for another client hello */
    bool resumed, established;
    bool has_ticket, has_psk, key_exchange; /* of the client */
    uint16_t version, client_version, cipher, group;
    int last_alert; /* -1: none */
    uint8_t session_id[32], session_id_len;
    struct fb_seen hello_at; /* of the client, or the server when there is none */
    char history[FB_TLS_HISTORY];
    uint8_t nhistory;
    char ja3[33], ja3s[33], ja4[40]; /* "": none */
    struct fb_buf server_name, next_protocol, alpn, fps, client_fps, subject, issuer, client_subject,
        client_issuer;
    uint32_t quic_version;
    struct fb_tls_cid quic_dcid, quic_client_scid, quic_server_scid;
};

void fb_tls_facts_init(struct fb_tls_facts *f, enum fb_tls_transport transport);
void fb_tls_facts_release(struct fb_tls_facts *f);
size_t fb_tls_facts_bytes(const struct fb_tls_facts *f);

void fb_tls_history(struct fb_tls_facts *f, bool from_orig, char letter);

/* The body of a ClientHello or ServerHello (without the handshake header). False: it is none. A hello after a
 * HelloRetryRequest replaces nothing but what was not known. */
bool fb_tls_client_hello(struct fb_tls_facts *f, struct fb_span body, const struct fb_seen *at);
bool fb_tls_server_hello(struct fb_tls_facts *f, struct fb_span body, const struct fb_seen *at);
/* The body of a SSLv2 CLIENT-HELLO (RFC 5246, appendix E.2), after its two length bytes. */
bool fb_tls_v2_client_hello(struct fb_tls_facts *f, struct fb_span body, const struct fb_seen *at);

/* Puts out the row, which stands at the packet of the hello. */
void fb_tls_put(const struct fb_tls_facts *f, struct fb_observe_out *out);

#endif
