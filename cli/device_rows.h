/* One row of a table of facts as facts about devices. */
#ifndef FB_CLI_DEVICE_ROWS_H
#define FB_CLI_DEVICE_ROWS_H

#include "intel/devices/devices.h"
#include "replay/session.h"
#include "store/rectab.h"

/* Tables that speak for themselves. */
void fb_device_row_arp(struct fb_devices *d, const struct fb_rec_row *row);
void fb_device_row_ndp(struct fb_devices *d, const struct fb_rec_row *row);
void fb_device_row_dhcp(struct fb_devices *d, const struct fb_rec_row *row);
void fb_device_row_dns(struct fb_devices *d, const struct fb_rec_row *row);

/* Tables that speak of the ends of their session. */
void fb_device_row_http(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);
void fb_device_row_ssh(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);
void fb_device_row_smtp(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);
void fb_device_row_ftp(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);
void fb_device_row_ssdp(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);
void fb_device_row_names(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);

#endif
