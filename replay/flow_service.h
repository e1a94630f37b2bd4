/* A session's service detector as the session builder uses it. Internal to replay/. */
#ifndef FB_REPLAY_FLOW_SERVICE_H
#define FB_REPLAY_FLOW_SERVICE_H

#include "replay/flow.h"

/* Hand payload or a gap to the session's detector, which is made at the first call; return FB_SVC_* bits.
 * `partial`: TCP, the session's start was not seen. */
unsigned fb_flow_service_data(struct fb_flow *f, int dir, const uint8_t *p, size_t n, uint64_t total_bytes,
                              bool partial);
unsigned fb_flow_service_gap(struct fb_flow *f, int dir, uint64_t n, bool partial);

/* A tunnel was decapsulated from this session. */
void fb_flow_service_confirm(struct fb_flow *f, enum fb_tunnel kind);

#endif
