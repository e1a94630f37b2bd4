/* HTTP/1 and HTTP/0.9 over TCP, any port: rows of the table `http`. */
#ifndef FB_INTEL_HTTP_H
#define FB_INTEL_HTTP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_http;

#endif
