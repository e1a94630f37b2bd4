/* The SQL table `features`: number and the features of each session, computed when asked for. */
#ifndef FB_STORE_VTAB_FEATURES_H
#define FB_STORE_VTAB_FEATURES_H

#include "base/feature_source.h"

/* What computes them, in cases that are opened from now on; before threads are started. NULL, as at first:
 * there is no such table. */
void fb_case_set_features(const struct fb_feature_source *source);

#endif
