/* Cuts packets out of the original evidence into a new capture file. */
#ifndef FB_CLI_CUT_H
#define FB_CLI_CUT_H

#include "cli/evidence_find.h"
#include "cli/frames.h"
#include "ingest/capture_out.h"

/* Writes the packets in timeline order. All the evidence that is needed is found (and its digest compared)
 * before `path` is created; "-" is standard output. */
enum fb_status fb_cut(struct fb_case *c, const struct fb_frames *f, const struct fb_evidence_find *how,
                      const char *path, enum fb_capture_kind kind, struct fb_err *err);

#endif
