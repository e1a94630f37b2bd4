/* The host that captured, as pcapng describes its interfaces: facts about devices out of the notes of the
 * evidence. */
#ifndef FB_CLI_DEVICE_IFACE_H
#define FB_CLI_DEVICE_IFACE_H

#include "intel/devices/devices.h"
#include "store/case.h"

/* A walk over the evidence, which is ordered by its first packets. Zeroed but for `c` at the start. */
struct fb_device_ifaces {
    struct fb_case *c;
    size_t next;             /* evidence */
    struct fb_evidence held; /* that evidence, when has_held */
    bool has_held, ended;
};

/* Tells what is known from the first packet of each capture on, up to and including `ts_ns`. */
enum fb_status fb_device_ifaces_until(struct fb_device_ifaces *w, struct fb_devices *d, int64_t ts_ns,
                                      struct fb_err *err);
void fb_device_ifaces_release(struct fb_device_ifaces *w);

#endif
