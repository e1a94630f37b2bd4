/* Names of the two ends of a session, as the name join found them: at most one row a session, and none for
 * sessions without a name. A layer: computed from tables of facts, and again when cases are merged. */
#ifndef FB_INTEL_NAMES_DEF_H
#define FB_INTEL_NAMES_DEF_H

#include "base/record.h"

enum fb_names_col {
    FB_NAMES_RESP_DOMAIN, /* raw bytes, as sent */
    FB_NAMES_RESP_DOMAIN_SOURCE,
    FB_NAMES_RESP_DOMAIN_CERTAINTY, /* percent, docs/case-format.md says which */
    FB_NAMES_RESP_DOMAIN_SESSION,   /* the session in which it was said, and when: that is the packet */
    FB_NAMES_RESP_DOMAIN_TS,
    FB_NAMES_RESP_DOMAIN_CHAIN, /* of CNAMEs from the name that was asked to the address */
    FB_NAMES_ORIG_DOMAIN,
    FB_NAMES_ORIG_DOMAIN_SOURCE,
    FB_NAMES_ORIG_DOMAIN_CERTAINTY,
    FB_NAMES_ORIG_DOMAIN_SESSION,
    FB_NAMES_ORIG_DOMAIN_TS,
    FB_NAMES_NCOLS
};

extern const struct fb_rec_def fb_names_def;

#endif
