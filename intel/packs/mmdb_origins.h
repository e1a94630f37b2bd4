/* The networks of a MaxMind DB as address ranges: AS number, country and owner under the keys of GeoLite2
 * ASN, Country and City, DB-IP lite, iptoasn and ipinfo lite. One thread. */
#ifndef FB_INTEL_MMDB_ORIGINS_H
#define FB_INTEL_MMDB_ORIGINS_H

#include "intel/packs/mmdb.h"
#include "intel/packs/origin_build.h"

/* FB_ERR_INPUT when no value has a key that is known, or when the tree repeats itself so often that its
 * networks are out of proportion to the file. */
enum fb_status fb_mmdb_origins(const struct fb_mmdb *m, struct fb_origin_build *b, struct fb_err *err);

#endif
