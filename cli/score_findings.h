/* Findings computed anew, with other thresholds than those of the layer. */
#ifndef FB_CLI_SCORE_FINDINGS_H
#define FB_CLI_SCORE_FINDINGS_H

#include "model/detect/detect.h"
#include "store/case.h"

/* The detectors over the case, joined with the anomalies that its newest scores explain, if it has any. What
 * full tables forgot is told on stderr. */
enum fb_status fb_findings_anew(struct fb_case *c, const struct fb_detect_opts *o, struct fb_findings *out,
                                struct fb_err *err);

#endif
