/* SSH over TCP, any port: rows of the table `ssh`. */
#ifndef FB_INTEL_SSH_H
#define FB_INTEL_SSH_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_ssh;

#endif
