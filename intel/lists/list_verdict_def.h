/* What lists say of each session: a layer (docs/case-format.md). */
#ifndef FB_INTEL_LIST_VERDICT_DEF_H
#define FB_INTEL_LIST_VERDICT_DEF_H

#include "base/record.h"

extern const struct fb_rec_def fb_list_verdict_def;

#endif
