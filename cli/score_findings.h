/* Findings computed anew, with other thresholds than those of the layer. */
#ifndef FB_CLI_SCORE_FINDINGS_H
#define FB_CLI_SCORE_FINDINGS_H

#include "cli/scoring.h"
#include "model/detect/detect.h"

/* The detectors over the case, joined with the anomalies that its newest scores explain, if it has any;
 * `shed`: what full tables forgot. */
enum fb_status fb_findings_anew(struct fb_case *c, const struct fb_detect_opts *o, struct fb_findings *out,
                                struct fb_shed *shed, struct fb_err *err);

#endif
