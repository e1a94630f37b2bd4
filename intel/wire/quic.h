/* QUIC version 1 and 2 and drafts 23 to 34: the handshakes in their Initial packets become rows of the table
 * `tls` with transport `quic`. */
#ifndef FB_INTEL_QUIC_H
#define FB_INTEL_QUIC_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_quic;

#endif
