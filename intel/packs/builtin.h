/* What this program brings along: a pack of its own list of services at risk (intel/data/risks.json). */
#ifndef FB_INTEL_BUILTIN_H
#define FB_INTEL_BUILTIN_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the pack. */
enum fb_status fb_builtin_pack(struct fb_buf *out, struct fb_err *err);

#endif
