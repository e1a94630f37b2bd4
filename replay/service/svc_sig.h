/* Signatures over the first bytes of each direction. */
#ifndef FB_REPLAY_SERVICE_SVC_SIG_H
#define FB_REPLAY_SERVICE_SVC_SIG_H

#include "base/cursor.h"

/* Half signatures that these bytes (the start of one direction; on UDP: the datagram) carry, as bits. */
uint64_t svc_sig_tcp(bool from_orig, const uint8_t *p, size_t n);
uint64_t svc_sig_udp(const uint8_t *p, size_t n);

/* The set of enum svc_id, as bits, that the halves seen in both directions attach. */
uint64_t svc_sig_attach(uint64_t orig_halves, uint64_t resp_halves);

/* `s`, after white space, begins with a method that HTTP or WebDAV knows. */
bool svc_http_method(struct fb_span s);

#endif
