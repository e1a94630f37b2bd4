/* Which analyzers a responder port attaches. */
#ifndef FB_REPLAY_SERVICE_SVC_PORTS_H
#define FB_REPLAY_SERVICE_SVC_PORTS_H

#include <stdint.h>

/* The set of enum svc_id, as bits, for a port of enum fb_proto `proto`. */
uint64_t svc_by_port(uint8_t proto, uint16_t port);

#endif
