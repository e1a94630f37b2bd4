/* TLS and SSL over a byte stream, and DTLS over datagrams: rows of the tables `tls` and `x509`. */
#ifndef FB_INTEL_TLS_H
#define FB_INTEL_TLS_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_tls;
extern const struct fb_intel_proto fb_proto_dtls;

/* A state for a stream that another protocol has just handed over (STARTTLS); `starttls`: its name, static
 * text. NULL: out of memory. */
void *fb_tls_open_upgraded(const char *starttls);

#endif
