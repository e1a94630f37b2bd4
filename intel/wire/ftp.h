/* FTP control connections over TCP, any port: rows of the table `ftp`. */
#ifndef FB_INTEL_FTP_H
#define FB_INTEL_FTP_H

#include "intel/wire/proto.h"

extern const struct fb_intel_proto fb_proto_ftp;

#endif
