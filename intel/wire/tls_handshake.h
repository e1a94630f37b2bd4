/* One handshake message of TLS or DTLS: what it adds to the facts. */
#ifndef FB_INTEL_TLS_HANDSHAKE_H
#define FB_INTEL_TLS_HANDSHAKE_H

#include "intel/wire/tls_facts.h"

#define FB_TLS_CLIENT_HELLO 1
#define FB_TLS_SERVER_HELLO 2

/* Is anything read out of the body of such a message? Others go without one. */
bool fb_tls_handshake_reads(uint8_t type);

/* `body`: without the message header. False when a hello is none: the stream is not TLS. Certificates go out
 * as rows of `x509` at once. */
bool fb_tls_handshake(struct fb_tls_facts *f, uint8_t type, struct fb_span body, bool from_client,
                      const struct fb_seen *at, struct fb_observe_out *out);

#endif
