/* SSDP (UPnP Device Architecture 2.0, section 1) over UDP, any port: rows of the table `ssdp`. */
#ifndef FB_INTEL_SSDP_H
#define FB_INTEL_SSDP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_ssdp;

#endif
