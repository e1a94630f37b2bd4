/* Names of encapsulations and link types, for display. Static strings; any thread. */
#ifndef FB_INGEST_DECODE_NAMES_H
#define FB_INGEST_DECODE_NAMES_H

#include "ingest/packet.h"

#include <stdint.h>

/* "ip", "gre", "pptp", "vxlan", "geneve", "teredo", "ayiya", "gtpv1", "gre-udp"; "" for none and unknown
 * numbers. */
const char *fb_tunnel_name(enum fb_tunnel t);

/* "EN10MB", "LINUX_SLL" ... for the link types that are decoded; NULL for others. */
const char *fb_linktype_name(uint32_t linktype);

#endif
