/* SSDP messages (UPnP): one row each. */
#ifndef FB_INTEL_SSDP_DEF_H
#define FB_INTEL_SSDP_DEF_H

#include "base/record.h"

enum fb_ssdp_col {
    FB_SSDP_METHOD, /* NOTIFY, M-SEARCH, or RESPONSE */
    FB_SSDP_HOST,
    FB_SSDP_ST,
    FB_SSDP_NT,
    FB_SSDP_NTS,
    FB_SSDP_USN,
    FB_SSDP_LOCATION,
    FB_SSDP_SERVER,
    FB_SSDP_USER_AGENT,
    FB_SSDP_MAN,
    FB_SSDP_MAX_AGE, /* seconds */
    FB_SSDP_NCOLS
};

extern const struct fb_rec_def fb_ssdp_def;

#endif
