/* What the rows of an intelligence pack are (docs/intel.md): definitions of records (base/record.h). The
 * first also serves a case that keeps which data sets an answer came from. */
#ifndef FB_INTEL_PACK_DEF_H
#define FB_INTEL_PACK_DEF_H

#include "base/record.h"

/* Stored in packs. */
enum fb_dataset_kind {
    FB_DATASET_ORIGINS = 1,  /* address -> AS number, country, owner */
    FB_DATASET_OUI = 2,      /* MAC -> vendor */
    FB_DATASET_SERVICES = 3, /* protocol and port -> service */
    FB_DATASET_RISKS = 4,    /* port or vendor -> vulnerabilities */
    FB_DATASET_KINDS
};

/* "origins", "oui", "services", "risks". */
const char *fb_dataset_kind_name(enum fb_dataset_kind kind);

enum fb_dataset_col {
    FB_DATASET_NAME,
    FB_DATASET_KIND, /* enum fb_dataset_kind */
    FB_DATASET_VERSION,
    FB_DATASET_DATE, /* of the data, as its source writes it */
    FB_DATASET_SOURCE,
    FB_DATASET_LICENCE,
    FB_DATASET_ENTRIES,
    FB_DATASET_FILES,  /* list: name of a file and its SHA-256 in hex, in turn */
    FB_DATASET_DIGEST, /* BLAKE2b-256 of the entries */
    FB_DATASET_COLS
};
extern const struct fb_rec_def fb_dataset_def;

enum { FB_ORIGIN_ASN, FB_ORIGIN_COUNTRY, FB_ORIGIN_OWNER, FB_ORIGIN_COLS };
extern const struct fb_rec_def fb_origin_def;

/* `prefix`: the first `bits` bits of a MAC as the high bits of 48. */
enum { FB_OUI_BITS, FB_OUI_PREFIX, FB_OUI_VENDOR, FB_OUI_COLS };
extern const struct fb_rec_def fb_oui_def;

enum { FB_SERVICE_PROTO, FB_SERVICE_PORT, FB_SERVICE_NAME, FB_SERVICE_ABOUT, FB_SERVICE_COLS };
extern const struct fb_rec_def fb_service_def;

/* Either port (and protocol, null: any) or vendor is set. `items`: name and description in turn. */
enum {
    FB_RISK_PORT,
    FB_RISK_PROTO,
    FB_RISK_VENDOR,
    FB_RISK_SEVERITY, /* enum fb_severity (intel/packs/risks.h) */
    FB_RISK_COUNT,    /* known vulnerabilities, as the source counts them */
    FB_RISK_NAME,
    FB_RISK_ABOUT,
    FB_RISK_SOURCE,
    FB_RISK_DATE,
    FB_RISK_ITEMS,
    FB_RISK_COLS
};
extern const struct fb_rec_def fb_risk_def;

#endif
