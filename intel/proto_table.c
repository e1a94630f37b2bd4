/* Who is asked about a session's first bytes, in this order. */
#include "intel/proto.h"
#include "intel/quic.h"
#include "intel/tls.h"

const struct fb_intel_proto *const fb_intel_protos[] = {
    &fb_proto_tls,
    &fb_proto_dtls,
    &fb_proto_quic,
    NULL,
};
