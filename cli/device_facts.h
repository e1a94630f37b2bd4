/* Devices out of a case: rows of its tables become facts (intel/devices/devices.h). */
#ifndef FB_CLI_DEVICE_FACTS_H
#define FB_CLI_DEVICE_FACTS_H

#include "intel/devices/devices.h"
#include "store/case.h"

/* Tells `d` everything that the case holds: facts in the order of time, then sessions. Does not finish it. */
enum fb_status fb_device_facts(struct fb_case *c, struct fb_devices *d, struct fb_err *err);

#endif
