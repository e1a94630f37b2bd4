/* The product's observer: finds out which protocols a session speaks and lets their parsers
 * (intel/wire/proto.h) put out what they learn. No state beyond that of the sessions; any thread. */
#ifndef FB_INTEL_OBSERVER_H
#define FB_INTEL_OBSERVER_H

#include "base/observe.h"

extern const struct fb_observer fb_intel_observer;

#endif
