/* SMTP and LMTP over TCP, any port: rows of the table `smtp`. */
#ifndef FB_INTEL_SMTP_H
#define FB_INTEL_SMTP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_smtp;

#endif
