/* What resolvers were asked about addresses and said, because somebody asked for it (--resolve): a layer, one
 * row an address, ascending. A layer holds also what earlier ones learnt and nobody asked again, so that the
 * newest has all. Nothing of this is evidence: it is what a server said at a time of the wall clock. */
#ifndef FB_INTEL_RESOLVED_DEF_H
#define FB_INTEL_RESOLVED_DEF_H

#include "base/record.h"

enum fb_resolved_col {
    FB_RESOLVED_ADDR,
    FB_RESOLVED_OUTCOME, /* fb_ptr_outcome_name */
    FB_RESOLVED_NAMES,   /* of its PTR records, raw; null: none */
    FB_RESOLVED_TTL,     /* seconds, the smallest; null: no name */
    FB_RESOLVED_RCODE,   /* null: no answer */
    FB_RESOLVED_SERVER,  /* "192.0.2.53:53" */
    FB_RESOLVED_TCP,     /* 1: the answer came over TCP */
    FB_RESOLVED_ASKED,   /* when, by the wall clock */
    FB_RESOLVED_BY_RUN,  /* the layer of the run that asked: `layer` and custody say who */
    FB_RESOLVED_NCOLS
};

extern const struct fb_rec_def fb_resolved_def;

#endif
