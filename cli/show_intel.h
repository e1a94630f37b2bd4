/* What an intelligence pack says about the two ends of a session. */
#ifndef FB_CLI_SHOW_INTEL_H
#define FB_CLI_SHOW_INTEL_H

#include "intel/packs/intel.h"
#include "replay/session.h"
#include "store/case.h"

/* Lines for `show`; k NULL: packs are turned off, nothing is written. */
void fb_show_intel_text(struct fb_buf *b, const struct fb_intel *k, const struct fb_session *s);

/* What a resolver said of the two ends, when somebody asked one (--resolve). */
enum fb_status fb_show_resolved_text(struct fb_buf *b, struct fb_case *c, const struct fb_session *s,
                                     struct fb_err *err);
enum fb_status fb_show_resolved_json(struct fb_buf *b, struct fb_case *c, const struct fb_session *s,
                                     struct fb_err *err);

/* A JSON object, or null. */
void fb_show_intel_json(struct fb_buf *b, const struct fb_intel *k, const struct fb_session *s);

#endif
